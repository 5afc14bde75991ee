//! An order book: the live orders of one carrier and delivery interval, in order of arrival.
//!
//! Canonical order of orders: price (bids from the highest, offers from the lowest), then arrival. At an
//! auction's margin it is price, the account's first arrival at that price, arrival, so that splitting an order
//! inside one account gains nothing.

use crate::{AccountId, Details, Energy, MeterId, Price, Side};
use alloc::vec::Vec;

/// One live order, packed so that two fit a cache line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(C)]
pub struct BookOrder {
    /// Limit price, n€/Wh.
    pub limit: Price,
    /// What is still open, Wh, > 0.
    pub energy: Energy,
    /// Who.
    pub account: AccountId,
    /// Where.
    pub meter: MeterId,
    /// Place of arrival on this side of the book; strictly increasing along the vector.
    pub arrival: u32,
    /// How long it stays.
    pub time_in_force: crate::TimeInForce,
}

/// The two sides of a book, each sorted by arrival and nothing else.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Book {
    /// Orders to buy.
    pub bids: Vec<BookOrder>,
    /// Orders to sell.
    pub offers: Vec<BookOrder>,
    /// Per side, what the orders ask for beside: same index, or empty where the rule grants no wishes.
    pub details: [Vec<Details>; 2],
}

impl Book {
    /// The orders of one side.
    #[must_use]
    pub fn orders(&self, side: Side) -> &[BookOrder] {
        match side {
            Side::Buy => &self.bids,
            Side::Sell => &self.offers,
        }
    }

    /// What the order at this position of a side asks for beside; nothing where the book keeps none.
    #[must_use]
    pub fn details(&self, side: Side, position: usize) -> Details {
        self.details.get(side as usize).and_then(|details| details.get(position)).copied().unwrap_or_default()
    }
}
