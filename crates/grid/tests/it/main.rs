//! Tests against published figures and other programs.

// Dense matrices to compare with read best by their indices.
#![allow(clippy::needless_range_loop)]

mod radial;
mod support;

mod acopf;
mod attributes;
mod batch;
mod circuit;
mod dist_flow;
mod garbage;
mod horizon;
mod ill_posed;
mod ldl;
mod linear;
mod matpower;
mod newton;
mod opf_convex;
mod pandapower;
mod pandapower_format;
mod problems;
mod simbench;
mod supply;
mod sweep;
mod topology;
mod unbalanced;
