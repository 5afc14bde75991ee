//! What rules, control and optima of the default home's days cost: CPU time of one thread, mean over the grid of 21
//! preferences.

use agents::Random;
use cpu_time::ThreadTime;
use learning::exact::{Dynamic, Enumeration, Noise, Task, front, programme};
use learning::rule::{CheapestWindow, Later, Predictive, Scenarios, ValleyFilling};
use learning::{Day, Home, Preference, Records, Scales, Scheduler, Series, Tariff, play};
use std::hint::black_box;

const DAYS: usize = 30;

fn main() {
    for slots_per_hour in [1, 4] {
        let home = Home::standard(slots_per_hour);
        let mut random = Random::of(1, "bench");
        let prices = Tariff::London.prices(&home, DAYS, 1);
        let feed_in = learning::home::tariff::feed_in(&prices);
        // More in the evening than in the morning and at night, and half of it by chance.
        let expected: Vec<f64> = (0..prices.len())
            .map(|slot| [300.0, 250.0, 600.0, 200.0][slot % home.slots * 4 / home.slots])
            .collect();
        let net: Vec<f64> = expected.iter().map(|load| load * 2.0 * random.unit()).collect();
        let series = Series { prices: &prices, feed_in: &feed_in, net: &net, expected: &expected };
        let records = Records::new(home.slots, series).expect("whole days");
        let scales = Scales::of(&home, &records, 1).expect("positive prices");
        let days: Vec<Day> = (0..DAYS).map(|day| records.draw(day, &home, &mut random)).collect();
        let preferences = Preference::grid(5);
        println!("T = {}, ms of CPU time a day", home.slots);

        let schedulers: [&mut dyn Scheduler; 5] = [
            &mut CheapestWindow,
            &mut ValleyFilling,
            &mut Predictive::new(Later::Ignored),
            &mut Predictive::new(Later::Expected),
            &mut Scenarios::new(16, random.clone()),
        ];
        for scheduler in schedulers {
            let name = scheduler.name().to_owned();
            time(&name, &days, &preferences, |day, preference| {
                play(&home, day, preference, &scales, scheduler);
            });
        }
        let mut enumeration = Enumeration::default();
        time("optimum by enumeration", &days, &preferences, |day, preference| {
            enumeration.solve(&Task::hindsight(&home, day, &preference, &scales));
        });
        time("Pareto front", &days, &preferences[..1], |day, preference| {
            black_box(front(&Task::hindsight(&home, day, &preference, &scales)));
        });
        if slots_per_hour > 1 {
            continue;
        }
        time("optimum by mixed-integer programme", &days[..10], &preferences, |day, preference| {
            black_box(programme::solve(&Task::hindsight(&home, day, &preference, &scales), 10_000));
        });
        let middle = [Preference { cost: 0.4, peak: 0.4, delay: 0.2 }];
        for machines in [3, 4, 6] {
            let mut home = home.clone();
            home.appliances.truncate(machines);
            let mut dynamic = Dynamic::new(home, Noise::none());
            let name = format!("dynamic programming, the first {machines} machines");
            time(&name, &days[..1], &middle, |day, preference| {
                dynamic.value(&preference, &scales, day.series());
            });
        }
    }
}

fn time(name: &str, days: &[Day], preferences: &[Preference], mut run: impl FnMut(&Day, Preference)) {
    let (mut sum, mut most) = (0.0, 0.0_f64);
    for preference in preferences {
        for day in days {
            let start = ThreadTime::now();
            run(day, *preference);
            let elapsed = start.elapsed().as_secs_f64() * 1e3;
            sum += elapsed;
            most = most.max(elapsed);
        }
    }
    println!("  {name:45} {:10.4}, at most {most:10.3}", sum / (preferences.len() * days.len()) as f64);
}
