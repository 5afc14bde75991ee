//! Sparse LDLᵀ factorisation of symmetric, indefinite matrices.
