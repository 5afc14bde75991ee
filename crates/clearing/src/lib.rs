//! Finding what the rules will accept.
//!
//! A clearing is a *claim*: whoever finds it, by whatever means, `market` decides with integers whether it is
//! right ([`market::rule::check`]). Here are the means: fast searches that never sort a whole book.
//!
//! The modules in reading order:

mod bilateral;
mod claim;
pub use bilateral::{Consensus, agreed, consensus};
pub use claim::clear;
mod blocks;
pub use blocks::clear_blocks;
mod coupled;
pub use coupled::{alone, clear_coupled};
mod outcome;
pub use outcome::outcome;
mod workspace;
pub use workspace::Workspace;
mod curve;
mod merit;
mod pipeline;
mod selection;
pub mod simplex;
mod vcg;
pub use curve::{Curve, Step};
pub mod game;
pub mod manipulation;
