//! How a network hangs together: which buses are one node, and which nodes a source reaches.

use super::{Control, Network, Switched};

/// Nodes and islands of a network as its switches stand.
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
}

/// Sets that grow together.
struct Sets(Vec<usize>);

impl Sets {
    fn new(count: usize) -> Self {
        Self((0..count).collect())
    }

    /// The least member of a set; paths are halved on the way.
    fn find(&mut self, mut of: usize) -> usize {
        while self.0[of] != of {
            self.0[of] = self.0[self.0[of]];
            of = self.0[of];
        }
        of
    }

    fn join(&mut self, a: usize, b: usize) {
        let (a, b) = (self.find(a), self.find(b));
        self.0[a.max(b)] = a.min(b);
    }

    /// Numbers the sets of the given members in order of their least one.
    fn number(&mut self, of: impl Iterator<Item = usize>) -> (Vec<Option<usize>>, Vec<usize>) {
        let mut numbers = vec![None; self.0.len()];
        let mut least = Vec::new();
        for member in of {
            let root = self.find(member);
            let number = *numbers[root].get_or_insert_with(|| {
                least.push(root);
                least.len() - 1
            });
            numbers[member] = Some(number);
        }
        (numbers, least)
    }
}

impl Topology {
    /// The topology of a network whose references are right ([`Network::problems`]).
    #[must_use]
    pub fn of(network: &Network) -> Self {
        let mut buses = Sets::new(network.buses.len());
        for switch in network.switches.iter().filter(|switch| switch.closed) {
            if let Switched::Bus(other) = switch.to
                && network.buses[switch.bus].in_service
                && network.buses[other].in_service
            {
                buses.join(switch.bus, other);
            }
        }
        let in_service = (0..network.buses.len()).filter(|&bus| network.buses[bus].in_service);
        let (node_of_bus, bus_of_node) = buses.number(in_service);

        let mut nodes = Sets::new(bus_of_node.len());
        for (_, from, to) in network.closed_branches() {
            if let (Some(from), Some(to)) = (node_of_bus[from], node_of_bus[to]) {
                nodes.join(from, to);
            }
        }
        let (islands, firsts) = nodes.number(0..bus_of_node.len());
        let island_of_node: Vec<usize> = islands.into_iter().flatten().collect();
        let mut energised = vec![false; firsts.len()];
        for generator in network.generators.iter().filter(|generator| generator.in_service) {
            if let (Control::Slack { .. }, Some(node)) = (generator.control, node_of_bus[generator.bus]) {
                energised[island_of_node[node]] = true;
            }
        }
        Self { node_of_bus, bus_of_node, island_of_node, energised }
    }

    /// Whether a source reaches a bus.
    #[must_use]
    pub fn reaches(&self, bus: usize) -> bool {
        self.node_of_bus[bus].is_some_and(|node| self.energised[self.island_of_node[node]])
    }
}
