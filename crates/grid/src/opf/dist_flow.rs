//! LinDistFlow: linear branch flow with squared voltages, for radial networks (Baran & Wu 1989, without the losses).
//!
//! Behind its ideal transformer a branch carries P + jQ from end to end, and with w = |V|²
//!
//! w_t = w_f / a² − 2 (r P + x Q),   θ_f − θ_t = φ + x P − r Q (at voltages of 1).
//!
//! Shunts draw in proportion to w, which is exact. Loads of constant current follow |V| ≈ (1 + w)/2.

use super::case::{Case, Draw, Name};
use super::conic::{Affine, Optimum, Programme, Terms, Variable};
use super::stage::{Leaving, Plan, State, angle_names, power_limits, voltage_limits};
use crate::electric::{Circuit, Fault, InvalidNetwork, Network, NodeKind, Problem, Severity, TwoPort};
use num_complex::Complex64;
use std::collections::VecDeque;

/// Squared voltages, and the powers that branches carry.
pub(super) struct Unknowns {
    w: Vec<Variable>,
    p: Vec<Variable>,
    q: Vec<Variable>,
}

/// Whether a network is radial; if not, a branch that closes a mesh.
pub(super) fn check_radial(network: &Network, circuit: &Circuit) -> Result<(), InvalidNetwork> {
    let mut root: Vec<usize> = (0..circuit.nodes.len()).collect();
    let find = |root: &mut Vec<usize>, mut of: usize| {
        while root[of] != of {
            root[of] = root[root[of]];
            of = root[of];
        }
        of
    };
    let mut problems = Vec::new();
    for branch in &circuit.branches {
        let (a, b) = (find(&mut root, branch.from), find(&mut root, branch.to));
        if a == b {
            let what = branch.element.describe(network);
            problems.push(Problem {
                element: branch.element,
                fault: Fault::Limits,
                severity: Severity::Error,
                message: format!(
                    "{what} closes a mesh, and LinDistFlow is for radial networks: open it or choose \
                    another model"
                ),
            });
        }
        root[a] = b;
    }
    if problems.is_empty() {
        return Ok(());
    }
    Err(InvalidNetwork { name: network.name.clone(), problems })
}

pub(super) fn build(
    programme: &mut Programme<Name>,
    case: &Case<'_>,
    draws: &[Draw],
    plan: &Plan<'_>,
) -> (Leaving, Unknowns) {
    let circuit = &case.circuit;
    let mut variables =
        |count: usize| -> Vec<Variable> { (0..count).map(|_| programme.variable(0.0)).collect() };
    let w = variables(circuit.nodes.len());
    let (p, q) = (variables(circuit.branches.len()), variables(circuit.branches.len()));
    voltage_limits(programme, case, plan.step, &w);
    let unknowns = Unknowns { w, p, q };
    let mut leaving: (Vec<Affine>, Vec<Affine>) = (Vec::new(), Vec::new());
    for ((node, draw), &w) in circuit.nodes.iter().zip(draws).zip(&unknowns.w) {
        let follows = node.shunt_pu.conj() + draw.impedance + 0.5 * draw.current;
        leaving.0.push((vec![(w, follows.re)], 0.5 * draw.current.re));
        leaving.1.push((vec![(w, follows.im)], 0.5 * draw.current.im));
    }
    for (i, branch) in circuit.branches.iter().enumerate() {
        let [from, to] = unknowns.ends(i, branch);
        leaving.0[branch.from].0.extend(&from.0);
        leaving.1[branch.from].0.extend(&from.1);
        leaving.0[branch.to].0.extend(&to.0);
        leaving.1[branch.to].0.extend(&to.1);
        let (p, q) = (unknowns.p[i], unknowns.q[i]);
        let (r, x) = (branch.series_pu.re, branch.series_pu.im);
        // Baran & Wu 1989, eq. 3, without the squared current.
        let (w_from, w_to) = (unknowns.w[branch.from], unknowns.w[branch.to]);
        programme.equal(
            vec![(w_from, 1.0 / branch.ratio.norm_sqr()), (w_to, -1.0), (p, -2.0 * r), (q, -2.0 * x)],
            0.0,
        );
        let shift = branch.ratio.arg();
        let (min_name, max_name) = angle_names(branch, plan.step, 1.0);
        programme.between(
            &vec![(p, x), (q, -r)],
            (branch.min_angle_rad - shift, min_name),
            (branch.max_angle_rad - shift, max_name),
        );
        power_limits(programme, case, branch, plan.step, &unknowns.w, [from, to]);
    }
    (Leaving { p: leaving.0, q: leaving.1 }, unknowns)
}

impl Unknowns {
    /// Active and reactive power into a branch at its from and to end.
    fn ends(&self, index: usize, branch: &TwoPort) -> [(Terms, Terms); 2] {
        let (w_from, w_to) = (self.w[branch.from], self.w[branch.to]);
        let (p, q) = (self.p[index], self.q[index]);
        let at_from = branch.from_shunt_pu.conj() / branch.ratio.norm_sqr();
        let at_to = branch.to_shunt_pu.conj();
        [
            (vec![(p, 1.0), (w_from, at_from.re)], vec![(q, 1.0), (w_from, at_from.im)]),
            (vec![(p, -1.0), (w_to, at_to.re)], vec![(q, -1.0), (w_to, at_to.im)]),
        ]
    }

    pub(super) fn state(&self, case: &Case<'_>, optimum: &Optimum) -> State {
        let circuit = &case.circuit;
        let drop: Vec<f64> = circuit
            .branches
            .iter()
            .enumerate()
            .map(|(i, branch)| {
                let (p, q) = (optimum.value(self.p[i]), optimum.value(self.q[i]));
                branch.ratio.arg() + branch.series_pu.im * p - branch.series_pu.re * q
            })
            .collect();
        let flow = |(i, branch): (usize, &TwoPort)| {
            let [from, to] = self.ends(i, branch);
            let power = |(p, q): (Terms, Terms)| Complex64::new(optimum.sum(&p), optimum.sum(&q));
            (power(from), power(to))
        };
        State {
            voltage_pu: self.w.iter().map(|&w| optimum.value(w).max(0.0).sqrt()).collect(),
            angle_rad: angles(circuit, &drop).0,
            flows: circuit.branches.iter().enumerate().map(flow).collect(),
            gap: 0.0,
        }
    }
}

/// Angles from the differences θ_f − θ_t of branches, from each slack outwards, and by how much the loops that branches
/// close do not add up, at most.
pub(super) fn angles(circuit: &Circuit, difference: &[f64]) -> (Vec<f64>, f64) {
    let mut next: Vec<Vec<(usize, f64)>> = vec![Vec::new(); circuit.nodes.len()];
    for (branch, &difference) in circuit.branches.iter().zip(difference) {
        next[branch.from].push((branch.to, -difference));
        next[branch.to].push((branch.from, difference));
    }
    let mut angle = vec![f64::NAN; circuit.nodes.len()];
    let mut queue = VecDeque::new();
    for (i, node) in circuit.nodes.iter().enumerate() {
        if node.kind == NodeKind::Slack {
            angle[i] = node.angle_rad;
            queue.push_back(i);
        }
    }
    while let Some(node) = queue.pop_front() {
        for &(other, step) in &next[node] {
            if angle[other].is_nan() {
                angle[other] = angle[node] + step;
                queue.push_back(other);
            }
        }
    }
    let open = circuit
        .branches
        .iter()
        .zip(difference)
        .map(|(branch, difference)| (angle[branch.from] - angle[branch.to] - difference).abs())
        .fold(0.0, f64::max);
    (angle, open)
}
