//! Quantities for people: kWh, ct/kWh and €, exact from integers and rounded once, half away from zero.

use market::{Energy, Money, Price};

/// Energy in kWh with one decimal place.
pub(crate) fn kwh(energy: Energy) -> String {
    decimal(i128::from(energy.0), 1_000, 1)
}

/// A price in ct/kWh with two decimal places.
pub(crate) fn cents(price: Price) -> String {
    decimal(i128::from(price.0), 10_000, 2)
}

/// Money in € with two decimal places.
pub(crate) fn euros(money: Money) -> String {
    decimal(money.0, 1_000_000_000, 2)
}

/// `part` of `whole` in percent with one decimal place; a dash where there is no whole.
pub(crate) fn percent(part: i128, whole: i128) -> String {
    if whole == 0 { "–".to_owned() } else { decimal(part * 100 * whole.signum(), whole.abs(), 1) }
}

/// `value / unit` with `places` decimal places, rounded half away from zero.
pub(crate) fn decimal(value: i128, unit: i128, places: u32) -> String {
    let scale = 10_i128.pow(places);
    let rounded = (value.abs() * scale * 2 + unit) / (unit * 2);
    let sign = if value < 0 && rounded != 0 { "-" } else { "" };
    let (whole, rest) = (rounded / scale, rounded % scale);
    if places == 0 {
        return format!("{sign}{whole}");
    }
    format!("{sign}{whole}.{rest:0width$}", width = places as usize)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quantities_are_rounded_once_half_away_from_zero() {
        let check = |value, unit, places, expected: &str| assert_eq!(decimal(value, unit, places), expected);
        check(1_234, 1_000, 1, "1.2");
        check(1_250, 1_000, 1, "1.3");
        check(-1_250, 1_000, 1, "-1.3");
        check(-49, 1_000, 1, "0.0");
        check(999_950, 1_000, 1, "1000.0");
        check(5, 1, 0, "5");
        assert_eq!(cents(Price(300_000)), "30.00");
        assert_eq!(cents(Price(-12_345)), "-1.23");
        assert_eq!(euros(Money(1_005_000_000)), "1.01");
        assert_eq!(kwh(Energy(123_456)), "123.5");
        assert_eq!(percent(1, 3), "33.3");
        assert_eq!(percent(1, 0), "–");
    }
}
