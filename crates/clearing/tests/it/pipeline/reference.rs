//! Pipelines again, slowly: every auction as a book of its own, every round from the beginning.

use super::{book, labelled, pipelines};
use crate::books::{COLLAR, accepted};
use crate::reference::{self, Outcome};
use market::rule::{Auction, Rule, Stage};
use market::{AuctionClaim, Book, BookOrder, Claim, Energy, Fraction, Money, Price, Quality, Side, Witness};
use proptest::prelude::*;
use std::collections::BTreeSet;

/// What a pipeline comes to.
#[derive(Default)]
pub(super) struct Course {
    pub(super) claim: Vec<AuctionClaim>,
    /// Stage, label, price and volume of the auctions that count.
    list: Vec<(Stage, Option<Quality>, Option<i64>, i64)>,
    /// Per side and order: what is left, and what is paid or received.
    left: [Vec<i64>; 2],
    money: [Vec<i64>; 2],
    welfare: i128,
    /// Energy bought per label in auctions that deliver it.
    delivered: [i64; 3],
}

fn label(book: &Book, side: Side, at: usize) -> Quality {
    book.details(side, at).attributes.quality
}

/// A bid's limit where its label is delivered, an offer's anyway.
fn limit(book: &Book, side: Side, at: usize, guaranteed: bool) -> Price {
    let attributes = book.details(side, at).attributes;
    let counts = guaranteed && side == Side::Buy && attributes.quality != Quality::Any;
    book.orders(side)[at].limit + if counts { attributes.premium } else { Price::ZERO }
}

/// Some of the orders of a side, as orders of a book of their own with what is left of them.
fn some(book: &Book, side: Side, left: &[i64], which: &[usize], guaranteed: bool) -> Vec<BookOrder> {
    let order = |at: &usize| BookOrder {
        limit: limit(book, side, *at, guaranteed),
        energy: Energy(left[*at]),
        ..book.orders(side)[*at]
    };
    which.iter().map(order).collect()
}

fn witness(outcome: &Outcome) -> Witness {
    outcome.range.map_or(Witness::NoTrade, |(lo, _)| Witness::Equilibrium(Price(lo)))
}

impl Course {
    pub(super) fn of(rule: &Rule, book: &Book) -> Self {
        let Rule::Pipeline { stages, k } = rule else { panic!("a pipeline") };
        let energies = |orders: &[BookOrder]| orders.iter().map(|order| order.energy.0).collect::<Vec<_>>();
        let mut course = Self {
            left: [energies(&book.bids), energies(&book.offers)],
            money: [vec![0; book.bids.len()], vec![0; book.offers.len()]],
            ..Self::default()
        };
        for stage in stages.as_slice() {
            course.stage(*stage, *k, book);
        }
        course
    }

    fn stage(&mut self, stage: Stage, k: Fraction, book: &Book) {
        use Quality::{Any, GreenLocal, Local};
        let labels = match stage {
            Stage::Separate | Stage::LowToHigh => vec![Any, Local, GreenLocal],
            Stage::HighToLow => vec![GreenLocal, Local, Any],
            Stage::SatisfyPreferences => return self.rounds(k, book),
            Stage::UniformPrice => {
                let outcome = self.auction(book, [&|_| true, &|_| true], false);
                return self.count((stage, None), k, book, outcome);
            }
        };
        for asked in labels {
            let admits = |carried: Quality| match stage {
                Stage::Separate => carried == asked,
                _ => carried >= asked,
            };
            let bids = |at: usize| label(book, Side::Buy, at) == asked;
            let offers = |at: usize| admits(label(book, Side::Sell, at));
            let outcome = self.auction(book, [&bids, &offers], true);
            self.count((stage, Some(asked)), k, book, outcome);
        }
    }

    /// Clears those of the orders left that take part.
    fn auction(
        &self,
        book: &Book,
        takes_part: [&dyn Fn(usize) -> bool; 2],
        guaranteed: bool,
    ) -> ([Vec<usize>; 2], Outcome) {
        let which = Side::ALL.map(|side| {
            let left = &self.left[side as usize];
            let takes_part = takes_part[side as usize];
            (0..left.len()).filter(|at| left[*at] > 0 && takes_part(*at)).collect::<Vec<_>>()
        });
        let [bids, offers] = Side::ALL
            .map(|side| some(book, side, &self.left[side as usize], &which[side as usize], guaranteed));
        let outcome = reference::clear(&Book { bids, offers, ..Book::default() });
        (which, outcome)
    }

    /// Takes what an auction trades from what is left.
    fn count(
        &mut self,
        (stage, asked): (Stage, Option<Quality>),
        k: Fraction,
        book: &Book,
        (which, outcome): ([Vec<usize>; 2], Outcome),
    ) {
        let price = outcome.range.map(|range| Outcome::between(k, range));
        let none = u32::MAX;
        self.claim.push(AuctionClaim {
            witness: witness(&outcome),
            dropped_local: none,
            dropped_green: none,
        });
        self.list.push((stage, asked, price, outcome.volume));
        self.welfare += outcome.welfare;
        for (side, fills) in Side::ALL.into_iter().zip([&outcome.bid_fills, &outcome.offer_fills]) {
            for (at, fill) in which[side as usize].iter().zip(fills) {
                self.left[side as usize][*at] -= fill;
                self.money[side as usize][*at] += fill * price.unwrap_or(0);
                let wanted = label(book, side, *at);
                if side == Side::Buy && (stage != Stage::UniformPrice || wanted == Quality::Any) {
                    self.delivered[wanted as usize] += fill;
                }
            }
        }
    }

    fn rounds(&mut self, k: Fraction, book: &Book) {
        let stage = Stage::SatisfyPreferences;
        let mut gone: BTreeSet<usize> = BTreeSet::new();
        loop {
            let stays = |at: usize| !gone.contains(&at);
            let (which, outcome) = self.auction(book, [&stays, &|_| true], true);
            let [bids, offers] = &which;
            let sold = |wanted: Quality| -> i64 {
                let of = offers.iter().zip(&outcome.offer_fills);
                of.filter(|(at, _)| label(book, Side::Sell, **at) == wanted).map(|(_, fill)| fill).sum()
            };
            let (mut supply, mut dropped) = (0, [u32::MAX; 2]);
            for (wanted, dropped) in [Quality::Local, Quality::GreenLocal].into_iter().zip(&mut dropped).rev()
            {
                supply += sold(wanted);
                let fill = |at: usize| outcome.bid_fills[bids.iter().position(|other| *other == at).unwrap()];
                let mut order: Vec<usize> =
                    bids.iter().copied().filter(|at| label(book, Side::Buy, *at) == wanted).collect();
                let among = order.clone();
                order.sort_by_key(|at| {
                    let mine = |at: usize| (book.bids[at].account, limit(book, Side::Buy, at, true));
                    let first = among.iter().position(|other| mine(*other) == mine(*at));
                    (-limit(book, Side::Buy, *at, true).0, first, *at)
                });
                for at in order {
                    if *dropped == u32::MAX && fill(at) <= supply {
                        supply -= fill(at);
                        continue;
                    }
                    if *dropped == u32::MAX {
                        *dropped = at as u32;
                    }
                    gone.insert(at);
                }
            }
            let [dropped_local, dropped_green] = dropped;
            if (dropped_local, dropped_green) == (u32::MAX, u32::MAX) {
                return self.count((stage, None), k, book, (which, outcome));
            }
            self.claim.push(AuctionClaim { witness: witness(&outcome), dropped_local, dropped_green });
        }
    }
}

fn list(auction: &Auction) -> (Stage, Option<Quality>, Option<i64>, i64) {
    (auction.stage, auction.label, auction.price.map(|price| price.0), auction.volume.0)
}

#[test]
fn the_search_finds_what_the_reference_finds() {
    let config = ProptestConfig::with_cases(ProptestConfig::default().cases.max(10_000));
    let repeated = std::cell::Cell::new(0);
    proptest!(config, |(orders in labelled(), rule in pipelines())| {
        let book = book(&orders);
        let right = Course::of(&rule, &book);
        let claim = clearing::clear(&rule, &book, COLLAR, &mut clearing::Workspace::new());
        prop_assert_eq!(&claim, &Claim::Pipeline { auctions: right.claim.clone() });
        let out = accepted(&rule, &book, &claim);
        prop_assert_eq!(out.auctions.list.iter().map(list).collect::<Vec<_>>(), right.list.clone());
        prop_assert_eq!(out.welfare, Money(right.welfare));
        prop_assert_eq!(out.volume.0, right.list.iter().map(|auction| auction.3).sum::<i64>());
        prop_assert_eq!(out.auctions.labels.map(|share| share.delivered.0), right.delivered);
        for side in Side::ALL {
            let money = out.money(side);
            for (at, order) in book.orders(side).iter().enumerate() {
                let fill = out.fills(side)[at];
                prop_assert_eq!(order.energy.0 - fill.0, right.left[side as usize][at]);
                prop_assert_eq!(money.of(at, fill), right.money[side as usize][at]);
            }
        }
        repeated.set(repeated.get() + u32::from(right.claim.len() > right.list.len()));
    });
    let repeated = repeated.get();
    assert!(repeated > 500, "only {repeated} books made a stage repeat its auction");
}
