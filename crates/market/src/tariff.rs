//! Tariffs: the outside option of every member, and what the grid and the state take.

use crate::Price;
use alloc::vec::Vec;

/// Where a tariff stands in the community's table.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TariffId(pub u16);

/// A supplier's prices for energy, before fees and levies.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tariff {
    /// How the prices follow time.
    pub kind: TariffKind,
    /// Added for energy bought from the supplier: what the grid operator takes, n€/Wh, ≥ 0.
    pub grid_fee: Price,
    /// The same for energy bought from peers (often reduced inside a community), n€/Wh, ≥ 0.
    pub peer_grid_fee: Price,
    /// Levies and taxes on energy bought from the supplier, n€/Wh, ≥ 0.
    pub levy: Price,
    /// Levies and taxes on energy bought from peers, n€/Wh, ≥ 0.
    pub peer_levy: Price,
}

/// How a tariff's energy prices follow time.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TariffKind {
    /// Always the same.
    Flat(Prices),
    /// By time of day and week; the windows cover the week without gap or overlap.
    TimeOfUse(Vec<Window>),
    /// Published by the operator before delivery ([`crate::Command::PublishPrices`]).
    Dynamic,
}

/// What the supplier charges and pays, n€/Wh.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Prices {
    /// For energy taken from the supplier.
    pub import: Price,
    /// For energy given to the supplier.
    pub export: Price,
}

/// A span of a tariff's week. Clock time is standard time (no daylight saving), as switching clocks keep it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Window {
    /// Days on which it applies, bit 0 = Monday … bit 6 = Sunday.
    pub days: u8,
    /// First second of the day.
    pub from: u32,
    /// First second after; at most 86 400.
    pub until: u32,
    /// The prices inside.
    pub prices: Prices,
}
