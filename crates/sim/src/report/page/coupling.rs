//! What clearing electricity, heat and gas together was worth, and what turned into what.

use super::{Sums, section as whole, sizes};
use crate::CouplingSummary;
use crate::report::chart::{Link, Node, sankey};
use crate::report::text;
use agents::device::{Converter, Turned};
use market::{Carrier, Energy, Money};
use std::fmt::Write as _;

/// The section; nothing where each carrier is cleared alone.
pub(super) fn section(sums: &Sums<'_>) -> String {
    let Some(coupling) = &sums.record.coupling else { return String::new() };
    let code = sums.currency();
    let worth = text::money(coupling.gain(), code);
    let mut content = format!(
        "<p class=\"result\">Clearing the carriers together was worth <strong>{worth}</strong>: in {} clearings {} of value to \
         those who traded, instead of {} with every such offer at rest.</p>\n",
        text::whole(coupling.clearings.into()),
        text::money(coupling.welfare, code),
        text::money(coupling.alone, code),
    );
    if !coupling.stored.is_zero() {
        let _ = writeln!(
            content,
            "<p>Batteries left to the market gave {} in other intervals than they took it.</p>",
            text::energy(coupling.stored)
        );
    }
    if coupling.gain() == Money::ZERO && !turned(coupling).any(|(_, turned)| turned.input > 0) {
        content += "<p class=\"untraded\"><b>Nothing was converted.</b> No offer to turn one carrier into another was worth \
                    what its input and its fees cost.</p>\n";
    } else {
        content += &figure(coupling);
        content += &table(coupling);
    }
    whole(
        "coupling",
        "One carrier turned into another",
        "Heat pumps, boilers, heat and power plants and the like offer what they do not need themselves, and the market \
         runs them where what they make is worth more than what they take. The comparison is with the same orders and \
         flatters coupling: without it, members would have placed other ones, such as heat at what it costs with gas \
         from the supplier.",
        &content,
    )
}

fn turned(coupling: &CouplingSummary) -> impl Iterator<Item = (Converter, &Turned)> {
    Converter::ALL.into_iter().zip(&coupling.converted).filter(|(_, turned)| turned.input > 0)
}

/// The converters' name for people, and the class that colours them.
fn named(kind: Converter) -> (&'static str, &'static str) {
    match kind {
        Converter::Chp => ("Heat and power plants", "chp"),
        Converter::FuelCell => ("Fuel cells", "chp"),
        Converter::HeatPump => ("Heat pumps", "pump"),
        Converter::Boiler => ("Gas boilers", "boiler"),
        Converter::ElectricBoiler => ("Electric boilers", "boiler"),
        Converter::Electrolyser => ("Electrolysers", "bio"),
    }
}

/// Carriers at the left, converters in the middle, carriers at the right.
fn figure(coupling: &CouplingSummary) -> String {
    let node = |name: &str, class, column| Node { name: name.into(), short: name.into(), class, column };
    let class = |carrier: Carrier| match carrier {
        Carrier::Electricity => "sun",
        Carrier::Heat => "warmth",
        Carrier::Gas => "bio",
    };
    let mut nodes: Vec<Node> =
        Carrier::ALL.map(|carrier| node(super::capital(carrier), class(carrier), 0)).into();
    nodes.extend(Carrier::ALL.map(|carrier| node(super::capital(carrier), class(carrier), 2)));
    let (surroundings, lost) = (nodes.len(), nodes.len() + 1);
    nodes.extend([node("Surroundings", "water", 0), node("Lost or kept", "loss", 2)]);
    let mut links = Vec::new();
    for (kind, turned) in turned(coupling) {
        let (name, class) = named(kind);
        nodes.push(node(name, class, 1));
        let here = nodes.len() - 1;
        let given: i64 = turned.outputs.iter().sum();
        links.push(Link { from: kind.input() as usize, to: here, value: turned.input as f64 });
        let beyond = (given - turned.input) as f64;
        if beyond >= 0.5 {
            links.push(Link { from: surroundings, to: here, value: beyond });
        } else if beyond <= -0.5 {
            links.push(Link { from: here, to: lost, value: -beyond });
        }
        for (carrier, output) in turned.outputs.into_iter().enumerate().filter(|(_, output)| *output > 0) {
            links.push(Link { from: here, to: 3 + carrier, value: output as f64 });
        }
    }
    links.sort_by_key(|link| (link.from, link.to));
    let words: Vec<String> = turned(coupling)
        .map(|(kind, turned)| {
            let taken = text::energy(Energy(turned.input));
            let given = text::energy(Energy(turned.outputs.iter().sum()));
            format!("{}: {taken} of {} into {given}", named(kind).0, kind.input().name())
        })
        .collect();
    let caption = "From left to right: what was taken from the market, what turned it, and what was given to it. The \
                   electricity that a plant needs itself is not given.";
    let picture =
        sizes(|size| sankey(&nodes, &links, size, "Carriers turned into others", &words.join("; ")));
    format!("<figure>\n<figcaption>{caption}</figcaption>\n{picture}</figure>\n")
}

fn table(coupling: &CouplingSummary) -> String {
    let cell = |energy: i64| match energy {
        0 => "<td class=\"num\">–</td>".to_owned(),
        _ => format!("<td class=\"num\">{}</td>", text::energy(Energy(energy))),
    };
    let row = |(kind, turned): (Converter, &Turned)| {
        let outputs: String = turned.outputs.into_iter().map(cell).collect();
        format!(
            "<tr><th scope=\"row\">{}</th><td class=\"num\">{} of {}</td>{outputs}</tr>\n",
            named(kind).0,
            text::energy(Energy(turned.input)),
            kind.input().name(),
        )
    };
    let rows: String = turned(coupling).map(row).collect();
    format!(
        "<div class=\"scroll\" tabindex=\"0\" role=\"region\" aria-label=\"Table of conversions\"><table \
         class=\"plain\"><thead><tr><th scope=\"col\">Dispatched by the market</th><th scope=\"col\" \
         class=\"num\">took</th><th scope=\"col\" class=\"num\">gave electricity</th><th scope=\"col\" \
         class=\"num\">gave heat</th><th scope=\"col\" class=\"num\">gave gas</th></tr></thead>\n<tbody>\n{rows}</tbody>\
         </table></div>\n"
    )
}
