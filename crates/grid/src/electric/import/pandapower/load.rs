//! Loads, motors, wards, shunts and storages.

use super::{KILO, MEGA, Reader, Row};
use crate::electric::import::ImportError;
use crate::electric::{Connection, Load, Phase, Shunt, Storage, Zip};
use num_complex::Complex64;

impl Reader {
    pub(super) fn load(&mut self, row: Row<'_>) -> Result<(), ImportError> {
        let name = self.name("load", row);
        let scaling = row.or("scaling", 1.0)? * MEGA;
        // Version 2 has one share for active and reactive power.
        let share = |column: &str, old: &str| -> Result<f64, ImportError> {
            let value = match row.number(column)? {
                Some(value) => value,
                None => row.or(old, 0.0)?,
            };
            Ok(value / 100.0)
        };
        let zip = Zip {
            p_impedance: share("const_z_p_percent", "const_z_percent")?,
            p_current: share("const_i_p_percent", "const_i_percent")?,
            q_impedance: share("const_z_q_percent", "const_z_percent")?,
            q_current: share("const_i_q_percent", "const_i_percent")?,
        };
        // A little more than 1, for sums that rounding lifts.
        let most = 1.0 + 1e-9;
        if zip.p_impedance + zip.p_current > most || zip.q_impedance + zip.q_current > most {
            return Err(
                row.wrong("shares of constant impedance and constant current are more than 100 %".to_owned())
            );
        }
        let (p_w, q_var) = (row.need("p_mw")? * scaling, row.or("q_mvar", 0.0)? * scaling);
        let load = Load::new(&name, self.bus_of(row, "bus")?, p_w, q_var);
        self.network.loads.push(Load { zip, in_service: row.in_service()?, ..load });
        Ok(())
    }

    pub(super) fn motor(&mut self, row: Row<'_>) -> Result<(), ImportError> {
        let name = self.name("motor", row);
        let use_of_it = row.or("loading_percent", 100.0)? / 100.0 * row.or("scaling", 1.0)?;
        let efficiency = row.or("efficiency_percent", 100.0)? / 100.0;
        let p_w = row.need("pn_mech_mw")? * MEGA / efficiency * use_of_it;
        let cos_phi = row.positive("cos_phi")?;
        if cos_phi > 1.0 || efficiency <= 0.0 {
            return Err(row.wrong("cos_phi must be in 0 … 1, efficiency_percent greater than 0".to_owned()));
        }
        let q_var = p_w.abs() * (1.0 / (cos_phi * cos_phi) - 1.0).sqrt();
        let load = Load::new(&name, self.bus_of(row, "bus")?, p_w, q_var);
        self.network.loads.push(Load { in_service: row.in_service()?, ..load });
        Ok(())
    }

    /// A ward is a load of constant power and a shunt.
    pub(super) fn ward(&mut self, row: Row<'_>) -> Result<(), ImportError> {
        let name = self.name("ward", row);
        let bus = self.bus_of(row, "bus")?;
        let in_service = row.in_service()?;
        let load = Load::new(&name, bus, row.or("ps_mw", 0.0)? * MEGA, row.or("qs_mvar", 0.0)? * MEGA);
        self.network.loads.push(Load { in_service, ..load });
        let nominal_v = self.network.buses[bus].nominal_v;
        let drawn = Complex64::new(row.or("pz_mw", 0.0)?, row.or("qz_mvar", 0.0)?) * MEGA;
        let admittance_s = drawn.conj() / (nominal_v * nominal_v);
        self.network.shunts.push(Shunt { name, bus, admittance_s, in_service });
        Ok(())
    }

    /// A load (or with sign −1 a feed-in) on each phase, or between phases where its type is delta.
    pub(super) fn asymmetric(&mut self, row: Row<'_>, sign: f64) -> Result<(), ImportError> {
        let kind = if sign > 0.0 { "asymmetric_load" } else { "asymmetric_sgen" };
        let name = self.name(kind, row);
        let bus = self.bus_of(row, "bus")?;
        let scaling = sign * MEGA * row.or("scaling", 1.0)?;
        let delta = match row.text("type").as_deref() {
            Some("delta") => true,
            _ => false,
        };
        for (letter, phase) in [("a", Phase::A), ("b", Phase::B), ("c", Phase::C)] {
            let p_w = row.or(&format!("p_{letter}_mw"), 0.0)? * scaling;
            let q_var = row.or(&format!("q_{letter}_mvar"), 0.0)? * scaling;
            let connection = if delta { Connection::Between(phase) } else { Connection::Phase(phase) };
            let load = Load::new(&format!("{name}, phase {letter}"), bus, p_w, q_var);
            self.network.loads.push(Load { connection, in_service: row.in_service()?, ..load });
        }
        Ok(())
    }

    pub(super) fn shunt(&mut self, row: Row<'_>) -> Result<(), ImportError> {
        let in_service = row.in_service()?;
        if row.flag("step_dependency_table", false)? && in_service {
            self.refuse("a table of values by step (step_dependency_table)", row);
        }
        let name = self.name("shunt", row);
        let bus = self.bus_of(row, "bus")?;
        let rated_v = match row.number("vn_kv")? {
            Some(_) => row.positive("vn_kv")? * KILO,
            None => self.network.buses[bus].nominal_v,
        };
        let drawn = Complex64::new(row.or("p_mw", 0.0)?, row.or("q_mvar", 0.0)?) * MEGA;
        // Drawing S at rated voltage is an admittance S*.
        let admittance_s = drawn.conj() * row.or("step", 1.0)? / (rated_v * rated_v);
        self.network.shunts.push(Shunt { name, bus, admittance_s, in_service });
        Ok(())
    }

    pub(super) fn storage(&mut self, row: Row<'_>) -> Result<(), ImportError> {
        let name = self.name("storage", row);
        let scaling = row.or("scaling", 1.0)? * MEGA;
        let (least, most) = (row.or("min_e_mwh", 0.0)? * MEGA, row.or("max_e_mwh", 0.0)? * MEGA);
        let stored = row.or("soc_percent", 0.0)? / 100.0 * most - least;
        let rated_w = row.number("sn_mva")?.map(|sn| sn * MEGA);
        let charge_w = row.number("max_p_mw")?.map(|p| (p * MEGA).max(0.0)).or(rated_w);
        let discharge_w = row.number("min_p_mw")?.map(|p| (-p * MEGA).max(0.0)).or(rated_w);
        self.network.storages.push(Storage {
            bus: self.bus_of(row, "bus")?,
            name,
            p_w: row.need("p_mw")? * scaling,
            q_var: row.or("q_mvar", 0.0)? * scaling,
            energy_wh: (most - least).max(0.0),
            stored_wh: stored.max(0.0),
            max_charge_w: charge_w.unwrap_or(f64::INFINITY),
            max_discharge_w: discharge_w.unwrap_or(f64::INFINITY),
            charge_efficiency: 1.0,
            discharge_efficiency: 1.0,
            in_service: row.in_service()?,
        });
        Ok(())
    }
}
