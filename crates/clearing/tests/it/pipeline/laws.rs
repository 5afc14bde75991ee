//! What a pipeline promises beside the laws of the table.

use super::{book, cases, labelled, pipeline, pipelines};
use crate::books::{cleared, wishes};
use market::Quality;
use market::rule::{Stage, pair};
use market::{Energy, Money, Price, Side};
use proptest::prelude::*;

fn config() -> ProptestConfig {
    ProptestConfig::with_cases(ProptestConfig::default().cases.max(10_000))
}

fn sum(energies: impl IntoIterator<Item = Energy>) -> Energy {
    energies.into_iter().sum()
}

#[test]
fn energy_is_conserved_through_every_chain() {
    proptest!(config(), |(orders in labelled(), rule in pipelines())| {
        let book = book(&orders);
        let out = cleared(&rule, &book);
        for side in Side::ALL {
            let mut fills = vec![Energy::ZERO; book.orders(side).len()];
            for (number, auction) in out.auctions.list.iter().enumerate() {
                let mut volume = Energy::ZERO;
                for (position, energy) in out.auctions.fills(number, side) {
                    prop_assert!(energy > Energy::ZERO);
                    fills[position] += energy;
                    volume += energy;
                }
                prop_assert_eq!(volume, auction.volume);
            }
            prop_assert_eq!(fills.as_slice(), out.fills(side));
            prop_assert_eq!(sum(fills.iter().copied()), out.volume);
        }
    });
}

#[test]
fn a_premium_is_paid_only_for_the_label() {
    proptest!(config(), |(orders in labelled(), rule in pipelines())| {
        let book = book(&orders);
        let out = cleared(&rule, &book);
        for (number, auction) in out.auctions.list.iter().enumerate() {
            let Some(price) = auction.price else { continue };
            for (at, _) in out.auctions.fills(number, Side::Buy) {
                let premium = book.details(Side::Buy, at).attributes.premium;
                let delivered = auction.stage != Stage::UniformPrice;
                let bound = book.bids[at].limit + if delivered { premium } else { Price::ZERO };
                prop_assert!(price <= bound);
            }
            for (at, _) in out.auctions.fills(number, Side::Sell) {
                prop_assert!(price >= book.offers[at].limit);
            }
        }
    });
}

#[test]
fn the_pairs_join_the_fills_and_deliver_what_was_asked_for() {
    proptest!(config(), |(orders in labelled(), rule in pipelines())| {
        let book = book(&orders);
        let out = cleared(&rule, &book);
        let mut trades = Vec::new();
        pair(&book, &out, &mut trades);
        let mut sums = Side::ALL.map(|side| vec![(Energy::ZERO, Money::ZERO); book.orders(side).len()]);
        let mut trades = trades.into_iter();
        for auction in &out.auctions.list {
            let mut left = auction.volume;
            while left > Energy::ZERO {
                let trade = trades.next().unwrap();
                left -= trade.energy;
                let (bid, offer) = (trade.bid as usize, trade.offer as usize);
                prop_assert_eq!(Some(trade.price), auction.price);
                let label = |side, at| book.details(side, at).attributes.quality;
                if auction.stage != Stage::UniformPrice {
                    prop_assert!(label(Side::Buy, bid) <= label(Side::Sell, offer));
                }
                for (sums, at) in sums.iter_mut().zip([bid, offer]) {
                    sums[at] = (sums[at].0 + trade.energy, sums[at].1 + trade.energy * trade.price);
                }
            }
            prop_assert_eq!(left, Energy::ZERO);
        }
        prop_assert_eq!(trades.next(), None);
        for side in Side::ALL {
            let money = out.money(side);
            for (at, (energy, paid)) in sums[side as usize].iter().enumerate() {
                prop_assert_eq!((*energy, *paid), (out.fills(side)[at], Money(money.of(at, *energy).into())));
            }
        }
    });
}

#[test]
fn the_shares_of_each_label_add_up() {
    proptest!(config(), |(orders in labelled(), rule in pipelines())| {
        let book = book(&orders);
        let out = cleared(&rule, &book);
        let labels = out.auctions.labels;
        for (label, share) in Quality::ALL.into_iter().zip(labels) {
            let of = |side: Side| {
                let orders = book.orders(side).iter().zip(out.fills(side)).enumerate();
                let mine = orders.filter(|(at, _)| book.details(side, *at).attributes.quality == label);
                mine.fold((Energy::ZERO, Energy::ZERO), |sum, (_, (order, fill))| (sum.0 + order.energy, sum.1 + *fill))
            };
            prop_assert_eq!((share.asked, share.bought), of(Side::Buy));
            prop_assert_eq!((share.offered, share.sold), of(Side::Sell));
            prop_assert!(share.delivered <= share.bought);
        }
        prop_assert_eq!(labels[0].delivered, labels[0].bought);
        // Nothing is delivered that was not sold with the label or a better one.
        for least in 0..3 {
            let (delivered, sold) =
                (sum(labels[least..].iter().map(|share| share.delivered)), sum(labels[least..].iter().map(|share| share.sold)));
            prop_assert!(least == 0 || delivered <= sold);
        }
    });
}

#[test]
fn without_labels_every_stage_is_the_single_auction() {
    proptest!(config(), |(wishes in wishes())| {
        cases::is_the_single_auction(&crate::books::book(&wishes));
    });
}

#[test]
fn a_stage_repeated_finds_nothing_more() {
    // Not so `satisfy_preferences`: bids that were dropped meet what the others left.
    const STAGES: [Stage; 4] = [Stage::Separate, Stage::HighToLow, Stage::LowToHigh, Stage::UniformPrice];
    proptest!(config(), |(orders in labelled(), stage in proptest::sample::select(STAGES.as_slice()))| {
        let book = book(&orders);
        let (once, twice) = (cleared(&pipeline(&[stage]), &book), cleared(&pipeline(&[stage, stage]), &book));
        prop_assert_eq!((&once.bid_fills, &once.offer_fills), (&twice.bid_fills, &twice.offer_fills));
    });
}
