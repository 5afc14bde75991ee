//! Tests against published figures and other programs.

mod radial;
mod support;

mod garbage;
mod matpower;
mod problems;
mod acopf;
mod batch;
mod dist_flow;
mod horizon;
mod ldl;
mod linear;
mod matpower;
mod unbalanced;
mod opf_convex;
mod pandapower;
mod pandapower_format;
mod simbench;
mod sweep;
mod matpower;
mod newton;
mod opf_convex;
mod pandapower;
mod sweep;
mod unbalanced;
mod opf_convex;
mod pandapower;
mod topology;
mod newton;
mod batch;
mod matpower;
mod sweep;
