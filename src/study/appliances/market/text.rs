//! The street as a table for a terminal.

use super::form::MarketForm;
use super::words::{days, minded};
use crate::study::appliances::words::{number, percent};
use crate::table::{Align, Table};

/// One row for each way.
pub(in crate::study::appliances) fn text(form: &MarketForm) -> String {
    let right = Align::Right;
    let mut table = Table::new(&[
        ("in a street", Align::Left),
        ("minded", Align::Left),
        ("bills €", right),
        ("95 %", right),
        ("neighbours kWh", right),
        ("supplier kWh", right),
        ("street peak W", right),
        ("home peak W", right),
        ("own use %", right),
        ("waited h", right),
    ]);
    for way in &form.ways {
        let bill = &way.bill_eur;
        let ends = format!("{} to {}", number(bill.low, 2), number(bill.high, 2));
        table.row([
            way.title.clone(),
            minded(way),
            number(bill.mean, 2),
            if bill.low < bill.high { ends } else { String::new() },
            number(way.from_neighbours_kwh.mean, 1),
            number(way.from_supplier_kwh.mean, 1),
            number(way.street_peak_w.mean, 0),
            number(way.home_peak_w.mean, 0),
            percent(way.self_consumption.mean, 1),
            number(way.waited_h.mean, 2),
        ]);
    }
    format!(
        "{}\n  Scenario {}, {}: all members’ bills; energy from neighbours and from the supplier; the street’s highest import;\n  \
         the mean daily peak of homes with machines; how much of the roofs’ energy stays in the street; waiting of a run.\n  \
         Every way makes the same {} runs; the agents’ figures are means over seeds\n",
        table.render(),
        form.scenario,
        days(form),
        form.runs
    )
}
