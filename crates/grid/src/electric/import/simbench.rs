//! SimBench's folders of CSV files.

use super::ImportError;
use crate::electric::Network;
use std::path::Path;

/// Reads a folder of SimBench tables (`Node.csv`, `Line.csv`, …).
///
/// # Errors
///
/// If a table is missing, not of its format, or uses what is not supported: the error names it.
pub fn from_simbench(folder: &Path) -> Result<Network, ImportError> {
    let _ = folder;
    Err(ImportError::Unsupported { what: "SimBench".to_owned(), elements: Vec::new() })
}
