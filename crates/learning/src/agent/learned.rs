//! What training ends with: agents that act by their values.

use super::{Chooser, Episodes, Options, Sight, play};
use crate::environment::Environment;
use crate::network::{Network, Scratch};
use agents::Random;

/// Agents that have learned.
#[derive(Clone, Debug, PartialEq)]
pub struct Agents {
    pub(crate) options: Options,
    pub(crate) sight: Sight,
    /// One per agent, or one for all.
    pub(crate) networks: Vec<Network>,
}

impl Agents {
    /// Plays one episode in every lane without exploring. Each lane has its preference (lanes × objectives);
    /// returns everybody's rewards (lanes × objectives).
    ///
    /// # Panics
    /// Where there is not one preference per lane.
    pub fn play(
        &self,
        environment: &mut dyn Environment,
        preferences: &[f32],
        random: &mut Random,
    ) -> Vec<f32> {
        let mut episodes = Episodes::default();
        let (networks, scratch) = (&self.networks[..], &mut Scratch::default());
        let chooser = Chooser::Networks { networks, epsilon: 0.0, random: random.clone(), scratch };
        let preferences = Some(preferences);
        play(environment, &self.options, &self.sight, chooser, preferences, random, &mut episodes);
        episodes.totals
    }

    /// An agent's values of its actions (actions × 1 for a scalar head, × objectives for a vector head); `expected` is
    /// what a model expects of each action, where one is used.
    pub fn values<'a>(
        &self,
        agent: usize,
        state: &[f32],
        collected: &[f32],
        preference: &[f32],
        expected: &[f32],
        scratch: &'a mut Scratch,
    ) -> &'a [f32] {
        let mut inputs = Vec::with_capacity(self.networks[0].layout.inputs);
        self.sight.show(state, collected, preference, expected, &mut inputs);
        self.networks[self.options.network_of(agent)].evaluate(&inputs, 1, scratch)
    }

    /// What an agent does.
    pub fn act(
        &self,
        agent: usize,
        state: &[f32],
        collected: &[f32],
        preference: &[f32],
        expected: &[f32],
        scratch: &mut Scratch,
    ) -> usize {
        let values = self.values(agent, state, collected, preference, expected, scratch);
        self.sight.best(values, collected, preference, expected)
    }
}
