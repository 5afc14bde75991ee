//! What the operator must know again after a restart and what neither the log of commands nor the batches say: where
//! the contract is, and which items of the primary chain's queue were consumed where.
//!
//! The log holds what the market took. An item that the market does not take (a forced record that does not hold, a
//! deposit for nobody) leaves no command there, and one that it does take looks like any other. So every item consumed
//! is noted beside the log, in a file of lines that is only ever appended to; each line ends with a check, and a line
//! that was torn by a crash counts as never written. Notes reach the disk before the commands they belong to: what is
//! noted beyond the log's end is dropped when it is opened again.

use crate::chain::synchronise_folder;
use market::{Address, keccak256};
use std::fs::{File, OpenOptions};
use std::io::{ErrorKind, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

/// The first line: what this file is.
const TITLE: &str = "wattle rollup 1";

/// Where the contract of a community is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Place {
    /// The primary chain's id.
    pub chain: u64,
    /// The contract.
    pub contract: Address,
    /// The block that it was deployed in: nothing before it is of interest.
    pub block: u64,
}

/// An item of the queue, and where it was consumed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Consumed {
    /// Number of the market's record that carries it out, or that comes after it where none does.
    pub record: u64,
    /// Whether that record carries it out.
    pub carried_out: bool,
    /// The item as the contract hashes it.
    pub item: Vec<u8>,
}

/// The notes of one ledger.
#[derive(Debug)]
pub struct Notes {
    path: PathBuf,
    /// None: they live as long as the process.
    file: Option<File>,
    /// Where the contract is, once deployed.
    pub place: Option<Place>,
    /// In the queue's order.
    pub consumed: Vec<Consumed>,
    /// Lines not yet on the disk.
    unwritten: String,
}

/// Why notes cannot be read or written: what was attempted, where, and what to do.
#[derive(Debug, thiserror::Error)]
#[error("could not {attempt} {path}: {what}")]
pub struct NotesError {
    attempt: &'static str,
    path: PathBuf,
    what: String,
}

impl Notes {
    /// Notes without a file.
    #[must_use]
    pub fn in_memory() -> Self {
        let (path, consumed, unwritten) = (PathBuf::new(), Vec::new(), String::new());
        Self { path, file: None, place: None, consumed, unwritten }
    }

    /// Begins anew: whatever lies there belonged to a ledger that was never founded or is gone.
    ///
    /// # Errors
    /// Where the file cannot be written.
    pub fn create(path: &Path) -> Result<Self, NotesError> {
        let failed = |error| NotesError::new("create", path, error);
        let mut options = OpenOptions::new();
        let options = options.read(true).write(true).create(true).truncate(true);
        let mut file = options.open(path).map_err(failed)?;
        file.write_all(line(TITLE).as_bytes()).and_then(|()| file.sync_all()).map_err(failed)?;
        synchronise_folder(path).map_err(failed)?;
        Ok(Self { path: path.into(), file: Some(file), ..Self::in_memory() })
    }

    /// Reads what belongs to a log of `records` records and drops the rest.
    ///
    /// # Errors
    /// Where the file is missing, is something else, or cannot be read or written.
    pub fn open(path: &Path, records: u64) -> Result<Self, NotesError> {
        let failed = |error| NotesError::new("open", path, error);
        let mut file = OpenOptions::new().read(true).write(true).open(path).map_err(failed)?;
        let mut bytes = Vec::new();
        file.read_to_end(&mut bytes).map_err(failed)?;
        let foreign = |what: &str| NotesError { attempt: "open", path: path.into(), what: what.into() };
        let mut notes = Self { path: path.into(), ..Self::in_memory() };
        let mut good = 0;
        for (number, raw) in bytes.split_inclusive(|byte| *byte == b'\n').enumerate() {
            let Some(text) = std::str::from_utf8(raw).ok().and_then(checked) else { break };
            let known = match number {
                0 if text == TITLE => true,
                0 => {
                    return Err(foreign(
                        "it holds no notes of a dual chain. Check the path; nothing was changed",
                    ));
                }
                _ => notes.read(text, records).ok_or_else(|| {
                    foreign("it has a line that this program does not know: use the program that wrote it")
                })?,
            };
            if !known {
                break; // beyond the log's end, and so is everything after it
            }
            good += raw.len();
        }
        if good == 0 {
            return Err(foreign(
                "its first line is torn. Restore it from a backup, beside the ledger's file",
            ));
        }
        if good < bytes.len() {
            // At once: after a power cut they would come back, and the log may have grown beyond them by then.
            file.set_len(good as u64).and_then(|()| file.sync_all()).map_err(failed)?;
        }
        file.seek(SeekFrom::End(0)).map_err(failed)?;
        notes.file = Some(file);
        Ok(notes)
    }

    /// Where the contract is, without opening anything for writing.
    pub(super) fn read_place(path: &Path) -> Option<Place> {
        let text = std::fs::read_to_string(path).ok()?;
        let mut notes = Self::in_memory();
        let mut lines = text.split_inclusive('\n').map_while(checked);
        let known = lines.next() == Some(TITLE);
        known.then(|| lines.map_while(|line| notes.read(line, u64::MAX)).count());
        notes.place
    }

    /// Takes one line; `false` where it lies beyond the log's end, nothing where it is unknown.
    fn read(&mut self, text: &str, records: u64) -> Option<bool> {
        let mut words = text.split(' ');
        match words.next()? {
            "contract" => {
                let contract = Address(from_hex(words.next()?)?.try_into().ok()?);
                let (chain, block) = (words.next()?.parse().ok()?, words.next()?.parse().ok()?);
                self.place = Some(Place { chain, contract, block });
                Some(true)
            }
            kind @ ("done" | "void") => {
                let (carried_out, record) = (kind == "done", words.next()?.parse().ok()?);
                let item = from_hex(words.next()?)?;
                let within = record < records || (record == records && !carried_out);
                if within {
                    self.consumed.push(Consumed { record, carried_out, item });
                }
                Some(within)
            }
            _ => None,
        }
    }

    /// Notes where the contract is.
    pub fn settle_at(&mut self, place: Place) {
        self.place = Some(place);
        let Place { chain, contract, block } = place;
        self.unwritten += &line(&format!("contract {} {chain} {block}", hex(&contract.0)));
    }

    /// Notes an item as consumed.
    pub fn consume(&mut self, consumed: Consumed) {
        let kind = if consumed.carried_out { "done" } else { "void" };
        self.unwritten += &line(&format!("{kind} {} {}", consumed.record, hex(&consumed.item)));
        self.consumed.push(consumed);
    }

    /// Makes everything noted durable.
    ///
    /// # Errors
    /// Where the disk does not take it.
    pub fn sync(&mut self) -> Result<(), NotesError> {
        let text = std::mem::take(&mut self.unwritten);
        let Some(file) = self.file.as_mut().filter(|_| !text.is_empty()) else { return Ok(()) };
        let written = file.write_all(text.as_bytes()).and_then(|()| file.sync_data());
        written.map_err(|error| NotesError::new("write", &self.path, error))
    }
}

impl NotesError {
    fn new(attempt: &'static str, path: &Path, error: std::io::Error) -> Self {
        let what = match error.kind() {
            ErrorKind::NotFound => {
                "it is missing. It belongs beside the ledger's file: copy or restore both together".into()
            }
            ErrorKind::StorageFull => "the disk is full: free some space and open the ledger again".into(),
            _ => format!("{error}. Check that the folder exists, may be written and works"),
        };
        Self { attempt, path: path.into(), what }
    }
}

/// A line with its check: the first four bytes of the text's hash.
fn line(text: &str) -> String {
    format!("{text} {}\n", hex(&keccak256(text.as_bytes())[..4]))
}

/// The text of a whole line whose check is right.
fn checked(raw: &str) -> Option<&str> {
    let (text, check) = raw.strip_suffix('\n')?.rsplit_once(' ')?;
    (check == hex(&keccak256(text.as_bytes())[..4])).then_some(text)
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn from_hex(text: &str) -> Option<Vec<u8>> {
    let digits = text.as_bytes().chunks(2);
    digits.map(|pair| u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use ledger::conformance::Folder;

    fn place() -> Place {
        Place { chain: 31_337, contract: Address([7; 20]), block: 3 }
    }

    fn consumed(record: u64, carried_out: bool) -> Consumed {
        Consumed { record, carried_out, item: vec![record as u8; 5] }
    }

    fn written(path: &Path) -> Vec<Consumed> {
        let mut notes = Notes::create(path).unwrap();
        notes.settle_at(place());
        let all = vec![consumed(3, true), consumed(4, false), consumed(4, true), consumed(6, false)];
        all.iter().cloned().for_each(|item| notes.consume(item));
        notes.sync().unwrap();
        all
    }

    #[test]
    fn notes_beyond_the_logs_end_are_dropped() {
        let folder = Folder::new("notes-end");
        let path = folder.path("notes");
        let all = written(&path);
        for (records, many) in [(3, 0), (4, 2), (5, 3), (6, 4), (9, 4)] {
            written(&path);
            let notes = Notes::open(&path, records).unwrap();
            assert_eq!((notes.consumed.as_slice(), notes.place), (&all[..many], Some(place())), "{records}");
        }
        let mut notes = Notes::open(&path, 4).unwrap();
        notes.consume(consumed(8, true));
        notes.sync().unwrap();
        let again = Notes::open(&path, 9).unwrap();
        assert_eq!(again.consumed, [all[0].clone(), all[1].clone(), consumed(8, true)]);
    }

    #[test]
    fn a_torn_line_counts_as_never_written() {
        let folder = Folder::new("notes-torn");
        let path = folder.path("notes");
        let all = written(&path);
        let bytes = std::fs::read(&path).unwrap();
        let ends: Vec<usize> = (1..=bytes.len()).filter(|end| bytes[end - 1] == b'\n').collect();
        for length in ends[0]..=bytes.len() {
            std::fs::write(&path, &bytes[..length]).unwrap();
            let notes = Notes::open(&path, 9).unwrap();
            let whole = ends.iter().filter(|end| **end <= length).count();
            assert_eq!(notes.place.is_some(), whole >= 2, "{length}");
            assert_eq!(notes.consumed, all[..whole.saturating_sub(2)], "{length}");
        }
        let mut changed = bytes.clone();
        changed[ends[2] + 8] ^= 1;
        std::fs::write(&path, &changed).unwrap();
        assert_eq!(
            Notes::open(&path, 9).unwrap().consumed,
            all[..1],
            "what follows a bad line is not trusted"
        );
    }

    #[test]
    fn another_file_is_not_taken_for_notes() {
        let folder = Folder::new("notes-foreign");
        let path = folder.path("notes");
        std::fs::write(&path, line("something else")).unwrap();
        let error = Notes::open(&path, 9).unwrap_err().to_string();
        assert!(error.contains("nothing was changed"), "{error}");
        std::fs::remove_file(&path).unwrap();
        let error = Notes::open(&path, 9).unwrap_err().to_string();
        assert!(error.contains("beside the ledger's file"), "{error}");
    }
}
