//! From a book to the claim that the rule's check accepts.

use crate::{Workspace, bilateral, clear_blocks, clear_coupled, merit, pipeline, selection, vcg};
use market::rule::coupled::Coupled;
use market::rule::{Cut, Rule};
use market::{Book, Claim, Price, PriceConvention, Side};

/// The right outcome of `book` under `rule`, which [`market::rule::check`] accepts. There is exactly one, but under
/// `bilateral`, where trades that share a tie differently are as good.
///
/// `collar` is the market's floor and cap, as for the check; the orders of the book lie within it.
#[must_use]
pub fn clear(rule: &Rule, book: &Book, collar: (Price, Price), workspace: &mut Workspace) -> Claim {
    if !rule.takes_orders() {
        return Claim::Metered;
    }
    match rule {
        Rule::Continuous => return Claim::Continuous,
        Rule::UniformPriceBlocks { k } => return clear_blocks(*k, &[book], collar, workspace),
        Rule::Pipeline { stages, k } => return pipeline::clear((*stages, *k), book, collar, workspace),
        Rule::Bilateral { charges } => return bilateral::clear(charges, book),
        Rule::Coupled { k } => return clear_coupled(&Coupled::single(book, *k, collar), workspace),
        _ => {}
    }
    let Some((lo, hi)) = selection::equilibrium(book, &mut workspace.selection) else {
        return Claim::Nothing;
    };
    let cut = || Cut::at(book, lo).expect("the search found an equilibrium price");
    match rule {
        Rule::UniformPrice { convention: PriceConvention::Equilibrium, k }
        | Rule::AuctionFirst { convention: PriceConvention::Equilibrium, k, .. } => {
            let price = Price(lo.0 + k.of(hi.0 - lo.0));
            Claim::UniformPrice { equilibrium: price, price }
        }
        Rule::UniformPrice { convention: PriceConvention::LastPair, k }
        | Rule::AuctionFirst { convention: PriceConvention::LastPair, k, .. } => {
            let (equilibrium, price) = cut().prices(PriceConvention::LastPair, *k);
            Claim::UniformPrice { equilibrium, price }
        }
        Rule::PayAsBid { .. } => {
            let cut = cut();
            let bids = merit::filled(Side::Buy, book, &cut, &mut workspace.merit);
            let offers = merit::filled(Side::Sell, book, &cut, &mut workspace.merit);
            Claim::PayAsBid { equilibrium: lo, bids, offers }
        }
        Rule::TradeReduction => Claim::TradeReduction { equilibrium: lo },
        Rule::Vcg => Claim::Vcg { equilibrium: lo, without: vcg::without(book, &cut(), workspace) },
        _ => Claim::Metered,
    }
}
