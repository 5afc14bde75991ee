//! Clearing by orders: is the claimed price an equilibrium, and is it the one the rule names?
//!
//! Two passes over the book in order of arrival, bids then offers, see it from the claimed price p: the energy of the
//! better orders and of those at p on each side, and the nearest limits. Then the volume is min(B + b, S + s), which
//! must leave no better order out, and [lo, hi] are the equilibrium prices: `market::rule::Cut`. On the way every
//! position notes what it has at p, so that filling can share the margin without sorting.

use super::leaf::{Delivery, Market, Order, Position, rule, stage};
use super::place::Place;
use super::store::{Store, get, put};
use super::word::packed;
use super::{Done, work};
use market::{Rejection, Side};

packed! {
    /// What a clearing knows.
    pub(super) Auction = 4 {
        [
            /// The next order's place of arrival.
            cursor: u32 = 4,
            /// The price that proves the allocation, n€/Wh.
            equilibrium: i32 = 4,
            /// The price paid, n€/Wh.
            price: i32 = 4,
            /// [`flag`].
            flags: u8 = 1,
            /// The nearest limit better than the price on each side, and the nearest worse, n€/Wh.
            better_bid: i32 = 4,
            /// As said.
            worse_bid: i32 = 4,
            /// As said.
            better_offer: i32 = 4,
            /// As said.
            worse_offer: i32 = 4,
        ]
        [
            /// Energy of the bids better than the price, Wh.
            bids_better: u64 = 8,
            /// Energy of the bids at the price, Wh.
            bids_at: u64 = 8,
            /// Energy of the offers better than the price, Wh.
            offers_better: u64 = 8,
            /// Energy of the offers at the price, Wh.
            offers_at: u64 = 8,
        ]
        [
            /// Filling: energy of the accounts met at the price so far, Wh.
            running: u64 = 8,
        ]
        []
    }
}

/// What a clearing knows, yes or no.
pub(super) mod flag {
    /// There is a bid better than the price.
    pub(in crate::step) const BETTER_BID: u8 = 1;
    /// There is a bid worse than it.
    pub(in crate::step) const WORSE_BID: u8 = 2;
    /// There is an offer better than it.
    pub(in crate::step) const BETTER_OFFER: u8 = 4;
    /// There is an offer worse than it.
    pub(in crate::step) const WORSE_OFFER: u8 = 8;
    /// The claim is that nothing is traded: the best bid and the best offer are kept as the better ones.
    pub(in crate::step) const NOTHING: u8 = 16;
    /// The gate was closed when the claim came, so that whatever is unfilled lapses.
    pub(in crate::step) const LAST: u8 = 32;
}

/// Which claim.
#[derive(Clone, Copy)]
pub(super) enum Claim {
    Nothing,
    At { equilibrium: i32, price: i32 },
}

/// A claim comes in.
pub(super) fn clear(store: &mut impl Store, slot: u8, claim: Claim) -> Done {
    let mut delivery = super::delivery::delivery(store, slot, Rejection::NotFrozen)?;
    let market: Market = get(store, Place::market(delivery.carrier))?;
    if !market.takes_orders() {
        return Err(Rejection::WrongClaim.into());
    }
    if delivery.stage != stage::FROZEN {
        return Err(Rejection::NotFrozen.into());
    }
    if delivery.round == u16::MAX {
        return Err(Rejection::TooMany.into());
    }
    let head = *store.head();
    let mut auction = Auction::default();
    match claim {
        Claim::Nothing => auction.flags = flag::NOTHING,
        Claim::At { equilibrium, price } => (auction.equilibrium, auction.price) = (equilibrium, price),
    }
    if head.time >= head.gate(&delivery) {
        auction.flags |= flag::LAST;
    }
    delivery.round += 1;
    delivery.stage = stage::SCAN_BIDS;
    delivery.set_work(&auction);
    work::begin(store, slot, &delivery)
}

/// The side that is looked at.
pub(super) const fn side(stage: u8) -> Side {
    match stage {
        stage::SCAN_BIDS | stage::FILL_BIDS => Side::Buy,
        _ => Side::Sell,
    }
}

/// How much better an order's limit is than a price, n€/Wh.
pub(super) const fn gain(side: Side, limit: i32, price: i32) -> i64 {
    let more = limit as i64 - price as i64;
    match side {
        Side::Buy => more,
        Side::Sell => -more,
    }
}

/// Looks at the next order.
pub(super) fn scan(store: &mut impl Store, slot: u8, delivery: &mut Delivery) -> Done {
    let mut auction: Auction = delivery.work();
    let side = side(delivery.stage);
    let order: Order = get(store, Place::order(slot, side, auction.cursor))?;
    auction.cursor += 1;
    if order.account != 0 {
        if auction.flags & flag::NOTHING != 0 {
            auction.note_best(side, order.limit);
        } else if auction.see(side, &order) {
            let mut position: Position = get(store, Place::position(slot, order.rank))?;
            position.note_margin(delivery.round, side, order.energy);
            put(store, Place::position(slot, order.rank), &position)?;
        }
    }
    delivery.set_work(&auction);
    Ok(())
}

/// Goes on from bids to offers, and from there to the outcome.
pub(super) fn turn(delivery: &mut Delivery, market: &Market) -> Option<Rejection> {
    let mut auction: Auction = delivery.work();
    if auction.cursor < delivery.arrivals(side(delivery.stage)) {
        return None;
    }
    auction.cursor = 0;
    if delivery.stage == stage::SCAN_BIDS {
        delivery.stage = stage::SCAN_OFFERS;
        delivery.set_work(&auction);
        return None;
    }
    match auction.decide(market) {
        Ok(()) => {
            delivery.stage = stage::FILL_BIDS;
            delivery.set_work(&auction);
            None
        }
        Err(refusal) => {
            delivery.rest(stage::FROZEN);
            Some(refusal)
        }
    }
}

impl Auction {
    /// Energy traded, Wh.
    pub(super) fn volume(&self) -> u64 {
        (self.bids_better + self.bids_at).min(self.offers_better + self.offers_at)
    }

    /// Energy of a side's orders at the price, and how much of it is traded, Wh.
    pub(super) fn margin(&self, side: Side) -> (u64, u64) {
        match side {
            Side::Buy => (self.bids_at, self.volume() - self.bids_better),
            Side::Sell => (self.offers_at, self.volume() - self.offers_better),
        }
    }

    fn note_best(&mut self, side: Side, limit: i32) {
        let (best, found) = match side {
            Side::Buy => (&mut self.better_bid, flag::BETTER_BID),
            Side::Sell => (&mut self.better_offer, flag::BETTER_OFFER),
        };
        if self.flags & found == 0 || gain(side, limit, *best) > 0 {
            *best = limit;
        }
        self.flags |= found;
    }

    /// Takes an order into account; whether it is at the price.
    fn see(&mut self, side: Side, order: &Order) -> bool {
        let gain_here = gain(side, order.limit, self.equilibrium);
        let (better, at) = match side {
            Side::Buy => (&mut self.bids_better, &mut self.bids_at),
            Side::Sell => (&mut self.offers_better, &mut self.offers_at),
        };
        if gain_here == 0 {
            *at += order.energy;
            return true;
        }
        if gain_here > 0 {
            *better += order.energy;
        }
        let (nearest, found) = match (side, gain_here > 0) {
            (Side::Buy, true) => (&mut self.better_bid, flag::BETTER_BID),
            (Side::Buy, false) => (&mut self.worse_bid, flag::WORSE_BID),
            (Side::Sell, true) => (&mut self.better_offer, flag::BETTER_OFFER),
            (Side::Sell, false) => (&mut self.worse_offer, flag::WORSE_OFFER),
        };
        let before = gain(side, *nearest, self.equilibrium).abs();
        if self.flags & found == 0 || gain_here.abs() < before {
            *nearest = order.limit;
        }
        self.flags |= found;
        false
    }

    /// Whether the claim is right: `market::rule::Cut` and the rules' own conditions.
    fn decide(&self, market: &Market) -> Result<(), Rejection> {
        let found = |limit: i32, flag: u8| (self.flags & flag != 0).then_some(limit);
        let better_bid = found(self.better_bid, flag::BETTER_BID);
        let better_offer = found(self.better_offer, flag::BETTER_OFFER);
        if self.flags & flag::NOTHING != 0 {
            let crosses = better_bid.zip(better_offer).is_some_and(|(bid, offer)| bid >= offer);
            return if crosses { Err(Rejection::TradeLeft) } else { Ok(()) };
        }
        let volume = self.volume();
        if volume < self.bids_better || volume < self.offers_better || volume == 0 {
            return Err(Rejection::NotEquilibrium);
        }
        let at = Some(self.equilibrium);
        let last_offer = if volume > self.offers_better { at } else { better_offer };
        let last_bid = if volume > self.bids_better { at } else { better_bid };
        let left_bid = volume < self.bids_better + self.bids_at;
        let left_offer = volume < self.offers_better + self.offers_at;
        let next_bid = if left_bid { at } else { found(self.worse_bid, flag::WORSE_BID) };
        let next_offer = if left_offer { at } else { found(self.worse_offer, flag::WORSE_OFFER) };
        // Something is traded, so both sides have a last order.
        let (last_offer, last_bid) =
            (last_offer.unwrap_or(self.equilibrium), last_bid.unwrap_or(self.equilibrium));
        let lo = next_bid.map_or(last_offer, |next| next.max(last_offer));
        let hi = next_offer.map_or(last_bid, |next| next.min(last_bid));
        let (equilibrium, price, otherwise) = match market.rule {
            rule::EQUILIBRIUM => {
                let price = market.between(lo, hi);
                (price, price, Rejection::WrongPrice)
            }
            rule::LAST_PAIR => (lo, market.between(last_offer, last_bid), Rejection::NotEquilibrium),
            _ => (lo, 0, Rejection::NotEquilibrium), // pay as bid
        };
        if self.equilibrium != equilibrium {
            return Err(otherwise);
        }
        if self.price == price { Ok(()) } else { Err(Rejection::WrongPrice) }
    }
}

impl Position {
    /// Notes energy at the price; what an earlier clearing left is forgotten.
    fn note_margin(&mut self, round: u16, side: Side, energy: u64) {
        if self.margin_round != round || self.margin_side != side as u8 {
            (self.margin_round, self.margin_side) = (round, side as u8);
            (self.margin_weight, self.margin_start, self.margin_used) = (0, 0, 0);
        }
        self.margin_weight += energy;
    }
}
