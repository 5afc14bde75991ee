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
    let pick = any::<prop::sample::Index>();
    proptest!(ProptestConfig::with_cases(ProptestConfig::default().cases.max(10_000)), |(wishes in wishes(), shift in 1_i64..1000, pick in pick)| {
        let book = book(&wishes);
        let outcome = reference::clear(&book);
        for rule in auctions() {
            let right = outcome.claim(&rule);
            accepted(&rule, &book, &right);
            assert!(explain(&rule, &book, &right, COLLAR).starts_with("right: "));
            for (lie, by) in lies(&rule, &book, &right, shift, pick) {
                refused(&rule, &book, &lie, by);
            }
        }
    });
}

/// Changes of a right claim, and the rejections that may answer them.
fn lies(
    rule: &Rule,
    book: &Book,
    right: &Claim,
    shift: i64,
    pick: prop::sample::Index,
) -> Vec<(Claim, &'static [Rejection])> {
    use Rejection::{MeritOrder, NotEquilibrium, TradeLeft, WrongClaim, WrongPrice};
    let mut lies: Vec<(Claim, &[Rejection])> = vec![(Claim::Metered, &[WrongClaim])];
    let uniform =
        |equilibrium, price| Claim::UniformPrice { equilibrium: Price(equilibrium), price: Price(price) };
    let paired = |equilibrium, bids: &[u32], offers: &[u32]| Claim::PayAsBid {
        equilibrium: Price(equilibrium),
        bids: bids.to_vec(),
        offers: offers.to_vec(),
    };
    let shifts = [-shift, -1, 1, shift];
    match right {
        Claim::Nothing if matches!(rule, Rule::PayAsBid { .. }) => {
            lies.push((paired(shift, &[], &[]), &[NotEquilibrium]));
            lies.push((uniform(shift, shift), &[WrongClaim]));
        }
        Claim::Nothing => {
            lies.push((uniform(shift, shift), &[NotEquilibrium]));
            lies.push((paired(shift, &[], &[]), &[WrongClaim]));
        }
        Claim::UniformPrice { equilibrium, price } => {
            lies.push((Claim::Nothing, &[TradeLeft]));
            for far in [i64::MIN, i64::MAX] {
                lies.push((uniform(far, far), &[NotEquilibrium]));
                lies.push((uniform(equilibrium.0, far), &[WrongPrice]));
            }
            for by in shifts {
                lies.push((uniform(equilibrium.0, price.0 + by), &[WrongPrice]));
                lies.push((uniform(equilibrium.0 + by, price.0), &[WrongPrice, NotEquilibrium]));
                lies.push((uniform(equilibrium.0 + by, price.0 + by), &[WrongPrice, NotEquilibrium]));
            }
        }
        Claim::PayAsBid { equilibrium, bids, offers } => {
            lies.push((Claim::Nothing, &[TradeLeft]));
            for wrong in shifts.map(|by| equilibrium.0 + by).into_iter().chain([i64::MIN, i64::MAX]) {
                lies.push((paired(wrong, bids, offers), &[NotEquilibrium]));
            }
            for changed in changes(bids, &pick, book.bids.len() as u32) {
                lies.push((paired(equilibrium.0, &changed, offers), &[MeritOrder]));
            }
            for changed in changes(offers, &pick, book.offers.len() as u32) {
                lies.push((paired(equilibrium.0, bids, &changed), &[MeritOrder]));
            }
        }
        _ => unreachable!("the claims of the two auctions"),
    }
    lies
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
