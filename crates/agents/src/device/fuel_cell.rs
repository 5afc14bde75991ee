//! A fuel cell.

use super::Chp;
use crate::impossible::{GIGA, energy, within, within_whole};
use crate::{Impossible, Ratio};

/// What a fuel cell is like. Takes gas, gives electricity and heat; state: on or off.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct FuelCellDescription {
    /// Largest electric output, W, > 0.
    pub electric_w: i64,
    /// Electricity per gas by the higher heating value, 0.2 to 0.83: more than ΔG/ΔH = 237.1/285.8 of hydrogen no
    /// cell at 25 °C can give.
    pub electric_efficiency: f64,
    /// Heat per gas by the higher heating value, 0 to 0.8; with the electric at most 1.
    pub thermal_efficiency: f64,
    /// Least output while on, as part of full power, 0 to 1.
    pub part_load: f64,
}

/// A fuel cell: run by the heat like an engine, or by the electricity where there is no use for heat.
#[derive(Clone, Copy, Debug)]
pub struct FuelCell {
    /// What it takes and gives.
    pub unit: Chp,
}

impl FuelCell {
    /// `duration`: of an interval, s.
    pub fn new(is: FuelCellDescription, duration: u32) -> Result<Self, Impossible> {
        const NAME: &str = "fuel cell";
        const BASIS: &str = "(higher heating value)";
        within_whole(NAME, "electric output", is.electric_w, (1, GIGA), "W")?;
        within(NAME, "electric efficiency", is.electric_efficiency, (0.2, 0.83), BASIS)?;
        within(NAME, "thermal efficiency", is.thermal_efficiency, (0.0, 0.8), BASIS)?;
        let both = is.electric_efficiency + is.thermal_efficiency;
        within(NAME, "electric + thermal efficiency", both, (0.2, 1.0), BASIS)?;
        within(NAME, "part load", is.part_load, (0.0, 1.0), "")?;
        let electric = Ratio::nearest(is.electric_efficiency);
        let most = electric.largest_input(energy(is.electric_w, duration));
        let least = Ratio::nearest(is.part_load).of(most);
        Ok(Self { unit: Chp { most, least, electric, thermal: Ratio::nearest(is.thermal_efficiency) } })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const HOME: FuelCellDescription = FuelCellDescription {
        electric_w: 1_500,
        electric_efficiency: 0.5,
        thermal_efficiency: 0.35,
        part_load: 0.3,
    };

    #[test]
    fn more_than_chemistry_allows_cannot_come_out() {
        let check = |is, expected: &str| {
            let error = FuelCell::new(is, 900).unwrap_err().to_string();
            assert!(error.contains(expected), "{error}");
        };
        check(FuelCellDescription { electric_efficiency: 0.9, ..HOME }, "electric efficiency = 0.9");
        check(FuelCellDescription { thermal_efficiency: 0.6, ..HOME }, "electric + thermal efficiency = 1.1");
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(ProptestConfig::default().cases.max(10_000)))]

        #[test]
        fn a_fuel_cell_loses_but_never_creates(
            electric_w in 1_i64..1_000_000, electric_efficiency in 0.2_f64..=0.83, thermal in 0.0..=1.0,
            part_load in 0.0..=1.0, part in 0.0..=1.0,
        ) {
            let thermal_efficiency = (1.0 - electric_efficiency).min(0.8) * thermal;
            let is = FuelCellDescription { electric_w, electric_efficiency, thermal_efficiency, part_load };
            let unit = FuelCell::new(is, 900).unwrap().unit;
            prop_assert!(0 <= unit.least && unit.least <= unit.most);
            let gas = (unit.most as f64 * part) as i64;
            let (electricity, heat) = unit.of(gas);
            prop_assert!(electricity >= 0 && heat >= 0 && electricity + heat <= gas);
            prop_assert!(electricity <= energy(electric_w, 900));
            // S9: within 1 Wh of the ratio.
            prop_assert!((electricity as f64 - electric_efficiency * gas as f64).abs() < 1.0 + 1e-6 * gas as f64);
        }
    }
}
