//! One seed: learning, watched now and then, and what was learned in the end.

use super::played::{self, Played};
use super::{Setting, StudyError, tasks};
use crate::agent::Options;
use crate::environment::{FeatureSet, Homes};
use crate::home::Day;
use crate::policy::Policy;
use crate::train::Trainer;

/// An agent that has learned.
#[derive(Clone, Debug, PartialEq)]
pub struct Learner {
    /// Its seed.
    pub seed: u64,
    /// Rounds done, and the mean loss then over the validation days and all preferences.
    pub curve: Vec<(usize, f64)>,
    /// What it has learned: the bytes of a [`Policy`].
    pub policy: Vec<u8>,
    /// What it did on the held-out days.
    pub held_out: Played,
    /// What it did on the validation days.
    pub validation: Played,
}

/// The agents of the study, and those of each of its variants.
pub(crate) fn all(
    setting: &Setting<'_>,
    threads: usize,
) -> Result<(Vec<Learner>, Vec<Vec<Learner>>), StudyError> {
    let question = setting.question;
    let mut ways = vec![(&question.options, question.features, question.seeds)];
    let varied = question.variants.iter();
    ways.extend(varied.map(|variant| (&variant.options, variant.features, question.variant_seeds)));
    // What does not fit is told before anybody learns for a minute.
    for (options, features, _) in &ways {
        Trainer::new(homes(setting, *features)?, (*options).clone(), 0)?;
    }
    let tasks: Vec<_> = ways
        .iter()
        .flat_map(|(options, features, seeds)| {
            (0..*seeds).map(|index| (*options, *features, question.seed + index as u64))
        })
        .collect();
    let learners = tasks::ordered(tasks.len(), threads, |index| {
        let (options, features, seed) = tasks[index];
        learn(setting, options, features, seed)
    });
    let mut learners = learners.into_iter().collect::<Result<Vec<_>, _>>()?.into_iter();
    let own = learners.by_ref().take(question.seeds).collect();
    let rest = question.variants.iter().map(|_| learners.by_ref().take(question.variant_seeds).collect());
    let rest = rest.collect();
    Ok((own, rest))
}

fn homes(setting: &Setting<'_>, features: FeatureSet) -> Result<Homes, StudyError> {
    let question = setting.question;
    let (home, training) = (question.home.clone(), question.training.clone());
    Ok(Homes::new(home, training, setting.scales, features, question.lanes)?)
}

fn learn(
    setting: &Setting<'_>,
    options: &Options,
    features: FeatureSet,
    seed: u64,
) -> Result<Learner, StudyError> {
    let home = &setting.question.home;
    let mut trainer = Trainer::new(homes(setting, features)?, options.clone(), seed)?;
    let policy =
        |trainer: &Trainer<Homes>| Policy::new(trainer.agents(), home.clone(), setting.scales, features);
    let every = options.rounds.div_ceil(setting.question.looks.max(1));
    let mut curve = Vec::new();
    while !trainer.is_finished() {
        let round = trainer.advance(1).round;
        if round % every == 0 || trainer.is_finished() {
            let validation = everywhere(setting, &mut policy(&trainer)?, &setting.validation);
            curve.push((round, loss(setting, &validation)));
        }
        setting.step();
    }
    let mut policy = policy(&trainer)?;
    let bytes = policy.to_bytes();
    let [held_out, validation] =
        [&setting.held_out, &setting.validation].map(|days| everywhere(setting, &mut policy, days));
    Ok(Learner { seed, curve, policy: bytes, held_out, validation })
}

fn everywhere(setting: &Setting<'_>, policy: &mut Policy, days: &[Day]) -> Played {
    Played(setting.grid.iter().map(|preference| played::with(setting, preference, days, policy)).collect())
}

/// Mean loss over all days and preferences.
pub(crate) fn loss(setting: &Setting<'_>, played: &Played) -> f64 {
    let losses =
        setting.grid.iter().zip(&played.0).flat_map(|(preference, days)| {
            days.iter().map(|outcome| preference.loss(outcome, &setting.scales))
        });
    losses.sum::<f64>() / (setting.grid.len() * played.0[0].len()) as f64
}
