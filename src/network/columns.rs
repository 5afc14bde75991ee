//! Tables of measured values as CSV and as Parquet with the same columns; what is not there is empty.

use crate::failure::Failure;
use crate::output::{csv_field, write_file};
use parquet::basic::{Compression, ZstdLevel};
use parquet::data_type::{BoolType, ByteArray, ByteArrayType, DoubleType, Int64Type};
use parquet::errors::ParquetError;
use parquet::file::properties::WriterProperties;
use parquet::file::writer::SerializedFileWriter;
use parquet::schema::parser::parse_message_type;
use std::path::Path;
use std::sync::Arc;

/// Values of one column.
#[derive(Clone, Debug)]
pub(crate) enum Column {
    /// Texts.
    Text(Vec<String>),
    /// Numbers; NaN and infinities are absent.
    Number(Vec<f64>),
    /// Counts.
    Integer(Vec<i64>),
    /// Yes or no.
    Flag(Vec<bool>),
}

impl Column {
    fn len(&self) -> usize {
        match self {
            Self::Text(values) => values.len(),
            Self::Number(values) => values.len(),
            Self::Integer(values) => values.len(),
            Self::Flag(values) => values.len(),
        }
    }

    fn cell(&self, row: usize) -> String {
        match self {
            Self::Text(values) => csv_field(&values[row]),
            Self::Number(values) if !values[row].is_finite() => String::new(),
            // The shortest text that reads back as the same number.
            Self::Number(values) => values[row].to_string(),
            Self::Integer(values) => values[row].to_string(),
            Self::Flag(values) => values[row].to_string(),
        }
    }

    const fn parquet_type(&self) -> (&'static str, &'static str) {
        match self {
            Self::Text(_) => ("REQUIRED BYTE_ARRAY", " (STRING)"),
            Self::Number(_) => ("OPTIONAL DOUBLE", ""),
            Self::Integer(_) => ("REQUIRED INT64", ""),
            Self::Flag(_) => ("REQUIRED BOOLEAN", ""),
        }
    }
}

/// A column of texts.
pub(crate) fn texts<'a, T>(rows: &'a [T], of: impl Fn(&'a T) -> &'a str) -> Column {
    Column::Text(rows.iter().map(|row| of(row).to_owned()).collect())
}

/// A column of numbers.
pub(crate) fn numbers<T>(rows: &[T], of: impl Fn(&T) -> f64) -> Column {
    Column::Number(rows.iter().map(of).collect())
}

/// Columns with their names.
pub(crate) fn named<const N: usize>(columns: [(&str, Column); N]) -> Vec<(String, Column)> {
    columns.into_iter().map(|(name, column)| (name.to_owned(), column)).collect()
}

/// Writes `name`.csv and `name`.parquet into a folder; columns are of one length.
pub(crate) fn write_columns(folder: &Path, name: &str, columns: &[(String, Column)]) -> Result<(), Failure> {
    let rows = columns.first().map_or(0, |(_, column)| column.len());
    assert!(columns.iter().all(|(_, column)| column.len() == rows), "columns of {name} are of one length");
    let heading: Vec<String> = columns.iter().map(|(name, _)| csv_field(name)).collect();
    let mut text = heading.join(",") + "\n";
    for row in 0..rows {
        let cells: Vec<String> = columns.iter().map(|(_, column)| column.cell(row)).collect();
        text += &cells.join(",");
        text.push('\n');
    }
    write_file(&folder.join(format!("{name}.csv")), &text)?;
    let path = folder.join(format!("{name}.parquet"));
    let bytes = parquet(columns).map_err(|error| Failure::World(format!("{}: {error}", path.display())))?;
    std::fs::write(&path, bytes).map_err(|error| Failure::writing(&path, &error))
}

/// The same as Parquet; names become what its schema's text can hold.
fn parquet(columns: &[(String, Column)]) -> Result<Vec<u8>, ParquetError> {
    use parquet::schema::types::Type;
    let mut fields = Vec::new();
    for (name, column) in columns {
        let (kind, annotation) = column.parquet_type();
        // The parser of schemas takes plain words only; the column's own name is set afterwards.
        let parsed = parse_message_type(&format!("message m {{ {kind} x{annotation}; }}"))?;
        let field = &parsed.get_fields()[0];
        let info = field.get_basic_info();
        fields.push(Arc::new(
            Type::primitive_type_builder(name, field.get_physical_type())
                .with_repetition(info.repetition())
                .with_logical_type(info.logical_type_ref().cloned())
                .with_converted_type(info.converted_type())
                .build()?,
        ));
    }
    let schema = Arc::new(Type::group_type_builder("table").with_fields(fields).build()?);
    let properties = WriterProperties::builder().set_compression(Compression::ZSTD(ZstdLevel::try_new(1)?));
    let mut bytes = Vec::new();
    let mut writer = SerializedFileWriter::new(&mut bytes, schema, Arc::new(properties.build()))?;
    let mut group = writer.next_row_group()?;
    for (_, column) in columns {
        let Some(mut writer) = group.next_column()? else { break };
        match column {
            Column::Text(values) => {
                let values: Vec<ByteArray> = values.iter().map(|text| text.as_str().into()).collect();
                writer.typed::<ByteArrayType>().write_batch(&values, None, None)?;
            }
            Column::Number(values) => {
                let present: Vec<i16> = values.iter().map(|value| i16::from(value.is_finite())).collect();
                let values: Vec<f64> = values.iter().copied().filter(|value| value.is_finite()).collect();
                writer.typed::<DoubleType>().write_batch(&values, Some(&present), None)?;
            }
            Column::Integer(values) => {
                writer.typed::<Int64Type>().write_batch(values, None, None)?;
            }
            Column::Flag(values) => {
                writer.typed::<BoolType>().write_batch(values, None, None)?;
            }
        }
        writer.close()?;
    }
    group.close()?;
    writer.close()?;
    Ok(bytes)
}
