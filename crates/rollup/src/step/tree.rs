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

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// The root by the definition, from the leaves in order of place.
    fn root(height: u32, leaves: &[(u32, Hash)]) -> Hash {
        match (height, leaves) {
            (_, []) => empty(height),
            (0, [(_, hash), ..]) => *hash,
            _ => {
                let half = leaves.partition_point(|(place, _)| place >> (height - 1) & 1 == 0);
                parent(&root(height - 1, &leaves[..half]), &root(height - 1, &leaves[half..]))
            }
        }
    }

    proptest! {
        #[test]
        fn a_tree_that_changes_has_the_root_of_one_made_anew(
            changes in prop::collection::vec(prop::collection::vec((any::<u32>(), 0_u8..4), 0..12), 1..6),
        ) {
            let (mut tree, mut leaves) = (Tree::new(), BTreeMap::new());
            prop_assert_eq!(tree.root(), empty(DEPTH));
            for change in changes {
                // Few places, so that leaves change and go, some of them neighbours.
                let change = change.into_iter().map(|(place, value)| (place % 5 * 0x1111_1111 + place % 3, [value; 32]));
                let change: BTreeMap<u32, Hash> = change.collect();
                tree.update(change.iter().map(|(place, hash)| (Place(*place), *hash)));
                leaves.extend(change);
                leaves.retain(|_, hash| *hash != [0; 32]);
                let list: Vec<_> = leaves.iter().map(|(place, hash)| (*place, *hash)).collect();
                prop_assert_eq!(tree.root(), root(DEPTH, &list));
            }
        }
    }

    #[test]
    fn empty_trees_are_those_of_the_markets_cases() {
        let case = include_str!("../../../../cases/encoding/merkle.json");
        let case: serde_json::Value = serde_json::from_str(case).unwrap();
        for (height, hash) in (0..).zip(case["zero"].as_array().unwrap()) {
            assert_eq!(empty(height).to_vec(), market::testing::hex(hash.as_str().unwrap()));
        }
    }
}
