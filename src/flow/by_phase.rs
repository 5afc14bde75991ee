//! `wattle flow --unbalanced`: every phase by itself.

use super::words;
use crate::cli::FlowOptions;
use crate::failure::Failure;
use crate::network::{
    self, Column, SHOWN, Watts, fixed, inventory, line, list, named, numbers, percent, rest, texts, warnings,
    write_columns,
};
use crate::output::{json, make_folder, print, print_json, write_file};
use crate::table::{Align, Table};
use grid::electric::unbalanced::{Divergence, Flow, Outcome, Settings, Solution, power_flow};
use grid::electric::{BranchFlow, Network};
use grid::picture::{Picture, Shade};
use serde::Serialize;
use std::path::Path;

const PHASES: [&str; 3] = ["a", "b", "c"];

/// The form other programs rely on.
#[derive(Debug, Serialize)]
struct PhasesForm<'a> {
    network: &'a str,
    method: &'static str,
    converged: bool,
    iterations: usize,
    step_pu: f64,
    losses_w: f64,
    lowest: Option<PhaseForm<'a>>,
    highest: Option<PhaseForm<'a>>,
    most_unbalanced: Option<UnbalanceForm<'a>>,
    most_loaded: Option<LoadedForm<'a>>,
    dead_buses: Vec<&'a str>,
    assumed: &'a [String],
    warnings: Vec<String>,
    buses: Vec<BusForm<'a>>,
    branches: Vec<BranchForm<'a>>,
    flow_ns: u64,
}

#[derive(Clone, Copy, Debug, Serialize)]
struct PhaseForm<'a> {
    bus: &'a str,
    phase: &'static str,
    voltage_pu: f64,
}

/// Negative over positive sequence.
#[derive(Clone, Copy, Debug, Serialize)]
struct UnbalanceForm<'a> {
    bus: &'a str,
    unbalance: f64,
}

#[derive(Clone, Copy, Debug, Serialize)]
struct LoadedForm<'a> {
    kind: &'static str,
    name: &'a str,
    loading: f64,
}

#[derive(Clone, Copy, Debug, Serialize)]
struct BusForm<'a> {
    bus: &'a str,
    a_pu: Option<f64>,
    b_pu: Option<f64>,
    c_pu: Option<f64>,
    unbalance: Option<f64>,
}

/// Currents at the from end; `neutral_a` flows back through neutral and earth.
#[derive(Clone, Copy, Debug, Serialize)]
struct BranchForm<'a> {
    kind: &'static str,
    name: &'a str,
    from: &'a str,
    to: &'a str,
    a_a: f64,
    b_a: f64,
    c_a: f64,
    neutral_a: f64,
    losses_w: f64,
    loading: f64,
}

/// No solution.
#[derive(Debug, Serialize)]
struct DivergedForm<'a> {
    network: &'a str,
    method: &'static str,
    converged: bool,
    iterations: usize,
    worst_bus: &'a str,
    worst_phase: &'static str,
    why: &'a str,
}

/// Calculates every phase and shows what came out.
pub(super) fn flow(options: &FlowOptions, network: &Network) -> Result<(), Failure> {
    let settings = Settings { tolerance_pu: options.tolerance.min(1e-8), ..Settings::default() };
    #[expect(clippy::disallowed_methods, reason = "the application measures how long a calculation took")]
    let start = std::time::Instant::now();
    let outcome = power_flow(network, &settings);
    let flow_ns = start.elapsed().as_nanos() as u64;
    let outcome = outcome.map_err(|error| network::invalid(&options.network, network, &error))?;
    let solution = match outcome {
        Outcome::Converged(solution) => solution,
        Outcome::Diverged(divergence) => {
            diverged(options, network, &divergence)?;
            return Err(Failure::Negative);
        }
    };
    let form = form(network, &solution, flow_ns);
    if let Some(folder) = &options.out {
        write(folder, network, &solution, &form)?;
    }
    if options.json { print_json(&form) } else { print(&text(options, network, &form)) }
}

fn diverged(options: &FlowOptions, network: &Network, divergence: &Divergence) -> Result<(), Failure> {
    let form = DivergedForm {
        network: &network.name,
        method: "unbalanced",
        converged: false,
        iterations: divergence.iterations,
        worst_bus: network.buses.get(divergence.worst_bus).map_or("", |bus| bus.name.as_str()),
        worst_phase: PHASES[divergence.worst_phase as usize],
        why: &divergence.message,
    };
    if options.json {
        return print_json(&form);
    }
    let mut text = format!("{}: {}\n\n", form.network, inventory(network));
    text += &line("method", &format!("unbalanced: no solution found in {} iterations", form.iterations));
    text += &line("why", form.why);
    print(&text)
}

fn form<'a>(network: &'a Network, solution: &'a Solution, flow_ns: u64) -> PhasesForm<'a> {
    let bus = |i: usize| network.buses[i].name.as_str();
    let known = |value: f64| value.is_finite().then_some(value);
    let mut phases = Vec::new();
    for (i, voltages) in solution.voltage_pu.iter().enumerate() {
        for (phase, v) in PHASES.into_iter().zip(voltages) {
            if v.norm().is_finite() {
                phases.push(PhaseForm { bus: bus(i), phase, voltage_pu: v.norm() });
            }
        }
    }
    let by_voltage = |a: &&PhaseForm<'_>, b: &&PhaseForm<'_>| a.voltage_pu.total_cmp(&b.voltage_pu);
    let count = solution.voltage_pu.len();
    let unbalance = |i: usize| known(solution.unbalance(i));
    let unbalances =
        (0..count).filter_map(|i| unbalance(i).map(|unbalance| UnbalanceForm { bus: bus(i), unbalance }));
    let form = |kind, name, from: usize, to: usize, flow: &Flow| BranchForm {
        kind,
        name,
        from: bus(from),
        to: bus(to),
        a_a: flow.from_a[0].norm(),
        b_a: flow.from_a[1].norm(),
        c_a: flow.from_a[2].norm(),
        neutral_a: flow.neutral_a().norm(),
        losses_w: flow.losses_w(),
        loading: flow.loading,
    };
    let lines = network.lines.iter().zip(&solution.lines);
    let lines = lines.map(|(line, flow)| form("line", line.name.as_str(), line.from, line.to, flow));
    let transformers = network.transformers.iter().zip(&solution.transformers);
    let transformers =
        transformers.map(|(of, flow)| form("transformer", of.name.as_str(), of.from, of.to, flow));
    let branches: Vec<BranchForm<'_>> = lines.chain(transformers).collect();
    let most = branches.iter().filter(|branch| branch.loading > 0.0);
    let most = most.max_by(|a, b| a.loading.total_cmp(&b.loading));
    PhasesForm {
        network: &network.name,
        method: "unbalanced",
        converged: true,
        iterations: solution.iterations,
        step_pu: solution.step_pu,
        losses_w: solution.losses_w,
        lowest: phases.iter().min_by(by_voltage).copied(),
        highest: phases.iter().max_by(by_voltage).copied(),
        most_unbalanced: unbalances.max_by(|a, b| a.unbalance.total_cmp(&b.unbalance)),
        most_loaded: most.map(|&BranchForm { kind, name, loading, .. }| LoadedForm { kind, name, loading }),
        dead_buses: solution.dead_buses.iter().map(|&i| bus(i)).collect(),
        assumed: &solution.assumed,
        warnings: warnings(network),
        buses: (0..count)
            .map(|i| {
                let [a_pu, b_pu, c_pu] = solution.voltage_pu[i].map(|v| known(v.norm()));
                BusForm { bus: bus(i), a_pu, b_pu, c_pu, unbalance: unbalance(i) }
            })
            .collect(),
        branches,
        flow_ns,
    }
}

/// Everything as files.
fn write(
    folder: &Path,
    network: &Network,
    solution: &Solution,
    form: &PhasesForm<'_>,
) -> Result<(), Failure> {
    make_folder(folder)?;
    write_file(&folder.join("flow.json"), &(json(form) + "\n"))?;
    let number = |value: Option<f64>| value.unwrap_or(f64::NAN);
    let (buses, branches) = (&form.buses, &form.branches);
    let columns: [(&str, Column); 5] = [
        ("bus", texts(buses, |row| row.bus)),
        ("a_pu", numbers(buses, |row| number(row.a_pu))),
        ("b_pu", numbers(buses, |row| number(row.b_pu))),
        ("c_pu", numbers(buses, |row| number(row.c_pu))),
        ("unbalance", numbers(buses, |row| number(row.unbalance))),
    ];
    write_columns(folder, "buses", &named(columns))?;
    let columns: [(&str, Column); 10] = [
        ("kind", texts(branches, |row| row.kind)),
        ("name", texts(branches, |row| row.name)),
        ("from", texts(branches, |row| row.from)),
        ("to", texts(branches, |row| row.to)),
        ("a_a", numbers(branches, |row| row.a_a)),
        ("b_a", numbers(branches, |row| row.b_a)),
        ("c_a", numbers(branches, |row| row.c_a)),
        ("neutral_a", numbers(branches, |row| row.neutral_a)),
        ("losses_w", numbers(branches, |row| row.losses_w)),
        ("loading", numbers(branches, |row| row.loading)),
    ];
    write_columns(folder, "branches", &named(columns))?;
    // A bus has the colour of the phase farthest from 1.
    let worst = solution.voltage_pu.iter().map(|voltages| {
        let magnitudes = voltages.map(|v| v.norm()).into_iter().filter(|v| v.is_finite());
        magnitudes.fold(f64::NAN, |worst, v| if (v - 1.0).abs() <= (worst - 1.0).abs() { worst } else { v })
    });
    let worst: Vec<f64> = worst.collect();
    let total = |flow: &Flow| BranchFlow {
        from_p_w: flow.from_va.iter().map(|power| power.re).sum(),
        to_p_w: flow.to_va.iter().map(|power| power.re).sum(),
        from_a: flow.from_a.iter().map(|current| current.norm()).fold(0.0, f64::max),
        to_a: flow.to_a.iter().map(|current| current.norm()).fold(0.0, f64::max),
        loading: flow.loading,
        ..BranchFlow::NONE
    };
    let picture = Picture {
        network,
        title: &format!("{}: each bus's worst phase", network.name),
        note: &note(form),
        shade: Shade::Voltage,
        values: &worst,
        voltage_pu: &worst,
        lines: &solution.lines.iter().map(total).collect::<Vec<_>>(),
        transformers: &solution.transformers.iter().map(total).collect::<Vec<_>>(),
        windings: &vec![[BranchFlow::NONE; 3]; network.three_winding_transformers.len()],
    };
    write_file(&folder.join("network.svg"), &picture.svg())
}

fn note(form: &PhasesForm<'_>) -> String {
    let end = |of: &Option<PhaseForm<'_>>| {
        of.map_or_else(String::new, |of| format!("{} ({}, {})", fixed(of.voltage_pu, 4), of.bus, of.phase))
    };
    format!("voltage {} to {} per unit", end(&form.lowest), end(&form.highest))
}

fn text(options: &FlowOptions, network: &Network, form: &PhasesForm<'_>) -> String {
    let mut text = format!("{}: {}\n\n", form.network, inventory(network));
    let (iterations, step) = (form.iterations, form.step_pu);
    text += &line("method", &format!("unbalanced: {iterations} iterations, last step {step:.1e} per unit"));
    text += &line("losses", &Watts::for_largest(form.losses_w).words(form.losses_w));
    for (name, of) in [("lowest", &form.lowest), ("highest", &form.highest)] {
        if let Some(PhaseForm { bus, phase, voltage_pu }) = of {
            let words = format!("{} per unit, phase {phase} of bus \"{bus}\"", fixed(*voltage_pu, 4));
            text += &line(name, &words);
        }
    }
    if let Some(UnbalanceForm { bus, unbalance }) = form.most_unbalanced {
        let words = format!(
            "at most {} % (negative over positive sequence), bus \"{bus}\"",
            percent(Some(unbalance))
        );
        text += &line("unbalance", &words);
    }
    if let Some(LoadedForm { kind, name, loading }) = form.most_loaded {
        text += &line("loading", &format!("at most {} %, {kind} \"{name}\"", percent(Some(loading))));
    }
    text += &list("dead", &form.dead_buses, "no source reaches bus");
    for (number, assumed) in form.assumed.iter().take(SHOWN).enumerate() {
        text += &line(if number == 0 { "assumed" } else { "" }, assumed);
    }
    text += &words::warned(&form.warnings);
    let shown = if options.all { usize::MAX } else { SHOWN };
    text += "\n";
    text += &buses(&form.buses, shown);
    text += "\n";
    text += &branches(&form.branches, shown);
    if let Some(folder) = &options.out {
        text += &format!("\n  results and the picture network.svg: {}\n", folder.display());
    }
    text
}

/// Buses, the most unbalanced first unless all are shown.
fn buses(rows: &[BusForm<'_>], shown: usize) -> String {
    let right = Align::Right;
    let heading = [
        ("bus", Align::Left),
        ("a p.u.", right),
        ("b p.u.", right),
        ("c p.u.", right),
        ("unbalance %", right),
    ];
    let mut table = Table::new(&heading);
    let mut order: Vec<&BusForm<'_>> = rows.iter().collect();
    if rows.len() > shown {
        let key = |row: &BusForm<'_>| row.unbalance.unwrap_or(-1.0);
        order.sort_by(|a, b| key(b).total_cmp(&key(a)));
    }
    for row in order.into_iter().take(shown) {
        let phase = |value: Option<f64>| fixed(value.unwrap_or(f64::NAN), 4);
        let unbalance = fixed(row.unbalance.unwrap_or(f64::NAN) * 100.0, 2);
        table.row([row.bus.to_owned(), phase(row.a_pu), phase(row.b_pu), phase(row.c_pu), unbalance]);
    }
    table.render() + &rest(rows.len(), shown, "buses")
}

/// Branches, those loaded most first unless all are shown.
fn branches(rows: &[BranchForm<'_>], shown: usize) -> String {
    let right = Align::Right;
    let mut table = Table::new(&[
        ("branch", Align::Left),
        ("A in a", right),
        ("A in b", right),
        ("A in c", right),
        ("A in neutral", right),
        ("loading %", right),
    ]);
    let mut order: Vec<&BranchForm<'_>> = rows.iter().collect();
    if rows.len() > shown {
        order.sort_by(|a, b| b.loading.total_cmp(&a.loading));
    }
    for row in order.into_iter().take(shown) {
        let currents = [row.a_a, row.b_a, row.c_a, row.neutral_a].map(|ampere| fixed(ampere, 1));
        let loading = percent((row.loading > 0.0).then_some(row.loading));
        let [a, b, c, neutral] = currents;
        table.row([row.name.to_owned(), a, b, c, neutral, loading]);
    }
    table.render() + &rest(rows.len(), shown, "branches")
}
