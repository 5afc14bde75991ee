//! The street in sentences.

use super::form::{MarketForm, WayForm};
use crate::study::appliances::form::IntervalForm;
use crate::study::appliances::words::{number, percent, weights};

/// What the schedules do to it, in a few sentences that stand alone.
pub(in crate::study::appliances) fn words(form: &MarketForm) -> String {
    let bill = |way: &WayForm| format!("{} €", spread(&way.bill_eur, 2));
    let rule = |name: &str| form.of(name).map(bill).next().unwrap_or_default();
    let by_preference = |name: &str, value: &dyn Fn(&WayForm) -> String| {
        let told = form.of(name).map(|way| format!("{} at {}", value(way), minded(way)));
        told.collect::<Vec<_>>().join(", ")
    };
    let neighbours = |way: &WayForm| format!("{} kWh", spread(&way.from_neighbours_kwh, 0));
    let first = |name: &str| form.of(name).next();
    let traded = |name: &str| first(name).map_or_else(String::new, neighbours);
    let consumption =
        |name: &str| first(name).map_or_else(String::new, |way| percent(way.self_consumption.mean, 0));
    format!(
        "In a street of {} members that trade for {} days, {} runs are asked for and made in every way. All together pay {} \
         where machines start at once, {} under the market’s own rule and {} in the cheapest windows; with predictive control \
         {} (cost/peak/delay); with the agents {}. Neighbours sell each other {} where machines start at once ({} % of what \
         the roofs give stays in the street), and with the agents {}.",
        form.members.len(),
        form.days,
        form.runs,
        rule("as_soon_as_possible"),
        rule("dispatch"),
        rule("cheapest_window"),
        by_preference("predictive", &bill),
        by_preference("learned", &bill),
        traded("as_soon_as_possible"),
        consumption("as_soon_as_possible"),
        by_preference("learned", &neighbours),
    )
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
