//! Tests against published figures and other programs.

mod radial;
mod support;

mod acopf;
mod batch;
mod circuit;
mod garbage;
mod ill_posed;
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
mod newton;
mod opf_convex;
mod pandapower;
mod problems;
mod supply;
mod sweep;
mod topology;
mod unbalanced;
mod opf_convex;
mod pandapower;
mod topology;
mod newton;
mod batch;
mod matpower;
mod sweep;
