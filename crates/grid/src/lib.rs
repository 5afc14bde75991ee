//! What is possible: the physics of the networks.
//!
//! This crate measures in floating point and has never heard of money, orders or accounts. The stages of a
//! calculation are its modules: network → topology → circuit → equations → solution. SI at the door ([`electric`]'s
//! elements), per unit inside ([`electric::Circuit`]); a name says so where the type cannot (`voltage_pu`).
//!
//! The modules in reading order:

// Indices are the language of matrices and phases; iterators over two arrays at once would hide which is which.
#![allow(clippy::needless_range_loop)]
// !(x > 0.0) is meant: it refuses what is not a number, too.
#![allow(clippy::neg_cmp_op_on_partial_ord)]

pub mod electric;
pub mod opf;
pub mod picture;
pub mod sparse;
