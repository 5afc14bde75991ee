//! Receipts: what whoever submitted commands holds against the operator.

use crate::Key;
use market::signing::Recover;
use market::{Address, Keccak256, Signature};

/// A promise that records are durable and where they lie in the log. One is given per commit.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Receipt {
    /// Number of the first record; the founding record has number 0.
    pub first: u64,
    /// How many records.
    pub count: u32,
    /// The log's hash up to and including them.
    pub hash: [u8; 32],
    /// The state's root at the last checkpoint up to and including them; zeros before the first.
    pub root: [u8; 32],
    /// The operator's, over all of the above; none where the operator has no key (a simulation).
    pub signature: Option<Signature>,
}

impl Receipt {
    /// What the operator signs: keccak-256 of a label and the fields, numbers big-endian. The hash descends from
    /// the founding record and thereby names the community.
    #[must_use]
    pub fn digest(&self) -> [u8; 32] {
        let place = Keccak256::new().with(b"wattle receipt").with(&self.first.to_be_bytes());
        place.with(&self.count.to_be_bytes()).with(&self.hash).with(&self.root).finish()
    }

    /// The same receipt, signed.
    #[must_use]
    pub fn signed(mut self, key: &Key) -> Self {
        self.signature = Some(key.sign(&self.digest()));
        self
    }

    /// Who signed it; `None` without a valid signature.
    #[must_use]
    pub fn signer(&self, recover: &impl Recover) -> Option<Address> {
        recover.recover(&self.digest(), self.signature.as_ref()?)
    }

    /// The number after its last record.
    #[must_use]
    pub const fn end(&self) -> u64 {
        self.first.saturating_add(self.count as u64)
    }

    /// Whether both cannot come from one log: they share a record but are not the same. With both signatures
    /// this is proof that the operator told two stories (law A8).
    #[must_use]
    pub fn contradicts(&self, other: &Self) -> bool {
        let overlap = self.first < other.end() && other.first < self.end();
        let same = (self.first, self.count, self.hash, self.root)
            == (other.first, other.count, other.hash, other.root);
        overlap && !same
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Recoverer;

    fn receipt(first: u64, count: u32, hash: u8) -> Receipt {
        Receipt { first, count, hash: [hash; 32], ..Receipt::default() }
    }

    #[test]
    fn a_changed_receipt_names_somebody_else() {
        let key = Key::from_seed(b"", "operator");
        let signed = receipt(3, 2, 9).signed(&key);
        assert_eq!(signed.signer(&Recoverer), Some(key.address()));
        for changed in [
            Receipt { first: 4, ..signed },
            Receipt { count: 3, ..signed },
            Receipt { hash: [8; 32], ..signed },
            Receipt { root: [8; 32], ..signed },
        ] {
            assert_ne!(changed.signer(&Recoverer), Some(key.address()));
        }
        assert_eq!(receipt(3, 2, 9).signer(&Recoverer), None);
    }

    #[test]
    fn two_stories_about_one_record_are_evidence() {
        let check = |a: Receipt, b: Receipt, expected| {
            assert_eq!(a.contradicts(&b), expected, "{a:?} {b:?}");
            assert_eq!(b.contradicts(&a), expected, "{b:?} {a:?}");
        };
        check(receipt(0, 2, 1), receipt(2, 2, 2), false); // one after the other
        check(receipt(0, 2, 1), receipt(0, 2, 1), false); // the same again
        check(receipt(0, 2, 1), receipt(0, 2, 2), true); // another hash
        check(receipt(0, 2, 1), receipt(1, 2, 2), true); // a record in two segments
        check(receipt(0, 0, 1), receipt(0, 2, 2), false); // nothing promised
    }
}
