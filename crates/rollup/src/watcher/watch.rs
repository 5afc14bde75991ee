//! The watcher itself: looks, and does the next thing.

use super::journal::{Journal, Pending};
use super::next::{asked_account, next, proof, salt};
use super::{Act, Derivation, Doubt, Reader, Reading, Verdict, Versions, find_genesis};
use crate::chain::{Block, Call, Chain, ChainError, Terms};
use crate::contract::{Calls, Contract, ContractError, Head};
use crate::founding::FoundingError;
use crate::step::{Place, State, Store};
use ledger::Key;
use market::{Address, Hash};
use std::io;

/// A transaction that waits for longer, in blocks, is sent again with a higher fee.
const PATIENCE: u64 = 5;

/// Watches one contract; with a key, disputes what is wrong.
#[derive(Clone, Debug)]
pub struct Watcher {
    address: Address,
    key: Option<Key>,
    window: u64,
    reader: Reader,
    derivation: Derivation,
    journal: Journal,
    /// Acts that the contract refused when tried, and the block at which: not tried again in the same one.
    refused: Vec<(String, u64)>,
}

/// A verdict on what was read, in the light of what could not be. An operator can withhold a batch's data, and must not
/// thereby protect an earlier batch that is wrong; every other doubt is about the node, whose word is then worth nothing.
pub(super) fn conclude(verdict: Verdict, reading: Reading) -> Verdict {
    match (verdict, reading) {
        (verdict, Reading::Upto(_)) => verdict,
        (verdict @ Verdict::Wrong { .. }, Reading::Doubtful(Doubt::Withheld { .. })) => verdict,
        (_, Reading::Doubtful(doubt)) => Verdict::Unknown(doubt),
    }
}

/// What a look came to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Look {
    /// The newest block read.
    pub block: Block,
    /// What follows from everything up to it.
    pub verdict: Verdict,
    /// What was sent.
    pub sent: Vec<Sent>,
    /// Whether something was sent of which it is not known yet what became of it.
    pub waits: bool,
}

/// A transaction that was sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sent {
    /// What for.
    pub act: Act,
    /// Its hash.
    pub transaction: Hash,
}

/// Why a look came to nothing. Nothing is lost: the next look goes on.
#[derive(Debug, thiserror::Error)]
pub enum WatchError {
    /// The genesis cannot be had, or the node does not answer.
    #[error(transparent)]
    Founding(#[from] FoundingError),
    /// The node does not answer, or the contract is none.
    #[error(transparent)]
    Contract(#[from] ContractError),
    /// The journal cannot be written, so nothing is sent.
    #[error("the watcher's journal cannot be written: {0}")]
    Journal(#[from] io::Error),
}

impl From<ChainError> for WatchError {
    fn from(error: ChainError) -> Self {
        Self::Contract(error.into())
    }
}

impl Watcher {
    /// Watches the contract at an address from its founding on. Without a key it only tells; `window` is how long a
    /// batch can be challenged (s), as the contract's configuration says.
    ///
    /// # Errors
    /// Where the genesis is not published with the contract, or the node does not answer.
    pub fn new<C: Chain + ?Sized>(
        chain: &mut C,
        address: Address,
        key: Option<Key>,
        window: u64,
        journal: Journal,
    ) -> Result<Self, FoundingError> {
        let genesis = find_genesis(chain, address)?;
        Ok(Self::from_genesis(genesis, address, key, window, journal))
    }

    /// The same with a genesis from elsewhere; another one than the contract's is found out at the first look.
    #[must_use]
    pub fn from_genesis(
        genesis: State,
        address: Address,
        key: Option<Key>,
        window: u64,
        journal: Journal,
    ) -> Self {
        let derivation = Derivation::new(genesis, Versions::default());
        let reader = Reader::new(address);
        Self { address, key, window, reader, derivation, journal, refused: Vec::new() }
    }

    /// What was derived so far.
    pub const fn derivation(&mut self) -> &mut Derivation {
        &mut self.derivation
    }

    /// Reads what is new, judges it and does the next thing that is to be done.
    ///
    /// # Errors
    /// [`WatchError`]; the next look goes on where this one ended.
    pub fn look<C: Chain + ?Sized>(&mut self, chain: &mut C) -> Result<Look, WatchError> {
        let reading = self.reader.follow(chain, &mut self.derivation, None)?;
        let block = self.reader.newest().unwrap_or_default();
        let verdict = conclude(self.derivation.judge(), reading);
        let mut look = Look { block, verdict, sent: Vec::new(), waits: false };
        let Some(key) = self.key.clone() else { return Ok(look) };
        // With incomplete knowledge nothing is sent at all: a proof could only be wrong.
        if matches!(look.verdict, Verdict::Unknown(_)) {
            return Ok(look);
        }
        self.refused.retain(|(_, at)| *at == block.number);
        for act in next(&mut self.derivation, &look.verdict, &key, &block, self.window) {
            match self.attempt(chain, &key, &act, &block)? {
                Attempt::Sent(transaction) => {
                    look.sent.push(Sent { act, transaction });
                    look.waits = true;
                    break;
                }
                Attempt::Waits => {
                    look.waits = true;
                    break;
                }
                Attempt::Refused => {}
            }
        }
        Ok(look)
    }

    /// Sends an act, unless it waits already or the contract would refuse it.
    fn attempt<C: Chain + ?Sized>(
        &mut self,
        chain: &mut C,
        key: &Key,
        act: &Act,
        block: &Block,
    ) -> Result<Attempt, WatchError> {
        let name = act.name();
        if self.refused.iter().any(|(refused, _)| *refused == name) {
            return Ok(Attempt::Refused);
        }
        let free = chain.nonce(key.address())?;
        let (mut terms, mut raises) = (Terms { nonce: Some(free), ..Terms::default() }, 0);
        if let Some(pending) = self.journal.pending().filter(|pending| pending.nonce < free) {
            let outcome = match pending.transaction {
                Some(hash) => chain.outcome(&hash)?,
                None => None,
            };
            // What became of it is not known; what it should do is still to be done.
            if outcome.is_none() && pending.act == name {
                if block.number < pending.block + PATIENCE {
                    return Ok(Attempt::Waits);
                }
                if pending.transaction.is_some() {
                    (terms.nonce, raises) = (Some(pending.nonce), pending.raises + 1);
                }
            }
        }
        let Some(call) = self.call(chain, key, act)? else { return Ok(Attempt::Refused) };
        terms = match chain.quote(key.address(), &call, &terms) {
            Ok(terms) => terms,
            Err(ChainError::Reverted { .. }) => {
                self.refused.push((name, block.number));
                return Ok(Attempt::Refused);
            }
            Err(error) => return Err(error.into()),
        };
        let fees = chain.fees()?;
        for _ in 0..raises {
            terms = terms.raised(&fees, u128::MAX).unwrap_or(terms);
        }
        let nonce = terms.nonce.unwrap_or(free);
        let mut pending = Pending { act: name, nonce, raises, block: block.number, transaction: None };
        self.journal.set(Some(pending.clone()))?;
        let hash = chain.offer(key, &call, &terms)?;
        pending.transaction = Some(hash);
        self.journal.set(Some(pending))?;
        Ok(Attempt::Sent(hash))
    }

    /// The call that does it; `None` where there is nothing to do.
    fn call<C: Chain + ?Sized>(
        &mut self,
        chain: &mut C,
        key: &Key,
        act: &Act,
    ) -> Result<Option<Call>, WatchError> {
        let calls = Calls(self.address);
        Ok(match act {
            Act::Promise { hash, segment, .. } => {
                let promise = Calls::promise(key.address(), hash, *segment, &salt(key, hash, *segment));
                Some(calls.commit(&promise, commit_bond(chain, key.address(), calls)?))
            }
            Act::Prove { number, hash, segment } => {
                let fraud = self.derivation.fraud(*number, *segment);
                fraud.map(|fraud| calls.prove(&fraud, &salt(key, hash, *segment)))
            }
            Act::Claim { hash, segment } => Some(calls.claim(hash, *segment, &salt(key, hash, *segment))),
            Act::Reward { hash } => Some(calls.reward(hash)),
            Act::Attest { number, hash } => self.attestation(key.address(), *number, hash),
            Act::Collect => {
                let owed = Contract::at(chain, self.address).claimable(key.address())?;
                (owed > 0).then(|| calls.collect())
            }
        })
    }

    fn attestation(&mut self, me: Address, number: u64, hash: &Hash) -> Option<Call> {
        let header = self.derivation.batches().get(number as usize)?.header;
        let state = self.derivation.state(number)?;
        let account = asked_account(hash, me, state.head().accounts)?;
        let place = Place::account(account);
        let words = state.words(place).ok()?;
        let proof = proof(state, place);
        let head = Head { words: state.head().words(), tree: state.tree().root() };
        Some(Calls(self.address).attest(&header, &head, &[words[0], words[1], words[2]], &proof))
    }
}

/// What a promise costs, wei: the contract says so where it is offered nothing.
fn commit_bond<C: Chain + ?Sized>(chain: &mut C, me: Address, calls: Calls) -> Result<u128, WatchError> {
    let undecodable = ContractError::Undecodable { what: "commit" };
    match chain.call(me, &calls.commit(&[0; 32], 0)) {
        Ok(_) => Ok(0),
        Err(error) => match ContractError::from(error) {
            ContractError::Refused(refusal) if refusal.name == "WrongBond" => {
                Ok(refusal.argument("bond").and_then(|bond| bond.parse().ok()).ok_or(undecodable)?)
            }
            error => Err(error.into()),
        },
    }
}

enum Attempt {
    Sent(Hash),
    Waits,
    Refused,
}
