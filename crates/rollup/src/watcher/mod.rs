//! Whoever watches the operator, from the primary chain's public data alone.

mod queue;
pub use queue::Queue;
