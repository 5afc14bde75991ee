//! What stands in one cell of an optional column, and what to write instead where it cannot be read.

use super::Interval;
use market::{Energy, Location, Price, Quality, Side, Step, TimeInForce};
use sim::calendar::parse_instant;

/// The most consecutive delivery intervals that are cleared together: a week of quarter hours.
pub(super) const MOST_INTERVALS: u16 = 672;

/// A whole number of a unit.
pub(super) fn integer(text: &str, unit: &str, example: &str) -> Result<i64, String> {
    text.parse().map_err(|_| format!("\"{text}\" is not a whole number of {unit}: write {example}"))
}

/// Wh.
pub(super) fn energy(text: &str) -> Result<Energy, String> {
    integer(text, "Wh", "1500 for 1.5 kWh").map(Energy)
}

/// n€/Wh.
pub(super) fn price(text: &str) -> Result<Price, String> {
    integer(text, "n€/Wh", "123000 for 12.3 ct/kWh").map(Price)
}

/// A label of energy.
pub(super) fn quality(text: &str) -> Result<Quality, String> {
    Quality::from_name(text).ok_or_else(|| none_of(text, &Quality::ALL.map(Quality::name)))
}

/// How long an order stays.
pub(super) fn time_in_force(text: &str) -> Result<TimeInForce, String> {
    TimeInForce::from_name(text).ok_or_else(|| none_of(text, &TimeInForce::ALL.map(TimeInForce::name)))
}

/// A place in the grid.
pub(super) fn location(text: &str) -> Result<Location, String> {
    Location::parse(text).ok_or_else(|| {
        format!("\"{text}\" is not a place: write substation.feeder.building such as 1.2.3, each up to 255")
    })
}

/// A percentage, exact: in parts of 10⁹ to the percent.
pub(super) fn percent(text: &str) -> Result<u64, String> {
    let (whole, places) = text.split_once('.').unwrap_or((text, ""));
    let digits = |part: &str| part.len() <= 9 && part.bytes().all(|byte| byte.is_ascii_digit());
    if whole.is_empty() || !digits(whole) || !digits(places) {
        let places = "at most nine places, no sign";
        return Err(format!("\"{text}\" is not a percentage: write an exact decimal such as 12.5, {places}"));
    }
    let number = |digits: &str| digits.bytes().fold(0, |sum, digit| 10 * sum + u64::from(digit - b'0'));
    Ok(number(whole) * PERCENT + number(&format!("{places:0<9}")))
}

/// Parts of a percent in [`percent`].
const PERCENT: u64 = 1_000_000_000;

/// ⌊|limit| · percentage⌋, n€/Wh; whatever no market would take is only kept large.
pub(super) fn premium(limit: Price, percent: u64) -> Price {
    let product = u128::from(limit.0.unsigned_abs()) * u128::from(percent);
    Price(i64::try_from(product / u128::from(100 * PERCENT)).unwrap_or(i64::MAX))
}

/// A delivery interval.
pub(super) fn interval(text: &str) -> Result<Interval, String> {
    if let Ok(number) = text.parse() {
        return Ok(Interval::Number(number));
    }
    let instant = parse_instant(text)
        .map_err(|what| format!("{what}: write a number, 2021-06-07T12:15:00Z or …+01:00"))?;
    Ok(Interval::Start(instant.unix as i64))
}

/// How many intervals a block runs over after its own.
pub(super) fn further(text: &str) -> Result<u16, String> {
    let block = text.parse::<u16>().ok().filter(|block| (1..=MOST_INTERVALS).contains(block));
    block.map(|block| block - 1).ok_or_else(|| {
        format!("\"{text}\" is not a number of delivery intervals: write 1 to {MOST_INTERVALS}")
    })
}

/// The further steps of a curve that begins at `limit`.
pub(super) fn steps(text: &str, side: Option<Side>, limit: Option<Price>) -> Result<Vec<Step>, String> {
    let mut last = limit;
    let mut steps = Vec::new();
    for part in text.split(';') {
        let Some((energy, price)) = part.split_once(':') else {
            return Err(format!("\"{part}\" is not a step: write energy:price;energy:price as 500:240000"));
        };
        let step = Step { energy: self::energy(energy.trim())?, limit: self::price(price.trim())? };
        let (falls, way) = match side {
            Some(Side::Buy) => (last.is_none_or(|last| step.limit < last), "falls"),
            Some(Side::Sell) => (last.is_none_or(|last| step.limit > last), "rises"),
            None => (true, ""),
        };
        if !falls {
            let before = last.unwrap_or_default().0;
            return Err(format!(
                "the curve is not monotone, {} follows {before}: the price of a {} {way} from step to step",
                step.limit.0,
                side.map_or("", Side::name)
            ));
        }
        last = Some(step.limit);
        steps.push(step);
    }
    Ok(steps)
}

fn none_of(text: &str, names: &[&str]) -> String {
    format!("\"{text}\" is unknown: choose one of {}", names.join(", "))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_premium_is_a_percentage_of_the_limit_rounded_down() {
        let check = |limit: i64, text: &str, expected: i64| {
            assert_eq!(premium(Price(limit), percent(text).unwrap()), Price(expected), "{limit} {text}");
        };
        check(200_000, "12.5", 25_000);
        check(-200_000, "12.5", 25_000);
        check(99, "1", 0);
        check(100_000_001, "0.000000001", 0);
        check(300_000, "150", 450_000);
        check(i64::MAX, "999999999", i64::MAX);
        for bad in ["", "-1", "+1", "1e3", "1,5", ".5", "0.0000000001", "1000000000"] {
            assert!(percent(bad).is_err(), "{bad}");
        }
    }
}
