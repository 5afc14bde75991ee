//! The second-order cone relaxation of the exact model (Jabr 2006), by pairs of nodes that branches join.
//!
//! With w = |V|² and W = V_f·V_t* all flows are linear, and |W|² = w_f·w_t is relaxed to |W|² ≤ w_f·w_t: the optimum is a
//! lower bound of the exact one. It is exact where every cone is tight and the angles of W around every loop add up,
//! which [`super::Solution::relaxation_gap_pu`] measures.
//!
//! Written in W, a flow is a small difference times a large admittance. So a pair is written in what its branch of
//! least impedance carries, the branch flow model (Farivar & Low 2013), which is the same set of points (Subhonmesh, Low
//! & Chandy 2012): power S = P + jQ behind the ideal transformer, squared current ℓ,
//!
//! w_t = w_f/|a|² − 2 Re(z*·S) + |z|²·ℓ,   |S|² ≤ ℓ·w_f/|a|²,   W = w_f/a* − a·z*·S.
//!
//! Limits of angles and voltages give bounds of W and the lifted cuts of Coffrin, Hijazi & Van Hentenryck 2016
//! ("Strengthening the SDP relaxation of AC power flows", eq. 24), as in PowerModels' `SOCWRPowerModel`, with which
//! PGLib-OPF publishes its gaps.

use super::case::{Case, Draw, Name};
use super::conic::{Optimum, Programme, Terms, Variable};
use super::dist_flow::angles;
use super::stage::{Leaving, Plan, State, angle_names, power_limits, voltage_limits};
use crate::electric::TwoPort;
use num_complex::Complex64;
use std::collections::BTreeMap;
use std::f64::consts::FRAC_PI_2;

/// Squared voltages of nodes and what pairs carry.
pub(super) struct Unknowns {
    w: Vec<Variable>,
    pairs: Vec<Pair>,
    /// Pair of each branch, and whether it lies the other way round.
    pair_of_branch: Vec<(usize, bool)>,
    /// |V| where loads of constant current want it: node and variable.
    magnitudes: Vec<(usize, Variable)>,
}

/// Two nodes joined by branches.
struct Pair {
    /// The branch of least impedance, in whose direction the pair lies.
    branch: usize,
    from: usize,
    to: usize,
    p: Variable,
    q: Variable,
    /// Squared current.
    l: Variable,
    /// W = V_f·V_t*.
    product: ComplexTerms,
    /// |V_t|² by what the branch carries.
    w_to: ComplexTerms,
    /// The narrowest limits of any of its branches, rad.
    angle: (f64, f64),
}

/// Σ complex coefficient · real variable.
type ComplexTerms = Vec<(Variable, Complex64)>;

pub(super) fn build(
    programme: &mut Programme<Name>,
    case: &Case<'_>,
    draws: &[Draw],
    plan: &Plan<'_>,
) -> (Leaving, Unknowns) {
    let circuit = &case.circuit;
    let w: Vec<Variable> = circuit.nodes.iter().map(|_| programme.variable(0.0)).collect();
    voltage_limits(programme, case, plan.step, &w);
    let (pairs, pair_of_branch) = pairs(programme, &circuit.branches, &w);
    let mut unknowns = Unknowns { w, pairs, pair_of_branch, magnitudes: Vec::new() };
    let (mut p, mut q) = (Vec::new(), Vec::new());
    for (i, (node, draw)) in circuit.nodes.iter().zip(draws).enumerate() {
        let follows = node.shunt_pu.conj() + draw.impedance;
        let (mut active, mut reactive) =
            (vec![(unknowns.w[i], follows.re)], vec![(unknowns.w[i], follows.im)]);
        if draw.current != Complex64::ZERO {
            let magnitude = magnitude(programme, unknowns.w[i], case.voltage_pu[i]);
            active.push((magnitude, draw.current.re));
            reactive.push((magnitude, draw.current.im));
            unknowns.magnitudes.push((i, magnitude));
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
        power_limits(programme, case, branch, plan.step, &unknowns.w, [from, to]);
        angle_limits(programme, branch, &unknowns.product(i), plan.step);
    }
    for pair in &unknowns.pairs {
        let branch = &circuit.branches[pair.branch];
        let (w_from, w_to) = (unknowns.w[pair.from], unknowns.w[pair.to]);
        let mut voltage = real(&pair.w_to);
        voltage.push((w_to, -1.0));
        programme.equal(voltage, 0.0);
        // P² + Q² ≤ ℓ·w as ‖(2P, 2Q, ℓ − w)‖ ≤ ℓ + w with w behind the ideal transformer.
        let behind = 1.0 / branch.ratio.norm_sqr();
        programme.cone(vec![
            (vec![(pair.l, 1.0), (w_from, behind)], 0.0),
            (vec![(pair.l, 1.0), (w_from, -behind)], 0.0),
            (vec![(pair.p, 2.0)], 0.0),
            (vec![(pair.q, 2.0)], 0.0),
        ]);
        let (from_v, to_v) = (case.voltage_pu[pair.from], case.voltage_pu[pair.to]);
        product_bounds(programme, pair, from_v, to_v);
        lifted_cuts(programme, pair, (w_from, from_v), (w_to, to_v));
    }
    (Leaving { p, q }, unknowns)
}

fn pairs(
    programme: &mut Programme<Name>,
    branches: &[TwoPort],
    w: &[Variable],
) -> (Vec<Pair>, Vec<(usize, bool)>) {
    let key = |branch: &TwoPort| (branch.from.min(branch.to), branch.from.max(branch.to));
    let mut best: BTreeMap<(usize, usize), usize> = BTreeMap::new();
    for (i, branch) in branches.iter().enumerate() {
        let least = best.entry(key(branch)).or_insert(i);
        if branch.series_pu.norm() < branches[*least].series_pu.norm() {
            *least = i;
        }
    }
    let place: BTreeMap<(usize, usize), usize> = best.keys().enumerate().map(|(i, &key)| (key, i)).collect();
    let mut pairs: Vec<Pair> = best
        .values()
        .map(|&i| {
            let branch = &branches[i];
            let (z, a, w_from) = (branch.series_pu, branch.ratio, w[branch.from]);
            let (p, q, l) = (programme.variable(0.0), programme.variable(0.0), programme.variable(0.0));
            let drop = a * z.conj();
            let number = |value| Complex64::new(value, 0.0);
            Pair {
                branch: i,
                from: branch.from,
                to: branch.to,
                p,
                q,
                l,
                product: vec![(w_from, 1.0 / a.conj()), (p, -drop), (q, -drop * Complex64::I)],
                w_to: vec![
                    (w_from, number(1.0 / a.norm_sqr())),
                    (p, number(-2.0 * z.re)),
                    (q, number(-2.0 * z.im)),
                    (l, number(z.norm_sqr())),
                ],
                angle: (f64::NEG_INFINITY, f64::INFINITY),
            }
        })
        .collect();
    let mut of_branch = Vec::with_capacity(branches.len());
    for branch in branches {
        let at = place[&key(branch)];
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
fn angle_limits(programme: &mut Programme<Name>, branch: &TwoPort, product: &ComplexTerms, step: usize) {
    for upper in [false, true] {
        let (bound, direction) =
            if upper { (branch.max_angle_rad, 1.0) } else { (branch.min_angle_rad, -1.0) };
        if bound.abs() >= FRAC_PI_2 {
            continue;
        }
        let (sin, cos) = libm::sincos(bound);
        // Multiplied by cos², a unit of the row is a radian at voltages of 1.
        // Re((x − jy)·(wr + j·wi)) = x·wr + y·wi.
        let turned = Complex64::new(-direction * sin * cos, -direction * cos * cos);
        let row = programme.at_most(real(&times(product, turned)), 0.0);
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
    for (turn, right) in [
        (Complex64::new(-1.0, 0.0), -wr_least),
        (Complex64::new(1.0, 0.0), wr_most),
        (Complex64::new(0.0, 1.0), -wi_least),
        (Complex64::new(0.0, -1.0), wi_most),
    ] {
        let row = programme.at_most(real(&times(&pair.product, turn)), right);
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
        // −(cos·wr + sin·wi)
        let mut terms = real(&times(&pair.product, Complex64::new(-product * cos, product * sin)));
        terms.push((w_from, to_v * cos_half * to_sum));
        terms.push((w_to, from_v * cos_half * from_sum));
        let row = programme.at_most(terms, -sign * from_v * to_v * cos_half * difference);
        programme.derived(row);
    }
}

/// Whether a pair's angle lies within right angles.
fn limited(pair: &Pair) -> bool {
    pair.angle.0 > -FRAC_PI_2 && pair.angle.1 < FRAC_PI_2 && pair.angle.0 <= pair.angle.1
}

fn times(terms: &ComplexTerms, factor: Complex64) -> ComplexTerms {
    terms.iter().map(|&(variable, value)| (variable, value * factor)).collect()
}

fn conjugate(terms: &ComplexTerms) -> ComplexTerms {
    terms.iter().map(|&(variable, value)| (variable, value.conj())).collect()
}

fn real(terms: &ComplexTerms) -> Terms {
    terms.iter().map(|&(variable, value)| (variable, value.re)).collect()
}

/// Real and imaginary part, each variable once; what is left of a large coefficient that cancels is dropped.
fn parts(terms: ComplexTerms, large: f64) -> (Terms, Terms) {
    let mut sums: BTreeMap<Variable, Complex64> = BTreeMap::new();
    for (variable, value) in terms {
        *sums.entry(variable).or_default() += value;
    }
    let part = |of: fn(&Complex64) -> f64| {
        sums.iter()
            .map(|(&variable, value)| (variable, of(value)))
            .filter(|&(_, value)| value.abs() > 1e-12 * large)
            .collect()
    };
    (part(|value| value.re), part(|value| value.im))
}

impl Unknowns {
    /// V_f·V_t* of a branch.
    fn product(&self, branch: usize) -> ComplexTerms {
        let (pair, reversed) = self.pair_of_branch[branch];
        let pair = &self.pairs[pair];
        if reversed { conjugate(&pair.product) } else { pair.product.clone() }
    }

    /// Active and reactive power into a branch at its from and to end.
    fn ends(&self, index: usize, branch: &TwoPort) -> [(Terms, Terms); 2] {
        let (at, reversed) = self.pair_of_branch[index];
        let pair = &self.pairs[at];
        let y = branch.series_pu.inv();
        let squared_ratio = branch.ratio.norm_sqr();
        // Shunts at both ends draw in proportion to the squared voltage.
        let mut from = vec![(self.w[branch.from], branch.from_shunt_pu.conj() / squared_ratio)];
        let mut to = vec![(self.w[branch.to], branch.to_shunt_pu.conj())];
        if pair.branch == index {
            let one = Complex64::ONE;
            from.extend([(pair.p, one), (pair.q, Complex64::I)]);
            to.extend([(pair.p, -one), (pair.q, -Complex64::I), (pair.l, branch.series_pu)]);
            return [parts(from, 1.0), parts(to, 1.0)];
        }
        // Another branch beside it: S_f = (y/|a|²)*·w_f − (y/a*)*·W, S_t = y*·w_t − (y/a)*·W*. The squared voltage at the
        // pair's to node goes by what the pair carries, so that what cancels does so here and not in the solver.
        let product = self.product(index);
        let near = vec![(self.w[pair.from], Complex64::ONE)];
        let (w_from, w_to) = if reversed { (&pair.w_to, &near) } else { (&near, &pair.w_to) };
        from.extend(times(w_from, y.conj() / squared_ratio));
        from.extend(times(&product, -y.conj() / branch.ratio));
        to.extend(times(w_to, y.conj()));
        to.extend(times(&conjugate(&product), -y.conj() / branch.ratio.conj()));
        [parts(from, y.norm()), parts(to, y.norm())]
    }

    pub(super) fn state(&self, case: &Case<'_>, optimum: &Optimum) -> State {
        let circuit = &case.circuit;
        let w: Vec<f64> = self.w.iter().map(|&w| optimum.value(w).max(0.0)).collect();
        let product = |pair: &Pair| -> Complex64 {
            pair.product.iter().map(|&(variable, value)| value * optimum.value(variable)).sum()
        };
        // √(w_f·w_t) − |W|, from w_f·w_t − |W|² = |a|²·|z|²·(ℓ·w_f/|a|² − |S|²), in which nothing cancels.
        let cone = |pair: &Pair| {
            let branch = &circuit.branches[pair.branch];
            let value = |variable| optimum.value(variable);
            let power = value(pair.p).powi(2) + value(pair.q).powi(2);
            let squares = branch.series_pu.norm_sqr()
                * (value(pair.l) * w[pair.from] - branch.ratio.norm_sqr() * power).max(0.0);
            squares / ((w[pair.from] * w[pair.to]).sqrt() + product(pair).norm())
        };
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
        let apart = |&(node, v): &(usize, Variable)| (optimum.value(v) - w[node].sqrt()).abs();
        let open_magnitude = self.magnitudes.iter().map(apart).fold(0.0, f64::max);
        let gap = open_cone.max(open_loop).max(open_magnitude);
        State {
            voltage_pu: w.iter().map(|w| w.sqrt()).collect(),
            // Where loops do not close there are no angles.
            angle_rad: if open_loop < 1e-3 { angle } else { vec![f64::NAN; circuit.nodes.len()] },
            flows: circuit.branches.iter().enumerate().map(flow).collect(),
            gap,
        }
    }
}
