//! Looking a network through, and the words for what is found.

use super::{Fault, Problem, Purpose, Severity};
use crate::electric::{Element, Network};

/// What a number may be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Range {
    /// Any finite one.
    Finite,
    /// Finite and above 0.
    Positive,
    /// Finite, 0 or above.
    NotNegative,
    /// Above 0, infinite where nothing is said.
    Capacity,
    /// 0 or above, infinite where nothing is said.
    Allowance,
    /// A lower limit: any, −∞ where nothing is said.
    Lower,
    /// An upper limit: any, ∞ where nothing is said.
    Upper,
}

/// Beyond this no quantity of a network goes, whatever its SI unit; squares and quotients of what is below stay finite.
const BEYOND: f64 = 1e15;

/// Below this no voltage or power base is.
const LEAST: f64 = 1e-6;

impl Range {
    /// What to do about a number that is out of range; `None` if it is not.
    fn remedy(self, value: f64) -> Option<&'static str> {
        let wrong_sign = match self {
            Self::Finite | Self::Lower | Self::Upper => false,
            Self::Positive | Self::Capacity => value <= 0.0,
            Self::NotNegative | Self::Allowance => value < 0.0,
        };
        match self {
            _ if value.is_nan() => Some("give a number"),
            Self::Finite | Self::Positive | Self::NotNegative if value.is_infinite() => {
                Some("give a finite number")
            }
            Self::Lower if value == f64::INFINITY => Some("leave it at −∞ where nothing is said"),
            Self::Upper if value == f64::NEG_INFINITY => Some("leave it at ∞ where nothing is said"),
            Self::Capacity if wrong_sign => Some("give a positive number, or say that there is no limit"),
            Self::Positive if wrong_sign => Some("give a positive number"),
            Self::NotNegative | Self::Allowance if wrong_sign => Some("give a number of 0 or more"),
            Self::Positive if value < LEAST => Some("it is too small for any network: check its unit"),
            Self::Finite | Self::Positive | Self::NotNegative if value.abs() > BEYOND => {
                Some("it is beyond any network: check its unit")
            }
            _ => None,
        }
    }
}

/// A network while it is looked through.
pub(super) struct Inspection<'a> {
    pub(super) network: &'a Network,
    pub(super) purpose: Purpose,
    found: Vec<Problem>,
}

impl<'a> Inspection<'a> {
    pub(super) fn of(network: &'a Network, purpose: Purpose) -> Self {
        let mut inspection = Self { network, purpose, found: Vec::new() };
        inspection.buses();
        inspection.branches();
        inspection.powers();
        inspection.names();
        inspection.sources();
        inspection
    }

    /// All that was found, in order of the elements.
    pub(super) fn problems(mut self) -> Vec<Problem> {
        self.found.sort_by_key(|problem| problem.element);
        self.found
    }

    /// Notes a problem of an element, whose kind and name the message starts with.
    pub(super) fn note(&mut self, element: Element, fault: Fault, severity: Severity, message: &str) {
        let message = format!("{} {message}", element.describe(self.network));
        self.push(element, fault, severity, message);
    }

    pub(super) fn error(&mut self, element: Element, fault: Fault, message: &str) {
        self.note(element, fault, Severity::Error, message);
    }

    pub(super) fn warn(&mut self, element: Element, fault: Fault, message: &str) {
        self.note(element, fault, Severity::Warning, message);
    }

    /// Notes a problem of the whole network.
    pub(super) fn whole(&mut self, fault: Fault, severity: Severity, message: String) {
        self.push(Element::Bus(0), fault, severity, message);
    }

    /// Notes a problem in words of its own.
    pub(super) fn push(&mut self, element: Element, fault: Fault, severity: Severity, message: String) {
        self.found.push(Problem { element, fault, severity, message });
    }

    /// Checks a number; tells whether it is right.
    pub(super) fn number(&mut self, of: Element, what: &str, value: f64, unit: &str, range: Range) -> bool {
        let remedy = range.remedy(value);
        if let Some(remedy) = remedy {
            let message = format!("has {what} of {}: {remedy}", quantity(value, unit));
            self.error(of, Fault::Number, &message);
        }
        remedy.is_none()
    }

    /// Checks a lower and an upper limit, and that the one is not above the other.
    pub(super) fn limits(&mut self, of: Element, what: &str, (min, max): (f64, f64), unit: &str) {
        let lower = self.number(of, &format!("a least {what}"), min, unit, Range::Lower);
        let upper = self.number(of, &format!("a greatest {what}"), max, unit, Range::Upper);
        if lower && upper && min > max {
            let message = format!(
                "wants {what} of at least {} and at most {}: correct one of the two",
                quantity(min, unit),
                quantity(max, unit)
            );
            self.error(of, Fault::Limits, &message);
        }
    }

    /// Checks that a bus is there.
    pub(super) fn bus(&mut self, of: Element, what: &str, bus: usize) -> bool {
        let count = self.network.buses.len();
        if bus >= count {
            let message =
                format!("names bus {bus} as {what}, but there are {count} buses (from 0): correct it");
            self.error(of, Fault::Reference, &message);
        }
        bus < count
    }

    /// The bus's nominal voltage, V, if there is such a bus and the voltage is one.
    pub(super) fn nominal_v(&self, bus: usize) -> Option<f64> {
        let nominal_v = self.network.buses.get(bus)?.nominal_v;
        Range::Positive.remedy(nominal_v).is_none().then_some(nominal_v)
    }
}

/// A number with its unit, short.
pub(super) fn quantity(value: f64, unit: &str) -> String {
    let plain = value == 0.0 || !value.is_finite() || (1e-4..1e7).contains(&value.abs());
    let number = if plain { format!("{value}") } else { format!("{value:e}") };
    if unit.is_empty() { number } else { format!("{number} {unit}") }
}

/// A power with a prefix: 12 kW.
pub(super) fn power(value: f64, unit: &str) -> String {
    let (factor, prefix) = match value.abs() {
        size if size >= 1e9 => (1e9, "G"),
        size if size >= 1e6 => (1e6, "M"),
        size if size >= 1e3 => (1e3, "k"),
        _ => (1.0, ""),
    };
    // Four digits are enough to recognise a figure.
    let scaled = value / factor;
    let digits = if scaled.abs() >= 100.0 { 1 } else { 3 };
    let text = format!("{scaled:.digits$}");
    let text = if text.contains('.') { text.trim_end_matches('0').trim_end_matches('.') } else { &text };
    format!("{text} {prefix}{unit}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quantities_are_short() {
        assert_eq!(power(12_000.0, "W"), "12 kW");
        assert_eq!(power(-1_234_567.0, "W"), "-1.235 MW");
        assert_eq!(power(123_456.0, "W"), "123.5 kW");
        assert_eq!(power(0.0, "var"), "0 var");
        assert_eq!(quantity(1e300, "V"), "1e300 V");
        assert_eq!(quantity(f64::NAN, "Ω"), "NaN Ω");
        assert_eq!(quantity(0.4, ""), "0.4");
    }
}
