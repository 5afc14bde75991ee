//! The way between two buses of a radial network, and how far it is electrically.

use super::{Branch, Forest, Topology};
use crate::electric::{Element, Network};

/// The branches between two buses.
#[derive(Clone, Debug, PartialEq)]
pub struct Path {
    /// Branches, from the first bus to the second; those to the meeting point first.
    pub branches: Vec<Element>,
    /// Length of its lines, m.
    pub length_m: f64,
    /// Series resistance along it, per unit on the network's base power and each branch's nominal voltage; tap
    /// positions do not count. Times V²/S of a bus it is in Ω, as seen from there.
    pub resistance_pu: f64,
}

impl Topology {
    /// The path between two buses along a tree ([`Topology::tree`]); the only one if the network is radial. `None`
    /// where no source reaches one of them, or where they hang on different sources.
    #[must_use]
    pub fn path(&self, network: &Network, tree: &Forest, from: usize, to: usize) -> Option<Path> {
        let branches = tree.path(self.node(from)?, self.node(to)?)?;
        let mut path =
            Path { branches: Vec::with_capacity(branches.len()), length_m: 0.0, resistance_pu: 0.0 };
        for branch in branches.into_iter().map(|branch| self.branches[branch]) {
            path.branches.push(branch.element);
            path.resistance_pu += self.resistance_pu(network, branch);
            if let Element::Line(i) = branch.element {
                path.length_m += network.lines[i].length_m;
            }
        }
        Some(path)
    }

    fn resistance_pu(&self, network: &Network, branch: Branch) -> f64 {
        let per_unit = |ohm: f64, bus: usize| {
            network.buses.get(bus).map_or(f64::NAN, |bus| ohm * network.base_va / bus.nominal_v.powi(2))
        };
        match branch.element {
            Element::Line(i) => per_unit(network.lines[i].pi.series_ohm.re, network.lines[i].from),
            Element::Transformer(i) => {
                per_unit(network.transformers[i].pi.series_ohm.re, network.transformers[i].to)
            }
            Element::Winding(i, winding) => {
                let windings = &network.three_winding_transformers[i].windings;
                // Both windings' impedances are referred to the first's rated voltage.
                let other = windings.iter().position(|other| self.node(other.bus) == Some(branch.from));
                let ohm = windings[winding].series_ohm.re
                    + other.map_or(0.0, |other| windings[other].series_ohm.re);
                per_unit(ohm, windings[0].bus)
            }
            _ => 0.0,
        }
    }
}
