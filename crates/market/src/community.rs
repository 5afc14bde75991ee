//! What a community agreed on when it was founded: the first record of every ledger.

use crate::{Address, Carrier, Price, Rule, Tariff};
use alloc::vec::Vec;

/// How commands prove who sent them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum Authentication {
    /// Every command carries its sender's signature: the default of a live market.
    Signature = 0,
    /// The operator answers for everybody: a simulation, or meters without keys.
    Operator = 1,
}

/// The terms of a community.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Community {
    /// Binds signatures to one chain.
    pub chain_id: u64,
    /// Binds signatures to one community.
    pub community_id: u64,
    /// ISO 4217 code of the currency.
    pub currency: [u8; 3],
    /// Who may send the operator's commands.
    pub operator: Address,
    /// How commands are authenticated.
    pub authentication: Authentication,
    /// Length of a delivery interval, s; divides a day.
    pub interval_duration: u32,
    /// Orders for an interval are accepted until this long before its start, s.
    pub gate_closure: u32,
    /// How far ahead orders are accepted, in delivery intervals, ≥ 1.
    pub horizon: u16,
    /// Offset of the tariffs' standard time from UTC, s.
    pub utc_offset: i32,
    /// One entry per traded carrier, in canonical order of carriers.
    pub markets: Vec<Market>,
    /// The table of tariffs.
    pub tariffs: Vec<Tariff>,
}

/// How one carrier is traded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Market {
    /// The carrier.
    pub carrier: Carrier,
    /// Its rule.
    pub rule: Rule,
    /// Lowest limit accepted, n€/Wh.
    pub floor: Price,
    /// Highest limit accepted, n€/Wh.
    pub cap: Price,
}
