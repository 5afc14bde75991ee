//! What was checked, and everything one needs to repeat the run.

use super::{Sums, section as whole};
use crate::report::{Outcome, text};
use market::{Authentication, PriceConvention, Rule};
use std::fmt::Write as _;

/// The laws that were checked; nothing where none was.
pub(super) fn laws(outcome: &Outcome) -> String {
    if outcome.laws.is_empty() {
        return String::new();
    }
    let row = |law: &crate::report::LawCheck| {
        let (class, verdict) = match law.violations {
            0 => ("saved", "holds".to_owned()),
            count => ("lost", format!("broken {} times", text::whole(count.into()))),
        };
        format!(
            "<tr><th scope=\"row\">{}</th><td>{}</td><td class=\"num\">{}</td><td class=\"{class}\">{verdict}</td></tr>\n",
            law.law.number(),
            text::escape(law.law.words()),
            text::whole(law.checked.into())
        )
    };
    let rows: String = outcome.laws.iter().map(row).collect();
    whole(
        "laws",
        "What was checked",
        "The record of the run was read again from its first entry, and every law was checked on every entry it speaks of.",
        &format!(
            "<div class=\"scroll\" tabindex=\"0\" role=\"region\" aria-label=\"Table of laws\"><table class=\"plain\"><thead><tr>\
             <th scope=\"col\">Law</th><th scope=\"col\">What it says</th><th scope=\"col\" class=\"num\">Checked</th>\
             <th scope=\"col\">Verdict</th></tr></thead>\n<tbody>\n{rows}</tbody></table></div>\n"
        ),
    )
}

/// Where everything comes from.
pub(super) fn provenance(sums: &Sums<'_>, outcome: &Outcome) -> String {
    let subject = &sums.record.subject;
    let mut root = String::from("0x");
    for byte in outcome.root {
        let _ = write!(root, "{byte:02x}");
    }
    let authentication = match subject.community.authentication {
        Authentication::Signature => {
            "<code>signature</code>: every order and reading carries its sender’s signature"
        }
        Authentication::Operator => {
            "<code>operator</code>: the operator answered for everybody; nothing was signed by members"
        }
    };
    let rules: Vec<String> = subject
        .community
        .markets
        .iter()
        .map(|market| format!("{}: {}", market.carrier.name(), rule(market.rule, sums.currency())))
        .collect();
    let steps = text::whole(sums.record.recorded.into());
    let mut rows = vec![
        ("Scenario", text::escape(&subject.scenario)),
        ("Seed", subject.seed.to_string()),
        ("Version", format!("Wattle {}", text::escape(&subject.version))),
        ("Length", format!("{steps} delivery intervals of {}", text::span(sums.duration()))),
        ("Rules", rules.iter().map(|rule| text::escape(rule)).collect::<Vec<_>>().join("<br>")),
        ("Authentication", authentication.into()),
        ("Record", text::escape(&outcome.ledger)),
        ("Root of the final state", format!("<code class=\"root\">{root}</code>")),
    ];
    rows.retain(|(_, value)| !value.is_empty());
    let row = |(name, value): &(&str, String)| format!("<dt>{name}</dt><dd>{value}</dd>\n");
    let list: String = rows.iter().map(row).collect();
    let credits: String =
        subject.attributions.iter().map(|credit| format!("<li>{}</li>\n", text::escape(credit))).collect();
    let credits = if credits.is_empty() {
        credits
    } else {
        format!("<h3>Data</h3>\n<ul class=\"credits\">\n{credits}</ul>\n")
    };
    let file = |name: &str, what: &str| {
        format!(
            "<li><b>{name}</b>: {what} (<a href=\"{name}.csv\">CSV</a>, <a href=\"{name}.parquet\">Parquet</a>)</li>\n"
        )
    };
    let mut files = [
        file("readings", "every member, carrier and interval"),
        file("clearings", "every auction"),
        file("bills", "every member’s bill by kind of line"),
        file("members", "every member’s sums"),
    ]
    .concat();
    if sums.record.coupling.is_some() {
        files += &file(
            "coupled",
            "every clearing of several carriers together, and what each carrier alone would reach",
        );
        files += &file("conversions", "every conversion that was dispatched");
    }
    if outcome.chain.is_some() {
        files += &file("batches", "every batch on the primary chain");
        files += &file("checkpoints", "every segment of every batch, with the root after it");
    }
    whole(
        "about",
        "About this run",
        "The same scenario, seed and version give the same numbers and the same root, on any machine.",
        &format!(
            "<dl>\n{list}</dl>\n{credits}<h3>Files beside this page</h3>\n<ul>\n{files}</ul>\n\
             <p class=\"small\">Energy in Wh and money in billionths of the currency, as exact integers; times in UTC.</p>\n"
        ),
    )
}

fn rule(rule: Rule, code: [u8; 3]) -> String {
    match rule {
        Rule::UniformPrice { convention: PriceConvention::Equilibrium, .. } => {
            "uniform_price (one equilibrium price for all)".into()
        }
        Rule::UniformPrice { convention: PriceConvention::LastPair, .. } => {
            "uniform_price (one price for all, between the last matched pair)".into()
        }
        Rule::PayAsBid { .. } => "pay_as_bid (each pair at its own price)".into(),
        Rule::MidMarketRate { .. } => "mid_market_rate (midway between the supplier’s prices)".into(),
        Rule::Sharing { key, price } => {
            format!("sharing key {}, at {}", key.name(), text::price(price, code))
        }
        Rule::AuctionFirst { key, price, .. } => {
            format!("auction_first (then sharing key {}, at {})", key.name(), text::price(price, code))
        }
        Rule::Pipeline { stages, .. } => {
            let stages: Vec<_> = stages.as_slice().iter().map(|stage| stage.name()).collect();
            stages.join(", then ")
        }
        other => format!("{} ({})", other.kind().name(), other.kind().words()),
    }
}
