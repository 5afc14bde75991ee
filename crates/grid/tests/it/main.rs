//! Tests against published figures and other programs.

mod radial;
mod support;

mod acopf;
mod batch;
mod batch;
mod garbage;
mod dist_flow;
mod horizon;
mod ldl;
mod linear;
mod matpower;
mod unbalanced;
mod opf_convex;
mod pandapower;
mod sweep;
mod matpower;
mod matpower;
mod matpower;
mod newton;
mod opf_convex;
mod opf_convex;
mod pandapower;
mod pandapower;
mod problems;
mod topology;
mod newton;
mod batch;
mod matpower;
mod sweep;
mod sweep;
mod topology;
mod unbalanced;
