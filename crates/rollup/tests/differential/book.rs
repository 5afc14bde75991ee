//! A book's merit order and its equilibrium prices, as the contract must find them.

use market::Side;
use rollup::step::leaf::{Delivery, Order, Position};
use rollup::step::{Place, State};

/// The filled orders of a side in merit order: better limits first; at one limit accounts by their first arrival, or,
/// where they shared, by where their block begins; each account's by arrival.
pub(crate) fn merit_order(state: &State, slot: u8, side: Side) -> Vec<u32> {
    let delivery: Delivery = state.peek(Place::delivery(slot));
    let equilibrium = i32::from_be_bytes(delivery.work0[..4].try_into().unwrap());
    let shares = delivery.work0[4] >> side as u8 & 1 == 1;
    let arrivals = if side == Side::Buy { delivery.bids } else { delivery.offers };
    let orders: Vec<(u32, Order)> = (0..arrivals)
        .map(|arrival| (arrival, state.peek::<Order>(Place::order(slot, side, arrival))))
        .filter(|(_, order)| order.fill > 0)
        .collect();
    let start = |order: &Order| {
        if shares && order.limit == equilibrium {
            return state.peek::<Position>(Place::position(slot, order.rank)).margin_start;
        }
        let own = orders.iter().filter(|(_, other)| other.rank == order.rank && other.limit == order.limit);
        own.map(|(arrival, _)| u64::from(*arrival)).min().unwrap_or(0)
    };
    let mut keys: Vec<_> = orders
        .iter()
        .map(|(arrival, order)| {
            let better = if side == Side::Buy { -i64::from(order.limit) } else { order.limit.into() };
            (better, start(order), *arrival)
        })
        .collect();
    keys.sort_unstable();
    keys.into_iter().map(|(_, _, arrival)| arrival).collect()
}

/// The ends of the equilibrium prices, and the limits of the last orders filled.
pub(crate) struct Ends {
    pub lo: i32,
    pub hi: i32,
    pub offer: i32,
    pub bid: i32,
}

/// The equilibrium prices of a book, where `price` is one.
pub(crate) fn ends([bids, offers]: &[Vec<(u32, Order)>; 2], price: i32) -> Option<Ends> {
    let energy = |orders: &[(u32, Order)], of: &dyn Fn(i32) -> bool| -> u64 {
        orders.iter().filter(|(_, order)| of(order.limit)).map(|(_, order)| order.energy).sum()
    };
    let (better_bids, at_bids) =
        (energy(bids, &|limit| limit > price), energy(bids, &|limit| limit == price));
    let (better_offers, at_offers) =
        (energy(offers, &|limit| limit < price), energy(offers, &|limit| limit == price));
    let volume = (better_bids + at_bids).min(better_offers + at_offers);
    if volume < better_bids || volume < better_offers || volume == 0 {
        return None;
    }
    let limits = |orders: &[(u32, Order)]| orders.iter().map(|(_, order)| order.limit).collect::<Vec<_>>();
    let (bid_limits, offer_limits) = (limits(bids), limits(offers));
    let offer =
        if volume > better_offers { price } else { *offer_limits.iter().filter(|l| **l < price).max()? };
    let bid = if volume > better_bids { price } else { *bid_limits.iter().filter(|l| **l > price).min()? };
    let next_bid = if volume < better_bids + at_bids {
        Some(price)
    } else {
        bid_limits.iter().copied().filter(|l| *l < price).max()
    };
    let next_offer = if volume < better_offers + at_offers {
        Some(price)
    } else {
        offer_limits.iter().copied().filter(|l| *l > price).min()
    };
    let lo = next_bid.map_or(offer, |next| next.max(offer));
    let hi = next_offer.map_or(bid, |next| next.min(bid));
    Some(Ends { lo, hi, offer, bid })
}
