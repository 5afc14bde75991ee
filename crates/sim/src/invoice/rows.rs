//! An invoice's lines for programs: one row each, exact integers.

use super::{Heading, Invoice};
use crate::calendar::format_instant;
use crate::statement::Names;
use market::PostingKind;

/// The columns.
pub const HEAD: [&str; 20] = [
    "start",
    "until",
    "carrier",
    "meter",
    "reading",
    "reading_sequence",
    "reading_record",
    "import_wh",
    "export_wh",
    "correction",
    "replaces",
    "contract_records",
    "line",
    "side",
    "energy_wh",
    "price_neur_per_wh",
    "money_neur",
    "with",
    "with_account",
    "record",
];

/// One line's values, in the order of [`HEAD`].
pub type Row = [String; HEAD.len()];

/// Every line of an invoice, in the order of records. Money is positive where the account pays.
pub fn rows<'a>(invoice: &'a Invoice<'_>, names: &'a Names) -> impl Iterator<Item = Row> + 'a {
    let offset = invoice.community.utc_offset;
    invoice.billed.iter().flat_map(move |billed| {
        let contracts: Vec<String> =
            billed.contracts.iter().map(|contract| contract.record.to_string()).collect();
        let contracts = contracts.join(" ");
        let known = billed.reading;
        let of = |value: Option<String>| value.unwrap_or_default();
        billed.items.iter().map(move |item| {
            [
                format_instant(billed.interval.start, offset),
                format_instant(billed.interval.end(), offset),
                billed.carrier.name().to_owned(),
                billed.meter.0.to_string(),
                of(known.map(|known| known.knowledge.name().to_owned())),
                of(known.map(|known| known.sequence.to_string())),
                of(known.map(|known| known.record.to_string())),
                of(known.map(|known| known.import.0.to_string())),
                of(known.map(|known| known.export.0.to_string())),
                billed.correction.to_string(),
                of(billed.replaces.map(|old| format!("{} of record {}", old.knowledge.name(), old.record))),
                if item.kind == PostingKind::Trade { contracts.clone() } else { String::new() },
                Heading::of(item).name().to_owned(),
                item.side.name().to_owned(),
                item.energy.0.to_string(),
                of(item.price.map(|price| price.0.to_string())),
                item.money.0.to_string(),
                names.of_account(item.with),
                item.with.0.to_string(),
                billed.record.to_string(),
            ]
        })
    })
}
