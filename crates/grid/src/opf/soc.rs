//! The second-order cone relaxation of the exact model (Jabr 2006), by pairs of buses that branches join.
//!
//! With w_i = |V_i|² and W_ij = V_i·V_j* = wr + j·wi all flows are linear, and |W_ij|² = w_i·w_j is relaxed to
//! |W_ij|² ≤ w_i·w_j: the optimum is a lower bound of the exact one. It is exact where every cone is tight and the
//! angles of W around every loop add up, which [`super::Solution::relaxation_gap_pu`] measures. Limits of angles and
//! voltages give bounds of wr and wi and the lifted cuts of Coffrin, Hijazi & Van Hentenryck 2016 ("Strengthening the
//! SDP relaxation of AC power flows", eq. 24), as in PowerModels' `SOCWRPowerModel`, with which PGLib-OPF publishes
//! its gaps.

use super::case::{Case, Draw, Name};
use super::conic::{Optimum, Programme, Terms, Variable};
use super::dist_flow::angles;
use super::stage::{Leaving, Plan, State, angle_names, power_limits, voltage_limits};
use crate::electric::TwoPort;
use num_complex::Complex64;
use std::collections::BTreeMap;
use std::f64::consts::FRAC_PI_2;

/// Squared voltages of nodes and products of voltages of pairs.
pub(super) struct Unknowns {
    w: Vec<Variable>,
    pairs: Vec<Pair>,
    /// Pair of each branch, and whether it lies the other way round.
    pair_of_branch: Vec<(usize, bool)>,
}

/// Two nodes joined by branches.
struct Pair {
    from: usize,
    to: usize,
    wr: Variable,
    wi: Variable,
    /// The narrowest limits of any of its branches, rad.
    angle: (f64, f64),
}

pub(super) fn build(
    programme: &mut Programme<Name>,
    case: &Case<'_>,
    draws: &[Draw],
    plan: &Plan<'_>,
) -> (Leaving, Unknowns) {
    let circuit = &case.circuit;
    let w: Vec<Variable> = circuit.nodes.iter().map(|_| programme.variable(0.0)).collect();
    voltage_limits(programme, case, plan.step, &w);
    let (pairs, pair_of_branch) = pairs(programme, &circuit.branches);
    let unknowns = Unknowns { w, pairs, pair_of_branch };
    let (mut p, mut q) = (Vec::new(), Vec::new());
    for (i, (node, draw)) in circuit.nodes.iter().zip(draws).enumerate() {
        let follows = node.shunt_pu.conj() + draw.impedance;
        let (mut active, mut reactive) =
            (vec![(unknowns.w[i], follows.re)], vec![(unknowns.w[i], follows.im)]);
        if draw.current != Complex64::ZERO {
            let magnitude = magnitude(programme, unknowns.w[i], case.voltage_pu[i]);
            active.push((magnitude, draw.current.re));
            reactive.push((magnitude, draw.current.im));
        }
        p.push((active, 0.0));
        q.push((reactive, 0.0));
    }
    for (i, branch) in circuit.branches.iter().enumerate() {
        let [from, to] = unknowns.ends(i, branch);
        p[branch.from].0.extend(&from.0);
        q[branch.from].0.extend(&from.1);
        p[branch.to].0.extend(&to.0);
        q[branch.to].0.extend(&to.1);
        power_limits(programme, case, branch, plan.step, [from, to]);
        angle_limits(programme, branch, unknowns.product(i), plan.step);
    }
    for pair in &unknowns.pairs {
        let (w_from, w_to) = (unknowns.w[pair.from], unknowns.w[pair.to]);
        // wr² + wi² ≤ w_i·w_j as ‖(2wr, 2wi, w_i − w_j)‖ ≤ w_i + w_j.
        programme.cone(vec![
            (vec![(w_from, 1.0), (w_to, 1.0)], 0.0),
            (vec![(w_from, 1.0), (w_to, -1.0)], 0.0),
            (vec![(pair.wr, 2.0)], 0.0),
            (vec![(pair.wi, 2.0)], 0.0),
        ]);
        product_bounds(programme, pair, case.voltage_pu[pair.from], case.voltage_pu[pair.to]);
        lifted_cuts(programme, pair, (w_from, case.voltage_pu[pair.from]), (w_to, case.voltage_pu[pair.to]));
    }
    (Leaving { p, q }, unknowns)
}

fn pairs(programme: &mut Programme<Name>, branches: &[TwoPort]) -> (Vec<Pair>, Vec<(usize, bool)>) {
    let mut index = BTreeMap::new();
    let mut pairs: Vec<Pair> = Vec::new();
    let mut of_branch = Vec::with_capacity(branches.len());
    for branch in branches {
        let key = (branch.from.min(branch.to), branch.from.max(branch.to));
        let at = *index.entry(key).or_insert_with(|| {
            let (wr, wi) = (programme.variable(0.0), programme.variable(0.0));
            let angle = (f64::NEG_INFINITY, f64::INFINITY);
            pairs.push(Pair { from: branch.from, to: branch.to, wr, wi, angle });
            pairs.len() - 1
        });
        let pair = &mut pairs[at];
        let reversed = pair.from != branch.from;
        let (low, high) = (branch.min_angle_rad, branch.max_angle_rad);
        let (low, high) = if reversed { (-high, -low) } else { (low, high) };
        pair.angle = (pair.angle.0.max(low), pair.angle.1.min(high));
        of_branch.push((at, reversed));
    }
    (pairs, of_branch)
}

/// |V| of a node, relaxed: |V|² ≤ w, and above the chord between its limits.
fn magnitude(programme: &mut Programme<Name>, w: Variable, (low, high): (f64, f64)) -> Variable {
    let v = programme.variable(0.0);
    if high.is_finite() {
        // v² ≤ w·1
        programme.cone(vec![(vec![(w, 1.0)], 1.0), (vec![(w, 1.0)], -1.0), (vec![(v, 2.0)], 0.0)]);
        programme.at_most(vec![(w, 1.0), (v, -(low + high))], -low * high);
    } else {
        // Without limits there is no chord; the tangent at 1 stands for the curve.
        programme.equal(vec![(v, 1.0), (w, -0.5)], 0.5);
    }
    v
}

/// tan(min)·wr ≤ wi ≤ tan(max)·wr; limits of a right angle or more say nothing here.
fn angle_limits(
    programme: &mut Programme<Name>,
    branch: &TwoPort,
    (wr, wi, sign): (Variable, Variable, f64),
    step: usize,
) {
    for upper in [false, true] {
        let (bound, direction) =
            if upper { (branch.max_angle_rad, 1.0) } else { (branch.min_angle_rad, -1.0) };
        if bound.abs() >= FRAC_PI_2 {
            continue;
        }
        let (sin, cos) = libm::sincos(bound);
        // Multiplied by cos², a unit of the row is a radian at voltages of 1.
        let row =
            programme.at_most(vec![(wi, direction * sign * cos * cos), (wr, -direction * sin * cos)], 0.0);
        let names = angle_names(branch, step, 1.0);
        programme.limit(row, if upper { names.1 } else { names.0 });
    }
}

/// Bounds of wr and wi that follow from the limits of voltages and angles.
fn product_bounds(programme: &mut Programme<Name>, pair: &Pair, from: (f64, f64), to: (f64, f64)) {
    let (low, high) = pair.angle;
    if !limited(pair) || !(from.1 * to.1).is_finite() {
        return;
    }
    let (least, most) = (from.0 * to.0, from.1 * to.1);
    let (cos_low, cos_high) = (libm::cos(low), libm::cos(high));
    let (sin_low, sin_high) = (libm::sin(low), libm::sin(high));
    let wr_least = least * cos_low.min(cos_high);
    let wr_most = if low < 0.0 && high > 0.0 { most } else { most * cos_low.max(cos_high) };
    let wi_most = if high > 0.0 { most * sin_high } else { least * sin_high };
    let wi_least = if low < 0.0 { most * sin_low } else { least * sin_low };
    for (terms, right) in [
        (vec![(pair.wr, -1.0)], -wr_least),
        (vec![(pair.wr, 1.0)], wr_most),
        (vec![(pair.wi, -1.0)], -wi_least),
        (vec![(pair.wi, 1.0)], wi_most),
    ] {
        let row = programme.at_most(terms, right);
        programme.derived(row);
    }
}

/// Cuts that hold for all voltages and angles within their limits and that the cone alone does not give.
fn lifted_cuts(
    programme: &mut Programme<Name>,
    pair: &Pair,
    (w_from, (from_low, from_high)): (Variable, (f64, f64)),
    (w_to, (to_low, to_high)): (Variable, (f64, f64)),
) {
    let (low, high) = pair.angle;
    if !limited(pair) || !(from_high * to_high).is_finite() {
        return;
    }
    let (middle, half) = (0.5 * (low + high), 0.5 * (high - low));
    let cos_half = libm::cos(half);
    let (sin, cos) = libm::sincos(middle);
    let (from_sum, to_sum) = (from_low + from_high, to_low + to_high);
    let product = from_sum * to_sum;
    let difference = from_low * to_low - from_high * to_high;
    for (from_v, to_v, sign) in [(from_high, to_high, 1.0), (from_low, to_low, -1.0)] {
        let terms = vec![
            (pair.wr, -product * cos),
            (pair.wi, -product * sin),
            (w_from, to_v * cos_half * to_sum),
            (w_to, from_v * cos_half * from_sum),
        ];
        let row = programme.at_most(terms, -sign * from_v * to_v * cos_half * difference);
        programme.derived(row);
    }
}

/// Whether a pair's angle lies within right angles.
fn limited(pair: &Pair) -> bool {
    pair.angle.0 > -FRAC_PI_2 && pair.angle.1 < FRAC_PI_2 && pair.angle.0 <= pair.angle.1
}

impl Unknowns {
    /// wr, wi and the sign of wi seen from a branch's from end.
    fn product(&self, branch: usize) -> (Variable, Variable, f64) {
        let (pair, reversed) = self.pair_of_branch[branch];
        let pair = &self.pairs[pair];
        (pair.wr, pair.wi, if reversed { -1.0 } else { 1.0 })
    }

    /// Active and reactive power into a branch at its from and to end: S_f = Yff*·w_f + Yft*·W, S_t = Ytt*·w_t + Ytf*·W*.
    fn ends(&self, index: usize, branch: &TwoPort) -> [(Terms, Terms); 2] {
        let [ff, ft, tf, tt] = branch.admittances().map(|y| y.conj());
        let (wr, wi, sign) = self.product(index);
        let end = |w: Variable, own: Complex64, other: Complex64, sign: f64| {
            (
                vec![(w, own.re), (wr, other.re), (wi, -sign * other.im)],
                vec![(w, own.im), (wr, other.im), (wi, sign * other.re)],
            )
        };
        [end(self.w[branch.from], ff, ft, sign), end(self.w[branch.to], tt, tf, -sign)]
    }

    pub(super) fn state(&self, case: &Case<'_>, optimum: &Optimum) -> State {
        let circuit = &case.circuit;
        let w: Vec<f64> = self.w.iter().map(|&w| optimum.value(w).max(0.0)).collect();
        let product = |pair: &Pair| Complex64::new(optimum.value(pair.wr), optimum.value(pair.wi));
        let cone = |pair: &Pair| (w[pair.from] * w[pair.to]).sqrt() - product(pair).norm();
        let open_cone = self.pairs.iter().map(cone).fold(0.0, f64::max);
        let difference: Vec<f64> = self
            .pair_of_branch
            .iter()
            .map(|&(pair, reversed)| {
                let angle = product(&self.pairs[pair]).arg();
                if reversed { -angle } else { angle }
            })
            .collect();
        let (angle, open_loop) = angles(circuit, &difference);
        let flow = |(i, branch): (usize, &TwoPort)| {
            let [from, to] = self.ends(i, branch);
            let power = |(p, q): (Terms, Terms)| Complex64::new(optimum.sum(&p), optimum.sum(&q));
            (power(from), power(to))
        };
        let gap = open_cone.max(open_loop);
        State {
            voltage_pu: w.iter().map(|w| w.sqrt()).collect(),
            // Where loops do not close there are no angles.
            angle_rad: if open_loop < 1e-3 { angle } else { vec![f64::NAN; circuit.nodes.len()] },
            flows: circuit.branches.iter().enumerate().map(flow).collect(),
            gap,
        }
    }
}
