//! The best policy that does not know the future, by dynamic programming over everything a small home may meet
//! (Bellman 1957; Puterman 1994, ch. 4).
//!
//! What is random: whether and when each machine is asked for and how long it may wait, as its
//! [`Usage`](crate::home::Usage) says; and the net load, which is the expected one plus a [`Noise`] drawn anew in every
//! slot. What is known is a state: the slot, whose turn it is, where each machine stands and the peak so far.
//! Values are whole outcomes (expected cost and delay still to come, expected peak of the day), as the loss is linear
//! in them. Only states that can be reached are visited, and each once.

use super::known::Known;
use super::{Noise, Weights, arrival};
use crate::home::{Home, Outcome, Preference, Request, Scales, Series};
use crate::schedule::{Moment, Scheduler, Status};

/// Machines at most: each multiplies the number of states by about ten.
pub const MACHINES: usize = 6;

/// Slots at most: a state holds each in seven bits.
const SLOTS: usize = 120;

/// What both decisions add to the day's outcome, each followed by the best policy, as expected: the cost of runs that
/// start from now on, the rise of the peak beyond the highest load that is known so far (net load as expected), the
/// delay from this decision on. These are an agent's Q-values but for their sign and scales.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Values {
    /// Of waiting.
    pub wait: Outcome,
    /// Of starting.
    pub start: Outcome,
}

/// What is known of a day in the morning.
#[derive(Clone, Debug, Default, PartialEq)]
struct Morning {
    weights: Weights,
    prices: Vec<f64>,
    feed_in: Vec<f64>,
    expected: Vec<f64>,
}

/// The best policy without foresight for a home of up to [`MACHINES`] machines, a [`Scheduler`] that plans anew when
/// the day or the preference changes.
#[derive(Clone, Debug)]
pub struct Dynamic {
    home: Home,
    noise: Noise,
    morning: Morning,
    /// By slot: the peak that the net loads from it on reach at least, W.
    floor: Vec<f64>,
    known: Known,
}

/// Where a machine stands, as far as it matters for the future.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Machine {
    /// Nothing more can come of it.
    Done,
    /// It may still be asked for.
    Idle,
    /// It waits until this slot.
    Waits(usize),
    /// It runs and is done at the beginning of this slot.
    Runs(usize),
}

#[derive(Clone, Copy, Debug)]
struct State {
    slot: usize,
    /// Below the number of machines: that machine's request is drawn next; else, less that number, it decides next.
    turn: usize,
    machines: [Machine; MACHINES],
    /// The peak so far, W ≥ 0.
    peak: f64,
}

impl State {
    /// Equal for states that are alike: slot, turn, a byte per machine, and the peak in units of 2⁻²⁰ W, so that
    /// rounding makes no difference.
    fn key(&self) -> u128 {
        let mut key = ((self.slot << 8) | self.turn) as u128;
        for machine in self.machines {
            let code = match machine {
                Machine::Done => 0,
                Machine::Idle => 1,
                Machine::Waits(latest) => 2 + latest,
                Machine::Runs(end) => 128 + end,
            };
            key = (key << 8) | code as u128;
        }
        (key << 64) | (self.peak * (1 << 20) as f64).round() as u128
    }
}

impl Dynamic {
    /// A policy for a home under a noise of its net load.
    ///
    /// # Panics
    /// Where the home has more than [`MACHINES`] machines or 120 slots.
    #[must_use]
    pub fn new(home: Home, noise: Noise) -> Self {
        assert!(home.appliances.len() <= MACHINES, "dynamic programming is for up to {MACHINES} machines");
        assert!(home.slots <= SLOTS, "dynamic programming is for up to {SLOTS} slots");
        Self { home, noise, morning: Morning::default(), floor: vec![], known: Known::default() }
    }

    /// Expected outcome of a day under the best policy, seen in the morning; the day's actual net load is not
    /// looked at.
    pub fn value(&mut self, preference: &Preference, scales: &Scales, day: Series<'_>) -> Outcome {
        self.learn(Morning {
            weights: Weights::new(preference, scales),
            prices: day.prices.to_vec(),
            feed_in: day.feed_in.to_vec(),
            expected: day.expected.to_vec(),
        });
        let mut machines = [Machine::Done; MACHINES];
        machines[..self.home.appliances.len()].fill(Machine::Idle);
        self.open(0, machines, 0.0)
    }

    /// What both decisions of a moment add.
    pub fn values(&mut self, moment: &Moment<'_>) -> Values {
        let slots = self.home.slots;
        let morning = Morning {
            weights: Weights::new(&moment.preference, moment.scales),
            prices: moment.prices().to_vec(),
            feed_in: moment.feed_in().to_vec(),
            // What was expected of the slots that are over is no longer told, and does not matter.
            expected: (0..slots).map(|slot| moment.net(slot)).collect(),
        };
        let same = morning.weights == self.morning.weights
            && morning.prices == self.morning.prices
            && morning.feed_in == self.morning.feed_in
            && morning.expected[moment.slot..] == self.morning.expected[moment.slot..];
        if !same {
            self.learn(morning);
        }
        let mut machines = [Machine::Done; MACHINES];
        for (index, status) in moment.status.iter().enumerate() {
            machines[index] = match status {
                Status::Idle => Machine::Idle,
                Status::Waiting(request) => Machine::Waits(request.latest),
                Status::Started(start) => Machine::Runs(start + self.home.appliances[index].duration),
            };
        }
        let turn = self.home.appliances.len() + moment.appliance;
        let state = State { slot: moment.slot, turn, machines, peak: moment.peak };
        let mut values = self.decide(self.simplified(state), moment.appliance);
        // Settled before: what started runs still cost, the highest known load, waiting by those that have decided.
        let mut settled = Outcome { peak: moment.peak, ..Outcome::default() };
        for slot in moment.slot..slots {
            let (net, running) = (moment.net(slot), moment.running[slot]);
            settled.cost += moment.cost(slot, net + running) - moment.cost(slot, net);
            settled.peak = settled.peak.max(net + running);
        }
        let decided = moment.status[..moment.appliance].iter();
        let waiting = decided.filter(|status| matches!(status, Status::Waiting(_))).count();
        settled.delay = waiting as f64 * self.home.hours;
        add(&mut values.wait, -1.0, &settled);
        add(&mut values.start, -1.0, &settled);
        values
    }

    /// How many states are known.
    #[must_use]
    pub fn states(&self) -> usize {
        self.known.len()
    }

    fn learn(&mut self, morning: Morning) {
        self.floor = vec![0.0; self.home.slots];
        let mut floor: f64 = 0.0;
        for slot in (0..self.home.slots).rev() {
            floor = floor.max(morning.expected[slot] + self.noise.lowest(slot));
            self.floor[slot] = floor;
        }
        self.morning = morning;
        self.known.clear();
    }

    /// The beginning of a slot.
    fn open(&mut self, slot: usize, machines: [Machine; MACHINES], peak: f64) -> Outcome {
        if slot == self.home.slots {
            return Outcome { peak, ..Outcome::default() };
        }
        let state = self.simplified(State { slot, turn: 0, machines, peak });
        self.evaluate(state)
    }

    /// A state without the differences that no longer matter, so that fewer differ: machines that are done or will
    /// not be asked for any more, and peaks below what the rest of the day draws anyway.
    fn simplified(&self, mut state: State) -> State {
        for (appliance, machine) in self.home.appliances.iter().zip(&mut state.machines) {
            let over = match *machine {
                Machine::Idle => state.slot > appliance.usage.requested.1,
                Machine::Runs(end) => end <= state.slot,
                Machine::Waits(_) | Machine::Done => false,
            };
            if over {
                *machine = Machine::Done;
            }
        }
        state.peak = state.peak.max(self.floor[state.slot]);
        state
    }

    /// Goes on to the next turn at which something branches, and looks it up or works it out.
    fn evaluate(&mut self, state: State) -> Outcome {
        let count = self.home.appliances.len();
        let state = self.next(state);
        if state.turn == 2 * count && self.noise.at(state.slot).len() == 1 {
            return self.close(state);
        }
        let key = state.key();
        if let Some(known) = self.known.get(&key) {
            return *known;
        }
        let outcome = if state.turn < count {
            self.draw(state, state.turn)
        } else if state.turn < 2 * count {
            let values = self.decide(state, state.turn - count);
            if self.prefers_start(&values) { values.start } else { values.wait }
        } else {
            self.close(state)
        };
        self.known.insert(key, outcome);
        outcome
    }

    /// The next turn in this slot at which a request may come or a machine may start or wait; machines before it that
    /// cannot wait have started. The end of the slot is the turn after all of them.
    fn next(&self, mut state: State) -> State {
        let count = self.home.appliances.len();
        while state.turn < 2 * count {
            let index = state.turn % count;
            match state.machines[index] {
                Machine::Idle
                    if state.turn < count
                        && arrival::chance(&self.home.appliances[index], state.slot) > 0.0 =>
                {
                    break;
                }
                Machine::Waits(latest) if state.turn >= count && latest > state.slot => break,
                Machine::Waits(_) if state.turn >= count => {
                    state.machines[index] = self.started(state.slot, index);
                }
                _ => {}
            }
            state.turn += 1;
        }
        state
    }

    /// Expectation over whether a machine is asked for now.
    fn draw(&mut self, state: State, index: usize) -> Outcome {
        let slot = state.slot;
        let appliance = &self.home.appliances[index];
        let chance = arrival::chance(appliance, slot);
        let requests: Vec<Request> = arrival::requests(appliance, slot, self.home.slots).collect();
        let mut mean = Outcome::default();
        if chance < 1.0 {
            add(&mut mean, 1.0 - chance, &self.evaluate(State { turn: state.turn + 1, ..state }));
        }
        for request in &requests {
            let mut next = State { turn: state.turn + 1, ..state };
            next.machines[index] = Machine::Waits(request.latest);
            add(&mut mean, chance / requests.len() as f64, &self.evaluate(next));
        }
        mean
    }

    fn decide(&mut self, state: State, index: usize) -> Values {
        let wait = State { turn: state.turn + 1, ..state };
        let mut start = wait;
        start.machines[index] = self.started(state.slot, index);
        Values { wait: self.evaluate(wait), start: self.evaluate(start) }
    }

    /// The end of a slot: its load becomes known.
    fn close(&mut self, state: State) -> Outcome {
        let slot = state.slot;
        let (mut power, mut waiting) = (0.0, 0.0);
        for (machine, appliance) in state.machines.iter().zip(&self.home.appliances) {
            match machine {
                Machine::Runs(end) if slot < *end => power += appliance.power,
                Machine::Waits(_) => waiting += 1.0,
                _ => {}
            }
        }
        let mut mean = Outcome::default();
        for place in 0..self.noise.at(slot).len() {
            let (deviation, probability) = self.noise.at(slot)[place];
            let net = self.morning.expected[slot] + deviation;
            let cost = |load: f64| {
                let price = if load >= 0.0 { self.morning.prices[slot] } else { self.morning.feed_in[slot] };
                price * load * self.home.hours / 1e3
            };
            let added =
                Outcome { cost: cost(net + power) - cost(net), peak: 0.0, delay: waiting * self.home.hours };
            let peak = state.peak.max(net + power);
            add(&mut mean, probability, &added);
            add(&mut mean, probability, &self.open(slot + 1, state.machines, peak));
        }
        mean
    }

    fn started(&self, slot: usize, index: usize) -> Machine {
        Machine::Runs(slot + self.home.appliances[index].duration)
    }

    fn prefers_start(&self, values: &Values) -> bool {
        self.morning.weights.loss(&values.start) <= self.morning.weights.loss(&values.wait)
    }
}

fn add(sum: &mut Outcome, weight: f64, outcome: &Outcome) {
    sum.cost += weight * outcome.cost;
    sum.peak += weight * outcome.peak;
    sum.delay += weight * outcome.delay;
}

impl Scheduler for Dynamic {
    fn name(&self) -> &str {
        "best without foresight"
    }

    fn starts(&mut self, moment: &Moment<'_>) -> bool {
        let values = self.values(moment);
        self.prefers_start(&values)
    }
}

#[cfg(test)]
mod tests;
