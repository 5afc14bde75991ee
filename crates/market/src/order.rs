//! Orders: what a party offers to buy or sell, and at which limit.

use crate::{AccountId, Carrier, DeliveryInterval, Energy, MeterId, Price};

/// Which way the energy goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(u8)]
pub enum Side {
    /// A bid: the account takes energy and pays.
    Buy = 0,
    /// An offer: the account gives energy and is paid.
    Sell = 1,
}

impl Side {
    /// Both sides, in canonical order.
    pub const ALL: [Self; 2] = [Self::Buy, Self::Sell];

    /// The name used in files, on the command line and in reports.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Buy => "buy",
            Self::Sell => "sell",
        }
    }
}

/// How long an order stays in the book.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(u8)]
pub enum TimeInForce {
    /// For the next clearing of its book; what it leaves unfilled lapses.
    NextClearing = 0,
    /// Until gate closure (good till cancelled): what one clearing leaves takes part in the next.
    GateClosure = 1,
    /// Immediate or cancel: what cannot be traded on arrival lapses (`continuous` only).
    ImmediateOrCancel = 2,
    /// Fill or kill: traded whole on arrival, or not at all (`continuous` only).
    FillOrKill = 3,
}

impl TimeInForce {
    /// Every kind, in canonical order.
    pub const ALL: [Self; 4] =
        [Self::NextClearing, Self::GateClosure, Self::ImmediateOrCancel, Self::FillOrKill];

    /// The name used in files and on the command line.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::NextClearing => "next_clearing",
            Self::GateClosure => "gtc",
            Self::ImmediateOrCancel => "ioc",
            Self::FillOrKill => "fok",
        }
    }

    /// The kind of this name, if there is one.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.name() == name)
    }
}

/// An order as its account signs it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Order {
    /// Who pays or is paid.
    pub account: AccountId,
    /// The metering point that will take or give the energy; it fixes the carrier.
    pub meter: MeterId,
    /// When.
    pub interval: DeliveryInterval,
    /// Buy or sell.
    pub side: Side,
    /// How much, in Wh; positive, at most [`crate::MAX_ENERGY`].
    pub energy: Energy,
    /// The worst acceptable price before fees, n€/Wh; |limit| ≤ [`crate::MAX_PRICE`].
    pub limit: Price,
    /// How long it stays.
    pub time_in_force: TimeInForce,
    /// Larger than any the account used before.
    pub nonce: u64,
}

/// Where an accepted order lies: its book, side and place of arrival there.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct OrderId {
    /// The book's carrier.
    pub carrier: Carrier,
    /// The book's delivery interval.
    pub interval: DeliveryInterval,
    /// The book's side.
    pub side: Side,
    /// Place of arrival on this side of the book, counted from 0 and never reused.
    pub arrival: u32,
}
