//! One network that learns from what is remembered.

use super::{Options, Replay, Sight, Target, draw_preference};
use crate::network::{Adam, Layout, Network, Scratch, huber, huber_gradient};
use agents::Random;

/// A network, what it follows and what follows it.
#[derive(Clone, Debug)]
pub(crate) struct Learner {
    pub(crate) online: Network,
    pub(crate) target: Network,
    pub(crate) adam: Adam,
    /// The mean of the online weights over the last rounds, and how many they were.
    pub(crate) average: Vec<f32>,
    pub(crate) averaged: u64,
    room: Room,
}

/// Buffers of an update, kept between updates.
#[derive(Clone, Debug, Default)]
struct Room {
    scratch: Scratch,
    /// Rows of inputs now, and after the return; only rows whose episode goes on have the latter.
    inputs: Vec<f32>,
    next_inputs: Vec<f32>,
    next_collected: Vec<f32>,
    next_preferences: Vec<f32>,
    next_expected: Vec<f32>,
    /// Whether the episode goes on.
    goes_on: Vec<bool>,
    actions: Vec<u8>,
    /// What the values of a row count by.
    doubts: Vec<f32>,
    /// Rows × heads: what the values of the actions taken should be.
    targets: Vec<f32>,
    choices: Vec<usize>,
    slopes: Vec<f32>,
    gradient: Vec<f32>,
}

impl Learner {
    pub(crate) fn new(options: &Options, sight: &Sight, random: &mut Random) -> Self {
        let mut online = Network::new(sight.layout(options), random);
        let weights = online.weights.len();
        if let Some(initial) = options.initial {
            // Nothing but what the head adds is left.
            let Layout { inputs, hidden, .. } = &online.layout;
            let heads = online.layout.outputs() + if options.dueling { sight.heads() } else { 0 };
            let last = (hidden.last().unwrap_or(inputs) + 1) * heads;
            online.weights[weights - last..].fill(0.0);
            online.weights[weights - heads..].fill(initial);
        }
        let target = online.clone();
        let adam = Adam::new(weights, options.rate.0);
        let room = Room { gradient: vec![0.0; weights], ..Room::default() };
        Self { average: online.weights.clone(), online, target, adam, averaged: 0, room }
    }

    /// The updates of one round. Returns the mean loss, 0 where nothing is remembered yet.
    pub(crate) fn learn(
        &mut self,
        network: usize,
        round: usize,
        options: &Options,
        sight: &Sight,
        replay: &Replay,
        random: &mut Random,
    ) -> f64 {
        self.adam.rate = options.rate(round);
        let mut loss = 0.0;
        for _ in 0..options.updates {
            self.gather(network, options, sight, replay, random);
            if self.room.actions.is_empty() {
                return 0.0;
            }
            loss += self.update(options, sight);
        }
        if round >= options.first_averaged() {
            self.averaged += 1;
            let part = 1.0 / self.averaged as f32;
            for (average, weight) in self.average.iter_mut().zip(&self.online.weights) {
                *average += part * (weight - *average);
            }
        }
        loss / options.updates.max(1) as f64
    }

    /// The weights to act by once learning is over.
    pub(crate) fn learned(&self) -> Network {
        let weights = if self.averaged > 0 { &self.average } else { &self.online.weights };
        Network { layout: self.online.layout.clone(), weights: weights.clone() }
    }

    /// Draws decisions and computes what their values should be: r + Q'(s', argmax Q(s', ·)).
    fn gather(
        &mut self,
        network: usize,
        options: &Options,
        sight: &Sight,
        replay: &Replay,
        random: &mut Random,
    ) {
        let Self { online, target, room, .. } = self;
        let (heads, objectives) = (sight.heads(), sight.objectives);
        for buffer in [&mut room.inputs, &mut room.next_inputs, &mut room.next_collected, &mut room.targets] {
            buffer.clear();
        }
        room.next_preferences.clear();
        room.next_expected.clear();
        room.actions.clear();
        room.doubts.clear();
        room.goes_on.clear();
        let mut preference = vec![0.0; objectives];
        let mut rewards = vec![0.0; objectives];
        let mut relabels = Random::of(random.bits(), "preferences");
        for (episodes, row) in replay.draw(network, random).take(options.batch) {
            if options.relabel {
                draw_preference(&mut relabels, options, &mut preference);
            } else {
                preference.copy_from_slice(episodes.preference(row));
            }
            let collected = episodes.collected(row);
            sight.show(episodes.state(row), collected, &preference, episodes.expected(row), &mut room.inputs);
            room.actions.push(episodes.actions[row]);
            room.doubts.push(sight.doubt(&preference));
            let later = episodes.ahead(row, options.steps);
            episodes.rewards(row, later, &mut rewards);
            let first = room.targets.len();
            room.targets.resize(first + heads, 0.0);
            if sight.residual {
                // What came of it so far beyond what was expected; the best that is expected next is added below.
                let expected = episodes.expected(row)[usize::from(episodes.actions[row])];
                let outcome =
                    if later.is_some() { 0.0 } else { episodes.outcomes[episodes.lanes[row] as usize] };
                room.targets[first] = outcome - expected;
            } else {
                sight.reward(&rewards, &preference, &mut room.targets[first..]);
            }
            room.goes_on.push(later.is_some());
            if let Some(later) = later {
                let collected = episodes.collected(later);
                let expected = episodes.expected(later);
                sight.show(episodes.state(later), collected, &preference, expected, &mut room.next_inputs);
                room.next_expected.extend_from_slice(expected);
                room.next_collected.extend_from_slice(collected);
                room.next_preferences.extend_from_slice(&preference);
            }
        }
        let rows = room.next_preferences.len() / objectives;
        if rows == 0 {
            return;
        }
        let width = sight.actions * heads;
        let chooser = if options.double { &*online } else { &*target };
        let values = chooser.evaluate(&room.next_inputs, rows, &mut room.scratch);
        room.choices.clear();
        room.choices.extend(values.chunks_exact(width).enumerate().map(|(row, values)| {
            let collected = &room.next_collected[row * objectives..][..objectives];
            let preference = &room.next_preferences[row * objectives..][..objectives];
            sight.best(values, collected, preference, expected(&room.next_expected, sight, row))
        }));
        let values = target.evaluate(&room.next_inputs, rows, &mut room.scratch);
        let mut next = values.chunks_exact(width).zip(&room.choices).enumerate();
        let targets = room.targets.chunks_exact_mut(heads).zip(&room.doubts);
        let ongoing = targets.zip(&room.goes_on).filter(|(_, goes_on)| **goes_on);
        for ((targets, doubt), _) in ongoing {
            let (row, (values, choice)) = next.next().expect("a row for each decision whose episode goes on");
            for (target, value) in targets.iter_mut().zip(&values[choice * heads..]) {
                *target += doubt * value;
            }
            if sight.residual {
                targets[0] += expected(&room.next_expected, sight, row)[*choice];
            }
        }
    }

    /// One gradient step towards the targets. Returns the mean loss before it.
    fn update(&mut self, options: &Options, sight: &Sight) -> f64 {
        let Self { online, target, adam, room, .. } = self;
        let (heads, rows) = (sight.heads(), room.actions.len());
        let values = online.evaluate(&room.inputs, rows, &mut room.scratch);
        room.slopes.clear();
        room.slopes.resize(values.len(), 0.0);
        let width = sight.actions * heads;
        let mut loss = 0.0;
        for (row, action) in room.actions.iter().enumerate() {
            let first = row * width + usize::from(*action) * heads;
            for head in 0..heads {
                let error = room.doubts[row] * values[first + head] - room.targets[row * heads + head];
                let slope = room.doubts[row] * huber_gradient(error, options.huber);
                room.slopes[first + head] = slope / rows as f32;
                loss += f64::from(huber(error, options.huber));
            }
        }
        online.gradient(&room.inputs, rows, &room.slopes, &mut room.scratch, &mut room.gradient);
        adam.step(&mut online.weights, &room.gradient);
        match options.target {
            Target::Soft(part) => target.follow(online, part),
            Target::Hard(every) if adam.steps % every as u64 == 0 => target.follow(online, 1.0),
            Target::Hard(_) => {}
        }
        loss / rows as f64
    }
}

/// What a model expected of each action of a row; nothing where none is used.
fn expected<'a>(buffer: &'a [f32], sight: &Sight, row: usize) -> &'a [f32] {
    if sight.residual { &buffer[row * sight.actions..][..sight.actions] } else { &[] }
}
