//! The compact form of the shipped series: a table of integer columns as one Parquet file.

use bytes::Bytes;
use parquet::basic::{Compression, Encoding, ZstdLevel};
use parquet::column::reader::ColumnReader;
use parquet::data_type::Int32Type;
use parquet::errors::{ParquetError, Result};
use parquet::file::properties::{EnabledStatistics, WriterProperties};
use parquet::file::reader::{FileReader, SerializedFileReader};
use parquet::file::writer::SerializedFileWriter;
use parquet::schema::parser::parse_message_type;
use std::sync::Arc;

/// Named columns of equal length. The unit is part of the name (`temperature_decidegree`).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Table {
    /// Name and values, in file order.
    pub columns: Vec<(String, Vec<i32>)>,
}

impl Table {
    /// Reads what [`Table::encode`] wrote.
    ///
    /// # Errors
    /// Where the bytes are not a Parquet file of 32-bit integer columns without gaps.
    pub fn decode(bytes: Bytes) -> Result<Self> {
        let file = SerializedFileReader::new(bytes)?;
        let schema = file.metadata().file_metadata().schema_descr_ptr();
        let rows = usize::try_from(file.metadata().file_metadata().num_rows()).unwrap_or(0);
        let mut columns: Vec<_> = schema
            .columns()
            .iter()
            .map(|column| (column.name().to_owned(), Vec::with_capacity(rows)))
            .collect();
        for group in 0..file.num_row_groups() {
            let group = file.get_row_group(group)?;
            for (index, (name, values)) in columns.iter_mut().enumerate() {
                let ColumnReader::Int32ColumnReader(mut reader) = group.get_column_reader(index)? else {
                    return Err(ParquetError::General(format!("column `{name}` does not hold integers")));
                };
                while reader.read_records(rows, None, None, values)?.0 > 0 {}
            }
        }
        match columns.iter().find(|(_, values)| values.len() != rows) {
            Some((name, _)) => Err(ParquetError::General(format!("column `{name}` has gaps"))),
            None => Ok(Self { columns }),
        }
    }

    /// The same table always gives the same bytes: no statistics, no dictionary, no version of the writer.
    ///
    /// # Errors
    /// Where the columns differ in length.
    pub fn encode(&self) -> Result<Vec<u8>> {
        let fields: String = self.columns.iter().map(|(name, _)| format!("required int32 {name};")).collect();
        let schema = Arc::new(parse_message_type(&format!("message table {{ {fields} }}"))?);
        let properties = WriterProperties::builder()
            .set_created_by("wattle".to_owned())
            .set_encoding(Encoding::DELTA_BINARY_PACKED)
            .set_dictionary_enabled(false)
            .set_statistics_enabled(EnabledStatistics::None)
            .set_compression(Compression::ZSTD(ZstdLevel::try_new(19)?))
            .set_data_page_row_count_limit(1 << 20)
            .set_data_page_size_limit(1 << 24)
            .build();
        let mut bytes = Vec::new();
        let mut file = SerializedFileWriter::new(&mut bytes, schema, Arc::new(properties))?;
        let mut group = file.next_row_group()?;
        for (_, values) in &self.columns {
            if let Some(mut column) = group.next_column()? {
                column.typed::<Int32Type>().write_batch(values, None, None)?;
                column.close()?;
            }
        }
        group.close()?;
        file.close()?;
        Ok(bytes)
    }

    /// The values of a column.
    #[must_use]
    pub fn column(&self, name: &str) -> Option<&[i32]> {
        self.columns.iter().find(|(candidate, _)| candidate == name).map(|(_, values)| values.as_slice())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_table_survives_its_compact_form() {
        let table = Table {
            columns: vec![
                ("a_w".into(), (0..5000).map(|i| i * i % 977 - 400).collect()),
                ("b_wh".into(), [i32::MIN, i32::MAX].repeat(2500)),
            ],
        };
        let bytes = table.encode().unwrap();
        assert_eq!(bytes, table.encode().unwrap());
        assert_eq!(Table::decode(bytes.into()).unwrap(), table);
    }

    #[test]
    fn other_bytes_are_refused() {
        assert!(Table::decode(Bytes::from_static(b"time,value\n")).is_err());
    }
}
