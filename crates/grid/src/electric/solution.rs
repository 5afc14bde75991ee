//! From voltages to what people ask for: flows, losses, loadings, what generators feed in.

use super::{
    BranchFlow, Circuit, Control, Element, GeneratorFlow, Network, Rating, Solution, TwoPort, Voltages,
};
use num_complex::Complex64;

impl Solution {
    /// What flows in a network at the given voltages of its circuit.
    #[must_use]
    pub fn at(network: &Network, circuit: &Circuit, voltages: &Voltages) -> Self {
        let complex: Vec<Complex64> = (0..circuit.nodes.len()).map(|node| voltages.complex(node)).collect();
        // Power that leaves each node into shunts, and as constant current.
        let leaving = circuit
            .nodes
            .iter()
            .zip(&complex)
            .map(|(node, v)| node.shunt_pu.conj() * v.norm_sqr() - node.current_pu * v.norm())
            .collect();
        let flows: Vec<_> = circuit
            .branches
            .iter()
            .map(|branch| branch.powers(complex[branch.from], complex[branch.to]))
            .collect();
        Self::of_flows(network, circuit, voltages, leaving, &flows)
    }

    /// What it means that powers flow into the circuit's branches at their ends, and that others leave the nodes
    /// beside.
    pub(super) fn of_flows(
        network: &Network,
        circuit: &Circuit,
        voltages: &Voltages,
        mut leaving: Vec<Complex64>,
        flows: &[(Complex64, Complex64)],
    ) -> Self {
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
        for (branch, &(from, to)) in circuit.branches.iter().zip(flows) {
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
        solution.mark_dead(network, circuit);
        solution.generators = generators(network, circuit, &leaving);
        solution
    }

    /// What is in service and no source reaches has no flow that anybody knows.
    fn mark_dead(&mut self, network: &Network, circuit: &Circuit) {
        let dead = |bus: usize| circuit.node(bus).is_none();
        for (line, flow) in network.lines.iter().zip(&mut self.lines) {
            if line.in_service && dead(line.from) && dead(line.to) {
                *flow = BranchFlow::UNKNOWN;
            }
        }
        for (transformer, flow) in network.transformers.iter().zip(&mut self.transformers) {
            if transformer.in_service && dead(transformer.from) && dead(transformer.to) {
                *flow = BranchFlow::UNKNOWN;
            }
        }
        for (transformer, flows) in network.three_winding_transformers.iter().zip(&mut self.windings) {
            if transformer.in_service && transformer.windings.iter().all(|winding| dead(winding.bus)) {
                *flows = [BranchFlow::UNKNOWN; 3];
            }
        }
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
    pub(crate) fn flow(
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
    /// Of a branch that is in service and that no source reaches.
    pub const UNKNOWN: Self = Self {
        from_p_w: f64::NAN,
        from_q_var: f64::NAN,
        to_p_w: f64::NAN,
        to_q_var: f64::NAN,
        from_a: f64::NAN,
        to_a: f64::NAN,
        loading: f64::NAN,
    };
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

/// What generators feed in, given the power that leaves each node into branches and shunts. What is free at a node is
/// shared: reactive power so that all arrive at their limits together (as MATPOWER does; evenly where a limit is
/// infinite), active power evenly among slacks.
fn generators(network: &Network, circuit: &Circuit, leaving: &[Complex64]) -> Vec<GeneratorFlow> {
    let base = circuit.base_va;
    let given = circuit.nodes.iter().zip(leaving);
    let mut shares: Vec<Share> = given
        .map(|(node, &leaving)| Share { free: (leaving - node.power_pu) * base, ..Share::default() })
        .collect();
    for (node, generator) in in_use(network, circuit) {
        let share = &mut shares[node];
        match generator.control {
            Control::Power => continue,
            // Its own power is among what the node was given.
            Control::Voltage { .. } => {}
            Control::Slack { .. } => {
                share.slacks += 1.0;
                share.free.re += generator.p_w;
            }
        }
        share.holders += 1.0;
        share.least_q += generator.min_q_var;
        share.range_q += generator.max_q_var - generator.min_q_var;
    }
    let flow = |generator: &super::Generator| {
        if !generator.in_service {
            return GeneratorFlow { p_w: 0.0, q_var: 0.0, at_q_limit: false };
        }
        let Some(node) = circuit.node(generator.bus) else {
            return GeneratorFlow { p_w: f64::NAN, q_var: f64::NAN, at_q_limit: false };
        };
        let share = &shares[node];
        let (p_w, q_var) = match generator.control {
            Control::Power => (generator.p_w, generator.q_var),
            Control::Voltage { .. } => (generator.p_w, share.reactive(generator)),
            Control::Slack { .. } => (share.free.re / share.slacks, share.reactive(generator)),
        };
        GeneratorFlow { p_w, q_var, at_q_limit: false }
    };
    network.generators.iter().map(flow).collect()
}

/// What the generators of a node that hold its voltage feed in together.
#[derive(Clone, Default)]
struct Share {
    /// Active power of the slacks, reactive power of all, VA.
    free: Complex64,
    slacks: f64,
    holders: f64,
    least_q: f64,
    range_q: f64,
}

impl Share {
    fn reactive(&self, of: &super::Generator) -> f64 {
        if self.range_q.is_finite() && self.range_q > 0.0 {
            let part = (of.max_q_var - of.min_q_var) / self.range_q;
            of.min_q_var + (self.free.im - self.least_q) * part
        } else {
            self.free.im / self.holders
        }
    }
}

/// Generators in service and their nodes.
fn in_use<'a>(
    network: &'a Network,
    circuit: &'a Circuit,
) -> impl Iterator<Item = (usize, &'a super::Generator)> + 'a {
    let generators = network.generators.iter().filter(|generator| generator.in_service);
    generators.filter_map(|generator| circuit.node(generator.bus).map(|node| (node, generator)))
}
