//! One suite over every primary chain: the EVM in the process and, where `npm ci` ran in `contracts/`, a development
//! node over JSON-RPC. What differs between them is a test of its own.

mod chains {
    pub(crate) mod probe;
    mod suite;
}
