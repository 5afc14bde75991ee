//! Homes, days and tasks for tests.

use crate::exact::{Run, Task, Weights};
use crate::home::{Appliance, Day, Home, Scales, Usage};
use agents::Random;

/// A task with 1 to `most` runs: prices of two levels or all different and some negative, half of them with feed-in at midday.
pub(crate) fn task(random: &mut Random, most: i64, slots: usize) -> Task {
    let last = slots as i64 - 1;
    let at = |random: &mut Random, low, high| random.between(low, high) as usize;
    let runs = (0..random.between(1, most)).map(|_| {
        let duration = at(random, 1, 4);
        let first = at(random, 0, last - duration as i64);
        let last = (first + at(random, 0, 9)).min(slots - duration);
        let since = first - at(random, 0, 2).min(first);
        Run { power: 500.0 + 3_000.0 * random.unit(), duration, first, last, since }
    });
    let runs = runs.collect();
    let levels = random.bits().is_multiple_of(2);
    let price = |random: &mut Random| match levels {
        true => [0.15, 0.36][at(random, 0, 1)],
        false => -0.1 + 0.5 * random.unit(),
    };
    let prices: Vec<f64> = (0..slots).map(|_| price(random)).collect();
    let panels = 4_000.0 * (random.bits() % 2) as f64;
    let midday = |slot: usize| (1.0 - (slot as f64 / last as f64 - 0.5).abs() * 4.0).max(0.0);
    let load: Vec<f64> =
        (0..slots).map(|slot| 200.0 + 800.0 * random.unit() - panels * midday(slot)).collect();
    // A corner, an edge or the inside of the simplex.
    let mut weight = || [0.0, random.unit(), random.unit()][random.between(0, 2) as usize];
    let weights = [weight(), weight(), weight()];
    let sum = weights.iter().sum::<f64>().max(0.1);
    Task {
        hours: 1.0,
        weights: Weights {
            cost: weights[0] / sum / 3.0,
            peak: weights[1] / sum / 3e3,
            delay: weights[2] / sum / 12.0,
        },
        feed_in: prices.iter().map(|price| price.min(0.06)).collect(),
        prices,
        peak: load.iter().copied().fold(0.0, f64::max),
        load,
        runs,
    }
}

/// A home with five machines on a day of 24 hours that begins at six.
pub(crate) fn home() -> Home {
    let machine = |name: &str, power, duration, probability, requested, patience| Appliance {
        name: name.into(),
        power,
        duration,
        usage: Usage { probability, requested, patience },
    };
    let appliances = vec![
        machine("car", 3_700.0, 3, 0.8, (11, 14), (4, 7)),
        machine("immersion heater", 2_000.0, 2, 1.0, (0, 12), (2, 8)),
        machine("tumble dryer", 2_200.0, 1, 0.4, (3, 15), (2, 8)),
        machine("dishwasher", 1_100.0, 2, 0.7, (7, 15), (3, 7)),
        machine("washing machine", 900.0, 2, 0.5, (0, 14), (2, 9)),
    ];
    Home { appliances, slots: 24, hours: 1.0, begins: 6.0 }
}

/// A day of a home: dear evenings, a load that is not quite as expected, panels where wished.
pub(crate) fn day(home: &Home, panels: f64, random: &mut Random) -> Day {
    let slots = home.slots;
    let clock = |slot: usize| (home.begins + slot as f64 * home.hours) % 24.0;
    let bump = |hour: f64, middle: f64, width: f64| (1.0 - ((hour - middle) / width).abs()).max(0.0);
    let prices: Vec<f64> =
        (0..slots).map(|slot| 0.2 + 0.2 * bump(clock(slot), 19.0, 4.0) + 0.05 * random.unit()).collect();
    let sun = panels * random.unit();
    let expected: Vec<f64> = (0..slots)
        .map(|slot| {
            let hour = clock(slot);
            300.0 + 1_200.0 * bump(hour, 20.0, 3.0) + 400.0 * bump(hour, 8.0, 2.0)
                - sun * bump(hour, 13.0, 6.0)
        })
        .collect();
    let net = expected.iter().map(|load| load + 300.0 * (random.unit() - 0.5)).collect();
    let requests = home.appliances.iter().map(|appliance| appliance.request(slots, random)).collect();
    Day { feed_in: prices.iter().map(|price| price * 0.3).collect(), prices, net, expected, requests }
}

/// Scales for the home above.
pub(crate) const SCALES: Scales = Scales { cost: 3.0, peak: 5_000.0, delay: 18.0 };
