//! A wind turbine.

use crate::impossible::{GIGA, energy, within, within_whole};
use crate::{Impossible, Series};

/// What is known about the wind.
#[derive(Clone, Debug)]
pub enum WindSource {
    /// Mean output per rated power over each interval, in 1/10 000, 0 to 10 000.
    PerUnit(Series),
    /// Mean wind speed at hub height over each interval, cm/s, 0 to 10 000, and the turbine's curve.
    Speed(Series, PowerCurve),
}

/// A turbine's power over wind speed: nothing below cut-in, then with the cube of the speed up to rated power, then
/// constant, nothing from cut-out on. (v³ − v_in³)/(v_r³ − v_in³): Carrillo et al. 2013, "Review of power curve
/// modelling for wind turbines", Renewable and Sustainable Energy Reviews 21, "cubic power curve" with cut-in.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct PowerCurve {
    /// Speed from which it turns, m/s, typically 3.
    pub cut_in: f64,
    /// Speed from which it gives rated power, m/s, typically 12.
    pub rated: f64,
    /// Speed from which it is stopped, m/s, typically 25.
    pub cut_out: f64,
}

impl PowerCurve {
    /// Output per rated power at a wind speed in m/s, in 1/10 000.
    #[must_use]
    pub fn per_unit(&self, speed: f64) -> i64 {
        let cube = |v: f64| v * v * v;
        if speed < self.cut_in || speed >= self.cut_out {
            0
        } else if speed >= self.rated {
            10_000
        } else {
            (10_000.0 * (cube(speed) - cube(self.cut_in)) / (cube(self.rated) - cube(self.cut_in))) as i64
        }
    }
}

/// A wind turbine. Gives electricity; no state; ramps within an interval are inside its mean; no wear per Wh.
#[derive(Clone, Debug)]
pub struct Wind {
    rated_wh: i64,
    source: WindSource,
}

impl Wind {
    /// `rated_w`: rated power, W, > 0. `duration`: of an interval, s.
    pub fn new(rated_w: i64, source: WindSource, duration: u32) -> Result<Self, Impossible> {
        within_whole("wind", "rated power", rated_w, (1, GIGA), "W")?;
        let (field, unit) = match &source {
            WindSource::PerUnit(_) => ("per-unit output", "1/10000"),
            WindSource::Speed(_, curve) => {
                within("wind", "cut-in speed", curve.cut_in, (0.0, 50.0), "m/s")?;
                within("wind", "rated speed", curve.rated, (curve.cut_in + 0.1, 50.0), "m/s")?;
                within("wind", "cut-out speed", curve.cut_out, (curve.rated, 100.0), "m/s")?;
                ("wind speed", "cm/s")
            }
        };
        let turbine = Self { rated_wh: energy(rated_w, duration), source };
        let (least, most) = turbine.series().bounds().unwrap_or_default();
        within_whole("wind", field, least, (0, 10_000), unit)?;
        within_whole("wind", field, most, (0, 10_000), unit)?;
        Ok(turbine)
    }

    /// Energy given during a step, Wh, ≥ 0.
    #[must_use]
    pub fn generation(&self, step: i64) -> i64 {
        let per_unit = match &self.source {
            WindSource::PerUnit(series) => series.at(step),
            WindSource::Speed(series, curve) => curve.per_unit(series.at(step) as f64 / 100.0),
        };
        self.rated_wh * per_unit / 10_000
    }

    pub(crate) fn series(&self) -> &Series {
        match &self.source {
            WindSource::PerUnit(series) | WindSource::Speed(series, _) => series,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_curve_has_its_corners_where_they_are_stated() {
        let curve = PowerCurve { cut_in: 3.0, rated: 12.0, cut_out: 25.0 };
        let wind = Series::new([299, 300, 750, 1_200, 2_499, 2_500].into(), 0);
        let turbine = Wind::new(20_000, WindSource::Speed(wind, curve), 3_600).unwrap();
        // (7.5³ − 3³) / (12³ − 3³) = 394.875 / 1701 = 0.2321
        assert_eq!([0, 1, 2, 3, 4, 5].map(|step| turbine.generation(step)), [0, 0, 4_642, 20_000, 20_000, 0]);
        let turned = PowerCurve { rated: 2.0, ..curve };
        let calm = WindSource::Speed(Series::constant(0, 0..1), turned);
        assert!(Wind::new(1, calm, 900).unwrap_err().to_string().contains("rated speed = 2"));
    }
}
