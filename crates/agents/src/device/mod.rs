//! Devices, one file each. `new` validates a description; what the device does in one delivery interval is a pure
//! function of its description, its state and what is asked of it.
//!
//! | device | carriers | state | loss |
//! |---|---|---|---|
//! | [`Photovoltaic`], [`Wind`], [`RunOfRiver`] | gives electricity | – | – |
//! | [`Reservoir`] | gives electricity | level of the lake | turbine; what is spilled |
//! | [`Biomethane`] | gives gas | – | – |
//! | [`Load`] | takes any | – | – |
//! | [`Appliance`] | takes electricity | waiting, running | – |
//! | [`Battery`] | takes and gives electricity | level | charge, discharge, standing |
//! | [`Car`] | takes (and may give) electricity | level, session | charge, discharge; driving is consumption |
//! | [`HeatPump`] | electricity → heat | – | – (the rest is ambient heat) |
//! | [`ThermalStore`] | takes and gives heat | level | standing |
//! | [`Boiler`] | gas → heat | – | conversion |
//! | [`ElectricBoiler`] | electricity → heat | – | conversion |
//! | [`Chp`], [`FuelCell`] | gas → electricity + heat | on or off | conversion |
//! | [`Electrolyser`] | electricity → gas + heat | – | conversion |

mod photovoltaic;
pub use photovoltaic::Photovoltaic;
mod wind;
pub use wind::{PowerCurve, Wind, WindSource};
mod hydro;
pub use hydro::{Catchment, RunOfRiver};
mod reservoir;
pub use reservoir::{Released, Reservoir, ReservoirDescription};
mod biomethane;
pub use biomethane::Biomethane;
mod load;
pub use load::Load;
mod appliance;
pub(crate) use appliance::Running;
pub use appliance::{Appliance, Request};
mod storage;
pub use storage::{Storage, Stored};
mod battery;
pub use battery::{Battery, BatteryDescription};
mod car;
pub(crate) use car::Parked;
pub use car::{Car, CarDescription, Session};
mod heat_pump;
pub use heat_pump::{CoefficientOfPerformance, HeatPump};
mod thermal_store;
pub use thermal_store::ThermalStore;
mod boiler;
pub use boiler::Boiler;
mod electric_boiler;
pub use electric_boiler::ElectricBoiler;
mod chp;
pub(crate) use chp::Burning;
pub use chp::{Chp, ChpDescription};
mod fuel_cell;
pub use fuel_cell::{FuelCell, FuelCellDescription};
mod electrolyser;
pub use electrolyser::{Electrolyser, ElectrolyserDescription};
mod converter;
pub use converter::{Converter, Turned};

use crate::Series;
use std::ops::Range;

/// Any device.
#[derive(Clone, Debug)]
pub enum Device {
    /// Solar panels.
    Photovoltaic(Photovoltaic),
    /// A wind turbine.
    Wind(Wind),
    /// A run-of-river plant.
    RunOfRiver(RunOfRiver),
    /// A storage power plant.
    Reservoir(Reservoir),
    /// A biomethane producer.
    Biomethane(Biomethane),
    /// Demand that is not steered.
    Load(Load),
    /// A machine that runs when asked, within a window.
    Appliance(Appliance),
    /// A battery.
    Battery(Battery),
    /// An electric car and its charger.
    Car(Car),
    /// A heat pump.
    HeatPump(HeatPump),
    /// A hot-water tank.
    ThermalStore(ThermalStore),
    /// A gas boiler.
    Boiler(Boiler),
    /// An electric boiler.
    ElectricBoiler(ElectricBoiler),
    /// Combined heat and power.
    Chp(Chp),
    /// A fuel cell.
    FuelCell(FuelCell),
    /// An electrolyser.
    Electrolyser(Electrolyser),
}

/// A member's devices, sorted by kind; within a kind in the order given.
#[derive(Clone, Debug, Default)]
pub struct Devices {
    /// Solar panels.
    pub photovoltaics: Vec<Photovoltaic>,
    /// Wind turbines.
    pub winds: Vec<Wind>,
    /// Run-of-river plants.
    pub rivers: Vec<RunOfRiver>,
    /// Storage power plants.
    pub reservoirs: Vec<Reservoir>,
    /// Biomethane producers.
    pub biomethanes: Vec<Biomethane>,
    /// Demand that is not steered.
    pub loads: Vec<Load>,
    /// Machines that run when asked.
    pub appliances: Vec<Appliance>,
    /// Batteries.
    pub batteries: Vec<Battery>,
    /// Electric cars.
    pub cars: Vec<Car>,
    /// Heat pumps.
    pub heat_pumps: Vec<HeatPump>,
    /// Hot-water tanks.
    pub stores: Vec<ThermalStore>,
    /// Gas boilers.
    pub boilers: Vec<Boiler>,
    /// Electric boilers.
    pub electric_boilers: Vec<ElectricBoiler>,
    /// Combined heat and power plants.
    pub chps: Vec<Chp>,
    /// Fuel cells.
    pub fuel_cells: Vec<FuelCell>,
    /// Electrolysers.
    pub electrolysers: Vec<Electrolyser>,
}

impl FromIterator<Device> for Devices {
    fn from_iter<I: IntoIterator<Item = Device>>(devices: I) -> Self {
        let mut sorted = Self::default();
        for device in devices {
            match device {
                Device::Photovoltaic(device) => sorted.photovoltaics.push(device),
                Device::Wind(device) => sorted.winds.push(device),
                Device::RunOfRiver(device) => sorted.rivers.push(device),
                Device::Reservoir(device) => sorted.reservoirs.push(device),
                Device::Biomethane(device) => sorted.biomethanes.push(device),
                Device::Load(device) => sorted.loads.push(device),
                Device::Appliance(device) => sorted.appliances.push(device),
                Device::Battery(device) => sorted.batteries.push(device),
                Device::Car(device) => sorted.cars.push(device),
                Device::HeatPump(device) => sorted.heat_pumps.push(device),
                Device::ThermalStore(device) => sorted.stores.push(device),
                Device::Boiler(device) => sorted.boilers.push(device),
                Device::ElectricBoiler(device) => sorted.electric_boilers.push(device),
                Device::Chp(device) => sorted.chps.push(device),
                Device::FuelCell(device) => sorted.fuel_cells.push(device),
                Device::Electrolyser(device) => sorted.electrolysers.push(device),
            }
        }
        sorted
    }
}

impl Devices {
    /// Energy that flows whatever anybody decides, at a step: (demand, generation) per carrier in canonical order, Wh.
    #[must_use]
    pub fn exogenous(&self, step: i64) -> ([i64; 3], [i64; 3]) {
        let (mut demand, mut generation) = ([0; 3], [0; 3]);
        for load in &self.loads {
            demand[load.carrier() as usize] += load.demand(step);
        }
        generation[0] = self.photovoltaics.iter().map(|device| device.generation(step)).sum::<i64>()
            + self.winds.iter().map(|device| device.generation(step)).sum::<i64>()
            + self.rivers.iter().map(|device| device.generation(step)).sum::<i64>();
        generation[2] = self.biomethanes.iter().map(Biomethane::generation).sum();
        (demand, generation)
    }

    /// The steps that every series of every device covers; everything where there is no series.
    #[must_use]
    pub fn steps(&self) -> Range<i64> {
        let series = (self.photovoltaics.iter().map(Photovoltaic::series))
            .chain(self.winds.iter().map(Wind::series))
            .chain(self.rivers.iter().map(RunOfRiver::series))
            .chain(self.reservoirs.iter().map(Reservoir::series))
            .chain(self.loads.iter().map(Load::series))
            .chain(self.heat_pumps.iter().map(HeatPump::series));
        series
            .map(Series::steps)
            .fold(i64::MIN / 4..i64::MAX / 4, |all, one| all.start.max(one.start)..all.end.min(one.end))
    }
}
