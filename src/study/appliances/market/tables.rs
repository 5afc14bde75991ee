//! The street as CSV.

use super::form::{MarketForm, WayForm};
use crate::output::csv_field;
use crate::study::appliances::tables::{heads, interval as ends};

/// One row for each way.
pub(in crate::study::appliances) fn outcomes(form: &MarketForm) -> String {
    let names = [
        "bill_eur",
        "from_neighbours_kwh",
        "from_supplier_kwh",
        "street_peak_w",
        "home_peak_w",
        "self_consumption",
        "waited_h",
        "served",
    ];
    let mut text = format!("{WAY}{}\n", heads(&names));
    for way in &form.ways {
        let values = [
            &way.bill_eur,
            &way.from_neighbours_kwh,
            &way.from_supplier_kwh,
            &way.street_peak_w,
            &way.home_peak_w,
            &way.self_consumption,
            &way.waited_h,
            &way.served,
        ];
        text += &format!("{},{}\n", named(way), values.map(ends).join(","));
    }
    text
}

/// One row for each way and member.
pub(in crate::study::appliances) fn bills(form: &MarketForm) -> String {
    let mut text = format!("{WAY},member{}\n", heads(&["bill_eur"]));
    for way in &form.ways {
        for (member, bill) in form.members.iter().zip(&way.bills_eur) {
            text += &format!("{},{},{}\n", named(way), csv_field(member), ends(bill));
        }
    }
    text
}

const WAY: &str = "scheduler,cost,peak,delay";

/// Scheduler and preference; empty where it minds none.
fn named(way: &WayForm) -> String {
    let preference =
        way.preference.map_or_else(|| ",,".into(), |one| format!("{},{},{}", one.cost, one.peak, one.delay));
    format!("{},{preference}", way.scheduler)
}
