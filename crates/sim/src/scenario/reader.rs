//! Walks a TOML document and collects every mistake with its place, instead of stopping at the first.

use super::problem::{Problem, Problems, suggestion_for};
use super::quantity::{self, Quantity};
use crate::calendar::{self, Instant};
use market::{Energy, Fraction, Location, Money, Price};
use std::cell::RefCell;
use std::ops::Range;
use toml_edit::{Item, TableLike, Value as TomlValue};

/// A file under inspection: its text and the mistakes so far.
#[derive(Debug)]
pub(crate) struct Source<'a> {
    /// As the user named it.
    pub(crate) file: &'a str,
    /// What it says.
    pub(crate) text: &'a str,
    problems: RefCell<Vec<Problem>>,
}

impl<'a> Source<'a> {
    /// A file without mistakes so far.
    pub(crate) fn new(file: &'a str, text: &'a str) -> Self {
        Self { file, text, problems: RefCell::default() }
    }

    /// Notes a mistake at a byte position.
    pub(crate) fn fault(&self, at: usize, field: &str, what: impl Into<String>, remedy: impl Into<String>) {
        let before = &self.text[..at.min(self.text.len())];
        let line_start = before.rfind('\n').map_or(0, |newline| newline + 1);
        self.note(Problem {
            file: self.file.to_owned(),
            line: before.matches('\n').count() + 1,
            column: before[line_start..].chars().count() + 1,
            field: field.to_owned(),
            what: what.into(),
            remedy: remedy.into(),
        });
    }

    /// Notes a mistake of another file, such as a series.
    pub(crate) fn note(&self, problem: Problem) {
        self.problems.borrow_mut().push(problem);
    }

    /// The value if there is no mistake, or all of them by place.
    pub(crate) fn finish<T>(self, value: Option<T>) -> Result<T, Problems> {
        let mut problems = self.problems.into_inner();
        problems.sort_by(|a, b| {
            (a.file != self.file, &a.file, a.line, a.column).cmp(&(
                b.file != self.file,
                &b.file,
                b.line,
                b.column,
            ))
        });
        problems.dedup();
        match value {
            Some(value) if problems.is_empty() => Ok(value),
            _ => Err(Problems(problems)),
        }
    }
}

/// A table of the document with its path. Remembers which fields were asked for, so that the others can be
/// called unknown.
pub(crate) struct Section<'a> {
    pub(crate) source: &'a Source<'a>,
    table: &'a dyn TableLike,
    path: String,
    at: usize,
    asked: RefCell<Vec<&'a str>>,
}

impl<'a> Section<'a> {
    /// The whole document.
    pub(crate) fn root(source: &'a Source<'a>, table: &'a dyn TableLike) -> Self {
        Self { source, table, path: String::new(), at: 0, asked: RefCell::default() }
    }

    /// The path of one of its fields.
    pub(crate) fn path_of(&self, name: &str) -> String {
        if self.path.is_empty() { name.to_owned() } else { format!("{}.{name}", self.path) }
    }

    /// Whether the field is written at all.
    pub(crate) fn has(&self, name: &str) -> bool {
        self.table.get(name).is_some()
    }

    fn item(&self, name: &'a str) -> Option<&'a Item> {
        self.asked.borrow_mut().push(name);
        self.table.get(name)
    }

    fn place(&self, name: &str) -> usize {
        let value = self.table.get(name).and_then(Item::span);
        let key = self.table.key(name).and_then(toml_edit::Key::span);
        value.or(key).map_or(self.at, |span: Range<usize>| span.start)
    }

    /// Where a field stands, for a mistake that is found later, and its path.
    pub(crate) fn place_of(&self, name: &str) -> (usize, String) {
        (self.place(name), self.path_of(name))
    }

    /// Notes that something is wrong with a field.
    pub(crate) fn fault(&self, name: &str, what: impl Into<String>, remedy: impl Into<String>) {
        self.source.fault(self.place(name), &self.path_of(name), what, remedy);
    }

    /// A field that may be left out.
    pub(crate) fn get<V: Value>(&self, name: &'a str) -> Option<V> {
        match V::read(self.item(name)?) {
            Ok(value) => Some(value),
            Err((what, remedy)) => {
                self.fault(name, what, remedy);
                None
            }
        }
    }

    /// A field that may be left out, with what it then is.
    pub(crate) fn get_or<V: Value>(&self, name: &'a str, default: V) -> V {
        self.get(name).unwrap_or(default)
    }

    /// A field that must be there.
    pub(crate) fn need<V: Value>(&self, name: &'a str) -> Option<V> {
        if !self.has(name) {
            self.asked.borrow_mut().push(name);
            self.source.fault(
                self.at,
                &self.path_of(name),
                "is missing",
                format!("add `{name} = …`: {}", V::kind()),
            );
        }
        self.get(name)
    }

    /// A word out of a list.
    pub(crate) fn choice<T: Copy>(&self, name: &'a str, options: &[(&str, T)]) -> Option<T> {
        let word: String = self.get(name)?;
        let found = options.iter().find(|(option, _)| *option == word).map(|(_, value)| *value);
        if found.is_none() {
            let names: Vec<_> = options.iter().map(|(option, _)| *option).collect();
            self.fault(name, format!("`{word}` is not known"), suggestion_for(&word, &names));
        }
        found
    }

    /// Holds a value to its bounds; `None` after noting the mistake.
    pub(crate) fn within<T: PartialOrd + Copy>(
        &self,
        name: &str,
        value: Option<T>,
        bounds: std::ops::RangeInclusive<T>,
        what: &str,
        remedy: &str,
    ) -> Option<T> {
        let value = value?;
        if !bounds.contains(&value) {
            self.fault(name, what, remedy);
            return None;
        }
        Some(value)
    }

    /// A table inside this one.
    pub(crate) fn section(&self, name: &'a str) -> Option<Section<'a>> {
        let item = self.item(name)?;
        match item.as_table_like() {
            Some(table) => Some(self.child(self.path_of(name), item, table)),
            None => {
                self.fault(
                    name,
                    "is not a table",
                    format!("write `[{}]` and its fields below", self.path_of(name)),
                );
                None
            }
        }
    }

    /// The tables of an array, written as `[[name]]` or as inline tables.
    pub(crate) fn sections(&self, name: &'a str) -> Vec<Section<'a>> {
        let Some(item) = self.item(name) else { return Vec::new() };
        let path = |index: usize| format!("{}[{index}]", self.path_of(name));
        if let Some(tables) = item.as_array_of_tables() {
            let at = |table: &toml_edit::Table| table.span().map_or(self.at, |span| span.start);
            let child = |(index, table)| self.child_at(path(index), at(table), table);
            return tables.iter().enumerate().map(child).collect();
        }
        let Some(array) = item.as_array() else {
            self.fault(name, "is not a list of tables", format!("write `{name} = [{{ … }}, {{ … }}]`"));
            return Vec::new();
        };
        let mut sections = Vec::new();
        for (index, value) in array.iter().enumerate() {
            let at = value.span().map_or(self.at, |span| span.start);
            match value.as_inline_table() {
                Some(table) => sections.push(self.child_at(path(index), at, table)),
                None => self.source.fault(at, &path(index), "is not a table", "write `{ field = value, … }`"),
            }
        }
        sections
    }

    /// All tables inside this one, by name.
    pub(crate) fn entries(&self) -> Vec<(&'a str, Section<'a>)> {
        let mut entries = Vec::new();
        for (name, item) in self.table.iter() {
            self.asked.borrow_mut().push(name);
            match item.as_table_like() {
                Some(table) => entries.push((name, self.child(self.path_of(name), item, table))),
                None => self.fault(name, "is not a table", format!("write `[{}]`", self.path_of(name))),
            }
        }
        entries
    }

    /// All plain fields, by name.
    pub(crate) fn fields(&self) -> Vec<&'a str> {
        self.table.iter().map(|(name, _)| name).collect()
    }

    fn child(&self, path: String, item: &'a Item, table: &'a dyn TableLike) -> Section<'a> {
        self.child_at(path, item.span().map_or(self.at, |span| span.start), table)
    }

    fn child_at(&self, path: String, at: usize, table: &'a dyn TableLike) -> Section<'a> {
        Section { source: self.source, table, path, at, asked: RefCell::default() }
    }

    /// Notes every field that nobody asked for. To be called when all have been read.
    pub(crate) fn finish(&self) {
        let asked = self.asked.borrow();
        for (name, _) in self.table.iter() {
            if !asked.contains(&name) {
                let at =
                    self.table.key(name).and_then(toml_edit::Key::span).map_or(self.at, |span| span.start);
                let remedy = suggestion_for(name, &asked);
                self.source.fault(at, &self.path_of(name), "there is no such field", remedy);
            }
        }
    }
}

/// Something that a field can hold.
pub(crate) trait Value: Sized {
    /// What it is, with an example.
    fn kind() -> &'static str;
    /// Reads it; else what is wrong and what to write.
    fn read(item: &Item) -> Result<Self, (String, String)>;
}

fn expected(item: &Item, kind: &str) -> (String, String) {
    (format!("is {}", type_name(item)), format!("write {kind}"))
}

fn type_name(item: &Item) -> &'static str {
    match item {
        Item::Value(TomlValue::String(_)) => "a text",
        Item::Value(TomlValue::Integer(_) | TomlValue::Float(_)) => "a bare number",
        Item::Value(TomlValue::Boolean(_)) => "true or false",
        Item::Value(TomlValue::Datetime(_)) => "a date",
        Item::Value(TomlValue::Array(_)) | Item::ArrayOfTables(_) => "a list",
        _ => "a table",
    }
}

macro_rules! quantities {
    ($($name:ty),*) => {$(
        impl Value for $name {
            fn kind() -> &'static str { <$name as Quantity>::KIND }
            fn read(item: &Item) -> Result<Self, (String, String)> {
                item.as_str().map_or_else(|| Err(expected(item, Self::kind())), quantity::parse)
            }
        }
    )*};
}
quantities!(Energy, Price, Money, Fraction, quantity::Power, quantity::Seconds, quantity::Decidegrees);
quantities!(quantity::Height, quantity::Flow, quantity::Volume, quantity::Area);

impl Value for String {
    fn kind() -> &'static str {
        "a text such as \"name\""
    }
    fn read(item: &Item) -> Result<Self, (String, String)> {
        let text = item.as_str().ok_or_else(|| expected(item, Self::kind()))?;
        if text.trim().is_empty() {
            return Err(("is empty".into(), format!("write {}", Self::kind())));
        }
        Ok(text.to_owned())
    }
}

impl Value for u64 {
    fn kind() -> &'static str {
        "a whole number such as 7"
    }
    fn read(item: &Item) -> Result<Self, (String, String)> {
        let number = item.as_integer().ok_or_else(|| expected(item, Self::kind()))?;
        Self::try_from(number)
            .map_err(|_| (format!("`{number}` is negative"), format!("write {}", Self::kind())))
    }
}

impl Value for bool {
    fn kind() -> &'static str {
        "true or false"
    }
    fn read(item: &Item) -> Result<Self, (String, String)> {
        item.as_bool().ok_or_else(|| expected(item, Self::kind()))
    }
}

impl Value for [f64; 3] {
    fn kind() -> &'static str {
        "weights of cost, peak and delay that sum to 1, such as [0.4, 0.4, 0.2]"
    }
    fn read(item: &Item) -> Result<Self, (String, String)> {
        let array = item.as_array().ok_or_else(|| expected(item, Self::kind()))?;
        let number = |value: &TomlValue| value.as_float().or(value.as_integer().map(|whole| whole as f64));
        let weights: Option<Vec<f64>> = array.iter().map(number).collect();
        let weights = weights.and_then(|weights| Self::try_from(weights).ok()).filter(|weights| {
            weights.iter().all(|weight| *weight >= 0.0) && (weights.iter().sum::<f64>() - 1.0).abs() < 1e-9
        });
        weights.ok_or_else(|| ("holds other numbers".into(), format!("write {}", Self::kind())))
    }
}

impl Value for Instant {
    fn kind() -> &'static str {
        "a date and time with its zone such as \"2021-01-18T00:00+01:00\""
    }
    fn read(item: &Item) -> Result<Self, (String, String)> {
        let text = match item {
            Item::Value(TomlValue::Datetime(date)) => date.value().to_string(),
            _ => item.as_str().ok_or_else(|| expected(item, Self::kind()))?.to_owned(),
        };
        calendar::parse_instant(&text).map_err(|what| (what, format!("write {}", Self::kind())))
    }
}

impl Value for Location {
    fn kind() -> &'static str {
        "substation, feeder and building, numbers of at most 255, such as \"1.2.3\""
    }
    fn read(item: &Item) -> Result<Self, (String, String)> {
        let text = item.as_str().ok_or_else(|| expected(item, Self::kind()))?;
        Self::parse(text).ok_or_else(|| {
            (format!("`{text}` is not a place in the grid"), format!("write {}", Self::kind()))
        })
    }
}

impl Value for Vec<String> {
    fn kind() -> &'static str {
        "a list of texts such as [\"a\", \"b\"]"
    }
    fn read(item: &Item) -> Result<Self, (String, String)> {
        let array = item.as_array().ok_or_else(|| expected(item, Self::kind()))?;
        let texts: Option<_> = array.iter().map(|value| value.as_str().map(str::to_owned)).collect();
        texts.ok_or_else(|| ("holds something that is not a text".into(), format!("write {}", Self::kind())))
    }
}
