//! The dual chain verified again from what the primary chain has, and nothing else: every record executed, every root
//! compared, every account added up.

use crate::chain::Chain;
use crate::contract::{Contract, ContractError};
use crate::founding::FoundingError;
use crate::modes::{Content, Mode, Text};
use crate::step::leaf::Account;
use crate::step::{Place, Record, Store};
use crate::watcher::{Verdict, derive_with};
use ledger::Key;
use market::{Address, Hash};
use std::collections::BTreeMap;

/// What an audit found.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Audit {
    /// The primary chain's id.
    pub chain_id: u64,
    /// The contract.
    pub contract: Address,
    /// How data reaches the chain.
    pub mode: Mode,
    /// The newest block read.
    pub block: u64,
    /// Its time, Unix s.
    pub time: u64,
    /// Batches whose roots stand.
    pub batches: u64,
    /// Of them, those that are final.
    pub finalised: u64,
    /// Inputs whose roots fell and wait for new ones.
    pub open: u64,
    /// Batches that fell by a proof.
    pub fallen: u64,
    /// Segments of all inputs.
    pub segments: u64,
    /// Bytes of their records.
    pub bytes: u64,
    /// Records by kind.
    pub records: BTreeMap<&'static str, u64>,
    /// Items of the queue, and how many of them are carried out.
    pub queue: (u64, u64),
    /// Accounts, those that exist from the beginning included.
    pub accounts: u32,
    /// Metering points.
    pub meters: u32,
    /// Withdrawals.
    pub withdrawals: u32,
    /// Σ of all balances, n€, added up account by account.
    pub balances: i128,
    /// Σ of what is promised to orders and unsettled trades, n€.
    pub holds: i128,
    /// Σ as the state's head says it, n€.
    pub money: u128,
    /// Coin that the contract holds, wei: the members' money, bonds, and what it owes.
    pub held: u128,
    /// The state's root after the last right input.
    pub root: Hash,
    /// The root that the contract pays withdrawals by.
    pub final_root: Hash,
    /// The first root that does not follow: batch and segment (from 0).
    pub wrong: Option<(u64, u32)>,
    /// Why not everything could be verified.
    pub doubt: Option<String>,
}

impl Audit {
    /// Whether everything that stands is right and adds up.
    #[must_use]
    pub fn is_clean(&self) -> bool {
        self.wrong.is_none() && self.doubt.is_none() && self.balances == self.money as i128
    }
}

/// Verifies a contract's batches from the chain alone; sealed ones with a registered watcher's key ([`audit_with`]).
///
/// # Errors
/// Where the chain cannot be read, or the genesis is not published with the contract.
pub fn audit(chain: &mut dyn Chain, contract: Address) -> Result<Audit, FoundingError> {
    audit_with(chain, contract, None)
}

/// The same with a key that opens sealed batches.
///
/// # Errors
/// As [`audit`].
pub fn audit_with(
    chain: &mut dyn Chain,
    contract: Address,
    key: Option<Key>,
) -> Result<Audit, FoundingError> {
    let mut derived = derive_with(chain, contract, None, key)?;
    let derivation = &mut derived.derivation;
    let (wrong, doubt) = match &derived.verdict {
        Verdict::Right => (None, None),
        Verdict::Wrong { number, segment, .. } => (Some((*number, *segment)), None),
        Verdict::Unknown(doubt) => (None, Some(doubt.to_string())),
    };
    let mut audit = Audit {
        chain_id: chain.id().map_err(ContractError::from)?,
        contract,
        mode: derivation.mode(),
        block: derived.block.number,
        time: derived.block.time,
        batches: derivation.tip(),
        finalised: derivation.final_batches(),
        open: derivation.inputs() - derivation.tip(),
        fallen: derivation.fallen().len() as u64,
        held: chain.balance(contract).map_err(ContractError::from)?,
        final_root: Contract::at(chain, contract).final_root()?,
        wrong,
        doubt,
        ..Audit::default()
    };
    let inputs = derivation.inputs();
    let signed = derivation.state(0).is_some_and(|genesis| genesis.head().is_signed());
    for number in 1..=inputs {
        let Some(parts) = derivation.parts(number) else { continue };
        audit.segments += parts.len() as u64;
        for part in parts {
            // What is hidden has no kinds, and records without their signatures are told apart without.
            let (records, signed) = match (part.content(), part.text()) {
                (Content::Bare(bare, _), _) => (bare.clone(), false),
                (_, Text::Known(records) | Text::Assumed(records)) => (records, signed),
                (_, Text::Hidden) => (Vec::new(), signed),
            };
            audit.bytes += records.len() as u64;
            let mut rest = records.as_slice();
            while let Some((record, after)) = Record::decode(rest, signed) {
                *audit.records.entry(kind(&record)).or_default() += 1;
                rest = after;
            }
        }
    }
    let items = derivation.queue().len();
    if let Some(state) = derivation.state(inputs) {
        let head = *state.head();
        audit.queue = (items, head.queue);
        (audit.accounts, audit.meters, audit.withdrawals) = (head.accounts, head.meters, head.withdrawals);
        audit.money = head.money;
        for id in 0..head.accounts {
            let account: Account = state.peek(Place::account(id));
            audit.balances += account.balance;
            audit.holds += account.holds;
        }
        audit.root = state.root();
    }
    Ok(audit)
}

/// A record's kind, in words.
pub(crate) const fn kind(record: &Record<'_>) -> &'static str {
    match record {
        Record::Tick { .. } => "ticks",
        Record::Queue { .. } => "calls of the queue",
        Record::Account { .. } => "accounts",
        Record::Meter { .. } => "metering points",
        Record::Open { .. } => "intervals",
        Record::Publish { .. } => "prices",
        Record::Order { .. } => "orders",
        Record::Cancel { .. } => "cancellations",
        Record::Withdraw { .. } => "withdrawals",
        Record::Transfer { .. } => "transfers",
        Record::Reading { .. } => "readings",
        Record::Close { .. } => "closings",
        Record::Clear { .. } | Record::Nothing { .. } => "clearings",
        Record::Share { .. } => "sharings",
        Record::Settle { .. } => "settlements",
        Record::Advance { .. } | Record::Merit { .. } => "portions of work",
        Record::Lapse { .. } => "lapses",
    }
}
