//! What distribution operators take: quarter hours (Austria), coefficients per interval (France), constant
//! coefficients (Spain). `docs/mechanisms/sharing.md` describes the three shapes.

use super::Shared;
use crate::failure::{Failure, Problem};
use crate::metered::{ShareFile, Time, WHOLE};
use crate::output::{make_folder, write_file};
use market::Energy;
use market::apportion::RunningFloor;
use std::fmt::Write;
use std::path::Path;

/// Whose operators read it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Country {
    /// Austria: per quarter hour and metering point what it took, what of it came from the community, the rest.
    Austria,
    /// France: per interval and metering point a coefficient.
    France,
    /// Spain: per metering point a constant coefficient.
    Spain,
}

impl Country {
    /// Every country.
    pub(crate) const ALL: [Self; 3] = [Self::Austria, Self::France, Self::Spain];

    /// The name used on the command line.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Austria => "at",
            Self::France => "fr",
            Self::Spain => "es",
        }
    }

    /// The country of this name, if there is one.
    pub(crate) fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|country| country.name() == name)
    }
}

/// Coefficients have six decimal places.
const PLACES: u128 = 1_000_000;

/// Writes the files of a country; `shares` are those that the key works with.
pub(super) fn write(
    country: Country,
    folder: &Path,
    shared: &Shared<'_>,
    shares: Option<&ShareFile>,
) -> Result<(), Failure> {
    let names = shared.file.members.iter().chain(&shared.file.producers);
    let bad: Vec<Problem> = names
        .filter(|name| name.contains([';', '"', '\n', '\r', '/', '\\']))
        .map(|name| {
            Problem::new("--export", format!("\"{name}\" holds a sign that these files cannot: rename it"))
        })
        .collect();
    if !bad.is_empty() {
        return Err(Failure::Input(bad));
    }
    let files = match country {
        Country::Austria => vec![("at.csv".to_owned(), quarter_hours(shared))],
        Country::France => coefficients(shared),
        Country::Spain => vec![("es.txt".to_owned(), constants(shared, shares)?)],
    };
    make_folder(folder)?;
    files.into_iter().try_for_each(|(name, content)| write_file(&folder.join(name), &content))
}

/// Two lines of names, then one per interval: three columns of kWh for each metering point.
fn quarter_hours(shared: &Shared<'_>) -> String {
    let quantities = [
        "Gesamtverbrauch lt. Messung [KWH]",
        "Eigendeckung gemeinschaftliche Erzeugung [KWH]",
        "Restbezug [KWH]",
    ];
    let members = &shared.file.members;
    let mut text = "MeteringpointID".to_owned();
    members.iter().for_each(|member| text += &format!(";{member}").repeat(quantities.len()));
    text += "\nMetercode";
    members.iter().for_each(|_| quantities.iter().for_each(|quantity| text += &format!(";{quantity}")));
    text.push('\n');
    for row in &shared.rows {
        text += &time(shared.time(row));
        for (member, consumption) in shared.file.rows[row.first].consumption.iter().enumerate() {
            for energy in [*consumption, *consumption - row.rest[member], row.rest[member]] {
                let _ = write!(text, ";{},{:03}", energy.0 / 1_000, energy.0 % 1_000);
            }
        }
        text.push('\n');
    }
    text
}

/// A line of names, then one per interval: the part of the generation that each metering point is given. One file per
/// producer.
fn coefficients(shared: &Shared<'_>) -> Vec<(String, String)> {
    let producers = shared.file.producers.iter().enumerate();
    let file = |(producer, name): (usize, &String)| {
        let mut text = format!("Horodate;{}\n", shared.file.members.join(";"));
        for row in &shared.rows {
            let several = !row.from.is_empty();
            let energy: Vec<Energy> = if several {
                row.from.iter().map(|from| from[producer]).collect()
            } else {
                row.energy.clone()
            };
            let generation =
                if several { shared.file.rows[row.first].generation[producer] } else { row.generation };
            text += &time(shared.time(row));
            let mut parts = RunningFloor::at((PLACES, generation.0.unsigned_abs().into()));
            for energy in energy {
                text.push(';');
                text += &coefficient(parts.next(energy.0.unsigned_abs().into()), '.');
            }
            text.push('\n');
        }
        let name = if name.is_empty() { "fr.csv".to_owned() } else { format!("fr_{name}.csv") };
        (name, text)
    };
    producers.map(file).collect()
}

/// One line per metering point; the coefficients sum to exactly 1.
fn constants(shared: &Shared<'_>, shares: Option<&ShareFile>) -> Result<String, Failure> {
    let (parts, whole): (Vec<u128>, u128) = match shares {
        Some(shares) => {
            let parts = shares.parts.iter().copied().map(u128::from).collect();
            if shares.parts.iter().sum::<u64>() != WHOLE {
                let what = "the coefficients of a Spanish file sum to exactly 1: raise some of the shares";
                return Err(Failure::input("--export es", what));
            }
            (parts, WHOLE.into())
        }
        None => {
            let members = 0..shared.file.members.len();
            let energy = |member: usize| shared.sum(|row| row.energy[member]).0.unsigned_abs().into();
            let parts: Vec<u128> = members.map(energy).collect();
            let whole = parts.iter().sum();
            if whole == 0 {
                let what = "no energy is shared in this file, so no coefficients follow from it";
                return Err(Failure::input("--export es", what));
            }
            (parts, whole)
        }
    };
    let mut running = RunningFloor::at((PLACES, whole));
    let line =
        |(member, part): (&String, u128)| format!("{member};{}\n", coefficient(running.next(part), ','));
    Ok(shared.file.members.iter().zip(parts).map(line).collect())
}

fn coefficient(part: u128, point: char) -> String {
    format!("{}{point}{:06}", part / PLACES, part % PLACES)
}

fn time(time: &Time) -> String {
    match time {
        Time::Number(number) => number.to_string(),
        Time::Instant(text, _) => text.clone(),
    }
}
