//! LinDistFlow: the branch flow equations of a tree without their losses (Baran & Wu 1989, eqs. 1–3 with the
//! quadratic terms dropped).
//!
//! What enters a branch is what is drawn behind it, and v_j² = v_i² − 2·(r·P + x·Q). In the tree's voltages
//! ([`Tree`]) transformers are branches like any other. Shunts, charging and the parts of loads that follow the
//! voltage draw what they draw when nothing flows. Angles, which the voltages do not need, come from the same branch:
//! v_i·v_j·sin(θ_i − θ_j) = x·P − r·Q.

use crate::electric::sweep::Tree;
use crate::electric::{Circuit, Divergence, Network, Outcome, Reason, Solution, Voltages};
use num_complex::Complex64;

/// LinDistFlow of a circuit, prepared for any powers.
#[derive(Clone, Debug)]
pub struct DistFlow {
    /// The order of the nodes.
    pub tree: Tree,
    /// |V|² of each node when nothing flows.
    no_load_square: Vec<f64>,
    /// U² of each position's source.
    source_square: Vec<f64>,
    /// What each position draws without the nodes' own powers: shunts and charging.
    charging: Vec<Complex64>,
}

/// What LinDistFlow finds.
#[derive(Clone, Debug, PartialEq)]
pub struct Flow {
    /// Voltage of each node.
    pub voltages: Voltages,
    /// Power that enters the series impedance of the branch to each position's parent, towards the position.
    pub series: Vec<Complex64>,
}

impl DistFlow {
    /// Prepares the flows of a circuit.
    ///
    /// # Errors
    ///
    /// As [`Tree::of`]: a mesh, or a voltage held.
    pub fn new(circuit: &Circuit) -> Result<Self, Divergence> {
        let tree = Tree::of(circuit)?;
        let no_load = tree.no_load(circuit);
        let no_load_square: Vec<f64> = no_load.iter().map(Complex64::norm_sqr).collect();
        let source_square: Vec<f64> = tree
            .order
            .iter()
            .zip(&tree.scale)
            .map(|(&node, scale)| no_load_square[node] * scale.norm_sqr())
            .collect();
        let charging = (0..tree.order.len())
            .map(|at| {
                let node = tree.order[at];
                circuit.nodes[node].shunt_pu.conj() * no_load_square[node]
                    + tree.shunt[at].conj() * source_square[at]
            })
            .collect();
        Ok(Self { tree, no_load_square, source_square, charging })
    }

    /// Voltages and flows when each node feeds in a complex power, per unit, beside one that goes with |V|.
    ///
    /// # Errors
    ///
    /// [`Reason::NotFinite`] with the bus at which so much is drawn that no squared voltage is left.
    pub fn solve(
        &self,
        circuit: &Circuit,
        power_pu: &[Complex64],
        current_pu: &[Complex64],
    ) -> Result<Flow, Divergence> {
        let Tree { order, parent, sources, scale, impedance, .. } = &self.tree;
        let count = order.len();
        let mut series = self.charging.clone();
        for (at, drawn) in series.iter_mut().enumerate() {
            let node = order[at];
            *drawn -= power_pu[node] + current_pu[node] * self.no_load_square[node].sqrt();
        }
        for at in (*sources..count).rev() {
            let behind = series[at];
            series[parent[at]] += behind;
        }
        let mut square = self.source_square.clone();
        let mut angle = vec![0.0; count];
        let mut voltages = Voltages { magnitude_pu: vec![0.0; count], angle_rad: vec![0.0; count] };
        for at in 0..count {
            let node = order[at];
            if at < *sources {
                angle[at] = circuit.nodes[node].angle_rad;
                series[at] = Complex64::ZERO;
            } else {
                let up = parent[at];
                let drop = impedance[at].conj() * series[at];
                square[at] = square[up] - 2.0 * drop.re;
                if !(square[at] > 0.0) {
                    return Err(Divergence {
                        iterations: 0,
                        mismatch_pu: f64::INFINITY,
                        worst_bus: circuit.nodes[node].bus,
                        reason: Reason::NotFinite,
                    });
                }
                // z*·S = (r·P + x·Q) − j·(x·P − r·Q)
                let sine = -drop.im / (square[up] * square[at]).sqrt();
                angle[at] = angle[up] - libm::asin(sine.clamp(-1.0, 1.0));
            }
            voltages.magnitude_pu[node] = (square[at] / scale[at].norm_sqr()).sqrt();
            voltages.angle_rad[node] = angle[at] - scale[at].arg();
        }
        Ok(Flow { voltages, series })
    }

    /// Complex powers into each branch of the circuit at its ends.
    #[must_use]
    pub fn flows(&self, circuit: &Circuit, flow: &Flow) -> Vec<(Complex64, Complex64)> {
        let mut flows = vec![None; circuit.branches.len()];
        let tree = &self.tree;
        for at in tree.sources..tree.order.len() {
            let index = tree.branch[at].expect("only sources have none");
            let branch = &circuit.branches[index];
            let outwards = branch.to == tree.order[at];
            // The π has the voltage of its to side.
            let pi = if outwards { at } else { tree.parent[at] };
            let square = self.source_square[at] / tree.scale[pi].norm_sqr();
            let (own, other) = if outwards { (1.0, -1.0) } else { (-1.0, 1.0) };
            let from = flow.series[at] * own + branch.from_shunt_pu.conj() * square;
            let to = flow.series[at] * other + branch.to_shunt_pu.conj() * square;
            flows[index] = Some((from, to));
        }
        // What is not in the tree lies between sources, or is a shunt.
        let other = |index: usize| {
            let branch = &circuit.branches[index];
            branch.powers(flow.voltages.complex(branch.from), flow.voltages.complex(branch.to))
        };
        flows.into_iter().enumerate().map(|(i, known)| known.unwrap_or_else(|| other(i))).collect()
    }

    /// How voltages follow powers around voltages of the nodes, per unit.
    #[must_use]
    pub fn voltage_rows<'a>(&'a self, magnitude_pu: &'a [f64]) -> VoltageRows<'a> {
        VoltageRows { tree: &self.tree, magnitude_pu }
    }
}

/// How voltages follow powers, row by row: ∂v_i/∂P_j = Σ r / v_i and ∂v_i/∂Q_j = Σ x / v_i over the branches that the
/// ways from the source to i and to j share.
#[derive(Clone, Copy, Debug)]
pub struct VoltageRows<'a> {
    tree: &'a Tree,
    magnitude_pu: &'a [f64],
}

impl VoltageRows<'_> {
    /// The row of a node: change of its voltage, per unit, per active (`re`) and per reactive power (`im`) fed in at
    /// each node, per unit.
    #[must_use]
    pub fn row(&self, node: usize) -> Vec<Complex64> {
        let tree = self.tree;
        let count = tree.order.len();
        let positions = tree.positions();
        let mut on_the_way = vec![false; count];
        let mut at = positions[node];
        while at >= tree.sources {
            on_the_way[at] = true;
            at = tree.parent[at];
        }
        // U² changes by 2·Σz; V = U/|s|.
        let factor = 1.0 / (tree.scale[positions[node]].norm_sqr() * self.magnitude_pu[node]);
        let mut shared = vec![Complex64::ZERO; count];
        let mut row = vec![Complex64::ZERO; count];
        for at in tree.sources..count {
            shared[at] = shared[tree.parent[at]];
            if on_the_way[at] {
                shared[at] += tree.impedance[at];
            }
            row[tree.order[at]] = shared[at] * factor;
        }
        row
    }
}

/// The LinDistFlow of a network; meshes, held voltages and loads beyond all measure are diverged at their bus.
#[must_use]
pub fn dist_flow(network: &Network, circuit: &Circuit) -> Outcome {
    let power: Vec<Complex64> = circuit.nodes.iter().map(|node| node.power_pu).collect();
    let current: Vec<Complex64> = circuit.nodes.iter().map(|node| node.current_pu).collect();
    let solved = DistFlow::new(circuit).and_then(|prepared| {
        let flow = prepared.solve(circuit, &power, &current)?;
        Ok((prepared, flow))
    });
    let (prepared, flow) = match solved {
        Ok(solved) => solved,
        Err(divergence) => return Outcome::Diverged(divergence),
    };
    let leaving = circuit
        .nodes
        .iter()
        .zip(&prepared.no_load_square)
        .map(|(node, square)| node.shunt_pu.conj() * square - node.current_pu * square.sqrt())
        .collect();
    let flows = prepared.flows(circuit, &flow);
    Outcome::Converged(Box::new(Solution::of_flows(network, circuit, &flow.voltages, leaving, &flows)))
}
