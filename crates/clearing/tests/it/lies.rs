//! A right claim that is changed is refused, by number, and the refusal can be explained.

use crate::books::{COLLAR, accepted, auctions, book, wishes};
use crate::reference;
use market::rule::{Clearing, Rule, check, explain};
use market::{Book, Claim, Price, Rejection};
use proptest::prelude::*;

fn refused(rule: &Rule, book: &Book, claim: &Claim, by: &[Rejection]) {
    let rejection =
        check(rule, book, claim, COLLAR, &mut Clearing::default()).expect_err("a lie was accepted");
    assert!(by.contains(&rejection), "{rejection}");
    assert!(explain(rule, book, claim, COLLAR).starts_with("wrong: "));
}

#[test]
fn every_change_of_a_right_claim_is_refused() {
    use Rejection::{MeritOrder, NotEquilibrium, TradeLeft, WrongClaim, WrongPrice};
    proptest!(ProptestConfig::with_cases(10_000), |(wishes in wishes(), shift in 1_i64..1000, pick in any::<prop::sample::Index>())| {
        let book = book(&wishes);
        let outcome = reference::clear(&book);
        for rule in auctions() {
            let right = outcome.claim(&rule);
            accepted(&rule, &book, &right);
            assert!(explain(&rule, &book, &right, COLLAR).starts_with("right: "));
            refused(&rule, &book, &Claim::Metered, &[WrongClaim]);
            match &right {
                Claim::Nothing => {
                    let (equilibrium, price) = (Price(shift), Price(shift));
                    let lie = match rule {
                        Rule::PayAsBid { .. } => Claim::PayAsBid { equilibrium, bids: vec![], offers: vec![] },
                        _ => Claim::UniformPrice { equilibrium, price },
                    };
                    refused(&rule, &book, &lie, &[NotEquilibrium]);
                }
                Claim::UniformPrice { equilibrium, price } => {
                    refused(&rule, &book, &Claim::Nothing, &[TradeLeft]);
                    for by in [-shift, -1, 1, shift] {
                        let lie = Claim::UniformPrice { equilibrium: *equilibrium, price: Price(price.0 + by) };
                        refused(&rule, &book, &lie, &[WrongPrice]);
                        let lie = Claim::UniformPrice { equilibrium: Price(equilibrium.0 + by), price: *price };
                        refused(&rule, &book, &lie, &[WrongPrice, NotEquilibrium]);
                        let both = Claim::UniformPrice { equilibrium: Price(equilibrium.0 + by), price: Price(price.0 + by) };
                        refused(&rule, &book, &both, &[WrongPrice, NotEquilibrium]);
                    }
                }
                Claim::PayAsBid { equilibrium, bids, offers } => {
                    refused(&rule, &book, &Claim::Nothing, &[TradeLeft]);
                    for by in [-shift, -1, 1, shift] {
                        let lie = Claim::PayAsBid { equilibrium: Price(equilibrium.0 + by), bids: bids.clone(), offers: offers.clone() };
                        refused(&rule, &book, &lie, &[NotEquilibrium]);
                    }
                    for changed in changes(bids, &pick, book.bids.len() as u32) {
                        let lie = Claim::PayAsBid { equilibrium: *equilibrium, bids: changed, offers: offers.clone() };
                        refused(&rule, &book, &lie, &[MeritOrder]);
                    }
                    for changed in changes(offers, &pick, book.offers.len() as u32) {
                        let lie = Claim::PayAsBid { equilibrium: *equilibrium, bids: bids.clone(), offers: changed };
                        refused(&rule, &book, &lie, &[MeritOrder]);
                    }
                }
                Claim::Metered => unreachable!(),
            }
        }
    });
}

/// Every way to spoil a merit order of a side with `all` orders.
fn changes(order: &[u32], pick: &prop::sample::Index, all: u32) -> Vec<Vec<u32>> {
    let at = pick.index(order.len());
    let with = |change: &dyn Fn(&mut Vec<u32>)| {
        let mut changed = order.to_vec();
        change(&mut changed);
        changed
    };
    let mut changed = vec![
        with(&|order| {
            order.remove(at);
        }),
        with(&|order| order.insert(at, order[at])),
        with(&|order| order.push(all)),
        with(&|order| order[at] = all),
        with(&|order| order[at] = u32::MAX),
        Vec::new(),
    ];
    for other in 0..order.len() {
        if other != at {
            changed.push(with(&|order| order.swap(at, other)));
            changed.push(with(&|order| order[at] = order[other]));
        }
    }
    for stranger in (0..all).filter(|stranger| !order.contains(stranger)) {
        changed.push(with(&|order| order[at] = stranger));
        changed.push(with(&|order| order.insert(at, stranger)));
    }
    changed
}
