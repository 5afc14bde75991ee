//! A feeder in phases: what an unbalanced calculation is about, in SI units.
//!
//! Every voltage is between a phase and earth; the neutral of a four-wire section is taken as earthed everywhere and
//! is folded into the 3×3 matrices (Kron reduction; Kersting, Distribution System Modeling and Analysis, ch. 4).

use super::{Matrix3, Phases};
use crate::electric::{Element, Phase, VectorGroup, Zip};
use num_complex::Complex64;

/// A feeder: three-phase buses and what connects and uses them. Elements name their buses by index.
#[derive(Clone, Debug, PartialEq)]
pub struct Feeder {
    /// What people call it.
    pub name: String,
    /// Base power of the per-unit system, VA, three-phase; positive.
    pub base_va: f64,
    /// Buses.
    pub buses: Vec<Bus>,
    /// Sources; at least one.
    pub sources: Vec<Source>,
    /// Lines and cables.
    pub lines: Vec<Line>,
    /// Transformers.
    pub transformers: Vec<Transformer>,
    /// Voltage regulators.
    pub regulators: Vec<Regulator>,
    /// Switches without impedance.
    pub switches: Vec<Switch>,
    /// Capacitor banks and other shunts.
    pub shunts: Vec<Shunt>,
    /// Loads, and generators as negative ones.
    pub loads: Vec<Load>,
    /// What had to be assumed, in words ([`super::Assumptions`]).
    pub assumed: Vec<String>,
}

/// A bus with up to three phases.
#[derive(Clone, Debug, PartialEq)]
pub struct Bus {
    /// What people call it.
    pub name: String,
    /// Nominal voltage, V, line to line; positive.
    pub nominal_v: f64,
    /// Which of a, b, c are there.
    pub phases: [bool; 3],
}

/// A source: three voltages behind an impedance.
#[derive(Clone, Debug, PartialEq)]
pub struct Source {
    /// What people call it.
    pub name: String,
    /// Where.
    pub bus: usize,
    /// Voltages to earth, V, with their angles.
    pub voltage_v: Phases,
    /// What they stand behind, Ω; `None` for an ideal source.
    pub impedance_ohm: Option<Matrix3>,
}

/// A line as a π equivalent over phases. Rows and columns of phases that it lacks are of no account.
#[derive(Clone, Debug, PartialEq)]
pub struct Line {
    /// What people call it.
    pub name: String,
    /// Bus at the one end.
    pub from: usize,
    /// Bus at the other end; of the same nominal voltage.
    pub to: usize,
    /// Which phases it has.
    pub phases: [bool; 3],
    /// Series impedance of the whole line, Ω; symmetric.
    pub series_ohm: Matrix3,
    /// Shunt admittance at the from end, S; symmetric.
    pub from_s: Matrix3,
    /// Shunt admittance at the to end, S; symmetric.
    pub to_s: Matrix3,
    /// Current it carries per phase, A; infinite where nothing is said.
    pub rating_a: f64,
    /// Whether it is in use.
    pub in_service: bool,
}

/// A transformer with two sides.
#[derive(Clone, Debug, PartialEq)]
pub struct Transformer {
    /// What people call it.
    pub name: String,
    /// Bus at the from side.
    pub from: usize,
    /// Bus at the to side.
    pub to: usize,
    /// Its windings.
    pub windings: Windings,
    /// Rated power, VA, three-phase; infinite where nothing is said.
    pub rating_va: f64,
    /// Rated voltages of the from and the to side, V line to line; they turn `rating_va` into currents.
    pub rated_v: [f64; 2],
    /// Whether it is in use.
    pub in_service: bool,
}

/// How a transformer's windings are made.
#[derive(Clone, Debug, PartialEq)]
pub enum Windings {
    /// Three alike, on one core or three; described by sequences.
    Symmetrical {
        /// How they are connected, from side first.
        group: VectorGroup,
        /// From voltage over to voltage, line to line, no load.
        ratio: f64,
        /// By how much the to side lags, rad; the clock number times 30°.
        shift_rad: f64,
        /// Series impedance of positive and negative sequence, Ω, referred to the to side.
        series_ohm: Complex64,
        /// Series impedance of zero sequence, Ω, referred to the to side.
        zero_ohm: Complex64,
        /// Magnetising admittance before the series impedance, S, referred to the to side.
        from_s: Complex64,
        /// Magnetising admittance behind the series impedance, S.
        to_s: Complex64,
    },
    /// Single-phase units, each between any two conductors: open star, open delta, unequal banks.
    Bank(Vec<Unit>),
}

/// A single-phase transformer.
#[derive(Clone, Debug, PartialEq)]
pub struct Unit {
    /// Conductors of its from winding; `None` is earth.
    pub from: [Option<Phase>; 2],
    /// Conductors of its to winding, of like polarity; `None` is earth.
    pub to: [Option<Phase>; 2],
    /// Voltage over the from winding over that over the to winding, no load.
    pub ratio: f64,
    /// Series impedance, Ω, referred to the to winding.
    pub series_ohm: Complex64,
}

/// A voltage regulator without impedance: each phase of the to bus is the from bus's times a ratio.
#[derive(Clone, Debug, PartialEq)]
pub struct Regulator {
    /// What people call it.
    pub name: String,
    /// Unregulated bus.
    pub from: usize,
    /// Regulated bus.
    pub to: usize,
    /// To voltage over from voltage, per phase; about 0.9 … 1.1. A tap position t of 5/8 % is 1 + 0.00625·t.
    pub ratio: [f64; 3],
}

/// A switch without impedance between two buses.
#[derive(Clone, Debug, PartialEq)]
pub struct Switch {
    /// What people call it.
    pub name: String,
    /// The one bus.
    pub from: usize,
    /// The other bus.
    pub to: usize,
    /// Whether it is closed.
    pub closed: bool,
}

/// A shunt between two conductors: one unit of a capacitor bank.
#[derive(Clone, Debug, PartialEq)]
pub struct Shunt {
    /// What people call it.
    pub name: String,
    /// Where.
    pub bus: usize,
    /// Between what.
    pub across: Across,
    /// Admittance G + jB, S; B is positive where it is capacitive.
    pub admittance_s: Complex64,
}

/// A load between two conductors. Positive powers are drawn.
#[derive(Clone, Debug, PartialEq)]
pub struct Load {
    /// What people call it.
    pub name: String,
    /// Where.
    pub bus: usize,
    /// Between what.
    pub across: Across,
    /// P + jQ at nominal voltage, VA; negative P feeds in, positive Q is inductive.
    pub power_va: Complex64,
    /// How it follows the voltage over it.
    pub zip: Zip,
    /// The element of the network it is part of, where the feeder was made of one.
    pub of: Option<Element>,
}

/// Between which conductors.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Across {
    /// A phase and the neutral (star).
    Neutral(Phase),
    /// A phase and the next: a–b, b–c, c–a (delta).
    Next(Phase),
}

impl Phase {
    /// a, b, c.
    pub const ALL: [Self; 3] = [Self::A, Self::B, Self::C];

    /// 0, 1, 2.
    #[must_use]
    pub const fn index(self) -> usize {
        self as usize
    }

    /// a → b → c → a.
    #[must_use]
    pub const fn next(self) -> Self {
        match self {
            Self::A => Self::B,
            Self::B => Self::C,
            Self::C => Self::A,
        }
    }

    /// As people write it.
    #[must_use]
    pub const fn letter(self) -> char {
        match self {
            Self::A => 'a',
            Self::B => 'b',
            Self::C => 'c',
        }
    }
}

impl Across {
    /// Indices of the phases it touches.
    pub(super) const fn ends(self) -> (usize, Option<usize>) {
        match self {
            Self::Neutral(phase) => (phase.index(), None),
            Self::Next(phase) => (phase.index(), Some(phase.next().index())),
        }
    }
}

impl Source {
    /// A symmetrical source of positive sequence: `voltage_v` line to line, phase a at `angle_rad`.
    #[must_use]
    pub fn symmetrical(name: &str, bus: usize, voltage_v: f64, angle_rad: f64) -> Self {
        let a = crate::electric::circuit::polar(voltage_v / 3_f64.sqrt(), angle_rad);
        let [_, ahead, behind] = super::matrix::ROTATIONS;
        Self { name: name.to_owned(), bus, voltage_v: [a, a * behind, a * ahead], impedance_ohm: None }
    }
}

impl Bus {
    /// A bus with all three phases.
    #[must_use]
    pub fn new(name: &str, nominal_v: f64) -> Self {
        Self { name: name.to_owned(), nominal_v, phases: [true; 3] }
    }
}

impl Load {
    /// A load of constant power.
    #[must_use]
    pub fn new(name: &str, bus: usize, across: Across, power_va: Complex64) -> Self {
        Self { name: name.to_owned(), bus, across, power_va, zip: Zip::default(), of: None }
    }
}

impl Line {
    /// A line with all three phases, in service, without shunts or limit.
    #[must_use]
    pub fn new(name: &str, from: usize, to: usize, series_ohm: Matrix3) -> Self {
        let none = super::matrix::ZERO;
        Self {
            name: name.to_owned(),
            from,
            to,
            phases: [true; 3],
            series_ohm,
            from_s: none,
            to_s: none,
            rating_a: f64::INFINITY,
            in_service: true,
        }
    }
}

impl Feeder {
    /// A feeder with nothing in it.
    #[must_use]
    pub fn new(name: &str, base_va: f64) -> Self {
        Self {
            name: name.to_owned(),
            base_va,
            buses: Vec::new(),
            sources: Vec::new(),
            lines: Vec::new(),
            transformers: Vec::new(),
            regulators: Vec::new(),
            switches: Vec::new(),
            shunts: Vec::new(),
            loads: Vec::new(),
            assumed: Vec::new(),
        }
    }
}
