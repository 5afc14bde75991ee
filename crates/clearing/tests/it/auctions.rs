//! What is found is what the reference finds, and it keeps the laws.

use crate::books::{COLLAR, auctions, book, cleared, place, wishes};
use crate::reference;
use market::rule::{Binding, Clearing, Rule, RuleKind, pair};
use market::{Book, BookOrder, Energy, Law, Money, Price, PriceConvention, Side};
use proptest::prelude::*;

/// Tests a law on random books under every auction rule that it binds.
fn law(law: Law, holds: impl Fn(&Rule, &Book, &Clearing)) {
    for kind in RuleKind::ALL.into_iter().filter(|kind| kind.takes_orders()) {
        assert_eq!(kind.binding(law), Binding::Holds, "{} {}", law.number(), kind.name());
    }
    let config = ProptestConfig::with_cases(ProptestConfig::default().cases.max(10_000));
    proptest!(config, |(wishes in wishes())| {
        let book = book(&wishes);
        for rule in auctions() {
            holds(&rule, &book, &cleared(&rule, &book));
        }
    });
}

fn sides<'a>(book: &'a Book, out: &'a Clearing) -> [(Side, &'a [BookOrder], &'a [Energy]); 2] {
    [(Side::Buy, &book.bids, &out.bid_fills), (Side::Sell, &book.offers, &out.offer_fills)]
}

/// How much better than `price` a limit is, n€/Wh.
fn gain(side: Side, order: &BookOrder, price: Price) -> i64 {
    if side == Side::Buy { order.limit.0 - price.0 } else { price.0 - order.limit.0 }
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
fn c1_no_order_is_filled_beyond_its_energy() {
    law(Law::C1, |_, book, out| {
        for (_, orders, fills) in sides(book, out) {
            assert_eq!(orders.len(), fills.len());
            assert!(
                orders.iter().zip(fills).all(|(order, fill)| (Energy::ZERO..=order.energy).contains(fill))
            );
        }
    });
}

#[test]
fn c2_bought_is_sold() {
    law(Law::C2, |_, _, out| {
        let sum = |fills: &[Energy]| fills.iter().copied().sum::<Energy>();
        assert_eq!(sum(&out.bid_fills), out.volume);
        assert_eq!(sum(&out.offer_fills), out.volume);
        if out.price.is_none() {
            assert_eq!(out.trades.iter().map(|trade| trade.energy).sum::<Energy>(), out.volume);
        }
    });
}

#[test]
fn c3_and_c8_nobody_trades_beyond_the_limit() {
    // C8 follows: with a limit inside the owner's tariffs, so is the price.
    assert_eq!(RuleKind::UniformPrice.binding(Law::C8), Binding::Holds);
    law(Law::C3, |_, book, out| {
        let mut trades = Vec::new();
        pair(book, out, &mut trades);
        for trade in trades {
            assert!(trade.price <= book.bids[trade.bid as usize].limit);
            assert!(trade.price >= book.offers[trade.offer as usize].limit);
        }
    });
}

#[test]
fn c4_what_buyers_pay_is_what_sellers_receive() {
    law(Law::C4, |_, book, out| {
        let mut trades = Vec::new();
        pair(book, out, &mut trades);
        let (mut paid, mut received) = (Money::ZERO, Money::ZERO);
        if let Some(price) = out.price {
            paid = out.bid_fills.iter().map(|fill| *fill * price).sum();
            received = out.offer_fills.iter().map(|fill| *fill * price).sum();
        }
        assert_eq!(paid, received);
        let traded: Money = trades.iter().map(|trade| trade.energy * trade.price).sum();
        assert!(out.price.is_none() || traded == paid);
    });
}

#[test]
fn c5_no_trade_is_left() {
    law(Law::C5, |_, book, out| {
        let [bid, offer] = sides(book, out).map(|(side, orders, fills)| {
            let open = orders.iter().zip(fills).filter(|(order, fill)| **fill < order.energy);
            open.map(|(order, _)| gain(side, order, Price::ZERO)).max()
        });
        if let (Some(bid), Some(minus_offer)) = (bid, offer) {
            assert!(bid + minus_offer < 0);
        }
    });
}

#[test]
fn c6_an_equilibrium_price_separates_and_the_margin_shares_exactly() {
    law(Law::C6, |rule, book, out| {
        let Some(equilibrium) = out.equilibrium else { return };
        for (side, orders, fills) in sides(book, out) {
            let (mut at, mut share) = (0_i128, 0_i128);
            for (order, fill) in orders.iter().zip(fills) {
                match gain(side, order, equilibrium) {
                    1.. => assert_eq!(*fill, order.energy),
                    0 => (at, share) = (at + i128::from(order.energy.0), share + i128::from(fill.0)),
                    _ => assert!(fill.is_zero()),
                }
            }
            for (order, fill) in orders.iter().zip(fills).filter(|(order, _)| order.limit == equilibrium) {
                // within 1 Wh of the quota: |fill − energy·share/at| < 1
                assert!((i128::from(fill.0) * at - i128::from(order.energy.0) * share).abs() < at);
            }
        }
        if let Rule::UniformPrice { convention: PriceConvention::Equilibrium, .. } = rule {
            assert_eq!(out.price, out.equilibrium);
        }
        assert!(out.range.0 <= equilibrium && equilibrium <= out.range.1);
    });
}

#[test]
fn c7_the_welfare_is_the_greatest_possible() {
    law(Law::C7, |_, book, out| {
        let value: Money = sides(book, out)
            .into_iter()
            .flat_map(|(side, orders, fills)| {
                orders
                    .iter()
                    .zip(fills)
                    .map(move |(order, fill)| *fill * Price(gain(side, order, Price::ZERO)))
            })
            .sum();
        assert_eq!(value, out.welfare);
        // Weak duality: at any price, no allocation is worth more than what everybody would gain at that price.
        let bound = |price: Price| -> Money {
            sides(book, out)
                .into_iter()
                .flat_map(|(side, orders, _)| {
                    orders.iter().map(move |order| order.energy * Price(gain(side, order, price).max(0)))
                })
                .sum()
        };
        match out.equilibrium {
            Some(equilibrium) => assert_eq!(out.welfare, bound(equilibrium)),
            None => assert_eq!(out.welfare, bound(out.range.0)),
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
fn c11_an_account_never_trades_with_itself() {
    law(Law::C11, |_, book, out| {
        let mut trades = Vec::new();
        pair(book, out, &mut trades);
        for trade in trades {
            assert_ne!(book.bids[trade.bid as usize].account, book.offers[trade.offer as usize].account);
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
