//! Indexed binary Merkle trees over keccak-256.
//!
//! A tree of depth d has 2ᵈ places; a leaf's place is the index its owner got at registration, and an empty place
//! holds 32 zero bytes. A parent is keccak-256(left ‖ right). Depth is at most [`MAX_DEPTH`], so that a proof is
//! short enough for a contract to check. Only the used part of a tree is stored.

mod zero;
use zero::ZERO;

use crate::{Hash, Keccak256, Rejection};
use alloc::vec::Vec;

/// The greatest depth of a tree: 1 048 576 leaves.
pub const MAX_DEPTH: u8 = 20;

/// The leaf of an empty place.
pub const EMPTY: Hash = [0; 32];

/// The hash of two siblings' parent.
fn parent(left: &Hash, right: &Hash) -> Hash {
    Keccak256::new().with(left).with(right).finish()
}

/// The root of a subtree of `level` levels in which every place is empty.
fn zero(level: usize) -> &'static Hash {
    ZERO.get(level).unwrap_or(&EMPTY)
}

/// A tree whose leaves change one at a time and whose root is asked for now and then.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tree {
    /// `levels[0]` holds the leaves, the last level the root; a level stores the nodes above used leaves only.
    levels: Vec<Vec<Hash>>,
    /// One bit per leaf: changed since the last root.
    dirty: Vec<u64>,
    /// The nodes to recompute on the level at work, ascending; empty between calls.
    work: Vec<u32>,
}

impl Tree {
    /// An empty tree with places for 2^`depth` leaves; a depth beyond [`MAX_DEPTH`] is taken as that.
    #[must_use]
    pub fn new(depth: u8) -> Self {
        let depth = usize::from(depth.min(MAX_DEPTH));
        let levels = (0..=depth).map(|_| Vec::new()).collect();
        Self { levels, dirty: Vec::new(), work: Vec::new() }
    }

    /// How many levels lie between a leaf and the root; also a proof's length.
    #[must_use]
    pub fn depth(&self) -> u8 {
        (self.levels.len() - 1) as u8
    }

    /// The leaf at `index`; empty where none was set.
    #[must_use]
    pub fn leaf(&self, index: u32) -> Hash {
        self.levels.first().and_then(|leaves| leaves.get(index as usize)).copied().unwrap_or(EMPTY)
    }

    /// Puts a leaf at its place and marks the way up as changed; hashes nothing.
    ///
    /// # Errors
    /// [`Rejection::TooMany`] beyond the tree's last place.
    pub fn set(&mut self, index: u32, leaf: Hash) -> Result<(), Rejection> {
        let index = index as usize;
        if index >> self.depth() != 0 {
            return Err(Rejection::TooMany);
        }
        let Some(leaves) = self.levels.first_mut() else { return Err(Rejection::TooMany) };
        if leaves.len() <= index {
            leaves.resize(index + 1, EMPTY);
            self.dirty.resize(index / 64 + 1, 0);
        }
        if let (Some(place), Some(bits)) = (leaves.get_mut(index), self.dirty.get_mut(index / 64))
            && *place != leaf
        {
            *place = leaf;
            *bits |= 1 << (index % 64);
        }
        Ok(())
    }

    /// The root; recomputes every node above a changed leaf once.
    pub fn root(&mut self) -> Hash {
        self.collect_dirty();
        let mut level = 0;
        let mut below: &mut [Vec<Hash>] = &mut self.levels;
        while let [children, rest @ ..] = below
            && let [parents, ..] = rest
        {
            let used = children.len().div_ceil(2);
            if parents.len() < used {
                parents.resize(used, *zero(level + 1));
            }
            self.work.iter_mut().for_each(|node| *node /= 2);
            self.work.dedup();
            for &node in &self.work {
                let node = node as usize;
                let left = children.get(2 * node).unwrap_or(zero(level));
                let right = children.get(2 * node + 1).unwrap_or(zero(level));
                if let Some(place) = parents.get_mut(node) {
                    *place = parent(left, right);
                }
            }
            below = rest;
            level += 1;
        }
        self.work.clear();
        self.levels.last().and_then(|root| root.first()).copied().unwrap_or(*zero(level))
    }

    /// Moves the marked leaves' indices to `work` and clears the marks.
    fn collect_dirty(&mut self) {
        for (word, bits) in self.dirty.iter_mut().enumerate() {
            while *bits != 0 {
                self.work.push(word as u32 * 64 + bits.trailing_zeros());
                *bits &= *bits - 1;
            }
        }
    }

    /// The siblings on the way from the leaf at `index` to the root, bottom-up; as many as the tree is deep.
    /// Recomputes the root where leaves have changed.
    pub fn proof(&mut self, index: u32) -> Vec<Hash> {
        self.root();
        let siblings = self.levels.iter().take(usize::from(self.depth())).enumerate();
        siblings
            .map(|(level, nodes)| {
                let sibling = (index >> level) as usize ^ 1;
                *nodes.get(sibling).unwrap_or(zero(level))
            })
            .collect()
    }
}

/// Whether `leaf` lies at `index` in the tree of this depth and root. What a contract does, line by line.
#[must_use]
pub fn verify(root: &Hash, depth: u8, index: u32, leaf: &Hash, proof: &[Hash]) -> bool {
    if proof.len() != usize::from(depth) || u64::from(index) >> depth.min(32) != 0 {
        return false;
    }
    let mut node = *leaf;
    let mut path = index;
    for sibling in proof {
        node = if path & 1 == 0 { parent(&node, sibling) } else { parent(sibling, &node) };
        path >>= 1;
    }
    node == *root
}

/// The root of a small tree that is recomputed as a whole: the leaves in order from place 0, the other places
/// empty. A tree with more than 2^`depth` leaves is as much deeper as they need. `scratch` is working memory, its
/// content of no meaning before or after.
pub fn root_of(leaves: impl IntoIterator<Item = Hash>, depth: u8, scratch: &mut Vec<Hash>) -> Hash {
    scratch.clear();
    scratch.extend(leaves);
    let mut level = 0;
    while level < usize::from(depth) || scratch.len() > 1 {
        let used = scratch.len().div_ceil(2);
        for node in 0..used {
            let left = scratch.get(2 * node).unwrap_or(zero(level));
            let right = scratch.get(2 * node + 1).unwrap_or(zero(level));
            let above = parent(left, right);
            if let Some(place) = scratch.get_mut(node) {
                *place = above;
            }
        }
        scratch.truncate(used);
        level += 1;
    }
    scratch.first().copied().unwrap_or(*zero(level))
}

#[cfg(test)]
mod tests;
