//! Backward–forward sweep: the power flow of radial networks without a matrix.
//!
//! Given the voltages, the powers of a tree's nodes become currents; added up from the leaves to the source
//! (backward) they are the branch currents, and these give the voltages from the source outwards (forward); again,
//! until they agree (Shirmohammadi, Hong, Semlyen & Luo 1988). Two things are done once, before the first iteration:
//!
//! - the ratios of transformers are taken out of the tree ([`Tree`]), and
//! - constant admittances (charging, shunts) are folded into the branches: a branch of impedance z to a node that sees
//!   the admittance Y behind it has U = w·(U_parent + z·I) with w = 1/(1 + z·Y), and passes w·I on. So only what does
//!   not go linearly with the voltage is iterated upon.
//!
//! A tree may hang from each source; a mesh and a generator that holds a voltage are refused by name.

mod tree;
pub use tree::Tree;
mod injections;
pub(super) use injections::{Injections, Pair};
mod lanes;
pub(super) use lanes::Workspace;

use super::{Circuit, Convergence, Divergence, Settings, Voltages};
use num_complex::Complex64;

/// What does not change from one sweep of a circuit to the next.
#[derive(Clone, Debug, PartialEq)]
pub struct Sweep {
    /// The order of the nodes.
    pub tree: Tree,
    /// w of each position: what of its parent's voltage arrives where nothing is fed in.
    weight: Vec<Complex64>,
    /// w·z of each position: its voltage per current fed in there or behind it.
    impedance: Vec<Complex64>,
    /// 1/s of each position, from the tree's voltage U to V.
    inverse_scale: Vec<Complex64>,
    /// 1/|s|² of each position.
    inverse_square: Vec<f64>,
}

impl Sweep {
    /// Prepares the sweeps of a circuit.
    ///
    /// # Errors
    ///
    /// [`super::Reason::NotRadial`] with a bus of the mesh, [`super::Reason::HoldsVoltage`] with the bus whose
    /// generator would have to find its reactive power.
    pub fn new(circuit: &Circuit) -> Result<Self, Divergence> {
        let tree = Tree::of(circuit)?;
        let count = tree.order.len();
        let mut behind: Vec<Complex64> = tree
            .order
            .iter()
            .zip(&tree.scale)
            .map(|(&node, s)| circuit.nodes[node].shunt_pu / s.norm_sqr())
            .collect();
        for (admittance, of_branches) in behind.iter_mut().zip(&tree.shunt) {
            *admittance += of_branches;
        }
        let mut weight = vec![Complex64::ONE; count];
        let mut impedance = vec![Complex64::ZERO; count];
        for at in (tree.sources..count).rev() {
            weight[at] = (Complex64::ONE + tree.impedance[at] * behind[at]).inv();
            impedance[at] = weight[at] * tree.impedance[at];
            let seen = weight[at] * behind[at];
            behind[tree.parent[at]] += seen;
        }
        let inverse_scale = tree.scale.iter().map(Complex64::inv).collect();
        let inverse_square = tree.scale.iter().map(|scale| 1.0 / scale.norm_sqr()).collect();
        Ok(Self { tree, weight, impedance, inverse_scale, inverse_square })
    }

    /// The voltages at which every node feeds in its complex power; constant currents and shunts are the circuit's.
    ///
    /// `start` is where to start from, by node; sources hold theirs.
    ///
    /// # Errors
    ///
    /// The worst bus, when the iterations run away or end.
    pub fn solve(
        &self,
        circuit: &Circuit,
        power_pu: &[Complex64],
        start: &[Complex64],
        settings: &Settings,
    ) -> Result<(Vec<Complex64>, Convergence), Divergence> {
        let mut workspace = Workspace::<1>::new(self);
        let mut solved = vec![Pair::ZERO; self.tree.order.len()];
        workspace.begin(self, start);
        let mut injections = Injections::<1>::of(circuit, &self.tree.positions());
        for (injection, &node) in injections.power.iter_mut().zip(&self.tree.order) {
            *injection = Pair::splat(power_pu[node]);
        }
        let [outcome] = workspace.solve(
            self,
            &injections,
            settings.tolerance_pu,
            settings.max_iterations,
            1,
            &mut solved,
        );
        let outcome = outcome.map_err(|failure| failure.at(self, circuit))?;
        let voltages = solved.iter().map(|pair| pair.lane(0)).collect();
        Ok((voltages, outcome))
    }
}

/// The voltages of a circuit's power flow by sweeps.
///
/// # Errors
///
/// If the circuit is not radial or holds voltages, or no solution was found.
pub fn solve(circuit: &Circuit, settings: &Settings) -> Result<(Voltages, Convergence), Divergence> {
    let sweep = Sweep::new(circuit)?;
    let power: Vec<Complex64> = circuit.nodes.iter().map(|node| node.power_pu).collect();
    let start = sweep.tree.no_load(circuit);
    let (voltages, convergence) = sweep.solve(circuit, &power, &start, settings)?;
    Ok((Voltages::of(&voltages), convergence))
}
