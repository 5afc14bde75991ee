//! Pipelines: what is found is what a slow reference finds, it keeps the laws, lies are refused, and worked cases.

mod cases;
mod laws;
mod lies;
mod reference;

use crate::books::{Wish, wishes};
use market::rule::{Rule, Stage, Stages};
use market::{
    AccountId, Attributes, Book, BookOrder, Details, Energy, Fraction, MAX_PRICE, MeterId, Price, Quality,
    Side, TimeInForce,
};
use proptest::prelude::*;

/// An order before it has arrived, with the label it asks for or carries and its premium for it.
#[derive(Clone, Copy, Debug)]
struct Labelled {
    wish: Wish,
    quality: Quality,
    premium: i64,
}

/// Appends an order, unless it could cross one of its own account, premiums counted (law C11).
fn place(
    book: &mut Book,
    Labelled { wish: (side, account, limit, energy), quality, premium }: Labelled,
) -> bool {
    let account = AccountId(account);
    let bound = limit + if side == Side::Buy { premium } else { 0 };
    let other = if side == Side::Buy { Side::Sell } else { Side::Buy };
    let crosses = book.orders(other).iter().zip(&book.details[other as usize]).any(|(order, details)| {
        let its = order.limit.0 + if other == Side::Buy { details.attributes.premium.0 } else { 0 };
        order.account == account && if side == Side::Buy { bound >= its } else { its >= bound }
    });
    if crosses {
        return false;
    }
    let orders = if side == Side::Buy { &mut book.bids } else { &mut book.offers };
    orders.push(BookOrder {
        limit: Price(limit),
        energy: Energy(energy),
        account,
        meter: MeterId(account.0),
        arrival: 2 * orders.len() as u32,
        time_in_force: TimeInForce::NextClearing,
    });
    let attributes = Attributes { quality, premium: Price(premium), ..Attributes::default() };
    book.details[side as usize].push(Details { attributes, ..Details::default() });
    true
}

/// The book of these orders in this sequence.
fn book(orders: &[Labelled]) -> Book {
    let mut book = Book::default();
    for order in orders {
        place(&mut book, *order);
    }
    book
}

/// Random orders as for the auctions, with labels that are scarce or plenty, and premiums of the size of the limits.
fn labelled() -> impl Strategy<Value = Vec<Labelled>> {
    let label = || proptest::sample::select(Quality::ALL.as_slice());
    (wishes(), prop::collection::vec((label(), label(), 0.0..1.0_f64), 28), any::<bool>()).prop_map(
        |(wishes, labels, scarce)| {
            let widest = wishes.iter().map(|wish| wish.2.abs()).max().unwrap_or(0);
            let order = |(wish, (one, other, part)): (Wish, (Quality, Quality, f64))| {
                let quality = if scarce && wish.0 == Side::Sell { one.min(other) } else { one };
                let room = (MAX_PRICE.0 - wish.2).min(widest);
                let pays = wish.0 == Side::Buy && quality != Quality::Any;
                let premium = if pays { (room as f64 * part) as i64 } else { 0 };
                Labelled { wish, quality, premium }
            };
            wishes.into_iter().zip(labels).map(order).collect()
        },
    )
}

/// Any pipeline of one to four stages, with any of the usual k.
fn pipelines() -> impl Strategy<Value = Rule> {
    let stages = prop::collection::vec(proptest::sample::select(Stage::ALL.as_slice()), 1..=Stages::MOST);
    let k = proptest::sample::select(vec![
        Fraction::ZERO,
        Fraction::HALF,
        Fraction::new(1, 3).unwrap(),
        Fraction::ONE,
    ]);
    (stages, k).prop_map(|(stages, k)| Rule::Pipeline { stages: Stages::new(&stages).unwrap(), k })
}

/// The pipeline of these stages with k = ½.
fn pipeline(stages: &[Stage]) -> Rule {
    Rule::Pipeline { stages: Stages::new(stages).unwrap(), k: Fraction::HALF }
}
