//! Random books as the state would accept them.

use market::rule::{Clearing, Rule, check};
use market::{
    AccountId, Book, BookOrder, Claim, Energy, Fraction, MAX_ENERGY, MAX_PRICE, MeterId, Price,
    PriceConvention, Side, TimeInForce,
};
use proptest::prelude::*;

/// The market's floor and cap in these tests.
pub(crate) const COLLAR: (Price, Price) = (Price(-MAX_PRICE.0), MAX_PRICE);

/// An order before it has arrived: side, account, limit, energy.
pub(crate) type Wish = (Side, u32, i64, i64);

/// The auction rules with the parameters that matter.
pub(crate) fn auctions() -> Vec<Rule> {
    let third = Fraction::new(1, 3).unwrap();
    let mut rules = Vec::new();
    for k in [Fraction::ZERO, Fraction::HALF, third, Fraction::ONE] {
        rules.extend(PriceConvention::ALL.map(|convention| Rule::UniformPrice { convention, k }));
        rules.push(Rule::PayAsBid { k });
    }
    rules
}

/// Appends an order, unless it would cross one of its own account (law C11: such an order is never accepted).
pub(crate) fn place(book: &mut Book, (side, account, limit, energy): Wish) -> bool {
    let account = AccountId(account);
    let crosses = match side {
        Side::Buy => book.offers.iter().any(|offer| offer.account == account && limit >= offer.limit.0),
        Side::Sell => book.bids.iter().any(|bid| bid.account == account && bid.limit.0 >= limit),
    };
    if crosses {
        return false;
    }
    let orders = match side {
        Side::Buy => &mut book.bids,
        Side::Sell => &mut book.offers,
    };
    orders.push(BookOrder {
        limit: Price(limit),
        energy: Energy(energy),
        account,
        meter: MeterId(account.0),
        arrival: 2 * orders.len() as u32, // with gaps, as cancelled orders leave them
        time_in_force: TimeInForce::NextClearing,
    });
    true
}

/// The book of these orders in this sequence.
pub(crate) fn book(wishes: &[Wish]) -> Book {
    let mut book = Book::default();
    for wish in wishes {
        place(&mut book, *wish);
    }
    book
}

/// Orders with many ties or few, negative prices, several orders of one account, tiny and huge energies.
pub(crate) fn wishes() -> impl Strategy<Value = Vec<Wish>> {
    let prices = prop_oneof![
        Just((-2, 2)),
        Just((-30, 30)),
        Just((150_000, 300_000)),
        Just((-MAX_PRICE.0, MAX_PRICE.0))
    ];
    let energies = prop_oneof![
        Just((1, 3)),
        Just((1, 5000)),
        Just((MAX_ENERGY.0 / 2, MAX_ENERGY.0)),
        Just((1, MAX_ENERGY.0))
    ];
    let accounts = prop_oneof![Just(2_u32), Just(8), Just(1000)];
    (prices, energies, accounts).prop_flat_map(|(prices, energies, accounts)| {
        let side = prop_oneof![Just(Side::Buy), Just(Side::Sell)];
        let wish = (side, 6..6 + accounts, prices.0..=prices.1, energies.0..=energies.1);
        prop::collection::vec(wish, 0..28)
    })
}

/// The outcome of a claim that must be right.
pub(crate) fn accepted(rule: &Rule, book: &Book, claim: &Claim) -> Clearing {
    let mut out = Clearing::default();
    if let Err(rejection) = check(rule, book, claim, COLLAR, &mut out) {
        panic!("{rejection}: {}", market::rule::explain(rule, book, claim, COLLAR));
    }
    out
}

/// The outcome that the search finds and the check accepts.
pub(crate) fn cleared(rule: &Rule, book: &Book) -> Clearing {
    accepted(rule, book, &clearing::clear(rule, book, COLLAR, &mut clearing::Workspace::new()))
}
