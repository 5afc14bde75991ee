//! Pay as bid: the filled orders of both sides are laid side by side in merit order; wherever both go on, a pair trades.
//!
//! Both sides sum to the volume, so it makes no difference from which end they are laid: pairing goes from the last
//! orders, along the links that listing left, to the best ones.

use super::Done;
use super::leaf::{Delivery, Market, Order, Position, stage};
use super::place::Place;
use super::store::{Store, get, put};
use super::word::packed;
use market::{Rejection, Side};

packed! {
    /// What listing and pairing know.
    pub(super) Pairing = 4 {
        [
            /// The equilibrium price, n€/Wh.
            equilibrium: i32 = 4,
            /// Bit s: the orders of side s at that price share.
            shared: u8 = 1,
            /// Energy traded, Wh.
            volume: u64 = 8,
            /// Energy not listed yet of the side that is listed, then energy not paired yet, Wh.
            left: u64 = 8,
        ]
        [
            /// Listing: the last order's limit, n€/Wh.
            limit: i32 = 4,
            /// Where the last order's account stands among those of its price.
            key: u64 = 8,
            /// Its rank.
            rank: u32 = 4,
            /// The order's place of arrival + 1; 0: none is listed.
            last: u32 = 4,
        ]
        [
            /// Pairing: place of arrival + 1 of the bid that comes next; 0: none.
            bid_next: u32 = 4,
            /// Limit of the bid at hand, n€/Wh.
            bid_limit: i32 = 4,
            /// Its rank.
            bid_rank: u32 = 4,
            /// What is left of its fill, Wh.
            bid_left: u64 = 8,
        ]
        [
            /// The same of the offers.
            offer_next: u32 = 4,
            /// As said.
            offer_limit: i32 = 4,
            /// As said.
            offer_rank: u32 = 4,
            /// As said.
            offer_left: u64 = 8,
        ]
    }
}

/// Takes the next order of the side that has run out, a bid where both have; then whatever can be paired is.
pub(super) fn next(store: &mut impl Store, slot: u8, delivery: &mut Delivery, market: &Market) -> Done {
    let mut pairing: Pairing = delivery.work();
    if pairing.bid_left == 0 {
        let (arrival, order) = take(store, slot, Side::Buy, pairing.bid_next)?;
        (pairing.bid_limit, pairing.bid_rank, pairing.bid_left) = (order.limit, order.rank, order.fill);
        pairing.bid_next = order.better;
        end(store, slot, Side::Buy, arrival, order)?;
    } else {
        let (arrival, order) = take(store, slot, Side::Sell, pairing.offer_next)?;
        (pairing.offer_limit, pairing.offer_rank, pairing.offer_left) = (order.limit, order.rank, order.fill);
        pairing.offer_next = order.better;
        end(store, slot, Side::Sell, arrival, order)?;
    }
    if pairing.bid_left > 0 && pairing.offer_left > 0 {
        pair(store, slot, market, &mut pairing)?;
    }
    delivery.set_work(&pairing);
    Ok(())
}

/// It is over once everything is paired.
pub(super) fn turn(delivery: &mut Delivery) -> Option<Rejection> {
    if delivery.work::<Pairing>().left == 0 {
        delivery.rest(stage::OPEN);
    }
    None
}

fn take(store: &mut impl Store, slot: u8, side: Side, next: u32) -> Done<(u32, Order)> {
    let arrival = next.saturating_sub(1); // the fills of a side sum to the volume: there is a next one
    let order = get(store, Place::order(slot, side, arrival))?;
    Ok((arrival, order))
}

/// Its fill is paired: what is left of the order stays, if anything.
fn end(store: &mut impl Store, slot: u8, side: Side, arrival: u32, order: Order) -> Done {
    let rest = if order.energy == 0 { Order::default() } else { Order { fill: 0, better: 0, ..order } };
    Ok(put(store, Place::order(slot, side, arrival), &rest)?)
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
    pairing.left -= energy;
    Ok(())
}
