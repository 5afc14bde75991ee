//! How good a schedule is: regret, fronts, utility, and what chance alone could have made of it.
//!
//! Losses are those of [`Preference::loss`](crate::home::Preference::loss): less is better, and utility is their
//! negative.

pub mod student;

mod interval;

pub use interval::Interval;

mod paired;

pub use paired::{Test, paired_t, signed_rank};

mod regret;

pub use regret::{Regret, span};

mod hypervolume;

pub use hypervolume::{hypervolume, hypervolume_ratio};

mod utility;

pub use utility::{UtilityLoss, utility_loss};
