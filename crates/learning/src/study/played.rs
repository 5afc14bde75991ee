//! What a scheduler did at every preference on every day.
//!
//! Each recorded day is played with several draws of requests, the same for everybody. The day is what is tested: what
//! it came to is the mean over its draws.

use super::{Method, Setting, tasks};
use crate::exact::{Enumeration, Task};
use crate::home::{Day, Outcome, Preference};
use crate::schedule::{Scheduler, play};
use agents::Random;

/// Outcomes at each preference.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Played {
    /// By preference: the draws of the first day, those of the second, …
    plays: Vec<Vec<Outcome>>,
    /// Draws of requests for each recorded day.
    draws: usize,
}

impl Played {
    /// Of what was played by preference: the draws of the first day, those of the second, …
    ///
    /// # Panics
    /// Where a preference does not have as many draws for each day.
    #[must_use]
    pub fn new(plays: Vec<Vec<Outcome>>, draws: usize) -> Self {
        assert!(plays.iter().all(|plays| plays.len().is_multiple_of(draws)), "each day has all draws");
        Self { plays, draws }
    }

    /// Mean outcome per day at a preference.
    #[must_use]
    pub fn mean(&self, preference: usize) -> Outcome {
        mean(&self.plays[preference])
    }

    /// What a day came to at a preference: the mean over its draws.
    #[must_use]
    pub fn day(&self, preference: usize, day: usize) -> Outcome {
        mean(&self.plays[preference][day * self.draws..][..self.draws])
    }

    /// What each day came to at a preference.
    pub fn days(&self, preference: usize) -> impl Iterator<Item = Outcome> {
        self.plays[preference].chunks_exact(self.draws).map(mean)
    }

    /// One draw of one day at every preference, counted through.
    pub(crate) fn play(&self, play: usize) -> impl Iterator<Item = &Outcome> {
        self.plays.iter().map(move |plays| &plays[play])
    }
}

fn mean(outcomes: &[Outcome]) -> Outcome {
    let count = outcomes.len() as f64;
    let mean = |of: fn(&Outcome) -> f64| outcomes.iter().map(of).sum::<f64>() / count;
    Outcome {
        cost: mean(|outcome| outcome.cost),
        peak: mean(|outcome| outcome.peak),
        delay: mean(|outcome| outcome.delay),
    }
}

/// What one of the yardsticks did.
pub(crate) struct Yardstick {
    pub(crate) method: Method,
    pub(crate) held_out: Played,
    pub(crate) validation: Played,
}

/// All yardsticks. A rule minds no preference and plays once.
pub(crate) fn all(setting: &Setting<'_>, methods: &[Method], threads: usize) -> Vec<Yardstick> {
    let methods = methods.iter().copied().filter(|method| *method != Method::Learned);
    let methods: Vec<Method> = methods.collect();
    let count = setting.grid.len();
    let plays = |method: Method| if method.is_rule() { 1 } else { count };
    let tasks: Vec<(Method, usize)> = methods
        .iter()
        .flat_map(|method| (0..plays(*method)).map(|preference| (*method, preference)))
        .collect();
    let outcomes = tasks::ordered(tasks.len(), threads, |index| {
        let (method, preference) = tasks[index];
        let days = [&setting.held_out, &setting.validation];
        let outcomes = days.map(|days| one(setting, method, preference, days));
        (0..count / plays(method)).for_each(|_| setting.step());
        outcomes
    });
    let mut outcomes = outcomes.into_iter();
    let collect = |method: Method| {
        let [mut held_out, mut validation] = [vec![], vec![]];
        for [of_held_out, of_validation] in outcomes.by_ref().take(plays(method)) {
            held_out.push(of_held_out);
            validation.push(of_validation);
        }
        let [held_out, validation] = [held_out, validation].map(|outcomes| {
            let all = outcomes.iter().cycle().take(count).cloned();
            Played::new(all.collect(), setting.question.draws)
        });
        Yardstick { method, held_out, validation }
    };
    methods.into_iter().map(collect).collect()
}

/// One scheduler at one preference.
fn one(setting: &Setting<'_>, method: Method, preference: usize, days: &[Day]) -> Vec<Outcome> {
    let (question, preference) = (setting.question, &setting.grid[preference]);
    let luck = Random::of(question.seed, &format!("futures at {preference:?}"));
    match method.scheduler(question.futures, luck) {
        Some(mut scheduler) => with(setting, preference, days, &mut *scheduler),
        None => {
            let mut enumeration = Enumeration::default();
            let optimum = |day: &Day| {
                let task = Task::hindsight(&question.home, day, preference, &setting.scales);
                enumeration.solve(&task);
                task.outcome(enumeration.starts())
            };
            days.iter().map(optimum).collect()
        }
    }
}

/// Any scheduler at one preference.
pub(crate) fn with(
    setting: &Setting<'_>,
    preference: &Preference,
    days: &[Day],
    scheduler: &mut dyn Scheduler,
) -> Vec<Outcome> {
    let home = &setting.question.home;
    days.iter().map(|day| play(home, day, *preference, &setting.scales, scheduler).1).collect()
}
