//! Tests against published figures and other programs.

mod support;

mod acopf;
mod ldl;
mod matpower;
mod topology;
mod opf_convex;
mod pandapower;
