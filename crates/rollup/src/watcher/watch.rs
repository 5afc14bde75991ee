//! The watcher itself: looks, and does the next thing.

use super::journal::{Journal, Pending};
use super::next::{asked_account, next, proof, salt};
use super::reader::once;
use super::{Act, Derivation, Doubt, Flaw, Reader, Reading, Verdict, Versions, find_founding};
use crate::batch::Header;
use crate::chain::{Block, Call, Chain, ChainError, Terms};
use crate::contract::{Calls, Contract, ContractError, Head};
use crate::founding::{Founding, FoundingError};
use crate::modes::{Asked, Content, Disputes, LIST, Mode, Standing, cell};
use crate::step::{Place, Store};
use ledger::Key;
use market::{Address, Hash, keccak256};
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
    /// One segment in so many is demanded although nothing is wrong about it; 0: none.
    doubts: u64,
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
    /// Watches the contract at an address from its founding on. Without a key it only tells.
    ///
    /// # Errors
    /// Where the genesis is not published with the contract, or the node does not answer.
    pub fn new<C: Chain + ?Sized>(
        chain: &mut C,
        address: Address,
        key: Option<Key>,
        journal: Journal,
    ) -> Result<Self, FoundingError> {
        let founding = find_founding(chain, address)?;
        Ok(Self::from_founding(founding, address, key, journal))
    }

    /// The same with a founding from elsewhere; another genesis than the contract's is found out at the first look.
    #[must_use]
    pub fn from_founding(founding: Founding, address: Address, key: Option<Key>, journal: Journal) -> Self {
        let Founding { genesis, window, mode } = founding;
        let derivation = Derivation::new(mode, genesis, Versions::default());
        let reader = Reader::new(mode, address, key.clone());
        Self { address, key, window, reader, derivation, journal, doubts: 0, refused: Vec::new() }
    }

    /// Demands one segment in so many although nothing is wrong about it, where signatures are shown on demand: nobody
    /// else checks those. Which ones, only this watcher knows before.
    #[must_use]
    pub fn doubting(self, doubts: u64) -> Self {
        Self { doubts, ..self }
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
        let block = match &reading {
            Reading::Upto(block) => *block,
            Reading::Doubtful(_) => self.reader.newest().unwrap_or_default(),
        };
        let verdict = conclude(self.derivation.judge(), reading);
        let mut look = Look { block, verdict, sent: Vec::new(), waits: false };
        let Some(key) = self.key.clone() else { return Ok(look) };
        let acts = match look.verdict {
            Verdict::Unknown(Doubt::Unshown { number, segment, .. }) => {
                self.asks(chain, &key, &block, number, segment)?
            }
            // With incomplete knowledge nothing is sent at all: a proof could only be wrong.
            Verdict::Unknown(_) => return Ok(look),
            Verdict::Wrong { .. } => next(&mut self.derivation, &look.verdict, &key, &block, self.window),
            Verdict::Right => {
                let mut acts = self.doubted(chain, &key, &block)?;
                acts.extend(next(&mut self.derivation, &look.verdict, &key, &block, self.window));
                acts
            }
        };
        self.refused.retain(|(_, at)| *at == block.number);
        for act in acts {
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

    /// What is to be done about a segment that cannot be judged without what its operator did not post.
    fn asks<C: Chain + ?Sized>(
        &mut self,
        chain: &mut C,
        key: &Key,
        now: &Block,
        number: u64,
        segment: u32,
    ) -> Result<Vec<Act>, WatchError> {
        let final_already = number <= self.derivation.final_batches();
        let batch = self.derivation.batches().get(number as usize).filter(|_| !final_already);
        let (Some(batch), Some(demands)) = (batch.cloned(), self.reader.lens().demands(chain)?) else {
            return Ok(Vec::new()); // nobody can demand it any more, or not yet
        };
        let hash = batch.hash;
        // One demand of signatures is for all.
        let who = if self.derivation.mode() == Mode::Sealed { key.address() } else { Address::default() };
        let asked = Asked { batch: hash, segment, who };
        Ok(match demands.standing(chain, &asked)? {
            Standing::None => vec![Act::Demand { number, hash, segment }],
            Standing::Open(until, block) if now.time > until && now.number > block => {
                vec![Act::Overdue { number, hash, segment }]
            }
            // What an answer showed is known already; where it did not help, it is no key.
            Standing::Answered if self.reader.answer(&hash, segment).is_some() => {
                vec![Act::Refute { number, hash, segment }]
            }
            _ => Vec::new(),
        })
    }

    /// Demands of segments about which nothing is wrong.
    fn doubted<C: Chain + ?Sized>(
        &mut self,
        chain: &mut C,
        key: &Key,
        now: &Block,
    ) -> Result<Vec<Act>, WatchError> {
        let mut acts = Vec::new();
        if self.doubts == 0 || self.derivation.mode() != Mode::Demand {
            return Ok(acts);
        }
        for number in self.derivation.final_batches() + 1..=self.derivation.tip() {
            let hash = self.derivation.batches()[number as usize].hash;
            for segment in 0..self.derivation.parts(number).map_or(0, <[_]>::len) as u32 {
                let lot = once(key, &hash, segment);
                let drawn = u64::from_be_bytes(*lot.first_chunk().expect("32 bytes")) % self.doubts == 0;
                if drawn && self.derivation.hidden(number, segment).is_some() {
                    acts.extend(self.asks(chain, key, now, number, segment)?);
                }
            }
        }
        Ok(acts)
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
        let Some(call) = self.call(chain, key, act)? else { return Ok(Attempt::Refused) };
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
        let hash = match chain.offer(key, &call, &terms) {
            Ok(hash) => hash,
            Err(error) => {
                // Where the node says that it did not take it, nothing is awaited; else it is not known.
                if matches!(error, ChainError::StaleNonce { .. } | ChainError::Refused(_)) {
                    self.journal.set(None)?;
                }
                return Err(error.into());
            }
        };
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
                self.proof(chain, *number, *segment, &salt(key, hash, *segment))?
            }
            Act::Demand { number, hash, segment } => {
                let Some(demands) = self.reader.lens().demands(chain)? else { return Ok(None) };
                let (header, deposit) = (self.header(*number), demands.deposit(chain)?);
                let once = Key::from_entropy(once(key, hash, *segment));
                header.zip(once).map(|(header, once)| match self.derivation.mode() {
                    Mode::Sealed => demands.demand_key(&header, *segment, &once.public(), deposit),
                    _ => demands.demand_signatures(&header, *segment, deposit),
                })
            }
            Act::Overdue { number, segment, .. } => {
                let demands = self.reader.lens().demands(chain)?;
                let header = self.header(*number);
                demands.zip(header).map(|(demands, header)| demands.overdue(&header, *segment, key.address()))
            }
            Act::Refute { number, hash, segment } => self.refutation(chain, key, *number, hash, *segment)?,
            Act::CollectDeposits => {
                let Some(demands) = self.reader.lens().demands(chain)? else { return Ok(None) };
                (demands.claimable(chain, key.address())? > 0).then(|| demands.collect())
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

    fn header(&self, number: u64) -> Option<Header> {
        Some(self.derivation.batches().get(number as usize)?.header)
    }

    /// What shows that a batch is wrong: a step that does not follow, or that its blob is not what was claimed of it.
    fn proof<C: Chain + ?Sized>(
        &mut self,
        chain: &mut C,
        number: u64,
        segment: u32,
        salt: &Hash,
    ) -> Result<Option<Call>, WatchError> {
        let Some(flaw) = self.derivation.flaw(number, segment) else { return Ok(None) };
        if flaw == Flaw::Step {
            let fraud = self.derivation.fraud(number, segment);
            return Ok(fraud.map(|fraud| Calls(self.address).prove(&fraud, salt)));
        }
        let Some(batch) = self.derivation.batches().get(number as usize).cloned() else { return Ok(None) };
        let parent = self.header(number - 1);
        let mut opened = |blob: &Hash, cell: u32| {
            // Whether it is the blob, was found when it was read.
            Ok::<_, ChainError>(chain.blob(blob)?.and_then(|blob| cell::open(&blob, cell as usize).ok()))
        };
        let (header, published, disputes) = (&batch.header, &batch.published, Disputes(self.address));
        Ok(match flaw {
            Flaw::Mismatch => opened(&header.blob, segment)?
                .map(|opening| disputes.mismatch(header, published, segment as usize, opening, salt)),
            Flaw::Altered => {
                // The hash of an input in blobs is that of the first one.
                let both = opened(&header.records_hash, segment)?.zip(opened(&header.blob, segment)?);
                both.map(|(first, again)| disputes.altered(header, segment as usize, first, again, salt))
            }
            Flaw::List | Flaw::Step => {
                let list = opened(&header.blob, LIST)?.zip(opened(&header.blob, LIST + 1)?);
                list.zip(parent).map(|((first, second), parent)| {
                    disputes.mislisted(header, &parent, [first, second], salt)
                })
            }
        })
    }

    /// What shows that an answer holds another key than the segment's.
    fn refutation<C: Chain + ?Sized>(
        &mut self,
        chain: &mut C,
        key: &Key,
        number: u64,
        hash: &Hash,
        segment: u32,
    ) -> Result<Option<Call>, WatchError> {
        let Some(demands) = self.reader.lens().demands(chain)? else { return Ok(None) };
        let part = self.derivation.parts(number).and_then(|parts| parts.get(segment as usize));
        let Some(Content::Sealed(text, of_key)) = part.map(|part| part.content()) else { return Ok(None) };
        let batch = self.derivation.batches().get(number as usize).zip(self.reader.answer(hash, segment));
        Ok(batch.map(|(batch, answer)| {
            let parts = (&keccak256(text), of_key);
            let once = once(key, hash, segment);
            demands.refute(&batch.header, &batch.published, segment, &once, answer, parts)
        }))
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
