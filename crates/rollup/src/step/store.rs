//! Where leaves come from: the whole state, or a witness that has only those a segment touches.

use super::head::Head;
use super::place::Place;
use super::tree::{self, Tree};
use super::word::{NO_WORDS, Packed, Words};
use market::Hash;
use std::collections::{BTreeMap, BTreeSet};

/// What a witness lacks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Lack {
    /// A leaf that is needed.
    #[error("the witness lacks the leaf at place {0:#010x}")]
    Leaf(u32),
    /// The queue's items are cut off, or more than are needed.
    #[error("the items of the queue do not end where an item ends")]
    Items,
}

/// Gives and takes leaves.
pub trait Store {
    /// The head.
    fn head(&self) -> &Head;

    /// Replaces the head.
    fn set_head(&mut self, head: Head);

    /// The words at a place; zeros where no leaf lies.
    ///
    /// # Errors
    /// Where it does not know.
    fn words(&mut self, place: Place) -> Result<Words, Lack>;

    /// Replaces the words at a place.
    ///
    /// # Errors
    /// Where it does not know what was there.
    fn set_words(&mut self, place: Place, words: Words) -> Result<(), Lack>;
}

/// A leaf as a structure.
pub(super) fn get<T: Packed>(store: &mut impl Store, place: Place) -> Result<T, Lack> {
    store.words(place).map(|words| T::unpack(&words))
}

/// Writes a leaf.
pub(super) fn put<T: Packed>(store: &mut impl Store, place: Place, value: &T) -> Result<(), Lack> {
    store.set_words(place, value.pack())
}

/// The whole state of the secondary chain.
///
/// What was changed can be taken back to any [`State::mark`], and what was looked at is remembered for a witness.
#[derive(Clone, Debug)]
pub struct State {
    head: Head,
    leaves: BTreeMap<Place, Words>,
    tree: Tree,
    /// Leaves changed since the tree was hashed.
    dirty: BTreeSet<Place>,
    journal: Vec<Before>,
    touched: BTreeSet<Place>,
}

/// What was there before a change.
#[derive(Clone, Copy, Debug)]
enum Before {
    Head(Head),
    Leaf(Place, Words),
}

/// A moment in the life of a [`State`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Mark(usize);

impl State {
    /// A state without leaves.
    #[must_use]
    pub fn new(head: Head) -> Self {
        Self {
            head,
            leaves: BTreeMap::new(),
            tree: Tree::new(),
            dirty: BTreeSet::new(),
            journal: Vec::new(),
            touched: BTreeSet::new(),
        }
    }

    /// The root.
    pub fn root(&mut self) -> Hash {
        let tree = self.tree().root();
        self.head.root(&tree)
    }

    /// The tree as it is now.
    pub fn tree(&mut self) -> &Tree {
        let leaves = &self.leaves;
        let hash = |place| {
            let words = leaves.get(&place).unwrap_or(&NO_WORDS);
            (place, tree::leaf(place, words))
        };
        let dirty = std::mem::take(&mut self.dirty);
        if !dirty.is_empty() {
            self.tree.update(dirty.into_iter().map(hash));
        }
        &self.tree
    }

    /// A leaf, without remembering that it was looked at.
    #[must_use]
    pub fn peek<T: Packed>(&self, place: Place) -> T {
        T::unpack(self.leaves.get(&place).unwrap_or(&NO_WORDS))
    }

    /// The words of a leaf, likewise.
    pub(super) fn peek_words(&self, place: Place) -> Words {
        self.leaves.get(&place).copied().unwrap_or(NO_WORDS)
    }

    /// All leaves, in the order of their places.
    pub fn leaves(&self) -> impl Iterator<Item = (Place, &Words)> {
        self.leaves.iter().map(|(place, words)| (*place, words))
    }

    /// Now.
    #[must_use]
    pub fn mark(&self) -> Mark {
        Mark(self.journal.len())
    }

    /// Takes back everything since `mark`.
    pub fn undo(&mut self, mark: Mark) {
        while self.journal.len() > mark.0 {
            match self.journal.pop() {
                Some(Before::Head(head)) => self.head = head,
                Some(Before::Leaf(place, words)) => self.keep(place, words),
                None => return,
            }
        }
    }

    /// Forgets how to take back what was done so far, and what was looked at.
    pub fn forget(&mut self) {
        self.journal.clear();
        self.touched.clear();
    }

    /// The places looked at or changed since the last [`State::forget`] or `take_touched`, in rising order.
    pub fn take_touched(&mut self) -> Vec<Place> {
        std::mem::take(&mut self.touched).into_iter().collect()
    }

    fn keep(&mut self, place: Place, words: Words) {
        if words == NO_WORDS {
            self.leaves.remove(&place);
        } else {
            self.leaves.insert(place, words);
        }
        self.dirty.insert(place);
    }
}

impl Store for State {
    fn head(&self) -> &Head {
        &self.head
    }

    fn set_head(&mut self, head: Head) {
        self.journal.push(Before::Head(self.head));
        self.head = head;
    }

    fn words(&mut self, place: Place) -> Result<Words, Lack> {
        self.touched.insert(place);
        Ok(self.leaves.get(&place).copied().unwrap_or(NO_WORDS))
    }

    fn set_words(&mut self, place: Place, words: Words) -> Result<(), Lack> {
        self.touched.insert(place);
        let before = self.leaves.get(&place).copied().unwrap_or(NO_WORDS);
        if before != words {
            self.journal.push(Before::Leaf(place, before));
            self.keep(place, words);
        }
        Ok(())
    }
}
