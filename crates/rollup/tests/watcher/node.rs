//! Nodes that fail: they hide, lag, lie, forget and die.

use market::Address;
use rollup::chain::{Block, Call, Chain, ChainError, Evm, Fees, Log, Outcome, Transaction, TxHash};

/// What a node does with an answer.
type Filter<T> = Box<dyn Fn(T) -> T>;

/// A node before a chain.
pub(crate) struct Node<'a> {
    evm: &'a mut Evm,
    /// Changes what was logged.
    pub(crate) logs: Option<Filter<Vec<Log>>>,
    /// Changes transactions.
    pub(crate) transactions: Option<Filter<Option<Transaction>>>,
    /// Blocks that it does not know yet.
    pub(crate) lag: u64,
    /// Transactions of an account that it has forgotten.
    pub(crate) forgotten: u64,
    /// The call at which it dies, and whether that is done before.
    pub(crate) dies: Option<(u64, bool)>,
    /// Calls so far.
    pub(crate) calls: u64,
}

impl<'a> Node<'a> {
    pub(crate) fn before(evm: &'a mut Evm) -> Self {
        Self { evm, logs: None, transactions: None, lag: 0, forgotten: 0, dies: None, calls: 0 }
    }

    fn ask<T>(&mut self, answer: impl FnOnce(&mut Evm) -> Result<T, ChainError>) -> Result<T, ChainError> {
        self.calls += 1;
        let dead = || ChainError::Unreachable { url: "the node".into(), what: "it is dead".into() };
        match self.dies {
            Some((at, done)) if self.calls == at => {
                if done {
                    answer(self.evm)?;
                }
                Err(dead())
            }
            Some((at, _)) if self.calls > at => Err(dead()),
            _ => answer(self.evm),
        }
    }
}

impl Chain for Node<'_> {
    fn id(&mut self) -> Result<u64, ChainError> {
        self.ask(|evm| evm.id())
    }

    fn head(&mut self) -> Result<Block, ChainError> {
        let lag = self.lag;
        self.ask(|evm| {
            let head = evm.head()?;
            evm.block(head.number.saturating_sub(lag)).map(|block| block.unwrap_or(head))
        })
    }

    fn block(&mut self, number: u64) -> Result<Option<Block>, ChainError> {
        let newest = self.head()?.number;
        self.ask(|evm| if number > newest { Ok(None) } else { evm.block(number) })
    }

    fn balance(&mut self, address: Address) -> Result<u128, ChainError> {
        self.ask(|evm| evm.balance(address))
    }

    fn nonce(&mut self, address: Address) -> Result<u64, ChainError> {
        let forgotten = self.forgotten;
        self.ask(|evm| evm.nonce(address).map(|nonce| nonce.saturating_sub(forgotten)))
    }

    fn fees(&mut self) -> Result<Fees, ChainError> {
        self.ask(|evm| evm.fees())
    }

    fn submit(&mut self, raw: &[u8]) -> Result<TxHash, ChainError> {
        self.ask(|evm| evm.submit(raw))
    }

    fn outcome(&mut self, hash: &TxHash) -> Result<Option<Outcome>, ChainError> {
        self.ask(|evm| evm.outcome(hash))
    }

    fn wait(&mut self, hash: &TxHash) -> Result<Outcome, ChainError> {
        self.ask(|evm| evm.wait(hash))
    }

    fn call(&mut self, from: Address, call: &Call) -> Result<Vec<u8>, ChainError> {
        self.ask(|evm| evm.call(from, call))
    }

    fn estimate(&mut self, from: Address, call: &Call) -> Result<u64, ChainError> {
        self.ask(|evm| evm.estimate(from, call))
    }

    fn logs(&mut self, address: Address, from: u64, to: u64) -> Result<Vec<Log>, ChainError> {
        let logs = self.ask(|evm| evm.logs(address, from, to))?;
        Ok(match &self.logs {
            Some(filter) => filter(logs),
            None => logs,
        })
    }

    fn transaction(&mut self, hash: &TxHash) -> Result<Option<Transaction>, ChainError> {
        let transaction = self.ask(|evm| evm.transaction(hash))?;
        Ok(match &self.transactions {
            Some(filter) => filter(transaction),
            None => transaction,
        })
    }

    fn blob(&mut self, hash: &[u8; 32]) -> Result<Option<Vec<u8>>, ChainError> {
        self.ask(|evm| evm.blob(hash))
    }
}
