//! A segment as its operator keeps it: with the head and the tree from which its root follows.

use crate::batch::Segment;
use crate::step::Head;
use market::Hash;

/// A segment and the state after it, as far as the contract asks for it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cut {
    /// The records, one after the other.
    pub records: Vec<u8>,
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

    /// As it is posted.
    #[must_use]
    pub fn segment(&self) -> Segment {
        Segment { records: self.records.clone(), root: self.root() }
    }
}
