//! What a supplier asks and pays: tariffs as found in practice, in €/kWh. Sources are in `docs/appliances.md`.
//!
//! Money is euro throughout. Tariffs that were published in pence are converted at one fixed rate, so that
//! each keeps the ratio of its levels: what a schedule is worth relative to another depends on nothing else.

use super::Home;
use agents::Random;

/// Euro per pound, close to the rates of 2013 and of 2024.
const EURO_PER_POUND: f64 = 1.18;
/// A penny per kWh in €/kWh.
const PENCE: f64 = EURO_PER_POUND / 100.0;
/// Value added tax on electricity in Germany.
const TAX: f64 = 0.19;
/// Grid fee and levies of a German household without value added tax, €/kWh.
const MARKUP: f64 = 0.1731;
/// What a German household is paid for surplus from panels up to 10 kWp, €/kWh.
const SURPLUS: f64 = 0.0794;

/// Tariffs that need no market's prices.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tariff {
    /// 39.69 ct/kWh at all times: the mean German household in 2025.
    Flat,
    /// 36.62 p/kWh by day, 15.18 p/kWh in the seven hours from midnight.
    TwoLevel,
    /// The dynamic tariff of the Low Carbon London trial of 2013: 11.76 p/kWh unless an event was announced
    /// the day before; then 67.20 or 3.99 p/kWh. Events are drawn with the frequencies of the trial.
    London,
}

impl Tariff {
    /// Every tariff.
    pub const ALL: [Self; 3] = [Self::Flat, Self::TwoLevel, Self::London];

    /// The name used in files.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Flat => "flat",
            Self::TwoLevel => "two_level",
            Self::London => "london",
        }
    }

    /// Prices of days of a home, €/kWh, `days` × slots. The seed decides the events of a dynamic tariff.
    #[must_use]
    pub fn prices(self, home: &Home, days: usize, seed: u64) -> Vec<f64> {
        let slots = 0..days * home.slots;
        // Whole hours since midnight before the first day; slots of five minutes do not add up to them exactly.
        let hours = slots.map(|slot| (home.begins + slot as f64 * home.hours + 1e-6) as usize);
        match self {
            Self::Flat => hours.map(|_| 0.3969).collect(),
            Self::TwoLevel => hours.map(|hour| if hour % 24 < 7 { 15.18 } else { 36.62 } * PENCE).collect(),
            Self::London => {
                let levels = london(days + 1, &mut Random::of(seed, "london"));
                hours.map(|hour| levels[hour] * PENCE).collect()
            }
        }
    }
}

/// What a household pays for energy bought day-ahead for `wholesale` €/kWh: grid fee and levies of 17.31
/// ct/kWh on top, and value added tax on all. Negative prices stay negative where they are so low.
#[must_use]
pub fn day_ahead(wholesale: &[f64]) -> Vec<f64> {
    wholesale.iter().map(|price| (price + MARKUP) * (1.0 + TAX)).collect()
}

/// What a household is paid for energy fed in, €/kWh: 7.94 ct/kWh, but nowhere more than energy costs.
#[must_use]
pub fn feed_in(prices: &[f64]) -> Vec<f64> {
    prices.iter().map(|price| price.min(SURPLUS)).collect()
}

/// Hours at which an isolated event of the trial began and how many it took; each kind thrice a year at
/// either level.
const EVENTS: [(usize, usize); 15] = [
    (2, 3),
    (5, 3),
    (8, 3),
    (11, 3),
    (14, 3),
    (17, 3),
    (20, 3),
    (23, 3),
    (5, 6),
    (11, 6),
    (17, 6),
    (23, 6),
    (5, 12),
    (11, 12),
    (17, 12),
];

/// Levels of the dynamic tariff, pence/kWh, by hour of the calendar.
///
/// In 2013 the trial called 93 isolated events (the kinds above, and thrice a low price for 24 hours), which
/// were to follow the supply of wind; and on 25 days a high price in the evening between low ones, which was
/// to relieve the grid. Here each day has one of them with the same probability, or none. Where two overlap
/// the later one holds.
fn london(days: usize, random: &mut Random) -> Vec<f64> {
    let (high, normal, low) = (67.20, 11.76, 3.99);
    // Events of the day before the first one may still last.
    let mut levels = vec![normal; (days + 1) * 24];
    for day in 0..=days {
        let mut set = |start: usize, length: usize, level| {
            let start = day * 24 + start;
            levels.iter_mut().skip(start).take(length).for_each(|hour| *hour = level);
        };
        match random.between(0, 364) as usize {
            kind @ 0..90 => {
                let (start, length) = EVENTS[kind % 15];
                set(start, length, if kind < 45 { high } else { low });
            }
            90..93 => set(5, 24, low),
            93..118 => {
                set(5, 24, low);
                set(17, 6, high);
            }
            _ => {}
        }
    }
    levels.split_off(24)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nights_are_cheap_under_two_levels() {
        let prices = Tariff::TwoLevel.prices(&Home::standard(4), 1, 0);
        // The day begins at six: an hour of night, seventeen of day, six of night.
        let night = |slot: usize| (prices[slot] - 0.1518 * 1.18).abs() < 1e-12;
        assert!((0..4).chain(72..96).all(night) && !(4..72).any(night));
    }

    #[test]
    fn the_dynamic_tariff_is_high_and_low_as_often_as_in_the_trial() {
        let home = Home::standard(1);
        let prices = Tariff::London.prices(&home, 20_000, 3);
        let share = |pence: f64| {
            let there = prices.iter().filter(|price| (*price - pence * PENCE).abs() < 1e-12);
            there.count() as f64 / prices.len() as f64
        };
        let (high, normal, low) = (share(67.20), share(11.76), share(3.99));
        assert!((high + normal + low - 1.0).abs() < 1e-12);
        // Of 17 520 half hours of 2013, 788 were high and 1 660 low; the trial stretched some low prices
        // further.
        assert!((high - 788.0 / 17_520.0).abs() < 0.003, "{high}");
        assert!((low - 1_660.0 / 17_520.0).abs() < 0.012, "{low}");
    }

    #[test]
    fn a_seed_fixes_the_events_at_every_resolution() {
        let (hourly, quarters) = (Home::standard(1), Home::standard(4));
        let prices = Tariff::London.prices(&hourly, 50, 7);
        let every_fourth: Vec<_> = Tariff::London.prices(&quarters, 50, 7).into_iter().step_by(4).collect();
        assert_eq!(prices, every_fourth);
        assert_ne!(prices, Tariff::London.prices(&hourly, 50, 8));
    }

    #[test]
    fn market_prices_carry_fees_and_tax() {
        // (0.10 + 0.1731) · 1.19, and −0.50 € is so low that one is still paid for drawing.
        let prices = day_ahead(&[0.10, -0.50]);
        assert!((prices[0] - 0.324_989).abs() < 1e-9 && (prices[1] + 0.389_011).abs() < 1e-9, "{prices:?}");
        assert_eq!(feed_in(&prices), [0.0794, prices[1]]);
    }
}
