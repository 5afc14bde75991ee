//! Control over drawn futures: starts if, over futures drawn from what is known of them, starting now comes out better
//! on average than waiting.
//!
//! A future says which machines are still asked for, when and for how long, and how far the net load comes to lie from
//! the expected, as it did on some past day. In each the rest of the day is then scheduled at best, as if that future
//! were known: a two-stage stochastic programme whose first stage is the present decision, also known as hindsight
//! optimisation (Chong, Givan and Chang 2000). Both decisions meet the same futures. It thinks too well of waiting,
//! since what follows is not known beforehand; and it needs two optimisations per future and decision, where
//! [`Predictive`](super::Predictive) needs one.

use super::predictive::look_ahead;
use crate::exact::{Enumeration, Run, Task, arrival};
use crate::home::{Appliance, Day, Request};
use crate::schedule::{Moment, Scheduler, Status};
use agents::Random;

/// The control.
#[derive(Clone, Debug)]
pub struct Scenarios {
    futures: usize,
    /// Net less expected load of past days, W, day by day.
    deviations: Vec<f64>,
    random: Random,
    known: Task,
    task: Task,
    enumeration: Enumeration,
}

impl Scenarios {
    /// Control over so many futures at every decision. Deviations of the net load are taken from the days of `past`,
    /// which have as many slots as those to come; where there are none the load is as expected.
    #[must_use]
    pub fn new(futures: usize, past: &[Day], random: Random) -> Self {
        let deviations = past.iter().flat_map(|day| day.net.iter().zip(&day.expected));
        Self {
            futures: futures.max(1),
            deviations: deviations.map(|(net, expected)| net - expected).collect(),
            random,
            known: Task::default(),
            task: Task::default(),
            enumeration: Enumeration::default(),
        }
    }

    /// Writes a future into `task`, after what is known.
    fn draw(&mut self, moment: &Moment<'_>) {
        let slots = moment.home.slots;
        let (known, task) = (&self.known, &mut self.task);
        task.clone_from(known);
        if !self.deviations.is_empty() {
            let past = self.random.between(0, (self.deviations.len() / slots) as i64 - 1) as usize;
            let deviations = &self.deviations[past * slots..(past + 1) * slots];
            let loads = task.load.iter_mut().zip(deviations).skip(moment.slot);
            loads.for_each(|(load, deviation)| *load += deviation);
        }
        task.peak = task.load[moment.slot..].iter().copied().fold(moment.peak, f64::max);
        for (appliance, status) in moment.home.appliances.iter().zip(moment.status) {
            if *status != Status::Idle {
                continue;
            }
            if let Some(request) = request(appliance, moment.slot, slots, &mut self.random) {
                task.runs.push(Run {
                    power: appliance.power,
                    duration: appliance.duration,
                    first: request.requested,
                    last: request.latest,
                    since: request.requested,
                });
            }
        }
    }
}

impl Scheduler for Scenarios {
    fn name(&self) -> &str {
        "predictive control over futures"
    }

    fn starts(&mut self, moment: &Moment<'_>) -> bool {
        let place = look_ahead(moment, &mut self.known);
        let last = self.known.runs[place].last;
        let mut advantage = 0.0;
        for _ in 0..self.futures {
            self.draw(moment);
            self.task.runs[place].last = moment.slot;
            advantage -= self.enumeration.solve(&self.task);
            self.task.runs[place].first = moment.slot + 1;
            self.task.runs[place].last = last;
            advantage += self.enumeration.solve(&self.task);
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
