//! The chain in the process as a file: everything that was ever done to it, in order, done again when it is opened.
//!
//! A record is `length u32 ‖ its checksum ‖ checksum of the rest ‖ what was done` (checksums: 4 and 8 bytes of
//! keccak256); it is synchronised before anybody hears that it was done. Only the last record can be torn then: it is cut
//! off, for nobody heard of it. The length has a checksum of its own, or a changed one could swallow what follows. Damage anywhere else
//! is an error, since what follows cannot be done again without it. A block's record holds its hash: a program that
//! would compute another chain from the same file says so instead of going on.

use super::{ChainError, FORK, Settings, TxHash};
use market::{Address, keccak256};
use std::fs::{File, OpenOptions, TryLockError};
use std::io::{Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};
use std::thread::sleep;
use std::time::Duration;

/// Tells such a file from others; changes with the format.
const MAGIC: &[u8; 8] = b"wtlevm1\n";

/// Bytes before a record's own.
const PREFIX: usize = 16;

/// What was done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Op {
    /// A transaction came, in the network's form, and a block of this hash was made at once, or not.
    Submit(Vec<u8>, Option<[u8; 32]>),
    /// A block of this hash was made.
    Seal([u8; 32]),
    Fund(Address, u128),
    Snapshot,
    Revert(u64),
    Reorganise(u64, bool),
    Forget(TxHash),
    NextAt(u64),
    Automine(bool),
}

#[derive(Debug)]
pub(super) struct Journal {
    file: File,
    path: PathBuf,
    /// After a failure the memory is ahead of the file: nothing more is taken.
    broken: bool,
}

/// What a file held.
pub(super) struct Opened {
    pub(super) journal: Journal,
    pub(super) settings: Settings,
    pub(super) ops: Vec<Op>,
    /// Bytes of a torn record that were cut off.
    pub(super) torn: u64,
}

impl Journal {
    /// Opens the file, or makes it with these settings; without them nothing is made, and nothing that is torn is cut off.
    pub(super) fn open(path: &Path, settings: Option<Settings>) -> Result<Opened, ChainError> {
        let fail = |what: String| ChainError::File { path: path.display().to_string(), what };
        let io = |error: std::io::Error| fail(error.to_string());
        let make = settings.is_some();
        let mut file =
            OpenOptions::new().read(true).write(true).create(make).truncate(false).open(path).map_err(io)?;
        let mut tries = 0;
        loop {
            match file.try_lock() {
                Ok(()) => break,
                // A process that is just being started or ended may hold on for a moment.
                Err(TryLockError::WouldBlock) if tries < 10 => sleep(Duration::from_millis(20)),
                Err(TryLockError::WouldBlock) => {
                    return Err(fail("another process has this chain open; end it first".into()));
                }
                Err(TryLockError::Error(error)) => return Err(io(error)),
            }
            tries += 1;
        }
        let mut bytes = Vec::new();
        file.read_to_end(&mut bytes).map_err(io)?;
        let written = &bytes[..bytes.iter().rposition(|byte| *byte != 0).map_or(0, |last| last + 1)];
        let first = bytes.strip_prefix(MAGIC).map(unframe);
        if MAGIC.starts_with(written) || matches!(first, Some(Err(Damage::Torn))) {
            // New, or torn while it was made.
            let settings = settings.ok_or_else(|| fail("there is no chain in this file yet".into()))?;
            file.set_len(0).map_err(io)?;
            file.seek(SeekFrom::Start(0)).map_err(io)?;
            file.write_all(&[&MAGIC[..], &frame(&encode_settings(&settings))].concat()).map_err(io)?;
            file.sync_all().map_err(io)?;
            synchronise_folder(path).map_err(io)?;
            let journal = Self { file, path: path.into(), broken: false };
            return Ok(Opened { journal, settings, ops: Vec::new(), torn: 0 });
        }
        let Some(mut rest) = bytes.strip_prefix(MAGIC) else {
            return Err(fail("this is not the file of a chain, or of another version".into()));
        };
        let (mut settings, mut ops, mut torn) = (None, Vec::new(), 0);
        while !rest.is_empty() {
            let at = bytes.len() - rest.len();
            match unframe(rest) {
                Ok((record, after)) => {
                    if settings.is_none() {
                        settings = Some(decode_settings(record).ok_or_else(|| {
                            fail(format!("the chain is for another fork than {FORK}, or of another version"))
                        })?);
                    } else {
                        let unknown = || fail(format!("the record at byte {at} is of another version"));
                        ops.push(Op::decode(record).ok_or_else(unknown)?);
                    }
                    rest = after;
                }
                Err(Damage::Torn) if !make => {
                    return Err(fail(format!(
                        "the file ends in the middle of a record, at byte {at}: if it is a copy, copy it again; if the \
                         program that wrote it crashed, open it with `wattle node`, which cuts that record off"
                    )));
                }
                Err(Damage::Torn) => {
                    torn = rest.len() as u64;
                    file.set_len(at as u64).map_err(io)?;
                    file.sync_all().map_err(io)?;
                    break;
                }
                Err(Damage::Rotten) => {
                    return Err(fail(format!(
                        "the record at byte {at} is damaged and not the last: restore the file from a copy"
                    )));
                }
            }
        }
        let settings = settings.ok_or_else(|| fail("the file has no beginning".into()))?;
        file.seek(SeekFrom::End(0)).map_err(io)?;
        let journal = Self { file, path: path.into(), broken: false };
        Ok(Opened { journal, settings, ops, torn })
    }

    /// Whether more is taken.
    pub(super) fn ready(&self) -> Result<(), ChainError> {
        if self.broken { Err(self.fail("writing failed before; open the chain again")) } else { Ok(()) }
    }

    /// Writes down what was done; when this returns it is on the disk.
    pub(super) fn write(&mut self, op: &Op) -> Result<(), ChainError> {
        self.ready()?;
        let written = self.file.write_all(&frame(&op.encode())).and_then(|()| self.file.sync_data());
        written.map_err(|error| {
            self.broken = true;
            self.fail(&error.to_string())
        })
    }

    pub(super) fn fail(&self, what: &str) -> ChainError {
        ChainError::File { path: self.path.display().to_string(), what: what.into() }
    }
}

/// A new file is there after a power cut only if its folder was written, too.
pub(crate) fn synchronise_folder(path: &Path) -> std::io::Result<()> {
    let folder = match path.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder,
        _ => Path::new("."),
    };
    if cfg!(unix) { File::open(folder)?.sync_all() } else { Ok(()) }
}

fn frame(record: &[u8]) -> Vec<u8> {
    let length = u32::try_from(record.len()).expect("records are shorter than 2^32");
    let length = length.to_be_bytes();
    [&length[..], &keccak256(&length)[..4], &keccak256(record)[..8], record].concat()
}

enum Damage {
    /// The end of the file is in it.
    Torn,
    /// More follows.
    Rotten,
}

fn unframe(bytes: &[u8]) -> Result<(&[u8], &[u8]), Damage> {
    // Where a write never came to its end there may be fewer bytes, or zeros instead of them.
    let torn = |rest: &[u8]| if rest.iter().all(|byte| *byte == 0) { Damage::Torn } else { Damage::Rotten };
    let Some((prefix, rest)) = bytes.split_at_checked(PREFIX) else { return Err(Damage::Torn) };
    let length = [prefix[0], prefix[1], prefix[2], prefix[3]];
    if keccak256(&length)[..4] != prefix[4..8] {
        return Err(torn(rest));
    }
    let length = u32::from_be_bytes(length) as usize;
    let Some((record, after)) = rest.split_at_checked(length) else { return Err(Damage::Torn) };
    if keccak256(record)[..8] != prefix[8..] {
        return Err(torn(after));
    }
    Ok((record, after))
}

fn encode_settings(settings: &Settings) -> Vec<u8> {
    let Settings { chain_id, time, block_time, gas_limit, base_fee, blob_retention } = *settings;
    let mut bytes = Vec::new();
    for field in [chain_id, time, block_time, gas_limit, base_fee, blob_retention] {
        bytes.extend_from_slice(&field.to_be_bytes());
    }
    bytes.extend_from_slice(FORK.as_bytes());
    bytes
}

fn decode_settings(bytes: &[u8]) -> Option<Settings> {
    let (numbers, fork) = bytes.split_at_checked(48)?;
    let (numbers, _) = numbers.as_chunks::<8>();
    let number = |at: usize| u64::from_be_bytes(numbers[at]);
    (fork == FORK.as_bytes()).then(|| Settings {
        chain_id: number(0),
        time: number(1),
        block_time: number(2),
        gas_limit: number(3),
        base_fee: number(4),
        blob_retention: number(5),
    })
}

impl Op {
    fn encode(&self) -> Vec<u8> {
        match self {
            Self::Submit(raw, None) => [&[0], &raw[..]].concat(),
            Self::Submit(raw, Some(block)) => [&[1], &block[..], raw].concat(),
            Self::Seal(block) => [&[2], &block[..]].concat(),
            Self::Fund(address, balance) => [&[3], &address.0[..], &balance.to_be_bytes()].concat(),
            Self::Snapshot => vec![4],
            Self::Revert(snapshot) => [&[5], &snapshot.to_be_bytes()[..]].concat(),
            Self::Reorganise(blocks, lost) => [&[6, u8::from(*lost)], &blocks.to_be_bytes()[..]].concat(),
            Self::Forget(hash) => [&[7], &hash[..]].concat(),
            Self::NextAt(time) => [&[8], &time.to_be_bytes()[..]].concat(),
            Self::Automine(on) => vec![9, u8::from(*on)],
        }
    }

    fn decode(bytes: &[u8]) -> Option<Self> {
        let (kind, fields) = bytes.split_first()?;
        let number = |bytes: &[u8]| bytes.try_into().ok().map(u64::from_be_bytes);
        Some(match kind {
            0 => Self::Submit(fields.to_vec(), None),
            1 => {
                let (block, raw) = fields.split_first_chunk()?;
                Self::Submit(raw.to_vec(), Some(*block))
            }
            2 => Self::Seal(fields.try_into().ok()?),
            3 => {
                let (address, balance) = fields.split_first_chunk()?;
                Self::Fund(Address(*address), u128::from_be_bytes(balance.try_into().ok()?))
            }
            4 if fields.is_empty() => Self::Snapshot,
            5 => Self::Revert(number(fields)?),
            6 => {
                let (lost, blocks) = fields.split_first()?;
                Self::Reorganise(number(blocks)?, *lost == 1)
            }
            7 => Self::Forget(fields.try_into().ok()?),
            8 => Self::NextAt(number(fields)?),
            9 => Self::Automine(fields == [1]),
            _ => return None,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn everything_that_was_done_survives_its_bytes() {
        let ops = [
            Op::Submit(vec![1, 2, 3], None),
            Op::Submit(vec![1, 2, 3], Some([7; 32])),
            Op::Seal([8; 32]),
            Op::Fund(Address([9; 20]), u128::MAX),
            Op::Snapshot,
            Op::Revert(3),
            Op::Reorganise(4, true),
            Op::Reorganise(4, false),
            Op::Forget([5; 32]),
            Op::NextAt(6),
            Op::Automine(true),
            Op::Automine(false),
        ];
        for op in ops {
            assert_eq!(Op::decode(&op.encode()), Some(op));
        }
        assert_eq!(Op::decode(&[10]), None);
    }

    #[test]
    fn a_torn_record_is_told_from_a_rotten_one() {
        let record = frame(b"a record");
        assert!(matches!(unframe(&record), Ok((b"a record", []))));
        for length in 1..record.len() {
            assert!(matches!(unframe(&record[..length]), Err(Damage::Torn)));
            let filled: Vec<u8> =
                record[..length].iter().copied().chain(vec![0; record.len() - length]).collect();
            assert!(!matches!(unframe(&filled), Err(Damage::Rotten)), "zeros up to the end");
        }
        let mut rotten = [&record[..], &record].concat();
        rotten[PREFIX + 2] ^= 1;
        assert!(matches!(unframe(&rotten), Err(Damage::Rotten)));
    }
}
