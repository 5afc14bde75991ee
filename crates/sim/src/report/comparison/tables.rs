//! `compare` (one row per design) and `members` (one row per design and member), as CSV and Parquet.
//!
//! Energy in Wh, money in n€, positive when paid or saved; shares in parts per million.

use crate::compare::{Comparison, Played};
use crate::report::ReportError;
use crate::report::folder::Folder;
use crate::report::table::{Cell, Kind, Table};
use clearing::manipulation::Trick;
use market::Energy;

const DESIGNS: [(&str, Kind); 22] = [
    ("rule", Kind::Text),
    ("bill_neur", Kind::Integer),
    ("at_tariff_neur", Kind::Integer),
    ("without_market_neur", Kind::Integer),
    ("saved_neur", Kind::Integer),
    ("surplus_neur", Kind::Integer),
    ("welfare_neur", Kind::Integer),
    ("electricity_wh", Kind::Integer),
    ("heat_wh", Kind::Integer),
    ("gas_wh", Kind::Integer),
    ("self_consumption_ppm", Kind::Optional),
    ("self_sufficiency_ppm", Kind::Optional),
    ("jain_ppm", Kind::Optional),
    ("gini_ppm", Kind::Optional),
    ("worse_off", Kind::Integer),
    ("worst_member", Kind::Text),
    ("worst_saved_neur", Kind::Integer),
    ("gain_price_neur", Kind::Optional),
    ("gain_quantity_neur", Kind::Optional),
    ("gain_withholding_neur", Kind::Optional),
    ("gain_false_names_neur", Kind::Optional),
    ("gain_wash_trade_neur", Kind::Optional),
];

const MEMBERS: [(&str, Kind); 11] = [
    ("rule", Kind::Text),
    ("member", Kind::Text),
    ("kind", Kind::Text),
    ("bill_neur", Kind::Integer),
    ("at_tariff_neur", Kind::Integer),
    ("saved_neur", Kind::Integer),
    ("gain_neur", Kind::Integer),
    ("bought_wh", Kind::Integer),
    ("sold_wh", Kind::Integer),
    ("self_consumption_ppm", Kind::Optional),
    ("self_sufficiency_ppm", Kind::Optional),
];

/// Writes both.
pub(super) fn write(folder: &Folder, comparison: &Comparison) -> Result<(), ReportError> {
    let mut designs = Table::create(folder, "compare", &DESIGNS)?;
    let mut members = Table::create(folder, "members", &MEMBERS)?;
    let everybody: Vec<usize> = (0..comparison.community.members.len()).collect();
    for played in &comparison.designs {
        design(&mut designs, comparison, played, &everybody)?;
        for member in &everybody {
            let name = played.design.name();
            let account = &played.measured.members[*member];
            let (community, all) =
                (&comparison.community, |energies: [Energy; 3]| energies.into_iter().sum());
            let (bought, sold): (Energy, Energy) = (all(account.bought), all(account.sold));
            members.row(&[
                Cell::Text(&name),
                Cell::Text(&community.members[*member]),
                Cell::Text(&community.kinds[*member]),
                Cell::Integer(account.bill.0),
                Cell::Integer(account.at_tariff.0),
                Cell::Integer(account.saved().0),
                Cell::Integer(account.gain.0),
                Cell::Integer(bought.0.into()),
                Cell::Integer(sold.0.into()),
                optional(community.self_consumption(&played.measured, &[*member])),
                optional(community.self_sufficiency(&played.measured, &[*member])),
            ])?;
        }
    }
    designs.finish()?;
    members.finish()
}

fn design(
    table: &mut Table,
    comparison: &Comparison,
    played: &Played,
    everybody: &[usize],
) -> Result<(), ReportError> {
    let Comparison { community, .. } = comparison;
    let measured = &played.measured;
    let name = played.design.name();
    let (worst, saved) = measured.worst().unwrap_or_default();
    let gain = |trick: Trick| {
        let found = played.manipulation.iter().find(|found| found.gain.trick == trick);
        found.map_or(Cell::Nothing, |found| Cell::Integer(found.gain.money.0))
    };
    let traded = market::Carrier::ALL.map(|carrier| Cell::Integer(measured.traded(carrier).0.into()));
    let figures = [
        Cell::Text(&name),
        Cell::Integer(measured.bill().0),
        Cell::Integer(measured.at_tariff().0),
        Cell::Integer(community.without_market().0),
        Cell::Integer(measured.saved().0),
        Cell::Integer(measured.surplus.0),
        Cell::Integer(measured.welfare().0),
    ];
    let shares = [
        optional(community.self_consumption(measured, everybody)),
        optional(community.self_sufficiency(measured, everybody)),
        optional(measured.jain()),
        optional(measured.gini()),
        Cell::Integer(measured.worse_off() as i128),
        Cell::Text(community.members.get(worst).map_or("", String::as_str)),
        Cell::Integer(saved.0),
    ];
    table.row(&[&figures[..], &traded, &shares, &Trick::ALL.map(gain)].concat())
}

fn optional(value: Option<i64>) -> Cell<'static> {
    value.map_or(Cell::Nothing, |value| Cell::Integer(value.into()))
}
