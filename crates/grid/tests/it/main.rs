//! Tests against published figures and other programs.

mod radial;
mod support;

mod garbage;
mod matpower;
mod problems;
mod acopf;
mod batch;
mod ldl;
mod matpower;
mod matpower;
mod newton;
mod opf_convex;
mod pandapower;
mod sweep;
mod unbalanced;
mod opf_convex;
mod pandapower;
mod topology;
mod batch;
mod matpower;
mod sweep;
