//! The roots that follow from the inputs, whatever anybody claims.
//!
//! They depend on the records, on when they were posted first and on the queue, and on no root. So they survive proofs,
//! reposts and most re-organisations: an input that comes back the same is not executed again.

use super::Queue;
use super::derivation::Records;
use crate::modes::{Part, Text, execute_assumed};
use crate::step::{self, Context, Mark, Record, State, Store, Witness};
use market::{Address, Hash};
use std::collections::BTreeMap;
use std::sync::Arc;

/// A copy of the state is kept every so many inputs, to go back to without going through everything.
const COPY_EVERY: u64 = 32;

/// Which versions of the transition this program computes.
#[derive(Clone, Debug, Default)]
pub struct Versions {
    known: BTreeMap<u32, bool>,
    announced: BTreeMap<u32, Address>,
}

impl Versions {
    /// Those with these numbers, whatever their contracts.
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

    /// The newest announced version, if it is not computed here: what to warn about before it becomes active.
    #[must_use]
    pub fn stranger(&self) -> Option<(u32, Address)> {
        let (version, transition) = self.announced.last_key_value()?;
        (!self.knows(*version)).then_some((*version, *transition))
    }

    /// Announced versions of which nobody has said whether they are computed here.
    #[must_use]
    pub fn open(&self) -> Vec<(u32, Address)> {
        let open = self.announced.iter().filter(|(version, _)| !self.known.contains_key(version));
        open.map(|(version, transition)| (*version, *transition)).collect()
    }

    /// Says whether a version is computed here.
    pub fn decide(&mut self, version: u32, known: bool) {
        self.known.insert(version, known);
    }

    pub(super) fn announce(&mut self, version: u32, transition: Address) {
        // Another contract under the same number has to be looked at again: announcements can be replaced.
        if self.announced.insert(version, transition).is_some_and(|before| before != transition) {
            self.known.remove(&version);
        }
    }
}

/// Why nothing follows from an input.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Stop {
    /// There is none, or the queue is not known as far as needed.
    Queue,
    /// This segment of input `number` cannot be read.
    Hidden {
        /// Of the input.
        number: u64,
        /// Of the segment.
        segment: u32,
    },
}

/// What follows from one input.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Judgement {
    /// The roots after its segments.
    pub roots: Vec<Hash>,
    /// Items of the queue consumed before each segment, and after the last.
    pub queue: Vec<u64>,
}

/// Why a segment is as it is: what the contract needs to execute it again.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Evidence {
    /// What its leaf's input is the hash of.
    pub preimage: Vec<u8>,
    /// Items of the queue consumed before it.
    pub queue: u64,
    /// Those that it consumes, one after the other.
    pub items: Vec<u8>,
    /// Head, leaves and siblings.
    pub witness: Vec<u8>,
}

/// The state after the inputs so far, and what it took to get there.
#[derive(Clone, Debug)]
pub(super) struct Truth {
    genesis_root: Hash,
    /// States after some inputs (by number; 0: the genesis), in rising order; the first is never dropped.
    copies: Vec<(u64, State)>,
    /// After the inputs that `known` is about.
    tip: State,
    known: Vec<Known>,
}

#[derive(Clone, Debug)]
struct Known {
    /// What it follows from: its records, when they were posted, how much of the queue there was, what was shown …
    input: (Hash, u64, u64, usize),
    /// … and the queue's hash as far as it was consumed; covers all items before.
    queue: Hash,
    judgement: Judgement,
    /// The tip before it, where it can be gone back to.
    before: Option<Mark>,
}

impl Truth {
    pub(super) fn new(mut genesis: State) -> Self {
        genesis.forget();
        let genesis_root = genesis.root();
        Self { genesis_root, copies: vec![(0, genesis.clone())], tip: genesis, known: Vec::new() }
    }

    pub(super) const fn genesis_root(&self) -> Hash {
        self.genesis_root
    }

    /// What follows from input `number` (from 1), or why nothing does.
    pub(super) fn of(
        &mut self,
        number: u64,
        inputs: &[Arc<Records>],
        queue: &Queue,
    ) -> Result<&Judgement, Stop> {
        let fits = |known: &Known, records: &Records| {
            let consumed = known.judgement.queue.last().copied().unwrap_or(0);
            known.input == records.identity() && queue.hash(consumed) == Some(known.queue)
        };
        let same = self.known.iter().zip(inputs).take_while(|(known, records)| fits(known, records)).count();
        if same < self.known.len() {
            self.rewind(same as u64, inputs, queue).ok_or(Stop::Queue)?;
        }
        while (self.known.len() as u64) < number {
            self.execute_next(inputs, queue)?;
        }
        let index = usize::try_from(number).ok().and_then(|number| number.checked_sub(1));
        index.and_then(|index| self.known.get(index)).map(|known| &known.judgement).ok_or(Stop::Queue)
    }

    /// The state after the first `number` inputs.
    pub(super) fn state(
        &mut self,
        number: u64,
        inputs: &[Arc<Records>],
        queue: &Queue,
    ) -> Option<&mut State> {
        let _ = self.of(number.max(1).min(inputs.len() as u64), inputs, queue); // as far as it goes
        self.rewind(number, inputs, queue)?;
        Some(&mut self.tip)
    }

    /// Executes segment `segment` of input `number` again, for a proof.
    pub(super) fn evidence(
        &mut self,
        number: u64,
        segment: usize,
        inputs: &[Arc<Records>],
        queue: &Queue,
    ) -> Option<Evidence> {
        let input = inputs.get(usize::try_from(number).ok()?.checked_sub(1)?)?;
        let (before, rest) = input.parts.split_at_checked(segment)?;
        self.state(number - 1, inputs, queue)?;
        let mark = self.tip.mark();
        let mut found = None;
        if before
            .iter()
            .all(|part| execute(&mut self.tip, input, part, queue).is_ok_and(|done| done.is_some()))
        {
            found = rest.first().and_then(|part| prove(&mut self.tip, input, part, queue));
        }
        self.tip.undo(mark);
        found
    }

    /// Drops what is needed only to go back behind batch `number`.
    pub(super) fn prune(&mut self, number: u64) {
        // The newest copy at or before that number is where anything later begins.
        let keep = self.copies.partition_point(|(at, _)| *at <= number).saturating_sub(1);
        if keep > 1 {
            self.copies.drain(1..keep);
        }
    }

    fn execute_next(&mut self, inputs: &[Arc<Records>], queue: &Queue) -> Result<(), Stop> {
        let number = self.known.len();
        let records = inputs.get(number).ok_or(Stop::Queue)?;
        let copied = self.copies.last().map_or(0, |(at, _)| *at);
        if (number as u64).is_multiple_of(COPY_EVERY) && number > 0 && copied < number as u64 {
            self.tip.forget();
            self.known.iter_mut().for_each(|known| known.before = None);
            self.copies.push((number as u64, self.tip.clone()));
        }
        let before = self.tip.mark();
        let mut judgement = Judgement { roots: Vec::new(), queue: vec![self.tip.head().queue] };
        for (segment, part) in (0..).zip(&records.parts) {
            let stop = match execute(&mut self.tip, records, part, queue) {
                Ok(Some(root)) => {
                    judgement.roots.push(root);
                    judgement.queue.push(self.tip.head().queue);
                    continue;
                }
                Ok(None) => Stop::Queue,
                Err(Unread) => Stop::Hidden { number: number as u64 + 1, segment },
            };
            self.tip.undo(before);
            return Err(stop);
        }
        self.tip.take_touched();
        let queue = queue.hash(self.tip.head().queue).ok_or(Stop::Queue)?;
        self.known.push(Known { input: records.identity(), queue, judgement, before: Some(before) });
        Ok(())
    }

    /// Makes the tip the state after the first `number` inputs, all of which are known.
    fn rewind(&mut self, number: u64, inputs: &[Arc<Records>], queue: &Queue) -> Option<()> {
        let at = usize::try_from(number).ok()?;
        if at >= self.known.len() {
            return (at == self.known.len()).then_some(());
        }
        if let Some(mark) = self.known[at].before {
            self.tip.undo(mark);
            self.known.truncate(at);
            self.copies.retain(|(copied, _)| *copied <= number);
            return Some(());
        }
        self.copies.retain(|(copied, _)| *copied <= number);
        let (copied, state) = self.copies.last()?;
        self.tip = state.clone();
        self.known.truncate(*copied as usize);
        self.known.iter_mut().for_each(|known| known.before = None);
        while self.known.len() < at {
            self.execute_next(inputs, queue).ok()?;
        }
        Some(())
    }
}

/// A segment cannot be read.
pub(super) struct Unread;

/// Executes a segment; the root after it, or `None` where the queue is not known as far as needed.
pub(super) fn execute(
    state: &mut State,
    input: &Records,
    part: &Part,
    queue: &Queue,
) -> Result<Option<Hash>, Unread> {
    let (records, assumed) = match part.text() {
        Text::Known(records) => (records, false),
        Text::Assumed(bare) => (bare, state.head().is_signed()),
        Text::Hidden => return Err(Unread),
    };
    let from = state.head().queue;
    let mark = state.mark();
    let Some(chain) = queue.hash(from) else { return Ok(None) };
    let context = Context { posted_at: input.time, available: input.available, chain };
    // How many items are consumed shows only in the end: at most as many as the records name, fewer where one of them
    // is refused or begins work. Executing with too many comes to the end too, and then says how many there were.
    let signed = state.head().is_signed() && !assumed;
    let mut count = named(&records, signed).min(input.available.saturating_sub(from));
    loop {
        let Some(items) = queue.items(from, from + count) else { return Ok(None) };
        let items = items.concat();
        let done = if assumed {
            execute_assumed(state, &context, &records, &items)
        } else {
            step::execute(state, &context, &records, &items)
        };
        if done.is_ok() {
            return Ok(Some(state.root()));
        }
        let consumed = state.head().queue - from;
        state.undo(mark);
        if consumed >= count {
            return Ok(None);
        }
        count = consumed;
    }
}

/// How many items of the queue the records name.
fn named(records: &[u8], signed: bool) -> u64 {
    let (mut rest, mut named) = (records, 0);
    while let Some((record, after)) = Record::decode(rest, signed) {
        rest = after;
        if let Record::Queue { count } = record {
            named += u64::from(count);
        }
    }
    named
}

/// Executes a segment and writes down what that took; nothing where something of it is missing.
fn prove(state: &mut State, input: &Records, part: &Part, queue: &Queue) -> Option<Evidence> {
    let preimage = part.preimage()?;
    let mark = state.mark();
    let from = state.head().queue;
    state.take_touched();
    let done = execute(state, input, part, queue);
    let to = state.head().queue;
    let touched = state.take_touched();
    state.undo(mark);
    done.ok().flatten()?;
    let witness = Witness::of(state, &touched).to_bytes();
    let items = queue.items(from, to)?.concat();
    Some(Evidence { preimage, queue: from, items, witness })
}
