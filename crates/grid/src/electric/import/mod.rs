//! Networks from elsewhere.
//!
//! An importer that meets what it does not support says so by name; it never drops an element silently.

mod leakage;
mod matpower;
pub use matpower::from_matpower;
mod pandapower;
pub use pandapower::from_pandapower;
pub mod simbench;
pub use simbench::from_simbench;

/// What kept a file from being read.
#[derive(Debug, thiserror::Error)]
pub enum ImportError {
    /// The text is not of its format.
    #[error("{what}, line {line}: {message}")]
    Syntax {
        /// File or table.
        what: String,
        /// Line, from 1.
        line: usize,
        /// What is wrong and what to do.
        message: String,
    },
    /// A value is missing or impossible.
    #[error("{what}, {element}: {message}")]
    Value {
        /// File or table.
        what: String,
        /// Element or row.
        element: String,
        /// What is wrong and what to do.
        message: String,
    },
    /// The file uses something that this importer does not know.
    #[error("{what} is not supported: {}", .elements.join(", "))]
    Unsupported {
        /// What is used.
        what: String,
        /// Which elements use it.
        elements: Vec<String>,
    },
    /// Several things at once.
    #[error("{} things are wrong: {}", .0.len(), several(.0))]
    Several(Vec<ImportError>),
    /// The file system.
    #[error("{path} cannot be read: {source}")]
    Io {
        /// Which file.
        path: String,
        /// Why.
        source: std::io::Error,
    },
}

impl ImportError {
    /// One error of all, if there is any.
    fn all(mut errors: Vec<Self>) -> Option<Self> {
        if errors.len() > 1 { Some(Self::Several(errors)) } else { errors.pop() }
    }
}

/// The first errors in words; a file that is wrong in every row would fill the screen.
fn several(errors: &[ImportError]) -> String {
    let shown = errors.iter().take(20).map(ToString::to_string).collect::<Vec<_>>().join("; ");
    match errors.len().saturating_sub(20) {
        0 => shown,
        more => format!("{shown}; and {more} more"),
    }
}
