//! One suite over every primary chain: the EVM in the process and, where `npm ci` ran in `contracts/`, a development
//! node over JSON-RPC. What one of them has alone is a test of its own.

/// The same tests on the chain in the process, on the same asked over JSON-RPC, and on a development node.
macro_rules! on_every_chain {
    ($($name:ident)*) => {
        mod evm {
            $(#[test] fn $name() { super::$name(&mut super::Evm::default()); })*
        }
        /// The chain in the process again, but asked over JSON-RPC.
        mod served {
            $(#[test] fn $name() {
                let node = rollup::chain::Node::serve(super::Evm::default(), 0, true).unwrap();
                let connection = rollup::chain::Connection::to(&node.url());
                super::$name(&mut rollup::chain::Rpc::connect(connection).unwrap());
            })*
        }
        mod node {
            $(#[test] fn $name() {
                if let Some(mut node) = super::Node::start() {
                    super::$name(&mut node.rpc);
                }
            })*
        }
    };
}

mod chains {
    mod alike;
    mod contract;
    mod evm;
    mod gas;
    mod node;
    mod probe;
    mod rpc;
}
