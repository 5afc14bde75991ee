//! The operator's side of the dual chain: records become segments, segments batches, and batches are posted.
//!
//! The modules in reading order:

mod cut;
pub use cut::Cut;
mod segmenter;
pub use segmenter::Segmenter;
mod story;
pub use story::{Foreign, Story, input_hash};
mod plan;
pub use plan::{Hex, Posting, Rest, Seen, Step, Waiting, plan};
mod outbox;
pub use outbox::{Fate, Outbox, Patience};
