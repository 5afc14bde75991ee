//! Devices that turn one carrier into others.

use super::Devices;
use crate::Ratio;
use market::Carrier;

/// A kind of converter.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[repr(usize)]
pub enum Converter {
    /// Combined heat and power.
    Chp,
    /// Fuel cells.
    FuelCell,
    /// Heat pumps.
    HeatPump,
    /// Gas boilers.
    Boiler,
    /// Electric boilers.
    ElectricBoiler,
    /// Electrolysers.
    Electrolyser,
}

impl Converter {
    /// How many kinds there are.
    pub const COUNT: usize = 6;
    /// Every kind.
    pub const ALL: [Self; Self::COUNT] =
        [Self::Chp, Self::FuelCell, Self::HeatPump, Self::Boiler, Self::ElectricBoiler, Self::Electrolyser];

    /// The name used in files.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Chp => "chp",
            Self::FuelCell => "fuel_cell",
            Self::HeatPump => "heat_pump",
            Self::Boiler => "gas_boiler",
            Self::ElectricBoiler => "electric_boiler",
            Self::Electrolyser => "electrolyser",
        }
    }

    /// What it takes.
    #[must_use]
    pub const fn input(self) -> Carrier {
        match self {
            Self::Chp | Self::FuelCell | Self::Boiler => Carrier::Gas,
            Self::HeatPump | Self::ElectricBoiler | Self::Electrolyser => Carrier::Electricity,
        }
    }
}

/// What all converters of a kind did together in one interval, Wh.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Turned {
    /// Taken.
    pub input: i64,
    /// Given, per carrier in canonical order; heat that nobody could use is a loss and not counted.
    pub outputs: [i64; 3],
}

impl Devices {
    /// Most that all converters of a kind can take in one interval, Wh.
    #[must_use]
    pub fn most_input(&self, kind: Converter) -> i64 {
        match kind {
            Converter::Chp => self.chps.iter().map(|unit| unit.most).sum(),
            Converter::FuelCell => self.fuel_cells.iter().map(|cell| cell.unit.most).sum(),
            Converter::HeatPump => self.heat_pumps.iter().map(|pump| pump.electricity).sum(),
            Converter::Boiler => {
                self.boilers.iter().map(|boiler| boiler.efficiency.largest_input(boiler.heat)).sum()
            }
            Converter::ElectricBoiler => self.electric_boilers.iter().map(|boiler| boiler.electricity).sum(),
            Converter::Electrolyser => self.electrolysers.iter().map(|one| one.most).sum(),
        }
    }

    /// Wh given per Wh taken at a step, per carrier: the least among the converters of the kind, so that any of them can
    /// keep it.
    #[must_use]
    pub fn ratios(&self, kind: Converter, step: i64) -> [Ratio; 3] {
        let none = Ratio::ZERO;
        let least = |all: &mut dyn Iterator<Item = [Ratio; 3]>| {
            let least = |a: [Ratio; 3], b: [Ratio; 3]| [0, 1, 2].map(|carrier| a[carrier].min(b[carrier]));
            all.reduce(least).unwrap_or([none; 3])
        };
        match kind {
            Converter::Chp => least(&mut self.chps.iter().map(|unit| [unit.electric, unit.thermal, none])),
            Converter::FuelCell => {
                least(&mut self.fuel_cells.iter().map(|cell| [cell.unit.electric, cell.unit.thermal, none]))
            }
            Converter::HeatPump => {
                least(&mut self.heat_pumps.iter().map(|pump| [none, pump.ratio(step), none]))
            }
            Converter::Boiler => {
                least(&mut self.boilers.iter().map(|boiler| [none, boiler.efficiency, none]))
            }
            Converter::ElectricBoiler => {
                least(&mut self.electric_boilers.iter().map(|boiler| [none, boiler.efficiency, none]))
            }
            Converter::Electrolyser => {
                least(&mut self.electrolysers.iter().map(|one| [none, one.heat, one.gas]))
            }
        }
    }
}
