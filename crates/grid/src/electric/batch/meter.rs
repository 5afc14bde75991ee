//! From the voltages of several steps to their figures: what flows, how loaded it is, which limits are broken.

use super::chunk::{Chunk, Extreme, Flow, Shape, Step};
use crate::electric::sweep::{Injections, Pair};
use crate::electric::{Circuit, Convergence, Element, Method, Network, NodeKind, Rating};
use num_complex::Complex64;

/// What is needed to read figures off voltages.
#[derive(Clone, Debug)]
pub(super) struct Meter {
    base_va: f64,
    buses: Vec<BusMeter>,
    branches: Vec<BranchMeter>,
    /// Sources: node, and its shunt.
    sources: Vec<(usize, Complex64)>,
    /// Branch ends at sources: branch, and whether it is the from end.
    source_ends: Vec<(usize, bool)>,
}

/// A bus that a source reaches.
#[derive(Clone, Copy, Debug)]
struct BusMeter {
    bus: usize,
    node: usize,
    min_pu: f64,
    max_pu: f64,
}

#[derive(Clone, Debug)]
struct BranchMeter {
    element: Element,
    from: usize,
    to: usize,
    /// Yff, Yft, Ytf, Ytt.
    admittances: [Complex64; 4],
    /// Squared loading per squared current at either end, or per squared apparent power.
    square: [f64; 2],
    /// Whether the rating is of apparent power.
    of_power: bool,
}

/// Figures of `L` steps, before they are written to rows.
#[derive(Clone, Debug)]
pub(super) struct Reading<const L: usize> {
    magnitude: Vec<[f64; L]>,
    loading: Vec<[f64; L]>,
    /// Powers at both ends; empty unless they are kept.
    powers: Vec<[Pair<L>; 2]>,
    losses: [f64; L],
    source: Pair<L>,
    lowest: Extremes<L>,
    highest: Extremes<L>,
    most_loaded: Extremes<L>,
    under: [f64; L],
    over: [f64; L],
    overloads: [f64; L],
}

/// The most extreme value of each lane and where it is. Places are floats so that lanes stay of one width.
#[derive(Clone, Copy, Debug)]
struct Extremes<const L: usize> {
    value: [f64; L],
    place: [f64; L],
}

impl<const L: usize> Extremes<L> {
    const NONE: Self = Self { value: [f64::NEG_INFINITY; L], place: [-1.0; L] };

    #[inline]
    fn raise(&mut self, lane: usize, value: f64, place: f64) {
        let more = value > self.value[lane];
        self.value[lane] = if more { value } else { self.value[lane] };
        self.place[lane] = if more { place } else { self.place[lane] };
    }
}

impl Meter {
    pub(super) fn new(network: &Network, circuit: &Circuit) -> Self {
        let buses = network.buses.iter().enumerate().filter_map(|(bus, of)| {
            let node = circuit.node(bus)?;
            Some(BusMeter { bus, node, min_pu: of.min_voltage_pu, max_pu: of.max_voltage_pu })
        });
        let is_source = |node: usize| circuit.nodes[node].kind == NodeKind::Slack;
        let mut source_ends = Vec::new();
        for (index, branch) in circuit.branches.iter().enumerate() {
            for (node, from) in [(branch.from, true), (branch.to, false)] {
                if is_source(node) {
                    source_ends.push((index, from));
                }
            }
        }
        let sources = (0..circuit.nodes.len()).filter(|&node| is_source(node));
        Self {
            base_va: circuit.base_va,
            buses: buses.collect(),
            branches: circuit
                .branches
                .iter()
                .map(|branch| BranchMeter::new(network, circuit, branch))
                .collect(),
            sources: sources.map(|node| (node, circuit.nodes[node].shunt_pu)).collect(),
            source_ends,
        }
    }

    pub(super) fn reading<const L: usize>(&self, nodes: usize, shape: &Shape) -> Reading<L> {
        let ends = if shape.keep.flows { self.branches.len() } else { 0 };
        Reading {
            magnitude: vec![[0.0; L]; nodes],
            loading: vec![[0.0; L]; self.branches.len()],
            powers: vec![[Pair::ZERO; 2]; ends],
            losses: [0.0; L],
            source: Pair::ZERO,
            lowest: Extremes::NONE,
            highest: Extremes::NONE,
            most_loaded: Extremes::NONE,
            under: [0.0; L],
            over: [0.0; L],
            overloads: [0.0; L],
        }
    }

    /// Reads figures off the voltages of the nodes; `fed` is what the nodes feed in, at `place`s.
    pub(super) fn read<const L: usize>(
        &self,
        voltage: &[Pair<L>],
        fed: &Injections<L>,
        place: &[usize],
        reading: &mut Reading<L>,
    ) {
        for (magnitude, v) in reading.magnitude.iter_mut().zip(voltage) {
            for l in 0..L {
                magnitude[l] = (v.re[l] * v.re[l] + v.im[l] * v.im[l]).sqrt();
            }
        }
        self.read_buses(reading);
        self.read_branches(voltage, reading);
        reading.source = self.sources(voltage, fed, place);
    }

    fn read_buses<const L: usize>(&self, reading: &mut Reading<L>) {
        let (mut lowest, mut highest) = (Extremes::NONE, Extremes::NONE);
        let (mut under, mut over) = ([0.0; L], [0.0; L]);
        for (place, bus) in self.buses.iter().enumerate() {
            let v = &reading.magnitude[bus.node];
            for l in 0..L {
                lowest.raise(l, -v[l], place as f64);
                highest.raise(l, v[l], place as f64);
                under[l] += if v[l] < bus.min_pu { 1.0 } else { 0.0 };
                over[l] += if v[l] > bus.max_pu { 1.0 } else { 0.0 };
            }
        }
        (reading.lowest, reading.highest, reading.under, reading.over) = (lowest, highest, under, over);
    }

    fn read_branches<const L: usize>(&self, voltage: &[Pair<L>], reading: &mut Reading<L>) {
        let mut losses = [0.0; L];
        let mut most_loaded = Extremes::NONE;
        let mut overloads = [0.0; L];
        for (index, branch) in self.branches.iter().enumerate() {
            let (from, to) = (&voltage[branch.from], &voltage[branch.to]);
            let [from_current, to_current] = branch.currents(from, to);
            let (from_power, to_power) = (power(from, &from_current), power(to, &to_current));
            let loading = &mut reading.loading[index];
            for l in 0..L {
                losses[l] += from_power.re[l] + to_power.re[l];
                let square = |x: &Pair<L>| x.re[l] * x.re[l] + x.im[l] * x.im[l];
                let (at_from, at_to) = if branch.of_power {
                    (square(&from_power), square(&to_power))
                } else {
                    (square(&from_current), square(&to_current))
                };
                let (at_from, at_to) = (at_from * branch.square[0], at_to * branch.square[1]);
                loading[l] = (if at_from > at_to { at_from } else { at_to }).sqrt();
            }
            if branch.square != [0.0; 2] {
                for l in 0..L {
                    most_loaded.raise(l, loading[l], index as f64);
                    overloads[l] += if loading[l] > 1.0 { 1.0 } else { 0.0 };
                }
            }
            if let Some(powers) = reading.powers.get_mut(index) {
                *powers = [from_power, to_power];
            }
        }
        (reading.losses, reading.most_loaded, reading.overloads) = (losses, most_loaded, overloads);
    }

    /// What the sources feed in beside what is given at their nodes.
    fn sources<const L: usize>(&self, voltage: &[Pair<L>], fed: &Injections<L>, place: &[usize]) -> Pair<L> {
        let mut sum = Pair::ZERO;
        for &(index, from) in &self.source_ends {
            let branch = &self.branches[index];
            let (v_from, v_to) = (&voltage[branch.from], &voltage[branch.to]);
            let [from_current, to_current] = branch.currents(v_from, v_to);
            let power = if from { power(v_from, &from_current) } else { power(v_to, &to_current) };
            for l in 0..L {
                sum.re[l] += power.re[l];
                sum.im[l] += power.im[l];
            }
        }
        for &(node, shunt) in &self.sources {
            let (v, at) = (&voltage[node], place[node]);
            for l in 0..L {
                let square = v.re[l] * v.re[l] + v.im[l] * v.im[l];
                let mut own = shunt.conj() * square - fed.power[at].lane(l);
                if let Some(current) = fed.current.get(at) {
                    own -= current.lane(l) * square.sqrt();
                }
                if let Some(impedance) = fed.impedance.get(at) {
                    own -= impedance.lane(l) * square;
                }
                sum.re[l] += own.re;
                sum.im[l] += own.im;
            }
        }
        sum
    }

    /// Writes a lane's figures to a row of a chunk.
    pub(super) fn write<const L: usize>(
        &self,
        reading: &Reading<L>,
        voltage: &[Pair<L>],
        lane: usize,
        row: usize,
        shape: &Shape,
        chunk: &mut Chunk,
    ) {
        let (buses, branches) = (shape.buses, self.branches.len());
        if shape.keep.voltages {
            let of_row = &mut chunk.voltage_pu[row * buses..(row + 1) * buses];
            for bus in &self.buses {
                of_row[bus.bus] = reading.magnitude[bus.node][lane];
            }
        }
        if shape.keep.angles {
            let of_row = &mut chunk.angle_rad[row * buses..(row + 1) * buses];
            for bus in &self.buses {
                let v = voltage[bus.node].lane(lane);
                of_row[bus.bus] = libm::atan2(v.im, v.re);
            }
        }
        if shape.keep.loadings {
            let of_row = &mut chunk.loading[row * branches..(row + 1) * branches];
            for (place, loading) in of_row.iter_mut().zip(&reading.loading) {
                *place = loading[lane];
            }
        }
        if shape.keep.flows {
            let of_row = &mut chunk.flows[row * branches..(row + 1) * branches];
            for (place, [from, to]) in of_row.iter_mut().zip(&reading.powers) {
                let (from, to) = (from.lane(lane) * self.base_va, to.lane(lane) * self.base_va);
                *place = Flow { from_p_w: from.re, from_q_var: from.im, to_p_w: to.re, to_q_var: to.im };
            }
        }
    }

    /// A lane's figures.
    pub(super) fn step<const L: usize>(
        &self,
        reading: &Reading<L>,
        lane: usize,
        method: Method,
        convergence: Convergence,
    ) -> Step {
        let bus = |extremes: &Extremes<L>, sign: f64| Extreme {
            element: Element::Bus(self.buses[extremes.place[lane] as usize].bus),
            value: sign * extremes.value[lane],
        };
        let most = reading.most_loaded;
        Step {
            method,
            iterations: convergence.iterations,
            mismatch_pu: convergence.mismatch_pu,
            lowest_voltage: bus(&reading.lowest, -1.0),
            highest_voltage: bus(&reading.highest, 1.0),
            highest_loading: (most.place[lane] >= 0.0).then(|| Extreme {
                element: self.branches[most.place[lane] as usize].element,
                value: most.value[lane],
            }),
            losses_w: reading.losses[lane] * self.base_va,
            source_p_w: reading.source.re[lane] * self.base_va,
            source_q_var: reading.source.im[lane] * self.base_va,
            undervoltages: reading.under[lane] as usize,
            overvoltages: reading.over[lane] as usize,
            overloads: reading.overloads[lane] as usize,
        }
    }
}

impl BranchMeter {
    fn new(network: &Network, circuit: &Circuit, branch: &crate::electric::TwoPort) -> Self {
        let (rating, rated_v) = match branch.element {
            Element::Line(i) => (network.lines[i].rating, [0.0; 2]),
            Element::Transformer(i) => (
                network.transformers[i].rating,
                [network.transformers[i].from_v, network.transformers[i].to_v],
            ),
            Element::Winding(i, winding) => {
                let winding = &network.three_winding_transformers[i].windings[winding];
                (Rating::Rated(winding.rated_va), [winding.rated_v, 0.0])
            }
            other => unreachable!("{other} is no branch"),
        };
        let base = circuit.base_va;
        // A at each end per per-unit current.
        let ampere =
            [branch.from, branch.to].map(|node| base / (3_f64.sqrt() * circuit.nodes[node].nominal_v));
        let (per_unit, of_power) = match rating {
            Rating::Unlimited => ([0.0; 2], false),
            Rating::Current(most) => (ampere.map(|a| a / most), false),
            Rating::Power(most) => ([base / most; 2], true),
            Rating::Rated(most) => {
                ([0, 1].map(|end| 3_f64.sqrt() * ampere[end] * rated_v[end] / most), false)
            }
        };
        Self {
            element: branch.element,
            from: branch.from,
            to: branch.to,
            admittances: branch.admittances(),
            square: per_unit.map(|k| k * k),
            of_power,
        }
    }

    /// Currents into the branch at its ends.
    #[inline]
    fn currents<const L: usize>(&self, from: &Pair<L>, to: &Pair<L>) -> [Pair<L>; 2] {
        let [ff, ft, tf, tt] = &self.admittances;
        [two_products(ff, from, ft, to), two_products(tf, from, tt, to)]
    }
}

/// a·x + b·y.
#[inline]
fn two_products<const L: usize>(a: &Complex64, x: &Pair<L>, b: &Complex64, y: &Pair<L>) -> Pair<L> {
    let mut sum = Pair::ZERO;
    for l in 0..L {
        sum.re[l] = (a.re * x.re[l] - a.im * x.im[l]) + (b.re * y.re[l] - b.im * y.im[l]);
        sum.im[l] = (a.re * x.im[l] + a.im * x.re[l]) + (b.re * y.im[l] + b.im * y.re[l]);
    }
    sum
}

/// V·I*.
#[inline]
fn power<const L: usize>(v: &Pair<L>, i: &Pair<L>) -> Pair<L> {
    let mut s = Pair::ZERO;
    for l in 0..L {
        s.re[l] = v.re[l] * i.re[l] + v.im[l] * i.im[l];
        s.im[l] = v.im[l] * i.re[l] - v.re[l] * i.im[l];
    }
    s
}
