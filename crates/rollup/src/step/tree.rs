//! The tree: a sparse binary Merkle tree of depth 32 over the leaves' hashes.
//!
//! A parent is keccak256(left ‖ right); a leaf that is not there is 32 zero bytes, and an empty subtree has the hash
//! that follows. Only nodes above leaves are kept.

use super::place::{DEPTH, Place};
use super::word::{NO_WORDS, Words};
use market::{Hash, keccak256};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::LazyLock;

/// The hashes of empty subtrees by height, a leaf's first.
static EMPTY: LazyLock<[Hash; DEPTH as usize + 1]> = LazyLock::new(|| {
    let mut hashes = [[0; 32]; DEPTH as usize + 1];
    for height in 0..DEPTH as usize {
        hashes[height + 1] = parent(&hashes[height], &hashes[height]);
    }
    hashes
});

/// The hash of an empty subtree of this height, at most [`DEPTH`]; a leaf has height 0.
#[must_use]
pub fn empty(height: u32) -> Hash {
    EMPTY[height as usize]
}

/// The hash of two subtrees.
#[must_use]
pub fn parent(left: &Hash, right: &Hash) -> Hash {
    keccak256([*left, *right].as_flattened())
}

/// The hash of a leaf: zero where all its words are.
#[must_use]
pub(super) fn leaf(place: Place, words: &Words) -> Hash {
    if *words == NO_WORDS { [0; 32] } else { keccak256(words[..place.words()].as_flattened()) }
}

/// The nodes above the leaves that are there.
#[derive(Clone, Debug, Default)]
pub struct Tree {
    /// By height and index there; what equals an empty subtree is left out.
    nodes: Vec<BTreeMap<u32, Hash>>,
    root: Option<Hash>,
}

impl Tree {
    /// A tree without leaves.
    #[must_use]
    pub fn new() -> Self {
        Self { nodes: vec![BTreeMap::new(); DEPTH as usize], root: None }
    }

    /// The root.
    #[must_use]
    pub fn root(&self) -> Hash {
        self.root.unwrap_or_else(|| empty(DEPTH))
    }

    /// The hash of a subtree below the root.
    #[must_use]
    pub fn node(&self, height: u32, index: u32) -> Hash {
        let known = self.nodes.get(height as usize).and_then(|level| level.get(&index));
        known.copied().unwrap_or_else(|| empty(height))
    }

    /// Takes the new hashes of these leaves and hashes everything above them once.
    pub fn update(&mut self, leaves: impl IntoIterator<Item = (Place, Hash)>) {
        let mut changed = BTreeSet::new();
        for (place, hash) in leaves {
            self.set(0, place.0, hash);
            changed.insert(place.0);
        }
        for height in 0..DEPTH {
            let mut above = BTreeSet::new();
            for index in changed.iter().map(|index| index / 2) {
                if !above.insert(index) {
                    continue;
                }
                let [left, right] = [2 * index, 2 * index + 1].map(|index| self.node(height, index));
                let hash = parent(&left, &right);
                if height + 1 == DEPTH { self.root = Some(hash) } else { self.set(height + 1, index, hash) }
            }
            changed = above;
        }
    }

    fn set(&mut self, height: u32, index: u32, hash: Hash) {
        let Some(level) = self.nodes.get_mut(height as usize) else { return };
        if hash == empty(height) {
            level.remove(&index);
        } else {
            level.insert(index, hash);
        }
    }
}
