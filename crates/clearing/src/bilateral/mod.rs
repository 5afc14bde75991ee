//! Trades between pairs: first what the members agree on by themselves, then the last n€.
//!
//! [`consensus()`] lets every order answer for itself until both ends of every trade agree, in floats and to a
//! tolerance. Its prices are where [`flow`] begins, which finds the best trades in integers, whatever the prices: so a
//! consensus that was not reached costs time, never an outcome.

mod consensus;
mod flow;

pub use consensus::{Consensus, consensus};

use market::rule::{Pairs, centre};
use market::{Book, Claim, PairClaim, Price, Side};

/// The best trades of `book` under [`market::Rule::Bilateral`] with these charges, and prices that prove them.
pub(crate) fn clear(charges: &[Price; 4], book: &Book) -> Claim {
    let pairs = Pairs::new(book, charges);
    if Side::ALL.iter().any(|side| book.orders(*side).is_empty()) {
        return Claim::Nothing;
    }
    let consensus = consensus(&pairs);
    let offer_prices: Vec<i64> =
        consensus.prices[Side::Sell as usize].iter().map(|price| price.round() as i64).collect();
    let (trades, mut prices) = flow::best(&pairs, offer_prices, consensus.reached);
    if trades.is_empty() {
        return Claim::Nothing;
    }
    centre(&pairs, &trades, &mut prices);
    let [bid_prices, offer_prices] = prices;
    Claim::Bilateral { trades, bid_prices, offer_prices }
}

/// Every trade of a row-major table, bids down, that is more than nothing.
fn listed(table: &[i64], offers: usize) -> Vec<PairClaim> {
    let trade = |(cell, energy): (usize, &i64)| PairClaim {
        bid: (cell / offers) as u32,
        offer: (cell % offers) as u32,
        energy: market::Energy(*energy),
    };
    table.iter().enumerate().filter(|(_, energy)| **energy > 0).map(trade).collect()
}
