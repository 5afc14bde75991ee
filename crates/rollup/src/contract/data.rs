//! A batch's data, from the transaction that posted it.

use super::abi::IRollup;
use super::{ContractError, Entry, Event, Head};
use crate::batch::Header;
use crate::chain::Chain;
use alloy_sol_types::SolCall;
use market::{Address, Hash};

/// What a batch was posted with.
#[derive(Clone, Debug, PartialEq, Eq)]
#[allow(clippy::large_enum_variant)] // one at a time
pub enum Posted {
    /// A new input.
    New {
        /// The batch before.
        parent: Header,
        /// As the contract's mode has it, in calldata `length u16 ‖ records ‖ root` for each segment.
        data: Vec<u8>,
        /// The head after the last segment.
        head: Head,
        /// The queue's hash where it stops, as the operator saw it.
        chain: Hash,
        /// The first item of the queue that it leaves.
        next: Vec<u8>,
    },
    /// New roots for an old input.
    Again {
        /// The batch before.
        parent: Header,
        /// The header under which the input stood last.
        voided: Header,
        /// keccak256 of each segment's records.
        records: Vec<Hash>,
        /// After each segment.
        roots: Vec<Hash>,
        /// The head after the last segment.
        head: Head,
        /// The queue's hash where it stops, as the operator saw it.
        chain: Hash,
        /// The blob that came with it; filled in by [`crate::modes::Lens::posted`].
        blob: Vec<u8>,
    },
}

/// Reads what the batch of a [`Event::Posted`] or [`Event::Reposted`] was posted with from its transaction.
///
/// # Errors
/// [`ContractError::Indirect`] where another contract passed the call on: the input is not the batch's then;
/// [`ContractError::Gone`] where the transaction is no longer there; [`ContractError::Undecodable`] for other events.
pub fn posted<C: Chain + ?Sized>(
    chain: &mut C,
    contract: Address,
    entry: &Entry,
) -> Result<Posted, ContractError> {
    let (number, again) = match &entry.event {
        Event::Posted { number, .. } => (*number, false),
        Event::Reposted { number, .. } => (*number, true),
        _ => return Err(ContractError::Undecodable { what: "a batch" }),
    };
    let hash = entry.transaction;
    let transaction = chain.transaction(&hash)?.ok_or(ContractError::Gone { transaction: hash })?;
    let indirect = ContractError::Indirect { number, transaction: hash };
    if transaction.to != Some(contract) {
        return Err(indirect);
    }
    if again {
        let Ok(call) = IRollup::repostCall::abi_decode_validate(&transaction.input) else {
            return Err(indirect);
        };
        return Ok(Posted::Again {
            parent: (&call.parent).into(),
            voided: (&call.voided).into(),
            records: call.records.iter().map(|hash| hash.0).collect(),
            roots: call.roots.iter().map(|hash| hash.0).collect(),
            head: (&call.head).into(),
            chain: call.chain.0,
            blob: Vec::new(),
        });
    }
    let Ok(call) = IRollup::postCall::abi_decode_validate(&transaction.input) else {
        return Err(indirect);
    };
    Ok(Posted::New {
        parent: (&call.parent).into(),
        data: call.data.to_vec(),
        head: (&call.head).into(),
        chain: call.chain.0,
        next: call.next.to_vec(),
    })
}
