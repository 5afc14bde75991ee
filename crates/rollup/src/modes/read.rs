//! What a watcher finds on the chain.

use super::compose::{DATA_CELLS, Leaf, chain, pair};
use super::seal::apply;
use super::{Mode, ModeError, cell};
use crate::batch;
use market::{Hash, Keccak256, keccak256};

impl Content {
    /// What a segment becomes that nobody showed: the mode's form of the byte 00, which begins no record; and the input
    /// of its leaf.
    #[must_use]
    pub fn void(&self) -> (Self, Hash) {
        let (part, hash) = match self {
            Self::Full(_) => return (Self::Full(vec![0]), keccak256(&[0])),
            Self::Bare(..) => (vec![0], keccak256(&[])),
            Self::Sealed(..) => (apply(&[0; 32], &[0]), keccak256(&[0; 32])),
        };
        let input = pair(&part, &hash);
        let content = if matches!(self, Self::Bare(..)) { Self::Bare } else { Self::Sealed };
        (content(part, hash), input)
    }
}

/// What the chain shows of a segment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Content {
    /// Its records with their signatures.
    Full(Vec<u8>),
    /// Its records without signatures, and keccak256 of these.
    Bare(Vec<u8>, Hash),
    /// Its records encrypted, and keccak256 of the key.
    Sealed(Vec<u8>, Hash),
}

/// A segment as it was published.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unit {
    /// Which leaf binds it.
    pub leaf: usize,
    /// Which of the segments of that leaf it is; 0 outside blobs.
    pub index: usize,
    /// What is shown of it.
    pub content: Content,
    /// The root before it, as posted.
    pub pre: Hash,
    /// The root after it, as posted.
    pub root: Hash,
}

/// A batch as it was published.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Published {
    /// Its leaves; in blobs as the blob's list has them.
    pub leaves: Vec<Leaf>,
    /// Its segments, in order.
    pub units: Vec<Unit>,
    /// Leaves that are not what the blob's cells say.
    pub mismatched: Vec<usize>,
    /// What the sealed secret is wrapped in.
    pub wraps: Vec<u8>,
    /// What the cells of the blob carry.
    pub(super) cells: Vec<Vec<u8>>,
}

impl Published {
    /// The leaves alone: enough to show where one of them lies.
    #[must_use]
    pub fn bare(leaves: Vec<Leaf>) -> Self {
        Self { leaves, ..Self::default() }
    }

    /// The data root that follows; where the header has another, the batch is proven wrong by its blob's list.
    #[must_use]
    pub fn data_root(&self) -> Hash {
        batch::data_root(&self.hashes())
    }

    /// The root after each segment, as posted.
    #[must_use]
    pub fn roots(&self) -> Vec<Hash> {
        self.units.iter().map(|unit| unit.root).collect()
    }

    /// The segments' contents.
    #[must_use]
    pub fn contents(&self) -> Vec<Content> {
        self.units.iter().map(|unit| unit.content.clone()).collect()
    }

    /// The segments' contents, which are missing here afterwards.
    #[must_use]
    pub fn take_contents(&mut self) -> Vec<Content> {
        let nothing = || Content::Full(Vec::new());
        self.units.iter_mut().map(|unit| std::mem::replace(&mut unit.content, nothing())).collect()
    }

    /// The hash of the inputs of all leaves, one after the other.
    #[must_use]
    pub fn inputs_hash(&self) -> Hash {
        let mut all = Keccak256::new();
        self.leaves.iter().for_each(|leaf| all.update(&leaf.input));
        all.finish()
    }

    /// The same inputs with other roots, where every segment is a leaf; `None` where there are more or fewer roots.
    #[must_use]
    pub fn with_roots(&self, pre: &Hash, roots: &[Hash]) -> Option<Self> {
        if roots.len() != self.leaves.len() || self.units.len() != self.leaves.len() {
            return None;
        }
        let leaves = chain(*pre, self.leaves.iter().map(|leaf| leaf.input).zip(roots.iter().copied()));
        let mut again = Self { leaves, ..self.clone() };
        for (unit, leaf) in again.units.iter_mut().zip(&again.leaves) {
            (unit.pre, unit.root) = (leaf.pre, leaf.post);
        }
        Some(again)
    }

    /// Whether each segment's records are those of another publication of the same input, leaf by leaf: the first leaf
    /// where they are not.
    #[must_use]
    pub fn altered(&self, first: &Self) -> Option<usize> {
        let of = |published: &Self, leaf: usize| -> Vec<Content> {
            published.units.iter().filter(|unit| unit.leaf == leaf).map(|unit| unit.content.clone()).collect()
        };
        (0..self.leaves.len().max(first.leaves.len())).find(|leaf| of(self, *leaf) != of(first, *leaf))
    }

    /// The leaves' hashes.
    #[must_use]
    pub fn hashes(&self) -> Vec<Hash> {
        self.leaves.iter().map(Leaf::hash).collect()
    }
}

/// Reads what was posted after the root `pre`: the argument `data` of `post`, or the blob.
///
/// # Errors
/// [`ModeError`] where the contract would not have taken it, so it is not the batch's. Blobs can be read whatever is in them.
pub fn read(mode: Mode, pre: &Hash, data: &[u8]) -> Result<Published, ModeError> {
    match mode {
        Mode::Calldata => {
            let segments = batch::decode(data)?;
            let leaves =
                chain(*pre, segments.iter().map(|segment| (keccak256(&segment.records), segment.root)));
            let units = segments.into_iter().zip(&leaves).enumerate();
            let units = units.map(|(i, (segment, leaf))| Unit {
                leaf: i,
                index: 0,
                content: Content::Full(segment.records),
                pre: leaf.pre,
                root: leaf.post,
            });
            Ok(Published { units: units.collect(), leaves, ..Published::default() })
        }
        Mode::Demand => Ok(two_parts(pre, data, Content::Bare)?),
        Mode::Sealed => {
            let (length, rest) = data.split_first_chunk::<2>().ok_or(ModeError::CutOff(0))?;
            let length = usize::from(u16::from_be_bytes(*length));
            let (wraps, rest) = rest.split_at_checked(length).ok_or(ModeError::CutOff(2))?;
            Ok(Published { wraps: wraps.to_vec(), ..two_parts(pre, rest, Content::Sealed)? })
        }
        Mode::Blob if data.len() != cell::BLOB => Err(ModeError::CutOff(data.len())),
        Mode::Blob => Ok(from_blob(pre, data)),
    }
}

fn two_parts(pre: &Hash, data: &[u8], content: fn(Vec<u8>, Hash) -> Content) -> Result<Published, ModeError> {
    let mut parts = Vec::new();
    let mut at = 0;
    while at < data.len() {
        let rest = &data[at..];
        let cut = || ModeError::CutOff(at);
        let (length, body) = rest.split_first_chunk::<2>().ok_or_else(cut)?;
        let length = usize::from(u16::from_be_bytes(*length));
        let (part, body) = body.split_at_checked(length).ok_or_else(cut)?;
        let (other, body) = body.split_first_chunk::<32>().ok_or_else(cut)?;
        let root = body.first_chunk::<32>().ok_or_else(cut)?;
        parts.push((part, *other, *root));
        at += 66 + length;
    }
    let leaves = chain(*pre, parts.iter().map(|(part, other, root)| (pair(part, other), *root)));
    let units = parts.into_iter().zip(&leaves).enumerate();
    let units = units.map(|(i, ((part, other, root), leaf))| Unit {
        leaf: i,
        index: 0,
        content: content(part.to_vec(), other),
        pre: leaf.pre,
        root,
    });
    Ok(Published { units: units.collect(), leaves, ..Published::default() })
}

fn from_blob(pre: &Hash, blob: &[u8]) -> Published {
    let cells: Vec<Vec<u8>> = (0..cell::CELLS).map(|i| cell::content(blob, i)).collect();
    let list = cells[DATA_CELLS..].concat();
    let (words, _) = list.as_chunks::<32>();
    let entries = words.chunks(2).take(DATA_CELLS).map(|entry| (entry[0], entry[1]));
    let leaves = chain(*pre, entries);
    let mut published = Published { leaves, cells, ..Published::default() };
    for leaf in 0..DATA_CELLS {
        let content = published.cells[leaf].clone();
        let mut last = published.leaves[leaf].pre;
        for (index, (records, root)) in segments_of(&content).into_iter().enumerate() {
            published.units.push(Unit { leaf, index, content: Content::Full(records), pre: last, root });
            last = root;
        }
        let listed = published.leaves[leaf];
        if keccak256(&content) != listed.input || last != listed.post {
            published.mismatched.push(leaf);
        }
    }
    published
}

/// The segments of a cell: up to the length 0, or to what no longer fits.
fn segments_of(content: &[u8]) -> Vec<(Vec<u8>, Hash)> {
    let mut found = Vec::new();
    let mut rest = content;
    while let Some((length, body)) = rest.split_first_chunk::<2>() {
        let length = usize::from(u16::from_be_bytes(*length));
        let Some((records, body)) = body.split_at_checked(length) else { break };
        let Some((root, body)) = body.split_first_chunk::<32>() else { break };
        if length == 0 {
            break;
        }
        found.push((records.to_vec(), *root));
        rest = body;
    }
    found
}
