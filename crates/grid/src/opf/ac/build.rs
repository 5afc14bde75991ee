//! From a network to the programme.

use super::problem::{Branch, EndLimit, Limited, Private, Problem, Role};
use crate::electric::{Circuit, Control, Cost, Element, Network, NodeKind, Rating, TwoPort};
use num_complex::Complex64;
use std::collections::BTreeMap;

/// Bounds are loosened by this (of their size, at least of 1), so that they have an interior where they touch
/// (Wächter & Biegler 2006, section 3.5).
const LOOSE: f64 = 1e-8;

/// Ranges no wider than this are one value.
const NARROW: f64 = 1e-9;

/// The programme of a network, and what its parts are.
#[derive(Clone, Debug)]
pub(super) struct Model<'a> {
    pub(super) network: &'a Network,
    pub(super) circuit: Circuit,
    pub(super) problem: Problem,
    /// Voltage bounds of each node before they were loosened, and whose they are.
    pub(super) voltage: Vec<VoltageRange>,
    /// Which branch of the circuit each branch of the programme is.
    pub(super) branches: Vec<usize>,
    /// What each generator feeds in whatever the variables, per unit.
    pub(super) given: Vec<Complex64>,
    /// A point to start from.
    pub(super) start: Vec<f64>,
}

/// Bounds of a node's voltage: value and bus.
#[derive(Clone, Copy, Debug)]
pub(super) struct VoltageRange {
    pub(super) least: (f64, usize),
    pub(super) most: (f64, usize),
}

impl<'a> Model<'a> {
    /// `circuit` must be that of the network without its generators' powers.
    pub(super) fn new(network: &'a Network, circuit: Circuit) -> Self {
        let nodes = circuit.nodes.len();
        let voltage = voltage_ranges(network, &circuit);
        let mut lower = vec![f64::NEG_INFINITY; 2 * nodes];
        let mut upper = vec![f64::INFINITY; 2 * nodes];
        let mut start = start_angles(&circuit);
        for (node, range) in voltage.iter().enumerate() {
            lower[2 * node + 1] = loose(range.least.0, -1.0);
            upper[2 * node + 1] = loose(range.most.0, 1.0);
            start[2 * node + 1] = 1.0_f64.clamp(range.least.0, range.most.0.max(range.least.0));
        }
        let mut constant = Vec::with_capacity(2 * nodes);
        for node in &circuit.nodes {
            constant.extend([-node.power_pu.re, -node.power_pu.im]);
        }
        let slack = |node: &crate::electric::Node| (node.kind == NodeKind::Slack).then_some(node.angle_rad);
        let mut model = Self {
            network,
            voltage,
            branches: Vec::new(),
            given: vec![Complex64::ZERO; network.generators.len()],
            problem: Problem {
                nodes,
                fixed_angle: circuit.nodes.iter().map(slack).collect(),
                lower,
                upper,
                branches: Vec::new(),
                pairs: Vec::new(),
                shunt: circuit.nodes.iter().map(|node| node.shunt_pu).collect(),
                current: circuit.nodes.iter().map(|node| -node.current_pu).collect(),
                constant,
                limits: Vec::new(),
                unit: vec![1.0; 2 * nodes],
                private: Vec::new(),
                row_starts: vec![0],
                fixed_cost: 0.0,
                near: None,
            },
            circuit,
            start,
        };
        model.generators();
        model.two_ports();
        model
    }

    fn generators(&mut self) {
        let mut at_node: Vec<Vec<usize>> = vec![Vec::new(); self.problem.nodes];
        for (i, generator) in self.network.generators.iter().enumerate().filter(|(_, g)| g.in_service) {
            if let Some(node) = self.circuit.node(generator.bus) {
                at_node[node].push(i);
            }
        }
        for (node, generators) in at_node.into_iter().enumerate() {
            for &i in &generators {
                self.active(i, 2 * node);
            }
            self.problem.row_starts.push(self.problem.private.len());
            for &i in &generators {
                let generator = &self.network.generators[i];
                let (low, high) = generator.reactive_range_var();
                let range = (low / self.circuit.base_va, high / self.circuit.base_va);
                if range.1 - range.0 <= NARROW {
                    self.given[i].im = (range.0 + range.1) / 2.0;
                    self.problem.constant[2 * node + 1] -= self.given[i].im;
                } else {
                    self.private(Role::Q(i), range, Vec::new());
                }
            }
            self.problem.row_starts.push(self.problem.private.len());
        }
    }

    /// Active power of a generator: given, or one variable, or one for each piece of its cost, which are used in turn
    /// because the cost is convex.
    fn active(&mut self, i: usize, row: usize) {
        let generator = &self.network.generators[i];
        let base = self.circuit.base_va;
        let base_mw = base / 1e6;
        let (least, most) = (generator.min_p_w / base, generator.max_p_w / base);
        let is_slack = matches!(generator.control, Control::Slack { .. });
        let given = if !generator.dispatchable && !is_slack {
            Some(generator.p_w / base)
        } else {
            (most - least <= NARROW).then_some((least + most) / 2.0)
        };
        if let Some(p) = given {
            self.given[i].re = p;
            self.problem.constant[row] -= p;
            self.problem.fixed_cost += generator.cost.at(p * base_mw);
            return;
        }
        match &generator.cost {
            Cost::Polynomial(coefficients) => {
                let mut scale = 1.0;
                let cost = coefficients.iter().map(|c| {
                    let c = c * scale;
                    scale *= base_mw;
                    c
                });
                let cost = cost.collect();
                self.private(Role::P(i), (least, most), cost);
            }
            Cost::PiecewiseLinear(points) => {
                let inner = points.get(1..points.len().saturating_sub(1)).unwrap_or_default();
                let corners = inner.iter().map(|&(p, _)| p / base_mw).filter(|&p| p > least && p < most);
                let mut begin = least;
                for end in corners.chain([most]) {
                    let (a, b) = within(begin, end);
                    let (cost_a, cost_b) = (generator.cost.at(a * base_mw), generator.cost.at(b * base_mw));
                    let slope = (cost_b - cost_a) / (b - a);
                    if begin == least {
                        self.private(Role::P(i), (begin, end), vec![cost_a - slope * a, slope]);
                    } else {
                        self.private(Role::P(i), (0.0, end - begin), vec![0.0, slope]);
                    }
                    begin = end;
                }
            }
        }
    }

    fn private(&mut self, role: Role, (least, most): (f64, f64), cost: Vec<f64>) {
        self.problem.private.push(Private { sign: 1.0, cost, role });
        self.problem.lower.push(loose(least, -1.0));
        self.problem.upper.push(loose(most, 1.0));
        self.start.push(match (least.is_finite(), most.is_finite()) {
            (true, true) => (least + most) / 2.0,
            (true, false) => least,
            (false, true) => most,
            (false, false) => 0.0,
        });
    }

    fn limit(&mut self, limited: Limited, range: (f64, f64), unit: f64) -> usize {
        self.problem.limits.push(limited);
        self.problem.unit.push(unit);
        self.problem.constant.push(0.0);
        self.private(Role::Slack, range, Vec::new());
        // Rows may be small numbers: their bounds are loosened in their unit.
        let loose = LOOSE / unit;
        *self.problem.lower.last_mut().expect("it was pushed") =
            range.0 - loose * (range.0 * unit).abs().max(1.0);
        *self.problem.upper.last_mut().expect("it was pushed") =
            range.1 + loose * (range.1 * unit).abs().max(1.0);
        self.problem.row_starts.push(self.problem.private.len());
        self.problem.limits.len() - 1
    }

    fn two_ports(&mut self) {
        let mut pairs = BTreeMap::new();
        for at in 0..self.circuit.branches.len() {
            let port = self.circuit.branches[at].clone();
            let [ff, ft, tf, tt] = port.admittances();
            if port.from == port.to {
                // Both ends are one node: it is a shunt.
                self.problem.shunt[port.from] += ff + ft + tf + tt;
                continue;
            }
            let key = (port.from.min(port.to), port.from.max(port.to));
            let count = pairs.len();
            let pair = *pairs.entry(key).or_insert(count);
            if pair == count {
                self.problem.pairs.push(key);
            }
            let index = self.problem.branches.len();
            let mut branch = Branch {
                from: port.from,
                to: port.to,
                pair,
                reversed: key.0 != port.from,
                terms: [
                    [ff.re, ft.re, ft.im],
                    [-ff.im, -ft.im, ft.re],
                    [tt.re, tf.re, -tf.im],
                    [-tt.im, -tf.im, -tf.re],
                ],
                limit: [None, None],
                angle: None,
            };
            for (end, (rating, by_current)) in self.ratings(&port).into_iter().enumerate() {
                if rating.is_finite() {
                    let limited = if end == 0 { Limited::From(index) } else { Limited::To(index) };
                    let scale = 1.0 / (rating * ff.norm().max(tt.norm()).max(1.0));
                    let most = if by_current { 0.0 } else { 0.5 * scale * rating * rating };
                    let limit = self.limit(limited, (f64::NEG_INFINITY, most), 1.0 / (scale * rating));
                    branch.limit[end] = Some(EndLimit { index: limit, rating, scale, by_current });
                }
            }
            if port.min_angle_rad.is_finite() || port.max_angle_rad.is_finite() {
                branch.angle =
                    Some(self.limit(Limited::Angle(index), (port.min_angle_rad, port.max_angle_rad), 1.0));
            }
            self.problem.branches.push(branch);
            self.branches.push(at);
        }
    }

    /// What each end carries, per unit, and whether that is a current: as [`Rating`] says.
    fn ratings(&self, port: &TwoPort) -> [(f64, bool); 2] {
        let base = self.circuit.base_va;
        let at_nominal = |node: usize, rated_v: f64| self.circuit.nodes[node].nominal_v / rated_v;
        let least = 1e-6;
        let both = |rating: Rating, rated: [f64; 2]| match rating {
            Rating::Unlimited => [(f64::INFINITY, false); 2],
            Rating::Power(va) => [((va / base).max(least), false); 2],
            Rating::Current(_) => [(port.rating_pu.max(least), true); 2],
            Rating::Rated(va) => rated.map(|ratio| ((va / base * ratio).max(least), true)),
        };
        match port.element {
            Element::Line(i) => both(self.network.lines[i].rating, [1.0; 2]),
            Element::Transformer(i) => {
                let transformer = &self.network.transformers[i];
                let rated =
                    [at_nominal(port.from, transformer.from_v), at_nominal(port.to, transformer.to_v)];
                both(transformer.rating, rated)
            }
            Element::Winding(i, winding) => {
                let winding = &self.network.three_winding_transformers[i].windings[winding];
                let rated = at_nominal(port.from, winding.rated_v);
                let [from, _] = both(Rating::Rated(winding.rated_va), [rated, 1.0]);
                [from, (f64::INFINITY, false)]
            }
            other => unreachable!("{other} is no branch"),
        }
    }
}

/// A bound moved outwards a little.
fn loose(bound: f64, direction: f64) -> f64 {
    bound + direction * LOOSE * bound.abs().max(1.0)
}

/// Two finite points of a range that may have no ends.
fn within(begin: f64, end: f64) -> (f64, f64) {
    match (begin.is_finite(), end.is_finite()) {
        (true, true) => (begin, end),
        (true, false) => (begin, begin + 1.0),
        (false, true) => (end - 1.0, end),
        (false, false) => (0.0, 1.0),
    }
}

/// The strictest bounds of the buses of each node; star points and open ends have none.
fn voltage_ranges(network: &Network, circuit: &Circuit) -> Vec<VoltageRange> {
    let none = |node: &crate::electric::Node| VoltageRange {
        least: (0.0, node.bus),
        most: (f64::INFINITY, node.bus),
    };
    let mut ranges: Vec<VoltageRange> = circuit.nodes.iter().map(none).collect();
    for (bus, node) in circuit.node_of_bus.iter().enumerate() {
        let Some(node) = *node else { continue };
        let of = &network.buses[bus];
        let range = &mut ranges[node];
        if of.min_voltage_pu > range.least.0 {
            range.least = (of.min_voltage_pu, bus);
        }
        if of.max_voltage_pu < range.most.0 {
            range.most = (of.max_voltage_pu, bus);
        }
    }
    ranges
}

/// Angles as if nothing flowed: those of the references, behind the phase shifts in between. Places of magnitudes are
/// left at 1.
fn start_angles(circuit: &Circuit) -> Vec<f64> {
    let mut neighbours: Vec<Vec<(usize, f64)>> = vec![Vec::new(); circuit.nodes.len()];
    for port in &circuit.branches {
        let shift = port.ratio.arg();
        neighbours[port.from].push((port.to, -shift));
        neighbours[port.to].push((port.from, shift));
    }
    let mut angles: Vec<Option<f64>> = vec![None; circuit.nodes.len()];
    let slacks = (0..circuit.nodes.len()).filter(|&node| circuit.nodes[node].kind == NodeKind::Slack);
    let mut next: Vec<usize> = slacks.collect();
    for &node in &next {
        angles[node] = Some(circuit.nodes[node].angle_rad);
    }
    while let Some(node) = next.pop() {
        let angle = angles[node].unwrap_or(0.0);
        for &(other, shift) in &neighbours[node] {
            if angles[other].is_none() {
                angles[other] = Some(angle + shift);
                next.push(other);
            }
        }
    }
    angles.into_iter().flat_map(|angle| [angle.unwrap_or(0.0), 1.0]).collect()
}
