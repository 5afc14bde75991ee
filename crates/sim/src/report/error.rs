//! Why a report could not be written, where, and what to do about it.

use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};

/// What kept a report from being written. Nothing is left behind in the target folder.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ReportError {
    /// The file system refused.
    #[error("cannot write {}: {source}; {}", path.display(), remedy(source))]
    Write {
        /// Which file or folder.
        path: PathBuf,
        /// What the file system said.
        source: io::Error,
    },
    /// The target holds something that is not a report.
    #[error(
        "{} is in the way and no part of a report: nothing was overwritten; name another folder with --out",
        path.display()
    )]
    Occupied {
        /// What is in the way.
        path: PathBuf,
    },
}

impl ReportError {
    pub(super) fn at(path: &Path) -> impl FnOnce(io::Error) -> Self {
        let path = path.to_owned();
        move |source| Self::Write { path, source }
    }
}

fn remedy(source: &io::Error) -> &'static str {
    match source.kind() {
        ErrorKind::StorageFull | ErrorKind::QuotaExceeded => {
            "free some space there, or choose a folder on another disk with --out"
        }
        ErrorKind::PermissionDenied | ErrorKind::ReadOnlyFilesystem => {
            "choose a folder you may write to with --out"
        }
        ErrorKind::NotADirectory => "a part of that path is a file: choose another folder with --out",
        ErrorKind::NotFound => "there is no such place (any more): choose another folder with --out",
        _ => "choose another folder with --out",
    }
}
