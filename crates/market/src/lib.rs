//! The rules that every party re-checks: a deterministic state machine in integers.
//!
//! No standard library, no floats, no clock, no randomness, no input or output, and no way to panic. Whoever
//! runs [`State::apply`] over the same commands reaches the same state and the same root: the simulator, the
//! central server, a validator, an auditor. Whatever needs a search (a clearing) arrives as a *claim* and is
//! checked, never searched for.
//!
//! The modules in reading order:

#![no_std]
#![warn(
    clippy::float_arithmetic,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing
)]
#![cfg_attr(test, allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing))]

extern crate alloc;

mod quantity;
pub use quantity::*;
mod carrier;
pub use carrier::Carrier;
mod interval;
pub use interval::DeliveryInterval;
mod fraction;
pub use fraction::Fraction;
mod account;
pub mod apportion;
pub use account::*;
mod quality;
pub use quality::Quality;
mod location;
pub use location::{Distance, Location};
mod order;
pub use order::*;
mod attributes;
pub use attributes::*;
mod conversion;
pub use conversion::*;
mod book;
pub use book::*;
mod claim;
pub use claim::*;
pub mod rule;
pub use rule::{PriceConvention, Rule, SharingKey, Stage, Stages};
mod tariff;
pub use tariff::*;
mod meter;
pub use meter::*;
mod equipment;
pub use equipment::*;
mod bill;
pub use bill::{Agreed, Bill, BillLine, Distances};
mod community;
pub use community::*;
mod agreement;
pub use agreement::*;
mod imbalance;
pub use imbalance::*;
mod command;
pub use command::*;
mod law;
pub use law::Law;
mod rejection;
pub use rejection::Rejection;
mod event;
pub use event::*;
mod hash;
pub use hash::{Hash, Keccak256, keccak256};
pub mod encoding;
pub mod merkle;
pub mod signing;
mod state;
#[cfg(any(test, feature = "testing"))]
pub mod testing;
pub use state::{Delivery, Position, Proof, State, best_limit, makes_sense, reach};
