//! Tests against published figures and other programs.

mod radial;
mod support;

mod garbage;
mod matpower;
mod problems;
mod topology;
mod batch;
mod matpower;
mod sweep;
