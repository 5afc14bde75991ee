//! Segments: the log's unit of durability. One commit appends one segment; its hash covers everything before.

use crate::Receipt;
use market::Keccak256;

/// The records of one commit as they are stored.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Segment {
    /// Where it lies, the log's hash after it, and what was promised about it.
    pub receipt: Receipt,
    /// The records' canonical encodings, one after the other.
    pub bytes: Vec<u8>,
}

/// The log's hash after a segment: keccak-256(hash before ‖ number of the first record ‖ number of records ‖
/// bytes), numbers big-endian. The hash before the first segment is zero.
#[must_use]
pub fn chain(before: &[u8; 32], first: u64, count: u32, bytes: &[u8]) -> [u8; 32] {
    let numbers = Keccak256::new().with(before).with(&first.to_be_bytes()).with(&count.to_be_bytes());
    numbers.with(bytes).finish()
}

impl Segment {
    /// Whether it follows `before` in one chain: numbers without a gap, and the hash that its content has.
    #[must_use]
    pub fn follows(&self, before: &Receipt) -> bool {
        let Receipt { first, count, hash, .. } = self.receipt;
        first == before.end() && count > 0 && hash == chain(&before.hash, first, count, &self.bytes)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn segment(before: &Receipt, count: u32, bytes: &[u8]) -> Segment {
        let first = before.end();
        let hash = chain(&before.hash, first, count, bytes);
        Segment { receipt: Receipt { first, count, hash, ..Receipt::default() }, bytes: bytes.to_vec() }
    }

    #[test]
    fn any_change_breaks_the_chain() {
        let start = Receipt::default();
        let a = segment(&start, 2, b"one two");
        let b = segment(&a.receipt, 1, b"three");
        assert!(a.follows(&start) && b.follows(&a.receipt));
        assert!(!b.follows(&start), "a segment left out");
        let mut changed = b.clone();
        changed.bytes[0] ^= 1;
        assert!(!changed.follows(&a.receipt));
        let mut recounted = b.clone();
        recounted.receipt.count = 2;
        assert!(!recounted.follows(&a.receipt));
        let rewritten = segment(&start, 2, b"one twa");
        assert!(!b.follows(&rewritten.receipt), "re-hashing one segment breaks the next");
    }
}
