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
    /// Water in the reservoirs, Wh of potential energy.
    pub reservoirs: Vec<i64>,
    pub(crate) cars: Vec<device::Parked>,
    pub(crate) appliances: Vec<device::Running>,
    /// What each converter took in the last interval, Wh.
    pub(crate) heat_pumps: Vec<i64>,
    pub(crate) boilers: Vec<i64>,
    pub(crate) electric_boilers: Vec<i64>,
    pub(crate) electrolysers: Vec<i64>,
    pub(crate) chps: Vec<device::Burning>,
    pub(crate) fuel_cells: Vec<device::Burning>,
}

impl State {
    /// How the devices stand before a step.
    #[must_use]
    pub fn before(devices: &Devices, step: i64) -> Self {
        Self {
            batteries: devices.batteries.iter().map(|battery: &Battery| battery.initial).collect(),
            stores: devices.stores.iter().map(|store: &ThermalStore| store.initial).collect(),
            reservoirs: devices.reservoirs.iter().map(|lake| lake.initial).collect(),
            cars: devices.cars.iter().map(|car| car.parked(step)).collect(),
            appliances: devices.appliances.iter().map(|machine| machine.idle(step)).collect(),
            heat_pumps: vec![0; devices.heat_pumps.len()],
            boilers: vec![0; devices.boilers.len()],
            electric_boilers: vec![0; devices.electric_boilers.len()],
            electrolysers: vec![0; devices.electrolysers.len()],
            chps: vec![device::Burning::default(); devices.chps.len()],
            fuel_cells: vec![device::Burning::default(); devices.fuel_cells.len()],
        }
    }

    /// Takes over another state without allocating.
    pub(crate) fn copy(&mut self, other: &Self) {
        self.batteries.clone_from(&other.batteries);
        self.stores.clone_from(&other.stores);
        self.reservoirs.clone_from(&other.reservoirs);
        self.cars.clone_from(&other.cars);
        self.appliances.clone_from(&other.appliances);
        self.heat_pumps.clone_from(&other.heat_pumps);
        self.boilers.clone_from(&other.boilers);
        self.electric_boilers.clone_from(&other.electric_boilers);
        self.electrolysers.clone_from(&other.electrolysers);
        self.chps.clone_from(&other.chps);
        self.fuel_cells.clone_from(&other.fuel_cells);
    }

    /// Forgets what the converters took: an interval begins.
    pub(crate) fn begin(&mut self) {
        let idle =
            [&mut self.heat_pumps, &mut self.boilers, &mut self.electric_boilers, &mut self.electrolysers];
        idle.into_iter().for_each(|taken| taken.fill(0));
        self.chps.iter_mut().chain(&mut self.fuel_cells).for_each(|unit| unit.gas = 0);
    }
}
