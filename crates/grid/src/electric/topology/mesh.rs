//! Islands and whether they are trees: radiality, loops, bridges.

use super::{Branch, Forest, Topology, forest};
use crate::electric::{Element, Network};
use std::fmt::Write as _;

/// What hangs together by branches.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Island {
    /// Its buses, in order.
    pub buses: Vec<usize>,
    /// Branches within it.
    pub branches: usize,
    /// Sources within it; none is an island that no calculation reaches.
    pub sources: usize,
    /// Whether it is a tree with at most one source.
    pub radial: bool,
}

/// A loop of branches, or a way between two sources.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mesh {
    /// The branches, starting with one whose opening would end the loop.
    pub branches: Vec<Element>,
    /// The lowest bus of a node at which it is closed.
    pub bus: usize,
    /// The sources that it joins, by their lowest buses, if it goes from one to another.
    pub between: Option<(usize, usize)>,
}

impl Mesh {
    /// In words, as far as eight branches go.
    #[must_use]
    pub fn describe(&self, network: &Network) -> String {
        let mut text = match self.between {
            None => "a loop".to_owned(),
            Some((a, b)) => format!(
                "a way from the source at {} to that at {}",
                Element::Bus(a).describe(network),
                Element::Bus(b).describe(network)
            ),
        };
        let shown: Vec<String> = self.branches.iter().take(8).map(|e| e.describe(network)).collect();
        let _ = write!(text, " of {}", shown.join(", "));
        if let Some(more) = self.branches.len().checked_sub(9) {
            let _ = write!(text, " and {} more branches", more + 1);
        }
        let _ = write!(text, ": open {} (a switch, or out of service)", shown[0]);
        text
    }
}

impl Topology {
    /// Islands in order of their lowest node.
    #[must_use]
    pub fn islands(&self) -> Vec<Island> {
        let empty = Island { buses: Vec::new(), branches: 0, sources: 0, radial: false };
        let mut islands = vec![empty; self.energised.len()];
        let mut nodes = vec![0; islands.len()];
        for &island in &self.island_of_node {
            nodes[island] += 1;
        }
        for (bus, node) in self.node_of_bus.iter().enumerate() {
            if let Some(node) = node {
                islands[self.island_of_node[*node]].buses.push(bus);
            }
        }
        for branch in &self.branches {
            islands[self.island_of_node[branch.from]].branches += 1;
        }
        for &source in &self.sources {
            islands[self.island_of_node[source]].sources += 1;
        }
        for (island, nodes) in islands.iter_mut().zip(nodes) {
            // It hangs together, so that it is a tree if it has one branch less than nodes.
            island.radial = island.branches + 1 == nodes && island.sources <= 1;
        }
        islands
    }

    /// The forest of what sources reach, from them outwards; numbers are those of nodes and of
    /// [`Topology::branches`].
    #[must_use]
    pub fn tree(&self) -> Forest {
        Forest::grow(self.bus_of_node.len(), &self.ends(), &self.sources)
    }

    /// The same where it is radial.
    ///
    /// # Errors
    ///
    /// The first loop, by the branch that closes it.
    pub fn radial(&self) -> Result<Forest, Mesh> {
        let tree = self.tree();
        match tree.closing.first() {
            None => Ok(tree),
            Some(&closing) => Err(self.mesh(&tree, closing)),
        }
    }

    /// Every loop that a branch closes, dead islands' too: one for each branch more than trees have. They span all
    /// loops there are (a fundamental system).
    #[must_use]
    pub fn meshes(&self) -> Vec<Mesh> {
        let mut roots = self.sources.clone();
        let mut seen = self.energised.clone();
        for (node, &island) in self.island_of_node.iter().enumerate() {
            if !std::mem::replace(&mut seen[island], true) {
                roots.push(node);
            }
        }
        let forest = Forest::grow(self.bus_of_node.len(), &self.ends(), &roots);
        forest.closing.iter().map(|&closing| self.mesh(&forest, closing)).collect()
    }

    /// Branches without which an island would fall apart, in order.
    #[must_use]
    pub fn bridges(&self) -> Vec<Element> {
        let bridges = forest::bridges(self.bus_of_node.len(), &self.ends());
        bridges.into_iter().map(|branch| self.branches[branch].element).collect()
    }

    fn mesh(&self, forest: &Forest, closing: usize) -> Mesh {
        let Branch { from, to, .. } = self.branches[closing];
        let cycle = forest.cycle(closing, from, to);
        let root = |mut node: usize| {
            while let Some(parent) = forest.parent[node] {
                node = parent.node;
            }
            node
        };
        let (a, b) = (root(from), root(to));
        Mesh {
            branches: cycle.into_iter().map(|branch| self.branches[branch].element).collect(),
            bus: self.bus_of_node[to],
            between: (a != b).then(|| (self.bus_of_node[a], self.bus_of_node[b])),
        }
    }
}
