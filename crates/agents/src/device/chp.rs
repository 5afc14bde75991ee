//! Combined heat and power.

use crate::impossible::{GIGA, energy, within, within_whole};
use crate::{Impossible, Ratio};

/// What a combined heat and power unit is like. Takes gas, gives electricity and heat; state: on or off. Between
/// part load and full power it follows at once: engines of this size ramp within a minute or two.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct ChpDescription {
    /// Largest electric output, W, > 0.
    pub electric_w: i64,
    /// Electricity per gas by the higher heating value, 0.05 to 0.7.
    pub electric_efficiency: f64,
    /// Heat per gas by the higher heating value, 0.05 to 0.9; with the electric at most 1.
    pub thermal_efficiency: f64,
    /// Least output while on, as part of full power, 0 to 1.
    pub part_load: f64,
}

/// A combined heat and power unit, run by the heat.
#[derive(Clone, Copy, Debug)]
pub struct Chp {
    /// Most gas in one interval, Wh.
    pub most: i64,
    /// Least gas in one interval while on, Wh.
    pub least: i64,
    /// Electricity per gas.
    pub electric: Ratio,
    /// Heat per gas.
    pub thermal: Ratio,
}

/// What a unit did last.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Burning {
    /// Whether the heat keeps it on.
    pub(crate) on: bool,
    /// Gas taken in the interval, Wh.
    pub(crate) gas: i64,
}

impl Chp {
    /// `duration`: of an interval, s.
    pub fn new(is: ChpDescription, duration: u32) -> Result<Self, Impossible> {
        const NAME: &str = "chp";
        const BASIS: &str = "(higher heating value)";
        within_whole(NAME, "electric output", is.electric_w, (1, GIGA), "W")?;
        within(NAME, "electric efficiency", is.electric_efficiency, (0.05, 0.7), BASIS)?;
        within(NAME, "thermal efficiency", is.thermal_efficiency, (0.05, 0.9), BASIS)?;
        let both = is.electric_efficiency + is.thermal_efficiency;
        within(NAME, "electric + thermal efficiency", both, (0.1, 1.0), BASIS)?;
        within(NAME, "part load", is.part_load, (0.0, 1.0), "")?;
        let (electric, thermal) =
            (Ratio::nearest(is.electric_efficiency), Ratio::nearest(is.thermal_efficiency));
        let most = electric.largest_input(energy(is.electric_w, duration));
        Ok(Self { most, least: Ratio::nearest(is.part_load).of(most), electric, thermal })
    }

    /// (gas, electricity, heat) of an interval that is asked for `heat`: nothing where it is asked for nothing,
    /// otherwise between part load and full power.
    #[must_use]
    pub fn advance(&self, heat: i64) -> (i64, i64, i64) {
        if heat <= 0 {
            return (0, 0, 0);
        }
        let gas = self.thermal.input_for(heat.min(self.thermal.of(self.most))).clamp(self.least, self.most);
        let (electricity, heat) = self.of(gas);
        (gas, electricity, heat)
    }

    /// (electricity, heat) of a gas input.
    #[must_use]
    pub fn of(&self, gas: i64) -> (i64, i64) {
        (self.electric.of(gas), self.thermal.of(gas))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn more_than_the_gas_cannot_come_out() {
        let greedy = ChpDescription {
            electric_w: 5_000,
            electric_efficiency: 0.4,
            thermal_efficiency: 0.7,
            part_load: 0.5,
        };
        assert!(
            Chp::new(greedy, 900).unwrap_err().to_string().contains("electric + thermal efficiency = 1.1")
        );
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(ProptestConfig::default().cases.max(10_000)))]

        #[test]
        fn conversions_lose_but_never_create(
            power in 1_i64..1_000_000, electric in 0.05..0.5, thermal in 0.05..0.5, part in 0.0..1.0, asked in -10_i64..2_000_000,
        ) {
            let is = ChpDescription { electric_w: power, electric_efficiency: electric, thermal_efficiency: thermal, part_load: part };
            let unit = Chp::new(is, 900).unwrap();
            let (gas, electricity, heat) = unit.advance(asked);
            prop_assert!(gas <= unit.most && electricity + heat <= gas && electricity <= power * 900 / 3_600);
            prop_assert_eq!(electricity, unit.electric.of(gas));
            prop_assert_eq!(heat, unit.thermal.of(gas));
            let boiler = super::super::Boiler::new(power, 0.5 + thermal, 900).unwrap();
            let (gas, heat) = boiler.advance(asked);
            prop_assert!(heat <= gas && heat <= boiler.heat && heat == boiler.efficiency.of(gas));
            prop_assert_eq!(heat, asked.clamp(0, boiler.heat));
        }
    }
}
