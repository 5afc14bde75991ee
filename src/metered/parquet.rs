//! Metered energy as Parquet: t as text, number or timestamp, energies as whole numbers.

use super::{MeteredFile, Reader};
use crate::failure::Failure;
use crate::orders::text_of;
use parquet::file::reader::{FileReader, SerializedFileReader};
use parquet::record::Field;
use sim::calendar::format_instant;
use std::path::Path;

/// Reads a whole file; a "line" is a row counted from 1.
pub(super) fn read(path: &Path) -> Result<MeteredFile, Failure> {
    let file = std::fs::File::open(path).map_err(|error| Failure::reading(path, &error))?;
    let bad = |error: parquet::errors::ParquetError| {
        Failure::input(path.display(), format!("not readable as Parquet: {error}"))
    };
    let parquet = SerializedFileReader::new(file).map_err(bad)?;
    let schema = parquet.metadata().file_metadata().schema();
    let names = schema.get_fields().iter().map(|field| field.name().to_owned()).collect();
    let mut reader = Reader::new(path, names)?;
    for (index, row) in parquet.get_row_iter(None).map_err(bad)?.enumerate() {
        let row = row.map_err(bad)?;
        let cells: Vec<String> = row.get_column_iter().map(|(_, field)| cell(field)).collect();
        let cells: Vec<&str> = cells.iter().map(String::as_str).collect();
        reader.row(index as u64 + 1, &cells);
    }
    reader.finish()
}

/// A value as it would stand in a CSV file; timestamps are in UTC.
fn cell(field: &Field) -> String {
    let instant =
        |unix: i64| u64::try_from(unix).map_or_else(|_| unix.to_string(), |unix| format_instant(unix, 0));
    match field {
        Field::TimestampMillis(time) => instant(time.div_euclid(1_000)),
        Field::TimestampMicros(time) => instant(time.div_euclid(1_000_000)),
        other => text_of(other),
    }
}
