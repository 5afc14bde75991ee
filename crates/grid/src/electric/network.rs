//! An electric network: buses and what connects and uses them, in SI units.

use super::{Generator, Line, Load, Shunt, Storage, Switch, ThreeWindingTransformer, Transformer};

/// An electric network as its operator knows it; nothing in it has been checked yet ([`Network::problems`]).
///
/// Elements name their buses by index into [`Network::buses`].
#[derive(Clone, Debug, PartialEq)]
pub struct Network {
    /// What people call it.
    pub name: String,
    /// Nominal frequency, Hz.
    pub frequency_hz: f64,
    /// Base power of the per-unit system, VA, three-phase; positive.
    pub base_va: f64,
    /// Buses.
    pub buses: Vec<Bus>,
    /// Lines and cables.
    pub lines: Vec<Line>,
    /// Transformers with two windings, and what else has a ratio or a phase shift.
    pub transformers: Vec<Transformer>,
    /// Transformers with three windings.
    pub three_winding_transformers: Vec<ThreeWindingTransformer>,
    /// Switches; a bus-bus switch that is closed makes one node of two buses.
    pub switches: Vec<Switch>,
    /// Shunts: capacitor banks, reactors.
    pub shunts: Vec<Shunt>,
    /// Loads.
    pub loads: Vec<Load>,
    /// Generators, external grids among them.
    pub generators: Vec<Generator>,
    /// Storages.
    pub storages: Vec<Storage>,
}

/// A bus: a place with one voltage.
#[derive(Clone, Debug, PartialEq)]
pub struct Bus {
    /// What people call it; unique in the network for messages to be of use.
    pub name: String,
    /// Nominal voltage, V, line to line; positive.
    pub nominal_v: f64,
    /// Lowest voltage allowed, per unit of the nominal; 0 where nothing is said.
    pub min_voltage_pu: f64,
    /// Highest voltage allowed, per unit of the nominal; infinite where nothing is said.
    pub max_voltage_pu: f64,
    /// Where it lies, for pictures.
    pub position: Option<Position>,
    /// Area or zone, empty where nothing is said.
    pub zone: String,
    /// Whether it is in use.
    pub in_service: bool,
}

/// Where a bus lies on a map or a diagram: east and north, in any unit.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Position {
    /// East (longitude, degrees, where it is geographic).
    pub x: f64,
    /// North (latitude, degrees, where it is geographic).
    pub y: f64,
}

impl Network {
    /// A network with nothing in it.
    #[must_use]
    pub fn new(name: &str, base_va: f64) -> Self {
        Self {
            name: name.to_owned(),
            frequency_hz: 50.0,
            base_va,
            buses: Vec::new(),
            lines: Vec::new(),
            transformers: Vec::new(),
            three_winding_transformers: Vec::new(),
            switches: Vec::new(),
            shunts: Vec::new(),
            loads: Vec::new(),
            generators: Vec::new(),
            storages: Vec::new(),
        }
    }
}

impl Bus {
    /// A bus in service without limits.
    #[must_use]
    pub fn new(name: &str, nominal_v: f64) -> Self {
        Self {
            name: name.to_owned(),
            nominal_v,
            min_voltage_pu: 0.0,
            max_voltage_pu: f64::INFINITY,
            position: None,
            zone: String::new(),
            in_service: true,
        }
    }
}
