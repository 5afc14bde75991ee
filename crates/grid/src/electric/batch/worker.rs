//! One thread's share of a batch.

use super::chunk::{Chunk, Failure, Shape};
use super::meter::{Meter, Reading};
use super::plan::Plan;
use crate::electric::Method;
use crate::electric::sweep::{Injections, Workspace};

/// Steps side by side. Four doubles are two instructions' width on every x86-64 and aarch64, enough to hide divisions,
/// and a feeder of a hundred buses still fits the first-level cache.
const LANES: usize = 4;

/// What a thread works on.
pub(super) struct Worker<'a> {
    plan: &'a Plan<'a>,
    meter: &'a Meter,
    shape: &'a Shape,
    injections: Injections<LANES>,
    reading: Reading<LANES>,
    sweep: Option<Workspace<LANES>>,
}

impl<'a> Worker<'a> {
    pub(super) fn new(plan: &'a Plan<'a>, meter: &'a Meter, shape: &'a Shape) -> Self {
        let sweep = plan.sweep.as_ref().map(|sweep| {
            let mut workspace = Workspace::new(sweep);
            workspace.begin(sweep, &plan.start);
            workspace
        });
        let reading = meter.reading(plan.circuit.nodes.len(), shape);
        Self { plan, meter, shape, injections: plan.injections(), reading, sweep }
    }

    /// Solves the steps of the chunk with a number.
    pub(super) fn fill(&mut self, index: usize, chunk: &mut Chunk) {
        let mut range = chunk.restart(self.shape, index);
        while !range.is_empty() {
            let used = range.len().min(LANES);
            self.block(range.start, used, chunk);
            range.start += used;
        }
    }

    /// Solves a few steps side by side.
    fn block(&mut self, first: usize, used: usize, chunk: &mut Chunk) {
        self.plan.fill(first, used, &mut self.injections);
        if let (Some(sweep), Some(workspace)) = (&self.plan.sweep, &mut self.sweep) {
            let (tolerance, most) = (self.plan.tolerance_pu, self.plan.max_iterations);
            let outcomes = workspace.solve(sweep, &self.injections, tolerance, most, used);
            self.meter.read(&workspace.solved, &self.injections, &self.plan.place, &mut self.reading);
            for (lane, outcome) in outcomes.into_iter().enumerate().take(used) {
                let row = chunk.steps.len();
                let result = match (self.plan.gap(first + lane), outcome) {
                    (Some(profile), _) => Err(Failure::Input { profile }),
                    (None, Ok(convergence)) => {
                        let reading = &self.reading;
                        self.meter.write(reading, &workspace.solved, lane, row, self.shape, chunk);
                        Ok(self.meter.step(reading, lane, Method::Sweep, convergence))
                    }
                    (None, Err(failure)) => Err(Failure::Diverged(failure.at(sweep, &self.plan.circuit))),
                };
                chunk.steps.push(result);
            }
        }
    }
}
