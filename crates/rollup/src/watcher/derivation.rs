//! The computation itself: from events to states and verdicts.

use super::Queue;
use super::truth::{Evidence, Judgement, Truth, Versions};
use crate::batch::{self, Header};
use crate::contract::{Entry, Event, Fraud, Posted};
use crate::step::{Item, State};
use market::{Address, Hash};
use std::collections::BTreeSet;
use std::sync::Arc;

/// Everything that follows from the contract's events.
#[derive(Clone, Debug)]
pub struct Derivation {
    /// Events with the blocks they are from; a re-organisation takes the last ones back.
    log: Vec<(u64, Checked)>,
    facts: Facts,
    versions: Versions,
    truth: Truth,
}

/// What the events say.
#[derive(Clone, Debug, Default)]
struct Facts {
    queue: Queue,
    inputs: Vec<Arc<Records>>,
    /// By number; number 0 is the genesis.
    batches: Vec<Arc<Batch>>,
    final_batches: u64,
    next_id: u64,
    promises: BTreeSet<Hash>,
    fallen: Vec<Fallen>,
    attested: BTreeSet<(Address, u64)>,
}

/// An input: what was posted under a number, whatever became of the roots that came with it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Records {
    pub(super) segments: Vec<Vec<u8>>,
    pub(super) hash: Hash,
    /// When it was posted first, Unix s.
    pub(super) time: u64,
    /// Items that the queue had then.
    pub(super) available: u64,
}

impl Records {
    /// What tells it from another input of its number.
    pub(super) const fn identity(&self) -> (Hash, u64, u64) {
        (self.hash, self.time, self.available)
    }

    /// The leaves of a batch that gives it these roots.
    fn leaves(&self, pre: &Hash, roots: &[Hash]) -> Vec<Hash> {
        batch::leaves_with(pre, self.segments.iter().map(Vec::as_slice), roots)
    }
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
    /// The block in which it was posted.
    pub block: u64,
}

/// A batch that was proven wrong.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fallen {
    /// It.
    pub batch: Arc<Batch>,
    /// The segment that the proof was about.
    pub segment: u32,
    /// Who has the reward as things stand; zero: nobody, as there was no promise.
    pub winner: Address,
    /// Whether the reward is paid.
    pub rewarded: bool,
}

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
        /// Of the segment in it, from 0.
        segment: u32,
    },
    /// Everything before was right; here knowledge ends.
    Unknown(Doubt),
}

/// An event that was found to fit what came before, so that it need not be checked again.
#[derive(Clone, Debug)]
enum Checked {
    Deposited { time: u64, account: u32, amount: u128, sender: Address },
    Forced { time: u64, record: Vec<u8> },
    Posted(Arc<Batch>, Arc<Records>),
    Reposted(Arc<Batch>),
    Promised(Hash),
    Proven(u64, u32, Address),
    Claimed(Hash, Address),
    Rewarded(Hash),
    Attested(Address, u64),
    Finalised(u64),
    Other,
}

impl Derivation {
    /// Nothing seen yet; `genesis` is the state before the first batch.
    #[must_use]
    pub fn new(genesis: State, versions: Versions) -> Self {
        Self { log: Vec::new(), facts: Facts::default(), versions, truth: Truth::new(genesis) }
    }

    /// Takes the next event; `posted` is what came with it where it is about a batch, or why that cannot be had.
    ///
    /// # Errors
    /// Where it does not fit what came before. Nothing is taken then, and nothing after it can be.
    pub fn take(&mut self, entry: &Entry, posted: Option<Result<Posted, String>>) -> Result<(), Doubt> {
        if let Event::Announced { version, transition, .. } = entry.event {
            self.versions.announce(version, transition);
        }
        let genesis = self.truth.genesis_root();
        let checked = self.facts.check(entry, posted, &genesis)?;
        self.facts.fold(&checked);
        self.log.push((entry.block, checked));
        Ok(())
    }

    /// Forgets what is from this block on: it was re-organised away. What was computed stays where the same data
    /// comes again.
    pub fn unwind(&mut self, block: u64) {
        let keep = self.log.partition_point(|(at, _)| *at < block);
        if keep == self.log.len() {
            return;
        }
        self.log.truncate(keep);
        self.facts = Facts::default();
        for (_, checked) in &self.log {
            self.facts.fold(checked);
        }
    }

    /// Executes what was not yet executed, and compares.
    pub fn judge(&mut self) -> Verdict {
        let (facts, truth) = (&self.facts, &mut self.truth);
        for (number, batch) in facts.batches.iter().enumerate().skip(1) {
            let number = number as u64;
            let version = batch.header.version;
            if !self.versions.knows(version) {
                return Verdict::Unknown(Doubt::Version { number, version });
            }
            let Some(right) = truth.of(number, &facts.inputs, &facts.queue) else {
                return Verdict::Unknown(Doubt::Queue { number });
            };
            if let Some(segment) =
                right.roots.iter().zip(&batch.roots).position(|(right, posted)| right != posted)
            {
                return Verdict::Wrong { number, segment: segment as u32 };
            }
        }
        truth.prune(facts.final_batches);
        Verdict::Right
    }

    /// What proves a segment wrong that [`Derivation::judge`] found; `None` where it found another or none.
    pub fn fraud(&mut self, number: u64, segment: u32) -> Option<Fraud> {
        let (facts, truth) = (&self.facts, &mut self.truth);
        let batch = facts.batches.get(number as usize)?;
        let parent = facts.batches.get(number.checked_sub(1)? as usize)?;
        let at = segment as usize;
        let Evidence { records, queue, items, witness, .. } =
            truth.evidence(number, at, &facts.inputs, &facts.queue)?;
        let leaves = facts.inputs[number as usize - 1].leaves(&parent.header.root, &batch.roots);
        Some(Fraud {
            header: batch.header,
            segment,
            pre: *at.checked_sub(1).map_or(&parent.header.root, |before| &batch.roots[before]),
            records,
            post: *batch.roots.get(at)?,
            path: batch::path(&leaves, at),
            queue,
            items,
            witness,
        })
    }

    /// Which versions of the transition are computed here; to be told about new ones.
    pub fn versions(&mut self) -> &mut Versions {
        &mut self.versions
    }

    /// The batches that stand, by number; number 0 is the genesis.
    #[must_use]
    pub fn batches(&self) -> &[Arc<Batch>] {
        &self.facts.batches
    }

    /// The number of the newest batch that stands.
    #[must_use]
    pub fn tip(&self) -> u64 {
        (self.facts.batches.len() as u64).saturating_sub(1)
    }

    /// How many inputs there are: those beyond the tip wait for right roots.
    #[must_use]
    pub fn inputs(&self) -> u64 {
        self.facts.inputs.len() as u64
    }

    /// The records of an input's segments (from 1), and when they were posted first (Unix s).
    #[must_use]
    pub fn input(&self, number: u64) -> Option<(&[Vec<u8>], u64)> {
        let records = self.facts.inputs.get(usize::try_from(number.checked_sub(1)?).ok()?)?;
        Some((&records.segments, records.time))
    }

    /// The number of the newest final batch.
    #[must_use]
    pub fn final_batches(&self) -> u64 {
        self.facts.final_batches
    }

    /// Whether somebody made this promise of a proof.
    #[must_use]
    pub fn is_promised(&self, promise: &Hash) -> bool {
        self.facts.promises.contains(promise)
    }

    /// Whether a watcher showed that it holds the state of this batch.
    #[must_use]
    pub fn is_attested(&self, watcher: Address, number: u64) -> bool {
        self.facts.attested.contains(&(watcher, number))
    }

    /// The batches that were proven wrong, in the order of their proofs.
    #[must_use]
    pub fn fallen(&self) -> &[Fallen] {
        &self.facts.fallen
    }

    /// The first segment of a batch, whether it stands or fell, whose root is not the one that follows.
    pub fn first_wrong(&mut self, batch: &Batch) -> Option<u32> {
        let right = self.judgement(batch.header.number)?;
        let wrong = right.roots.iter().zip(&batch.roots).position(|(right, posted)| right != posted)?;
        Some(wrong as u32)
    }

    /// The queue.
    #[must_use]
    pub fn queue(&self) -> &Queue {
        &self.facts.queue
    }

    /// What follows from input `number` (from 1), whatever was posted about it; `None` where there is none or the
    /// queue is not known as far as needed.
    pub fn judgement(&mut self, number: u64) -> Option<&Judgement> {
        if number == 0 || number > self.inputs() {
            return None;
        }
        self.truth.of(number, &self.facts.inputs, &self.facts.queue)
    }

    /// The state that follows from the first `number` inputs (0: the genesis).
    pub fn state(&mut self, number: u64) -> Option<&mut State> {
        self.truth.state(number, &self.facts.inputs, &self.facts.queue)
    }
}

impl Facts {
    fn check(
        &self,
        entry: &Entry,
        posted: Option<Result<Posted, String>>,
        genesis: &Hash,
    ) -> Result<Checked, Doubt> {
        let next = |item: u64| {
            let expected = self.queue.len();
            if item == expected { Ok(()) } else { Err(Doubt::Gap { expected, found: item }) }
        };
        Ok(match &entry.event {
            Event::Deposited { item, account, amount, sender, time } => {
                next(*item)?;
                Checked::Deposited { time: *time, account: *account, amount: *amount, sender: *sender }
            }
            Event::Forced { item, record, time, .. } => {
                next(*item)?;
                Checked::Forced { time: *time, record: record.clone() }
            }
            Event::Posted { number: 0, hash, header } => {
                if header.root != *genesis {
                    return Err(Doubt::Genesis);
                }
                if header.hash() != *hash {
                    return Err(Doubt::Header { number: 0 });
                }
                if !self.batches.is_empty() {
                    return Err(Doubt::Orphan { number: 0 });
                }
                let batch = Batch { hash: *hash, header: *header, roots: Vec::new(), block: entry.block };
                Checked::Posted(Arc::new(batch), Arc::default())
            }
            Event::Posted { number, hash, header } | Event::Reposted { number, hash, header } => {
                self.check_batch(entry.block, *number, hash, header, posted)?
            }
            Event::Committed { promise, .. } => Checked::Promised(*promise),
            Event::Claimed { hash, challenger, .. } => Checked::Claimed(*hash, *challenger),
            Event::Rewarded { hash, .. } => Checked::Rewarded(*hash),
            Event::Attested { watcher, number, .. } => Checked::Attested(*watcher, *number),
            Event::Proven { number, hash, segment, challenger, .. } => {
                let known = self.batches.get(*number as usize);
                if *number == 0 || known.is_none_or(|batch| batch.hash != *hash) {
                    return Err(Doubt::Absent { number: *number });
                }
                Checked::Proven(*number, *segment, *challenger)
            }
            Event::Finalised { number, root } => {
                let known = self.batches.get(*number as usize);
                if known.is_none_or(|batch| batch.header.root != *root) {
                    return Err(Doubt::Absent { number: *number });
                }
                Checked::Finalised(*number)
            }
            _ => Checked::Other,
        })
    }

    /// A batch must follow the newest one, and its data must be what its header says.
    fn check_batch(
        &self,
        block: u64,
        number: u64,
        hash: &Hash,
        header: &Header,
        posted: Option<Result<Posted, String>>,
    ) -> Result<Checked, Doubt> {
        if header.hash() != *hash || header.number != number {
            return Err(Doubt::Header { number });
        }
        let parent = self
            .batches
            .last()
            .filter(|parent| parent.hash == header.parent && parent.header.number + 1 == number);
        let Some(parent) =
            parent.filter(|_| header.id == self.next_id && header.available <= self.queue.len())
        else {
            return Err(Doubt::Orphan { number });
        };
        let withheld = |why: String| Doubt::Withheld { number, why };
        let posted = posted.unwrap_or_else(|| Err("nobody looked for it".to_owned())).map_err(withheld)?;
        let wrong = Doubt::Data { number };
        let batch = |roots| Arc::new(Batch { hash: *hash, header: *header, roots, block });
        match posted {
            Posted::New { data, chain, .. } => {
                if number != self.inputs.len() as u64 + 1 || header.available != self.queue.len() {
                    return Err(Doubt::Orphan { number });
                }
                // The operator names the queue's hash where it stops, and the contract has compared it.
                if self.queue.hash(header.queue) != Some(chain) {
                    return Err(Doubt::Queue { number });
                }
                let segments = batch::decode(&data).map_err(|_| wrong.clone())?;
                let leaves = batch::leaves(&parent.header.root, &segments);
                let fits = segments.len() == header.segments as usize
                    && batch::data_root(&leaves) == header.data_root
                    && batch::records_hash(&segments) == header.records_hash
                    && segments.last().is_some_and(|last| last.root == header.root);
                if !fits {
                    return Err(wrong);
                }
                let (segments, roots) =
                    segments.into_iter().map(|segment| (segment.records, segment.root)).unzip();
                let (hash, time, available) = (header.records_hash, header.time, header.available);
                Ok(Checked::Posted(batch(roots), Arc::new(Records { segments, hash, time, available })))
            }
            Posted::Again { roots, .. } => {
                let Some(input) = self.inputs.get(number as usize - 1) else {
                    return Err(Doubt::Orphan { number });
                };
                let leaves = input.leaves(&parent.header.root, &roots);
                let fits = roots.len() == input.segments.len()
                    && input.identity() == (header.records_hash, header.time, header.available)
                    && batch::data_root(&leaves) == header.data_root
                    && roots.last() == Some(&header.root);
                if fits { Ok(Checked::Reposted(batch(roots))) } else { Err(wrong) }
            }
        }
    }

    fn fold(&mut self, event: &Checked) {
        match event {
            Checked::Deposited { time, account, amount, sender } => {
                let (time, account, amount, sender) = (*time, *account, *amount, *sender);
                self.queue.push(&Item::Deposit { time, account, amount, sender });
            }
            Checked::Forced { time, record } => self.queue.push(&Item::Forced { time: *time, record }),
            Checked::Posted(batch, records) => {
                if batch.header.number > 0 {
                    self.inputs.push(Arc::clone(records));
                }
                self.push(batch);
            }
            Checked::Reposted(batch) => self.push(batch),
            Checked::Promised(promise) => {
                self.promises.insert(*promise);
            }
            Checked::Proven(number, segment, winner) => {
                let fallen = self.batches.drain(*number as usize..).next();
                let (segment, winner) = (*segment, *winner);
                self.fallen.extend(fallen.map(|batch| Fallen { batch, segment, winner, rewarded: false }));
            }
            Checked::Claimed(hash, winner) => {
                self.fallen.iter_mut().filter(|f| f.batch.hash == *hash).for_each(|f| f.winner = *winner);
            }
            Checked::Rewarded(hash) => {
                self.fallen.iter_mut().filter(|f| f.batch.hash == *hash).for_each(|f| f.rewarded = true);
            }
            Checked::Attested(watcher, number) => {
                self.attested.insert((*watcher, *number));
            }
            Checked::Finalised(number) => self.final_batches = *number,
            Checked::Other => {}
        }
    }

    fn push(&mut self, batch: &Arc<Batch>) {
        self.next_id = batch.header.id + 1;
        self.batches.push(Arc::clone(batch));
    }
}
