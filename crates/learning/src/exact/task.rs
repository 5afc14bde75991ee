//! Runs that are to be placed on a known load: a day in hindsight, or what waits now together with what is expected.

use crate::home::{Appliance, Day, Home, Outcome, Preference, Request, Scales};

/// What one unit of each objective adds to the loss.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Weights {
    /// Per €, ≥ 0.
    pub cost: f64,
    /// Per W, ≥ 0.
    pub peak: f64,
    /// Per h, ≥ 0.
    pub delay: f64,
}

impl Weights {
    /// Those of a household.
    #[must_use]
    pub fn new(preference: &Preference, scales: &Scales) -> Self {
        Self {
            cost: preference.cost / scales.cost,
            peak: preference.peak / scales.peak,
            delay: preference.delay / scales.delay,
        }
    }

    /// The loss of an outcome, the same as [`Preference::loss`] to rounding.
    #[must_use]
    pub fn loss(&self, outcome: &Outcome) -> f64 {
        self.cost * outcome.cost + self.peak * outcome.peak + self.delay * outcome.delay
    }
}

/// A run that is to be placed.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Run {
    /// W, > 0.
    pub power: f64,
    /// Slots, ≥ 1.
    pub duration: usize,
    /// First slot at which it may start.
    pub first: usize,
    /// Last slot at which it may start: first ≤ last ≤ slots − duration.
    pub last: usize,
    /// Slot from which its delay counts, ≤ first.
    pub since: usize,
}

impl Run {
    /// The run that a request asks for.
    #[must_use]
    pub fn of(appliance: &Appliance, request: &Request) -> Self {
        Self {
            power: appliance.power,
            duration: appliance.duration,
            first: request.requested,
            last: request.latest,
            since: request.requested,
        }
    }
}

/// The problem: choose the start of every run so that the loss is least.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Task {
    /// Length of a slot, h.
    pub hours: f64,
    /// What matters how much.
    pub weights: Weights,
    /// €/kWh per slot.
    pub prices: Vec<f64>,
    /// €/kWh per slot, ≤ the price.
    pub feed_in: Vec<f64>,
    /// What is drawn without the runs, W per slot.
    pub load: Vec<f64>,
    /// Highest power drawn whatever is done, W: at least 0 and the load of every slot that is still to come.
    pub peak: f64,
    /// What is to be placed.
    pub runs: Vec<Run>,
}

impl Task {
    /// A whole day in hindsight. The runs are those of the appliances that were asked for, in their order.
    #[must_use]
    pub fn hindsight(home: &Home, day: &Day, preference: &Preference, scales: &Scales) -> Self {
        let asked = home.appliances.iter().zip(&day.requests);
        let runs = asked.filter_map(|(appliance, request)| Some(Run::of(appliance, request.as_ref()?)));
        Self {
            hours: home.hours,
            weights: Weights::new(preference, scales),
            prices: day.prices.clone(),
            feed_in: day.feed_in.clone(),
            load: day.net.clone(),
            peak: day.net.iter().copied().fold(0.0, f64::max),
            runs: runs.collect(),
        }
    }

    /// What `power` W more cost in a slot in which `load` W are drawn, €.
    #[must_use]
    pub fn added_cost(&self, slot: usize, load: f64, power: f64) -> f64 {
        let cost = |load: f64| load * if load >= 0.0 { self.prices[slot] } else { self.feed_in[slot] };
        (cost(load + power) - cost(load)) * self.hours / 1e3
    }

    /// What a run adds to cost and delay when it starts at `start` upon `load`, and the highest power then drawn
    /// while it runs.
    #[must_use]
    pub fn alone(&self, run: &Run, start: usize, load: &[f64]) -> Outcome {
        let mut outcome = Outcome { delay: (start - run.since) as f64 * self.hours, ..Outcome::default() };
        for (slot, load) in load.iter().enumerate().skip(start).take(run.duration) {
            outcome.cost += self.added_cost(slot, *load, run.power);
            outcome.peak = outcome.peak.max(load + run.power);
        }
        outcome
    }

    /// What these starts, one per run, come to.
    ///
    /// # Panics
    /// Where a run would not end within the slots.
    #[must_use]
    pub fn outcome(&self, starts: &[usize]) -> Outcome {
        let mut load = self.load.clone();
        let mut total = Outcome { peak: self.peak, ..Outcome::default() };
        for (run, start) in self.runs.iter().zip(starts) {
            let outcome = self.alone(run, *start, &load);
            load[*start..start + run.duration].iter_mut().for_each(|load| *load += run.power);
            total.cost += outcome.cost;
            total.peak = total.peak.max(outcome.peak);
            total.delay += outcome.delay;
        }
        total
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::example;
    use crate::rule::ValleyFilling;
    use crate::schedule::play;
    use agents::Random;

    #[test]
    fn a_day_in_hindsight_comes_to_what_was_played() {
        let mut random = Random::of(1, "task");
        let home = example::home();
        let near = |a: f64, b: f64| (a - b).abs() < 1e-9;
        for preference in Preference::grid(6) {
            let day = example::day(&home, 5_000.0, &mut random);
            let (starts, outcome) = play(&home, &day, preference, &example::SCALES, &mut ValleyFilling);
            let starts: Vec<usize> = starts.into_iter().flatten().collect();
            let task = Task::hindsight(&home, &day, &preference, &example::SCALES);
            let same = task.outcome(&starts);
            assert!(near(same.cost, outcome.cost) && near(same.peak, outcome.peak), "{same:?}, {outcome:?}");
            assert!(near(same.delay, outcome.delay), "{same:?}, {outcome:?}");
            assert!(near(task.weights.loss(&same), preference.loss(&outcome, &example::SCALES)));
        }
    }
}
