//! A right claim that is changed is refused, by number, and the refusal can be explained.

use super::{Labelled, book, labelled, pipeline, pipelines};
use crate::books::{COLLAR, accepted};
use market::rule::{Clearing, Stage, check, explain};
use market::{AuctionClaim, Claim, Price, Quality, Rejection, Side, Witness};
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

#[test]
fn a_refusal_names_the_auction_and_says_why() {
    let order = |wish, quality| Labelled { wish, quality, premium: 0 };
    let book = book(&[
        order((Side::Buy, 6, 30, 10), Quality::GreenLocal),
        order((Side::Buy, 7, 20, 10), Quality::Any),
        order((Side::Sell, 8, 10, 20), Quality::Any),
    ]);
    let rule = pipeline(&[Stage::SatisfyPreferences, Stage::UniformPrice]);
    let auction = |witness, dropped_green| AuctionClaim { witness, dropped_local: u32::MAX, dropped_green };
    let at = |price| Witness::Equilibrium(Price(price));
    let says = |auctions: &[AuctionClaim]| {
        explain(&rule, &book, &Claim::Pipeline { auctions: auctions.to_vec() }, COLLAR)
    };
    // Both bids meet the offer; no green energy is sold, so the first leaves, and meets what is left without a label.
    let (first, second, third) = (auction(at(10), 0), auction(at(10), u32::MAX), auction(at(10), u32::MAX));
    let none = auction(Witness::NoTrade, u32::MAX);
    let rows = [
        (
            vec![first, second, third],
            "right: 20 Wh in 2 of 2 auctions, each at its own price, welfare 300 n€",
        ),
        (
            vec![second, third],
            "wrong: auction 0 (satisfy_preferences) does not drop the first bid of each label that the cleared \
             offers cannot supply",
        ),
        (
            vec![first, none, third],
            "wrong: auction 1 (satisfy_preferences) trades nothing, but its best bid reaches its best offer",
        ),
        (vec![first, second], "wrong: the claim names fewer auctions than the stages take: 2"),
        (vec![first], "wrong: the claim names fewer auctions than the stages take: 1"),
        (vec![first, second, third, none], "wrong: the claim goes on after auction 3, where the stages end"),
        (
            vec![first, second, auction(at(12), u32::MAX)],
            "wrong: in auction 2 (uniform_price), 12 n€/Wh is an equilibrium price, but the lowest one is 10 n€/Wh",
        ),
        (
            vec![first, second, auction(at(31), u32::MAX)],
            "wrong: in auction 2 (uniform_price), offers below 31 n€/Wh must give 10 Wh, but bids from there on take \
             only 0 Wh",
        ),
        (vec![first, second, first], "wrong: auction 2 (uniform_price) drops bids, which its stage does not"),
    ];
    for (auctions, words) in rows {
        assert_eq!(says(&auctions), words);
    }
}
