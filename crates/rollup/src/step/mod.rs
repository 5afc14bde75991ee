//! The transition of the secondary chain, a total function on bytes.
//!
//! `execute` takes a state and a segment's records and gives the state after; what is refused changes nothing. It
//! is the reference for `contracts/src/Transition.sol`.
//!
//! The modules in reading order:

mod word;
pub use word::{MOST_WORDS, NO_WORDS, Packed, Word, Words};
mod place;
pub use place::*;
mod head;
pub use head::Head;
pub mod leaf;
mod tree;
pub use tree::{Tree, empty, parent};
mod store;
pub use store::{Lack, Mark, State, Store};
mod witness;
pub use witness::Witness;
pub mod record;
pub use record::{Compact, MOST_BYTES, MOST_WEIGHT, Record};
pub mod queue;
pub use queue::Item;
