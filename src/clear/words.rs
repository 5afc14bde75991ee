//! The outcome in words and a table.

use super::design::Design;
use super::form::ClearForm;
use crate::cli::ClearOptions;
use crate::orders::OrderFile;
use crate::show::{cents, euros, kwh};
use crate::table::{Align, Table};
use market::rule::RuleKind;
use market::{Carrier, Energy, Money, Price, Rule};

/// The most orders shown on a terminal.
const SHOWN: usize = 30;

/// All of it.
pub(super) fn text(
    options: &ClearOptions,
    design: &Design,
    file: &OrderFile,
    filled: &[(Energy, Money)],
    form: &ClearForm,
    has_picture: bool,
) -> String {
    let carrier = file.carrier.unwrap_or(Carrier::Electricity).name();
    let terms = match design.rule {
        Rule::UniformPrice { convention, .. } | Rule::AuctionFirst { convention, .. } => {
            format!("{}, {}", form.rule, convention.name())
        }
        _ => form.rule.clone(),
    };
    let mut text = format!("{}: {carrier}, {terms}\n\n", options.orders.display());
    text += &summary(design.rule.kind(), form);
    text.push('\n');
    text += &table(file, filled);
    if !form.rejected.is_empty() {
        text.push('\n');
    }
    for rejected in form.rejected.iter().take(SHOWN) {
        text += &format!("  refused {}: {} (rejection {})\n", rejected.id, rejected.reason, rejected.code);
    }
    if form.rejected.len() > SHOWN {
        text += &format!("  … and {} more refused orders\n", form.rejected.len() - SHOWN);
    }
    if let Some(folder) = &options.out {
        let picture = if has_picture { " and the picture of the curves" } else { "" };
        text += &format!("\n  results{picture}: {}\n", folder.display());
    }
    text
}

/// What was traded, at which price, and why one may believe it.
fn summary(kind: RuleKind, form: &ClearForm) -> String {
    let line = |name: &str, what: String| format!("  {name:<12}{what}\n");
    let mut text = String::new();
    if form.energy_wh == 0 {
        let why = match (kind, form.indicative_price) {
            (RuleKind::TradeReduction, _) if form.certificate.p_star.is_some() => {
                "the marginal orders set the prices and stay out".to_owned()
            }
            (RuleKind::UniformPriceBlocks, Some(_)) if form.certificate.refused.is_some() => {
                "what is all or none finds no other side".to_owned()
            }
            (_, Some(mid)) => {
                format!("no buyer pays what a seller asks; the middle is {} ct/kWh", cents(Price(mid)))
            }
            (kind, None) if kind.takes_orders() => "one side is empty".to_owned(),
            _ => "nothing is shared".to_owned(),
        };
        text += &line("traded", format!("nothing: {why}"));
    } else {
        text +=
            &line("traded", format!("{} kWh in {} trades", kwh(Energy(form.energy_wh)), form.trades.len()));
        for interval in &form.intervals {
            let price = interval.price.map_or_else(
                || "nothing traded".to_owned(),
                |price| format!("{} kWh at {} ct/kWh", kwh(Energy(interval.energy_wh)), cents(Price(price))),
            );
            text += &line("", format!("{}: {price}", interval.interval));
        }
        text += &line("price", price(kind, form));
        let gain = "what buyers would have paid at most, less what sellers asked at least";
        text += &line("welfare", format!("{} € ({gain})", euros(Money(form.welfare_neur))));
    }
    if form.surplus_neur != 0 {
        let what = if form.surplus_neur > 0 { "stays with the community" } else { "is missing: a deficit" };
        text += &line("surplus", format!("{} €, which {what}", euros(Money(form.surplus_neur))));
    }
    text + &proof(kind, form).map_or_else(String::new, |proof| line("certificate", proof))
}

fn price(kind: RuleKind, form: &ClearForm) -> String {
    if let Some(price) = form.price {
        return format!("{} ct/kWh for everybody", cents(Price(price)));
    }
    if let (Some(buyers), Some(sellers)) = (form.buyer_price, form.seller_price) {
        let supplied = if kind.takes_orders() { "" } else { ", the supplier's part included" };
        let [buyers, sellers] = [buyers, sellers].map(|price| cents(Price(price)));
        return format!("buyers pay {buyers} ct/kWh, sellers receive {sellers} ct/kWh{supplied}");
    }
    let words = match kind {
        RuleKind::Vcg => "each account its own: what its presence costs the others",
        RuleKind::Continuous => "each trade its own: the limit of the order that came first",
        RuleKind::Pipeline => "each auction its own",
        RuleKind::UniformPriceBlocks => "one in each interval",
        RuleKind::Bilateral => "each pair its own; the difference to what buyers pay is the network's charge",
        _ => "each trade its own, between its two limits",
    };
    words.to_owned()
}

/// What was checked, in a sentence.
fn proof(kind: RuleKind, form: &ClearForm) -> Option<String> {
    let p_star = form.certificate.p_star.map(|price| cents(Price(price)));
    let words = match (kind, p_star) {
        (RuleKind::Continuous, _) => {
            "replayed order by order; no bid that waits reaches an offer that waits".to_owned()
        }
        (RuleKind::Pipeline, _) => {
            "every auction was checked at its own price, every Wh handed on".to_owned()
        }
        (RuleKind::UniformPriceBlocks, None) => "every interval was checked at its own price".to_owned(),
        (RuleKind::Bilateral, _) => {
            "no pair would rather trade more or less at its partners' margins".to_owned()
        }
        (RuleKind::TradeReduction, Some(price)) => {
            format!("{price} ct/kWh proves which orders are efficient, and so which are at the margin")
        }
        (RuleKind::Vcg, Some(price)) => {
            let count = form.certificate.without.len();
            format!(
                "{price} ct/kWh proves the allocation, {count} more prices what each account's presence costs"
            )
        }
        (_, Some(price)) => format!("at {price} ct/kWh nobody wants to trade more or less"),
        (kind, None) if !kind.takes_orders() => "recomputed by the rule's formula".to_owned(),
        (_, None) => return None,
    };
    Some(format!("checked: {words}"))
}

fn table(file: &OrderFile, filled: &[(Energy, Money)]) -> String {
    let right = Align::Right;
    let mut table = Table::new(&[
        ("order", Align::Left),
        ("account", Align::Left),
        ("side", Align::Left),
        ("kWh", right),
        ("limit ct/kWh", right),
        ("filled kWh", right),
        ("mean ct/kWh", right),
        ("€ paid or received", right),
    ]);
    for (order, (energy, money)) in file.orders.iter().zip(filled).take(SHOWN) {
        let mean = match i128::from(energy.0) {
            0 => "–".to_owned(),
            energy => cents(Price(money.0.div_euclid(energy) as i64)),
        };
        let asked: i128 = order.curve().map(|step| i128::from(step.energy.0)).sum();
        let asked = asked * (i128::from(order.wishes().attributes.further) + 1);
        table.row([
            order.id.clone(),
            file.accounts[order.account as usize].clone(),
            order.side.name().to_owned(),
            i64::try_from(asked).map_or_else(|_| "–".to_owned(), |asked| kwh(Energy(asked))),
            cents(order.limit),
            kwh(*energy),
            mean,
            euros(*money),
        ]);
    }
    let mut text = table.render();
    if file.orders.len() > SHOWN {
        let more = file.orders.len() - SHOWN;
        text += &format!("  … and {more} more orders: --json or --out DIR gives all\n");
    }
    text
}
