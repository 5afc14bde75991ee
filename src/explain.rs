//! `wattle explain`: why a member paid what it paid for an interval, in a few sentences.

use crate::cli::ExplainOptions;
use crate::failure::Failure;
use crate::output::{print, print_json};
use crate::progress::Progress;
use serde::Serialize;
use sim::calendar::{format_instant, parse_instant};
use sim::explain::{Explanation, Point, explain as explained};
use sim::invoice::Heading;
use sim::statement::{Known, Names};
use std::path::{Path, PathBuf};

/// The form other programs rely on.
#[derive(Serialize)]
struct ExplanationForm<'a> {
    ledger: String,
    account: u32,
    member: Option<&'a str>,
    start: String,
    until: String,
    currency: String,
    points: Vec<PointForm<'a>>,
    money_neur: i128,
    at_tariff_neur: i128,
    sentences: &'a [String],
}

#[derive(Serialize)]
struct PointForm<'a> {
    meter: u32,
    carrier: &'static str,
    readings: Vec<ReadingForm>,
    bills: Vec<BillForm>,
    sentences: &'a [String],
}

#[derive(Serialize)]
pub(crate) struct ReadingForm {
    kind: &'static str,
    sequence: u64,
    record: u64,
    import_wh: i64,
    export_wh: i64,
}

#[derive(Serialize)]
struct BillForm {
    record: u64,
    correction: bool,
    import_wh: i64,
    export_wh: i64,
    contracts: Vec<ContractForm>,
    lines: Vec<LineForm>,
    money_neur: i128,
    at_tariff_neur: i128,
}

#[derive(Serialize)]
struct ContractForm {
    record: u64,
    side: &'static str,
    energy_wh: i64,
    price: Option<i64>,
    money_neur: i128,
}

#[derive(Serialize)]
struct LineForm {
    line: &'static str,
    side: &'static str,
    energy_wh: i64,
    price: Option<i64>,
    money_neur: i128,
    with_account: u32,
}

impl From<Known> for ReadingForm {
    fn from(known: Known) -> Self {
        let Known { knowledge, record, sequence, import, export } = known;
        Self { kind: knowledge.name(), sequence, record, import_wh: import.0, export_wh: export.0 }
    }
}

/// Explains, or says what is wrong with the question.
pub(crate) fn explain(options: &ExplainOptions) -> Result<(), Failure> {
    let instant = parse_instant(&options.interval).map_err(|what| {
        Failure::input("INTERVAL", format!("{what}: write one with its zone, such as 2021-06-21T05:45+01:00"))
    })?;
    let ledger = options.ledger.clone().map_or_else(newest, Ok)?;
    let names = Names::beside(&ledger);
    // The number of accounts is known only once the log is read; a name needs it not.
    let account = names.find(&options.account, u32::MAX).map_err(|what| Failure::input("ACCOUNT", what))?;
    let mut progress = None;
    let hidden = options.quiet || options.json;
    let (explanation, found) = explained(&ledger, &names, account, instant.unix, &mut |done, total| {
        progress.get_or_insert_with(|| Progress::new("reading", total, hidden)).at(done);
    })?;
    if let Some(progress) = progress {
        progress.done();
    }
    names.find(&account.0.to_string(), found.accounts).map_err(|what| Failure::input("ACCOUNT", what))?;
    let offset = found.community.utc_offset;
    let at = |instant| format_instant(instant, offset);
    match found.span {
        None => {
            return Err(Failure::input(
                ledger.display(),
                "nothing is settled yet, so there is nothing to explain",
            ));
        }
        Some((first, end)) if !(first..end).contains(&instant.unix) => {
            let what = format!(
                "{} is outside the ledger, which covers {} to {}",
                at(instant.unix),
                at(first),
                at(end)
            );
            return Err(Failure::input("INTERVAL", what));
        }
        Some(_) => {}
    }
    if options.json {
        return print_json(&form(&explanation, &ledger, &names, &found.community));
    }
    let (head, rest) = explanation.sentences.split_first().map_or(("", &[][..]), |(head, rest)| (head, rest));
    let lines: String = rest.iter().map(|sentence| format!("  {sentence}\n")).collect();
    print(&format!("{head}\n{lines}"))
}

/// The village's ledger, or else the newest in the reports' folder.
fn newest() -> Result<PathBuf, Failure> {
    let village = Path::new("reports/village.sqlite");
    if village.exists() {
        return Ok(village.into());
    }
    let files = std::fs::read_dir("reports").into_iter().flatten().flatten().map(|entry| entry.path());
    let ledgers = files.filter(|path| path.extension().is_some_and(|ending| ending == "sqlite"));
    let age = |path: &PathBuf| path.metadata().and_then(|file| file.modified()).ok();
    ledgers.max_by_key(|path| (age(path), path.clone())).ok_or_else(|| {
        Failure::input(
            "reports",
            "there is no ledger here: run `wattle run village` first, or name one with --ledger",
        )
    })
}

fn form<'a>(
    explanation: &'a Explanation,
    ledger: &Path,
    names: &'a Names,
    community: &market::Community,
) -> ExplanationForm<'a> {
    let at = |instant| format_instant(instant, community.utc_offset);
    ExplanationForm {
        ledger: ledger.display().to_string(),
        account: explanation.account.0,
        member: names.get(explanation.account),
        start: at(explanation.interval.start),
        until: at(explanation.interval.end()),
        currency: String::from_utf8_lossy(&community.currency).into_owned(),
        points: explanation.points.iter().map(point).collect(),
        money_neur: explanation.total.0,
        at_tariff_neur: explanation.at_tariff.0,
        sentences: &explanation.sentences,
    }
}

fn point(point: &Point) -> PointForm<'_> {
    let bills = point.billed.iter().map(|billed| {
        let (import, export) = billed.counted();
        BillForm {
            record: billed.record,
            correction: billed.correction,
            import_wh: import.0,
            export_wh: export.0,
            contracts: billed
                .contracts
                .iter()
                .map(|contract| ContractForm {
                    record: contract.record,
                    side: contract.side.name(),
                    energy_wh: contract.energy.0,
                    price: contract.price().map(|price| price.0),
                    money_neur: contract.money.0,
                })
                .collect(),
            lines: billed
                .items
                .iter()
                .map(|item| LineForm {
                    line: Heading::of(item).name(),
                    side: item.side.name(),
                    energy_wh: item.energy.0,
                    price: item.price.map(|price| price.0),
                    money_neur: item.money.0,
                    with_account: item.with.0,
                })
                .collect(),
            money_neur: billed.total().0,
            at_tariff_neur: billed.at_tariff.0,
        }
    });
    PointForm {
        meter: point.meter.0,
        carrier: point.carrier.name(),
        readings: point.readings.iter().map(|known| ReadingForm::from(*known)).collect(),
        bills: bills.collect(),
        sentences: &point.sentences,
    }
}
