//! The outcome in words and tables.

use super::form::{BusForm, DivergedForm, FlowForm, GeneratorForm};
use super::limits::Violation;
use crate::cli::FlowOptions;
use crate::network::{SHOWN, Watts, branch_table, fixed, inventory, line, list, percent, rest};
use crate::table::{Align, Table};
use grid::electric::Network;

/// A power flow that was found.
pub(super) fn converged(options: &FlowOptions, network: &Network, form: &FlowForm<'_>) -> String {
    let unit = unit(form);
    let mut text = format!("{}: {}\n\n", form.network, inventory(network));
    text += &line("method", &method(form));
    let part = if form.generation_w > 0.0 { form.losses_w / form.generation_w } else { f64::NAN };
    text += &line(
        "power",
        &format!(
            "{} fed in, {} lost on the way ({} %)",
            unit.words(form.generation_w),
            unit.words(form.losses_w),
            fixed(part * 100.0, 2)
        ),
    );
    if let (Some(lowest), Some(highest)) = (&form.lowest, &form.highest) {
        let end = |bus: &BusForm<'_>| {
            format!("{} at bus \"{}\"", fixed(bus.voltage_pu.unwrap_or(f64::NAN), 4), bus.bus)
        };
        text += &line("voltage", &format!("{} to {}, per unit", end(lowest), end(highest)));
    }
    text += &line(
        "loading",
        &form.most_loaded.as_ref().map_or_else(
            || "no branch has a rating".to_owned(),
            |most| format!("at most {} %, {} \"{}\"", percent(Some(most.loading)), most.kind, most.name),
        ),
    );
    text += &limits(&form.violations, unit);
    text += &list("dead", &form.dead_buses, "no source reaches bus");
    for tap in form.taps.iter().take(SHOWN) {
        text += &line("tap", &format!("{} moved to {}", tap.transformer, tap.position));
    }
    for warning in form.warnings.iter().take(SHOWN) {
        text += &line("warning", warning);
    }
    if form.warnings.len() > SHOWN {
        text += &line("", &format!("… and {} more warnings: --json gives all", form.warnings.len() - SHOWN));
    }
    let shown = if options.all { usize::MAX } else { SHOWN };
    text += "\n";
    text += &buses(&form.buses, shown);
    if !form.branches.is_empty() {
        text += "\n";
        text += &branch_table(&form.branches, unit, shown);
    }
    if options.all || form.generators.len() <= SHOWN {
        text += "\n";
        text += &generators(&form.generators, unit);
    }
    if let Some(folder) = &options.out {
        text += &format!("\n  results and the picture network.svg: {}\n", folder.display());
    }
    text
}

/// The unit of a network's powers.
fn unit(form: &FlowForm<'_>) -> Watts {
    let powers = form.branches.iter().map(|branch| branch.from_p_w.abs().max(branch.to_p_w.abs()));
    Watts::for_largest(powers.fold(0.0, f64::max))
}

fn method(form: &FlowForm<'_>) -> String {
    match form.method {
        "dc" | "lin_dist_flow" => format!("{}: linear, solved at once", form.method),
        method => format!(
            "{method}: {} iterations, largest mismatch {:.1e} per unit",
            form.iterations, form.mismatch_pu
        ),
    }
}

/// A sentence below the picture's title.
pub(super) fn note(form: &FlowForm<'_>) -> String {
    let mut note = String::new();
    if let (Some(lowest), Some(highest)) = (&form.lowest, &form.highest) {
        let [low, high] = [lowest, highest].map(|bus| fixed(bus.voltage_pu.unwrap_or(f64::NAN), 4));
        note += &format!("voltage {low} ({}) to {high} ({}) per unit", lowest.bus, highest.bus);
    }
    if let Some(most) = &form.most_loaded {
        note += &format!("; most loaded: {} at {} %", most.name, percent(Some(most.loading)));
    }
    note + &format!("; losses {}", unit(form).words(form.losses_w))
}

fn limits(violations: &[Violation], unit: Watts) -> String {
    if violations.is_empty() {
        return line("limits", "all kept");
    }
    let count = violations.len();
    let mut text = line("limits", &format!("{count} broken"));
    for violation in violations.iter().take(SHOWN) {
        let Violation { kind, name, limit, value, allowed } = violation;
        let (value, allowed, what) = match *limit {
            "loading" => (percent(Some(*value)), percent(Some(*allowed)), "% of its rating"),
            "min_voltage_pu" | "max_voltage_pu" => (fixed(*value, 4), fixed(*allowed, 4), "per unit"),
            "min_q_var" | "max_q_var" => {
                let what = if unit == Watts::Mega { "Mvar" } else { "kvar" };
                (unit.number(*value), unit.number(*allowed), what)
            }
            _ => {
                let what = if unit == Watts::Mega { "MW" } else { "kW" };
                (unit.number(*value), unit.number(*allowed), what)
            }
        };
        text += &line("", &format!("{kind} \"{name}\": {value} {what}, allowed {allowed}"));
    }
    if count > SHOWN {
        text += &line("", &format!("… and {} more: --json gives all", count - SHOWN));
    }
    text
}

/// Buses, those farthest from 1 per unit first unless all are shown.
fn buses(rows: &[BusForm<'_>], shown: usize) -> String {
    let right = Align::Right;
    let mut table = Table::new(&[("bus", Align::Left), ("voltage p.u.", right), ("angle °", right)]);
    let mut order: Vec<&BusForm<'_>> = rows.iter().collect();
    if rows.len() > shown {
        let far = |bus: &BusForm<'_>| bus.voltage_pu.map_or(-1.0, |v| (v - 1.0).abs());
        order.sort_by(|a, b| far(b).total_cmp(&far(a)));
    }
    for bus in order.into_iter().take(shown) {
        let angle = bus.angle_rad.unwrap_or(f64::NAN).to_degrees();
        table.row([bus.bus.to_owned(), fixed(bus.voltage_pu.unwrap_or(f64::NAN), 4), fixed(angle, 3)]);
    }
    table.render() + &rest(rows.len(), shown, "buses")
}

fn generators(rows: &[GeneratorForm<'_>], unit: Watts) -> String {
    let right = Align::Right;
    let letter = unit.letter();
    let mut table = Table::new(&[
        ("generator", Align::Left),
        ("bus", Align::Left),
        (&format!("{letter}W"), right),
        (&format!("{letter}var"), right),
        ("", Align::Left),
    ]);
    for row in rows {
        let limit = if row.at_q_limit { "at its reactive limit" } else { "" };
        table.row([
            row.name.to_owned(),
            row.bus.to_owned(),
            unit.number(row.p_w),
            unit.number(row.q_var),
            limit.to_owned(),
        ]);
    }
    table.render()
}

/// A power flow that was not found.
pub(super) fn diverged(options: &FlowOptions, network: &Network, form: &DivergedForm<'_>) -> String {
    let mut text = format!("{}: {}\n\n", form.network, inventory(network));
    let mismatch = form
        .mismatch_pu
        .map_or_else(|| "beyond all bounds".to_owned(), |mismatch| format!("{mismatch:.2e} per unit"));
    text += &line("method", &format!("{}: no solution found in {} iterations", form.method, form.iterations));
    text += &line("worst", &format!("bus \"{}\", mismatch {mismatch}", form.worst_bus));
    text += &line("why", &form.why);
    text += &line("remedy", &form.remedy);
    let tried: Vec<&str> = [(options.q_limits, "reactive limits"), (options.taps, "moving taps")]
        .into_iter()
        .filter_map(|(on, words)| on.then_some(words))
        .collect();
    if !tried.is_empty() {
        text += &line("with", &tried.join(" and "));
    }
    text
}
