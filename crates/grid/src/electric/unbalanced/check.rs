//! What is wrong with a feeder: everything at once, each by name.

use super::{Across, Feeder, Matrix3, Phases, Windings, matrix, primitive::Primitive};
use crate::electric::{Element, Fault, InvalidNetwork, Phase, Problem, Severity};
use num_complex::Complex64;

/// Collects problems.
pub(super) struct Check<'a> {
    pub(super) feeder: &'a Feeder,
    pub(super) problems: Vec<Problem>,
}

impl Check<'_> {
    pub(super) fn error(&mut self, element: Element, fault: Fault, message: String) {
        self.problems.push(Problem { element, fault, severity: Severity::Error, message });
    }

    /// # Errors
    ///
    /// If anything was wrong.
    pub(super) fn done(&mut self) -> Result<(), InvalidNetwork> {
        if self.problems.is_empty() {
            return Ok(());
        }
        let problems = std::mem::take(&mut self.problems);
        Err(InvalidNetwork { name: self.feeder.name.clone(), problems })
    }

    fn number(&mut self, element: Element, what: &str, fine: bool, wanted: &str) {
        if !fine {
            self.error(element, Fault::Number, format!("{what} must be {wanted}"));
        }
    }

    fn matrix(&mut self, element: Element, what: &str, of: &Matrix3) {
        self.number(element, what, finite(of), "finite");
        self.number(element, what, !finite(of) || matrix::symmetric(of), "symmetric");
    }

    /// Whether both buses are there and differ.
    fn ends(&mut self, element: Element, what: &str, from: usize, to: usize) -> bool {
        let count = self.feeder.buses.len();
        let fine = from < count && to < count && from != to;
        if !fine {
            let message = format!("{what} joins buses {from} and {to} of {count}: name two different ones");
            self.error(element, Fault::Reference, message);
        }
        fine
    }

    fn at(&mut self, element: Element, what: &str, bus: usize) -> bool {
        let count = self.feeder.buses.len();
        if bus >= count {
            self.error(element, Fault::Reference, format!("{what} is at bus {bus} of {count}: name another"));
        }
        bus < count
    }

    /// Whether a bus has the phases that an element needs.
    fn phases(&mut self, element: Element, what: &str, bus: usize, needed: [bool; 3]) {
        let bus = &self.feeder.buses[bus];
        for phase in Phase::ALL {
            if needed[phase.index()] && !bus.phases[phase.index()] {
                let (letter, name) = (phase.letter(), &bus.name);
                let message = format!(
                    "{what} needs phase {letter} at bus \"{name}\", which has only {}: connect it to another \
                     phase or give the bus phase {letter}",
                    letters(bus.phases)
                );
                self.error(element, Fault::Phases, message);
            }
        }
    }

    fn levels(&mut self, element: Element, what: &str, from: usize, to: usize) {
        let [from, to] = [from, to].map(|bus| &self.feeder.buses[bus]);
        if (from.nominal_v - to.nominal_v).abs() > 1e-6 * from.nominal_v.abs() {
            let message = format!(
                "{what} joins {} V (bus \"{}\") and {} V (bus \"{}\"): put a transformer there",
                from.nominal_v, from.name, to.nominal_v, to.name
            );
            self.error(element, Fault::VoltageLevels, message);
        }
    }
}

/// The phases, as people write them.
pub(super) fn letters(phases: [bool; 3]) -> String {
    Phase::ALL.into_iter().filter(|phase| phases[phase.index()]).map(Phase::letter).collect()
}

fn finite(of: &Matrix3) -> bool {
    of.iter().flatten().all(|entry| entry.is_finite())
}

pub(super) fn needed(across: Across) -> [bool; 3] {
    let (first, second) = across.ends();
    [0, 1, 2].map(|phase| phase == first || Some(phase) == second)
}

/// Checks each element by itself.
pub(super) fn elements(check: &mut Check<'_>) {
    let feeder = check.feeder;
    let base = feeder.base_va;
    if feeder.buses.is_empty() {
        check.error(Element::Bus(0), Fault::Reference, "there are no buses: add some".to_owned());
    }
    check.number(Element::Bus(0), "the base power", base.is_finite() && base > 0.0, "positive and finite");
    for (i, bus) in feeder.buses.iter().enumerate() {
        let what = format!("the nominal voltage of bus \"{}\"", bus.name);
        check.number(Element::Bus(i), &what, bus.nominal_v.is_finite() && bus.nominal_v > 0.0, "positive");
        if bus.phases == [false; 3] {
            let message = format!("bus \"{}\" has no phase: give it some of a, b, c", bus.name);
            check.error(Element::Bus(i), Fault::Phases, message);
        }
    }
    sources(check);
    branches(check);
    for (i, shunt) in feeder.shunts.iter().enumerate() {
        let (element, what) = (Element::Shunt(i), format!("shunt \"{}\"", shunt.name));
        if check.at(element, &what, shunt.bus) {
            check.phases(element, &what, shunt.bus, needed(shunt.across));
        }
        check.number(element, &format!("the admittance of {what}"), shunt.admittance_s.is_finite(), "finite");
    }
    for (i, load) in feeder.loads.iter().enumerate() {
        let (element, what) = (load.of.unwrap_or(Element::Load(i)), format!("load \"{}\"", load.name));
        if check.at(element, &what, load.bus) {
            check.phases(element, &what, load.bus, needed(load.across));
        }
        check.number(element, &format!("the power of {what}"), load.power_va.is_finite(), "finite");
        let zip = load.zip;
        for (impedance, current) in [(zip.p_impedance, zip.p_current), (zip.q_impedance, zip.q_current)] {
            let fine = impedance >= 0.0 && current >= 0.0 && impedance + current <= 1.0 + 1e-9;
            check.number(
                element,
                &format!("each ZIP share of {what}"),
                fine,
                "0 … 1, and their sum at most 1",
            );
        }
    }
}

fn sources(check: &mut Check<'_>) {
    let feeder = check.feeder;
    if feeder.sources.is_empty() {
        let message = "there is no source: add one, or a generator that holds voltage and angle".to_owned();
        check.error(Element::Generator(0), Fault::NoSource, message);
    }
    for (i, source) in feeder.sources.iter().enumerate() {
        let (element, what) = (Element::Generator(i), format!("source \"{}\"", source.name));
        if check.at(element, &what, source.bus) {
            check.phases(element, &what, source.bus, [true; 3]);
        }
        let fine = source.voltage_v.iter().all(|v| v.is_finite() && v.norm() > 0.0);
        check.number(element, &format!("each voltage of {what}"), fine, "finite and not 0");
        if let Some(z) = &source.impedance_ohm {
            check.matrix(element, &format!("the impedance of {what}"), z);
            if finite(z) && matrix::inverse(z, [true; 3]).is_none() {
                let message = format!("the impedance of {what} is singular: leave it out or correct it");
                check.error(element, Fault::ZeroImpedance, message);
            }
        }
    }
}

fn branches(check: &mut Check<'_>) {
    let feeder = check.feeder;
    for (i, line) in feeder.lines.iter().enumerate().filter(|(_, line)| line.in_service) {
        let (element, what) = (Element::Line(i), format!("line \"{}\"", line.name));
        if check.ends(element, &what, line.from, line.to) {
            check.phases(element, &what, line.from, line.phases);
            check.phases(element, &what, line.to, line.phases);
            check.levels(element, &what, line.from, line.to);
        }
        let matrices = [("impedance", &line.series_ohm), ("shunt", &line.from_s), ("shunt", &line.to_s)];
        for (part, matrix) in matrices {
            check.matrix(element, &format!("the {part} matrix of {what}"), matrix);
        }
        check.number(element, &format!("the rated current of {what}"), line.rating_a > 0.0, "positive");
        if finite(&line.series_ohm) && Primitive::of_line(line).is_none() {
            let message = format!(
                "the impedance matrix of {what} over phases {} is singular: correct it, or use a switch for a \
                 connection without impedance",
                letters(line.phases)
            );
            check.error(element, Fault::ZeroImpedance, message);
        }
    }
    for (i, transformer) in feeder.transformers.iter().enumerate().filter(|(_, t)| t.in_service) {
        let (element, what) = (Element::Transformer(i), format!("transformer \"{}\"", transformer.name));
        if check.ends(element, &what, transformer.from, transformer.to) {
            for (side, bus) in [transformer.from, transformer.to].into_iter().enumerate() {
                check.phases(element, &what, bus, conductors(&transformer.windings, side));
            }
        }
        let fine =
            transformer.rated_v.iter().all(|v| v.is_finite() && *v > 0.0) && transformer.rating_va > 0.0;
        check.number(element, &format!("each rated figure of {what}"), fine, "positive");
        if Primitive::of_windings(&transformer.windings).is_none() {
            let message = format!("{what} has an impedance or ratio of 0 or not finite: correct it");
            check.error(element, Fault::ZeroImpedance, message);
        }
    }
    for regulator in &feeder.regulators {
        let (element, what) = (Element::Bus(regulator.to), format!("regulator \"{}\"", regulator.name));
        if check.ends(element, &what, regulator.from, regulator.to) {
            check.phases(element, &what, regulator.from, feeder.buses[regulator.to].phases);
            check.levels(element, &what, regulator.from, regulator.to);
        }
        let fine = regulator.ratio.iter().all(|ratio| ratio.is_finite() && *ratio > 0.0);
        check.number(element, &format!("each ratio of {what}"), fine, "positive");
    }
    for (i, switch) in feeder.switches.iter().enumerate() {
        let (element, what) = (Element::Switch(i), format!("switch \"{}\"", switch.name));
        if check.ends(element, &what, switch.from, switch.to) {
            check.levels(element, &what, switch.from, switch.to);
        }
    }
}

/// Phases that a transformer needs at its from (0) or to side (1).
fn conductors(windings: &Windings, side: usize) -> [bool; 3] {
    match windings {
        Windings::Symmetrical { .. } => [true; 3],
        Windings::Bank(units) => Phase::ALL.map(|phase| {
            units.iter().any(|unit| (if side == 0 { unit.from } else { unit.to }).contains(&Some(phase)))
        }),
    }
}

/// Three phases of 0.
pub(super) const NOTHING: Phases = [Complex64::ZERO; 3];
