//! A part of the home, with days whose chance is known.

use super::{Question, StudyError};
use crate::exact::Noise;
use crate::home::{Appliance, Day, Home, Records, Scales, Series};
use agents::Random;

/// Expected loads and noise are whole multiples of so many W: fewer peaks differ.
const STEP: f64 = 50.0;

/// The noise of a slot has three values: means of the errors' lower six tenths, the next three, and the highest one, as
/// peaks come from few large errors.
const SHARES: [f64; 3] = [0.6, 0.3, 0.1];

/// How often each recorded day is in the training, every time with other noise.
const COPIES: usize = 16;

/// Seed of the requests behind the scales.
const FIXED: u64 = 2021;

/// A home small enough for dynamic programming.
pub(super) struct Small {
    pub(super) home: Home,
    pub(super) scales: Scales,
    pub(super) noise: Noise,
    pub(super) training: Records,
    /// By held-out day, its draws.
    pub(super) days: Vec<Vec<Day>>,
}

impl Small {
    pub(super) fn of(question: &Question, machines: &[Appliance]) -> Result<Self, StudyError> {
        let home = Home { appliances: machines.to_vec(), ..question.home.clone() };
        question.training.fits(&home)?;
        let noise = Noise::of(&question.training, &SHARES, STEP);
        let lowest = lowest(&question.training);
        let name = &machines[0].name;
        let mut random = Random::of(question.seed, &format!("training from {name}"));
        let training = known(&question.training, &noise, lowest, COPIES, &mut random)?;
        let mut random = Random::of(question.seed, &format!("held out from {name}"));
        let held_out = known(&question.held_out, &noise, lowest, question.draws, &mut random)?;
        let draws = |day: usize| {
            let first = day * question.draws;
            (first..first + question.draws).map(|copy| held_out.draw(copy, &home, &mut random)).collect()
        };
        let days = (0..question.held_out.days()).map(draws).collect();
        Ok(Self { scales: Scales::of(&home, &training, FIXED)?, home, noise, training, days })
    }
}

/// The lowest net load ever recorded, W.
fn lowest(records: &Records) -> f64 {
    let days = (0..records.days()).flat_map(|day| records.day(day).net);
    days.copied().fold(f64::INFINITY, f64::min)
}

/// Every day so many times after one another: its prices, its expected load, and that with noise. The expected load is raised
/// where noise would take it below `least`.
fn known(
    records: &Records,
    noise: &Noise,
    least: f64,
    times: usize,
    random: &mut Random,
) -> Result<Records, StudyError> {
    let [mut prices, mut feed_in, mut expected, mut net] = [const { vec![] }; 4];
    for day in (0..records.days()).map(|day| records.day(day)) {
        let steps = |slot: usize| {
            let least = ((least - noise.lowest(slot)) / STEP).ceil();
            (day.expected[slot] / STEP).round().max(least) * STEP
        };
        let awaited: Vec<f64> = (0..records.slots()).map(steps).collect();
        for _ in 0..times {
            prices.extend_from_slice(day.prices);
            feed_in.extend_from_slice(day.feed_in);
            expected.extend_from_slice(&awaited);
            net.extend(awaited.iter().enumerate().map(|(slot, load)| load + noise.draw(slot, random)));
        }
    }
    let series = Series { prices: &prices, feed_in: &feed_in, net: &net, expected: &expected };
    Ok(Records::new(records.slots(), series)?)
}
