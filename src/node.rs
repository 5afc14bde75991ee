//! `wattle node`: a primary chain for everybody on this machine, without other software: the chain inside this
//! program, kept in a file, behind a JSON-RPC port.

use crate::cli::NodeOptions;
use crate::failure::Failure;
use crate::output::print;
use rollup::chain::{Chain as _, ChainError, Evm, Node, Settings};

/// Serves until it is ended; nothing that was acknowledged is lost then.
pub(crate) fn node(options: &NodeOptions) -> Result<(), Failure> {
    let settings = Settings::default();
    let mut evm = match &options.file {
        Some(file) => Evm::open(file, settings).map_err(|error| crate::primary::failure("FILE", &error))?,
        None => Evm::new(settings),
    };
    let cut = match evm.torn() {
        0 => String::new(),
        bytes => format!("{bytes} bytes that a crash had torn, and nobody had heard of, were cut off\n"),
    };
    let world = |error: ChainError| Failure::World(error.to_string());
    let (id, head) = (evm.id().map_err(world)?, evm.head().map_err(world)?);
    let node = Node::serve(evm, options.port, options.development).map_err(|error| {
        Failure::World(format!("port {}: {error}; choose another with --port", options.port))
    })?;
    print(&format!("{cut}chain {id}, block {}, at {}\n", head.number, node.url()))?;
    node.wait();
    Ok(())
}
