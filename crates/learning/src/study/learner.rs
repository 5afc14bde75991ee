//! One seed: learning, watched now and then, and what was learned in the end.

use super::played::{self, Played};
use super::published::{Compared, Published};
use super::{Setting, StudyError, Variant, tasks};
use crate::agent::Options;
use crate::environment::{FeatureSet, Homes};
use crate::home::{Day, Outcome, Preference};
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
    /// What it did at the preferences of the published comparison; nothing where it is one of a variant's.
    pub(crate) compared: Compared,
}

/// A way to learn, and the preferences at which it is compared with the naive rule.
#[derive(Clone, Copy)]
struct Way<'a> {
    options: &'a Options,
    features: FeatureSet,
    compared: &'a [Preference],
}

/// The agents of the study, and those of each of its variants.
pub(crate) fn all(
    setting: &Setting<'_>,
    threads: usize,
) -> Result<(Vec<Learner>, Vec<Vec<Learner>>), StudyError> {
    let question = setting.question;
    let compared = Published::grid();
    let own = Way { options: &question.options, features: question.features, compared: &compared };
    let mut ways = vec![(own, question.seeds)];
    ways.extend(question.variants.iter().map(|Variant { options, features, .. }| {
        (Way { options, features: *features, compared: &[] }, question.variant_seeds)
    }));
    // What does not fit is told before anybody learns for a minute.
    for (way, _) in &ways {
        Trainer::new(homes(setting, way.features)?, way.options.clone(), 0)?;
    }
    let tasks: Vec<_> = ways
        .iter()
        .flat_map(|(way, seeds)| (0..*seeds).map(|index| (*way, question.seed + index as u64)))
        .collect();
    let learners = tasks::ordered(tasks.len(), threads, |index| {
        let (way, seed) = tasks[index];
        learn(setting, way, seed)
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

fn learn(setting: &Setting<'_>, way: Way<'_>, seed: u64) -> Result<Learner, StudyError> {
    let Way { options, features, compared } = way;
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
    let compared = compare(setting, compared, &mut policy);
    Ok(Learner { seed, curve, policy: bytes, held_out, validation, compared })
}

fn everywhere(setting: &Setting<'_>, policy: &mut Policy, days: &[Day]) -> Played {
    let plays = setting.grid.iter().map(|preference| played::with(setting, preference, days, policy));
    Played::new(plays.collect(), setting.question.draws)
}

fn compare(setting: &Setting<'_>, preferences: &[Preference], policy: &mut Policy) -> Compared {
    let [mut held_out, mut validation] = [vec![], vec![]];
    for preference in preferences {
        held_out.push(played::with(setting, preference, &setting.held_out, policy));
        validation.push(played::with(setting, preference, &setting.validation, policy));
        setting.step();
    }
    let [held_out, validation] =
        [held_out, validation].map(|plays| Played::new(plays, setting.question.draws));
    Compared { held_out, validation }
}

/// Mean loss over all days and preferences.
pub(crate) fn loss(setting: &Setting<'_>, played: &Played) -> f64 {
    mean_loss(setting, |preference| played.mean(preference))
}

/// Mean loss over all preferences of one day.
pub(crate) fn loss_of_day(setting: &Setting<'_>, played: &Played, day: usize) -> f64 {
    mean_loss(setting, |preference| played.day(preference, day))
}

fn mean_loss(setting: &Setting<'_>, outcome: impl Fn(usize) -> Outcome) -> f64 {
    let losses = setting.grid.iter().enumerate();
    let losses = losses.map(|(place, preference)| preference.loss(&outcome(place), &setting.scales));
    losses.sum::<f64>() / setting.grid.len() as f64
}
