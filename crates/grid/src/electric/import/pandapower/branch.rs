//! Lines, impedances and switches.

use super::{KILO, MEGA, Reader, Row};
use crate::electric::import::ImportError;
use crate::electric::{Line, Pi, Rating, Switch, Switched, Transformer};
use num_complex::Complex64;
use std::f64::consts::TAU;

impl Reader {
    pub(super) fn line(&mut self, row: Row<'_>) -> Result<(), ImportError> {
        self.place("line", row, self.network.lines.len())?;
        let name = self.name("line", row);
        let (from, to) = (self.bus_of(row, "from_bus")?, self.bus_of(row, "to_bus")?);
        let parallel = if row.number("parallel")?.is_some() { row.positive("parallel")? } else { 1.0 };
        let length_km = row.need("length_km")?;
        let omega = TAU * self.network.frequency_hz;
        let pi = |r: f64, x: f64, c_nf: f64, g_us: f64| {
            let shunt = Complex64::new(g_us * 1e-6, omega * c_nf * 1e-9) * (length_km * parallel);
            let series_ohm = Complex64::new(r, x) * (length_km / parallel);
            Pi { series_ohm, from_s: shunt / 2.0, to_s: shunt / 2.0 }
        };
        let positive = pi(
            row.need("r_ohm_per_km")?,
            row.need("x_ohm_per_km")?,
            row.or("c_nf_per_km", 0.0)?,
            row.or("g_us_per_km", 0.0)?,
        );
        let zero = match (row.number("r0_ohm_per_km")?, row.number("x0_ohm_per_km")?) {
            (Some(r), Some(x)) => Some(pi(r, x, row.or("c0_nf_per_km", 0.0)?, row.or("g0_us_per_km", 0.0)?)),
            _ => None,
        };
        let rating = match row.number("max_i_ka")? {
            Some(_) => {
                let df = if row.number("df")?.is_some() { row.positive("df")? } else { 1.0 };
                Rating::Current(row.positive("max_i_ka")? * KILO * df * parallel)
            }
            None => Rating::Unlimited,
        };
        self.network.lines.push(Line {
            pi: positive,
            zero_sequence: zero,
            length_m: length_km * KILO,
            rating,
            in_service: row.in_service()?,
            ..Line::new(&name, from, to, positive.series_ohm, 0.0)
        });
        Ok(())
    }

    /// An impedance is a line, or between nominal voltages a transformer of their ratio: its values are per unit at
    /// either end.
    pub(super) fn impedance(&mut self, row: Row<'_>) -> Result<(), ImportError> {
        let in_service = row.in_service()?;
        let name = self.name("impedance", row);
        let (from, to) = (self.bus_of(row, "from_bus")?, self.bus_of(row, "to_bus")?);
        let forward = Complex64::new(row.need("rft_pu")?, row.need("xft_pu")?);
        let backward = Complex64::new(row.or("rtf_pu", forward.re)?, row.or("xtf_pu", forward.im)?);
        if forward != backward && in_service {
            self.refuse(
                "an impedance that differs by direction (rft_pu, xft_pu against rtf_pu, xtf_pu)",
                row,
            );
            return Ok(());
        }
        let (from_v, to_v) = (self.network.buses[from].nominal_v, self.network.buses[to].nominal_v);
        let sn_va = row.positive("sn_mva")? * MEGA;
        let base_ohm = to_v * to_v / sn_va;
        let pi = Pi {
            series_ohm: forward * base_ohm,
            from_s: Complex64::new(row.or("gf_pu", 0.0)?, row.or("bf_pu", 0.0)?) / base_ohm,
            to_s: Complex64::new(row.or("gt_pu", 0.0)?, row.or("bt_pu", 0.0)?) / base_ohm,
        };
        if from_v == to_v {
            let line = Line::new(&name, from, to, pi.series_ohm, 0.0);
            self.network.lines.push(Line { pi, in_service, ..line });
        } else {
            self.network
                .transformers
                .push(Transformer { in_service, ..Transformer::new(&name, [from, to], [from_v, to_v], pi) });
        }
        Ok(())
    }

    pub(super) fn switch(&mut self, row: Row<'_>) -> Result<(), ImportError> {
        let name = self.name("switch", row);
        let bus = self.bus_of(row, "bus")?;
        let closed = row.flag("closed", true)?;
        let kind = row.text("et").unwrap_or_default();
        let element = |table: &'static str| {
            let index = row.reference("element")?;
            let place = self.places.get(&(table, index)).copied();
            place.ok_or_else(|| row.wrong(format!("element is {index}, and there is no such {table}")))
        };
        let to = match kind.as_str() {
            "b" => {
                let other = element("bus")?;
                let z_ohm = row.or("z_ohm", 0.0)?;
                if z_ohm > 0.0 {
                    // A closed switch with an impedance, R/X = 2 (pandapower's switch_rx_ratio).
                    let series_ohm = Complex64::new(2.0, 1.0) * (z_ohm / 5_f64.sqrt());
                    let line = Line::new(&name, bus, other, series_ohm, 0.0);
                    self.network.lines.push(Line { in_service: closed, ..line });
                    return Ok(());
                }
                Switched::Bus(other)
            }
            "l" => {
                let line = element("line")?;
                let ends = self.network.lines.get(line).map(|line| [line.from, line.to]);
                if self.errors.is_empty() && ends.is_some_and(|ends| !ends.contains(&bus)) {
                    return Err(row.wrong("bus is at neither end of its line".to_owned()));
                }
                Switched::Line(line)
            }
            "t" => Switched::Transformer(element("trafo")?),
            "t3" => Switched::ThreeWindingTransformer(element("trafo3w")?),
            _ => return Err(row.wrong(format!("et is {kind:?}: it must be b, l, t or t3"))),
        };
        self.network.switches.push(Switch { name, bus, to, closed });
        Ok(())
    }
}
