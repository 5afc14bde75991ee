//! Why a claim about minimum fills and blocks is wrong, in words.

use super::Decisions;
use crate::rule::clearing::best;
use crate::rule::explain::no_meeting;
use crate::rule::{Clearing, Rule};
use crate::{Book, Claim, Price, Refused, Rejection, Side, Witness};
use alloc::format;
use alloc::string::String;

/// Where the claim differs from what the procedure gives for these books of consecutive intervals, or that it does
/// not. Intervals and refusals count from 0.
#[must_use]
pub fn explain(rule: &Rule, books: &[&Book], claim: &Claim, collar: (Price, Price)) -> String {
    let (Rule::UniformPriceBlocks { k }, Claim::Blocks { intervals, refused }) = (rule, claim) else {
        return format!("wrong: {}", Rejection::WrongClaim);
    };
    if intervals.len() != books.len() {
        let (claimed, right) = (intervals.len(), books.len());
        return format!(
            "wrong: the claim clears {claimed} intervals, where {right} closed books follow each other"
        );
    }
    let decisions = Decisions::of(*k, books, collar);
    let right = decisions.refused();
    let last = right.len().max(refused.len());
    if let Some(number) = (0..last).find(|number| refused.get(*number) != right.get(*number)) {
        return format!(
            "wrong: as refusal {number} the procedure gives {}, the claim {}",
            order(right.get(number)),
            order(refused.get(number))
        );
    }
    let mut out = Clearing::default();
    for (interval, witness) in intervals.iter().enumerate() {
        if decisions.settle(interval, *witness, &mut out).is_ok() {
            continue;
        }
        let book = decisions.auction(interval);
        let why = match (witness, best(&book)) {
            (Witness::Equilibrium(price), _) if !decisions.admits(*price) => {
                format!("{price} is outside the market's floor and cap")
            }
            (Witness::Equilibrium(price), _) => no_meeting(&book.bids, &book.offers, *price),
            (Witness::NoTrade, (Some(bid), Some(offer))) => {
                format!("nothing is traded, but the best bid {bid} ≥ the best offer {offer}")
            }
            (Witness::NoTrade, _) => String::from("nothing is traded"),
        };
        return format!("wrong: in interval {interval}, {why}");
    }
    format!("right: {} intervals, each at its own price, {} orders refused", books.len(), right.len())
}

fn order(refused: Option<&Refused>) -> String {
    let Some(Refused { interval, side, position }) = refused else { return String::from("none") };
    let side = if *side == Side::Buy { "bid" } else { "offer" };
    format!("the {side} at position {position} of interval {interval}")
}
