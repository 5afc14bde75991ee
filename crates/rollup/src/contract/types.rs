//! What goes into the contract, in this crate's own types.

use super::abi::IRollup;
use crate::batch::Header;
use alloy_primitives::{B256, U256};
use market::{Address, Hash};

/// Everything about a rollup that its contract fixes for good.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Config {
    /// Root of the state before the first batch.
    pub genesis: Hash,
    /// The contract that judges segments.
    pub transition: Address,
    /// Who announces transitions and pauses; cannot touch money.
    pub governor: Address,
    /// Who may propose, in order of succession.
    pub operators: Vec<Address>,
    /// What an operator pays in, wei.
    pub bond: u128,
    /// A batch can be challenged for so many blocks,
    pub window_blocks: u64,
    /// and so long, s.
    pub window_seconds: u64,
    /// Without a batch for so long, the next operator may post, s.
    pub silence: u64,
    /// An item of the queue must be consumed within, s.
    pub forced_delay: u64,
    /// Silence of all after which members exit, s.
    pub exit_delay: u64,
    /// How long after its promise a proof may be revealed with reward, s; at most a window.
    pub reveal_seconds: u64,
    /// What a promise costs where no proof follows, wei.
    pub commit_bond: u128,
    /// The longest pause, s.
    pub pause_seconds: u64,
    /// Between announcement and activation of a transition, s.
    pub upgrade_delay: u64,
    /// What a forced record pays the operator that carries it out, wei.
    pub forced_fee: u128,
}

/// A state's head and the root of its tree.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Head {
    /// The head.
    pub words: [Hash; 3],
    /// The tree's root.
    pub tree: Hash,
}

/// What proves one segment wrong.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Fraud {
    /// Of the batch.
    pub header: Header,
    /// Which segment of it.
    pub segment: u32,
    /// Root before the segment.
    pub pre: Hash,
    /// Its bytes, without its root.
    pub records: Vec<u8>,
    /// Root after it, as posted.
    pub post: Hash,
    /// From the segment's leaf to the data root.
    pub path: Vec<Hash>,
    /// Items of the queue consumed before it.
    pub queue: u64,
    /// Those that it consumes, one after the other.
    pub items: Vec<u8>,
    /// Head, leaves and siblings.
    pub witness: Vec<u8>,
}

/// How far the chain of batches has come.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Tip {
    /// Number of the newest batch with roots.
    pub batches: u64,
    /// Number of the newest input.
    pub inputs: u64,
    /// Number of the newest final batch.
    pub finalised: u64,
    /// The id that the next batch is given.
    pub next_id: u64,
}

pub(super) fn word(hash: &Hash) -> B256 {
    B256::from(*hash)
}

pub(super) fn words(hashes: &[Hash]) -> Vec<B256> {
    hashes.iter().map(word).collect()
}

pub(super) fn address(address: Address) -> alloy_primitives::Address {
    alloy_primitives::Address::from(address.0)
}

pub(super) fn from_address(address: alloy_primitives::Address) -> Address {
    Address(address.0.0)
}

/// Amounts in events are 256 bits wide; no chain has so much money.
pub(super) fn amount(value: U256) -> u128 {
    value.saturating_to()
}

impl From<&Header> for IRollup::Header {
    fn from(header: &Header) -> Self {
        Self {
            id: header.id,
            number: header.number,
            parent: word(&header.parent),
            dataRoot: word(&header.data_root),
            recordsHash: word(&header.records_hash),
            segments: header.segments,
            root: word(&header.root),
            queue: header.queue,
            idle: header.idle,
            time: header.time,
            postedAt: header.posted_at,
            block_: header.block,
            operator: address(header.operator),
            version: header.version,
            blob: word(&header.blob),
            available: header.available,
        }
    }
}

impl From<&IRollup::Header> for Header {
    fn from(header: &IRollup::Header) -> Self {
        Self {
            id: header.id,
            number: header.number,
            parent: header.parent.0,
            data_root: header.dataRoot.0,
            records_hash: header.recordsHash.0,
            segments: header.segments,
            root: header.root.0,
            queue: header.queue,
            idle: header.idle,
            time: header.time,
            posted_at: header.postedAt,
            block: header.block_,
            operator: from_address(header.operator),
            version: header.version,
            blob: header.blob.0,
            available: header.available,
        }
    }
}

impl From<&Head> for IRollup::Head {
    fn from(head: &Head) -> Self {
        Self { words: head.words.map(B256::from), tree: word(&head.tree) }
    }
}

impl From<&IRollup::Head> for Head {
    fn from(head: &IRollup::Head) -> Self {
        Self { words: head.words.map(|word| word.0), tree: head.tree.0 }
    }
}

impl From<&Fraud> for IRollup::Fraud {
    fn from(fraud: &Fraud) -> Self {
        Self {
            header: (&fraud.header).into(),
            segment: fraud.segment,
            pre: word(&fraud.pre),
            records: fraud.records.clone().into(),
            post: word(&fraud.post),
            path: words(&fraud.path),
            queue: fraud.queue,
            items: fraud.items.clone().into(),
            witness: fraud.witness.clone().into(),
        }
    }
}

impl From<&Config> for IRollup::Config {
    fn from(config: &Config) -> Self {
        Self {
            genesis: word(&config.genesis),
            transition: address(config.transition),
            governor: address(config.governor),
            operators: config.operators.iter().copied().map(address).collect(),
            bond: config.bond,
            windowBlocks: config.window_blocks,
            windowSeconds: config.window_seconds,
            silence: config.silence,
            forcedDelay: config.forced_delay,
            exitDelay: config.exit_delay,
            revealSeconds: config.reveal_seconds,
            commitBond: config.commit_bond,
            pauseSeconds: config.pause_seconds,
            upgradeDelay: config.upgrade_delay,
            forcedFee: config.forced_fee,
        }
    }
}
