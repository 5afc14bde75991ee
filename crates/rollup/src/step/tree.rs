//! The tree: a sparse binary Merkle tree of depth 32 over the leaves' hashes.
//!
//! A parent is keccak256(left ‖ right); a leaf that is not there is 32 zero bytes, and an empty subtree has the hash
//! that follows. Only nodes above leaves are kept.

use super::place::{DEPTH, Place};
use super::word::{NO_WORDS, Words};
use market::{Hash, keccak256};
use std::collections::BTreeMap;
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

/// Levels of a [`Page`].
const PAGE: u32 = 4;

/// A subtree's top and what is below it down to `PAGE` levels, numbered like a heap: the top is 1, and 2n and 2n + 1 are
/// below n. Leaves that change together are mostly neighbours, so most of what a change hashes again lies in few pages.
type Page = Box<[Hash; 2 << PAGE]>;

/// The nodes above the leaves that are there.
#[derive(Clone, Debug, Default)]
pub struct Tree {
    /// By height and by the top's index there; a page below which there is nothing is left out.
    pages: [BTreeMap<u32, Page>; (DEPTH / PAGE) as usize],
    root: Option<Hash>,
}

impl Tree {
    /// A tree without leaves.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// The root.
    #[must_use]
    pub fn root(&self) -> Hash {
        self.root.unwrap_or_else(|| empty(DEPTH))
    }

    /// The hash of a subtree below the root.
    #[must_use]
    pub fn node(&self, height: u32, index: u32) -> Hash {
        let above = PAGE - height % PAGE; // levels up to the page's top
        let page = self.pages.get((height / PAGE) as usize).and_then(|pages| pages.get(&(index >> above)));
        let first = 1 << above;
        page.map_or_else(|| empty(height), |page| page[(first + index % first) as usize])
    }

    /// Takes the new hashes of these leaves, in rising order of place, and hashes everything above them once.
    pub fn update(&mut self, leaves: impl IntoIterator<Item = (Place, Hash)>) {
        let mut changed: Vec<(u32, Hash)> = leaves.into_iter().map(|(place, hash)| (place.0, hash)).collect();
        for (pages, height) in self.pages.iter_mut().zip((0..).step_by(PAGE as usize)) {
            let of_one_page = |a: &(u32, Hash), b: &(u32, Hash)| a.0 >> PAGE == b.0 >> PAGE;
            let tops = changed.chunk_by(of_one_page).map(|changes| {
                let index = changes[0].0 >> PAGE;
                let page = pages.entry(index).or_insert_with(|| empty_page(height));
                let top = change(page, changes);
                if top == empty(height + PAGE) {
                    pages.remove(&index);
                }
                (index, top)
            });
            changed = tops.collect();
        }
        if let [(_, root)] = changed[..] {
            self.root = Some(root);
        }
    }
}

/// A page whose lowest nodes have this height, above nothing.
fn empty_page(height: u32) -> Page {
    let mut page = Box::new([[0; 32]; 2 << PAGE]);
    for (number, node) in page.iter_mut().enumerate().skip(1) {
        *node = empty(height + PAGE - number.ilog2());
    }
    page
}

/// Replaces some of a page's lowest nodes; the hash of its top.
fn change(page: &mut Page, changes: &[(u32, Hash)]) -> Hash {
    let first = 1 << PAGE;
    let mut stale = 0_u32; // a bit per node to be hashed again
    for (index, hash) in changes {
        let number = first + index % first;
        page[number as usize] = *hash;
        stale |= 1 << (number / 2);
    }
    for number in (1..first as usize).rev() {
        if stale >> number & 1 == 1 {
            page[number] = parent(&page[2 * number], &page[2 * number + 1]);
            stale |= 1 << (number / 2);
        }
    }
    page[1]
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
