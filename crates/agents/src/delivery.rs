//! What a prosumer's devices did in one delivery interval.

use crate::device::{Converter, Turned};
use market::Carrier;

/// One carrier's balance over one interval, Wh, every part ≥ 0. Exactly:
/// import + generation + produced + discharged + unmet = export + consumption + converted + charged + dumped.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Balance {
    /// Taken through the meter.
    pub import: i64,
    /// Given through the meter; import and export are never both positive.
    pub export: i64,
    /// From sun, wind, water, digester.
    pub generation: i64,
    /// Given by converters (a heat pump's heat, a CHP's electricity).
    pub produced: i64,
    /// Given by storages.
    pub discharged: i64,
    /// Demand that could not be served (only where a carrier has no meter).
    pub unmet: i64,
    /// Used for good: households, machines.
    pub consumption: i64,
    /// Taken by converters (a heat pump's electricity, a boiler's gas).
    pub converted: i64,
    /// Taken by storages, cars included.
    pub charged: i64,
    /// Surplus that nobody could take (only where a carrier has no meter).
    pub dumped: i64,
    /// Lost inside storages of this carrier; already part of their levels, not of the balance above.
    pub storage_loss: i64,
    /// Lost by converters that take this carrier; already part of `converted`.
    pub conversion_loss: i64,
}

impl Balance {
    /// Import − export, Wh.
    #[must_use]
    pub fn net(&self) -> i64 {
        self.import - self.export
    }

    /// Sources − sinks, Wh: always 0.
    #[must_use]
    pub fn residual(&self) -> i64 {
        self.import + self.generation + self.produced + self.discharged + self.unmet
            - (self.export + self.consumption + self.converted + self.charged + self.dumped)
    }
}

/// What happened in one delivery interval, and where the storages stand at its end. Levels: change of `battery` +
/// `car` = charged − discharged − storage loss − driven + elsewhere; change of `thermal` likewise for heat.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Delivery {
    /// Per carrier, in canonical order.
    pub balances: [Balance; 3],
    /// Level of all batteries, Wh.
    pub battery: i64,
    /// Level of all cars, at home or away, Wh.
    pub car: i64,
    /// Level of all thermal stores, Wh.
    pub thermal: i64,
    /// Used for driving, Wh; booked when a car comes home.
    pub driven: i64,
    /// Of which charged elsewhere, Wh.
    pub elsewhere: i64,
    /// Missing in cars at their departure, Wh.
    pub missed: i64,
    /// Heat taken from air, ground or water by heat pumps, Wh.
    pub ambient: i64,
    /// Of the electricity charged, by cars, Wh.
    pub car_charged: i64,
    /// What the converters did, by kind.
    pub converters: [Turned; Converter::COUNT],
    /// Water in the reservoirs, Wh of potential energy: its change is inflow − what went unused − lost − electricity.
    pub water: i64,
    /// Flowed into the reservoirs, Wh.
    pub inflow: i64,
    /// Of the electricity generated, by reservoirs, Wh.
    pub from_water: i64,
    /// Left to the river bed or run over, Wh.
    pub past_turbine: i64,
    /// Lost in the reservoirs' turbines, Wh.
    pub water_loss: i64,
    /// Of the electricity discharged, by cars, Wh.
    pub car_discharged: i64,
    /// Machines that started.
    pub started: i64,
    /// How long they had waited beyond their requests, intervals, summed over them.
    pub waited: i64,
}

impl Delivery {
    /// The balance of one carrier.
    #[must_use]
    pub fn of(&self, carrier: Carrier) -> &Balance {
        &self.balances[carrier as usize]
    }

    /// What the converters of a kind did.
    #[must_use]
    pub fn by(&self, kind: Converter) -> &Turned {
        &self.converters[kind as usize]
    }
}
