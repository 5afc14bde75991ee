//! A right claim that is changed is refused, by number, and the refusal can be explained.

use super::{book, labelled, pipelines};
use crate::books::{COLLAR, accepted};
use market::rule::{Clearing, check, explain};
use market::{AuctionClaim, Claim, Price, Rejection, Witness};
use proptest::prelude::*;

#[test]
fn every_change_of_a_right_claim_is_refused() {
    use Rejection::{NotEquilibrium, TradeLeft, WrongClaim, WrongStage};
    let config = ProptestConfig::with_cases(ProptestConfig::default().cases.max(10_000));
    proptest!(config, |(orders in labelled(), rule in pipelines(), shift in 2_i64..1000, pick in any::<prop::sample::Index>())| {
        let book = book(&orders);
        let right = clearing::clear(&rule, &book, COLLAR, &mut clearing::Workspace::new());
        accepted(&rule, &book, &right);
        assert!(explain(&rule, &book, &right, COLLAR).starts_with("right: "));
        let Claim::Pipeline { auctions } = &right else { panic!("a pipeline") };
        let refused = |claim: &Claim, by: &[Rejection]| {
            if *claim == right {
                return;
            }
            let rejection = check(&rule, &book, claim, COLLAR, &mut Clearing::default())
                .expect_err("a lie was accepted");
            assert!(by.contains(&rejection), "{rejection}: {claim:?} instead of {right:?}");
            assert!(explain(&rule, &book, claim, COLLAR).starts_with("wrong: "));
        };
        let changed = |change: &dyn Fn(&mut Vec<AuctionClaim>)| {
            let mut auctions = auctions.clone();
            change(&mut auctions);
            Claim::Pipeline { auctions }
        };
        let any_of = [NotEquilibrium, TradeLeft, WrongStage];
        refused(&Claim::Nothing, &[WrongClaim]);
        refused(&Claim::UniformPrice { equilibrium: Price(shift), price: Price(shift) }, &[WrongClaim]);
        refused(&Claim::Pipeline { auctions: Vec::new() }, &[WrongStage]);
        let at = pick.index(auctions.len());
        let AuctionClaim { witness, dropped_local, dropped_green } = auctions[at];
        match witness {
            Witness::NoTrade => {
                for price in [0, shift, -shift] {
                    let witness = Witness::Equilibrium(Price(price));
                    refused(&changed(&|auctions| auctions[at].witness = witness), &[NotEquilibrium]);
                }
            }
            Witness::Equilibrium(price) => {
                // Of a round that drops somebody, or of an auction in which bids reach offers.
                refused(&changed(&|auctions| auctions[at].witness = Witness::NoTrade), &[TradeLeft, WrongStage]);
                for by in [-shift, -1, 1, shift] {
                    let witness = Witness::Equilibrium(price + Price(by));
                    refused(&changed(&|auctions| auctions[at].witness = witness), &[NotEquilibrium]);
                }
            }
        }
        for other in (0..=book.bids.len() as u32).chain([u32::MAX]) {
            refused(&changed(&|auctions| auctions[at].dropped_local = other), &any_of);
            refused(&changed(&|auctions| auctions[at].dropped_green = other), &any_of);
            refused(&changed(&|auctions| {
                (auctions[at].dropped_local, auctions[at].dropped_green) = (other, other);
            }), &any_of);
        }
        refused(&changed(&|auctions| {
            (auctions[at].dropped_local, auctions[at].dropped_green) = (dropped_green, dropped_local);
        }), &any_of);
        refused(&changed(&|auctions| { auctions.remove(at); }), &any_of);
        refused(&changed(&|auctions| auctions.push(auctions[at])), &any_of);
        refused(&changed(&|auctions| auctions.insert(at, auctions[at])), &any_of);
        for other in 0..auctions.len() {
            refused(&changed(&|auctions| auctions.swap(at, other)), &any_of);
            refused(&changed(&|auctions| auctions.truncate(other)), &any_of);
        }
    });
}
