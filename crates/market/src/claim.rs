//! A claim: what somebody says is the outcome of a clearing. [`crate::rule::check`] decides whether it is right.

use crate::Price;
use alloc::vec::Vec;

/// The outcome of one clearing, as claimed by whoever searched for it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Claim {
    /// Nothing can be traded: no bid reaches an offer.
    Nothing,
    /// One price for all.
    UniformPrice {
        /// The equilibrium price that proves the allocation, n€/Wh (`lo` where the convention is `last_pair`).
        equilibrium: Price,
        /// The price paid, n€/Wh.
        price: Price,
    },
    /// Matched in merit order, each pair at its own price.
    PayAsBid {
        /// The equilibrium price that proves the allocation, n€/Wh.
        equilibrium: Price,
        /// Positions (in `Book::bids`) of the bids that are filled, best first.
        bids: Vec<u32>,
        /// Positions (in `Book::offers`) of the offers that are filled, best first.
        offers: Vec<u32>,
    },
    /// The rule works on metered energy and is recomputed from the readings.
    Metered,
}
