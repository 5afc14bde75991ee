//! Some consecutive steps of a series and their results.

use super::Keep;
use crate::electric::{Circuit, Divergence, Element, Method, Network};

/// Some consecutive steps and their results. Rows are one after the other; those of a failed step are NaN.
#[derive(Clone, Debug, PartialEq)]
pub struct Chunk {
    /// Number of the first step.
    pub first: usize,
    /// Each step's figures, or why there are none.
    pub steps: Vec<Result<Step, Failure>>,
    /// Voltages, per unit: a row of every bus of the network for each step; NaN where no source reaches. Empty unless
    /// kept.
    pub voltage_pu: Vec<f64>,
    /// Angles, rad, as voltages.
    pub angle_rad: Vec<f64>,
    /// Loadings, 1 is full: a row of [`super::Batch::branches`] for each step.
    pub loading: Vec<f64>,
    /// Powers at both ends, as loadings.
    pub flows: Vec<Flow>,
}

/// Figures of a step that was solved.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Step {
    /// By which method.
    pub method: Method,
    /// Iterations it took.
    pub iterations: usize,
    /// Largest mismatch left, per unit.
    pub mismatch_pu: f64,
    /// Lowest voltage, per unit.
    pub lowest_voltage: Extreme,
    /// Highest voltage, per unit.
    pub highest_voltage: Extreme,
    /// Highest loading, 1 is full; `None` where no branch has a rating.
    pub highest_loading: Option<Extreme>,
    /// Active power lost in branches, W.
    pub losses_w: f64,
    /// Active power that all sources feed in, W.
    pub source_p_w: f64,
    /// Reactive power that all sources feed in, var.
    pub source_q_var: f64,
    /// Buses below their lowest voltage.
    pub undervoltages: usize,
    /// Buses above their highest voltage.
    pub overvoltages: usize,
    /// Branches loaded beyond their rating.
    pub overloads: usize,
}

/// A value and whose it is.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Extreme {
    /// Whose.
    pub element: Element,
    /// How much.
    pub value: f64,
}

/// Why a step has no figures.
#[derive(Clone, Debug, PartialEq)]
pub enum Failure {
    /// A profile has no finite number for it.
    Input {
        /// Index of the profile.
        profile: usize,
    },
    /// No solution was found.
    Diverged(Divergence),
}

/// Powers into a branch at its ends.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Flow {
    /// Active power into it at the from end, W.
    pub from_p_w: f64,
    /// Reactive power into it at the from end, var.
    pub from_q_var: f64,
    /// Active power into it at the to end, W.
    pub to_p_w: f64,
    /// Reactive power into it at the to end, var.
    pub to_q_var: f64,
}

impl Flow {
    /// Of a step that failed.
    pub(super) const NAN: Self =
        Self { from_p_w: f64::NAN, from_q_var: f64::NAN, to_p_w: f64::NAN, to_q_var: f64::NAN };
}

/// Sizes of a batch's results.
#[derive(Clone, Debug)]
pub(super) struct Shape {
    pub(super) steps: usize,
    pub(super) buses: usize,
    pub(super) branches: Vec<Element>,
    pub(super) keep: Keep,
    /// Steps per chunk.
    length: usize,
}

impl Shape {
    pub(super) fn new(network: &Network, circuit: &Circuit, steps: usize, keep: Keep) -> Self {
        let branches: Vec<Element> = circuit.branches.iter().map(|branch| branch.element).collect();
        let buses = network.buses.len();
        // A few megabytes a chunk: large networks have shorter ones.
        let length = (500_000 / (buses + branches.len()).max(1)).clamp(8, 256) / 8 * 8;
        Self { steps, buses, branches, keep, length }
    }

    pub(super) const fn chunks(&self) -> usize {
        self.steps.div_ceil(self.length)
    }
}

impl Chunk {
    pub(super) fn new(shape: &Shape) -> Self {
        let rows = |kept: bool, width: usize| if kept { width * shape.length } else { 0 };
        let keep = shape.keep;
        Self {
            first: 0,
            steps: Vec::with_capacity(shape.length),
            voltage_pu: Vec::with_capacity(rows(keep.voltages, shape.buses)),
            angle_rad: Vec::with_capacity(rows(keep.angles, shape.buses)),
            loading: Vec::with_capacity(rows(keep.loadings, shape.branches.len())),
            flows: Vec::with_capacity(rows(keep.flows, shape.branches.len())),
        }
    }

    /// Empties it for the chunk of a number.
    pub(super) fn restart(&mut self, shape: &Shape, index: usize) -> std::ops::Range<usize> {
        let first = index * shape.length;
        let range = first..(first + shape.length).min(shape.steps);
        self.first = first;
        self.steps.clear();
        let rows = |kept: bool, width: usize| if kept { width * range.len() } else { 0 };
        for (table, length) in [
            (&mut self.voltage_pu, rows(shape.keep.voltages, shape.buses)),
            (&mut self.angle_rad, rows(shape.keep.angles, shape.buses)),
            (&mut self.loading, rows(shape.keep.loadings, shape.branches.len())),
        ] {
            table.clear();
            table.resize(length, f64::NAN);
        }
        self.flows.clear();
        self.flows.resize(rows(shape.keep.flows, shape.branches.len()), Flow::NAN);
        range
    }
}
