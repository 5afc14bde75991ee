//! Segments, batches and what the contract commits to.
