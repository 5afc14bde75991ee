//! From voltages to what people ask for: flows, losses, loadings, what generators feed in.

use super::{
    BranchFlow, Circuit, Control, Element, GeneratorFlow, Network, NodeKind, Rating, Solution, TwoPort,
    Voltages,
};
use num_complex::Complex64;

impl Solution {
    /// What flows in a network at the given voltages of its circuit.
    #[must_use]
    pub fn at(network: &Network, circuit: &Circuit, voltages: &Voltages) -> Self {
        let complex: Vec<Complex64> = (0..circuit.nodes.len()).map(|node| voltages.complex(node)).collect();
        let mut solution = Self {
            iterations: 0,
            mismatch_pu: 0.0,
            voltage_pu: at_buses(circuit, &voltages.magnitude_pu),
            angle_rad: at_buses(circuit, &voltages.angle_rad),
            lines: vec![BranchFlow::NONE; network.lines.len()],
            transformers: vec![BranchFlow::NONE; network.transformers.len()],
            windings: vec![[BranchFlow::NONE; 3]; network.three_winding_transformers.len()],
            generators: Vec::new(),
            losses_w: 0.0,
            dead_buses: (0..network.buses.len()).filter(|&bus| circuit.node(bus).is_none()).collect(),
            taps: Vec::new(),
            rescue: None,
        };
        // Power that leaves each node into branches and shunts.
        let mut leaving: Vec<Complex64> = circuit
            .nodes
            .iter()
            .zip(&complex)
            .map(|(node, v)| node.shunt_pu.conj() * v.norm_sqr() - node.current_pu * v.norm())
            .collect();
        for branch in &circuit.branches {
            let (from, to) = branch.powers(complex[branch.from], complex[branch.to]);
            leaving[branch.from] += from;
            leaving[branch.to] += to;
            let flow = circuit.flow(network, branch, &complex, from, to);
            solution.losses_w += flow.from_p_w + flow.to_p_w;
            match branch.element {
                Element::Line(i) => solution.lines[i] = flow,
                Element::Transformer(i) => solution.transformers[i] = flow,
                Element::Winding(i, winding) => solution.windings[i][winding] = flow,
                other => unreachable!("{other} is no branch"),
            }
        }
        solution.generators = generators(network, circuit, &leaving);
        solution
    }
}

/// Values of nodes at the buses they stand for.
fn at_buses(circuit: &Circuit, of_nodes: &[f64]) -> Vec<f64> {
    circuit.node_of_bus.iter().map(|node| node.map_or(f64::NAN, |node| of_nodes[node])).collect()
}

impl TwoPort {
    /// Complex powers into the branch at either end, per unit.
    #[must_use]
    pub fn powers(&self, from: Complex64, to: Complex64) -> (Complex64, Complex64) {
        let [ff, ft, tf, tt] = self.admittances();
        (from * (ff * from + ft * to).conj(), to * (tf * from + tt * to).conj())
    }
}

impl Circuit {
    /// The flow through a branch with powers into it, in the network's units.
    fn flow(
        &self,
        network: &Network,
        branch: &TwoPort,
        v: &[Complex64],
        from: Complex64,
        to: Complex64,
    ) -> BranchFlow {
        let base = self.base_va;
        let ampere = |node: usize, power: Complex64| {
            power.norm() * base / (3_f64.sqrt() * self.nodes[node].nominal_v * v[node].norm())
        };
        let (from_a, to_a) = (ampere(branch.from, from), ampere(branch.to, to));
        let (rating, rated_v) = match branch.element {
            Element::Line(i) => (network.lines[i].rating, [0.0; 2]),
            Element::Transformer(i) => {
                let transformer = &network.transformers[i];
                (transformer.rating, [transformer.from_v, transformer.to_v])
            }
            Element::Winding(i, winding) => {
                let transformer = &network.three_winding_transformers[i];
                let winding = &transformer.windings[winding];
                (Rating::Rated(winding.rated_va), [winding.rated_v, 0.0])
            }
            other => unreachable!("{other} is no branch"),
        };
        let loading = match rating {
            Rating::Unlimited => 0.0,
            Rating::Current(most) => from_a.max(to_a) / most,
            Rating::Power(most) => from.norm().max(to.norm()) * base / most,
            Rating::Rated(most) => 3_f64.sqrt() * (from_a * rated_v[0]).max(to_a * rated_v[1]) / most,
        };
        BranchFlow {
            from_p_w: from.re * base,
            from_q_var: from.im * base,
            to_p_w: to.re * base,
            to_q_var: to.im * base,
            from_a,
            to_a,
            loading,
        }
    }
}

impl BranchFlow {
    /// Of a branch that is out of use.
    pub const NONE: Self = Self {
        from_p_w: 0.0,
        from_q_var: 0.0,
        to_p_w: 0.0,
        to_q_var: 0.0,
        from_a: 0.0,
        to_a: 0.0,
        loading: 0.0,
    };
}

/// What generators feed in, given the power that leaves each node into branches and shunts: what is free at a node is
/// shared by ranges of reactive power, and evenly among slacks.
fn generators(network: &Network, circuit: &Circuit, leaving: &[Complex64]) -> Vec<GeneratorFlow> {
    let base = circuit.base_va;
    let mut slacks = vec![0_u32; circuit.nodes.len()];
    let mut holding = vec![0_u32; circuit.nodes.len()];
    let mut ranges = vec![0.0; circuit.nodes.len()];
    let mut given = vec![Complex64::ZERO; circuit.nodes.len()];
    let range = |q_min: f64, q_max: f64| q_max - q_min;
    for (node, generator) in in_use(network, circuit) {
        match generator.control {
            Control::Power => {}
            Control::Voltage { .. } => {
                holding[node] += 1;
                ranges[node] += range(generator.min_q_var, generator.max_q_var);
                given[node].re += generator.p_w;
            }
            Control::Slack { .. } => {
                slacks[node] += 1;
                holding[node] += 1;
                ranges[node] += range(generator.min_q_var, generator.max_q_var);
            }
        }
    }
    // What the voltage-holding generators of each node feed in together.
    let free: Vec<Complex64> = (0..circuit.nodes.len())
        .map(|node| {
            let mut others = circuit.nodes[node].power_pu * base;
            for (_, generator) in in_use(network, circuit).filter(|&(at, _)| at == node) {
                if generator.control != Control::Power {
                    others.re -= generator.p_w;
                }
            }
            leaving[node] * base - others
        })
        .collect();
    let flow = |generator: &super::Generator| {
        let Some(node) = generator.in_service.then(|| circuit.node(generator.bus)).flatten() else {
            return GeneratorFlow { p_w: 0.0, q_var: 0.0, at_q_limit: false };
        };
        let share = || {
            let all = f64::from(holding[node]);
            if ranges[node].is_finite() && ranges[node] > 0.0 {
                range(generator.min_q_var, generator.max_q_var) / ranges[node]
            } else {
                1.0 / all
            }
        };
        match generator.control {
            Control::Power => GeneratorFlow { p_w: generator.p_w, q_var: generator.q_var, at_q_limit: false },
            Control::Voltage { .. } => {
                GeneratorFlow { p_w: generator.p_w, q_var: free[node].im * share(), at_q_limit: false }
            }
            Control::Slack { .. } => GeneratorFlow {
                p_w: (free[node].re - given[node].re) / f64::from(slacks[node]),
                q_var: free[node].im * share(),
                at_q_limit: false,
            },
        }
    };
    debug_assert!(circuit.nodes.iter().all(|node| node.kind == NodeKind::Pq || node.voltage_pu > 0.0));
    network.generators.iter().map(flow).collect()
}

/// Generators in service and their nodes.
fn in_use<'a>(
    network: &'a Network,
    circuit: &'a Circuit,
) -> impl Iterator<Item = (usize, &'a super::Generator)> + 'a {
    let generators = network.generators.iter().filter(|generator| generator.in_service);
    generators.filter_map(|generator| circuit.node(generator.bus).map(|node| (node, generator)))
}
