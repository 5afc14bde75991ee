//! Tests against published figures and other programs.

mod support;

mod ldl;
mod matpower;
