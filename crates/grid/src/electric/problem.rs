//! What is wrong with a network: everything at once, each with its element.

use super::{Element, Network};

/// One thing that is wrong, or odd, about a network.
#[derive(Clone, Debug, PartialEq)]
pub struct Problem {
    /// Where.
    pub element: Element,
    /// What.
    pub fault: Fault,
    /// Whether a calculation can go on.
    pub severity: Severity,
    /// In words: which value, and what to do.
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
    /// Limits that contradict each other.
    Limits,
    /// A value that is possible but of the wrong magnitude, as when kV and V are mistaken.
    Magnitude,
    /// No source in the whole network.
    NoSource,
    /// An island without a source.
    Island,
    /// Two sources or controllers that hold different voltages at one place.
    Conflict,
    /// A line that joins different nominal voltages.
    VoltageLevels,
    /// A phase or a neutral that an element needs and its bus lacks.
    Phases,
    /// Something that this calculation cannot represent.
    Unsupported,
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
#[error("the network {name} cannot be calculated: {}", .problems.iter().map(|p| p.message.as_str()).collect::<Vec<_>>().join("; "))]
pub struct InvalidNetwork {
    /// The network's name.
    pub name: String,
    /// All that is wrong; at least one is an error.
    pub problems: Vec<Problem>,
}

impl Network {
    /// Everything that is wrong or odd, errors and warnings, in order of the elements.
    #[must_use]
    pub fn problems(&self) -> Vec<Problem> {
        Vec::new()
    }
}
