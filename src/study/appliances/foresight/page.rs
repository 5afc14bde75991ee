//! Its section of the page.

use super::BEST;
use super::form::{ComparedForm, ForesightForm, PartForm, cost_alone};
use crate::study::appliances::form::IntervalForm;
use crate::study::appliances::page::{cell, table};
use crate::study::appliances::words::{number, percent, weights};
use sim::report::text::escape;

/// The section of the page.
pub(in crate::study::appliances) fn section(form: &ForesightForm) -> String {
    let cost = cost_alone(form);
    let part = |part: Option<IntervalForm>| {
        part.map_or_else(
            || "<td class=\"num\" data-value=\"0\">–</td>".into(),
            |part| cell(&part, |value| percent(value, 2)),
        )
    };
    let plain = |value: f64, digits: usize| {
        format!("<td class=\"num\" data-value=\"{value}\">{}</td>", number(value, digits))
    };
    let row = |scheduler: &ComparedForm| {
        let (overall, alone) = (&scheduler.overall, &scheduler.at[cost]);
        format!(
            "<tr><th scope=\"row\">{}</th>{}{}{}{}{}{}</tr>\n",
            escape(&scheduler.title),
            plain(overall.loss, 4),
            part(overall.over_days),
            part(overall.over_seeds),
            plain(alone.cost_eur, 3),
            part(alone.over_days),
            scheduler.as_good.map_or_else(
                || "<td class=\"num\" data-value=\"0\">–</td>".into(),
                |part| format!("<td class=\"num\" data-value=\"{part}\">{}</td>", percent(part, 1))
            )
        )
    };
    let heads = [
        ("Scheduler", "", false),
        ("Loss", "", true),
        ("Beyond the best", "%, over days", true),
        ("Beyond the best", "%, over seeds", true),
        ("Only cost counts", "€ a day", true),
        ("Beyond the best", "% of that", true),
        ("As good", "% of decisions", true),
    ];
    let home = |home: &PartForm| {
        let rows: String = home.schedulers.iter().map(row).collect();
        let (all, places) = (table("foresight", &heads, &rows), places(form, home, &part));
        format!(
            "<h3>A home of {}</h3>\n{all}<details><summary>By preference</summary>\n{places}</details>\n",
            escape(&home.name())
        )
    };
    sim::report::section(
        "foresight",
        "How near the best without foresight",
        &format!(
            "Perfect foresight is no policy. In homes of a few of the machines, where the load errs in ways that are known, the best \
             policy of all that do not know the future is known too, by dynamic programming. {} agents learned each home; all play the \
             {} days, each drawn {} times. Loss is a mean over the preferences; small: 95 % intervals.",
            form.seeds, form.days, form.draws
        ),
        &form.homes.iter().map(home).collect::<String>(),
    )
}

/// A home by preference.
fn places(form: &ForesightForm, home: &PartForm, part: &dyn Fn(Option<IntervalForm>) -> String) -> String {
    let row = |place: usize| {
        let at = |name: &str| &home.scheduler(name).at[place];
        format!(
            "<tr><th scope=\"row\">{}</th><td class=\"num\" data-value=\"{}\">{}</td>{}{}{}{}{}</tr>\n",
            weights(&form.preferences[place]),
            at(BEST).loss,
            number(at(BEST).loss, 4),
            part(at("learned").over_days),
            part(at("learned").over_seeds),
            part(at("predictive").over_days),
            part(at("scenarios").over_days),
            part(at("optimum").over_days),
        )
    };
    let heads = [
        ("Preference", "cost/peak/delay", false),
        ("Best", "loss", true),
        ("Agents", "% beyond, over days", true),
        ("Agents", "% beyond, over seeds", true),
        ("Control", "% beyond", true),
        ("Over futures", "% beyond", true),
        ("Foresight", "% beyond", true),
    ];
    let rows: String = (0..form.preferences.len()).rev().map(row).collect();
    table("foresight_places", &heads, &rows)
}
