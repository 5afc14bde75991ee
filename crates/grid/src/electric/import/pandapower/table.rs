//! pandapower's tables: data frames in pandas' "split" layout, as text inside the JSON.

use crate::electric::import::ImportError;
use serde_json::Value;
use std::collections::BTreeMap;

/// A table: columns by name, rows by pandapower's index.
pub(super) struct Table {
    /// As in `net.line`.
    pub(super) name: String,
    columns: BTreeMap<String, usize>,
    index: Vec<i64>,
    data: Vec<Vec<Value>>,
}

/// One row of a table.
#[derive(Clone, Copy)]
pub(super) struct Row<'a> {
    table: &'a Table,
    at: usize,
}

#[derive(serde::Deserialize)]
struct Split {
    columns: Vec<Value>,
    index: Vec<Value>,
    data: Vec<Vec<Value>>,
}

impl Table {
    /// A data frame as pandapower writes it; `None` for what is no data frame.
    pub(super) fn read(name: &str, value: &Value) -> Result<Option<Self>, ImportError> {
        if value.get("_class").and_then(Value::as_str) != Some("DataFrame") {
            return Ok(None);
        }
        let wrong = |message: String| ImportError::Value {
            what: "pandapower network".to_owned(),
            element: format!("table {name}"),
            message,
        };
        if value.get("orient").and_then(Value::as_str).is_some_and(|orient| orient != "split") {
            return Err(wrong(
                "its orientation is not \"split\": write it with pandapower's to_json".to_owned(),
            ));
        }
        let split: Result<Split, _> = match &value["_object"] {
            Value::String(text) => serde_json::from_str(text),
            other => serde_json::from_value(other.clone()),
        };
        let split =
            split.map_err(|error| wrong(format!("it is no data frame in \"split\" layout: {error}")))?;
        if split.index.len() != split.data.len() {
            let (index, rows) = (split.index.len(), split.data.len());
            return Err(wrong(format!("its index has {index} entries, its data {rows} rows")));
        }
        // Tables with an index of text are no elements (standard types and the like); their rows are numbered.
        let index = split.index.iter().enumerate();
        let index = index.map(|(at, value)| value.as_i64().unwrap_or(at as i64)).collect();
        let columns = split.columns.iter().enumerate().map(|(at, column)| (text_of(column), at)).collect();
        Ok(Some(Self { name: name.to_owned(), columns, index, data: split.data }))
    }

    pub(super) fn rows(&self) -> impl Iterator<Item = Row<'_>> {
        (0..self.data.len()).map(|at| Row { table: self, at })
    }

    pub(super) fn has(&self, column: &str) -> bool {
        self.columns.contains_key(column)
    }
}

impl Row<'_> {
    /// pandapower's index of the row.
    pub(super) fn index(&self) -> i64 {
        self.table.index[self.at]
    }

    /// For messages: `line 3 "North"`.
    pub(super) fn describe(&self) -> String {
        let (table, index) = (&self.table.name, self.index());
        match self.text("name") {
            Some(name) => format!("{table} {index} \"{name}\""),
            None => format!("{table} {index}"),
        }
    }

    fn value(&self, column: &str) -> Option<&Value> {
        let at = *self.table.columns.get(column)?;
        self.table.data[self.at].get(at).filter(|value| !value.is_null())
    }

    /// A number, if there is one.
    pub(super) fn number(&self, column: &str) -> Result<Option<f64>, ImportError> {
        match self.value(column) {
            None => Ok(None),
            Some(Value::Bool(flag)) => Ok(Some(f64::from(u8::from(*flag)))),
            Some(value) => match value.as_f64() {
                Some(number) => Ok(Some(number)),
                None => Err(self.wrong(format!("{column} is {value}, not a number"))),
            },
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

    /// An index of another element, which must be there.
    pub(super) fn reference(&self, column: &str) -> Result<i64, ImportError> {
        let value = self.need(column)?;
        if value == value.trunc() && value.abs() < 9e15 {
            return Ok(value as i64);
        }
        Err(self.wrong(format!("{column} is {value}, not an index")))
    }

    /// Yes or no; another where nothing is said.
    pub(super) fn flag(&self, column: &str, default: bool) -> Result<bool, ImportError> {
        match self.value(column) {
            None => Ok(default),
            Some(Value::Bool(flag)) => Ok(*flag),
            Some(value) => match value.as_f64() {
                Some(number) => Ok(number != 0.0),
                None => Err(self.wrong(format!("{column} is {value}, neither true nor false"))),
            },
        }
    }

    pub(super) fn in_service(&self) -> Result<bool, ImportError> {
        self.flag("in_service", true)
    }

    /// A text that is not empty.
    pub(super) fn text(&self, column: &str) -> Option<String> {
        self.value(column).map(text_of).filter(|text| !text.is_empty())
    }

    /// What lies in a column, as it is.
    pub(super) fn raw(&self, column: &str) -> Option<&Value> {
        self.value(column)
    }

    pub(super) fn wrong(&self, message: String) -> ImportError {
        ImportError::Value { what: "pandapower network".to_owned(), element: self.describe(), message }
    }
}

/// What people would write: whole numbers without a point, texts without quotation marks.
pub(super) fn text_of(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Number(number) => {
            number.as_f64().map_or_else(|| number.to_string(), |value| value.to_string())
        }
        other => other.to_string(),
    }
}
