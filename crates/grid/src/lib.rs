//! What is possible: the physics of the networks.
//!
//! This crate measures in floating point and has never heard of money, orders or accounts. The stages of a
//! calculation are its modules: network → topology → circuit → equations → solution. SI at the door ([`electric`]'s
//! elements), per unit inside ([`electric::Circuit`]); a name says so where the type cannot (`voltage_pu`).
//!
//! The modules in reading order:

pub mod electric;
pub mod opf;
pub mod picture;
pub mod sparse;
