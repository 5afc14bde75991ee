//! One transaction under way, followed until the chain has it or never will.
//!
//! A transaction can wait because it pays too little, be forgotten by a node that restarts, be taken back by a
//! re-organisation, or lose its nonce to another one of the same sender. The outbox keeps no numbers of its own: the
//! chain says which nonce is next, and what became of every version of the transaction that was ever sent. It asks
//! again rather than remember.

use crate::chain::{Call, Chain, ChainError, Outcome, Terms, TxHash};
use ledger::Key;

/// How long a transaction may wait, and what it may pay.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Patience {
    /// Blocks without it after which its fee is raised.
    pub blocks: u64,
    /// The most it pays, wei per gas.
    pub fee_cap: u128,
}

impl Default for Patience {
    fn default() -> Self {
        Self { blocks: 3, fee_cap: 500_000_000_000 }
    }
}

/// What became of what was sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fate {
    /// It is in a block.
    Done(Outcome),
    /// It waits.
    Waits,
    /// Its nonce was used by another transaction: this one never happens.
    Gone,
}

/// The transaction under way, if there is one.
#[derive(Clone, Debug, Default)]
pub struct Outbox {
    pending: Option<Pending>,
    /// How often a fee was raised.
    raised: u64,
}

#[derive(Clone, Debug)]
struct Pending {
    call: Call,
    terms: Terms,
    /// Every version sent, the newest last.
    versions: Vec<TxHash>,
    /// The block at which the newest was sent.
    since: u64,
}

impl Outbox {
    /// Whether nothing is under way.
    #[must_use]
    pub const fn is_free(&self) -> bool {
        self.pending.is_none()
    }

    /// How often a fee was raised so far.
    #[must_use]
    pub const fn raised(&self) -> u64 {
        self.raised
    }

    /// Sends. The nonce is the chain's; a stale one is asked for again, once.
    ///
    /// # Errors
    /// [`ChainError::Reverted`] where the chain's state does not let it pass, and nothing is sent then.
    pub fn send(&mut self, chain: &mut dyn Chain, key: &Key, call: Call) -> Result<(), ChainError> {
        debug_assert!(self.is_free(), "one at a time");
        let mut tries = 0;
        loop {
            let terms = chain.quote(key.address(), &call, &Terms::default())?;
            match chain.offer(key, &call, &terms) {
                Ok(hash) => {
                    let since = chain.head()?.number;
                    self.pending = Some(Pending { call, terms, versions: vec![hash], since });
                    return Ok(());
                }
                Err(ChainError::StaleNonce { .. }) if tries == 0 => tries += 1,
                Err(error) => return Err(error),
            }
        }
    }

    /// Asks what became of it, and raises its fee where it has waited too long. What is done or gone is forgotten.
    ///
    /// # Errors
    /// Where the node cannot be asked.
    pub fn follow(
        &mut self,
        chain: &mut dyn Chain,
        key: &Key,
        patience: &Patience,
    ) -> Result<Fate, ChainError> {
        let Some(pending) = &mut self.pending else { return Ok(Fate::Gone) };
        for version in pending.versions.iter().rev() {
            if let Some(outcome) = chain.outcome(version)? {
                self.pending = None;
                return Ok(Fate::Done(outcome));
            }
        }
        let now = chain.head()?.number;
        if now < pending.since + patience.blocks {
            return Ok(Fate::Waits);
        }
        pending.since = now;
        let Some(raised) = pending.terms.raised(&chain.fees()?, patience.fee_cap) else {
            // It pays what it may. A node that has forgotten it gets it again; one that has not says so.
            return match chain.offer(key, &pending.call, &pending.terms) {
                Err(ChainError::StaleNonce { .. }) => self.lost(chain),
                Ok(_) | Err(ChainError::Refused(_)) => Ok(Fate::Waits),
                Err(error) => Err(error),
            };
        };
        match chain.offer(key, &pending.call, &raised) {
            Ok(hash) => {
                pending.terms = raised;
                pending.versions.push(hash);
                self.raised += 1;
                Ok(Fate::Waits)
            }
            Err(ChainError::StaleNonce { .. }) => self.lost(chain),
            Err(ChainError::Refused(_)) => {
                pending.terms = raised; // the node wants more: the next raise starts here
                Ok(Fate::Waits)
            }
            Err(error) => Err(error),
        }
    }

    /// Its nonce is used. Whether by itself, a moment ago, the outcomes say.
    fn lost(&mut self, chain: &mut dyn Chain) -> Result<Fate, ChainError> {
        let Some(pending) = self.pending.take() else { return Ok(Fate::Gone) };
        for version in pending.versions.iter().rev() {
            if let Some(outcome) = chain.outcome(version)? {
                return Ok(Fate::Done(outcome));
            }
        }
        Ok(Fate::Gone)
    }
}
