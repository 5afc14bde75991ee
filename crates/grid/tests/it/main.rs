//! Tests against published figures and other programs.

mod support;

mod matpower;
mod unbalanced;
