//! A table written row by row to CSV and to Parquet at once, in constant memory and with the same bytes each time.

use super::ReportError;
use super::folder::Folder;
use super::text::Civil;
use parquet::basic::{Compression, ZstdLevel};
use parquet::data_type::{ByteArray, ByteArrayType, Int64Type};
use parquet::errors::ParquetError;
use parquet::file::properties::WriterProperties;
use parquet::file::writer::SerializedFileWriter;
use parquet::schema::parser::parse_message_type;
use std::fmt::Write as _;
use std::fs::File;
use std::io::{self, BufWriter, Write as _};
use std::path::PathBuf;
use std::sync::Arc;

/// Rows held back until they are written as one row group.
const GROUP: usize = 1 << 16;

/// What a column holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// UTF-8.
    Text,
    /// An integer.
    Integer,
    /// An integer, or nothing.
    Optional,
    /// Unix seconds: ISO 8601 in CSV, a timestamp in Parquet.
    Time,
}

/// One value of a row.
#[derive(Clone, Copy, Debug)]
pub(super) enum Cell<'a> {
    Text(&'a str),
    /// A text that many rows share; copying it costs nothing.
    Name(&'a Name),
    Integer(i128),
    Nothing,
    Time(u64),
}

/// A text for [`Cell::Name`].
#[derive(Clone, Debug)]
pub(super) struct Name(String, ByteArray);

impl From<&str> for Name {
    fn from(text: &str) -> Self {
        Self(text.into(), text.into())
    }
}

/// A column's values since the last row group.
#[derive(Debug)]
enum Column {
    Text(Vec<ByteArray>),
    Integer(Vec<i64>),
    Optional(Vec<i64>, Vec<i16>),
}

/// The table, open for writing.
pub(super) struct Table {
    csv: csv::Writer<File>,
    csv_path: PathBuf,
    parquet: SerializedFileWriter<BufWriter<File>>,
    parquet_path: PathBuf,
    columns: Vec<Column>,
    rows: usize,
    field: String,
    /// The last time written and its text: many rows in a row share it.
    time: (u64, String),
}

impl Table {
    /// Creates `name`.csv and `name`.parquet.
    pub(super) fn create(folder: &Folder, name: &str, head: &[(&str, Kind)]) -> Result<Self, ReportError> {
        let csv_path = folder.path(&format!("{name}.csv"));
        let parquet_path = folder.path(&format!("{name}.parquet"));
        let file = File::create(&csv_path).map_err(ReportError::at(&csv_path))?;
        let mut csv = csv::WriterBuilder::new().buffer_capacity(1 << 16).from_writer(file);
        let names = head.iter().map(|(name, _)| name);
        csv.write_record(names).map_err(|error| ReportError::at(&csv_path)(bare(error)))?;

        let mut message = format!("message {name} {{");
        for (name, kind) in head {
            let column = match kind {
                Kind::Text => format!("REQUIRED BYTE_ARRAY {name} (STRING);"),
                Kind::Integer => format!("REQUIRED INT64 {name};"),
                Kind::Optional => format!("OPTIONAL INT64 {name};"),
                Kind::Time => format!("REQUIRED INT64 {name} (TIMESTAMP(MILLIS,true));"),
            };
            message.push_str(&column);
        }
        message.push('}');
        let file = File::create(&parquet_path).map_err(ReportError::at(&parquet_path))?;
        let writer = || {
            let schema = Arc::new(parse_message_type(&message)?);
            let compression = Compression::ZSTD(ZstdLevel::try_new(1)?);
            // Dictionaries pay for texts; numbers hardly repeat, and zstd sees to those that do.
            let mut properties =
                WriterProperties::builder().set_compression(compression).set_dictionary_enabled(false);
            for (name, _) in head.iter().filter(|(_, kind)| *kind == Kind::Text) {
                properties = properties.set_column_dictionary_enabled((*name).into(), true);
            }
            let properties = properties.build();
            SerializedFileWriter::new(BufWriter::new(file), schema, Arc::new(properties))
        };
        let parquet = writer().map_err(|error| ReportError::at(&parquet_path)(plain(error)))?;
        let columns = head
            .iter()
            .map(|(_, kind)| match kind {
                Kind::Text => Column::Text(Vec::new()),
                Kind::Integer | Kind::Time => Column::Integer(Vec::new()),
                Kind::Optional => Column::Optional(Vec::new(), Vec::new()),
            })
            .collect();
        let (field, time) = (String::new(), (u64::MAX, String::new()));
        Ok(Self { csv, csv_path, parquet, parquet_path, columns, rows: 0, field, time })
    }

    /// Adds a row; as many cells as there are columns, of their kinds.
    pub(super) fn row(&mut self, cells: &[Cell<'_>]) -> Result<(), ReportError> {
        for (cell, column) in cells.iter().zip(&mut self.columns) {
            self.field.clear();
            let text = match cell {
                Cell::Text(text) => *text,
                Cell::Name(Name(text, _)) => text,
                Cell::Integer(number) => {
                    digits(*number, &mut self.field);
                    &self.field
                }
                Cell::Nothing => "",
                Cell::Time(seconds) => {
                    if self.time.0 != *seconds {
                        self.time = (*seconds, Civil::of(seconds.cast_signed()).iso());
                    }
                    &self.time.1
                }
            };
            self.csv.write_field(text).map_err(|error| ReportError::at(&self.csv_path)(bare(error)))?;
            let keep = |number: i128| {
                let large =
                    |_| io::Error::new(io::ErrorKind::InvalidData, format!("{number} leaves 64 bits"));
                i64::try_from(number).map_err(large).map_err(ReportError::at(&self.parquet_path))
            };
            match (column, cell) {
                (Column::Text(values), Cell::Name(Name(_, shared))) => values.push(shared.clone()),
                (Column::Text(values), _) => values.push(ByteArray::from(text)),
                (Column::Integer(values), Cell::Integer(number)) => values.push(keep(*number)?),
                (Column::Integer(values), Cell::Time(seconds)) => {
                    values.push(seconds.cast_signed() * 1000);
                }
                (Column::Optional(values, present), Cell::Integer(number)) => {
                    values.push(keep(*number)?);
                    present.push(1);
                }
                (Column::Optional(_, present), _) => present.push(0),
                (Column::Integer(values), _) => values.push(0),
            }
        }
        self.csv.write_record(None::<&[u8]>).map_err(|error| ReportError::at(&self.csv_path)(bare(error)))?;
        self.rows += 1;
        if self.rows == GROUP { self.flush() } else { Ok(()) }
    }

    fn flush(&mut self) -> Result<(), ReportError> {
        let written = write_group(&mut self.parquet, &mut self.columns);
        self.rows = 0;
        written.map_err(|error| ReportError::at(&self.parquet_path)(plain(error)))
    }

    /// Writes what is held back and closes both files.
    pub(super) fn finish(mut self) -> Result<(), ReportError> {
        if self.rows > 0 {
            self.flush()?;
        }
        self.csv.flush().map_err(ReportError::at(&self.csv_path))?;
        let close = || self.parquet.into_inner()?.flush().map_err(ParquetError::from);
        close().map_err(|error| ReportError::at(&self.parquet_path)(plain(error)))
    }
}

/// Writes a number into an empty string; the formatting machinery takes several times as long.
fn digits(number: i128, text: &mut String) {
    let Ok(mut rest) = u64::try_from(number.unsigned_abs()) else {
        // Writing to a string cannot fail.
        let _ = write!(text, "{number}");
        return;
    };
    let mut buffer = [0_u8; 20];
    let mut first = buffer.len();
    loop {
        first -= 1;
        buffer[first] = b'0' + (rest % 10) as u8;
        rest /= 10;
        if rest == 0 {
            break;
        }
    }
    if number < 0 {
        text.push('-');
    }
    text.extend(buffer[first..].iter().map(|digit| char::from(*digit)));
}

fn write_group(
    parquet: &mut SerializedFileWriter<BufWriter<File>>,
    columns: &mut [Column],
) -> Result<(), ParquetError> {
    let mut group = parquet.next_row_group()?;
    for column in columns {
        let Some(mut writer) = group.next_column()? else { break };
        match column {
            Column::Text(values) => {
                writer.typed::<ByteArrayType>().write_batch(values, None, None)?;
                values.clear();
            }
            Column::Integer(values) => {
                writer.typed::<Int64Type>().write_batch(values, None, None)?;
                values.clear();
            }
            Column::Optional(values, present) => {
                writer.typed::<Int64Type>().write_batch(values, Some(present), None)?;
                values.clear();
                present.clear();
            }
        }
        writer.close()?;
    }
    group.close()?;
    Ok(())
}

/// The operating system's error inside a CSV error, so that a full disk is recognised.
fn bare(error: csv::Error) -> io::Error {
    match error.into_kind() {
        csv::ErrorKind::Io(error) => error,
        other => io::Error::other(format!("{other:?}")),
    }
}

/// The operating system's error inside a Parquet error, so that a full disk is recognised.
fn plain(error: ParquetError) -> io::Error {
    match error {
        ParquetError::External(inner) => match inner.downcast::<io::Error>() {
            Ok(error) => *error,
            Err(other) => io::Error::other(other),
        },
        other => io::Error::other(other),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_full_disk_is_recognised_through_both_writers() {
        let full = || io::Error::from(io::ErrorKind::StorageFull);
        assert_eq!(bare(csv::Error::from(full())).kind(), io::ErrorKind::StorageFull);
        assert_eq!(plain(ParquetError::from(full())).kind(), io::ErrorKind::StorageFull);
    }

    #[test]
    fn numbers_are_written_as_rust_writes_them() {
        for number in [0, 7, -1, 10, -905, i64::MIN.into(), u64::MAX.into(), i128::MIN, i128::MAX] {
            let mut text = String::new();
            digits(number, &mut text);
            assert_eq!(text, number.to_string());
        }
    }
}
