//! An EVM in the process.

/// A primary chain inside the process; one block per transaction unless told otherwise.
#[derive(Debug)]
pub struct Evm {}
