//! Coupled clearings: what the search finds against an independent solver, against each carrier alone,
//! against cases worked by hand, and on random problems of every kind.

mod cases;
mod instance;
mod random;

use clearing::{Workspace, clear_coupled};
use market::rule::Clearing;
use market::rule::coupled::{Coupled, Node, Parts, check, explain, gap, welfare};
use market::{Claim, ConversionClaim, Energy, Money, NodeClaim, PPM, Price, StorageClaim};

/// A claim that the market accepted, and its outcome.
pub(crate) struct Cleared {
    pub(crate) nodes: Vec<NodeClaim>,
    pub(crate) conversions: Vec<ConversionClaim>,
    pub(crate) storages: Vec<StorageClaim>,
    pub(crate) outs: Vec<Clearing>,
}

impl Cleared {
    /// What the search finds, if the check accepts it; else in words why not.
    pub(crate) fn of(problem: &Coupled<'_>) -> Result<Self, String> {
        let Claim::Coupled { nodes, conversions, storages } = clear_coupled(problem, &mut Workspace::new())
        else {
            return Err("the offers are to be set aside".into());
        };
        let mut outs = vec![Clearing::default(); nodes.len()];
        let parts = (&nodes[..], &conversions[..], &storages[..]);
        check(problem, parts, &mut outs).map_err(|_| explain(problem, parts))?;
        Ok(Self { nodes, conversions, storages, outs })
    }

    pub(crate) fn parts(&self) -> Parts<'_> {
        (&self.nodes, &self.conversions, &self.storages)
    }

    pub(crate) fn welfare(&self, problem: &Coupled<'_>) -> Money {
        welfare(problem, self.parts(), &self.outs)
    }

    /// How much more welfare than this there could be at most, as its own prices prove.
    pub(crate) fn gap(&self, problem: &Coupled<'_>) -> Money {
        gap(problem, self.parts(), &self.outs)
    }

    /// What whole Wh may gain beyond the programme, n€: a conversion gives a Wh less than its ratio says at
    /// an output where energy has a negative price. Such a price is a limit times a ratio, or over one.
    pub(crate) fn withheld(&self, problem: &Coupled<'_>) -> f64 {
        let limit = |node: &Node<'_>| {
            node.book.bids.iter().chain(&node.book.offers).map(|order| order.limit.0.unsigned_abs()).max()
        };
        let farthest = problem.nodes.iter().filter_map(limit).max().unwrap_or(0) as f64;
        let (mut lost, mut steepest) = (0.0, 1.0_f64);
        for (offer, does) in problem.conversions.iter().zip(&self.conversions) {
            for ((_, ratio), given) in offer.outputs.iter().zip(&does.outputs) {
                let ratio = f64::from(*ratio) / f64::from(PPM);
                steepest = steepest.max(ratio).max(ratio.recip());
                lost += does.input.0 as f64 * ratio - given.0 as f64;
            }
        }
        lost * farthest * steepest
    }

    /// What all who pay pay less what all who receive receive, n€: it goes to the community.
    pub(crate) fn surplus(&self) -> Money {
        let spread = |node: &NodeClaim, out: &Clearing| {
            let between = node.between && out.volume > Energy::ZERO;
            out.volume * Price(i64::from(between))
        };
        self.nodes.iter().zip(&self.outs).map(|(node, out)| spread(node, out)).sum()
    }
}
