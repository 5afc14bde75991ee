//! What agents remember: whole episodes, with vector rewards.

use agents::Random;
use std::collections::VecDeque;

/// No further decision.
const NONE: u32 = u32::MAX;

/// One episode of every lane. A row is one decision of one agent in one lane; rows are in the order of time. Where a
/// model leaves one action only there is nothing to decide.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Episodes {
    pub(crate) features: usize,
    pub(crate) objectives: usize,
    /// Views whose rewards are kept at the end: one per agent, or one for all.
    pub(crate) views: usize,
    /// Lanes × objectives: what each lane wanted.
    pub(crate) preferences: Vec<f32>,
    pub(crate) lanes: Vec<u32>,
    pub(crate) agents: Vec<u8>,
    pub(crate) actions: Vec<u8>,
    /// Rows × features.
    pub(crate) states: Vec<f32>,
    /// Rows × objectives: rewards before the decision.
    pub(crate) collected: Vec<f32>,
    /// Rows × actions, where a model is used: what could still come of the episode in hindsight, less what the model
    /// expected each action to be worse than the best.
    pub(crate) expected: Vec<f32>,
    /// Lanes, where a model is used: what the episode came to.
    pub(crate) outcomes: Vec<f32>,
    /// The row of the decision that follows.
    pub(crate) next: Vec<u32>,
    /// Lanes × views × objectives: rewards of the whole episode.
    pub(crate) ends: Vec<f32>,
    /// Lanes × objectives: everybody's rewards of the whole episode.
    pub(crate) totals: Vec<f32>,
    /// Rows by network.
    pub(crate) of_network: Vec<Vec<u32>>,
}

impl Episodes {
    pub(crate) fn state(&self, row: usize) -> &[f32] {
        &self.states[row * self.features..][..self.features]
    }

    pub(crate) fn collected(&self, row: usize) -> &[f32] {
        &self.collected[row * self.objectives..][..self.objectives]
    }

    pub(crate) fn preference(&self, row: usize) -> &[f32] {
        &self.preferences[self.lanes[row] as usize * self.objectives..][..self.objectives]
    }

    /// What a model expected of each action; nothing where none is used.
    pub(crate) fn expected(&self, row: usize) -> &[f32] {
        let actions = self.expected.len() / self.lanes.len();
        &self.expected[row * actions..][..actions]
    }

    /// The row so many decisions ahead; `None` where the episode ends before.
    pub(crate) fn ahead(&self, row: usize, steps: usize) -> Option<usize> {
        let mut row = row as u32;
        for _ in 0..steps {
            row = self.next[row as usize];
            if row == NONE {
                return None;
            }
        }
        Some(row as usize)
    }

    /// Writes the rewards from a row to a later one, or to the end.
    pub(crate) fn rewards(&self, row: usize, until: Option<usize>, into: &mut [f32]) {
        let lane = self.lanes[row] as usize;
        let view = if self.views == 1 { 0 } else { usize::from(self.agents[row]) };
        let then = match until {
            Some(later) => self.collected(later),
            None => &self.ends[(lane * self.views + view) * self.objectives..][..self.objectives],
        };
        for ((reward, then), now) in into.iter_mut().zip(then).zip(self.collected(row)) {
            *reward = then - now;
        }
    }

    /// Records the decision of a row as the one that follows the last of its chain.
    pub(crate) fn link(&mut self, row: usize, tail: &mut u32) {
        if *tail != NONE {
            self.next[*tail as usize] = row as u32;
        }
        *tail = row as u32;
        self.next.push(NONE);
    }

    /// Empty, with the room kept. Chains have not begun: fills `tails`.
    pub(crate) fn clear(&mut self, networks: usize, tails: &mut [u32]) {
        let Self {
            preferences,
            lanes,
            agents,
            actions,
            states,
            collected,
            next,
            ends,
            totals,
            expected,
            outcomes,
            of_network,
            ..
        } = self;
        [preferences, states, collected, ends, totals, expected, outcomes].into_iter().for_each(Vec::clear);
        [lanes, next].into_iter().for_each(Vec::clear);
        [agents, actions].into_iter().for_each(Vec::clear);
        of_network.resize(networks, Vec::new());
        of_network.iter_mut().for_each(Vec::clear);
        tails.fill(NONE);
    }
}

/// The episodes of the last rounds.
#[derive(Clone, Debug)]
pub(crate) struct Replay {
    memory: usize,
    rounds: VecDeque<Episodes>,
}

impl Replay {
    pub(crate) fn new(memory: usize) -> Self {
        Self { memory, rounds: VecDeque::new() }
    }

    /// Adds a round. Returns the one that is forgotten for it, or nothing yet, as room for the next.
    pub(crate) fn push(&mut self, episodes: Episodes) -> Episodes {
        let forgotten = if self.rounds.len() == self.memory { self.rounds.pop_front() } else { None };
        self.rounds.push_back(episodes);
        forgotten.unwrap_or_default()
    }

    /// The rounds remembered, oldest first.
    pub(crate) fn rounds(&self) -> impl ExactSizeIterator<Item = &Episodes> {
        self.rounds.iter()
    }

    /// Draws decisions of one network evenly; nothing if there are none.
    pub(crate) fn draw<'a>(
        &'a self,
        network: usize,
        random: &'a mut Random,
    ) -> impl Iterator<Item = (&'a Episodes, usize)> {
        let count = move |episodes: &Episodes| episodes.of_network[network].len();
        let total: usize = self.rounds.iter().map(count).sum();
        std::iter::repeat_with(move || {
            let mut index = random.between(0, total as i64 - 1) as usize;
            self.rounds.iter().find_map(|episodes| {
                let row = episodes.of_network[network].get(index).map(|row| (episodes, *row as usize));
                index = index.wrapping_sub(count(episodes));
                row
            })
        })
        .map_while(|drawn| drawn)
    }
}
