//! One preference: what everybody's decisions lose against the best ones.

use super::small::Small;
use super::{Method, Question};
use crate::exact::{Dynamic, Enumeration, Task};
use crate::home::{Day, Outcome, Preference};
use crate::policy::Policy;
use crate::schedule::{Moment, Scheduler, play};
use agents::Random;

/// What was played at one preference.
pub(super) struct Played {
    /// By day, what the best without foresight comes to, as expected in the morning.
    pub(super) best: Vec<Outcome>,
    /// In the order of [`Method::ALL`], one for each agent where they learned.
    pub(super) others: Vec<Vec<Sum>>,
}

/// What one player adds to what the best comes to.
#[derive(Clone, Debug, Default)]
pub(super) struct Sum {
    /// By day, mean over its draws.
    pub(super) days: Vec<Outcome>,
    pub(super) decisions: u64,
    /// Those that were as good as the best.
    pub(super) agreed: u64,
}

impl Played {
    pub(super) fn of(
        question: &Question,
        small: &Small,
        policies: &[Policy],
        preference: Preference,
    ) -> Self {
        let Small { home, scales, noise, days, .. } = small;
        let mut best = Dynamic::new(home.clone(), noise.clone());
        let luck = Random::of(question.seed, &format!("futures at {preference:?}"));
        let schedulers = |method: Method| -> Vec<Option<Box<dyn Scheduler>>> {
            match method {
                Method::Learned => {
                    policies.iter().map(|policy| Some(Box::new(policy.clone()) as _)).collect()
                }
                _ => vec![method.scheduler(question.futures, luck.clone())],
            }
        };
        let mut players: Vec<_> = Method::ALL.into_iter().map(schedulers).collect();
        let others = players.iter().map(|agents| vec![Sum::default(); agents.len()]).collect();
        let mut played = Self { best: vec![], others };
        // Day by day, so that what is known of one serves everybody in all its draws.
        for draws in days {
            played.best.push(best.value(&preference, scales, draws[0].series()));
            let sums = played.others.iter_mut().flatten();
            for (scheduler, sum) in players.iter_mut().flatten().zip(sums) {
                let mut mean = Outcome::default();
                for day in draws {
                    let beyond = match scheduler {
                        Some(scheduler) => {
                            let beyond = Outcome::default();
                            let mut watched =
                                Watched { best: &mut best, scheduler: &mut **scheduler, sum, beyond };
                            play(home, day, preference, scales, &mut watched);
                            watched.beyond
                        }
                        None => foreseen(small, day, preference, &mut best),
                    };
                    add(&mut mean, 1.0 / draws.len() as f64, &beyond);
                }
                sum.days.push(mean);
            }
        }
        played
    }
}

/// What perfect foresight makes of a day, less what the best without it does.
fn foreseen(small: &Small, day: &Day, preference: Preference, best: &mut Dynamic) -> Outcome {
    let Small { home, scales, .. } = small;
    let task = Task::hindsight(home, day, &preference, scales);
    let mut enumeration = Enumeration::default();
    enumeration.solve(&task);
    let mut beyond = task.outcome(enumeration.starts());
    add(&mut beyond, -1.0, &play(home, day, preference, scales, best).1);
    beyond
}

/// A scheduler whose decisions are weighed against the best ones.
struct Watched<'a> {
    best: &'a mut Dynamic,
    scheduler: &'a mut dyn Scheduler,
    sum: &'a mut Sum,
    /// What its decisions added to the day's outcome, as expected after each.
    beyond: Outcome,
}

impl Scheduler for Watched<'_> {
    fn name(&self) -> &str {
        self.scheduler.name()
    }

    fn starts(&mut self, moment: &Moment<'_>) -> bool {
        let values = self.best.values(moment);
        let loss = |outcome: &Outcome| moment.preference.loss(outcome, moment.scales);
        let starts = self.scheduler.starts(moment);
        let (taken, other) = if starts { (values.start, values.wait) } else { (values.wait, values.start) };
        self.sum.decisions += 1;
        // Equal up to rounding is as good.
        if loss(&taken) <= loss(&other) + 1e-9 {
            self.sum.agreed += 1;
        } else {
            add(&mut self.beyond, 1.0, &taken);
            add(&mut self.beyond, -1.0, &other);
        }
        starts
    }
}

pub(super) fn add(sum: &mut Outcome, weight: f64, outcome: &Outcome) {
    sum.cost += weight * outcome.cost;
    sum.peak += weight * outcome.peak;
    sum.delay += weight * outcome.delay;
}
