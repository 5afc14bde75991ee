//! Tests against published figures and other programs.

mod radial;
mod support;

mod acopf;
mod batch;
mod batch;
mod dist_flow;
mod garbage;
mod horizon;
mod ldl;
mod linear;
mod matpower;
mod matpower;
mod matpower;
mod matpower;
mod newton;
mod newton;
mod opf_convex;
mod opf_convex;
mod opf_convex;
mod pandapower;
mod pandapower;
mod pandapower;
mod problems;
mod sweep;
mod sweep;
mod sweep;
mod topology;
mod unbalanced;
mod unbalanced;
