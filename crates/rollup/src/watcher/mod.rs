//! Whoever watches the operator, from the primary chain's public data alone.
//!
//! Every root of the secondary chain follows from the inputs that the primary chain keeps: the records of the batches
//! and the items of the queue. So a watcher needs no word from the operator. [`Derivation`] is that computation, pure:
//! events go in, in their order; states, and the first root that is not the one that follows, come out. It never
//! guesses: where an event, an input or a transition is missing it says what it lacks ([`Doubt`]) and judges nothing
//! from there on. [`Reader`] feeds it from a chain, through re-organisations; [`Watcher`] disputes what it finds, once,
//! whatever interrupts it.
//!
//! The modules in reading order:

mod queue;
pub use queue::Queue;
mod truth;
pub use truth::{Evidence, Judgement, Versions};
mod verdict;
pub use verdict::{Doubt, Flaw, Verdict};
mod derivation;
pub use derivation::{Batch, Derivation, Fallen};
mod reader;
pub use reader::{Derived, Reader, Reading, derive, derive_with, find_founding, is_ours};
mod next;
pub use next::{Act, is_asked, next, proof, salt};
mod journal;
pub use journal::{Journal, Pending};
mod watch;
pub use watch::{Look, Sent, WatchError, Watcher};
