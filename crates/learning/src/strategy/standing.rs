//! Where a member's machines stand.

use crate::home::{Appliance, Home, Request};
use crate::schedule::Status;
use agents::strategy::Machine;
use std::collections::BTreeSet;

/// What is known of the machines, by their order in the member's devices.
#[derive(Clone, Debug, Default)]
pub(super) struct Standing {
    pub(super) waiting: Vec<Option<agents::device::Request>>,
    pub(super) started: Vec<Option<i64>>,
    /// Runs of the last days: step of the start, and machine.
    pub(super) runs: BTreeSet<(i64, usize)>,
}

impl Standing {
    /// The machines as they are told of, with earlier runs.
    pub(super) fn of<'a>(
        machines: impl Iterator<Item = Machine<'a>>,
        earlier: &BTreeSet<(i64, usize)>,
    ) -> Self {
        let (waiting, started): (Vec<_>, Vec<_>) =
            machines.map(|machine| (machine.waiting, machine.started)).unzip();
        let mut runs = earlier.clone();
        runs.extend(started.iter().enumerate().filter_map(|(machine, started)| Some(((*started)?, machine))));
        Self { waiting, started, runs }
    }

    /// A machine starts.
    pub(super) fn start(&mut self, machine: usize, step: i64) {
        (self.waiting[machine], self.started[machine]) = (None, Some(step));
        self.runs.insert((step, machine));
    }

    /// Where the home's appliances stand in the day that begins at a step; those that are not there, or that may not start
    /// today any more, have run. `machines` says which appliance each machine is.
    pub(super) fn status(&self, home: &Home, machines: &[usize], begins: i64) -> Vec<Status> {
        let mut status = vec![Status::Started(0); home.appliances.len()];
        for ((machine, waiting), started) in machines.iter().zip(&self.waiting).zip(&self.started) {
            let last = home.slots as i64 - home.appliances[*machine].duration as i64;
            status[*machine] = match (waiting, started) {
                (Some(request), _) => {
                    let latest = (request.latest - begins).min(last) as usize;
                    Status::Waiting(Request {
                        requested: (request.requested - begins).max(0) as usize,
                        latest,
                    })
                }
                (None, Some(started)) if *started >= begins => Status::Started((started - begins) as usize),
                _ => Status::Idle,
            };
        }
        status
    }

    /// What the runs draw in each slot of that day, W.
    pub(super) fn running(&self, home: &Home, machines: &[usize], begins: i64) -> Vec<f64> {
        let mut running = vec![0.0; home.slots];
        for (step, machine) in &self.runs {
            let Appliance { duration, power, .. } = home.appliances[machines[*machine]];
            for slot in step - begins..step - begins + duration as i64 {
                if let Some(sum) = usize::try_from(slot).ok().and_then(|slot| running.get_mut(slot)) {
                    *sum += power;
                }
            }
        }
        running
    }
}
