//! How close learned schedules come to the best policy of all that do not know the future.
//!
//! Perfect foresight is no policy, and the best policy cannot be worked out for a home of six machines. So the home is cut
//! into homes of a few machines, whose days keep the prices and expected loads of the recorded ones, while the actual load is
//! the expected one plus a noise of a known distribution. There [`Dynamic`](crate::exact::Dynamic) is the best of all
//! that know what a scheduler knows. Agents learn these homes too, and everybody plays the held-out days.
//!
//! What a policy loses beyond the best is the sum, over its decisions, of what each loses against the best one there (the
//! performance difference lemma: Kakade and Langford 2002). Taken so, the luck of requests and loads is not in it.

mod judged;
mod played;
mod small;
#[cfg(test)]
mod tests;

use super::{Method, StudyError, tasks};
use crate::agent::Options;
use crate::environment::{FeatureSet, Homes};
use crate::exact::{MACHINES, Noise};
use crate::home::{Home, Outcome, Preference, Records, Scales};
use crate::judgement::Interval;
use crate::policy::Policy;
use crate::train::Trainer;
use played::Played;
use small::Small;
use std::sync::atomic::{AtomicU64, Ordering};

/// What is asked.
#[derive(Clone, Debug)]
pub struct Question {
    /// The home that is cut.
    pub home: Home,
    /// Machines of each part, 1 to [`MACHINES`], in the order in which they decide; the last part may have fewer. Beyond three
    /// it takes long.
    pub machines: usize,
    /// Recorded days that agents learn from, and whose errors make the noise.
    pub training: Records,
    /// Days that everybody is judged on: their prices and expected loads.
    pub held_out: Records,
    /// How often each held-out day is drawn, ≥ 1: its requests and its noise.
    pub draws: usize,
    /// How agents learn.
    pub options: Options,
    /// Days that an agent plays at once, ≥ 1.
    pub lanes: usize,
    /// Agents of each home, ≥ 2.
    pub seeds: usize,
    /// Seed of everything random.
    pub seed: u64,
    /// Futures that scenario control draws at each decision, ≥ 1.
    pub futures: usize,
    /// Preferences are those of [`Preference::grid`] of this number, ≥ 1.
    pub grid: usize,
}

/// What came of it.
#[derive(Clone, Debug, PartialEq)]
pub struct Foresight {
    /// The preferences.
    pub grid: Vec<Preference>,
    /// Number of held-out days.
    pub days: usize,
    /// Each part of the home.
    pub homes: Vec<Part>,
}

/// A part of the home, and how everybody ran it.
#[derive(Clone, Debug, PartialEq)]
pub struct Part {
    /// Its machines.
    pub machines: Vec<String>,
    /// What one unit of each objective counts.
    pub scales: Scales,
    /// How far the load may lie from the expected.
    pub noise: Noise,
    /// The best that can be done without foresight: expected outcome and loss of a day, by preference.
    pub best: Vec<(Outcome, f64)>,
    /// Everybody, in the order of [`Method::ALL`].
    pub others: Vec<Compared>,
}

/// A method beside the best policy.
#[derive(Clone, Debug, PartialEq)]
pub struct Compared {
    /// Which.
    pub method: Method,
    /// By preference of the grid.
    pub at: Vec<Beyond>,
    /// Mean over the grid, each preference as likely.
    pub overall: Beyond,
    /// Part of the decisions, 0 to 1, that were as good as the best; nothing for perfect foresight, which takes none.
    pub agreed: Option<f64>,
}

/// What a method comes to, per day.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Beyond {
    /// Expected outcome.
    pub outcome: Outcome,
    /// Its loss.
    pub loss: f64,
    /// Loss beyond that of the best without foresight, negative for perfect foresight: with what the choice of days makes
    /// of it.
    pub over_days: Interval,
    /// The same with what luck in learning makes of it.
    pub over_seeds: Interval,
}

impl Question {
    /// Steps of work, for whoever shows progress: rounds of learning, and preferences.
    #[must_use]
    pub fn steps(&self) -> u64 {
        let homes = self.home.appliances.len().div_ceil(self.machines.max(1));
        (homes * (self.seeds * self.options.rounds + Preference::grid(self.grid).len())) as u64
    }
}

impl Foresight {
    /// Learns, plays and compares, with so many threads; `progress` is told how many of [`Question::steps`] are done. The result
    /// does not depend on the number of threads.
    ///
    /// # Errors
    /// Where the home, its days or the way to learn do not fit together.
    ///
    /// # Panics
    /// Where a part would have no machine or more than [`MACHINES`].
    pub fn of(
        question: &Question,
        threads: usize,
        progress: &(dyn Fn(u64) + Sync),
    ) -> Result<Self, StudyError> {
        assert!((1..=MACHINES).contains(&question.machines), "parts of 1 to {MACHINES} machines");
        if question.seeds < 2 {
            return Err(StudyError::Seeds(question.seeds));
        }
        question.held_out.fits(&question.home)?;
        let done = AtomicU64::new(0);
        let step = || progress(done.fetch_add(1, Ordering::Relaxed) + 1);
        let parts = question.home.appliances.chunks(question.machines);
        let homes = parts.map(|machines| Small::of(question, machines)).collect::<Result<Vec<_>, _>>()?;
        let grid = Preference::grid(question.grid);
        let policies = tasks::ordered(homes.len() * question.seeds, threads, |index| {
            let seed = question.seed + (index % question.seeds) as u64;
            learn(question, &homes[index / question.seeds], seed, &step)
        });
        let policies = policies.into_iter().collect::<Result<Vec<_>, _>>()?;
        let of_home = |home: usize| &policies[home * question.seeds..][..question.seeds];
        let played = tasks::ordered(homes.len() * grid.len(), threads, |index| {
            let (home, place) = (index / grid.len(), index % grid.len());
            let played = Played::of(question, &homes[home], of_home(home), grid[place]);
            step();
            played
        });
        let mut played = played.into_iter();
        let part = |home: Small| {
            let places: Vec<Played> = played.by_ref().take(grid.len()).collect();
            judged::part(&grid, home, &places)
        };
        let homes = homes.into_iter().map(part).collect();
        Ok(Self { homes, days: question.held_out.days(), grid })
    }
}

fn learn(question: &Question, small: &Small, seed: u64, step: &impl Fn()) -> Result<Policy, StudyError> {
    let Small { home, scales, training, .. } = small;
    let features = FeatureSet::ALL;
    let homes = Homes::new(home.clone(), training.clone(), *scales, features, question.lanes)?;
    let mut trainer = Trainer::new(homes, question.options.clone(), seed)?;
    while !trainer.is_finished() {
        trainer.advance(1);
        step();
    }
    Ok(Policy::new(trainer.agents(), home.clone(), *scales, features)?)
}
