//! What proves a segment wrong in a mode.

use super::read::Published;
use crate::batch::{self, Header};
use crate::contract::Fraud;

/// What proves a segment wrong, given the preimage of its input and what its execution needs.
#[must_use]
pub fn fraud(
    header: &Header,
    published: &Published,
    segment: usize,
    preimage: Vec<u8>,
    queue: u64,
    items: Vec<u8>,
    witness: Vec<u8>,
) -> Fraud {
    let unit = &published.units[segment];
    let leaf = published.leaves[unit.leaf];
    let records = match published.cells.get(unit.leaf) {
        Some(content) => [&(unit.index as u16).to_be_bytes()[..], content].concat(),
        None => preimage,
    };
    Fraud {
        header: *header,
        segment: unit.leaf as u32,
        pre: leaf.pre,
        records,
        post: leaf.post,
        path: batch::path(&published.hashes(), unit.leaf),
        queue,
        items,
        witness,
    }
}
