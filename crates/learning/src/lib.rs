//! Appliances that learn when to run: a home's machines, the rules and optima they are judged by, and the agents.
//!
//! A home is asked for runs (a dishwasher by tomorrow morning, a car by six) and decides for each, slot by slot,
//! whether it starts now or waits. Three things matter: what the energy costs, the day's peak, and how long people
//! wait. How much each matters is the household's [`Preference`]; one policy is to serve them all.
//!
//! The modules in reading order:

pub mod home;

pub use home::{
    Appliance, Day, Home, Invalid, Outcome, Preference, Records, Request, Scales, Series, Tariff,
};

pub mod schedule;

pub use schedule::{Moment, Scheduler, Status, play};

pub mod rule;

pub mod exact;

pub mod judgement;

pub mod environment;

pub use environment::{Environment, FeatureSet, Features, Group, Homes, Shape, Turn, View};

pub mod network;

pub use network::{Adam, Layout, Network, Scratch};

pub mod agent;

pub use agent::Options;

pub mod train;

pub use train::{CheckpointError, Progress, Trainer};

mod file;

pub use file::FileError;

pub mod policy;

pub use policy::Policy;

pub mod strategy;

pub mod study;

#[cfg(test)]
mod example;
