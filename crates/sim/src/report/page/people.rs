//! How much of what members use and make stays in the community, and the table of members.

use super::bills::MOST_ROWS;
use super::{Sums, capital, legend, section as whole, sizes};
use crate::report::chart::{Bar, Part, bars};
use crate::report::{Total, text};
use market::{Carrier, Energy};

/// The most rows of the table; the rest is in the files.
const MOST_MEMBERS: usize = 1_000;

/// The section on self-sufficiency and self-consumption.
pub(super) fn section(sums: &Sums<'_>) -> String {
    let mut content = String::new();
    for carrier in &sums.carriers {
        if !sums.total(*carrier).generation.is_zero() || !sums.traded(*carrier).is_zero() {
            content += &figures(sums, *carrier);
        }
    }
    if content.is_empty() {
        content = "<p>Nobody made or traded energy here: everything came from the supplier.</p>\n".into();
    }
    whole(
        "people",
        "Who lives on whose energy",
        "Self-sufficiency is the part of what a member uses that does not come from the supplier. \
         Self-consumption is the part of what a member makes that is not sold to the supplier.",
        &content,
    )
}

/// What a member's use or make divides into: own, neighbours, supplier.
fn parts(total: &Total, uses: bool) -> [Energy; 3] {
    if uses {
        [total.own_use(), total.from_peers, total.from_supplier()]
    } else {
        let own = Energy((total.generation - total.export).0.max(0));
        [own, total.to_peers, total.to_supplier()]
    }
}

fn figures(sums: &Sums<'_>, carrier: Carrier) -> String {
    let mut totals: Vec<(usize, Total)> = Vec::new();
    for (point, total) in sums.record.points.iter().zip(&sums.record.totals) {
        if point.carrier == carrier && point.tariff.is_some() {
            totals.push((point.member, *total));
        }
    }
    let name = carrier.name();
    let uses = figure(
        sums,
        &totals,
        true,
        &format!("{}: where what was used came from", capital(carrier)),
        [("own", "own"), ("neighbours", "from neighbours"), ("supplier", "from the supplier")],
        &format!("Self-sufficiency in {name} of each member"),
    );
    let makes = figure(
        sums,
        &totals,
        false,
        &format!("{}: where what was made went", capital(carrier)),
        [("own", "own"), ("neighbours", "to neighbours"), ("supplier", "to the supplier")],
        &format!("Self-consumption of {name} of each member"),
    );
    uses + &makes
}

fn figure(
    sums: &Sums<'_>,
    totals: &[(usize, Total)],
    uses: bool,
    heading: &str,
    entries: [(&'static str, &'static str); 3],
    title: &str,
) -> String {
    let share = |total: &Total| {
        let [own, peers, supplier] = parts(total, uses).map(|part| i128::from(part.0));
        let all = own + peers + supplier;
        (all > 0).then(|| ((own + peers) * 1_000_000 / all, all))
    };
    let mut rows: Vec<(i128, usize, &Total)> = totals
        .iter()
        .filter_map(|(member, total)| share(total).map(|(ppm, _)| (ppm, *member, total)))
        .filter(|(_, _, total)| uses || !total.export.is_zero())
        .collect();
    rows.sort_by_key(|(ppm, member, _)| (-ppm, *member));
    if rows.is_empty() {
        return String::new();
    }
    let left_out = rows.len().saturating_sub(MOST_ROWS);
    if left_out > 0 {
        rows.drain(MOST_ROWS / 2..rows.len() - MOST_ROWS / 2);
    }
    let bar = |(ppm, member, total): &(i128, usize, &Total)| {
        let name = &sums.record.subject.members[*member].name;
        let part = |(energy, (class, words)): (Energy, (&'static str, &'static str))| Part {
            class,
            value: energy.0 as f64,
            tip: format!("{name}: {} {words}", text::energy(energy)),
        };
        Bar {
            name: name.clone(),
            note: format!("{}\u{a0}%", text::decimal(*ppm, 4, 0)),
            parts: parts(total, uses).into_iter().zip(entries).map(part).collect(),
        }
    };
    let bars_: Vec<Bar> = rows.iter().map(bar).collect();
    let description = format!(
        "From {} ({}) to {} ({})",
        bars_[0].name,
        bars_[0].note,
        bars_[bars_.len() - 1].name,
        bars_[bars_.len() - 1].note
    );
    let picture = sizes(|size| bars(&bars_, size, title, &description));
    let more = if left_out > 0 {
        format!("<p>{left_out} members between these two ends are in the table below.</p>\n")
    } else {
        String::new()
    };
    format!("<figure>\n<h3>{heading}</h3>\n{}{picture}{more}</figure>\n", legend(&entries))
}

/// The table of members.
pub(super) fn table(sums: &Sums<'_>) -> String {
    let code = sums.currency();
    let head = [
        ("Member", ""),
        ("Used", "kWh el."),
        ("Made", "kWh el."),
        ("Traded", "kWh"),
        ("Self-suff.", "%"),
        ("Paid", ""),
        ("At tariff", ""),
        ("Saved", ""),
    ];
    let currency = text::currency(code);
    let cell = |(place, (name, unit)): (usize, &(&str, &str))| {
        let unit = if place > 4 { currency.as_str() } else { unit };
        let unit = if unit.is_empty() { String::new() } else { format!("<small> {unit}</small>") };
        let class = if place == 0 { "" } else { " class=\"num\"" };
        format!("<th scope=\"col\"{class}><button type=\"button\">{name}{unit}</button></th>")
    };
    let heads: String = head.iter().enumerate().map(cell).collect();
    let rows: String = (0..sums.members.len()).take(MOST_MEMBERS).map(|member| row(sums, member)).collect();
    let left_out = sums.members.len().saturating_sub(MOST_MEMBERS);
    let more = if left_out > 0 {
        format!("<p>{left_out} more members are in members.csv.</p>\n")
    } else {
        String::new()
    };
    whole(
        "members",
        "All members",
        "Paid and saved are over all carriers; used and made are electricity; traded is everything that neighbours \
         bought or sold. Choose a heading to sort.",
        &format!(
            "<div class=\"scroll\" tabindex=\"0\" role=\"region\" aria-label=\"Table of members\"><table \
             class=\"sortable\"><thead><tr>{heads}</tr></thead>\n<tbody>\n{rows}</tbody></table></div>\n{more}"
        ),
    )
}

fn row(sums: &Sums<'_>, member: usize) -> String {
    let info = &sums.record.subject.members[member];
    let (total, electricity) = (&sums.members[member], &sums.electricity[member]);
    let [own, peers, supplier] = parts(electricity, true).map(|part| i128::from(part.0));
    let all = own + peers + supplier;
    let number = |value: i128, text: &str| format!("<td class=\"num\" data-value=\"{value}\">{text}</td>");
    let kwh = |energy: Energy| {
        let digits = if energy.0.abs() < 100_000 { 1 } else { 0 };
        number(energy.0.into(), &text::decimal(energy.0.into(), 3, digits))
    };
    let money = |money: market::Money| number(money.0, &text::decimal(money.0, 9, 2));
    let share = match all {
        0 => number(-1, "–"),
        all => number((own + peers) * 1_000_000 / all, &text::decimal((own + peers) * 1_000 / all, 1, 0)),
    };
    let devices = if info.devices.is_empty() {
        String::new()
    } else {
        format!(": {}", text::escape(&info.devices.join(", ")))
    };
    let saved = total.saved();
    let class = if saved.0 < 0 { "num lost" } else { "num saved" };
    format!(
        "<tr><th scope=\"row\">{}<small>{}{devices}</small></th>{}{}{}{share}{}{}<td class=\"{class}\" \
         data-value=\"{}\">{}</td></tr>\n",
        text::escape(&info.name),
        text::escape(&info.kind),
        kwh(electricity.consumption),
        kwh(electricity.generation),
        kwh(total.bought + total.sold),
        money(total.cost),
        money(total.at_tariff),
        saved.0,
        text::decimal(saved.0, 9, 2),
    )
}
