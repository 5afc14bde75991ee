//! Tests against published figures and other programs.

mod radial;
mod support;

mod batch;
mod matpower;
mod pandapower;
mod pandapower_format;
mod simbench;
mod sweep;
