//! From the optimum of the programme to powers, flows and prices.

use super::build::Model;
use super::interior::Point;
use super::problem::{Limited, Role};
use crate::electric::{self, Element, Voltages};
use crate::opf::{Binding, Limit, Solution};
use num_complex::Complex64;

/// The optimum of a network at a point of its programme, whose costs were multiplied by `scale`.
pub(super) fn solution(model: &Model<'_>, point: &Point, scale: f64, iterations: usize) -> Solution {
    let problem = &model.problem;
    let circuit = &model.circuit;
    let base_va = circuit.base_va;
    let start = problem.first_private();
    let voltages = Voltages {
        // Bounds were loosened a little; results keep to them.
        magnitude_pu: (0..problem.nodes)
            .map(|node| {
                let range = &model.voltage[node];
                point.w[2 * node + 1].max(range.least.0).min(range.most.0)
            })
            .collect(),
        angle_rad: (0..problem.nodes)
            .map(|node| problem.fixed_angle[node].unwrap_or(point.w[2 * node]))
            .collect(),
    };
    let flow = electric::Solution::at(model.network, circuit, &voltages);
    let mut fed = model.given.clone();
    for (k, private) in problem.private.iter().enumerate() {
        match private.role {
            Role::P(i) => fed[i].re += point.w[start + k],
            Role::Q(i) => fed[i].im += point.w[start + k],
            Role::Slack | Role::Elastic => {}
        }
    }
    let generators = &model.network.generators;
    let p_w: Vec<f64> =
        generators.iter().zip(&fed).map(|(g, s)| bounded(s.re * base_va, g.min_p_w, g.max_p_w)).collect();
    let reactive = |(g, s): (&electric::Generator, &Complex64)| {
        let (low, high) = g.reactive_range_var();
        bounded(s.im * base_va, low, high)
    };
    let q_var = generators.iter().zip(&fed).map(reactive).collect();
    let in_use = |(g, _): &(&electric::Generator, &f64)| g.in_service && circuit.node(g.bus).is_some();
    let cost = generators.iter().zip(&p_w).filter(in_use).map(|(g, p)| g.cost.at(p / 1e6)).sum();
    // Multipliers are costs (scaled) per per-unit hour.
    let per_mega = 1.0 / (scale * base_va / 1e6);
    let price = |offset: usize| {
        let of_node =
            |node: &Option<usize>| node.map_or(f64::NAN, |n| point.lambda[2 * n + offset] * per_mega);
        circuit.node_of_bus.iter().map(of_node).collect()
    };
    Solution {
        cost,
        iterations,
        voltage_pu: flow.voltage_pu,
        angle_rad: flow.angle_rad,
        lines: flow.lines,
        transformers: flow.transformers,
        windings: flow.windings,
        p_w,
        q_var,
        price_p: price(0),
        price_q: price(1),
        binding: binding(model, point, scale, &voltages),
        relaxation_gap_pu: 0.0,
    }
}

/// Within bounds that may have been loosened a little. A given power may lie outside: it stays as it is.
fn bounded(value: f64, least: f64, most: f64) -> f64 {
    let inside = value.max(least).min(most);
    if (value - inside).abs() <= 1e-6 * value.abs().max(1e6) { inside } else { value }
}

/// Multipliers (of scaled costs, whose slopes are up to 100) below this are none.
const NEGLIGIBLE: f64 = 1e-4;

/// Whether a limit with a multiplier binds at a distance, in a row of this unit: at the optimum the product of both is
/// the last barrier, and one of them is far larger than the other.
fn binds(multiplier: f64, distance: f64, unit: f64) -> bool {
    multiplier / unit > (distance * unit).max(NEGLIGIBLE)
}

/// Limits of branches and voltages that bind.
fn binding(model: &Model<'_>, point: &Point, scale: f64, voltages: &Voltages) -> Vec<Binding> {
    let problem = &model.problem;
    let mega = model.circuit.base_va / 1e6;
    let mut binding = Vec::new();
    let mut push = |element, limit, price| binding.push(Binding { element, limit, price });
    for (node, range) in model.voltage.iter().enumerate() {
        let j = 2 * node + 1;
        let v = point.w[j];
        if range.least.0 > 0.0 && binds(point.z_lower[j], v - problem.lower[j], 1.0) {
            push(Element::Bus(range.least.1), Limit::MinVoltage, point.z_lower[j] / scale);
        }
        if range.most.0.is_finite() && binds(point.z_upper[j], problem.upper[j] - v, 1.0) {
            push(Element::Bus(range.most.1), Limit::MaxVoltage, point.z_upper[j] / scale);
        }
    }
    for (index, limited) in problem.limits.iter().enumerate() {
        let j = problem.first_private() + problem.of_row(2 * problem.nodes + index).start;
        let (z_lower, z_upper) = (point.z_lower[j], point.z_upper[j]);
        let unit = problem.unit[2 * problem.nodes + index];
        let at_lower = binds(z_lower, point.w[j] - problem.lower[j], unit);
        let at_upper = binds(z_upper, problem.upper[j] - point.w[j], unit);
        let element = |branch: usize| model.circuit.branches[model.branches[branch]].element;
        match *limited {
            Limited::From(branch) | Limited::To(branch) => {
                let is_from = matches!(limited, Limited::From(_));
                let of = &problem.branches[branch];
                let (node, end) = if is_from { (of.from, 0) } else { (of.to, 1) };
                let by = of.limit[end].expect("a limit's row has a limit");
                // A current allows more power where the voltage is higher.
                let v = if by.by_current { voltages.magnitude_pu[node] } else { 1.0 };
                let worth = by.scale * by.rating * v * v;
                let limit = if is_from { Limit::FromPower } else { Limit::ToPower };
                if at_upper {
                    push(element(branch), limit, z_upper * worth / scale / mega);
                }
            }
            Limited::Angle(branch) => {
                if at_lower {
                    push(element(branch), Limit::MinAngle, z_lower / scale);
                }
                if at_upper {
                    push(element(branch), Limit::MaxAngle, z_upper / scale);
                }
            }
            Limited::Voltage(_) => {}
        }
    }
    binding
}
