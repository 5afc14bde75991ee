//! Offers of the rule `coupled`: energy turned from one carrier into others, or kept for a later interval.

use crate::{AccountId, DeliveryInterval, Energy, MeterId, Price};
use alloc::vec::Vec;

/// Parts per million: the unit of ratios, efficiencies and shares.
pub const PPM: u32 = 1_000_000;

/// An offer to turn energy of one carrier into energy of others within an interval; for the next clearing.
///
/// A heat pump takes electricity and gives heat, combined heat and power takes gas and gives electricity and heat, an
/// electrolyser takes electricity and gives gas.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Conversion {
    /// Whose.
    pub account: AccountId,
    /// When.
    pub interval: DeliveryInterval,
    /// The account's metering point that takes.
    pub input: MeterId,
    /// The account's metering points that give: one or two, of other carriers than the input's and each other's.
    pub outputs: Vec<Output>,
    /// Most it can take, Wh of the input, > 0.
    pub capacity: Energy,
    /// What running it costs beside the input, n€ per Wh of the input, ≥ 0.
    pub cost: Price,
    /// Larger than any the account used before.
    pub nonce: u64,
}

/// One thing that a conversion gives.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Output {
    /// Where.
    pub meter: MeterId,
    /// Wh given per Wh of the input, parts per million, > 0.
    pub ratio: u32,
}

/// An offer to take energy in some of several consecutive intervals and give it back in others; for the next clearing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct StorageOffer {
    /// Whose.
    pub account: AccountId,
    /// Where, which also says what is stored.
    pub meter: MeterId,
    /// The first interval.
    pub interval: DeliveryInterval,
    /// How many more follow.
    pub further: u16,
    /// Most it takes from the grid in one interval, Wh, ≥ 0.
    pub charge: Energy,
    /// Most it gives to the grid in one interval, Wh, ≥ 0.
    pub discharge: Energy,
    /// Most it holds, Wh, > 0.
    pub capacity: Energy,
    /// What it holds before the first interval, Wh, in [0, capacity].
    pub level: Energy,
    /// What it must hold at least after the last interval, Wh, in [0, capacity).
    pub least: Energy,
    /// Wh stored per Wh taken, parts per million, in (0, 10⁶].
    pub charge_efficiency: u32,
    /// Wh given per Wh withdrawn, parts per million, in (0, 10⁶].
    pub discharge_efficiency: u32,
    /// Wh left of a Wh held for one interval, parts per million, in (0, 10⁶].
    pub kept: u32,
    /// What wear costs, n€ per Wh given, ≥ 0.
    pub cost: Price,
    /// Larger than any the account used before.
    pub nonce: u64,
}
