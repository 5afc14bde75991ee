//! What loads, generators and storages do over a year: SimBench's profiles, relative to each element's own power.

use super::table::{Table, open, syntax};
use super::{MEGA, Row};
use crate::electric::batch::{Drive, Power, Profile, Series};
use crate::electric::import::ImportError;
use crate::electric::{Element, Network};
use std::collections::BTreeMap;
use std::path::Path;

/// Reads the profiles that a folder's elements follow, as a series of its network: 35 136 steps of a quarter hour
/// (2016). Only columns in use are read. Active powers follow their profile; reactive powers of loads follow their
/// own, those of generators and storages stay as they are.
///
/// # Errors
///
/// If an element names a profile that is not there, a value is no number, or the network is another one.
pub fn profiles(folder: &Path, network: &Network) -> Result<Series, ImportError> {
    let mut wanted = Wanted::default();
    let loads = names(network.loads.iter().map(|load| load.name.as_str()));
    wanted.of(folder, "Load", &loads, |row, i, wanted| {
        let Some(profile) = row.text("profile") else { return Ok(()) };
        let (p_w, q_var) = (row.need("pLoad")? * MEGA, row.or("qLoad", 0.0)? * MEGA);
        let load = Element::Load(i);
        wanted.drive(LOADS, format!("{profile}_pload"), load, Power::Active, p_w);
        wanted.drive(LOADS, format!("{profile}_qload"), load, Power::Reactive, q_var);
        Ok(())
    })?;
    let generators = names(network.generators.iter().map(|generator| generator.name.as_str()));
    for (table, power) in [("RES", "pRES"), ("PowerPlant", "pPP")] {
        wanted.of(folder, table, &generators, |row, i, wanted| {
            let Some(profile) = row.text("profile") else { return Ok(()) };
            let p_w = row.need(power)? * MEGA;
            wanted.drive(SOURCES, profile.to_owned(), Element::Generator(i), Power::Active, p_w);
            Ok(())
        })?;
    }
    let storages = names(network.storages.iter().map(|storage| storage.name.as_str()));
    wanted.of(folder, "Storage", &storages, |row, i, wanted| {
        let Some(profile) = row.text("profile") else { return Ok(()) };
        let p_w = row.or("pStor", 0.0)? * MEGA;
        wanted.drive(STORAGES, profile.to_owned(), Element::Storage(i), Power::Active, p_w);
        Ok(())
    })?;
    wanted.read(folder)
}

/// Tables in which a profile may be; plants and renewables may follow each other's.
const LOADS: &[&str] = &["LoadProfile"];
const SOURCES: &[&str] = &["RESProfile", "PowerPlantProfile"];
const STORAGES: &[&str] = &["StorageProfile"];

/// Places by name.
fn names<'a>(of: impl Iterator<Item = &'a str>) -> BTreeMap<&'a str, usize> {
    of.enumerate().map(|(i, name)| (name, i)).collect()
}

/// Profiles that are wanted, and by whom.
#[derive(Default)]
struct Wanted {
    /// Columns by where they may be and their name; the number is their place in the series.
    columns: BTreeMap<(&'static [&'static str], String), usize>,
    drives: Vec<Drive>,
}

impl Wanted {
    /// Looks at every row of a table of elements and its place in the network.
    fn of(
        &mut self,
        folder: &Path,
        table: &str,
        places: &BTreeMap<&str, usize>,
        read: impl Fn(Row<'_>, usize, &mut Self) -> Result<(), ImportError>,
    ) -> Result<(), ImportError> {
        for row in Table::read(folder, table)?.rows() {
            let place = places.get(row.id()).copied();
            let place = place.ok_or_else(|| row.wrong("the network has no such element".to_owned()))?;
            read(row, place, self)?;
        }
        Ok(())
    }

    fn drive(
        &mut self,
        tables: &'static [&'static str],
        column: String,
        element: Element,
        power: Power,
        factor: f64,
    ) {
        let next = self.columns.len();
        let profile = *self.columns.entry((tables, column)).or_insert(next);
        self.drives.push(Drive { element, power, profile, factor });
    }

    /// Reads the columns.
    fn read(self, folder: &Path) -> Result<Series, ImportError> {
        let mut profiles: Vec<Profile> = Vec::new();
        profiles.resize_with(self.columns.len(), || Profile { name: String::new(), values: Vec::new() });
        let mut missing: BTreeMap<usize, &str> = BTreeMap::new();
        for ((_, name), &place) in &self.columns {
            profiles[place].name.clone_from(name);
            missing.insert(place, name);
        }
        for table in ["LoadProfile", "RESProfile", "PowerPlantProfile", "StorageProfile"] {
            let here = self.columns.iter().filter(|((tables, _), _)| tables.contains(&table));
            let here: BTreeMap<&str, usize> =
                here.map(|((_, name), &place)| (name.as_str(), place)).collect();
            let Some((file, mut reader)) = open(folder, table)? else { continue };
            let header = reader.headers().map_err(|error| syntax(&file, &error))?;
            let columns: Vec<(usize, usize)> = header
                .iter()
                .enumerate()
                .filter_map(|(column, name)| here.get(name.trim()).map(|&place| (column, place)))
                .filter(|(_, place)| missing.contains_key(place))
                .collect();
            let mut record = csv::StringRecord::new();
            while reader.read_record(&mut record).map_err(|error| syntax(&file, &error))? {
                for &(column, place) in &columns {
                    let text = record.get(column).unwrap_or_default().trim();
                    let value = text.parse::<f64>().ok().filter(|value| value.is_finite());
                    let value = value.ok_or_else(|| ImportError::Syntax {
                        what: file.clone(),
                        line: record.position().map_or(0, |position| position.line() as usize),
                        message: format!("{text:?} in column {} is not a number", profiles[place].name),
                    })?;
                    profiles[place].values.push(value);
                }
            }
            for (_, place) in columns {
                missing.remove(&place);
            }
        }
        if !missing.is_empty() {
            return Err(ImportError::Value {
                what: folder.display().to_string(),
                element: format!("profiles {}", missing.into_values().collect::<Vec<_>>().join(", ")),
                message: "are in use and in no table of profiles".to_owned(),
            });
        }
        let steps = profiles.first().map_or(0, |profile| profile.values.len());
        if let Some(odd) = profiles.iter().find(|profile| profile.values.len() != steps) {
            let (name, odd) = (&odd.name, odd.values.len());
            return Err(ImportError::Value {
                what: folder.display().to_string(),
                element: format!("profile {name}"),
                message: format!("has {odd} steps, others have {steps}: give all tables as many rows"),
            });
        }
        Ok(Series { steps, step_hours: 0.25, profiles, drives: self.drives })
    }
}
