//! Loads and shunts.

use num_complex::Complex64;

/// A load. Positive powers are drawn from the bus.
#[derive(Clone, Debug, PartialEq)]
pub struct Load {
    /// What people call it.
    pub name: String,
    /// Where.
    pub bus: usize,
    /// Active power at nominal voltage, W, three-phase; negative when feeding in.
    pub p_w: f64,
    /// Reactive power at nominal voltage, var, three-phase; positive when inductive.
    pub q_var: f64,
    /// How it follows the voltage.
    pub zip: Zip,
    /// On which phases, for the unbalanced calculation; the balanced one takes the total.
    pub connection: Connection,
    /// Whether it is in use.
    pub in_service: bool,
}

/// Shares of a load that are of constant impedance and of constant current; the rest is of constant power.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Zip {
    /// Share of active power that goes with |V|², 0 … 1.
    pub p_impedance: f64,
    /// Share of active power that goes with |V|, 0 … 1.
    pub p_current: f64,
    /// Share of reactive power that goes with |V|², 0 … 1.
    pub q_impedance: f64,
    /// Share of reactive power that goes with |V|, 0 … 1.
    pub q_current: f64,
}

/// How a load is connected.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Connection {
    /// To all three phases alike.
    #[default]
    Balanced,
    /// Between a phase and neutral.
    Phase(Phase),
    /// Between a phase and the next (a–b, b–c, c–a).
    Between(Phase),
}

/// A phase.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Phase {
    /// The first.
    A,
    /// The second, lagging the first by 120°.
    B,
    /// The third.
    C,
}

/// A shunt admittance: a capacitor bank, a reactor.
#[derive(Clone, Debug, PartialEq)]
pub struct Shunt {
    /// What people call it.
    pub name: String,
    /// Where.
    pub bus: usize,
    /// Admittance G + jB, S, per phase; B is positive where it is capacitive (feeds in reactive power).
    pub admittance_s: Complex64,
    /// Whether it is in use.
    pub in_service: bool,
}

impl Load {
    /// A balanced load of constant power in service.
    #[must_use]
    pub fn new(name: &str, bus: usize, p_w: f64, q_var: f64) -> Self {
        Self {
            name: name.to_owned(),
            bus,
            p_w,
            q_var,
            zip: Zip::default(),
            connection: Connection::Balanced,
            in_service: true,
        }
    }
}
