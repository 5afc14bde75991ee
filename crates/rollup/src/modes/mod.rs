//! How batch data reaches the primary chain, and who can read it: as calldata with every signature, with signatures
//! on demand, in blobs, or encrypted to the registered watchers. What each commits to, in which order, and what each
//! transaction proves is in `docs/ledgers/data_modes.md`.
//!
//! An operator [`compose()`]s what it posts, a watcher [`read()`]s it and [`judge()`]s it; both work on the same segments
//! as in calldata mode. What else is sent in a mode is in [`Demands`] and [`Disputes`].
//!
//! The modules in reading order:

/// Cells of blobs, and the proof that one of them is in a blob.
pub mod cell;

/// Records without their signatures, and how the two are put together again.
pub mod demand;

/// The sealed mode's cipher, its keys and how they reach the watchers.
pub mod seal;

mod compose;
pub use compose::{Composed, Leaf, Sealing, compose};
mod read;
pub use read::{Content, Published, Unit, read};
mod judge;
pub use judge::{Finding, fraud, judge};
mod calls;
pub use calls::{Demands, Disputes, Terms, create};

/// A data mode.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Mode {
    /// Records with signatures, and roots, as calldata.
    Calldata,
    /// Records without signatures; these are shown on demand.
    Demand,
    /// Everything in a blob.
    Blob,
    /// Records encrypted, a key a segment.
    Sealed,
}

impl Mode {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Calldata, Self::Demand, Self::Blob, Self::Sealed];

    /// Its contract's name.
    #[must_use]
    pub const fn contract(self) -> &'static str {
        match self {
            Self::Calldata => "Rollup",
            Self::Demand => "DemandRollup",
            Self::Blob => "BlobRollup",
            Self::Sealed => "SealedRollup",
        }
    }
}

/// Why a batch cannot be posted or read in a mode.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ModeError {
    /// The bytes are not segments.
    #[error(transparent)]
    Batch(#[from] crate::batch::BatchError),
    /// They do not fit into a blob, or the blob is none.
    #[error(transparent)]
    Cell(#[from] cell::CellError),
    /// A segment's records are none, so its signatures cannot be told from them.
    #[error("segment {0} is no run of records with signatures")]
    NoRecords(usize),
    /// A segment is longer than a cell.
    #[error("segment {segment} has {bytes} bytes of records; a cell takes 1950")]
    Long {
        /// Which, from 0.
        segment: usize,
        /// How many.
        bytes: usize,
    },
    /// Sealed batches need a secret to be sealed with.
    #[error("there is nothing to seal this batch with")]
    NoSecret,
    /// The data ends too early.
    #[error("the data of the batch is cut off at byte {0}")]
    CutOff(usize),
}
