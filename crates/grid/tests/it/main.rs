//! Tests against published figures and other programs.

mod support;

mod acopf;
mod ldl;
mod matpower;
mod opf_convex;
mod pandapower;
mod topology;
mod unbalanced;
