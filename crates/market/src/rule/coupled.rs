//! `coupled`: several carriers, over one or more intervals, cleared together with offers to convert and to store.

use crate::{Book, Carrier, DeliveryInterval, Energy, Fraction, Price};
use alloc::vec::Vec;

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
    /// Lowest and highest price, n€/Wh.
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
    /// Stored per Wh taken, given per Wh withdrawn, left per Wh held for an interval, parts per million.
    pub efficiencies: [u32; 3],
    /// n€ per Wh given, ≥ 0.
    pub cost: Price,
}
