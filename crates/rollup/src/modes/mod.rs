//! How batch data reaches the primary chain, and who can read it: as calldata with every signature, with signatures
//! on demand, in blobs, or encrypted to the registered watchers. What each commits to, in which order, and what each
//! transaction proves is in `docs/ledgers/data_modes.md`.

/// Cells of blobs, and the proof that one of them is in a blob.
pub mod cell;

/// Records without their signatures, and how the two are put together again.
pub mod demand;

/// The sealed mode's cipher, its keys and how they reach the watchers.
pub mod seal;
