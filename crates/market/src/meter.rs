//! Metering points and what they report.

use crate::{AccountId, Address, Carrier, DeliveryInterval, Energy, Equipment, Location, TariffId};

/// A metering point's number, given at registration; also its leaf index in the state tree.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(transparent)]
pub struct MeterId(pub u32);

/// What is agreed for a metering point when it is connected: one account, one carrier.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MeterTerms {
    /// Who pays for it.
    pub account: AccountId,
    /// What flows through it.
    pub carrier: Carrier,
    /// The key that signs its readings.
    pub key: Address,
    /// Most it can take in one delivery interval, Wh, ≥ 0.
    pub import_capacity: Energy,
    /// Most it can give in one delivery interval, Wh, ≥ 0.
    pub export_capacity: Energy,
    /// Its supplier's tariff.
    pub tariff: TariffId,
    /// Its share under the static key, parts per million; the shares of a carrier sum to at most 10⁶.
    pub share: u32,
}

/// One metering point.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Meter {
    /// What was agreed.
    pub terms: MeterTerms,
    /// Sequence number of its last reading; 0 before the first.
    pub sequence: u64,
    /// Where it lies.
    pub location: Location,
    /// How it is metered.
    pub equipment: Equipment,
}

/// What a meter counted over one delivery interval.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Reading {
    /// Which meter.
    pub meter: MeterId,
    /// When.
    pub interval: DeliveryInterval,
    /// Energy taken, Wh, ≥ 0.
    pub import: Energy,
    /// Energy given, Wh, ≥ 0.
    pub export: Energy,
    /// One more than the meter's last; larger than it where an agreement lets readings be missing.
    pub sequence: u64,
}
