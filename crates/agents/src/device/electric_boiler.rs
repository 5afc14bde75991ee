//! An electric boiler.

use crate::impossible::{GIGA, energy, within, within_whole};
use crate::{Impossible, Ratio};

/// An electric boiler or heating rod: heat = ⌊efficiency × electricity⌋, the rest is loss. Modulates freely; no state.
#[derive(Clone, Copy, Debug)]
pub struct ElectricBoiler {
    /// Most electricity in one interval, Wh.
    pub electricity: i64,
    /// Heat per electricity, 0.5 to 1; about 0.99.
    pub efficiency: Ratio,
}

impl ElectricBoiler {
    /// `electric_w`: largest electric input, W, > 0. `efficiency`: heat per electricity, 0.5 to 1. `duration`: of an
    /// interval, s.
    pub fn new(electric_w: i64, efficiency: f64, duration: u32) -> Result<Self, Impossible> {
        within_whole("electric boiler", "electric power", electric_w, (1, GIGA), "W")?;
        within("electric boiler", "efficiency", efficiency, (0.5, 1.0), "")?;
        Ok(Self { electricity: energy(electric_w, duration), efficiency: Ratio::nearest(efficiency) })
    }

    /// The heat of an electric input, which is within its power.
    #[must_use]
    pub fn advance(&self, electricity: i64) -> i64 {
        self.efficiency.of(electricity.clamp(0, self.electricity))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn more_than_the_electricity_cannot_come_out() {
        let error = ElectricBoiler::new(9_000, 1.01, 900).unwrap_err().to_string();
        assert_eq!(error, "electric boiler: efficiency = 1.01  is outside the allowed 0.5 to 1 ");
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(ProptestConfig::default().cases.max(10_000)))]

        #[test]
        fn an_electric_boiler_loses_but_never_creates(
            power in 1_i64..1_000_000, efficiency in 0.5..=1.0, asked in -10_i64..2_000_000,
        ) {
            let boiler = ElectricBoiler::new(power, efficiency, 900).unwrap();
            let taken = asked.clamp(0, boiler.electricity);
            let heat = boiler.advance(asked);
            prop_assert!(0 <= heat && heat <= taken);
            // S9: within 1 Wh of the ratio.
            prop_assert!((heat as f64 - efficiency * taken as f64).abs() < 1.0 + 1e-6 * taken as f64);
        }
    }
}
