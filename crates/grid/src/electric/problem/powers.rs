//! What draws and feeds in: loads, shunts, generators, storages.

use super::buses::VOLTAGE_PU;
use super::inspection::{Inspection, Range, power, quantity};
use super::{Fault, Purpose, Severity};
use crate::electric::{Control, Cost, Element, Generator, Storage, Zip};
use std::f64::consts::TAU;

/// Shares that add up to 1 may be off by rounding.
const ROUNDING: f64 = 1e-9;

/// The greatest power, VA, that one element has at a nominal voltage; equivalents of whole regions included, which
/// published cases draw at 1 to 20 kV.
fn greatest_va(nominal_v: f64) -> f64 {
    if nominal_v < 1e3 {
        1e7
    } else if nominal_v < 60e3 {
        2e10
    } else {
        2e11
    }
}

impl Inspection<'_> {
    pub(super) fn powers(&mut self) {
        let network = self.network;
        for (i, shunt) in network.shunts.iter().enumerate() {
            let of = Element::Shunt(i);
            let there = self.bus(of, "its own", shunt.bus);
            if shunt.in_service
                && self.finite(of, "an admittance", shunt.admittance_s, "S")
                && let Some(nominal_v) = self.nominal_v(shunt.bus).filter(|_| there)
            {
                let size = shunt.admittance_s.norm() * nominal_v * nominal_v;
                self.magnitude(of, "an admittance that takes", size, "VA", shunt.bus);
            }
        }
        for (i, load) in network.loads.iter().enumerate() {
            let of = Element::Load(i);
            self.bus(of, "its own", load.bus);
            if load.in_service {
                self.drawn(of, load.p_w, load.q_var, load.bus);
                self.zip(of, &load.zip);
            }
        }
        for (i, generator) in network.generators.iter().enumerate() {
            let of = Element::Generator(i);
            self.bus(of, "its own", generator.bus);
            if generator.in_service {
                self.drawn(of, generator.p_w, generator.q_var, generator.bus);
                self.generator(of, generator);
            }
        }
        for (i, storage) in network.storages.iter().enumerate() {
            let of = Element::Storage(i);
            self.bus(of, "its own", storage.bus);
            if storage.in_service {
                self.drawn(of, storage.p_w, storage.q_var, storage.bus);
                self.storage(of, storage);
            }
        }
    }

    fn drawn(&mut self, of: Element, p_w: f64, q_var: f64, bus: usize) {
        let p = self.number(of, "an active power", p_w, "W", Range::Finite);
        let q = self.number(of, "a reactive power", q_var, "var", Range::Finite);
        if p && q {
            self.magnitude(of, "a power of", libm::hypot(p_w, q_var), "VA", bus);
        }
    }

    /// A power against what its voltage level and the base power let expect.
    fn magnitude(&mut self, of: Element, what: &str, size_va: f64, unit: &str, bus: usize) {
        let Some(nominal_v) = self.nominal_v(bus) else { return };
        let base_va = self.network.base_va;
        let guess = if size_va > greatest_va(nominal_v) || size_va > 1e6 * base_va {
            "too much"
        } else if size_va > 0.0 && size_va < 1.0 && nominal_v >= 1e3 {
            "next to nothing (MW?)"
        } else {
            return;
        };
        let message = format!(
            "has {what} {} at {}: {guess}, check its unit",
            power(size_va, unit),
            quantity(nominal_v, "V")
        );
        self.warn(of, Fault::Magnitude, &message);
    }

    fn zip(&mut self, of: Element, zip: &Zip) {
        let parts =
            [("active", zip.p_impedance, zip.p_current), ("reactive", zip.q_impedance, zip.q_current)];
        for (what, impedance, current) in parts {
            let z = self.number(
                of,
                &format!("a constant-impedance share ({what})"),
                impedance,
                "",
                Range::Finite,
            );
            let i =
                self.number(of, &format!("a constant-current share ({what})"), current, "", Range::Finite);
            let within = |share: f64| (-ROUNDING..=1.0 + ROUNDING).contains(&share);
            if z && i && !(within(impedance) && within(current) && within(impedance + current)) {
                let message = format!(
                    "has shares of {what} power of {impedance} (constant impedance) and {current} (constant \
                     current), which leaves {} of constant power: give shares of 0 to 1, at most 1 together",
                    1.0 - impedance - current
                );
                self.warn(of, Fault::Limits, &message);
            }
        }
    }

    fn generator(&mut self, of: Element, generator: &Generator) {
        let setpoint = match generator.control {
            Control::Power => None,
            Control::Voltage { voltage_pu } => Some(voltage_pu),
            Control::Slack { voltage_pu, angle_rad } => {
                if self.number(of, "an angle", angle_rad, "rad", Range::Finite) && angle_rad.abs() > TAU {
                    let message = format!("holds an angle of {angle_rad} rad: check its unit (degrees?)");
                    self.warn(of, Fault::Magnitude, &message);
                }
                Some(voltage_pu)
            }
        };
        if let Some(voltage_pu) = setpoint
            && self.number(of, "a voltage setpoint", voltage_pu, "per unit", Range::Positive)
            && !VOLTAGE_PU.contains(&voltage_pu)
        {
            let message = format!(
                "holds a voltage of {} per unit: check its unit (V, kV, %?), 1 is the nominal voltage",
                quantity(voltage_pu, "")
            );
            self.warn(of, Fault::Magnitude, &message);
        }
        self.limits(of, "active power", (generator.min_p_w, generator.max_p_w), "W");
        self.limits(of, "reactive power", (generator.min_q_var, generator.max_q_var), "var");
        self.cost(of, generator);
    }

    fn cost(&mut self, of: Element, generator: &Generator) {
        let must = match self.purpose {
            Purpose::PowerFlow => Severity::Warning,
            Purpose::OptimalPowerFlow => Severity::Error,
        };
        match &generator.cost {
            Cost::Polynomial(coefficients) => {
                if let Some(wrong) = coefficients.iter().find(|c| !c.is_finite()) {
                    let message = format!("has a cost coefficient of {wrong}: give finite numbers");
                    self.note(of, Fault::Cost, must, &message);
                } else if let Some((p_mw, curvature)) = concave(coefficients, generator) {
                    let message = format!(
                        "has a cost that bends down (curvature {} at {} MW): an optimum may be a local one",
                        quantity(curvature, ""),
                        quantity(p_mw, "")
                    );
                    self.warn(of, Fault::Cost, &message);
                }
            }
            Cost::PiecewiseLinear(points) => {
                if let Some(message) = broken(points) {
                    self.note(of, Fault::Cost, must, &message);
                }
            }
        }
    }

    fn storage(&mut self, of: Element, storage: &Storage) {
        let energy = self.number(of, "a capacity", storage.energy_wh, "Wh", Range::Allowance);
        let stored = self.number(of, "a content", storage.stored_wh, "Wh", Range::NotNegative);
        if energy && stored && storage.stored_wh > storage.energy_wh {
            let message = format!(
                "holds {} of at most {}: correct one of the two",
                power(storage.stored_wh, "Wh"),
                power(storage.energy_wh, "Wh")
            );
            self.error(of, Fault::Limits, &message);
        }
        self.number(of, "a greatest charging power", storage.max_charge_w, "W", Range::Allowance);
        self.number(of, "a greatest discharging power", storage.max_discharge_w, "W", Range::Allowance);
        if storage.p_w > storage.max_charge_w || -storage.p_w > storage.max_discharge_w {
            let message = format!(
                "draws {}, beyond its limits of {} charging and {} discharging",
                power(storage.p_w, "W"),
                power(storage.max_charge_w, "W"),
                power(storage.max_discharge_w, "W")
            );
            self.warn(of, Fault::Limits, &message);
        }
        for (what, value) in
            [("charging", storage.charge_efficiency), ("discharging", storage.discharge_efficiency)]
        {
            if !(value > 0.0 && value <= 1.0) {
                let message =
                    format!("has an efficiency of {what} of {value}: give a number above 0 and up to 1");
                self.error(of, Fault::Limits, &message);
            }
        }
    }
}

/// Where a polynomial of the second degree or more bends down within the generator's limits, and how much.
///
/// The curvature of a cubic is linear, so that its ends tell; for more, points between are looked at as well.
fn concave(coefficients: &[f64], generator: &Generator) -> Option<(f64, f64)> {
    let curvature = |p_mw: f64| {
        let terms = coefficients.iter().enumerate().skip(2).rev();
        terms.fold(0.0, |sum, (i, c)| sum * p_mw + c * (i * (i - 1)) as f64)
    };
    let bound = |limit_w: f64| if limit_w.is_finite() { limit_w / 1e6 } else { limit_w.signum() * 1e6 };
    let (min, max) = (bound(generator.min_p_w), bound(generator.max_p_w));
    (0..=32)
        .map(|i| min + (max - min) * f64::from(i) / 32.0)
        .map(|p_mw| (p_mw, curvature(p_mw)))
        .find(|&(_, curvature)| curvature < 0.0)
}

/// What is wrong with the points of a piecewise linear cost.
fn broken(points: &[(f64, f64)]) -> Option<String> {
    if let Some((p, c)) = points.iter().find(|(p, c)| !p.is_finite() || !c.is_finite()) {
        return Some(format!("has a cost point ({p} MW, {c}): give finite numbers"));
    }
    if points.len() < 2 {
        return Some(format!("has a piecewise linear cost of {} points: give two or more", points.len()));
    }
    let mut last = f64::NEG_INFINITY;
    for pair in points.windows(2) {
        let [(p0, c0), (p1, c1)] = [pair[0], pair[1]];
        if p1 <= p0 {
            return Some(format!("has cost points at {p0} and then {p1} MW: give them in rising order"));
        }
        let slope = (c1 - c0) / (p1 - p0);
        // Slopes computed of rounded points may fall by rounding.
        if slope < last - 1e-9 * last.abs().max(1.0) {
            return Some(format!(
                "has a cost that is not convex: a MWh costs {last} below {p0} MW and {slope} above; \
                 give slopes that never fall"
            ));
        }
        last = slope;
    }
    None
}
