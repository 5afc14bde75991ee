//! Tests against published figures and other programs.

mod radial;
mod support;

mod acopf;
mod batch;
mod circuit;
mod garbage;
mod ill_posed;
mod ldl;
mod matpower;
mod newton;
mod opf_convex;
mod pandapower;
mod problems;
mod supply;
mod sweep;
mod topology;
