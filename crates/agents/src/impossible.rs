//! Why a device, a series or a prosumer cannot be as described.

use thiserror::Error;

/// A description that contradicts physics or itself. It names the field, the value and what is allowed.
#[derive(Clone, Debug, PartialEq, Error)]
pub enum Impossible {
    /// A number outside its range.
    #[error("{device}: {field} = {value} {unit} is outside the allowed {min} to {max} {unit}")]
    OutOfRange {
        /// Kind of device, as scenario files spell it.
        device: &'static str,
        /// Field, as scenario files spell it.
        field: &'static str,
        /// What was given.
        value: f64,
        /// Its unit.
        unit: &'static str,
        /// Smallest allowed value.
        min: f64,
        /// Largest allowed value.
        max: f64,
    },
    /// Two fields that do not fit together.
    #[error("{device}: {field} = {value}, but it must be {allowed}")]
    Contradiction {
        /// Kind of device, as scenario files spell it.
        device: &'static str,
        /// Field, as scenario files spell it.
        field: &'static str,
        /// What was given.
        value: String,
        /// What is allowed, in words.
        allowed: String,
    },
}

/// `value`, if it lies within [min, max].
pub(crate) fn within(
    device: &'static str,
    field: &'static str,
    value: f64,
    (min, max): (f64, f64),
    unit: &'static str,
) -> Result<f64, Impossible> {
    if value >= min && value <= max {
        Ok(value)
    } else {
        Err(Impossible::OutOfRange { device, field, value, unit, min, max })
    }
}

/// The same for whole numbers.
pub(crate) fn within_whole(
    device: &'static str,
    field: &'static str,
    value: i64,
    (min, max): (i64, i64),
    unit: &'static str,
) -> Result<i64, Impossible> {
    within(device, field, value as f64, (min as f64, max as f64), unit).map(|_| value)
}

/// The largest power or storage of one device: 1 GW, 1 GWh.
pub(crate) const GIGA: i64 = 1_000_000_000;

/// Energy of a power held for one delivery interval, Wh, rounded down.
pub(crate) const fn energy(power_w: i64, duration_s: u32) -> i64 {
    power_w * duration_s as i64 / 3600
}
