//! Quantities for people: kWh, ct/kWh and €, exact from integers and rounded once, half away from zero.

use market::{Energy, Money, Price};
use sim::report::text::decimal;

/// Energy in kWh with one decimal place.
pub(crate) fn kwh(energy: Energy) -> String {
    decimal(energy.0.into(), 3, 1)
}

/// A price in ct/kWh with two decimal places.
pub(crate) fn cents(price: Price) -> String {
    decimal(price.0.into(), 4, 2)
}

/// Money in € with two decimal places.
pub(crate) fn euros(money: Money) -> String {
    decimal(money.0, 9, 2)
}

/// `part` of `whole` in percent with one decimal place; a dash where there is no whole.
pub(crate) fn percent(part: i128, whole: i128) -> String {
    if whole == 0 { "–".to_owned() } else { decimal(part * 100_000 / whole.abs(), 3, 1) }
}

/// A number with so many decimals and a true minus; no negative zero.
pub(crate) fn number(value: f64, digits: usize) -> String {
    let text = format!("{value:.digits$}");
    let zero = text.trim_start_matches('-').chars().all(|letter| matches!(letter, '0' | '.'));
    if zero { text.trim_start_matches('-').into() } else { text.replace('-', "−") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quantities_are_rounded_once_half_away_from_zero() {
        assert_eq!(cents(Price(300_000)), "30.00");
        assert_eq!(cents(Price(-12_350)), "−1.24");
        assert_eq!(euros(Money(1_005_000_000)), "1.01");
        assert_eq!(kwh(Energy(123_456)), "123.5");
        assert_eq!(percent(1, 3), "33.3");
        assert_eq!(percent(1, -3), "33.3");
        assert_eq!(percent(1, 0), "–");
    }
}
