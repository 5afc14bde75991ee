//! CSV text: names of columns on the first line, then values.

use crate::failure::{Failure, Problem};
use std::path::{Path, PathBuf};

/// A CSV file in memory.
pub(super) struct Text {
    path: PathBuf,
    bytes: Vec<u8>,
}

impl Text {
    pub(super) fn read(path: &Path) -> Result<Self, Failure> {
        let mut bytes = std::fs::read(path).map_err(|error| Failure::reading(path, &error))?;
        if bytes.starts_with(b"\xef\xbb\xbf") {
            bytes.drain(..3); // as spreadsheets write it
        }
        if let Err(error) = std::str::from_utf8(&bytes) {
            let line = 1 + bytes[..error.valid_up_to()].iter().filter(|byte| **byte == b'\n').count();
            let what = "not UTF-8 text: save the file as UTF-8";
            return Err(Failure::Input(vec![Problem::at(path, line as u64, "", what)]));
        }
        Ok(Self { path: path.to_owned(), bytes })
    }

    fn reader(&self) -> csv::Reader<&[u8]> {
        csv::ReaderBuilder::new().flexible(true).trim(csv::Trim::All).from_reader(&self.bytes)
    }

    fn failure(&self, error: &csv::Error) -> Failure {
        Failure::World(format!("{}: {error}", self.path.display()))
    }

    /// The names of the columns.
    pub(super) fn names(&self) -> Result<Vec<String>, Failure> {
        let mut reader = self.reader();
        let names = reader.headers().map_err(|error| self.failure(&error))?;
        Ok(names.iter().map(str::to_owned).collect())
    }

    /// Every row after the names: its line and its values.
    pub(super) fn each(&self, mut row: impl FnMut(u64, &[&str])) -> Result<(), Failure> {
        let mut reader = self.reader();
        let mut record = csv::StringRecord::new();
        while reader.read_record(&mut record).map_err(|error| self.failure(&error))? {
            let cells: Vec<&str> = record.iter().collect();
            row(record.position().map_or(0, csv::Position::line), &cells);
        }
        Ok(())
    }
}

/// The rows of a file whose columns are `needed` and perhaps `optional` ones; an absent value is empty.
pub(super) struct List {
    path: PathBuf,
    pub(super) rows: Vec<(u64, Vec<String>)>,
    pub(super) problems: Vec<Problem>,
}

impl List {
    pub(super) fn read(path: &Path, needed: &[&str], optional: &[&str]) -> Result<Self, Failure> {
        let text = Text::read(path)?;
        let names = text.names()?;
        let unknown = names.iter().any(|name| {
            let known = needed.iter().chain(optional).any(|known| known == name);
            !known || names.iter().filter(|other| *other == name).count() > 1
        });
        let place = |wanted: &&str| names.iter().position(|name| name == wanted);
        if unknown || needed.iter().any(|name| place(name).is_none()) {
            let more = if optional.is_empty() {
                String::new()
            } else {
                format!(", optional {}", optional.join(","))
            };
            let what = format!("the heading must be {}{more}", needed.join(","));
            return Err(Failure::Input(vec![Problem::at(path, 1, "", what)]));
        }
        let places: Vec<Option<usize>> = needed.iter().chain(optional).map(place).collect();
        let mut list = Self { path: path.to_owned(), rows: Vec::new(), problems: Vec::new() };
        text.each(|line, cells| {
            if cells.len() == names.len() {
                let value = |place: &Option<usize>| place.map_or("", |place| cells[place]).to_owned();
                list.rows.push((line, places.iter().map(value).collect()));
            } else {
                let (found, wanted) = (cells.len(), names.len());
                let what = format!("{found} columns where the heading has {wanted}: write one value each");
                list.problem(line, "", what);
            }
        })?;
        Ok(list)
    }

    /// Something to mend in a row.
    pub(super) fn problem(&mut self, line: u64, field: &str, what: impl Into<String>) {
        self.problems.push(Problem::at(&self.path, line, field, what));
    }

    /// Something to mend in the file.
    pub(super) fn file_problem(&mut self, what: impl Into<String>) {
        self.problems.push(Problem::new(self.path.display(), what));
    }

    /// What was made of the rows, unless anything is to be mended.
    pub(super) fn finish<T>(self, made: T) -> Result<T, Failure> {
        if self.problems.is_empty() { Ok(made) } else { Err(Failure::Input(self.problems)) }
    }
}
