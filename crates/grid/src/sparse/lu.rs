//! Sparse LU factorisation.
