//! Brings the operator's segments onto the primary chain and makes them final, from wherever the chain stands.
//!
//! Nothing is remembered about what was sent: each round reads the contract's history, lays the operator's segments beside
//! it, and does the one thing that is due. A batch names its parent's hash and the queue's, so one that was sent twice, or for
//! a history that is no longer the chain's, reverts. What a round cannot do now (a node that is away, another's turn) is
//! said and tried again in the next one.

use super::outbox::{Fate, Outbox};
use super::plan::{Hex, Posting, Rest, Seen, Step, Waiting, plan};
use super::view::View;
use super::{Cut, Story};
use crate::batch::{self, Header};
use crate::chain::{Block, Call, Chain, ChainError};
use crate::contract::{Calls, Contract, ContractError, Head, Posted, Refusal, posted};
use crate::step::queue;
use ledger::Key;
use market::{Address, Hash, keccak256};

/// The most rounds in one go; each sends one transaction.
const ROUNDS: u32 = 10_000;
/// How often a refused transaction is tried again after reading anew, before somebody is told.
const TRIES: u32 = 3;

/// Why posting cannot go on without somebody's help.
#[derive(Debug, thiserror::Error)]
pub enum PostError {
    /// The chain has another input.
    #[error(
        "batch {number} on the primary chain is not what this ledger would post{}. Somebody else posted it, or the \
         ledger's file is older than the chain: restore the file's last state, or take over from the chain",
        segment.map(|segment| format!(": its segment {segment} has other records")).unwrap_or_default()
    )]
    Foreign {
        /// Its number.
        number: u64,
        /// The first segment that differs, from 0; none where its data could not be had.
        segment: Option<u32>,
    },
    /// This operator has posted a root that does not follow.
    #[error(
        "batch {number} on the primary chain has a root at segment {segment} that this ledger does not have there: it was \
         posted by another version of the program, and whoever watches can prove it wrong. Stop, and keep the file"
    )]
    WrongRoot {
        /// Its number.
        number: u64,
        /// The first wrong segment, from 0.
        segment: u32,
    },
    /// What was credited is gone.
    #[error(
        "item {item} of the primary chain's queue is another than the one this ledger has carried out: the chain was \
         re-organised deeper than was waited for. Raise the confirmations, and go back to the file's state before it"
    )]
    QueueChanged {
        /// Its number.
        item: u64,
    },
    /// The contract refuses again and again.
    #[error("the contract refuses what is due, {what}: {refusal}")]
    Refused {
        /// What was to be done.
        what: &'static str,
        /// Its reason.
        refusal: Refusal,
    },
    /// A batch cannot be written down.
    #[error(transparent)]
    Batch(#[from] batch::BatchError),
    /// The contract or the chain does not do as asked.
    #[error(transparent)]
    Contract(#[from] ContractError),
}

impl From<ChainError> for PostError {
    fn from(error: ChainError) -> Self {
        Self::Contract(error.into())
    }
}

/// What was done so far, since the process began.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Done {
    /// Batches posted.
    pub posted: u64,
    /// Bytes of their data.
    pub bytes: u64,
    /// Gas for it.
    pub post_gas: u64,
    /// Old inputs given new roots.
    pub reposted: u64,
    /// Gas for it.
    pub repost_gas: u64,
    /// Gas for making batches final.
    pub finalise_gas: u64,
    /// Deposits sent for members.
    pub deposits: u64,
    /// Gas for them.
    pub deposit_gas: u64,
    /// Gas for the contracts and the bonds.
    pub deploy_gas: u64,
    /// Transactions that were undone in their block, as the chain had moved on.
    pub undone: u64,
    /// Transactions that something else took the place of.
    pub displaced: u64,
    /// Inputs that a re-organisation took back, to be posted again.
    pub taken_back: u64,
}

/// What a transaction under way is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Errand {
    Post { bytes: usize },
    Repost,
    Finalise,
    Deposit,
}

/// The operator's hand on the primary chain.
#[derive(Clone, Debug)]
pub struct Poster {
    /// What the chain says.
    pub view: View,
    /// What this operator has told and what of it the chain has.
    pub story: Story,
    /// What was done.
    pub done: Done,
    /// When to post.
    pub posting: Posting,
    key: Key,
    /// Of a batch: blocks and seconds.
    window: (u64, u64),
    /// Root before the first batch.
    genesis: Hash,
    outbox: Outbox,
    errand: Option<Errand>,
    /// The items consumed, as this operator carried them out, with the queue's hash after each.
    consumed: Vec<(Vec<u8>, Hash)>,
    /// Hashes of headers whose roots were found right, by number less one.
    right: Vec<Hash>,
    /// The block at which finalising was refused last.
    refused_at: Option<u64>,
}

impl Poster {
    /// For a contract that was deployed in block `from`, with these windows (blocks, s) and this root before its first batch.
    #[must_use]
    pub fn new(
        contract: Address,
        from: u64,
        key: Key,
        posting: Posting,
        window: (u64, u64),
        genesis: Hash,
    ) -> Self {
        Self {
            view: View::new(contract, from),
            story: Story::default(),
            done: Done::default(),
            posting,
            key,
            window,
            genesis,
            outbox: Outbox::default(),
            errand: None,
            consumed: Vec::new(),
            right: Vec::new(),
            refused_at: None,
        }
    }

    /// The contract's calls.
    #[must_use]
    pub const fn calls(&self) -> Calls {
        Calls(self.view.contract())
    }

    /// Whose hand it is.
    #[must_use]
    pub const fn address(&self) -> Address {
        self.key.address()
    }

    /// Items of the queue that were carried out.
    #[must_use]
    pub fn consumed(&self) -> u64 {
        self.consumed.len() as u64
    }

    /// An item was carried out.
    pub fn consume(&mut self, item: &[u8]) {
        let before = self.consumed.last().map_or([0; 32], |(_, hash)| *hash);
        self.consumed.push((item.to_vec(), queue::link(&before, item)));
    }

    /// Takes back that the last `count` items were carried out.
    pub fn unconsume(&mut self, count: usize) {
        self.consumed.truncate(self.consumed.len().saturating_sub(count));
    }

    /// How often a fee was raised.
    #[must_use]
    pub const fn raised(&self) -> u64 {
        self.outbox.raised()
    }

    /// Reads the chain and lays the story beside it.
    ///
    /// # Errors
    /// Where it does not fit, or the chain cannot be read.
    pub fn look(&mut self, chain: &mut dyn Chain) -> Result<Block, PostError> {
        let head = self.view.update(chain)?;
        self.check_queue()?;
        let inputs = self.view.inputs.iter().map(|(header, _)| (header.records_hash, header.segments));
        match self.story.align(inputs) {
            Ok(taken_back) => self.done.taken_back += taken_back,
            Err(number) => {
                let segment = self.first_foreign(chain, number);
                return Err(PostError::Foreign { number, segment });
            }
        }
        self.story.forget_until(self.view.finalised);
        Ok(head)
    }

    /// Items carried out are those of the queue. One that a re-organisation has put into another block is the same
    /// but for its time, which nothing depends on.
    fn check_queue(&mut self) -> Result<(), PostError> {
        let from = (0..self.consumed.len()).rev();
        let from = from.take_while(|i| self.view.queue_hash(*i as u64 + 1) != Some(self.consumed[*i].1));
        let Some(from) = from.last() else { return Ok(()) };
        for index in from..self.consumed.len() {
            let Some(there) = self.view.queue.get(index) else { break }; // it waits to get into a block again
            let (mine, _) = &self.consumed[index];
            let same = mine.first() == there.item.first() && mine.get(6..) == there.item.get(6..);
            if !same {
                return Err(PostError::QueueChanged { item: index as u64 });
            }
            self.consumed[index] = (there.item.clone(), there.hash);
        }
        Ok(())
    }

    fn first_foreign(&self, chain: &mut dyn Chain, number: u64) -> Option<u32> {
        let (_, entry) = self.view.inputs.get(number as usize - 1)?;
        let Ok(Posted::New { data, .. }) = posted(chain, self.view.contract(), entry) else { return None };
        let segments = batch::decode(&data).ok()?;
        let mine = self.story.next_segments(segments.len());
        let differs = |i: &usize| mine.get(*i).is_none_or(|cut| cut.records != segments[*i].records);
        (0..segments.len()).find(differs).map(|i| i as u32)
    }

    /// The first standing batch with a root that does not follow.
    fn first_wrong(&mut self, chain: &mut dyn Chain) -> Result<Option<(u64, Address, u32)>, PostError> {
        let first = self.view.finalised + 1;
        for number in first..self.view.batches.len() as u64 {
            let (header, index) = (self.view.batches[number as usize], number as usize - 1);
            let hash = header.hash();
            if self.right.get(index) == Some(&hash) {
                continue;
            }
            let cuts = self.story.input(number);
            let pre = self.root_before(number);
            let segments: Vec<_> = cuts.iter().map(Cut::segment).collect();
            if header.data_root == batch::data_root(&batch::leaves(&pre, &segments)) {
                self.right.resize(index + 1, [0; 32]);
                self.right[index] = hash;
                continue;
            }
            let segment = self.first_wrong_segment(chain, &header, cuts)?;
            if header.operator == self.key.address() {
                return Err(PostError::WrongRoot { number, segment });
            }
            return Ok(Some((number, header.operator, segment)));
        }
        Ok(None)
    }

    fn first_wrong_segment(
        &self,
        chain: &mut dyn Chain,
        header: &Header,
        cuts: &[Cut],
    ) -> Result<u32, PostError> {
        let entries = Contract::at(chain, self.view.contract()).events(header.block, header.block)?;
        for entry in entries {
            let roots = match posted(chain, self.view.contract(), &entry) {
                Ok(Posted::New { data, .. }) => {
                    batch::decode(&data)?.into_iter().map(|segment| segment.root).collect()
                }
                Ok(Posted::Again { roots, .. }) => roots,
                Err(_) => continue,
            };
            let wrong = cuts.iter().zip(&roots).position(|(cut, root)| cut.root() != *root);
            if let Some(segment) = wrong {
                return Ok(segment as u32);
            }
        }
        Ok(0)
    }

    /// The right root before an input.
    fn root_before(&self, number: u64) -> Hash {
        self.story.input(number - 1).last().map_or(self.genesis, Cut::root)
    }

    /// Does what is due, transaction by transaction, until something has to be waited for. `age`: how long the first of
    /// what waits has waited, s; `flush`: whether it is posted whatever its size.
    ///
    /// # Errors
    /// Where somebody has to help, or the chain cannot be asked now.
    pub fn drive(&mut self, chain: &mut dyn Chain, age: u64, flush: bool) -> Result<Rest, PostError> {
        let mut refusals = 0;
        for _ in 0..ROUNDS {
            if !self.follow(chain)? {
                return Ok(Rest::UnderWay);
            }
            let head = self.look(chain)?;
            let wrong = self.first_wrong(chain)?;
            if wrong.is_none() && self.finalise(chain, &head)? {
                continue;
            }
            let (call, errand) = match self.next(chain, &head, wrong, age, flush)? {
                Ok(next) => next,
                Err(rest) => return Ok(rest),
            };
            match self.outbox.send(chain, &self.key, call).map_err(ContractError::from) {
                Ok(()) => self.errand = Some(errand),
                // The chain has moved on since it was read, or this is wrong: reading again tells.
                Err(ContractError::Refused(_)) if refusals < TRIES => refusals += 1,
                Err(ContractError::Refused(refusal)) => {
                    let what = if errand == Errand::Repost { "new roots" } else { "a batch" };
                    return Err(PostError::Refused { what, refusal });
                }
                Err(error) => return Err(error.into()),
            }
        }
        Ok(Rest::UnderWay)
    }

    /// Asks what became of the transaction under way; whether there is none any more.
    ///
    /// # Errors
    /// Where the chain cannot be asked.
    pub fn follow(&mut self, chain: &mut dyn Chain) -> Result<bool, PostError> {
        let Some(errand) = self.errand else { return Ok(true) };
        match self.outbox.follow(chain, &self.key, &self.posting.patience)? {
            Fate::Waits => return Ok(false),
            Fate::Gone => self.done.displaced += 1,
            Fate::Done(outcome) => {
                let done = &mut self.done;
                let (count, gas) = match errand {
                    Errand::Post { bytes } => {
                        done.bytes += if outcome.success { bytes as u64 } else { 0 };
                        (&mut done.posted, &mut done.post_gas)
                    }
                    Errand::Repost => (&mut done.reposted, &mut done.repost_gas),
                    Errand::Finalise => (&mut 0, &mut done.finalise_gas),
                    Errand::Deposit => (&mut done.deposits, &mut done.deposit_gas),
                };
                *gas += outcome.gas;
                if outcome.success {
                    *count += 1;
                } else {
                    done.undone += 1;
                }
            }
        }
        self.errand = None;
        Ok(true)
    }

    /// Makes final what can be; whether something was sent.
    fn finalise(&mut self, chain: &mut dyn Chain, head: &Block) -> Result<bool, PostError> {
        let (blocks, seconds) = self.window;
        let over =
            |header: &&Header| head.time > header.posted_at + seconds && head.number > header.block + blocks;
        let open = self.view.batches.iter().skip(self.view.finalised as usize + 1);
        let headers: Vec<Header> = open.take_while(over).copied().collect();
        if headers.is_empty() || self.refused_at == Some(head.number) {
            return Ok(false);
        }
        match self.outbox.send(chain, &self.key, self.calls().finalise(&headers)).map_err(ContractError::from)
        {
            Ok(()) => {
                self.errand = Some(Errand::Finalise);
                Ok(true)
            }
            // Somebody has promised a proof, the contract rests, or the chain has moved on: later.
            Err(ContractError::Refused(_)) => {
                self.refused_at = Some(head.number);
                Ok(false)
            }
            Err(error) => Err(error.into()),
        }
    }

    /// The transaction that is due, or why there is none.
    fn next(
        &self,
        chain: &mut dyn Chain,
        head: &Block,
        wrong: Option<(u64, Address, u32)>,
        age: u64,
        flush: bool,
    ) -> Result<Result<(Call, Errand), Rest>, PostError> {
        let cuts = self.story.next_batch(self.posting.bytes);
        let time = cuts.last().map_or(0, |cut| cut.head.time);
        let waiting = Waiting { bytes: self.story.waiting_bytes(), age, time, flush };
        let (batches, inputs) = (self.view.batches.len() as u64 - 1, self.view.inputs.len() as u64);
        let idle = waiting.bytes == 0 && batches == inputs;
        let mut contract = Contract::at(chain, self.view.contract());
        let (turn, frozen) = if idle { Default::default() } else { (contract.turn()?, contract.frozen()?) };
        let seen = Seen { me: self.key.address(), turn, time: head.time, batches, inputs, wrong, frozen };
        let parent = self.view.batches.last().expect("the genesis stands");
        Ok(match plan(&seen, &waiting, &self.posting) {
            Step::Rest(rest) => Err(rest),
            Step::Repost(number) => {
                let cuts = self.story.input(number);
                let (voided, _) = &self.view.inputs[number as usize - 1];
                let records: Vec<Hash> = cuts.iter().map(|cut| keccak256(&cut.records)).collect();
                let roots: Vec<Hash> = cuts.iter().map(Cut::root).collect();
                match self.place(cuts) {
                    Some((head, queue)) => {
                        let call = self.calls().repost(parent, voided, &records, &roots, &head, &queue);
                        Ok((call, Errand::Repost))
                    }
                    None => Err(Rest::QueueShort),
                }
            }
            Step::Post => {
                let data = batch::encode(&cuts.iter().map(Cut::segment).collect::<Vec<_>>())?;
                match self.place(&cuts) {
                    Some((head, queue)) => {
                        let consumed = cuts.last().map_or(0, |cut| cut.head.queue);
                        let left = self.view.items(consumed, consumed + 1).first();
                        let left = left.map_or(&[][..], |queued| &queued.item);
                        let call = self.calls().post(parent, &data, &head, &queue, left);
                        Ok((call, Errand::Post { bytes: data.len() }))
                    }
                    None => Err(Rest::QueueShort),
                }
            }
        })
    }

    /// Head after these segments, and the queue's hash there as this operator knows it; nothing where the chain does
    /// not have the items yet.
    fn place(&self, cuts: &[Cut]) -> Option<(Head, Hash)> {
        let cut = cuts.last()?;
        let consumed = cut.head.queue;
        if consumed > self.view.queue.len() as u64 {
            return None;
        }
        let queue = match consumed.checked_sub(1) {
            Some(last) => self.consumed.get(last as usize)?.1,
            None => [0; 32],
        };
        Some((Head { words: cut.head.words(), tree: cut.tree }, queue))
    }

    /// Sends a deposit for an account, n€. Whether it has come the queue tells.
    ///
    /// # Errors
    /// Where the contract or the chain refuses it.
    pub fn send_deposit(
        &mut self,
        chain: &mut dyn Chain,
        account: u32,
        amount: u128,
    ) -> Result<(), PostError> {
        let call = self.calls().deposit(account, amount.saturating_mul(WEI));
        self.outbox.send(chain, &self.key, call).map_err(ContractError::from)?;
        self.errand = Some(Errand::Deposit);
        Ok(())
    }

    /// The next item to be carried out, if it is this operator's own deposit of this amount and deep enough.
    #[must_use]
    pub fn own_deposit(&self, account: u32, amount: u128, head: u64) -> Option<u64> {
        let next = self.consumed();
        let queued = self.view.queue.get(next as usize)?;
        let (item, ..) = crate::step::Item::decode(&queued.item)?;
        let deep = queued.block + self.posting.confirmations <= head;
        let own = matches!(item, crate::step::Item::Deposit { account: to, amount: paid, sender, .. }
            if (to, paid, sender) == (account, amount, self.key.address()));
        (own && deep).then_some(next)
    }
}

/// Wei of 1 n€.
pub const WEI: u128 = 1_000_000_000;

impl std::fmt::Display for View {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let (batches, inputs) = (self.batches.len().saturating_sub(1), self.inputs.len());
        write!(
            f,
            "contract {}: {batches} batches, {inputs} inputs, {} final",
            Hex(self.contract()),
            self.finalised
        )
    }
}
