//! `--set KEY=VALUE`: every choice about an agent by its name, for ablations.

use crate::cli::one_of;
use crate::failure::{Failure, Problem};
use learning::agent::{Credit, Head, Networks, Options, Target};
use learning::{FeatureSet, Group};
use std::str::FromStr;

/// Groups of features by name.
const GROUPS: [(&str, Group); 9] = [
    ("clock", Group::Clock),
    ("request", Group::Request),
    ("appliance", Group::Appliance),
    ("cost", Group::Cost),
    ("peak", Group::Peak),
    ("others", Group::Others),
    ("later", Group::Later),
    ("prices", Group::Prices),
    ("load", Group::Load),
];

/// An agent, what it sees, and how many episodes it plays at a time.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Choices {
    pub(super) agent: Options,
    pub(super) features: FeatureSet,
    pub(super) lanes: usize,
    /// Variants of each training day, with the errors of other days' expectations.
    pub(super) variants: usize,
}

impl Choices {
    /// The usual ones, and what is said otherwise; all that is wrong is told at once.
    pub(super) fn parse(usual: Options, settings: &[String]) -> Result<Self, Failure> {
        let mut choices =
            Self { agent: usual, features: FeatureSet::ALL, lanes: super::LANES, variants: super::VARIANTS };
        let mut problems = Vec::new();
        for setting in settings {
            let (key, value) = setting.split_once('=').unwrap_or((setting, ""));
            if let Err(what) = choices.set(key.trim(), value.trim()) {
                problems.push(Problem::new(format_args!("--set {setting}"), what));
            }
        }
        if problems.is_empty() { Ok(choices) } else { Err(Failure::Input(problems)) }
    }

    fn set(&mut self, key: &str, value: &str) -> Result<(), String> {
        let agent = &mut self.agent;
        match key {
            "networks" => {
                let names = [("shared", Networks::Shared), ("independent", Networks::Independent)];
                agent.networks = named(value, names)?;
            }
            "credit" => {
                let names = [("joint", Credit::Joint), ("team", Credit::Team), ("own", Credit::Own)];
                agent.credit = named(value, names)?;
            }
            "head" => agent.head = named(value, [("scalar", Head::Scalar), ("vector", Head::Vector)])?,
            "residual" => agent.residual = truth(value)?,
            "doubts" => agent.doubts = value.split(',').map(number).collect::<Result<_, _>>()?,
            "trust" => agent.trust = number(value)?,
            "dueling" => agent.dueling = truth(value)?,
            "double" => agent.double = truth(value)?,
            "relabel" => agent.relabel = truth(value)?,
            "faces" => agent.faces = number(value)?,
            "steps" => agent.steps = if value == "episode" { usize::MAX } else { number(value)? },
            "huber" => agent.huber = number(value)?,
            "target" => {
                agent.target = match value.split_once(':') {
                    Some(("soft", part)) => Target::Soft(number(part)?),
                    Some(("hard", every)) => Target::Hard(number(every)?),
                    _ => return Err("write soft:0.01 or hard:500".into()),
                }
            }
            "initial" => agent.initial = Some(number(value)?),
            "knots" => agent.knots = number(value)?,
            "only_knots" => agent.only_knots = truth(value)?,
            "hidden" => {
                agent.hidden = value.split(',').map(number).collect::<Result<_, _>>()?;
                if agent.hidden.iter().any(|units| !(1..=4_096).contains(units)) {
                    return Err("a layer has 1 to 4096 units".into());
                }
            }
            "exploration" => agent.exploration = pair(value)?,
            "exploring" => agent.exploring = number(value)?,
            "memory" => agent.memory = number(value)?,
            "updates" => agent.updates = number(value)?,
            "batch" => agent.batch = number(value)?,
            "rate" => agent.rate = pair(value)?,
            "averaged" => {
                let share = number(value)?;
                agent.averaged =
                    Some(share).filter(|share| (0.0..=1.0).contains(share)).ok_or("write 0 to 1")?;
            }
            "lanes" => {
                let lanes = Some(number(value)?).filter(|lanes| (1..=1 << 20).contains(lanes));
                self.lanes = lanes.ok_or("write 1 to 1048576")?;
            }
            "variants" => {
                let variants = Some(number(value)?).filter(|variants| (0..=100).contains(variants));
                self.variants = variants.ok_or("write 0 to 100")?;
            }
            "without" => self.features = self.features.without(named(value, GROUPS)?),
            _ => return Err(format!("there is no choice `{key}`: see wattle train --help")),
        }
        Ok(())
    }
}

fn named<T: Copy, const N: usize>(value: &str, names: [(&str, T); N]) -> Result<T, String> {
    let found = names.iter().find(|(name, _)| *name == value);
    found.map(|(_, choice)| *choice).ok_or_else(|| one_of(names.iter().map(|(name, _)| *name)))
}

fn truth(value: &str) -> Result<bool, String> {
    named(value, [("true", true), ("false", false)])
}

fn number<T: FromStr>(value: &str) -> Result<T, String> {
    value.trim().parse().map_err(|_| format!("`{value}` is not such a number as is needed here"))
}

fn pair(value: &str) -> Result<(f32, f32), String> {
    let (first, last) = value.split_once(',').ok_or("write the first and the last value, such as 1,0.05")?;
    Ok((number(first)?, number(last)?))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(settings: &[&str]) -> Result<Choices, Failure> {
        Choices::parse(
            Options::home(false),
            &settings.iter().map(|setting| (*setting).to_owned()).collect::<Vec<_>>(),
        )
    }

    #[test]
    fn choices_are_set_by_name() {
        let choices = parse(&[
            "networks=independent",
            "credit=team",
            "target=hard:500",
            "steps=episode",
            "hidden=32,16",
            "rate=0.01,0.001",
            "without=later",
            "without=load",
        ]);
        let choices = choices.unwrap();
        let expected = Options {
            networks: Networks::Independent,
            credit: Credit::Team,
            target: Target::Hard(500),
            steps: usize::MAX,
            hidden: vec![32, 16],
            rate: (0.01, 0.001),
            ..Options::home(false)
        };
        assert_eq!(choices.agent, expected);
        assert_eq!(choices.features, FeatureSet::ALL.without(Group::Later).without(Group::Load));
    }

    #[test]
    fn all_that_is_wrong_is_told_at_once() {
        let Err(Failure::Input(problems)) = parse(&["doubel=true", "double", "batch=-1", "hidden=64,0"])
        else {
            panic!("nonsense was taken");
        };
        let whats: Vec<&str> = problems.iter().map(|problem| problem.what.as_str()).collect();
        let expected = [
            "there is no choice `doubel`: see wattle train --help",
            "choose one of true, false",
            "`-1` is not such a number as is needed here",
            "a layer has 1 to 4096 units",
        ];
        assert_eq!(whats, expected);
        assert_eq!(problems[3].place, "--set hidden=64,0");
    }
}
