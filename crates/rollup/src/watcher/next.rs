//! What a watcher does next, from what it derived: nothing here asks or sends.
//!
//! A promise of the proof comes first, as a proof in the pool of pending transactions can be copied; then the proof. Where
//! the window is about to end, the proof comes at once, without reward. Everything is told from the chain alone, so it does not
//! matter how often the watcher was interrupted.

use super::{Batch, Derivation, Verdict};
use crate::chain::Block;
use crate::contract::Calls;
use crate::step::{Place, State, empty};
use alloy_primitives::U256;
use ledger::Key;
use market::{Address, Hash, Keccak256, keccak256};

/// One open batch in so many asks a watcher for a sign of attention; as in `Base.sol`.
const ATTENTION: u64 = 16;

/// What to send to the contract.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Act {
    /// The promise of a proof.
    Promise {
        /// Of the batch.
        number: u64,
        /// Of its header.
        hash: Hash,
        /// Of the segment.
        segment: u32,
    },
    /// The proof.
    Prove {
        /// Of the batch.
        number: u64,
        /// Of its header.
        hash: Hash,
        /// Of the segment.
        segment: u32,
    },
    /// Takes the bond of a promise back, and the reward over where the promise was older than the prover's.
    Claim {
        /// Of the batch's header.
        hash: Hash,
        /// Of the promise.
        segment: u32,
    },
    /// Has the reward credited.
    Reward {
        /// Of the batch's header.
        hash: Hash,
    },
    /// Shows that the watcher watches.
    Attest {
        /// Of the batch.
        number: u64,
        /// Of its header.
        hash: Hash,
    },
    /// Collects what the contract owes.
    Collect,
    /// Demands what a segment cannot be judged without.
    Demand {
        /// Of the batch.
        number: u64,
        /// Of its header.
        hash: Hash,
        /// Of the segment.
        segment: u32,
    },
    /// Says that an answer is overdue, so that the batch falls.
    Overdue {
        /// Of the batch.
        number: u64,
        /// Of its header.
        hash: Hash,
        /// Of the segment.
        segment: u32,
    },
    /// Shows that a key in an answer is not the segment's, so that the batch falls.
    Refute {
        /// Of the batch.
        number: u64,
        /// Of its header.
        hash: Hash,
        /// Of the segment.
        segment: u32,
    },
    /// Collects what the contract of the demands owes.
    CollectDeposits,
}

impl Act {
    /// What tells it from others, also after a restart.
    #[must_use]
    pub fn name(&self) -> String {
        let hex = |hash: &Hash| hash.iter().map(|byte| format!("{byte:02x}")).collect::<String>();
        match self {
            Self::Promise { hash, segment, .. } => format!("promise {} {segment}", hex(hash)),
            Self::Prove { hash, segment, .. } => format!("prove {} {segment}", hex(hash)),
            Self::Claim { hash, segment } => format!("claim {} {segment}", hex(hash)),
            Self::Reward { hash } => format!("reward {}", hex(hash)),
            Self::Attest { hash, .. } => format!("attest {}", hex(hash)),
            Self::Collect => "collect".to_owned(),
            Self::Demand { hash, segment, .. } => format!("demand {} {segment}", hex(hash)),
            Self::Overdue { hash, segment, .. } => format!("overdue {} {segment}", hex(hash)),
            Self::Refute { hash, segment, .. } => format!("refute {} {segment}", hex(hash)),
            Self::CollectDeposits => "collect deposits".to_owned(),
        }
    }
}

/// The salt of a watcher's promise: nobody else can know it before the proof, and the watcher need not remember it.
#[must_use]
pub fn salt(key: &Key, hash: &Hash, segment: u32) -> Hash {
    let text = Keccak256::new().with(b"wattle promise").with(hash).with(&segment.to_be_bytes()).finish();
    keccak256(&key.sign(&text))
}

/// What to do, in order of urgency; what cannot be done yet the contract will refuse when tried.
///
/// `window` is how long a batch can be challenged, s.
pub fn next(derivation: &mut Derivation, verdict: &Verdict, key: &Key, now: &Block, window: u64) -> Vec<Act> {
    let me = key.address();
    let mut acts = Vec::new();
    if let Verdict::Wrong { number, segment } = *verdict {
        acts.extend(dispute(derivation, key, now, window, number, segment));
    }
    for fallen in derivation.fallen().to_vec() {
        let hash = fallen.batch.hash;
        if fallen.rewarded {
            continue;
        }
        if fallen.winner == me {
            acts.push(Act::Reward { hash });
        } else if let Some(segment) = derivation.first_wrong(&fallen.batch)
            && derivation.is_promised(&Calls::promise(me, &hash, segment, &salt(key, &hash, segment)))
        {
            acts.push(Act::Claim { hash, segment });
        }
    }
    if *verdict == Verdict::Right {
        let open = derivation.final_batches() as usize + 1..derivation.batches().len();
        let asks = |batch: &&std::sync::Arc<Batch>| {
            is_asked(&batch.hash, me) && !derivation.is_attested(me, batch.header.number)
        };
        let asked = derivation.batches().get(open).unwrap_or_default().iter().filter(asks);
        acts.extend(asked.map(|batch| Act::Attest { number: batch.header.number, hash: batch.hash }));
    }
    acts.push(Act::Collect);
    if derivation.mode().has_demands() {
        acts.push(Act::CollectDeposits);
    }
    acts
}

fn dispute(
    derivation: &Derivation,
    key: &Key,
    now: &Block,
    window: u64,
    number: u64,
    segment: u32,
) -> Option<Act> {
    let batch = derivation.batches().get(number as usize)?;
    if number <= derivation.final_batches() {
        return None; // nobody can undo it any more
    }
    let hash = batch.hash;
    let promise = Calls::promise(key.address(), &hash, segment, &salt(key, &hash, segment));
    // A promise made inside the window keeps it open for the proof; an eighth of the window is left for it to get in.
    let age = now.time.saturating_sub(batch.header.posted_at);
    let in_time = age < window - window / 8;
    Some(if in_time && !derivation.is_promised(&promise) {
        Act::Promise { number, hash, segment }
    } else {
        Act::Prove { number, hash, segment }
    })
}

fn lot(hash: &Hash, watcher: Address) -> U256 {
    let mut text = [0; 64];
    text[..32].copy_from_slice(hash);
    text[44..].copy_from_slice(&watcher.0);
    U256::from_be_bytes(keccak256(&text))
}

/// Whether a batch asks this watcher for a sign of attention.
#[must_use]
pub fn is_asked(hash: &Hash, watcher: Address) -> bool {
    (lot(hash, watcher) % U256::from(ATTENTION)).is_zero()
}

/// Which account a batch asks this watcher for, of so many.
#[must_use]
pub(super) fn asked_account(hash: &Hash, watcher: Address, accounts: u32) -> Option<u32> {
    let accounts = U256::from(accounts);
    (!accounts.is_zero()).then(|| (lot(hash, watcher) / U256::from(ATTENTION) % accounts).saturating_to())
}

/// A leaf of a state and what ties it to the tree's root, as the contract reads it: 4 bytes, one bit a level from the
/// leaves up (1: the sibling follows; 0: an empty subtree), then the siblings.
#[must_use]
pub fn proof(state: &mut State, place: Place) -> Vec<u8> {
    let tree = state.tree();
    let (mut bits, mut siblings) = (0_u32, Vec::new());
    for height in 0..32 {
        let sibling = tree.node(height, place.0.checked_shr(height).unwrap_or(0) ^ 1);
        if sibling != empty(height) {
            bits |= 1 << (31 - height);
            siblings.extend(sibling);
        }
    }
    [&bits.to_be_bytes()[..], &siblings].concat()
}
