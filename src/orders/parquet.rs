//! Orders as Parquet, as data tools write it: text and integers, plain, zstd or snappy.

use super::form::{Columns, Reader};
use crate::failure::Failure;
use parquet::file::reader::{FileReader, SerializedFileReader};
use parquet::record::Field;
use sim::calendar::format_instant;
use std::path::Path;

/// Reads all orders of the file; a "line" is a row counted from 1.
pub(super) fn read(path: &Path, reader: &mut Reader) -> Result<(), Failure> {
    let file = std::fs::File::open(path).map_err(|error| Failure::reading(path, &error))?;
    let bad = |error: parquet::errors::ParquetError| {
        Failure::input(path.display(), format!("not readable as Parquet: {error}"))
    };
    let parquet = SerializedFileReader::new(file).map_err(bad)?;
    let schema = parquet.metadata().file_metadata().schema();
    let names: Vec<String> = schema.get_fields().iter().map(|field| field.name().to_owned()).collect();
    let Some(columns) = Columns::find(path, 1, &names, reader) else { return Ok(()) };
    for (index, row) in parquet.get_row_iter(None).map_err(bad)?.enumerate() {
        let row = row.map_err(bad)?;
        let cells: Vec<String> = row.get_column_iter().map(|(_, field)| text_of(field)).collect();
        reader.row(&columns, index as u64 + 1, |column| cells[column].as_str());
    }
    Ok(())
}

/// A value as it would stand in a CSV file; a whole number stored as a float is that number, a timestamp an instant.
pub(crate) fn text_of(field: &Field) -> String {
    match field {
        Field::Null => String::new(),
        Field::Str(text) => text.trim().to_owned(),
        Field::Bytes(bytes) => String::from_utf8_lossy(bytes.data()).trim().to_owned(),
        Field::Double(number) if number.fract() == 0.0 => format!("{number:.0}"),
        Field::TimestampMillis(since) => format_instant((since / 1_000).max(0) as u64, 0),
        Field::TimestampMicros(since) => format_instant((since / 1_000_000).max(0) as u64, 0),
        other => other.to_string(),
    }
}
