//! What was learned, as a [`Scheduler`].

use crate::agent::Agents;
use crate::environment::{FeatureSet, Features};
use crate::home::Home;
use crate::schedule::{Moment, Scheduler};

/// Agents that have learned to run a home.
#[derive(Clone, Debug)]
pub struct Policy {
    agents: Agents,
    features: Features,
}

impl Policy {
    /// Agents that learned on this home from these features.
    pub fn new(agents: Agents, home: &Home, set: FeatureSet) -> Self {
        Self { agents, features: Features::new(home, set) }
    }
}

impl Scheduler for Policy {
    fn name(&self) -> &str {
        "learned"
    }

    fn starts(&mut self, moment: &Moment<'_>) -> bool {
        let mut state = vec![0.0; self.features.count()];
        self.features.write(moment, &mut state);
        let preference = [moment.preference.cost, moment.preference.peak, moment.preference.delay];
        let preference = preference.map(|weight| weight as f32);
        self.agents.act(moment.appliance, &state, &[0.0; 3], &preference) == 1
    }
}
