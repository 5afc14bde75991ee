//! The operator's side of the dual chain: records become segments, segments batches, and batches are posted.
//!
//! The modules in reading order:

mod cut;
pub use cut::Cut;
mod segmenter;
pub use segmenter::Segmenter;
mod clerk;
pub use clerk::{Clerk, Moment};
mod story;
pub use story::{Story, input_hash};
mod view;
pub use view::{Queued, View};
mod plan;
pub use plan::{Hex, Posting, Rest, Seen, Step, Waiting, plan};
mod outbox;
pub use outbox::{Fate, Outbox, Patience};
mod data;
pub use data::Data;
mod poster;
pub use poster::{Done, PostError, Poster, WEI};
mod primary;
pub use primary::Primary;
mod takeover;
pub use takeover::{Successor, TakeOverError};
