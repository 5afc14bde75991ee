//! The outcome in words and tables.

use super::form::{BusForm, GeneratorForm, InfeasibleForm, NotConvergedForm, OptimalForm};
use crate::cli::OpfOptions;
use crate::network::{SHOWN, Watts, branch_table, fixed, inventory, line, rest};
use crate::table::{Align, Table};
use grid::electric::{Element, Network};

/// Name of an element.
pub(super) fn name_of(network: &Network, element: Element) -> &str {
    match element {
        Element::Bus(i) => &network.buses[i].name,
        Element::Line(i) => &network.lines[i].name,
        Element::Transformer(i) => &network.transformers[i].name,
        Element::Winding(i, _) => &network.three_winding_transformers[i].name,
        Element::Switch(i) => &network.switches[i].name,
        Element::Shunt(i) => &network.shunts[i].name,
        Element::Load(i) => &network.loads[i].name,
        Element::Generator(i) => &network.generators[i].name,
        Element::Storage(i) => &network.storages[i].name,
    }
}

/// An optimum.
pub(super) fn optimal(options: &OpfOptions, network: &Network, form: &OptimalForm<'_>) -> String {
    let unit = unit(form);
    let mut text = format!("{}: {}\n\n", form.network, inventory(network));
    text += &line("model", &format!("{}: {} in {} iterations", form.model, kind(form), form.iterations));
    text += &line("cost", &format!("{} per hour, in the unit of the generators' costs", fixed(form.cost, 2)));
    let (generation, losses) = (unit.words(form.generation_w), unit.words(form.losses_w));
    text += &line("power", &format!("{generation} fed in, {losses} lost on the way"));
    text += &line("prices", &prices(form));
    if let (Some(gap), Some(tight)) = (form.relaxation_gap_pu, form.tight) {
        let words = if tight {
            format!("tight (gap {gap:.1e}): this is the optimum of the exact model too")
        } else {
            format!(
                "not tight (gap {gap:.1e}): the cost is a lower bound, and these voltages and flows do not obey the \
                 physics; --model ac finds ones that do"
            )
        };
        text += &line("relaxation", &words);
    }
    if form.binding.is_empty() {
        text += &line("limits", "none of a branch or a voltage binds");
    }
    for (number, binding) in form.binding.iter().take(SHOWN).enumerate() {
        let (what, unit) = match binding.limit {
            "from_power" => ("power at its from end", "MVA"),
            "to_power" => ("power at its to end", "MVA"),
            "min_voltage" => ("lowest voltage", "per unit"),
            "max_voltage" => ("highest voltage", "per unit"),
            "min_angle" => ("lowest angle difference", "rad"),
            _ => ("highest angle difference", "rad"),
        };
        let words = format!(
            "{} \"{}\": {what}; one more {unit} would save {} per hour",
            binding.kind,
            binding.name,
            fixed(binding.price.abs(), 2)
        );
        text += &line(if number == 0 { "binding" } else { "" }, &words);
    }
    if form.binding.len() > SHOWN {
        text += &line("", &format!("… and {} more: --json gives all", form.binding.len() - SHOWN));
    }
    for warning in form.warnings.iter().take(SHOWN) {
        text += &line("warning", warning);
    }
    let shown = if options.all { usize::MAX } else { SHOWN };
    text += "\n";
    text += &generators(&form.generators, unit, shown);
    text += "\n";
    text += &buses(&form.buses, shown);
    if !form.branches.is_empty() {
        text += "\n";
        text += &branch_table(&form.branches, unit, shown);
    }
    if let Some(folder) = &options.out {
        text += &format!("\n  results and the picture network.svg: {}\n", folder.display());
    }
    text
}

/// What was found.
fn kind(form: &OptimalForm<'_>) -> &'static str {
    match form.model {
        "ac" => "a local optimum of the exact model",
        "dc" => "the optimum of the linear model without losses and voltages",
        "lin_dist_flow" => "the optimum of the linear model of a radial network",
        _ => "the optimum of the cone relaxation",
    }
}

fn prices(form: &OptimalForm<'_>) -> String {
    match (&form.lowest_price, &form.highest_price) {
        (Some(low), Some(high)) if high.price_p - low.price_p > 0.005 => format!(
            "{} at bus \"{}\" to {} at bus \"{}\", per MWh",
            fixed(low.price_p, 2),
            low.bus,
            fixed(high.price_p, 2),
            high.bus
        ),
        (Some(low), _) => format!("{} per MWh at every bus", fixed(low.price_p, 2)),
        _ => "none".to_owned(),
    }
}

/// A sentence below the picture's title.
pub(super) fn note(form: &OptimalForm<'_>) -> String {
    let gap = if form.tight == Some(false) { "; the relaxation is not tight" } else { "" };
    format!(
        "{}: {} per hour; prices {}; {} limits bind{gap}",
        form.model,
        fixed(form.cost, 2),
        prices(form).replace('"', ""),
        form.binding.len()
    )
}

fn unit(form: &OptimalForm<'_>) -> Watts {
    let powers = form.generators.iter().map(|generator| generator.p_w.abs());
    Watts::for_largest(powers.filter(|p| p.is_finite()).fold(0.0, f64::max))
}

/// Generators, those that feed in most first unless all are shown.
fn generators(rows: &[GeneratorForm<'_>], unit: Watts, shown: usize) -> String {
    let right = Align::Right;
    let letter = unit.letter();
    let mut table = Table::new(&[
        ("generator", Align::Left),
        ("bus", Align::Left),
        (&format!("{letter}W"), right),
        (&format!("{letter}var"), right),
        ("cost per h", right),
        ("", Align::Left),
    ]);
    let mut order: Vec<&GeneratorForm<'_>> = rows.iter().collect();
    if rows.len() > shown {
        order.sort_by(|a, b| b.p_w.total_cmp(&a.p_w));
    }
    for row in order.into_iter().take(shown) {
        let limit = match row.at_limit {
            Some("max") => "at its most",
            Some(_) => "at its least",
            None => "",
        };
        table.row([
            row.name.to_owned(),
            row.bus.to_owned(),
            unit.number(row.p_w),
            unit.number(row.q_var),
            fixed(row.cost, 2),
            limit.to_owned(),
        ]);
    }
    table.render() + &rest(rows.len(), shown, "generators")
}

/// Buses, the dearest first unless all are shown.
fn buses(rows: &[BusForm<'_>], shown: usize) -> String {
    let right = Align::Right;
    let mut table = Table::new(&[
        ("bus", Align::Left),
        ("per MWh", right),
        ("per Mvarh", right),
        ("voltage p.u.", right),
        ("angle °", right),
    ]);
    let mut order: Vec<&BusForm<'_>> = rows.iter().collect();
    if rows.len() > shown {
        let price = |row: &BusForm<'_>| row.price_p.unwrap_or(f64::MIN);
        order.sort_by(|a, b| price(b).total_cmp(&price(a)));
    }
    for row in order.into_iter().take(shown) {
        let number = |value: Option<f64>, places: usize| fixed(value.unwrap_or(f64::NAN), places);
        table.row([
            row.bus.to_owned(),
            number(row.price_p, 2),
            number(row.price_q, 2),
            number(row.voltage_pu, 4),
            number(row.angle_rad.map(f64::to_degrees), 3),
        ]);
    }
    table.render() + &rest(rows.len(), shown, "buses")
}

/// Limits that clash.
pub(super) fn infeasible(network: &Network, form: &InfeasibleForm<'_>) -> String {
    let mut text = format!("{}: {}\n\n", form.network, inventory(network));
    text += &line("model", &format!("{}: nothing satisfies all limits", form.model));
    for (number, clash) in form.clashes.iter().take(SHOWN).enumerate() {
        let element = format!("{} \"{}\"", clash.kind, clash.name);
        let words = if clash.message.contains(&element) {
            clash.message.to_owned()
        } else {
            format!("{element}: {}", clash.message)
        };
        text += &line(if number == 0 { "clashes" } else { "" }, &words);
    }
    if form.clashes.len() > SHOWN {
        text += &line("", &format!("… and {} more: --json gives all", form.clashes.len() - SHOWN));
    }
    text + &line("remedy", "loosen one of these limits, or lower the loads behind them")
}

/// Iterations that ended before an optimum.
pub(super) fn not_converged(network: &Network, form: &NotConvergedForm<'_>) -> String {
    let mut text = format!("{}: {}\n\n", form.network, inventory(network));
    let count = form.trace.len();
    text += &line("model", &format!("{}: no optimum found in {count} iterations", form.model));
    let advice = "the limits may clash, or nearly: --model soc proves it where they do; --model dc and a look at its \
                  binding limits show where it is tight";
    text += &line("remedy", advice);
    if count == 0 {
        return text;
    }
    let right = Align::Right;
    let mut table = Table::new(&[
        ("iteration", right),
        ("infeasibility", right),
        ("gradient", right),
        ("complementarity", right),
        ("cost", right),
    ]);
    for (number, step) in form.trace.iter().enumerate().skip(count.saturating_sub(SHOWN)) {
        table.row([
            (number + 1).to_string(),
            format!("{:.2e}", step.infeasibility),
            format!("{:.2e}", step.gradient),
            format!("{:.2e}", step.complementarity),
            fixed(step.cost, 2),
        ]);
    }
    text + "\n" + &table.render()
}
