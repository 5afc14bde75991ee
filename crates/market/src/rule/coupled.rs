//! `coupled`: several carriers, over one or more intervals, cleared together with offers to convert and to store.
//!
//! A *node* is a carrier in an interval. The right outcome is an optimum of a linear programme: maximise Σ ℓ·f over
//! bids − Σ ℓ·f over offers − what conversions and storages cost, such that at every node what is sold, given by
//! conversions and by storages is what is bought and taken by them. Prices π of the nodes, and values ν of a Wh held,
//! bound the welfare of every outcome (weak duality); an outcome that meets the conditions of complementary slackness
//! reaches the bound, so the check needs sums and products only.
//!
//! Two things are whole numbers here that are none in the programme. A *price*: the claim names ⌊π⌋ and whether π is
//! strictly above it; buyers pay ⌈π⌉, sellers receive ⌊π⌋. Every condition must hold for some π within these limits. A
//! *quantity*: a conversion comes in whole Wh, and the next Wh it would take or give can be missing at a node; where
//! no order at the price can make up for it, orders better than the price are short of it ([`Wrong::Short`] bounds it).
//! What that costs all of them together at most is [`gap`].

mod bound;
mod conversion;
mod explain;
mod node;
mod span;
mod storage;

pub use bound::{allowance, bound, gap, welfare};
pub use explain::{Wrong, explain};

use super::Clearing;
use crate::{
    Book, Carrier, ConversionClaim, DeliveryInterval, Energy, Fraction, MAX_PRICE, NodeClaim, Price,
    Rejection, StorageClaim,
};
use alloc::vec::Vec;
use node::Flow;
use span::Span;

/// What is cleared together. A *node* is one carrier in one interval.
#[derive(Clone, Debug, Default)]
pub struct Coupled<'a> {
    /// By interval, then by carrier in canonical order; the same carriers in every interval, intervals in a row.
    pub nodes: Vec<Node<'a>>,
    /// In the order of intervals and of arrival there.
    pub conversions: Vec<Converter>,
    /// In the order of first intervals and of arrival there.
    pub storages: Vec<Reservoir>,
}

/// One carrier in one interval.
#[derive(Clone, Copy, Debug)]
pub struct Node<'a> {
    /// Of what.
    pub carrier: Carrier,
    /// When.
    pub interval: DeliveryInterval,
    /// Its live orders.
    pub book: &'a Book,
    /// Where between the ends of the equilibrium prices the price lies.
    pub k: Fraction,
    /// Lowest and highest limit of an order, n€/Wh. A price may lie beyond where a conversion must get rid of what it
    /// gives, or is worth more than any bid; that is better for every order it fills.
    pub collar: (Price, Price),
}

/// A conversion offer among nodes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Converter {
    /// Place of the node that it takes from.
    pub input: usize,
    /// Places of the nodes that it gives to, with the ratios, parts per million, > 0; one or two.
    pub outputs: Vec<(usize, u32)>,
    /// Most input, Wh, > 0.
    pub capacity: Energy,
    /// n€ per Wh of input, ≥ 0.
    pub cost: Price,
}

/// A storage offer among nodes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reservoir {
    /// Places of its carrier's nodes, one per interval.
    pub nodes: Vec<usize>,
    /// Most taken and most given per interval, Wh.
    pub power: [Energy; 2],
    /// Most held, Wh.
    pub capacity: Energy,
    /// Held before the first interval, and at least after the last, Wh.
    pub levels: [Energy; 2],
    /// Stored per Wh taken, given per Wh withdrawn, left per Wh held for an interval, parts per million, the first two
    /// at least [`LEAST_EFFICIENCY`].
    pub efficiencies: [u32; 3],
    /// n€ per Wh given, ≥ 0.
    pub cost: Price,
}

impl<'a> Coupled<'a> {
    /// A single book without offers; of which carrier and interval plays no part.
    #[must_use]
    pub fn single(book: &'a Book, k: Fraction, collar: (Price, Price)) -> Self {
        let interval = DeliveryInterval { start: 0, duration: 900 };
        let node = Node { carrier: Carrier::Electricity, interval, book, k, collar };
        Self { nodes: alloc::vec![node], ..Self::default() }
    }
}

/// The worst a storage may be at taking and at giving, parts per million: so that what a Wh held is worth stays within
/// [`MAX_VALUE`].
pub const LEAST_EFFICIENCY: u32 = 10_000;

/// The largest value of a Wh held that a claim may name, n€/Wh.
pub const MAX_VALUE: Price = Price(100 * MAX_PRICE.0);

/// The three parts of a claim.
pub type Parts<'a> = (&'a [NodeClaim], &'a [ConversionClaim], &'a [StorageClaim]);

/// Whether the claim is right; if so, `outs` holds the outcome of every node.
///
/// Where no offer touches a node, its part of the claim is that of `uniform_price` under the convention `equilibrium`.
/// Elsewhere several prices can be right; the claim's are optimal, and it says nothing about others.
///
/// The problem must be as the state builds it: places of nodes exist, orders as for [`crate::rule::check`], energies
/// within [`crate::MAX_ENERGY`], what a conversion gives at its capacity too. After a refusal the content of `outs`
/// means nothing.
///
/// # Errors
/// The number of what is wrong with the claim; [`explain()`] says more.
pub fn check(problem: &Coupled<'_>, claim: Parts<'_>, outs: &mut [Clearing]) -> Result<(), Rejection> {
    examine(problem, claim, outs).map_err(|wrong| wrong.rejection())
}

fn examine(problem: &Coupled<'_>, claim: Parts<'_>, outs: &mut [Clearing]) -> Result<(), Wrong> {
    let (nodes, conversions, storages) = claim;
    if !fits(problem, claim) || outs.len() < nodes.len() {
        return Err(Wrong::Shape);
    }
    let mut spans = Vec::with_capacity(nodes.len());
    for (node, claimed) in nodes.iter().enumerate() {
        spans.push(Span::of_price(claimed).ok_or(Wrong::Price { node })?);
    }
    let mut flows = alloc::vec![Flow::default(); nodes.len()];
    for (number, (converter, does)) in problem.conversions.iter().zip(conversions).enumerate() {
        converter.enter(does, &spans, &mut flows).ok_or(Wrong::Conversion { number })?;
    }
    for (number, (reservoir, does)) in problem.storages.iter().zip(storages).enumerate() {
        reservoir.enter(does, &mut flows).ok_or(Wrong::Storage { number })?;
    }
    for (number, (((node, claimed), flow), out)) in
        problem.nodes.iter().zip(nodes).zip(&flows).zip(outs).enumerate()
    {
        node::clear(number, node, claimed, flow, out)?;
    }
    for (number, (converter, does)) in problem.conversions.iter().zip(conversions).enumerate() {
        if !converter.is_content(does, &spans) {
            return Err(Wrong::Dispatch { number });
        }
    }
    for (number, (reservoir, does)) in problem.storages.iter().zip(storages).enumerate() {
        if let Some(interval) = reservoir.discontent(does, &spans) {
            return Err(Wrong::Use { number, interval });
        }
    }
    match conversion::unfair(&problem.conversions, conversions) {
        Some((number, right)) => Err(Wrong::Share { number, right }),
        None => Ok(()),
    }
}

/// Whether the claim has a part for everything and nothing else.
fn fits(problem: &Coupled<'_>, (nodes, conversions, storages): Parts<'_>) -> bool {
    let outputs = |(offer, does): (&Converter, &ConversionClaim)| offer.outputs.len() == does.outputs.len();
    let steps = |(offer, does): (&Reservoir, &StorageClaim)| {
        offer.nodes.len() == does.flows.len() && offer.nodes.len() == does.values.len()
    };
    nodes.len() == problem.nodes.len()
        && conversions.len() == problem.conversions.len()
        && storages.len() == problem.storages.len()
        && problem.conversions.iter().zip(conversions).all(outputs)
        && problem.storages.iter().zip(storages).all(steps)
}
