//! Series files: CSV with a header, `time` first (ISO 8601 with zone), then one column per series.

use super::problem::{Problem, suggestion_for};
use super::quantity::decimal;
use super::reader::Source;
use crate::calendar;
use std::path::Path;

/// A regular series: one exact decimal per step.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SeriesFile {
    /// Start of the first step, Unix s.
    pub start: u64,
    /// Length of a step, s.
    pub step: u64,
    /// One value per step, as numerator and power of ten.
    pub values: Vec<(i128, i128)>,
}

impl SeriesFile {
    /// Reads one column. Everything that is wrong with the file is noted, with its line; then nothing is returned.
    pub(crate) fn read(
        source: &Source<'_>,
        path: &Path,
        column: Option<&str>,
        on_error: &dyn Fn(String, String),
    ) -> Option<Self> {
        let text = match std::fs::read_to_string(path) {
            Ok(text) => text,
            Err(error) => {
                let remedy = match error.kind() {
                    std::io::ErrorKind::NotFound => "check the path; it is relative to the scenario file",
                    std::io::ErrorKind::PermissionDenied => "make the file and its folder readable",
                    _ => "write a CSV file in UTF-8",
                };
                on_error(format!("cannot read `{}`: {error}", path.display()), remedy.to_owned());
                return None;
            }
        };
        Self::parse(source, &path.display().to_string(), &text, column)
    }

    /// The same for text that was read already.
    pub(crate) fn parse(source: &Source<'_>, file: &str, text: &str, column: Option<&str>) -> Option<Self> {
        let mut faults = 0;
        let mut fault = |line: usize, column: usize, what: String, remedy: &str| {
            faults += 1;
            let (file, field) = (file.to_owned(), String::new());
            source.note(Problem { file, line, column, field, what, remedy: remedy.to_owned() });
        };
        let mut reader =
            csv::ReaderBuilder::new().flexible(true).trim(csv::Trim::All).from_reader(text.as_bytes());
        let header: Vec<String> = match reader.headers() {
            Ok(header) => header.iter().map(str::to_owned).collect(),
            Err(error) => {
                fault(1, 1, format!("is not CSV: {error}"), "write comma-separated columns under a header");
                return None;
            }
        };
        if header.first().map(String::as_str) != Some("time") {
            let what = format!("the first column is `{}`", header.first().map_or("", String::as_str));
            fault(
                1,
                1,
                what,
                "call it `time` and write ISO 8601 with a zone, such as 2021-01-18T00:00+01:00",
            );
            return None;
        }
        let index = match column {
            None => 1,
            Some(name) => match header.iter().position(|candidate| candidate == name) {
                Some(index) => index,
                None => {
                    let remedy = suggestion_for(name, &header[1..]);
                    fault(1, 1, format!("has no column `{name}`"), &remedy);
                    return None;
                }
            },
        };
        if index >= header.len() {
            fault(1, 5, "has no column beside `time`".into(), "add a column with the values");
            return None;
        }
        let mut start = 0;
        let mut step = 0;
        let mut last: Option<u64> = None;
        let mut values = Vec::new();
        for record in reader.records() {
            let record = match record {
                Ok(record) => record,
                Err(error) => {
                    let line = error.position().map_or(1, |position| position.line() as usize);
                    fault(line, 1, format!("is not CSV: {error}"), "write comma-separated columns in UTF-8");
                    continue;
                }
            };
            let line = record.position().map_or(0, |position| position.line() as usize);
            let at = |column: usize| {
                1 + record.iter().take(column).map(|field| field.chars().count() + 1).sum::<usize>()
            };
            match record.get(index).map(|field| (field, decimal(field))) {
                Some((_, Some(value))) => values.push(value),
                found => {
                    let field = found
                        .map_or("nothing", |(field, _)| if field.is_empty() { "nothing" } else { field });
                    fault(line, at(index), format!("`{field}` is not a number"), "write a decimal number");
                    values.push((0, 1));
                }
            }
            let time = match calendar::parse_instant(record.get(0).unwrap_or("")) {
                Ok(instant) => instant.unix,
                Err(what) => {
                    fault(line, 1, what, "write ISO 8601 with a zone, such as 2021-01-18T00:00+01:00");
                    last = last.map(|last| last + step);
                    continue;
                }
            };
            match last {
                None => start = time,
                Some(last) if time == last => {
                    fault(
                        line,
                        1,
                        format!("the time of line {} is repeated", line - 1),
                        "keep one row per time",
                    );
                }
                Some(last) if time < last => {
                    fault(line, 1, "goes back in time".into(), "sort the rows by time");
                }
                Some(last) if step == 0 => step = time - last,
                Some(last) if time - last != step => {
                    let missing = (time - last) / step;
                    let what = if (time - last).is_multiple_of(step) {
                        match missing - 1 {
                            1 => "gap: a row is missing before this one".to_owned(),
                            rows => format!("gap: {rows} rows are missing before this one"),
                        }
                    } else {
                        format!("is {} s after the row before, the others are {step} s apart", time - last)
                    };
                    fault(line, 1, what, "give every step exactly one row");
                }
                Some(_) => {}
            }
            last = Some(time.max(last.unwrap_or(0)));
        }
        if values.len() < 2 {
            fault(1, 1, "has fewer than two rows".into(), "give every step of the scenario a row");
        }
        (faults == 0).then_some(Self { start, step, values })
    }

    /// First instant after the series, Unix s.
    #[must_use]
    pub fn end(&self) -> u64 {
        self.start + self.step * self.values.len() as u64
    }

    /// The value in force at an instant, rounded down after multiplication by `factor`; `None` outside the series.
    #[must_use]
    pub fn at(&self, unix: u64, factor: i128) -> Option<i64> {
        let index = unix.checked_sub(self.start)? / self.step;
        let (numerator, denominator) = *self.values.get(usize::try_from(index).ok()?)?;
        i64::try_from((numerator * factor).div_euclid(denominator)).ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn problems(text: &str, column: Option<&str>) -> Vec<String> {
        let source = Source::new("village.toml", "");
        let series = SeriesFile::parse(&source, "load.csv", text, column);
        match source.finish(series) {
            Ok(_) => Vec::new(),
            Err(problems) => {
                problems.0.iter().map(|p| format!("{}:{}: {}", p.line, p.column, p.what)).collect()
            }
        }
    }

    #[test]
    fn a_regular_series_is_read_exactly() {
        let source = Source::new("", "");
        let text = "time,price\n2021-01-01T00:00Z,10.25\n2021-01-01T01:00Z,-0.5\n";
        let series = SeriesFile::parse(&source, "p.csv", text, None).unwrap();
        assert_eq!((series.start, series.step, series.end()), (1_609_459_200, 3600, 1_609_466_400));
        assert_eq!(series.at(1_609_459_200 + 900, 1000), Some(10_250));
        assert_eq!(series.at(1_609_462_800, 1), Some(-1));
        assert_eq!(series.at(1_609_466_400, 1), None);
    }

    #[test]
    fn everything_wrong_with_a_series_is_named_at_once() {
        let text = "time,a\n2021-01-01T00:00Z,1\n2021-01-01T00:15Z,NaN\n2021-01-01T00:15Z,2\n\
                    2021-01-01T01:00Z,3\n2021-01-01T00:45Z,4\n2021-01-01T01:15,5\n2021-01-01T01:20Z,\n";
        assert_eq!(
            problems(text, Some("a")),
            [
                "3:19: `NaN` is not a number",
                "4:1: the time of line 3 is repeated",
                "5:1: gap: 2 rows are missing before this one",
                "6:1: goes back in time",
                "7:1: `2021-01-01T01:15` says no time zone",
                "8:1: is 300 s after the row before, the others are 900 s apart",
                "8:19: `nothing` is not a number",
            ]
        );
    }

    #[test]
    fn a_file_without_the_right_columns_is_refused() {
        assert_eq!(problems("when,a\n", None), ["1:1: the first column is `when`"]);
        assert_eq!(problems("time,load\n", Some("laod")), ["1:1: has no column `laod`"]);
        assert_eq!(problems("time\n", None), ["1:5: has no column beside `time`"]);
        assert_eq!(problems("time,a\n2021-01-01T00:00Z,1\n", None), ["1:1: has fewer than two rows"]);
    }
}
