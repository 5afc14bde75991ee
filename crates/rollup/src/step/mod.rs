//! The transition of the secondary chain, a total function on bytes.
//!
//! [`execute()`] takes a state and a segment's records and gives the state after; what is refused changes nothing. It
//! is the reference for `contracts/src/Transition.sol`.
//!
//! Every record checks first and writes then, so a refusal need not take anything back. Nothing can overflow: the head
//! bounds the sum of all balances by `market::MAX_MONEY`, capacities bound energies, records' widths bound the rest.
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
mod sign;
pub use sign::compact;
mod execute;
pub use execute::execute;
mod accounts;
mod delivery;
mod metering;
mod money;
mod trading;
mod work;
pub use work::is_work;
mod auction;
mod bill;
mod fill;
mod lapse;
mod listing;
mod pairing;
mod settlement;
mod sharing;

use market::{Hash, Rejection};

/// What a segment depends on beside the state.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Context {
    /// When the batch's input was posted first, Unix s: no tick may lie after it.
    pub posted_at: u64,
    /// Items of the queue that there were then.
    pub available: u64,
    /// The queue's hash before the first item that the segment consumes.
    pub chain: Hash,
}

/// What a segment did.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Report {
    /// Whether its bytes are no records, or beyond a bound; then nothing was done.
    pub void: bool,
    /// Items of the queue consumed before.
    pub from: u64,
    /// And after.
    pub to: u64,
    /// The queue's hash after the last of them.
    pub chain: Hash,
    /// Per record, why it was refused. A refused `advance` says that the claim or settlement at work was, a refused
    /// `merit` that it went as far as it was right; every other refusal changes nothing.
    pub outcomes: Vec<Option<Rejection>>,
    /// The same for the queue's items consumed.
    pub items: Vec<Option<Rejection>>,
}

/// Why a record is not carried out.
enum Stop {
    /// It does not hold.
    Refused(Rejection),
    /// That cannot be known here.
    Lacks(Lack),
}

impl From<Rejection> for Stop {
    fn from(refusal: Rejection) -> Self {
        Self::Refused(refusal)
    }
}

impl From<Lack> for Stop {
    fn from(lack: Lack) -> Self {
        Self::Lacks(lack)
    }
}

type Done<T = ()> = Result<T, Stop>;
