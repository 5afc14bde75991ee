//! A day in the community, from scenario to report.
//!
//! The modules in reading order:

pub mod report;
