//! What is found is what the reference finds, on any book and after any other.

use crate::books::{COLLAR, Wish, auctions, book, cleared, place, wishes};
use crate::laws::{Case, LAWS, Trial};
use crate::reference;
use market::rule::{Clearing, Rule, pair};
use market::{Book, Fraction, Money, Price, PriceConvention, SharingKey, Side};
use proptest::prelude::*;

/// The auctions of limit orders keep every law.
pub(crate) fn uniform_price() -> Trial {
    let cases = |wishes: &[Wish]| cases(wishes, |rule| matches!(rule, Rule::UniformPrice { .. }));
    Trial { cases, instead: &[], counter_examples: &[] }
}

/// Likewise.
pub(crate) fn pay_as_bid() -> Trial {
    let cases = |wishes: &[Wish]| cases(wishes, |rule| matches!(rule, Rule::PayAsBid { .. }));
    Trial { cases, instead: &[], counter_examples: &[] }
}

/// Likewise, for its orders.
pub(crate) fn auction_first() -> Trial {
    let cases = |wishes: &[Wish]| {
        let (k, key, price) = (Fraction::HALF, SharingKey::Dynamic, Price(1));
        let rule = |convention| Rule::AuctionFirst { convention, k, key, price };
        PriceConvention::ALL.map(|convention| Case::of(rule(convention), book(wishes))).into()
    };
    Trial { cases, instead: &LAWS, counter_examples: &[] }
}

fn cases(wishes: &[Wish], wanted: impl Fn(&Rule) -> bool) -> Vec<Case> {
    auctions().into_iter().filter(wanted).map(|rule| Case::of(rule, book(wishes))).collect()
}

#[test]
fn the_search_finds_what_the_reference_finds() {
    proptest!(ProptestConfig::with_cases(ProptestConfig::default().cases.max(10_000)), |(wishes in wishes())| {
        let book = book(&wishes);
        let right = reference::clear(&book);
        let mut workspace = clearing::Workspace::new();
        for rule in auctions() {
            let claim = clearing::clear(&rule, &book, COLLAR, &mut workspace);
            prop_assert_eq!(&claim, &right.claim(&rule));
            let out = cleared(&rule, &book);
            right.assert_is(&out);
            if let Rule::PayAsBid { k } = rule {
                prop_assert_eq!(&out.trades, &right.pay_as_bid(&book, k));
            }
        }
    });
}

#[test]
fn pairs_join_the_filled_lists_and_are_fewer_than_the_orders() {
    proptest!(ProptestConfig::with_cases(ProptestConfig::default().cases.max(10_000)), |(wishes in wishes())| {
        let book = book(&wishes);
        let mut pairs = Vec::new();
        for rule in auctions() {
            let out = cleared(&rule, &book);
            pair(&book, &out, &mut pairs);
            prop_assert!(pairs.len() < (out.bid_fills.len() + out.offer_fills.len()).max(1));
            match out.price {
                Some(price) => prop_assert_eq!(&pairs, &reference::clear(&book).trades(&book, |_, _| price.0)),
                None => prop_assert_eq!(&pairs, &out.trades),
            }
        }
    });
}

#[test]
fn c9_a_workspace_remembers_nothing() {
    proptest!(ProptestConfig::with_cases(ProptestConfig::default().cases.max(10_000)), |(first in wishes(), second in wishes())| {
        let mut used = clearing::Workspace::new();
        let mut out = Clearing::default();
        for book in [book(&first), book(&second)] {
            for rule in auctions() {
                let claim = clearing::clear(&rule, &book, COLLAR, &mut used);
                prop_assert_eq!(&claim, &clearing::clear(&rule, &book, COLLAR, &mut clearing::Workspace::new()));
                market::rule::check(&rule, &book, &claim, COLLAR, &mut out).unwrap();
                prop_assert_eq!(&out, &cleared(&rule, &book));
            }
        }
    });
}

#[test]
fn a_book_of_the_largest_orders_does_not_overflow() {
    let mut book = Book::default();
    let energy = market::MAX_ENERGY.0;
    for number in 0..20_000 {
        let cap = market::MAX_PRICE.0;
        place(&mut book, (Side::Buy, number, cap - i64::from(number % 3), energy));
        place(&mut book, (Side::Sell, 20_000 + number, -cap, energy - i64::from(number % 2)));
    }
    for rule in auctions() {
        let out = cleared(&rule, &book);
        assert_eq!(out.volume, book.offers.iter().map(|offer| offer.energy).sum());
        reference_is(&book, &out);
    }
    fn reference_is(book: &Book, out: &Clearing) {
        let value: Money =
            book.bids.iter().zip(&out.bid_fills).map(|(bid, fill)| *fill * bid.limit).sum::<Money>()
                - book.offers.iter().zip(&out.offer_fills).map(|(offer, fill)| *fill * offer.limit).sum();
        assert_eq!(out.welfare, value);
    }
}
