//! Matched in merit order, each pair at a price between its own limits.
//!
//! The allocation is that of the uniform price, proved by the lowest equilibrium price; the claim adds the merit
//! order, and merging its two lists gives the pairs.

use super::{Clearing, Cut, merit, pairing};
use crate::{Book, Fraction, Price, Rejection, Side};

pub(super) fn check(
    k: Fraction,
    book: &Book,
    equilibrium: Price,
    bids: &[u32],
    offers: &[u32],
    out: &mut Clearing,
) -> Result<(), Rejection> {
    let cut = Cut::at(book, equilibrium)?;
    if equilibrium != cut.lo {
        return Err(Rejection::NotEquilibrium); // one, but not the lowest: the claim must be unique
    }
    cut.allocate(book, out);
    let Clearing { bid_fills, offer_fills, trades, scratch, .. } = out;
    merit::check(Side::Buy, &cut, (&book.bids, bid_fills), bids, scratch)?;
    merit::check(Side::Sell, &cut, (&book.offers, offer_fills), offers, scratch)?;
    let [bids, offers] = &scratch.ladders;
    let price = |bid: Price, offer: Price| Price(offer.0 + k.of(bid.0 - offer.0));
    pairing::merge(bids, offers, price, trades)
}
