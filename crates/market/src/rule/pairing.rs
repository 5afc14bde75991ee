//! Pairing: which bid is served by which offer.
//!
//! The two filled lists are laid side by side in merit order, end to end in Wh; wherever both go on, the pair
//! trades. n filled orders make at most n − 1 trades.

use super::merit::{Rung, ladder};
use super::{Clearing, Trade, pipeline};
use crate::{Book, Price, Rejection, Side};
use alloc::vec::Vec;

/// The canonical pairs of a clearing. Where the rule makes them they are its own; where it makes none (one price
/// for all, or for each auction of a pipeline) they carry that price and are no part of it. Where the buyer pays
/// another price than the seller receives (`trade_reduction`, `vcg`) they carry the equilibrium price, which lies
/// within both limits.
pub fn pair(book: &Book, clearing: &Clearing, out: &mut Vec<Trade>) {
    out.clear();
    if !clearing.auctions.list.is_empty() {
        return pipeline::pair(book, clearing, out);
    }
    let own = || clearing.trades.is_empty().then_some(clearing.equilibrium).flatten();
    let Some(price) = clearing.price.or_else(own) else {
        out.extend_from_slice(&clearing.trades);
        return;
    };
    let bids = ladder(Side::Buy, &book.bids, &clearing.bid_fills);
    let offers = ladder(Side::Sell, &book.offers, &clearing.offer_fills);
    if merge(&bids, &offers, |_, _| price, out).is_err() {
        out.clear(); // not an outcome of `check`
    }
}

/// Merges two ladders; `price` gives a pair's price from the limits of bid and offer.
pub(super) fn merge(
    bids: &[Rung],
    offers: &[Rung],
    price: impl Fn(Price, Price) -> Price,
    out: &mut Vec<Trade>,
) -> Result<(), Rejection> {
    out.clear();
    out.reserve((bids.len() + offers.len()).saturating_sub(1));
    let (mut bids, mut offers) = (bids.iter().copied(), offers.iter().copied());
    let (mut bid, mut offer) = (bids.next(), offers.next());
    while let (Some(demand), Some(supply)) = (&mut bid, &mut offer) {
        let energy = demand.energy.min(supply.energy);
        let price = price(demand.limit, supply.limit);
        out.push(Trade { bid: demand.position, offer: supply.position, energy, price });
        demand.energy -= energy;
        supply.energy -= energy;
        let (demand_met, supply_used) = (demand.energy.is_zero(), supply.energy.is_zero());
        if demand_met {
            bid = bids.next();
        }
        if supply_used {
            offer = offers.next();
        }
    }
    if bid.is_some() || offer.is_some() { Err(Rejection::Unbalanced) } else { Ok(()) }
}
