//! A network as a graph to be drawn: every connection between two buses, and how far buses are from each other.

use crate::electric::{Element, Network, Openings, Switched};
use std::collections::{BTreeSet, VecDeque};

/// Something that joins two buses.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Edge {
    /// What it is.
    pub(super) element: Element,
    /// Bus at the one end.
    pub(super) from: usize,
    /// Bus at the other end.
    pub(super) to: usize,
    /// Whether power can pass.
    pub(super) closed: bool,
}

/// Every line, transformer and bus-bus switch, those out of use too. A three-winding transformer is two edges from its
/// first winding.
pub(super) fn edges(network: &Network) -> Vec<Edge> {
    let openings = Openings::of(network);
    let mut edges = Vec::new();
    let mut add = |element: Element, from: usize, to: usize, closed: bool| {
        let closed = closed && network.buses[from].in_service && network.buses[to].in_service;
        edges.push(Edge { element, from, to, closed });
    };
    for (i, line) in network.lines.iter().enumerate() {
        add(Element::Line(i), line.from, line.to, line.in_service && openings.lines[i] == [false; 2]);
    }
    for (i, transformer) in network.transformers.iter().enumerate() {
        let element = Element::Transformer(i);
        let closed = transformer.in_service && openings.transformers[i] == [false; 2];
        add(element, transformer.from, transformer.to, closed);
    }
    for (i, transformer) in network.three_winding_transformers.iter().enumerate() {
        for w in 1..3 {
            let element = Element::Winding(i, w);
            let [first, other] = [0, w].map(|w| transformer.windings[w].bus);
            let open = openings.windings[i];
            add(element, first, other, transformer.in_service && !open[0] && !open[w]);
        }
    }
    for (i, switch) in network.switches.iter().enumerate() {
        if let Switched::Bus(other) = switch.to {
            add(Element::Switch(i), switch.bus, other, switch.closed);
        }
    }
    edges
}

/// Neighbours of each bus.
#[derive(Clone, Debug)]
pub(super) struct Graph {
    /// Each bus's neighbours, rising, each once.
    pub(super) neighbours: Vec<Vec<usize>>,
}

impl Graph {
    /// By what is closed; what is open joins only parts that would lie apart without it.
    pub(super) fn of(network: &Network, edges: &[Edge]) -> Self {
        let mut parts: Vec<usize> = (0..network.buses.len()).collect();
        let mut neighbours = vec![BTreeSet::new(); network.buses.len()];
        let (closed, open): (Vec<&Edge>, Vec<&Edge>) = edges.iter().partition(|edge| edge.closed);
        for edge in closed.into_iter().chain(open) {
            let [from, to] = [edge.from, edge.to].map(|bus| root(&mut parts, bus));
            if edge.from != edge.to && (edge.closed || from != to) {
                neighbours[edge.from].insert(edge.to);
                neighbours[edge.to].insert(edge.from);
            }
            parts[from] = to;
        }
        Self { neighbours: neighbours.into_iter().map(|set| set.into_iter().collect()).collect() }
    }

    /// Sets of buses that hang together, the largest first.
    pub(super) fn components(&self) -> Vec<Vec<usize>> {
        let mut seen = vec![false; self.neighbours.len()];
        let mut components = Vec::new();
        for start in 0..self.neighbours.len() {
            if seen[start] {
                continue;
            }
            let mut component = vec![start];
            seen[start] = true;
            let mut next = 0;
            while let Some(&bus) = component.get(next) {
                next += 1;
                for &other in &self.neighbours[bus] {
                    if !std::mem::replace(&mut seen[other], true) {
                        component.push(other);
                    }
                }
            }
            component.sort_unstable();
            components.push(component);
        }
        components.sort_by_key(|component: &Vec<usize>| std::cmp::Reverse(component.len()));
        components
    }

    /// Whether a component has no mesh.
    pub(super) fn is_tree(&self, component: &[usize]) -> bool {
        component.iter().map(|&bus| self.neighbours[bus].len()).sum::<usize>() == 2 * (component.len() - 1)
    }

    /// Branches between a bus and each other; `u32::MAX` where none lead there.
    pub(super) fn distances(&self, start: usize) -> Vec<u32> {
        let mut distance = vec![u32::MAX; self.neighbours.len()];
        distance[start] = 0;
        let mut queue = VecDeque::from([start]);
        while let Some(bus) = queue.pop_front() {
            for &other in &self.neighbours[bus] {
                if distance[other] == u32::MAX {
                    distance[other] = distance[bus] + 1;
                    queue.push_back(other);
                }
            }
        }
        distance
    }
}

fn root(parts: &mut [usize], mut of: usize) -> usize {
    while parts[of] != of {
        parts[of] = parts[parts[of]];
        of = parts[of];
    }
    of
}
