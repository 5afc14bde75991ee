//! Order files: CSV, JSON or Parquet, read as a whole or not at all.
//!
//! Columns `id,account,side,energy_wh,limit_price` (side `buy` or `sell`, price in n€/Wh) and, where wanted,
//! `carrier,quality,premium_percent,min_fill_wh,partner,location,time_in_force,interval,block,curve,fall`.
//! Whatever cannot be read is reported with its line and column, all of it at once; whatever can be read but not
//! accepted is for the market to refuse.

mod form;
mod json;
mod parquet;
mod value;

pub(crate) use parquet::text_of;

use crate::failure::{Failure, Problem};
use form::{Columns, Reader};
use market::rule::RuleKind;
use market::{AccountId, Attributes, Carrier, Energy, Location, Price, Quality, Side, Step, TimeInForce};
use sim::calendar::format_instant;
use std::path::Path;

/// One order as it stands in the file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct FileOrder {
    /// The name that results quote.
    pub(crate) id: String,
    /// Whose it is: position in [`OrderFile::accounts`].
    pub(crate) account: u32,
    /// Buy or sell.
    pub(crate) side: Side,
    /// How much, Wh; of a curve, its first step.
    pub(crate) energy: Energy,
    /// The worst acceptable price, n€/Wh; of a curve, its first step's.
    pub(crate) limit: Price,
    /// Its delivery interval, counted from the earliest of the file.
    pub(crate) interval: u32,
    /// What the optional columns ask for; most orders ask for nothing.
    pub(crate) wishes: Option<Box<Wishes>>,
}

/// What the optional columns of an order say.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Wishes {
    /// The wishes that a rule may grant. A partner that is no account of the file is [`UNKNOWN`].
    pub(crate) attributes: Attributes,
    /// Where the metering point lies.
    pub(crate) location: Location,
    /// How long the order stays in a book that is open.
    pub(crate) time_in_force: TimeInForce,
    /// Further steps of a curve, each strictly worse than the one before.
    pub(crate) steps: Vec<Step>,
}

impl Wishes {
    /// Nothing beside energy and a limit.
    pub(crate) const NONE: &Self = &Self {
        attributes: Attributes {
            quality: Quality::Any,
            premium: Price::ZERO,
            minimum: Energy::ZERO,
            partner: AccountId::WORLD,
            fall: Price::ZERO,
            further: 0,
        },
        location: Location(0),
        time_in_force: TimeInForce::NextClearing,
        steps: Vec::new(),
    };
}

/// An account that is not in the file.
pub(crate) const UNKNOWN: AccountId = AccountId(u32::MAX);

impl FileOrder {
    /// What it asks for beside energy and a limit.
    pub(crate) fn wishes(&self) -> &Wishes {
        self.wishes.as_deref().unwrap_or(Wishes::NONE)
    }

    /// The steps of its curve, the first one included.
    pub(crate) fn curve(&self) -> impl Iterator<Item = Step> + '_ {
        let first = Step { limit: self.limit, energy: self.energy };
        std::iter::once(first).chain(self.wishes().steps.iter().copied())
    }
}

/// All orders of a file, in its order: the order of arrival.
#[derive(Debug, Default)]
pub(crate) struct OrderFile {
    /// The orders.
    pub(crate) orders: Vec<FileOrder>,
    /// The names of the accounts, in order of first appearance.
    pub(crate) accounts: Vec<String>,
    /// What is traded; electricity unless the file says otherwise.
    pub(crate) carrier: Option<Carrier>,
    /// The earliest delivery interval and the length of a step to the next, where the file names any.
    pub(crate) intervals: Option<Intervals>,
}

impl OrderFile {
    /// Takes note of a carrier; all orders of a file are of one.
    fn carrier_named(&mut self, name: &str) -> Result<(), String> {
        let known = Carrier::ALL.into_iter().find(|known| known.name() == name);
        let carrier = known.ok_or_else(|| format!("\"{name}\" is not electricity, heat or gas"))?;
        if *self.carrier.get_or_insert(carrier) == carrier {
            return Ok(());
        }
        Err("another carrier than above: an auction has one, so split the file".to_owned())
    }
}

/// The delivery intervals of a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Intervals {
    /// The earliest.
    pub(crate) first: Interval,
    /// From one to the next: 1, or seconds between instants.
    pub(crate) step: u64,
}

impl Intervals {
    /// The name of a later one.
    pub(crate) fn name(self, later: u64) -> String {
        match self.first {
            Interval::Number(first) => (i128::from(first) + i128::from(later * self.step)).to_string(),
            Interval::Start(first) => format_instant(first.unsigned_abs() + later * self.step, 0),
        }
    }
}

/// A delivery interval as the file names it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Interval {
    /// Its number.
    Number(i64),
    /// Its start, Unix seconds.
    Start(i64),
}

impl Interval {
    /// Its number; an instant is counted in quarter hours since 1970.
    pub(crate) fn number(self) -> u64 {
        match self {
            Self::Number(number) => number.unsigned_abs(),
            Self::Start(start) => start.unsigned_abs() / 900,
        }
    }

    /// How far it is from an earlier one of its kind.
    fn since(self, earlier: Self) -> u64 {
        let at = |interval| match interval {
            Self::Number(at) | Self::Start(at) => at,
        };
        at(self).abs_diff(at(earlier))
    }
}

/// Reads an order file for a rule; its ending says which kind it is.
pub(crate) fn read(path: &Path, rule: RuleKind) -> Result<OrderFile, Failure> {
    let mut reader = Reader::new(path, rule);
    match path.extension().and_then(|ending| ending.to_str()) {
        Some("csv") => csv(path, &mut reader)?,
        Some("json") => json::read(path, &mut reader)?,
        Some("parquet") => parquet::read(path, &mut reader)?,
        _ => {
            return Err(Failure::input(
                path.display(),
                "the ending does not say what this is: name the file .csv, .json or .parquet",
            ));
        }
    }
    reader.finish()
}

/// Rows of text under a line of names.
fn csv(path: &Path, reader: &mut Reader) -> Result<(), Failure> {
    let bytes = std::fs::read(path).map_err(|error| Failure::reading(path, &error))?;
    let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(&bytes); // as spreadsheets write it
    let mut csv = csv::ReaderBuilder::new().flexible(true).trim(csv::Trim::All).from_reader(bytes);
    let names = csv.byte_headers().map_err(|error| Failure::World(format!("{}: {error}", path.display())))?;
    let names: Vec<String> = names.iter().map(|name| String::from_utf8_lossy(name).into_owned()).collect();
    let Some(columns) = Columns::find(path, 1, &names, reader) else { return Ok(()) };
    let mut record = csv::ByteRecord::new();
    loop {
        let line = csv.position().line();
        match csv.read_byte_record(&mut record) {
            Ok(false) => return Ok(()),
            Ok(true) => {
                let line = record.position().map_or(line, csv::Position::line);
                if record.len() != names.len() {
                    let what = format!(
                        "{} columns where the heading has {}: write one value for each column",
                        record.len(),
                        names.len()
                    );
                    reader.problem(Problem::at(path, line, "", what));
                    continue;
                }
                let mut cells = Vec::with_capacity(record.len());
                for cell in &record {
                    cells.push(std::str::from_utf8(cell));
                }
                if let Some(bad) = cells.iter().position(Result::is_err) {
                    reader.problem(Problem::at(
                        path,
                        line,
                        &names[bad],
                        "not UTF-8 text: save the file as UTF-8",
                    ));
                    continue;
                }
                reader.row(&columns, line, |column| cells[column].unwrap_or_default());
            }
            Err(error) => return Err(Failure::World(format!("{}:{line}: {error}", path.display()))),
        }
    }
}
