//! Other ways to learn: what each part of the agents is good for.

use super::Setting;
use super::judged::{Paired, over};
use super::learner::{self, Learner};
use crate::agent::{Credit, Head, Networks, Options};
use crate::environment::{FeatureSet, Group};
use crate::judgement::Interval;

/// A way to learn.
#[derive(Clone, Debug, PartialEq)]
pub struct Variant {
    /// How it differs.
    pub name: &'static str,
    /// How it learns.
    pub options: Options,
    /// What it sees.
    pub features: FeatureSet,
}

/// What came of a way to learn.
#[derive(Clone, Debug, PartialEq)]
pub struct Varied {
    /// How it differs.
    pub name: &'static str,
    /// Mean loss per day over the grid, mean over its seeds.
    pub loss: Interval,
    /// Its loss less that of the same seeds of the study, day by day, mean over seeds and grid.
    pub paired: Paired,
}

/// One part changed at a time. What does not go together with the change is changed with it: networks of their own
/// cannot share the credit for each other's decisions, and what a model expects is known for one preference only.
#[must_use]
pub fn variants(options: &Options, features: FeatureSet) -> Vec<Variant> {
    let with = |name, change: &dyn Fn(&mut Options)| {
        let mut options = options.clone();
        change(&mut options);
        Variant { name, options, features }
    };
    let mut variants = vec![
        with("a network for each machine", &|options| {
            options.networks = Networks::Independent;
            options.credit = Credit::Team;
        }),
        with("one network, credit up to one's own next decision", &|options| options.credit = Credit::Team),
        with("values alone, without a model's expectation", &|options| {
            options.residual = false;
            options.relabel = true;
        }),
        with("a value for each objective, without a model's expectation", &|options| {
            options.residual = false;
            options.relabel = true;
            options.head = Head::Vector;
        }),
        with("double Q-learning switched", &|options| options.double = !options.double),
        with("dueling heads switched", &|options| options.dueling = !options.dueling),
        with("returns over 4 decisions", &|options| options.steps = 4),
        with("returns over the whole day (Monte Carlo)", &|options| options.steps = usize::MAX),
        with("the last weights instead of their average", &|options| options.averaged = 0.0),
    ];
    let blind = [
        ("blind to later starts' cost and peak", &[Group::Cost, Group::Peak][..]),
        ("blind to the other machines", &[Group::Others, Group::Later]),
        ("blind to prices and load ahead", &[Group::Prices, Group::Load]),
    ];
    variants.extend(blind.map(|(name, groups)| {
        let features = groups.iter().fold(features, |set, group| set.without(*group));
        Variant { name, options: options.clone(), features }
    }));
    variants
}

/// Compares variants with the first seeds of the study.
pub(crate) fn all(setting: &Setting<'_>, learners: &[Learner], varied: &[Vec<Learner>]) -> Vec<Varied> {
    let compare = |(variant, agents): (&Variant, &Vec<Learner>)| {
        let losses: Vec<f64> = agents.iter().map(|agent| learner::loss(setting, &agent.held_out)).collect();
        let difference = |day: usize| {
            let of = |agents: &[Learner]| {
                agents.iter().map(|agent| learner::loss_of_day(setting, &agent.held_out, day)).sum::<f64>()
            };
            (of(agents) - of(&learners[..agents.len()])) / agents.len() as f64
        };
        let days = 0..setting.question.held_out.days();
        let paired = Paired::of(&days.map(difference).collect::<Vec<_>>());
        Varied { name: variant.name, loss: over(&losses), paired }
    };
    setting.question.variants.iter().zip(varied).map(compare).collect()
}
