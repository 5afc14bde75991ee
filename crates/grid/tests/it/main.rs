//! Tests against published figures and other programs.

mod radial;
mod support;

mod acopf;
mod batch;
mod dist_flow;
mod garbage;
mod horizon;
mod ldl;
mod linear;
mod matpower;
mod newton;
mod opf_convex;
mod pandapower;
mod problems;
mod sweep;
mod topology;
mod unbalanced;
