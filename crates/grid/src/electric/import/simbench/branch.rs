//! Lines, switches and transformers.

use super::{ById, KILO, MEGA, Reader, Row};
use crate::electric::import::ImportError;
use crate::electric::import::leakage::Leakage;
use crate::electric::{Line, Pi, Rating, Side, Switch, Switched, TapChanger, Transformer, VoltageControl};
use num_complex::Complex64;

/// Width of the dead band of a transformer's voltage control in steps. SimBench states none; it must be wider than a
/// step, or the tap changer would go back and forth.
const DEAD_BAND_STEPS: f64 = 1.25;

impl Reader<'_> {
    pub(super) fn line(&mut self, row: Row<'_>, types: &ById, dc: &ById) -> Result<(), ImportError> {
        let kind = row.needed("type")?;
        let Some(of) = types.get(kind) else {
            if dc.get(kind).is_some() {
                self.refuse("a DC line (Line of a DCLineType)", row);
                return Ok(());
            }
            return Err(row.wrong(format!("type is {kind:?}, which is not in LineType.csv")));
        };
        let (from, to) = (self.bus(row, "nodeA")?, self.bus(row, "nodeB")?);
        let length_km = row.need("length")?;
        let half = Complex64::new(0.0, of.or("b", 0.0)? * 1e-6 * length_km / 2.0);
        let series_ohm = Complex64::new(of.need("r")?, of.need("x")?) * length_km;
        let rating = match of.number("iMax")? {
            Some(_) => Rating::Current(of.positive("iMax")?),
            None => Rating::Unlimited,
        };
        self.network.lines.push(Line {
            pi: Pi { series_ohm, from_s: half, to_s: half },
            length_m: length_km * KILO,
            rating,
            ..Line::new(row.id(), from, to, series_ohm, 0.0)
        });
        Ok(())
    }

    pub(super) fn switch(&mut self, row: Row<'_>) -> Result<(), ImportError> {
        let (bus, other) = (self.bus(row, "nodeA")?, self.bus(row, "nodeB")?);
        let closed = row.flag("cond", true)?;
        self.network.switches.push(Switch {
            name: row.id().to_owned(),
            bus,
            to: Switched::Bus(other),
            closed,
        });
        Ok(())
    }

    pub(super) fn transformer(&mut self, row: Row<'_>, types: &ById) -> Result<(), ImportError> {
        let kind = row.needed("type")?;
        let of = types
            .get(kind)
            .ok_or_else(|| row.wrong(format!("type is {kind:?}, which is not in TransformerType.csv")))?;
        let (from, to) = (self.bus(row, "nodeHV")?, self.bus(row, "nodeLV")?);
        let (from_v, to_v) = (of.positive("vmHV")? * KILO, of.positive("vmLV")? * KILO);
        let rated_va = of.positive("sR")? * MEGA;
        let (vk, vkr) = (of.need("vmImp")? / 100.0, of.or("pCu", 0.0)? * KILO / rated_va);
        if vk.abs() < vkr.abs() {
            return Err(of.wrong("copper losses pCu are more than the impedance voltage vmImp".to_owned()));
        }
        let (iron_w, no_load) = (of.or("pFe", 0.0)? * KILO, of.or("iNoLoad", 0.0)? / 100.0);
        let pi = Leakage::new(vk, vkr, iron_w, no_load, rated_va, to_v).pi(0.5, 0.5);
        let tap = if of.flag("tapable", false)? { self.tap(row, of, [from, to])? } else { None };
        self.network.transformers.push(Transformer {
            shift_rad: of.or("va0", 0.0)?.to_radians(),
            tap,
            rating: Rating::Rated(rated_va),
            ..Transformer::new(row.id(), [from, to], [from_v, to_v], pi)
        });
        Ok(())
    }

    fn tap(
        &mut self,
        row: Row<'_>,
        of: Row<'_>,
        ends: [usize; 2],
    ) -> Result<Option<TapChanger>, ImportError> {
        if of.or("dVa", 0.0)? != 0.0 {
            self.refuse("a tap changer that turns the angle (dVa)", row);
            return Ok(None);
        }
        let tapped = side(of, "tapside")?.unwrap_or(Side::From);
        let step = of.or("dVm", 0.0)? / 100.0;
        let whole = |row: Row<'_>, column: &str, default: f64| {
            let value = row.or(column, default)?;
            if value == value.trunc() && value.abs() < 1e6 {
                return Ok(value as i32);
            }
            Err(row.wrong(format!("{column} is {value}, not a position of a tap changer")))
        };
        let neutral = whole(of, "tapNeutr", 0.0)?;
        let position = whole(row, "tappos", f64::from(neutral))?;
        let mut control = None;
        if row.flag("autoTap", false)? && step != 0.0 {
            let bus = if side(row, "autoTapSide")? == Some(Side::From) { ends[0] } else { ends[1] };
            let half = step.abs() * DEAD_BAND_STEPS / 2.0;
            control = self.setpoint(bus).map(|voltage_pu| VoltageControl {
                bus,
                min_voltage_pu: voltage_pu - half,
                max_voltage_pu: voltage_pu + half,
            });
        }
        Ok(Some(TapChanger {
            side: tapped,
            position,
            min: whole(of, "tapMin", f64::from(position))?,
            max: whole(of, "tapMax", f64::from(position))?,
            neutral,
            step,
            step_angle_rad: 0.0,
            shift_per_step_rad: 0.0,
            control,
        }))
    }

    /// The voltage that a bus is to have: its own, or that of a busbar on the other side of a closed switch.
    fn setpoint(&self, bus: usize) -> Option<f64> {
        self.setpoints[bus].0.or_else(|| {
            self.network.switches.iter().filter(|switch| switch.closed).find_map(|switch| match switch.to {
                Switched::Bus(other) if switch.bus == bus => self.setpoints[other].0,
                Switched::Bus(other) if other == bus => self.setpoints[switch.bus].0,
                _ => None,
            })
        })
    }
}

/// HV or LV; `None` where nothing is said.
fn side(row: Row<'_>, column: &str) -> Result<Option<Side>, ImportError> {
    match row.text(column).map(str::to_ascii_lowercase).as_deref() {
        None => Ok(None),
        Some("hv") => Ok(Some(Side::From)),
        Some("lv") => Ok(Some(Side::To)),
        Some(other) => Err(row.wrong(format!("{column} is {other:?}: it must be HV or LV"))),
    }
}
