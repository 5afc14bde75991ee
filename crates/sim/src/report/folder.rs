//! A folder that appears whole or not at all: written beside its place under another name, renamed at the end.

use super::ReportError;
use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

/// What a report consists of. A folder that holds nothing else may be replaced.
const FILES: [&str; 42] = [
    "batches.csv",
    "batches.parquet",
    "bills.csv",
    "bills.parquet",
    "checkpoints.csv",
    "checkpoints.parquet",
    "clearings.csv",
    "clearings.parquet",
    "coalitions.csv",
    "coalitions.parquet",
    "compare.csv",
    "compare.parquet",
    "concepts.csv",
    "concepts.parquet",
    "conversions.csv",
    "conversions.parquet",
    "coupled.csv",
    "coupled.parquet",
    "foresight.csv",
    "index.html",
    "learning.csv",
    "lies.csv",
    "lies.parquet",
    "market.csv",
    "market_bills.csv",
    "members.csv",
    "members.parquet",
    "payoffs.csv",
    "payoffs.parquet",
    "preferences.csv",
    "prices.csv",
    "prices.parquet",
    "published.csv",
    "readings.csv",
    "readings.parquet",
    "schedule.csv",
    "schedule.parquet",
    "schedulers.csv",
    "shortfalls.csv",
    "shortfalls.parquet",
    "training.csv",
    "variants.csv",
];

/// A folder in the making. Dropped unfinished, it leaves nothing behind.
#[derive(Debug)]
pub struct Folder {
    target: PathBuf,
    making: PathBuf,
    finished: bool,
}

impl Folder {
    /// Begins a folder beside its place.
    ///
    /// # Errors
    /// Where something stands there that is no report.
    pub fn create(target: &Path) -> Result<Self, ReportError> {
        refuse_strangers(target)?;
        // Whoever was killed between the two moves of `finish` left the earlier report beside its place.
        let earlier = sibling(target, "earlier");
        if !target.exists() && earlier.exists() {
            fs::rename(&earlier, target).map_err(ReportError::at(target))?;
        }
        let parent = match target.parent() {
            Some(parent) if !parent.as_os_str().is_empty() => parent,
            _ => Path::new("."),
        };
        fs::create_dir_all(parent).map_err(ReportError::at(parent))?;
        let making = sibling(target, "unfinished");
        // What an interrupted run left there is ours and of no use.
        remove(&making)?;
        fs::create_dir(&making).map_err(ReportError::at(&making))?;
        Ok(Self { target: target.to_owned(), making, finished: false })
    }

    /// Where a file of this name is written.
    #[must_use]
    pub fn path(&self, name: &str) -> PathBuf {
        self.making.join(name)
    }

    /// Puts the folder in its place, instead of an earlier report.
    ///
    /// # Errors
    /// Where it cannot be moved there.
    pub fn finish(mut self) -> Result<PathBuf, ReportError> {
        refuse_strangers(&self.target)?;
        let earlier = sibling(&self.target, "earlier");
        remove(&earlier)?;
        match fs::rename(&self.target, &earlier) {
            Err(error) if error.kind() != ErrorKind::NotFound => {
                return Err(ReportError::at(&self.target)(error));
            }
            _ => {}
        }
        if let Err(error) = fs::rename(&self.making, &self.target) {
            // Best effort: the earlier report goes back to its place.
            let _ = fs::rename(&earlier, &self.target);
            return Err(ReportError::at(&self.target)(error));
        }
        self.finished = true;
        remove(&earlier)?;
        Ok(self.target.clone())
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        if !self.finished {
            // Best effort: whatever went wrong has been reported already.
            let _ = fs::remove_dir_all(&self.making);
        }
    }
}

fn sibling(target: &Path, suffix: &str) -> PathBuf {
    let name = target.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    target.with_file_name(format!(".{name}.{suffix}"))
}

fn remove(path: &Path) -> Result<(), ReportError> {
    match fs::remove_dir_all(path) {
        Err(error) if error.kind() != ErrorKind::NotFound => Err(ReportError::at(path)(error)),
        _ => Ok(()),
    }
}

/// An empty folder and an earlier report may be replaced, nothing else.
fn refuse_strangers(target: &Path) -> Result<(), ReportError> {
    let entries = match fs::read_dir(target) {
        Ok(entries) => entries,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(()),
        Err(error) if error.kind() == ErrorKind::NotADirectory => {
            return Err(ReportError::Occupied { path: target.to_owned() });
        }
        Err(error) => return Err(ReportError::at(target)(error)),
    };
    for entry in entries {
        let name = entry.map_err(ReportError::at(target))?.file_name();
        if !FILES.iter().any(|known| name == *known) {
            return Err(ReportError::Occupied { path: target.join(name) });
        }
    }
    Ok(())
}
