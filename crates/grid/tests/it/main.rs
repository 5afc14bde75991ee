//! Tests against published figures and other programs.

mod support;

mod garbage;
mod matpower;
mod problems;
mod topology;
