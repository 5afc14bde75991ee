//! A run-of-river plant.

use crate::impossible::{GIGA, within, within_whole};
use crate::{Impossible, Random, Series};
use std::ops::Range;

/// A run-of-river plant: power = ρ g · head · flow · efficiency with ρ g = 9 806.65 N/m³, for the flow between the
/// turbine's minimum and its design flow. Gives electricity; no storage; what does not pass the turbine is spilled.
#[derive(Clone, Debug)]
pub struct RunOfRiver {
    design_flow: i64,
    minimum_flow: i64,
    residual_flow: i64,
    /// W per litre per second.
    power_per_flow: f64,
    hours: f64,
    inflow: Series,
}

impl RunOfRiver {
    /// Flows in l/s: `design` through the turbine at full power, > 0; `minimum` below which it stops; `residual` left
    /// to the river bed. `head`: m, 0.5 to 2 000. `efficiency`: water to wire, 0.3 to 0.95. `inflow`: l/s, mean over
    /// each interval, ≥ 0. `duration`: of an interval, s.
    pub fn new(
        (design, minimum, residual): (i64, i64, i64),
        head: f64,
        efficiency: f64,
        inflow: Series,
        duration: u32,
    ) -> Result<Self, Impossible> {
        const NAME: &str = "run of river";
        within_whole(NAME, "design flow", design, (1, GIGA), "l/s")?;
        within_whole(NAME, "minimum flow", minimum, (0, design), "l/s")?;
        within_whole(NAME, "residual flow", residual, (0, GIGA), "l/s")?;
        within(NAME, "head", head, (0.5, 2_000.0), "m")?;
        within(NAME, "efficiency", efficiency, (0.3, 0.95), "")?;
        within_whole(NAME, "inflow", inflow.bounds().unwrap_or_default().0, (0, GIGA), "l/s")?;
        Ok(Self {
            design_flow: design,
            minimum_flow: minimum,
            residual_flow: residual,
            power_per_flow: 9.806_65 * head * efficiency,
            hours: f64::from(duration) / 3_600.0,
            inflow,
        })
    }

    /// Energy given during a step, Wh, ≥ 0.
    #[must_use]
    pub fn generation(&self, step: i64) -> i64 {
        let flow = (self.inflow.at(step) - self.residual_flow).min(self.design_flow);
        if flow < self.minimum_flow.max(1) {
            0
        } else {
            (flow as f64 * self.power_per_flow * self.hours) as i64
        }
    }

    pub(crate) fn series(&self) -> &Series {
        &self.inflow
    }
}

/// A catchment as a linear reservoir: its outflow is proportional to what it holds, so that between rains it recedes
/// as Q(t) = Q₀ e^(−t/k) (Maillet 1905; e.g. Chow, Maidment and Mays, "Applied Hydrology", 1988, ch. 8.5). Rain is
/// drawn day by day: wet with a chance that depends on the day before (two-state Markov chain), its depth
/// exponential (Richardson 1981, Water Resources Research 17).
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Catchment {
    /// Area, km², > 0.
    pub area: f64,
    /// Part of the rain that reaches the river, 0 to 1.
    pub runoff: f64,
    /// Time constant k of the recession, days, > 0; 5 to 30 for small catchments.
    pub recession: f64,
    /// Chance of rain after a dry day, 0 to 1.
    pub wet_after_dry: f64,
    /// Chance of rain after a wet day, 0 to 1.
    pub wet_after_wet: f64,
    /// Mean depth of rain on a wet day, mm.
    pub depth: f64,
}

impl Catchment {
    /// Mean flow over a long time, l/s: area × runoff × depth × share of wet days.
    #[must_use]
    pub fn mean_flow(&self) -> f64 {
        let wet = self.wet_after_dry / (1.0 + self.wet_after_dry - self.wet_after_wet).max(1e-9);
        // 1 mm on 1 km² is 10⁶ litres.
        self.area * 1e6 * self.runoff * self.depth * wet / 86_400.0
    }

    /// The flow at the gauge over `steps`, l/s, from rain drawn at random; it begins at its mean.
    #[must_use]
    pub fn inflow(&self, steps: Range<i64>, duration: u32, random: &mut Random) -> Series {
        let steps_per_day = i64::from(86_400 / duration.max(1)).max(1);
        let keep = libm::exp(-f64::from(duration) / 86_400.0 / self.recession);
        let mut flow = self.mean_flow();
        let (mut wet, mut rain) = (false, 0.0);
        let values = steps.clone().map(|step| {
            if (step - steps.start) % steps_per_day == 0 {
                wet = random.unit() < if wet { self.wet_after_wet } else { self.wet_after_dry };
                let depth = -self.depth * libm::log(1.0 - random.unit());
                // Inflow to the reservoir during the day, l/s.
                rain = if wet { self.area * 1e6 * self.runoff * depth / 86_400.0 } else { 0.0 };
            }
            // Exact for constant inflow over the step: Q' = Q e^(−Δt/k) + I (1 − e^(−Δt/k)).
            flow = flow * keep + rain * (1.0 - keep);
            flow as i32
        });
        Series::new(values.collect(), steps.start)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn power_is_head_times_flow() {
        let river = Series::new([2_000, 500, 300, 150].into(), 0);
        let mill = RunOfRiver::new((1_000, 200, 50), 4.0, 0.8, river, 3_600).unwrap();
        // 1 m³/s over 4 m at 80 %: 9 806.65 · 4 · 0.8 = 31 381 W; 450 l/s: 14 121 W; 250 l/s: 7 845 W; 100 l/s: stopped.
        assert_eq!([0, 1, 2, 3].map(|step| mill.generation(step)), [31_381, 14_121, 7_845, 0]);
    }

    #[test]
    fn a_catchment_recedes_and_keeps_its_mean() {
        let valley = Catchment {
            area: 20.0,
            runoff: 0.4,
            recession: 10.0,
            wet_after_dry: 0.25,
            wet_after_wet: 0.6,
            depth: 6.0,
        };
        let years = valley.inflow(0..96 * 365 * 20, 900, &mut Random::of(3, "brook"));
        let mean = years.steps().map(|step| years.at(step) as f64).sum::<f64>() / (96.0 * 365.0 * 20.0);
        assert!((mean / valley.mean_flow() - 1.0).abs() < 0.05, "{mean} against {}", valley.mean_flow());
        let dry = Catchment { wet_after_dry: 0.0, ..valley };
        let flow = Catchment { wet_after_dry: 1e-12, ..dry }.inflow(0..10, 900, &mut Random::of(3, "brook"));
        assert!(flow.at(9) <= flow.at(0));
    }
}
