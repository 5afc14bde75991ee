//! What makes two trainings the same one: their sizes, options and seed, by name.

use crate::agent::Options;
use crate::environment::Shape;
use std::fmt::Write;

/// Everything that must not change while a training is put down, name and value.
fn named(shape: &Shape, options: &Options, seed: u64) -> Vec<(&'static str, String)> {
    macro_rules! named {
        ($from:expr, $kind:ident, $($field:ident $name:literal),* $(,)?) => {{
            let $kind { $($field),* } = $from;
            [$(($name, format!("{:?}", $field))),*]
        }};
    }
    let mut all = Vec::new();
    all.extend(named!(shape, Shape,
        lanes "lanes (episodes of a round)",
        agents "agents (who decides in turn)",
        features "features (numbers that an agent sees)",
        actions "actions (what an agent can do)",
        objectives "objectives (entries of a reward)",
    ));
    all.extend(named!(options, Options,
        networks "networks", credit "credit", scalarisation "scalarisation", head "head", residual "residual",
        doubts "doubts", trust "trust", initial "initial", knots "knots", only_knots "only_knots", hidden "hidden", dueling "dueling", double "double",
        relabel "relabel", faces "faces", steps "steps", huber "huber", target "target",
        exploration "exploration", exploring "exploring", rounds "rounds", memory "memory", updates "updates",
        batch "batch", rate "rate", averaged "averaged",
    ));
    all.push(("seed", seed.to_string()));
    all
}

/// One line for each name.
pub(super) fn describe(shape: &Shape, options: &Options, seed: u64) -> String {
    named(shape, options, seed).into_iter().fold(String::new(), |mut text, (name, value)| {
        writeln!(text, "{name} = {value}").expect("a string takes whatever is written");
        text
    })
}

/// What a description says otherwise than another, one sentence part for each name.
pub(super) fn differences(made: &str, given: &str) -> Vec<String> {
    fn rows(text: &str) -> impl Iterator<Item = (&str, &str)> + Clone {
        text.lines().filter_map(|line| line.split_once(" = "))
    }
    let value = |text, name| rows(text).find(|row| row.0 == name).map(|row| row.1);
    let mut all: Vec<String> = rows(given)
        .filter_map(|(name, here)| match value(made, name) {
            Some(there) if there == here => None,
            Some(there) => Some(format!("{name} is {there} in the checkpoint and {here} here")),
            None => Some(format!("{name} is not in the checkpoint and {here} here")),
        })
        .collect();
    let gone = rows(made).filter(|(name, _)| value(given, name).is_none());
    all.extend(gone.map(|(name, there)| format!("{name} is {there} in the checkpoint and not known here")));
    all
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_differs_is_named() {
        let shape = Shape { lanes: 8, agents: 6, features: 87, actions: 2, objectives: 3 };
        let made = describe(&shape, &Options::default(), 1);
        let other = Options { double: false, hidden: vec![8], ..Options::default() };
        let given = describe(&Shape { features: 117, ..shape }, &other, 1);
        let expected = [
            "features (numbers that an agent sees) is 87 in the checkpoint and 117 here",
            "hidden is [64, 64] in the checkpoint and [8] here",
            "double is true in the checkpoint and false here",
        ];
        assert_eq!(differences(&made, &given), expected);
        assert_eq!(differences(&made, &made), [""; 0]);
        let older = made.replace("double = true\n", "twice = true\n");
        let expected = [
            "double is not in the checkpoint and true here",
            "twice is true in the checkpoint and not known here",
        ];
        assert_eq!(differences(&older, &made), expected);
    }
}
