//! Against the tree of all histories, against what is certain, and against chance.

use super::*;
use crate::exact::{Enumeration, Task};
use crate::example;
use crate::home::Day;
use crate::rule::{Later, Predictive};
use crate::schedule::play;
use agents::Random;

/// Two or three machines of the example, on a short day.
fn small(machines: std::ops::Range<usize>, slots: usize) -> Home {
    let mut home = example::home();
    home.appliances = home.appliances[machines].to_vec();
    for appliance in &mut home.appliances {
        let (first, last) = appliance.usage.requested;
        appliance.usage.requested = (first * slots / 24, last * slots / 24);
        appliance.usage.patience = (appliance.usage.patience.0 * slots / 24, slots / 3);
    }
    home.slots = slots;
    home
}

/// Expectimax over histories, judged at the end of the day by [`Day::outcome`]: no states, no sums on the way.
struct Tree<'a> {
    home: &'a Home,
    noise: &'a Noise,
    preference: Preference,
    day: Day,
    starts: Vec<Option<usize>>,
}

impl Tree<'_> {
    fn asked(&mut self, slot: usize, index: usize) -> f64 {
        if slot == self.home.slots {
            let outcome = self.day.outcome(self.home, &self.starts);
            return self.preference.loss(&outcome, &example::SCALES);
        }
        if index == self.home.appliances.len() {
            return self.decided(slot, 0);
        }
        let usage = self.home.appliances[index].usage;
        let (first, last) = usage.requested;
        if self.day.requests[index].is_some() || !(first..=last).contains(&slot) {
            return self.asked(slot, index + 1);
        }
        let remaining = (last - slot + 1) as f64 * usage.probability / (last - first + 1) as f64;
        let chance = remaining / (last - slot + 1) as f64 / (remaining + 1.0 - usage.probability);
        let mut mean = (1.0 - chance) * self.asked(slot, index + 1);
        let (fewest, most) = usage.patience;
        for patience in fewest..=most {
            let latest = (slot + patience).min(self.home.slots - self.home.appliances[index].duration);
            self.day.requests[index] = Some(Request { requested: slot, latest });
            mean += chance / (most - fewest + 1) as f64 * self.asked(slot, index + 1);
        }
        self.day.requests[index] = None;
        mean
    }

    fn decided(&mut self, slot: usize, index: usize) -> f64 {
        if index == self.home.appliances.len() {
            let expected = self.day.expected[slot];
            let noise = self.noise;
            let mean = noise.at(slot).iter().map(|(deviation, probability)| {
                self.day.net[slot] = expected + deviation;
                probability * self.asked(slot + 1, 0)
            });
            return mean.sum();
        }
        let Some(request) = self.day.requests[index].filter(|_| self.starts[index].is_none()) else {
            return self.decided(slot, index + 1);
        };
        self.starts[index] = Some(slot);
        let start = self.decided(slot, index + 1);
        self.starts[index] = None;
        if slot == request.latest { start } else { start.min(self.decided(slot, index + 1)) }
    }
}

#[test]
fn values_are_those_of_the_tree_of_all_histories() {
    let mut random = Random::of(1, "dynamic");
    let mut differ = 0;
    let everywhere = Noise::new(vec![(-150.0, 0.25), (50.0, 0.75)]);
    // Certain in every other slot.
    let by_slot = Noise::by_slot(vec![vec![(0.0, 1.0)], vec![(-100.0, 0.7), (400.0, 0.3)]]);
    let noises = [Noise::none(), Noise::none(), everywhere, by_slot];
    for (machines, noise) in [1..3, 2..4, 3..5, 3..5].into_iter().zip(noises) {
        let home = small(machines, 6);
        let mut dynamic = Dynamic::new(home.clone(), noise.clone());
        for preference in Preference::grid(3) {
            let day = example::day(&home, 3_000.0, &mut random);
            let value = dynamic.value(&preference, &example::SCALES, day.series());
            let requests = vec![None; home.appliances.len()];
            let starts = vec![None; home.appliances.len()];
            let mut tree =
                Tree { home: &home, noise: &noise, preference, day: Day { requests, ..day }, starts };
            let expected = tree.asked(0, 0);
            let loss = preference.loss(&value, &example::SCALES);
            assert!((loss - expected).abs() < 1e-9, "{preference:?}: {loss} and {expected}");
            differ += usize::from(loss > 0.01);
        }
    }
    assert!(differ > 20, "{differ} losses are not nothing");
}

/// Decides by a coin up to some decision, then as the policy does, and notes what the day comes to by that.
struct Noting<'a> {
    dynamic: &'a mut Dynamic,
    day: &'a Day,
    coins: usize,
    random: Random,
    noted: Option<Outcome>,
}

impl Noting<'_> {
    /// What is settled before a decision, from the starts and requests so far.
    fn settled(&self, moment: &Moment<'_>) -> Outcome {
        let mut outcome = Outcome { peak: moment.peak, ..Outcome::default() };
        for slot in 0..self.day.net.len() {
            let (net, running) = (moment.net(slot), moment.running[slot]);
            outcome.cost += moment.cost(slot, net + running) - moment.cost(slot, net);
            outcome.peak = outcome.peak.max(net + running);
        }
        for (index, (status, request)) in moment.status.iter().zip(&self.day.requests).enumerate() {
            let until = match status {
                Status::Idle => continue,
                Status::Waiting(_) => moment.slot + usize::from(index < moment.appliance),
                Status::Started(start) => *start,
            };
            outcome.delay += (until - request.unwrap().requested) as f64;
        }
        outcome
    }
}

impl Scheduler for Noting<'_> {
    fn name(&self) -> &str {
        "noting"
    }

    fn starts(&mut self, moment: &Moment<'_>) -> bool {
        if self.noted.is_some() {
            return self.dynamic.starts(moment);
        }
        let start = self.random.bits().is_multiple_of(2);
        if self.coins > 0 {
            self.coins -= 1;
            return start;
        }
        let values = self.dynamic.values(moment);
        let mut noted = self.settled(moment);
        add(&mut noted, 1.0, if start { &values.start } else { &values.wait });
        self.noted = Some(noted);
        start
    }
}

#[test]
fn values_of_decisions_are_what_follows_them_where_nothing_is_left_to_chance() {
    let mut random = Random::of(3, "dynamic");
    let mut home = small(0..3, 24);
    for appliance in &mut home.appliances {
        let usage = &mut appliance.usage;
        usage.probability = 1.0;
        usage.requested = (10, 10);
        usage.patience.0 = usage.patience.1;
    }
    let mut dynamic = Dynamic::new(home.clone(), Noise::none());
    let mut enumeration = Enumeration::default();
    let mut checked = 0;
    for preference in Preference::grid(4).repeat(4) {
        let mut day = example::day(&home, 3_000.0, &mut random);
        day.net.clone_from(&day.expected);
        let least = enumeration.solve(&Task::hindsight(&home, &day, &preference, &example::SCALES));
        let value = dynamic.value(&preference, &example::SCALES, day.series());
        assert!((preference.loss(&value, &example::SCALES) - least).abs() < 1e-9, "{preference:?}");
        for coins in 0..6 {
            let random = Random::of(random.bits(), "coins");
            let mut noting = Noting { dynamic: &mut dynamic, day: &day, coins, random, noted: None };
            let (_, outcome) = play(&home, &day, preference, &example::SCALES, &mut noting);
            let Some(noted) = noting.noted else { continue };
            let near = |a: f64, b: f64| (a - b).abs() < 1e-6;
            assert!(near(noted.cost, outcome.cost), "{preference:?}: {noted:?}, {outcome:?}");
            assert!(near(noted.peak, outcome.peak), "{preference:?}: {noted:?}, {outcome:?}");
            assert!(near(noted.delay, outcome.delay), "{preference:?}: {noted:?}, {outcome:?}");
            checked += 1;
        }
    }
    assert!(checked > 200, "{checked} decisions");
}

#[test]
fn play_comes_to_its_value_and_lies_between_foresight_and_control() {
    let mut random = Random::of(2, "dynamic");
    let home = small(0..3, 24);
    let noise = Noise::new(vec![(-100.0, 0.5), (100.0, 0.5)]);
    let morning = example::day(&home, 0.0, &mut random);
    let mut dynamic = Dynamic::new(home.clone(), noise.clone());
    let mut control = Predictive::new(Later::Expected);
    let mut enumeration = Enumeration::default();
    for preference in Preference::grid(2) {
        let value = dynamic.value(&preference, &example::SCALES, morning.series());
        let value = preference.loss(&value, &example::SCALES);
        let (mut sum, mut squares, mut controlled, mut foreseen) = (0.0, 0.0, 0.0, 0.0);
        let days = 2_000;
        for _ in 0..days {
            let mut day = morning.clone();
            for (appliance, request) in home.appliances.iter().zip(&mut day.requests) {
                *request = appliance.request(home.slots, &mut random);
            }
            for (slot, (net, expected)) in day.net.iter_mut().zip(&day.expected).enumerate() {
                *net = expected + noise.draw(slot, &mut random);
            }
            let loss = |scheduler: &mut dyn Scheduler| {
                let (_, outcome) = play(&home, &day, preference, &example::SCALES, scheduler);
                preference.loss(&outcome, &example::SCALES)
            };
            let own = loss(&mut dynamic);
            sum += own;
            squares += own * own;
            controlled += loss(&mut control);
            foreseen += enumeration.solve(&Task::hindsight(&home, &day, &preference, &example::SCALES));
        }
        let mean = sum / f64::from(days);
        let error = ((squares / f64::from(days) - mean * mean).max(0.0) / f64::from(days)).sqrt();
        assert!((mean - value).abs() < 4.0 * error + 1e-9, "{preference:?}");
        assert!(
            foreseen <= sum + 1e-9 && sum <= controlled + 4.0 * error * f64::from(days),
            "{preference:?}"
        );
    }
}
