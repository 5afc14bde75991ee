//! `devices = [{ kind = "…", … }]`: what stands in a member's cellar and on the roof.
//!
//! A device of a file is read once into a recipe, and made once per member: the members of a group share the recipe
//! and differ by name.

mod car;
mod demand;
mod electric;
mod thermal;

use super::problem::suggestion_for;
use super::quantity::Power;
use super::reader::Section;
use super::time::Span;
use crate::data::{self, QUARTERS_PER_DAY, day_of_series, year};
use agents::{Device, Impossible, Random, Series};
use car::car;
use demand::{appliance, load};
use electric::{battery, hydro, pv, reservoir, wind};
use market::{Energy, Fraction};
use std::ops::Range;
use std::path::Path;
use thermal::{
    biomethane, chp, electric_boiler, electrolyser, fuel_cell, gas_boiler, heat_pump, thermal_store,
};

/// The steps that series cover, and the weather in them, shared by all members.
#[derive(Clone, Debug)]
pub(crate) struct Weather {
    /// From two weeks of history to past the last interval.
    pub(crate) steps: Range<i64>,
    temperature: Series,
    solar: Series,
    wind: Series,
}

impl Weather {
    /// The shipped year as the intervals of a run see it.
    pub(crate) fn of(span: &Span) -> Self {
        // two weeks for forecasts to learn from; a day and a half beyond the end for plans to look at
        let per_day = span.per_day() as i64;
        let steps = -14 * per_day..span.intervals() as i64 + per_day * 3 / 2;
        let mean = |series: &[i32]| {
            let value = |step: i64| -> i32 {
                let local =
                    span.first.start as i64 + i64::from(span.offset) + step * i64::from(span.first.duration);
                let quarters = (i64::from(span.first.duration) / 900).max(1);
                let sum: i64 =
                    (0..quarters).map(|quarter| i64::from(at(series, local + 900 * quarter))).sum();
                sum.div_euclid(quarters) as i32
            };
            Series::new(steps.clone().map(value).collect(), steps.start)
        };
        let year = year();
        Self {
            temperature: mean(&year.temperature),
            solar: mean(&year.solar),
            wind: mean(&year.wind),
            steps: steps.clone(),
        }
    }
}

/// The value of a shipped series at a local second since 1970.
fn at(series: &[i32], local: i64) -> i32 {
    let day = day_of_series(local.div_euclid(86_400));
    series[day * QUARTERS_PER_DAY + (local.rem_euclid(86_400) / 900) as usize]
}

/// For whom a device is made.
pub(crate) struct Owner<'a> {
    /// Name, seed and clock.
    pub(crate) member: data::Member<'a>,
    /// The weather.
    pub(crate) weather: &'a Weather,
    /// Its size relative to the file's, parts per million: the spread of a group.
    pub(crate) scale: i64,
}

impl Owner<'_> {
    fn scaled(&self, value: i64) -> i64 {
        (i128::from(value) * i128::from(self.scale) / 1_000_000) as i64
    }

    fn luck(&self, what: &str) -> Random {
        Random::of(self.member.seed, &format!("{}/{what}", self.member.name))
    }

    fn energy(&self, power: i64) -> i64 {
        power * i64::from(self.member.duration) / 3600
    }
}

/// A device with the most it can take and give in one interval, Wh per carrier.
pub(crate) struct Made {
    pub(crate) device: Device,
    pub(crate) takes: [i64; 3],
    pub(crate) gives: [i64; 3],
    /// What it is, for people: `battery 10 kWh`; nothing for demand.
    pub(crate) label: String,
}

impl Made {
    fn called(mut self, name: &str, size: i64, unit: &str) -> Self {
        self.label = format!("{name} {} {unit}", thousands(size));
        self
    }
}

/// A size in thousands with at most one decimal: 9 800 is `9.8`.
fn thousands(size: i64) -> String {
    let tenths = (size + 50) / 100;
    if tenths % 10 == 0 { (tenths / 10).to_string() } else { format!("{}.{}", tenths / 10, tenths % 10) }
}

type Make = Box<dyn Fn(&Owner<'_>) -> Result<Made, Impossible>>;

/// How to make a device, and where its description stands.
pub(crate) struct Recipe<'a> {
    pub(crate) section: Section<'a>,
    /// Share of a group's members that have it; all where it is left out.
    pub(crate) share: Option<Fraction>,
    make: Make,
}

impl Recipe<'_> {
    /// Makes the device for a member; notes what is impossible about it.
    pub(crate) fn make(&self, owner: &Owner<'_>) -> Option<Made> {
        match (self.make)(owner) {
            Ok(made) => Some(made),
            Err(impossible) => {
                self.blame(&impossible);
                None
            }
        }
    }

    fn blame(&self, impossible: &Impossible) {
        let (field, what, remedy) = match impossible {
            Impossible::OutOfRange { field, value, unit, min, max, .. } => (
                *field,
                format!("{value} {unit} is impossible").replace("  ", " "),
                format!("choose between {min} and {max} {unit}").trim_end().to_owned(),
            ),
            Impossible::Contradiction { field, value, allowed, .. } => {
                (*field, format!("is {value}"), format!("it must be {allowed}"))
            }
        };
        let name = field.replace([' ', '-'], "_");
        let known =
            FIELDS.iter().find(|(theirs, _)| *theirs == field).map_or(name.as_str(), |(_, ours)| *ours);
        if self.section.has(known) {
            self.section.fault(known, what, remedy);
        } else {
            self.section.fault("kind", format!("{field}: {what}"), remedy);
        }
    }
}

/// Fields that `agents` calls differently.
const FIELDS: [(&str, &str); 12] = [
    ("heat output", "power"),
    ("electric power", "power"),
    ("electric output", "power"),
    ("rated power", "power"),
    ("charging power", "power"),
    ("smallest charging power", "minimum_power"),
    ("discharging power", "discharge_power"),
    ("initial level", "initial"),
    ("electric + thermal efficiency", "thermal_efficiency"),
    ("efficiency + waste heat", "waste_heat"),
    ("target level", "target"),
    ("stored energy", "volume"),
];

/// Every kind of device that a file may name, with its reader.
const KINDS: [(&str, Reader); 16] = [
    ("load", load),
    ("pv", pv),
    ("wind", wind),
    ("hydro", hydro),
    ("reservoir", reservoir),
    ("biomethane", biomethane),
    ("battery", battery),
    ("car", car),
    ("heat_pump", heat_pump),
    ("thermal_store", thermal_store),
    ("gas_boiler", gas_boiler),
    ("electric_boiler", electric_boiler),
    ("chp", chp),
    ("fuel_cell", fuel_cell),
    ("electrolyser", electrolyser),
    ("appliance", appliance),
];
type Reader = for<'s, 'a> fn(&'s Section<'a>, &'s Place<'s>) -> Option<Make>;

/// Where the scenario lies, and when it plays.
pub(crate) struct Place<'a> {
    pub(crate) folder: &'a Path,
    pub(crate) span: Option<&'a Span>,
}

/// Reads the devices of a member or group.
pub(crate) fn read<'a>(section: &Section<'a>, place: &Place<'_>) -> Vec<Recipe<'a>> {
    let mut recipes = Vec::new();
    for section in section.sections("devices") {
        let kind: Option<String> = section.need("kind");
        let Some(kind) = kind else { continue };
        let share = section.get("share");
        let Some((_, reader)) = KINDS.iter().find(|(name, _)| *name == kind) else {
            let names = KINDS.map(|(name, _)| name);
            section.fault("kind", format!("there is no device `{kind}`"), suggestion_for(&kind, &names));
            continue;
        };
        let make = reader(&section, place);
        section.finish();
        if let Some(make) = make {
            recipes.push(Recipe { section, share, make });
        }
    }
    recipes
}

fn made(device: Device, takes: [i64; 3], gives: [i64; 3]) -> Result<Made, Impossible> {
    Ok(Made { device, takes, gives, label: String::new() })
}

/// A power that is there and more than nothing.
fn power<'a>(section: &Section<'a>, name: &'a str) -> Option<i64> {
    let power = section.need(name);
    let least = Power(1)..=Power(1_000_000_000);
    section
        .within(name, power, least, "is not more than nothing", "write a power such as \"5 kW\"")
        .map(|power| power.0)
}

fn capacity<'a>(section: &Section<'a>, name: &'a str) -> Option<i64> {
    let energy = section.need(name);
    let least = Energy(1)..=Energy(1_000_000_000);
    section
        .within(name, energy, least, "is not more than nothing", "write an energy such as \"10 kWh\"")
        .map(|energy| energy.0)
}

fn part<'a>(section: &Section<'a>, name: &'a str, default: f64) -> f64 {
    section
        .get::<Fraction>(name)
        .map_or(default, |part| f64::from(part.numerator()) / f64::from(part.denominator()))
}
