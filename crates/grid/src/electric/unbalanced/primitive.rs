//! Primitive admittance matrices: the currents into a branch's six conductors for the voltages at them.
//!
//! A symmetrical transformer is a two-port per sequence: positive and negative turn by the vector group's angle to
//! opposite sides, zero sequence passes, meets a short circuit or meets nothing as the neutrals allow (Anderson,
//! Analysis of Faulted Power Systems, ch. 7). Turned back into phases the matrix is real in its connections and
//! symmetric, as in Dugan & Santoso 2003. Units of a bank are stamped one by one.

use super::{Line, Matrix3, Unit, Windings, matrix};
use crate::electric::{VectorGroup, circuit::polar};
use num_complex::Complex64;

/// Blocks ff, ft, tf, tt of a branch's 6×6 admittance matrix, S.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Primitive {
    pub(super) ff: Matrix3,
    pub(super) ft: Matrix3,
    pub(super) tf: Matrix3,
    pub(super) tt: Matrix3,
}

impl Primitive {
    /// Of a line; `None` where its impedance matrix has no inverse.
    pub(super) fn of_line(line: &Line) -> Option<Self> {
        let y = matrix::inverse(&line.series_ohm, line.phases)?;
        let mut primitive = Self { ff: y, ft: y, tf: y, tt: y };
        for i in 0..3 {
            for j in 0..3 {
                primitive.ft[i][j] = -y[i][j];
                primitive.tf[i][j] = -y[i][j];
                if line.phases[i] && line.phases[j] {
                    primitive.ff[i][j] += line.from_s[i][j];
                    primitive.tt[i][j] += line.to_s[i][j];
                }
            }
        }
        Some(primitive)
    }

    /// Of a transformer; `None` where an impedance is 0.
    pub(super) fn of_windings(windings: &Windings) -> Option<Self> {
        let primitive = match windings {
            Windings::Symmetrical { group, ratio, shift_rad, series_ohm, zero_ohm, from_s, to_s } => {
                let y = series_ohm.inv();
                let zero = zero_sequence(*group, *ratio, *shift_rad, zero_ohm.inv(), *from_s, *to_s);
                let along = two_port(polar(*ratio, *shift_rad), y, *from_s, *to_s);
                let against = two_port(polar(*ratio, -*shift_rad), y, *from_s, *to_s);
                let block = |k: usize| matrix::from_sequences([zero[k], along[k], against[k]]);
                Self { ff: block(0), ft: block(1), tf: block(2), tt: block(3) }
            }
            Windings::Bank(units) => {
                let none = matrix::ZERO;
                let mut bank = Self { ff: none, ft: none, tf: none, tt: none };
                for unit in units {
                    bank.add(unit);
                }
                bank
            }
        };
        primitive.finite().then_some(primitive)
    }

    /// I = y·w·(wᵀV), where w says how the conductors' voltages make the voltage over the series impedance.
    fn add(&mut self, unit: &Unit) {
        let y = unit.series_ohm.inv();
        let mut from = [0.0; 3];
        let mut to = [0.0; 3];
        for (side, scale, ends) in [(&mut from, 1.0 / unit.ratio, unit.from), (&mut to, -1.0, unit.to)] {
            for (end, sign) in ends.into_iter().zip([1.0, -1.0]) {
                if let Some(phase) = end {
                    side[phase.index()] += sign * scale;
                }
            }
        }
        for i in 0..3 {
            for j in 0..3 {
                self.ff[i][j] += y * (from[i] * from[j]);
                self.ft[i][j] += y * (from[i] * to[j]);
                self.tf[i][j] += y * (to[i] * from[j]);
                self.tt[i][j] += y * (to[i] * to[j]);
            }
        }
    }

    fn finite(&self) -> bool {
        [&self.ff, &self.ft, &self.tf, &self.tt]
            .iter()
            .all(|block| block.iter().flatten().all(|y| y.is_finite()))
    }
}

/// Yff, Yft, Ytf, Ytt of an ideal transformer `ratio`:1 before a π.
fn two_port(ratio: Complex64, y: Complex64, from_s: Complex64, to_s: Complex64) -> [Complex64; 4] {
    [(y + from_s) / ratio.norm_sqr(), -y / ratio.conj(), -y / ratio, y + to_s]
}

/// The two-port of zero sequence.
fn zero_sequence(
    group: VectorGroup,
    ratio: f64,
    shift_rad: f64,
    y: Complex64,
    from_s: Complex64,
    to_s: Complex64,
) -> [Complex64; 4] {
    let none = Complex64::ZERO;
    match group {
        VectorGroup::YNyn => {
            // Clock numbers 0, 4, 8 are windings of like polarity with phases renamed, 2, 6, 10 of opposite.
            let sign = if libm::cos(3.0 * shift_rad) < 0.0 { -1.0 } else { 1.0 };
            two_port(Complex64::new(sign * ratio, 0.0), y, from_s, to_s)
        }
        VectorGroup::Dyn => [none, none, none, y + to_s],
        VectorGroup::Yyn | VectorGroup::Yzn => [none, none, none, y],
        VectorGroup::YNd => [(y + from_s) / (ratio * ratio), none, none, none],
        VectorGroup::Yd | VectorGroup::Dd => [none; 4],
    }
}

/// Whether the from and the to side hold the zero-sequence voltage of what they feed.
pub(super) fn holds_zero_sequence(windings: &Windings) -> [bool; 2] {
    match windings {
        Windings::Symmetrical { group, .. } => match group {
            VectorGroup::YNyn => [true, true],
            VectorGroup::Dyn | VectorGroup::Yyn | VectorGroup::Yzn => [false, true],
            VectorGroup::YNd => [true, false],
            VectorGroup::Yd | VectorGroup::Dd => [false, false],
        },
        Windings::Bank(units) => {
            [units.iter().any(|u| u.from.contains(&None)), units.iter().any(|u| u.to.contains(&None))]
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::electric::Phase;

    const Z: Complex64 = Complex64::new(0.01, 0.04);

    fn symmetrical(group: VectorGroup, ratio: f64, clock: f64) -> Primitive {
        let shift_rad = clock * std::f64::consts::PI / 6.0;
        let none = Complex64::ZERO;
        let windings = Windings::Symmetrical {
            group,
            ratio,
            shift_rad,
            series_ohm: Z,
            zero_ohm: Z,
            from_s: none,
            to_s: none,
        };
        Primitive::of_windings(&windings).unwrap()
    }

    fn bank(units: [([usize; 2], [usize; 2]); 3], ratio: f64, z: Complex64) -> Primitive {
        let end = |k: usize| Phase::ALL.get(k).copied();
        let units = units.map(|(f, t)| Unit { from: f.map(end), to: t.map(end), ratio, series_ohm: z });
        Primitive::of_windings(&Windings::Bank(units.to_vec())).unwrap()
    }

    fn same(a: &Primitive, b: &Primitive) {
        for (a, b) in [(&a.ff, &b.ff), (&a.ft, &b.ft), (&a.tf, &b.tf), (&a.tt, &b.tt)] {
            for i in 0..3 {
                for j in 0..3 {
                    assert!((a[i][j] - b[i][j]).norm() < 1e-9, "{a:?} {b:?}");
                }
            }
        }
    }

    /// Conductor 3 is earth. A winding between two phases of a delta has √3 the voltage of one in star.
    #[test]
    fn a_vector_group_is_three_units_wired_so() {
        let root = 3_f64.sqrt();
        let star = [[0, 3], [1, 3], [2, 3]];
        let wired = |f: [[usize; 2]; 3], t: [[usize; 2]; 3]| [(f[0], t[0]), (f[1], t[1]), (f[2], t[2])];
        same(&symmetrical(VectorGroup::YNyn, 10.0, 0.0), &bank(wired(star, star), 10.0, Z));
        let turned = [[3, 0], [3, 1], [3, 2]];
        same(&symmetrical(VectorGroup::YNyn, 10.0, 6.0), &bank(wired(star, turned), 10.0, Z));
        // Delta a–c: its voltage leads phase a by… V_a − V_c lags V_a by 30°, hence Dyn1; a–b leads, hence Dyn11.
        let (ac, ab) = ([[0, 2], [1, 0], [2, 1]], [[0, 1], [1, 2], [2, 0]]);
        same(&symmetrical(VectorGroup::Dyn, 10.0, 1.0), &bank(wired(ac, star), 10.0 * root, Z));
        same(&symmetrical(VectorGroup::Dyn, 10.0, 11.0), &bank(wired(ab, star), 10.0 * root, Z));
        same(&symmetrical(VectorGroup::Dyn, 10.0, 5.0), &bank(wired(ab, turned), 10.0 * root, Z));
        // A delta's winding sees three times the impedance of its star equivalent.
        same(&symmetrical(VectorGroup::YNd, 10.0, 1.0), &bank(wired(star, ab), 10.0 / root, Z * 3.0));
        same(&symmetrical(VectorGroup::Dd, 10.0, 0.0), &bank(wired(ab, ab), 10.0, Z * 3.0));
    }
}
