//! The tables beside the page: their columns, and those that are written at the end.
//!
//! Energy in Wh, money in n€, positive when paid; times are the starts of delivery intervals in UTC.

use super::ReportError;
use super::folder::Folder;
use super::recorder::Record;
use super::table::{Cell, Kind, Table};
use market::PostingKind;

/// `readings`: every carrier of every member in every interval.
pub(super) const READINGS: [(&str, Kind); 18] = [
    ("start", Kind::Time),
    ("member", Kind::Text),
    ("carrier", Kind::Text),
    ("import_wh", Kind::Integer),
    ("export_wh", Kind::Integer),
    ("generation_wh", Kind::Integer),
    ("consumption_wh", Kind::Integer),
    ("charge_wh", Kind::Integer),
    ("discharge_wh", Kind::Integer),
    ("stored_wh", Kind::Integer),
    ("in_cars_wh", Kind::Integer),
    ("bought_wh", Kind::Integer),
    ("sold_wh", Kind::Integer),
    ("from_neighbours_wh", Kind::Integer),
    ("to_neighbours_wh", Kind::Integer),
    ("from_supplier_wh", Kind::Integer),
    ("to_supplier_wh", Kind::Integer),
    ("cost_neur", Kind::Integer),
];
/// `clearings`: every round of every book.
pub(super) const CLEARINGS: [(&str, Kind); 9] = [
    ("start", Kind::Time),
    ("carrier", Kind::Text),
    ("round", Kind::Integer),
    ("bids", Kind::Integer),
    ("offers", Kind::Integer),
    ("volume_wh", Kind::Integer),
    ("price_neur_per_wh", Kind::Optional),
    ("equilibrium_neur_per_wh", Kind::Optional),
    ("welfare_neur", Kind::Integer),
];
/// `coupled`: every clearing of several carriers together.
pub(super) const COUPLED: [(&str, Kind); 6] = [
    ("start", Kind::Time),
    ("intervals", Kind::Integer),
    ("conversions", Kind::Integer),
    ("stored_wh", Kind::Integer),
    ("welfare_neur", Kind::Integer),
    ("welfare_alone_neur", Kind::Integer),
];
/// `conversions`: every conversion that was dispatched.
pub(super) const CONVERSIONS: [(&str, Kind); 8] = [
    ("start", Kind::Time),
    ("member", Kind::Text),
    ("device", Kind::Text),
    ("input", Kind::Text),
    ("input_wh", Kind::Integer),
    ("electricity_wh", Kind::Integer),
    ("heat_wh", Kind::Integer),
    ("gas_wh", Kind::Integer),
];
/// `bills`: what every member paid, by kind.
const BILLS: [(&str, Kind); 5] = [
    ("member", Kind::Text),
    ("carrier", Kind::Text),
    ("kind", Kind::Text),
    ("energy_wh", Kind::Integer),
    ("money_neur", Kind::Integer),
];
/// `members`: the sums.
const MEMBERS: [(&str, Kind); 12] = [
    ("member", Kind::Text),
    ("kind", Kind::Text),
    ("account", Kind::Integer),
    ("carrier", Kind::Text),
    ("import_wh", Kind::Integer),
    ("export_wh", Kind::Integer),
    ("generation_wh", Kind::Integer),
    ("consumption_wh", Kind::Integer),
    ("from_neighbours_wh", Kind::Integer),
    ("to_neighbours_wh", Kind::Integer),
    ("cost_neur", Kind::Integer),
    ("cost_at_tariff_neur", Kind::Integer),
];

/// Writes `bills` and `members`.
pub(super) fn closing(folder: &Folder, record: &Record) -> Result<(), ReportError> {
    let mut bills = Table::create(folder, "bills", &BILLS)?;
    let mut members = Table::create(folder, "members", &MEMBERS)?;
    for (point, total) in record.points.iter().zip(&record.totals) {
        let info = &record.subject.members[point.member];
        for (kind, (energy, money)) in PostingKind::ALL.into_iter().zip(total.bill) {
            if energy.is_zero() && money.is_zero() {
                continue;
            }
            bills.row(&[
                Cell::Text(&info.name),
                Cell::Text(point.carrier.name()),
                Cell::Text(kind_name(kind)),
                Cell::Integer(energy.0.into()),
                Cell::Integer(money.0),
            ])?;
        }
        members.row(&[
            Cell::Text(&info.name),
            Cell::Text(&info.kind),
            Cell::Integer(info.account.0.into()),
            Cell::Text(point.carrier.name()),
            Cell::Integer(total.import.0.into()),
            Cell::Integer(total.export.0.into()),
            Cell::Integer(total.generation.0.into()),
            Cell::Integer(total.consumption.0.into()),
            Cell::Integer(total.from_peers.0.into()),
            Cell::Integer(total.to_peers.0.into()),
            Cell::Integer(total.cost.0),
            Cell::Integer(total.at_tariff.0),
        ])?;
    }
    bills.finish()?;
    members.finish()
}

/// The name of a kind of posting in the tables.
fn kind_name(kind: PostingKind) -> &'static str {
    match kind {
        PostingKind::Deposit => "deposit",
        PostingKind::Withdrawal => "withdrawal",
        PostingKind::Trade => "trade",
        PostingKind::Supply => "supply",
        PostingKind::Imbalance => "imbalance",
        PostingKind::GridFee => "grid_fee",
        PostingKind::Levy => "levy",
        PostingKind::Loan => "loan",
        PostingKind::Repayment => "repayment",
        PostingKind::Surplus => "surplus",
        PostingKind::Vat => "vat",
        PostingKind::Penalty => "penalty",
        PostingKind::Transfer => "transfer",
    }
}
