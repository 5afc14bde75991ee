//! A biomethane plant at the gas network.

use crate::Impossible;
use crate::impossible::{GIGA, energy, within_whole};

/// A biomethane producer: a digester runs day and night, so its output is constant. Gives gas by its higher heating
/// value; no state, no loss inside its border.
#[derive(Clone, Debug)]
pub struct Biomethane {
    energy: i64,
}

impl Biomethane {
    /// `power_w`: gas given, W by the higher heating value, > 0. `duration`: of an interval, s.
    pub fn new(power_w: i64, duration: u32) -> Result<Self, Impossible> {
        within_whole("biomethane", "power", power_w, (1, GIGA), "W")?;
        Ok(Self { energy: energy(power_w, duration) })
    }

    /// Energy given during any step, Wh, ≥ 0.
    #[must_use]
    pub fn generation(&self) -> i64 {
        self.energy
    }
}
