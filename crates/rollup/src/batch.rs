//! Segments, batches and what the contract commits to.
//!
//! A batch is posted as the run of its segments, `length u16 ‖ records ‖ root` each, and nothing else: how many there
//! are and which root precedes the first follow. The contract keeps one hash of the [`Header`]; whoever disputes a
//! segment opens its leaf by a path to the header's data root.

use market::{Address, Hash, Keccak256, keccak256};

/// A run of records and the root that the operator claims after them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Segment {
    /// The records, one after the other; at most 65 535 bytes can be posted, fewer are executed.
    pub records: Vec<u8>,
    /// The root after them.
    pub root: Hash,
}

/// Why bytes are not a batch.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BatchError {
    /// The data ends inside a segment.
    #[error("segment {segment} begins at byte {at} and needs {needed} bytes, but only {left} are left")]
    Short {
        /// Which, from 0.
        segment: usize,
        /// Where it begins.
        at: usize,
        /// Bytes that its length, records and root take, as far as known.
        needed: usize,
        /// Bytes from there on.
        left: usize,
    },
    /// A segment's records are too long for their length's two bytes.
    #[error("segment {segment} has {bytes} bytes of records: split it, at most 65535 can be posted")]
    Long {
        /// Which, from 0.
        segment: usize,
        /// Its records' bytes.
        bytes: usize,
    },
}

/// The bytes that are posted.
///
/// # Errors
/// [`BatchError::Long`] where a segment cannot be written down.
pub fn encode(segments: &[Segment]) -> Result<Vec<u8>, BatchError> {
    let mut data = Vec::with_capacity(segments.iter().map(|segment| segment.records.len() + 34).sum());
    for (i, segment) in segments.iter().enumerate() {
        let bytes = segment.records.len();
        let length = u16::try_from(bytes).map_err(|_| BatchError::Long { segment: i, bytes })?;
        data.extend_from_slice(&length.to_be_bytes());
        data.extend_from_slice(&segment.records);
        data.extend_from_slice(&segment.root);
    }
    Ok(data)
}

/// The segments of posted bytes. Whether their records hold, or are records at all, is the transition's question.
///
/// # Errors
/// [`BatchError::Short`] where the bytes end inside a segment; the contract refuses to post such.
pub fn decode(data: &[u8]) -> Result<Vec<Segment>, BatchError> {
    let mut segments = Vec::new();
    let mut at = 0;
    while at < data.len() {
        let rest = &data[at..];
        let short = |needed| BatchError::Short { segment: segments.len(), at, needed, left: rest.len() };
        let (length, body) = rest.split_first_chunk::<2>().ok_or_else(|| short(34))?;
        let length = usize::from(u16::from_be_bytes(*length));
        let (records, body) = body.split_at_checked(length).ok_or_else(|| short(34 + length))?;
        let root = body.first_chunk::<32>().ok_or_else(|| short(34 + length))?;
        segments.push(Segment { records: records.to_vec(), root: *root });
        at += 34 + length;
    }
    Ok(segments)
}

/// A segment's leaf: keccak256(root before ‖ keccak256(records) ‖ root after).
#[must_use]
pub fn leaf(pre: &Hash, records: &Hash, post: &Hash) -> Hash {
    Keccak256::new().with(pre).with(records).with(post).finish()
}

/// The leaves of a batch whose parent ended at `pre`.
#[must_use]
pub fn leaves(pre: &Hash, segments: &[Segment]) -> Vec<Hash> {
    let roots: Vec<Hash> = segments.iter().map(|segment| segment.root).collect();
    leaves_with(pre, segments.iter().map(|segment| segment.records.as_slice()), &roots)
}

/// The same from records and roots that come apart.
#[must_use]
pub fn leaves_with<'a>(pre: &Hash, records: impl Iterator<Item = &'a [u8]>, roots: &[Hash]) -> Vec<Hash> {
    let before = std::iter::once(pre).chain(roots);
    before
        .zip(records)
        .zip(roots)
        .map(|((pre, records), root)| leaf(pre, &keccak256(records), root))
        .collect()
}

/// The input's hash: keccak256 over the keccak256 of each segment's records. It does not depend on any root.
#[must_use]
pub fn records_hash(segments: &[Segment]) -> Hash {
    let mut all = Keccak256::new();
    for segment in segments {
        all.update(&keccak256(&segment.records));
    }
    all.finish()
}

/// The binary Merkle root over the leaves; where a level is odd, its last node moves up as it is. Zero without leaves.
#[must_use]
pub fn data_root(leaves: &[Hash]) -> Hash {
    let mut level = leaves.to_vec();
    while level.len() > 1 {
        level = above(&level);
    }
    level.first().copied().unwrap_or_default()
}

/// The siblings that lead from a leaf to the data root, from the bottom up; a level where the node moves up as it is
/// gives none. Empty where there is no such leaf.
#[must_use]
pub fn path(leaves: &[Hash], index: usize) -> Vec<Hash> {
    let mut siblings = Vec::new();
    let (mut level, mut at) = (leaves.to_vec(), index);
    while level.len() > 1 && at < level.len() {
        siblings.extend(level.get(at ^ 1));
        level = above(&level);
        at /= 2;
    }
    siblings
}

/// The data root that follows from one leaf of `count` and its path; `None` where the path is of another length or the
/// batch has no such leaf.
#[must_use]
pub fn follow(leaf: &Hash, index: usize, count: usize, path: &[Hash]) -> Option<Hash> {
    if index >= count {
        return None;
    }
    let (mut node, mut at, mut width) = (*leaf, index, count);
    let mut siblings = path.iter();
    while width > 1 {
        if at ^ 1 < width {
            let sibling = siblings.next()?;
            let (left, right) = if at % 2 == 0 { (&node, sibling) } else { (sibling, &node) };
            node = Keccak256::new().with(left).with(right).finish();
        }
        (at, width) = (at / 2, width.div_ceil(2));
    }
    siblings.next().is_none().then_some(node)
}

fn above(level: &[Hash]) -> Vec<Hash> {
    let parent = |pair: &[Hash]| match pair {
        [left, right] => Keccak256::new().with(left).with(right).finish(),
        odd => odd[0],
    };
    level.chunks(2).map(parent).collect()
}

/// What the contract keeps of a batch, as one hash; fields and order are those of `IRollup.Header`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Header {
    /// Given once, never reused.
    pub id: u64,
    /// Position in the chain of batches, and number of its input.
    pub number: u64,
    /// The hash of the header before.
    pub parent: Hash,
    /// Over the segments: roots and records.
    pub data_root: Hash,
    /// The input, see [`records_hash`].
    pub records_hash: Hash,
    /// How many segments.
    pub segments: u32,
    /// The root after the last.
    pub root: Hash,
    /// Items of the queue consumed up to here.
    pub queue: u64,
    /// Whether no work is half done there.
    pub idle: bool,
    /// When the input was posted first, Unix s.
    pub time: u64,
    /// When this batch was posted, Unix s.
    pub posted_at: u64,
    /// And in which block.
    pub block: u64,
    /// Who posted it.
    pub operator: Address,
    /// Of the transition that judges it.
    pub version: u32,
    /// The versioned hash of the blob that holds the data; zero where calldata does.
    pub blob: Hash,
    /// Items of the queue there were when the input was posted first: more cannot be consumed.
    pub available: u64,
}

impl Header {
    /// Words of its encoding.
    const WORDS: usize = 16;

    /// `abi.encode(header)`: a static struct, one word a field, numbers and the address to the right.
    #[must_use]
    pub fn encode(&self) -> [u8; 32 * Self::WORDS] {
        let number = |value: u64| {
            let mut word = [0; 32];
            word[24..].copy_from_slice(&value.to_be_bytes());
            word
        };
        let mut operator = [0; 32];
        operator[12..].copy_from_slice(&self.operator.0);
        let words: [Hash; Self::WORDS] = [
            number(self.id),
            number(self.number),
            self.parent,
            self.data_root,
            self.records_hash,
            number(self.segments.into()),
            self.root,
            number(self.queue),
            number(self.idle.into()),
            number(self.time),
            number(self.posted_at),
            number(self.block),
            operator,
            number(self.version.into()),
            self.blob,
            number(self.available),
        ];
        let mut bytes = [0; 32 * Self::WORDS];
        bytes.copy_from_slice(words.as_flattened());
        bytes
    }

    /// The header of an encoding; `None` where a word holds more than its field, as the contract's decoder refuses it.
    #[must_use]
    pub fn decode(bytes: &[u8; 32 * Self::WORDS]) -> Option<Self> {
        let (words, _) = bytes.as_chunks::<32>();
        let number = |i: usize| {
            let (high, low) = words[i].split_last_chunk::<8>()?;
            high.iter().all(|&byte| byte == 0).then_some(u64::from_be_bytes(*low))
        };
        let small = |i: usize| u32::try_from(number(i)?).ok();
        let (pad, operator) = words[12].split_last_chunk::<20>()?;
        Some(Self {
            id: number(0)?,
            number: number(1)?,
            parent: words[2],
            data_root: words[3],
            records_hash: words[4],
            segments: small(5)?,
            root: words[6],
            queue: number(7)?,
            idle: match number(8)? {
                0 => false,
                1 => true,
                _ => return None,
            },
            time: number(9)?,
            posted_at: number(10)?,
            block: number(11)?,
            operator: if pad == [0; 12] { Address(*operator) } else { return None },
            version: small(13)?,
            blob: words[14],
            available: number(15)?,
        })
    }

    /// What the contract keeps.
    #[must_use]
    pub fn hash(&self) -> Hash {
        keccak256(&self.encode())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn hex<const N: usize>(text: &str) -> [u8; N] {
        std::array::from_fn(|i| u8::from_str_radix(&text[2 * i..2 * i + 2], 16).unwrap())
    }

    fn segment(records: &[u8], root: u8) -> Segment {
        Segment { records: records.to_vec(), root: [root; 32] }
    }

    #[test]
    fn a_batch_is_its_segments_one_after_the_other() {
        let data = encode(&[segment(&[2, 1], 0xaa), segment(&[], 0xbb)]).unwrap();
        let by_hand = [&[0, 2, 2, 1][..], &[0xaa; 32], &[0, 0], &[0xbb; 32]].concat();
        assert_eq!(data, by_hand);
        assert_eq!(decode(&data).unwrap(), [segment(&[2, 1], 0xaa), segment(&[], 0xbb)]);
        assert_eq!(decode(&[]), Ok(vec![]));
    }

    #[test]
    fn cut_data_is_refused_with_the_place() {
        let data = encode(&[segment(&[2, 1], 0xaa), segment(&[9; 300], 0xbb)]).unwrap();
        let check = |end: usize, needed| {
            let expected = BatchError::Short { segment: 1, at: 36, needed, left: end - 36 };
            assert_eq!(decode(&data[..end]), Err(expected));
        };
        check(37, 34); // half a length
        check(38, 334); // no records
        check(338, 334); // no root
        check(data.len() - 1, 334);
        let long = encode(&[segment(&[0; 65_536], 0)]);
        assert_eq!(long, Err(BatchError::Long { segment: 0, bytes: 65_536 }));
    }

    #[test]
    fn the_data_root_is_the_tree_drawn_by_hand() {
        let pair = |a: &Hash, b: &Hash| keccak256(&[*a, *b].concat());
        let [a, b, c, d, e] = [[1; 32], [2; 32], [3; 32], [4; 32], [5; 32]];
        assert_eq!(data_root(&[]), [0; 32]);
        assert_eq!(data_root(&[a]), a);
        assert_eq!(data_root(&[a, b]), pair(&a, &b));
        assert_eq!(data_root(&[a, b, c]), pair(&pair(&a, &b), &c));
        let four = pair(&pair(&a, &b), &pair(&c, &d));
        assert_eq!(data_root(&[a, b, c, d, e]), pair(&four, &e), "the fifth moves up twice");
        assert_eq!(path(&[a, b, c, d, e], 4), [four]);
        assert_eq!(path(&[a, b, c, d, e], 2), [d, pair(&a, &b), e]);
        assert_eq!(path(&[a], 0), [[0; 32]; 0]);
        // keccak256 of 64 zero bytes, known as the first node of every sparse tree on Ethereum.
        let zeros = hex("ad3228b676f7d3cd4284a5443f17f1962b36e491b30a40b2405849e597ba5fb5");
        assert_eq!(data_root(&[[0; 32]; 2]), zeros);
    }

    #[test]
    fn a_leaf_binds_the_root_before_the_records_and_the_root_after() {
        let segments = [segment(&[2, 1], 0xaa), segment(&[], 0xbb)];
        let [first, second] = leaves(&[7; 32], &segments).try_into().unwrap();
        assert_eq!(first, keccak256(&[[7; 32], keccak256(&[2, 1]), [0xaa; 32]].concat()));
        // keccak256 of nothing, known from empty accounts on Ethereum.
        let nothing = hex("c5d2460186f7233c927e7db2dcc703c0e500b653ca82273b7bfad8045d85a470");
        assert_eq!(second, keccak256(&[[0xaa; 32], nothing, [0xbb; 32]].concat()));
        assert_eq!(records_hash(&segments), keccak256(&[keccak256(&[2, 1]), nothing].concat()));
    }

    #[test]
    fn a_header_is_encoded_as_solidity_does() {
        let header = Header {
            id: 1,
            number: 2,
            parent: [3; 32],
            data_root: [4; 32],
            records_hash: [5; 32],
            segments: 6,
            root: [7; 32],
            queue: 8,
            idle: true,
            time: 0x0102_0304_0506_0708,
            posted_at: 10,
            block: 11,
            operator: Address([12; 20]),
            version: 13,
            blob: [14; 32],
            available: 15,
        };
        let word = |text: &str| format!("{text:0>64}");
        let by_hand = [
            word("1"),
            word("2"),
            "03".repeat(32),
            "04".repeat(32),
            "05".repeat(32),
            word("6"),
            "07".repeat(32),
            word("8"),
            word("1"),
            word("102030405060708"),
            word("a"),
            word("b"),
            word(&"0c".repeat(20)),
            word("d"),
            "0e".repeat(32),
            word("f"),
        ];
        assert_eq!(header.encode(), hex(&by_hand.concat()));
        assert_eq!(header.hash(), keccak256(&hex::<512>(&by_hand.concat())));
        assert_eq!(Header::decode(&header.encode()), Some(header));
    }

    #[test]
    fn a_word_beyond_its_field_is_no_header() {
        let encoding = Header::default().encode();
        for (word, byte) in
            [(0, 23), (1, 0), (5, 27), (7, 23), (8, 30), (9, 0), (10, 0), (11, 0), (12, 11), (13, 27)]
        {
            let mut wrong = encoding;
            wrong[32 * word + byte] = 1;
            assert_eq!(Header::decode(&wrong), None, "word {word}");
        }
        let mut wrong = encoding;
        wrong[32 * 8 + 31] = 2;
        assert_eq!(Header::decode(&wrong), None, "a bool is 0 or 1");
    }

    proptest! {
        #[test]
        fn decoding_undoes_encoding(list in prop::collection::vec((prop::collection::vec(any::<u8>(), 0..90), any::<Hash>()), 0..9)) {
            let segments: Vec<_> = list.into_iter().map(|(records, root)| Segment { records, root }).collect();
            prop_assert_eq!(decode(&encode(&segments).unwrap()), Ok(segments));
        }

        #[test]
        fn encoding_undoes_decoding(data in prop::collection::vec(prop_oneof![Just(0_u8), any::<u8>()], 0..300)) {
            if let Ok(segments) = decode(&data) {
                prop_assert_eq!(encode(&segments), Ok(data));
            }
        }

        #[test]
        fn every_leaf_opens_at_its_place_only(leaves in prop::collection::vec(any::<Hash>(), 1..40), at: prop::sample::Index, other: Hash) {
            let (root, count, at) = (data_root(&leaves), leaves.len(), at.index(leaves.len()));
            let siblings = path(&leaves, at);
            prop_assert_eq!(follow(&leaves[at], at, count, &siblings), Some(root));
            prop_assert_ne!(follow(&other, at, count, &siblings), Some(root));
            prop_assert_eq!(follow(&leaves[at], count, count, &siblings), None);
            let longer = [siblings.clone(), vec![other]].concat();
            prop_assert_eq!(follow(&leaves[at], at, count, &longer), None);
            if count > 1 {
                prop_assert_eq!(follow(&leaves[at], at, count, &siblings[1..]), None);
                prop_assert_ne!(follow(&leaves[at], if at == 0 { 1 } else { at - 1 }, count, &siblings), Some(root));
            }
        }
    }
}
