//! Training in rounds: while the agents play one round of episodes, their networks learn from the rounds before.
//!
//! Each round is a function of the seed, the weights at its beginning and what is remembered. So neither the number
//! of threads nor a break between two rounds changes what is learned.

mod checkpoint;

pub use checkpoint::CheckpointError;

mod identity;

use crate::agent::{Agents, Chooser, Episodes, Learner, Options, OptionsError, Replay, Sight, play};
use crate::environment::Environment;
use crate::network::{Network, Scratch};
use agents::Random;
use std::sync::Mutex;

/// A training under way.
#[derive(Debug)]
pub struct Trainer<E> {
    environment: E,
    options: Options,
    seed: u64,
    sight: Sight,
    learners: Vec<Learner>,
    replay: Replay,
    round: usize,
    /// Room for the next round's episodes.
    spare: Episodes,
    scratch: Scratch,
}

/// How far a training has come.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Progress {
    /// Rounds done, out of [`Options::rounds`].
    pub round: usize,
    /// Decisions taken in the last round.
    pub decisions: usize,
    /// Gradient steps taken in the last round, all networks together.
    pub updates: u64,
    /// What the last round's episodes gave on average: Σ wᵢ rᵢ of the whole episode, explored actions included.
    pub gain: f64,
    /// Mean loss of the last round's gradient steps.
    pub loss: f64,
}

impl<E: Environment + Send> Trainer<E> {
    /// A training that has not begun.
    ///
    /// # Errors
    /// Where the options do not fit together or not the environment.
    pub fn new(environment: E, options: Options, seed: u64) -> Result<Self, OptionsError> {
        let shape = environment.shape();
        options.check(&shape)?;
        let sight = Sight::new(&options, &shape);
        let learner = |index| Learner::new(&options, &sight, &mut luck(seed, "network", index, 0));
        let learners = (0..options.networks(&shape)).map(learner).collect();
        let replay = Replay::new(options.memory);
        let (spare, scratch) = Default::default();
        Ok(Self { environment, options, seed, sight, learners, replay, round: 0, spare, scratch })
    }

    /// Whether all rounds are done.
    #[must_use]
    pub fn is_finished(&self) -> bool {
        self.round == self.options.rounds
    }

    /// Rounds done, out of [`Options::rounds`].
    #[must_use]
    pub fn round(&self) -> usize {
        self.round
    }

    /// One round, by so many threads.
    pub fn advance(&mut self, threads: usize) -> Progress {
        let Self { environment, options, seed, sight, learners, replay, round, spare, scratch } = self;
        let networks: Vec<Network> = learners.iter().map(|learner| learner.online.clone()).collect();
        let before: u64 = learners.iter().map(|learner| learner.adam.steps).sum();
        let losses: Vec<Mutex<f64>> = learners.iter().map(|_| Mutex::new(0.0)).collect();
        let mut tasks: Vec<Box<dyn FnOnce() + Send + '_>> = Vec::new();
        tasks.push(Box::new(|| {
            let random = luck(*seed, "actions", 0, *round);
            let epsilon = options.epsilon(*round);
            let chooser = Chooser::Networks { networks: &networks, epsilon, random, scratch };
            play(environment, options, sight, chooser, None, &mut luck(*seed, "episodes", 0, *round), spare);
        }));
        for ((index, learner), loss) in learners.iter_mut().enumerate().zip(&losses) {
            let (options, sight, replay, seed, round) = (&*options, &*sight, &*replay, *seed, *round);
            tasks.push(Box::new(move || {
                let mut random = luck(seed, "replay", index, round);
                *loss.lock().expect("no task panics") =
                    learner.learn(index, round, options, sight, replay, &mut random);
            }));
        }
        run(tasks, threads);
        let losses = losses.into_iter().map(|loss| loss.into_inner().expect("no task panics"));
        let loss = losses.sum::<f64>() / learners.len() as f64;
        let updates = learners.iter().map(|learner| learner.adam.steps).sum::<u64>() - before;
        let (decisions, gain) = (spare.actions.len(), gain(spare));
        *round += 1;
        *spare = replay.push(std::mem::take(spare));
        Progress { round: *round, decisions, updates, gain, loss }
    }

    /// The agents as far as they have learned.
    #[must_use]
    pub fn agents(&self) -> Agents {
        let networks = self.learners.iter().map(Learner::learned).collect();
        Agents { options: self.options.clone(), sight: self.sight.clone(), networks }
    }
}

/// The luck of one purpose in one round.
fn luck(seed: u64, purpose: &str, index: usize, round: usize) -> Random {
    Random::of(seed, &format!("{purpose} {index} {round}"))
}

/// The mean of Σ wᵢ rᵢ over the lanes.
fn gain(episodes: &Episodes) -> f64 {
    let gains = episodes.totals.iter().zip(&episodes.preferences).map(|(reward, weight)| reward * weight);
    gains.map(f64::from).sum::<f64>() * episodes.objectives as f64 / episodes.totals.len() as f64
}

/// Runs tasks that do not depend on each other, by so many threads.
fn run(tasks: Vec<Box<dyn FnOnce() + Send + '_>>, threads: usize) {
    let helpers = threads.clamp(1, tasks.len()) - 1;
    let tasks = Mutex::new(tasks.into_iter());
    let work = || {
        loop {
            let task = tasks.lock().expect("no task panics while it is taken").next();
            match task {
                Some(task) => task(),
                None => break,
            }
        }
    };
    std::thread::scope(|scope| {
        (0..helpers).for_each(|_| drop(scope.spawn(work)));
        work();
    });
}
