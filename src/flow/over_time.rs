//! The power flows of a series: what was worst and when, and a table of all steps.

use super::series::TimedSeries;
use super::{method_name, words};
use crate::cli::FlowOptions;
use crate::failure::Failure;
use crate::network::{self, Column, SHOWN, Watts, fixed, inventory, line, named, percent, warnings};
use crate::output::{json, make_folder, print, print_json, write_file};
use grid::electric::batch::{self, Batch, Chunk, Peak, Step, Summary};
use grid::electric::{BranchFlow, Element, Network};
use grid::picture::{Picture, Shade};
use serde::Serialize;
use std::path::Path;

/// The form other programs rely on.
#[derive(Debug, Serialize)]
struct SeriesForm<'a> {
    network: &'a str,
    method: &'static str,
    steps: usize,
    step_s: f64,
    solved: usize,
    failed: Vec<FailedForm<'a>>,
    iterations: usize,
    lowest_voltage: Option<PeakForm<'a>>,
    highest_voltage: Option<PeakForm<'a>>,
    highest_loading: Option<PeakForm<'a>>,
    source_peak: Option<SourceForm<'a>>,
    source_low: Option<SourceForm<'a>>,
    losses_wh: f64,
    source_wh: f64,
    undervoltage_hours: f64,
    overvoltage_hours: f64,
    overload_hours: f64,
    idle: Vec<String>,
    warnings: Vec<String>,
    flow_ns: u64,
}

/// A step without a solution.
#[derive(Debug, Serialize)]
struct FailedForm<'a> {
    t: &'a str,
    why: String,
}

/// An extreme value: per unit, or a loading of which 1 is full.
#[derive(Debug, Serialize)]
struct PeakForm<'a> {
    t: &'a str,
    kind: &'static str,
    name: &'a str,
    value: f64,
}

#[derive(Debug, Serialize)]
struct SourceForm<'a> {
    t: &'a str,
    p_w: f64,
}

/// Every step's figures, and the worst of every bus and branch.
struct Kept {
    steps: Vec<Result<Step, batch::Failure>>,
    /// Of each bus, the voltage farthest from 1.
    voltage_pu: Vec<f64>,
    /// Of each branch of the batch, the highest loading.
    loading: Vec<f64>,
    /// All voltages and loadings, by column, where they are to be written.
    voltages: Vec<Vec<f64>>,
    loadings: Vec<Vec<f64>>,
}

impl Kept {
    fn add(&mut self, chunk: &Chunk, all: bool) {
        self.steps.extend(chunk.steps.iter().cloned());
        let (buses, branches) = (self.voltage_pu.len(), self.loading.len());
        for row in chunk.voltage_pu.chunks(buses.max(1)) {
            for (bus, &v) in row.iter().enumerate() {
                let worst = &mut self.voltage_pu[bus];
                if worst.is_nan() || (v - 1.0).abs() > (*worst - 1.0).abs() {
                    *worst = v;
                }
                if all {
                    self.voltages[bus].push(v);
                }
            }
        }
        for row in chunk.loading.chunks(branches.max(1)) {
            for (branch, &loading) in row.iter().enumerate() {
                self.loading[branch] = self.loading[branch].max(loading);
                if all {
                    self.loadings[branch].push(loading);
                }
            }
        }
    }
}

/// Calculates all steps and shows what came out; steps without a solution are the answer "no".
pub(super) fn flow(options: &FlowOptions, network: &Network, timed: &TimedSeries) -> Result<(), Failure> {
    let settings = batch::Settings {
        method: options.method,
        tolerance_pu: options.tolerance,
        ..batch::Settings::default()
    };
    #[expect(clippy::disallowed_methods, reason = "the application measures how long a calculation took")]
    let start = std::time::Instant::now();
    let batch = Batch::new(network, &timed.series, &settings).map_err(|error| match error {
        batch::Error::Network(error) => network::invalid(&options.network, network, &error),
        error => Failure::input(options.network.display(), error.to_string()),
    })?;
    let all = options.out.is_some();
    let mut summary = Summary::new(&batch);
    let mut kept = Kept {
        steps: Vec::with_capacity(batch.steps()),
        voltage_pu: vec![f64::NAN; batch.buses()],
        loading: vec![0.0; batch.branches().len()],
        voltages: vec![Vec::new(); batch.buses()],
        loadings: vec![Vec::new(); batch.branches().len()],
    };
    batch.run(|chunk| {
        summary.add(chunk);
        kept.add(chunk, all);
    });
    let flow_ns = start.elapsed().as_nanos() as u64;
    let form = form(network, timed, &batch, &summary, flow_ns);
    if let Some(folder) = &options.out {
        write(folder, network, timed, &batch, &mut kept, &form)?;
    }
    if options.json {
        print_json(&form)?;
    } else {
        print(&text(options, network, &form))?;
    }
    if form.failed.is_empty() { Ok(()) } else { Err(Failure::Negative) }
}

fn form<'a>(
    network: &'a Network,
    timed: &'a TimedSeries,
    batch: &Batch<'_>,
    summary: &Summary,
    flow_ns: u64,
) -> SeriesForm<'a> {
    let t = |step: usize| timed.times[step].as_str();
    let peak = |peak: Peak| PeakForm {
        t: t(peak.step),
        kind: peak.element.kind(),
        name: network::name_of(network, peak.element),
        value: peak.value,
    };
    let source = |(step, p_w): (usize, f64)| SourceForm { t: t(step), p_w };
    SeriesForm {
        network: &network.name,
        method: method_name(batch.method()),
        steps: batch.steps(),
        step_s: batch.step_hours() * 3_600.0,
        solved: summary.solved,
        failed: summary
            .failures
            .iter()
            .map(|(step, failure)| FailedForm { t: t(*step), why: why(network, timed, failure) })
            .collect(),
        iterations: summary.iterations,
        lowest_voltage: summary.lowest_voltage.map(peak),
        highest_voltage: summary.highest_voltage.map(peak),
        highest_loading: summary.highest_loading.map(peak),
        source_peak: summary.source_peak_w.map(source),
        source_low: summary.source_low_w.map(source),
        losses_wh: summary.losses_wh,
        source_wh: summary.source_wh,
        undervoltage_hours: summary.undervoltage_hours,
        overvoltage_hours: summary.overvoltage_hours,
        overload_hours: summary.overload_hours,
        idle: batch.idle().iter().map(|element| element.describe(network)).collect(),
        warnings: warnings(network),
        flow_ns,
    }
}

/// Why a step has no solution.
fn why(network: &Network, timed: &TimedSeries, failure: &batch::Failure) -> String {
    match failure {
        batch::Failure::Input { profile } => {
            let name = timed.series.profiles.get(*profile).map_or("?", |profile| profile.name.as_str());
            format!("column {name} has no number: fill it in")
        }
        batch::Failure::Diverged(divergence) => divergence.describe(network),
    }
}

/// Everything as files.
fn write(
    folder: &Path,
    network: &Network,
    timed: &TimedSeries,
    batch: &Batch<'_>,
    kept: &mut Kept,
    form: &SeriesForm<'_>,
) -> Result<(), Failure> {
    make_folder(folder)?;
    write_file(&folder.join("flow.json"), &(json(form) + "\n"))?;
    network::write_columns(folder, "steps", &steps(network, timed, kept))?;
    let t = || ("t".to_owned(), Column::Text(timed.times.clone()));
    let mut columns = vec![t()];
    for (bus, values) in network.buses.iter().zip(std::mem::take(&mut kept.voltages)) {
        columns.push((bus.name.clone(), Column::Number(values)));
    }
    network::write_parquet(folder, "voltages", &columns)?;
    let mut columns = vec![t()];
    for (element, values) in batch.branches().iter().zip(std::mem::take(&mut kept.loadings)) {
        let winding =
            if let Element::Winding(_, w) = element { format!(" ({})", w + 1) } else { String::new() };
        let name = format!("{} {}{winding}", element.kind(), network::name_of(network, *element));
        columns.push((name, Column::Number(values)));
    }
    network::write_parquet(folder, "loadings", &columns)?;
    write_file(&folder.join("network.svg"), &picture(network, batch, kept, form))
}

/// Every step on a line.
fn steps(network: &Network, timed: &TimedSeries, kept: &Kept) -> Vec<(String, Column)> {
    let number = |of: &dyn Fn(&Step) -> f64| {
        Column::Number(kept.steps.iter().map(|step| step.as_ref().map_or(f64::NAN, of)).collect())
    };
    let text = |of: &dyn Fn(&Step) -> Option<Element>| {
        let name = |step: &Result<Step, batch::Failure>| {
            let element = step.as_ref().ok().and_then(of);
            element.map_or_else(String::new, |element| network::name_of(network, element).to_owned())
        };
        Column::Text(kept.steps.iter().map(name).collect())
    };
    let count = |of: &dyn Fn(&Step) -> usize| {
        let counts = kept.steps.iter().map(|step| step.as_ref().map_or(0, of));
        Column::Integer(counts.map(|count| i64::try_from(count).unwrap_or(i64::MAX)).collect())
    };
    let whys = kept.steps.iter().map(|step| step.as_ref().err());
    let whys = whys.map(|failure| failure.map_or_else(String::new, |failure| why(network, timed, failure)));
    named([
        ("t", Column::Text(timed.times.clone())),
        ("converged", Column::Flag(kept.steps.iter().map(Result::is_ok).collect())),
        ("iterations", count(&|step| step.iterations)),
        ("mismatch_pu", number(&|step| step.mismatch_pu)),
        ("lowest_voltage_pu", number(&|step| step.lowest_voltage.value)),
        ("lowest_bus", text(&|step| Some(step.lowest_voltage.element))),
        ("highest_voltage_pu", number(&|step| step.highest_voltage.value)),
        ("highest_bus", text(&|step| Some(step.highest_voltage.element))),
        ("highest_loading", number(&|step| step.highest_loading.map_or(f64::NAN, |loading| loading.value))),
        ("loaded_branch", text(&|step| step.highest_loading.map(|loading| loading.element))),
        ("losses_w", number(&|step| step.losses_w)),
        ("source_p_w", number(&|step| step.source_p_w)),
        ("source_q_var", number(&|step| step.source_q_var)),
        ("undervoltages", count(&|step| step.undervoltages)),
        ("overvoltages", count(&|step| step.overvoltages)),
        ("overloads", count(&|step| step.overloads)),
        ("why", Column::Text(whys.collect())),
    ])
}

/// The worst of all steps.
fn picture(network: &Network, batch: &Batch<'_>, kept: &Kept, form: &SeriesForm<'_>) -> String {
    // Of a branch only its highest loading is known, at whatever step that was.
    let unknown = BranchFlow { from_p_w: f64::NAN, to_p_w: f64::NAN, ..BranchFlow::NONE };
    let mut lines = vec![unknown; network.lines.len()];
    let mut transformers = vec![unknown; network.transformers.len()];
    let mut windings = vec![[unknown; 3]; network.three_winding_transformers.len()];
    for (&element, &loading) in batch.branches().iter().zip(&kept.loading) {
        match element {
            Element::Line(i) => lines[i].loading = loading,
            Element::Transformer(i) => transformers[i].loading = loading,
            Element::Winding(i, w) => windings[i][w].loading = loading,
            _ => {}
        }
    }
    Picture {
        network,
        title: &format!("{}: worst voltages and loadings", network.name),
        note: &format!(
            "of {} steps, each bus at its voltage farthest from 1, each branch at its highest loading; {}",
            form.steps,
            extremes(form)
        ),
        shade: Shade::Voltage,
        values: &kept.voltage_pu,
        voltage_pu: &kept.voltage_pu,
        lines: &lines,
        transformers: &transformers,
        windings: &windings,
    }
    .svg()
}

fn extremes(form: &SeriesForm<'_>) -> String {
    match (&form.lowest_voltage, &form.highest_voltage) {
        (Some(low), Some(high)) => {
            format!("voltages from {} to {} per unit", fixed(low.value, 4), fixed(high.value, 4))
        }
        _ => "no step was solved".to_owned(),
    }
}

fn text(options: &FlowOptions, network: &Network, form: &SeriesForm<'_>) -> String {
    let mut text = format!("{}: {}\n\n", form.network, inventory(network));
    let (steps, minutes) = (form.steps, fixed(form.step_s / 60.0, 0));
    let per_step = form.flow_ns as f64 / 1e3 / steps.max(1) as f64;
    text += &line(
        "series",
        &format!("{steps} steps of {minutes} min by {}, {} µs each", form.method, fixed(per_step, 1)),
    );
    let peak = |name: &str, peak: &Option<PeakForm<'_>>, words: &str| {
        let Some(PeakForm { t, kind, name: of, value }) = peak else { return String::new() };
        let value = if words.is_empty() {
            format!("{} %", percent(Some(*value)))
        } else {
            format!("{} {words}", fixed(*value, 4))
        };
        line(name, &format!("{value} at {kind} \"{of}\", t = {t}"))
    };
    text += &peak("lowest", &form.lowest_voltage, "per unit");
    text += &peak("highest", &form.highest_voltage, "per unit");
    text += &peak("loading", &form.highest_loading, "");
    let most = [&form.source_peak, &form.source_low].into_iter().flatten().map(|source| source.p_w.abs());
    let unit = Watts::for_largest(most.fold(0.0, f64::max));
    if let (Some(high), Some(low)) = (&form.source_peak, &form.source_low) {
        let words = format!(
            "from {} (t = {}) to {} (t = {})",
            unit.words(low.p_w),
            low.t,
            unit.words(high.p_w),
            high.t
        );
        text += &line("sources", &words);
    }
    let (losses, fed) = (fixed(form.losses_wh / 1e3, 1), fixed(form.source_wh / 1e3, 1));
    text += &line("energy", &format!("{fed} kWh from the sources, {losses} kWh lost on the way"));
    let hours = [
        (form.undervoltage_hours, "below a lowest voltage"),
        (form.overvoltage_hours, "above a highest voltage"),
        (form.overload_hours, "over a rating"),
    ];
    let broken: Vec<String> = hours
        .into_iter()
        .filter(|(hours, _)| *hours > 0.0)
        .map(|(hours, what)| format!("{} h {what}", fixed(hours, 2)))
        .collect();
    text += &line("limits", &if broken.is_empty() { "all kept".to_owned() } else { broken.join(", ") });
    if !form.failed.is_empty() {
        text += &line("failed", &format!("{} of {steps} steps", form.failed.len()));
        for failed in form.failed.iter().take(SHOWN) {
            text += &line("", &format!("t = {}: {}", failed.t, failed.why));
        }
        if form.failed.len() > SHOWN {
            text += &line("", &format!("… and {} more: --json gives all", form.failed.len() - SHOWN));
        }
    }
    for idle in form.idle.iter().take(SHOWN) {
        text += &line(
            "idle",
            &format!("{idle} is driven to no effect: it is out of use, or no source reaches it"),
        );
    }
    text += &words::warned(&form.warnings);
    if let Some(folder) = &options.out {
        text += &format!("\n  results and the picture network.svg: {}\n", folder.display());
    }
    text
}
