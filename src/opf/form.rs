//! The forms other programs rely on.

use super::model_name;
use crate::network::{
    BranchForm, Column, branch_columns, branches, name_of, named, numbers, texts, warnings,
};
use grid::electric::Network;
use grid::opf::{Infeasible, Limit, Model, Solution, Step};
use serde::Serialize;

/// Gaps of a relaxation up to this are a solver's accuracy, per unit.
const TIGHT: f64 = 1e-4;

/// An optimum.
#[derive(Debug, Serialize)]
pub(super) struct OptimalForm<'a> {
    pub(super) network: &'a str,
    pub(super) model: &'static str,
    pub(super) outcome: &'static str,
    pub(super) cost: f64,
    pub(super) iterations: usize,
    pub(super) generation_w: f64,
    pub(super) losses_w: f64,
    /// Of a relaxation only.
    pub(super) relaxation_gap_pu: Option<f64>,
    pub(super) tight: Option<bool>,
    pub(super) lowest_price: Option<PriceForm<'a>>,
    pub(super) highest_price: Option<PriceForm<'a>>,
    pub(super) binding: Vec<BindingForm<'a>>,
    pub(super) warnings: Vec<String>,
    pub(super) buses: Vec<BusForm<'a>>,
    pub(super) branches: Vec<BranchForm<'a>>,
    pub(super) generators: Vec<GeneratorForm<'a>>,
    pub(super) opf_ns: u64,
}

#[derive(Clone, Copy, Debug, Serialize)]
pub(super) struct PriceForm<'a> {
    pub(super) bus: &'a str,
    pub(super) price_p: f64,
}

/// A limit that binds; its price is what one more unit of it would save per hour.
#[derive(Clone, Copy, Debug, Serialize)]
pub(super) struct BindingForm<'a> {
    pub(super) kind: &'static str,
    pub(super) name: &'a str,
    pub(super) limit: &'static str,
    pub(super) price: f64,
}

#[derive(Clone, Copy, Debug, Serialize)]
pub(super) struct BusForm<'a> {
    pub(super) bus: &'a str,
    pub(super) voltage_pu: Option<f64>,
    pub(super) angle_rad: Option<f64>,
    pub(super) price_p: Option<f64>,
    pub(super) price_q: Option<f64>,
}

#[derive(Clone, Copy, Debug, Serialize)]
pub(super) struct GeneratorForm<'a> {
    pub(super) name: &'a str,
    pub(super) bus: &'a str,
    pub(super) p_w: f64,
    pub(super) q_var: f64,
    /// Per hour.
    pub(super) cost: f64,
    /// `min` or `max` where its active power is at that limit.
    pub(super) at_limit: Option<&'static str>,
}

impl<'a> OptimalForm<'a> {
    pub(super) fn of(network: &'a Network, model: Model, solution: &'a Solution, opf_ns: u64) -> Self {
        let name = |bus: usize| network.buses[bus].name.as_str();
        let known = |value: f64| value.is_finite().then_some(value);
        let priced = || (0..network.buses.len()).filter(|&i| solution.price_p[i].is_finite());
        let by_price = |a: &usize, b: &usize| solution.price_p[*a].total_cmp(&solution.price_p[*b]);
        let price = |i: usize| PriceForm { bus: name(i), price_p: solution.price_p[i] };
        let branches = branches(network, &solution.lines, &solution.transformers, &solution.windings);
        let powers = solution.p_w.iter().zip(&solution.q_var);
        let generators = network.generators.iter().zip(powers).map(|(generator, (&p_w, &q_var))| {
            // Within a ten-thousandth of the range it is at the limit: solvers stop just inside.
            let range = (generator.max_p_w - generator.min_p_w).abs().min(1e12);
            let at = |limit: f64| (p_w - limit).abs() <= 1e-4 * range.max(1.0);
            let at_limit = match () {
                () if !generator.in_service || !generator.dispatchable => None,
                () if at(generator.max_p_w) => Some("max"),
                () if at(generator.min_p_w) => Some("min"),
                () => None,
            };
            let cost = if generator.in_service { generator.cost.at(p_w / 1e6) } else { 0.0 };
            GeneratorForm { name: &generator.name, bus: name(generator.bus), p_w, q_var, cost, at_limit }
        });
        let is_relaxation = model == Model::Soc;
        let binding = solution.binding.iter().map(|binding| BindingForm {
            kind: binding.element.kind(),
            name: name_of(network, binding.element),
            limit: limit_name(binding.limit),
            price: binding.price,
        });
        let flows = branches.iter().map(|branch| branch.flow.from_p_w + branch.flow.to_p_w);
        Self {
            network: &network.name,
            model: model_name(model),
            outcome: "optimal",
            cost: solution.cost,
            iterations: solution.iterations,
            generation_w: solution.p_w.iter().filter(|p| p.is_finite()).sum(),
            losses_w: flows.filter(|losses| losses.is_finite()).sum(),
            relaxation_gap_pu: is_relaxation.then_some(solution.relaxation_gap_pu),
            tight: is_relaxation.then(|| solution.is_tight(TIGHT)),
            lowest_price: priced().min_by(by_price).map(price),
            highest_price: priced().max_by(by_price).map(price),
            binding: binding.collect(),
            warnings: warnings(network),
            buses: (0..network.buses.len())
                .map(|i| BusForm {
                    bus: name(i),
                    voltage_pu: known(solution.voltage_pu[i]),
                    angle_rad: known(solution.angle_rad[i]),
                    price_p: known(solution.price_p[i]),
                    price_q: known(solution.price_q[i]),
                })
                .collect(),
            branches: branches.iter().map(BranchForm::of).collect(),
            generators: generators.collect(),
            opf_ns,
        }
    }

    /// Buses, branches, generators and binding limits as columns of the fields' names.
    pub(super) fn tables(&self) -> Vec<(&'static str, Vec<(String, Column)>)> {
        let number = |value: Option<f64>| value.unwrap_or(f64::NAN);
        let (buses, generators, binding) = (&self.buses, &self.generators, &self.binding);
        vec![
            (
                "buses",
                named([
                    ("bus", texts(buses, |row| row.bus)),
                    ("voltage_pu", numbers(buses, |row| number(row.voltage_pu))),
                    ("angle_rad", numbers(buses, |row| number(row.angle_rad))),
                    ("price_p", numbers(buses, |row| number(row.price_p))),
                    ("price_q", numbers(buses, |row| number(row.price_q))),
                ]),
            ),
            ("branches", branch_columns(&self.branches)),
            (
                "generators",
                named([
                    ("name", texts(generators, |row| row.name)),
                    ("bus", texts(generators, |row| row.bus)),
                    ("p_w", numbers(generators, |row| row.p_w)),
                    ("q_var", numbers(generators, |row| row.q_var)),
                    ("cost", numbers(generators, |row| row.cost)),
                    ("at_limit", texts(generators, |row| row.at_limit.unwrap_or_default())),
                ]),
            ),
            (
                "binding",
                named([
                    ("kind", texts(binding, |row| row.kind)),
                    ("name", texts(binding, |row| row.name)),
                    ("limit", texts(binding, |row| row.limit)),
                    ("price", numbers(binding, |row| row.price)),
                ]),
            ),
        ]
    }
}

fn limit_name(limit: Limit) -> &'static str {
    match limit {
        Limit::FromPower => "from_power",
        Limit::ToPower => "to_power",
        Limit::MinVoltage => "min_voltage",
        Limit::MaxVoltage => "max_voltage",
        Limit::MinAngle => "min_angle",
        Limit::MaxAngle => "max_angle",
    }
}

/// Limits that clash.
#[derive(Debug, Serialize)]
pub(super) struct InfeasibleForm<'a> {
    pub(super) network: &'a str,
    pub(super) model: &'static str,
    pub(super) outcome: &'static str,
    pub(super) clashes: Vec<ClashForm<'a>>,
}

#[derive(Clone, Copy, Debug, Serialize)]
pub(super) struct ClashForm<'a> {
    pub(super) kind: &'static str,
    pub(super) name: &'a str,
    pub(super) message: &'a str,
}

impl<'a> InfeasibleForm<'a> {
    pub(super) fn of(network: &'a Network, model: Model, infeasible: &'a Infeasible) -> Self {
        let clashes = infeasible.clashes.iter().map(|clash| ClashForm {
            kind: clash.element.kind(),
            name: name_of(network, clash.element),
            message: &clash.message,
        });
        Self {
            network: &network.name,
            model: model_name(model),
            outcome: "infeasible",
            clashes: clashes.collect(),
        }
    }
}

/// Iterations that ended before an optimum.
#[derive(Debug, Serialize)]
pub(super) struct NotConvergedForm<'a> {
    pub(super) network: &'a str,
    pub(super) model: &'static str,
    pub(super) outcome: &'static str,
    pub(super) trace: Vec<StepForm>,
}

#[derive(Clone, Copy, Debug, Serialize)]
pub(super) struct StepForm {
    pub(super) infeasibility: f64,
    pub(super) gradient: f64,
    pub(super) complementarity: f64,
    pub(super) cost: f64,
}

impl<'a> NotConvergedForm<'a> {
    pub(super) fn of(network: &'a Network, model: Model, trace: &[Step]) -> Self {
        let step = |step: &Step| {
            let Step { infeasibility, gradient, complementarity, cost } = *step;
            StepForm { infeasibility, gradient, complementarity, cost }
        };
        Self {
            network: &network.name,
            model: model_name(model),
            outcome: "not_converged",
            trace: trace.iter().map(step).collect(),
        }
    }
}
