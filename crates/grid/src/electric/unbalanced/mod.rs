//! Three-phase unbalanced power flow: single-phase loads, cars and panels on feeders of low and medium voltage.
//!
//! With the admittances Y of the conductors a, b, c of every bus, find the voltages V at which the currents balance:
//! Y·V = I(V), where a load S between two conductors draws I = (S/ΔV)* (Kersting, Distribution System Modeling and
//! Analysis). Y is factorised once; loads enter as currents.
//!
//! The modules in reading order:

mod matrix;
pub use matrix::{Matrix3, Phases, from_sequences, to_sequences};
mod feeder;
pub use feeder::{
    Across, Bus, Feeder, Line, Load, Regulator, Shunt, Source, Switch, Transformer, Unit, Windings,
};
mod from_network;
pub use from_network::Assumptions;
mod json;
pub use json::Unreadable;

mod check;
mod primitive;
mod sections;
mod system;
pub use system::System;
mod factor;
mod lanes;

mod fixed_point;
mod flow;
mod newton;
pub use flow::Settings;
mod solution;
pub use solution::{Divergence, Flow, Outcome, Solution};
mod series;
pub use series::Step;

use super::{InvalidNetwork, Network};

/// The unbalanced power flow of a network. Buses, lines and transformers of the result have the network's indices.
///
/// # Errors
///
/// If the network cannot be calculated; everything wrong with it is in the error.
pub fn power_flow(network: &Network, settings: &Settings) -> Result<Outcome, InvalidNetwork> {
    Feeder::of(network, settings.assumptions)?.power_flow(settings)
}
