//! The contract on a chain: sends its calls and waits, asks its views, reads its events.

use super::abi::IRollup;
use super::types::{address, amount, from_address};
use super::{Calls, Config, ContractError, Entry, Event, Fraud, Head, Tip};
use crate::batch::Header;
use crate::chain::{Call, Chain, ChainError, Outcome};
use alloy_sol_types::SolCall;
use ledger::Key;
use market::{Address, Hash};

/// The contract `Rollup`, or another mode's, on a chain.
#[derive(Debug)]
pub struct Contract<'a, C: Chain + ?Sized> {
    /// The chain.
    pub chain: &'a mut C,
    /// Where the contract is.
    pub address: Address,
}

/// Creates a contract from a call of [`Calls::create`], and waits for it.
///
/// # Errors
/// [`ContractError::Refused`] with what a constructor finds wrong with its configuration; those of the chain.
pub(super) fn create<C: Chain + ?Sized>(
    chain: &mut C,
    key: &Key,
    name: &'static str,
    call: Option<Call>,
) -> Result<Outcome, ContractError> {
    let missing = || ChainError::Refused(format!("there is no artefact of a contract {name}"));
    let call = call.ok_or_else(missing)?;
    done(chain.execute(key, &call)?)
}

fn done(outcome: Outcome) -> Result<Outcome, ContractError> {
    if outcome.success {
        Ok(outcome)
    } else {
        Err(ContractError::Undone { hash: outcome.hash, block: outcome.block })
    }
}

impl<'a, C: Chain + ?Sized> Contract<'a, C> {
    /// The contract at an address.
    pub fn at(chain: &'a mut C, address: Address) -> Self {
        Self { chain, address }
    }

    /// Deploys the transition that this crate was built with; its address, and what it cost.
    ///
    /// # Errors
    /// Where the chain refuses.
    pub fn deploy_transition(chain: &mut C, key: &Key) -> Result<(Address, Outcome), ContractError> {
        let outcome = create(chain, key, "Transition", Calls::create("Transition"))?;
        let address = outcome.contract.ok_or(ContractError::Undecodable { what: "Transition" })?;
        Ok((address, outcome))
    }

    /// Deploys a rollup contract (`Rollup`, or another mode's name).
    ///
    /// # Errors
    /// [`ContractError::Refused`] with what its constructor finds wrong with the configuration; those of the chain.
    pub fn deploy(
        chain: &'a mut C,
        key: &Key,
        name: &'static str,
        config: &Config,
    ) -> Result<(Self, Outcome), ContractError> {
        let outcome = create(chain, key, name, Calls::create_rollup(name, config))?;
        let address = outcome.contract.ok_or(ContractError::Undecodable { what: name })?;
        Ok((Self { chain, address }, outcome))
    }

    /// The calls of this contract, for who sends them otherwise.
    #[must_use]
    pub const fn calls(&self) -> Calls {
        Calls(self.address)
    }

    /// Sends a call and waits until it is in a block.
    ///
    /// # Errors
    /// [`ContractError::Refused`] where the contract would not take it, and nothing is sent;
    /// [`ContractError::Undone`] where it did not take it in the end; those of the chain.
    pub fn execute(&mut self, key: &Key, call: &Call) -> Result<Outcome, ContractError> {
        done(self.chain.execute(key, call)?)
    }

    fn ask<T: SolCall>(&mut self, call: &T, what: &'static str) -> Result<T::Return, ContractError> {
        let answer = self.chain.call(Address::default(), &self.calls().to(call, 0))?;
        T::abi_decode_returns_validate(&answer).map_err(|_| ContractError::Undecodable { what })
    }

    /// What the contract logged in these blocks, both ends included, in order. Logs that are no event known here (of
    /// another mode's contract) are left out.
    ///
    /// # Errors
    /// Those of the chain.
    pub fn events(&mut self, from: u64, to: u64) -> Result<Vec<Entry>, ContractError> {
        let logs = self.chain.logs(self.address, from, to)?;
        let entry = |log: &crate::chain::Log| {
            let event = Event::read(log)?;
            Some(Entry { event, block: log.block, transaction: log.transaction })
        };
        Ok(logs.iter().filter_map(entry).collect())
    }
}

/// Sends one call each and waits; what each does is in `contracts/src/IRollup.sol`, what may go wrong in
/// [`Contract::execute`].
#[allow(missing_docs, clippy::missing_errors_doc, clippy::too_many_arguments)]
impl<C: Chain + ?Sized> Contract<'_, C> {
    pub fn deposit(&mut self, key: &Key, account: u32, value: u128) -> Result<Outcome, ContractError> {
        self.execute(key, &self.calls().deposit(account, value))
    }

    pub fn force(&mut self, key: &Key, record: &[u8], value: u128) -> Result<Outcome, ContractError> {
        self.execute(key, &self.calls().force(record, value))
    }

    pub fn withdraw(
        &mut self,
        key: &Key,
        withdrawal: u32,
        to: Address,
        amount: u128,
        head: &Head,
        proof: &[u8],
    ) -> Result<Outcome, ContractError> {
        self.execute(key, &self.calls().withdraw(withdrawal, to, amount, head, proof))
    }

    pub fn collect(&mut self, key: &Key) -> Result<Outcome, ContractError> {
        self.execute(key, &self.calls().collect())
    }

    pub fn bond(&mut self, key: &Key, value: u128) -> Result<Outcome, ContractError> {
        self.execute(key, &self.calls().bond(value))
    }

    pub fn unbond(&mut self, key: &Key) -> Result<Outcome, ContractError> {
        self.execute(key, &self.calls().unbond())
    }

    pub fn post(
        &mut self,
        key: &Key,
        parent: &Header,
        data: &[u8],
        head: &Head,
        chain: &Hash,
        next: &[u8],
    ) -> Result<Outcome, ContractError> {
        self.execute(key, &self.calls().post(parent, data, head, chain, next))
    }

    pub fn repost(
        &mut self,
        key: &Key,
        parent: &Header,
        voided: &Header,
        records: &[Hash],
        roots: &[Hash],
        head: &Head,
        chain: &Hash,
    ) -> Result<Outcome, ContractError> {
        self.execute(key, &self.calls().repost(parent, voided, records, roots, head, chain))
    }

    pub fn earn(
        &mut self,
        key: &Key,
        parent: &Header,
        header: &Header,
        items: &[u64],
    ) -> Result<Outcome, ContractError> {
        self.execute(key, &self.calls().earn(parent, header, items))
    }

    pub fn commit(&mut self, key: &Key, promise: &Hash, value: u128) -> Result<Outcome, ContractError> {
        self.execute(key, &self.calls().commit(promise, value))
    }

    pub fn prove(&mut self, key: &Key, fraud: &Fraud, salt: &Hash) -> Result<Outcome, ContractError> {
        self.execute(key, &self.calls().prove(fraud, salt))
    }

    pub fn claim(
        &mut self,
        key: &Key,
        hash: &Hash,
        segment: u32,
        salt: &Hash,
    ) -> Result<Outcome, ContractError> {
        self.execute(key, &self.calls().claim(hash, segment, salt))
    }

    pub fn reward(&mut self, key: &Key, hash: &Hash) -> Result<Outcome, ContractError> {
        self.execute(key, &self.calls().reward(hash))
    }

    pub fn finalise(&mut self, key: &Key, headers: &[Header]) -> Result<Outcome, ContractError> {
        self.execute(key, &self.calls().finalise(headers))
    }

    pub fn attest(
        &mut self,
        key: &Key,
        header: &Header,
        head: &Head,
        words: &[Hash; 3],
        proof: &[u8],
    ) -> Result<Outcome, ContractError> {
        self.execute(key, &self.calls().attest(header, head, words, proof))
    }

    pub fn freeze(&mut self, key: &Key, newest: &Header) -> Result<Outcome, ContractError> {
        self.execute(key, &self.calls().freeze(newest))
    }

    pub fn exit(
        &mut self,
        key: &Key,
        account: u32,
        words: &[Hash; 3],
        head: &Head,
        proof: &[u8],
    ) -> Result<Outcome, ContractError> {
        self.execute(key, &self.calls().exit(account, words, head, proof))
    }

    pub fn refund(
        &mut self,
        key: &Key,
        item: u64,
        preimage: &[u8],
        head: &Head,
    ) -> Result<Outcome, ContractError> {
        self.execute(key, &self.calls().refund(item, preimage, head))
    }

    pub fn announce(&mut self, key: &Key, transition: Address) -> Result<Outcome, ContractError> {
        self.execute(key, &self.calls().announce(transition))
    }

    pub fn pause(&mut self, key: &Key, seconds: u64) -> Result<Outcome, ContractError> {
        self.execute(key, &self.calls().pause(seconds))
    }
}

/// Views; each asks the chain.
#[allow(clippy::missing_errors_doc)]
impl<C: Chain + ?Sized> Contract<'_, C> {
    /// How far the chain of batches has come.
    pub fn tip(&mut self) -> Result<Tip, ContractError> {
        let tip = self.ask(&IRollup::tipCall {}, "tip")?;
        Ok(Tip { batches: tip.batches, inputs: tip.inputs, finalised: tip.finalised, next_id: tip.nextId })
    }

    /// The hash of the header of this number; zero where there is none.
    pub fn batch(&mut self, number: u64) -> Result<Hash, ContractError> {
        Ok(self.ask(&IRollup::batchCall { number }, "batch")?.0)
    }

    /// The state's root after the last final batch.
    pub fn final_root(&mut self) -> Result<Hash, ContractError> {
        Ok(self.ask(&IRollup::finalRootCall {}, "finalRoot")?.0)
    }

    /// Length and hash of the queue.
    pub fn queue(&mut self) -> Result<(u64, Hash), ContractError> {
        let queue = self.ask(&IRollup::queueCall {}, "queue")?;
        Ok((queue.length, queue.hash.0))
    }

    /// The queue's hash before the item of this number.
    pub fn queue_hash(&mut self, item: u64) -> Result<Hash, ContractError> {
        Ok(self.ask(&IRollup::queueHashCall { item }, "queueHash")?.0)
    }

    /// Whose turn it is to post.
    pub fn turn(&mut self) -> Result<Address, ContractError> {
        Ok(from_address(self.ask(&IRollup::turnCall {}, "turn")?))
    }

    /// What the contract owes somebody, wei.
    pub fn claimable(&mut self, who: Address) -> Result<u128, ContractError> {
        Ok(amount(self.ask(&IRollup::claimableCall { who: address(who) }, "claimable")?))
    }

    /// An operator's bond, wei.
    pub fn bond_of(&mut self, operator: Address) -> Result<u128, ContractError> {
        Ok(amount(self.ask(&IRollup::bondOfCall { operator: address(operator) }, "bondOf")?))
    }

    /// The transition that judges what is posted now: its version and its contract.
    pub fn version(&mut self) -> Result<(u32, Address), ContractError> {
        let version = self.ask(&IRollup::versionCall {}, "version")?;
        Ok((version.active, from_address(version.transition)))
    }

    /// Whether only withdrawals and exits are left.
    pub fn frozen(&mut self) -> Result<bool, ContractError> {
        self.ask(&IRollup::frozenCall {}, "frozen")
    }

    /// The newest batch that a watcher showed it holds the state of.
    pub fn last_seen(&mut self, watcher: Address) -> Result<u64, ContractError> {
        self.ask(&IRollup::lastSeenCall { watcher: address(watcher) }, "lastSeen")
    }
}
