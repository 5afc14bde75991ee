//! A disk that can be cut off, torn, full or lying, in memory: what SQLite writes to in the crash tests.
//!
//! Every file has two images: what the running system sees, and what is certain to survive. A write changes the
//! first; a synchronisation carries all writes before it to the second. When the power fails, writes since the last
//! synchronisation survive wholly, in part, torn or out of order, as the test decides.

#![allow(dead_code, reason = "every test binary uses a part")]

mod vfs;
pub(crate) use vfs::Vfs;

use crate::random::Random;
use std::collections::BTreeMap;

/// The smallest unit that is written or not.
const SECTOR: usize = 512;

/// Files in memory.
#[derive(Clone, Default)]
pub(crate) struct Disk {
    files: BTreeMap<String, File>,
    /// Files whose deletion may be undone by a power cut.
    deleted: BTreeMap<String, Vec<u8>>,
    pub(crate) fault: Fault,
    /// The power is off: every call fails.
    pub(crate) down: bool,
    /// Writes, synchronisations, truncations and deletions so far.
    pub(crate) operations: u64,
    pub(crate) writes: u64,
    pub(crate) syncs: u64,
}

/// What goes wrong, and when; numbers count from 1.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Fault {
    #[default]
    None,
    /// The power fails during this operation.
    CrashAt(u64),
    /// From this write on there is no space.
    FullFrom(u64),
    /// This synchronisation reports an error, and what it should have stored is never stored, though later ones
    /// report success: how file systems behave that mark pages clean after a failed write-back.
    SyncFailsAt(u64),
    /// From this synchronisation on each reports success and stores nothing.
    SyncsLieFrom(u64),
}

/// What a power cut leaves of unsynchronised writes.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Cut {
    Lost,
    Kept,
    /// The first few, the last of them torn.
    Torn(u64),
    /// Any of them, sector by sector.
    Shuffled(u64),
}

#[derive(Clone, Default)]
struct File {
    now: Vec<u8>,
    /// `None`: the file itself may vanish.
    durable: Option<Vec<u8>>,
    pending: Vec<(Change, Lost)>,
}

/// Whether a failed synchronisation has dropped the change.
type Lost = bool;

#[derive(Clone)]
enum Change {
    Write(usize, Vec<u8>),
    Truncate(usize),
}

impl Change {
    fn apply(&self, image: &mut Vec<u8>) {
        match self {
            Self::Write(at, bytes) => {
                if image.len() < at + bytes.len() {
                    image.resize(at + bytes.len(), 0);
                }
                image[*at..at + bytes.len()].copy_from_slice(bytes);
            }
            Self::Truncate(len) => image.truncate(*len),
        }
    }
}

/// Why a call fails.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Failure {
    Down,
    Full,
    Sync,
}

impl Disk {
    /// An empty disk on which something is going to happen.
    pub(crate) fn with(fault: Fault) -> Self {
        Self { fault, ..Self::default() }
    }

    pub(crate) fn exists(&self, name: &str) -> bool {
        self.files.contains_key(name)
    }

    pub(crate) fn open(&mut self, name: &str, create: bool) -> Result<(), Failure> {
        if self.down || (!create && !self.exists(name)) {
            return Err(Failure::Down);
        }
        if !self.exists(name) {
            self.deleted.remove(name);
            self.files.insert(name.into(), File::default());
        }
        Ok(())
    }

    /// The bytes that there are, fewer than asked for at the end of the file.
    pub(crate) fn read(&self, name: &str, at: usize, len: usize) -> Result<&[u8], Failure> {
        let file = self.files.get(name).filter(|_| !self.down).ok_or(Failure::Down)?;
        let end = file.now.len().min(at + len);
        Ok(&file.now[at.min(end)..end])
    }

    pub(crate) fn size(&self, name: &str) -> Result<usize, Failure> {
        Ok(self.files.get(name).filter(|_| !self.down).ok_or(Failure::Down)?.now.len())
    }

    pub(crate) fn write(&mut self, name: &str, at: usize, bytes: &[u8]) -> Result<(), Failure> {
        self.writes += 1;
        if matches!(self.fault, Fault::FullFrom(write) if self.writes >= write) {
            return Err(Failure::Full);
        }
        self.change(name, Change::Write(at, bytes.to_vec()))
    }

    pub(crate) fn truncate(&mut self, name: &str, len: usize) -> Result<(), Failure> {
        self.change(name, Change::Truncate(len))
    }

    pub(crate) fn sync(&mut self, name: &str) -> Result<(), Failure> {
        self.operation()?;
        self.syncs += 1;
        let fails = self.fault == Fault::SyncFailsAt(self.syncs);
        if matches!(self.fault, Fault::SyncsLieFrom(sync) if self.syncs >= sync) {
            return Ok(());
        }
        let file = self.files.get_mut(name).ok_or(Failure::Down)?;
        if fails {
            file.pending.iter_mut().for_each(|(_, lost)| *lost = true);
            return Err(Failure::Sync);
        }
        let durable = file.durable.get_or_insert_default();
        file.pending.iter().filter(|(_, lost)| !lost).for_each(|(change, _)| change.apply(durable));
        file.pending.retain(|(_, lost)| *lost);
        Ok(())
    }

    pub(crate) fn delete(&mut self, name: &str, at_once: bool) -> Result<(), Failure> {
        self.operation()?;
        let file = self.files.remove(name).ok_or(Failure::Down)?;
        if let (false, Some(durable)) = (at_once, file.durable) {
            self.deleted.insert(name.into(), durable);
        }
        Ok(())
    }

    fn change(&mut self, name: &str, change: Change) -> Result<(), Failure> {
        let failed = self.operation();
        // What is under way when the power fails may still reach the disk, wholly or torn.
        if failed.is_ok() || self.fault == Fault::CrashAt(self.operations) {
            let file = self.files.get_mut(name).ok_or(Failure::Down)?;
            change.apply(&mut file.now);
            file.pending.push((change, false));
        }
        failed
    }

    fn operation(&mut self) -> Result<(), Failure> {
        if self.down {
            return Err(Failure::Down);
        }
        self.operations += 1;
        self.down = self.fault == Fault::CrashAt(self.operations);
        if self.down { Err(Failure::Down) } else { Ok(()) }
    }

    /// After a power cut: what survived, everything working.
    pub(crate) fn rebooted(&self, cut: Cut) -> Self {
        let mut random = Random(match cut {
            Cut::Torn(seed) | Cut::Shuffled(seed) => seed,
            Cut::Lost | Cut::Kept => 0,
        });
        let mut disk = Self::default();
        for (name, file) in &self.files {
            let mut image = file.durable.clone().unwrap_or_default();
            let pending: Vec<&Change> =
                file.pending.iter().filter(|(_, lost)| !lost).map(|(change, _)| change).collect();
            let there = file.durable.is_some()
                || match cut {
                    Cut::Lost => false,
                    Cut::Kept => true,
                    Cut::Torn(_) | Cut::Shuffled(_) => random.below(2) == 0,
                };
            survive(&pending, cut, &mut random, &mut image);
            if there {
                let durable = Some(image.clone());
                disk.files.insert(name.clone(), File { now: image, durable, pending: Vec::new() });
            }
        }
        for (name, image) in &self.deleted {
            let back = match cut {
                Cut::Lost => true,
                Cut::Kept => false,
                Cut::Torn(_) | Cut::Shuffled(_) => random.below(2) == 0,
            };
            if back && !disk.exists(name) {
                let durable = Some(image.clone());
                disk.files.insert(name.clone(), File { now: image.clone(), durable, pending: Vec::new() });
            }
        }
        disk
    }

    /// Everything that the running system sees, written to another, healthy disk.
    pub(crate) fn copied(&self) -> Self {
        let files = self.files.iter().map(|(name, file)| {
            (
                name.clone(),
                File { now: file.now.clone(), durable: Some(file.now.clone()), pending: Vec::new() },
            )
        });
        Self { files: files.collect(), ..Self::default() }
    }
}

fn survive(pending: &[&Change], cut: Cut, random: &mut Random, image: &mut Vec<u8>) {
    match cut {
        Cut::Lost => {}
        Cut::Kept => pending.iter().for_each(|change| change.apply(image)),
        Cut::Torn(_) => {
            let whole = random.below(pending.len() as u64 + 1) as usize;
            pending[..whole].iter().for_each(|change| change.apply(image));
            if let Some(Change::Write(at, bytes)) = pending.get(whole) {
                let part = random.below(bytes.len() as u64) as usize;
                Change::Write(*at, bytes[..part].to_vec()).apply(image);
            }
        }
        Cut::Shuffled(_) => {
            for change in pending {
                match change {
                    Change::Write(at, bytes) => {
                        for (sector, part) in bytes.chunks(SECTOR).enumerate() {
                            if random.below(3) > 0 {
                                Change::Write(at + sector * SECTOR, part.to_vec()).apply(image);
                            }
                        }
                    }
                    Change::Truncate(_) if random.below(2) == 0 => change.apply(image),
                    Change::Truncate(_) => {}
                }
            }
        }
    }
}
