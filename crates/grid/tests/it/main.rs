//! Tests against published figures and other programs.

mod radial;
mod support;

mod batch;
mod matpower;
mod sweep;
mod newton;
mod acopf;
mod ldl;
mod matpower;
mod topology;
mod opf_convex;
mod pandapower;
