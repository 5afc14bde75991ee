//! Metered files: generation and every member's consumption, row by row, as CSV or Parquet.
//!
//! Columns `t`, then `generation_wh` or several `generation_wh:NAME`, then one of Wh per member. What goes with them
//! (shares, factors, coefficients, trades) are CSV files of their own. Whatever cannot be read is reported with its
//! line and column, all of it at once.

mod coefficients;
mod factors;
mod parquet;
mod rows;
mod shares;
mod trades;

pub(crate) use coefficients::Coefficients;
pub(crate) use factors::Factors;
pub(crate) use shares::ShareFile;
pub(crate) use trades::Trades;

use crate::failure::{Failure, Problem};
use market::{Energy, MAX_ENERGY};
use sim::calendar::parse_instant;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// Shares, coefficients and factors are exact to nine decimal places.
pub(crate) const WHOLE: u64 = 1_000_000_000;

/// When a row was metered, as the file says it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Time {
    /// The number of the delivery interval.
    Number(i64),
    /// ISO 8601 with its zone, and the same instant in Unix seconds.
    Instant(String, i64),
}

impl Time {
    /// The number, or Unix seconds.
    pub(crate) const fn value(&self) -> i64 {
        match self {
            Self::Number(value) | Self::Instant(_, value) => *value,
        }
    }
}

/// One delivery interval.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct MeteredRow {
    /// When.
    pub(crate) time: Time,
    /// What each producer generated, Wh, ≥ 0.
    pub(crate) generation: Vec<Energy>,
    /// What each member consumed, Wh, ≥ 0.
    pub(crate) consumption: Vec<Energy>,
}

/// A whole file.
#[derive(Debug)]
pub(crate) struct MeteredFile {
    /// The producers' names, in the file's order; a single one may have none.
    pub(crate) producers: Vec<String>,
    /// The members' names, in the file's order.
    pub(crate) members: Vec<String>,
    /// The delivery intervals, in order of time.
    pub(crate) rows: Vec<MeteredRow>,
}

impl MeteredFile {
    /// Length of an interval: the distance of the first two rows; s where rows are instants, else 1.
    pub(crate) fn length(&self) -> i64 {
        let at = |row: usize| self.rows.get(row).map(|row| row.time.value());
        match (self.rows.first().map(|row| &row.time), at(0), at(1)) {
            (Some(Time::Instant(..)), Some(first), Some(second)) => (second - first).max(1),
            (Some(Time::Instant(..)), ..) => 900,
            _ => 1,
        }
    }

    /// The number of a row's delivery interval.
    pub(crate) fn interval(&self, row: usize) -> u64 {
        self.rows[row].time.value().div_euclid(self.length()).unsigned_abs()
    }

    /// Where the row of each time is.
    fn by_time(&self) -> BTreeMap<i64, usize> {
        (0..).zip(&self.rows).map(|(index, row)| (row.time.value(), index)).collect()
    }

    /// The row that a text such as `2021-06-07T12:15:00Z` names, or what is wrong with it.
    fn row_at(&self, by_time: &BTreeMap<i64, usize>, text: &str) -> Result<usize, String> {
        let time = time(text)?;
        let row = by_time.get(&time.value()).copied();
        let same = |row: &usize| {
            matches!(
                (&self.rows[*row].time, &time),
                (Time::Number(_), Time::Number(_)) | (Time::Instant(..), Time::Instant(..))
            )
        };
        row.filter(same).ok_or_else(|| format!("\"{text}\" has no row in the metered file"))
    }
}

/// Reads a metered file as a whole, or says everything that is wrong with it.
pub(crate) fn read(path: &Path) -> Result<MeteredFile, Failure> {
    if path.extension().is_some_and(|ending| ending == "parquet") {
        return parquet::read(path);
    }
    let text = rows::Text::read(path)?;
    let mut reader = Reader::new(path, text.names()?)?;
    text.each(|line, cells| reader.row(line, cells))?;
    reader.finish()
}

/// Collects rows and problems from whatever reads the file.
struct Reader {
    path: PathBuf,
    names: Vec<String>,
    file: MeteredFile,
    problems: Vec<Problem>,
}

impl Reader {
    /// Understands the heading.
    fn new(path: &Path, names: Vec<String>) -> Result<Self, Failure> {
        let mut problems = Vec::new();
        let name = |index: usize| names.get(index).map_or("", String::as_str);
        let producer = |name: &str| match name.strip_prefix("generation_wh") {
            Some("") => Some(String::new()),
            Some(rest) => rest.strip_prefix(':').filter(|name| !name.is_empty()).map(str::to_owned),
            None => None,
        };
        let known = [name(0) == "t", producer(name(1)).is_some()];
        for (column, wanted) in ["t", "generation_wh"].into_iter().enumerate() {
            if !known[column] {
                let what =
                    format!("column {} must be {wanted}: columns are t,generation_wh,MEMBER,…", column + 1);
                problems.push(Problem::at(path, 1, name(column), what));
            }
        }
        let producers: Vec<String> = names.iter().skip(1).map_while(|name| producer(name)).collect();
        let members: Vec<String> = names.iter().skip(1 + producers.len().max(1)).cloned().collect();
        if members.is_empty() {
            problems.push(Problem::at(
                path,
                1,
                "",
                "no member has a column: add one column of Wh per member",
            ));
        }
        for (index, name) in names.iter().enumerate().skip(1) {
            let late = producer(name).is_some() && index > producers.len();
            if late {
                let what = "columns of generation stand before the members'";
                problems.push(Problem::at(path, 1, name, what));
            } else if name.is_empty() || names[1..index].contains(name) {
                problems.push(Problem::at(path, 1, name, "every member needs a name of its own"));
            }
        }
        if producers.len() > 1 && producers.iter().any(String::is_empty) {
            let what = "where several generate, each needs a name: write generation_wh:NAME";
            problems.push(Problem::at(path, 1, "generation_wh", what));
        }
        if problems.is_empty() {
            let file = MeteredFile { producers, members, rows: Vec::new() };
            Ok(Self { path: path.to_owned(), names, file, problems })
        } else {
            Err(Failure::Input(problems))
        }
    }

    /// One row of values, in the order of the heading.
    fn row(&mut self, line: u64, cells: &[&str]) {
        let before = self.problems.len();
        let mut problem = |field: &str, what: String| {
            self.problems.push(Problem::at(&self.path, line, field, what));
        };
        if cells.len() != self.names.len() {
            let (found, wanted) = (cells.len(), self.names.len());
            problem("", format!("{found} columns where the heading has {wanted}: write one value each"));
            return;
        }
        let mut when = None;
        let mut energies = Vec::with_capacity(self.names.len() - 1);
        for ((index, name), value) in self.names.iter().enumerate().zip(cells) {
            match value.parse::<i64>() {
                _ if index == 0 => when = time(value).map_err(|what| problem("t", what)).ok(),
                Ok(energy) if (0..=MAX_ENERGY.0).contains(&energy) => energies.push(Energy(energy)),
                Ok(energy) => {
                    problem(name, format!("{energy} Wh is outside 0 … 100 GWh: metered energy has no sign"));
                }
                Err(_) => {
                    problem(name, format!("\"{value}\" is not a whole number of Wh: write 1500 for 1.5 kWh"));
                }
            }
        }
        let Some(time) = when.filter(|_| self.problems.len() == before) else { return };
        if let Some(what) = self.file.rows.last().and_then(|last| out_of_order(&last.time, &time)) {
            self.problems.push(Problem::at(&self.path, line, "t", what));
        }
        let consumption = energies.split_off(self.file.producers.len());
        self.file.rows.push(MeteredRow { time, generation: energies, consumption });
    }

    /// The file, unless anything is to be mended.
    fn finish(self) -> Result<MeteredFile, Failure> {
        if self.problems.is_empty() { Ok(self.file) } else { Err(Failure::Input(self.problems)) }
    }
}

/// Parts of [`WHOLE`], from an exact decimal.
fn parts(text: &str) -> Result<u64, String> {
    market::Fraction::parse(text).and_then(|fraction| fraction.in_parts_of(WHOLE)).ok_or_else(|| {
        let what = "is not an exact decimal from 0 to 1 with at most nine places: write 0.05 for 5 %";
        format!("\"{text}\" {what}")
    })
}

/// Why a row may not follow another.
fn out_of_order(last: &Time, time: &Time) -> Option<&'static str> {
    let order = match (last, time) {
        (Time::Number(last), Time::Number(this)) | (Time::Instant(_, last), Time::Instant(_, this)) => {
            this.cmp(last)
        }
        _ => return Some("numbers and instants are mixed: use one kind of time throughout"),
    };
    match order {
        std::cmp::Ordering::Greater => None,
        std::cmp::Ordering::Equal => Some("this interval is there twice: remove one row"),
        std::cmp::Ordering::Less => Some("this is before the row above: sort the rows by time"),
    }
}

/// The number of an interval, or an instant in ISO 8601 with its zone, such as `2021-06-07T12:15:00Z`.
pub(crate) fn time(text: &str) -> Result<Time, String> {
    if let Ok(number) = text.parse::<i64>() {
        return match number {
            0.. => Ok(Time::Number(number)),
            _ => Err(format!("{number} is negative: number the intervals from 0")),
        };
    }
    match parse_instant(text) {
        Ok(instant) => Ok(Time::Instant(text.to_owned(), instant.unix as i64)),
        Err(what) => Err(format!("{what}: write a number, 2021-06-07T12:15:00Z or …+01:00")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_is_a_number_or_an_instant_with_its_zone() {
        let check = |text: &str, expected: Result<i64, &str>| match (time(text), expected) {
            (Ok(Time::Number(number) | Time::Instant(_, number)), Ok(wanted)) => {
                assert_eq!(number, wanted, "{text}")
            }
            (Err(what), Err(wanted)) => assert!(what.contains(wanted), "{text}: {what}"),
            (other, _) => panic!("{text}: {other:?}"),
        };
        check("17", Ok(17));
        check("-17", Err("number the intervals from 0"));
        check("2021-06-07T12:15:00Z", Ok(1_623_068_100)); // date -u -d 2021-06-07T12:15:00Z +%s
        check("2021-06-07T14:15:00+02:00", Ok(1_623_068_100));
        check("2021-06-07T12:15:00", Err("says no time zone"));
        check("2021-02-29T12:15:00Z", Err("not a date and time"));
    }
}
