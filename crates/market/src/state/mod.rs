//! The state of a community's market, and the one function that changes it.
//!
//! [`State::apply`] is a pure function of the state and a command: it accepts and changes the state, or refuses
//! by number and changes nothing.

mod accounts;
mod agreements;
mod apply;
mod archive;
mod blocks;
mod clearing;
mod commitment;
mod continuous;
mod corrections;
mod coupled;
mod delivery;
mod distances;
mod equipment;
mod proof;
mod register;
mod settlement;
mod substitution;
mod trading;

pub use delivery::{Delivery, Position};
pub use proof::Proof;
pub use trading::{best_limit, makes_sense, reach};

use crate::signing::Domain;
use crate::{
    Account, AccountId, Address, Agreement, Book, Carrier, Community, DeliveryInterval, Hash, Market, Meter,
    MeterId, Prices, Rejection, TariffVersion,
};
use alloc::collections::{BTreeMap, VecDeque};
use alloc::vec::Vec;
use commitment::Commitment;

/// Everything the parties agree on.
#[derive(Clone, Debug, Default)]
pub struct State {
    community: Option<Founded>,
    now: u64,
    operator_nonce: u64,
    accounts: Vec<Account>,
    addresses: BTreeMap<Address, AccountId>,
    meters: Vec<Meter>,
    /// Per carrier, the meters in order of registration; a delivery's positions follow this order.
    connected: [Vec<MeterId>; Carrier::ALL.len()],
    /// Per meter, its place in `connected`.
    places: Vec<u32>,
    /// Per carrier, who is metered behind whom.
    arrangements: [equipment::Arrangements; Carrier::ALL.len()],
    /// What cumulative registers showed last.
    registers: BTreeMap<MeterId, register::Shown>,
    /// Per carrier, the sum of the static shares given so far, parts per million.
    shares: [u32; Carrier::ALL.len()],
    /// Per tariff, its versions by the moment they come into force; the first are the founding terms.
    tariffs: Vec<Vec<TariffVersion>>,
    /// By the moment they come into force.
    agreements: Vec<Agreement>,
    /// The chain of hashes over everything agreed after the founding.
    agreed: Option<Hash>,
    /// Per tariff, the dynamic prices that can still be needed.
    published: Vec<Published>,
    /// The intervals that are being traded, delivered or settled.
    deliveries: BTreeMap<(u64, Carrier), Delivery>,
    /// The settled intervals whose readings may be corrected.
    archive: archive::Archive,
    /// Per carrier, the end of the last settled interval.
    settled_until: [u64; Carrier::ALL.len()],
    commitment: Commitment,
    scratch: Scratch,
}

#[derive(Clone, Debug)]
struct Founded {
    terms: Community,
    domain: Domain,
    hash: [u8; 32],
}

/// Consecutive dynamic prices, the first for the interval of number `first`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Published {
    first: u64,
    prices: VecDeque<Prices>,
}

/// Memory kept between commands so that none of them allocates in the long run; no part of the state.
#[derive(Clone, Debug, Default)]
struct Scratch {
    clearing: crate::rule::Clearing,
    clearings: Vec<crate::rule::Clearing>,
    deliveries: Vec<Delivery>,
}

impl State {
    /// The state before the first record; it accepts nothing but [`crate::Command::Found`].
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// The terms, once founded.
    #[must_use]
    pub fn community(&self) -> Option<&Community> {
        self.community.as_ref().map(|founded| &founded.terms)
    }

    /// The time of the last tick, Unix s.
    #[must_use]
    pub const fn now(&self) -> u64 {
        self.now
    }

    /// The last nonce that the operator used; the next must be larger.
    #[must_use]
    pub const fn operator_nonce(&self) -> u64 {
        self.operator_nonce
    }

    /// All accounts; the index is the [`AccountId`].
    #[must_use]
    pub fn accounts(&self) -> &[Account] {
        &self.accounts
    }

    /// All metering points; the index is the [`MeterId`].
    #[must_use]
    pub fn meters(&self) -> &[Meter] {
        &self.meters
    }

    /// The metering points of one carrier, in order of registration.
    #[must_use]
    pub fn connected(&self, carrier: Carrier) -> &[MeterId] {
        self.connected.get(carrier as usize).map_or(&[], Vec::as_slice)
    }

    /// An interval that is being traded, delivered or settled; `None` before its first command and once settled.
    #[must_use]
    pub fn delivery(&self, carrier: Carrier, interval: DeliveryInterval) -> Option<&Delivery> {
        let on_grid = self.community().is_some_and(|terms| terms.interval_duration == interval.duration);
        self.deliveries.get(&(interval.start, carrier)).filter(|_| on_grid)
    }

    /// The live orders of one carrier and interval.
    #[must_use]
    pub fn book(&self, carrier: Carrier, interval: DeliveryInterval) -> Option<&Book> {
        self.delivery(carrier, interval).map(Delivery::book)
    }

    /// What a metering point has traded for an interval that is not settled yet.
    #[must_use]
    pub fn position(&self, meter: MeterId, interval: DeliveryInterval) -> Option<&Position> {
        let carrier = self.meters.get(meter.0 as usize)?.terms.carrier;
        self.delivery(carrier, interval)?.position(*self.places.get(meter.0 as usize)?)
    }

    /// The end of the last settled interval of a carrier, Unix s; 0 before the first.
    #[must_use]
    pub fn settled_until(&self, carrier: Carrier) -> u64 {
        self.settled_until.get(carrier as usize).copied().unwrap_or(0)
    }

    /// How a carrier is traded.
    pub fn market(&self, carrier: Carrier) -> Result<&Market, Rejection> {
        let terms = self.community().ok_or(Rejection::NotFounded)?;
        terms.markets.iter().find(|market| market.carrier == carrier).ok_or(Rejection::NotTraded)
    }

    /// First instant at which orders for an interval are refused, Unix s.
    #[must_use]
    pub fn gate(&self, interval: DeliveryInterval) -> u64 {
        let lead = self.community().map_or(0, |terms| terms.gate_closure);
        interval.start.saturating_sub(u64::from(lead))
    }

    /// The interval, if it lies on the community's grid.
    fn on_grid(&self, interval: DeliveryInterval) -> Result<DeliveryInterval, Rejection> {
        let duration = self.community().ok_or(Rejection::NotFounded)?.interval_duration;
        DeliveryInterval::new(interval.start, interval.duration)
            .filter(|interval| interval.duration == duration)
            .ok_or(Rejection::BadInterval)
    }

    /// The delivery of an interval that is not settled yet, made on first use.
    fn delivery_mut(
        &mut self,
        carrier: Carrier,
        interval: DeliveryInterval,
    ) -> Result<&mut Delivery, Rejection> {
        if interval.start < self.settled_until(carrier) {
            return Err(Rejection::AlreadySettled);
        }
        let key = (interval.start, carrier);
        if !self.deliveries.contains_key(&key) {
            let slot = self.commitment.take_slot().ok_or(Rejection::TooMany)?;
            let mut delivery = self.scratch.deliveries.pop().unwrap_or_default();
            delivery.open(slot, self.connected(carrier).len());
            if let Some(arranged) = self.arranged(carrier) {
                arranged.without_meter().for_each(|place| delivery.expect_reading(place, false));
            }
            self.deliveries.insert(key, delivery);
        }
        self.deliveries.get_mut(&key).ok_or(Rejection::TooMany)
    }
}
