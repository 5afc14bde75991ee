//! The form other programs rely on.

use super::limits::{Violation, violations};
use super::method_name;
use crate::network::{BranchForm, Column, branch_columns, branches, named, numbers, texts, warnings};
use grid::electric::{Divergence, Method, Network, Reason, Solution};
use serde::Serialize;

/// A power flow that was found.
#[derive(Debug, Serialize)]
pub(super) struct FlowForm<'a> {
    pub(super) network: &'a str,
    pub(super) method: &'static str,
    pub(super) converged: bool,
    pub(super) iterations: usize,
    pub(super) mismatch_pu: f64,
    pub(super) losses_w: f64,
    pub(super) generation_w: f64,
    pub(super) lowest: Option<BusForm<'a>>,
    pub(super) highest: Option<BusForm<'a>>,
    pub(super) most_loaded: Option<LoadedForm>,
    pub(super) violations: Vec<Violation>,
    pub(super) dead_buses: Vec<&'a str>,
    pub(super) taps: Vec<TapForm>,
    pub(super) warnings: Vec<String>,
    pub(super) buses: Vec<BusForm<'a>>,
    pub(super) branches: Vec<BranchForm<'a>>,
    pub(super) generators: Vec<GeneratorForm<'a>>,
    pub(super) flow_ns: u64,
}

/// A bus; without a voltage where no source reaches it.
#[derive(Clone, Copy, Debug, Serialize)]
pub(super) struct BusForm<'a> {
    pub(super) bus: &'a str,
    pub(super) voltage_pu: Option<f64>,
    pub(super) angle_rad: Option<f64>,
}

#[derive(Clone, Debug, Serialize)]
pub(super) struct LoadedForm {
    pub(super) kind: &'static str,
    pub(super) name: String,
    pub(super) loading: f64,
}

#[derive(Debug, Serialize)]
pub(super) struct TapForm {
    pub(super) transformer: String,
    pub(super) position: i32,
}

#[derive(Clone, Copy, Debug, Serialize)]
pub(super) struct GeneratorForm<'a> {
    pub(super) name: &'a str,
    pub(super) bus: &'a str,
    pub(super) p_w: f64,
    pub(super) q_var: f64,
    pub(super) at_q_limit: bool,
}

impl<'a> FlowForm<'a> {
    pub(super) fn of(network: &'a Network, method: Method, solution: &'a Solution, flow_ns: u64) -> Self {
        let known = |value: f64| value.is_finite().then_some(value);
        let bus = |i: usize| BusForm {
            bus: &network.buses[i].name,
            voltage_pu: known(solution.voltage_pu[i]),
            angle_rad: known(solution.angle_rad[i]),
        };
        let alive = || (0..network.buses.len()).filter(|&i| solution.voltage_pu[i].is_finite());
        let by_voltage = |a: &usize, b: &usize| solution.voltage_pu[*a].total_cmp(&solution.voltage_pu[*b]);
        let branches = branches(network, &solution.lines, &solution.transformers, &solution.windings);
        let loaded = branches.iter().filter_map(|branch| Some((branch, branch.loading?)));
        let most_loaded = loaded.max_by(|a, b| a.1.total_cmp(&b.1)).map(|(branch, loading)| LoadedForm {
            kind: branch.element.kind(),
            name: branch.name.clone(),
            loading,
        });
        let generators = network.generators.iter().zip(&solution.generators);
        Self {
            network: &network.name,
            method: method_name(method),
            converged: true,
            iterations: solution.iterations,
            mismatch_pu: solution.mismatch_pu,
            losses_w: solution.losses_w,
            generation_w: solution.generators.iter().map(|flow| flow.p_w).filter(|p| p.is_finite()).sum(),
            lowest: alive().min_by(by_voltage).map(bus),
            highest: alive().max_by(by_voltage).map(bus),
            most_loaded,
            violations: violations(network, &solution.voltage_pu, &branches, &solution.generators),
            dead_buses: solution.dead_buses.iter().map(|&i| network.buses[i].name.as_str()).collect(),
            taps: solution
                .taps
                .iter()
                .map(|(element, position)| TapForm {
                    transformer: element.describe(network),
                    position: *position,
                })
                .collect(),
            warnings: warnings(network),
            buses: (0..network.buses.len()).map(bus).collect(),
            branches: branches.iter().map(BranchForm::of).collect(),
            generators: generators
                .map(|(generator, flow)| GeneratorForm {
                    name: &generator.name,
                    bus: &network.buses[generator.bus].name,
                    p_w: flow.p_w,
                    q_var: flow.q_var,
                    at_q_limit: flow.at_q_limit,
                })
                .collect(),
            flow_ns,
        }
    }

    /// Buses, branches and generators as columns of the fields' names.
    pub(super) fn tables(&self) -> Vec<(&'static str, Vec<(String, Column)>)> {
        vec![
            ("buses", buses_table(&self.buses)),
            ("branches", branch_columns(&self.branches)),
            ("generators", generators_table(&self.generators)),
        ]
    }
}

fn buses_table(rows: &[BusForm<'_>]) -> Vec<(String, Column)> {
    named([
        ("bus", texts(rows, |row| row.bus)),
        ("voltage_pu", numbers(rows, |row| row.voltage_pu.unwrap_or(f64::NAN))),
        ("angle_rad", numbers(rows, |row| row.angle_rad.unwrap_or(f64::NAN))),
    ])
}

fn generators_table(rows: &[GeneratorForm<'_>]) -> Vec<(String, Column)> {
    named([
        ("name", texts(rows, |row| row.name)),
        ("bus", texts(rows, |row| row.bus)),
        ("p_w", numbers(rows, |row| row.p_w)),
        ("q_var", numbers(rows, |row| row.q_var)),
        ("at_q_limit", Column::Flag(rows.iter().map(|row| row.at_q_limit).collect())),
    ])
}

/// A power flow that was not found.
#[derive(Debug, Serialize)]
pub(super) struct DivergedForm<'a> {
    pub(super) network: &'a str,
    pub(super) method: &'static str,
    pub(super) converged: bool,
    pub(super) iterations: usize,
    pub(super) mismatch_pu: Option<f64>,
    pub(super) worst_bus: &'a str,
    pub(super) reason: &'static str,
    pub(super) why: String,
    pub(super) remedy: String,
}

impl<'a> DivergedForm<'a> {
    pub(super) fn of(network: &'a Network, method: Method, divergence: &Divergence) -> Self {
        let worst_bus = network.buses.get(divergence.worst_bus).map_or("", |bus| bus.name.as_str());
        let (reason, why, remedy) = match divergence.reason {
            Reason::IterationLimit => (
                "iteration_limit",
                "the iterations ended before the balances held; often the load is more than the network can carry",
                "lower the loads behind that bus, or hold its voltage with a generator or a tap",
            ),
            Reason::Singular => (
                "singular",
                "the voltage collapses: no voltage carries this load",
                "lower the loads behind that bus, or strengthen what feeds it",
            ),
            Reason::NotFinite => (
                "not_finite",
                "the voltages ran away from any solution",
                "check the impedances and loads around that bus: a value may be in the wrong unit",
            ),
            Reason::NotRadial => (
                "not_radial",
                "this method wants a radial network, and this one has a mesh there",
                "choose --method newton or dc, or open the mesh",
            ),
            Reason::Cycling => (
                "cycling",
                "reactive limits or taps went back and forth",
                "calculate without --q-limits and --taps, and see which of the two it is",
            ),
        };
        Self {
            network: &network.name,
            method: method_name(method),
            converged: false,
            iterations: divergence.iterations,
            mismatch_pu: divergence.mismatch_pu.is_finite().then_some(divergence.mismatch_pu),
            worst_bus,
            reason,
            why: why.to_owned(),
            remedy: remedy.to_owned(),
        }
    }
}
