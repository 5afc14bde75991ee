//! Tests against published figures and other programs.

mod radial;
mod support;

mod acopf;
mod batch;
mod batch;
mod garbage;
mod ldl;
mod matpower;
mod matpower;
mod matpower;
mod matpower;
mod newton;
mod opf_convex;
mod opf_convex;
mod pandapower;
mod pandapower;
mod problems;
mod sweep;
mod sweep;
mod topology;
mod unbalanced;
