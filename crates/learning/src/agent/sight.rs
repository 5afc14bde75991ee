//! What a network is shown, and what its values come to under a preference.

use super::preference::{knots, show_knots};
use super::{Head, Options, Scalarisation};
use crate::environment::Shape;
use crate::network::Layout;

/// The inputs of a network: the state, then the rewards collected where the scalarisation needs them, then the
/// preference, and how near it is to each knot where there are any.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Sight {
    pub(crate) scalarisation: Scalarisation,
    pub(crate) head: Head,
    pub(crate) residual: bool,
    pub(crate) doubts: Vec<f32>,
    pub(crate) trust: f32,
    pub(crate) knots: usize,
    pub(crate) actions: usize,
    pub(crate) features: usize,
    pub(crate) objectives: usize,
}

impl Sight {
    pub(crate) fn new(options: &Options, shape: &Shape) -> Self {
        Self {
            scalarisation: options.scalarisation.clone(),
            head: options.head,
            residual: options.residual,
            doubts: options.doubts.clone(),
            trust: options.trust,
            knots: options.knots,
            actions: shape.actions,
            features: shape.features,
            objectives: shape.objectives,
        }
    }

    /// Values that the network gives per action.
    pub(crate) fn heads(&self) -> usize {
        match self.head {
            Head::Scalar => 1,
            Head::Vector => self.objectives,
        }
    }

    /// The shape of the network.
    pub(crate) fn layout(&self, options: &Options) -> Layout {
        Layout {
            inputs: self.features
                + self.objectives * if self.sees_collected() { 2 } else { 1 }
                + if self.residual { 2 * self.actions } else { 0 }
                + if self.knots > 0 { knots(self.knots, self.objectives) } else { 0 },
            hidden: options.hidden.clone(),
            actions: self.actions,
            objectives: self.heads(),
            dueling: options.dueling,
        }
    }

    /// Appends one row of inputs.
    pub(crate) fn show(
        &self,
        state: &[f32],
        collected: &[f32],
        preference: &[f32],
        expected: &[f32],
        inputs: &mut Vec<f32>,
    ) {
        inputs.extend_from_slice(state);
        if self.residual {
            // How much worse than the best each action is expected to be: small differences matter, large ones do
            // not.
            for value in expected {
                let missing = highest(expected) - value;
                inputs.push(missing.min(1.0));
                inputs.push(missing / (missing + 0.02));
            }
        }
        if self.sees_collected() {
            inputs.extend_from_slice(collected);
        }
        inputs.extend_from_slice(preference);
        if self.knots > 0 {
            show_knots(preference, self.knots, inputs);
        }
    }

    /// The best action by a row of values (actions × heads); the first of equals.
    pub(crate) fn best(
        &self,
        values: &[f32],
        collected: &[f32],
        preference: &[f32],
        expected: &[f32],
    ) -> usize {
        let mut best = (0, f32::NEG_INFINITY);
        for (action, values) in values.chunks_exact(self.heads()).enumerate() {
            if !self.allows(action, preference, expected) {
                continue;
            }
            let score = match self.head {
                Head::Scalar if self.residual => expected[action] + self.doubt(preference) * values[0],
                Head::Scalar => values[0],
                Head::Vector => self.scalarisation.score(values, collected, preference),
            };
            if score > best.1 {
                best = (action, score);
            }
        }
        best.0
    }

    /// Whether an action is expected to be good enough.
    pub(crate) fn allows(&self, action: usize, preference: &[f32], expected: &[f32]) -> bool {
        !self.residual || highest(expected) - expected[action] <= self.trust * self.doubt(preference)
    }

    /// The only action that is, if so.
    pub(crate) fn only(&self, preference: &[f32], expected: &[f32]) -> Option<usize> {
        let mut allowed = (0..self.actions).filter(|action| self.allows(*action, preference, expected));
        let first = allowed.next();
        if allowed.next().is_none() { first } else { None }
    }

    /// What the values of the network count by.
    pub(crate) fn doubt(&self, preference: &[f32]) -> f32 {
        if self.doubts.is_empty() {
            return 1.0;
        }
        self.doubts.iter().zip(preference).map(|(doubt, weight)| doubt * weight).sum()
    }

    /// Rewards as the network counts them, one per head.
    pub(crate) fn reward(&self, rewards: &[f32], preference: &[f32], into: &mut [f32]) {
        match self.head {
            Head::Scalar => into[0] = rewards.iter().zip(preference).map(|(reward, w)| reward * w).sum(),
            Head::Vector => into.copy_from_slice(rewards),
        }
    }

    /// A linear sum does not change its mind for what is past; the norm of a whole does.
    fn sees_collected(&self) -> bool {
        self.scalarisation != Scalarisation::Linear
    }
}

fn highest(expected: &[f32]) -> f32 {
    expected.iter().copied().fold(f32::NEG_INFINITY, f32::max)
}
