//! The roots that follow from the inputs, whatever anybody claims.
//!
//! They depend on the records, the time of their first posting and the queue alone, so they survive proofs, reposts and
//! most re-organisations: an input that comes back the same is not executed again.

use super::Queue;
use super::derivation::Records;
use crate::step::State;
use market::{Address, Hash};
use std::collections::BTreeMap;

/// Which versions of the transition this program computes.
#[derive(Clone, Debug, Default)]
pub struct Versions {
    known: BTreeMap<u32, bool>,
    announced: BTreeMap<u32, Address>,
}

impl Versions {
    /// Those with these numbers.
    #[must_use]
    pub fn only(known: impl IntoIterator<Item = u32>) -> Self {
        let known = known.into_iter().map(|version| (version, true)).collect();
        Self { known, announced: BTreeMap::new() }
    }

    /// Whether a version is computed here.
    #[must_use]
    pub fn knows(&self, version: u32) -> bool {
        self.known.get(&version).copied().unwrap_or(false)
    }

    /// Announced versions of which nobody has said whether they are known.
    pub fn open(&self) -> impl Iterator<Item = (u32, Address)> + '_ {
        let open = self.announced.iter().filter(|(version, _)| !self.known.contains_key(version));
        open.map(|(version, transition)| (*version, *transition))
    }

    /// Says whether a version is computed here.
    pub fn decide(&mut self, version: u32, known: bool) {
        self.known.insert(version, known);
    }

    pub(super) fn announce(&mut self, version: u32, transition: Address) {
        // Another contract under the same number, after a re-organisation, has to be looked at again.
        if self.announced.insert(version, transition).is_some_and(|before| before != transition) {
            self.known.remove(&version);
        }
    }

    pub(super) fn forget_announcements(&mut self) {
        let announced = std::mem::take(&mut self.announced);
        self.known.retain(|version, _| !announced.contains_key(version));
    }
}

/// What follows from one input.
#[derive(Clone, Debug)]
pub struct Judgement {
    /// The roots after its segments.
    pub roots: Vec<Hash>,
    /// Items of the queue consumed before each of them, and after the last.
    pub queue: Vec<u64>,
}

#[derive(Clone, Debug)]
pub(super) struct Truth {
    genesis: State,
    known: Vec<Known>,
}

#[derive(Clone, Debug)]
struct Known {
    records: Hash,
    time: u64,
    /// Of the queue as far as it was consumed; covers all items before.
    queue: Hash,
    judgement: Judgement,
    /// After the input; dropped once the batch is final.
    after: Option<State>,
}

impl Truth {
    pub(super) fn new(genesis: State) -> Self {
        Self { genesis, known: Vec::new() }
    }

    /// What follows from input `number` (from 1), whose predecessors were asked about before; `None` where it
    /// consumes items that the queue does not have.
    pub(super) fn of(&mut self, number: u64, records: &Records, queue: &Queue) -> Option<&Judgement> {
        let place = number as usize - 1;
        let fits = self.known.get(place).is_some_and(|known| {
            let consumed = known.judgement.queue.last().copied().unwrap_or(0);
            (known.records, known.time) == (records.hash, records.time)
                && queue.hash(consumed) == Some(known.queue)
        });
        if !fits {
            self.known.truncate(place);
            let known = execute(self.before(number), records, queue)?;
            self.known.push(known);
        }
        Some(&self.known[place].judgement)
    }
}
