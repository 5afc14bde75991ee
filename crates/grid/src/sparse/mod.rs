//! Sparse matrices and their factorisations, symbolic work apart from numeric so that it is done once.

mod csc;
pub use csc::Csc;
mod order;
pub use order::{minimum_degree, minimum_degree_of};
mod singular;
pub use singular::Singular;
pub mod block;
mod dense;
pub use dense::{Block, Inertia};
pub mod ldl;
pub mod lu;
