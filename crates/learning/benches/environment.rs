//! How fast a default home's days go by in many lanes. CPU time of one thread, the least of many episodes.
//!
//! Counted are lanes × appliances × slots of an episode, from the reset, which draws days and requests, to the last
//! settlement, random actions included. Bare means without features; otherwise every decision's features are written.

use agents::Random;
use cpu_time::ThreadTime;
use learning::{Environment, FeatureSet, Home, Homes, Records, Scales, Series, Tariff};

const LANES: usize = 1024;
const DAYS: usize = 64;

fn main() {
    for slots_per_hour in [1, 4] {
        for (name, set) in [("bare", FeatureSet::of(&[])), ("with features", FeatureSet::ALL)] {
            // Some homes hurry, others wait as long as they may.
            for eager in [0.5, 0.0] {
                time(slots_per_hour, name, set, eager);
            }
        }
    }
}

fn time(slots_per_hour: usize, name: &str, set: FeatureSet, eager: f64) {
    let home = Home::standard(slots_per_hour);
    let mut random = Random::of(1, "bench");
    let prices = Tariff::London.prices(&home, DAYS, 1);
    let feed_in = learning::home::tariff::feed_in(&prices);
    let mut flow = || -> Vec<f64> { prices.iter().map(|_| 3e3 * random.unit() - 1e3).collect() };
    let (net, expected) = (flow(), flow());
    let series = Series { prices: &prices, feed_in: &feed_in, net: &net, expected: &expected };
    let records = Records::new(home.slots, series).expect("whole days");
    let scales = Scales::of(&home, &records, 1).expect("positive prices");
    let mut homes = Homes::new(home.clone(), records, scales, set, LANES).expect("a home");
    let shape = homes.shape();
    let mut actions = Vec::with_capacity(LANES);
    let mut decisions = 0;
    let mut least = f64::INFINITY;
    for _ in 0..200 {
        decisions = 0;
        let start = ThreadTime::now();
        homes.reset(&mut random);
        while let Some(turn) = homes.turn() {
            let lanes = turn.lanes.len();
            decisions += lanes;
            actions.clear();
            actions.extend((0..lanes).map(|_| u8::from(random.unit() < eager)));
            homes.act(&actions);
        }
        least = least.min(start.elapsed().as_secs_f64());
    }
    let steps = LANES * shape.agents * home.slots;
    println!(
        "T = {:2}, {:3} features, {name:13}, starts with {eager:.1}: {:6.1} million appliance slots/s, {:5.2} million \
         decisions/s, {:4.1} decisions a day",
        home.slots,
        shape.features,
        steps as f64 / least / 1e6,
        decisions as f64 / least / 1e6,
        decisions as f64 / LANES as f64,
    );
}
