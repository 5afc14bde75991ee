//! The street on the page.

use super::form::{MarketForm, WayForm};
use super::words::{days, minded};
use crate::study::appliances::page::{cell, table};
use crate::study::appliances::words::{number, percent};
use sim::report::text::escape;

/// The section: all ways, and the bills of each member.
pub(in crate::study::appliances) fn section(form: &MarketForm) -> String {
    let slots =
        if form.interval_s == 3_600 { "hourly".into() } else { format!("every {} s", form.interval_s) };
    sim::report::section(
        "market",
        "A street whose machines wait",
        &format!(
            "The scenario {} as a market, {slots}: {} members, some with machines and some with roofs, for {} of the held-out \
             month and one more in which nobody asks, so that every way makes the same {} runs. All bid by the same ladder; only \
             when machines start differs. The market’s own rule starts a machine on energy left over or bought, else at the last \
             moment. The agents are this study’s; they know the supplier’s prices and not what neighbours will ask. Small: 95 % \
             intervals over agents.",
            escape(&form.scenario),
            form.members.len(),
            days(form),
            form.runs
        ),
        &(all(form) + &members(form)),
    )
}

fn all(form: &MarketForm) -> String {
    let row = |way: &WayForm| {
        let cells = [
            cell(&way.bill_eur, |value| number(value, 2)),
            cell(&way.from_neighbours_kwh, |value| number(value, 1)),
            cell(&way.from_supplier_kwh, |value| number(value, 1)),
            cell(&way.street_peak_w, |value| number(value, 0)),
            cell(&way.home_peak_w, |value| number(value, 0)),
            cell(&way.self_consumption, |value| percent(value, 1)),
            cell(&way.waited_h, |value| number(value, 2)),
        ];
        format!("<tr>{}{}</tr>\n", heading(way), cells.concat())
    };
    let heads = [
        ("Machines start by", "cost/peak/delay", false),
        ("Bills", "€, all members", true),
        ("Neighbours", "kWh bought", true),
        ("Supplier", "kWh bought", true),
        ("Street’s peak", "W of import", true),
        ("Homes’ peak", "W, by day", true),
        ("Stays", "% of the roofs’", true),
        ("Waiting", "h a run", true),
    ];
    table("market", &heads, &form.ways.iter().map(row).collect::<String>())
}

fn members(form: &MarketForm) -> String {
    let row = |way: &WayForm| {
        let cells: String = way.bills_eur.iter().map(|bill| cell(bill, |value| number(value, 2))).collect();
        format!("<tr>{}{cells}</tr>\n", heading(way))
    };
    let names: Vec<String> = form.members.iter().map(|name| escape(name)).collect();
    let mut heads = vec![("Machines start by", "cost/peak/delay", false)];
    heads.extend(names.iter().map(|name| (name.as_str(), "€", true)));
    format!(
        "<details><summary>Every member’s bill</summary>\n{}</details>\n",
        table("bills", &heads, &form.ways.iter().map(row).collect::<String>())
    )
}

fn heading(way: &WayForm) -> String {
    let title = escape(&way.title);
    let small = way.preference.map_or_else(String::new, |_| format!("<small>{}</small>", minded(way)));
    format!("<th scope=\"row\" data-value=\"{title} {}\">{title}{small}</th>", minded(way))
}
