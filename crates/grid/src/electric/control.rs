//! Newton's power flow of a network, and what reacts to its voltages: reactive limits and tap changers.

use super::newton::Newton;
use super::{
    Circuit, Convergence, Divergence, Network, Outcome, Rescue, Settings, Solution, Start, Voltages,
};
use num_complex::Complex64;

/// The power flow of a network by Newton's method.
pub(super) fn newton(network: &Network, circuit: Circuit, settings: &Settings) -> Outcome {
    let mut newton = Newton::new(&circuit);
    let power: Vec<Complex64> = circuit.nodes.iter().map(|node| node.power_pu).collect();
    let mut voltages = Voltages::flat(&circuit);
    match solve(&mut newton, &circuit, &power, &mut voltages, settings) {
        Ok((convergence, rescue)) => Outcome::Converged(Box::new(Solution {
            iterations: convergence.iterations,
            mismatch_pu: convergence.mismatch_pu,
            rescue,
            ..Solution::at(network, &circuit, &voltages)
        })),
        Err(divergence) => Outcome::Diverged(divergence),
    }
}

/// From the start that is asked for; where that leads nowhere from flat voltages, and then by shorter steps.
fn solve(
    newton: &mut Newton,
    circuit: &Circuit,
    power: &[Complex64],
    voltages: &mut Voltages,
    settings: &Settings,
) -> Result<(Convergence, Option<Rescue>), Divergence> {
    *voltages = Voltages::flat(circuit);
    let from_dc = settings.start == Start::Dc && newton.start_dc(power, voltages).is_ok();
    if let Ok(convergence) = newton.solve(power, voltages, settings) {
        return Ok((convergence, None));
    }
    if from_dc {
        *voltages = Voltages::flat(circuit);
        if let Ok(convergence) = newton.solve(power, voltages, settings) {
            return Ok((convergence, Some(Rescue::FlatStart)));
        }
    }
    newton.solve_damped(power, voltages, settings).map(|convergence| (convergence, Some(Rescue::DampedSteps)))
}
