//! One step of a convex model: generators, storages and loads meet the flows of a model at every node.

use super::case::{Case, Draw, Kind, Name, slopes};
use super::conic::{Affine, Optimum, Programme, Row, Terms, Variable};
use super::{Binding, DcBranch, Limit, Model, Solution, StepInput, dc, dist_flow, soc};
use crate::electric::{BranchFlow, Cost, Element, TwoPort};
use num_complex::Complex64;

/// The variables and rows of one step.
pub(super) struct Stage {
    p: Vec<Option<Variable>>,
    q: Vec<Option<Variable>>,
    balance_p: Vec<Row>,
    balance_q: Vec<Row>,
    physics: Physics,
}

/// What a storage does in a step: variables for charging and discharging, or nothing but its given draw.
pub(super) type StorageVariables = Option<(Variable, Variable)>;

enum Physics {
    Dc(dc::Unknowns),
    DistFlow(dist_flow::Unknowns),
    Soc(soc::Unknowns),
}

/// What a model adds: power that leaves each node into branches, shunts and loads that follow the voltage.
pub(super) struct Leaving {
    pub(super) p: Vec<Affine>,
    /// Empty where the model knows no reactive power.
    pub(super) q: Vec<Affine>,
}

/// Voltages and flows as a model has them.
pub(super) struct State {
    pub(super) voltage_pu: Vec<f64>,
    pub(super) angle_rad: Vec<f64>,
    /// Powers into each branch at either end, in the programme's unit.
    pub(super) flows: Vec<(Complex64, Complex64)>,
    pub(super) gap: f64,
}

/// What a stage is built from.
pub(super) struct Plan<'a> {
    pub(super) model: Model,
    pub(super) dc_branch: DcBranch,
    pub(super) input: &'a StepInput,
    /// Which step of the horizon.
    pub(super) step: usize,
    /// Length of the step, h; costs are per hour.
    pub(super) hours: f64,
}

impl Stage {
    pub(super) fn build(
        programme: &mut Programme<Name>,
        case: &Case<'_>,
        plan: &Plan<'_>,
        storages: &[StorageVariables],
    ) -> Self {
        let draws = case.draws(plan.input);
        let (mut leaving, physics) = match plan.model {
            Model::Dc => {
                let (leaving, unknowns) = dc::build(programme, case, &draws, plan);
                (leaving, Physics::Dc(unknowns))
            }
            Model::LinDistFlow => {
                let (leaving, unknowns) = dist_flow::build(programme, case, &draws, plan);
                (leaving, Physics::DistFlow(unknowns))
            }
            Model::Soc => {
                let (leaving, unknowns) = soc::build(programme, case, &draws, plan);
                (leaving, Physics::Soc(unknowns))
            }
            Model::Ac => unreachable!("the exact model is not convex"),
        };
        let p = generators_p(programme, case, plan);
        let q = if leaving.q.is_empty() { vec![None; p.len()] } else { generators_q(programme, case, plan) };
        for (i, node) in case.generators.iter().enumerate() {
            let Some(node) = *node else { continue };
            if let Some(variable) = p[i] {
                leaving.p[node].0.push((variable, -1.0));
            }
            if let Some(variable) = q[i] {
                leaving.q[node].0.push((variable, -1.0));
            }
        }
        for (i, node) in case.storages.iter().enumerate() {
            let Some(node) = *node else { continue };
            let storage = &case.network.storages[i];
            match storages.get(i).copied().flatten() {
                Some((charge, discharge)) => leaving.p[node].0.extend([(charge, 1.0), (discharge, -1.0)]),
                None => leaving.p[node].1 += case.unit(storage.p_w),
            }
            if !leaving.q.is_empty() {
                leaving.q[node].1 += case.unit(storage.q_var);
            }
        }
        let mut close = |leaving: Vec<Affine>, part: fn(&Draw) -> f64| -> Vec<Row> {
            let rows = leaving.into_iter().zip(&draws);
            rows.map(|((terms, constant), draw)| programme.equal(terms, -constant - part(draw))).collect()
        };
        let balance_p = close(leaving.p, |draw| draw.constant.re);
        let balance_q = close(leaving.q, |draw| draw.constant.im);
        Self { p, q, balance_p, balance_q, physics }
    }

    /// What the optimum says of this step; cost and limits that bind come later.
    pub(super) fn read(&self, case: &Case<'_>, optimum: &Optimum, plan: &Plan<'_>) -> Solution {
        let state = match &self.physics {
            Physics::Dc(unknowns) => unknowns.state(case, optimum),
            Physics::DistFlow(unknowns) => unknowns.state(case, optimum),
            Physics::Soc(unknowns) => unknowns.state(case, optimum),
        };
        let network = case.network;
        let unit = case.circuit.base_va;
        let powers = |variables: &[Option<Variable>], unknown: f64| -> Vec<f64> {
            let of = |(i, variable): (usize, &Option<Variable>)| match (variable, case.generators[i]) {
                (Some(variable), _) => optimum.value(*variable) * unit,
                (None, Some(_)) => unknown,
                (None, None) => 0.0,
            };
            variables.iter().enumerate().map(of).collect()
        };
        // One unit more drawn lowers the right side of a balance; a price is per MWh whatever the step's length.
        let energy = case.unit_mw() * plan.hours;
        let prices = |rows: &[Row]| -> Vec<f64> {
            let at = |node: &Option<usize>| {
                node.and_then(|node| rows.get(node)).map_or(f64::NAN, |&row| -optimum.price(row) / energy)
            };
            case.circuit.node_of_bus.iter().map(at).collect()
        };
        let at_buses = |values: &[f64]| -> Vec<f64> {
            case.circuit.node_of_bus.iter().map(|node| node.map_or(f64::NAN, |node| values[node])).collect()
        };
        let mut solution = Solution {
            cost: 0.0,
            iterations: optimum.iterations,
            voltage_pu: at_buses(&state.voltage_pu),
            angle_rad: at_buses(&state.angle_rad),
            p_w: powers(&self.p, 0.0),
            q_var: powers(&self.q, f64::NAN),
            lines: vec![BranchFlow::NONE; network.lines.len()],
            transformers: vec![BranchFlow::NONE; network.transformers.len()],
            windings: vec![[BranchFlow::NONE; 3]; network.three_winding_transformers.len()],
            price_p: prices(&self.balance_p),
            price_q: prices(&self.balance_q),
            binding: Vec::new(),
            relaxation_gap_pu: state.gap,
        };
        let magnitudes: Vec<Complex64> = state.voltage_pu.iter().map(|&v| Complex64::new(v, 0.0)).collect();
        for (branch, &(from, to)) in case.circuit.branches.iter().zip(&state.flows) {
            let flow = case.circuit.flow(network, branch, &magnitudes, from, to);
            match branch.element {
                Element::Line(i) => solution.lines[i] = flow,
                Element::Transformer(i) => solution.transformers[i] = flow,
                Element::Winding(i, winding) => solution.windings[i][winding] = flow,
                other => unreachable!("{other} is no branch"),
            }
        }
        for (generator, (&p_w, node)) in
            network.generators.iter().zip(solution.p_w.iter().zip(&case.generators))
        {
            if node.is_some() {
                solution.cost += generator.cost.at(p_w * 1e-6);
            }
        }
        solution
    }
}

/// Limits of branches and voltages that bind, of every step.
pub(super) fn bindings(
    programme: &Programme<Name>,
    optimum: &Optimum,
    cost: f64,
    hours: f64,
    solutions: &mut [Solution],
) {
    // Less than the accuracy of the optimum cannot be told from nothing.
    let least = 1e-6 * (1.0 + cost.abs());
    for limit in programme.limits() {
        let Kind::Grid(kind) = limit.name.kind else { continue };
        let worth = optimum.worth(limit);
        let relative = worth / limit.name.unit * limit.name.bound.abs().max(1e-3);
        if relative > least {
            let price = worth / limit.name.unit / hours;
            solutions[limit.name.step].binding.push(Binding {
                element: limit.name.element,
                limit: kind,
                price,
            });
        }
    }
}

fn generators_p(programme: &mut Programme<Name>, case: &Case<'_>, plan: &Plan<'_>) -> Vec<Option<Variable>> {
    let mw = case.unit_mw();
    let mut variables = Vec::with_capacity(case.generators.len());
    for (i, node) in case.generators.iter().enumerate() {
        if node.is_none() {
            variables.push(None);
            continue;
        }
        let p = match &case.network.generators[i].cost {
            Cost::Polynomial(c) => {
                let of = |power: usize| c.get(power).copied().unwrap_or(0.0);
                programme.constant(of(0) * plan.hours);
                let p = programme.variable(of(1) * mw * plan.hours);
                programme.square(p, 2.0 * of(2) * mw * mw * plan.hours);
                p
            }
            Cost::PiecewiseLinear(points) => {
                let p = programme.variable(0.0);
                epigraph(programme, p, points, mw, plan.hours);
                p
            }
        };
        let name = |kind, bound_w: f64| Name {
            element: Element::Generator(i),
            kind,
            step: plan.step,
            bound: bound_w * 1e-6,
            unit: mw,
        };
        let (low, high) = (plan.input.min_p_w[i], plan.input.max_p_w[i]);
        programme.between(
            &vec![(p, 1.0)],
            (case.unit(low), name(Kind::MinPower, low)),
            (case.unit(high), name(Kind::MaxPower, high)),
        );
        variables.push(Some(p));
    }
    variables
}

/// A cost above all pieces: it lies on the highest, because it is minimised and the pieces are convex.
fn epigraph(programme: &mut Programme<Name>, p: Variable, points: &[(f64, f64)], mw: f64, hours: f64) {
    if points.len() < 2 {
        programme.constant(points.first().map_or(0.0, |&(_, cost)| cost) * hours);
        return;
    }
    let steepest = slopes(points).fold(0.0_f64, |most, slope| most.max(slope.abs()));
    let scale = if steepest > 0.0 { steepest * mw } else { 1.0 };
    let cost = programme.variable(scale * hours);
    for (slope, &(at, from)) in slopes(points).zip(points) {
        programme.at_most(vec![(p, slope * mw / scale), (cost, -1.0)], (slope * at - from) / scale);
    }
}

fn generators_q(programme: &mut Programme<Name>, case: &Case<'_>, plan: &Plan<'_>) -> Vec<Option<Variable>> {
    let mut variables = Vec::with_capacity(case.generators.len());
    for (i, node) in case.generators.iter().enumerate() {
        if node.is_none() {
            variables.push(None);
            continue;
        }
        let q = programme.variable(0.0);
        let name = |kind, bound_var: f64| Name {
            element: Element::Generator(i),
            kind,
            step: plan.step,
            bound: bound_var * 1e-6,
            unit: case.unit_mw(),
        };
        let (low, high) = case.network.generators[i].reactive_range_var();
        programme.between(
            &vec![(q, 1.0)],
            (case.unit(low), name(Kind::MinReactive, low)),
            (case.unit(high), name(Kind::MaxReactive, high)),
        );
        variables.push(Some(q));
    }
    variables
}

/// Limits of a node's squared voltage.
pub(super) fn voltage_limits(programme: &mut Programme<Name>, case: &Case<'_>, step: usize, w: &[Variable]) {
    for (node, &w) in w.iter().enumerate() {
        let (low, high) = case.voltage_pu[node];
        let name = |limit, bound: f64| Name {
            element: case.bus(node),
            kind: Kind::Grid(limit),
            step,
            bound,
            // w = v², so one unit of w is 1/(2v) of v.
            unit: 0.5 / bound,
        };
        if low > 0.0 {
            let (low_name, high_name) = (name(Limit::MinVoltage, low), name(Limit::MaxVoltage, high));
            programme.between(&vec![(w, 1.0)], (low * low, low_name), (high * high, high_name));
        } else {
            programme.at_most(vec![(w, -1.0)], 0.0);
            if high.is_finite() {
                let row = programme.at_most(vec![(w, 1.0)], high * high);
                programme.limit(row, name(Limit::MaxVoltage, high));
            }
        }
    }
}

/// Limits of apparent power or current at both ends, of which P and Q are given; `w` are squared voltages of nodes.
pub(super) fn power_limits(
    programme: &mut Programme<Name>,
    case: &Case<'_>,
    branch: &TwoPort,
    step: usize,
    w: &[Variable],
    ends: [(Terms, Terms); 2],
) {
    let nodes = [branch.from, branch.to];
    let limits = [Limit::FromPower, Limit::ToPower];
    for (end, (p, q)) in ends.into_iter().enumerate() {
        let (rating, by_current) = case.ratings(branch)[end];
        if !rating.is_finite() {
            continue;
        }
        let mut name = Name {
            element: branch.element,
            kind: Kind::Grid(limits[end]),
            step,
            bound: rating * case.unit_mw(),
            unit: case.unit_mw(),
        };
        let row = if by_current {
            // P² + Q² ≤ rating²·w as ‖(2P, 2Q, rating·w − rating)‖ ≤ rating·w + rating.
            let w = w[nodes[end]];
            let doubled = |terms: Terms| terms.into_iter().map(|(v, value)| (v, 2.0 * value)).collect();
            // At voltages of 1 a unit of this row is half a unit of apparent power.
            name.unit *= 0.5;
            programme.cone(vec![
                (vec![(w, rating)], rating),
                (vec![(w, rating)], -rating),
                (doubled(p), 0.0),
                (doubled(q), 0.0),
            ])
        } else {
            programme.cone(vec![(Vec::new(), rating), (p, 0.0), (q, 0.0)])
        };
        programme.limit(row, name);
    }
}

/// Names of a branch's angle limits, in rows of rad · `scale`.
pub(super) fn angle_names(branch: &TwoPort, step: usize, scale: f64) -> (Name, Name) {
    let name = |limit, bound| Name {
        element: branch.element,
        kind: Kind::Grid(limit),
        step,
        bound,
        unit: 1.0 / scale,
    };
    (name(Limit::MinAngle, branch.min_angle_rad), name(Limit::MaxAngle, branch.max_angle_rad))
}
