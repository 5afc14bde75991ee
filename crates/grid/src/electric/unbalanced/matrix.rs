//! Three phases and three sequences: small complex matrices.
//!
//! Fortescue (1918): V_abc = A·V_012 with a = e^{j120°} and A = [1 1 1; 1 a² a; 1 a a²], columns zero, positive,
//! negative.

use num_complex::Complex64;

/// A complex value for each of the phases a, b, c.
pub type Phases = [Complex64; 3];

/// A complex matrix over the phases a, b, c.
pub type Matrix3 = [[Complex64; 3]; 3];

/// All zeros.
pub(super) const ZERO: Matrix3 = [[Complex64::ZERO; 3]; 3];

const HALF_ROOT_3: f64 = 0.866_025_403_784_438_6;

/// a⁰, a¹, a² with a = e^{j120°}.
pub(super) const ROTATIONS: Phases =
    [Complex64::new(1.0, 0.0), Complex64::new(-0.5, HALF_ROOT_3), Complex64::new(-0.5, -HALF_ROOT_3)];

/// Entry of A: phase `phase` of sequence `sequence` (0 zero, 1 positive, 2 negative).
fn a(phase: usize, sequence: usize) -> Complex64 {
    // a^(−phase·sequence), as −1 ≡ 2 modulo 3.
    ROTATIONS[(2 * phase * sequence) % 3]
}

/// A·diag(zero, positive, negative)·A⁻¹: a symmetrical element in phases.
#[must_use]
pub fn from_sequences(of: [Complex64; 3]) -> Matrix3 {
    let mut matrix = ZERO;
    for (i, row) in matrix.iter_mut().enumerate() {
        for (j, entry) in row.iter_mut().enumerate() {
            // A is unitary but for √3: A⁻¹ = A*/3.
            *entry = (0..3).map(|s| of[s] * a(i, s) * a(j, s).conj()).sum::<Complex64>() / 3.0;
        }
    }
    matrix
}

/// Zero, positive and negative sequence of three phases.
#[must_use]
pub fn to_sequences(of: Phases) -> [Complex64; 3] {
    [0, 1, 2].map(|s| (0..3).map(|phase| of[phase] * a(phase, s).conj()).sum::<Complex64>() / 3.0)
}

/// The inverse over the phases that are there; `None` where it has none. Other rows and columns are 0.
#[must_use]
pub(super) fn inverse(of: &Matrix3, phases: [bool; 3]) -> Option<Matrix3> {
    let mut left = *of;
    let mut right = ZERO;
    for phase in 0..3 {
        right[phase][phase] = Complex64::ONE;
        if !phases[phase] {
            for other in 0..3 {
                left[phase][other] = Complex64::ZERO;
                left[other][phase] = Complex64::ZERO;
            }
            left[phase][phase] = Complex64::ONE;
        }
    }
    let size = left.iter().flatten().map(|entry| entry.norm()).fold(0.0, f64::max);
    // Gauss–Jordan with row pivots.
    for column in 0..3 {
        let pivot = (column..3).max_by(|&i, &j| left[i][column].norm().total_cmp(&left[j][column].norm()))?;
        if !left[pivot][column].is_finite() || left[pivot][column].norm() <= 1e-13 * size {
            return None;
        }
        left.swap(column, pivot);
        right.swap(column, pivot);
        let scale = left[column][column].inv();
        for k in 0..3 {
            left[column][k] *= scale;
            right[column][k] *= scale;
        }
        for row in (0..3).filter(|&row| row != column) {
            let factor = left[row][column];
            for k in 0..3 {
                let (l, r) = (left[column][k], right[column][k]);
                left[row][k] -= factor * l;
                right[row][k] -= factor * r;
            }
        }
    }
    for phase in (0..3).filter(|&phase| !phases[phase]) {
        right[phase][phase] = Complex64::ZERO;
    }
    Some(right)
}

/// Whether a matrix equals its transpose, but for rounding.
#[must_use]
pub(super) fn symmetric(of: &Matrix3) -> bool {
    let size = of.iter().flatten().map(|entry| entry.norm()).fold(0.0, f64::max);
    (0..3).all(|i| (0..i).all(|j| (of[i][j] - of[j][i]).norm() <= 1e-9 * size))
}

/// A matrix times three phases.
#[must_use]
pub(super) fn times(matrix: &Matrix3, phases: &Phases) -> Phases {
    [0, 1, 2].map(|i| (0..3).map(|j| matrix[i][j] * phases[j]).sum())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn c(re: f64, im: f64) -> Complex64 {
        Complex64::new(re, im)
    }

    #[test]
    fn a_transposed_line_has_equal_self_and_mutual_impedances() {
        // z_self = (z0 + 2 z1)/3, z_mutual = (z0 − z1)/3 (Kersting, Distribution System Modeling, eq. 4.72).
        let (z0, z1) = (c(0.9, 1.8), c(0.3, 0.6));
        let z = from_sequences([z0, z1, z1]);
        for i in 0..3 {
            for j in 0..3 {
                let expected = if i == j { (z0 + z1 * 2.0) / 3.0 } else { (z0 - z1) / 3.0 };
                assert!((z[i][j] - expected).norm() < 1e-15);
            }
        }
    }

    #[test]
    fn phases_in_the_order_a_b_c_are_of_positive_sequence() {
        let balanced = [ROTATIONS[0], ROTATIONS[2], ROTATIONS[1]];
        let [zero, positive, negative] = to_sequences(balanced);
        assert!(zero.norm() < 1e-15 && negative.norm() < 1e-15 && (positive - 1.0).norm() < 1e-15);
    }

    #[test]
    fn an_inverse_leaves_out_missing_phases() {
        let z = [
            [c(1.0, 2.0), c(9.0, 9.0), c(0.1, 0.5)],
            [c(9.0, 9.0); 3],
            [c(0.1, 0.5), c(9.0, 9.0), c(2.0, 1.0)],
        ];
        let y = inverse(&z, [true, false, true]).unwrap();
        assert_eq!(y[1], [Complex64::ZERO; 3]);
        let identity = z[0][0] * y[0][0] + z[0][2] * y[2][0];
        let off = z[0][0] * y[0][2] + z[0][2] * y[2][2];
        assert!((identity - 1.0).norm() < 1e-14 && off.norm() < 1e-14);
        assert!(inverse(&[[c(1.0, 0.0); 3]; 3], [true; 3]).is_none());
    }
}
