//! What a dual chain did, for people and reports.

use super::{Desk, Options};
use crate::modes::Mode;
use crate::sequencer::{Done, Hex};
use market::{Address, Hash};

/// Figures of a ledger of the dual chain. Amounts are wei, times s.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Summary {
    /// The primary chain's id.
    pub chain_id: u64,
    /// The contract there.
    pub contract: Address,
    /// How data reaches the chain.
    pub mode: Mode,
    /// Who may read sealed batches: the operators and the registered watchers.
    pub readers: u64,
    /// Batches whose roots stand.
    pub batches: u64,
    /// Of them, those that nobody can challenge any more.
    pub finalised: u64,
    /// Segments in them; each ends with a root that one transaction could prove wrong.
    pub checkpoints: u64,
    /// Proofs of fraud that a batch fell by.
    pub disputes: u64,
    /// Inputs that got new roots after that.
    pub reposted: u64,
    /// The bond of each operator.
    pub bond: u128,
    /// How many operators have registered.
    pub operators: u64,
    /// Bonds lost.
    pub slashed: u128,
    /// Items of the queue carried out: deposits and forced records.
    pub queue: u64,
    /// Withdrawals that can be collected once their batch is final.
    pub withdrawals: u64,
    /// Money of all accounts, n€, as the secondary chain has it.
    pub money: u128,
    /// The window in which a batch can be challenged: blocks, s.
    pub window: (u64, u64),
    /// The longest that a record waited for its batch, in the market's time, s.
    pub posted_after: Option<u64>,
    /// From a batch's posting until it was final, s: for half of them at most, and the longest.
    pub final_after: Option<(u64, u64)>,
    /// Root of the secondary chain's newest batch.
    pub root: Hash,
    /// What this process did.
    pub done: Done,
    /// How often a fee was raised.
    pub raised: u64,
    /// Bytes that still wait.
    pub waiting: usize,
}

impl Summary {
    /// Where the record is kept, in words.
    #[must_use]
    pub fn words(&self) -> String {
        format!(
            "the dual chain: one operator's file, posted to contract {} on chain {} in {} batches",
            Hex(self.contract),
            self.chain_id,
            self.batches
        )
    }

    pub(super) fn of(desk: &Desk, options: &Options) -> Self {
        let view = &desk.poster.view;
        let standing = view.batches.get(1..).unwrap_or_default();
        let head = crate::step::Store::head(desk.clerk.state());
        let mut waits: Vec<u64> =
            view.final_times.iter().zip(standing).map(|(time, header)| time - header.time).collect();
        waits.sort_unstable();
        let median = waits.get(waits.len().saturating_sub(1) / 2).copied();
        Self {
            chain_id: desk.place.chain,
            contract: desk.place.contract,
            mode: desk.poster.mode(),
            readers: match desk.poster.mode() {
                Mode::Sealed => (1 + options.terms.successors.len() + options.terms.readers.len()) as u64,
                _ => 0,
            },
            batches: standing.len() as u64,
            finalised: view.finalised,
            checkpoints: standing.iter().map(|header| u64::from(header.segments)).sum(),
            disputes: view.proven,
            reposted: view.reposted,
            bond: options.terms.config.bond,
            operators: 1 + options.terms.successors.len() as u64,
            slashed: view.slashed,
            queue: desk.poster.consumed(),
            withdrawals: head.withdrawals.into(),
            money: head.money,
            window: options.terms.window(),
            posted_after: (desk.poster.done.posted > 0).then_some(desk.longest),
            final_after: median.zip(waits.last().copied()),
            root: view.batches.last().map_or([0; 32], |header| header.root),
            done: desk.poster.done,
            raised: desk.poster.raised(),
            waiting: desk.poster.story.waiting_bytes(),
        }
    }
}
