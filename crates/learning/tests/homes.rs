//! Training on homes: the same weights whatever the threads and the breaks; with panels it beats the plan it starts from.

use agents::Random;
use learning::agent::{Credit, Head, Networks};
use learning::home::tariff;
use learning::judgement::Interval;
use learning::rule::{Later, Predictive};
use learning::{
    Day, FeatureSet, Home, Homes, Options, Policy, Preference, Records, Scales, Scheduler, Series, Tariff,
    Trainer, play,
};

/// Days of the default home by the hour: an evening's load that is not quite as expected and, with panels of so many
/// watts, a sun that nobody foresees.
fn records(days: usize, panels: f64, seed: u64) -> Records {
    let home = Home::standard(1);
    let prices = Tariff::TwoLevel.prices(&home, days, 1);
    let mut random = Random::of(seed, "days");
    let (mut expected, mut net) = (Vec::new(), Vec::new());
    for _ in 0..days {
        let clouds = random.unit();
        for slot in 0..24 {
            let hour = (slot + 6) % 24;
            let bump = |middle: f64, width: f64| (1.0 - (f64::from(hour) - middle).abs() / width).max(0.0);
            let (load, sun) =
                (300.0 + 1_200.0 * bump(20.0, 3.0) + 500.0 * bump(8.0, 2.0), panels * bump(13.0, 6.0));
            expected.push(load - 0.5 * sun);
            net.push(load + 400.0 * (random.unit() - 0.5) - clouds * sun);
        }
    }
    let feed_in = tariff::feed_in(&prices);
    Records::new(24, Series { prices: &prices, feed_in: &feed_in, net: &net, expected: &expected }).unwrap()
}

/// Whoever learns in so many lanes.
fn homes(panels: f64, lanes: usize) -> (Homes, Scales) {
    let records = records(40, panels, 1);
    let scales = Scales::of(&Home::standard(1), &records, 1).unwrap();
    (Homes::new(Home::standard(1), records, scales, FeatureSet::ALL, lanes).unwrap(), scales)
}

fn small(options: Options) -> Options {
    Options { hidden: vec![8], rounds: 6, memory: 3, updates: 3, batch: 16, averaged: 0.5, ..options }
}

/// Everything that is known of a training when it is over.
fn finish(mut trainer: Trainer<Homes>, threads: usize) -> Vec<u8> {
    while !trainer.is_finished() {
        trainer.advance(threads);
    }
    trainer.checkpoint()
}

/// By one, two and seven threads, and cut after some rounds: the same bytes. Another seed: others.
fn check(panels: f64, options: Options) {
    let (homes, _) = homes(panels, 5);
    let begin = |seed| Trainer::new(homes.clone(), options.clone(), seed).unwrap();
    let whole = finish(begin(1), 1);
    assert!(finish(begin(1), 2) == whole && finish(begin(1), 7) == whole, "threads: {options:?}");
    assert!(finish(begin(2), 1) != whole, "seed: {options:?}");
    let mut random = Random::of(1, "cuts");
    for threads in [1, 2, 7] {
        let mut trainer = begin(1);
        // Put down and taken up more than once.
        while !trainer.is_finished() {
            for _ in 0..random.between(1, 3).min((options.rounds - trainer.round()) as i64) {
                trainer.advance(threads);
            }
            trainer = Trainer::resume(homes.clone(), options.clone(), 1, &trainer.checkpoint()).unwrap();
        }
        assert!(trainer.checkpoint() == whole, "cut: {options:?}");
    }
}

#[test]
fn one_network_on_a_plan_learns_the_same_by_any_threads_and_with_any_breaks() {
    check(0.0, small(Options::home(false)));
    check(5e3, small(Options::home(true)));
}

#[test]
fn a_network_per_machine_learns_the_same_by_any_threads_and_with_any_breaks() {
    let apart = |credit, options| small(Options { networks: Networks::Independent, credit, ..options });
    check(0.0, apart(Credit::Own, Options::default()));
    check(0.0, apart(Credit::Team, Options::default()));
    check(5e3, apart(Credit::Team, Options::home(true)));
}

#[test]
fn values_of_each_objective_are_learned_the_same_by_any_threads_and_with_any_breaks() {
    check(5e3, small(Options { head: Head::Vector, steps: 3, ..Options::default() }));
    check(
        0.0,
        small(Options { head: Head::Vector, relabel: false, steps: usize::MAX, ..Options::default() }),
    );
}

/// The loss on each of some days that nobody learned from, the mean over preferences.
fn losses(days: &[Day], scales: &Scales, scheduler: &mut dyn Scheduler) -> Vec<f64> {
    let (home, grid) = (Home::standard(1), Preference::grid(3));
    let mut loss = |day: &Day, preference: &Preference| {
        preference.loss(&play(&home, day, *preference, scales, scheduler).1, scales)
    };
    let mean = |day| grid.iter().map(|preference| loss(day, preference)).sum::<f64>() / grid.len() as f64;
    days.iter().map(mean).collect()
}

#[test]
fn with_panels_agents_beat_the_plan_that_they_start_from() {
    let (homes, scales) = homes(5e3, 128);
    let options = Options { rounds: 100, updates: 40, ..Options::home(true) };
    let mut trainer = Trainer::new(homes, options, 1).unwrap();
    let home = Home::standard(1);
    let policy = |trainer: &Trainer<Homes>| {
        Policy::new(trainer.agents(), home.clone(), scales, FeatureSet::ALL).unwrap()
    };
    let mut untrained = policy(&trainer);
    while !trainer.is_finished() {
        trainer.advance(2);
    }
    let (others, mut random) = (records(240, 5e3, 2), Random::of(2, "requests"));
    let days: Vec<Day> = (0..240).map(|day| others.draw(day, &home, &mut random)).collect();
    let of = |scheduler: &mut dyn Scheduler| losses(&days, &scales, scheduler);
    let less = |of: &[f64], than: &[f64]| {
        let differences: Vec<f64> = of.iter().zip(than).map(|(of, than)| than - of).collect();
        Interval::of(&differences, 0.95).unwrap()
    };
    let [planned, expecting] = [Later::Ignored, Later::Expected].map(|later| of(&mut Predictive::new(later)));
    let [before, after] = [of(&mut untrained), of(&mut policy(&trainer))];
    // Untrained it is the plan, but for plans that are equally good.
    assert!(less(&before, &planned).mean.abs() < 0.002);
    for others in [&before, &planned, &expecting] {
        let by = less(&after, others);
        assert!(by.low > 0.0, "less by {by:?}");
    }
}
