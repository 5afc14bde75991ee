//! Which limits contradict each other: the point that breaks them least, and what it breaks.

use super::build::Model;
use super::interior::{End, Options, Run};
use super::newton::Newton;
use super::problem::{Limited, Near, Private, Problem, Role};
use crate::electric::Element;
use crate::opf::{Clash, Infeasible, Settings};

/// Violations up to this are none, per unit.
const NEGLIGIBLE: f64 = 1e-5;

/// What a violation of one per unit counts: limits of branches give way before loads and voltages do, for the physics
/// rarely forces the latter.
const OF_BRANCHES: f64 = 1.0;
const OF_NODES: f64 = 10.0;

/// Loads of constant power that outweigh all generators, island by island; losses only add to them.
pub(super) fn too_little_capacity(model: &Model<'_>) -> Option<Infeasible> {
    let problem = &model.problem;
    let passive = |node: usize| problem.shunt[node].re >= 0.0 && problem.current[node].re >= 0.0;
    if !(0..problem.nodes).all(passive)
        || model
            .circuit
            .branches
            .iter()
            .any(|b| b.series_pu.re < 0.0 || b.from_shunt_pu.re < 0.0 || b.to_shunt_pu.re < 0.0)
    {
        return None;
    }
    let mut clashes = Vec::new();
    for island in islands(problem) {
        let (mut drawn, mut most) = (0.0, 0.0);
        for &node in &island {
            drawn += problem.constant[2 * node];
            most += problem.of_row(2 * node).map(|k| problem.upper[problem.first_private() + k]).sum::<f64>();
        }
        if drawn > most + NEGLIGIBLE {
            let reference = island.iter().find(|&&node| problem.fixed_angle[node].is_some());
            let bus = model.circuit.nodes[*reference.unwrap_or(&island[0])].bus;
            let element = Element::Bus(bus);
            let mega = model.circuit.base_va / 1e6;
            clashes.push(Clash {
                element,
                message: format!(
                    "the {} nodes around {} draw {:.3} MW net of what is given, generators there can add at most \
                     {:.3} MW: {:.3} MW are missing even without losses",
                    island.len(),
                    element.describe(model.network),
                    drawn * mega,
                    most * mega,
                    (drawn - most) * mega
                ),
            });
        }
    }
    (!clashes.is_empty()).then_some(Infeasible { clashes })
}

/// The clash of limits, if there is one, and the point (of the programme's own variables) that breaks limits least.
pub(super) fn find(
    model: &Model<'_>,
    newton: &mut Newton,
    settings: &Settings,
) -> (Option<Infeasible>, Vec<f64>) {
    let problem = &model.problem;
    let soft = with_voltage_rows(problem);
    let start = problem.first_private();
    let price = |row: usize| {
        let at_branch =
            row >= 2 * soft.nodes && !matches!(soft.limits[row - 2 * soft.nodes], Limited::Voltage(_));
        if at_branch { OF_BRANCHES } else { OF_NODES }
    };
    let mut elastic = soft.elastic(price, None);
    // Where there is a choice, stay near the start: it makes the answer unique.
    let mut w = vec![0.0; elastic.variables()];
    let mut scale = vec![0.0; elastic.variables()];
    w[..start].copy_from_slice(&model.start[..start]);
    scale[..start].fill(1.0);
    let place = |k: usize, row: usize| start + k + 2 * row;
    for row in 0..problem.rows() {
        for k in problem.of_row(row) {
            w[place(k, row)] = model.start[start + k];
            if problem.private[k].role != Role::Slack {
                scale[place(k, row)] = 1.0 / model.start[start + k].abs().max(1.0);
            }
        }
    }
    elastic.near = Some(Near { weight: 1e-4, scale, reference: w.clone() });
    let options = Options {
        tolerance: settings.tolerance.min(1e-6),
        max_iterations: 3 * settings.max_iterations,
        first_barrier: 0.1,
        restore: false,
    };
    let mut run = Run::new(&elastic, newton, w, options);
    let end = run.go(&|_| false);
    let point = run.point.w;
    let mut nearest = model.start.clone();
    nearest[..start].copy_from_slice(&point[..start]);
    for row in 0..problem.rows() {
        for k in problem.of_row(row) {
            nearest[start + k] = point[place(k, row)];
        }
    }
    newton.resize(problem);
    if end != End::Optimal {
        return (None, nearest);
    }
    let mut clashes = Vec::new();
    for row in 0..soft.rows() {
        let at = start + elastic.row_starts[row + 1] - 2;
        let excess = point[at] - point[at + 1];
        if excess.abs() > NEGLIGIBLE {
            clashes.push((excess.abs(), clash(model, &soft, row, excess, &point)));
        }
    }
    clashes.sort_by(|a, b| b.0.total_cmp(&a.0));
    let clashes: Vec<Clash> = clashes.into_iter().map(|(_, clash)| clash).collect();
    ((!clashes.is_empty()).then_some(Infeasible { clashes }), nearest)
}

/// The programme with voltage limits as rows, so that they can be broken.
fn with_voltage_rows(problem: &Problem) -> Problem {
    let mut soft = problem.clone();
    for node in 0..problem.nodes {
        let (lower, upper) = (problem.lower[2 * node + 1], problem.upper[2 * node + 1]);
        soft.lower[2 * node + 1] = 0.1;
        soft.upper[2 * node + 1] = 3.0;
        soft.limits.push(Limited::Voltage(node));
        soft.constant.push(0.0);
        soft.unit.push(1.0);
        soft.private.push(Private { sign: 1.0, cost: Vec::new(), role: Role::Slack });
        soft.lower.push(lower);
        soft.upper.push(upper);
        soft.row_starts.push(soft.private.len());
    }
    soft
}

/// What is broken in a row by `excess`, in words.
fn clash(model: &Model<'_>, soft: &Problem, row: usize, excess: f64, w: &[f64]) -> Clash {
    let mega = model.circuit.base_va / 1e6;
    if row < 2 * soft.nodes {
        let element = Element::Bus(model.circuit.nodes[row / 2].bus);
        let (power, unit) = if row.is_multiple_of(2) { ("active", "MW") } else { ("reactive", "Mvar") };
        let what = if excess > 0.0 { "cannot be served" } else { "cannot be taken away" };
        let message = format!(
            "{}: {:.3} {unit} of {power} power {what}",
            element.describe(model.network),
            excess.abs() * mega
        );
        return Clash { element, message };
    }
    let branch_element = |branch: usize| model.circuit.branches[model.branches[branch]].element;
    match soft.limits[row - 2 * soft.nodes] {
        Limited::From(branch) => of_branch(model, soft, branch, 0, excess, branch_element(branch)),
        Limited::To(branch) => of_branch(model, soft, branch, 1, excess, branch_element(branch)),
        Limited::Angle(branch) => {
            let element = branch_element(branch);
            let of = &soft.branches[branch];
            let angle = w[2 * of.from] - w[2 * of.to];
            let message = format!(
                "{}: the angle difference is {:.3}°, {:.3}° beyond its limit",
                element.describe(model.network),
                angle.to_degrees(),
                excess.abs().to_degrees()
            );
            Clash { element, message }
        }
        Limited::Voltage(node) => {
            let range = &model.voltage[node];
            let (bus, limit, bound) = if excess > 0.0 {
                (range.most.1, "at most", range.most.0)
            } else {
                (range.least.1, "at least", range.least.0)
            };
            let element = Element::Bus(bus);
            let message = format!(
                "{}: the voltage is {:.4} per unit, {limit} {bound:.4} is allowed",
                element.describe(model.network),
                w[2 * node + 1]
            );
            Clash { element, message }
        }
    }
}

fn of_branch(
    model: &Model<'_>,
    soft: &Problem,
    branch: usize,
    end: usize,
    excess: f64,
    element: Element,
) -> Clash {
    let limit = soft.branches[branch].limit[end].expect("a limit's row has a limit");
    // The row is ½ scale·(|S|² − r²), and excess is what it exceeds 0 by.
    let allowed = limit.rating;
    let carried = (allowed * allowed + 2.0 * excess.max(0.0) / limit.scale).sqrt();
    let mega = model.circuit.base_va / 1e6;
    let side = if end == 0 { "from" } else { "to" };
    let message = format!(
        "{}: it carries {:.3} MVA at the {side} end, {:.3} are allowed",
        element.describe(model.network),
        carried * mega,
        allowed * mega
    );
    Clash { element, message }
}

/// Nodes of each island.
fn islands(problem: &Problem) -> Vec<Vec<usize>> {
    let mut neighbours: Vec<Vec<usize>> = vec![Vec::new(); problem.nodes];
    for &(a, b) in &problem.pairs {
        neighbours[a].push(b);
        neighbours[b].push(a);
    }
    let mut seen = vec![false; problem.nodes];
    let mut islands = Vec::new();
    for first in 0..problem.nodes {
        if seen[first] {
            continue;
        }
        seen[first] = true;
        let mut island = vec![first];
        let mut at = 0;
        while at < island.len() {
            for &other in &neighbours[island[at]] {
                if !seen[other] {
                    seen[other] = true;
                    island.push(other);
                }
            }
            at += 1;
        }
        islands.push(island);
    }
    islands
}
