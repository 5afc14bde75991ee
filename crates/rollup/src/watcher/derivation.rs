//! The computation itself: from events to states and verdicts.

use super::Queue;
use super::truth::{Evidence, Judgement, Stop, Truth, Versions, execute};
use super::verdict::{Doubt, Flaw, Verdict};
use crate::batch::Header;
use crate::contract::{Entry, Event, Fraud, Posted};
use crate::modes::{self, Lens, Mode, Part, Published};
use crate::step::{Item, State};
use market::{Address, Hash, keccak256};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// Everything that follows from the contract's events.
#[derive(Clone, Debug)]
pub struct Derivation {
    mode: Mode,
    /// Signatures and keys by their hashes, which stay true whatever is re-organised.
    shown: BTreeMap<Hash, Vec<u8>>,
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
    pub(super) parts: Vec<Part>,
    /// As it was published first; the contents are in the parts.
    published: Published,
    pub(super) hash: Hash,
    /// When it was posted first, Unix s.
    pub(super) time: u64,
    /// Items that the queue had then.
    pub(super) available: u64,
}

impl Records {
    /// What tells it from another input of its number, or from itself when less was shown.
    pub(super) fn identity(&self) -> (Hash, u64, u64, usize) {
        let shown = self.parts.iter().filter(|part| part.is_shown()).count();
        (self.hash, self.time, self.available, shown)
    }

    /// Takes what was shown; whether it is about this input.
    fn show(&mut self, hash: &Hash, bytes: &[u8]) -> bool {
        self.parts.iter_mut().any(|part| part.show(hash, bytes))
    }

    /// From here on this segment is void, as nobody showed it.
    fn forget(&mut self, segment: u32) {
        let at = segment as usize;
        let (Some(part), Some(leaf)) = (self.parts.get_mut(at), self.published.leaves.get_mut(at)) else {
            return;
        };
        let (content, input) = part.content().void();
        leaf.input = input;
        *part = Part::new(content);
        // No signatures, or the key of zeros.
        for nothing in [&[][..], &[0; 32]] {
            part.show(&keccak256(nothing), nothing);
        }
        self.hash = self.published.inputs_hash();
    }
}

/// A batch that stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Batch {
    /// What the contract keeps.
    pub hash: Hash,
    /// What it is the hash of.
    pub header: Header,
    /// Leaves and roots as posted; the contents are the input's.
    pub published: Published,
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

/// An event that was found to fit what came before, so that it need not be checked again.
#[derive(Clone, Debug)]
enum Checked {
    Deposited { time: u64, account: u32, amount: u128, sender: Address },
    Forced { time: u64, record: Vec<u8> },
    Posted(Arc<Batch>, Arc<Records>),
    Reposted(Arc<Batch>),
    Promised(Hash),
    Proven(u64, u32, Address),
    Defaulted(u64, u32, Address),
    Claimed(Hash, Address),
    Rewarded(Hash),
    Attested(Address, u64),
    Finalised(u64),
    Other,
}

impl Derivation {
    /// Nothing seen yet; `genesis` is the state before the first batch.
    #[must_use]
    pub fn new(mode: Mode, genesis: State, versions: Versions) -> Self {
        let (log, facts, shown) = (Vec::new(), Facts::default(), BTreeMap::new());
        Self { mode, shown, log, facts, versions, truth: Truth::new(genesis) }
    }

    /// Takes signatures or a key that somebody showed.
    pub fn show(&mut self, bytes: Vec<u8>) {
        let hash = keccak256(&bytes);
        for input in self.facts.inputs.iter_mut().rev() {
            if input.parts.iter().any(|part| part.hidden() == Some(&hash)) {
                Arc::make_mut(input).show(&hash, &bytes);
                break;
            }
        }
        self.shown.insert(hash, bytes);
    }

    /// The keys of the newest input's segments, where the lens opens them. `parent`: the hash of the header before it.
    #[must_use]
    pub fn keys(&self, lens: &Lens, parent: &Hash) -> Vec<Vec<u8>> {
        let Some(input) = self.facts.inputs.last() else { return Vec::new() };
        let Some(part) = input.parts.first().filter(|_| !input.published.wraps.is_empty()) else {
            return Vec::new();
        };
        let secret = lens.secret(parent, part.content(), &input.published.wraps);
        let keys =
            secret.map(|secret| (0..input.parts.len() as u32).map(|i| secret.key(i).to_vec()).collect());
        keys.unwrap_or_default()
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
        let checked = self.facts.check(self.mode, entry, posted, &genesis)?;
        self.facts.fold(&checked, &self.shown);
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
            self.facts.fold(checked, &self.shown);
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
            let first = &facts.inputs[number as usize - 1];
            if let Some(cell) = batch.unfit(first) {
                return Verdict::Wrong { number, segment: cell };
            }
            let right = match truth.of(number, &facts.inputs, &facts.queue) {
                Ok(right) => right,
                Err(Stop::Queue) => return Verdict::Unknown(Doubt::Queue { number }),
                Err(Stop::Hidden { number, segment }) => {
                    return Verdict::Unknown(Doubt::Unshown { number, segment, mode: self.mode });
                }
            };
            let units = right.roots.iter().zip(&batch.published.units);
            let wrong = units.zip(&first.parts).find(|((right, unit), _)| **right != unit.root);
            let mismatched = batch.published.mismatched.first().map(|leaf| *leaf as u32);
            match (wrong, mismatched) {
                (Some(((_, unit), part)), other) if other.is_none_or(|leaf| (unit.leaf as u32) < leaf) => {
                    let segment = unit.leaf as u32;
                    // It may be the signatures that are wrong, and the root right.
                    return match part.hidden() {
                        Some(_) => Verdict::Unknown(Doubt::Unshown { number, segment, mode: self.mode }),
                        None => Verdict::Wrong { number, segment },
                    };
                }
                (_, Some(segment)) => return Verdict::Wrong { number, segment },
                _ => {}
            }
        }
        truth.prune(facts.final_batches);
        Verdict::Right
    }

    /// What proves a segment wrong that [`Derivation::judge`] found; `None` where it found another or none.
    pub fn fraud(&mut self, number: u64, segment: u32) -> Option<Fraud> {
        let (facts, truth) = (&self.facts, &mut self.truth);
        let batch = facts.batches.get(number as usize)?;
        let right = truth.of(number, &facts.inputs, &facts.queue).ok()?.roots.clone();
        // In blobs a cell holds several segments, of which the first wrong one is proven.
        let units = batch.published.units.iter().zip(&right).enumerate();
        let mut units = units.filter(|(_, (unit, _))| unit.leaf == segment as usize);
        let wrong = units.clone().find(|(_, (unit, right))| unit.root != **right);
        let (unit, _) = wrong.or_else(|| units.next())?;
        let Evidence { preimage, queue, items, witness } =
            truth.evidence(number, unit, &facts.inputs, &facts.queue)?;
        Some(modes::fraud(&batch.header, &batch.published, unit, preimage, queue, items, witness))
    }

    /// What is wrong about a segment, or a cell, that [`Derivation::judge`] found.
    #[must_use]
    pub fn flaw(&self, number: u64, segment: u32) -> Option<Flaw> {
        let batch = self.facts.batches.get(usize::try_from(number).ok()?)?;
        let input = self.facts.inputs.get(usize::try_from(number.checked_sub(1)?).ok()?)?;
        Some(match batch.unfit(input) {
            Some(modes::LIST) => Flaw::List,
            Some(_) => Flaw::Altered,
            None if batch.published.mismatched.contains(&(segment as usize)) => Flaw::Mismatch,
            None => Flaw::Step,
        })
    }

    /// How data reaches the chain.
    #[must_use]
    pub const fn mode(&self) -> Mode {
        self.mode
    }

    /// The hash of the signatures or of the key that an input's segment waits for.
    #[must_use]
    pub fn hidden(&self, number: u64, segment: u32) -> Option<&Hash> {
        let input = self.facts.inputs.get(usize::try_from(number.checked_sub(1)?).ok()?)?;
        input.parts.get(segment as usize)?.hidden()
    }

    /// The segments of an input (from 1).
    #[must_use]
    pub fn parts(&self, number: u64) -> Option<&[Part]> {
        let input = self.facts.inputs.get(usize::try_from(number.checked_sub(1)?).ok()?)?;
        Some(&input.parts)
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

    /// Carries the segments of an input (from 1) out on the state before it, and shows each with the state after it;
    /// `None` where there is none, it cannot be read, or the queue is not known as far as needed.
    pub fn carry_out(
        &self,
        number: u64,
        state: &mut State,
        done: &mut dyn FnMut(&Part, &mut State),
    ) -> Option<()> {
        let input = self.facts.inputs.get(usize::try_from(number.checked_sub(1)?).ok()?)?;
        for part in &input.parts {
            execute(state, input, part, &self.facts.queue).ok().flatten()?;
            done(part, state);
        }
        Some(())
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
        let number = batch.header.number;
        let unfit = batch.unfit(self.facts.inputs.get(usize::try_from(number).ok()?.checked_sub(1)?)?);
        let right = self.judgement(number)?;
        let wrong = right.roots.iter().zip(&batch.published.units).find(|(right, unit)| **right != unit.root);
        let mismatched = batch.published.mismatched.first().map(|leaf| *leaf as u32);
        unfit.or(wrong.map(|(_, unit)| unit.leaf as u32).into_iter().chain(mismatched).min())
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
        self.truth.of(number, &self.facts.inputs, &self.facts.queue).ok()
    }

    /// The state that follows from the first `number` inputs (0: the genesis).
    pub fn state(&mut self, number: u64) -> Option<&mut State> {
        self.truth.state(number, &self.facts.inputs, &self.facts.queue)
    }
}

impl Batch {
    /// The cell by which it is proven that a blob is not what was claimed of it, or has other records than the input.
    fn unfit(&self, first: &Records) -> Option<u32> {
        if self.header.blob == [0; 32] {
            return None;
        }
        let last = self.published.leaves.last().map(|leaf| leaf.post);
        if self.published.data_root() != self.header.data_root || last != Some(self.header.root) {
            return Some(modes::LIST);
        }
        let again = self.header.blob != self.header.records_hash;
        again.then(|| self.published.altered(&first.published)).flatten().map(|cell| cell as u32)
    }
}

impl Facts {
    fn check(
        &self,
        mode: Mode,
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
                let published = Published::default();
                let batch = Batch { hash: *hash, header: *header, published, block: entry.block };
                Checked::Posted(Arc::new(batch), Arc::default())
            }
            Event::Posted { number, hash, header } | Event::Reposted { number, hash, header } => {
                self.check_batch(mode, entry.block, *number, hash, header, posted)?
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
            Event::Defaulted { number, hash, segment, challenger } => {
                let known = self.batches.get(*number as usize);
                if *number == 0 || known.is_none_or(|batch| batch.hash != *hash) {
                    return Err(Doubt::Absent { number: *number });
                }
                Checked::Defaulted(*number, *segment, *challenger)
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
        mode: Mode,
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
        let batch = |published| Arc::new(Batch { hash: *hash, header: *header, published, block });
        match posted {
            Posted::New { data, chain, .. } => {
                if number != self.inputs.len() as u64 + 1 || header.available != self.queue.len() {
                    return Err(Doubt::Orphan { number });
                }
                // The operator names the queue's hash where it stops, and the contract has compared it.
                if self.queue.hash(header.queue) != Some(chain) {
                    return Err(Doubt::Queue { number });
                }
                let mut published =
                    modes::read(mode, &parent.header.root, &data).map_err(|_| wrong.clone())?;
                let fits = if mode == Mode::Blob {
                    is_blob(&data, header)
                } else {
                    published.inputs_hash() == header.records_hash && is_of(&published, header)
                };
                if !fits {
                    return Err(wrong);
                }
                let contents =
                    if mode == Mode::Blob { published.contents() } else { published.take_contents() };
                let input = Records {
                    parts: contents.into_iter().map(Part::new).collect(),
                    published: published.clone(),
                    hash: header.records_hash,
                    time: header.time,
                    available: header.available,
                };
                Ok(Checked::Posted(batch(published), Arc::new(input)))
            }
            Posted::Again { roots, blob, .. } => {
                let Some(input) = self.inputs.get(number as usize - 1) else {
                    return Err(Doubt::Orphan { number });
                };
                let same = (input.hash, input.time, input.available)
                    == (header.records_hash, header.time, header.available);
                let pre = parent.header.root;
                let published = if mode == Mode::Blob {
                    modes::read(mode, &pre, &blob).ok().filter(|_| is_blob(&blob, header))
                } else {
                    input.published.with_roots(&pre, &roots).filter(|published| is_of(published, header))
                };
                match published.filter(|_| same) {
                    Some(published) => Ok(Checked::Reposted(batch(published))),
                    None => Err(wrong),
                }
            }
        }
    }

    fn fold(&mut self, event: &Checked, shown: &BTreeMap<Hash, Vec<u8>>) {
        match event {
            Checked::Deposited { time, account, amount, sender } => {
                let (time, account, amount, sender) = (*time, *account, *amount, *sender);
                self.queue.push(&Item::Deposit { time, account, amount, sender });
            }
            Checked::Forced { time, record } => self.queue.push(&Item::Forced { time: *time, record }),
            Checked::Posted(batch, records) => {
                if batch.header.number > 0 {
                    let mut records = Arc::clone(records);
                    let known = |part: &Part| Some((*part.hidden()?, shown.get(part.hidden()?)?));
                    let known: Vec<_> = records.parts.iter().filter_map(known).collect();
                    for (hash, bytes) in known {
                        Arc::make_mut(&mut records).show(&hash, bytes);
                    }
                    self.inputs.push(records);
                }
                self.push(batch);
            }
            Checked::Reposted(batch) => self.push(batch),
            Checked::Promised(promise) => {
                self.promises.insert(*promise);
            }
            Checked::Proven(number, segment, winner) | Checked::Defaulted(number, segment, winner) => {
                let defaulted = matches!(event, Checked::Defaulted(..));
                if let Some(input) = self.inputs.get_mut(*number as usize - 1).filter(|_| defaulted) {
                    Arc::make_mut(input).forget(*segment);
                }
                let fallen = self.batches.drain(*number as usize..).next();
                let (segment, winner) = (*segment, *winner);
                // A default is rewarded at once.
                self.fallen.extend(fallen.map(|batch| Fallen {
                    batch,
                    segment,
                    winner,
                    rewarded: defaulted,
                }));
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

/// Whether this is what a header commits to.
fn is_of(published: &Published, header: &Header) -> bool {
    published.leaves.len() == header.segments as usize
        && published.data_root() == header.data_root
        && published.leaves.last().is_some_and(|last| last.post == header.root)
}

/// Whether this is a header's blob; what is in it, is judged.
fn is_blob(blob: &[u8], header: &Header) -> bool {
    modes::cell::versioned_hash(blob) == Ok(header.blob)
}
