//! Solar panels behind an inverter.

use crate::impossible::{GIGA, within_whole};
use crate::{Impossible, Series};

/// Solar panels: peak power × the site's specific yield, cut off at the inverter. Gives electricity; no state, no
/// ramp limit (clouds pass within seconds), no wear per Wh.
#[derive(Clone, Debug)]
pub struct Photovoltaic {
    peak_w: i64,
    inverter_w: i64,
    specific_yield: Series,
    duration: i64,
}

impl Photovoltaic {
    /// `peak_w`: power at standard test conditions, W, > 0. `inverter_w`: largest power on the alternating-current
    /// side, W, > 0. `specific_yield`: mean power per peak power over each interval, W/kWp, 0 to 1 500, which the
    /// scenario derives from irradiance. `duration`: of an interval, s.
    pub fn new(
        peak_w: i64,
        inverter_w: i64,
        specific_yield: Series,
        duration: u32,
    ) -> Result<Self, Impossible> {
        within_whole("photovoltaic", "peak", peak_w, (1, GIGA), "W")?;
        within_whole("photovoltaic", "inverter", inverter_w, (1, GIGA), "W")?;
        let (least, most) = specific_yield.bounds().unwrap_or_default();
        within_whole("photovoltaic", "specific yield", least, (0, 1_500), "W/kWp")?;
        within_whole("photovoltaic", "specific yield", most, (0, 1_500), "W/kWp")?;
        Ok(Self { peak_w, inverter_w, specific_yield, duration: i64::from(duration) })
    }

    /// Energy given during a step, Wh, ≥ 0.
    #[must_use]
    pub fn generation(&self, step: i64) -> i64 {
        let power_mw = (self.peak_w * self.specific_yield.at(step)).min(self.inverter_w * 1_000);
        power_mw * self.duration / 3_600_000
    }

    pub(crate) fn series(&self) -> &Series {
        &self.specific_yield
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_inverter_cuts_the_noon() {
        let sun = Series::new([0, 500, 900].into(), 0);
        let roof = Photovoltaic::new(10_000, 8_000, sun.clone(), 900).unwrap();
        // 10 kWp · 0.5 = 5 kW → 1 250 Wh; 9 kW is cut to 8 kW → 2 000 Wh.
        assert_eq!([0, 1, 2].map(|step| roof.generation(step)), [0, 1_250, 2_000]);
        let error = Photovoltaic::new(-3, 8_000, sun, 900).unwrap_err().to_string();
        assert_eq!(error, "photovoltaic: peak = -3 W is outside the allowed 1 to 1000000000 W");
    }
}
