//! From a transformer's rating plate to its equivalent circuit.

use crate::electric::Pi;
use num_complex::Complex64;

/// What is known of a winding pair: short-circuit impedance and magnetising admittance.
pub(super) struct Leakage {
    /// Series impedance, Ω.
    pub(super) series_ohm: Complex64,
    /// Magnetising admittance, S.
    pub(super) magnetising_s: Complex64,
}

impl Leakage {
    /// From rated values: `vk` and `vkr` as fractions (short-circuit voltage and its resistive part), iron losses in
    /// W, no-load current as a fraction; referred to `rated_v`.
    pub(super) fn new(vk: f64, vkr: f64, iron_w: f64, no_load: f64, rated_va: f64, rated_v: f64) -> Self {
        let base_ohm = rated_v * rated_v / rated_va;
        // A negative short-circuit voltage is a negative reactance.
        let reactance = (vk * vk - vkr * vkr).max(0.0).sqrt().copysign(vk);
        let apparent = no_load * rated_va;
        let reactive = (apparent * apparent - iron_w * iron_w).max(0.0).sqrt();
        Self {
            series_ohm: Complex64::new(vkr, reactance) * base_ohm,
            magnetising_s: Complex64::new(iron_w, -reactive) / (rated_v * rated_v),
        }
    }

    /// The π equivalent of the T with the magnetising branch in the middle; `ratio_r` and `ratio_x` are the shares of
    /// resistance and reactance at the from side (star–delta transformation).
    pub(super) fn pi(&self, ratio_r: f64, ratio_x: f64) -> Pi {
        let (z, y) = (self.series_ohm, self.magnetising_s);
        if y == Complex64::ZERO {
            return Pi { series_ohm: z, from_s: y, to_s: y };
        }
        let from = Complex64::new(z.re * ratio_r, z.im * ratio_x);
        let to = z - from;
        // Delta of the star (from, to, 1/y): sums of pairwise products over the opposite leg.
        let pairs = from * to * y + from + to;
        Pi { series_ohm: pairs, from_s: to * y / pairs, to_s: from * y / pairs }
    }
}
