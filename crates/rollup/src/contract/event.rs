//! What the contract logs.

use super::abi::IRollup;
use super::types::{amount, from_address};
use crate::batch::Header;
use crate::chain::{Log, TxHash};
use alloy_sol_types::SolEventInterface;
use market::{Address, Hash};

/// An event, and where it stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// What happened.
    pub event: Event,
    /// In which block.
    pub block: u64,
    /// By which transaction.
    pub transaction: TxHash,
}

/// What happened at the contract.
#[derive(Clone, Debug, PartialEq, Eq)]
#[allow(clippy::large_enum_variant)] // headers are what is read most
pub enum Event {
    /// A deposit entered the queue.
    Deposited {
        /// Its number there.
        item: u64,
        /// For whom.
        account: u32,
        /// n€.
        amount: u128,
        /// Who paid.
        sender: Address,
        /// When, Unix s.
        time: u64,
    },
    /// A signed record entered the queue.
    Forced {
        /// Its number there.
        item: u64,
        /// Its bytes.
        record: Vec<u8>,
        /// Who paid for it.
        sender: Address,
        /// When, Unix s.
        time: u64,
    },
    /// A batch with a new input.
    Posted {
        /// Its number.
        number: u64,
        /// Of its header.
        hash: Hash,
        /// The header.
        header: Header,
    },
    /// New roots for an input whose roots fell.
    Reposted {
        /// Its number.
        number: u64,
        /// Of its header.
        hash: Hash,
        /// The header.
        header: Header,
    },
    /// Somebody promised a proof.
    Committed {
        /// The promise.
        promise: Hash,
        /// Its place among the promises.
        sequence: u64,
    },
    /// A segment was proven wrong: its batch and all after it fell.
    Proven {
        /// Of the batch.
        number: u64,
        /// Of its header.
        hash: Hash,
        /// Which segment.
        segment: u32,
        /// Who proved it.
        challenger: Address,
        /// What the challenger may get, wei.
        reward: u128,
    },
    /// A segment was demanded and never shown: its batch and all after it fell, and from here on it is void. What the
    /// contract logs as a proof; that it was none, the contract of the demands says.
    Defaulted {
        /// Of the batch.
        number: u64,
        /// Of its header.
        hash: Hash,
        /// Which segment.
        segment: u32,
        /// Who demanded it.
        challenger: Address,
    },
    /// An earlier promise of the same proof.
    Claimed {
        /// Of the batch's header.
        hash: Hash,
        /// Whose.
        challenger: Address,
        /// wei.
        reward: u128,
    },
    /// A proof was rewarded.
    Rewarded {
        /// Of the batch's header.
        hash: Hash,
        /// Who.
        challenger: Address,
        /// wei.
        reward: u128,
    },
    /// A batch is final.
    Finalised {
        /// Which.
        number: u64,
        /// The state's root after it.
        root: Hash,
    },
    /// A watcher showed that it watches.
    Attested {
        /// Who.
        watcher: Address,
        /// The batch whose state it holds.
        number: u64,
        /// The state's root.
        root: Hash,
    },
    /// A withdrawal was paid.
    Withdrawn {
        /// Which.
        withdrawal: u32,
        /// To whom.
        to: Address,
        /// wei.
        amount: u128,
    },
    /// An account was paid after the end.
    Exited {
        /// Which.
        account: u32,
        /// To whom.
        to: Address,
        /// wei.
        amount: u128,
    },
    /// An item that was never consumed was paid back after the end.
    Refunded {
        /// Which.
        item: u64,
        /// To whom.
        to: Address,
        /// wei.
        amount: u128,
    },
    /// An operator earned the fee of a forced record.
    Earned {
        /// Which.
        item: u64,
        /// Who.
        operator: Address,
        /// wei.
        fee: u128,
    },
    /// Somebody collected what the contract owed.
    Collected {
        /// Who.
        who: Address,
        /// wei.
        amount: u128,
    },
    /// An operator paid its bond.
    Bonded {
        /// Who.
        operator: Address,
        /// wei.
        bond: u128,
    },
    /// An operator leaves; its bond is released once this batch is final.
    Leaving {
        /// Who.
        operator: Address,
        /// The batch.
        number: u64,
    },
    /// An operator has its bond back.
    Unbonded {
        /// Who.
        operator: Address,
        /// wei.
        bond: u128,
    },
    /// An operator lost its bond.
    Slashed {
        /// Who.
        operator: Address,
        /// wei.
        bond: u128,
    },
    /// Another operator's turn.
    Turn {
        /// Whose.
        operator: Address,
    },
    /// The end: only withdrawals and exits from here on.
    Frozen {
        /// The last final root.
        root: Hash,
    },
    /// A transition was announced.
    Announced {
        /// Its version.
        version: u32,
        /// The contract.
        transition: Address,
        /// When it becomes active, Unix s.
        from: u64,
    },
    /// Posting and finality rest.
    Paused {
        /// Until when, Unix s.
        until: u64,
    },
}

impl Event {
    /// Reads a log of the contract; none where it is no event that is known here.
    #[must_use]
    pub fn read(log: &Log) -> Option<Self> {
        use IRollup::IRollupEvents as E;
        let topics: Vec<_> = log.topics.iter().map(|topic| (*topic).into()).collect();
        Some(match E::decode_raw_log(&topics, &log.data).ok()? {
            E::Deposited(e) => Self::Deposited {
                item: e.item,
                account: e.account,
                amount: e.amount,
                sender: from_address(e.sender),
                time: e.time,
            },
            E::Forced(e) => Self::Forced {
                item: e.item,
                record: e.record.to_vec(),
                sender: from_address(e.sender),
                time: e.time,
            },
            E::Posted(e) => Self::Posted { number: e.number, hash: e.hash.0, header: (&e.header).into() },
            E::Reposted(e) => Self::Reposted { number: e.number, hash: e.hash.0, header: (&e.header).into() },
            E::Committed(e) => Self::Committed { promise: e.promise_.0, sequence: e.sequence },
            E::Proven(e) => Self::Proven {
                number: e.number,
                hash: e.hash.0,
                segment: e.segment,
                challenger: from_address(e.challenger),
                reward: amount(e.reward),
            },
            E::Claimed(e) => Self::Claimed {
                hash: e.hash.0,
                challenger: from_address(e.challenger),
                reward: amount(e.reward),
            },
            E::Rewarded(e) => Self::Rewarded {
                hash: e.hash.0,
                challenger: from_address(e.challenger),
                reward: amount(e.reward),
            },
            E::Finalised(e) => Self::Finalised { number: e.number, root: e.root.0 },
            E::Attested(e) => {
                Self::Attested { watcher: from_address(e.watcher), number: e.number, root: e.root.0 }
            }
            E::Withdrawn(e) => {
                Self::Withdrawn { withdrawal: e.withdrawal, to: from_address(e.to), amount: amount(e.amount) }
            }
            E::Exited(e) => {
                Self::Exited { account: e.account, to: from_address(e.to), amount: amount(e.amount) }
            }
            E::Refunded(e) => {
                Self::Refunded { item: e.item, to: from_address(e.to), amount: amount(e.amount) }
            }
            E::Earned(e) => {
                Self::Earned { item: e.item, operator: from_address(e.operator), fee: amount(e.fee) }
            }
            E::Collected(e) => Self::Collected { who: from_address(e.who), amount: amount(e.amount) },
            E::Bonded(e) => Self::Bonded { operator: from_address(e.operator), bond: amount(e.bond) },
            E::Leaving(e) => Self::Leaving { operator: from_address(e.operator), number: e.number },
            E::Unbonded(e) => Self::Unbonded { operator: from_address(e.operator), bond: amount(e.bond) },
            E::Slashed(e) => Self::Slashed { operator: from_address(e.operator), bond: amount(e.bond) },
            E::Turn(e) => Self::Turn { operator: from_address(e.operator) },
            E::Frozen(e) => Self::Frozen { root: e.root.0 },
            E::Announced(e) => {
                Self::Announced { version: e.version, transition: from_address(e.transition), from: e.from }
            }
            E::Paused(e) => Self::Paused { until: e.until },
        })
    }
}
