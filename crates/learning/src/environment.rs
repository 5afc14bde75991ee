//! The seam between a problem and an agent: many independent episodes ("lanes") that advance together.
//!
//! Rewards are vectors, one entry per objective. An environment reports what each lane has collected since its
//! episode began; the reward of a decision over any number of steps is then a difference, and the n-step and
//! Monte-Carlo returns of an agent need no further bookkeeping (Sutton and Barto 2018, ch. 7).

pub mod deep_sea;

mod homes;

pub use homes::{FeatureSet, Features, Group, Homes, Outlook};

use agents::Random;

/// The sizes of a problem.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Shape {
    /// Episodes that advance together, ≥ 1.
    pub lanes: usize,
    /// Agents that take decisions in an episode, ≥ 1.
    pub agents: usize,
    /// Numbers that describe what an agent sees, without the preference.
    pub features: usize,
    /// What it can do: actions are 0 … actions − 1.
    pub actions: usize,
    /// Entries of a reward.
    pub objectives: usize,
}

/// One agent's turn, in all lanes where it has to decide.
#[derive(Clone, Copy, Debug)]
pub struct Turn<'a> {
    /// Who decides.
    pub agent: usize,
    /// In which lanes, ascending; never empty.
    pub lanes: &'a [u32],
    /// What it sees: one row of [`Shape::features`] numbers per lane of `lanes`, each about −1 to 1.
    pub states: &'a [f32],
}

/// Whose rewards are meant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum View {
    /// Everybody's together: what a home cares for.
    Team,
    /// What one agent is answerable for: its own cost and delay, and the peak, which is everybody's.
    Own(usize),
}

/// A problem with vector rewards. No allocation after the first episode.
pub trait Environment {
    /// The sizes.
    fn shape(&self) -> Shape;

    /// Begins a new episode in every lane.
    fn reset(&mut self, random: &mut Random);

    /// Goes on to the next decision; `None` when all episodes have ended. Lanes of one turn are at the same time.
    fn turn(&mut self) -> Option<Turn<'_>>;

    /// Carries out one action per lane of the last turn.
    fn act(&mut self, actions: &[u8]);

    /// Adds nothing, reports: what a lane has collected since its episode began, one entry per objective, each
    /// divided by its scale; rewards, so more is better. What follows from a start or a slot of waiting is counted
    /// with it, so that the difference over a decision holds what it caused.
    fn collected(&self, lane: usize, view: View, into: &mut [f32]);

    /// What a model expects of each action of the agent whose turn it is in a lane, Σ wᵢ rᵢ over the rest of the
    /// episode; only differences between actions count. Without a model all are alike.
    fn expected(&mut self, _lane: usize, _preference: &[f32], into: &mut [f32]) {
        into.fill(0.0);
    }

    /// The most that the whole episode can still come to in hindsight, Σ wᵢ rᵢ, given what has been done: it falls by
    /// what a decision cost, and luck is not in it. For learning only: it knows what is to come. Who cannot tell says
    /// what has been collected.
    fn hindsight(&mut self, lane: usize, preference: &[f32]) -> f32 {
        let mut collected = vec![0.0; self.shape().objectives];
        self.collected(lane, View::Team, &mut collected);
        collected.iter().zip(preference).map(|(reward, weight)| reward * weight).sum()
    }
}
