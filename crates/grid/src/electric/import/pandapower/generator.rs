//! External grids, generators that hold a voltage, and generators that do not (`sgen`).

use super::{MEGA, Reader, Row};
use crate::electric::import::ImportError;
use crate::electric::{Control, Generator};

impl Reader {
    pub(super) fn external_grid(&mut self, row: Row<'_>) -> Result<(), ImportError> {
        let voltage_pu = row.or("vm_pu", 1.0)?;
        let angle_rad = row.or("va_degree", 0.0)?.to_radians();
        let name = self.name("ext_grid", row);
        let generator = self.limited(row, &name, Control::Slack { voltage_pu, angle_rad })?;
        self.push("ext_grid", row, generator)
    }

    pub(super) fn generator(&mut self, row: Row<'_>) -> Result<(), ImportError> {
        if row.flag("reactive_capability_curve", false)? && row.in_service()? {
            self.refuse("a curve of reactive power (reactive_capability_curve)", row);
        }
        let voltage_pu = row.need("vm_pu")?;
        let control = if row.flag("slack", false)? {
            Control::Slack { voltage_pu, angle_rad: 0.0 }
        } else {
            Control::Voltage { voltage_pu }
        };
        let name = self.name("gen", row);
        let p_w = row.need("p_mw")? * row.or("scaling", 1.0)? * MEGA;
        let generator = Generator { p_w, ..self.limited(row, &name, control)? };
        self.push("gen", row, generator)
    }

    pub(super) fn static_generator(&mut self, row: Row<'_>) -> Result<(), ImportError> {
        let controllable = row.flag("controllable", false)?;
        if row.flag("reactive_capability_curve", false)? && controllable && row.in_service()? {
            self.refuse("a curve of reactive power (reactive_capability_curve)", row);
        }
        let scaling = row.or("scaling", 1.0)? * MEGA;
        let name = self.name("sgen", row);
        let (p_w, q_var) = (row.need("p_mw")? * scaling, row.or("q_mvar", 0.0)? * scaling);
        let mut generator = Generator { p_w, q_var, ..self.limited(row, &name, Control::Power)? };
        if !controllable {
            // An optimal power flow moves neither of its powers.
            generator = Generator { dispatchable: false, min_q_var: q_var, max_q_var: q_var, ..generator };
        }
        self.push("sgen", row, generator)
    }

    /// A generator with the limits that a row states.
    fn limited(&self, row: Row<'_>, name: &str, control: Control) -> Result<Generator, ImportError> {
        let (least, most) = (f64::NEG_INFINITY, f64::INFINITY);
        Ok(Generator {
            min_p_w: row.or("min_p_mw", least)? * MEGA,
            max_p_w: row.or("max_p_mw", most)? * MEGA,
            min_q_var: row.or("min_q_mvar", least)? * MEGA,
            max_q_var: row.or("max_q_mvar", most)? * MEGA,
            dispatchable: row.flag("controllable", true)?,
            in_service: row.in_service()?,
            ..Generator::new(name, self.bus_of(row, "bus")?, control)
        })
    }

    fn push(&mut self, table: &'static str, row: Row<'_>, generator: Generator) -> Result<(), ImportError> {
        self.place(table, row, self.network.generators.len())?;
        self.network.generators.push(generator);
        Ok(())
    }
}
