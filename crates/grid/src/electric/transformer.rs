//! Transformers, their taps and their vector groups.

use super::{Pi, Rating};
use num_complex::Complex64;

/// A two-winding transformer: an ideal one at the from side, then a π equivalent at the to side.
///
/// With rated voltages f and t after the tap, nominal bus voltages F and T and shift φ, the per-unit ratio is
/// (f/F)/(t/T)·e^{jφ}; the from voltage divided by it feeds the π (MATPOWER's convention; Zimmerman, Murillo-Sánchez
/// & Thomas 2011, eq. 2). `pi` is referred to the to side at its rated voltage; a tap at the to side scales impedances
/// with the square of the voltage it makes.
#[derive(Clone, Debug, PartialEq)]
pub struct Transformer {
    /// What people call it.
    pub name: String,
    /// Bus at the from side (usually the higher voltage).
    pub from: usize,
    /// Bus at the to side.
    pub to: usize,
    /// Rated voltage of the from winding, V line to line, at the neutral tap.
    pub from_v: f64,
    /// Rated voltage of the to winding, V line to line, at the neutral tap.
    pub to_v: f64,
    /// Phase shift, rad: positive where the to side lags the from side (delay, as in MATPOWER and IEC clock numbers).
    pub shift_rad: f64,
    /// Series impedance, Ω, and magnetising admittances, S, referred to the to side.
    pub pi: Pi,
    /// Tap changer, where there is one.
    pub tap: Option<TapChanger>,
    /// What it carries.
    pub rating: Rating,
    /// How windings are connected, where known; the unbalanced calculation needs it.
    pub vector_group: Option<VectorGroup>,
    /// Zero-sequence series impedance, Ω, referred to the to side, where known.
    pub zero_sequence_ohm: Option<Complex64>,
    /// Lowest angle difference from − to allowed, rad (optimal power flow); −∞ where nothing is said.
    pub min_angle_rad: f64,
    /// Highest angle difference from − to allowed, rad (optimal power flow); ∞ where nothing is said.
    pub max_angle_rad: f64,
    /// Whether it is in use.
    pub in_service: bool,
}

/// One of a transformer's two sides.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Side {
    /// The from side.
    From,
    /// The to side.
    To,
}

/// A tap changer: each step adds `step` (a fraction, along `step_angle_rad`) to its side's rated voltage.
#[derive(Clone, Debug, PartialEq)]
pub struct TapChanger {
    /// Whose voltage it changes.
    pub side: Side,
    /// Where it stands.
    pub position: i32,
    /// Lowest position.
    pub min: i32,
    /// Highest position.
    pub max: i32,
    /// Position of the rated voltage.
    pub neutral: i32,
    /// Voltage per step, as a fraction of the rated voltage.
    pub step: f64,
    /// Angle of a step against the rated voltage, rad: 0 along it (ratio), π/2 across (phase shift).
    pub step_angle_rad: f64,
    /// Phase shift per step without a change of ratio, rad (ideal phase shifter).
    pub shift_per_step_rad: f64,
    /// What it holds, where it moves by itself ([`super::Settings::control_taps`]).
    pub control: Option<VoltageControl>,
}

/// A voltage to be held.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct VoltageControl {
    /// Bus whose voltage it is.
    pub bus: usize,
    /// Lowest voltage of the dead band, per unit.
    pub min_voltage_pu: f64,
    /// Highest voltage of the dead band, per unit; the band must be wider than a step.
    pub max_voltage_pu: f64,
}

/// How the windings are connected, from side first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum VectorGroup {
    /// Both in star with neutral earthed.
    YNyn,
    /// From in delta, to in star with neutral earthed: the distribution transformer.
    Dyn,
    /// From in star with open neutral, to in star with neutral earthed.
    Yyn,
    /// From in star with open neutral, to in zigzag with neutral earthed.
    Yzn,
    /// From in star with neutral earthed, to in delta.
    YNd,
    /// From in star with open neutral, to in delta.
    Yd,
    /// Both in delta.
    Dd,
}

/// A three-winding transformer: three windings that meet in a star point of the first winding's rated voltage.
#[derive(Clone, Debug, PartialEq)]
pub struct ThreeWindingTransformer {
    /// What people call it.
    pub name: String,
    /// High, medium and low voltage; each [`Winding`] is a two-port from its bus to the star point.
    pub windings: [Winding; 3],
    /// Magnetising admittance at the star point, S, referred to the first winding's rated voltage.
    pub magnetising_s: Complex64,
    /// Tap changer of one winding.
    pub tap: Option<(usize, TapChanger)>,
    /// Whether it is in use.
    pub in_service: bool,
}

/// One winding of a three-winding transformer.
#[derive(Clone, Debug, PartialEq)]
pub struct Winding {
    /// Its bus.
    pub bus: usize,
    /// Rated voltage, V line to line.
    pub rated_v: f64,
    /// Rated power, VA.
    pub rated_va: f64,
    /// Series impedance to the star point, Ω, referred to the first winding's rated voltage; may be negative.
    pub series_ohm: Complex64,
    /// Shunt admittance at the bus's end, S, referred to the first winding's rated voltage; 0 unless losses are
    /// modelled within the winding.
    pub bus_s: Complex64,
    /// Shunt admittance at the star point's end, S, referred likewise.
    pub star_s: Complex64,
    /// Phase shift against the first winding, rad, positive where this winding lags; 0 for the first.
    pub shift_rad: f64,
}

impl Transformer {
    /// A transformer in service without taps, shift or limits: buses and rated voltages (V, line to line), the from side
    /// first, and impedances referred to the to side.
    #[must_use]
    pub fn new(name: &str, [from, to]: [usize; 2], [from_v, to_v]: [f64; 2], pi: Pi) -> Self {
        Self {
            name: name.to_owned(),
            from,
            to,
            from_v,
            to_v,
            shift_rad: 0.0,
            pi,
            tap: None,
            rating: Rating::Unlimited,
            vector_group: None,
            zero_sequence_ohm: None,
            min_angle_rad: f64::NEG_INFINITY,
            max_angle_rad: f64::INFINITY,
            in_service: true,
        }
    }
}

impl TapChanger {
    /// What the side's rated voltage is multiplied by (complex), and the additional shift in rad, where it stands.
    #[must_use]
    pub fn effect(&self) -> (Complex64, f64) {
        let steps = f64::from(self.position) - f64::from(self.neutral);
        let along = libm::cos(self.step_angle_rad);
        let across = libm::sin(self.step_angle_rad);
        let factor = Complex64::new(1.0 + steps * self.step * along, steps * self.step * across);
        (factor, steps * self.shift_per_step_rad)
    }
}
