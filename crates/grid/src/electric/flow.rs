//! Power flow: which voltages make every node's balance hold, and what flows then.
//!
//! With nodal admittances Y the complex powers fed in are S = V ∘ (Y·V)*; given P and Q (PQ nodes), P and |V| (PV
//! nodes), |V| and θ (slacks), find V. A network that cannot be calculated at all is an error; a calculation that
//! finds no solution is an answer ([`Outcome::Diverged`]).

use super::{Circuit, Element, InvalidNetwork, Network, control, linear, sweep};

/// How to calculate.
#[derive(Clone, Debug, PartialEq)]
pub struct Settings {
    /// By which method.
    pub method: Method,
    /// From where.
    pub start: Start,
    /// Largest power mismatch accepted at any node, per unit of the base power.
    pub tolerance_pu: f64,
    /// After how many iterations to give up.
    pub max_iterations: usize,
    /// Whether generators at a limit of reactive power let go of their voltage.
    pub enforce_q_limits: bool,
    /// Whether tap changers with a control move.
    pub control_taps: bool,
}

/// Methods.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Method {
    /// Newton–Raphson in polar form.
    Newton,
    /// Backward–forward sweep; radial networks with one source per island only.
    Sweep,
    /// Linear: active powers and angles, voltages of 1 (the DC approximation).
    Dc,
    /// Linear: LinDistFlow, squared voltages; radial networks only.
    LinDistFlow,
}

/// Where an iteration starts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Start {
    /// Voltages given or 1, angles of the slack corrected by transformers' phase shifts.
    Flat,
    /// Angles of the DC approximation.
    Dc,
}

/// What came out.
#[derive(Clone, Debug, PartialEq)]
pub enum Outcome {
    /// A solution.
    Converged(Box<Solution>),
    /// None was found.
    Diverged(Divergence),
}

/// Why no solution was found.
#[derive(Clone, Debug, PartialEq)]
pub struct Divergence {
    /// After how many iterations.
    pub iterations: usize,
    /// Largest mismatch left, per unit; not finite where the iteration ran away.
    pub mismatch_pu: f64,
    /// Bus with the largest mismatch.
    pub worst_bus: usize,
    /// What happened.
    pub reason: Reason,
}

/// What happened.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reason {
    /// The iterations ended before the mismatch was small: often a load beyond what the network can carry.
    IterationLimit,
    /// The Jacobian became singular: voltage collapse.
    Singular,
    /// Voltages ran away.
    NotFinite,
    /// The method wants a radial network and this one has a mesh at the worst bus.
    NotRadial,
    /// The method knows no generator that holds a voltage, and one at the worst bus does.
    HoldsVoltage,
    /// Reactive limits or taps went back and forth.
    Cycling,
}

/// Voltages, flows and what they mean. Entries of elements that no source reaches are NaN.
#[derive(Clone, Debug, PartialEq)]
pub struct Solution {
    /// Iterations it took.
    pub iterations: usize,
    /// Largest mismatch left, per unit.
    pub mismatch_pu: f64,
    /// Voltage of each bus, per unit.
    pub voltage_pu: Vec<f64>,
    /// Angle of each bus, rad.
    pub angle_rad: Vec<f64>,
    /// Flow of each line.
    pub lines: Vec<BranchFlow>,
    /// Flow of each two-winding transformer.
    pub transformers: Vec<BranchFlow>,
    /// Flow of each winding of each three-winding transformer; from is the winding's bus, to the star point.
    pub windings: Vec<[BranchFlow; 3]>,
    /// What each generator feeds in.
    pub generators: Vec<GeneratorFlow>,
    /// Active power lost in branches and shunts of branches, W.
    pub losses_w: f64,
    /// Buses no source reaches, in order.
    pub dead_buses: Vec<usize>,
    /// Where tap changers stand, by transformer, if any moved.
    pub taps: Vec<(Element, i32)>,
    /// What it took where the start asked for led nowhere.
    pub rescue: Option<Rescue>,
}

/// What helped an iteration that led nowhere from the start that was asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Rescue {
    /// Flat voltages instead of the DC approximation's angles.
    FlatStart,
    /// Shorter steps.
    DampedSteps,
}

/// Flow through a branch; powers are positive into the branch at either end.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct BranchFlow {
    /// Active power into it at the from end, W.
    pub from_p_w: f64,
    /// Reactive power into it at the from end, var.
    pub from_q_var: f64,
    /// Active power into it at the to end, W.
    pub to_p_w: f64,
    /// Reactive power into it at the to end, var.
    pub to_q_var: f64,
    /// Current at the from end, A per phase.
    pub from_a: f64,
    /// Current at the to end, A per phase.
    pub to_a: f64,
    /// Over its rating; 1 is full, 0 where nothing is known ([`super::Rating`]).
    pub loading: f64,
}

/// What a generator feeds in.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct GeneratorFlow {
    /// Active power, W.
    pub p_w: f64,
    /// Reactive power, var.
    pub q_var: f64,
    /// Whether it let go of its voltage at a limit of reactive power.
    pub at_q_limit: bool,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            method: Method::Newton,
            start: Start::Dc,
            tolerance_pu: 1e-8,
            max_iterations: 30,
            enforce_q_limits: false,
            control_taps: false,
        }
    }
}

/// Calculates the power flow of a network.
///
/// # Errors
///
/// If the network cannot be calculated; everything wrong with it is in the error.
pub fn power_flow(network: &Network, settings: &Settings) -> Result<Outcome, InvalidNetwork> {
    let circuit = Circuit::of(network)?;
    let found = match settings.method {
        Method::Newton => return Ok(control::newton(network, circuit, settings)),
        Method::Sweep => sweep::solve(&circuit, settings),
        Method::Dc => return Ok(linear::dc(network, &circuit)),
        Method::LinDistFlow => return Ok(linear::dist_flow(network, &circuit)),
    };
    Ok(match found {
        Ok((voltages, convergence)) => Outcome::Converged(Box::new(Solution {
            iterations: convergence.iterations,
            mismatch_pu: convergence.mismatch_pu,
            ..Solution::at(network, &circuit, &voltages)
        })),
        Err(divergence) => Outcome::Diverged(divergence),
    })
}
