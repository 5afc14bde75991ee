//! Brings the operator's segments onto the primary chain and makes them final, from wherever the chain stands.
//!
//! Nothing is remembered about what was sent: each round reads the contract's history, lays the operator's segments beside
//! it, and does the one thing that is due. A batch names its parent's hash and the queue's, so one that was sent twice, or for
//! a history that is no longer the chain's, reverts. What a round cannot do now (a node that is away, another's turn) is
//! said and tried again in the next one.

use super::Cut;
use super::data::Data;
use super::outbox::{Fate, Outbox};
use super::plan::{Hex, Posting, Rest, Seen, Step, Waiting, plan};
use super::story::Story;
use super::view::View;
use crate::batch::{self, Header};
use crate::chain::{Block, Call, Chain, ChainError};
use crate::contract::{Calls, Contract, ContractError, Head, Refusal};
use crate::modes::{Mode, ModeError};
use crate::step::{Item, queue};
use ledger::Key;
use market::{Address, Hash};

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
    /// The contract is not there.
    #[error("there is no contract {contract} on this primary chain: name the right one, or restore its file")]
    NoContract {
        /// Where it was.
        contract: Hex,
    },
    /// What was final is gone.
    #[error(
        "batch {number} was final and is no longer on the primary chain: open the ledger again to post it anew"
    )]
    FinalLost {
        /// Its number.
        number: u64,
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
    /// Or not in the community's mode.
    #[error(transparent)]
    Mode(#[from] ModeError),
    /// The data of a batch is needed and cannot be had.
    #[error("the data of batch {number} cannot be had: {why}")]
    Withheld {
        /// Its number.
        number: u64,
        /// Why not.
        why: String,
    },
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
    /// Demands answered.
    pub answered: u64,
    /// Gas for it.
    pub answer_gas: u64,
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
    Answer,
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
    /// How data reaches the chain.
    data: Data,
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
    /// The block since which the queue lacks items that were carried out.
    short_since: Option<u64>,
}

impl Poster {
    /// For a contract of this mode that was deployed in block `from`, with these windows (blocks, s) and this root before its
    /// first batch.
    #[must_use]
    pub fn new(
        mode: Mode,
        contract: Address,
        from: u64,
        key: Key,
        posting: Posting,
        window: (u64, u64),
        genesis: Hash,
    ) -> Self {
        Self {
            view: View::new(contract, from),
            story: Story::new(mode),
            data: Data::new(mode, contract, from, Some(&key)),
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
            short_since: None,
        }
    }

    /// The contract's calls.
    #[must_use]
    pub const fn calls(&self) -> Calls {
        Calls(self.view.contract())
    }

    /// How data reaches the chain.
    #[must_use]
    pub const fn mode(&self) -> Mode {
        self.data.mode()
    }

    /// How this operator's segments reach the chain.
    #[must_use]
    pub const fn data(&self) -> &Data {
        &self.data
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

    /// These segments are the input that the chain knows by this hash; whoever takes over says so.
    pub(super) fn adopt(&mut self, hash: Hash, cuts: Vec<Cut>) {
        self.data.know(hash, &cuts);
        self.story.tell(cuts);
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
        if self.view.batches.is_empty() {
            return Err(PostError::NoContract { contract: Hex(self.view.contract()) });
        }
        self.check_queue()?;
        let inputs = self.data.inputs(chain, &self.view.inputs)?;
        match self.story.align(inputs) {
            Ok(taken_back) => self.done.taken_back += taken_back,
            Err(number) if number > self.view.inputs.len() as u64 => {
                return Err(PostError::FinalLost { number });
            }
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
        let theirs = self.data.published(chain, entry).ok()?.ok()?.1;
        let mine = self.story.next_segments(theirs.len());
        let differs = |i: &usize| mine.get(*i).is_none_or(|cut| !theirs[*i].is(&cut.records));
        (0..theirs.len()).find(differs).map(|i| i as u32)
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
            let wrong = self.data.first_wrong(chain, &header, &pre, cuts)?;
            let Some(segment) = wrong else {
                self.right.resize(index + 1, [0; 32]);
                self.right[index] = hash;
                continue;
            };
            if header.operator == self.key.address() {
                return Err(PostError::WrongRoot { number, segment });
            }
            return Ok(Some((number, header.operator, segment)));
        }
        Ok(None)
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
            match self.mend_queue(chain, &head)? {
                None => {}
                Some(Ok(())) => continue,
                Some(Err(rest)) => return Ok(rest),
            }
            let wrong = self.first_wrong(chain)?;
            if wrong.is_none() && (self.answer(chain, &head)? || self.finalise(chain, &head)?) {
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

    /// A re-organisation has taken items back that were carried out. They wait to get into a block again; this operator's
    /// own deposits, where they do not, are sent again, one by one. Nothing where no item is missing.
    fn mend_queue(
        &mut self,
        chain: &mut dyn Chain,
        head: &Block,
    ) -> Result<Option<Result<(), Rest>>, PostError> {
        let there = self.view.queue.len();
        if there >= self.consumed.len() {
            self.short_since = None;
            return Ok(None);
        }
        let since = *self.short_since.get_or_insert(head.number);
        if head.number < since + self.posting.patience.blocks {
            return Ok(Some(Err(Rest::QueueShort)));
        }
        let me = self.key.address();
        match Item::decode(&self.consumed[there].0) {
            Some((Item::Deposit { account, amount, sender, .. }, ..)) if sender == me => {
                self.send_deposit(chain, account, amount)?;
                Ok(Some(if self.follow(chain)? { Ok(()) } else { Err(Rest::UnderWay) }))
            }
            _ => Ok(Some(Err(Rest::QueueShort))),
        }
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
                    Errand::Answer => (&mut done.answered, &mut done.answer_gas),
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

    /// Answers the next demand that this operator can answer; whether something was sent.
    fn answer(&mut self, chain: &mut dyn Chain, head: &Block) -> Result<bool, PostError> {
        while let Some(question) = self.data.question(chain, &self.view, head)? {
            let standing = self.view.batches.iter().position(|header| header.hash() == question.asked.batch);
            let call = match standing {
                Some(number) if number as u64 > self.view.finalised => {
                    let header = self.view.batches[number];
                    let (cuts, pre) = (self.story.input(number as u64), self.root_before(number as u64));
                    let (_, entry) = &self.view.inputs[number - 1];
                    self.data.answer(chain, (&header, entry), &pre, cuts, &question)?
                }
                _ => None,
            };
            let Some(call) = call else { continue };
            match self.outbox.send(chain, &self.key, call).map_err(ContractError::from) {
                Ok(()) => {
                    self.errand = Some(Errand::Answer);
                    return Ok(true);
                }
                Err(ContractError::Refused(_)) => {} // somebody was faster
                Err(error) => return Err(error.into()),
            }
        }
        Ok(false)
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
        &mut self,
        chain: &mut dyn Chain,
        head: &Block,
        wrong: Option<(u64, Address, u32)>,
        age: u64,
        flush: bool,
    ) -> Result<Result<(Call, Errand), Rest>, PostError> {
        let cuts = self.story.next_batch(self.posting.bytes.min(self.mode().most()));
        let time = cuts.last().map_or(0, |cut| cut.head.time);
        let waiting = Waiting { bytes: self.story.waiting_bytes(), age, time, flush };
        let (batches, inputs) = (self.view.batches.len() as u64 - 1, self.view.inputs.len() as u64);
        let idle = waiting.bytes == 0 && batches == inputs;
        let mut contract = Contract::at(chain, self.view.contract());
        let (turn, frozen) = if idle { Default::default() } else { (contract.turn()?, contract.frozen()?) };
        let seen = Seen { me: self.key.address(), turn, time: head.time, batches, inputs, wrong, frozen };
        let parent = *self.view.batches.last().expect("the genesis stands");
        Ok(match plan(&seen, &waiting, &self.posting) {
            Step::Rest(rest) => Err(rest),
            Step::Repost(number) => {
                let cuts = self.story.input(number);
                let (voided, entry) = &self.view.inputs[number as usize - 1];
                let Some((head, queue)) = self.place(cuts) else { return Ok(Err(Rest::QueueShort)) };
                let again = self.data.again(chain, (voided, entry), &parent.root, cuts)?;
                let mut call =
                    self.calls().repost(&parent, voided, &again.inputs, &again.roots, &head, &queue);
                call.blobs = again.blobs;
                Ok((call, Errand::Repost))
            }
            Step::Post => {
                let Some((head, queue)) = self.place(&cuts) else { return Ok(Err(Rest::QueueShort)) };
                let composed = self.data.compose(chain, &parent, &cuts)?;
                let bytes = composed.data.len() + composed.blobs.iter().map(Vec::len).sum::<usize>();
                let consumed = cuts.last().map_or(0, |cut| cut.head.queue);
                let left = self.view.items(consumed, consumed + 1).first();
                let left = left.map_or(&[][..], |queued| &queued.item);
                let mut call = self.calls().post(&parent, &composed.data, &head, &queue, left);
                call.blobs = composed.blobs;
                Ok((call, Errand::Post { bytes }))
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
        let (item, ..) = Item::decode(&queued.item)?;
        let deep = queued.block + self.posting.confirmations <= head;
        let own = matches!(item, Item::Deposit { account: to, amount: paid, sender, .. }
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
