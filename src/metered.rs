//! Metered files: generation and every member's consumption, row by row, and the shares of a static key.

use crate::failure::{Failure, Problem};
use market::rule::sharing::Shares;
use market::{Energy, MAX_ENERGY};
use sim::calendar::parse_instant;
use std::path::Path;

/// When a row was metered, as the file says it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Time {
    /// The number of the delivery interval.
    Number(i64),
    /// ISO 8601 with its zone, and the same instant in Unix seconds.
    Instant(String, i64),
}

/// One delivery interval.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct MeteredRow {
    /// When.
    pub(crate) time: Time,
    /// What was generated, Wh, ≥ 0.
    pub(crate) generation: Energy,
    /// What each member consumed, Wh, ≥ 0.
    pub(crate) consumption: Vec<Energy>,
}

/// A whole file.
#[derive(Debug)]
pub(crate) struct MeteredFile {
    /// The members' names, in the file's order.
    pub(crate) members: Vec<String>,
    /// The delivery intervals, in order of time.
    pub(crate) rows: Vec<MeteredRow>,
}

impl MeteredFile {
    /// The number of a row's delivery interval; the length of an interval is the distance of the first two rows.
    pub(crate) fn interval(&self, row: usize) -> u64 {
        let at = |row: usize| match self.rows.get(row)?.time {
            Time::Number(number) => Some(number),
            Time::Instant(_, seconds) => Some(seconds),
        };
        let length = match (&self.rows[row].time, at(0), at(1)) {
            (Time::Instant(..), Some(first), Some(second)) => second - first,
            (Time::Instant(..), ..) => 900,
            (Time::Number(_), ..) => 1,
        };
        at(row).unwrap_or(0).div_euclid(length.max(1)).unsigned_abs()
    }
}

/// Reads a metered file as a whole, or says everything that is wrong with it.
pub(crate) fn read(path: &Path) -> Result<MeteredFile, Failure> {
    let bytes = std::fs::read(path).map_err(|error| Failure::reading(path, &error))?;
    let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(&bytes);
    let mut csv = csv::ReaderBuilder::new().flexible(true).trim(csv::Trim::All).from_reader(bytes);
    let names = csv.headers().map_err(|error| not_text(path, &error))?.clone();
    let mut problems = Vec::new();
    for (column, wanted) in ["t", "generation_wh"].into_iter().enumerate() {
        if names.get(column) != Some(wanted) {
            let what =
                format!("column {} must be {wanted}: columns are t,generation_wh,MEMBER,…", column + 1);
            problems.push(Problem::at(path, 1, names.get(column).unwrap_or(""), what));
        }
    }
    let members: Vec<String> = names.iter().skip(2).map(str::to_owned).collect();
    if members.is_empty() {
        problems.push(Problem::at(path, 1, "", "no member has a column: add one column of Wh per member"));
    }
    for (index, member) in members.iter().enumerate() {
        if member.is_empty() || members[..index].contains(member) {
            problems.push(Problem::at(path, 1, member, "every member needs a name of its own"));
        }
    }
    if !problems.is_empty() {
        return Err(Failure::Input(problems));
    }
    let mut file = MeteredFile { members, rows: Vec::new() };
    for record in csv.records() {
        let record = record.map_err(|error| not_text(path, &error))?;
        let line = record.position().map_or(0, csv::Position::line);
        if record.len() != names.len() {
            let what = format!(
                "{} columns where the heading has {}: write one value each",
                record.len(),
                names.len()
            );
            problems.push(Problem::at(path, line, "", what));
            continue;
        }
        let before = problems.len();
        let time = time(&record[0]).map_err(|what| problems.push(Problem::at(path, line, "t", what))).ok();
        let mut energies = Vec::with_capacity(names.len() - 1);
        for (name, value) in names.iter().zip(&record).skip(1) {
            match value.parse::<i64>() {
                Ok(energy) if (0..=MAX_ENERGY.0).contains(&energy) => energies.push(Energy(energy)),
                Ok(energy) => {
                    let what = format!("{energy} Wh is outside 0 … 100 GWh: metered energy has no sign");
                    problems.push(Problem::at(path, line, name, what));
                }
                Err(_) => {
                    let what = format!("\"{value}\" is not a whole number of Wh: write 1500 for 1.5 kWh");
                    problems.push(Problem::at(path, line, name, what));
                }
            }
        }
        let Some(time) = time.filter(|_| problems.len() == before) else { continue };
        if let Some(what) = file.rows.last().and_then(|last| out_of_order(&last.time, &time)) {
            problems.push(Problem::at(path, line, "t", what));
        }
        let consumption = energies.split_off(1);
        file.rows.push(MeteredRow { time, generation: energies[0], consumption });
    }
    if problems.is_empty() { Ok(file) } else { Err(Failure::Input(problems)) }
}

/// The shares of a static key, one per member in the members' order, as parts of a whole.
#[derive(Debug)]
pub(crate) struct ShareFile {
    parts: Vec<u64>,
}

/// Shares are exact to nine decimal places.
const WHOLE: u64 = 1_000_000_000;

impl ShareFile {
    /// What the key takes.
    pub(crate) fn shares(&self) -> Shares<'_> {
        Shares::new(&self.parts, WHOLE).expect("the sum was checked when the file was read")
    }
}

/// Reads the shares: columns `member,share`, every member of the metered file once, together at most 1.
pub(crate) fn read_shares(path: &Path, members: &[String]) -> Result<ShareFile, Failure> {
    let bytes = std::fs::read(path).map_err(|error| Failure::reading(path, &error))?;
    let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(&bytes);
    let mut csv = csv::ReaderBuilder::new().flexible(true).trim(csv::Trim::All).from_reader(bytes);
    let names = csv.headers().map_err(|error| not_text(path, &error))?;
    if names.iter().collect::<Vec<_>>() != ["member", "share"] {
        return Err(Failure::Input(vec![Problem::at(path, 1, "", "the heading must be member,share")]));
    }
    let mut problems = Vec::new();
    let mut parts = vec![None; members.len()];
    for record in csv.records() {
        let record = record.map_err(|error| not_text(path, &error))?;
        let line = record.position().map_or(0, csv::Position::line);
        let (member, share) = (record.get(0).unwrap_or(""), record.get(1).unwrap_or(""));
        let mut problem = |field: &str, what: String| problems.push(Problem::at(path, line, field, what));
        let Some(place) = members.iter().position(|known| known == member) else {
            problem("member", format!("\"{member}\" has no column in the metered file"));
            continue;
        };
        if parts[place].is_some() {
            problem("member", format!("\"{member}\" has a share already: remove one"));
        }
        match market::Fraction::parse(share) {
            Some(fraction) => {
                parts[place] =
                    Some(u64::from(fraction.numerator()) * (WHOLE / u64::from(fraction.denominator())));
            }
            None => {
                parts[place] = Some(0);
                let what = "is not an exact decimal from 0 to 1 with at most nine places: write 0.05 for 5 %";
                problem("share", format!("\"{share}\" {what}"));
            }
        }
    }
    for (member, part) in members.iter().zip(&parts) {
        if part.is_none() {
            problems.push(Problem::new(
                path.display(),
                format!("\"{member}\" has no share: add a line, 0 if none"),
            ));
        }
    }
    let parts: Vec<u64> = parts.into_iter().map(Option::unwrap_or_default).collect();
    if Shares::new(&parts, WHOLE).is_none() {
        problems.push(Problem::new(path.display(), "the shares sum to more than 1: lower some"));
    }
    if problems.is_empty() { Ok(ShareFile { parts }) } else { Err(Failure::Input(problems)) }
}

fn not_text(path: &Path, error: &csv::Error) -> Failure {
    let line = error.position().map_or(1, csv::Position::line);
    Failure::Input(vec![Problem::at(path, line, "", "not UTF-8 text: save the file as UTF-8")])
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
fn time(text: &str) -> Result<Time, String> {
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
