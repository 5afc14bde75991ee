//! An electrolyser.

use crate::impossible::{GIGA, energy, within, within_whole};
use crate::{Impossible, Ratio};

/// What an electrolyser is like. Takes electricity, gives hydrogen to the gas network and, where somebody can use it,
/// its waste heat; no state: within an interval it ramps fully.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct ElectrolyserDescription {
    /// Largest electric input, W, > 0.
    pub electric_w: i64,
    /// Gas per electricity by the higher heating value, 0.3 to 1. At 1 it runs at the thermoneutral voltage, 1.48 V;
    /// plants reach about 0.7.
    pub efficiency: f64,
    /// Usable heat per electricity, 0 to 0.5; with the gas at most 1.
    pub waste_heat: f64,
    /// Least input while on, as part of full power, 0 to 1; alkaline stacks about 0.2.
    pub part_load: f64,
}

/// An electrolyser.
#[derive(Clone, Copy, Debug)]
pub struct Electrolyser {
    /// Most electricity in one interval, Wh.
    pub most: i64,
    /// Least electricity in one interval while on, Wh.
    pub least: i64,
    /// Gas per electricity.
    pub gas: Ratio,
    /// Usable heat per electricity.
    pub heat: Ratio,
}

impl Electrolyser {
    /// `duration`: of an interval, s.
    pub fn new(is: ElectrolyserDescription, duration: u32) -> Result<Self, Impossible> {
        const NAME: &str = "electrolyser";
        const BASIS: &str = "(higher heating value)";
        within_whole(NAME, "electric power", is.electric_w, (1, GIGA), "W")?;
        within(NAME, "efficiency", is.efficiency, (0.3, 1.0), BASIS)?;
        within(NAME, "waste heat", is.waste_heat, (0.0, 0.5), "")?;
        within(NAME, "efficiency + waste heat", is.efficiency + is.waste_heat, (0.3, 1.0), BASIS)?;
        within(NAME, "part load", is.part_load, (0.0, 1.0), "")?;
        let most = energy(is.electric_w, duration);
        Ok(Self {
            most,
            least: Ratio::nearest(is.part_load).of(most),
            gas: Ratio::nearest(is.efficiency),
            heat: Ratio::nearest(is.waste_heat),
        })
    }

    /// What it takes where `electricity` is asked for: nothing below half of its part load, else between part load and
    /// full power.
    #[must_use]
    pub fn input(&self, electricity: i64) -> i64 {
        if electricity <= 0 || 2 * electricity < self.least {
            0
        } else {
            electricity.clamp(self.least, self.most)
        }
    }

    /// (gas, heat) of an electric input.
    #[must_use]
    pub fn advance(&self, electricity: i64) -> (i64, i64) {
        (self.gas.of(electricity), self.heat.of(electricity))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const STACK: ElectrolyserDescription =
        ElectrolyserDescription { electric_w: 50_000, efficiency: 0.7, waste_heat: 0.2, part_load: 0.2 };

    #[test]
    fn a_stack_runs_between_part_load_and_full_power() {
        let stack = Electrolyser::new(STACK, 900).unwrap();
        assert_eq!(
            [0, 1_249, 1_250, 5_000, 90_000].map(|asked| stack.input(asked)),
            [0, 0, 2_500, 5_000, 12_500]
        );
        assert_eq!(stack.advance(5_000), (3_500, 1_000));
    }

    #[test]
    fn more_than_the_electricity_cannot_come_out() {
        let check = |is, expected: &str| {
            let error = Electrolyser::new(is, 900).unwrap_err().to_string();
            assert!(error.contains(expected), "{error}");
        };
        check(
            ElectrolyserDescription { efficiency: 1.04, ..STACK },
            "efficiency = 1.04 (higher heating value)",
        );
        check(ElectrolyserDescription { waste_heat: 0.4, ..STACK }, "efficiency + waste heat = 1.1");
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(ProptestConfig::default().cases.max(10_000)))]

        #[test]
        fn an_electrolyser_loses_but_never_creates(
            electric_w in 1_i64..1_000_000, efficiency in 0.3_f64..=1.0, waste in 0.0..=1.0, part_load in 0.0..=1.0,
            asked in -10_i64..2_000_000,
        ) {
            let waste_heat = (1.0 - efficiency).min(0.5) * waste;
            let is = ElectrolyserDescription { electric_w, efficiency, waste_heat, part_load };
            let stack = Electrolyser::new(is, 900).unwrap();
            let taken = stack.input(asked);
            prop_assert!(taken == 0 || (stack.least..=stack.most).contains(&taken));
            let (gas, heat) = stack.advance(taken);
            prop_assert!(gas >= 0 && heat >= 0 && gas + heat <= taken);
            // S9: within 1 Wh of the ratio.
            prop_assert!((gas as f64 - efficiency * taken as f64).abs() < 1.0 + 1e-6 * taken as f64);
        }
    }
}
