//! The queue of the primary chain: deposits, and records that somebody forces in.
//!
//! `kind u8 ‖ time u40 ‖ …`; the hash over the first n + 1 items is keccak256(hash over n ‖ item), that over none zero.

use market::{Address, Hash, Keccak256};

/// One item.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Item<'a> {
    /// Money has arrived.
    Deposit {
        /// When, Unix s.
        time: u64,
        /// For whom.
        account: u32,
        /// n€.
        amount: u128,
        /// From whom.
        sender: Address,
    },
    /// A record, with its signature whatever the state asks for.
    Forced {
        /// When, Unix s.
        time: u64,
        /// The record's bytes.
        record: &'a [u8],
    },
}

impl<'a> Item<'a> {
    /// The item that `bytes` begin with, its bytes, and the bytes after it.
    #[must_use]
    pub fn decode(bytes: &'a [u8]) -> Option<(Self, &'a [u8], &'a [u8])> {
        let number = |at: usize, count: usize| {
            let field = bytes.get(at..at + count)?;
            Some(field.iter().fold(0_u128, |number, byte| number << 8 | u128::from(*byte)))
        };
        let time = number(1, 5)? as u64;
        let (item, length) = match bytes.first()? {
            0 => {
                let sender = Address(bytes.get(26..46)?.try_into().ok()?);
                let (account, amount) = (number(6, 4)? as u32, number(10, 16)?);
                (Self::Deposit { time, account, amount, sender }, 46)
            }
            1 => {
                let length = 8 + number(6, 2)? as usize;
                (Self::Forced { time, record: bytes.get(8..length)? }, length)
            }
            _ => return None,
        };
        let (own, rest) = bytes.split_at(length);
        Some((item, own, rest))
    }

    /// Appends the item; a time beyond 40 bits and a record beyond 2¹⁶ bytes are cut.
    pub fn encode(&self, out: &mut Vec<u8>) {
        match self {
            Self::Deposit { time, account, amount, sender } => {
                out.push(0);
                out.extend(&time.to_be_bytes()[3..]);
                out.extend(account.to_be_bytes());
                out.extend(amount.to_be_bytes());
                out.extend(sender.0);
            }
            Self::Forced { time, record } => {
                let length = record.len().min(usize::from(u16::MAX));
                out.push(1);
                out.extend(&time.to_be_bytes()[3..]);
                out.extend((length as u16).to_be_bytes());
                out.extend(&record[..length]);
            }
        }
    }

    /// When it came, Unix s.
    #[must_use]
    pub const fn time(&self) -> u64 {
        match self {
            Self::Deposit { time, .. } | Self::Forced { time, .. } => *time,
        }
    }
}

/// The queue's hash after one more item.
#[must_use]
pub fn link(chain: &Hash, item: &[u8]) -> Hash {
    Keccak256::new().with(chain).with(item).finish()
}
