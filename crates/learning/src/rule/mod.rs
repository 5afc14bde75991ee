//! Rules that need no learning, from none at all to control with a model; each is a [`Scheduler`](crate::Scheduler).
//!
//! | rule | what it looks at |
//! |---|---|
//! | [`AsSoonAsPossible`] | nothing: least delay |
//! | [`AsLateAsPossible`] | nothing: an anchor for the worst |
//! | [`OffPeak`] | whether the price is above the day's mean |
//! | [`CheapestWindow`] | the prices of its own window: least cost |
//! | [`ValleyFilling`] | the expected load of its own window |
//! | [`Predictive`] | everything that is known, for all machines that wait, and the household's preference |
//! | [`Scenarios`] | the same over drawn futures |
//!
//! Only the last two mind the preference.

mod as_soon_as_possible;

pub use as_soon_as_possible::AsSoonAsPossible;

mod as_late_as_possible;

pub use as_late_as_possible::AsLateAsPossible;

mod off_peak;

pub use off_peak::OffPeak;

mod cheapest_window;

pub use cheapest_window::CheapestWindow;

mod valley_filling;

pub use valley_filling::ValleyFilling;

pub(crate) mod predictive;

pub use predictive::{Later, Predictive};

mod scenarios;

pub use scenarios::Scenarios;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::exact::{Enumeration, Task};
    use crate::example;
    use crate::home::{Appliance, Day, Home, Preference, Request, Scales, Usage};
    use crate::schedule::{Scheduler, play};
    use agents::Random;

    const SCALES: Scales = Scales { cost: 1.0, peak: 1e3, delay: 10.0 };

    /// One machine of 1 kW for two hours that may start at 1 to 5, prices and loads by hand.
    fn check(scheduler: &mut dyn Scheduler, prices: [f64; 8], net: [f64; 8], expected: usize) {
        let usage = Usage { probability: 1.0, requested: (1, 1), patience: (4, 4) };
        let appliances = vec![Appliance { name: "washer".into(), power: 1e3, duration: 2, usage }];
        let home = Home { appliances, slots: 8, hours: 1.0, begins: 0.0 };
        let day = Day {
            prices: prices.into(),
            feed_in: vec![0.0; 8],
            net: net.into(),
            expected: net.into(),
            requests: vec![Some(Request { requested: 1, latest: 5 })],
        };
        let preference = Preference { cost: 0.5, peak: 0.5, delay: 0.0 };
        let (starts, _) = play(&home, &day, preference, &SCALES, scheduler);
        assert_eq!(starts, [Some(expected)], "{}: {prices:?} {net:?}", scheduler.name());
    }

    #[test]
    fn each_rule_starts_where_it_says() {
        let flat = [0.3; 8];
        let even = [500.0; 8];
        // The mean is 0.3: slot 3 is the first not above it, slots 4 and 5 are the cheapest pair.
        let prices = [0.35, 0.4, 0.35, 0.3, 0.2, 0.2, 0.3, 0.3];
        // The valley is at 4 and 5; sun at 2 and 3 makes a run there cost nothing.
        let net = [500.0, 900.0, -900.0, 600.0, 100.0, 100.0, 400.0, 400.0];
        let sun = [500.0, 500.0, -1e3, -1e3, 500.0, 500.0, 500.0, 500.0];
        check(&mut AsSoonAsPossible, prices, net, 1);
        check(&mut AsLateAsPossible, prices, net, 5);
        check(&mut OffPeak, prices, net, 3);
        check(&mut OffPeak, flat, net, 1);
        check(&mut OffPeak, [0.1, 0.4, 0.4, 0.4, 0.4, 0.4, 0.1, 0.1], net, 5);
        check(&mut CheapestWindow, prices, even, 4);
        check(&mut CheapestWindow, flat, even, 1);
        check(&mut CheapestWindow, prices, sun, 2);
        check(&mut ValleyFilling, prices, net, 4);
        check(&mut ValleyFilling, prices, even, 1);
        check(&mut Predictive::new(Later::Expected), prices, net, 4);
        check(&mut Predictive::new(Later::Ignored), flat, sun, 2);
    }

    #[test]
    fn no_rule_costs_less_than_the_cheapest_window_without_panels() {
        let mut random = Random::of(1, "rules");
        let home = example::home();
        let cost = Preference { cost: 1.0, peak: 0.0, delay: 0.0 };
        let mut enumeration = Enumeration::default();
        for _ in 0..200 {
            let day = example::day(&home, 0.0, &mut random);
            let (_, outcome) = play(&home, &day, cost, &example::SCALES, &mut CheapestWindow);
            let least = enumeration.solve(&Task::hindsight(&home, &day, &cost, &example::SCALES));
            assert!((cost.loss(&outcome, &example::SCALES) - least).abs() < 1e-9);
        }
    }

    #[test]
    fn control_with_a_certain_future_finds_the_optimum() {
        // Everything is asked for at once and the load is as expected: nothing is left to guess.
        let mut random = Random::of(2, "rules");
        let mut home = example::home();
        home.appliances.iter_mut().for_each(|appliance| appliance.usage.requested = (7, 7));
        let mut enumeration = Enumeration::default();
        for preference in Preference::grid(5) {
            let mut day = example::day(&home, 4_000.0, &mut random);
            day.net.clone_from(&day.expected);
            let least = enumeration.solve(&Task::hindsight(&home, &day, &preference, &example::SCALES));
            let controls: [&mut dyn Scheduler; 3] = [
                &mut Predictive::new(Later::Ignored),
                &mut Predictive::new(Later::Expected),
                &mut Scenarios::new(1, random.clone()),
            ];
            for control in controls {
                let (_, outcome) = play(&home, &day, preference, &example::SCALES, control);
                let loss = preference.loss(&outcome, &example::SCALES);
                assert!((loss - least).abs() < 1e-9, "{}, {preference:?}: {loss}, {least}", control.name());
            }
        }
    }
}
