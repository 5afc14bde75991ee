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
use crate::electric::{Circuit, InvalidNetwork, Network};
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
    let circuit = Circuit::for_opf(&bare)?;
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

#[cfg(test)]
mod tests;
