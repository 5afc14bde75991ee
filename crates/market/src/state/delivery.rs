//! One carrier in one delivery interval, from its first order to its settlement.

use super::archive::Kept;
use super::coupled::{Leg, Offers};
use super::distances::Map;
use super::trading::reach;
use crate::rule::{Allocation, OpenBook};
use crate::{AccountId, Book, BookOrder, Details, Energy, Hash, MeterId, Money, Price, Side};
use alloc::vec::Vec;

/// What a metering point has offered and traded for the interval. One cache line.
///
/// The registered capacity bounds its energies by [`crate::MAX_ENERGY`] and so its money by an `i64`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[repr(C, align(64))]
pub struct Position {
    /// Bought from peers, Wh.
    pub bought: Energy,
    /// Sold to peers, Wh.
    pub sold: Energy,
    /// Owed for what was bought, n€ (negative at negative prices).
    pub(crate) paid: i64,
    /// Earned for what was sold, n€.
    pub(crate) received: i64,
    /// In open orders to buy, Wh.
    pub open_buy: Energy,
    /// In open orders to sell, Wh.
    pub open_sell: Energy,
    /// Held on the account for open orders and trades, n€.
    pub(crate) hold: i64,
}

impl Position {
    /// Trades with peers alone: energy in Wh ≥ 0; money in n€, of a single metering point, so that it fits 64 bits.
    #[must_use]
    pub fn traded(bought: Energy, sold: Energy, paid: Money, received: Money) -> Self {
        Self { bought, sold, paid: paid.0 as i64, received: received.0 as i64, ..Self::default() }
    }

    /// Owed for what was bought from peers, n€ (negative at negative prices).
    #[must_use]
    pub fn paid(&self) -> Money {
        Money(self.paid.into())
    }

    /// Earned for what was sold to peers, n€ (negative at negative prices).
    #[must_use]
    pub fn received(&self) -> Money {
        Money(self.received.into())
    }
}

/// What a meter counted: energy taken and given, Wh.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Counted {
    pub import: Energy,
    pub export: Energy,
    /// Whether it stands in for a reading that is missing.
    pub estimated: bool,
}

impl Counted {
    /// Taken less given, Wh.
    pub(super) fn net(self) -> Energy {
        self.import - self.export
    }

    /// Taken where the net is positive, given where it is negative.
    pub(super) fn with_net(self, net: Energy) -> Self {
        Self { import: Energy(net.0.max(0)), export: Energy((-net.0).max(0)), ..self }
    }
}

/// The book, the positions and the readings of one carrier and interval.
#[derive(Clone, Debug, Default)]
pub struct Delivery {
    pub(super) slot: u32,
    pub(super) book: Book,
    /// Under `continuous`, the book again, as arriving orders meet it.
    pub(super) matching: OpenBook,
    /// Under `coupled`, with the first such carrier: the offers of the interval.
    pub(super) offers: Offers,
    /// Under `coupled`: what open offers may take and give here.
    pub(super) legs: Vec<Leg>,
    /// Places of arrival given so far, per side.
    pub(super) arrivals: [u32; 2],
    pub(super) frozen: bool,
    /// Clearings so far.
    pub(super) rounds: u32,
    /// Whether what was metered beyond the contracts is shared (`auction_first`).
    pub(super) shared: bool,
    /// Per place of a meter among its carrier's.
    pub(super) positions: Vec<Position>,
    /// Under an agreement, what was traded before metered energy was shared.
    pub(super) contracts: Option<Kept>,
    /// Per place, energy bought by [`crate::Distance`], Wh; empty where no tariff asks.
    pub(super) distances: Vec<[Energy; 4]>,
    pub(super) readings: Vec<Option<Counted>>,
    pub(super) readings_missing: usize,
    /// Per account, the highest limit to buy and the lowest to sell: no account trades with itself (C11).
    pub(super) extremes: Vec<Extremes>,
    /// Whether anything changed since `leaf` was computed.
    pub(super) dirty: bool,
    pub(super) leaf: Hash,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Extremes {
    pub highest_buy: Price,
    pub lowest_sell: Price,
}

impl Extremes {
    const NONE: Self = Self { highest_buy: Price(i64::MIN), lowest_sell: Price(i64::MAX) };

    const fn with(self, side: Side, limit: Price) -> Self {
        match side {
            Side::Buy if limit.0 > self.highest_buy.0 => Self { highest_buy: limit, ..self },
            Side::Sell if limit.0 < self.lowest_sell.0 => Self { lowest_sell: limit, ..self },
            _ => self,
        }
    }

    const fn crossed(self) -> bool {
        self.highest_buy.0 >= self.lowest_sell.0
    }
}

impl Delivery {
    /// The live orders.
    #[must_use]
    pub fn book(&self) -> &Book {
        &self.book
    }

    /// Whether the book waits for its clearing.
    #[must_use]
    pub const fn is_frozen(&self) -> bool {
        self.frozen
    }

    /// Clearings so far.
    #[must_use]
    pub const fn rounds(&self) -> u32 {
        self.rounds
    }

    /// The position at a meter's place among its carrier's meters.
    #[must_use]
    pub fn position(&self, place: u32) -> Option<&Position> {
        self.positions.get(place as usize)
    }

    /// Whether metered energy is shared; `orders_first` where orders are cleared before.
    pub(super) const fn has_shared(&self, orders_first: bool) -> bool {
        if orders_first { self.shared } else { self.rounds > 0 }
    }

    /// Whether orders or offers wait for a clearing before delivery.
    pub(super) const fn awaits_clearing(&self) -> bool {
        let orders = !self.book.bids.is_empty() || !self.book.offers.is_empty();
        self.frozen || orders || !self.offers.is_empty() || !self.legs.is_empty()
    }

    /// Starts afresh, keeping memory.
    pub(super) fn open(&mut self, slot: u32, meters: usize) {
        self.slot = slot;
        self.book.bids.clear();
        self.book.offers.clear();
        self.book.details.iter_mut().for_each(Vec::clear);
        self.matching.clear();
        self.offers.clear();
        self.legs.clear();
        self.arrivals = [0; 2];
        self.frozen = false;
        self.rounds = 0;
        self.shared = false;
        self.positions.clear();
        self.positions.resize(meters, Position::default());
        self.contracts = None;
        self.distances.clear();
        self.readings.clear();
        self.readings.resize(meters, None);
        self.readings_missing = meters;
        self.extremes.clear();
        self.dirty = true;
    }

    /// A meter of this carrier was connected while the interval was open.
    pub(super) fn meter_connected(&mut self) {
        self.positions.push(Position::default());
        self.readings.push(None);
        self.readings_missing += 1;
        self.dirty = true;
    }

    /// Lets every metering point trade what a rule on metered energy gives it; `map` where distances matter.
    pub(super) fn share(&mut self, allocations: &[Allocation], connected: &[MeterId], map: Option<Map<'_>>) {
        let before = map.map(|map| (map, self.traded()));
        for (position, allocation) in self.positions.iter_mut().zip(allocations) {
            position.bought += allocation.bought;
            position.sold += allocation.sold;
            position.paid += allocation.paid.0 as i64;
            position.received += allocation.received.0 as i64;
        }
        if let Some((map, before)) = before {
            self.note_flows(&before, connected, map);
        }
    }

    /// Puts a reading in force: what stood before.
    pub(super) fn count(&mut self, place: u32, counted: Counted) -> Option<Counted> {
        let before = self.readings.get_mut(place as usize)?.replace(counted);
        if before.is_none() {
            self.readings_missing = self.readings_missing.saturating_sub(1);
        }
        self.dirty = true;
        before
    }

    /// Whether the point at this place has a meter whose reading is waited for.
    pub(super) fn expect_reading(&mut self, place: u32, expected: bool) {
        if let Some(entry) = self.readings.get_mut(place as usize)
            && entry.is_none() != expected
        {
            *entry = if expected { None } else { Some(Counted::default()) };
            self.readings_missing =
                if expected { self.readings_missing + 1 } else { self.readings_missing.saturating_sub(1) };
            self.dirty = true;
        }
    }

    pub(super) fn orders(&self, side: Side) -> &[BookOrder] {
        match side {
            Side::Buy => &self.book.bids,
            Side::Sell => &self.book.offers,
        }
    }

    pub(super) fn orders_mut(&mut self, side: Side) -> &mut Vec<BookOrder> {
        match side {
            Side::Buy => &mut self.book.bids,
            Side::Sell => &mut self.book.offers,
        }
    }

    /// Takes away what the book keeps beside an order that has just left it.
    pub(super) fn take_details(&mut self, side: Side, index: usize) -> Details {
        let list = self.book.details.get_mut(side as usize).filter(|list| index < list.len());
        list.map(|list| list.remove(index)).unwrap_or_default()
    }

    /// Whether the account would trade with itself if it had this order too.
    pub(super) fn would_self_trade(&self, account: AccountId, side: Side, limit: Price) -> bool {
        let extremes = self.extremes.get(account.0 as usize).copied().unwrap_or(Extremes::NONE);
        extremes.with(side, limit).crossed()
    }

    /// Takes note of an order that entered the book.
    pub(super) fn note_limit(&mut self, account: AccountId, side: Side, limit: Price) {
        let index = account.0 as usize;
        if index >= self.extremes.len() {
            self.extremes.resize(index + 1, Extremes::NONE);
        }
        if let Some(extremes) = self.extremes.get_mut(index) {
            *extremes = extremes.with(side, limit);
        }
    }

    /// Recomputes the limits of every account after orders left the book.
    pub(super) fn forget_limits(&mut self) {
        self.extremes.clear();
        for side in Side::ALL {
            for index in 0..self.orders(side).len() {
                if let Some(order) = self.orders(side).get(index).copied() {
                    let attributes = self.book.details(side, index).attributes;
                    self.note_limit(order.account, side, reach(side, order.limit, &attributes));
                }
            }
        }
    }
}
