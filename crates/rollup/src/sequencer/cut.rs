//! A segment as its operator keeps it: with the head and the tree from which its root follows.

use crate::batch::Segment;
use market::{Hash, Keccak256, keccak256};

/// A segment and the state after it, as far as the contract asks for it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Cut {
    /// The records, one after the other.
    pub records: Vec<u8>,
    /// The state's head after them.
    pub head: [Hash; 3],
    /// The root of the state's tree after them.
    pub tree: Hash,
}

impl Cut {
    /// The root after it.
    #[must_use]
    pub fn root(&self) -> Hash {
        Keccak256::new().with(&keccak256(self.head.as_flattened())).with(&self.tree).finish()
    }

    /// As it is posted.
    #[must_use]
    pub fn segment(&self) -> Segment {
        Segment { records: self.records.clone(), root: self.root() }
    }

    /// Items of the primary chain's queue consumed up to here.
    #[must_use]
    pub fn queue(&self) -> u64 {
        // word 0: time u40, accounts u32, meters u32, withdrawals u32, queue u64, work u16
        let word = &self.head[0];
        u64::from_be_bytes(std::array::from_fn(|i| word[17 + i]))
    }

    /// The market's time after it, Unix s.
    #[must_use]
    pub fn time(&self) -> u64 {
        self.head[0][..5].iter().fold(0, |time, byte| time << 8 | u64::from(*byte))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_head_is_read_where_the_fields_lie() {
        let mut cut = Cut::default();
        cut.head[0][..5].copy_from_slice(&[0, 0x60, 1, 2, 3]);
        cut.head[0][17..25].copy_from_slice(&[0, 0, 0, 0, 0, 0, 1, 2]);
        assert_eq!((cut.time(), cut.queue()), (0x6001_0203, 0x102));
    }
}
