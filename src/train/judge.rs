//! Fixed days, requests and preferences, and what schedulers come to on them.

use crate::appliances::Given;
use agents::Random;
use learning::exact::{Enumeration, Task};
use learning::rule::{Later, Predictive};
use learning::{Day, Home, Outcome, Policy, Preference, Records, Scales, Scheduler, play};

/// Days by which a training is watched, with what the optimum and control come to.
pub(super) struct Yardstick {
    judge: Judge,
    optimum: f64,
    control: f64,
}

impl Yardstick {
    /// The validation days under six preferences: the corners and what lies between two of them.
    pub(super) fn of(given: &Given) -> Self {
        let judge = Judge::new(given, &given.validation, "validation", Preference::grid(2));
        let optimum = judge.mean_loss(&judge.optimum());
        let control = judge.mean_loss(&judge.play(&mut Predictive::new(Later::Expected))) - optimum;
        Self { judge, optimum, control }
    }

    /// Mean loss of the optimum.
    pub(super) fn optimum(&self) -> f64 {
        self.optimum
    }

    /// How much more predictive control loses.
    pub(super) fn control(&self) -> f64 {
        self.control
    }

    /// Mean loss beyond the optimum's.
    pub(super) fn regret(&self, policy: &mut Policy) -> f64 {
        self.judge.mean_loss(&self.judge.play(policy)) - self.optimum
    }
}

/// Days with their requests, and the preferences under which each is played.
pub(super) struct Judge {
    home: Home,
    scales: Scales,
    days: Vec<Day>,
    pub(super) preferences: Vec<Preference>,
}

impl Judge {
    /// Every recorded day once; `name` decides the luck of requests.
    pub(super) fn new(given: &Given, records: &Records, name: &str, preferences: Vec<Preference>) -> Self {
        let mut random = Random::of(1, name);
        let days = (0..records.days()).map(|day| records.draw(day, &given.home, &mut random)).collect();
        Self { home: given.home.clone(), scales: given.scales, days, preferences }
    }

    /// What a scheduler comes to: every day under every preference, the days of a preference together.
    pub(super) fn play(&self, scheduler: &mut dyn Scheduler) -> Vec<Outcome> {
        self.each(|day, preference| play(&self.home, day, *preference, &self.scales, scheduler).1)
    }

    /// The best that could have been done.
    pub(super) fn optimum(&self) -> Vec<Outcome> {
        let mut enumeration = Enumeration::default();
        self.each(|day, preference| {
            let task = Task::hindsight(&self.home, day, preference, &self.scales);
            enumeration.solve(&task);
            // Runs stand in the order of the machines that were asked for.
            let mut found = enumeration.starts().iter().copied();
            let starts: Vec<_> =
                day.requests.iter().map(|request| request.and_then(|_| found.next())).collect();
            day.outcome(&self.home, &starts)
        })
    }

    /// Loss of each outcome.
    pub(super) fn losses(&self, outcomes: &[Outcome]) -> Vec<f64> {
        let preferences =
            self.preferences.iter().flat_map(|preference| self.days.iter().map(move |_| preference));
        preferences
            .zip(outcomes)
            .map(|(preference, outcome)| preference.loss(outcome, &self.scales))
            .collect()
    }

    /// Its mean.
    pub(super) fn mean_loss(&self, outcomes: &[Outcome]) -> f64 {
        self.losses(outcomes).iter().sum::<f64>() / outcomes.len() as f64
    }

    /// Number of days.
    pub(super) fn days(&self) -> usize {
        self.days.len()
    }

    fn each(&self, mut outcome: impl FnMut(&Day, &Preference) -> Outcome) -> Vec<Outcome> {
        let mut outcomes = Vec::with_capacity(self.days.len() * self.preferences.len());
        for preference in &self.preferences {
            outcomes.extend(self.days.iter().map(|day| outcome(day, preference)));
        }
        outcomes
    }
}
