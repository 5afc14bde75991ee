//! Signatures: the EIP-712 digests of the market's commands (`market::signing`), from what a record names.

use super::Done;
use super::head::Head;
use super::record::Compact;
use ledger::Recoverer;
use market::signing::Recover;
use market::{Address, Hash, Keccak256, Rejection, Side, Signature, keccak256};
use std::sync::LazyLock;

macro_rules! types {
    ($($(#[$doc:meta])* $name:ident = $text:literal;)*) => {
        $($(#[$doc])* static $name: LazyLock<Hash> = LazyLock::new(|| keccak256($text.as_bytes()));)*
    };
}

types! {
    ORDER = "Order(uint32 account,uint32 meter,uint64 start,uint32 duration,uint8 side,int64 energyWh,int64 limitMicroPerKwh,uint8 timeInForce,uint64 nonce)";
    CANCEL = "Cancel(uint32 account,uint8 carrier,uint64 start,uint32 duration,uint8 side,uint32 arrival,uint64 nonce)";
    WITHDRAW = "Withdraw(uint32 account,int256 amountNano,uint64 nonce)";
    TRANSFER = "Transfer(uint32 from,uint32 to,int256 amountNano,uint64 nonce)";
    READING = "Reading(uint32 meter,uint64 start,uint32 duration,int64 importWh,int64 exportWh,uint64 sequence)";
}

/// A structure's hash: type, then fields.
type Message = Hash;

fn number(number: impl Into<u128>) -> Hash {
    let mut word = [0; 32];
    word[16..].copy_from_slice(&number.into().to_be_bytes());
    word
}

fn signed(number: i32) -> Hash {
    let mut word = if number < 0 { [0xff; 32] } else { [0; 32] };
    word[28..].copy_from_slice(&number.to_be_bytes());
    word
}

fn hash<const N: usize>(words: [Hash; N]) -> Message {
    keccak256(words.as_flattened())
}

/// What the digest of an order covers.
pub(super) struct OrderTerms {
    pub account: u32,
    pub meter: u32,
    pub start: u64,
    pub duration: u32,
    pub side: Side,
    pub energy: u32,
    pub limit: i32,
    pub until_gate: bool,
    pub nonce: u64,
}

pub(super) fn order(terms: &OrderTerms) -> Message {
    hash([
        *ORDER,
        number(terms.account),
        number(terms.meter),
        number(terms.start),
        number(terms.duration),
        number(terms.side as u8),
        number(terms.energy),
        signed(terms.limit),
        number(u8::from(terms.until_gate)),
        number(terms.nonce),
    ])
}

/// Which order a cancellation names.
pub(super) struct CancelTerms {
    pub account: u32,
    pub carrier: u8,
    pub start: u64,
    pub duration: u32,
    pub side: Side,
    pub arrival: u32,
    pub nonce: u64,
}

pub(super) fn cancel(terms: &CancelTerms) -> Message {
    hash([
        *CANCEL,
        number(terms.account),
        number(terms.carrier),
        number(terms.start),
        number(terms.duration),
        number(terms.side as u8),
        number(terms.arrival),
        number(terms.nonce),
    ])
}

pub(super) fn withdraw(account: u32, amount: u128, nonce: u64) -> Message {
    hash([*WITHDRAW, number(account), number(amount), number(nonce)])
}

pub(super) fn transfer(from: u32, to: u32, amount: u128, nonce: u64) -> Message {
    hash([*TRANSFER, number(from), number(to), number(amount), number(nonce)])
}

/// What the digest of a reading covers.
pub(super) struct ReadingTerms {
    pub meter: u32,
    pub start: u64,
    pub duration: u32,
    pub import: u32,
    pub export: u32,
    pub sequence: u64,
}

pub(super) fn reading(terms: &ReadingTerms) -> Message {
    hash([
        *READING,
        number(terms.meter),
        number(terms.start),
        number(terms.duration),
        number(terms.import),
        number(terms.export),
        number(terms.sequence),
    ])
}

/// Whether the record carries the signature it has to, by the key of this address.
pub(super) fn authenticate(
    head: &Head,
    address: Address,
    signature: Option<Compact>,
    forced: bool,
    message: impl FnOnce() -> Message,
) -> Done {
    if !head.is_signed() && !forced {
        return Ok(());
    }
    let digest = Keccak256::new().with(&[0x19, 0x01]).with(&head.domain).with(&message()).finish();
    let signer = signature.and_then(|compact| Recoverer.recover(&digest, &expanded(&compact)));
    let right = signer.is_some_and(|signer| signer == address && signer != Address::default());
    if right { Ok(()) } else { Err(Rejection::BadSignature.into()) }
}

/// r ‖ s ‖ v from EIP-2098's form.
pub(super) fn expanded(compact: &Compact) -> Signature {
    let mut signature = [0; 65];
    signature[..64].copy_from_slice(compact);
    signature[64] = 27 + (compact[32] >> 7);
    signature[32] &= 0x7f;
    signature
}

/// EIP-2098's form of a canonical signature.
#[must_use]
pub fn compact(signature: &Signature) -> Compact {
    let mut compact = [0; 64];
    compact.copy_from_slice(&signature[..64]);
    compact[32] |= (signature[64] & 1 ^ 1) << 7; // v is 27 or 28
    compact
}
