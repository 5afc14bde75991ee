//! Order files: CSV, JSON or Parquet, read as a whole or not at all.
//!
//! Columns `id,account,side,energy_wh,limit_price` (side `buy` or `sell`, price in n€/Wh) and, where wanted,
//! `carrier,quality,premium_percent,min_fill_wh,partner,location`. Whatever cannot be read is reported with its
//! line and column, all of it at once; whatever can be read but not accepted is for the market to refuse.

mod form;
mod json;
mod parquet;

pub(crate) use parquet::text_of;

use crate::failure::{Failure, Problem};
use form::{Columns, Reader};
use market::{Carrier, Energy, Price, Side};
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
    /// How much, Wh.
    pub(crate) energy: Energy,
    /// The worst acceptable price, n€/Wh.
    pub(crate) limit: Price,
    /// An optional column with a wish that only some rules can grant.
    pub(crate) wish: Option<&'static str>,
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
}

/// Reads an order file; its ending says which kind it is.
pub(crate) fn read(path: &Path) -> Result<OrderFile, Failure> {
    let mut reader = Reader::new(path);
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
