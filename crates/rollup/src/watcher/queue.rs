//! The primary chain's queue, as its events tell it: deposits and forced records, in the order the contract hashes them.

use crate::step::Item;
use market::{Hash, Keccak256};

/// The queue so far.
#[derive(Clone, Debug, Default)]
pub struct Queue {
    items: Vec<Kept>,
}

#[derive(Clone, Debug)]
struct Kept {
    bytes: Vec<u8>,
    /// Of the queue up to and including this item.
    hash: Hash,
}

impl Queue {
    /// How many items there are.
    #[must_use]
    pub fn len(&self) -> u64 {
        self.items.len() as u64
    }

    /// Whether nothing was ever queued.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.items.is_empty()
    }

    /// The queue's hash after its first `count` items; `None` beyond its end. Zero before the first.
    #[must_use]
    pub fn hash(&self, count: u64) -> Option<Hash> {
        let Some(last) = count.checked_sub(1) else { return Some([0; 32]) };
        Some(self.items.get(usize::try_from(last).ok()?)?.hash)
    }

    /// The items from number `from` on, before number `to`, as they are hashed; `None` beyond its end.
    #[must_use]
    pub fn items(&self, from: u64, to: u64) -> Option<Vec<&[u8]>> {
        let range = usize::try_from(from).ok()?..usize::try_from(to).ok()?;
        Some(self.items.get(range)?.iter().map(|item| item.bytes.as_slice()).collect())
    }

    /// Adds an item.
    pub fn push(&mut self, item: &Item<'_>) {
        let mut bytes = Vec::new();
        item.encode(&mut bytes);
        let before = self.items.last().map_or([0; 32], |item| item.hash);
        let hash = Keccak256::new().with(&before).with(&bytes).finish();
        self.items.push(Kept { bytes, hash });
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use market::{Address, keccak256};

    #[test]
    fn the_queue_is_hashed_as_the_contract_does() {
        let mut queue = Queue::default();
        let (time, sender) = (0x01_0203_0405, Address([0xcc; 20]));
        queue.push(&Item::Deposit { time, account: 7, amount: 0x0a0b, sender });
        queue.push(&Item::Forced { time: 9, record: &[0x20, 1] });
        let first = [&[0, 1, 2, 3, 4, 5, 0, 0, 0, 7][..], &[0; 14], &[0x0a, 0x0b], &[0xcc; 20]].concat();
        let second = [1, 0, 0, 0, 0, 9, 0, 2, 0x20, 1];
        assert_eq!(queue.items(0, 2).unwrap(), [&first[..], &second]);
        let one = keccak256(&[&[0; 32][..], &first].concat());
        assert_eq!(queue.hash(0), Some([0; 32]));
        assert_eq!(queue.hash(1), Some(one));
        assert_eq!(queue.hash(2), Some(keccak256(&[&one[..], &second].concat())));
        assert_eq!((queue.hash(3), queue.items(1, 3), queue.items(2, 1)), (None, None, None));
    }
}
