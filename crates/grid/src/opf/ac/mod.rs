//! Exact optimal power flow by a primal–dual interior point method.
//!
//! Voltages in polar form, powers as they are: nothing is relaxed or linearised, so an optimum is a local one. The
//! stages are the modules: network → [`build`] → programme ([`problem`], its derivatives in [`rows`]) →
//! [`interior`] (each step by [`newton`]) → [`result`], or [`clash`] where limits contradict each other.

mod build;
mod clash;
mod filter;
mod interior;
mod newton;
mod problem;
mod result;
mod rows;

use super::{Outcome, Settings};
use crate::electric::{Circuit, Cost, Element, Fault, InvalidNetwork, Network, Problem, Severity};
use build::Model;
use interior::{End, Options, Run};
use newton::Newton;

/// Largest slope of the scaled cost at the start (Wächter & Biegler 2006, section 3.8).
const LARGEST_SLOPE: f64 = 100.0;

/// First weight of barriers, for slopes of that size: a smaller one starts closer to bounds than Newton's method likes
/// (on PGLib's cases it takes about a sixth more iterations with 0.1).
const FIRST_BARRIER: f64 = 10.0;

pub(super) fn solve(network: &Network, settings: &Settings) -> Result<Outcome, InvalidNetwork> {
    // Generators are variables: the circuit must not have their powers.
    let mut bare = network.clone();
    for generator in &mut bare.generators {
        (generator.p_w, generator.q_var) = (0.0, 0.0);
    }
    let circuit = Circuit::of(&bare)?;
    check_costs(network)?;
    let mut model = Model::new(network, circuit);
    if let Some(infeasible) = clash::too_little_capacity(&model) {
        return Ok(Outcome::Infeasible(infeasible));
    }
    let slope = model.problem.largest_slope(&model.start);
    let scale = if slope > LARGEST_SLOPE { LARGEST_SLOPE / slope } else { 1.0 };
    model.problem.scale_costs(scale);

    let mut newton = Newton::new(&model.problem);
    let options = Options {
        tolerance: settings.tolerance,
        max_iterations: settings.max_iterations,
        first_barrier: FIRST_BARRIER,
        restore: true,
    };
    let mut run = Run::new(&model.problem, &mut newton, model.start.clone(), options);
    run.cost_scale = 1.0 / scale;
    let end = run.go(&|_| false);
    let (point, mut trace) = (run.point, run.trace);
    if end == End::Optimal {
        return Ok(Outcome::Optimal(Box::new(result::solution(&model, &point, scale, trace.len() - 1))));
    }
    // Is there any point that satisfies the limits? If so, it is another place to start from.
    let (infeasible, nearest) = clash::find(&model, &mut newton, settings);
    if let Some(infeasible) = infeasible {
        return Ok(Outcome::Infeasible(infeasible));
    }
    let mut run = Run::new(&model.problem, &mut newton, nearest, options);
    run.cost_scale = 1.0 / scale;
    let end = run.go(&|_| false);
    let point = run.point;
    trace.extend(run.trace);
    if end == End::Optimal {
        return Ok(Outcome::Optimal(Box::new(result::solution(&model, &point, scale, trace.len() - 1))));
    }
    Ok(Outcome::NotConverged(trace))
}

/// Costs must be numbers, and in pieces they must be convex: otherwise the dearer pieces would be used last.
fn check_costs(network: &Network) -> Result<(), InvalidNetwork> {
    let mut problems = Vec::new();
    for (i, generator) in network.generators.iter().enumerate().filter(|(_, g)| g.in_service) {
        let element = Element::Generator(i);
        let mut fault = |what: &str| {
            problems.push(Problem {
                element,
                fault: Fault::Number,
                severity: Severity::Error,
                message: format!("the cost of {} {what}", element.describe(network)),
            });
        };
        match &generator.cost {
            Cost::Polynomial(coefficients) => {
                if coefficients.iter().any(|c| !c.is_finite()) {
                    fault("has a coefficient that is not a number: give finite coefficients");
                }
            }
            Cost::PiecewiseLinear(points) => {
                let slopes: Vec<f64> =
                    points.windows(2).map(|pair| (pair[1].1 - pair[0].1) / (pair[1].0 - pair[0].0)).collect();
                if points
                    .windows(2)
                    .any(|pair| pair[0].0 >= pair[1].0 || !(pair[0].1 + pair[1].1).is_finite())
                {
                    fault("has points that do not rise in power or are not numbers: sort and complete them");
                } else if slopes.windows(2).any(|pair| pair[1] < pair[0] - 1e-9 * pair[0].abs()) {
                    fault("is not convex, its slope falls: only rising slopes have one cheapest dispatch");
                }
            }
        }
    }
    if problems.is_empty() {
        return Ok(());
    }
    Err(InvalidNetwork { name: network.name.clone(), problems })
}

#[cfg(test)]
mod tests;
