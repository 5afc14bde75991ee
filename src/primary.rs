//! A primary chain as the command line names it: a node's URL, or the file of a chain in the process.

use crate::failure::Failure;
use market::Address;
use rollup::chain::{Chain, Connection, Evm, Rpc, Settings};
use std::path::Path;

/// Whether this names a node rather than a file.
fn is_node(source: &str) -> bool {
    source.starts_with("http://") || source.starts_with("https://")
}

/// Connects to the node, or opens the file.
pub(crate) fn open(source: &str) -> Result<Box<dyn Chain>, Failure> {
    if is_node(source) {
        let connection = Connection::to(source);
        let node =
            Rpc::connect(connection).map_err(|error| Failure::input("--primary", error.to_string()))?;
        return Ok(Box::new(node));
    }
    let file = std::fs::metadata(source).map_err(|error| Failure::reading(Path::new(source), &error))?;
    if !file.is_file() {
        let what = "this is no file of a chain: name one, or a node's URL with http://";
        return Err(Failure::input(source, what));
    }
    let chain = Evm::open(Path::new(source), Settings::default());
    Ok(Box::new(chain.map_err(|error| Failure::World(format!("{source}: {error}")))?))
}

/// The contract that was named, or the one that a chain's file is known to hold.
pub(crate) fn contract(source: &str, named: Option<Address>) -> Result<Address, Failure> {
    let beside = || rollup::ledger::contract_of(Path::new(source)).filter(|_| !is_node(source));
    named.or_else(beside).ok_or_else(|| {
        let what = "missing: name the community's contract on this chain, such as \
                    0x5fbdb2315678afecb367f032d93f642f64180aa3";
        Failure::input("--contract", what)
    })
}
