//! What follows from a contract's events, in words.

use crate::modes::Mode;

/// Why nothing is judged from some point on. It is never the operator's guilt: more knowledge may end the doubt.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Doubt {
    /// The queue has a hole.
    #[error("item {expected} of the queue is missing before item {found}: the node has not all events")]
    Gap {
        /// The number that should come next.
        expected: u64,
        /// The number that came.
        found: u64,
    },
    /// The chain of batches has a hole.
    #[error("batch {number} does not follow what is known: the node has not all events")]
    Orphan {
        /// Which.
        number: u64,
    },
    /// A header is not what the contract keeps.
    #[error(
        "the header of batch {number} has another hash than was logged with it: the node is not to be trusted"
    )]
    Header {
        /// Which.
        number: u64,
    },
    /// The data is not where it should be.
    #[error("the data of batch {number} cannot be had: {why}")]
    Withheld {
        /// Which.
        number: u64,
        /// What was found instead.
        why: String,
    },
    /// The data is not what the header says.
    #[error("the data of batch {number} is not what its header says: the node is not to be trusted")]
    Data {
        /// Which.
        number: u64,
    },
    /// A segment cannot be judged without what its operator did not post.
    #[error("batch {number}, segment {segment}: {}", match mode {
        Mode::Sealed => "its records are encrypted, and no key is known that opens them. The key file of a registered \
                         watcher opens them (--key), and has the right to demand what is missing",
        _ => "its root does not follow if every signature holds; whether they hold, its signatures say, which have to be \
              demanded (wattle watch --key)",
    })]
    Unshown {
        /// Of the batch.
        number: u64,
        /// Of the segment.
        segment: u32,
        /// How data reaches the chain.
        mode: Mode,
    },
    /// A batch fell, or became final, that was not there.
    #[error(
        "batch {number} is said to be proven wrong or final, but is not known: the node has not all events"
    )]
    Absent {
        /// Which.
        number: u64,
    },
    /// A batch could consume more of the queue than there is.
    #[error(
        "the queue that batch {number} could consume is not known to its end: the node has not all events"
    )]
    Queue {
        /// Which.
        number: u64,
    },
    /// The genesis is not the contract's.
    #[error(
        "the state from which everything begins has another root than the contract's: is it another community's?"
    )]
    Genesis,
    /// The batch is judged by a transition that this program is not.
    #[error(
        "batch {number} is judged by version {version} of the transition, which this program does not compute: update it"
    )]
    Version {
        /// Which.
        number: u64,
        /// Its version.
        version: u32,
    },
    /// The node contradicts itself.
    #[error("the node contradicts itself: {0}")]
    Node(String),
}

/// What follows from the events.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// Every root is the one that follows.
    Right,
    /// This is the first one that is not.
    Wrong {
        /// Of the batch.
        number: u64,
        /// Of the segment in it, from 0; in blobs, of the cell.
        segment: u32,
    },
    /// Everything before was right; here knowledge ends.
    Unknown(Doubt),
}

/// What is wrong about a batch; all but the first are about what was claimed of a blob.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Flaw {
    /// A root does not follow.
    Step,
    /// A leaf is not the blob's cell.
    Mismatch,
    /// The data root or the last root is not that of the blob's list.
    List,
    /// A repost has other records than the input.
    Altered,
}
