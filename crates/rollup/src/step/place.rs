//! Places: where in the tree a leaf lies.
//!
//! A place is a 32-bit number: its section in the highest 4 bits, then what the section says.

use market::Side;

/// Depth of the tree.
pub const DEPTH: u32 = 32;
/// Most accounts, and most metering points of a carrier.
pub const MOST_ACCOUNTS: u32 = 1 << 20;
/// Most metering points, of all carriers together.
pub const MOST_METERS: u32 = 1 << 20;
/// Most orders that may arrive on one side of a book.
pub const MOST_ARRIVALS: u32 = 1 << 19;
/// Most withdrawals.
pub const MOST_WITHDRAWALS: u32 = 1 << 28;
/// How many carriers there can be.
pub const CARRIERS: u8 = 3;

/// What kind of leaf lies at a place.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[repr(u8)]
pub enum Section {
    /// How a carrier is traded; its tariffs' places begin at 256.
    Market = 0,
    /// Money.
    Account = 1,
    /// Metering points.
    Meter = 2,
    /// Intervals that are traded, delivered or settled.
    Delivery = 3,
    /// What a metering point trades in one of them.
    Position = 4,
    /// Live orders.
    Order = 5,
    /// What the contract pays out.
    Withdrawal = 6,
    /// A tariff's prices for one interval.
    Published = 7,
}

/// Where a leaf lies.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Place(pub u32);

impl Place {
    const fn of(section: Section, index: u32) -> Self {
        Self((section as u32) << 28 | index)
    }

    /// How a carrier is traded.
    #[must_use]
    pub const fn market(carrier: u8) -> Self {
        Self::of(Section::Market, carrier as u32)
    }

    /// A tariff.
    #[must_use]
    pub const fn tariff(tariff: u16) -> Self {
        Self::of(Section::Market, 256 + tariff as u32)
    }

    /// An account, below [`MOST_ACCOUNTS`].
    #[must_use]
    pub const fn account(account: u32) -> Self {
        Self::of(Section::Account, account & (MOST_ACCOUNTS - 1))
    }

    /// A metering point by its rank among the carrier's.
    #[must_use]
    pub const fn meter(carrier: u8, rank: u32) -> Self {
        Self::of(Section::Meter, (carrier as u32 & 3) << 20 | rank & (MOST_METERS - 1))
    }

    /// A delivery.
    #[must_use]
    pub const fn delivery(slot: u8) -> Self {
        Self::of(Section::Delivery, slot as u32)
    }

    /// What the metering point of this rank trades in a delivery.
    #[must_use]
    pub const fn position(slot: u8, rank: u32) -> Self {
        Self::of(Section::Position, (slot as u32) << 20 | rank & (MOST_METERS - 1))
    }

    /// An order by its place of arrival.
    #[must_use]
    pub const fn order(slot: u8, side: Side, arrival: u32) -> Self {
        let arrival = arrival & (MOST_ARRIVALS - 1);
        Self::of(Section::Order, (slot as u32) << 20 | (side as u32) << 19 | arrival)
    }

    /// A withdrawal.
    #[must_use]
    pub const fn withdrawal(number: u32) -> Self {
        Self::of(Section::Withdrawal, number & (MOST_WITHDRAWALS - 1))
    }

    /// A tariff's prices in a delivery.
    #[must_use]
    pub const fn published(slot: u8, tariff: u16) -> Self {
        Self::of(Section::Published, (slot as u32) << 16 | tariff as u32)
    }

    /// How many words its leaf has; 0 where no leaf can lie.
    #[must_use]
    pub const fn words(self) -> usize {
        match self.0 >> 28 {
            0 if self.0 >= 256 => 1,
            0 | 2 => 2,
            1 => 3,
            3 => 6,
            4 => 4,
            5..=7 => 1,
            _ => 0,
        }
    }
}
