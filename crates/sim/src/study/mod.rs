//! Studies: questions put to a scenario that playing it does not answer.

pub mod vpp;
