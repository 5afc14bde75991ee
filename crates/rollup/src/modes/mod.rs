//! How batch data reaches the primary chain, and who can read it: as calldata with every signature, with signatures
//! on demand, in blobs, or encrypted to the registered watchers. What each commits to, in which order, and what each
//! transaction proves is in `docs/ledgers/data_modes.md`.
//!
//! An operator [`compose()`]s what it posts, a watcher [`read()`]s it and proves it wrong by [`fraud()`]; both work on the
//! same segments as in calldata mode. What else is sent in a mode is in [`Demands`] and [`Disputes`].
//!
//! The modules in reading order:

/// Cells of blobs, and the proof that one of them is in a blob.
pub mod cell;

/// Records without their signatures, and how the two are put together again.
pub mod demand;

/// The sealed mode's cipher, its keys and how they reach the watchers.
pub mod seal;

mod compose;
pub use compose::{Composed, Leaf, Sealing, compose, compose_cells, input};
mod read;
pub use read::{Content, Published, Unit, read};
mod part;
pub use part::{Part, Text};
mod assumed;
pub use assumed::execute_assumed;
mod proof;
pub use proof::fraud;
mod calls;
pub(crate) use calls::config;
pub use calls::{Demands, Disputes, Terms, address_of, create};
mod asked;
pub use asked::{Asked, Notice, Standing};
mod lens;
pub use lens::Lens;

/// A data mode.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Mode {
    /// Records with signatures, and roots, as calldata.
    #[default]
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

    /// As it is chosen: `calldata`, `demand`, `blob` or `sealed`.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Calldata => "calldata",
            Self::Demand => "demand",
            Self::Blob => "blob",
            Self::Sealed => "sealed",
        }
    }

    /// The mode of this name.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|mode| mode.name() == name)
    }

    /// How data reaches the chain and who can read it, in words.
    #[must_use]
    pub const fn words(self) -> &'static str {
        match self {
            Self::Calldata => "calldata with every signature: anybody can read it, always",
            Self::Demand => "calldata, signatures on demand: anybody can read it, always",
            Self::Blob => "blobs: anybody can read them for as long as they are kept",
            Self::Sealed => "calldata, encrypted: the registered watchers can read it",
        }
    }

    /// The most bytes of records that a segment may have.
    #[must_use]
    pub const fn longest(self) -> usize {
        match self {
            // A cell has to hold the segment's length and root too, and no segment crosses a cell's end.
            Self::Blob => cell::CELL - 34,
            _ => crate::step::MOST_BYTES,
        }
    }

    /// The most bytes of segments that a batch may have.
    #[must_use]
    pub const fn most(self) -> usize {
        match self {
            // Two segments that do not fit into one cell together fill more than half of two.
            Self::Blob => (compose::DATA_CELLS - 1) * cell::CELL / 2,
            _ => usize::MAX,
        }
    }

    /// Whether operators are asked for what they did not post.
    #[must_use]
    pub const fn has_demands(self) -> bool {
        matches!(self, Self::Demand | Self::Sealed)
    }

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

/// The cell of a blob from which on its leaves are listed: what a dispute about the list names.
pub const LIST: u32 = compose::DATA_CELLS as u32;

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
