//! What is wrong with a network: everything at once, each with its element.
//!
//! Numbers are checked of elements in service only: data of disused ones is often incomplete, and nobody calculates
//! with it. Indices are checked of all. The ranges are in `docs/grid/networks.md`.

mod branches;
mod buses;
mod inspection;
mod names;
mod powers;
mod sources;

use super::{Element, Network};
use inspection::Inspection;

/// One thing that is wrong, or odd, about a network.
#[derive(Clone, Debug, PartialEq)]
pub struct Problem {
    /// Where; bus 0 for what concerns the whole network.
    pub element: Element,
    /// What.
    pub fault: Fault,
    /// Whether a calculation can go on.
    pub severity: Severity,
    /// In words: which element, which value, and what to do.
    pub message: String,
}

/// Kinds of problems.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Fault {
    /// It names a bus or element that is not there, or both its ends are one bus.
    Reference,
    /// A number that is not finite, or of the wrong sign.
    Number,
    /// A series impedance of 0.
    ZeroImpedance,
    /// Limits that contradict each other, or a value outside its limits.
    Limits,
    /// A value that is possible but of the wrong magnitude, as when kV and V are mistaken.
    Magnitude,
    /// No bus, or no source in the whole network.
    NoSource,
    /// An island without a source, or what hangs on it.
    Island,
    /// Two sources or controllers that hold different voltages at one place.
    Conflict,
    /// A line or closed switch that joins different nominal voltages, or a transformer far from them.
    VoltageLevels,
    /// A phase or a neutral that an element needs and its bus lacks.
    Phases,
    /// Something that this calculation cannot represent.
    Unsupported,
    /// A cost that is not convex, or no function.
    Cost,
    /// A name that several elements of one kind have.
    Name,
}

/// Whether a calculation can go on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Severity {
    /// It goes on, and the result says what was left out.
    Warning,
    /// No calculation.
    Error,
}

/// A network that cannot be calculated, with all that is wrong with it.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[error("the network {name} cannot be calculated: {}", summary(.problems))]
pub struct InvalidNetwork {
    /// The network's name.
    pub name: String,
    /// All that is wrong; at least one is an error.
    pub problems: Vec<Problem>,
}

impl InvalidNetwork {
    /// An error if any of the problems is one.
    fn check(network: &Network, problems: Vec<Problem>) -> Result<(), Self> {
        if problems.iter().any(|problem| problem.severity == Severity::Error) {
            return Err(Self { name: network.name.clone(), problems });
        }
        Ok(())
    }
}

/// How many errors the text of an [`InvalidNetwork`] shows.
const SHOWN: usize = 10;

/// The first errors, and how many more errors and warnings there are.
fn summary(problems: &[Problem]) -> String {
    let errors: Vec<&str> = problems
        .iter()
        .filter(|problem| problem.severity == Severity::Error)
        .map(|problem| problem.message.as_str())
        .collect();
    let mut text = errors[..errors.len().min(SHOWN)].join("; ");
    if errors.len() > SHOWN {
        text += &format!("; and {} more errors ({} in all)", errors.len() - SHOWN, errors.len());
    }
    match problems.len() - errors.len() {
        0 => {}
        1 => text += "; besides 1 warning",
        warnings => text += &format!("; besides {warnings} warnings"),
    }
    text
}

/// What a network is to be used for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Purpose {
    PowerFlow,
    OptimalPowerFlow,
}

impl Network {
    /// Everything that is wrong or odd for a power flow, errors and warnings, in order of the elements.
    #[must_use]
    pub fn problems(&self) -> Vec<Problem> {
        Inspection::of(self, Purpose::PowerFlow).problems()
    }

    /// The same for an optimal power flow: costs must be convex, and setpoints of voltage that differ do not matter.
    #[must_use]
    pub fn problems_for_opf(&self) -> Vec<Problem> {
        Inspection::of(self, Purpose::OptimalPowerFlow).problems()
    }

    /// Whether a power flow can be calculated.
    ///
    /// # Errors
    ///
    /// If anything is wrong with it; all that is, is in the error.
    pub fn check(&self) -> Result<(), InvalidNetwork> {
        InvalidNetwork::check(self, self.problems())
    }

    /// Whether an optimal power flow can be calculated.
    ///
    /// # Errors
    ///
    /// If anything is wrong with it; all that is, is in the error.
    pub fn check_for_opf(&self) -> Result<(), InvalidNetwork> {
        InvalidNetwork::check(self, self.problems_for_opf())
    }
}
