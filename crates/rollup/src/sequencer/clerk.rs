//! Carries records out as they come, and writes them down in segments.

use super::Cut;
use super::segmenter::{Bookmark, Segmenter};
use crate::modes::Mode;
use crate::step::{Context, Mark, Place, Record, State, Store, execute, leaf};
use crate::translate::Translator;
use market::{Envelope, Rejection};

/// No tick lies after it: when a batch will be posted is not known while its records are made.
const SOME_DAY: u64 = (1 << 40) - 1;

/// What an item of `advance` or `merit` weighs.
const WEIGHS: u32 = 3;

/// The state of the secondary chain, and the records that led to it since they were taken last.
#[derive(Clone, Debug)]
pub struct Clerk {
    state: State,
    segmenter: Segmenter,
}

/// A moment to go back to.
#[derive(Clone, Copy, Debug)]
pub struct Moment {
    mark: Mark,
    segments: Bookmark,
}

impl Clerk {
    /// Begins at a state, for a chain of this mode; the first segments have these lengths, as the primary chain has them
    /// already.
    #[must_use]
    pub fn new(mode: Mode, mut state: State, told: impl IntoIterator<Item = usize>) -> Self {
        state.forget();
        Self { state, segmenter: Segmenter::following(mode.longest(), told) }
    }

    /// The state.
    #[must_use]
    pub const fn state(&self) -> &State {
        &self.state
    }

    /// Now.
    #[must_use]
    pub fn now(&self) -> Moment {
        Moment { mark: self.state.mark(), segments: self.segmenter.now() }
    }

    /// Takes back everything since.
    pub fn go_back(&mut self, moment: Moment) {
        self.state.undo(moment.mark);
        self.segmenter.go_back(moment.segments);
    }

    /// Nothing before now is taken back any more.
    pub fn settle(&mut self) {
        self.state.forget();
    }

    /// Carries one record out. `items`: those of the queue that it consumes, one after the other.
    ///
    /// # Errors
    /// The record's refusal; it is not written down then, but may have changed the state ([`Clerk::go_back`]).
    pub fn carry_out(&mut self, record: &[u8], items: &[u8]) -> Result<Vec<Option<Rejection>>, Rejection> {
        let signed = self.state.head().is_signed();
        let weight = match Record::decode(record, signed) {
            Some((decoded, [])) => decoded.weight(),
            _ => return Err(Rejection::Malformed),
        };
        if self.segmenter.is_full_for(weight, record.len()) {
            self.cut();
        }
        let context = Context { posted_at: SOME_DAY, available: u64::MAX, ..Context::default() };
        let report = execute(&mut self.state, &context, record, items).map_err(|_| Rejection::Malformed)?;
        if report.void {
            return Err(Rejection::TooMany);
        }
        if let Some(refusal) = report.outcomes.into_iter().flatten().next() {
            return Err(refusal);
        }
        self.segmenter.add(record, weight);
        if self.segmenter.is_told_to_end() {
            self.cut();
        }
        Ok(report.items)
    }

    /// Carries on what a record has begun, in portions that fill the segments. `merit`: under pay as bid the places of
    /// arrival of the orders that are filled, in the order in which they are listed: bids, then offers.
    ///
    /// # Errors
    /// Where the claim turns out wrong.
    pub fn work(&mut self, merit: &[u32]) -> Result<(), Rejection> {
        let mut merit = merit;
        loop {
            let slot = match self.state.head().work {
                0 => return Ok(()),
                slot => (slot - 1) as u8,
            };
            if self.segmenter.room().0 < WEIGHS {
                self.cut();
            }
            let portion = (self.segmenter.room().0 / WEIGHS) as usize;
            let stage = self.state.peek::<leaf::Delivery>(Place::delivery(slot)).stage;
            // These stages wait for the list; any other goes on by itself.
            let record = if matches!(stage, leaf::stage::LIST_BIDS | leaf::stage::LIST_OFFERS) {
                let (listed, rest) = merit.split_at(portion.min(merit.len()));
                merit = rest;
                if listed.is_empty() {
                    return Err(Rejection::MeritOrder);
                }
                let arrivals: Vec<u8> =
                    listed.iter().flat_map(|arrival| arrival.to_be_bytes()[1..].to_vec()).collect();
                Record::Merit { arrivals: &arrivals }.to_bytes()
            } else {
                Record::Advance { items: portion as u16 }.to_bytes()
            };
            self.carry_out(&record, &[])?;
        }
    }

    /// Carries a command of the market out as records; where it is refused, some may have been ([`Clerk::go_back`]).
    ///
    /// # Errors
    /// As [`Translator::records`], [`Clerk::carry_out`] and [`Clerk::work`].
    pub fn command(
        &mut self,
        translator: &mut Translator,
        market: &market::State,
        envelope: &Envelope,
    ) -> Result<(), Rejection> {
        let records = translator.records(market, &self.state, envelope)?;
        // How work is portioned is decided here, where it is known what fits into a segment.
        let signed = self.state.head().is_signed();
        let decoded = || records.iter().map(|bytes| (bytes, Record::decode(bytes, signed)));
        let arrivals = decoded().filter_map(|(_, record)| match record {
            Some((Record::Merit { arrivals }, _)) => Some(arrivals),
            _ => None,
        });
        let arrivals = arrivals.flat_map(|arrivals| arrivals.chunks_exact(3));
        let merit: Vec<u32> = arrivals
            .map(|bytes| bytes.iter().fold(0, |arrival, byte| arrival << 8 | u32::from(*byte)))
            .collect();
        for (bytes, record) in decoded() {
            if matches!(record, Some((Record::Merit { .. } | Record::Advance { .. }, _))) {
                continue;
            }
            self.carry_out(bytes, &[])?;
            self.work(&merit)?;
        }
        Ok(())
    }

    /// Ends the open segment here.
    pub fn cut(&mut self) {
        if !self.segmenter.is_empty() {
            let tree = self.state.tree().root();
            self.segmenter.end(*self.state.head(), tree);
        }
    }

    /// Whether no record waits for its segment's end.
    #[must_use]
    pub fn is_between(&self) -> bool {
        self.segmenter.is_empty()
    }

    /// The complete segments, once.
    pub fn take(&mut self) -> Vec<Cut> {
        self.segmenter.take()
    }
}
