//! Pairing: which bid is served by which offer.
//!
//! The two filled lists are laid side by side in merit order, end to end in Wh; wherever both go on, the pair
//! trades. n filled orders make at most n − 1 trades.

use super::{Clearing, Trade, merit_order};
use crate::{Book, Energy, Price, Rejection, Side};
use alloc::vec::Vec;

/// The canonical pairs of a clearing. Where the rule makes them they are its own; where it makes none (one price
/// for all) they carry that price and are no part of it.
pub fn pair(book: &Book, clearing: &Clearing, out: &mut Vec<Trade>) {
    out.clear();
    let Some(price) = clearing.price else {
        out.extend_from_slice(&clearing.trades);
        return;
    };
    let (mut bids, mut offers) = (Vec::new(), Vec::new());
    merit_order(Side::Buy, &book.bids, &clearing.bid_fills, &mut bids);
    merit_order(Side::Sell, &book.offers, &clearing.offer_fills, &mut offers);
    let (bids, offers) = ((&bids[..], &clearing.bid_fills[..]), (&offers[..], &clearing.offer_fills[..]));
    if merge(book, bids, offers, |_, _| price, out).is_err() {
        out.clear(); // not an outcome of `check`
    }
}

/// Merges two lists of positions with their sides' fills; `price` gives a pair's price from its limits.
pub(super) fn merge(
    book: &Book,
    (bids, bid_fills): (&[u32], &[Energy]),
    (offers, offer_fills): (&[u32], &[Energy]),
    price: impl Fn(Price, Price) -> Price,
    out: &mut Vec<Trade>,
) -> Result<(), Rejection> {
    out.clear();
    out.reserve((bids.len() + offers.len()).saturating_sub(1));
    let bids = bids.iter().map(|bid| {
        let at = *bid as usize;
        Some((*bid, book.bids.get(at)?.limit, *bid_fills.get(at)?))
    });
    let mut offers = offers.iter().map(|offer| {
        let at = *offer as usize;
        Some((*offer, book.offers.get(at)?.limit, *offer_fills.get(at)?))
    });
    let mut supply = None; // the offer at hand and what it has left
    for bid in bids {
        let (bid, bid_limit, mut wanted) = bid.ok_or(Rejection::MeritOrder)?;
        while wanted > Energy::ZERO {
            let (offer, offer_limit, left) = match supply.take() {
                Some(offer) => offer,
                None => offers.next().flatten().ok_or(Rejection::Unbalanced)?,
            };
            let energy = wanted.min(left);
            out.push(Trade { bid, offer, energy, price: price(bid_limit, offer_limit) });
            wanted -= energy;
            if left > energy {
                supply = Some((offer, offer_limit, left - energy));
            }
        }
    }
    if supply.is_some() || offers.next().is_some() { Err(Rejection::Unbalanced) } else { Ok(()) }
}
