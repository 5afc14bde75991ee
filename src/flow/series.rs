//! `wattle flow --series`: the powers of loads, generators and storages over time, step by step.
//!
//! A file has a column `t` and columns `load.NAME.p_w`, `load.NAME.q_var`, `generator.NAME.p_w`, …; what has no column
//! keeps the power that the network says. The word `simbench` stands for the profiles of a SimBench folder.

use crate::failure::{Failure, Problem};
use crate::metered::{Time, time};
use grid::electric::batch::{Power, Series};
use grid::electric::import::simbench::profiles;
use grid::electric::{Element, Network};
use parquet::file::reader::{FileReader, SerializedFileReader};
use parquet::record::Field;
use sim::calendar::format_instant;
use std::path::{Path, PathBuf};

/// Length of a step where rows are numbered and not dated, h.
const NUMBERED_HOURS: f64 = 0.25;

/// Powers over time, and when.
pub(super) struct TimedSeries {
    pub(super) series: Series,
    /// Each step's time, as the file wrote it.
    pub(super) times: Vec<String>,
}

/// Reads the series that an argument names.
pub(super) fn read(file: &Path, network_path: &Path, network: &Network) -> Result<TimedSeries, Failure> {
    if file == Path::new("simbench") {
        if !network_path.is_dir() {
            let what = "--series simbench takes the profiles of a SimBench folder: name one as the network";
            return Err(Failure::input(network_path.display(), what));
        }
        let series = profiles(network_path, network)
            .map_err(|error| crate::network::import_failure(network_path, error))?;
        let times = (0..series.steps).map(|step| step.to_string()).collect();
        return Ok(TimedSeries { series, times });
    }
    if file.extension().is_some_and(|ending| ending == "parquet") {
        return parquet(file, network);
    }
    csv(file, network)
}

fn csv(path: &Path, network: &Network) -> Result<TimedSeries, Failure> {
    let text = std::fs::read_to_string(path).map_err(|error| Failure::reading(path, &error))?;
    let text = text.trim_start_matches('\u{feff}'); // as spreadsheets write it
    let mut rows = csv::ReaderBuilder::new().flexible(true).trim(csv::Trim::All).from_reader(text.as_bytes());
    let world = |error: csv::Error| Failure::World(format!("{}: {error}", path.display()));
    let names = rows.headers().map_err(world)?.iter().map(str::to_owned).collect();
    let mut reader = Reader::new(path, network, names)?;
    let mut record = csv::StringRecord::new();
    while rows.read_record(&mut record).map_err(world)? {
        let line = record.position().map_or(0, csv::Position::line);
        if record.len() != reader.names.len() {
            let (found, wanted) = (record.len(), reader.names.len());
            let what = format!("{found} columns where the heading has {wanted}: write one value each");
            reader.problem(line, "", what);
            continue;
        }
        reader.time(line, &record[0]);
        for column in 1..record.len() {
            reader.number(line, column, &record[column]);
        }
    }
    reader.finish()
}

fn parquet(path: &Path, network: &Network) -> Result<TimedSeries, Failure> {
    let file = std::fs::File::open(path).map_err(|error| Failure::reading(path, &error))?;
    let bad = |error: parquet::errors::ParquetError| {
        Failure::input(path.display(), format!("not readable as Parquet: {error}"))
    };
    let parquet = SerializedFileReader::new(file).map_err(bad)?;
    let schema = parquet.metadata().file_metadata().schema();
    let names = schema.get_fields().iter().map(|field| field.name().to_owned()).collect();
    let mut reader = Reader::new(path, network, names)?;
    let instant = |unix: i64| u64::try_from(unix).map_or_else(|_| unix.to_string(), |u| format_instant(u, 0));
    for (index, row) in parquet.get_row_iter(None).map_err(bad)?.enumerate() {
        let row = row.map_err(bad)?;
        let line = index as u64 + 1;
        for (column, (_, field)) in row.get_column_iter().enumerate() {
            match field {
                Field::TimestampMillis(at) if column == 0 => {
                    reader.time(line, &instant(at.div_euclid(1_000)))
                }
                Field::TimestampMicros(at) if column == 0 => {
                    reader.time(line, &instant(at.div_euclid(1_000_000)));
                }
                field if column == 0 => reader.time(line, &crate::orders::text_of(field)),
                Field::Double(value) => reader.values[column - 1].push(*value),
                Field::Float(value) => reader.values[column - 1].push(f64::from(*value)),
                Field::Null => reader.values[column - 1].push(f64::NAN),
                field => reader.number(line, column, &crate::orders::text_of(field)),
            }
        }
    }
    reader.finish()
}

/// Collects columns and problems.
struct Reader {
    path: PathBuf,
    names: Vec<String>,
    /// Of each column after the first.
    drives: Vec<(Element, Power)>,
    values: Vec<Vec<f64>>,
    times: Vec<(Time, String)>,
    problems: Vec<Problem>,
}

impl Reader {
    /// Understands the heading.
    fn new(path: &Path, network: &Network, names: Vec<String>) -> Result<Self, Failure> {
        let mut problems = Vec::new();
        let mut problem = |name: &str, what: String| problems.push(Problem::at(path, 1, name, what));
        if names.first().is_none_or(|name| name != "t") {
            problem(names.first().map_or("", String::as_str), "the first column must be t".to_owned());
        }
        let mut drives = Vec::new();
        for (index, name) in names.iter().enumerate().skip(1) {
            match column(network, name) {
                Ok(drive) if drives.contains(&drive) => {
                    problem(&names[index], "this column is there twice: remove one".to_owned());
                }
                Ok(drive) => drives.push(drive),
                Err(what) => problem(name, what),
            }
        }
        if !problems.is_empty() {
            return Err(Failure::Input(problems));
        }
        let values = vec![Vec::new(); drives.len()];
        Ok(Self { path: path.to_owned(), names, drives, values, times: Vec::new(), problems })
    }

    fn problem(&mut self, line: u64, field: &str, what: String) {
        self.problems.push(Problem::at(&self.path, line, field, what));
    }

    fn time(&mut self, line: u64, text: &str) {
        match time(text) {
            Ok(at) => {
                let in_order = |(last, _): &(Time, String)| {
                    std::mem::discriminant(last) == std::mem::discriminant(&at) && last.value() < at.value()
                };
                if self.times.last().is_none_or(in_order) {
                    self.times.push((at, text.to_owned()));
                } else {
                    self.problem(
                        line,
                        "t",
                        "this does not follow the row above: sort the rows by time".to_owned(),
                    );
                }
            }
            Err(what) => self.problem(line, "t", what),
        }
    }

    /// A power; an empty cell is a step without one, which will fail and say so.
    fn number(&mut self, line: u64, column: usize, text: &str) {
        let value = if text.is_empty() { Ok(f64::NAN) } else { text.parse::<f64>() };
        match value {
            Ok(value) => self.values[column - 1].push(value),
            Err(_) => {
                let name = self.names[column].clone();
                self.problem(line, &name, format!("\"{text}\" is not a number: write W or var such as 1500"));
            }
        }
    }

    fn finish(mut self) -> Result<TimedSeries, Failure> {
        if self.times.is_empty() && self.problems.is_empty() {
            self.problem(1, "", "there is no row: write one for each step".to_owned());
        }
        let step_hours = match &self.times[..] {
            [(Time::Instant(_, first), _), (Time::Instant(_, second), _), ..] => {
                (second - first) as f64 / 3_600.0
            }
            _ => NUMBERED_HOURS,
        };
        for pair in self.times.windows(2) {
            if let [(Time::Instant(_, first), _), (Time::Instant(_, second), text)] = pair
                && ((second - first) as f64 / 3_600.0 - step_hours).abs() > 1e-9
            {
                let what = format!(
                    "the step before {text} is not as long as the first: all steps are of one length"
                );
                self.problems.push(Problem::new(self.path.display(), what));
                break;
            }
        }
        if !self.problems.is_empty() {
            return Err(Failure::Input(self.problems));
        }
        let mut series = Series::new(self.times.len(), step_hours);
        for (((element, power), values), name) in
            self.drives.into_iter().zip(self.values).zip(&self.names[1..])
        {
            series.drive(element, power, name, values);
        }
        Ok(TimedSeries { series, times: self.times.into_iter().map(|(_, text)| text).collect() })
    }
}

/// What a column such as `load.NAME.p_w` drives.
fn column(network: &Network, name: &str) -> Result<(Element, Power), String> {
    let form = "name columns load.NAME.p_w, load.NAME.q_var, or the same of a generator or storage";
    let (kind, rest) = name.split_once('.').ok_or(form)?;
    let (of, power) = rest.rsplit_once('.').ok_or(form)?;
    let power = match power {
        "p_w" => Power::Active,
        "q_var" => Power::Reactive,
        _ => return Err(form.to_owned()),
    };
    let place = match kind {
        "load" => network.loads.iter().position(|load| load.name == of).map(Element::Load),
        "generator" => network.generators.iter().position(|one| one.name == of).map(Element::Generator),
        "storage" => network.storages.iter().position(|one| one.name == of).map(Element::Storage),
        _ => return Err(form.to_owned()),
    };
    let what = || format!("the network has no {kind} \"{of}\": write its name as the network does");
    Ok((place.ok_or_else(what)?, power))
}
