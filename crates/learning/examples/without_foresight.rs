//! How close control comes to the best policy that has no foresight, and what foresight would be worth.
//!
//! Homes of three machines of the default home on the London tariff; the net load is mostly 150 W less than
//! expected and sometimes 600 W more, drawn anew in every slot. The same days for all, 21 preferences; mean difference of the
//! loss in per cent of the best policy's, with 95 % intervals over days.

use agents::Random;
use learning::exact::{Dynamic, Enumeration, Noise, Task};
use learning::home::tariff;
use learning::judgement::Interval;
use learning::rule::{Later, Predictive, Scenarios};
use learning::{Home, Preference, Records, Scales, Scheduler, Series, Tariff, play};

const DAYS: usize = 10;
const DRAWS: usize = 40;

fn main() {
    let whole = Home::standard(1);
    let prices = Tariff::London.prices(&whole, DAYS, 1);
    let feed_in = tariff::feed_in(&prices);
    // By the hour from six in the morning.
    let day = [6, 8, 7, 5, 4, 4, 6, 7, 5, 4, 4, 5, 8, 12, 14, 12, 9, 7, 5, 3, 2, 2, 2, 3];
    let expected: Vec<f64> = (0..prices.len()).map(|slot| f64::from(day[slot % day.len()]) * 100.0).collect();
    let series = Series { prices: &prices, feed_in: &feed_in, net: &expected, expected: &expected };
    let records = Records::new(whole.slots, series).expect("whole days");
    let scales = Scales::of(&whole, &records, 1).expect("positive prices");
    let noise = Noise::new(vec![(-150.0, 0.6), (0.0, 0.25), (600.0, 0.15)]);

    println!(
        "machines                                     | predictive, none later | predictive | over 16 futures | foresight"
    );
    for machines in [[0, 1, 2], [0, 2, 4], [1, 3, 5], [2, 4, 5]] {
        let mut home = whole.clone();
        home.appliances = machines.iter().map(|index| whole.appliances[*index].clone()).collect();
        let mut random = Random::of(1, "without foresight");
        let mut best = Dynamic::new(home.clone(), noise.clone());
        let mut control = [Later::Ignored, Later::Expected].map(Predictive::new);
        let mut futures = Scenarios::new(16, Random::of(1, "futures"));
        let mut enumeration = Enumeration::default();
        let mut own = 0.0;
        // By scheduler, a difference per draw: the mean over preferences, whose days are the same.
        let mut differences = vec![vec![0.0; DAYS * DRAWS]; 4];
        let days: Vec<_> = (0..DAYS * DRAWS)
            .map(|draw| {
                let mut day = records.draw(draw % DAYS, &home, &mut random);
                day.net.iter_mut().enumerate().for_each(|(slot, net)| *net += noise.draw(slot, &mut random));
                day
            })
            .collect();
        let preferences = Preference::grid(5);
        for preference in &preferences {
            // Day by day, so that what is known of one is used for all its draws.
            for first in 0..DAYS {
                for draw in (first..days.len()).step_by(DAYS) {
                    let day = &days[draw];
                    let loss = |scheduler: &mut dyn Scheduler| {
                        preference.loss(&play(&home, day, *preference, &scales, scheduler).1, &scales)
                    };
                    let least = loss(&mut best);
                    own += least / (preferences.len() * days.len()) as f64;
                    let hindsight = enumeration.solve(&Task::hindsight(&home, day, preference, &scales));
                    let others =
                        [loss(&mut control[0]), loss(&mut control[1]), loss(&mut futures), hindsight];
                    for (differences, other) in differences.iter_mut().zip(others) {
                        differences[draw] += (other - least) / preferences.len() as f64;
                    }
                }
            }
        }
        let names: Vec<&str> = home.appliances.iter().map(|appliance| appliance.name.as_str()).collect();
        print!("{:44} |", names.join(", "));
        for differences in &differences {
            let interval = Interval::of(differences, 0.95).expect("days");
            let [mean, low, high] =
                [interval.mean, interval.low, interval.high].map(|loss| loss / own * 100.0);
            print!(" {mean:+.2} ({low:+.2} to {high:+.2}) |");
        }
        println!();
    }
}
