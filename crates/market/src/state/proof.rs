//! Proofs that an account or a metering point is part of a state, for whoever holds nothing but the root.

use super::State;
use super::commitment::{DEPTH, account_leaf, meter_leaf};
use crate::{AccountId, Hash, MeterId, keccak256, merkle};
use alloc::vec::Vec;

/// One leaf with its way to the state's root.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Proof {
    /// The leaf's fields, fixed-width and big-endian, as laid out in `cases/encoding/`.
    pub leaf: Vec<u8>,
    /// Its place in its tree: the account's or metering point's number.
    pub index: u32,
    /// The siblings on its way up, from the bottom.
    pub siblings: Vec<Hash>,
    /// What the state's root is the hash of: accounts, metering points, deliveries, everything global.
    pub parts: [Hash; 4],
    /// Which of the parts is the leaf's tree: 0 accounts, 1 metering points.
    pub tree: u8,
}

impl Proof {
    /// Whether the leaf is part of the state with this root.
    #[must_use]
    pub fn verify(&self, root: &Hash) -> bool {
        let tree = self.parts.get(usize::from(self.tree)).filter(|_| self.tree < 2);
        keccak256(self.parts.as_flattened()) == *root
            && tree.is_some_and(|tree| {
                merkle::verify(tree, DEPTH, self.index, &keccak256(&self.leaf), &self.siblings)
            })
    }
}

impl State {
    /// Proves what an account holds; `None` where there is no such account.
    pub fn prove_account(&mut self, id: AccountId) -> Option<Proof> {
        let mut leaf = Vec::new();
        account_leaf(self.accounts.get(id.0 as usize)?, &mut leaf);
        let parts = self.parts();
        Some(Proof { leaf, index: id.0, siblings: self.commitment.accounts.proof(id.0), parts, tree: 0 })
    }

    /// Proves the terms and the last sequence number of a metering point; `None` where there is none.
    pub fn prove_meter(&mut self, id: MeterId) -> Option<Proof> {
        let mut leaf = Vec::new();
        meter_leaf(self.meters.get(id.0 as usize)?, self.registers.get(&id), &mut leaf);
        let parts = self.parts();
        Some(Proof { leaf, index: id.0, siblings: self.commitment.meters.proof(id.0), parts, tree: 1 })
    }
}
