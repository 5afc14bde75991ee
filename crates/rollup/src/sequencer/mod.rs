//! The operator of the secondary chain.
