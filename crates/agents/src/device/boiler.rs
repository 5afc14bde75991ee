//! A gas boiler.

use crate::impossible::{GIGA, energy, within, within_whole};
use crate::{Impossible, Ratio};

/// A gas boiler: heat = ⌊efficiency × gas⌋, the rest is loss. Modulates freely; no state.
#[derive(Clone, Copy, Debug)]
pub struct Boiler {
    /// Most heat in one interval, Wh.
    pub heat: i64,
    /// Heat per gas by its higher heating value. A condensing boiler's 0.95 of the higher value is 1.05 of the lower.
    pub efficiency: Ratio,
}

impl Boiler {
    /// `heat_w`: largest heat output, W, > 0. `efficiency`: heat per gas by the higher heating value, 0.5 to 1.
    /// `duration`: of an interval, s.
    pub fn new(heat_w: i64, efficiency: f64, duration: u32) -> Result<Self, Impossible> {
        within_whole("boiler", "heat output", heat_w, (1, GIGA), "W")?;
        within("boiler", "efficiency", efficiency, (0.5, 1.0), "(higher heating value)")?;
        Ok(Self { heat: energy(heat_w, duration), efficiency: Ratio::nearest(efficiency) })
    }

    /// The gas for a heat output, and the heat it gives: as much as is asked for, within its power.
    #[must_use]
    pub fn advance(&self, heat: i64) -> (i64, i64) {
        let gas = self.efficiency.input_for(heat.clamp(0, self.heat));
        (gas, self.efficiency.of(gas))
    }
}
