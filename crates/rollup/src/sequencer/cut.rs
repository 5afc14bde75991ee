//! A segment as its operator keeps it: with the head and the tree from which its root follows.

use crate::batch::Segment;
use crate::modes::{self, Mode};
use crate::step::Head;
use market::Hash;

/// A segment and the state after it, as far as the contract asks for it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Cut {
    /// The records, one after the other; without signatures where these were never shown to this operator.
    pub records: Vec<u8>,
    /// The hash of the signatures that were not shown.
    pub unshown: Option<Hash>,
    /// The state's head after them.
    pub head: Head,
    /// The root of the state's tree after them.
    pub tree: Hash,
}

impl Cut {
    /// The root after it.
    #[must_use]
    pub fn root(&self) -> Hash {
        self.head.root(&self.tree)
    }

    /// What its leaf binds as its input, in modes where that depends on nothing else; elsewhere what it would in calldata.
    #[must_use]
    pub fn input(&self, mode: Mode) -> Hash {
        modes::input(mode, &self.records, self.unshown.as_ref())
    }

    /// As it is posted.
    #[must_use]
    pub fn segment(&self) -> Segment {
        Segment { records: self.records.clone(), root: self.root() }
    }
}
