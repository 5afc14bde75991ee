//! Optimal power flow: the cheapest way to serve the loads that physics and limits allow.
//!
//! One problem, four models of the physics: linear (DC, LinDistFlow), a second-order cone relaxation, and exact AC.
//! Duals are results: what one more MWh would cost at each bus.

use crate::electric::{BranchFlow, Element, InvalidNetwork, Network};

/// Which physics.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Model {
    /// Active powers and angles, lossless, voltages of 1.
    Dc,
    /// Linear branch flow with squared voltages; radial networks.
    LinDistFlow,
    /// Second-order cone relaxation: its optimum is a lower bound of the exact one.
    Soc,
    /// Exact, nonconvex: a local optimum.
    Ac,
}

/// How a branch carries active power under [`Model::Dc`].
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum DcBranch {
    /// p = (θf − θt − φ) / (x·a), with ratio a and shift φ: MATPOWER's and pandapower's.
    #[default]
    RatioAndShift,
    /// p = (θf − θt) · x / (r² + x²), ratio and shift ignored: PowerModels', in which PGLib-OPF's objectives are.
    Susceptance,
}

/// How to calculate.
#[derive(Clone, Debug, PartialEq)]
pub struct Settings {
    /// Relative accuracy of feasibility and optimality.
    pub tolerance: f64,
    /// After how many iterations to give up.
    pub max_iterations: usize,
    /// How branches carry active power under [`Model::Dc`].
    pub dc_branch: DcBranch,
}

/// What came out.
#[derive(Clone, Debug, PartialEq)]
pub enum Outcome {
    /// An optimum (a local one under [`Model::Ac`]).
    Optimal(Box<Solution>),
    /// Nothing satisfies all limits.
    Infeasible(Infeasible),
    /// The iterations ended first.
    NotConverged(Vec<Step>),
}

/// Limits that cannot all hold.
#[derive(Clone, Debug, PartialEq)]
pub struct Infeasible {
    /// The limits that clash, with how much each is broken by the point that breaks them least.
    pub clashes: Vec<Clash>,
}

/// A limit that clashes with others.
#[derive(Clone, Debug, PartialEq)]
pub struct Clash {
    /// Whose limit.
    pub element: Element,
    /// In words, with figures.
    pub message: String,
}

/// One iteration of an interior point method.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Step {
    /// Largest violation of an equation or limit, per unit.
    pub infeasibility: f64,
    /// Norm of the gradient of the Lagrangian, scaled.
    pub gradient: f64,
    /// Complementarity, scaled.
    pub complementarity: f64,
    /// Cost per hour.
    pub cost: f64,
}

/// An optimum.
#[derive(Clone, Debug, PartialEq)]
pub struct Solution {
    /// Cost per hour, in the unit of the generators' costs.
    pub cost: f64,
    /// Iterations it took.
    pub iterations: usize,
    /// Voltage of each bus, per unit; NaN where no source reaches it.
    pub voltage_pu: Vec<f64>,
    /// Angle of each bus, rad; NaN where the model knows none.
    pub angle_rad: Vec<f64>,
    /// Active power of each generator, W.
    pub p_w: Vec<f64>,
    /// Reactive power of each generator, var.
    pub q_var: Vec<f64>,
    /// Flow of each line.
    pub lines: Vec<BranchFlow>,
    /// Flow of each two-winding transformer.
    pub transformers: Vec<BranchFlow>,
    /// Flow of each winding of each three-winding transformer.
    pub windings: Vec<[BranchFlow; 3]>,
    /// Locational price of active power at each bus, cost per MWh.
    pub price_p: Vec<f64>,
    /// Locational price of reactive power at each bus, cost per Mvarh; NaN where the model knows none.
    pub price_q: Vec<f64>,
    /// Limits of branches and voltages that bind, and what one more unit of each is worth.
    pub binding: Vec<Binding>,
    /// For a relaxation: the largest gap of a cone, per unit, or by how much a loop of angles does not close, rad,
    /// whichever is larger; 0 is exact ([`Self::is_tight`]).
    pub relaxation_gap_pu: f64,
}

/// A limit that binds.
#[derive(Clone, Debug, PartialEq)]
pub struct Binding {
    /// Whose limit.
    pub element: Element,
    /// Which one.
    pub limit: Limit,
    /// Cost per hour saved by one more unit: MVA of a branch, per unit of a voltage, rad of an angle.
    pub price: f64,
}

/// Kinds of limits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Limit {
    /// Apparent power at the from end.
    FromPower,
    /// Apparent power at the to end.
    ToPower,
    /// Lowest voltage.
    MinVoltage,
    /// Highest voltage.
    MaxVoltage,
    /// Lowest angle difference.
    MinAngle,
    /// Highest angle difference.
    MaxAngle,
}

impl Default for Settings {
    fn default() -> Self {
        Self { tolerance: 1e-6, max_iterations: 150, dc_branch: DcBranch::default() }
    }
}

/// The optimal power flow of a network.
///
/// # Errors
///
/// If the network cannot be calculated; everything wrong with it is in the error.
pub fn optimal_power_flow(
    network: &Network,
    model: Model,
    settings: &Settings,
) -> Result<Outcome, InvalidNetwork> {
    match model {
        Model::Ac => ac::solve(network, settings),
        Model::Dc | Model::LinDistFlow | Model::Soc => horizon::single(network, model, settings),
    }
}

mod ac;
mod case;
mod conic;
mod dc;
mod dist_flow;
mod exact;
pub use exact::tight_or_exact;
mod horizon;
pub use horizon::{End, Horizon, HorizonOutcome, HorizonSolution, StepInput, optimal_schedule};
mod soc;
mod stage;
