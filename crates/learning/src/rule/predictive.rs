//! Model-predictive control: the best joint schedule of what waits under what is expected; of it only the present
//! decision is carried out, and the next one plans anew.
//!
//! It minimises the household's loss exactly ([`Enumeration`]) over the starts of all machines that wait, upon the
//! expected net load and the runs that have started, from the peak so far. It knows what everybody knows. The other
//! machines that wait may still start in this slot if they decide after this one. Requests that have not been made are
//! either left out or enter as expected load.
//!
//! Certainty equivalence in the sense of Bertsekas, *Dynamic Programming and Optimal Control*, vol. 1, 6.1: the future
//! is replaced by its expectation. It is not the best policy, as the expected peak is not the peak of the expected.

use crate::exact::{Enumeration, Run, Task, Weights, arrival};
use crate::home::Request;
use crate::schedule::{Moment, Scheduler, Status};

/// What control thinks of requests that nobody has made so far.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Later {
    /// There will be none.
    Ignored,
    /// Their expected power, slot by slot, as if each were served at a start drawn evenly from its window.
    Expected,
}

/// The control.
#[derive(Clone, Debug)]
pub struct Predictive {
    later: Later,
    task: Task,
    enumeration: Enumeration,
}

impl Predictive {
    /// Control with a view of later requests.
    #[must_use]
    pub fn new(later: Later) -> Self {
        Self { later, task: Task::default(), enumeration: Enumeration::default() }
    }
}

impl Scheduler for Predictive {
    fn name(&self) -> &str {
        match self.later {
            Later::Ignored => "predictive control, later requests ignored",
            Later::Expected => "predictive control",
        }
    }

    fn starts(&mut self, moment: &Moment<'_>) -> bool {
        let place = look_ahead(moment, &mut self.task);
        if self.later == Later::Expected {
            add_expected(moment, &mut self.task.load);
            raise_peak(moment, &mut self.task);
        }
        self.enumeration.solve(&self.task);
        self.enumeration.starts()[place] == moment.slot
    }
}

/// Writes what is known at a moment as a task: expected load, runs that have started, machines that wait. Returns the
/// place of the deciding machine's run.
pub(crate) fn look_ahead(moment: &Moment<'_>, task: &mut Task) -> usize {
    let home = moment.home;
    task.hours = home.hours;
    task.weights = Weights::new(&moment.preference, moment.scales);
    task.prices.clear();
    task.prices.extend_from_slice(moment.prices());
    task.feed_in.clear();
    task.feed_in.extend_from_slice(moment.feed_in());
    task.load.clear();
    task.load.extend((0..home.slots).map(|slot| moment.net(slot) + moment.running[slot]));
    raise_peak(moment, task);
    task.runs.clear();
    let mut place = 0;
    for (index, (appliance, status)) in home.appliances.iter().zip(moment.status).enumerate() {
        let Status::Waiting(request) = status else { continue };
        if index == moment.appliance {
            place = task.runs.len();
        }
        // Those before it have decided to wait for this slot.
        let first = moment.slot + usize::from(index < moment.appliance);
        task.runs.push(Run { first, ..Run::of(appliance, request) });
    }
    place
}

/// The peak that is certain or expected whatever waits.
fn raise_peak(moment: &Moment<'_>, task: &mut Task) {
    task.peak = task.load[moment.slot..].iter().copied().fold(moment.peak, f64::max);
}

/// Adds the expected power of requests that have not been made.
fn add_expected(moment: &Moment<'_>, load: &mut [f64]) {
    let slots = moment.home.slots;
    for (appliance, status) in moment.home.appliances.iter().zip(moment.status) {
        if *status != Status::Idle {
            continue;
        }
        let mut idle = 1.0;
        // Requests of this slot are known.
        for slot in moment.slot + 1..=appliance.usage.requested.1 {
            let asked = idle * arrival::chance(appliance, slot);
            idle -= asked;
            let (fewest, most) = appliance.usage.patience;
            let power = appliance.power * asked / (most - fewest + 1) as f64;
            for Request { requested, latest } in arrival::requests(appliance, slot, slots) {
                // Starts r to l, each as likely: slot t is covered by those from t − duration + 1 to t.
                let starts = (latest + 1 - requested) as f64;
                for (slot, load) in
                    load.iter_mut().enumerate().take(latest + appliance.duration).skip(requested)
                {
                    let covering =
                        slot.min(latest) + 1 - requested.max((slot + 1).saturating_sub(appliance.duration));
                    *load += power * covering as f64 / starts;
                }
            }
        }
    }
}
