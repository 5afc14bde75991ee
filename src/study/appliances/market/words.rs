//! The street in sentences.

use super::form::{MarketForm, WayForm};
use crate::study::appliances::form::IntervalForm;
use crate::study::appliances::words::{number, percent, weights};

/// What the schedules do to it, in a few sentences that stand alone.
pub(in crate::study::appliances) fn words(form: &MarketForm) -> String {
    let rule = |name: &str| form.of(name).map(|way| spread(&way.bill_eur, 2)).next().unwrap_or_default();
    let pairs = form.of("learned").zip(form.of("predictive"));
    let pairs = pairs.map(|(agents, control)| {
        let [agents_pay, control_pays] = [agents, control].map(|way| spread(&way.bill_eur, 2));
        format!("at {} the agents {agents_pay} €, predictive control {control_pays} €", minded(agents))
    });
    let stays = |name: &str| {
        let all = form.of(name).map(|way| way.self_consumption.mean);
        percent(all.fold(0.0, f64::max), 1)
    };
    format!(
        "In a street of {} members that trade for {}, every way makes the same {} runs. All together pay {} € where \
         machines start at once, {} € under the market’s own rule, {} € in the cheapest windows; {} (cost/peak/delay). Of what the \
         roofs give, {} % stays in the street where machines start at once, and at most {} % with the agents.",
        form.members.len(),
        days(form),
        form.runs,
        rule("as_soon_as_possible"),
        rule("dispatch"),
        rule("cheapest_window"),
        pairs.collect::<Vec<_>>().join("; "),
        stays("as_soon_as_possible"),
        stays("learned"),
    )
}

/// The days in which machines are asked for.
pub(super) fn days(form: &MarketForm) -> String {
    if form.days == 1 { "1 day".into() } else { format!("{} days", form.days) }
}

/// A preference as people read it; a dash for none.
pub(super) fn minded(way: &WayForm) -> String {
    way.preference.as_ref().map_or_else(|| "–".into(), weights)
}

/// A mean, with its interval where it has one.
pub(super) fn spread(interval: &IntervalForm, digits: usize) -> String {
    let IntervalForm { mean, low, high } = *interval;
    let mean = number(mean, digits);
    if low < high { format!("{mean} ({} to {})", number(low, digits), number(high, digits)) } else { mean }
}
