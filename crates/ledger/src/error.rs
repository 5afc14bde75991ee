//! What goes wrong with a ledger: what was attempted, where, and what to do about it.

use market::Rejection;
use std::path::PathBuf;

/// A failure of the world around the ledger. Refused commands are not failures: see [`market::Rejection`].
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// There is no file to open.
    #[error("there is no ledger at {path}: check the path, or create a new ledger there")]
    Missing {
        /// Where it was looked for.
        path: PathBuf,
    },
    /// A new ledger would overwrite something.
    #[error("{path} exists already: open it, or choose another path for the new ledger")]
    Exists {
        /// Where it was to be created.
        path: PathBuf,
    },
    /// The file is something else.
    #[error("{path} is not a ledger: {found}. Check the path; nothing was changed")]
    Foreign {
        /// The file.
        path: PathBuf,
        /// What it is instead.
        found: String,
    },
    /// The file was written by a version with another format.
    #[error(
        "{path} is a ledger of format {found}, this program reads format {expected}: use the program that wrote it, \
         or replay its commands into a new ledger"
    )]
    Version {
        /// The file.
        path: PathBuf,
        /// Its format.
        found: i64,
        /// The format known here.
        expected: i64,
    },
    /// Another process has it open for writing.
    #[error(
        "{path} is in use by another process: a ledger has one writer; stop that process or work on a copy"
    )]
    InUse {
        /// The file.
        path: PathBuf,
    },
    /// The stored records contradict themselves.
    #[error(
        "{path} is damaged at record {record}: {what}. Restore the last backup and let members present their \
         receipts; `wattle audit` names the first law broken"
    )]
    Damaged {
        /// The file.
        path: PathBuf,
        /// Number of the first record that cannot be read or does not follow.
        record: u64,
        /// What is wrong with it.
        what: String,
    },
    /// A stored record is one that the market refuses.
    #[error(
        "{path}: record {record} must not be in a log: {rejection}. The log was changed after it was written; \
         restore the last backup, and see `wattle audit` for the evidence"
    )]
    Refused {
        /// The file.
        path: PathBuf,
        /// Number of the record.
        record: u64,
        /// Why the market refuses it.
        rejection: Rejection,
    },
    /// The volume is full.
    #[error(
        "could not {attempt} {path}: the disk is full. Nothing of this step was stored, earlier commits are intact; \
         free some space and open the ledger again"
    )]
    DiskFull {
        /// What was being done.
        attempt: &'static str,
        /// The file.
        path: PathBuf,
    },
    /// The disk reported that it did not store what it was given.
    #[error(
        "could not {attempt} {path}: the disk did not store what was written. Earlier commits are intact, this one is in \
         doubt; copy the file and its -wal to another disk, open it there and see which records it has"
    )]
    SyncFailed {
        /// What was being done.
        attempt: &'static str,
        /// The file.
        path: PathBuf,
    },
    /// Reading or writing failed.
    #[error(
        "could not {attempt} {path}: {source}. What was acknowledged is safe; check that the folder \
         exists, may be written and works, then try again: opening a ledger finds out what is stored"
    )]
    Storage {
        /// What was being done.
        attempt: &'static str,
        /// The file.
        path: PathBuf,
        /// What the database says.
        source: rusqlite::Error,
    },
    /// A commit failed before; what is stored can no longer be known without opening the ledger again.
    #[error(
        "{path} stopped after a failed commit: drop this ledger and open it again, which finds out what is stored"
    )]
    Stopped {
        /// The file.
        path: PathBuf,
    },
    /// The key given is not the operator's.
    #[error(
        "the key given for {path} is not the operator's named in its founding record: give the right one, or none"
    )]
    WrongKey {
        /// The file.
        path: PathBuf,
    },
    /// What a ledger rests on beside its file, such as another chain, failed.
    #[error("{0}")]
    Beside(Box<dyn std::error::Error + Send + Sync>),
}

impl Error {
    /// Turns what the database says into what happened to the ledger.
    pub(crate) fn storage(
        attempt: &'static str,
        path: &std::path::Path,
        record: u64,
        source: rusqlite::Error,
    ) -> Self {
        use rusqlite::ffi::{ErrorCode, SQLITE_IOERR_DIR_FSYNC, SQLITE_IOERR_FSYNC};
        let path = path.to_path_buf();
        let extended = source.sqlite_error().map_or(0, |error| error.extended_code);
        if matches!(extended, SQLITE_IOERR_FSYNC | SQLITE_IOERR_DIR_FSYNC) {
            return Self::SyncFailed { attempt, path };
        }
        match source.sqlite_error_code() {
            Some(ErrorCode::DiskFull) => Self::DiskFull { attempt, path },
            Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => Self::InUse { path },
            Some(ErrorCode::NotADatabase) => {
                Self::Foreign { path, found: "its first bytes are not those of a database".into() }
            }
            Some(ErrorCode::DatabaseCorrupt) => Self::Damaged { path, record, what: source.to_string() },
            _ => Self::Storage { attempt, path, source },
        }
    }
}
