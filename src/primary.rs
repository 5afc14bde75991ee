//! A primary chain as the command line names it: a node's URL, or the file of a chain in the process.

use crate::failure::Failure;
use market::Address;
use rollup::chain::{Chain, ChainError, Connection, Evm, Rpc, Settings};
use rollup::contract::ContractError;
use rollup::founding::FoundingError;
use rollup::sequencer::Hex;
use std::path::Path;

/// Whether this names a node rather than a file.
pub(crate) fn is_node(source: &str) -> bool {
    source.starts_with("http://") || source.starts_with("https://")
}

/// Connects to the node, or opens the file, which must be there.
pub(crate) fn open(source: &str) -> Result<Box<dyn Chain>, Failure> {
    if is_node(source) {
        let node = Rpc::connect(Connection::to(source)).map_err(|error| failure("--primary", &error))?;
        return Ok(Box::new(node));
    }
    let what = "this is no file of a chain: name one, or a node's URL with http://";
    if source.contains("://") {
        return Err(Failure::input(source, what));
    }
    let file = std::fs::metadata(source).map_err(|error| Failure::reading(Path::new(source), &error))?;
    // An empty file would become a chain.
    if !file.is_file() || file.len() == 0 {
        return Err(Failure::input(source, what));
    }
    let chain = Evm::open(Path::new(source), Settings::default());
    let chain = chain.map_err(|error| failure(source, &error))?;
    if chain.torn() > 0 {
        let bytes = chain.torn();
        eprintln!("wattle: {source}: the file ends within a record: its last {bytes} bytes were cut off");
    }
    Ok(Box::new(chain))
}

/// What a chain that could not be reached or opened says: input that can be mended.
pub(crate) fn failure(place: &str, error: &ChainError) -> Failure {
    match error {
        ChainError::File { path, what } => Failure::input(path, what),
        ChainError::Unreachable { url, what } => Failure::input(place, format!("{url}: {what}")),
        other => Failure::World(format!("{place}: {other}")),
    }
}

/// A contract that is not there is input; what else goes wrong there is the world.
pub(crate) fn founding(source: &str, error: &FoundingError) -> Failure {
    match error {
        FoundingError::NoContract(address) => Failure::input(
            "--contract",
            format!("no community's contract is at {} on {source}: check address and chain", Hex(*address)),
        ),
        FoundingError::Contract(ContractError::Chain(error)) => failure(source, error),
        other => Failure::World(format!("{source}: {other}")),
    }
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
