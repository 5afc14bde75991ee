//! What an operator posts.

use super::demand::{Parted, part};
use super::seal::{Secret, apply};
use super::{Mode, ModeError, cell};
use crate::batch::{self, Segment};
use market::{Hash, Keccak256, keccak256};

/// Cells of a blob that carry segments; the two after them list the leaves.
pub(super) const DATA_CELLS: usize = 62;

/// What one leaf of the data root binds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Leaf {
    /// The root before.
    pub pre: Hash,
    /// The mode's commitment to what lies between.
    pub input: Hash,
    /// The root after.
    pub post: Hash,
}

impl Leaf {
    /// The leaf itself.
    #[must_use]
    pub fn hash(&self) -> Hash {
        batch::leaf(&self.pre, &self.input, &self.post)
    }
}

/// What a batch is sealed with.
#[derive(Clone, Debug)]
pub struct Sealing {
    /// Its keys follow from this.
    pub secret: Secret,
    /// The hash of its parent.
    pub context: Hash,
    /// Public keys of the registered watchers, in the registry's order.
    pub readers: Vec<[u8; 33]>,
}

/// A batch as it is sent.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Composed {
    /// The argument `data` of `post`.
    pub data: Vec<u8>,
    /// Blobs that go along.
    pub blobs: Vec<Vec<u8>>,
    /// What the data root is over.
    pub leaves: Vec<Leaf>,
}

/// What binds two parts of a segment.
pub(super) fn pair(part: &[u8], other: &Hash) -> Hash {
    Keccak256::new().with(&keccak256(part)).with(other).finish()
}

/// Chains inputs and roots after them to leaves.
pub(super) fn chain(mut pre: Hash, steps: impl IntoIterator<Item = (Hash, Hash)>) -> Vec<Leaf> {
    let mut leaves = Vec::new();
    for (input, post) in steps {
        leaves.push(Leaf { pre, input, post });
        pre = post;
    }
    leaves
}

/// What a leaf binds as its input, in modes where that follows from the records alone; elsewhere what it would in
/// calldata. `unshown`: the records are without signatures, and these have this hash.
#[must_use]
pub fn input(mode: Mode, records: &[u8], unshown: Option<&Hash>) -> Hash {
    match (mode, unshown) {
        (Mode::Demand, Some(hash)) => pair(records, hash),
        (Mode::Demand, None) => {
            // Records that are none have no signatures either.
            let parted =
                part(records).unwrap_or_else(|| Parted { bare: records.to_vec(), signatures: Vec::new() });
            pair(&parted.bare, &keccak256(&parted.signatures))
        }
        _ => keccak256(records),
    }
}

/// Makes of segments, with their signatures, what is posted in a mode. `pre` is the root before the first.
///
/// # Errors
/// [`ModeError`] where they cannot be posted so.
pub fn compose(
    mode: Mode,
    pre: &Hash,
    segments: &[Segment],
    sealing: Option<&Sealing>,
) -> Result<Composed, ModeError> {
    let two_parts = |parts: Vec<(Vec<u8>, Hash, Hash)>, mut data: Vec<u8>| {
        for (i, (part, other, root)) in parts.iter().enumerate() {
            let bytes = part.len();
            let length = u16::try_from(bytes).map_err(|_| batch::BatchError::Long { segment: i, bytes })?;
            data.extend_from_slice(&length.to_be_bytes());
            data.extend_from_slice(part);
            data.extend_from_slice(other);
            data.extend_from_slice(root);
        }
        let steps = parts.iter().map(|(part, other, root)| (pair(part, other), *root));
        Ok(Composed { data, blobs: Vec::new(), leaves: chain(*pre, steps) })
    };
    match mode {
        Mode::Calldata => {
            let steps = segments.iter().map(|segment| (keccak256(&segment.records), segment.root));
            Ok(Composed { data: batch::encode(segments)?, blobs: Vec::new(), leaves: chain(*pre, steps) })
        }
        Mode::Demand => {
            let parts = segments.iter().enumerate().map(|(i, segment)| {
                let parted = part(&segment.records).ok_or(ModeError::NoRecords(i))?;
                Ok((parted.bare, keccak256(&parted.signatures), segment.root))
            });
            two_parts(parts.collect::<Result<_, ModeError>>()?, Vec::new())
        }
        Mode::Sealed => {
            let sealing = sealing.ok_or(ModeError::NoSecret)?;
            let parts = (0..).zip(segments).map(|(i, segment)| {
                let key = sealing.secret.key(i);
                (apply(&key, &segment.records), keccak256(&key), segment.root)
            });
            let wraps = sealing.secret.wrap(&sealing.context, &sealing.readers);
            let length = u16::try_from(wraps.len()).map_err(|_| ModeError::NoSecret)?;
            two_parts(parts.collect(), [&length.to_be_bytes()[..], &wraps].concat())
        }
        Mode::Blob => in_blob(pre, segments),
    }
}

/// Each segment goes into the last begun cell if it fits there, else into the next.
fn in_blob(pre: &Hash, segments: &[Segment]) -> Result<Composed, ModeError> {
    let (mut cells, mut bytes) = (Vec::new(), 0);
    for segment in segments {
        let more = segment.records.len() + 34;
        if cells.is_empty() || bytes + more > cell::CELL {
            cells.push(Vec::new());
            bytes = 0;
        }
        bytes += more;
        cells.last_mut().expect("a cell was begun").push(segment.clone());
    }
    compose_cells(pre, &cells)
}

/// The blob with these segments in its cells: a repost has to leave each one where the first blob had it.
///
/// # Errors
/// [`ModeError`] where they do not fit.
pub fn compose_cells(pre: &Hash, segments: &[Vec<Segment>]) -> Result<Composed, ModeError> {
    if segments.len() > DATA_CELLS {
        return Err(cell::CellError::Cells(segments.len() + 2).into());
    }
    let (mut cells, mut roots, mut before) = (Vec::new(), Vec::new(), 0);
    for group in segments {
        let bytes = batch::encode(group)?;
        if bytes.len() > cell::CELL {
            return Err(ModeError::Long { segment: before, bytes: group[0].records.len() });
        }
        let last = roots.last().copied().unwrap_or(*pre);
        roots.push(group.last().map_or(last, |segment| segment.root));
        before += group.len();
        cells.push(bytes);
    }
    cells.resize(DATA_CELLS, Vec::new());
    roots.resize(DATA_CELLS, roots.last().copied().unwrap_or(*pre));
    for content in &mut cells {
        content.resize(cell::CELL, 0);
    }
    let inputs = cells.iter().map(|content| keccak256(content));
    let leaves = chain(*pre, inputs.zip(roots));
    let list: Vec<u8> = leaves.iter().flat_map(|leaf| [leaf.input, leaf.post].concat()).collect();
    cells.extend(list.chunks(cell::CELL).map(<[u8]>::to_vec));
    let hashes: Vec<Hash> = leaves.iter().map(Leaf::hash).collect();
    Ok(Composed { data: batch::data_root(&hashes).to_vec(), blobs: vec![cell::pack(&cells)?], leaves })
}
