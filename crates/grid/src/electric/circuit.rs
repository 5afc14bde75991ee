//! A network in per unit: nodes and two-ports, as equations want it.
//!
//! Only what a source reaches is in it. Buses joined by closed switches are one node, three-winding transformers are
//! three two-ports with a star node of their own, the open end of a branch is a node of its own.

use super::{
    Bus, Control, Element, Forest, InvalidNetwork, Network, Openings, Pi, Rating, Side, TapChanger, Topology,
};
use num_complex::Complex64;

/// A network in per unit on `base_va` and the buses' nominal voltages.
#[derive(Clone, Debug, PartialEq)]
pub struct Circuit {
    /// Base power, VA, three-phase.
    pub base_va: f64,
    /// Nodes.
    pub nodes: Vec<Node>,
    /// Two-ports between them.
    pub branches: Vec<TwoPort>,
    /// Node of each bus of the network; `None` where no source reaches it.
    pub node_of_bus: Vec<Option<usize>>,
}

/// A node: one voltage V = v·e^{jθ}.
#[derive(Clone, Debug, PartialEq)]
pub struct Node {
    /// Lowest bus of the network that it stands for; a star or open end has the bus next to it.
    pub bus: usize,
    /// Nominal voltage, V line to line.
    pub nominal_v: f64,
    /// What is given.
    pub kind: NodeKind,
    /// Voltage given (slack, PV) or to start from.
    pub voltage_pu: f64,
    /// Angle given (slack) or to start from, rad.
    pub angle_rad: f64,
    /// Shunt admittance: shunts and the constant-impedance parts of loads.
    pub shunt_pu: Complex64,
    /// Complex power fed in at any voltage: generators minus loads and storages.
    pub power_pu: Complex64,
    /// Complex power fed in at 1 per unit that goes with |V|: the constant-current part of loads, negative when drawn.
    pub current_pu: Complex64,
    /// Least reactive power that the node's voltage-holding generators may feed in.
    pub min_q_pu: f64,
    /// Most reactive power that the node's voltage-holding generators may feed in.
    pub max_q_pu: f64,
}

/// What is given at a node.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NodeKind {
    /// Voltage and angle.
    Slack,
    /// Active power and voltage.
    Pv,
    /// Active and reactive power.
    Pq,
}

/// A branch: ideal transformer `ratio`:1 at the from side, then a π.
#[derive(Clone, Debug, PartialEq)]
pub struct TwoPort {
    /// What it is in the network.
    pub element: Element,
    /// Node at the from side.
    pub from: usize,
    /// Node at the to side.
    pub to: usize,
    /// Series impedance r + jx.
    pub series_pu: Complex64,
    /// Shunt admittance at the from end of the π.
    pub from_shunt_pu: Complex64,
    /// Shunt admittance at the to end.
    pub to_shunt_pu: Complex64,
    /// Ratio a·e^{jφ}.
    pub ratio: Complex64,
    /// Apparent power (at nominal voltage) that it carries; infinite where nothing is said.
    pub rating_pu: f64,
    /// Lowest angle difference, rad.
    pub min_angle_rad: f64,
    /// Highest angle difference, rad.
    pub max_angle_rad: f64,
}

impl TwoPort {
    /// Yff, Yft, Ytf, Ytt: currents into the branch are I_f = Yff·V_f + Yft·V_t, I_t = Ytf·V_f + Ytt·V_t.
    #[must_use]
    pub fn admittances(&self) -> [Complex64; 4] {
        let y = self.series_pu.inv();
        let a = self.ratio;
        [(y + self.from_shunt_pu) / a.norm_sqr(), -y / a.conj(), -y / a, y + self.to_shunt_pu]
    }
}

impl Circuit {
    /// The circuit of a network.
    ///
    /// # Errors
    ///
    /// If the network has problems of severity [`super::Severity::Error`].
    pub fn of(network: &Network) -> Result<Self, InvalidNetwork> {
        network.check()?;
        Ok(Builder::new(network).build())
    }

    /// The circuit of a network for an optimal power flow, which asks for other things
    /// ([`Network::problems_for_opf`]).
    ///
    /// # Errors
    ///
    /// If the network has problems of severity [`super::Severity::Error`] there.
    pub fn for_opf(network: &Network) -> Result<Self, InvalidNetwork> {
        network.check_for_opf()?;
        Ok(Builder::new(network).build())
    }

    /// The spanning forest from the slacks outwards; numbers are those of the circuit's nodes and branches.
    #[must_use]
    pub fn forest(&self) -> Forest {
        let ends: Vec<(usize, usize)> = self.branches.iter().map(|branch| (branch.from, branch.to)).collect();
        let slacks: Vec<usize> =
            (0..self.nodes.len()).filter(|&node| self.nodes[node].kind == NodeKind::Slack).collect();
        Forest::grow(self.nodes.len(), &ends, &slacks)
    }

    /// Node of a bus, where a source reaches it.
    #[must_use]
    pub fn node(&self, bus: usize) -> Option<usize> {
        self.node_of_bus[bus]
    }
}

struct Builder<'a> {
    network: &'a Network,
    openings: Openings,
    circuit: Circuit,
}

impl<'a> Builder<'a> {
    fn new(network: &'a Network) -> Self {
        let topology = Topology::of(network);
        let mut nodes = Vec::new();
        let mut number = vec![None; topology.bus_of_node.len()];
        for (node, &bus) in topology.bus_of_node.iter().enumerate() {
            if topology.reaches(bus) {
                number[node] = Some(nodes.len());
                nodes.push(Node::at(bus, &network.buses[bus]));
            }
        }
        let node_of_bus =
            topology.node_of_bus.iter().map(|node| node.and_then(|node| number[node])).collect();
        let circuit = Circuit { base_va: network.base_va, nodes, branches: Vec::new(), node_of_bus };
        Self { network, openings: Openings::of(network), circuit }
    }

    fn build(mut self) -> Circuit {
        for i in 0..self.network.lines.len() {
            self.line(i);
        }
        for i in 0..self.network.transformers.len() {
            self.transformer(i);
        }
        for i in 0..self.network.three_winding_transformers.len() {
            self.three_winding_transformer(i);
        }
        self.injections();
        self.circuit
    }

    /// A node of its own, next to a bus.
    fn extra(&mut self, bus: usize) -> usize {
        self.circuit.nodes.push(Node::at(bus, &self.network.buses[bus]));
        self.circuit.nodes.len() - 1
    }

    fn impedance_base(&self, nominal_v: f64) -> f64 {
        nominal_v * nominal_v / self.circuit.base_va
    }

    /// The nodes of a branch's ends. An open end hangs free at a node of its own; `None` where no voltage reaches the
    /// branch.
    fn ends(&mut self, open: [bool; 2], from: usize, to: usize) -> Option<(usize, usize)> {
        match open {
            [false, false] => self.circuit.node(from).zip(self.circuit.node(to)),
            [false, true] => self.circuit.node(from).map(|node| (node, self.extra(to))),
            [true, false] => self.circuit.node(to).map(|node| (self.extra(from), node)),
            [true, true] => None,
        }
    }

    fn line(&mut self, index: usize) {
        let line = &self.network.lines[index];
        if !line.in_service {
            return;
        }
        let [mut open_from, mut open_to] = self.openings.lines[index];
        // A line to a bus out of service still charges, as if it were open there.
        open_from |= !self.network.buses[line.from].in_service;
        open_to |= !self.network.buses[line.to].in_service;
        let Some((from, to)) = self.ends([open_from, open_to], line.from, line.to) else { return };
        let nominal_v = self.network.buses[line.from].nominal_v;
        let port = self.port(Element::Line(index), from, to, &line.pi, nominal_v);
        let port = TwoPort {
            rating_pu: self.rating(line.rating, nominal_v),
            min_angle_rad: line.min_angle_rad,
            max_angle_rad: line.max_angle_rad,
            ..port
        };
        self.circuit.branches.push(port);
    }

    fn transformer(&mut self, index: usize) {
        let transformer = &self.network.transformers[index];
        if !transformer.in_service {
            return;
        }
        let ends = self.ends(self.openings.transformers[index], transformer.from, transformer.to);
        let Some((from, to)) = ends else { return };
        let mut from_v = Complex64::new(transformer.from_v, 0.0);
        let mut to_v = Complex64::new(transformer.to_v, 0.0);
        let mut shift = transformer.shift_rad;
        if let Some(tap) = &transformer.tap {
            tapped(tap, &mut from_v, &mut to_v, &mut shift);
        }
        let nominal_from = self.network.buses[transformer.from].nominal_v;
        let nominal_to = self.network.buses[transformer.to].nominal_v;
        // A tap at the to side scales the impedances with the square of the voltage it makes.
        let scale = (to_v.norm() / transformer.to_v).powi(2);
        let pi = Pi {
            series_ohm: transformer.pi.series_ohm * scale,
            from_s: transformer.pi.from_s / scale,
            to_s: transformer.pi.to_s / scale,
        };
        let port = self.port(Element::Transformer(index), from, to, &pi, nominal_to);
        let port = TwoPort {
            ratio: from_v / nominal_from / (to_v / nominal_to) * polar(1.0, shift),
            rating_pu: self.rating(transformer.rating, nominal_to),
            min_angle_rad: transformer.min_angle_rad,
            max_angle_rad: transformer.max_angle_rad,
            ..port
        };
        self.circuit.branches.push(port);
    }

    fn three_winding_transformer(&mut self, index: usize) {
        let transformer = &self.network.three_winding_transformers[index];
        if !transformer.in_service {
            return;
        }
        let buses = [0, 1, 2].map(|w| transformer.windings[w].bus);
        let open = self.openings.windings[index];
        let reached: Vec<usize> =
            (0..3).filter(|&w| !open[w] && self.circuit.node(buses[w]).is_some()).collect();
        if reached.is_empty() {
            return;
        }
        // An open winding hangs free at a node of its own.
        let mut connected = Vec::with_capacity(3);
        for w in 0..3 {
            if open[w] {
                connected.push((w, self.extra(buses[w])));
            } else if reached.contains(&w) {
                connected.extend(self.circuit.node(buses[w]).map(|node| (w, node)));
            }
        }
        let first = &transformer.windings[0];
        let star = self.extra(first.bus);
        let nominal_v = self.network.buses[first.bus].nominal_v;
        let base = self.impedance_base(nominal_v);
        self.circuit.nodes[star].shunt_pu += transformer.magnetising_s * base;
        for (w, node) in connected {
            let winding = &transformer.windings[w];
            let mut winding_v = Complex64::new(winding.rated_v, 0.0);
            let mut star_v = Complex64::new(first.rated_v, 0.0);
            // The winding lags by its shift; seen from the winding's bus the star leads.
            let mut shift = -winding.shift_rad;
            if let Some((tapped_winding, tap)) = &transformer.tap
                && *tapped_winding == w
            {
                let tap = TapChanger { side: Side::From, ..tap.clone() };
                tapped(&tap, &mut winding_v, &mut star_v, &mut shift);
            }
            let pi = Pi { series_ohm: winding.series_ohm, from_s: winding.bus_s, to_s: winding.star_s };
            let port = self.port(Element::Winding(index, w), node, star, &pi, nominal_v);
            let nominal_winding = self.network.buses[winding.bus].nominal_v;
            let port = TwoPort {
                ratio: winding_v / nominal_winding / (star_v / nominal_v) * polar(1.0, shift),
                rating_pu: winding.rated_va / self.circuit.base_va,
                ..port
            };
            self.circuit.branches.push(port);
        }
    }

    /// A two-port without ratio or limits, impedances on the base of `nominal_v`.
    fn port(&self, element: Element, from: usize, to: usize, pi: &Pi, nominal_v: f64) -> TwoPort {
        let base = self.impedance_base(nominal_v);
        TwoPort {
            element,
            from,
            to,
            series_pu: pi.series_ohm / base,
            from_shunt_pu: pi.from_s * base,
            to_shunt_pu: pi.to_s * base,
            ratio: Complex64::ONE,
            rating_pu: f64::INFINITY,
            min_angle_rad: f64::NEG_INFINITY,
            max_angle_rad: f64::INFINITY,
        }
    }

    fn rating(&self, rating: Rating, nominal_v: f64) -> f64 {
        let power_va = match rating {
            Rating::Unlimited => f64::INFINITY,
            Rating::Current(ampere) => 3_f64.sqrt() * nominal_v * ampere,
            Rating::Power(va) | Rating::Rated(va) => va,
        };
        power_va / self.circuit.base_va
    }

    fn injections(&mut self) {
        let base = self.circuit.base_va;
        let Circuit { nodes, node_of_bus, .. } = &mut self.circuit;
        for load in self.network.loads.iter().filter(|load| load.in_service) {
            let Some(node) = node_of_bus[load.bus] else { continue };
            let (p, q, zip) = (load.p_w / base, load.q_var / base, load.zip);
            // Drawing S·|V|² is an admittance S*.
            nodes[node].shunt_pu += Complex64::new(p * zip.p_impedance, -q * zip.q_impedance);
            nodes[node].current_pu -= Complex64::new(p * zip.p_current, q * zip.q_current);
            let constant_p = p * (1.0 - zip.p_impedance - zip.p_current);
            let constant_q = q * (1.0 - zip.q_impedance - zip.q_current);
            nodes[node].power_pu -= Complex64::new(constant_p, constant_q);
        }
        for shunt in self.network.shunts.iter().filter(|shunt| shunt.in_service) {
            let Some(node) = node_of_bus[shunt.bus] else { continue };
            let nominal_v = self.network.buses[shunt.bus].nominal_v;
            nodes[node].shunt_pu += shunt.admittance_s * (nominal_v * nominal_v / base);
        }
        for storage in self.network.storages.iter().filter(|storage| storage.in_service) {
            let Some(node) = node_of_bus[storage.bus] else { continue };
            nodes[node].power_pu -= Complex64::new(storage.p_w, storage.q_var) / base;
        }
        for generator in self.network.generators.iter().filter(|generator| generator.in_service) {
            let Some(node) = node_of_bus[generator.bus] else { continue };
            let node = &mut nodes[node];
            node.power_pu.re += generator.p_w / base;
            match generator.control {
                Control::Power => node.power_pu.im += generator.q_var / base,
                Control::Voltage { voltage_pu } => {
                    if node.kind == NodeKind::Pq {
                        node.kind = NodeKind::Pv;
                        node.voltage_pu = voltage_pu;
                    }
                    node.min_q_pu += generator.min_q_var / base;
                    node.max_q_pu += generator.max_q_var / base;
                }
                Control::Slack { voltage_pu, angle_rad } => {
                    node.kind = NodeKind::Slack;
                    node.voltage_pu = voltage_pu;
                    node.angle_rad = angle_rad;
                }
            }
        }
    }
}

impl Node {
    fn at(bus: usize, of: &Bus) -> Self {
        Self {
            bus,
            nominal_v: of.nominal_v,
            kind: NodeKind::Pq,
            voltage_pu: 1.0,
            angle_rad: 0.0,
            shunt_pu: Complex64::ZERO,
            power_pu: Complex64::ZERO,
            current_pu: Complex64::ZERO,
            min_q_pu: 0.0,
            max_q_pu: 0.0,
        }
    }
}

/// Moves rated voltages and the shift as a tap changer stands.
pub(super) fn tapped(tap: &TapChanger, from_v: &mut Complex64, to_v: &mut Complex64, shift: &mut f64) {
    let (factor, additional) = tap.effect();
    match tap.side {
        Side::From => {
            *from_v *= factor;
            *shift += additional;
        }
        Side::To => {
            *to_v *= factor;
            *shift -= additional;
        }
    }
}

/// r·e^{jφ}, the same on every platform.
#[must_use]
pub(crate) fn polar(r: f64, angle_rad: f64) -> Complex64 {
    let (sin, cos) = libm::sincos(angle_rad);
    Complex64::new(r * cos, r * sin)
}
