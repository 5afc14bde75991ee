//! How an operator's segments reach the primary chain: the one place where the modes of a batch differ for whoever posts.

use super::poster::PostError;
use super::story::input_hash;
use super::{Cut, View};
use crate::batch::{self, Header, Segment};
use crate::chain::{Block, Call, Chain};
use crate::contract::{Contract, ContractError, Entry, Event, Posted};
use crate::modes::demand::part;
use crate::modes::seal::Secret;
use crate::modes::{
    Asked, Composed, Content, Demands, LIST, Leaf, Lens, Mode, ModeError, Notice, Part, Published, Sealing,
    Standing, Text, compose, compose_cells, read,
};
use ledger::Key;
use market::{Address, Hash, keccak256};
use std::collections::{BTreeMap, VecDeque};

/// What an operator knows of its contract's data.
#[derive(Clone, Debug)]
pub struct Data {
    lens: Lens,
    /// The operator's, or a reader's.
    key: Option<Key>,
    /// The block of the deployment.
    from: u64,
    /// Inputs whose hash on the chain does not follow from the records alone, by that hash: the operator's own hash of
    /// the records, and how many segments.
    known: BTreeMap<Hash, (Hash, u32)>,
    /// Demands not looked at yet.
    questions: VecDeque<Question>,
    /// The block up to which demands were read, and its hash.
    asked: Option<Block>,
}

/// A demand, and for keys the public key it came with.
#[derive(Clone, Debug)]
pub(super) struct Question {
    pub(super) asked: Asked,
    point: Option<[u8; 33]>,
}

/// New roots for an input, as they are sent.
pub(super) struct Again {
    /// The inputs of its leaves; in blobs the data root.
    pub(super) inputs: Vec<Hash>,
    /// The roots after them; in blobs nothing.
    pub(super) roots: Vec<Hash>,
    /// Blobs that go along.
    pub(super) blobs: Vec<Vec<u8>>,
}

impl Part {
    /// Whether these are its records, as far as it can be read.
    pub(super) fn is(&self, records: &[u8]) -> bool {
        match (self.text(), part(records)) {
            (Text::Known(known), _) => known == records,
            (Text::Assumed(bare), Some(parted)) => {
                bare == parted.bare && self.hidden() == Some(&keccak256(&parted.signatures))
            }
            _ => false,
        }
    }
}

impl Data {
    /// For a contract of this mode that was deployed in block `from`, and this operator; without a key only to read.
    #[must_use]
    pub fn new(mode: Mode, contract: Address, from: u64, key: Option<&Key>) -> Self {
        Self {
            lens: Lens::new(mode, contract, key.cloned()),
            key: key.cloned(),
            from,
            known: BTreeMap::new(),
            questions: VecDeque::new(),
            asked: None,
        }
    }

    /// How data reaches the chain.
    #[must_use]
    pub const fn mode(&self) -> Mode {
        self.lens.mode
    }

    /// The chain's inputs as the story knows them: a hash of the records, and how many segments.
    ///
    /// # Errors
    /// Where the chain cannot be read, or an input that is not known to this operator cannot be had.
    pub(super) fn inputs(
        &mut self,
        chain: &mut dyn Chain,
        inputs: &[(Header, Entry)],
    ) -> Result<Vec<(Hash, u32)>, PostError> {
        let mut known = Vec::with_capacity(inputs.len());
        for (header, entry) in inputs {
            let plain = matches!(self.mode(), Mode::Calldata | Mode::Demand);
            if plain && !self.known.contains_key(&header.records_hash) {
                known.push((header.records_hash, header.segments));
                continue;
            }
            if !self.known.contains_key(&header.records_hash) {
                let number = header.number;
                let (_, parts) = self.first(chain, entry)?;
                let cuts: Option<Vec<Cut>> = parts.iter().map(as_cut).collect();
                let why =
                    || "its records are encrypted, and this operator's key does not open them".to_owned();
                let cuts = cuts.ok_or_else(|| PostError::Withheld { number, why: why() })?;
                let own = (input_hash(self.mode(), &cuts), cuts.len() as u32);
                self.known.insert(header.records_hash, own);
            }
            known.push(self.known[&header.records_hash]);
        }
        Ok(known)
    }

    /// These segments are what the chain knows as the input of this hash.
    pub(super) fn know(&mut self, hash: Hash, cuts: &[Cut]) {
        self.known.insert(hash, (input_hash(self.mode(), cuts), cuts.len() as u32));
    }

    /// A new input as it was published, and what can be read of its segments; or why it cannot be had.
    ///
    /// # Errors
    /// Where the chain cannot be read.
    pub fn published(
        &self,
        chain: &mut dyn Chain,
        entry: &Entry,
    ) -> Result<Result<(Published, Vec<Part>), String>, ContractError> {
        let Event::Posted { header, .. } = &entry.event else { return Ok(Err("it is no new input".into())) };
        let (pre, data) = match self.lens.posted(chain, entry)? {
            Ok(Posted::New { parent, data, .. }) => (parent.root, data),
            Ok(Posted::Again { .. }) => return Ok(Err("it is no new input".into())),
            Err(why) => return Ok(Err(why)),
        };
        Ok(match read(self.mode(), &pre, &data) {
            Ok(published) => {
                let parts = self.lens.parts(&header.parent, &published);
                Ok((published, parts))
            }
            Err(error) => Err(error.to_string()),
        })
    }

    /// What is posted for these segments after this parent.
    ///
    /// # Errors
    /// Where they cannot be posted in this mode, or the chain cannot be read.
    pub(super) fn compose(
        &mut self,
        chain: &mut dyn Chain,
        parent: &Header,
        cuts: &[Cut],
    ) -> Result<Composed, PostError> {
        let segments: Vec<Segment> = cuts.iter().map(Cut::segment).collect();
        let sealing = match (self.mode(), self.lens.demands(chain)?) {
            (Mode::Sealed, Some(demands)) => Some(self.sealing(chain, demands, parent, &segments)?),
            _ => None,
        };
        let composed = compose(self.mode(), &parent.root, &segments, sealing.as_ref())?;
        let hash = match composed.blobs.first() {
            Some(blob) => crate::chain::versioned_hash(blob).ok(),
            None => Some(hash_of(&composed.leaves.iter().map(|leaf| leaf.input).collect::<Vec<_>>())),
        };
        if let Some(hash) = hash {
            self.know(hash, cuts);
        }
        Ok(composed)
    }

    /// What a batch is sealed with: the same for the same records, so that a restarted operator finds it again.
    fn sealing(
        &self,
        chain: &mut dyn Chain,
        demands: Demands,
        parent: &Header,
        segments: &[Segment],
    ) -> Result<Sealing, PostError> {
        let key = self.key.as_ref().ok_or(ModeError::NoSecret)?;
        let head = chain.head()?.number;
        let readers = demands.readers(chain, self.from, head)?;
        let own = keccak256(&key.sign(&keccak256(b"wattle sealing")));
        let records: Vec<&[u8]> = segments.iter().map(|segment| segment.records.as_slice()).collect();
        let context = parent.hash();
        Ok(Sealing { secret: Secret::new(&own, &context, &records), context, readers })
    }

    /// What gives an input, posted first so and standing last under `voided`, these roots.
    ///
    /// # Errors
    /// As [`Data::compose`]; and where the input cannot be had.
    pub(super) fn again(
        &mut self,
        chain: &mut dyn Chain,
        (voided, entry): (&Header, &Entry),
        pre: &Hash,
        cuts: &[Cut],
    ) -> Result<Again, PostError> {
        let segments: Vec<Segment> = cuts.iter().map(Cut::segment).collect();
        if self.mode() == Mode::Blob {
            let mut cells = vec![Vec::new(); LIST as usize];
            let (published, _) = self.first(chain, entry)?;
            for (unit, segment) in published.units.iter().zip(segments) {
                cells[unit.leaf].push(segment);
            }
            let composed = compose_cells(pre, &cells)?;
            let data_root = batch::data_root(&composed.leaves.iter().map(Leaf::hash).collect::<Vec<_>>());
            return Ok(Again { inputs: vec![data_root], roots: Vec::new(), blobs: composed.blobs });
        }
        let roots = segments.iter().map(|segment| segment.root).collect();
        let (inputs, void) = self.leaf_inputs(chain, entry, cuts)?;
        // The contract itself puts the void form in, and knows the input by it from then on.
        self.know(hash_of(&void), cuts);
        let inputs = if hash_of(&inputs) == voided.records_hash { inputs } else { void };
        Ok(Again { inputs, roots, blobs: Vec::new() })
    }

    /// An input as it was published first; there has to be one.
    fn first(&self, chain: &mut dyn Chain, entry: &Entry) -> Result<(Published, Vec<Part>), PostError> {
        let number = match &entry.event {
            Event::Posted { number, .. } | Event::Reposted { number, .. } => *number,
            _ => 0,
        };
        self.published(chain, entry)?.map_err(|why| PostError::Withheld { number, why })
    }

    /// The inputs of the leaves as they were posted first, and the same with the void form of what nobody showed; in
    /// modes where every segment is a leaf.
    fn leaf_inputs(
        &self,
        chain: &mut dyn Chain,
        entry: &Entry,
        cuts: &[Cut],
    ) -> Result<(Vec<Hash>, Vec<Hash>), PostError> {
        let (published, _) = self.first(chain, entry)?;
        let first: Vec<Hash> = published.leaves.iter().map(|leaf| leaf.input).collect();
        let void = published.units.iter().zip(&first).zip(cuts).map(|((unit, input), cut)| {
            if self.mode().has_demands() && cut.records == [0] { unit.content.void().1 } else { *input }
        });
        let void = void.collect();
        Ok((first, void))
    }

    /// The first segment of a batch after the root `pre` whose root is not the one that follows.
    ///
    /// # Errors
    /// Where the chain cannot be read.
    pub(super) fn first_wrong(
        &self,
        chain: &mut dyn Chain,
        header: &Header,
        pre: &Hash,
        cuts: &[Cut],
    ) -> Result<Option<u32>, PostError> {
        let leaves = match self.mode() {
            Mode::Calldata | Mode::Demand => leaves(pre, cuts, cuts.iter().map(|cut| cut.input(self.mode()))),
            Mode::Blob => {
                let segments: Vec<Segment> = cuts.iter().map(Cut::segment).collect();
                compose(Mode::Blob, pre, &segments, None)?.leaves
            }
            // They depend on a secret, which may be another operator's.
            Mode::Sealed => Vec::new(),
        };
        let hashes: Vec<Hash> = leaves.iter().map(Leaf::hash).collect();
        if batch::data_root(&hashes) == header.data_root {
            return Ok(None);
        }
        let hash = header.hash();
        for entry in Contract::at(chain, self.lens.contract()).events(header.block, header.block)? {
            let is_it = matches!(entry.event, Event::Posted { hash: found, .. } | Event::Reposted { hash: found, .. } if found == hash);
            if !is_it {
                continue;
            }
            let Some((roots, fits)) = self.roots_with(chain, &entry, &header.data_root)? else {
                return Ok(Some(0));
            };
            let wrong = cuts.iter().zip(&roots).position(|(cut, root)| cut.root() != *root);
            // All of them right, and other leaves: another operator's secret, or its way to fill cells.
            return Ok(wrong.map(|segment| segment as u32).or((!fits).then_some(0)));
        }
        Ok(Some(0))
    }

    /// The roots that a batch was posted with; nothing where they cannot be had.
    ///
    /// # Errors
    /// Where the chain cannot be read.
    pub fn roots(&self, chain: &mut dyn Chain, entry: &Entry) -> Result<Option<Vec<Hash>>, ContractError> {
        Ok(self.roots_with(chain, entry, &[0; 32])?.map(|(roots, _)| roots))
    }

    /// The same, and whether leaves of this mode may be others than this operator's: where a secret or the filling of
    /// cells was another's, and the claimed data root is that of the blob.
    fn roots_with(
        &self,
        chain: &mut dyn Chain,
        entry: &Entry,
        data_root: &Hash,
    ) -> Result<Option<(Vec<Hash>, bool)>, ContractError> {
        let (parent, data) = match self.lens.posted(chain, entry)? {
            Ok(Posted::New { parent, data, .. }) => (parent, data),
            Ok(Posted::Again { parent, blob, .. }) if self.mode() == Mode::Blob => (parent, blob),
            Ok(Posted::Again { roots, .. }) => return Ok(Some((roots, self.mode() == Mode::Sealed))),
            Err(_) => return Ok(None),
        };
        let Ok(published) = read(self.mode(), &parent.root, &data) else { return Ok(None) };
        let fits = match self.mode() {
            Mode::Sealed => true,
            Mode::Blob => published.mismatched.is_empty() && published.data_root() == *data_root,
            _ => false,
        };
        Ok(Some((published.roots(), fits)))
    }

    /// The next demand that waits for an answer.
    ///
    /// # Errors
    /// Where the chain cannot be read.
    pub(super) fn question(
        &mut self,
        chain: &mut dyn Chain,
        view: &View,
        head: &Block,
    ) -> Result<Option<Question>, PostError> {
        let Some(demands) = self.lens.demands(chain)? else { return Ok(None) };
        if self.asked != Some(*head) {
            let same = match self.asked {
                Some(read) => chain.block(read.number)?.is_some_and(|block| block.hash == read.hash),
                None => false,
            };
            // After a re-organisation all are read again; what is answered is told from how it stands.
            let from = if same { self.asked.map_or(self.from, |read| read.number + 1) } else { self.from };
            for notice in demands.notices(chain, from, head.number)? {
                if let Notice::Demanded(asked, point) = notice {
                    self.questions.push_back(Question { asked, point });
                }
            }
            self.asked = Some(*head);
        }
        while let Some(Question { asked, point }) = self.questions.pop_front() {
            // A batch that does not stand cannot be asked about any more.
            let stands = view.batches.iter().any(|header| header.hash() == asked.batch);
            let who = if self.mode() == Mode::Sealed { asked.who } else { Address::default() };
            let found = Asked { who, ..asked.clone() };
            if stands && matches!(demands.standing(chain, &found)?, Standing::Open(..)) {
                return Ok(Some(Question { asked, point }));
            }
        }
        Ok(None)
    }

    /// The answer to a demand; nothing where this operator does not have it. `pre`: the root before the batch.
    ///
    /// # Errors
    /// Where the chain cannot be read.
    pub(super) fn answer(
        &mut self,
        chain: &mut dyn Chain,
        (header, entry): (&Header, &Entry),
        pre: &Hash,
        cuts: &[Cut],
        Question { asked, point }: &Question,
    ) -> Result<Option<Call>, PostError> {
        let Some(demands) = self.lens.demands(chain)? else { return Ok(None) };
        let Some(cut) = cuts.get(asked.segment as usize) else { return Ok(None) };
        if self.mode() == Mode::Sealed {
            let Event::Posted { header: first, .. } = &entry.event else { return Ok(None) };
            let Ok((published, _)) = self.published(chain, entry)? else { return Ok(None) };
            let unit = published.units.first().map(|unit| &unit.content);
            let secret = unit.and_then(|unit| self.lens.secret(&first.parent, unit, &published.wraps));
            let answer = secret.zip(point.as_ref());
            let answer =
                answer.and_then(|(secret, point)| secret.answer(asked.segment, point, &header.parent));
            return Ok(answer.map(|answer| demands.answer(header, asked.segment, asked.who, &answer)));
        }
        let Some(parted) = part(&cut.records).filter(|_| cut.unshown.is_none()) else { return Ok(None) };
        let leaves = leaves(pre, cuts, cuts.iter().map(|cut| cut.input(self.mode())));
        let published = Published::bare(leaves);
        let bare = keccak256(&parted.bare);
        Ok(Some(demands.show(header, &published, asked.segment, &bare, &parted.signatures)))
    }
}

/// The leaves after the root `pre`, of these inputs.
fn leaves(pre: &Hash, cuts: &[Cut], inputs: impl Iterator<Item = Hash>) -> Vec<Leaf> {
    let mut pre = *pre;
    let leaf = |(input, cut): (Hash, &Cut)| {
        let leaf = Leaf { pre, input, post: cut.root() };
        pre = leaf.post;
        leaf
    };
    inputs.zip(cuts).map(leaf).collect()
}

fn hash_of(inputs: &[Hash]) -> Hash {
    keccak256(inputs.as_flattened())
}

/// A segment with its records alone, to compare them; nothing where it cannot be read.
fn as_cut(part: &Part) -> Option<Cut> {
    let (records, unshown) = match (part.content(), part.text()) {
        (Content::Bare(bare, hash), Text::Assumed(_)) => (bare.clone(), Some(*hash)),
        (_, Text::Known(records) | Text::Assumed(records)) => (records, None),
        (_, Text::Hidden) => return None,
    };
    Some(Cut { records, unshown, ..Cut::default() })
}
