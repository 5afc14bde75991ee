//! What the contract logged, with the input of the transaction where that is the data.

use crate::batch::Header;
use market::{Address, Hash};

/// One event, in the order of the chain. Numbers, times and amounts are the contract's.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Event {
    /// A deposit joined the queue.
    Deposited {
        /// Its number in the queue, from 0.
        item: u64,
        /// For whom.
        account: u32,
        /// n€.
        amount: u128,
        /// Who paid.
        sender: Address,
        /// Unix s.
        time: u64,
    },
    /// A record joined the queue.
    Forced {
        /// Its number in the queue, from 0.
        item: u64,
        /// As it came.
        record: Vec<u8>,
        /// Unix s.
        time: u64,
    },
    /// A batch with a new input.
    Posted(Posting),
    /// A batch with right roots for an input whose batch fell.
    Reposted(Posting),
    /// A batch fell, and its successors with it.
    Proven {
        /// Which number.
        number: u64,
        /// The hash of its header.
        hash: Hash,
        /// The first segment that was wrong.
        segment: u32,
        /// Who proved it.
        challenger: Address,
    },
    /// A batch can no longer be challenged.
    Finalised {
        /// Which number.
        number: u64,
        /// Its root.
        root: Hash,
    },
    /// Who judges batches posted from some time on.
    Announced {
        /// The number that headers carry.
        version: u32,
        /// Its contract.
        transition: Address,
    },
    /// Somebody may post.
    Bonded(Address),
    /// Something that changes neither data nor roots.
    Other,
}

/// What the contract logged about a batch.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Posting {
    /// What the contract keeps.
    pub hash: Hash,
    /// What it is the hash of.
    pub header: Header,
    /// Who sent the transaction.
    pub sender: Address,
    /// What the transaction carried.
    pub input: Input,
}

/// The data of a batch as it was posted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Input {
    /// Segments with their roots, `length u16 ‖ records ‖ root` each.
    Data(Vec<u8>),
    /// Roots for records that are there already.
    Roots(Vec<Hash>),
    /// Not where it should be, for this reason.
    Withheld(String),
}
