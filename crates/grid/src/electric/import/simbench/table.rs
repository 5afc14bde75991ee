//! SimBench's tables: CSV with semicolons, `NULL` where nothing is said.

use crate::electric::import::ImportError;
use std::collections::BTreeMap;
use std::path::Path;

/// A table: columns by name.
pub(super) struct Table {
    file: String,
    columns: BTreeMap<String, usize>,
    rows: Vec<csv::StringRecord>,
}

/// One row of a table.
#[derive(Clone, Copy)]
pub(super) struct Row<'a> {
    table: &'a Table,
    at: usize,
}

/// Opens `name`.csv in a folder; `None` where it is not there.
pub(super) fn open(
    folder: &Path,
    name: &str,
) -> Result<Option<(String, csv::Reader<std::fs::File>)>, ImportError> {
    let file = format!("{name}.csv");
    let path = folder.join(&file);
    match std::fs::File::open(&path) {
        Ok(opened) => Ok(Some((file, csv::ReaderBuilder::new().delimiter(b';').from_reader(opened)))),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
        Err(source) => Err(ImportError::Io { path: path.display().to_string(), source }),
    }
}

/// What is wrong with a CSV file, and in which line.
pub(super) fn syntax(file: &str, error: &csv::Error) -> ImportError {
    let line = error.position().map_or(1, |position| position.line() as usize);
    ImportError::Syntax { what: file.to_owned(), line, message: error.to_string() }
}

impl Table {
    /// Reads a table; one that is not there is empty.
    pub(super) fn read(folder: &Path, name: &str) -> Result<Self, ImportError> {
        let Some((file, mut reader)) = open(folder, name)? else {
            return Ok(Self { file: format!("{name}.csv"), columns: BTreeMap::new(), rows: Vec::new() });
        };
        let header = reader.headers().map_err(|error| syntax(&file, &error))?;
        let columns = header.iter().enumerate().map(|(at, column)| (column.trim().to_owned(), at)).collect();
        let rows: Result<Vec<_>, _> = reader.records().collect();
        let rows = rows.map_err(|error| syntax(&file, &error))?;
        Ok(Self { file, columns, rows })
    }

    pub(super) fn rows(&self) -> impl Iterator<Item = Row<'_>> {
        (0..self.rows.len()).map(|at| Row { table: self, at })
    }
}

impl<'a> Row<'a> {
    /// What people call it.
    pub(super) fn id(&self) -> &'a str {
        self.text("id").unwrap_or("without id")
    }

    /// A text, if there is one.
    pub(super) fn text(&self, column: &str) -> Option<&'a str> {
        let at = *self.table.columns.get(column)?;
        let text = self.table.rows[self.at].get(at)?.trim();
        Some(text).filter(|text| !text.is_empty() && *text != "NULL")
    }

    /// A text that must be there.
    pub(super) fn needed(&self, column: &str) -> Result<&'a str, ImportError> {
        self.text(column).ok_or_else(|| self.wrong(format!("{column} is missing: give it a value")))
    }

    /// A number, if there is one.
    pub(super) fn number(&self, column: &str) -> Result<Option<f64>, ImportError> {
        let Some(text) = self.text(column) else { return Ok(None) };
        match text.parse::<f64>() {
            Ok(number) if number.is_finite() => Ok(Some(number)),
            _ if text.eq_ignore_ascii_case("nan") => Ok(None),
            _ => Err(self.wrong(format!("{column} is {text:?}, not a number"))),
        }
    }

    /// A number, or another where there is none.
    pub(super) fn or(&self, column: &str, default: f64) -> Result<f64, ImportError> {
        Ok(self.number(column)?.unwrap_or(default))
    }

    /// A number that must be there.
    pub(super) fn need(&self, column: &str) -> Result<f64, ImportError> {
        self.number(column)?.ok_or_else(|| self.wrong(format!("{column} is missing: give it a value")))
    }

    /// A number that must be there and be greater than 0.
    pub(super) fn positive(&self, column: &str) -> Result<f64, ImportError> {
        let value = self.need(column)?;
        if value > 0.0 {
            return Ok(value);
        }
        Err(self.wrong(format!("{column} is {value}: it must be greater than 0")))
    }

    /// 0 or 1 (or false and true); another where nothing is said.
    pub(super) fn flag(&self, column: &str, default: bool) -> Result<bool, ImportError> {
        match self.text(column).map(str::to_ascii_lowercase).as_deref() {
            None => Ok(default),
            Some("1" | "1.0" | "true") => Ok(true),
            Some("0" | "0.0" | "false") => Ok(false),
            Some(other) => Err(self.wrong(format!("{column} is {other:?}: it must be 0 or 1"))),
        }
    }

    pub(super) fn wrong(&self, message: String) -> ImportError {
        let line = self.table.rows[self.at].position().map_or(0, csv::Position::line);
        let element = format!("line {line}, {:?}", self.id());
        ImportError::Value { what: self.table.file.clone(), element, message }
    }
}
