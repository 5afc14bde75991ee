//! SimBench's folders of CSV files (simbench.de; Meinecke et al. 2020, "SimBench — a benchmark dataset of electric
//! power systems"), the whole data set or one grid out of it.
//!
//! Every node is a bus, auxiliary ones too; every switch joins two buses. docs/grid/formats.md lists every attribute.

mod branch;
mod injection;
mod profiles;
mod table;
pub use profiles::profiles;

use super::ImportError;
use crate::electric::{Bus, Network, Position};
use std::collections::BTreeMap;
use std::path::Path;
use table::{Row, Table};

/// Reads a folder of SimBench tables (`Node.csv`, `Line.csv`, …). A table that is not there is empty.
///
/// # Errors
///
/// If a table is not of its format, or uses what is not supported: the error names all elements that do.
pub fn from_simbench(folder: &Path) -> Result<Network, ImportError> {
    let name = folder.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    let mut reader = Reader {
        folder,
        network: Network::new(&name, 1e6),
        places: BTreeMap::new(),
        setpoints: Vec::new(),
        errors: Vec::new(),
        refused: BTreeMap::new(),
    };
    let coordinates = reader.by_id("Coordinates")?;
    reader.each("Node", |reader, row| reader.node(row, &coordinates))?;
    if reader.network.buses.is_empty() {
        reader.errors.push(ImportError::Value {
            what: folder.display().to_string(),
            element: "Node.csv".to_owned(),
            message: "is missing or empty: is this a folder of SimBench tables?".to_owned(),
        });
    }
    let (lines, dc_lines) = (reader.by_id("LineType")?, reader.by_id("DCLineType")?);
    reader.each("Line", |reader, row| reader.line(row, &lines, &dc_lines))?;
    reader.each("Switch", Reader::switch)?;
    let transformers = reader.by_id("TransformerType")?;
    reader.each("Transformer", |reader, row| reader.transformer(row, &transformers))?;
    reader.each("Transformer3W", |reader, row| {
        reader.refuse("a three-winding transformer (Transformer3W)", row);
        Ok(())
    })?;
    reader.each("Load", Reader::load)?;
    reader.each("Shunt", Reader::shunt)?;
    reader.each("Storage", Reader::storage)?;
    reader.each("ExternalNet", |reader, row| reader.source(row, "ExtNet", "vavm"))?;
    reader.each("PowerPlant", |reader, row| reader.source(row, "PP", "pvm"))?;
    reader.each("RES", |reader, row| reader.source(row, "RES", "pq"))?;
    reader.finish()
}

const MEGA: f64 = 1e6;
const KILO: f64 = 1e3;

/// A table's rows by their id.
struct ById {
    table: Table,
    rows: BTreeMap<String, usize>,
}

impl ById {
    fn get(&self, id: &str) -> Option<Row<'_>> {
        self.rows.get(id).and_then(|&at| self.table.rows().nth(at))
    }
}

/// A network being read.
struct Reader<'a> {
    folder: &'a Path,
    network: Network,
    /// Place of each bus.
    places: BTreeMap<String, usize>,
    /// Voltage (per unit) and angle (degrees) that each bus is to have, if any.
    setpoints: Vec<(Option<f64>, Option<f64>)>,
    errors: Vec<ImportError>,
    refused: BTreeMap<String, Vec<String>>,
}

impl Reader<'_> {
    fn by_id(&self, name: &str) -> Result<ById, ImportError> {
        let table = Table::read(self.folder, name)?;
        let rows = table.rows().enumerate().map(|(at, row)| (row.id().to_owned(), at)).collect();
        Ok(ById { table, rows })
    }

    /// Reads every row of a table, noting what is wrong.
    fn each(
        &mut self,
        name: &str,
        mut read: impl FnMut(&mut Self, Row<'_>) -> Result<(), ImportError>,
    ) -> Result<(), ImportError> {
        let table = Table::read(self.folder, name)?;
        for row in table.rows() {
            if let Err(error) = read(self, row) {
                self.errors.push(error);
            }
        }
        Ok(())
    }

    fn finish(mut self) -> Result<Network, ImportError> {
        let refused = self.refused.into_iter();
        self.errors.extend(refused.map(|(what, elements)| ImportError::Unsupported { what, elements }));
        ImportError::all(self.errors).map_or(Ok(self.network), Err)
    }

    fn refuse(&mut self, what: &str, row: Row<'_>) {
        self.refused.entry(what.to_owned()).or_default().push(row.id().to_owned());
    }

    /// The bus that a column names.
    fn bus(&self, row: Row<'_>, column: &str) -> Result<usize, ImportError> {
        let node = row.needed(column)?;
        let place = self.places.get(node).copied();
        place.ok_or_else(|| row.wrong(format!("{column} is {node:?}, and there is no such node")))
    }

    fn node(&mut self, row: Row<'_>, coordinates: &ById) -> Result<(), ImportError> {
        let id = row.needed("id")?;
        let place = self.network.buses.len();
        if self.places.insert(id.to_owned(), place).is_some() {
            return Err(row.wrong("this id occurs twice: give each node its own".to_owned()));
        }
        self.network.buses.push(Bus::new(id, f64::NAN));
        self.setpoints.push((row.number("vmSetp")?, row.number("vaSetp")?));
        let position = match row.text("coordID").and_then(|id| coordinates.get(id)) {
            Some(at) => at.number("x")?.zip(at.number("y")?).map(|(x, y)| Position { x, y }),
            None => None,
        };
        self.network.buses[place] = Bus {
            min_voltage_pu: row.or("vmMin", 0.0)?,
            max_voltage_pu: row.or("vmMax", f64::INFINITY)?,
            position,
            zone: row.text("subnet").unwrap_or_default().to_owned(),
            ..Bus::new(id, row.positive("vmR")? * KILO)
        };
        Ok(())
    }
}
