//! Loads, shunts, storages, and what feeds in.

use super::{KILO, MEGA, Reader, Row};
use crate::electric::import::ImportError;
use crate::electric::{Control, Generator, Load, Shunt, Storage};
use num_complex::Complex64;

impl Reader<'_> {
    pub(super) fn load(&mut self, row: Row<'_>) -> Result<(), ImportError> {
        let (p_w, q_var) = (row.need("pLoad")? * MEGA, row.or("qLoad", 0.0)? * MEGA);
        self.network.loads.push(Load::new(row.id(), self.bus(row, "node")?, p_w, q_var));
        Ok(())
    }

    pub(super) fn shunt(&mut self, row: Row<'_>) -> Result<(), ImportError> {
        let bus = self.bus(row, "node")?;
        let rated_v = match row.number("vmR")? {
            Some(_) => row.positive("vmR")? * KILO,
            None => self.network.buses[bus].nominal_v,
        };
        let drawn = Complex64::new(row.or("p0", 0.0)?, row.or("q0", 0.0)?) * MEGA;
        let admittance_s = drawn.conj() * row.or("step", 1.0)? / (rated_v * rated_v);
        let name = row.id().to_owned();
        self.network.shunts.push(Shunt { name, bus, admittance_s, in_service: true });
        Ok(())
    }

    pub(super) fn storage(&mut self, row: Row<'_>) -> Result<(), ImportError> {
        let rated_w = row.number("sR")?.map_or(f64::INFINITY, |rated| rated * MEGA);
        let most_w = row.number("pMax")?.map(|p| (p * MEGA).max(0.0));
        let least_w = row.number("pMin")?.map(|p| (-p * MEGA).max(0.0));
        let energy_wh = row.or("eStore", 0.0)? * MEGA;
        // Of a whole cycle: each way loses as much as the other.
        let efficiency = row.or("etaStore", 1.0)?;
        if !(efficiency > 0.0 && efficiency <= 1.0) {
            return Err(row.wrong(format!("etaStore is {efficiency}: it must be in 0 … 1")));
        }
        self.network.storages.push(Storage {
            name: row.id().to_owned(),
            bus: self.bus(row, "node")?,
            p_w: row.or("pStor", 0.0)? * MEGA,
            q_var: row.or("qStor", 0.0)? * MEGA,
            energy_wh,
            stored_wh: row.or("chargeLevel", 0.0)? * energy_wh,
            max_charge_w: most_w.unwrap_or(rated_w),
            max_discharge_w: least_w.unwrap_or(rated_w),
            charge_efficiency: efficiency.sqrt(),
            discharge_efficiency: efficiency.sqrt(),
            in_service: true,
        });
        Ok(())
    }

    /// A row of ExternalNet, PowerPlant or RES: `of` ends the names of its powers, `usual` is its kind where none is
    /// said.
    pub(super) fn source(&mut self, row: Row<'_>, of: &str, usual: &str) -> Result<(), ImportError> {
        let bus = self.bus(row, "node")?;
        let (voltage_pu, angle) = self.setpoints[bus];
        let voltage = || {
            voltage_pu.ok_or_else(|| {
                let node = &self.network.buses[bus].name;
                row.wrong(format!("it holds the voltage of node {node:?}, which has no vmSetp: give it one"))
            })
        };
        let control = match row.text("calc_type").unwrap_or(usual).to_ascii_lowercase().as_str() {
            "vavm" | "vmva" | "slack" | "sl" => {
                Control::Slack { voltage_pu: voltage()?, angle_rad: angle.unwrap_or(0.0).to_radians() }
            }
            "pvm" | "vmp" | "pv" => Control::Voltage { voltage_pu: voltage()? },
            "pq" => Control::Power,
            "ward" => return self.ward(row, bus),
            "xward" => {
                self.refuse("an extended ward (calc_type xWard)", row);
                return Ok(());
            }
            other => {
                return Err(row.wrong(format!("calc_type is {other:?}: it must be vavm, pvm, pq or Ward")));
            }
        };
        let power = |letter: &str| Ok(row.or(&format!("{letter}{of}"), 0.0)? * MEGA);
        let (p_w, q_var) = (power("p")?, power("q")?);
        let limit = |column: &str, default: f64| Ok(row.or(column, default)? * MEGA);
        let held = control == Control::Power;
        self.network.generators.push(Generator {
            p_w,
            q_var,
            min_p_w: limit("pMin", f64::NEG_INFINITY)?,
            max_p_w: limit("pMax", f64::INFINITY)?,
            min_q_var: if held { q_var } else { limit("qMin", f64::NEG_INFINITY)? },
            max_q_var: if held { q_var } else { limit("qMax", f64::INFINITY)? },
            dispatchable: !held,
            ..Generator::new(row.id(), bus, control)
        });
        Ok(())
    }

    /// A ward draws a constant power and has a shunt.
    fn ward(&mut self, row: Row<'_>, bus: usize) -> Result<(), ImportError> {
        let (p_w, q_var) = (row.or("pExtNet", 0.0)? * MEGA, row.or("qExtNet", 0.0)? * MEGA);
        self.network.loads.push(Load::new(row.id(), bus, p_w, q_var));
        let nominal_v = self.network.buses[bus].nominal_v;
        let drawn = Complex64::new(row.or("pWardShunt", 0.0)?, row.or("qWardShunt", 0.0)?) * MEGA;
        let admittance_s = drawn.conj() / (nominal_v * nominal_v);
        self.network.shunts.push(Shunt { name: row.id().to_owned(), bus, admittance_s, in_service: true });
        Ok(())
    }
}
