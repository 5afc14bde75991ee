//! The primary chain, seen from a client.
//!
//! [`Chain`] is the seam: an EVM inside the process ([`Evm`], the default, no set-up) and a node over JSON-RPC
//! ([`Rpc`]) behave alike. Amounts are wei, times Unix seconds.

mod answers;
mod evm;
mod fees;
mod ground;
mod journal;
mod json;
mod node;
mod rpc;
mod wire;

pub use evm::{Evm, Settings};
pub use fees::{Fees, Terms};
pub(crate) use journal::synchronise_folder;
pub use node::Node;
pub use rpc::{Connection, Rpc};
pub use wire::versioned_hash;

use ledger::Key;
use market::Address;

/// The rules of the primary chain that contracts are compiled for and run under, in one place.
pub const FORK: &str = "prague";

/// A block's header, as far as anybody here asks.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Block {
    /// Its height.
    pub number: u64,
    /// Its time.
    pub time: u64,
    /// Its hash.
    pub hash: [u8; 32],
}

/// A transaction's hash.
pub type TxHash = [u8; 32];

/// What is asked of the chain.
#[derive(Clone, Debug, Default)]
pub struct Call {
    /// Which contract or account; none: a contract is created from `data`.
    pub to: Option<Address>,
    /// Calldata, or the creation code.
    pub data: Vec<u8>,
    /// Sent along.
    pub value: u128,
    /// Blobs carried beside (131 072 bytes each), where the chain has them.
    pub blobs: Vec<Vec<u8>>,
}

/// What became of a transaction.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Outcome {
    /// Which.
    pub hash: TxHash,
    /// In which block.
    pub block: u64,
    /// Whether it did what it should; a reverted one changed nothing but the sender's nonce and fee.
    pub success: bool,
    /// Gas used.
    pub gas: u64,
    /// What the sender paid for gas and blobs, wei.
    pub fee: u128,
    /// The contract it created.
    pub contract: Option<Address>,
    /// What it logged.
    pub logs: Vec<Log>,
}

/// An event of a contract.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Log {
    /// Whose.
    pub address: Address,
    /// Signature and indexed fields.
    pub topics: Vec<[u8; 32]>,
    /// The other fields, ABI-encoded.
    pub data: Vec<u8>,
    /// In which block.
    pub block: u64,
    /// By which transaction.
    pub transaction: TxHash,
}

/// A transaction as the chain keeps it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Transaction {
    /// Who sent it.
    pub from: Address,
    /// To whom.
    pub to: Option<Address>,
    /// Its calldata.
    pub input: Vec<u8>,
    /// The versioned hashes of its blobs.
    pub blobs: Vec<[u8; 32]>,
}

/// Why the chain did not answer.
#[derive(Debug, thiserror::Error)]
pub enum ChainError {
    /// The contract refused; its data is an ABI-encoded error.
    #[error("the contract refused: {reason}")]
    Reverted {
        /// In words where it gave any.
        reason: String,
        /// As it came.
        data: Vec<u8>,
    },
    /// The sender's nonce is not the chain's.
    #[error("the nonce of {sender:?} is stale: the chain is at {chain}")]
    StaleNonce {
        /// Whose.
        sender: Address,
        /// The next one.
        chain: u64,
    },
    /// The node cannot be reached, or said what cannot be understood.
    #[error("{url}: {what}")]
    Unreachable {
        /// Where it was asked for.
        url: String,
        /// What went wrong, and what to do.
        what: String,
    },
    /// The chain refused the transaction.
    #[error("the transaction was refused: {0}")]
    Refused(String),
    /// The file of the chain in the process cannot be read or written.
    #[error("{path}: {what}")]
    File {
        /// Where.
        path: String,
        /// What went wrong, and what to do.
        what: String,
    },
}

impl ChainError {
    /// A refusal by a contract, from what it returned: the string of `require`, Solidity's panic code, or a custom
    /// error by its selector.
    #[must_use]
    pub fn reverted(data: Vec<u8>) -> Self {
        let word = |at: usize| -> Option<usize> {
            let word = data.get(at..at + 32)?;
            let (high, low) = word.split_at(28);
            let low = u32::from_be_bytes(low.try_into().ok()?);
            high.iter().all(|byte| *byte == 0).then_some(low as usize)
        };
        let text = || {
            let at = word(4)?.checked_add(4)?;
            let length = word(at)?;
            let bytes = data.get(at + 32..)?.get(..length)?;
            Some(String::from_utf8_lossy(bytes).into_owned())
        };
        let reason = match data.get(..4) {
            None => "without a reason".into(),
            Some([0x08, 0xc3, 0x79, 0xa0]) => text().unwrap_or_else(|| "with a broken reason".into()),
            Some([0x4e, 0x48, 0x7b, 0x71]) => match word(4) {
                Some(0x11) => "arithmetic overflow (panic 0x11)".into(),
                Some(0x32) => "index out of bounds (panic 0x32)".into(),
                Some(code) => format!("panic 0x{code:02x}"),
                None => "panic".into(),
            },
            Some(selector) => {
                let hex: String = selector.iter().map(|byte| format!("{byte:02x}")).collect();
                format!("custom error 0x{hex}")
            }
        };
        Self::Reverted { reason, data }
    }
}

/// A primary chain.
pub trait Chain {
    /// The chain id that transactions and signatures are bound to.
    ///
    /// # Errors
    /// Where the node cannot be asked; so for all below.
    fn id(&mut self) -> Result<u64, ChainError>;

    /// The newest block.
    fn head(&mut self) -> Result<Block, ChainError>;

    /// The block of this height, if there is one.
    fn block(&mut self, number: u64) -> Result<Option<Block>, ChainError>;

    /// The coins of an account.
    fn balance(&mut self, address: Address) -> Result<u128, ChainError>;

    /// The next nonce of an account, transactions that wait included.
    fn nonce(&mut self, address: Address) -> Result<u64, ChainError>;

    /// What gas costs now.
    fn fees(&mut self) -> Result<Fees, ChainError>;

    /// The most that [`Chain::quote`] offers per gas, wei.
    fn fee_cap(&self) -> u128 {
        u128::MAX
    }

    /// Sends a transaction that is signed already, in its EIP-2718 form (blobs in the network's form, with sidecar).
    fn submit(&mut self, raw: &[u8]) -> Result<TxHash, ChainError>;

    /// Fills in what the terms leave open: the sender's next nonce, gas as estimated and a third more (a call keeps
    /// back 1/64 of its gas at every depth, and the state may move on), fees for twice the base fee of now.
    ///
    /// # Errors
    /// [`ChainError::Reverted`] where the transaction would be and gas is left open.
    fn quote(&mut self, from: Address, call: &Call, terms: &Terms) -> Result<Terms, ChainError> {
        let fees = self.fees()?;
        let nonce = match terms.nonce {
            Some(nonce) => nonce,
            None => self.nonce(from)?,
        };
        let gas = match terms.gas {
            Some(gas) => gas,
            None => {
                let estimate = self.estimate(from, call)?;
                estimate.saturating_add(estimate / 3)
            }
        };
        let tip = terms.tip.unwrap_or(fees.tip).min(self.fee_cap());
        let max_fee = fees.base.saturating_mul(2).saturating_add(tip).min(self.fee_cap());
        if terms.max_fee.is_none() && max_fee < fees.base {
            let (base, cap) = (fees.base, self.fee_cap());
            return Err(ChainError::Refused(format!("gas costs {base} wei now, the cap is {cap}")));
        }
        Ok(Terms {
            nonce: Some(nonce),
            gas: Some(gas),
            tip: Some(tip),
            max_fee: Some(terms.max_fee.unwrap_or(max_fee)),
            max_blob_fee: Some(terms.max_blob_fee.unwrap_or(fees.blob.saturating_mul(2))),
        })
    }

    /// Signs and sends a transaction on these terms; does not wait. With the nonce of one that waits and higher fees
    /// ([`Terms::raised`]) it takes its place.
    fn offer(&mut self, from: &Key, call: &Call, terms: &Terms) -> Result<TxHash, ChainError> {
        let id = self.id()?;
        let terms = self.quote(from.address(), call, terms)?;
        self.submit(wire::sign(from, id, call, &terms)?.network())
    }

    /// Signs and sends a transaction with this nonce (none: the chain's next); does not wait.
    fn send(&mut self, from: &Key, call: &Call, nonce: Option<u64>) -> Result<TxHash, ChainError> {
        self.offer(from, call, &Terms { nonce, ..Terms::default() })
    }

    /// What became of a transaction; none while it waits or after a re-organisation took it back.
    fn outcome(&mut self, hash: &TxHash) -> Result<Option<Outcome>, ChainError>;

    /// Asks a contract without a transaction.
    fn call(&mut self, from: Address, call: &Call) -> Result<Vec<u8>, ChainError>;

    /// Gas that a transaction would need at the newest block.
    fn estimate(&mut self, from: Address, call: &Call) -> Result<u64, ChainError>;

    /// Everything a contract logged in these blocks, both ends included, in order.
    fn logs(&mut self, address: Address, from: u64, to: u64) -> Result<Vec<Log>, ChainError>;

    /// A transaction of the chain.
    fn transaction(&mut self, hash: &TxHash) -> Result<Option<Transaction>, ChainError>;

    /// A blob by its versioned hash, where the chain has blobs and has not pruned it.
    fn blob(&mut self, hash: &[u8; 32]) -> Result<Option<Vec<u8>>, ChainError>;

    /// Waits until a transaction that was sent is in a block.
    ///
    /// # Errors
    /// Where it is in none for too long.
    fn wait(&mut self, hash: &TxHash) -> Result<Outcome, ChainError>;

    /// Sends and waits for the outcome.
    ///
    /// # Errors
    /// Those of [`Chain::send`] and [`Chain::wait`].
    fn execute(&mut self, from: &Key, call: &Call) -> Result<Outcome, ChainError> {
        let hash = self.send(from, call, None)?;
        self.wait(&hash)
    }
}

/// A chain whose clock and blocks a test or a simulation moves: the EVM in the process, and development nodes.
pub trait Clock: Chain {
    /// Makes a block at this time, not before the newest one's.
    ///
    /// # Errors
    /// Where the node refuses.
    fn mine_at(&mut self, time: u64) -> Result<Block, ChainError>;

    /// Gives an account coins.
    ///
    /// # Errors
    /// Where the node refuses.
    fn fund(&mut self, address: Address, balance: u128) -> Result<(), ChainError>;

    /// Remembers the chain as it is.
    ///
    /// # Errors
    /// Where the node refuses.
    fn snapshot(&mut self) -> Result<u64, ChainError>;

    /// Takes back everything since a snapshot: a re-organisation.
    ///
    /// # Errors
    /// Where the node refuses.
    fn revert(&mut self, snapshot: u64) -> Result<(), ChainError>;

    /// The next block is made at this time, not before the newest one's. Gas is still estimated at the newest block, as
    /// nodes do: for a call that depends on the time, use [`Clock::mine_at`] first or say its gas ([`Terms::gas`]).
    ///
    /// # Errors
    /// Where the node refuses.
    fn next_at(&mut self, time: u64) -> Result<(), ChainError>;

    /// Whether every transaction gets a block of its own at once (from the beginning), or waits for [`Clock::mine`].
    ///
    /// # Errors
    /// Where the node refuses.
    fn automine(&mut self, on: bool) -> Result<(), ChainError>;

    /// Makes a block of what waits.
    ///
    /// # Errors
    /// Where the node refuses.
    fn mine(&mut self) -> Result<Block, ChainError>;

    /// What waits to get into a block, for everybody to read and copy.
    ///
    /// # Errors
    /// Where the node refuses.
    fn pending(&mut self) -> Result<Vec<(TxHash, Transaction)>, ChainError>;

    /// Forgets a waiting transaction, as nodes do with what pays too little.
    ///
    /// # Errors
    /// Where the node refuses.
    fn forget(&mut self, hash: &TxHash) -> Result<(), ChainError>;
}
