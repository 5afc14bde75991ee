//! A primary chain whose node is away, or has come back behind itself, when a test says so.

use market::Address;
use rollup::chain::{Block, Call, Chain, ChainError, Clock, Evm, Fees, Log, Outcome, Transaction, TxHash};
use std::sync::{Arc, Mutex, MutexGuard};

/// The chain and its faults, shared with the test.
#[derive(Clone)]
pub(crate) struct Faulty(Arc<Mutex<Inner>>);

pub(crate) struct Inner {
    pub(crate) evm: Evm,
    /// Nobody answers.
    pub(crate) away: bool,
    /// How many more times the next nonce is one too low.
    pub(crate) behind: u32,
}

impl Faulty {
    pub(crate) fn new(evm: Evm) -> Self {
        Self(Arc::new(Mutex::new(Inner { evm, away: false, behind: 0 })))
    }

    pub(crate) fn lock(&self) -> MutexGuard<'_, Inner> {
        self.0.lock().unwrap()
    }

    fn ask(&self) -> Result<MutexGuard<'_, Inner>, ChainError> {
        let inner = self.lock();
        if inner.away {
            let (url, what) = ("http://node".into(), "nobody answers".into());
            return Err(ChainError::Unreachable { url, what });
        }
        Ok(inner)
    }
}

macro_rules! passed_on {
    ($(fn $name:ident($($argument:ident: $type:ty),*) -> $result:ty;)*) => {
        $(fn $name(&mut self $(, $argument: $type)*) -> Result<$result, ChainError> {
            self.ask()?.evm.$name($($argument),*)
        })*
    };
}

impl Chain for Faulty {
    passed_on! {
        fn id() -> u64;
        fn head() -> Block;
        fn block(number: u64) -> Option<Block>;
        fn balance(address: Address) -> u128;
        fn fees() -> Fees;
        fn submit(raw: &[u8]) -> TxHash;
        fn outcome(hash: &TxHash) -> Option<Outcome>;
        fn call(from: Address, call: &Call) -> Vec<u8>;
        fn estimate(from: Address, call: &Call) -> u64;
        fn logs(address: Address, from: u64, to: u64) -> Vec<Log>;
        fn transaction(hash: &TxHash) -> Option<Transaction>;
        fn blob(hash: &[u8; 32]) -> Option<Vec<u8>>;
        fn wait(hash: &TxHash) -> Outcome;
    }

    fn nonce(&mut self, address: Address) -> Result<u64, ChainError> {
        let mut inner = self.ask()?;
        let nonce = inner.evm.nonce(address)?;
        if inner.behind > 0 && nonce > 0 {
            inner.behind -= 1;
            return Ok(nonce - 1);
        }
        Ok(nonce)
    }
}

impl Clock for Faulty {
    passed_on! {
        fn mine_at(time: u64) -> Block;
        fn fund(address: Address, balance: u128) -> ();
        fn snapshot() -> u64;
        fn revert(snapshot: u64) -> ();
        fn next_at(time: u64) -> ();
        fn automine(on: bool) -> ();
        fn mine() -> Block;
        fn pending() -> Vec<(TxHash, Transaction)>;
        fn forget(hash: &TxHash) -> ();
    }
}
