//! Lines, transformers and switches.

use super::Fault;
use super::inspection::{Inspection, Range, power, quantity};
use crate::electric::{Element, Pi, Rating, Switched, TapChanger, Transformer};
use num_complex::Complex64;
use std::f64::consts::TAU;

/// Series impedance per length of lines, Ω/km: from busbars in gas to thin telegraph wire.
const OHM_PER_KM: std::ops::RangeInclusive<f64> = 1e-3..=50.0;

/// Above this V²/|Z|, in VA, a branch is a switch in all but name, and numbers lose digits: on a base of 100 MVA an
/// impedance of a millionth.
const MOST_TRANSFER_VA: f64 = 1e14;

/// Rated over nominal voltage of transformers, by windings.
const RATED_OVER_NOMINAL: std::ops::RangeInclusive<f64> = 0.7..=1.4;

/// Short-circuit voltages of transformers, as a fraction.
const SHORT_CIRCUIT: std::ops::RangeInclusive<f64> = 1e-3..=1.0;

/// Below this V²/|Z|, in VA, a branch at a nominal voltage would hardly carry a lamp, or a village.
fn least_transfer_va(nominal_v: f64) -> f64 {
    if nominal_v < 1e3 {
        1e4
    } else if nominal_v < 60e3 {
        1e5
    } else {
        1e6
    }
}

impl Inspection<'_> {
    pub(super) fn branches(&mut self) {
        self.lines();
        for (i, transformer) in self.network.transformers.iter().enumerate() {
            self.transformer(Element::Transformer(i), transformer);
        }
        self.three_winding_transformers();
        self.switches();
    }

    fn lines(&mut self) {
        for (i, line) in self.network.lines.iter().enumerate() {
            let of = Element::Line(i);
            self.ends(of, line.from, line.to);
            if !line.in_service {
                continue;
            }
            let remedy = "make it a closed switch between its buses, or give its impedance";
            let whole = self.pi(of, &line.pi, remedy);
            if let Some(zero) = &line.zero_sequence {
                self.finite(of, "a zero-sequence impedance", zero.series_ohm, "Ω");
                self.finite(of, "a zero-sequence admittance", zero.from_s, "S");
                self.finite(of, "a zero-sequence admittance", zero.to_s, "S");
                if zero.series_ohm == Complex64::ZERO {
                    let message = "has a zero-sequence impedance of 0 Ω: give it, or leave it out";
                    self.warn(of, Fault::ZeroImpedance, message);
                }
            }
            if !line.length_m.is_finite() || line.length_m < 0.0 {
                let message = format!("has a length of {}: give 0 or more", quantity(line.length_m, "m"));
                self.warn(of, Fault::Number, &message);
            }
            self.rating(of, line.rating);
            self.limits(of, "angle difference", (line.min_angle_rad, line.max_angle_rad), "rad");
            let (Some(from_v), Some(to_v)) = (self.nominal_v(line.from), self.nominal_v(line.to)) else {
                continue;
            };
            if (from_v - to_v).abs() > 1e-6 * from_v {
                let message = format!(
                    "joins {} of {} and {} of {}: make it a transformer, or correct a nominal voltage",
                    Element::Bus(line.from).describe(self.network),
                    quantity(from_v, "V"),
                    Element::Bus(line.to).describe(self.network),
                    quantity(to_v, "V")
                );
                self.error(of, Fault::VoltageLevels, &message);
            }
            if whole {
                self.line_magnitude(of, &line.pi, line.length_m, from_v);
            }
        }
    }

    fn line_magnitude(&mut self, of: Element, pi: &Pi, length_m: f64, nominal_v: f64) {
        let size = pi.series_ohm.norm();
        let per_km = size / (length_m / 1e3);
        if length_m > 0.0 && !OHM_PER_KM.contains(&per_km) {
            let guess = if per_km < *OHM_PER_KM.start() { "" } else { " (mΩ?)" };
            let message = format!(
                "has a series impedance of {} on {}: check their units{guess}",
                quantity(size, "Ω"),
                quantity(length_m, "m")
            );
            self.warn(of, Fault::Magnitude, &message);
        } else {
            self.transfer(of, size, nominal_v);
        }
        // |Z·Y| of a π is the square of its electrical length: 1 rad is near 1 000 km of overhead line.
        let charging = (pi.from_s + pi.to_s).norm();
        if size * charging > 1.0 {
            let message = format!(
                "charges with {}, which with {} in series is longer than any line: check its unit (µS?)",
                quantity(charging, "S"),
                quantity(size, "Ω")
            );
            self.warn(of, Fault::Magnitude, &message);
        }
    }

    /// How much a series impedance lets through.
    fn transfer(&mut self, of: Element, size_ohm: f64, nominal_v: f64) {
        let transfer_va = nominal_v * nominal_v / size_ohm;
        let least = least_transfer_va(nominal_v);
        let remedy = if transfer_va < least {
            "check its unit (mΩ?)"
        } else if transfer_va > MOST_TRANSFER_VA {
            "check its unit, or make it a closed switch"
        } else {
            return;
        };
        let message = format!(
            "has a series impedance of {} at {} (a short circuit behind it takes {}): {remedy}",
            quantity(size_ohm, "Ω"),
            quantity(nominal_v, "V"),
            power(transfer_va, "VA")
        );
        self.warn(of, Fault::Magnitude, &message);
    }

    fn transformer(&mut self, of: Element, transformer: &Transformer) {
        self.ends(of, transformer.from, transformer.to);
        if let Some(control) = transformer.tap.as_ref().and_then(|tap| tap.control) {
            self.bus(of, "the one whose voltage its tap changer holds", control.bus);
        }
        if !transformer.in_service {
            return;
        }
        let from = self.rated(of, "from", transformer.from_v, transformer.from);
        let to = self.rated(of, "to", transformer.to_v, transformer.to);
        self.angle(of, "a phase shift", transformer.shift_rad);
        let whole = self.pi(of, &transformer.pi, "give its short-circuit impedance");
        if let Some(zero) = transformer.zero_sequence_ohm {
            self.finite(of, "a zero-sequence impedance", zero, "Ω");
        }
        self.rating(of, transformer.rating);
        let angles = (transformer.min_angle_rad, transformer.max_angle_rad);
        self.limits(of, "angle difference", angles, "rad");
        if let Some(tap) = &transformer.tap {
            self.tap(of, tap);
        }
        if !(whole && from && to) {
            return;
        }
        let size = transformer.pi.series_ohm.norm();
        if let Rating::Rated(va) = transformer.rating {
            let short_circuit = size * va / (transformer.to_v * transformer.to_v);
            if va > 0.0 && va.is_finite() && !SHORT_CIRCUIT.contains(&short_circuit) {
                let message = format!(
                    "has a short-circuit voltage of {} % ({} at {} and {}): check the units",
                    quantity(short_circuit * 100.0, ""),
                    quantity(size, "Ω"),
                    power(va, "VA"),
                    quantity(transformer.to_v, "V")
                );
                self.warn(of, Fault::Magnitude, &message);
            }
        } else {
            self.transfer(of, size, transformer.to_v);
        }
    }

    /// A rated voltage against the nominal one of its bus.
    fn rated(&mut self, of: Element, side: &str, rated_v: f64, bus: usize) -> bool {
        let right = self.number(of, &format!("a rated voltage ({side} side)"), rated_v, "V", Range::Positive);
        if let (true, Some(nominal_v)) = (right, self.nominal_v(bus))
            && !RATED_OVER_NOMINAL.contains(&(rated_v / nominal_v))
        {
            let message = format!(
                "is rated for {} at {} of {}: check the voltage, its unit, or whether the sides are swapped",
                quantity(rated_v, "V"),
                Element::Bus(bus).describe(self.network),
                quantity(nominal_v, "V")
            );
            self.warn(of, Fault::VoltageLevels, &message);
        }
        right
    }

    fn three_winding_transformers(&mut self) {
        for (i, transformer) in self.network.three_winding_transformers.iter().enumerate() {
            let of = |winding: usize| Element::Winding(i, winding);
            let windings = &transformer.windings;
            for (w, winding) in windings.iter().enumerate() {
                self.bus(of(w), &format!("that of winding {w}"), winding.bus);
                if windings[..w].iter().any(|other| other.bus == winding.bus) {
                    let message = "has two windings at one bus: give each its own";
                    self.error(of(w), Fault::Reference, message);
                }
            }
            if let Some((tapped, tap)) = &transformer.tap {
                if *tapped > 2 {
                    let message = format!("names winding {tapped} for its tap changer: give 0, 1 or 2");
                    self.error(of(0), Fault::Reference, &message);
                }
                if let Some(control) = tap.control {
                    self.bus(of(0), "the one whose voltage its tap changer holds", control.bus);
                }
            }
            if !transformer.in_service {
                continue;
            }
            for (w, winding) in windings.iter().enumerate() {
                self.rated(of(w), &format!("winding {w}"), winding.rated_v, winding.bus);
                let what = format!("a rated power (winding {w})");
                self.number(of(w), &what, winding.rated_va, "VA", Range::Capacity);
                self.finite(of(w), &format!("a series impedance (winding {w})"), winding.series_ohm, "Ω");
                if winding.series_ohm == Complex64::ZERO {
                    let message =
                        format!("has a series impedance of 0 Ω in winding {w}: give a small reactance");
                    self.error(of(w), Fault::ZeroImpedance, &message);
                }
                self.angle(of(w), &format!("a phase shift (winding {w})"), winding.shift_rad);
            }
            self.finite(of(0), "a magnetising admittance", transformer.magnetising_s, "S");
            if let Some((_, tap)) = &transformer.tap {
                self.tap(of(0), tap);
            }
        }
    }

    fn tap(&mut self, of: Element, tap: &TapChanger) {
        let step = self.number(of, "a tap step", tap.step, "", Range::Finite);
        let angle = self.number(of, "a tap step's angle", tap.step_angle_rad, "rad", Range::Finite);
        let shift = self.number(of, "a tap's shift per step", tap.shift_per_step_rad, "rad", Range::Finite);
        if tap.min > tap.max {
            let message =
                format!("has tap positions from {} to {}: correct one of the two", tap.min, tap.max);
            self.error(of, Fault::Limits, &message);
        } else if !(tap.min..=tap.max).contains(&tap.position) {
            let message = format!(
                "stands at tap position {}, outside {} to {}: correct the position or its limits",
                tap.position, tap.min, tap.max
            );
            self.warn(of, Fault::Limits, &message);
        }
        if step && tap.step.abs() > 0.2 {
            let message = format!(
                "has a tap step of {} times its rated voltage: check the unit, 1 % is 0.01",
                quantity(tap.step, "")
            );
            self.warn(of, Fault::Magnitude, &message);
        }
        if step && angle && shift {
            for position in [tap.position, tap.min, tap.max] {
                let (factor, additional) = TapChanger { position, ..tap.clone() }.effect();
                if !(factor.re > 0.0 && factor.norm() < 10.0 && additional.abs() <= 2.0 * TAU) {
                    let message = format!(
                        "would have {} times its rated voltage and {} of shift at tap position {position}: \
                         check step, neutral and limits",
                        quantity(factor.norm(), ""),
                        quantity(additional, "rad")
                    );
                    self.error(of, Fault::Limits, &message);
                    break;
                }
            }
        }
        if let Some(control) = tap.control {
            let band = (control.min_voltage_pu, control.max_voltage_pu);
            let low = self.number(of, "a lower end of its dead band", band.0, "per unit", Range::Positive);
            let high = self.number(of, "an upper end of its dead band", band.1, "per unit", Range::Positive);
            if low && high {
                self.dead_band(of, tap, band);
            }
        }
    }

    fn dead_band(&mut self, of: Element, tap: &TapChanger, (min, max): (f64, f64)) {
        let usual = &super::buses::VOLTAGE_PU;
        if min > max {
            let message = format!("holds a voltage of {min} to {max} per unit: correct one of the two");
            self.error(of, Fault::Limits, &message);
        } else if !usual.contains(&min) || !usual.contains(&max) {
            let message = format!("holds a voltage of {min} to {max} per unit: check the unit");
            self.warn(of, Fault::Magnitude, &message);
        } else if max - min < tap.step.abs() {
            let message = format!(
                "holds a voltage of {min} to {max} per unit with steps of {}: widen the band beyond one step, \
                 or the tap will not rest",
                tap.step.abs()
            );
            self.warn(of, Fault::Limits, &message);
        }
    }

    fn switches(&mut self) {
        for (i, switch) in self.network.switches.iter().enumerate() {
            let of = Element::Switch(i);
            let there = self.bus(of, "its own", switch.bus);
            let (other, ends) = match switch.to {
                Switched::Bus(other) => {
                    if self.bus(of, "its other one", other) && there {
                        self.coupler(of, switch.bus, other, switch.closed);
                    }
                    continue;
                }
                Switched::Line(i) => {
                    let line = self.network.lines.get(i);
                    (Element::Line(i), line.map(|line| vec![line.from, line.to]))
                }
                Switched::Transformer(i) => {
                    let transformer = self.network.transformers.get(i);
                    (Element::Transformer(i), transformer.map(|t| vec![t.from, t.to]))
                }
                Switched::ThreeWindingTransformer(i) => {
                    let transformer = self.network.three_winding_transformers.get(i);
                    let buses = transformer.map(|t| t.windings.iter().map(|winding| winding.bus).collect());
                    (Element::Winding(i, 0), buses)
                }
            };
            match ends {
                None => {
                    let message = format!("names {other}, which is not there: correct it");
                    self.error(of, Fault::Reference, &message);
                }
                Some(ends) if there && !ends.contains(&switch.bus) => {
                    let message = format!(
                        "lies at {}, where {} does not end: give one of its buses",
                        Element::Bus(switch.bus).describe(self.network),
                        other.describe(self.network)
                    );
                    self.error(of, Fault::Reference, &message);
                }
                Some(_) => {}
            }
        }
    }

    fn coupler(&mut self, of: Element, a: usize, b: usize, closed: bool) {
        if a == b {
            self.warn(of, Fault::Reference, "joins a bus with itself: remove it");
        }
        let both = self.network.buses[a].in_service && self.network.buses[b].in_service;
        if let (true, Some(a_v), Some(b_v)) = (closed && both, self.nominal_v(a), self.nominal_v(b))
            && (a_v - b_v).abs() > 1e-6 * a_v
        {
            let message = format!(
                "joins {} of {} and {} of {}: open it, or correct a nominal voltage",
                Element::Bus(a).describe(self.network),
                quantity(a_v, "V"),
                Element::Bus(b).describe(self.network),
                quantity(b_v, "V")
            );
            self.error(of, Fault::VoltageLevels, &message);
        }
    }

    /// Both buses of a branch are there and differ.
    fn ends(&mut self, of: Element, from: usize, to: usize) {
        let from_there = self.bus(of, "its from bus", from);
        let to_there = self.bus(of, "its to bus", to);
        if from_there && to_there && from == to {
            let message = format!(
                "begins and ends at {}: give it two buses, or remove it",
                Element::Bus(from).describe(self.network)
            );
            self.error(of, Fault::Reference, &message);
        }
    }

    /// A π equivalent; tells whether it can be calculated with.
    fn pi(&mut self, of: Element, pi: &Pi, remedy: &str) -> bool {
        let series = self.finite(of, "a series impedance", pi.series_ohm, "Ω");
        let from = self.finite(of, "a shunt admittance (from)", pi.from_s, "S");
        let to = self.finite(of, "a shunt admittance (to)", pi.to_s, "S");
        if series && pi.series_ohm == Complex64::ZERO {
            self.error(of, Fault::ZeroImpedance, &format!("has a series impedance of 0 Ω: {remedy}"));
        } else if series && pi.series_ohm.norm() < 1e-12 {
            let size = quantity(pi.series_ohm.norm(), "Ω");
            self.error(of, Fault::ZeroImpedance, &format!("has a series impedance of {size}: {remedy}"));
        } else if series && pi.series_ohm.re < 0.0 {
            let size = quantity(pi.series_ohm.re, "Ω");
            let message = format!("has a series resistance of {size}: only equivalents have negative ones");
            self.warn(of, Fault::Number, &message);
        }
        if pi.from_s.re < 0.0 || pi.to_s.re < 0.0 {
            let message = "has a negative shunt conductance: it would feed in power, check its sign";
            self.warn(of, Fault::Number, message);
        }
        series && from && to && pi.series_ohm.norm() >= 1e-12
    }

    /// Both parts of a complex number; tells whether they are right.
    pub(super) fn finite(&mut self, of: Element, what: &str, value: Complex64, unit: &str) -> bool {
        let right = |part: f64| part.is_finite() && part.abs() <= 1e15;
        if right(value.re) && right(value.im) {
            return true;
        }
        let message = format!(
            "has {what} of {} + j{}: give finite numbers and check their unit",
            quantity(value.re, ""),
            quantity(value.im, unit)
        );
        self.error(of, Fault::Number, &message);
        false
    }

    fn rating(&mut self, of: Element, rating: Rating) {
        let (value, unit) = match rating {
            Rating::Unlimited => return,
            Rating::Current(ampere) => (ampere, "A"),
            Rating::Power(va) | Rating::Rated(va) => (va, "VA"),
        };
        self.number(of, "a rating", value, unit, Range::Capacity);
    }

    fn angle(&mut self, of: Element, what: &str, angle_rad: f64) {
        if self.number(of, what, angle_rad, "rad", Range::Finite) && angle_rad.abs() > TAU {
            let message = format!("has {what} of {}: check its unit (degrees?)", quantity(angle_rad, "rad"));
            self.warn(of, Fault::Magnitude, &message);
        }
    }
}
