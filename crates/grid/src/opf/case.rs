//! What all convex models share: nodes, their limits and draws, generators with convex costs, in one unit of power.

use super::{Limit, StepInput};
use crate::electric::{
    Circuit, Control, Cost, Element, Fault, InvalidNetwork, Network, Problem, Rating, Severity, TwoPort,
};
use num_complex::Complex64;

/// A network ready for a convex model. Powers are in units of the circuit's `base_va`, which is not the network's: it
/// is the largest draw of a load, so that the programme's numbers are of order one from a street to a continent.
pub(super) struct Case<'a> {
    pub(super) network: &'a Network,
    /// Without the loads, storages and generators, which are variables or depend on the step.
    pub(super) circuit: Circuit,
    /// Lowest and highest voltage of each node; a node of several buses obeys all of them.
    pub(super) voltage_pu: Vec<(f64, f64)>,
    /// Node of each generator in use.
    pub(super) generators: Vec<Option<usize>>,
    /// Node of each storage in use.
    pub(super) storages: Vec<Option<usize>>,
}

/// What the loads of a node draw at a voltage v: constant + current · v + impedance · v².
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Draw {
    pub(super) constant: Complex64,
    pub(super) current: Complex64,
    pub(super) impedance: Complex64,
}

/// A limit by name, for messages and prices.
#[derive(Clone, Copy, Debug)]
pub(super) struct Name {
    pub(super) element: Element,
    pub(super) kind: Kind,
    /// Which step of a horizon.
    pub(super) step: usize,
    /// The limit, in MVA (MW, Mvar), per unit of voltage, rad or MWh.
    pub(super) bound: f64,
    /// How many of these are one unit of the programme's row.
    pub(super) unit: f64,
}

/// What is limited.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Kind {
    /// A branch or a voltage.
    Grid(Limit),
    MinPower,
    MaxPower,
    MinReactive,
    MaxReactive,
    Charge,
    Discharge,
    Empty,
    Full,
    End,
}

impl<'a> Case<'a> {
    pub(super) fn of(network: &'a Network) -> Result<Self, InvalidNetwork> {
        let mut circuit = Circuit::of(network)?;
        let problems: Vec<Problem> =
            (0..network.generators.len()).filter_map(|i| cost_problem(network, i)).collect();
        if !problems.is_empty() {
            return Err(InvalidNetwork { name: network.name.clone(), problems });
        }
        let node_of = |bus: usize, in_service: bool| in_service.then(|| circuit.node(bus)).flatten();
        let generators = network.generators.iter().map(|g| node_of(g.bus, g.in_service)).collect();
        let storages = network.storages.iter().map(|s| node_of(s.bus, s.in_service)).collect();
        let mut voltage_pu = vec![(0.0_f64, f64::INFINITY); circuit.nodes.len()];
        for (bus, node) in network.buses.iter().zip(&circuit.node_of_bus) {
            if let Some(node) = *node {
                let (low, high) = voltage_pu[node];
                voltage_pu[node] = (low.max(bus.min_voltage_pu), high.min(bus.max_voltage_pu));
            }
        }
        // The circuit's shunts contain the constant-impedance parts of loads; here these depend on the step.
        let base = circuit.base_va;
        for load in network.loads.iter().filter(|load| load.in_service) {
            if let Some(node) = circuit.node(load.bus) {
                let admittance =
                    Complex64::new(load.p_w * load.zip.p_impedance, -load.q_var * load.zip.q_impedance);
                circuit.nodes[node].shunt_pu -= admittance / base;
            }
        }
        merge_loops(&mut circuit);
        rebase(&mut circuit, unit_va(network));
        Ok(Self { network, circuit, voltage_pu, generators, storages })
    }

    /// What loads draw at each node.
    pub(super) fn draws(&self, input: &StepInput) -> Vec<Draw> {
        let mut draws = vec![Draw::default(); self.circuit.nodes.len()];
        for (i, load) in self.network.loads.iter().enumerate().filter(|(_, load)| load.in_service) {
            let Some(node) = self.circuit.node(load.bus) else { continue };
            let (p, q) = (self.unit(input.load_p_w[i]), self.unit(input.load_q_var[i]));
            let (draw, zip) = (&mut draws[node], load.zip);
            draw.impedance += Complex64::new(p * zip.p_impedance, q * zip.q_impedance);
            draw.current += Complex64::new(p * zip.p_current, q * zip.q_current);
            let (p_rest, q_rest) =
                (1.0 - zip.p_impedance - zip.p_current, 1.0 - zip.q_impedance - zip.q_current);
            draw.constant += Complex64::new(p * p_rest, q * q_rest);
        }
        draws
    }

    /// What each end of a branch carries, and whether that is a current (apparent power at a voltage of 1) or an apparent
    /// power, as its [`Rating`] says; infinite where nothing is.
    pub(super) fn ratings(&self, branch: &TwoPort) -> [(f64, bool); 2] {
        let rated = |va: f64, node: usize, rated_v: f64| {
            (self.unit(va) * self.circuit.nodes[node].nominal_v / rated_v, true)
        };
        let rating = match branch.element {
            Element::Line(i) => self.network.lines[i].rating,
            Element::Transformer(i) => self.network.transformers[i].rating,
            Element::Winding(i, winding) => {
                let winding = &self.network.three_winding_transformers[i].windings[winding];
                return [rated(winding.rated_va, branch.from, winding.rated_v), (f64::INFINITY, false)];
            }
            other => unreachable!("{other} is no branch"),
        };
        match (rating, branch.element) {
            (Rating::Rated(va), Element::Transformer(i)) => {
                let transformer = &self.network.transformers[i];
                [rated(va, branch.from, transformer.from_v), rated(va, branch.to, transformer.to_v)]
            }
            (Rating::Current(_) | Rating::Rated(_), _) => [(branch.rating_pu, true); 2],
            (Rating::Power(_) | Rating::Unlimited, _) => [(branch.rating_pu, false); 2],
        }
    }

    /// A power in W in units of the programme.
    pub(super) fn unit(&self, power_w: f64) -> f64 {
        power_w / self.circuit.base_va
    }

    /// One unit of the programme in MW.
    pub(super) fn unit_mw(&self) -> f64 {
        self.circuit.base_va * 1e-6
    }

    /// A bus that stands for a node.
    pub(super) fn bus(&self, node: usize) -> Element {
        Element::Bus(self.circuit.nodes[node].bus)
    }
}

/// Branches both of whose ends are one node are shunts.
fn merge_loops(circuit: &mut Circuit) {
    let Circuit { branches, nodes, .. } = circuit;
    branches.retain(|branch| {
        if branch.from == branch.to {
            nodes[branch.from].shunt_pu += branch.admittances().into_iter().sum::<Complex64>();
        }
        branch.from != branch.to
    });
}

/// The largest draw of a bus, or where there are no loads the largest generator; VA.
fn unit_va(network: &Network) -> f64 {
    let mut drawn = vec![0.0_f64; network.buses.len()];
    for load in network.loads.iter().filter(|load| load.in_service) {
        drawn[load.bus] += load.p_w.hypot(load.q_var);
    }
    let most = drawn.iter().fold(0.0_f64, |most, &drawn| most.max(drawn));
    let generated = network.generators.iter().flat_map(|g| [g.min_p_w, g.max_p_w]);
    let stored = network.storages.iter().flat_map(|s| [s.max_charge_w, s.max_discharge_w]);
    let other = generated.chain(stored).map(f64::abs).filter(|power| power.is_finite()).fold(0.0, f64::max);
    if most > 0.0 {
        most
    } else if other > 0.0 {
        other
    } else {
        network.base_va
    }
}

/// The same circuit on another base power.
fn rebase(circuit: &mut Circuit, base_va: f64) {
    let factor = circuit.base_va / base_va;
    circuit.base_va = base_va;
    for node in &mut circuit.nodes {
        node.shunt_pu *= factor;
    }
    for branch in &mut circuit.branches {
        branch.series_pu /= factor;
        branch.from_shunt_pu *= factor;
        branch.to_shunt_pu *= factor;
        branch.rating_pu *= factor;
    }
}

/// Costs that a convex model cannot take.
fn cost_problem(network: &Network, index: usize) -> Option<Problem> {
    let generator = &network.generators[index];
    let message = match &generator.cost {
        Cost::Polynomial(c) if c.iter().skip(3).any(|&c| c != 0.0) => {
            format!("a cost of degree {}, where at most 2 is possible: give points instead", c.len() - 1)
        }
        Cost::Polynomial(c) if c.get(2).is_some_and(|&square| square < 0.0) => {
            format!("a cost that falls with the square of its power ({} per MW²h): it must not", c[2])
        }
        Cost::Polynomial(c) if c.iter().any(|c| !c.is_finite()) => {
            "a cost that is not finite: correct it".to_owned()
        }
        Cost::PiecewiseLinear(points) => {
            let slopes: Vec<f64> = slopes(points).collect();
            let falling = slopes.windows(2).position(|pair| pair[1] < pair[0] - 1e-9 * pair[0].abs());
            match falling {
                _ if slopes.iter().any(|slope| !slope.is_finite()) => {
                    "cost points that do not rise in power: sort them".to_owned()
                }
                Some(at) => format!(
                    "a cost per MWh that falls from {} to {} at {} MW: it must rise",
                    slopes[at],
                    slopes[at + 1],
                    points[at + 1].0
                ),
                None => return None,
            }
        }
        Cost::Polynomial(_) => return None,
    };
    let element = Element::Generator(index);
    Some(Problem {
        element,
        fault: Fault::Number,
        severity: Severity::Error,
        message: format!("{} has {message}", element.describe(network)),
    })
}

/// Cost per MWh between points.
pub(super) fn slopes(points: &[(f64, f64)]) -> impl Iterator<Item = f64> + '_ {
    points.windows(2).map(|pair| (pair[1].1 - pair[0].1) / (pair[1].0 - pair[0].0))
}

impl StepInput {
    /// Loads and generators as the network has them.
    #[must_use]
    pub fn of(network: &Network) -> Self {
        // What leaves a generator no choice is a fixed power, except at a slack, which takes what is left over.
        let fixed = |generator: &crate::electric::Generator| {
            !generator.dispatchable && !matches!(generator.control, Control::Slack { .. })
        };
        let power = |of: fn(&crate::electric::Generator) -> f64| {
            network.generators.iter().map(|g| if fixed(g) { g.p_w } else { of(g) }).collect()
        };
        Self {
            load_p_w: network.loads.iter().map(|load| load.p_w).collect(),
            load_q_var: network.loads.iter().map(|load| load.q_var).collect(),
            min_p_w: power(|g| g.min_p_w),
            max_p_w: power(|g| g.max_p_w),
        }
    }
}

impl Kind {
    /// What the limit is, in words.
    const fn words(self) -> &'static str {
        match self {
            Self::Grid(Limit::FromPower) => "the limit of power at its from end",
            Self::Grid(Limit::ToPower) => "the limit of power at its to end",
            Self::Grid(Limit::MinVoltage) => "its lowest voltage",
            Self::Grid(Limit::MaxVoltage) => "its highest voltage",
            Self::Grid(Limit::MinAngle) => "its lowest angle difference",
            Self::Grid(Limit::MaxAngle) => "its highest angle difference",
            Self::MinPower => "its least active power",
            Self::MaxPower => "its most active power",
            Self::MinReactive => "its least reactive power",
            Self::MaxReactive => "its most reactive power",
            Self::Charge => "the limit of charging",
            Self::Discharge => "the limit of discharging",
            Self::Empty => "its least content",
            Self::Full => "what it can hold",
            Self::End => "its content at the end",
        }
    }

    const fn unit(self) -> &'static str {
        match self {
            Self::Grid(Limit::FromPower | Limit::ToPower) => "MVA",
            Self::Grid(Limit::MinVoltage | Limit::MaxVoltage) => "p.u.",
            Self::Grid(Limit::MinAngle | Limit::MaxAngle) => "rad",
            Self::MinPower | Self::MaxPower | Self::Charge | Self::Discharge => "MW",
            Self::MinReactive | Self::MaxReactive => "Mvar",
            Self::Empty | Self::Full | Self::End => "MWh",
        }
    }
}

impl Name {
    /// As in `line "North 3": the limit of power at its from end, 100 MVA, must give way by 12 MVA`.
    pub(super) fn message(&self, network: &Network, by: f64, steps: usize) -> String {
        let what =
            format!("{}: {}, {}", self.element.describe(network), self.kind.words(), self.figure(self.bound));
        let when = if steps > 1 { format!(" in step {}", self.step + 1) } else { String::new() };
        if by > 0.0 {
            format!("{what}, must give way by {}{when}", self.figure(by * self.unit))
        } else {
            format!("{what}, holds and stands in the way{when}")
        }
    }

    fn figure(&self, value: f64) -> String {
        // Five digits, whatever the magnitude.
        let digits = 4 - libm::log10(value.abs().max(1e-9)).floor() as i32;
        let text = format!("{value:.*}", usize::try_from(digits).unwrap_or(0));
        let text = if text.contains('.') { text.trim_end_matches('0').trim_end_matches('.') } else { &text };
        format!("{text} {}", self.kind.unit())
    }
}
