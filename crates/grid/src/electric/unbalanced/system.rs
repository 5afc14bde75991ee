//! The equations: which voltages are unknown, and what they have to do with each other.
//!
//! In per unit of each bus's nominal phase voltage and a third of the base power, Y·V = I(V), where loads make I
//! depend on V. Conductors that a switch joins share one unknown; those behind a regulator are a multiple of the one
//! before it: with V = T·U, T real, the admittances of the unknowns U are TᵀYT, and still symmetric.

use super::{
    Across, Feeder, Matrix3,
    check::{self, Check},
    factor::Factor,
    lanes::Lanes,
    primitive::Primitive,
    sections::Sections,
};
use crate::electric::{Element, Fault, InvalidNetwork, Phase};
use num_complex::Complex64;
use std::collections::BTreeMap;

/// A feeder ready to be calculated, once or for a thousand steps.
#[derive(Clone, Debug)]
pub struct System<'a> {
    pub(super) feeder: &'a Feeder,
    /// Of each bus and phase.
    pub(super) conductors: Vec<[Conductor; 3]>,
    /// Unknown voltages: the first slots; then given ones; the last slot is earth, 0.
    pub(super) unknown: usize,
    /// Bus and phase of each unknown.
    pub(super) place: Vec<(usize, Phase)>,
    /// Voltages without loads, given voltages, earth.
    pub(super) no_load: Vec<Complex64>,
    pub(super) factor: Factor,
    pub(super) draws: Vec<Draw>,
    /// Of lines and transformers in service, per unit.
    pub(super) lines: Vec<Option<Primitive>>,
    pub(super) transformers: Vec<Option<Primitive>>,
}

/// One phase of one bus: `factor` times the voltage in `slot`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Conductor {
    pub(super) slot: usize,
    /// NaN where no source reaches it.
    pub(super) factor: f64,
}

/// A load per unit, between two conductors.
#[derive(Clone, Copy, Debug)]
pub(super) struct Draw {
    /// Of the feeder.
    pub(super) load: usize,
    pub(super) plus: Conductor,
    pub(super) minus: Conductor,
    /// Nominal voltage over it, per unit: 1 in star, √3 in delta.
    pub(super) nominal: f64,
    /// Its constant-impedance part, which the admittances hold.
    pub(super) held: Complex64,
}

impl<'a> System<'a> {
    /// Prepares a feeder.
    ///
    /// # Errors
    ///
    /// With everything that is wrong with it.
    pub fn of(feeder: &'a Feeder) -> Result<Self, InvalidNetwork> {
        let mut check = Check { feeder, problems: Vec::new() };
        check::elements(&mut check);
        check.done()?;
        let mut builder = Builder::new(feeder);
        builder.join(&mut check);
        check.done()?;
        let live = builder.live();
        builder.admittances(&live);
        builder.neutrals(&mut check, &live);
        check.done()?;
        builder.build(check, &live)
    }

    /// Phase voltage base of a bus, V.
    pub(super) fn base_v(&self, bus: usize) -> f64 {
        self.feeder.buses[bus].nominal_v / 3_f64.sqrt()
    }

    /// Base power of a phase, VA.
    pub(super) fn base_va(&self) -> f64 {
        self.feeder.base_va / 3.0
    }
}

/// Conductors by number: 3·bus + phase.
struct Builder<'a> {
    feeder: &'a Feeder,
    /// Which one stands for it, and what times: switches and regulators.
    root: Vec<(usize, f64)>,
    /// Voltage of conductors that stand for themselves, where given.
    given: BTreeMap<usize, Complex64>,
    entries: BTreeMap<(usize, usize), Complex64>,
    /// Currents fed in by sources behind impedances.
    fed: Vec<Complex64>,
    lines: Vec<Option<Primitive>>,
    transformers: Vec<Option<Primitive>>,
}

impl<'a> Builder<'a> {
    fn new(feeder: &'a Feeder) -> Self {
        let count = 3 * feeder.buses.len();
        let scaled = |primitive: Primitive, from: usize, to: usize| {
            // Per unit: Y·V_i·V_j/S.
            let [f, t] = [from, to].map(|bus| feeder.buses[bus].nominal_v);
            let scale = |block: Matrix3, v: f64| block.map(|row| row.map(|y| y * (v / feeder.base_va)));
            Primitive {
                ff: scale(primitive.ff, f * f),
                ft: scale(primitive.ft, f * t),
                tf: scale(primitive.tf, f * t),
                tt: scale(primitive.tt, t * t),
            }
        };
        let line = |line: &super::Line| {
            let primitive = line.in_service.then(|| Primitive::of_line(line)).flatten()?;
            Some(scaled(primitive, line.from, line.to))
        };
        let transformer = |of: &super::Transformer| {
            let primitive = of.in_service.then(|| Primitive::of_windings(&of.windings)).flatten()?;
            Some(scaled(primitive, of.from, of.to))
        };
        Self {
            feeder,
            root: (0..count).map(|conductor| (conductor, 1.0)).collect(),
            given: BTreeMap::new(),
            entries: BTreeMap::new(),
            fed: vec![Complex64::ZERO; count],
            lines: feeder.lines.iter().map(line).collect(),
            transformers: feeder.transformers.iter().map(transformer).collect(),
        }
    }

    fn find(&self, conductor: usize) -> (usize, f64) {
        let (mut at, mut factor) = (conductor, 1.0);
        loop {
            let (next, times) = self.root[at];
            if next == at {
                return (at, factor);
            }
            (at, factor) = (next, factor * times);
        }
    }

    /// Switches, regulators and ideal sources.
    fn join(&mut self, check: &mut Check<'_>) {
        let feeder = self.feeder;
        for (i, switch) in feeder.switches.iter().enumerate().filter(|(_, switch)| switch.closed) {
            for phase in self.common(switch.from, switch.to) {
                // Two closed switches side by side are one: their ratios, 1, agree.
                if self.tie(3 * switch.from + phase, 3 * switch.to + phase, 1.0).is_err() {
                    let message = format!(
                        "switch \"{}\" bridges a regulator: open it or take the regulator out",
                        switch.name
                    );
                    check.error(Element::Switch(i), Fault::Conflict, message);
                    break;
                }
            }
        }
        for regulator in &feeder.regulators {
            for phase in self.common(regulator.from, regulator.to) {
                let ratio = regulator.ratio[phase];
                if self.tie(3 * regulator.from + phase, 3 * regulator.to + phase, ratio).is_err() {
                    let message = format!(
                        "regulator \"{}\" lies beside another path without impedance but of another ratio: open \
                         one of them",
                        regulator.name
                    );
                    check.error(Element::Bus(regulator.to), Fault::Conflict, message);
                    break;
                }
            }
        }
        for (i, source) in feeder.sources.iter().enumerate().filter(|(_, s)| s.impedance_ohm.is_none()) {
            let base_v = feeder.buses[source.bus].nominal_v / 3_f64.sqrt();
            for phase in 0..3 {
                let (root, factor) = self.find(3 * source.bus + phase);
                let voltage = source.voltage_v[phase] / (base_v * factor);
                let before = *self.given.entry(root).or_insert(voltage);
                if (before - voltage).norm() > 1e-9 {
                    let message = format!(
                        "source \"{}\" holds another voltage than a source it is joined to without impedance: \
                         give both the same, or one an impedance",
                        source.name
                    );
                    check.error(Element::Generator(i), Fault::Conflict, message);
                    break;
                }
            }
        }
    }

    fn common(&self, from: usize, to: usize) -> Vec<usize> {
        let [from, to] = [from, to].map(|bus| self.feeder.buses[bus].phases);
        (0..3).filter(|&phase| from[phase] && to[phase]).collect()
    }

    /// V_to = ratio·V_from.
    fn tie(&mut self, from: usize, to: usize, ratio: f64) -> Result<(), ()> {
        let (from_root, from_factor) = self.find(from);
        let (to_root, to_factor) = self.find(to);
        let factor = ratio * from_factor / to_factor;
        if from_root != to_root {
            self.root[to_root] = (from_root, factor);
            return Ok(());
        }
        if (factor - 1.0).abs() < 1e-12 { Ok(()) } else { Err(()) }
    }

    /// Pairs of roots that a branch couples.
    fn coupled(&self) -> Vec<(usize, usize)> {
        let mut pairs = Vec::new();
        let lines = self.feeder.lines.iter().zip(&self.lines).filter(|(_, primitive)| primitive.is_some());
        for (line, _) in lines {
            for phase in (0..3).filter(|&phase| line.phases[phase]) {
                pairs.push((3 * line.from + phase, 3 * line.to + phase));
            }
        }
        for (transformer, primitive) in self.feeder.transformers.iter().zip(&self.transformers) {
            let Some(primitive) = primitive else { continue };
            for i in 0..3 {
                for j in 0..3 {
                    if primitive.ft[i][j].norm() > 1e-9 * primitive.ff[i][i].norm() {
                        pairs.push((3 * transformer.from + i, 3 * transformer.to + j));
                    }
                }
            }
        }
        pairs.into_iter().map(|(a, b)| (self.find(a).0, self.find(b).0)).collect()
    }

    /// Which roots a source reaches.
    fn live(&self) -> Vec<bool> {
        let mut neighbours = vec![Vec::new(); self.root.len()];
        for (a, b) in self.coupled() {
            neighbours[a].push(b);
            neighbours[b].push(a);
        }
        let sources = self.feeder.sources.iter();
        let mut stack: Vec<usize> =
            sources.flat_map(|source| (0..3).map(|phase| self.find(3 * source.bus + phase).0)).collect();
        let mut live = vec![false; self.root.len()];
        while let Some(at) = stack.pop() {
            if !std::mem::replace(&mut live[at], true) {
                stack.extend(neighbours[at].iter().copied().filter(|&next| !live[next]));
            }
        }
        live
    }

    /// Adds y between two conductors' equations: the current into i for the voltage at j.
    fn add(&mut self, i: usize, j: usize, y: Complex64, live: &[bool]) {
        let ((i, fi), (j, fj)) = (self.find(i), self.find(j));
        // The matrix is symmetric: the entry below the diagonal comes with its mirror image.
        if y != Complex64::ZERO && i <= j && live[i] && live[j] {
            *self.entries.entry((i, j)).or_default() += y * (fi * fj);
        }
    }

    fn add_block(&mut self, from: usize, to: usize, block: &Matrix3, live: &[bool]) {
        for i in 0..3 {
            for j in 0..3 {
                self.add(3 * from + i, 3 * to + j, block[i][j], live);
            }
        }
    }

    fn admittances(&mut self, live: &[bool]) {
        let feeder = self.feeder;
        let lines = feeder.lines.iter().map(|line| (line.from, line.to)).zip(self.lines.clone());
        let transformers =
            feeder.transformers.iter().map(|of| (of.from, of.to)).zip(self.transformers.clone());
        for ((from, to), primitive) in lines.chain(transformers) {
            let Some(primitive) = primitive else { continue };
            self.add_block(from, from, &primitive.ff, live);
            self.add_block(from, to, &primitive.ft, live);
            self.add_block(to, from, &primitive.tf, live);
            self.add_block(to, to, &primitive.tt, live);
        }
        for shunt in &feeder.shunts {
            let y = shunt.admittance_s * (feeder.buses[shunt.bus].nominal_v.powi(2) / feeder.base_va);
            self.add_across(shunt.bus, shunt.across, y, live);
        }
        for load in &feeder.loads {
            self.add_across(load.bus, load.across, held(feeder, load), live);
        }
        for source in &feeder.sources {
            let Some(z) = &source.impedance_ohm else { continue };
            let y = super::matrix::inverse(z, [true; 3]).expect("a source's impedance was checked");
            let nominal_v = feeder.buses[source.bus].nominal_v;
            let y = y.map(|row| row.map(|y| y * (nominal_v * nominal_v / feeder.base_va)));
            self.add_block(source.bus, source.bus, &y, live);
            let current = super::matrix::times(&y, &source.voltage_v.map(|v| v / (nominal_v / 3_f64.sqrt())));
            for phase in 0..3 {
                let (root, factor) = self.find(3 * source.bus + phase);
                self.fed[root] += current[phase] * factor;
            }
        }
    }

    fn add_across(&mut self, bus: usize, across: Across, y: Complex64, live: &[bool]) {
        let (plus, minus) = across.ends();
        let plus = 3 * bus + plus;
        self.add(plus, plus, y, live);
        if let Some(minus) = minus {
            let minus = 3 * bus + minus;
            self.add(minus, minus, y, live);
            self.add(plus, minus, -y, live);
            self.add(minus, plus, -y, live);
        }
    }

    /// Sections of buses joined by lines, switches and regulators need something that holds their voltage to earth.
    /// Where nothing does (behind a delta), voltages to earth are undefined and no current depends on them: an
    /// admittance for the sum of the three phases alone puts the centroid of the triangle at 0.
    fn neutrals(&mut self, check: &mut Check<'_>, live: &[bool]) {
        let feeder = self.feeder;
        let mut sections = Sections::of(feeder);
        for (i, load) in feeder.loads.iter().enumerate() {
            let Across::Neutral(phase) = load.across else { continue };
            let conductor = self.find(3 * load.bus + phase.index()).0;
            if live[conductor] && !sections.earthed(load.bus) {
                let message = format!(
                    "load \"{}\" is between phase {} and neutral of bus \"{}\", but no transformer, source or shunt \
                     earths that section: connect it between phases, or use a transformer with an earthed star",
                    load.name,
                    phase.letter(),
                    feeder.buses[load.bus].name
                );
                check.error(load.of.unwrap_or(Element::Load(i)), Fault::Phases, message);
            }
        }
        for bus in 0..feeder.buses.len() {
            let fixed = sections.earthed(bus) || !live[self.find(3 * bus).0];
            if fixed || feeder.buses[bus].phases != [true; 3] {
                continue;
            }
            sections.earthed[sections.of_bus[bus]] = true;
            // Of the magnitude of the admittances there; no result depends on it.
            let at = |builder: &Self| {
                let (node, _) = builder.find(3 * bus);
                builder.entries.get(&(node, node)).map_or(1.0, |y| y.norm())
            };
            let y = Complex64::new(at(self) / 3.0, 0.0);
            self.add_block(bus, bus, &[[y; 3]; 3], live);
        }
    }

    fn build(self, mut check: Check<'_>, live: &[bool]) -> Result<System<'a>, InvalidNetwork> {
        let feeder = self.feeder;
        // Unknowns, then what is given, then earth.
        let is_root = |&conductor: &usize| self.root[conductor].0 == conductor && live[conductor];
        let unknowns: Vec<usize> =
            (0..self.root.len()).filter(is_root).filter(|root| !self.given.contains_key(root)).collect();
        let unknown = unknowns.len();
        let mut slot = vec![usize::MAX; self.root.len()];
        for (k, &conductor) in unknowns.iter().chain(self.given.keys()).enumerate() {
            slot[conductor] = k;
        }
        let earth = unknown + self.given.len();
        let conductor = |bus: usize, phase: usize| {
            let (root, factor) = self.find(3 * bus + phase);
            if slot[root] == usize::MAX {
                Conductor { slot: earth, factor: f64::NAN }
            } else {
                Conductor { slot: slot[root], factor }
            }
        };
        let conductors: Vec<[Conductor; 3]> =
            (0..feeder.buses.len()).map(|bus| [0, 1, 2].map(|phase| conductor(bus, phase))).collect();
        let place = unknowns.iter().map(|&k| (k / 3, Phase::ALL[k % 3])).collect();

        let mut upper = BTreeMap::new();
        let mut no_load: Vec<Complex64> = unknowns.iter().map(|&k| self.fed[k]).collect();
        for (&(i, j), &y) in &self.entries {
            let (i, j) = (slot[i], slot[j]);
            let (i, j) = (i.min(j), i.max(j));
            if j < unknown {
                *upper.entry((i, j)).or_default() += y;
            } else if i < unknown {
                no_load[i] -=
                    y * *self.given.values().nth(j - unknown).expect("given voltages follow unknowns");
            }
        }
        let factor = match Factor::of(unknown, &upper) {
            Ok(factor) => factor,
            Err(at) => {
                let (bus, phase) = (unknowns[at] / 3, Phase::ALL[unknowns[at] % 3]);
                let message = format!(
                    "the admittances are singular at phase {} of bus \"{}\": nothing holds its voltage; check what \
                     is connected there",
                    phase.letter(),
                    feeder.buses[bus].name
                );
                check.error(Element::Bus(bus), Fault::ZeroImpedance, message);
                return Err(check.done().expect_err("a problem was just found"));
            }
        };
        let mut voltages: Vec<Lanes<1>> = no_load.iter().map(|&current| Lanes::splat(current)).collect();
        factor.solve(&mut voltages, &mut vec![Lanes::ZERO; unknown]);
        let mut no_load: Vec<Complex64> = voltages.iter().map(|v| v.lane(0)).collect();
        no_load.extend(self.given.values());
        no_load.push(Complex64::ZERO);

        let mut draws = Vec::with_capacity(feeder.loads.len());
        for (i, load) in feeder.loads.iter().enumerate() {
            let (plus, minus) = load.across.ends();
            let ends = [Some(plus), minus].map(|phase| match phase {
                Some(phase) => conductors[load.bus][phase],
                None => Conductor { slot: earth, factor: 1.0 },
            });
            if conductors[load.bus].iter().all(|conductor| conductor.factor.is_nan()) {
                continue; // The whole bus is dead, and the solution says so.
            }
            if let Some(phase) = [Some(plus), minus]
                .into_iter()
                .flatten()
                .find(|&phase| conductors[load.bus][phase].factor.is_nan())
            {
                let message = format!(
                    "load \"{}\" is on phase {} of bus \"{}\", which no source reaches in that phase: extend the \
                     line's phases or connect the load to another",
                    load.name,
                    Phase::ALL[phase].letter(),
                    feeder.buses[load.bus].name
                );
                check.error(load.of.unwrap_or(Element::Load(i)), Fault::Phases, message);
                continue;
            }
            let nominal = if minus.is_some() { 3_f64.sqrt() } else { 1.0 };
            draws.push(Draw { load: i, plus: ends[0], minus: ends[1], nominal, held: held(feeder, load) });
        }
        check.done()?;
        let Self { lines, transformers, .. } = self;
        Ok(System { feeder, conductors, unknown, place, no_load, factor, draws, lines, transformers })
    }
}

/// The constant-impedance part of a load, per unit: S*/|V|² at nominal voltage.
pub(super) fn held(feeder: &Feeder, load: &super::Load) -> Complex64 {
    let nominal_squared = if matches!(load.across, Across::Next(_)) { 3.0 } else { 1.0 };
    let power = load.power_va / (feeder.base_va / 3.0);
    Complex64::new(power.re * load.zip.p_impedance, -power.im * load.zip.q_impedance) / nominal_squared
}
