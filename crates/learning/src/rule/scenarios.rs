//! Control over drawn futures: starts if, over futures drawn from what is known of them, starting now comes out better
//! on average than waiting.
//!
//! A future says which machines are still asked for, when and for how long. In each the rest of the day is then
//! scheduled at best, as if that future were known: a two-stage stochastic programme whose first stage is the present
//! decision, also known as hindsight optimisation (Chong, Givan and Chang 2000). Both decisions meet the same futures.
//! It thinks too well of waiting, since what follows is not known beforehand; so the net load is the expected one in
//! every future, as hindsight would dodge deviations that nobody can see coming. It needs two optimisations per future
//! and decision, where [`Predictive`](super::Predictive) needs one.

use super::predictive::look_ahead;
use crate::exact::{Enumeration, Run, Task, arrival};
use crate::home::{Appliance, Request};
use crate::schedule::{Moment, Scheduler, Status};
use agents::Random;

/// The control.
#[derive(Clone, Debug)]
pub struct Scenarios {
    futures: usize,
    random: Random,
    task: Task,
    enumeration: Enumeration,
}

impl Scenarios {
    /// Control over so many futures, at least one, at every decision.
    #[must_use]
    pub fn new(futures: usize, random: Random) -> Self {
        let (task, enumeration) = (Task::default(), Enumeration::default());
        Self { futures: futures.max(1), random, task, enumeration }
    }
}

impl Scheduler for Scenarios {
    fn name(&self) -> &str {
        "predictive control over futures"
    }

    fn starts(&mut self, moment: &Moment<'_>) -> bool {
        let task = &mut self.task;
        let place = look_ahead(moment, task);
        let known = task.runs.len();
        let run = task.runs[place];
        let mut advantage = 0.0;
        for _ in 0..self.futures {
            task.runs.truncate(known);
            for (appliance, status) in moment.home.appliances.iter().zip(moment.status) {
                if *status != Status::Idle {
                    continue;
                }
                let request = request(appliance, moment.slot, moment.home.slots, &mut self.random);
                task.runs.extend(request.map(|request| Run::of(appliance, &request)));
            }
            task.runs[place].last = moment.slot;
            advantage -= self.enumeration.solve(task);
            task.runs[place] = Run { first: moment.slot + 1, ..run };
            advantage += self.enumeration.solve(task);
            task.runs[place] = run;
        }
        // Equal up to rounding: there is no reason to wait.
        advantage > -1e-12 * self.futures as f64
    }
}

/// Draws whether an appliance that nobody has asked for by `now` is asked for later.
fn request(appliance: &Appliance, now: usize, slots: usize, random: &mut Random) -> Option<Request> {
    let slot = (now + 1..=appliance.usage.requested.1)
        .find(|slot| random.unit() < arrival::chance(appliance, *slot))?;
    let (fewest, most) = appliance.usage.patience;
    let choice = random.between(0, (most - fewest) as i64) as usize;
    arrival::requests(appliance, slot, slots).nth(choice)
}
