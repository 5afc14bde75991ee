//! What a member's devices remember from one interval to the next.

use crate::Devices;
use crate::device::{self, Battery, ThermalStore};

/// Levels of storages, places of cars, machines in progress: one entry per device, in the order of [`Devices`].
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct State {
    /// Levels of the batteries, Wh.
    pub batteries: Vec<i64>,
    /// Levels of the thermal stores, Wh.
    pub stores: Vec<i64>,
    pub(crate) cars: Vec<device::Parked>,
    pub(crate) appliances: Vec<device::Running>,
    /// Electricity each heat pump took in the last interval, Wh.
    pub(crate) heat_pumps: Vec<i64>,
    /// Which combined heat and power units are on.
    pub(crate) chps: Vec<bool>,
}

impl State {
    /// How the devices stand before a step.
    #[must_use]
    pub fn before(devices: &Devices, step: i64) -> Self {
        Self {
            batteries: devices.batteries.iter().map(|battery: &Battery| battery.initial).collect(),
            stores: devices.stores.iter().map(|store: &ThermalStore| store.initial).collect(),
            cars: devices.cars.iter().map(|car| car.parked(step)).collect(),
            appliances: devices.appliances.iter().map(|machine| machine.idle(step)).collect(),
            heat_pumps: vec![0; devices.heat_pumps.len()],
            chps: vec![false; devices.chps.len()],
        }
    }

    /// Takes over another state without allocating.
    pub(crate) fn copy(&mut self, other: &Self) {
        self.batteries.clone_from(&other.batteries);
        self.stores.clone_from(&other.stores);
        self.cars.clone_from(&other.cars);
        self.appliances.clone_from(&other.appliances);
        self.heat_pumps.clone_from(&other.heat_pumps);
        self.chps.clone_from(&other.chps);
    }
}
