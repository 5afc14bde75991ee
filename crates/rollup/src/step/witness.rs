//! A witness: the head, the leaves that a segment touches, and the siblings that tie them to a root.
//!
//! `head (96) ‖ count u16 ‖ leaves ‖ bits length u16 ‖ bits ‖ siblings`. Leaves come in rising order of place: `place
//! u32 ‖ its words`. Siblings come as the leaves climb: the first up to where it meets the way of the second, the second
//! up to where it meets the way of the third or what came before, and so on; one bit each (most significant first): 1, it
//! is among the siblings; 0, it is an empty subtree. Bits beyond the last are zero. The same
//! siblings give the root before and the root after.

use super::head::Head;
use super::place::{DEPTH, Place};
use super::store::{Lack, State, Store};
use super::tree::{self, empty, parent};
use super::word::{NO_WORDS, Word, Words};
use market::Hash;

/// Part of a state, as much as a segment needs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Witness {
    head: Head,
    /// In rising order of place.
    leaves: Vec<(Place, Words)>,
    /// Per sibling, in order; none: an empty subtree.
    siblings: Vec<Option<Hash>>,
}

impl Witness {
    /// What proves the leaves at `places` (in rising order, each once; none: that at place 0) in a state.
    #[must_use]
    pub fn of(state: &mut State, places: &[Place]) -> Self {
        let head = *state.head();
        let places = if places.is_empty() { &[Place(0)] } else { places };
        let leaves = places.iter().map(|place| (*place, state.peek_words(*place))).collect();
        let tree = state.tree();
        let mut siblings = Vec::new();
        climb(&unknown(places.iter().copied()), &mut |height, index| {
            let hash = tree.node(height, index);
            siblings.push((hash != empty(height)).then_some(hash));
            Some(hash)
        });
        Self { head, leaves, siblings }
    }

    /// The root of the state it is part of; `None` where it is no part of any.
    #[must_use]
    pub fn root(&self) -> Option<Hash> {
        let known = self.leaves.iter().map(|(place, words)| (place.0, tree::leaf(*place, words)));
        let known: Vec<_> = known.collect();
        let mut siblings = self.siblings.iter();
        let tree = climb(&known, &mut |height, _| {
            siblings.next().map(|sibling| sibling.unwrap_or_else(|| empty(height)))
        })?;
        siblings.next().is_none().then(|| self.head.root(&tree))
    }

    /// Its bytes.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut bytes = Vec::from(self.head.words().as_flattened());
        bytes.extend((self.leaves.len() as u16).to_be_bytes());
        for (place, words) in &self.leaves {
            bytes.extend(place.0.to_be_bytes());
            bytes.extend(words[..place.words()].as_flattened());
        }
        let mut bits = vec![0_u8; self.siblings.len().div_ceil(8)];
        for (at, sibling) in self.siblings.iter().enumerate() {
            if sibling.is_some() {
                bits[at / 8] |= 0x80 >> (at % 8);
            }
        }
        bytes.extend((bits.len() as u16).to_be_bytes());
        bytes.extend(bits);
        bytes.extend(self.siblings.iter().flatten().flatten());
        bytes
    }

    /// The witness that these bytes are; `None` where they are none.
    #[must_use]
    pub fn from_bytes(bytes: &[u8]) -> Option<Self> {
        let mut rest = bytes;
        let mut take = |count: usize| {
            let (taken, after) = rest.split_at_checked(count)?;
            rest = after;
            Some(taken)
        };
        let mut words = [[0; 32]; 3];
        for word in &mut words {
            *word = Word::try_from(take(32)?).ok()?;
        }
        let head = Head::from_words(&words);
        let short = |bytes: &[u8]| Some(u16::from_be_bytes(bytes.try_into().ok()?));
        let count = short(take(2)?)?;
        if count == 0 {
            return None;
        }
        let mut leaves: Vec<(Place, Words)> = Vec::new();
        for _ in 0..count {
            let place = Place(u32::from_be_bytes(take(4)?.try_into().ok()?));
            if place.words() == 0 || leaves.last().is_some_and(|(last, _)| *last >= place) {
                return None;
            }
            let mut words = NO_WORDS;
            words[..place.words()].as_flattened_mut().copy_from_slice(take(32 * place.words())?);
            leaves.push((place, words));
        }
        let length = usize::from(short(take(2)?)?);
        let bits = take(length)?;
        let mut asked = 0;
        climb(&unknown(leaves.iter().map(|(place, _)| *place)), &mut |_, _| {
            asked += 1;
            Some([0; 32])
        });
        let is_set = |at: usize| bits[at / 8] & 0x80 >> (at % 8) != 0;
        if length != usize::div_ceil(asked, 8) || (asked..8 * length).any(is_set) {
            return None;
        }
        let mut siblings = Vec::with_capacity(asked);
        for at in 0..asked {
            let sibling = if is_set(at) { Some(Hash::try_from(take(32)?).ok()?) } else { None };
            siblings.push(sibling);
        }
        (rest.is_empty() && head.words() == words).then_some(Self { head, leaves, siblings })
    }
}

/// Leaves of which only the place matters.
fn unknown(places: impl Iterator<Item = Place>) -> Vec<(u32, Hash)> {
    places.map(|place| (place.0, [0; 32])).collect()
}

/// The root above these leaves (place and hash, in rising order); `sibling` gives the hashes of those beside their
/// ways (height and index), in the order in which they are needed.
fn climb(leaves: &[(u32, Hash)], sibling: &mut impl FnMut(u32, u32) -> Option<Hash>) -> Option<Hash> {
    subtree(DEPTH, leaves, sibling)
}

/// The hash of the subtree of this height that these leaves are in.
fn subtree(
    height: u32,
    leaves: &[(u32, Hash)],
    sibling: &mut impl FnMut(u32, u32) -> Option<Hash>,
) -> Option<Hash> {
    let (first, hash) = *leaves.first()?;
    let Some(below) = height.checked_sub(1) else { return Some(hash) };
    let (lefts, rights) = leaves.split_at(leaves.partition_point(|(place, _)| place >> below & 1 == 0));
    if !lefts.is_empty() && !rights.is_empty() {
        let left = subtree(below, lefts, sibling)?;
        return Some(parent(&left, &subtree(below, rights, sibling)?));
    }
    let own = subtree(below, leaves, sibling)?;
    let index = first >> below;
    let beside = sibling(below, index ^ 1)?;
    Some(if index % 2 == 0 { parent(&own, &beside) } else { parent(&beside, &own) })
}

impl Store for Witness {
    fn head(&self) -> &Head {
        &self.head
    }

    fn set_head(&mut self, head: Head) {
        self.head = head;
    }

    fn words(&mut self, place: Place) -> Result<Words, Lack> {
        let found = self.leaves.binary_search_by_key(&place, |(place, _)| *place);
        found.ok().and_then(|at| self.leaves.get(at)).map(|(_, words)| *words).ok_or(Lack::Leaf(place.0))
    }

    fn set_words(&mut self, place: Place, words: Words) -> Result<(), Lack> {
        let found = self.leaves.binary_search_by_key(&place, |(place, _)| *place);
        let leaf = found.ok().and_then(|at| self.leaves.get_mut(at)).ok_or(Lack::Leaf(place.0))?;
        leaf.1 = words;
        Ok(())
    }
}
