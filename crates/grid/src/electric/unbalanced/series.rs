//! A time series of one feeder: the same admittances, other powers, step after step.
//!
//! The factor is shared by all steps. Steps are taken [`LANES`] at a time, so that each entry of the factor is loaded
//! once for all of them, and each lane starts from the voltages of the step before. Chunks are of a fixed size and
//! start from the voltages without loads, so the result does not depend on the number of threads.

use super::{Divergence, Settings, Solution, System, fixed_point::Workspace, lanes::Lanes, solution};
use crate::electric::Phase;
use num_complex::Complex64;
use std::sync::atomic::{AtomicUsize, Ordering};

/// Steps taken side by side.
const LANES: usize = 8;
/// Steps of each lane in a chunk.
const RUN: usize = 48;

/// A step that converged, for a moment.
#[derive(Clone, Copy, Debug)]
pub struct Step<'a> {
    system: &'a System<'a>,
    workspace: &'a Workspace<LANES>,
    lane: usize,
    iterations: usize,
    change: f64,
}

impl Step<'_> {
    /// Voltage to earth, per unit of the bus's nominal phase voltage; NaN where there is none.
    #[must_use]
    pub fn voltage_pu(&self, bus: usize, phase: Phase) -> Complex64 {
        let conductor = self.system.conductors[bus][phase.index()];
        // The last slot, earth, is 0, and the factor of what is dead is NaN.
        self.workspace.voltages[conductor.slot].lane(self.lane) * conductor.factor
    }

    /// Iterations it took.
    #[must_use]
    pub const fn iterations(&self) -> usize {
        self.iterations
    }

    /// Everything: currents, losses, loadings.
    #[must_use]
    pub fn solution(&self) -> Solution {
        let lane = |of: &[Lanes<LANES>]| of.iter().map(|value| value.lane(self.lane)).collect::<Vec<_>>();
        let voltages = lane(&self.workspace.voltages);
        let solution = solution::at(self.system, &voltages, &lane(&self.workspace.powers));
        Solution { iterations: self.iterations, step_pu: self.change, ..solution }
    }
}

impl System<'_> {
    /// Calculates steps 0 … `steps` − 1 on `threads` threads and returns what `each` makes of them, in order.
    ///
    /// `powers` writes the power of every load of the feeder at a step (VA at nominal voltage, positive drawn); it
    /// finds the feeder's own. A step without a solution is given to `each` as its divergence, and the others go on.
    pub fn series<R: Send>(
        &self,
        steps: usize,
        threads: usize,
        settings: &Settings,
        powers: impl Fn(usize, &mut [Complex64]) + Sync,
        each: impl Fn(usize, Result<Step<'_>, Divergence>) -> R + Sync,
    ) -> Vec<R> {
        let chunks = steps.div_ceil(LANES * RUN);
        let next = AtomicUsize::new(0);
        let work = || {
            let mut done = Vec::new();
            loop {
                let chunk = next.fetch_add(1, Ordering::Relaxed);
                if chunk >= chunks {
                    return done;
                }
                let from = chunk * LANES * RUN;
                let to = steps.min(from + LANES * RUN);
                done.push((chunk, self.chunk(from, to, settings, &powers, &each)));
            }
        };
        let mut done: Vec<(usize, Vec<R>)> = if threads <= 1 {
            work()
        } else {
            std::thread::scope(|scope| {
                let workers: Vec<_> = (0..threads).map(|_| scope.spawn(work)).collect();
                workers
                    .into_iter()
                    .flat_map(|worker| worker.join().expect("a worker does not panic"))
                    .collect()
            })
        };
        done.sort_by_key(|&(chunk, _)| chunk);
        done.into_iter().flat_map(|(_, results)| results).collect()
    }

    /// Steps `from` … `to` − 1: lane k takes a run of neighbours.
    fn chunk<R>(
        &self,
        from: usize,
        to: usize,
        settings: &Settings,
        powers: &impl Fn(usize, &mut [Complex64]),
        each: &impl Fn(usize, Result<Step<'_>, Divergence>) -> R,
    ) -> Vec<R> {
        let run = (to - from).div_ceil(LANES);
        let mut workspace = Workspace::<LANES>::new(self);
        let own: Vec<Complex64> = self.feeder.loads.iter().map(|load| load.power_va).collect();
        let mut now = own.clone();
        let mut results: Vec<Option<R>> = (from..to).map(|_| None).collect();
        for offset in 0..run {
            let step_of = |lane: usize| Some(from + lane * run + offset).filter(|&step| step < to);
            for lane in 0..LANES {
                if let Some(step) = step_of(lane) {
                    now.copy_from_slice(&own);
                    powers(step, &mut now);
                }
                for (power, draw) in workspace.powers.iter_mut().zip(&self.draws) {
                    power.set(lane, now[draw.load] / self.base_va());
                }
            }
            let (rounds, change) = self.rounds(&mut workspace, settings);
            for lane in 0..LANES {
                let Some(step) = step_of(lane) else { continue };
                let mut iterations = rounds;
                let mut last = change[lane];
                let mut failed = None;
                if !(last <= settings.tolerance_pu) {
                    // Alone, from the start, and by Newton's method where need be.
                    match self.alone(&mut workspace, lane, settings) {
                        Ok(end) => (iterations, last) = end,
                        Err(divergence) => failed = Some(divergence),
                    }
                }
                let workspace = &workspace;
                let view = Step { system: self, workspace, lane, iterations, change: last };
                results[step - from] = Some(each(step, failed.map_or(Ok(view), Err)));
            }
            for lane in 0..LANES {
                if workspace.voltages.iter().any(|v| !v.lane(lane).is_finite()) {
                    workspace.restart(self, lane);
                }
            }
        }
        results.into_iter().map(|result| result.expect("every step has its lane")).collect()
    }

    /// Rounds until every lane has settled, or until it is clear that one will not soon.
    fn rounds(&self, workspace: &mut Workspace<LANES>, settings: &Settings) -> (usize, [f64; LANES]) {
        let mut change = [0.0; LANES];
        if self.unknown == 0 {
            return (0, change);
        }
        for round in 1..=settings.max_rounds {
            change = workspace.round(self).step_pu;
            let settled = change.iter().all(|&change| change <= settings.tolerance_pu);
            let lost = change.iter().any(|&change| !(change <= 100.0));
            if settled || lost {
                return (round, change);
            }
        }
        (settings.max_rounds, change)
    }

    fn alone(
        &self,
        workspace: &mut Workspace<LANES>,
        lane: usize,
        settings: &Settings,
    ) -> Result<(usize, f64), Divergence> {
        let mut single = Workspace::<1>::new(self);
        for (to, from) in single.powers.iter_mut().zip(&workspace.powers) {
            to.set(0, from.lane(lane));
        }
        let end = self.iterate(&mut single, settings);
        for (to, from) in workspace.voltages.iter_mut().zip(&single.voltages) {
            // A step that failed must not be where the next one starts.
            to.set(lane, if end.is_ok() { from.lane(0) } else { Complex64::new(f64::NAN, f64::NAN) });
        }
        end
    }
}
