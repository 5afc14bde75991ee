//! Agents that learn one policy for every preference: tunable deep Q-networks.
//!
//! The value of an action depends on the state and on the preference w, which is an input of the network. Rewards
//! are remembered as vectors, so that a decision of the past teaches what it is worth to every preference (Abels et
//! al., "Dynamic weights in multi-objective deep reinforcement learning", ICML 2019). Everything else is Q-learning
//! with a replay memory and a target network (Mnih et al. 2015), with parts that can be switched by [`Options`].

mod options;

pub use options::{Credit, Head, Networks, Options, OptionsError, Scalarisation, Target};

mod preference;

pub(crate) use preference::draw_preference;

mod sight;

pub(crate) use sight::Sight;

mod replay;

pub(crate) use replay::{Episodes, Replay};

mod play;

pub(crate) use play::{Chooser, play};

mod learner;

pub(crate) use learner::Learner;

mod learned;

pub use learned::Agents;
