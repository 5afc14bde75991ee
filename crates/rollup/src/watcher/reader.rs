//! From a chain to a [`Derivation`]: reads what is new, takes back what was re-organised away, and believes the node only
//! where its answers agree.

use super::watch::conclude;
use super::{Derivation, Doubt, Verdict, Versions};
use crate::chain::{Block, Call, Chain, ChainError, Clock, Evm};
use crate::contract::{Contract, ContractError, Entry, Event, posted};
use crate::founding::{self, FoundingError};
use ledger::Key;
use market::{Address, Hash, keccak256};
use std::sync::OnceLock;

/// Blocks asked for at once; nodes limit what they answer.
const BLOCKS: u64 = 5_000;

/// Reads one contract's events.
#[derive(Clone, Debug)]
pub struct Reader {
    address: Address,
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
    /// Nothing read yet.
    #[must_use]
    pub const fn new(address: Address) -> Self {
        Self { address, read: Vec::new() }
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
                return Ok(Reading::Doubtful(doubt));
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
        &self,
        chain: &mut C,
        derivation: &mut Derivation,
        from: u64,
        to: u64,
    ) -> Result<Result<(), Doubt>, ContractError> {
        for entry in Contract::at(chain, self.address).events(from, to)? {
            let data = match &entry.event {
                Event::Posted { number: 1.., .. } | Event::Reposted { .. } => {
                    match posted(chain, self.address, &entry) {
                        Ok(data) => Some(Ok(data)),
                        Err(error @ (ContractError::Indirect { .. } | ContractError::Gone { .. })) => {
                            Some(Err(error.to_string()))
                        }
                        Err(error) => return Err(error),
                    }
                }
                _ => None,
            };
            if let Err(doubt) = derivation.take(&entry, data) {
                return Ok(Err(doubt));
            }
            for (version, transition) in derivation.versions().open() {
                let known = is_ours(chain, transition)?;
                derivation.versions().decide(version, known);
            }
        }
        Ok(Ok(()))
    }

    /// The contract's own word on how far it has come, where no block came meanwhile.
    fn compare<C: Chain + ?Sized>(
        &self,
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
        let differs = |what: String| Ok(Reading::Doubtful(Doubt::Node(what)));
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
/// the verdict says so and the rest is what was before the doubt.
///
/// # Errors
/// Where the node cannot be asked, or the genesis is not published with the contract.
pub fn derive<C: Chain + ?Sized>(
    chain: &mut C,
    address: Address,
    upto: Option<u64>,
) -> Result<Derived, FoundingError> {
    let genesis = find_genesis(chain, address)?;
    let mut derivation = Derivation::new(genesis, Versions::default());
    let mut reader = Reader::new(address);
    let reading = reader.follow(chain, &mut derivation, upto)?;
    let verdict = conclude(derivation.judge(), reading);
    Ok(Derived { block: reader.newest().unwrap_or_default(), derivation, verdict })
}

/// The genesis as it was published with the contract.
///
/// # Errors
/// [`FoundingError`] where it was not, or there is no contract.
pub fn find_genesis<C: Chain + ?Sized>(
    chain: &mut C,
    address: Address,
) -> Result<crate::step::State, FoundingError> {
    let head = chain.head().map_err(ContractError::from)?.number;
    let mut from = 0;
    while from <= head {
        let to = head.min(from + BLOCKS - 1);
        let events: Vec<Entry> = Contract::at(chain, address).events(from, to)?;
        if !events.is_empty() {
            return founding::genesis(chain, address, &events);
        }
        from = to + 1;
    }
    Err(FoundingError::NoContract(address))
}
