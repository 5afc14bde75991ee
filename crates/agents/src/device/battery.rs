//! A stationary battery.

use super::Storage;
use crate::impossible::{GIGA, energy, within, within_whole};
use crate::{Impossible, Ratio};

/// What a battery is like. Takes and gives electricity; state: its level; no ramp limit (it follows within a second).
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct BatteryDescription {
    /// Usable capacity, Wh, > 0.
    pub capacity_wh: i64,
    /// Largest power in both directions at the terminals, W, > 0.
    pub power_w: i64,
    /// Stored per Wh taken, 0.5 to 1. A home battery's 0.95 each way gives about 90 % for the round trip (measured:
    /// HTW Berlin, "Stromspeicher-Inspektion").
    pub charge_efficiency: f64,
    /// Given per Wh taken out of the store, 0.5 to 1.
    pub discharge_efficiency: f64,
    /// Part of the level lost per day by standing, 0 to 0.5; lithium-ion about 0.001.
    pub self_discharge_per_day: f64,
    /// Least state of charge, as part of the capacity, 0 to 1.
    pub minimum_charge: f64,
    /// State of charge at the beginning, as part of the capacity, 0 to 1.
    pub initial_charge: f64,
    /// Wear per Wh given, n€/Wh, ≥ 0; for 400 €/kWh and 6 000 full cycles 66 667.
    pub degradation_cost: i64,
}

/// A battery.
#[derive(Clone, Copy, Debug)]
pub struct Battery {
    /// Its limits per interval.
    pub storage: Storage,
    /// Level at the beginning, Wh.
    pub initial: i64,
    /// Wear per Wh given, n€/Wh.
    pub degradation_cost: i64,
}

impl Battery {
    /// `duration`: of an interval, s.
    pub fn new(is: BatteryDescription, duration: u32) -> Result<Self, Impossible> {
        const NAME: &str = "battery";
        within_whole(NAME, "capacity", is.capacity_wh, (1, GIGA), "Wh")?;
        within_whole(NAME, "power", is.power_w, (1, GIGA), "W")?;
        within(NAME, "charge efficiency", is.charge_efficiency, (0.5, 1.0), "")?;
        within(NAME, "discharge efficiency", is.discharge_efficiency, (0.5, 1.0), "")?;
        within(NAME, "self-discharge per day", is.self_discharge_per_day, (0.0, 0.5), "")?;
        within(NAME, "minimum charge", is.minimum_charge, (0.0, 1.0), "")?;
        within(NAME, "initial charge", is.initial_charge, (0.0, 1.0), "")?;
        within_whole(NAME, "degradation cost", is.degradation_cost, (0, 10_000_000), "n€/Wh")?;
        let part = |share: f64| Ratio::nearest(share).of(is.capacity_wh);
        Ok(Self {
            storage: Storage {
                capacity: is.capacity_wh,
                reserve: part(is.minimum_charge),
                charge: energy(is.power_w, duration),
                discharge: energy(is.power_w, duration),
                charge_efficiency: Ratio::nearest(is.charge_efficiency),
                discharge_efficiency: Ratio::nearest(is.discharge_efficiency),
                standing_loss: super::storage::per_interval(is.self_discharge_per_day, duration),
            },
            initial: part(is.initial_charge),
            degradation_cost: is.degradation_cost,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HOME: BatteryDescription = BatteryDescription {
        capacity_wh: 10_000,
        power_w: 4_000,
        charge_efficiency: 0.95,
        discharge_efficiency: 0.95,
        self_discharge_per_day: 0.0,
        minimum_charge: 0.05,
        initial_charge: 0.5,
        degradation_cost: 0,
    };

    #[test]
    fn charging_and_discharging_cost_their_losses() {
        let battery = Battery::new(HOME, 900).unwrap();
        let charged = battery.storage.advance(battery.initial, 5_000, 0);
        // 4 kW for a quarter of an hour: 1 000 Wh taken, 950 stored.
        assert_eq!((charged.charged, charged.level, charged.lost), (1_000, 5_950, 50));
        let given = battery.storage.advance(charged.level, -95, 1);
        assert_eq!((given.discharged, given.level, given.lost), (95, 5_850, 5));
        assert_eq!(battery.storage.advance(500, -95, 2).discharged, 0);
    }

    #[test]
    fn an_impossible_efficiency_is_named() {
        let error = Battery::new(BatteryDescription { charge_efficiency: 1.05, ..HOME }, 900).unwrap_err();
        assert!(error.to_string().contains("charge efficiency = 1.05"), "{error}");
    }
}
