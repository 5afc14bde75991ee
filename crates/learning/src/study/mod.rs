//! One policy for every preference against rules, control and the optimum, on days that nobody learned from.
//!
//! Several agents learn, each from a seed of its own. They and every [`Method`] then play the same held-out days with
//! the same requests at each preference of a grid. What is told: outcomes, regrets, how much of the exact front is
//! reached, what a household loses, paired tests day by day, where a rule is better, and the gains over a naive cost
//! rule beside published ones. Nothing depends on the number of threads.

mod method;

pub use method::Method;

mod played;

pub use played::Played;

mod learner;

pub use learner::Learner;

mod judged;

pub use judged::{At, Judged, Overall, Paired};

mod published;

pub use published::{Gain, Published};

mod verdict;

pub use verdict::Verdict;

mod variant;

pub use variant::{Variant, Varied, variants};

pub mod foresight;

pub use foresight::Foresight;

mod tasks;

pub use tasks::ordered;

#[cfg(test)]
mod tests;

use crate::agent::{Options, OptionsError};
use crate::environment::FeatureSet;
use crate::home::{Day, Home, Invalid, Preference, Records, Scales};
use agents::Random;
use std::sync::atomic::{AtomicU64, Ordering};

/// Confidence of all intervals.
pub const CONFIDENCE: f64 = 0.95;

/// What is asked.
#[derive(Clone, Debug)]
pub struct Question {
    /// The home.
    pub home: Home,
    /// What one unit of each objective counts; from the days of training.
    pub scales: Scales,
    /// Days that agents learn from.
    pub training: Records,
    /// Days on which learning is watched and a preference is chosen for the published comparison.
    pub validation: Records,
    /// Days that everybody is judged on.
    pub held_out: Records,
    /// What agents see.
    pub features: FeatureSet,
    /// How they learn.
    pub options: Options,
    /// Days that an agent plays at once, ≥ 1.
    pub lanes: usize,
    /// Draws of requests for each held-out and validation day, ≥ 1, the same for everybody. What a day comes to is the
    /// mean over its draws: tests are over recorded days, whatever the number of draws.
    pub draws: usize,
    /// Preferences are those of [`Preference::grid`] of this number, ≥ 1.
    pub grid: usize,
    /// How many agents learn, ≥ 2: one alone says nothing about luck.
    pub seeds: usize,
    /// Seed of everything random.
    pub seed: u64,
    /// Futures that scenario control draws at each decision; 0 leaves it out.
    pub futures: usize,
    /// How often learning is watched, ≥ 1.
    pub looks: usize,
    /// Other ways to learn, each with this many seeds, ≥ 2; the first seeds of the others.
    pub variants: Vec<Variant>,
    /// Seeds of each variant, from 2 to `seeds`.
    pub variant_seeds: usize,
}

/// What can be wrong with a question.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum StudyError {
    /// A home or its days.
    #[error(transparent)]
    Home(#[from] Invalid),
    /// A way to learn.
    #[error(transparent)]
    Options(#[from] OptionsError),
    /// No draw of requests.
    #[error("0 draws of requests: a day needs at least one")]
    Draws,
    /// Too few seeds.
    #[error("{0} seeds: an interval needs at least 2, and variants at most those of the study")]
    Seeds(usize),
}

/// What came of it.
#[derive(Clone, Debug, PartialEq)]
pub struct Study {
    /// What one unit of each objective counts.
    pub scales: Scales,
    /// The preferences.
    pub grid: Vec<Preference>,
    /// Number of held-out days.
    pub days: usize,
    /// Draws of requests for each.
    pub draws: usize,
    /// Everybody, in the order of [`Method::ALL`].
    pub methods: Vec<Judged>,
    /// The agents, one per seed.
    pub learners: Vec<Learner>,
    /// The comparison with the naive cost rule.
    pub published: Published,
    /// Other ways to learn; empty where none were asked for.
    pub variants: Vec<Varied>,
}

impl Question {
    /// Steps of work, for whoever shows progress: rounds of learning, preferences of schedulers, and preferences at which
    /// agents are compared with the naive rule.
    #[must_use]
    pub fn steps(&self) -> u64 {
        let rounds = |options: &Options| options.rounds as u64;
        let variants: u64 = self.variants.iter().map(|variant| rounds(&variant.options)).sum();
        let schedulers = self.methods().iter().filter(|method| **method != Method::Learned).count();
        self.seeds as u64 * (rounds(&self.options) + Published::grid().len() as u64)
            + self.variant_seeds as u64 * variants
            + (schedulers * self.preferences().len()) as u64
    }

    fn preferences(&self) -> Vec<Preference> {
        Preference::grid(self.grid)
    }

    /// All draws of the first day, all of the second, …; further draws leave the earlier ones as they are.
    fn drawn(&self, records: &Records, name: &str) -> Vec<Day> {
        let luck = |draw| Random::of(self.seed, &format!("{name}, draw {draw}"));
        let mut luck: Vec<Random> = (0..self.draws).map(luck).collect();
        let day = |day| luck.iter_mut().map(|random| records.draw(day, &self.home, random)).collect();
        (0..records.days()).flat_map::<Vec<Day>, _>(day).collect()
    }

    fn methods(&self) -> Vec<Method> {
        let wanted = |method: &Method| *method != Method::Scenarios || self.futures > 0;
        Method::ALL.into_iter().filter(wanted).collect()
    }

    fn check(&self) -> Result<(), StudyError> {
        if self.seeds < 2 {
            return Err(StudyError::Seeds(self.seeds));
        }
        if !self.variants.is_empty() && !(2..=self.seeds).contains(&self.variant_seeds) {
            return Err(StudyError::Seeds(self.variant_seeds));
        }
        if self.draws == 0 {
            return Err(StudyError::Draws);
        }
        self.validation.fits(&self.home)?;
        Ok(self.held_out.fits(&self.home)?)
    }
}

/// What all parts of a study share.
pub(crate) struct Setting<'a> {
    question: &'a Question,
    scales: Scales,
    grid: Vec<Preference>,
    /// All draws of the first day, all of the second, …
    validation: Vec<Day>,
    /// The same.
    held_out: Vec<Day>,
    done: AtomicU64,
    progress: &'a (dyn Fn(u64) + Sync),
}

impl Setting<'_> {
    fn step(&self) {
        (self.progress)(self.done.fetch_add(1, Ordering::Relaxed) + 1);
    }
}

impl Study {
    /// Learns, plays and judges, with so many threads; `progress` is told how many of [`Question::steps`] are done.
    ///
    /// # Errors
    /// Where the home, its days or the ways to learn do not fit together.
    pub fn of(
        question: &Question,
        threads: usize,
        progress: &(dyn Fn(u64) + Sync),
    ) -> Result<Self, StudyError> {
        question.check()?;
        let scales = question.scales;
        let setting = Setting {
            question,
            scales,
            grid: question.preferences(),
            validation: question.drawn(&question.validation, "validation"),
            held_out: question.drawn(&question.held_out, "held out"),
            done: AtomicU64::new(0),
            progress,
        };
        let (learners, varied) = learner::all(&setting, threads)?;
        let methods = question.methods();
        let yardsticks = played::all(&setting, &methods, threads);
        let judged = judged::all(&setting, &methods, &yardsticks, &learners, threads);
        let published = Published::of(&setting, &yardsticks, &learners);
        let variants = variant::all(&setting, &learners, &varied);
        let (days, draws) = (question.held_out.days(), question.draws);
        Ok(Self { scales, grid: setting.grid, days, draws, methods: judged, learners, published, variants })
    }
}
