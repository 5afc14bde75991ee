//! One suite over every primary chain: the EVM in the process and, where `npm ci` ran in `contracts/`, a development
//! node over JSON-RPC. What one of them has alone is a test of its own.

mod chains {
    mod alike;
    mod evm;
    mod gas;
    mod node;
    mod probe;
}
