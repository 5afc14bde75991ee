//! The state of the chain in the process: accounts, code and storage, with everything needed to take changes back.
//!
//! Every change leaves what was there before in a list; taking the list back to a mark is a re-organisation. A mark
//! is a length, so remembering costs nothing and forgetting costs what was changed.

use revm::bytecode::Bytecode;
use revm::primitives::{Address, AddressMap, B256, KECCAK_EMPTY, U256};
use revm::state::{Account, AccountInfo};
use revm::{Database, DatabaseCommit};
use std::collections::BTreeMap;
use std::convert::Infallible;

#[derive(Debug, Default)]
pub(super) struct Ground {
    accounts: BTreeMap<Address, AccountInfo>,
    slots: BTreeMap<(Address, U256), U256>,
    codes: BTreeMap<B256, Bytecode>,
    /// By height, for `BLOCKHASH`.
    pub(super) hashes: Vec<B256>,
    undo: Vec<Undo>,
}

#[derive(Debug)]
enum Undo {
    Account(Address, Option<AccountInfo>),
    Slot(Address, U256, U256),
}

impl Ground {
    /// Where the list of changes stands.
    pub(super) fn mark(&self) -> usize {
        self.undo.len()
    }

    /// Takes back every change since the mark, and the hashes of blocks from this height on.
    pub(super) fn back_to(&mut self, mark: usize, height: usize) {
        for undo in self.undo.drain(mark..).rev() {
            match undo {
                Undo::Account(address, Some(info)) => drop(self.accounts.insert(address, info)),
                Undo::Account(address, None) => drop(self.accounts.remove(&address)),
                Undo::Slot(address, slot, value) => {
                    if value.is_zero() {
                        self.slots.remove(&(address, slot));
                    } else {
                        self.slots.insert((address, slot), value);
                    }
                }
            }
        }
        self.hashes.truncate(height);
    }

    pub(super) fn account(&self, address: Address) -> AccountInfo {
        self.accounts.get(&address).cloned().unwrap_or_default()
    }

    pub(super) fn code(&self, address: Address) -> Vec<u8> {
        let hash = self.account(address).code_hash;
        self.codes.get(&hash).map(|code| code.original_byte_slice().to_vec()).unwrap_or_default()
    }

    pub(super) fn set_balance(&mut self, address: Address, balance: U256) {
        let info = AccountInfo { balance, ..self.account(address) };
        self.set_account(address, Some(info));
    }

    fn set_account(&mut self, address: Address, info: Option<AccountInfo>) {
        let before = match info {
            Some(info) => self.accounts.insert(address, info),
            None => self.accounts.remove(&address),
        };
        self.undo.push(Undo::Account(address, before));
    }
}

impl Database for Ground {
    type Error = Infallible;

    fn basic(&mut self, address: Address) -> Result<Option<AccountInfo>, Infallible> {
        Ok(self.accounts.get(&address).cloned())
    }

    fn code_by_hash(&mut self, hash: B256) -> Result<Bytecode, Infallible> {
        Ok(self.codes.get(&hash).cloned().unwrap_or_default())
    }

    fn storage(&mut self, address: Address, slot: U256) -> Result<U256, Infallible> {
        Ok(self.slots.get(&(address, slot)).copied().unwrap_or_default())
    }

    fn block_hash(&mut self, number: u64) -> Result<B256, Infallible> {
        let height = usize::try_from(number).unwrap_or(usize::MAX);
        Ok(self.hashes.get(height).copied().unwrap_or_default())
    }
}

impl DatabaseCommit for Ground {
    fn commit(&mut self, changes: AddressMap<Account>) {
        for (address, account) in changes {
            if !account.is_touched() {
                continue;
            }
            // Since Cancun only a contract of the same transaction destroys itself, so no slot of it is here. An
            // empty account that was touched does not exist (EIP-161).
            if account.is_selfdestructed() || account.is_empty() {
                if self.accounts.contains_key(&address) {
                    self.set_account(address, None);
                }
                continue;
            }
            let mut info = account.info;
            if let Some(code) = info.code.take()
                && info.code_hash != KECCAK_EMPTY
            {
                self.codes.entry(info.code_hash).or_insert(code);
            }
            if self.accounts.get(&address) != Some(&info) {
                self.set_account(address, Some(info));
            }
            for (slot, value) in account.storage {
                let value = value.present_value();
                let before = if value.is_zero() {
                    self.slots.remove(&(address, slot))
                } else {
                    self.slots.insert((address, slot), value)
                };
                let before = before.unwrap_or_default();
                if before != value {
                    self.undo.push(Undo::Slot(address, slot, before));
                }
            }
        }
    }
}
