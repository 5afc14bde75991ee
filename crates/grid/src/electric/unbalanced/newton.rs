//! Newton's method where the fixed point does not contract: heavy loads, long feeders, much constant power.
//!
//! F(V) = V − V₀ − Z·I(V) = 0. The derivative is the identity minus Z·I′, so GMRES on it (Saad & Schultz
//! 1986) needs no second factorisation, only Z once per direction: the admittances' factor is the
//! preconditioner. I depends on the conjugate of V, so derivatives are linear over the reals only, and inner
//! products are those of ℝ²ⁿ (as in the rectangular current-injection method; Garcia, Pereira, Carneiro, da
//! Costa & Martins 2000).

use super::{
    fixed_point::{drops, inject},
    lanes::Lanes,
    system::System,
};
use num_complex::Complex64;

/// Where Newton's method ended.
pub(super) struct End {
    pub(super) iterations: usize,
    /// Largest entry of F, per unit.
    pub(super) residual_pu: f64,
    /// Where it is.
    pub(super) at: usize,
    pub(super) converged: bool,
}

/// Most directions of GMRES in a Newton step.
const DIRECTIONS: usize = 80;
/// How much GMRES reduces the linear residual.
const REDUCTION: f64 = 1e-6;

/// Iterates from `voltages` (all slots).
pub(super) fn solve(
    system: &System<'_>,
    powers: &[Lanes<1>],
    voltages: &mut [Lanes<1>],
    tolerance_pu: f64,
    max_iterations: usize,
) -> End {
    let mut currents = vec![Lanes::ZERO; voltages.len()];
    let mut f = residual(system, powers, voltages, &mut currents);
    let mut iterations = 0;
    loop {
        let (at, largest) = largest(&f);
        let end = |iterations, converged| End { iterations, residual_pu: largest, at, converged };
        if largest <= tolerance_pu || !largest.is_finite() || iterations == max_iterations {
            return end(iterations, largest <= tolerance_pu);
        }
        iterations += 1;
        let step = gmres(system, powers, voltages, &f);
        let norm = dot(&f, &f);
        // Halve the step until F shrinks.
        let mut length = 1.0;
        loop {
            let mut trial = voltages.to_vec();
            for (v, d) in trial.iter_mut().zip(&step) {
                let moved = v.lane(0) - d * length;
                v.set(0, moved);
            }
            let trial_f = residual(system, powers, &trial, &mut currents);
            if dot(&trial_f, &trial_f) < norm * (1.0 - 1e-4 * length) {
                voltages.copy_from_slice(&trial);
                f = trial_f;
                break;
            }
            length /= 2.0;
            if length < 1e-4 {
                return end(iterations, false); // A minimum of |F| that is not 0: no solution near here.
            }
        }
    }
}

/// V − V₀ − Z·I(V) at the unknowns.
fn residual(
    system: &System<'_>,
    powers: &[Lanes<1>],
    voltages: &[Lanes<1>],
    currents: &mut [Lanes<1>],
) -> Vec<Complex64> {
    inject(system, voltages, powers, currents);
    let mut f: Vec<Complex64> = currents[..system.unknown].iter().map(|current| current.lane(0)).collect();
    drops(system, &mut f);
    for ((f, v), &no_load) in f.iter_mut().zip(voltages).zip(&system.no_load) {
        *f = v.lane(0) - no_load - *f;
    }
    f
}

fn largest(of: &[Complex64]) -> (usize, f64) {
    let mut worst = (0, 0.0);
    for (i, value) in of.iter().enumerate() {
        let size = value.norm();
        if size.is_nan() || size > worst.1 {
            worst = (i, size);
        }
    }
    worst
}

/// The inner product of ℝ²ⁿ.
fn dot(a: &[Complex64], b: &[Complex64]) -> f64 {
    a.iter().zip(b).map(|(a, b)| a.re * b.re + a.im * b.im).sum()
}

/// d − Z·I′(V)\[d\]
fn derivative(
    system: &System<'_>,
    powers: &[Lanes<1>],
    voltages: &[Lanes<1>],
    direction: &[Complex64],
) -> Vec<Complex64> {
    let mut currents = vec![Complex64::ZERO; voltages.len()];
    let along = |slot: usize| direction.get(slot).copied().unwrap_or(Complex64::ZERO);
    for (draw, power) in system.draws.iter().zip(powers) {
        let zip = system.feeder.loads[draw.load].zip;
        let power = power.lane(0);
        let of = |v: &dyn Fn(usize) -> Complex64| {
            v(draw.plus.slot) * draw.plus.factor - v(draw.minus.slot) * draw.minus.factor
        };
        let v = of(&|slot| voltages[slot].lane(0));
        let dv = of(&along);
        let constant = Complex64::new(
            power.re * (1.0 - zip.p_impedance - zip.p_current),
            -power.im * (1.0 - zip.q_impedance - zip.q_current),
        );
        let linear = Complex64::new(power.re * zip.p_current, -power.im * zip.q_current) / draw.nominal;
        let square = Complex64::new(power.re * zip.p_impedance, -power.im * zip.q_impedance)
            / (draw.nominal * draw.nominal)
            - draw.held;
        // d(S*/V*) = −S*·dV*/V*²; d(V/|V|) = dV/|V| − V·Re(V*·dV)/|V|³.
        let size = v.norm();
        let di = -constant * dv.conj() / (v.conj() * v.conj())
            + linear * (dv / size - v * ((v.conj() * dv).re / (size * size * size)))
            + square * dv;
        currents[draw.plus.slot] -= di * draw.plus.factor;
        currents[draw.minus.slot] += di * draw.minus.factor;
    }
    currents.truncate(system.unknown);
    drops(system, &mut currents);
    for (to, d) in currents.iter_mut().zip(direction) {
        *to = d - *to;
    }
    currents
}

/// Solves derivative(x) = b approximately.
fn gmres(system: &System<'_>, powers: &[Lanes<1>], voltages: &[Lanes<1>], b: &[Complex64]) -> Vec<Complex64> {
    let scale = dot(b, b).sqrt();
    let mut basis = vec![b.iter().map(|b| b / scale).collect::<Vec<_>>()];
    // Upper triangle by Givens rotations.
    let mut triangle: Vec<Vec<f64>> = Vec::new();
    let mut rotations: Vec<(f64, f64)> = Vec::new();
    let mut rhs = vec![scale];
    for j in 0..DIRECTIONS.min(2 * system.unknown) {
        let mut next = derivative(system, powers, voltages, &basis[j]);
        let mut column = Vec::with_capacity(j + 2);
        for direction in &basis {
            let along = dot(&next, direction);
            for (n, d) in next.iter_mut().zip(direction) {
                *n -= d * along;
            }
            column.push(along);
        }
        let rest = dot(&next, &next).sqrt();
        for (i, &(cos, sin)) in rotations.iter().enumerate() {
            let (upper, lower) = (column[i], column[i + 1]);
            column[i] = cos * upper + sin * lower;
            column[i + 1] = cos * lower - sin * upper;
        }
        let length = column[j].hypot(rest);
        if length == 0.0 || !length.is_finite() {
            break;
        }
        let (cos, sin) = (column[j] / length, rest / length);
        column[j] = length;
        rotations.push((cos, sin));
        triangle.push(column);
        let last = rhs[j];
        rhs[j] = cos * last;
        rhs.push(-sin * last);
        if rhs[j + 1].abs() <= REDUCTION * scale || rest <= 1e-14 * length {
            break;
        }
        basis.push(next.iter().map(|n| n / rest).collect());
    }
    let mut weights = rhs[..triangle.len()].to_vec();
    for j in (0..triangle.len()).rev() {
        weights[j] /= triangle[j][j];
        for i in 0..j {
            weights[i] -= triangle[j][i] * weights[j];
        }
    }
    let mut x = vec![Complex64::ZERO; b.len()];
    for (weight, direction) in weights.iter().zip(&basis) {
        for (x, d) in x.iter_mut().zip(direction) {
            *x += d * *weight;
        }
    }
    x
}
