//! The network itself and its buses.

use super::inspection::{Inspection, Range, quantity};
use super::{Fault, Severity};
use crate::electric::Element;

/// Nominal voltages between which networks lie, V: 110 V of a household to 1 150 kV (Ekibastuz–Kokshetau).
const NOMINAL_V: std::ops::RangeInclusive<f64> = 100.0..=1.5e6;

/// Base powers between which networks are calculated, VA.
const BASE_VA: std::ops::RangeInclusive<f64> = 1e3..=1e11;

/// Frequencies in use, Hz: railways at 16.7, ships and aircraft at up to 400.
const FREQUENCY_HZ: std::ops::RangeInclusive<f64> = 16.0..=400.0;

/// Limits and setpoints of voltage between which networks are operated, per unit.
pub(super) const VOLTAGE_PU: std::ops::RangeInclusive<f64> = 0.5..=1.5;

impl Inspection<'_> {
    pub(super) fn buses(&mut self) {
        let network = self.network;
        if network.buses.is_empty() {
            let message = "the network is empty: it has no bus".to_owned();
            self.whole(Fault::NoSource, Severity::Error, message);
        }
        self.base("base power", network.base_va, "VA", &BASE_VA);
        self.base("frequency", network.frequency_hz, "Hz", &FREQUENCY_HZ);
        for (i, bus) in network.buses.iter().enumerate().filter(|(_, bus)| bus.in_service) {
            let of = Element::Bus(i);
            if self.number(of, "a nominal voltage", bus.nominal_v, "V", Range::Positive)
                && !NOMINAL_V.contains(&bus.nominal_v)
            {
                let guess = if bus.nominal_v < *NOMINAL_V.start() { " (kV?)" } else { " (mV?)" };
                let message = format!(
                    "has a nominal voltage of {}: check its unit{guess}, V line to line are wanted",
                    quantity(bus.nominal_v, "V")
                );
                self.warn(of, Fault::Magnitude, &message);
            }
            self.number(of, "a least voltage", bus.min_voltage_pu, "per unit", Range::NotNegative);
            self.number(of, "a greatest voltage", bus.max_voltage_pu, "per unit", Range::Capacity);
            if bus.min_voltage_pu > bus.max_voltage_pu {
                let message = format!(
                    "wants a voltage of at least {} and at most {} per unit: correct one of the two",
                    bus.min_voltage_pu, bus.max_voltage_pu
                );
                self.error(of, Fault::Limits, &message);
            } else if bus.min_voltage_pu > *VOLTAGE_PU.end() || bus.max_voltage_pu < *VOLTAGE_PU.start() {
                let message = format!(
                    "wants a voltage between {} and {} per unit: check their unit, 1 is the nominal voltage",
                    bus.min_voltage_pu, bus.max_voltage_pu
                );
                self.warn(of, Fault::Magnitude, &message);
            }
            if bus.position.is_some_and(|position| !position.x.is_finite() || !position.y.is_finite()) {
                self.warn(
                    of,
                    Fault::Number,
                    "has a position that is not finite: leave it out, or give both numbers",
                );
            }
        }
    }

    /// A base of the whole network.
    fn base(&mut self, what: &str, value: f64, unit: &str, usual: &std::ops::RangeInclusive<f64>) {
        let (severity, fault, remedy) = if !value.is_finite() || value <= 0.0 {
            (Severity::Error, Fault::Number, "give a positive number")
        } else if !(1e-3..=1e15).contains(&value) {
            (Severity::Error, Fault::Number, "it is beyond any network: check its unit")
        } else if usual.contains(&value) {
            return;
        } else {
            (Severity::Warning, Fault::Magnitude, "check its unit")
        };
        let message = format!("the network has a {what} of {}: {remedy}", quantity(value, unit));
        self.whole(fault, severity, message);
    }
}
