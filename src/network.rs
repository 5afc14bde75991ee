//! Networks by name or from files, for the verbs that calculate on them.

mod branch;
mod columns;
mod figure;
mod words;

pub(crate) use branch::{Branch, BranchForm, branch_columns, branches};
pub(crate) use columns::{Column, named, numbers, texts, write_columns, write_parquet};
pub(crate) use figure::{Watts, fixed, percent};
pub(crate) use words::{SHOWN, branch_table, line, list, rest};

use crate::failure::{Failure, Problem};
use grid::electric::import::{ImportError, from_matpower, from_pandapower, from_simbench};
use grid::electric::{Element, Fault, InvalidNetwork, Network, Severity};
use std::path::Path;

/// Networks that are part of the program; the first is the default.
pub(crate) const BUILT_IN: [(&str, Text); 2] = [
    ("village", Text::Pandapower(include_str!("../data/networks/village.json"))),
    ("case5", Text::Matpower(include_str!("../cases/opf/pglib/pglib_opf_case5_pjm.m"))),
];

/// A network's text.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Text {
    /// As MATPOWER writes it.
    Matpower(&'static str),
    /// As pandapower writes it.
    Pandapower(&'static str),
}

/// What a path or a name stands for: a built-in network, a MATPOWER case (`.m`), a pandapower network (`.json`), or a
/// folder of SimBench tables.
pub(crate) fn read(path: &Path) -> Result<Network, Failure> {
    let built_in = BUILT_IN.iter().find(|(name, _)| Path::new(name) == path);
    if let Some((name, text)) = built_in {
        let network = match text {
            Text::Matpower(text) => from_matpower(text),
            Text::Pandapower(text) => from_pandapower(text),
        };
        let network = network.map_err(|error| import_failure(path, error))?;
        return Ok(Network { name: (*name).to_owned(), ..network });
    }
    let ending = path.extension().and_then(|ending| ending.to_str()).unwrap_or_default();
    let imported = if path.is_dir() {
        from_simbench(path)
    } else {
        match ending {
            "m" => from_matpower(&text(path)?),
            "json" => from_pandapower(&text(path)?),
            _ if path.exists() => {
                return Err(Failure::input(path.display(), format!("unknown format: {}", formats())));
            }
            _ => {
                let what =
                    format!("there is no such file or folder, nor is it a built-in network: {}", formats());
                return Err(Failure::input(path.display(), what));
            }
        }
    };
    let mut network = imported.map_err(|error| import_failure(path, error))?;
    if network.name.is_empty() {
        network.name = path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
    }
    Ok(network)
}

/// What can be read.
fn formats() -> String {
    let names: Vec<&str> = BUILT_IN.iter().map(|(name, _)| *name).collect();
    format!(
        "name a MATPOWER case (.m), a pandapower network (.json), a folder of SimBench tables, or one of {}",
        names.join(", ")
    )
}

fn text(path: &Path) -> Result<String, Failure> {
    std::fs::read_to_string(path).map_err(|error| Failure::reading(path, &error))
}

pub(crate) fn import_failure(path: &Path, error: ImportError) -> Failure {
    let file = path.display();
    // A table of a folder is a file of its own.
    let inside =
        |what: &str| if Path::new(what) == path { what.to_owned() } else { format!("{file}/{what}") };
    match error {
        ImportError::Syntax { what, line, message } if path.is_dir() => {
            Failure::input(format_args!("{}:{line}", inside(&what)), message)
        }
        ImportError::Syntax { line, message, .. } => Failure::input(format_args!("{file}:{line}"), message),
        ImportError::Value { what, element, message } if path.is_dir() => {
            Failure::input(inside(&what), format!("{element}: {message}"))
        }
        ImportError::Value { element, message, .. } => {
            Failure::input(format_args!("{file}"), format!("{element}: {message}"))
        }
        ImportError::Several(errors) => {
            let problems = errors.into_iter().map(|error| match import_failure(path, error) {
                Failure::Input(problems) => Ok(problems),
                other => Err(other),
            });
            match problems.collect::<Result<Vec<_>, _>>() {
                Ok(problems) => Failure::Input(problems.concat()),
                Err(failure) => failure,
            }
        }
        ImportError::Io { path, source } => Failure::reading(Path::new(&path), &source),
        unsupported => {
            Failure::input(file, format!("{unsupported}: take it out, or replace it by what is supported"))
        }
    }
}

/// A network that cannot be calculated: all that is wrong with it.
pub(crate) fn invalid(path: &Path, network: &Network, error: &InvalidNetwork) -> Failure {
    let errors = error.problems.iter().filter(|problem| problem.severity == Severity::Error);
    let of_all = |fault: Fault| fault == Fault::NoSource;
    let problem = |problem: &grid::electric::Problem| {
        let element = problem.element.describe(network);
        // Whoever wrote the message may have named the element already.
        let named = problem.message.contains(&element) || of_all(problem.fault);
        let what = if named { problem.message.clone() } else { format!("{element}: {}", problem.message) };
        Problem::new(path.display(), what)
    };
    Failure::Input(errors.map(problem).collect())
}

/// Odd things about a network that do not keep it from being calculated.
pub(crate) fn warnings(network: &Network) -> Vec<String> {
    let odd = network.problems().into_iter().filter(|problem| problem.severity == Severity::Warning);
    let words = |problem: grid::electric::Problem| {
        let element = problem.element.describe(network);
        if problem.message.contains(&element) {
            problem.message
        } else {
            format!("{element}: {}", problem.message)
        }
    };
    odd.map(words).collect()
}

/// Name of an element.
pub(crate) fn name_of(network: &Network, element: Element) -> &str {
    match element {
        Element::Bus(i) => &network.buses[i].name,
        Element::Line(i) => &network.lines[i].name,
        Element::Transformer(i) => &network.transformers[i].name,
        Element::Winding(i, _) => &network.three_winding_transformers[i].name,
        Element::Switch(i) => &network.switches[i].name,
        Element::Shunt(i) => &network.shunts[i].name,
        Element::Load(i) => &network.loads[i].name,
        Element::Generator(i) => &network.generators[i].name,
        Element::Storage(i) => &network.storages[i].name,
    }
}

/// A count of things: `1 line`, `2 lines`.
fn count(number: usize, one: &str, many: &str) -> String {
    format!("{number} {}", if number == 1 { one } else { many })
}

/// What a network consists of, in a line.
pub(crate) fn inventory(network: &Network) -> String {
    let parts = [
        (network.buses.len(), "bus", "buses"),
        (network.lines.len(), "line", "lines"),
        (
            network.transformers.len() + network.three_winding_transformers.len(),
            "transformer",
            "transformers",
        ),
        (network.switches.len(), "switch", "switches"),
        (network.loads.len(), "load", "loads"),
        (network.generators.len(), "generator", "generators"),
        (network.storages.len(), "storage", "storages"),
        (network.shunts.len(), "shunt", "shunts"),
    ];
    let there = parts.into_iter().filter(|(number, ..)| *number > 0);
    there.map(|(number, one, many)| count(number, one, many)).collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_built_in_network_can_be_read_and_is_sound() {
        for (name, _) in BUILT_IN {
            let network = read(Path::new(name)).unwrap();
            assert_eq!(network.problems(), [], "{name}");
            assert!(network.buses.len() > 4, "{name}");
        }
    }
}
