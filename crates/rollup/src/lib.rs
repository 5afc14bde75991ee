//! Agreement by dispute: a secondary chain that computes, a primary chain (an EVM) that keeps the data, the bonds and
//! the money, and fraud proofs of one transaction between them. What is hashed and what every record does is in
//! `docs/ledgers/rollup.md`.
//!
//! The modules in reading order:

pub mod step;

pub mod translate;

pub mod batch;

pub mod chain;

pub mod contract;

pub mod founding;

pub mod modes;

pub mod sequencer;

pub mod watcher;

pub mod audit;

pub mod history;

pub mod ledger;

pub mod study;
