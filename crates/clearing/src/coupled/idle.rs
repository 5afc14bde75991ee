//! The last claim tried: every carrier alone and every offer idle, which is right where nothing gains by
//! converting or storing.

use crate::{Workspace, selection};
use market::rule::Cut;
use market::rule::coupled::{Coupled, Node};
use market::{Claim, ConversionClaim, Energy, NodeClaim, Price, Side, StorageClaim};

/// The claim.
pub(super) fn claim(problem: &Coupled<'_>, workspace: &mut Workspace) -> Claim {
    let node = |node: &Node<'_>| {
        let book = node.book;
        let best =
            |limits: &mut dyn Iterator<Item = Price>, fold: fn(Price, Price) -> Price| limits.reduce(fold);
        let (lo, hi) = selection::equilibrium(book, &mut workspace.selection).unwrap_or_else(|| {
            let bid = best(&mut book.bids.iter().map(|bid| bid.limit), Price::max);
            let offer = best(&mut book.offers.iter().map(|offer| offer.limit), Price::min);
            (bid.unwrap_or(node.collar.0), offer.unwrap_or(node.collar.1))
        });
        let price = Price(lo.0 + node.k.of(hi.0 - lo.0));
        let margin =
            Cut::at(book, price).map_or([Energy::ZERO; 2], |cut| Side::ALL.map(|side| cut.margin(side).1));
        NodeClaim { price, between: false, margin, short: [Energy::ZERO; 2] }
    };
    let conversion =
        |outputs: usize| ConversionClaim { input: Energy::ZERO, outputs: vec![Energy::ZERO; outputs] };
    let storage =
        |steps: usize| StorageClaim { flows: vec![Energy::ZERO; steps], values: vec![Price::ZERO; steps] };
    Claim::Coupled {
        nodes: problem.nodes.iter().map(node).collect(),
        conversions: problem.conversions.iter().map(|offer| conversion(offer.outputs.len())).collect(),
        storages: problem.storages.iter().map(|offer| storage(offer.nodes.len())).collect(),
    }
}
