//! Who is fed from where: substations, feeders, and how far apart two buses are for a grid fee.
//!
//! A *substation* is the busbar behind transformers to another voltage level, on the side away from the source; a
//! source itself is one too. What hangs together without going through a busbar or such a transformer is a *feeder*,
//! of the substation from which power first comes to it. In a radial network that is the subtree behind an outgoing
//! branch; branches that are meshed behind the busbar are one feeder. Transformers within a voltage level (regulators,
//! phase shifters) are part of feeders.

use super::{Branch, Forest, Topology, sets::Sets};
use crate::electric::{Element, Network};

/// Nominal voltages that differ by more than this factor are different levels.
const LEVELS_DIFFER: f64 = 1.05;

/// Substations, feeders and the place of every bus.
#[derive(Clone, Debug, PartialEq)]
pub struct Supply {
    /// Substations, from the sources outwards.
    pub substations: Vec<Substation>,
    /// Feeders, from the sources outwards.
    pub feeders: Vec<Feeder>,
    /// Place of each bus; `None` where no source reaches it.
    pub places: Vec<Option<Place>>,
}

/// A busbar from which feeders go out.
#[derive(Clone, Debug, PartialEq)]
pub struct Substation {
    /// Name of its lowest bus.
    pub name: String,
    /// Buses of its busbar.
    pub buses: Vec<usize>,
    /// Transformers that feed it; none at a source.
    pub transformers: Vec<Element>,
    /// Substation in whose area its (first) transformer's other side lies.
    pub above: Option<usize>,
    /// Its feeders.
    pub feeders: Vec<usize>,
}

/// What hangs on an outgoing branch of a substation.
#[derive(Clone, Debug, PartialEq)]
pub struct Feeder {
    /// Name of its first outgoing branch.
    pub name: String,
    /// Its substation.
    pub substation: usize,
    /// Branches by which it is joined to busbars, its own substation's first.
    pub outgoing: Vec<Element>,
    /// Its buses, from the substation outwards.
    pub buses: Vec<usize>,
    /// Length of its lines, m.
    pub length_m: f64,
}

/// Where a bus lies.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Place {
    /// Its substation.
    pub substation: usize,
    /// Its feeder; `None` at the busbar itself.
    pub feeder: Option<usize>,
    /// Its connection point in the feeder, from the substation outwards, from 0; buses joined by switches share one.
    pub building: usize,
}

/// How far apart two buses are; grid fees go by it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Distance {
    /// At one connection point.
    Building,
    /// On one feeder.
    Feeder,
    /// Behind one substation.
    Substation,
    /// Anywhere else.
    Elsewhere,
}

impl Supply {
    /// How far apart two buses are; `None` where no source reaches one of them.
    #[must_use]
    pub fn distance(&self, one: usize, other: usize) -> Option<Distance> {
        let place = |bus: usize| self.places.get(bus).copied().flatten();
        let (one, other) = (place(one)?, place(other)?);
        Some(if one == other {
            Distance::Building
        } else if one.substation != other.substation {
            Distance::Elsewhere
        } else if one.feeder.is_some() && one.feeder == other.feeder {
            Distance::Feeder
        } else {
            Distance::Substation
        })
    }

    /// Numbers of a bus's substation, of its feeder there and of its building there, each from 1; 0 for the feeder of
    /// what is at the busbar itself. Two buses have the first different number where [`Supply::distance`] says.
    #[must_use]
    pub fn address(&self, bus: usize) -> Option<[usize; 3]> {
        let place = self.places.get(bus).copied().flatten()?;
        let feeders = &self.substations[place.substation].feeders;
        // Feeders of a substation rise, since they are found in turn.
        let feeder = place.feeder.map_or(0, |feeder| feeders.partition_point(|&other| other <= feeder));
        Some([place.substation + 1, feeder, place.building + 1])
    }
}

impl Topology {
    /// Substations and feeders of what sources reach.
    #[must_use]
    pub fn supply(&self, network: &Network) -> Supply {
        let tree = self.tree();
        // The busbar that each transformer between levels feeds.
        let fed: Vec<Option<usize>> = (0..self.branches.len())
            .map(|i| self.lower(network, self.branches[i]).map(|lower| self.away(&tree, i, lower)))
            .collect();
        let mut busbar = vec![false; self.bus_of_node.len()];
        for &node in self.sources.iter().chain(fed.iter().flatten()) {
            busbar[node] = true;
        }
        // What hangs together without busbars.
        let mut parts = Sets::new(busbar.len());
        for branch in &self.branches {
            if !busbar[branch.from] && !busbar[branch.to] {
                parts.join(branch.from, branch.to);
            }
        }
        let mut supply = self.places(network, &tree, &busbar, &mut parts);
        self.outgoing(network, &busbar, &fed, &mut supply);
        supply
    }

    /// The node at the lower voltage of a transformer between levels.
    fn lower(&self, network: &Network, branch: Branch) -> Option<usize> {
        if !matches!(branch.element, Element::Transformer(_) | Element::Winding(..)) {
            return None;
        }
        // Buses of one node are of one nominal voltage.
        let nominal_v = |node: usize| network.buses[self.bus_of_node[node]].nominal_v;
        let (from_v, to_v) = (nominal_v(branch.from), nominal_v(branch.to));
        if from_v > to_v * LEVELS_DIFFER {
            Some(branch.to)
        } else if to_v > from_v * LEVELS_DIFFER {
            Some(branch.from)
        } else {
            None
        }
    }

    /// The end of a transformer that is away from the source: as the tree, or a transformer of the tree in parallel,
    /// says; else, as where two substations feed one meshed network, the lower voltage.
    fn away(&self, tree: &Forest, branch: usize, lower: usize) -> usize {
        let Branch { from, to, .. } = self.branches[branch];
        let fed_by = |node: usize, other: usize| tree.parent[node].is_some_and(|parent| parent.node == other);
        if fed_by(to, from) {
            to
        } else if fed_by(from, to) {
            from
        } else {
            lower
        }
    }

    /// Numbers substations, feeders and buildings from the sources outwards.
    fn places(&self, network: &Network, tree: &Forest, busbar: &[bool], parts: &mut Sets) -> Supply {
        let mut buses_of: Vec<Vec<usize>> = vec![Vec::new(); busbar.len()];
        for (bus, node) in self.node_of_bus.iter().enumerate() {
            if let Some(node) = node {
                buses_of[*node].push(bus);
            }
        }
        let mut supply =
            Supply { substations: Vec::new(), feeders: Vec::new(), places: vec![None; network.buses.len()] };
        let mut feeder_of: Vec<Option<usize>> = vec![None; busbar.len()];
        let mut buildings: Vec<usize> = Vec::new();
        let mut substation_of: Vec<usize> = vec![0; busbar.len()];
        for &node in &tree.order {
            let place = if busbar[node] {
                substation_of[node] = supply.substations.len();
                supply.substations.push(Substation {
                    name: network.buses[self.bus_of_node[node]].name.clone(),
                    buses: buses_of[node].clone(),
                    transformers: Vec::new(),
                    above: None,
                    feeders: Vec::new(),
                });
                Place { substation: substation_of[node], feeder: None, building: 0 }
            } else {
                let part = parts.find(node);
                let parent = tree.parent[node].expect("every source is a busbar");
                let feeder = *feeder_of[part].get_or_insert_with(|| {
                    // The first of a part in the tree's order hangs on a busbar, or its parent would be of the part.
                    let substation = substation_of[parent.node];
                    let element = self.branches[parent.branch].element;
                    supply.substations[substation].feeders.push(supply.feeders.len());
                    supply.feeders.push(Feeder {
                        name: element.label(network),
                        substation,
                        outgoing: vec![element],
                        buses: Vec::new(),
                        length_m: 0.0,
                    });
                    buildings.push(0);
                    supply.feeders.len() - 1
                });
                supply.feeders[feeder].buses.extend(&buses_of[node]);
                buildings[feeder] += 1;
                let substation = supply.feeders[feeder].substation;
                Place { substation, feeder: Some(feeder), building: buildings[feeder] - 1 }
            };
            for &bus in &buses_of[node] {
                supply.places[bus] = Some(place);
            }
        }
        supply
    }

    /// Tells substations their transformers and feeders their branches.
    fn outgoing(&self, network: &Network, busbar: &[bool], fed: &[Option<usize>], supply: &mut Supply) {
        for (branch, fed) in self.branches.iter().zip(fed) {
            let place = |node: usize| supply.places[self.bus_of_node[node]];
            let (Some(from), Some(to)) = (place(branch.from), place(branch.to)) else { continue };
            if let Some(fed) = *fed {
                let (below, above) = if fed == branch.to { (to, from) } else { (from, to) };
                let substation = &mut supply.substations[below.substation];
                substation.transformers.push(branch.element);
                if below.substation != above.substation {
                    substation.above.get_or_insert(above.substation);
                }
                continue;
            }
            let Some(feeder) = from.feeder.or(to.feeder) else { continue };
            let feeder = &mut supply.feeders[feeder];
            if let Element::Line(i) = branch.element {
                feeder.length_m += network.lines[i].length_m;
            }
            if (busbar[branch.from] || busbar[branch.to]) && !feeder.outgoing.contains(&branch.element) {
                feeder.outgoing.push(branch.element);
            }
        }
    }
}
