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
    changes: Vec<f64>,
}

impl Predictive {
    /// Control with a view of later requests.
    #[must_use]
    pub fn new(later: Later) -> Self {
        Self { later, task: Task::default(), enumeration: Enumeration::default(), changes: vec![] }
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
            add_expected(moment, &mut self.task.load, &mut self.changes);
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
fn add_expected(moment: &Moment<'_>, load: &mut [f64], changes: &mut Vec<f64>) {
    let slots = moment.home.slots;
    for (appliance, status) in moment.home.appliances.iter().zip(moment.status) {
        if *status != Status::Idle {
            continue;
        }
        // From slot to slot, how the probability of a start in the slot changes.
        changes.clear();
        changes.resize(slots + 1, 0.0);
        let (fewest, most) = appliance.usage.patience;
        let mut idle = 1.0;
        // Requests of this slot are known.
        for slot in moment.slot + 1..=appliance.usage.requested.1 {
            let asked = idle * arrival::chance(appliance, slot);
            idle -= asked;
            for Request { requested, latest } in arrival::requests(appliance, slot, slots) {
                let each = asked / ((most - fewest + 1) * (latest - requested + 1)) as f64;
                changes[requested] += each;
                changes[latest + 1] -= each;
            }
        }
        let mut starts = 0.0;
        for (start, change) in changes[..=slots - appliance.duration].iter().enumerate() {
            starts += change;
            let power = appliance.power * starts;
            load[start..start + appliance.duration].iter_mut().for_each(|load| *load += power);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::example;
    use crate::home::{Day, Home, Preference};
    use crate::schedule::{Scheduler, play};
    use agents::Random;

    /// Compares at its first decision what is expected of later requests with the mean of what comes.
    struct Comparing<'a> {
        home: &'a Home,
        random: Random,
        compared: bool,
    }

    impl Scheduler for Comparing<'_> {
        fn name(&self) -> &str {
            "comparing"
        }

        fn starts(&mut self, moment: &Moment<'_>) -> bool {
            if self.compared {
                return true;
            }
            self.compared = true;
            let slots = self.home.slots;
            let mut expected = vec![0.0; slots];
            add_expected(moment, &mut expected, &mut vec![]);
            let (mut mean, draws) = (vec![0.0; slots], 40_000);
            for (appliance, status) in self.home.appliances.iter().zip(moment.status) {
                let mut drawn = 0;
                while *status == Status::Idle && drawn < draws {
                    // Given that nobody has asked so far.
                    let request = appliance.request(slots, &mut self.random);
                    if request.is_some_and(|request| request.requested <= moment.slot) {
                        continue;
                    }
                    drawn += 1;
                    let Some(Request { requested, latest }) = request else { continue };
                    let start = self.random.between(requested as i64, latest as i64) as usize;
                    let share = appliance.power / f64::from(draws);
                    mean[start..start + appliance.duration].iter_mut().for_each(|load| *load += share);
                }
            }
            for (slot, (expected, mean)) in expected.iter().zip(&mean).enumerate() {
                // Five standard errors of the most powerful machine's mean.
                assert!((expected - mean).abs() < 5.0 * 1_850.0 / 200.0, "{slot}: {expected}, {mean}");
            }
            assert!(expected.iter().any(|load| *load > 300.0), "{expected:?}");
            false
        }
    }

    #[test]
    fn expected_power_is_the_mean_of_what_is_drawn() {
        let mut random = Random::of(4, "expected");
        let home = example::home();
        let preference = Preference { cost: 1.0, peak: 0.0, delay: 0.0 };
        let mut compared = 0;
        for _ in 0..20 {
            let day: Day = example::day(&home, 0.0, &mut random);
            let random = Random::of(random.bits(), "draws");
            let mut comparing = Comparing { home: &home, random, compared: false };
            play(&home, &day, preference, &example::SCALES, &mut comparing);
            compared += usize::from(comparing.compared);
        }
        assert!(compared > 10, "{compared} days");
    }
}
