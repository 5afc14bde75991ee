//! Pay as bid: the filled orders of both sides, best first, laid side by side; wherever both go on, a pair trades.
//!
//! `merit` records name the next order of whichever side has run out, a bid where both have. Each is checked to be the
//! next in merit order: limits get no better; at one limit accounts come in the order of their first arrival there, none
//! twice, and each one's orders by arrival. At a price that is shared, accounts whose first orders got nothing keep
//! their place, so there the order is that of the starts which filling noted. An order is listed once, since its fill
//! is taken off; all are listed once the whole volume is paired.

use super::auction::{Auction, gain};
use super::leaf::{Delivery, Market, Order, Position, stage};
use super::place::{MOST_ARRIVALS, Place};
use super::store::{Store, get, put};
use super::word::packed;
use super::{Done, work};
use market::{Rejection, Side};

packed! {
    /// What pairing knows; one word per side says where it stands.
    pub(super) Pairing = 4 {
        [
            /// The equilibrium price, n€/Wh.
            equilibrium: i32 = 4,
            /// Bit s: the orders of side s at that price share.
            shared: u8 = 1,
            /// Energy not paired yet, Wh.
            unpaired: u64 = 8,
        ]
        [
            /// Limit of the bid at hand, n€/Wh.
            bid_limit: i32 = 4,
            /// How many prices bids have had so far.
            bid_run: u32 = 4,
            /// Where the account at hand stands among those of its price.
            bid_key: u64 = 8,
            /// Its rank.
            bid_rank: u32 = 4,
            /// The order's place of arrival.
            bid_arrival: u32 = 4,
            /// What is left of its fill, Wh.
            bid_left: u64 = 8,
        ]
        [
            /// The same of the offer at hand.
            offer_limit: i32 = 4,
            /// As said.
            offer_run: u32 = 4,
            /// As said.
            offer_key: u64 = 8,
            /// As said.
            offer_rank: u32 = 4,
            /// As said.
            offer_arrival: u32 = 4,
            /// As said.
            offer_left: u64 = 8,
        ]
        []
    }
}

/// Where one side stands.
#[derive(Clone, Copy)]
struct Rung {
    limit: i32,
    run: u32,
    key: u64,
    rank: u32,
    arrival: u32,
    left: u64,
}

impl Pairing {
    /// After filling.
    pub(super) fn of(auction: &Auction) -> Self {
        let shares = |side: Side| {
            let (at, share) = auction.margin(side);
            u8::from(share != at) << side as u8
        };
        Self {
            equilibrium: auction.equilibrium,
            shared: shares(Side::Buy) | shares(Side::Sell),
            unpaired: auction.volume(),
            ..Self::default()
        }
    }

    const fn rung(&self, side: Side) -> Rung {
        match side {
            Side::Buy => Rung {
                limit: self.bid_limit,
                run: self.bid_run,
                key: self.bid_key,
                rank: self.bid_rank,
                arrival: self.bid_arrival,
                left: self.bid_left,
            },
            Side::Sell => Rung {
                limit: self.offer_limit,
                run: self.offer_run,
                key: self.offer_key,
                rank: self.offer_rank,
                arrival: self.offer_arrival,
                left: self.offer_left,
            },
        }
    }

    const fn set_rung(&mut self, side: Side, rung: Rung) {
        let Rung { limit, run, key, rank, arrival, left } = rung;
        match side {
            Side::Buy => {
                (self.bid_limit, self.bid_run, self.bid_key) = (limit, run, key);
                (self.bid_rank, self.bid_arrival, self.bid_left) = (rank, arrival, left);
            }
            Side::Sell => {
                (self.offer_limit, self.offer_run, self.offer_key) = (limit, run, key);
                (self.offer_rank, self.offer_arrival, self.offer_left) = (rank, arrival, left);
            }
        }
    }
}

/// Takes the next filled orders, three bytes each, as far as they are right.
///
/// Its refusal leaves what came before the wrong order.
pub(super) fn merit(store: &mut impl Store, arrivals: &[u8]) -> Done<Option<Rejection>> {
    let slot = work::slot(store)?;
    let mut delivery: Delivery = get(store, Place::delivery(slot))?;
    if delivery.stage != stage::PAIR {
        return Err(Rejection::WrongClaim.into());
    }
    let market: Market = get(store, Place::market(delivery.carrier))?;
    let mut refused = None;
    for arrival in arrivals.chunks_exact(3) {
        let arrival = arrival.iter().fold(0, |number, byte| number << 8 | u32::from(*byte));
        refused = list(store, slot, &mut delivery, &market, arrival)?;
        if refused.is_some() {
            break;
        }
        turn(&mut delivery);
        if delivery.stage != stage::PAIR {
            break;
        }
    }
    work::finish(store, slot, &delivery)?;
    Ok(refused)
}

/// It is over once everything is paired.
pub(super) fn turn(delivery: &mut Delivery) -> Option<Rejection> {
    if delivery.work::<Pairing>().unpaired == 0 {
        delivery.rest(stage::OPEN);
    }
    None
}

/// Lists the next order of the side that has run out.
fn list(
    store: &mut impl Store,
    slot: u8,
    delivery: &mut Delivery,
    market: &Market,
    arrival: u32,
) -> Done<Option<Rejection>> {
    let mut pairing: Pairing = delivery.work();
    let side = if pairing.bid_left == 0 { Side::Buy } else { Side::Sell };
    if arrival >= MOST_ARRIVALS {
        return Ok(Some(Rejection::MeritOrder));
    }
    let mut order: Order = get(store, Place::order(slot, side, arrival))?;
    if order.fill == 0 {
        return Ok(Some(Rejection::MeritOrder));
    }
    let mut position: Position = get(store, Place::position(slot, order.rank))?;
    let last = pairing.rung(side);
    let Some((run, key)) = pairing.follows(side, last, (arrival, &order), delivery.round, &position) else {
        return Ok(Some(Rejection::MeritOrder));
    };
    position.run = tag(delivery.round, run);
    put(store, Place::position(slot, order.rank), &position)?;
    let Order { limit, rank, fill, .. } = order;
    pairing.set_rung(side, Rung { limit, run, key, rank, arrival, left: fill });
    order.fill = 0;
    if order.energy == 0 {
        order = Order::default();
    }
    put(store, Place::order(slot, side, arrival), &order)?;
    if pairing.bid_left > 0 && pairing.offer_left > 0 {
        pair(store, slot, market, &mut pairing)?;
    }
    delivery.set_work(&pairing);
    Ok(None)
}

/// Which clearing and price a position was listed at last.
const fn tag(round: u16, run: u32) -> u64 {
    (round as u64) << 24 | run as u64
}

impl Pairing {
    /// Whether an order may be the next of its side: then the number of its price, and where its account stands there.
    fn follows(
        &self,
        side: Side,
        last: Rung,
        (arrival, order): (u32, &Order),
        round: u16,
        position: &Position,
    ) -> Option<(u32, u64)> {
        let is_shared = self.shared >> side as u8 & 1 == 1 && order.limit == self.equilibrium;
        let key = if is_shared { position.margin_start } else { u64::from(arrival) };
        let better = gain(side, order.limit, last.limit);
        if last.run == 0 || better < 0 {
            return Some((last.run + 1, key));
        }
        if better > 0 {
            return None;
        }
        if order.rank == last.rank {
            return (arrival > last.arrival).then_some((last.run, last.key));
        }
        let is_new = key > last.key && position.run != tag(round, last.run);
        is_new.then_some((last.run, key))
    }
}

/// The bid and the offer at hand trade as much as both go on.
fn pair(store: &mut impl Store, slot: u8, market: &Market, pairing: &mut Pairing) -> Done {
    let energy = pairing.bid_left.min(pairing.offer_left);
    let price = market.between(pairing.offer_limit, pairing.bid_limit);
    let money = energy as i64 * i64::from(price);
    let place = Place::position(slot, pairing.bid_rank);
    let mut buyer: Position = get(store, place)?;
    buyer.paid += money;
    put(store, place, &buyer)?;
    let place = Place::position(slot, pairing.offer_rank);
    let mut seller: Position = get(store, place)?;
    seller.received += money;
    put(store, place, &seller)?;
    pairing.bid_left -= energy;
    pairing.offer_left -= energy;
    pairing.unpaired -= energy;
    Ok(())
}
