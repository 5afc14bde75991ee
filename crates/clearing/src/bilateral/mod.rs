//! Trades between pairs, found in two ways.
//!
//! [`clear`] finds the best trades in integers, the same everywhere. [`consensus()`] is how members would
//! find them by themselves, telling nobody more than what they would trade with whom; in floats and to a
//! tolerance, and for that some ten times slower or more. [`agreed`] carries what it finds to the last n€.

mod consensus;
mod flow;

pub use consensus::{Consensus, consensus};

use market::rule::{MAX_PAIRED, Pairs, centre};
use market::{Book, Claim, PairClaim, Price, Side};

/// The best trades of `book` under [`market::Rule::Bilateral`] with these charges, and prices that prove
/// them.
pub(crate) fn clear(charges: &[Price; 4], book: &Book) -> Claim {
    let pairs = Pairs::new(book, charges);
    claim(&pairs, vec![0; pairs.count(Side::Sell)], false)
}

/// The same from where a consensus has come to: its prices, in whole n€/Wh, are near the right ones.
#[must_use]
pub fn agreed(pairs: &Pairs, consensus: &Consensus) -> Claim {
    let offer_prices = consensus.prices[Side::Sell as usize].iter().map(|price| price.round() as i64);
    claim(pairs, offer_prices.collect(), consensus.reached)
}

/// What the search finds that begins with these prices of offers, n€/Wh.
fn claim(pairs: &Pairs, offer_prices: Vec<i64>, near: bool) -> Claim {
    // Without one side nothing is traded; a book too large for pairs is refused whatever is claimed.
    if Side::ALL.iter().any(|side| pairs.count(*side) == 0 || pairs.count(*side) > MAX_PAIRED) {
        return Claim::Nothing;
    }
    let (trades, mut prices) = flow::best(pairs, offer_prices, near);
    if trades.is_empty() {
        return Claim::Nothing;
    }
    centre(pairs, &trades, &mut prices);
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

#[cfg(test)]
mod tests {
    use super::*;
    use market::rule::{Clearing, Rule, check};
    use market::{
        AccountId, Attributes, BookOrder, Details, Energy, Location, MAX_PRICE, MeterId, TimeInForce,
    };
    use proptest::prelude::*;

    /// A book of orders (limit, energy, fall, place), bids and offers in turn.
    fn book(orders: &[(i64, i64, i64, u32)]) -> Book {
        let mut book = Book::default();
        for (number, (limit, energy, fall, place)) in (6..).zip(orders) {
            let side = number as usize % 2;
            let orders = if side == 0 { &mut book.bids } else { &mut book.offers };
            orders.push(BookOrder {
                limit: Price(*limit),
                energy: Energy(*energy),
                account: AccountId(number),
                meter: MeterId(number),
                arrival: number,
                time_in_force: TimeInForce::NextClearing,
            });
            let attributes = Attributes { fall: Price(*fall), ..Attributes::default() };
            book.details[side].push(Details { attributes, location: Location(*place), ..Details::default() });
        }
        book
    }

    #[test]
    fn the_best_trades_do_not_depend_on_where_the_search_begins() {
        let orders = prop::collection::vec((-40_i64..40, 1_i64..1_000_000, 0_i64..60, 0_u32..3), 2..12);
        let config = ProptestConfig::with_cases(ProptestConfig::default().cases.max(10_000));
        proptest!(config, |(orders in orders, start in -100_i64..100, charge in 0_i64..20)| {
            let (book, charges) = (book(&orders), [0, charge, charge, charge].map(Price));
            let pairs = Pairs::new(&book, &charges);
            let starts = [(start, true), (start, false), (0, false)];
            let claims = starts.map(|(start, near)| claim(&pairs, vec![start; book.offers.len()], near));
            let [one, two, three] = claims.map(|claim| {
                let mut out = Clearing::default();
                let collar = (Price(-MAX_PRICE.0), MAX_PRICE);
                let right = check(&Rule::Bilateral { charges }, &book, &claim, collar, &mut out);
                assert_eq!(right, Ok(()), "{claim:?}");
                (out.welfare, out.volume)
            });
            prop_assert_eq!(one, two);
            prop_assert_eq!(two, three);
        });
    }
}
