//! A heat pump.

use crate::impossible::{GIGA, energy, within, within_whole};
use crate::{Impossible, Ratio, Series};

/// How heat per electricity follows the temperature lift ΔT = sink − source, in K.
///
/// The quadratics are Ruhnau, Hirth and Praktiknjo 2019, "Time series of heat demand and heat pump efficiency for
/// energy system modeling" (When2Heat), Scientific Data 6:189, fitted to manufacturers' data; as there ΔT is at
/// least 15 K. They are for ideal laboratory conditions: the same paper corrects them with a factor of 0.85 for real
/// houses, which is a field of [`HeatPump`].
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum CoefficientOfPerformance {
    /// Air source: 6.08 − 0.09 ΔT + 0.0005 ΔT².
    Air,
    /// Ground source: 10.29 − 0.21 ΔT + 0.0012 ΔT².
    Ground,
    /// Ground-water source: 9.97 − 0.20 ΔT + 0.0012 ΔT².
    Water,
    /// A part of Carnot's limit T_sink/ΔT (absolute temperatures), 0.2 to 0.6.
    Carnot(f64),
}

impl CoefficientOfPerformance {
    /// Heat per electricity between two temperatures in °C; at least 1 (the heating rod would do that).
    #[must_use]
    pub fn at(self, source: f64, sink: f64) -> f64 {
        let lift = (sink - source).max(15.0);
        let heat_per_electricity = match self {
            Self::Air => 6.08 - 0.09 * lift + 0.0005 * lift * lift,
            Self::Ground => 10.29 - 0.21 * lift + 0.0012 * lift * lift,
            Self::Water => 9.97 - 0.20 * lift + 0.0012 * lift * lift,
            Self::Carnot(part) => part * (sink + 273.15) / lift,
        };
        heat_per_electricity.max(1.0)
    }
}

/// A heat pump: heat = ⌊COP × electricity⌋, of which what is not electricity is ambient heat. It modulates freely
/// (inverter); no state; within an interval it ramps fully.
#[derive(Clone, Debug)]
pub struct HeatPump {
    /// Most electricity in one interval, Wh.
    pub electricity: i64,
    cop: CoefficientOfPerformance,
    real: f64,
    sink: f64,
    source: Series,
}

impl HeatPump {
    /// `electric_w`: largest electric input, W, > 0. `real`: part of the laboratory's COP reached in a house, from 0.5
    /// to 1. `sink`: flow temperature, °C, 20 to 80. `source`: temperature of air, ground or water, 0.1 °C, −500 to 500.
    /// `duration`: of an interval, s.
    pub fn new(
        electric_w: i64,
        cop: CoefficientOfPerformance,
        real: f64,
        sink: f64,
        source: Series,
        duration: u32,
    ) -> Result<Self, Impossible> {
        const NAME: &str = "heat pump";
        within_whole(NAME, "electric power", electric_w, (1, GIGA), "W")?;
        within(NAME, "real-world factor", real, (0.5, 1.0), "")?;
        within(NAME, "flow temperature", sink, (20.0, 80.0), "°C")?;
        if let CoefficientOfPerformance::Carnot(part) = cop {
            within(NAME, "Carnot factor", part, (0.2, 0.6), "")?;
        }
        let (least, most) = source.bounds().unwrap_or_default();
        within(NAME, "source temperature", least as f64 / 10.0, (-50.0, 50.0), "°C")?;
        within(NAME, "source temperature", most as f64 / 10.0, (-50.0, 50.0), "°C")?;
        Ok(Self { electricity: energy(electric_w, duration), cop, real, sink, source })
    }

    /// Heat per electricity at a step.
    #[must_use]
    pub fn ratio(&self, step: i64) -> Ratio {
        let source = self.source.at(step) as f64 / 10.0;
        Ratio::nearest((self.real * self.cop.at(source, self.sink)).max(1.0))
    }

    pub(crate) fn series(&self) -> &Series {
        &self.source
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_regressions_give_the_values_of_their_formula() {
        let check = |cop: CoefficientOfPerformance, source, sink, expected: f64| {
            let got = cop.at(source, sink);
            assert!((got - expected).abs() < 1e-9, "{cop:?} at {source}/{sink}: {got}");
        };
        // ΔT = 35: 6.08 − 3.15 + 0.6125
        check(CoefficientOfPerformance::Air, 0.0, 35.0, 3.5425);
        check(CoefficientOfPerformance::Ground, 10.0, 35.0, 10.29 - 5.25 + 0.75);
        check(CoefficientOfPerformance::Water, 10.0, 35.0, 9.97 - 5.0 + 0.75);
        check(CoefficientOfPerformance::Carnot(0.45), 0.0, 35.0, 0.45 * 308.15 / 35.0);
        check(CoefficientOfPerformance::Air, 30.0, 35.0, 6.08 - 1.35 + 0.1125);
    }

    #[test]
    fn a_warmer_source_gives_more_heat() {
        let air = Series::new([-100, 0, 100].into(), 0);
        let pump = HeatPump::new(3_000, CoefficientOfPerformance::Air, 0.85, 35.0, air, 900).unwrap();
        assert!(pump.ratio(0) < pump.ratio(1) && pump.ratio(1) < pump.ratio(2));
    }
}
