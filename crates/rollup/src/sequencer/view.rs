//! What the primary chain says about a contract, folded from its events: the queue, the batches that stand, the inputs
//! that wait for new roots, what is final.
//!
//! Events are read once. Where the last block read is no longer the chain's, it was re-organised, and they are read again
//! from the deployment on: that is rare, and nothing that was folded can be trusted then.

use crate::batch::Header;
use crate::chain::{Block, Chain};
use crate::contract::{Contract, ContractError, Entry, Event};
use crate::step::{Item, queue};
use market::{Address, Hash};

/// How often reading is tried again where the chain moves on meanwhile.
const TRIES: u32 = 8;

/// An item of the queue as the chain has it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Queued {
    /// As it is hashed.
    pub item: Vec<u8>,
    /// The queue's hash after it.
    pub hash: Hash,
    /// The block it came in.
    pub block: u64,
}

/// The contract's history.
#[derive(Clone, Debug)]
pub struct View {
    contract: Address,
    /// The block of the deployment.
    from: u64,
    /// The last block read.
    read: Option<Block>,
    /// In order.
    pub queue: Vec<Queued>,
    /// Headers of the batches that stand; the first is the genesis.
    pub batches: Vec<Header>,
    /// Per input, the header under which it stood last, and where it was posted first.
    pub inputs: Vec<(Header, Entry)>,
    /// Number of the newest final batch.
    pub finalised: u64,
    /// How many proofs of fraud there were.
    pub proven: u64,
    /// How many times old inputs got new roots.
    pub reposted: u64,
    /// Bonds lost, wei.
    pub slashed: u128,
    /// When each final batch became final, by number less one, Unix s.
    pub final_times: Vec<u64>,
    /// How often it was read anew.
    pub reorganisations: u64,
}

impl View {
    /// Nothing read yet.
    #[must_use]
    pub fn new(contract: Address, from: u64) -> Self {
        Self {
            contract,
            from,
            read: None,
            queue: Vec::new(),
            batches: Vec::new(),
            inputs: Vec::new(),
            finalised: 0,
            proven: 0,
            reposted: 0,
            slashed: 0,
            final_times: Vec::new(),
            reorganisations: 0,
        }
    }

    /// The contract.
    #[must_use]
    pub const fn contract(&self) -> Address {
        self.contract
    }

    /// Reads up to the newest block, and returns it.
    ///
    /// # Errors
    /// Those of the chain; [`ContractError::Undecodable`] where its events contradict each other.
    pub fn update(&mut self, chain: &mut dyn Chain) -> Result<Block, ContractError> {
        for _ in 0..TRIES {
            let head = chain.head()?;
            if let Some(read) = self.read {
                if read == head {
                    return Ok(head);
                }
                if chain.block(read.number)?.map(|block| block.hash) != Some(read.hash) {
                    *self = Self {
                        reorganisations: self.reorganisations + 1,
                        ..Self::new(self.contract, self.from)
                    };
                }
            }
            let first = self.read.map_or(self.from, |read| read.number + 1);
            let events = Contract::at(chain, self.contract).events(first, head.number)?;
            if chain.block(head.number)?.map(|block| block.hash) != Some(head.hash) {
                continue; // what was read may be of two histories
            }
            for entry in events {
                self.fold(chain, entry)?;
            }
            self.read = Some(head);
            return Ok(head);
        }
        Err(ContractError::Undecodable { what: "a history that stands still long enough to be read" })
    }

    fn fold(&mut self, chain: &mut dyn Chain, entry: Entry) -> Result<(), ContractError> {
        let hole = ContractError::Undecodable { what: "events without a gap" };
        let block = entry.block;
        match &entry.event {
            Event::Deposited { item, account, amount, sender, time } => {
                let deposit =
                    Item::Deposit { time: *time, account: *account, amount: *amount, sender: *sender };
                self.enqueue(*item, &deposit, block).ok_or(hole)?;
            }
            Event::Forced { item, record, time, .. } => {
                self.enqueue(*item, &Item::Forced { time: *time, record }, block).ok_or(hole)?;
            }
            Event::Posted { number, header, .. } => {
                let next = *number == self.batches.len() as u64;
                let all_stand = self.batches.is_empty() || self.batches.len() == self.inputs.len() + 1;
                if !next || !all_stand {
                    return Err(hole);
                }
                self.batches.push(*header);
                if *number > 0 {
                    self.inputs.push((*header, entry));
                }
            }
            Event::Reposted { number, header, .. } => {
                let input = (*number as usize).checked_sub(1).and_then(|index| self.inputs.get_mut(index));
                let (last, _) = input.filter(|_| *number == self.batches.len() as u64).ok_or(hole)?;
                *last = *header;
                self.batches.push(*header);
                self.reposted += 1;
            }
            Event::Proven { number, .. } => {
                if *number == 0 || *number >= self.batches.len() as u64 {
                    return Err(hole);
                }
                self.batches.truncate(*number as usize);
                self.proven += 1;
            }
            Event::Slashed { bond, .. } => self.slashed = self.slashed.saturating_add(*bond),
            Event::Finalised { number, .. } if *number > 0 => {
                self.finalised = *number;
                self.final_times.push(chain.block(block)?.map_or(0, |block| block.time));
            }
            _ => {}
        }
        Ok(())
    }

    fn enqueue(&mut self, number: u64, item: &Item<'_>, block: u64) -> Option<()> {
        let mut bytes = Vec::new();
        item.encode(&mut bytes);
        let before = self.queue_hash(number).filter(|_| number == self.queue.len() as u64)?;
        let hash = queue::link(&before, &bytes);
        self.queue.push(Queued { item: bytes, hash, block });
        Some(())
    }

    /// The queue's hash before the item of this number; nothing beyond its end.
    #[must_use]
    pub fn queue_hash(&self, number: u64) -> Option<Hash> {
        let Some(last) = number.checked_sub(1) else { return Some([0; 32]) };
        self.queue.get(usize::try_from(last).ok()?).map(|queued| queued.hash)
    }

    /// The items from number `from` on, before number `to`; empty where there are not so many.
    #[must_use]
    pub fn items(&self, from: u64, to: u64) -> &[Queued] {
        self.queue.get(from as usize..to as usize).unwrap_or_default()
    }
}
