//! Records into segments: as many as fit into the bounds within which one transaction can execute a segment again.
//!
//! Where a segment ends is the operator's choice within the bounds. A restart has to make the same choice for what the
//! primary chain has already, so a segmenter can be told the lengths of the first segments.

use super::Cut;
use crate::step::{Head, MOST_WEIGHT};
use market::Hash;

/// Gathers records, in order.
#[derive(Clone, Debug)]
pub struct Segmenter {
    /// The most bytes of a segment.
    most: usize,
    records: Vec<u8>,
    weight: u32,
    /// The lengths that the first segments have on the primary chain already.
    told: Vec<usize>,
    /// How many segments were completed.
    ended: usize,
    /// Those of them that were not taken yet.
    done: Vec<Cut>,
}

/// A moment to go back to, while no segment completed since is taken.
#[derive(Clone, Copy, Debug)]
pub struct Bookmark {
    ended: usize,
    bytes: usize,
    weight: u32,
}

impl Segmenter {
    /// A segmenter whose segments have at most so many bytes, and the first of them these lengths.
    #[must_use]
    pub fn following(most: usize, told: impl IntoIterator<Item = usize>) -> Self {
        let told = told.into_iter().collect();
        Self { most, records: Vec::new(), weight: 0, told, ended: 0, done: Vec::new() }
    }

    /// Weight and bytes that the open segment still takes.
    #[must_use]
    pub fn room(&self) -> (u32, usize) {
        (MOST_WEIGHT - self.weight, self.most - self.records.len())
    }

    /// Whether a record of this weight and length has to go into the next segment.
    #[must_use]
    pub fn is_full_for(&self, weight: u32, bytes: usize) -> bool {
        let (left, room) = self.room();
        weight > left || bytes > room
    }

    /// Whether the open segment has no record.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.records.is_empty()
    }

    /// Whether the open segment has to end here because it does on the primary chain.
    #[must_use]
    pub fn is_told_to_end(&self) -> bool {
        self.told.get(self.ended).is_some_and(|length| *length == self.records.len())
    }

    /// Adds a record that was executed and fits.
    pub fn add(&mut self, record: &[u8], weight: u32) {
        debug_assert!(!self.is_full_for(weight, record.len()), "a record goes where it fits");
        self.records.extend_from_slice(record);
        self.weight += weight;
    }

    /// Ends the open segment with the state's head and tree after its last record; nothing where it is empty.
    pub fn end(&mut self, head: Head, tree: Hash) {
        if self.records.is_empty() {
            return;
        }
        self.ended += 1;
        self.done.push(Cut { records: std::mem::take(&mut self.records), unshown: None, head, tree });
        self.weight = 0;
    }

    /// Now. It costs the same however many segments wait: every command begins with it.
    #[must_use]
    pub fn now(&self) -> Bookmark {
        Bookmark { ended: self.ended, bytes: self.records.len(), weight: self.weight }
    }

    /// Takes back everything since.
    pub fn go_back(&mut self, to: Bookmark) {
        let since = self.done.len() + to.ended - self.ended;
        // The records of then are the first ones of the segment that was completed next.
        if let Some(cut) = self.done.drain(since..).next() {
            self.records = cut.records;
        }
        self.records.truncate(to.bytes);
        (self.ended, self.weight) = (to.ended, to.weight);
    }

    /// The complete segments, once.
    pub fn take(&mut self) -> Vec<Cut> {
        std::mem::take(&mut self.done)
    }

    /// How many complete segments wait to be taken.
    #[must_use]
    pub fn complete(&self) -> usize {
        self.done.len()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::step::MOST_BYTES;

    #[test]
    fn a_segment_ends_at_its_bounds() {
        let mut segmenter = Segmenter::following(MOST_BYTES, []);
        for i in 0..16 {
            assert!(!segmenter.is_full_for(4, 12), "{i}");
            segmenter.add(&[i; 12], 4);
        }
        assert!(segmenter.is_full_for(2, 1), "sixteen orders weigh what a segment may");
        segmenter.end(Head::default(), [1; 32]);
        segmenter.add(&[0; MOST_BYTES - 3], 2);
        assert!(segmenter.is_full_for(2, 4) && !segmenter.is_full_for(2, 3));
        segmenter.end(Head::default(), [2; 32]);
        segmenter.end(Head::default(), [3; 32]);
        let segments = segmenter.take();
        let roots: Vec<u8> = segments.iter().map(|segment| segment.tree[0]).collect();
        assert_eq!(roots, [1, 2], "nothing is ended twice");
        assert_eq!(segments[0].records.len(), 16 * 12);
        assert_eq!(segmenter.take(), []);
    }

    #[test]
    fn what_was_taken_back_was_never_there() {
        let mut segmenter = Segmenter::following(MOST_BYTES, [2, 3]);
        segmenter.add(&[1, 1], 4);
        segmenter.end(Head::default(), [1; 32]);
        segmenter.add(&[2], 4);
        let before = segmenter.now();
        for (records, tree) in [(&[3, 3][..], 2), (&[4], 3), (&[5], 4)] {
            segmenter.add(records, 6);
            segmenter.end(Head::default(), [tree; 32]);
        }
        segmenter.go_back(before);
        assert_eq!((segmenter.complete(), segmenter.room()), (1, (MOST_WEIGHT - 4, MOST_BYTES - 1)));
        assert!(!segmenter.is_told_to_end());
        segmenter.add(&[6, 6], 4);
        assert!(segmenter.is_told_to_end(), "its length is told as before");
        segmenter.go_back(before);
        segmenter.add(&[7], 4);
        segmenter.end(Head::default(), [5; 32]);
        let records: Vec<Vec<u8>> = segmenter.take().into_iter().map(|cut| cut.records).collect();
        assert_eq!(records, [vec![1, 1], vec![2, 7]]);
    }

    #[test]
    fn what_is_posted_already_ends_where_it_ended() {
        let mut segmenter = Segmenter::following(MOST_BYTES, [3, 2]);
        for record in [&[0, 0][..], &[1], &[2, 2], &[3]] {
            segmenter.add(record, 4);
            if segmenter.is_told_to_end() {
                segmenter.end(Head::default(), [record[0]; 32]);
            }
        }
        let segments = segmenter.take();
        let found: Vec<(&[u8], u8)> =
            segments.iter().map(|segment| (segment.records.as_slice(), segment.tree[0])).collect();
        assert_eq!(found, [(&[0, 0, 1][..], 1), (&[2, 2], 2)], "the fourth is not posted yet");
    }
}
