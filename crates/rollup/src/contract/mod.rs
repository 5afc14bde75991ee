//! The contract `Rollup` as the operator, the watcher and members meet it: its calls, its events, its refusals in
//! words, and the compiled code that is deployed.
//!
//! There is one source of truth, the Solidity in `contracts/src`: calls and events are read from `IRollup.sol` when
//! this crate is compiled, errors and code from the committed artefacts.

/// What `IRollup.sol` says, as types that encode and decode themselves.
#[allow(missing_docs, clippy::all, clippy::pedantic)]
pub mod abi {
    alloy_sol_types::sol!("../../contracts/src/IRollup.sol");
}

mod artefact;
mod calls;
mod client;
mod data;
mod error;
mod event;
mod token;
mod types;

pub use artefact::{Artefact, Refusal};
pub use calls::Calls;
pub use client::Contract;
pub use data::{Posted, posted};
pub use error::ContractError;
pub use event::{Entry, Event};
pub use token::Token;
pub use types::{Config, Fraud, Head, Tip};
