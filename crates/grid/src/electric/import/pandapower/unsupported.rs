//! What pandapower has and this importer has not: refused by name where it is in use.

use super::Reader;

/// Tables of elements that are refused, with what they are.
const REFUSED: [(&str, &str); 13] = [
    ("dcline", "a DC line (dcline)"),
    ("xward", "an extended ward (xward)"),
    ("svc", "a static var compensator (svc)"),
    ("ssc", "a static synchronous compensator (ssc)"),
    ("tcsc", "a thyristor-controlled series capacitor (tcsc)"),
    ("vsc", "a voltage source converter (vsc)"),
    ("vsc_stacked", "a voltage source converter (vsc_stacked)"),
    ("vsc_bipolar", "a voltage source converter (vsc_bipolar)"),
    ("b2b_vsc", "a back-to-back converter (b2b_vsc)"),
    ("line_dc", "a line of a DC grid (line_dc)"),
    ("source_dc", "a source of a DC grid (source_dc)"),
    ("load_dc", "a load of a DC grid (load_dc)"),
    ("controller", "a controller (remove it, or set it out of service)"),
];

/// Tables that say nothing about power flow.
const HARMLESS: [&str; 7] = [
    "bus_dc",
    "bus_geodata",
    "line_geodata",
    "measurement",
    "group",
    "characteristic",
    "trafo_characteristic_table",
];

/// Tables that are read.
const READ: [&str; 18] = [
    "bus",
    "line",
    "trafo",
    "trafo3w",
    "impedance",
    "switch",
    "load",
    "motor",
    "ward",
    "asymmetric_load",
    "asymmetric_sgen",
    "shunt",
    "storage",
    "ext_grid",
    "gen",
    "sgen",
    "poly_cost",
    "pwl_cost",
];

impl Reader {
    /// Notes every element in use that is refused, and every table that looks like elements and is not known.
    pub(super) fn unsupported(&mut self) {
        self.tap_changer_types = ["trafo", "trafo3w"]
            .iter()
            .any(|table| self.tables.get(*table).is_some_and(|table| table.has("tap_changer_type")));
        for (table, what) in REFUSED {
            self.each(table, |reader, row| {
                if row.in_service()? {
                    reader.refuse(what, row);
                }
                Ok(())
            });
        }
        let ends = ["bus", "from_bus", "hv_bus"];
        let unknown: Vec<String> = self
            .tables
            .iter()
            .filter(|(name, _)| !READ.contains(&name.as_str()) && !HARMLESS.contains(&name.as_str()))
            .filter(|(_, table)| table.has("in_service") && ends.iter().any(|end| table.has(end)))
            .map(|(name, _)| name.clone())
            .collect();
        for name in unknown {
            let Some(table) = self.tables.remove(&name) else { continue };
            for row in table.rows() {
                match row.in_service() {
                    Ok(true) => self.refuse(&format!("an element of the unknown table {name}"), row),
                    Ok(false) => {}
                    Err(error) => self.errors.push(error),
                }
            }
        }
    }
}
