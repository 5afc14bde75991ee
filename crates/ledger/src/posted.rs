//! What a ledger posted to a primary chain, in plain figures: batches and their roots, proofs of fraud, bonds, costs.
//!
//! Whoever reads the primary chain fills them in, and reports show them, without knowing of each other. Amounts are wei of
//! the primary chain's coin, times Unix s by its clock.

use market::{Address, Hash};

/// A batch.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Batch {
    /// Its place among the batches, from 1 on.
    pub number: u64,
    /// Its segments: each ends with a root, which one transaction can prove wrong. None where the data could not be had.
    pub checkpoints: Vec<Checkpoint>,
    /// Bytes of the posting transaction's input.
    pub bytes: u64,
    /// Its gas.
    pub gas: u64,
    /// When it was posted.
    pub posted: u64,
    /// When it became final; none while it can be challenged.
    pub finalised: Option<u64>,
    /// Whether its records got new roots after a proven fraud.
    pub reposted: bool,
}

impl Batch {
    /// Records in its segments.
    #[must_use]
    pub fn records(&self) -> u64 {
        self.checkpoints.iter().map(|checkpoint| checkpoint.records).sum()
    }
}

/// The end of a segment.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Checkpoint {
    /// Records of the segment.
    pub records: u64,
    /// Their bytes.
    pub bytes: u64,
    /// The root after them.
    pub root: Hash,
}

/// A proof of fraud.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Dispute {
    /// The batch that fell; those after it fell with it.
    pub batch: u64,
    /// Its segment with the wrong root, from 0 on.
    pub segment: u32,
    /// Who proved it.
    pub challenger: Address,
    /// When.
    pub time: u64,
    /// Gas of the proof.
    pub gas: u64,
    /// What the challenger may get, wei.
    pub reward: u128,
    /// What was burnt, wei.
    pub burnt: u128,
}

/// What an operator has at stake.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Bond {
    /// The operator.
    pub operator: Address,
    /// What lies in the contract, wei.
    pub bond: u128,
    /// What was cut, wei.
    pub lost: u128,
}

/// What one kind of thing cost on the primary chain.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Cost {
    /// Of what, in words: "orders", "roots", "proofs of fraud".
    pub what: &'static str,
    /// How many there were.
    pub count: u64,
    /// Bytes posted for all of them.
    pub bytes: u64,
    /// Gas used for all of them.
    pub gas: u64,
}
