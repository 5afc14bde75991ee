//! The calculation: a feeder in, voltages out.

use super::{Divergence, Feeder, Outcome, fixed_point::Workspace, newton, solution, system::System};
use crate::electric::InvalidNetwork;
use num_complex::Complex64;

/// How to calculate.
#[derive(Clone, Debug, PartialEq)]
pub struct Settings {
    /// Largest change of any voltage accepted in the last iteration, per unit of nominal.
    pub tolerance_pu: f64,
    /// After how many rounds of the fixed point to turn to Newton's method.
    pub max_rounds: usize,
    /// After how many iterations of Newton's method to give up.
    pub max_iterations: usize,
    /// What to assume where a balanced network does not say what an unbalanced calculation needs; `None` to refuse.
    pub assumptions: Option<super::Assumptions>,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            tolerance_pu: 1e-10,
            max_rounds: 60,
            max_iterations: 30,
            assumptions: Some(super::Assumptions::default()),
        }
    }
}

impl Feeder {
    /// Calculates its power flow.
    ///
    /// # Errors
    ///
    /// If the feeder cannot be calculated; everything wrong with it is in the error.
    pub fn power_flow(&self, settings: &Settings) -> Result<Outcome, InvalidNetwork> {
        Ok(System::of(self)?.solve(settings))
    }
}

impl System<'_> {
    /// Calculates with the feeder's own loads.
    #[must_use]
    pub fn solve(&self, settings: &Settings) -> Outcome {
        let mut workspace = Workspace::<1>::new(self);
        let (iterations, change) = match self.iterate(&mut workspace, settings) {
            Ok(end) => end,
            Err(divergence) => return Outcome::Diverged(divergence),
        };
        let voltages: Vec<Complex64> = workspace.voltages.iter().map(|v| v.lane(0)).collect();
        let powers: Vec<Complex64> = workspace.powers.iter().map(|power| power.lane(0)).collect();
        let solution = solution::at(self, &voltages, &powers);
        Outcome::Converged(Box::new(solution::Solution { iterations, step_pu: change, ..solution }))
    }

    /// Iterates from where the workspace stands; iterations and last change.
    pub(super) fn iterate(
        &self,
        workspace: &mut Workspace<1>,
        settings: &Settings,
    ) -> Result<(usize, f64), Divergence> {
        if self.unknown == 0 {
            return Ok((0, 0.0));
        }
        for round in 1..=settings.max_rounds {
            let step_pu = workspace.round(self).step_pu[0];
            if step_pu <= settings.tolerance_pu {
                return Ok((round, step_pu));
            }
            // Voltages of a hundredfold are not on the way to anything.
            if !(step_pu <= 100.0) {
                break;
            }
        }
        workspace.restart(self, 0);
        let Workspace { voltages, powers, .. } = workspace;
        let end = newton::solve(self, powers, voltages, settings.tolerance_pu, settings.max_iterations);
        let iterations = settings.max_rounds + end.iterations;
        if end.converged {
            return Ok((iterations, end.residual_pu));
        }
        let (worst_bus, worst_phase) = self.place[end.at];
        let message = format!(
            "no voltages were found that carry these loads; the worst is phase {} of bus \"{}\", {:.1e} per unit off: \
             reduce the load behind it or strengthen what feeds it",
            worst_phase.letter(),
            self.feeder.buses[worst_bus].name,
            end.residual_pu
        );
        Err(Divergence { iterations, step_pu: end.residual_pu, worst_bus, worst_phase, message })
    }
}
