//! Pay as bid: the filled orders of each side are put in merit order, bids first.
//!
//! `merit` records name them, best first. Each is checked to come after the one before: limits get no better; at one
//! limit accounts come in the order of their first arrival there, none twice, and each one's orders by arrival. Where
//! orders at the price shared, accounts whose first orders got nothing keep their place, so there the order is that of
//! the beginnings which filling noted. No order can come twice that way, so a side is through once its fills sum to the
//! volume. One that was left out can no longer be brought in; a `merit` of nothing starts the side again.

use super::auction::{Auction, gain};
use super::leaf::{Delivery, Order, Position, stage};
use super::pairing::Pairing;
use super::place::{MOST_ARRIVALS, Place};
use super::store::{Store, get, put};
use super::{Done, work};
use market::{Rejection, Side};

impl Pairing {
    /// After filling.
    pub(super) fn of(auction: &Auction) -> Self {
        let shares = |side: Side| {
            let (at, share) = auction.margin(side);
            u8::from(share != at) << side as u8
        };
        let volume = auction.volume();
        Self {
            equilibrium: auction.equilibrium,
            shared: shares(Side::Buy) | shares(Side::Sell),
            volume,
            left: volume,
            ..Self::default()
        }
    }
}

/// The side that is listed.
const fn side(stage: u8) -> Side {
    match stage {
        stage::LIST_BIDS => Side::Buy,
        _ => Side::Sell,
    }
}

/// Takes the next filled orders, three bytes each, as far as they are right; none: the side starts again.
///
/// Its refusal leaves what came before the wrong order.
pub(super) fn merit(store: &mut impl Store, arrivals: &[u8]) -> Done<Option<Rejection>> {
    let slot = work::slot(store)?;
    let mut delivery: Delivery = get(store, Place::delivery(slot))?;
    if !matches!(delivery.stage, stage::LIST_BIDS | stage::LIST_OFFERS) {
        return Err(Rejection::WrongClaim.into());
    }
    if arrivals.is_empty() {
        let pairing: Pairing = delivery.work();
        delivery.set_work(&Pairing { left: pairing.volume, last: 0, ..pairing });
    }
    let mut refused = None;
    for arrival in arrivals.chunks_exact(3) {
        if !matches!(delivery.stage, stage::LIST_BIDS | stage::LIST_OFFERS) {
            break;
        }
        let arrival = arrival.iter().fold(0, |number, byte| number << 8 | u32::from(*byte));
        refused = list(store, slot, &mut delivery, arrival)?;
        if refused.is_some() {
            break;
        }
        turn(&mut delivery);
    }
    work::finish(store, slot, &delivery)?;
    Ok(refused)
}

/// Goes on from bids to offers, and from there to the pairs.
fn turn(delivery: &mut Delivery) {
    let mut pairing: Pairing = delivery.work();
    if pairing.left > 0 {
        return;
    }
    pairing.left = pairing.volume;
    if delivery.stage == stage::LIST_BIDS {
        delivery.stage = stage::LIST_OFFERS;
        pairing.bid_next = pairing.last;
    } else {
        delivery.stage = stage::PAIR;
        pairing.offer_next = pairing.last;
    }
    pairing.last = 0;
    delivery.set_work(&pairing);
}

/// Lists the next order.
fn list(store: &mut impl Store, slot: u8, delivery: &mut Delivery, arrival: u32) -> Done<Option<Rejection>> {
    let mut pairing: Pairing = delivery.work();
    let side = side(delivery.stage);
    if arrival >= MOST_ARRIVALS {
        return Ok(Some(Rejection::MeritOrder));
    }
    let mut order: Order = get(store, Place::order(slot, side, arrival))?;
    if order.fill == 0 {
        return Ok(Some(Rejection::MeritOrder));
    }
    let mut position: Position = get(store, Place::position(slot, order.rank))?;
    let Some((run, key)) = pairing.follows(side, (arrival, &order), delivery.runs, &position) else {
        return Ok(Some(Rejection::MeritOrder));
    };
    delivery.runs = run;
    position.run = run;
    put(store, Place::position(slot, order.rank), &position)?;
    order.better = pairing.last;
    put(store, Place::order(slot, side, arrival), &order)?;
    (pairing.limit, pairing.key, pairing.rank) = (order.limit, key, order.rank);
    pairing.last = arrival + 1;
    pairing.left = pairing.left.saturating_sub(order.fill);
    delivery.set_work(&pairing);
    Ok(None)
}

impl Pairing {
    /// Whether an order may be the next of its side: then the number of its price, and where its account stands there.
    ///
    /// Prices are numbered over the delivery's whole life, so that a position's number is never mistaken for another's.
    fn follows(
        &self,
        side: Side,
        (arrival, order): (u32, &Order),
        runs: u64,
        position: &Position,
    ) -> Option<(u64, u64)> {
        let is_shared = self.shared >> side as u8 & 1 == 1 && order.limit == self.equilibrium;
        let key = if is_shared { position.margin_start } else { u64::from(arrival) };
        let better = gain(side, order.limit, self.limit);
        if self.last == 0 || better < 0 {
            return Some((runs + 1, key));
        }
        if better > 0 {
            return None;
        }
        if order.rank == self.rank {
            return (arrival >= self.last).then_some((runs, self.key));
        }
        (key > self.key && position.run != runs).then_some((runs, key))
    }
}
