//! Why a call of the contract, or reading it, did not do.

use super::Refusal;
use crate::chain::{ChainError, TxHash};

/// Why the contract did not do as asked.
#[derive(Debug, thiserror::Error)]
pub enum ContractError {
    /// It refused, for a reason of its own.
    #[error("the contract refuses: {0}")]
    Refused(Refusal),
    /// The transaction was taken into a block and undone there: the state had moved since it was tried.
    #[error("transaction 0x{} was undone in block {block}: the contract refused it there", hex(.hash))]
    Undone {
        /// Which.
        hash: TxHash,
        /// Where.
        block: u64,
    },
    /// What came back is not what the contract returns: is it deployed at this address?
    #[error("{what} is not what the contract returns; is it deployed at this address?")]
    Undecodable {
        /// Of which call or event.
        what: &'static str,
    },
    /// A batch was posted through another contract, so its data is not in the transaction's own input.
    #[error(
        "batch {number} was posted through another contract by transaction 0x{}: its data cannot be read from the transaction",
        hex(.transaction)
    )]
    Indirect {
        /// Which.
        number: u64,
        /// By which transaction.
        transaction: TxHash,
    },
    /// The transaction of an event is gone: the chain was re-organised between two questions.
    #[error("transaction 0x{} of an event is no longer on the chain: read the events again", hex(.transaction))]
    Gone {
        /// Which.
        transaction: TxHash,
    },
    /// The chain did not answer, or refused.
    #[error(transparent)]
    Chain(ChainError),
}

impl From<ChainError> for ContractError {
    fn from(error: ChainError) -> Self {
        if let ChainError::Reverted { data, .. } = &error
            && let Some(refusal) = Refusal::read(data)
        {
            return Self::Refused(refusal);
        }
        Self::Chain(error)
    }
}

fn hex(hash: &TxHash) -> String {
    hash.iter().map(|byte| format!("{byte:02x}")).collect()
}
