//! A node over JSON-RPC.

/// A primary chain behind a node's JSON-RPC port.
#[derive(Debug)]
pub struct Rpc {}
