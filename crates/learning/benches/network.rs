//! How many gradient updates a second a double deep Q-network takes: `cargo bench -p learning --bench network`.
//!
//! An update is all of it: the online and the target network on the next states, the online network and its gradient
//! on the states, the Huber loss of every value, the gradient's length and Adam. CPU time of one thread; beside it
//! what the machine's multipliers and adders can do at all.

use agents::Random;
use cpu_time::ThreadTime;
use fearless_simd::{Level, Simd, SimdBase, dispatch};
use learning::network::{Adam, Layout, Network, Scratch, clip, huber_gradient};
use std::hint::black_box;

/// Rows of a batch.
const ROWS: usize = 64;

/// An agent in training and one batch of what it has seen.
struct Training {
    online: Network,
    target: Network,
    adam: Adam,
    states: Vec<f32>,
    actions: Vec<usize>,
    rewards: Vec<f32>,
    next_states: Vec<f32>,
    preferences: Vec<f32>,
    scratch: [Scratch; 2],
    targets: Vec<f32>,
    slopes: Vec<f32>,
    gradient: Vec<f32>,
}

impl Training {
    fn new(layout: Layout) -> Self {
        let mut random = Random::of(1, "network");
        let online = Network::new(layout.clone(), &mut random);
        let target = Network::new(layout.clone(), &mut random);
        let mut numbers = |count: usize| (0..count).map(|_| (2.0 * random.unit() - 1.0) as f32).collect();
        Self {
            states: numbers(ROWS * layout.inputs),
            actions: (0..ROWS).map(|row| row % layout.actions).collect(),
            rewards: numbers(ROWS * layout.objectives),
            next_states: numbers(ROWS * layout.inputs),
            preferences: vec![1.0 / layout.objectives as f32; ROWS * layout.objectives],
            scratch: Default::default(),
            targets: vec![0.0; ROWS * layout.objectives],
            slopes: vec![0.0; ROWS * layout.outputs()],
            gradient: vec![0.0; layout.weights()],
            adam: Adam::new(layout.weights(), 1e-4),
            online,
            target,
        }
    }

    /// Double Q-learning (van Hasselt et al., AAAI 2016, eq. 4): the online network chooses, the target one values.
    fn update(&mut self) {
        let Layout { objectives, .. } = self.online.layout;
        let outputs = self.online.layout.outputs();
        let [scratch, target_scratch] = &mut self.scratch;
        let chooses = self.online.evaluate(&self.next_states, ROWS, scratch);
        let judges = self.target.evaluate(&self.next_states, ROWS, target_scratch);
        for row in 0..ROWS {
            let own = row * objectives..(row + 1) * objectives;
            let utility = |action: &[f32]| -> f32 {
                action.iter().zip(&self.preferences[own.clone()]).map(|(value, weight)| value * weight).sum()
            };
            let actions = chooses[row * outputs..(row + 1) * outputs].chunks_exact(objectives).map(utility);
            let (best, _) = actions
                .enumerate()
                .fold((0, f32::NEG_INFINITY), |best, found| if found.1 > best.1 { found } else { best });
            let next = &judges[row * outputs + best * objectives..];
            for ((target, reward), next) in
                self.targets[own.clone()].iter_mut().zip(&self.rewards[own.clone()]).zip(next)
            {
                *target = reward + 0.99 * next;
            }
        }
        let values = self.online.evaluate(&self.states, ROWS, scratch);
        self.slopes.fill(0.0);
        for (row, action) in self.actions.iter().enumerate() {
            for objective in 0..objectives {
                let index = row * outputs + action * objectives + objective;
                let error = values[index] - self.targets[row * objectives + objective];
                self.slopes[index] = huber_gradient(error, 1.0) / ROWS as f32;
            }
        }
        self.online.gradient(&self.states, ROWS, &self.slopes, scratch, &mut self.gradient);
        clip(&mut self.gradient, 10.0);
        self.adam.step(&mut self.online.weights, &self.gradient);
    }
}

/// Multiplications and additions of an update: three evaluations, the gradient in the weights, and in every layer's
/// inputs but the first's.
fn products(layout: &Layout) -> usize {
    let head = layout.outputs() + if layout.dueling { layout.objectives } else { 0 };
    let sizes: Vec<usize> = [layout.inputs].iter().chain(&layout.hidden).chain([&head]).copied().collect();
    let weights = |sizes: &[usize]| sizes.windows(2).map(|pair| pair[0] * pair[1]).sum::<usize>();
    ROWS * (4 * weights(&sizes) + weights(&sizes[1..]))
}

/// CPU time of one call, s: the least of 100 measurements of `calls` calls.
fn least(calls: usize, mut work: impl FnMut()) -> f64 {
    let mut measurement = || {
        let start = ThreadTime::now();
        (0..calls).for_each(|_| work());
        start.elapsed().as_secs_f64() / calls as f64
    };
    (0..100).map(|_| measurement()).fold(f64::INFINITY, f64::min)
}

/// Multiplications, each with an addition, per second, at best: twelve sums that do not wait for each other, all in
/// registers.
fn peak(level: Level) -> f64 {
    const STEPS: usize = 10_000;
    #[inline(always)]
    fn run<S: Simd>(simd: S) -> usize {
        simd.vectorize(
            #[inline(always)]
            || {
                let factor = S::f32s::splat(simd, black_box(0.999));
                let mut sums = [S::f32s::splat(simd, black_box(1.0)); 12];
                for _ in 0..STEPS {
                    sums.iter_mut().for_each(|sum| *sum = *sum * factor + factor);
                }
                black_box(sums);
                STEPS * 12 * S::f32s::LEN
            },
        )
    }
    let mut products = 0;
    let time = least(10, || products = dispatch!(level, simd => run(simd)));
    products as f64 / time
}

fn main() {
    let (narrow, wide) = (peak(Level::baseline()), peak(Level::new()));
    println!(
        "the machine, one core: {:.1}·10⁹ mul-adds/s, {:.1}·10⁹ in its narrowest vectors",
        wide / 1e9,
        narrow / 1e9
    );
    println!("{:<32} {:>10} {:>14} {:>14}", "batch of 64", "updates/s", "10⁹ mul-adds/s", "of the machine");
    // What an agent of a home sees is about 100 numbers, and the three weights of the preference.
    for (name, inputs, hidden, objectives) in [
        ("103-64-64, 2 actions × 3", 103, vec![64, 64], 3),
        ("103-64-64, 2 actions, scalarised", 103, vec![64, 64], 1),
        ("43-64-64, 2 actions × 3", 43, vec![64, 64], 3),
        ("103-128-128, 2 actions × 3", 103, vec![128, 128], 3),
    ] {
        let mut training = Training::new(Layout { inputs, hidden, actions: 2, objectives, dueling: true });
        let rate = 1.0 / least(50, || training.update());
        let products = rate * products(&training.online.layout) as f64;
        println!("{name:<32} {rate:>10.0} {:>14.1} {:>13.0}%", products / 1e9, 100.0 * products / wide);
    }
}
