//! The relaxation where it is exact, and the exact model where it is not.

use super::{Model, Outcome, Settings, optimal_power_flow};
use crate::electric::{InvalidNetwork, Network};

/// Solves the cone relaxation and, unless it is tight within `gap_pu` ([`super::Solution::is_tight`]), the exact model;
/// the answer says which of the two it is from.
///
/// A tight relaxation is a *global* optimum of the exact model, and what is infeasible under the relaxation is so under
/// the exact model. The relaxation is tight where cost rises with every loss in a radial network (Farivar & Low 2013);
/// it need not be in meshes, where voltages bind, or where feeding in is paid for less than nothing.
///
/// # Errors
///
/// If the network cannot be calculated; everything wrong with it is in the error.
pub fn tight_or_exact(
    network: &Network,
    gap_pu: f64,
    settings: &Settings,
) -> Result<(Model, Outcome), InvalidNetwork> {
    let relaxed = optimal_power_flow(network, Model::Soc, settings)?;
    let settled = match &relaxed {
        Outcome::Optimal(solution) => solution.is_tight(gap_pu),
        Outcome::Infeasible(_) => true,
        Outcome::NotConverged(_) => false,
    };
    if settled {
        return Ok((Model::Soc, relaxed));
    }
    Ok((Model::Ac, optimal_power_flow(network, Model::Ac, settings)?))
}
