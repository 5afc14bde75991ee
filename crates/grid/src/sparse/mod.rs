//! Sparse matrices and their factorisations, symbolic work apart from numeric so that it is done once.

mod csc;
pub use csc::Csc;
mod order;
pub use order::minimum_degree;
mod block;
pub use block::{Block, Inertia};
pub mod ldl;
pub mod lu;
