//! pandapower's JSON (`pandapower.to_json`, versions 2 and 3).
//!
//! Elements become what pandapower's own power flow makes of them with its usual options (`trafo_model="t"`,
//! `trafo3w_losses="hv"`, `calculate_voltage_angles=True`, `switch_rx_ratio=2`), so that results agree to the last
//! digits. Elements keep pandapower's order: `net.line` comes first in [`Network::lines`], `net.trafo` in
//! [`Network::transformers`], `net.load` in [`Network::loads`]; in [`Network::generators`] external grids come before
//! `net.gen` and `net.sgen`. docs/grid/formats.md lists every attribute.

mod branch;
mod cost;
mod generator;
mod load;
mod table;
mod three_winding;
mod transformer;
mod unsupported;

use super::ImportError;
use crate::electric::{Bus, Network, Position};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use table::{Row, Table, text_of};

/// Reads a network that pandapower wrote with `to_json`.
///
/// # Errors
///
/// If the text is not such a file, or uses what is not supported: the error names all elements that do.
pub fn from_pandapower(text: &str) -> Result<Network, ImportError> {
    let mut reader = Reader::new(text)?;
    reader.unsupported();
    reader.each("bus", Reader::bus);
    reader.each("line", Reader::line);
    reader.each("trafo", Reader::transformer);
    reader.each("trafo3w", Reader::three_winding);
    reader.each("impedance", Reader::impedance);
    reader.each("switch", Reader::switch);
    reader.each("load", Reader::load);
    reader.each("motor", Reader::motor);
    reader.each("ward", Reader::ward);
    reader.each("asymmetric_load", |reader, row| reader.asymmetric(row, 1.0));
    reader.each("asymmetric_sgen", |reader, row| reader.asymmetric(row, -1.0));
    reader.each("shunt", Reader::shunt);
    reader.each("storage", Reader::storage);
    reader.each("ext_grid", Reader::external_grid);
    reader.each("gen", Reader::generator);
    reader.each("sgen", Reader::static_generator);
    reader.each("poly_cost", Reader::polynomial_cost);
    reader.each("pwl_cost", Reader::piecewise_cost);
    reader.finish()
}

/// A network being read.
struct Reader {
    tables: BTreeMap<String, Table>,
    network: Network,
    /// Place of each element in the network's list of its kind, by table and pandapower's index.
    places: BTreeMap<(&'static str, i64), usize>,
    names: BTreeSet<(&'static str, String)>,
    errors: Vec<ImportError>,
    refused: BTreeMap<String, Vec<String>>,
    /// Whether tap changers have a type (version 3).
    tap_changer_types: bool,
}

/// Watts in a megawatt, and so on.
const MEGA: f64 = 1e6;
const KILO: f64 = 1e3;

impl Reader {
    fn new(text: &str) -> Result<Self, ImportError> {
        let file: Value = serde_json::from_str(text).map_err(|error| ImportError::Syntax {
            what: "pandapower network".to_owned(),
            line: error.line(),
            message: format!("this is no JSON ({error}): write it with pandapower's to_json"),
        })?;
        let Some(Value::Object(net)) = file.get("_object") else {
            return Err(ImportError::Syntax {
                what: "pandapower network".to_owned(),
                line: 1,
                message: "there is no _object: is this JSON from pandapower's to_json?".to_owned(),
            });
        };
        let mut tables = BTreeMap::new();
        let elements = net.iter().filter(|(name, _)| !name.starts_with("res_") && !name.starts_with('_'));
        for (name, value) in elements {
            if let Some(table) = Table::read(name, value)? {
                tables.insert(name.clone(), table);
            }
        }
        let number = |name: &str, default: f64| net.get(name).and_then(Value::as_f64).unwrap_or(default);
        let name = net.get("name").filter(|name| !name.is_null()).map(text_of).unwrap_or_default();
        let base_va = number("sn_mva", 1.0) * MEGA;
        let network = Network { frequency_hz: number("f_hz", 50.0), ..Network::new(&name, base_va) };
        let mut reader = Self {
            tables,
            network,
            places: BTreeMap::new(),
            names: BTreeSet::new(),
            errors: Vec::new(),
            refused: BTreeMap::new(),
            tap_changer_types: false,
        };
        if !reader.tables.contains_key("bus") {
            reader.errors.push(reader.wrong("table bus", "is missing: a network needs buses"));
        }
        if !(base_va > 0.0 && base_va.is_finite()) {
            let message = format!("is {}: the base power must be greater than 0", base_va / MEGA);
            reader.errors.push(reader.wrong("sn_mva", &message));
        }
        Ok(reader)
    }

    /// Reads every row of a table, noting what is wrong.
    fn each(&mut self, table: &'static str, read: impl Fn(&mut Self, Row<'_>) -> Result<(), ImportError>) {
        let Some(table) = self.tables.remove(table) else { return };
        for row in table.rows() {
            if let Err(error) = read(self, row) {
                self.errors.push(error);
            }
        }
    }

    fn finish(mut self) -> Result<Network, ImportError> {
        let refused = self.refused.into_iter();
        self.errors.extend(refused.map(|(what, elements)| ImportError::Unsupported { what, elements }));
        ImportError::all(self.errors).map_or(Ok(self.network), Err)
    }

    fn wrong(&self, element: &str, message: &str) -> ImportError {
        ImportError::Value {
            what: "pandapower network".to_owned(),
            element: element.to_owned(),
            message: message.to_owned(),
        }
    }

    /// Notes that an element uses what is not supported.
    fn refuse(&mut self, what: &str, row: Row<'_>) {
        self.refused.entry(what.to_owned()).or_default().push(row.describe());
    }

    /// Remembers where an element is.
    fn place(&mut self, table: &'static str, row: Row<'_>, place: usize) -> Result<(), ImportError> {
        match self.places.insert((table, row.index()), place) {
            None => Ok(()),
            Some(_) => Err(row.wrong("this index occurs twice: give each element its own".to_owned())),
        }
    }

    /// The row's name, or kind and index; once in the network.
    fn name(&mut self, kind: &'static str, row: Row<'_>) -> String {
        let index = row.index();
        let mut name = row.text("name").unwrap_or_else(|| format!("{kind} {index}"));
        while !self.names.insert((kind, name.clone())) {
            name = format!("{name} ({kind} {index})");
        }
        name
    }

    /// The bus that a column names.
    fn bus_of(&self, row: Row<'_>, column: &str) -> Result<usize, ImportError> {
        let index = row.reference(column)?;
        let place = self.places.get(&("bus", index)).copied();
        place.ok_or_else(|| row.wrong(format!("{column} is {index}, and there is no such bus")))
    }

    fn bus(&mut self, row: Row<'_>) -> Result<(), ImportError> {
        // The place is taken even by a bus that is wrong, so that one mistake makes one message.
        self.place("bus", row, self.network.buses.len())?;
        let name = self.name("bus", row);
        let place = self.network.buses.len();
        self.network.buses.push(Bus::new(&name, f64::NAN));
        self.network.buses[place] = Bus {
            min_voltage_pu: row.or("min_vm_pu", 0.0)?,
            max_voltage_pu: row.or("max_vm_pu", f64::INFINITY)?,
            position: self.position(row)?,
            zone: row.text("zone").unwrap_or_default(),
            in_service: row.in_service()?,
            ..Bus::new(&name, row.positive("vn_kv")? * KILO)
        };
        Ok(())
    }

    /// From GeoJSON in the column `geo` (version 3), or from the table `bus_geodata` (version 2).
    fn position(&self, row: Row<'_>) -> Result<Option<Position>, ImportError> {
        if let Some(geo) = row.text("geo") {
            let point: Option<Value> = serde_json::from_str(&geo).ok();
            let coordinates = point.as_ref().and_then(|point| point["coordinates"].as_array());
            let coordinates = coordinates.map(|xy| xy.iter().filter_map(Value::as_f64).collect::<Vec<_>>());
            return match coordinates.as_deref() {
                Some(&[x, y, ..]) => Ok(Some(Position { x, y })),
                _ => Err(row.wrong(format!("geo is {geo}, not a point in GeoJSON"))),
            };
        }
        let Some(table) = self.tables.get("bus_geodata") else { return Ok(None) };
        let Some(place) = table.rows().find(|place| place.index() == row.index()) else { return Ok(None) };
        Ok(place.number("x")?.zip(place.number("y")?).map(|(x, y)| Position { x, y }))
    }
}
