//! Naming one element of a network.

use super::Network;
use std::fmt;

/// One element of a network, by its index in the list of its kind.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Element {
    /// A bus.
    Bus(usize),
    /// A line.
    Line(usize),
    /// A two-winding transformer.
    Transformer(usize),
    /// A winding (0, 1, 2) of a three-winding transformer.
    Winding(usize, usize),
    /// A switch.
    Switch(usize),
    /// A shunt.
    Shunt(usize),
    /// A load.
    Load(usize),
    /// A generator.
    Generator(usize),
    /// A storage.
    Storage(usize),
}

impl Element {
    /// Kind and name, as in `line "North 3"`; kind and index where it has no name.
    #[must_use]
    pub fn describe(self, network: &Network) -> String {
        let name = match self {
            Self::Bus(i) => network.buses.get(i).map(|e| &e.name),
            Self::Line(i) => network.lines.get(i).map(|e| &e.name),
            Self::Transformer(i) => network.transformers.get(i).map(|e| &e.name),
            Self::Winding(i, _) => network.three_winding_transformers.get(i).map(|e| &e.name),
            Self::Switch(i) => network.switches.get(i).map(|e| &e.name),
            Self::Shunt(i) => network.shunts.get(i).map(|e| &e.name),
            Self::Load(i) => network.loads.get(i).map(|e| &e.name),
            Self::Generator(i) => network.generators.get(i).map(|e| &e.name),
            Self::Storage(i) => network.storages.get(i).map(|e| &e.name),
        };
        match name {
            Some(name) if name.is_empty() => self.to_string(),
            Some(name) => format!("{} \"{name}\"", self.kind()),
            None => format!("{self} (which is not there)"),
        }
    }

    /// What it is.
    #[must_use]
    pub const fn kind(self) -> &'static str {
        match self {
            Self::Bus(_) => "bus",
            Self::Line(_) => "line",
            Self::Transformer(_) => "transformer",
            Self::Winding(..) => "three-winding transformer",
            Self::Switch(_) => "switch",
            Self::Shunt(_) => "shunt",
            Self::Load(_) => "load",
            Self::Generator(_) => "generator",
            Self::Storage(_) => "storage",
        }
    }
}

impl fmt::Display for Element {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let index = match *self {
            Self::Bus(i)
            | Self::Line(i)
            | Self::Transformer(i)
            | Self::Winding(i, _)
            | Self::Switch(i)
            | Self::Shunt(i)
            | Self::Load(i)
            | Self::Generator(i)
            | Self::Storage(i) => i,
        };
        write!(f, "{} {index}", self.kind())
    }
}
