//! The tree of a radial circuit, from its sources outwards, with the ratios taken out.

use crate::electric::circuit::polar;
use crate::electric::{Circuit, Divergence, NodeKind, Reason};
use num_complex::Complex64;

/// A radial circuit as a tree; arrays are by position, and a node's parent comes before it.
///
/// An ideal transformer changes voltage and current but no power. With U = s·V, where s is the product of the ratios
/// on the way from the source, every branch is an impedance z·|s|² and every shunt an admittance y/|s|²; powers stay
/// what they are.
#[derive(Clone, Debug, PartialEq)]
pub struct Tree {
    /// How many positions at the front are sources.
    pub sources: usize,
    /// Node at each position, depth first.
    pub order: Vec<usize>,
    /// Position of the parent; a source has itself.
    pub parent: Vec<usize>,
    /// Branch to the parent; `None` at a source.
    pub branch: Vec<Option<usize>>,
    /// Ratio s from the voltage V of the node to the tree's voltage U.
    pub scale: Vec<Complex64>,
    /// Impedance to the parent, per unit, for the tree's voltages.
    pub impedance: Vec<Complex64>,
    /// Admittance of the branches' shunts at each position, per unit, for the tree's voltages.
    pub shunt: Vec<Complex64>,
}

impl Tree {
    /// The tree of a circuit.
    ///
    /// # Errors
    ///
    /// [`Reason::NotRadial`] with a bus where a loop closes or two sources meet, [`Reason::HoldsVoltage`] with a bus
    /// whose generator holds a voltage.
    pub fn of(circuit: &Circuit) -> Result<Self, Divergence> {
        let refuse = |node: usize, reason| Divergence {
            iterations: 0,
            mismatch_pu: f64::INFINITY,
            worst_bus: circuit.nodes[node].bus,
            reason,
        };
        let count = circuit.nodes.len();
        if let Some(node) = circuit.nodes.iter().position(|node| node.kind == NodeKind::Pv) {
            return Err(refuse(node, Reason::HoldsVoltage));
        }
        let is_source = |node: usize| circuit.nodes[node].kind == NodeKind::Slack;
        let around = Around::of(circuit);
        let mut tree = Self {
            sources: 0,
            order: (0..count).filter(|&node| is_source(node)).collect(),
            parent: Vec::with_capacity(count),
            branch: Vec::with_capacity(count),
            scale: Vec::with_capacity(count),
            impedance: Vec::with_capacity(count),
            shunt: Vec::with_capacity(count),
        };
        tree.sources = tree.order.len();
        let mut position: Vec<Option<usize>> = vec![None; count];
        for (at, &node) in tree.order.iter().enumerate() {
            position[node] = Some(at);
            tree.parent.push(at);
            tree.branch.push(None);
            tree.scale.push(Complex64::ONE);
            tree.impedance.push(Complex64::ZERO);
            tree.shunt.push(Complex64::ZERO);
        }
        // Branches to walk next, with the position at their known end.
        let mut ahead: Vec<(usize, usize)> = Vec::new();
        for at in 0..tree.sources {
            ahead.extend(around.branches(tree.order[at]).iter().map(|&branch| (branch, at)));
            while let Some((index, at)) = ahead.pop() {
                let branch = &circuit.branches[index];
                let near = tree.order[at];
                let far = if branch.from == near { branch.to } else { branch.from };
                if far == near {
                    // Both ends are one node: nothing but a shunt, and only half of it, as it is met twice.
                    let whole: Complex64 = branch.admittances().iter().sum();
                    tree.shunt[at] += whole / 2.0 / tree.scale[at].norm_sqr();
                    continue;
                }
                if position[far].is_some() {
                    // A branch between two sources changes no voltage.
                    if is_source(far) && is_source(near) {
                        continue;
                    }
                    return Err(refuse(far, Reason::NotRadial));
                }
                // The π has the voltage of its to side; the ratio stands at the from side.
                let (scale, pi_scale) = if branch.from == near {
                    let scale = tree.scale[at] * branch.ratio;
                    (scale, scale)
                } else {
                    (tree.scale[at] / branch.ratio, tree.scale[at])
                };
                let square = pi_scale.norm_sqr();
                let (near_shunt, far_shunt) = if branch.from == near {
                    (branch.from_shunt_pu, branch.to_shunt_pu)
                } else {
                    (branch.to_shunt_pu, branch.from_shunt_pu)
                };
                tree.shunt[at] += near_shunt / square;
                let here = tree.order.len();
                position[far] = Some(here);
                tree.order.push(far);
                tree.parent.push(at);
                tree.branch.push(Some(index));
                tree.scale.push(scale);
                tree.impedance.push(branch.series_pu * square);
                tree.shunt.push(far_shunt / square);
                let onward = around.branches(far).iter().filter(|&&next| next != index);
                ahead.extend(onward.map(|&branch| (branch, here)));
            }
        }
        match position.iter().position(Option::is_none) {
            Some(node) => Err(refuse(node, Reason::Singular)),
            None => Ok(tree),
        }
    }

    /// Position of each node.
    #[must_use]
    pub fn positions(&self) -> Vec<usize> {
        let mut positions = vec![0; self.order.len()];
        for (at, &node) in self.order.iter().enumerate() {
            positions[node] = at;
        }
        positions
    }

    /// Voltages of the nodes, V, when nothing flows: the source's, by the ratios on the way.
    #[must_use]
    pub fn no_load(&self, circuit: &Circuit) -> Vec<Complex64> {
        let mut of_tree = vec![Complex64::ZERO; self.order.len()];
        let mut voltages = vec![Complex64::ZERO; self.order.len()];
        for (at, &node) in self.order.iter().enumerate() {
            of_tree[at] = if at < self.sources {
                polar(circuit.nodes[node].voltage_pu, circuit.nodes[node].angle_rad)
            } else {
                of_tree[self.parent[at]]
            };
            voltages[node] = of_tree[at] / self.scale[at];
        }
        voltages
    }
}

/// The branches at each node.
struct Around {
    starts: Vec<usize>,
    branches: Vec<usize>,
}

impl Around {
    fn of(circuit: &Circuit) -> Self {
        let mut starts = vec![0; circuit.nodes.len() + 1];
        for branch in &circuit.branches {
            starts[branch.from + 1] += 1;
            starts[branch.to + 1] += 1;
        }
        for node in 0..circuit.nodes.len() {
            starts[node + 1] += starts[node];
        }
        let mut next = starts.clone();
        let mut branches = vec![0; 2 * circuit.branches.len()];
        for (index, branch) in circuit.branches.iter().enumerate() {
            for node in [branch.from, branch.to] {
                branches[next[node]] = index;
                next[node] += 1;
            }
        }
        Self { starts, branches }
    }

    fn branches(&self, node: usize) -> &[usize] {
        &self.branches[self.starts[node]..self.starts[node + 1]]
    }
}
