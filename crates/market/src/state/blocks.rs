//! Blocks: orders with a part in each of several consecutive books, which trade together or not at all.

use super::State;
use crate::rule::{Clearing, blocks};
use crate::{
    Book, Carrier, Claim, DeliveryInterval, Details, Fraction, Market, Rejection, Side, Sink, TimeInForce,
};
use alloc::collections::BTreeSet;
use alloc::vec::Vec;

/// Which block a part belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Block {
    side: Side,
    first: DeliveryInterval,
    further: u16,
    /// Its place of arrival in the book of its first interval.
    arrival: u32,
}

impl Block {
    /// The block of the part that lies in this interval's book.
    pub(super) fn of(part: &Details, side: Side, interval: DeliveryInterval) -> Self {
        let since = u64::from(part.part) * u64::from(interval.duration);
        let first = DeliveryInterval { start: interval.start.saturating_sub(since), ..interval };
        Self { side, first, further: part.attributes.further, arrival: part.block }
    }

    pub(super) fn intervals(self) -> impl Iterator<Item = DeliveryInterval> {
        (0..=u64::from(self.further)).map(move |part| self.first.later(part))
    }
}

impl State {
    /// Clears the books of consecutive intervals together: all that are frozen in a row, from the first of them on.
    pub(super) fn clear_blocks(
        &mut self,
        k: Fraction,
        market: &Market,
        first: DeliveryInterval,
        claim: &Claim,
        sink: &mut impl Sink,
    ) -> Result<(), Rejection> {
        let carrier = market.carrier;
        let Claim::Blocks { intervals, refused } = claim else { return Err(Rejection::WrongClaim) };
        let earlier = first.start.checked_sub(first.duration.into());
        let goes_on =
            earlier.is_some_and(|start| self.is_frozen(carrier, DeliveryInterval { start, ..first }));
        let row: Vec<DeliveryInterval> =
            (0..).map(|step| first.later(step)).take_while(|at| self.is_frozen(carrier, *at)).collect();
        if goes_on || row.len() != intervals.len() {
            return Err(Rejection::WrongStage);
        }
        let mut outs = core::mem::take(&mut self.scratch.clearings);
        outs.resize_with(row.len().max(outs.len()), Clearing::default);
        let books: Vec<&Book> = row
            .iter()
            .filter_map(|at| self.deliveries.get(&(at.start, carrier)).map(|it| &it.book))
            .collect();
        let checked = blocks::check(k, &books, (intervals, refused), (market.floor, market.cap), &mut outs);
        let done = checked.and_then(|()| {
            let lapsing = self.lapsing_blocks(carrier, &row);
            for (interval, clearing) in row.iter().zip(&outs) {
                self.conclude(carrier, *interval, clearing, sink)?;
            }
            lapsing.iter().try_for_each(|block| self.end_block(carrier, block, |at| !row.contains(&at), sink))
        });
        self.scratch.clearings = outs;
        done
    }

    /// The blocks with a part in these books and one beyond that lapse at their clearing: all their parts do.
    fn lapsing_blocks(&self, carrier: Carrier, row: &[DeliveryInterval]) -> BTreeSet<Block> {
        let mut lapsing = BTreeSet::new();
        for interval in row {
            let Some(delivery) = self.deliveries.get(&(interval.start, carrier)) else { continue };
            for side in Side::ALL {
                for (index, order) in delivery.orders(side).iter().enumerate() {
                    let part = delivery.book.details(side, index);
                    if part.attributes.further == 0 {
                        continue;
                    }
                    let block = Block::of(&part, side, *interval);
                    let lapses = order.time_in_force == TimeInForce::NextClearing
                        || self.now >= self.gate(block.first);
                    if lapses && !block.intervals().all(|at| row.contains(&at)) {
                        lapsing.insert(block);
                    }
                }
            }
        }
        lapsing
    }

    /// The parts of a block in these intervals leave their books.
    pub(super) fn end_block(
        &mut self,
        carrier: Carrier,
        block: &Block,
        there: impl Fn(DeliveryInterval) -> bool,
        sink: &mut impl Sink,
    ) -> Result<(), Rejection> {
        for (part, interval) in (0..=block.further).zip(block.intervals()) {
            let delivery = self.deliveries.get(&(interval.start, carrier)).filter(|_| there(interval));
            let parts = delivery.and_then(|delivery| delivery.book.details.get(block.side as usize));
            let own = |kept: &Details| {
                kept.attributes.further > 0 && (kept.block, kept.part) == (block.arrival, part)
            };
            if let Some(index) = parts.and_then(|parts| parts.iter().position(own)) {
                self.end_order(carrier, interval, block.side, index, sink)?;
            }
        }
        Ok(())
    }
}
