//! From a chain to a [`Derivation`]: reads what is new, takes back what was re-organised away, and believes the node only
//! where its answers agree.

use super::watch::conclude;
use super::{Derivation, Doubt, Verdict, Versions};
use crate::chain::{Block, Call, Chain, ChainError, Clock, Evm, TxHash};
use crate::contract::{Contract, ContractError, Entry, Event};
use crate::founding::{self, Founding, FoundingError};
use crate::modes::seal::Answer;
use crate::modes::{Asked, Lens, Mode, Notice};
use ledger::Key;
use market::{Address, Hash, Keccak256, keccak256};
use std::collections::BTreeMap;
use std::sync::OnceLock;

/// Blocks asked for at once; nodes limit what they answer.
const BLOCKS: u64 = 5_000;

/// Reads one contract's events.
#[derive(Clone, Debug)]
pub struct Reader {
    address: Address,
    lens: Lens,
    /// The key with which keys of segments are demanded.
    key: Option<Key>,
    /// Answers to this watcher's demands.
    answers: BTreeMap<(Hash, u32), Answer>,
    /// Blocks up to which everything was read, in rising order: where to go back to.
    read: Vec<Block>,
}

/// What reading came to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Reading {
    /// Everything up to this block.
    Upto(Block),
    /// What came next cannot be believed, or not be had; everything before it was read.
    Doubtful(Doubt),
}

impl Reader {
    /// Nothing read yet. The key opens sealed batches, if it is a registered watcher's.
    #[must_use]
    pub fn new(mode: Mode, address: Address, key: Option<Key>) -> Self {
        let lens = Lens::new(mode, address, key.clone());
        Self { address, lens, key, answers: BTreeMap::new(), read: Vec::new() }
    }

    /// How batches are read.
    pub const fn lens(&mut self) -> &mut Lens {
        &mut self.lens
    }

    /// The answer to this watcher's demand of a segment's key; the batch by its header's hash.
    #[must_use]
    pub fn answer(&self, batch: &Hash, segment: u32) -> Option<&Answer> {
        self.answers.get(&(*batch, segment))
    }

    /// The newest block read.
    #[must_use]
    pub fn newest(&self) -> Option<Block> {
        self.read.last().copied()
    }

    /// Reads on, to block `upto` or the newest one.
    ///
    /// # Errors
    /// Where the node cannot be asked; what was read before stays, and the next call goes on.
    pub fn follow<C: Chain + ?Sized>(
        &mut self,
        chain: &mut C,
        derivation: &mut Derivation,
        upto: Option<u64>,
    ) -> Result<Reading, ContractError> {
        self.go_back(chain, derivation)?;
        let head = chain.head()?;
        let end = upto.unwrap_or(u64::MAX).min(head.number);
        loop {
            let from = self.newest().map_or(0, |block| block.number + 1);
            if from > end {
                break;
            }
            let to = end.min(from + BLOCKS - 1);
            let Some(last) = chain.block(to)? else { break };
            // What an earlier call read of these blocks, it did not read to their end.
            derivation.unwind(from);
            if let Err(doubt) = self.take(chain, derivation, from, to)? {
                return Ok(self.doubt(doubt));
            }
            // A re-organisation while reading: begin again before it.
            if chain.block(to)?.map(|block| block.hash) != Some(last.hash) {
                return self.follow(chain, derivation, upto);
            }
            self.read.push(last);
        }
        match self.newest() {
            Some(newest) if newest.hash == head.hash => self.compare(chain, derivation, newest),
            newest => Ok(Reading::Upto(newest.unwrap_or_default())),
        }
    }

    /// What a node that is not to be believed said before is worth nothing either: next time all is read again. Data
    /// that is withheld says nothing about the node.
    fn doubt(&mut self, doubt: Doubt) -> Reading {
        if !matches!(doubt, Doubt::Withheld { .. }) {
            self.read.clear();
        }
        Reading::Doubtful(doubt)
    }

    /// Takes back blocks that are no longer there.
    fn go_back<C: Chain + ?Sized>(
        &mut self,
        chain: &mut C,
        derivation: &mut Derivation,
    ) -> Result<(), ContractError> {
        let mut forked = false;
        while let Some(last) = self.newest() {
            if chain.block(last.number)?.is_some_and(|block| block.hash == last.hash) {
                break;
            }
            self.read.pop();
            forked = true;
        }
        if forked {
            derivation.unwind(self.newest().map_or(0, |block| block.number + 1));
        }
        Ok(())
    }

    fn take<C: Chain + ?Sized>(
        &mut self,
        chain: &mut C,
        derivation: &mut Derivation,
        from: u64,
        to: u64,
    ) -> Result<Result<(), Doubt>, ContractError> {
        let mut entries = Contract::at(chain, self.address).events(from, to)?;
        let notices = match self.lens.demands(chain)? {
            Some(demands) if !entries.is_empty() || !derivation.batches().is_empty() => {
                demands.notices(chain, from, to)?
            }
            _ => Vec::new(),
        };
        for notice in &notices {
            if let Notice::Defaulted(asked, transaction) = notice {
                default(&mut entries, asked, *transaction);
            }
        }
        for entry in entries {
            let data = match &entry.event {
                Event::Posted { number: 1.., .. } | Event::Reposted { .. } => {
                    Some(self.lens.posted(chain, &entry)?)
                }
                _ => None,
            };
            if let Err(doubt) = derivation.take(&entry, data) {
                return Ok(Err(doubt));
            }
            if let Event::Posted { header, .. } = &entry.event {
                for key in derivation.keys(&self.lens, &header.parent) {
                    derivation.show(key);
                }
            }
            for (version, transition) in derivation.versions().open() {
                let known = is_ours(chain, transition)?;
                derivation.versions().decide(version, known);
            }
        }
        for notice in notices {
            if let Notice::Answered(asked, bytes) = notice {
                self.answered(derivation, &asked, bytes);
            }
        }
        Ok(Ok(()))
    }

    /// Signatures are for everybody; a key is for whoever demanded it.
    fn answered(&mut self, derivation: &mut Derivation, asked: &Asked, bytes: Vec<u8>) {
        if self.lens.mode == Mode::Demand {
            return derivation.show(bytes);
        }
        let Some(key) = self.key.as_ref().filter(|key| key.address() == asked.who) else { return };
        let Some(answer) = Answer::read(&bytes) else { return };
        let batch = derivation.batches().iter().find(|batch| batch.hash == asked.batch);
        let once = Key::from_entropy(once(key, &asked.batch, asked.segment));
        if let Some((batch, once)) = batch.zip(once)
            && let Some(found) = answer.open(&once, &batch.header.parent)
        {
            derivation.show(found.to_vec());
        }
        self.answers.insert((asked.batch, asked.segment), answer);
    }

    /// The contract's own word on how far it has come, where no block came meanwhile.
    fn compare<C: Chain + ?Sized>(
        &mut self,
        chain: &mut C,
        derivation: &Derivation,
        newest: Block,
    ) -> Result<Reading, ContractError> {
        let mut contract = Contract::at(chain, self.address);
        let (tip, queue) = (contract.tip()?, contract.queue()?);
        let hash = contract.batch(tip.batches)?;
        if chain.head()?.hash != newest.hash {
            return Ok(Reading::Upto(newest));
        }
        let known = derivation.queue();
        let mut differs = |what: String| Ok(self.doubt(Doubt::Node(what)));
        if Some(queue.1) != known.hash(known.len()) || queue.0 != known.len() {
            return differs(format!(
                "its contract has {} items in the queue, its events make {}",
                queue.0,
                known.len()
            ));
        }
        if (tip.batches, tip.inputs, tip.finalised)
            != (derivation.tip(), derivation.inputs(), derivation.final_batches())
            || derivation.batches().last().is_none_or(|batch| batch.hash != hash)
        {
            return differs(format!(
                "its contract is at batch {} of {}, its events lead to batch {} of {}",
                tip.batches,
                tip.inputs,
                derivation.tip(),
                derivation.inputs()
            ));
        }
        Ok(Reading::Upto(newest))
    }
}

/// The secret of the one-time key with which a watcher demands a segment's key: it need not be remembered, and showing it
/// shows no other.
pub(super) fn once(key: &Key, batch: &Hash, segment: u32) -> Hash {
    let text = Keccak256::new().with(b"wattle demand").with(batch).with(&segment.to_be_bytes()).finish();
    keccak256(&key.sign(&text))
}

/// The contract logs a default as it logs a proof; the contract of the demands says which it was.
fn default(entries: &mut [Entry], asked: &Asked, transaction: TxHash) {
    for entry in entries.iter_mut().filter(|entry| entry.transaction == transaction) {
        if let Event::Proven { number, hash, segment, challenger, .. } = entry.event
            && (hash, segment) == (asked.batch, asked.segment)
        {
            entry.event = Event::Defaulted { number, hash, segment, challenger };
        }
    }
}

/// Whether the contract at an address is the transition that this program computes: whether its code is that which
/// the committed artefact creates. Asked by a creation that is only tried: it returns the code's hash.
///
/// # Errors
/// Where the node cannot be asked.
pub fn is_ours<C: Chain + ?Sized>(chain: &mut C, transition: Address) -> Result<bool, ChainError> {
    // PUSH20 address, EXTCODEHASH, PUSH0, MSTORE, PUSH1 32, PUSH0, RETURN
    let data = [&[0x73][..], &transition.0, &[0x3f, 0x5f, 0x52, 0x60, 32, 0x5f, 0xf3]].concat();
    let answer = chain.call(Address::default(), &Call { data, ..Call::default() })?;
    Ok(answer == our_code()?)
}

/// keccak256 of the transition's code as it is on a chain, found out once.
static OUR_CODE: OnceLock<Hash> = OnceLock::new();

fn our_code() -> Result<Hash, ChainError> {
    if let Some(hash) = OUR_CODE.get() {
        return Ok(*hash);
    }
    let mut chain = Evm::default();
    let key = Key::from_seed(b"", "transition");
    chain.fund(key.address(), u128::MAX >> 1)?;
    let (address, _) = Contract::deploy_transition(&mut chain, &key)
        .map_err(|error| ChainError::Refused(format!("the transition cannot be created: {error}")))?;
    Ok(*OUR_CODE.get_or_init(|| keccak256(&chain.code(address))))
}

/// Everything that follows from a contract, at some block.
#[derive(Clone, Debug)]
pub struct Derived {
    /// Up to here.
    pub block: Block,
    /// States, batches, inputs, the queue.
    pub derivation: Derivation,
    /// Whether every root that stands is the one that follows.
    pub verdict: Verdict,
}

/// Derives everything from a contract's public data alone, up to block `upto` or the newest one. Where that is doubtful,
/// the verdict says so and the rest is what was before the doubt. Sealed batches need a registered watcher's key
/// ([`derive_with`]).
///
/// # Errors
/// Where the node cannot be asked, or the genesis is not published with the contract.
pub fn derive<C: Chain + ?Sized>(
    chain: &mut C,
    address: Address,
    upto: Option<u64>,
) -> Result<Derived, FoundingError> {
    derive_with(chain, address, upto, None)
}

/// The same with a key that opens sealed batches.
///
/// # Errors
/// As [`derive()`].
pub fn derive_with<C: Chain + ?Sized>(
    chain: &mut C,
    address: Address,
    upto: Option<u64>,
    key: Option<Key>,
) -> Result<Derived, FoundingError> {
    let Founding { genesis, mode, .. } = find_founding(chain, address)?;
    let mut derivation = Derivation::new(mode, genesis, Versions::default());
    let mut reader = Reader::new(mode, address, key);
    let reading = reader.follow(chain, &mut derivation, upto)?;
    let verdict = conclude(derivation.judge(), reading);
    Ok(Derived { block: reader.newest().unwrap_or_default(), derivation, verdict })
}

/// Genesis, window and mode as they were published with the contract.
///
/// # Errors
/// [`FoundingError`] where they were not, or there is no contract.
pub fn find_founding<C: Chain + ?Sized>(chain: &mut C, address: Address) -> Result<Founding, FoundingError> {
    let head = chain.head().map_err(ContractError::from)?.number;
    let mut from = 0;
    while from <= head {
        let to = head.min(from + BLOCKS - 1);
        let events: Vec<Entry> = Contract::at(chain, address).events(from, to)?;
        if !events.is_empty() {
            return founding::founding(chain, address, &events);
        }
        from = to + 1;
    }
    Err(FoundingError::NoContract(address))
}
