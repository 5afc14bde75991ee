//! A claim: what somebody says is the outcome of a clearing. [`crate::rule::check`] decides whether it is right.

use crate::{Energy, Price, Side};
use alloc::vec::Vec;

/// The outcome of one clearing, as claimed by whoever searched for it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Claim {
    /// Nothing can be traded: no bid reaches an offer. Under `coupled`: no right claim was found, and the offers to
    /// convert and to store are set aside.
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
    /// McAfee's double auction: everything follows from the efficient allocation.
    TradeReduction {
        /// The lowest equilibrium price, which proves the efficient allocation, n€/Wh.
        equilibrium: Price,
    },
    /// Vickrey–Clarke–Groves payments.
    Vcg {
        /// The lowest equilibrium price, n€/Wh.
        equilibrium: Price,
        /// Per account with a fill, from the lowest number up: what proves the welfare of the others without it.
        without: Vec<Witness>,
    },
    /// Traded on arrival; what is left lapses or stays.
    Continuous,
    /// Stages over one book, each a sequence of uniform-price auctions.
    Pipeline {
        /// The auctions of all stages, in their order.
        auctions: Vec<AuctionClaim>,
    },
    /// Trades between pairs that differ in charges and preferences.
    Bilateral {
        /// The trades, by bid, then by offer.
        trades: Vec<PairClaim>,
        /// Per bid, what energy is worth to it at the margin, n€/Wh.
        bid_prices: Vec<Price>,
        /// Per offer, what energy costs it at the margin, n€/Wh.
        offer_prices: Vec<Price>,
    },
    /// One price per interval, with minimum fills and blocks.
    Blocks {
        /// Per delivery interval that is cleared together, the lowest equilibrium price once all is decided.
        intervals: Vec<Witness>,
        /// The orders that the procedure refused, in its order.
        refused: Vec<Refused>,
    },
    /// Several carriers, and several intervals, cleared together with conversions and storages.
    Coupled {
        /// Per interval cleared together, per coupled carrier in canonical order.
        nodes: Vec<NodeClaim>,
        /// Per conversion offer, in the order of intervals and of arrival there.
        conversions: Vec<ConversionClaim>,
        /// Per storage offer, in the order of first intervals and of arrival there.
        storages: Vec<StorageClaim>,
    },
}

/// One carrier in one interval of a coupled clearing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NodeClaim {
    /// The price, n€/Wh, rounded down: what sellers receive.
    pub price: Price,
    /// Whether the exact price lies strictly between `price` and the next whole one, which buyers pay then.
    pub between: bool,
    /// What the bids and the offers at the price trade, Wh.
    pub margin: [Energy; 2],
    /// What bids and offers better than the price lack because conversions come in whole Wh, Wh.
    pub short: [Energy; 2],
}

/// What one conversion offer does.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConversionClaim {
    /// What it takes, Wh.
    pub input: Energy,
    /// What each of its outputs gives, Wh: its ratio times the input less what whole Wh lose.
    pub outputs: Vec<Energy>,
}

/// What one storage offer does.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StorageClaim {
    /// Per interval, what it takes (negative: gives), Wh at the metering point.
    pub flows: Vec<Energy>,
    /// Per interval, what a Wh held at its end is worth, n€/Wh: proves that no other use is better.
    pub values: Vec<Price>,
}

/// What proves the outcome of one auction.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Witness {
    /// No bid reaches an offer.
    NoTrade,
    /// The lowest equilibrium price, n€/Wh.
    Equilibrium(Price),
}

/// One auction of a pipeline.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AuctionClaim {
    /// What proves its outcome.
    pub witness: Witness,
    /// Under `satisfy_preferences`: position of the first bid, in merit order, that asks for local energy and is
    /// dropped; `u32::MAX` for none.
    pub dropped_local: u32,
    /// The same among those that ask for green local energy.
    pub dropped_green: u32,
}

/// One trade of a bilateral market.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PairClaim {
    /// Position of the bid in [`crate::Book::bids`].
    pub bid: u32,
    /// Position of the offer in [`crate::Book::offers`].
    pub offer: u32,
    /// How much, Wh, > 0.
    pub energy: Energy,
}

/// An order with a minimum fill, or a block, that the procedure leaves out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Refused {
    /// Which of the intervals cleared together is its first.
    pub interval: u16,
    /// Its side.
    pub side: Side,
    /// Its position there.
    pub position: u32,
}
