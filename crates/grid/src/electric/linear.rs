//! Linear power flows: the DC approximation and LinDistFlow.

use super::{Circuit, Convergence, Divergence, Reason, Settings, Voltages};

pub(super) fn dc(circuit: &Circuit, settings: &Settings) -> Result<(Voltages, Convergence), Divergence> {
    let _ = (circuit, settings);
    Err(Divergence {
        iterations: 0,
        mismatch_pu: f64::INFINITY,
        worst_bus: 0,
        reason: Reason::IterationLimit,
    })
}

pub(super) fn dist_flow(
    circuit: &Circuit,
    settings: &Settings,
) -> Result<(Voltages, Convergence), Divergence> {
    let _ = (circuit, settings);
    Err(Divergence {
        iterations: 0,
        mismatch_pu: f64::INFINITY,
        worst_bus: 0,
        reason: Reason::IterationLimit,
    })
}
