//! Agreement by dispute: a secondary chain that computes, a primary chain (an EVM) that keeps the data, the bonds and
//! the money, and fraud proofs of one transaction between them. What is hashed and what every record does is in
//! `docs/ledgers/rollup.md`.
//!
//! The modules in reading order:

/// The transition: what every record of the secondary chain does to its state, as the contract computes it too.
pub mod step;

/// The market's commands as records.
pub mod translate;

/// Segments, batches and what the contract commits to.
pub mod batch;

/// The primary chain: one trait, an EVM in the process, and a node over JSON-RPC.
pub mod chain;

/// The contract `Rollup` as the operator, the watcher and members call it.
pub mod contract;

/// The state from which everything follows, published with the contract.
pub mod founding;

/// How batch data reaches the primary chain, and who can read it.
pub mod modes;

/// The operator: gathers records into batches and posts them.
pub mod sequencer;

/// The watcher: derives everything from the primary chain alone and disputes the first wrong root.
pub mod watcher;

/// The dual chain verified again from the primary chain alone.
pub mod audit;

/// A ledger whose log the primary chain makes final.
pub mod ledger;

/// The dual chain's story: deposits, a day of trade, a lie, its proof, exits.
pub mod study;
