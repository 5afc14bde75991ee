//! A primary chain that stops at a call: it says where, and never comes back.

use market::Address;
use rollup::chain::{Block, Call, Chain, ChainError, Clock, Fees, Log, Outcome, Transaction, TxHash};

/// Stops before or after a call.
pub(crate) struct Watched<C> {
    inner: C,
    /// Only these are counted, such as "before submit"; otherwise all.
    only: Option<String>,
    left: u64,
    say: Box<dyn Fn(&str) + Send>,
}

impl<C: Clock> Watched<C> {
    /// Stops at the moment of this number, among those of one kind where one is named.
    pub(crate) fn new(
        inner: C,
        only: Option<String>,
        stop: u64,
        say: impl Fn(&str) + Send + 'static,
    ) -> Self {
        Self { inner, only, left: stop, say: Box::new(say) }
    }

    fn at(&mut self, call: &str) {
        if self.only.as_ref().is_some_and(|only| only != call) {
            return;
        }
        self.left = self.left.saturating_sub(1);
        if self.left == 0 {
            (self.say)(&format!("{call}/"));
            loop {
                std::thread::park();
            }
        }
    }
}

/// Every call, with the moments before and after it.
macro_rules! watched {
    ($(fn $name:ident($($argument:ident: $type:ty),*) -> $result:ty;)*) => {
        $(fn $name(&mut self $(, $argument: $type)*) -> Result<$result, ChainError> {
            self.at(concat!("before ", stringify!($name)));
            let done = self.inner.$name($($argument),*);
            self.at(concat!("after ", stringify!($name)));
            done
        })*
    };
}

impl<C: Clock> Chain for Watched<C> {
    watched! {
        fn id() -> u64;
        fn head() -> Block;
        fn block(number: u64) -> Option<Block>;
        fn balance(address: Address) -> u128;
        fn nonce(address: Address) -> u64;
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
}

impl<C: Clock> Clock for Watched<C> {
    watched! {
        fn fund(address: Address, balance: u128) -> ();
        fn snapshot() -> u64;
        fn revert(snapshot: u64) -> ();
        fn next_at(time: u64) -> ();
        fn automine(on: bool) -> ();
        fn mine() -> Block;
        fn pending() -> Vec<(TxHash, Transaction)>;
        fn forget(hash: &TxHash) -> ();
    }

    fn mine_at(&mut self, time: u64) -> Result<Block, ChainError> {
        self.at("before mine");
        let block = self.inner.mine_at(time);
        self.at("after mine");
        block
    }
}
