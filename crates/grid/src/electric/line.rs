//! Lines and cables.

use num_complex::Complex64;

/// A line or cable, positive sequence, as a π equivalent.
#[derive(Clone, Debug, PartialEq)]
pub struct Line {
    /// What people call it.
    pub name: String,
    /// Bus at the one end.
    pub from: usize,
    /// Bus at the other end; of the same nominal voltage.
    pub to: usize,
    /// Positive sequence.
    pub pi: Pi,
    /// Zero sequence, where known; the unbalanced calculation needs it.
    pub zero_sequence: Option<Pi>,
    /// Length, m; for people and for pictures only, `pi` is of the whole line.
    pub length_m: f64,
    /// What it carries.
    pub rating: Rating,
    /// Lowest angle difference from − to allowed, rad (optimal power flow); −∞ where nothing is said.
    pub min_angle_rad: f64,
    /// Highest angle difference from − to allowed, rad (optimal power flow); ∞ where nothing is said.
    pub max_angle_rad: f64,
    /// Whether it is in use.
    pub in_service: bool,
}

/// A π equivalent: a series impedance between two shunt admittances, per phase.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Pi {
    /// Series impedance R + jX, Ω; not 0.
    pub series_ohm: Complex64,
    /// Shunt admittance G + jB at the from end, S; B is positive where it is capacitive.
    pub from_s: Complex64,
    /// Shunt admittance G + jB at the to end, S.
    pub to_s: Complex64,
}

/// What a branch carries at most, continuously.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Rating {
    /// Nothing is known.
    Unlimited,
    /// A current at either end, A per phase; loading is the larger current over it.
    Current(f64),
    /// An apparent power at either end, VA three-phase; loading is the larger apparent power over it.
    Power(f64),
    /// A transformer's rated power, VA: loading is the larger of each end's current over that end's rated current
    /// S / (√3 · V rated).
    Rated(f64),
}

impl Line {
    /// A line in service without limits, with charging split evenly.
    #[must_use]
    pub fn new(name: &str, from: usize, to: usize, series_ohm: Complex64, charging_s: f64) -> Self {
        let half = Complex64::new(0.0, charging_s / 2.0);
        Self {
            name: name.to_owned(),
            from,
            to,
            pi: Pi { series_ohm, from_s: half, to_s: half },
            zero_sequence: None,
            length_m: 0.0,
            rating: Rating::Unlimited,
            min_angle_rad: f64::NEG_INFINITY,
            max_angle_rad: f64::INFINITY,
            in_service: true,
        }
    }
}
