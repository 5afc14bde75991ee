//! Optimal power flow over a horizon: storages carry energy from step to step.
//!
//! For each storage with content e: e_t = e_{t−1} + h·(η_c·c_t − d_t/η_d), 0 ≤ e ≤ E, 0 ≤ c ≤ C, 0 ≤ d ≤ D. Charging
//! and discharging at once is not forbidden, for that would take integers; it pays only where a price is negative, and
//! [`HorizonSolution::at_once_w`] shows it.

use super::case::{Case, Kind, Name};
use super::conic::{Answer, Optimum, Programme, Terms, Variable};
use super::stage::{Plan, Stage, StorageVariables, bindings};
use super::{Clash, Infeasible, Model, Outcome, Settings, Solution, Step, dist_flow};
use crate::electric::{Element, InvalidNetwork, Network};

/// Loads and limits of generators in one step; entries are by index in the network.
#[derive(Clone, Debug, PartialEq)]
pub struct StepInput {
    /// Active power of each load at nominal voltage, W.
    pub load_p_w: Vec<f64>,
    /// Reactive power of each load at nominal voltage, var.
    pub load_q_var: Vec<f64>,
    /// Least active power of each generator, W; the same as the most where it has no choice.
    pub min_p_w: Vec<f64>,
    /// Most active power of each generator, W: what the sun gives.
    pub max_p_w: Vec<f64>,
}

/// A problem over several steps.
#[derive(Clone, Debug)]
pub struct Horizon<'a> {
    /// The network; its storages start with what they hold.
    pub network: &'a Network,
    /// Loads and generators of each step ([`StepInput::of`] gives the network's own).
    pub steps: Vec<StepInput>,
    /// Length of a step, h; positive.
    pub step_h: f64,
    /// What storages must hold after the last step.
    pub end: End,
}

/// What storages must hold after the last step.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum End {
    /// Anything: they will be emptied where that saves anything.
    Free,
    /// At least what they held at first.
    AtLeastStart,
    /// Exactly what they held at first.
    AsStart,
}

/// What came out.
#[derive(Clone, Debug, PartialEq)]
pub enum HorizonOutcome {
    /// An optimum.
    Optimal(Box<HorizonSolution>),
    /// Nothing satisfies all limits.
    Infeasible(Infeasible),
    /// The iterations ended first.
    NotConverged(Vec<Step>),
}

/// An optimum over a horizon.
#[derive(Clone, Debug, PartialEq)]
pub struct HorizonSolution {
    /// Cost of all steps together, in the unit of the generators' costs.
    pub cost: f64,
    /// Iterations it took.
    pub iterations: usize,
    /// Each step; costs are per hour.
    pub steps: Vec<Solution>,
    /// Power that each storage draws in each step (first index), W; negative while it discharges.
    pub storage_w: Vec<Vec<f64>>,
    /// What each storage holds after each step (first index), Wh.
    pub stored_wh: Vec<Vec<f64>>,
    /// The most that any storage charges and discharges at once, W; 0 where the model can be trusted.
    pub at_once_w: f64,
}

impl Solution {
    /// Whether a relaxation is exact at this optimum: its cones are tight and its loops close within so many per unit
    /// (or rad). Always true of models that are no relaxation.
    #[must_use]
    pub fn is_tight(&self, tolerance_pu: f64) -> bool {
        self.relaxation_gap_pu <= tolerance_pu
    }
}

/// The optimal power flow of a network over several steps, under a convex model.
///
/// # Errors
///
/// If the network cannot be calculated; everything wrong with it is in the error.
///
/// # Panics
///
/// Under [`Model::Ac`], which is not convex; if a step has not one entry per load and generator; if the length of a
/// step is not positive.
pub fn optimal_schedule(
    horizon: &Horizon<'_>,
    model: Model,
    settings: &Settings,
) -> Result<HorizonOutcome, InvalidNetwork> {
    assert!(horizon.step_h > 0.0, "a step of {} h has no length", horizon.step_h);
    let network = horizon.network;
    for (i, step) in horizon.steps.iter().enumerate() {
        let (loads, generators) = (network.loads.len(), network.generators.len());
        assert!(
            step.load_p_w.len() == loads
                && step.load_q_var.len() == loads
                && step.min_p_w.len() == generators
                && step.max_p_w.len() == generators,
            "step {} needs {loads} loads and {generators} generators",
            i + 1
        );
    }
    let case = Case::of(network)?;
    if model == Model::LinDistFlow {
        dist_flow::check_radial(network, &case.circuit)?;
    }
    Ok(solve(&case, horizon, model, settings, true))
}

/// The optimal power flow of one step, in which storages draw what they are said to.
pub(super) fn single(
    network: &Network,
    model: Model,
    settings: &Settings,
) -> Result<Outcome, InvalidNetwork> {
    let case = Case::of(network)?;
    if model == Model::LinDistFlow {
        dist_flow::check_radial(network, &case.circuit)?;
    }
    let horizon = Horizon { network, steps: vec![StepInput::of(network)], step_h: 1.0, end: End::Free };
    Ok(match solve(&case, &horizon, model, settings, false) {
        HorizonOutcome::Optimal(mut solution) => {
            Outcome::Optimal(Box::new(solution.steps.pop().expect("there is one step")))
        }
        HorizonOutcome::Infeasible(infeasible) => Outcome::Infeasible(infeasible),
        HorizonOutcome::NotConverged(steps) => Outcome::NotConverged(steps),
    })
}

fn solve(
    case: &Case<'_>,
    horizon: &Horizon<'_>,
    model: Model,
    settings: &Settings,
    move_storages: bool,
) -> HorizonOutcome {
    let mut programme = Programme::new();
    let stores =
        if move_storages { storages(&mut programme, case, horizon) } else { vec![Stores::default(); 1] };
    let plan = |step: usize| Plan {
        model,
        dc_branch: settings.dc_branch,
        input: &horizon.steps[step],
        step,
        hours: horizon.step_h,
    };
    let stages: Vec<Stage> = (0..horizon.steps.len())
        .map(|step| Stage::build(&mut programme, case, &plan(step), &stores[step].powers))
        .collect();
    let optimum = match programme.solve(settings) {
        Answer::Optimal(optimum) => optimum,
        Answer::Infeasible => return clash(&programme, case, horizon, settings, Vec::new()),
        Answer::Open(steps) => return clash(&programme, case, horizon, settings, steps),
    };
    let mut steps: Vec<Solution> =
        stages.iter().enumerate().map(|(step, stage)| stage.read(case, &optimum, &plan(step))).collect();
    bindings(&programme, &optimum, optimum.cost, horizon.step_h, &mut steps);
    HorizonOutcome::Optimal(Box::new(HorizonSolution {
        cost: optimum.cost,
        iterations: optimum.iterations,
        steps,
        storage_w: stores.iter().map(|stores| stores.drawn_w(case, &optimum)).collect(),
        stored_wh: stores.iter().map(|stores| stores.content_wh(case, &optimum)).collect(),
        at_once_w: stores.iter().map(|stores| stores.at_once_w(case, &optimum)).fold(0.0, f64::max),
    }))
}

/// Names the limits that clash, or admits that none was found.
fn clash(
    programme: &Programme<Name>,
    case: &Case<'_>,
    horizon: &Horizon<'_>,
    settings: &Settings,
    trace: Vec<Step>,
) -> HorizonOutcome {
    let Some(broken) = programme.clashes(settings) else { return HorizonOutcome::NotConverged(trace) };
    let clash = |broken: &super::conic::Broken<Name>| Clash {
        element: broken.name.element,
        message: broken.name.message(case.network, broken.by, horizon.steps.len()),
    };
    HorizonOutcome::Infeasible(Infeasible { clashes: broken.iter().map(clash).collect() })
}

/// Variables of all storages in one step; nothing for those not in use.
#[derive(Clone, Debug, Default)]
struct Stores {
    powers: Vec<StorageVariables>,
    content: Vec<Option<Variable>>,
}

/// Charging, discharging and content of each storage in each step. Content is in units of the programme times hours.
fn storages(programme: &mut Programme<Name>, case: &Case<'_>, horizon: &Horizon<'_>) -> Vec<Stores> {
    let mut all: Vec<Stores> = Vec::with_capacity(horizon.steps.len());
    for step in 0..horizon.steps.len() {
        let mut stores = Stores::default();
        for (i, node) in case.storages.iter().enumerate() {
            if node.is_none() {
                stores.powers.push(None);
                stores.content.push(None);
                continue;
            }
            let storage = &case.network.storages[i];
            let mut limited = |low_kind, high_kind, low: f64, high: f64| {
                let variable = programme.variable(0.0);
                let name = |kind, bound: f64| Name {
                    element: Element::Storage(i),
                    kind,
                    step,
                    bound: bound * 1e-6,
                    unit: case.unit_mw(),
                };
                let terms: Terms = vec![(variable, 1.0)];
                programme.between(
                    &terms,
                    (case.unit(low), name(low_kind, low)),
                    (case.unit(high), name(high_kind, high)),
                );
                variable
            };
            let charge = limited(Kind::Charge, Kind::Charge, 0.0, storage.max_charge_w);
            let discharge = limited(Kind::Discharge, Kind::Discharge, 0.0, storage.max_discharge_w);
            let last = step + 1 == horizon.steps.len();
            let (low, high) = match horizon.end {
                End::AtLeastStart if last => (storage.stored_wh, storage.energy_wh),
                End::AsStart if last => (storage.stored_wh, storage.stored_wh),
                _ => (0.0, storage.energy_wh),
            };
            let (low_kind, high_kind) = match horizon.end {
                End::AtLeastStart if last => (Kind::End, Kind::Full),
                End::AsStart if last => (Kind::End, Kind::End),
                _ => (Kind::Empty, Kind::Full),
            };
            let content = limited(low_kind, high_kind, low, high);
            let mut terms = vec![
                (content, 1.0),
                (charge, -horizon.step_h * storage.charge_efficiency),
                (discharge, horizon.step_h / storage.discharge_efficiency),
            ];
            let start = match all.last().and_then(|before| before.content[i]) {
                Some(before) => {
                    terms.push((before, -1.0));
                    0.0
                }
                None => case.unit(storage.stored_wh),
            };
            programme.equal(terms, start);
            stores.powers.push(Some((charge, discharge)));
            stores.content.push(Some(content));
        }
        all.push(stores);
    }
    all
}

impl Stores {
    fn drawn_w(&self, case: &Case<'_>, optimum: &Optimum) -> Vec<f64> {
        let drawn = |powers: &StorageVariables| {
            powers.map_or(0.0, |(charge, discharge)| optimum.value(charge) - optimum.value(discharge))
        };
        self.powers.iter().map(|powers| drawn(powers) * case.circuit.base_va).collect()
    }

    fn content_wh(&self, case: &Case<'_>, optimum: &Optimum) -> Vec<f64> {
        let content = |content: &Option<Variable>| content.map_or(0.0, |content| optimum.value(content));
        self.content.iter().map(|at| content(at) * case.circuit.base_va).collect()
    }

    fn at_once_w(&self, case: &Case<'_>, optimum: &Optimum) -> f64 {
        let both = self
            .powers
            .iter()
            .flatten()
            .map(|&(charge, discharge)| optimum.value(charge).min(optimum.value(discharge)));
        both.fold(0.0, f64::max) * case.circuit.base_va
    }
}
