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

#[cfg(test)]
mod tests {
    use super::*;
    use ledger::Key;
    use market::signing::Domain;
    use market::{
        AccountId, Carrier, Command, DeliveryInterval, Energy, MeterId, Money, Order, OrderId, Price,
        Reading, TimeInForce, testing::example_community,
    };

    #[test]
    fn records_are_signed_as_the_markets_commands_are() {
        let domain = Domain::of(&example_community());
        let interval = DeliveryInterval { start: 1_717_372_800, duration: 900 };
        let (start, duration) = (interval.start, interval.duration);
        let check = |message: Message, command: Command| {
            let own = Keccak256::new().with(&[0x19, 0x01]).with(domain.separator()).with(&message).finish();
            assert_eq!(own, domain.digest(&command), "{command:?}");
        };
        for (side, limit, until_gate) in [(Side::Buy, -7, false), (Side::Sell, 300_000, true)] {
            check(
                order(&OrderTerms {
                    account: 6,
                    meter: 9,
                    start,
                    duration,
                    side,
                    energy: 4_000_000_000,
                    limit,
                    until_gate,
                    nonce: u64::MAX,
                }),
                Command::Place(Order {
                    account: AccountId(6),
                    meter: MeterId(9),
                    interval,
                    side,
                    energy: Energy(4_000_000_000),
                    limit: Price(limit.into()),
                    time_in_force: if until_gate {
                        TimeInForce::GateClosure
                    } else {
                        TimeInForce::NextClearing
                    },
                    nonce: u64::MAX,
                }),
            );
            let id = OrderId { carrier: Carrier::Heat, interval, side, arrival: 5 };
            check(
                cancel(&CancelTerms { account: 6, carrier: 1, start, duration, side, arrival: 5, nonce: 3 }),
                Command::Cancel { account: AccountId(6), order: id, nonce: 3 },
            );
        }
        check(
            withdraw(7, 1 << 70, 2),
            Command::Withdraw { account: AccountId(7), amount: Money(1 << 70), nonce: 2 },
        );
        check(
            transfer(7, 8, 1 << 70, 2),
            Command::Transfer { from: AccountId(7), to: AccountId(8), amount: Money(1 << 70), nonce: 2 },
        );
        check(
            reading(&ReadingTerms { meter: 3, start, duration, import: 1, export: 2, sequence: 4 }),
            Command::Read(Reading {
                meter: MeterId(3),
                interval,
                import: Energy(1),
                export: Energy(2),
                sequence: 4,
            }),
        );
    }

    #[test]
    fn a_compact_signature_is_the_long_one() {
        for seed in 0_u8..40 {
            let key = Key::from_seed(&[seed], "compact");
            let digest = keccak256(&[seed]);
            let signature = key.sign(&digest);
            assert_eq!(expanded(&compact(&signature)), signature);
        }
    }
}
