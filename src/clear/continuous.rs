//! A book that is always open: whoever arrives trades at once, so whom an account's own orders still keep out
//! depends on what has been traded before.

use super::entry::Round;
use super::outcome::timed;
use market::rule::{Clearing, OpenBook, Trade};
use market::{Book, BookOrder, Energy, Price, Side, TimeInForce};
use std::collections::BTreeSet;

/// The open book while orders enter.
#[derive(Debug, Default)]
pub(super) struct Open {
    book: OpenBook,
    trades: Vec<Trade>,
    /// Per side and place of arrival, what rests, Wh.
    waiting: [Vec<Energy>; 2],
    /// Per account and side, what rests: limit and place of arrival.
    own: Vec<[BTreeSet<(Price, u32)>; 2]>,
}

impl Open {
    /// The last `steps` orders of a side arrive, one after the other.
    pub(super) fn arrive(&mut self, round: &mut Round, side: Side, steps: usize) {
        let orders = round.book.orders(side).len();
        for position in orders - steps..orders {
            let order = round.book.orders(side)[position];
            self.trades.clear();
            let left = self.book.arrive(side, &order, &mut self.trades);
            let waits = if rests(&order) { left } else { Energy::ZERO };
            self.waiting[side as usize].push(waits);
            if !waits.is_zero() {
                self.own(&order)[side as usize].insert((order.limit, order.arrival));
            }
            self.forget(round, &order);
            for trade in std::mem::take(&mut self.trades) {
                let (across, met) = match side {
                    Side::Buy => (Side::Sell, trade.offer),
                    Side::Sell => (Side::Buy, trade.bid),
                };
                let rest = &mut self.waiting[across as usize][met as usize];
                *rest -= trade.energy;
                if rest.is_zero() {
                    let met = round.book.orders(across)[met as usize];
                    self.own(&met)[across as usize].remove(&(met.limit, met.arrival));
                    self.forget(round, &met);
                }
            }
        }
    }

    fn own(&mut self, order: &BookOrder) -> &mut [BTreeSet<(Price, u32)>; 2] {
        let index = order.meter.0 as usize;
        if index >= self.own.len() {
            self.own.resize_with(index + 1, Default::default);
        }
        &mut self.own[index]
    }

    /// Only what rests keeps an account's later orders out.
    fn forget(&mut self, round: &mut Round, order: &BookOrder) {
        let [bids, offers] = self.own(order);
        let limit = |order: Option<&(Price, u32)>| order.map(|(limit, _)| *limit);
        let extremes = (limit(bids.last()), limit(offers.first()));
        round.note_anew(order.meter.0, extremes);
    }
}

/// Whether what an order cannot trade at once waits in the book.
const fn rests(order: &BookOrder) -> bool {
    matches!(order.time_in_force, TimeInForce::NextClearing | TimeInForce::GateClosure)
}

/// The accepted orders once more, one by one in their order of arrival: what they trade, what is left in the book,
/// and how long the matching took, ns.
pub(super) fn replay(round: &Round) -> (u64, Clearing, Book) {
    let arrivals = round.arrivals();
    let mut open = OpenBook::default();
    let mut clearing = Clearing::default();
    let (clear_ns, ()) = timed(|| {
        for (side, position) in &arrivals {
            open.arrive(*side, &round.book.orders(*side)[*position], &mut clearing.trades);
        }
    });
    let Book { bids, offers, .. } = &round.book;
    clearing.bid_fills.resize(bids.len(), Energy::ZERO);
    clearing.offer_fills.resize(offers.len(), Energy::ZERO);
    for Trade { bid, offer, energy, .. } in &clearing.trades {
        let [bid, offer] = [*bid as usize, *offer as usize];
        clearing.bid_fills[bid] += *energy;
        clearing.offer_fills[offer] += *energy;
        clearing.volume += *energy;
        clearing.welfare += *energy * (bids[bid].limit - offers[offer].limit);
    }
    let left = |orders: &[BookOrder], fills: &[Energy]| -> Vec<BookOrder> {
        let left = orders.iter().zip(fills).filter(|(order, _)| rests(order));
        let left = left.map(|(order, fill)| BookOrder { energy: order.energy - *fill, ..*order });
        left.filter(|order| !order.energy.is_zero()).collect()
    };
    let rest = Book {
        bids: left(bids, &clearing.bid_fills),
        offers: left(offers, &clearing.offer_fills),
        ..Book::default()
    };
    (clear_ns, clearing, rest)
}
