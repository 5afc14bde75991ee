//! Tests of the whole: what needs several crates, or the program itself.

mod support;

mod architecture;
mod audit;
mod cli;
mod day;
mod designs;
mod determinism;
mod documents;
mod dual;
mod outside;
