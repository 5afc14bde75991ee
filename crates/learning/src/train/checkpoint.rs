//! A training that is put down and taken up again.
//!
//! What is remembered is not written out: episodes are a function of the seed, the round and the actions, so the actions
//! are enough to play them again. The hash of what came of it says whether the environment still is the same.

use super::identity::{describe, differences};
use super::{Trainer, luck};
use crate::agent::{Chooser, Episodes, Learner, Options, OptionsError, Replay, play};
use crate::environment::Environment;
use crate::file::{FileError, Reader, Writer};
use market::{Hash, Keccak256};

const TITLE: &str = "wattle checkpoint 2";

/// Why a training cannot be taken up.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum CheckpointError {
    /// No checkpoint, or a damaged one.
    #[error("checkpoint: {0}")]
    File(#[from] FileError),
    /// The options do not fit.
    #[error(transparent)]
    Options(#[from] OptionsError),
    /// The training is not the one that was put down.
    #[error("the checkpoint belongs to another training: {}; give what it was made with", .0.join("; "))]
    Other(
        /// What differs of sizes, options and seed, in words.
        Vec<String>,
    ),
    /// The sizes fit, but the days do not.
    #[error(
        "the checkpoint was made in another environment of the same sizes: what it remembers, played again, comes \
         out differently; give the home, tariff and days that it was made with"
    )]
    Environment,
}

impl<E: Environment + Send> Trainer<E> {
    /// Everything that is needed to go on, as bytes.
    #[must_use]
    pub fn checkpoint(&self) -> Vec<u8> {
        let mut writer = Writer::new(TITLE);
        writer.bytes(self.describe().as_bytes());
        writer.number(self.round as u64);
        for learner in &self.learners {
            let Learner { online, target, adam, average, averaged, .. } = learner;
            writer.number(*averaged);
            writer.number(adam.steps);
            for values in [&online.weights, &target.weights, average, &adam.first, &adam.second] {
                writer.floats(values);
            }
        }
        writer.number(self.replay.rounds().len() as u64);
        self.replay.rounds().for_each(|episodes| writer.bytes(&episodes.actions));
        writer.bytes(&digest(&self.replay));
        writer.finish()
    }

    /// Goes on where a training was put down: the environment, options and seed must be those it was begun with.
    ///
    /// # Errors
    /// Where the checkpoint is damaged, or belongs to other options, another seed or another environment.
    pub fn resume(
        environment: E,
        options: Options,
        seed: u64,
        bytes: &[u8],
    ) -> Result<Self, CheckpointError> {
        let mut trainer = Self::new(environment, options, seed)?;
        let mut reader = Reader::new(TITLE, bytes)?;
        let (made, given) = (reader.text("the description")?, trainer.describe());
        if made != given {
            return Err(CheckpointError::Other(differences(made, &given)));
        }
        trainer.round = reader.count("the round")?;
        at_most(trainer.round, trainer.options.rounds, "the round")?;
        let averages = trainer.round.saturating_sub(trainer.options.first_averaged());
        let steps = trainer.round.saturating_mul(trainer.options.updates);
        for learner in &mut trainer.learners {
            learner.averaged =
                at_most(reader.count("the count of averages")?, averages, "the count of averages")? as u64;
            learner.adam.steps =
                at_most(reader.count("the count of steps")?, steps, "the count of steps")? as u64;
            let Learner { online, target, adam, average, .. } = learner;
            for values in
                [&mut online.weights, &mut target.weights, average, &mut adam.first, &mut adam.second]
            {
                *values = reader.floats(values.len(), "a set of weights")?;
            }
        }
        let rounds = reader.count("the count of rounds remembered")?;
        if rounds != trainer.round.min(trainer.options.memory) {
            return Err(FileError::Content("the count of rounds").into());
        }
        for round in trainer.round - rounds..trainer.round {
            let actions = reader.bytes("the actions of a round")?;
            let known = trainer.sight.actions as u8;
            if actions.iter().any(|action| *action >= known) {
                return Err(FileError::Content("an action").into());
            }
            let Self { environment, options, sight, replay, .. } = &mut trainer;
            let mut episodes = Episodes::default();
            let random = &mut luck(seed, "episodes", 0, round);
            play(environment, options, sight, Chooser::Recorded(actions), None, random, &mut episodes);
            replay.push(episodes);
        }
        if reader.bytes("the hash of what is remembered")? != digest(&trainer.replay) {
            return Err(CheckpointError::Environment);
        }
        reader.finish()?;
        Ok(trainer)
    }

    fn describe(&self) -> String {
        describe(&self.environment.shape(), &self.options, self.seed)
    }
}

/// A count that cannot be higher at this round.
fn at_most(count: usize, most: usize, what: &'static str) -> Result<usize, FileError> {
    if count <= most { Ok(count) } else { Err(FileError::Content(what)) }
}

/// The hash of all that the rounds remembered can teach.
fn digest(replay: &Replay) -> Hash {
    let mut hash = Keccak256::new();
    for episodes in replay.rounds() {
        let Episodes { preferences, states, collected, expected, outcomes, totals, .. } = episodes;
        for floats in [preferences, states, collected, expected, outcomes, totals] {
            let bytes: Vec<u8> = floats.iter().flat_map(|value| value.to_le_bytes()).collect();
            hash.update(&bytes);
        }
    }
    hash.finish()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::environment::deep_sea::DeepSea;

    fn options() -> Options {
        Options { rounds: 12, memory: 3, updates: 2, batch: 16, hidden: vec![8], ..Options::default() }
    }

    fn begin(seed: u64) -> Trainer<DeepSea> {
        Trainer::new(DeepSea::new(8, 20), options(), seed).unwrap()
    }

    fn finish(mut trainer: Trainer<DeepSea>, threads: usize) -> Vec<u8> {
        while !trainer.is_finished() {
            trainer.advance(threads);
        }
        trainer.checkpoint()
    }

    #[test]
    fn a_run_cut_anywhere_comes_to_the_same_weights() {
        let whole = finish(begin(1), 1);
        let mut trainer = begin(1);
        for _ in 0..12 {
            let bytes = trainer.checkpoint();
            let resumed = Trainer::resume(DeepSea::new(8, 20), options(), 1, &bytes).unwrap();
            assert!(finish(resumed, 2) == whole);
            trainer.advance(2);
        }
    }

    #[test]
    fn the_number_of_threads_changes_nothing_and_the_seed_everything() {
        let whole = finish(begin(1), 1);
        assert!(finish(begin(1), 2) == whole && finish(begin(1), 7) == whole);
        assert!(finish(begin(2), 1) != whole);
    }

    #[test]
    fn what_does_not_belong_is_refused() {
        let mut trainer = begin(1);
        for _ in 0..4 {
            trainer.advance(1);
        }
        let bytes = trainer.checkpoint();
        let resume =
            |sea, options, seed, bytes: &[u8]| Trainer::<DeepSea>::resume(sea, options, seed, bytes).err();
        let said = |error: Option<CheckpointError>| error.unwrap().to_string();
        assert_eq!(resume(DeepSea::new(8, 20), options(), 1, &bytes), None);
        assert!(said(resume(DeepSea::new(8, 20), options(), 2, &bytes)).contains("another training"));
        assert!(
            said(resume(DeepSea::new(9, 20), options(), 1, &bytes))
                .contains("is 8 in the checkpoint and 9 here")
        );
        let other = Options { batch: 17, ..options() };
        assert!(
            said(resume(DeepSea::new(8, 20), other, 1, &bytes))
                .contains("batch is 16 in the checkpoint and 17 here")
        );
        // Of the same sizes, but with less air.
        assert_eq!(resume(DeepSea::new(8, 1), options(), 1, &bytes), Some(CheckpointError::Environment));
        let mut damaged = bytes.clone();
        damaged[bytes.len() / 2] ^= 4;
        assert!(said(resume(DeepSea::new(8, 20), options(), 1, &damaged)).contains("damaged"));
        assert!(
            said(resume(DeepSea::new(8, 20), options(), 1, b"nonsense")).contains("another kind of file")
        );
    }
}
