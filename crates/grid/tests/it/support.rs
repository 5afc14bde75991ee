//! Where cases lie.

use grid::electric::{Network, import::from_matpower};
use std::path::PathBuf;

/// The project's root.
pub(crate) fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../..")
}

/// PGLib-OPF's cases, which lie beside the project and are not part of it.
pub(crate) fn pglib(case: &str) -> Option<Network> {
    let path = root().join("../shared/cases/pglib").join(format!("pglib_opf_{case}.m"));
    let Ok(text) = std::fs::read_to_string(&path) else {
        eprintln!("skipped: {} is not here", path.display());
        return None;
    };
    Some(from_matpower(&text).unwrap())
}
