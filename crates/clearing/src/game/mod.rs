//! Who gains what by acting together: solution concepts of game theory, one a file.
//!
//! Two games are played against each other. In [`Sharing`] members bid into one price among themselves, in
//! [`Stackelberg`] an operator sets two prices and they respond. The others divide what a coalition is worth:
//! [`Coalitions`] says what every set of players could reach alone, [`bargain`], [`shapley()`], [`nucleolus()`]
//! and [`least_core()`] divide what all reach together. [`Concept`] lists these four.
//!
//! Values are worths: a cost is negative. They are floats in whatever unit of money the caller counts in, as
//! nothing here is settled: a study explains, a clearing decides.
//!
//! docs/mechanisms/games.md has the formulas, and what each costs to compute.

mod sharing;
pub use sharing::{Prosumer, Responses, Shared, Sharing};
mod stackelberg;
pub use stackelberg::{Led, Member, Stackelberg};
mod coalition;
use coalition::sums;
pub use coalition::{Coalition, Coalitions, MAX_LISTED, members};
mod bargaining;
pub use bargaining::{bargain, bargain_capped};
mod shapley;
pub use shapley::{Estimate, sampled_shapley, shapley};
mod rows;
pub use rows::Settled;
mod least_core;
pub use least_core::{
    LeastCore, SampledLeastCore, climbing, least_core, least_core_by_rows, sampled_least_core,
};
mod nucleolus;
pub use nucleolus::{nucleolus, nucleolus_by_rows};
mod concept;
pub use concept::Concept;

/// SplitMix64 (Steele et al. 2014): fixed directions, and draws in tests.
fn random(seed: u64) -> impl FnMut() -> u64 {
    let mut state = seed;
    move || {
        state = state.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let z = (state ^ state >> 30).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        let z = (z ^ z >> 27).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ z >> 31
    }
}
