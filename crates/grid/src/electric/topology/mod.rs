//! How a network hangs together: which buses are one node, which nodes a source reaches, what is a tree.
//!
//! Everything here takes linear time: networks of 100 000 buses are looked through in milliseconds.

mod forest;
pub use forest::{Forest, Parent};
mod mesh;
pub use mesh::{Island, Mesh};
mod sets;

use super::{Control, Element, Network, Openings, Switched};
use sets::Sets;

/// Nodes, branches and islands of a network as its switches stand.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Topology {
    /// Node of each bus; buses joined by closed switches share one. `None` for buses out of service.
    pub node_of_bus: Vec<Option<usize>>,
    /// A bus of each node, the lowest.
    pub bus_of_node: Vec<usize>,
    /// Island of each node.
    pub island_of_node: Vec<usize>,
    /// Whether each island has a slack.
    pub energised: Vec<bool>,
    /// Branches that are in service and closed at both ends, between nodes in service.
    pub branches: Vec<Branch>,
    /// Nodes with a slack, in order.
    pub sources: Vec<usize>,
}

/// A branch that is in use. A three-winding transformer counts as one from its first connected winding to each other.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Branch {
    /// What it is; of a three-winding transformer the winding at the to side.
    pub element: Element,
    /// Node at the one end.
    pub from: usize,
    /// Node at the other end; the same where a closed switch lies in parallel.
    pub to: usize,
}

impl Topology {
    /// The topology of a network. What names a bus that is not there is left out; [`Network::problems`] tells of it.
    #[must_use]
    pub fn of(network: &Network) -> Self {
        let in_service = |bus: usize| network.buses.get(bus).is_some_and(|bus| bus.in_service);
        let mut buses = Sets::new(network.buses.len());
        for switch in network.switches.iter().filter(|switch| switch.closed) {
            if let Switched::Bus(other) = switch.to
                && in_service(switch.bus)
                && in_service(other)
            {
                buses.join(switch.bus, other);
            }
        }
        let (node_of_bus, bus_of_node) =
            buses.number((0..network.buses.len()).filter(|&bus| in_service(bus)));
        let node = |bus: usize| node_of_bus.get(bus).copied().flatten();

        let branches = branches(network, node);
        let mut nodes = Sets::new(bus_of_node.len());
        for branch in &branches {
            nodes.join(branch.from, branch.to);
        }
        let (islands, firsts) = nodes.number(0..bus_of_node.len());
        let island_of_node: Vec<usize> = islands.into_iter().flatten().collect();

        let slacks = network
            .generators
            .iter()
            .filter(|generator| generator.in_service && matches!(generator.control, Control::Slack { .. }));
        let mut sources: Vec<usize> = slacks.filter_map(|generator| node(generator.bus)).collect();
        sources.sort_unstable();
        sources.dedup();
        let mut energised = vec![false; firsts.len()];
        for &source in &sources {
            energised[island_of_node[source]] = true;
        }
        Self { node_of_bus, bus_of_node, island_of_node, energised, branches, sources }
    }

    /// Whether a source reaches a bus.
    #[must_use]
    pub fn reaches(&self, bus: usize) -> bool {
        self.node(bus).is_some_and(|node| self.energised[self.island_of_node[node]])
    }

    /// Node of a bus; `None` if the bus is out of service or not there.
    #[must_use]
    pub fn node(&self, bus: usize) -> Option<usize> {
        self.node_of_bus.get(bus).copied().flatten()
    }

    /// The two nodes of each branch.
    fn ends(&self) -> Vec<(usize, usize)> {
        self.branches.iter().map(|branch| (branch.from, branch.to)).collect()
    }
}

/// Branches in use between nodes.
fn branches(network: &Network, node: impl Fn(usize) -> Option<usize>) -> Vec<Branch> {
    let openings = Openings::of(network);
    let mut branches = Vec::with_capacity(network.lines.len() + network.transformers.len());
    let mut join = |element: Element, from: Option<usize>, to: Option<usize>| {
        if let (Some(from), Some(to)) = (from, to) {
            branches.push(Branch { element, from, to });
        }
    };
    for (i, line) in network.lines.iter().enumerate() {
        if line.in_service && openings.lines[i] == [false; 2] {
            join(Element::Line(i), node(line.from), node(line.to));
        }
    }
    for (i, transformer) in network.transformers.iter().enumerate() {
        if transformer.in_service && openings.transformers[i] == [false; 2] {
            join(Element::Transformer(i), node(transformer.from), node(transformer.to));
        }
    }
    for (i, transformer) in network.three_winding_transformers.iter().enumerate() {
        if !transformer.in_service {
            continue;
        }
        let mut connected = (0..3)
            .filter(|&winding| !openings.windings[i][winding])
            .filter_map(|winding| node(transformer.windings[winding].bus).map(|node| (winding, node)));
        if let Some((_, first)) = connected.next() {
            for (winding, node) in connected {
                join(Element::Winding(i, winding), Some(first), Some(node));
            }
        }
    }
    branches
}
