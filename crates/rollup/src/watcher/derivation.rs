//! The computation itself: from events to states and verdicts.

use super::truth::{Judgement, Truth, Versions};
use super::{Event, Input, Posting, Queue};
use crate::batch::{self, Header};
use crate::step::State;
use market::{Address, Hash, keccak256};
use std::sync::Arc;

/// Everything that follows from the contract's events.
#[derive(Clone, Debug)]
pub struct Derivation {
    /// Events with the blocks they are from; a re-organisation takes the last ones back.
    log: Vec<(u64, Checked)>,
    chain: Fold,
    truth: Truth,
}

/// What the events say, folded.
#[derive(Clone, Debug, Default)]
struct Fold {
    queue: Queue,
    inputs: Vec<Arc<Records>>,
    batches: Vec<Batch>,
    versions: Versions,
    final_batches: u64,
    proven: u64,
}

/// An input: what was posted under a number, whatever became of the roots that came with it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Records {
    pub(super) segments: Vec<Vec<u8>>,
    pub(super) hash: Hash,
    /// When it was posted first, Unix s.
    pub(super) time: u64,
}

/// A batch that stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Batch {
    /// What the contract keeps.
    pub hash: Hash,
    /// What it is the hash of.
    pub header: Header,
    /// The roots after its segments, as posted.
    pub roots: Vec<Hash>,
    /// Who sent it; the contract has checked that the header's operator did.
    pub sender: Address,
}

/// Why nothing is judged from some point on.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Doubt {
    /// The queue has a hole.
    #[error("item {expected} of the queue is missing, item {found} is there: the node has not all events")]
    Gap {
        /// The number that should come next.
        expected: u64,
        /// The number that came.
        found: u64,
    },
    /// The chain of batches has a hole.
    #[error("batch {number} does not follow the batch before it: the node has not all events")]
    Orphan {
        /// Which.
        number: u64,
    },
    /// A header is not what the contract keeps.
    #[error("the header of batch {number} has another hash than the contract logged: the node is not to be trusted")]
    Header {
        /// Which.
        number: u64,
    },
    /// The data is not where it should be.
    #[error("the data of batch {number} is withheld: {why}")]
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
    /// A batch fell that was not there.
    #[error("a proof against batch {number}, which is not known here: the node has not all events")]
    Fallen {
        /// Which.
        number: u64,
    },
    /// The batch is judged by a transition that this program is not.
    #[error("batch {number} is judged by version {version} of the transition, which this program does not know: update it")]
    Version {
        /// Which.
        number: u64,
        /// Its version.
        version: u32,
    },
    /// The batch consumes more of the queue than there is.
    #[error("batch {number} consumes items of the queue that are not known here: the node has not all events")]
    Queue {
        /// Which.
        number: u64,
    },
    /// The node's answers do not agree with each other.
    #[error("{0}: the node lags behind itself or has not all events")]
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
        /// Of the segment in it.
        segment: u32,
        /// The root that follows.
        root: Hash,
    },
    /// Batches before this were right; here knowledge ends.
    Unknown(Doubt),
}

/// An event that was found to fit what came before, so that it need not be checked again.
#[derive(Clone, Debug)]
enum Checked {
    Deposited { account: u32, amount: u128, sender: Address, time: u64 },
    Forced { record: Vec<u8>, time: u64 },
    Posted(Box<Batch>, Arc<Records>),
    Reposted(Box<Batch>),
    Proven(u64),
    Finalised(u64),
    Announced { version: u32, transition: Address },
    Other,
}

impl Derivation {
    /// Nothing seen yet; `genesis` is the state before the first batch.
    #[must_use]
    pub fn new(genesis: State, versions: Versions) -> Self {
        let chain = Fold { versions, ..Fold::default() };
        Self { log: Vec::new(), chain, truth: Truth::new(genesis) }
    }

    /// Takes the next event, of block `block`.
    ///
    /// # Errors
    /// Where it does not fit what came before. Nothing is taken then, and nothing after it can be.
    pub fn take(&mut self, block: u64, event: &Event) -> Result<(), Doubt> {
        let checked = self.chain.check(event)?;
        self.chain.fold(&checked);
        self.log.push((block, checked));
        Ok(())
    }

    /// Forgets the blocks from this one on: they were re-organised away. What was computed stays where the new
    /// blocks bring the same data again.
    pub fn unwind(&mut self, block: u64) {
        let keep = self.log.partition_point(|(at, _)| *at < block);
        if keep == self.log.len() {
            return;
        }
        self.log.truncate(keep);
        let mut versions = std::mem::take(&mut self.chain.versions);
        versions.forget_announcements();
        self.chain = Fold { versions, ..Fold::default() };
        for (_, checked) in &self.log {
            self.chain.fold(checked);
        }
    }

    /// Executes what was not yet executed, and compares.
    pub fn judge(&mut self) -> Verdict {
        for (number, batch) in self.chain.batches.iter().enumerate() {
            let number = number as u64 + 1;
            let records = &self.chain.inputs[number as usize - 1];
            if !self.chain.versions.knows(batch.header.version) {
                return Verdict::Unknown(Doubt::Version { number, version: batch.header.version });
            }
            let judgement = match self.truth.of(number, records, &self.chain.queue) {
                Some(judgement) => judgement,
                None => return Verdict::Unknown(Doubt::Queue { number }),
            };
            if let Some(segment) = (0..batch.roots.len()).find(|&i| batch.roots[i] != judgement.roots[i]) {
                return Verdict::Wrong { number, segment: segment as u32, root: judgement.roots[segment] };
            }
        }
        self.truth.prune(self.chain.final_batches);
        Verdict::Right
    }
}
