//! Tests of the whole: what needs several crates, or the program itself.

mod support;

mod architecture;
mod cli;
mod documents;
mod outside;
