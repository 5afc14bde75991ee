//! A matrix without an inverse.

/// No pivot was left that is large enough.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the matrix is singular: column {column} depends on those eliminated before it")]
pub struct Singular {
    /// Which column had none, as the matrix numbers it.
    pub column: usize,
}
