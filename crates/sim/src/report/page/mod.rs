//! The page: one HTML file with its style, its pictures and its script inside.
//!
//! It refers to nothing outside itself and forbids the browser to; without scripts all pictures and tables are
//! there, only the pointer's texts, the choice of an interval and the sorting are not.

mod bills;
mod chains;
mod coupling;
mod flows;
mod lead;
mod notes;
mod people;
mod prices;

use super::chart::{self, Size};
use super::recorder::Record;
use super::{Crossing, Outcome, Total};
use market::{Carrier, Energy, Money};

/// The style of the pictures alone, so that one can stand by itself.
const PICTURES: &str = include_str!("pictures.css");
const STYLE: &str = include_str!("page.css");
const SCRIPT: &str = include_str!("page.js");

/// The crossing curves of one clearing as an SVG file of its own, light and dark.
#[must_use]
pub fn crossing_curves(crossing: &Crossing, currency: [u8; 3]) -> String {
    let svg = chart::crossing(&crossing.clone().simplified(), currency, Size::Wide, "clearing");
    let style = format!("<style>{PICTURES}svg{{background:var(--card)}}</style><desc>");
    let words = format!(
        "<text style=\"fill:var(--demand)\" x=\"110\" y=\"21\">wanted</text>\
         <text style=\"fill:var(--supply)\" x=\"180\" y=\"21\">offered</text>\
         <text class=\"end\" x=\"948\" y=\"21\">{}</text></svg>",
        chart::outcome(crossing, currency)
    );
    svg.replacen("<desc>", &style, 1).replace("</svg>", &words)
}

/// What the sections share: sums over members and carriers.
struct Sums<'a> {
    record: &'a Record,
    /// Carriers that anybody has a use for.
    carriers: Vec<Carrier>,
    /// By carrier.
    totals: [Total; Carrier::ALL.len()],
    /// By member, all carriers.
    members: Vec<Total>,
    /// By member, electricity only.
    electricity: Vec<Total>,
    paid: Money,
    at_tariff: Money,
}

impl<'a> Sums<'a> {
    fn of(record: &'a Record) -> Self {
        let mut totals = [Total::default(); Carrier::ALL.len()];
        let mut members = vec![Total::default(); record.subject.members.len()];
        let mut electricity = members.clone();
        for (point, total) in record.points.iter().zip(&record.totals) {
            let sum = &mut totals[point.carrier as usize];
            *sum = sum.plus(total);
            members[point.member] = members[point.member].plus(total);
            if point.carrier == Carrier::Electricity {
                electricity[point.member] = electricity[point.member].plus(total);
            }
        }
        for (member, other) in members.iter_mut().zip(&record.other) {
            member.cost += *other;
        }
        let carriers = Carrier::ALL
            .into_iter()
            .filter(|carrier| {
                let total = &totals[*carrier as usize];
                [total.import, total.export, total.generation, total.consumption].iter().any(|e| !e.is_zero())
            })
            .collect();
        let paid = members.iter().map(|member| member.cost).sum();
        let at_tariff = members.iter().map(|member| member.at_tariff).sum();
        Self { record, carriers, totals, members, electricity, paid, at_tariff }
    }

    fn total(&self, carrier: Carrier) -> &Total {
        &self.totals[carrier as usize]
    }

    fn traded(&self, carrier: Carrier) -> Energy {
        self.total(carrier).bought
    }

    fn currency(&self) -> [u8; 3] {
        self.record.subject.community.currency
    }

    /// Length of a delivery interval, s.
    fn duration(&self) -> u64 {
        self.record.subject.community.interval_duration.into()
    }

    /// Why a carrier was not traded; nothing where it was.
    fn untraded(&self, carrier: Carrier) -> Option<String> {
        if !self.traded(carrier).is_zero() {
            return None;
        }
        if let Some((_, reason)) = self.record.subject.untraded.iter().find(|(other, _)| *other == carrier) {
            return Some(reason.clone());
        }
        let name = carrier.name();
        let activity = self.record.activity[carrier as usize];
        let has_market = self.record.subject.community.markets.iter().any(|market| market.carrier == carrier);
        Some(match (has_market, activity.bids, activity.offers) {
            (false, ..) => format!("There is no market for {name} here: everybody uses the supplier."),
            (_, 1.., 0) => format!("Nobody offered {name} to neighbours, so nothing could be traded."),
            (_, 0, 1..) => format!("Nobody wanted {name} from neighbours, so nothing could be traded."),
            (_, 0, 0) => format!("Nobody wanted to buy or sell {name} here, so nothing was traded."),
            _ => format!("No buyer's price for {name} ever reached a seller's, so nothing was traded."),
        })
    }
}

/// The whole page.
pub(super) fn render(record: &Record, outcome: &Outcome) -> String {
    let sums = Sums::of(record);
    let title = lead::title(&sums);
    let (prices, time_data) = prices::section(&sums);
    let (stores, store_data) = prices::stores(&sums);
    let (curves, curve_data) = prices::curves(&sums);
    let body = [
        lead::section(&sums),
        flows::section(&sums),
        coupling::section(&sums),
        prices,
        curves,
        bills::section(&sums),
        people::section(&sums),
        stores,
        people::table(&sums),
        chains::section(&sums, outcome.chain.as_ref()),
        notes::laws(outcome),
        notes::provenance(&sums, outcome),
    ]
    .concat();
    let times: Vec<String> = time_data.into_iter().chain(store_data).collect();
    let data = format!("\"times\":{{{}}},\"curves\":{curve_data}", times.join(",\n"));
    document("report", &title, "", &body, &data, "")
}

/// A whole document of a `kind` (report, study, comparison). `style` and `script` are what it has beside those of every
/// page, `data` the members of the JSON object that the scripts read.
#[must_use]
pub fn document(kind: &str, title: &str, style: &str, body: &str, data: &str, script: &str) -> String {
    format!(
        "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
         <meta name=\"color-scheme\" content=\"light dark\">\n\
         <meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; \
         style-src 'unsafe-inline'; script-src 'unsafe-inline'; img-src data:\">\n\
         <link rel=\"icon\" href=\"data:,\">\n<title>{}</title>\n<style>\n{PICTURES}{STYLE}{style}</style>\n</head>\n\
         <body>\n<a class=\"skip\" href=\"#main\">Skip to the {kind}</a>\n<main id=\"main\">\n{body}</main>\n\
         <div id=\"tip\" role=\"status\" hidden></div>\n\
         <script type=\"application/json\" id=\"data\">{{{data}}}</script>\n\
         <script>\n{SCRIPT}{script}</script>\n</body>\n</html>\n",
        super::text::escape(title),
    )
}

/// What the scripts of a page read that has neither pictures of time nor curves.
pub const NO_DATA: &str = "\"times\":{},\"curves\":{}";

/// The same picture for every width.
#[must_use]
pub fn sizes(draw: impl Fn(Size) -> String) -> String {
    Size::ALL.map(draw).concat()
}

/// A section with its heading.
#[must_use]
pub fn section(id: &str, heading: &str, intro: &str, content: &str) -> String {
    format!(
        "<section id=\"{id}\">\n<h2>{heading}</h2>\n<p class=\"intro\">{intro}</p>\n{content}</section>\n"
    )
}

/// A legend: style class and name of each entry.
#[must_use]
pub fn legend(entries: &[(&str, &str)]) -> String {
    let entry = |(class, name): &(&str, &str)| format!("<li><i class=\"chip {class}\"></i>{name}</li>");
    format!("<ul class=\"legend\">{}</ul>\n", entries.iter().map(entry).collect::<String>())
}

/// A carrier's name at the beginning of a sentence.
fn capital(carrier: Carrier) -> &'static str {
    match carrier {
        Carrier::Electricity => "Electricity",
        Carrier::Heat => "Heat",
        Carrier::Gas => "Gas",
    }
}
