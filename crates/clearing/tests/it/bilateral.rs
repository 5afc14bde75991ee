//! Trades between pairs: what is found is right, in every random book.

use crate::books::{COLLAR, accepted};
use market::rule::{Clearing, Rule};
use market::{
    AccountId, Attributes, Book, BookOrder, Claim, Details, Energy, Location, MAX_ENERGY, MAX_PRICE, MeterId,
    Price, Side, TimeInForce,
};
use proptest::prelude::*;

/// An order of a market of pairs before it has arrived.
#[derive(Clone, Debug)]
pub(crate) struct Wish {
    side: Side,
    account: u32,
    limit: i64,
    energy: i64,
    fall: i64,
    /// Offset of the preferred partner among the accounts, and what it is worth.
    partner: Option<(u32, i64)>,
    location: u32,
}

fn other(side: Side) -> Side {
    if side == Side::Buy { Side::Sell } else { Side::Buy }
}

/// Appends an order, unless the state would refuse it.
fn place(book: &mut Book, wish: &Wish) -> bool {
    let &Wish { side, account, limit, energy, fall, partner, location } = wish;
    let (partner, premium) = partner.map_or((0, 0), |(partner, premium)| (6 + partner, premium));
    let account = AccountId(account);
    let best =
        |side, limit: i64, premium: i64| if side == Side::Buy { limit + premium } else { limit - premium };
    let crosses = book.orders(other(side)).iter().enumerate().any(|(at, order)| {
        let premium_there = book.details(other(side), at).attributes.premium.0;
        let (mine, theirs) = (best(side, limit, premium), best(other(side), order.limit.0, premium_there));
        order.account == account && if side == Side::Buy { mine >= theirs } else { theirs >= mine }
    });
    let collar = COLLAR.0.0..=COLLAR.1.0;
    let inside =
        [best(side, limit, premium), best(side, limit, -fall)].iter().all(|price| collar.contains(price));
    if crosses || !inside || partner == account.0 {
        return false;
    }
    let attributes = Attributes {
        partner: AccountId(partner),
        premium: Price(premium),
        fall: Price(fall),
        ..Attributes::default()
    };
    let orders = if side == Side::Buy { &mut book.bids } else { &mut book.offers };
    orders.push(BookOrder {
        limit: Price(limit),
        energy: Energy(energy),
        account,
        meter: MeterId(account.0),
        arrival: 2 * orders.len() as u32,
        time_in_force: TimeInForce::NextClearing,
    });
    book.details[side as usize].push(Details {
        attributes,
        location: Location(location),
        ..Details::default()
    });
    true
}

fn book(wishes: &[Wish]) -> Book {
    let mut book = Book::default();
    for wish in wishes {
        place(&mut book, wish);
    }
    book
}

/// Flat limits and falling ones, ties, premiums, places near and far, tiny and huge energies; with the charges.
pub(crate) fn markets() -> impl Strategy<Value = (Vec<Wish>, [Price; 4])> {
    let prices = prop_oneof![
        Just((-2, 2, 2)),
        Just((-30, 30, 20)),
        Just((150_000, 300_000, 60_000)),
        Just((-MAX_PRICE.0 / 2, MAX_PRICE.0 / 2, MAX_PRICE.0 / 2))
    ];
    let energies = prop_oneof![
        Just((1, 3)),
        Just((1, 5000)),
        Just((MAX_ENERGY.0 / 2, MAX_ENERGY.0)),
        Just((1, MAX_ENERGY.0))
    ];
    let accounts = prop_oneof![Just(2_u32), Just(8), Just(1000)];
    (prices, energies, accounts).prop_flat_map(|((from, to, span), energies, accounts)| {
        let side = prop_oneof![Just(Side::Buy), Just(Side::Sell)];
        let fall = prop_oneof![Just(0), 0..=span];
        let partner = prop_oneof![2 => Just(None), 1 => (0..accounts, 0..=span).prop_map(Some)];
        let location = prop_oneof![Just(0_u32), Just(1), Just(0x0100), Just(0x01_0000)];
        let wish = (side, 6..6 + accounts, from..=to, energies.0..=energies.1, fall, partner, location);
        let wish = wish.prop_map(|(side, account, limit, energy, fall, partner, location)| Wish {
            side,
            account,
            limit,
            energy,
            fall,
            partner,
            location,
        });
        let charges = prop_oneof![
            Just([Price::ZERO; 4]),
            (0..=span / 2, 0..=span / 2, 0..=span / 2).prop_map(|(near, far, farther)| [
                0,
                near,
                near + far,
                near + far + farther
            ]
            .map(Price)),
            Just([span; 4].map(Price)),
        ];
        (prop::collection::vec(wish, 0..20), charges)
    })
}

fn cleared(rule: &Rule, book: &Book) -> (Claim, Clearing) {
    let claim = clearing::clear(rule, book, COLLAR, &mut clearing::Workspace::new());
    let out = accepted(rule, book, &claim);
    (claim, out)
}

fn cases() -> ProptestConfig {
    ProptestConfig::with_cases(ProptestConfig::default().cases.max(10_000))
}

#[test]
fn what_the_search_finds_the_check_accepts() {
    proptest!(cases(), |((wishes, charges) in markets())| {
        cleared(&Rule::Bilateral { charges }, &book(&wishes));
    });
}
