//! Law C10: what must not change when the book does.

use crate::books::{Wish, auctions, book, cleared, wishes};
use market::rule::{Clearing, Rule};
use market::{Book, BookOrder, Energy, Money, Price, Side};
use proptest::prelude::*;
use std::collections::BTreeSet;

/// The auctions with k = ½: k moves prices, not energy.
fn rules() -> impl Iterator<Item = Rule> {
    auctions().into_iter().skip(3).take(3)
}

fn orders(book: &Book, side: Side) -> &[BookOrder] {
    if side == Side::Buy { &book.bids } else { &book.offers }
}

fn fills(out: &Clearing, side: Side) -> &[Energy] {
    if side == Side::Buy { &out.bid_fills } else { &out.offer_fills }
}

/// What an account buys (or sells) and what it pays for it (or receives).
fn total(book: &Book, out: &Clearing, which: Side, account: u32) -> (Energy, Money) {
    let mine = |order: &BookOrder| order.account.0 == account;
    let energy = orders(book, which).iter().zip(fills(out, which)).filter(|(order, _)| mine(order));
    let energy: Energy = energy.map(|(_, fill)| *fill).sum();
    let money = match out.price {
        Some(price) => energy * price,
        None => {
            let position =
                |trade: &market::rule::Trade| if which == Side::Buy { trade.bid } else { trade.offer };
            let trades =
                out.trades.iter().filter(|trade| mine(&orders(book, which)[position(trade) as usize]));
            trades.map(|trade| trade.energy * trade.price).sum()
        }
    };
    (energy, money)
}

proptest! {
    // Many random books do not fit a law's premise: they are skipped, and do not count.
    #![proptest_config(ProptestConfig { cases: ProptestConfig::default().cases.max(10_000), max_global_rejects: u32::MAX, ..ProptestConfig::default() })]

    #[test]
    fn an_order_that_cannot_trade_changes_nothing(
        wishes in wishes(),
        below in 1_i64..100,
        energy in 1_i64..1_000_000,
    ) {
        let before = book(&wishes);
        for rule in rules() {
            let old = cleared(&rule, &before);
            if old.equilibrium.is_none() {
                continue;
            }
            for (which, limit) in [(Side::Buy, old.range.0.0 - below), (Side::Sell, old.range.1.0 + below)] {
                let mut more = wishes.clone();
                more.push((which, 9999, limit, energy));
                let new = cleared(&rule, &book(&more));
                prop_assert_eq!(&new.trades, &old.trades);
                prop_assert_eq!((new.price, new.volume, new.welfare), (old.price, old.volume, old.welfare));
                for side in Side::ALL {
                    let (old, new) = (fills(&old, side), fills(&new, side));
                    prop_assert_eq!(&new[..old.len()], old);
                    prop_assert!(new[old.len()..].iter().all(|fill| fill.is_zero()));
                }
            }
        }
    }

    #[test]
    fn splitting_inside_an_account_moves_nothing(
        wishes in wishes(),
        pick in any::<prop::sample::Index>(),
        cut in 1_i64..100,
        late in any::<bool>(),
    ) {
        prop_assume!(!wishes.is_empty());
        let at = pick.index(wishes.len());
        let (which, account, limit, energy) = wishes[at];
        prop_assume!(energy > cut);
        // The second part arrives at once, or after everybody else.
        let mut split = wishes.clone();
        split[at].3 = energy - cut;
        split.insert(if late { split.len() } else { at + 1 }, (which, account, limit, cut));
        let (whole, parts) = (book(&wishes), book(&split));
        prop_assume!(orders(&parts, which).len() == orders(&whole, which).len() + 1); // neither crossed its own account
        prop_assume!(orders(&parts, other(which)).len() == orders(&whole, other(which)).len());
        for rule in rules() {
            let (old, new) = (cleared(&rule, &whole), cleared(&rule, &parts));
            for member in wishes.iter().map(|wish| wish.1) {
                for which in Side::ALL {
                    prop_assert_eq!(total(&whole, &old, which, member), total(&parts, &new, which, member));
                }
            }
        }
    }

    #[test]
    fn splitting_across_accounts_moves_less_than_one_wh_per_part(
        wishes in wishes(),
        pick in any::<prop::sample::Index>(),
        cuts in prop::collection::vec(1_i64..50, 1..5),
    ) {
        prop_assume!(!wishes.is_empty());
        let at = pick.index(wishes.len());
        let (which, account, limit, energy) = wishes[at];
        let rest = energy - cuts.iter().sum::<i64>();
        prop_assume!(rest > 0);
        prop_assume!(wishes.iter().filter(|wish| wish.1 == account).count() == 1);
        let mut split = wishes.clone();
        split[at].3 = rest;
        for (number, cut) in (9_000..).zip(&cuts) {
            split.push((which, number, limit, *cut));
        }
        let (whole, parts) = (book(&wishes), book(&split));
        for rule in rules() {
            let (old, new) = (cleared(&rule, &whole), cleared(&rule, &parts));
            let before = total(&whole, &old, which, account).0;
            let owners = (9_000..9_000 + cuts.len() as u32).chain([account]);
            let after: Energy = owners.map(|member| total(&parts, &new, which, member).0).sum();
            prop_assert!((after - before).abs().0 <= cuts.len() as i64 + 1);
        }
    }

    #[test]
    fn raising_a_buyers_limit_never_lowers_its_fill(
        wishes in wishes(),
        pick in any::<prop::sample::Index>(),
        raise in 1_i64..100_000,
    ) {
        prop_assume!(!wishes.is_empty());
        let at = pick.index(wishes.len());
        let (which, account, limit, _) = wishes[at];
        // Alone, so that the fill of its order is the fill of the account.
        prop_assume!(wishes.iter().filter(|wish| wish.1 == account).count() == 1);
        let mut better = wishes.clone();
        better[at].2 = if which == Side::Buy { limit + raise } else { limit - raise };
        let (old_book, new_book) = (book(&wishes), book(&better));
        for rule in rules() {
            let old = total(&old_book, &cleared(&rule, &old_book), which, account).0;
            let new = total(&new_book, &cleared(&rule, &new_book), which, account).0;
            prop_assert!(new >= old);
        }
    }

    #[test]
    fn renaming_accounts_changes_nothing_else(wishes in wishes(), key in 1_u32..1000) {
        // Any one-to-one renaming; sequence kept.
        let rename = |wish: &Wish| (wish.0, (wish.1 ^ key).reverse_bits(), wish.2, wish.3);
        let renamed: Vec<Wish> = wishes.iter().map(rename).collect();
        let (old_book, new_book) = (book(&wishes), book(&renamed));
        for rule in rules() {
            prop_assert_eq!(cleared(&rule, &old_book), cleared(&rule, &new_book));
        }
    }

    #[test]
    fn another_sequence_moves_less_than_one_wh_per_order(wishes in wishes(), shuffle in any::<u64>()) {
        let before = book(&wishes);
        let mut sequence: Vec<Wish> = Vec::new();
        for side in Side::ALL {
            let wish = |order: &BookOrder| (side, order.account.0, order.limit.0, order.energy.0);
            sequence.extend(orders(&before, side).iter().map(wish));
        }
        let mut number = 0_u64;
        sequence.sort_by_cached_key(|_| {
            number += 1;
            (number ^ shuffle).wrapping_mul(0x9E37_79B9_7F4A_7C15)
        });
        let after = book(&sequence);
        for rule in rules() {
            let (old, new) = (cleared(&rule, &before), cleared(&rule, &after));
            let facts = |out: &Clearing| (out.price, out.equilibrium, out.range, out.volume, out.welfare);
            prop_assert_eq!(facts(&old), facts(&new));
            for member in wishes.iter().map(|wish| wish.1) {
                for which in Side::ALL {
                    let mine = orders(&before, which).iter().filter(|order| order.account.0 == member);
                    let prices = mine.map(|order| order.limit).collect::<BTreeSet<Price>>().len() as i64;
                    let moved = total(&before, &old, which, member).0 - total(&after, &new, which, member).0;
                    prop_assert!(moved.abs().0 <= prices);
                }
            }
        }
    }
}

fn other(side: Side) -> Side {
    if side == Side::Buy { Side::Sell } else { Side::Buy }
}
