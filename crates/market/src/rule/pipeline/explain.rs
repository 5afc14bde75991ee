//! Why a claim about a pipeline is wrong, in words.

use super::{Stage, is_last};
use crate::rule::{Clearing, explain::no_meeting};
use crate::{Claim, Rejection, Rule, Side, Witness};
use alloc::format;
use alloc::string::String;

/// What a right claim about a pipeline says.
pub(in crate::rule) fn describe(out: &Clearing) -> String {
    let traded = out.auctions.list.iter().filter(|auction| !auction.volume.is_zero()).count();
    let all = out.auctions.list.len();
    format!(
        "right: {} in {traded} of {all} auctions, each at its own price, welfare {}",
        out.volume, out.welfare
    )
}

/// Which auction of the claim was refused, and why; `out` is as the check left it.
pub(in crate::rule) fn explain(rule: &Rule, claim: &Claim, rejection: Rejection, out: &Clearing) -> String {
    let (Rule::Pipeline { stages, .. }, Claim::Pipeline { auctions }) = (rule, claim) else {
        return format!("wrong: {rejection}");
    };
    let number = out.auctions.seen;
    let mut names =
        stages.as_slice().iter().flat_map(|stage| stage.labels().iter().map(|label| (*stage, *label)));
    let Some((stage, label)) = names.nth(out.auctions.list.len()) else {
        return format!("wrong: the claim goes on after auction {number}, where the stages end");
    };
    let rest = auctions.get(number..).unwrap_or(&[]);
    let ends = stage != Stage::SatisfyPreferences || rest.iter().any(is_last);
    let Some(claimed) = rest.first().filter(|_| ends) else {
        return format!("wrong: the claim names fewer auctions than the stages take: {}", auctions.len());
    };
    let label = label.map_or(String::new(), |label| format!(", {}", label.name()));
    let auction = format!("auction {number} ({}{label})", stage.name());
    match (rejection, claimed.witness) {
        (Rejection::TradeLeft, _) => {
            format!("wrong: {auction} trades nothing, but its best bid reaches its best offer")
        }
        (Rejection::NotEquilibrium, Witness::Equilibrium(price)) if stage != Stage::SatisfyPreferences => {
            let course = &out.scratch.course;
            format!(
                "wrong: in {auction}, {}",
                no_meeting(course.orders(Side::Buy), course.orders(Side::Sell), price)
            )
        }
        (Rejection::NotEquilibrium, _) => {
            format!("wrong: {auction} does not name the lowest price at which its bids and offers meet")
        }
        (Rejection::WrongStage, _) if stage == Stage::SatisfyPreferences => format!(
            "wrong: {auction} does not drop the first bid of each label that the cleared offers cannot supply"
        ),
        _ => format!("wrong: {auction} drops bids, which its stage does not"),
    }
}
