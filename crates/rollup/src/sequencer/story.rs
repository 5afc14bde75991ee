//! What the operator has told and what the primary chain has of it.
//!
//! The operator's segments form one line. The chain has the first of them, as inputs of batches; the rest waits. Where
//! the border lies only the chain knows: a transaction may have got into a block just before the operator's process
//! died, or out of one by a re-organisation. So before every step the line is laid beside the chain's inputs again.

use super::Cut;
use crate::modes::Mode;
use market::{Hash, Keccak256};
use std::collections::VecDeque;

/// The operator's segments, posted and waiting.
#[derive(Clone, Debug, Default)]
pub struct Story {
    mode: Mode,
    inputs: Vec<Told>,
    waiting: VecDeque<Cut>,
    /// Bytes of records and roots that wait.
    bytes: usize,
}

/// An input that the chain has.
#[derive(Clone, Debug)]
struct Told {
    /// Of its records.
    hash: Hash,
    /// Its segments; of a final one only the last.
    cuts: Vec<Cut>,
    /// Whether the others were dropped.
    dropped: bool,
}

impl Story {
    /// Nothing told yet, on a chain of this mode.
    #[must_use]
    pub fn new(mode: Mode) -> Self {
        Self { mode, ..Self::default() }
    }

    /// Adds segments after all others.
    pub fn tell(&mut self, cuts: impl IntoIterator<Item = Cut>) {
        for cut in cuts {
            self.bytes += posted_bytes(&cut);
            self.waiting.push_back(cut);
        }
    }

    /// Lays the line beside the chain's inputs: the hash of each one's records and how many segments it has, from the
    /// first on. Returns how many inputs the chain has taken back.
    ///
    /// # Errors
    /// The number of the first input that is not the operator's own, or that was final and is gone; the line stands beside
    /// those before it.
    pub fn align(&mut self, inputs: impl IntoIterator<Item = (Hash, u32)>) -> Result<u64, u64> {
        let mut taken_back = 0;
        let mut number = 0;
        for (hash, segments) in inputs {
            if self.inputs.get(number).is_some_and(|told| told.hash != hash) {
                taken_back += self.take_back(number)?;
            }
            if number == self.inputs.len() {
                let adopted = self.adopt(hash, segments as usize);
                adopted.ok_or(number as u64 + 1)?;
            }
            number += 1;
        }
        Ok(taken_back + self.take_back(number)?)
    }

    /// Inputs from this one (counted from 0) on wait again; refused where one of them was final.
    fn take_back(&mut self, from: usize) -> Result<u64, u64> {
        let from = from.min(self.inputs.len());
        if let Some(lost) = self.inputs[from..].iter().position(|told| told.dropped) {
            return Err((from + lost) as u64 + 1);
        }
        let mut cuts = Vec::new();
        let mut count = 0;
        for told in self.inputs.drain(from..) {
            cuts.extend(told.cuts);
            count += 1;
        }
        for cut in cuts.into_iter().rev() {
            self.bytes += posted_bytes(&cut);
            self.waiting.push_front(cut);
        }
        Ok(count)
    }

    fn adopt(&mut self, hash: Hash, segments: usize) -> Option<()> {
        if segments > self.waiting.len() {
            return None;
        }
        let cuts: Vec<Cut> = self.waiting.drain(..segments).collect();
        if input_hash(self.mode, &cuts) != hash {
            cuts.into_iter().rev().for_each(|cut| self.waiting.push_front(cut));
            return None;
        }
        self.bytes -= cuts.iter().map(posted_bytes).sum::<usize>();
        self.inputs.push(Told { hash, cuts, dropped: false });
        Some(())
    }

    /// How many inputs the chain has.
    #[must_use]
    pub fn told(&self) -> u64 {
        self.inputs.len() as u64
    }

    /// The segments of an input, by its number (from 1); none before the first.
    #[must_use]
    pub fn input(&self, number: u64) -> &[Cut] {
        let index = number.checked_sub(1).and_then(|index| usize::try_from(index).ok());
        index.and_then(|index| self.inputs.get(index)).map_or(&[], |told| &told.cuts)
    }

    /// The first segments that wait, at most so many bytes as posted; at least one if any waits.
    #[must_use]
    pub fn next_batch(&self, most: usize) -> Vec<Cut> {
        let mut bytes = 0;
        let fits = |cut: &&Cut| {
            bytes += posted_bytes(cut);
            bytes <= most
        };
        let fitting = self.waiting.iter().take_while(fits).count().max(1);
        self.waiting.iter().take(fitting).cloned().collect()
    }

    /// The first so many segments that wait, or all.
    #[must_use]
    pub fn next_segments(&self, many: usize) -> Vec<&Cut> {
        self.waiting.iter().take(many).collect()
    }

    /// How many segments wait.
    #[must_use]
    pub fn waiting(&self) -> usize {
        self.waiting.len()
    }

    /// How many bytes they take when posted.
    #[must_use]
    pub const fn waiting_bytes(&self) -> usize {
        self.bytes
    }

    /// Forgets the records of inputs up to this number, which are final.
    pub fn forget_until(&mut self, number: u64) {
        let many = usize::try_from(number).unwrap_or(usize::MAX).min(self.inputs.len());
        for told in self.inputs[..many].iter_mut().rev().take_while(|told| !told.dropped) {
            let last = told.cuts.len().saturating_sub(1);
            told.cuts.drain(..last);
            told.dropped = true;
        }
    }
}

/// What a segment takes in a batch: its length, its records, its root.
fn posted_bytes(cut: &Cut) -> usize {
    cut.records.len() + 34
}

/// The hash by which an operator knows these segments as an input: the chain's own, where that depends on the records
/// alone.
#[must_use]
pub fn input_hash(mode: Mode, cuts: &[Cut]) -> Hash {
    let mut all = Keccak256::new();
    cuts.iter().for_each(|cut| all.update(&cut.input(mode)));
    all.finish()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::step::Head;

    fn cuts(names: &[u8]) -> Vec<Cut> {
        names
            .iter()
            .map(|name| Cut {
                records: vec![*name; 6],
                unshown: None,
                head: Head::default(),
                tree: [*name; 32],
            })
            .collect()
    }

    fn records(story: &Story) -> Vec<u8> {
        story.waiting.iter().map(|cut| cut.records[0]).collect()
    }

    fn align(story: &mut Story, inputs: &[&[u8]]) -> Result<u64, u64> {
        story.align(inputs.iter().map(|names| (input_hash(Mode::Calldata, &cuts(names)), names.len() as u32)))
    }

    #[test]
    fn the_chain_decides_what_is_posted() {
        let mut story = Story::default();
        story.tell(cuts(&[1, 2, 3, 4, 5]));
        assert_eq!(align(&mut story, &[&[1, 2], &[3]]), Ok(0));
        assert_eq!((records(&story), story.told()), (vec![4, 5], 2));
        assert_eq!(align(&mut story, &[&[1, 2], &[3]]), Ok(0), "nothing is told twice");
        // The second is re-organised away, and comes back together with the fourth.
        assert_eq!(align(&mut story, &[&[1, 2]]), Ok(1));
        assert_eq!((records(&story), story.waiting_bytes()), (vec![3, 4, 5], 120));
        assert_eq!(align(&mut story, &[&[1, 2], &[3, 4]]), Ok(0));
        assert_eq!((records(&story), story.waiting_bytes()), (vec![5], 40));
        // All of it away, and back in one.
        assert_eq!(align(&mut story, &[&[1, 2, 3, 4, 5]]), Ok(2));
        assert_eq!((records(&story), story.told(), story.waiting_bytes()), (vec![], 1, 0));
    }

    #[test]
    fn somebody_elses_input_is_named() {
        let mut story = Story::default();
        story.tell(cuts(&[1, 2, 3]));
        assert_eq!(align(&mut story, &[&[1], &[2, 9]]), Err(2));
        assert_eq!(records(&story), [2, 3]);
        assert_eq!(align(&mut story, &[&[1], &[2, 3, 4]]), Err(2));
    }

    #[test]
    fn a_batch_takes_what_fits_and_at_least_one_segment() {
        let mut story = Story::default();
        story.tell(cuts(&[1, 2, 3]));
        let taken = |most| story.next_batch(most).len();
        assert_eq!((taken(1), taken(79), taken(80), taken(1_000)), (1, 1, 2, 3));
        assert!(Story::default().next_batch(100).is_empty());
    }

    #[test]
    fn what_is_final_keeps_its_last_segment_only() {
        let mut story = Story::default();
        story.tell(cuts(&[1, 2, 3, 4]));
        align(&mut story, &[&[1, 2], &[3], &[4]]).unwrap();
        story.forget_until(2);
        assert_eq!(story.input(1), &cuts(&[2])[..]);
        assert_eq!((story.input(2).len(), story.input(3).len(), story.input(4).len()), (1, 1, 0));
        assert_eq!(align(&mut story, &[&[1, 2], &[3]]), Ok(1), "the chain is compared by its hash");
        assert_eq!(align(&mut story, &[&[1, 2]]), Err(2), "what was final cannot be posted again from here");
    }
}
