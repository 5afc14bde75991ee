//! What a signature signs: EIP-712 typed data, so that a wallet shows a member what it is asked to sign.
//!
//! Members and meters sign their commands field by field, with the units in the names:
//!
//! | command | type |
//! |---|---|
//! | `Place` | `Order(uint32 account,uint32 meter,uint64 start,uint32 duration,uint8 side,int64 energyWh,int64 limitMicroPerKwh,uint8 timeInForce,uint64 nonce)` |
//! | `PlaceWith` | `OrderWith(uint32 account,uint32 meter,uint64 start,uint32 duration,uint8 side,int64 energyWh,int64 limitMicroPerKwh,uint8 timeInForce,uint64 nonce,uint8 quality,int64 premiumMicroPerKwh,int64 minimumWh,uint32 partner,int64 fallMicroPerKwh,uint16 furtherIntervals,bytes steps)` |
//! | `Cancel` | `Cancel(uint32 account,uint8 carrier,uint64 start,uint32 duration,uint8 side,uint32 arrival,uint64 nonce)` |
//! | `Delegate` | `Delegate(uint32 account,address key,uint64 expires,uint64 nonce)` |
//! | `Revoke` | `Revoke(uint32 account,address key,uint64 nonce)` |
//! | `Withdraw` | `Withdraw(uint32 account,int256 amountNano,uint64 nonce)` |
//! | `Transfer` | `Transfer(uint32 from,uint32 to,int256 amountNano,uint64 nonce)` |
//! | `Read` | `Reading(uint32 meter,uint64 start,uint32 duration,int64 importWh,int64 exportWh,uint64 sequence)` |
//! | `Convert` | `Conversion(uint32 account,uint64 start,uint32 duration,uint32 input,bytes outputs,int64 capacityWh,int64 costMicroPerKwh,uint64 nonce)` |
//! | `Store` | `Storage(uint32 account,uint32 meter,uint64 start,uint32 duration,uint16 furtherIntervals,int64 chargeWh,int64 dischargeWh,int64 capacityWh,int64 levelWh,int64 leastWh,uint32 chargePpm,uint32 dischargePpm,uint32 keptPpm,int64 costMicroPerKwh,uint64 nonce)` |
//! | `Correct` | `Correction(uint32 meter,uint64 start,uint32 duration,int64 importWh,int64 exportWh,uint64 sequence)` |
//! | `ReadRegister` | `Register(uint32 meter,uint64 time,uint64 importWh,uint64 exportWh,uint64 sequence)` |
//!
//! The `steps` of a curve are their canonical encoding: limit and energy, eight bytes each, one step after the other;
//! the `outputs` of a conversion likewise: metering point and ratio in parts per million, four bytes each.
//!
//! The operator signs every other command as `Operation(bytes command)`, the bytes being its canonical encoding
//! ([`crate::encoding`]). The domain is `EIP712Domain(string name,string version,uint256 chainId,bytes32 salt)`
//! with name "Wattle", version "1", the community's chain id and, as salt, its community id as a big-endian
//! integer: a signature is good for one community on one chain.
//!
//! Source: EIP-712, <https://eips.ethereum.org/EIPS/eip-712>.

use crate::hash::hash;
use crate::{
    Address, Attributes, Command, Community, Conversion, Hash, Keccak256, Order, Reading, RegisterReading,
    Signature, StorageOffer, encoding, keccak256,
};
use alloc::vec::Vec;

/// Who made a signature; the one thing about signatures that this crate leaves to its host.
pub trait Recover {
    /// The address of the key that made `signature` over `digest`; none if no key can have, or if the signature is
    /// not [canonical](is_canonical): a ledger could not read it back.
    fn recover(&self, digest: &Hash, signature: &Signature) -> Option<Address>;
}

/// The community that signatures are bound to, with everything that depends on it alone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Domain {
    /// The EIP-712 domain separator.
    separator: Hash,
}

impl Domain {
    /// The domain of this community.
    #[must_use]
    pub fn of(community: &Community) -> Self {
        let Community { chain_id, community_id, .. } = community;
        Self { separator: words([DOMAIN, NAME, VERSION, number(*chain_id), number(*community_id)]) }
    }

    /// The EIP-712 domain separator.
    #[must_use]
    pub const fn separator(&self) -> &Hash {
        &self.separator
    }

    /// What the sender of `command` signs.
    #[must_use]
    pub fn digest(&self, command: &Command) -> Hash {
        Keccak256::new().with(&[0x19, 0x01]).with(&self.separator).with(&message(command)).finish()
    }
}

/// What the sender of `command` signs in this community. For many commands keep the [`Domain`].
#[must_use]
pub fn digest(community: &Community, command: &Command) -> Hash {
    Domain::of(community).digest(command)
}

/// Whether this is the one form a signature has here: v is 27 or 28, and s lies in the lower half of the group's
/// order, or anybody could make a second valid signature from the first (EIP-2).
#[must_use]
pub fn is_canonical(signature: &Signature) -> bool {
    let [rs @ .., v] = signature;
    rs.last_chunk::<32>().is_some_and(|s| *s <= HALF_ORDER) && matches!(v, 27 | 28)
}

/// The EIP-712 hash of the command's structure.
fn message(command: &Command) -> Hash {
    match command {
        Command::Place(order) => {
            let fields = order_fields(order);
            Keccak256::new().with(&ORDER).with(fields.as_flattened()).finish()
        }
        Command::PlaceWith { order, attributes, steps } => {
            let Attributes { quality, premium, minimum, partner, fall, further } = attributes;
            let mut curve = Vec::with_capacity(16 * steps.len());
            for step in steps {
                curve.extend(step.limit.0.to_be_bytes());
                curve.extend(step.energy.0.to_be_bytes());
            }
            let wishes = [
                number(*quality as u64),
                signed(premium.0.into()),
                signed(minimum.0.into()),
                number(partner.0.into()),
                signed(fall.0.into()),
                number((*further).into()),
                keccak256(&curve),
            ];
            let fields = order_fields(order);
            Keccak256::new()
                .with(&ORDER_WITH)
                .with(fields.as_flattened())
                .with(wishes.as_flattened())
                .finish()
        }
        Command::Cancel { account, order, nonce } => words([
            CANCEL,
            number(account.0.into()),
            number(order.carrier as u64),
            number(order.interval.start),
            number(order.interval.duration.into()),
            number(order.side as u64),
            number(order.arrival.into()),
            number(*nonce),
        ]),
        Command::Delegate { account, delegate, nonce } => words([
            DELEGATE,
            number(account.0.into()),
            address(&delegate.address),
            number(delegate.expires),
            number(*nonce),
        ]),
        Command::Revoke { account, address: key, nonce } => {
            words([REVOKE, number(account.0.into()), address(key), number(*nonce)])
        }
        Command::Withdraw { account, amount, nonce } => {
            words([WITHDRAW, number(account.0.into()), signed(amount.0), number(*nonce)])
        }
        Command::Transfer { from, to, amount, nonce } => {
            words([TRANSFER, number(from.0.into()), number(to.0.into()), signed(amount.0), number(*nonce)])
        }
        Command::Read(reading) => words(reading_fields(READING, reading)),
        Command::Convert(offer) => {
            let Conversion { account, interval, input, outputs, capacity, cost, nonce } = offer;
            let mut given = Vec::with_capacity(8 * outputs.len());
            for output in outputs {
                given.extend(output.meter.0.to_be_bytes());
                given.extend(output.ratio.to_be_bytes());
            }
            words([
                CONVERSION,
                number(account.0.into()),
                number(interval.start),
                number(interval.duration.into()),
                number(input.0.into()),
                keccak256(&given),
                signed(capacity.0.into()),
                signed(cost.0.into()),
                number(*nonce),
            ])
        }
        Command::Store(offer) => {
            let StorageOffer { account, meter, interval, further, charge, discharge, capacity, .. } = *offer;
            let StorageOffer {
                level, least, charge_efficiency, discharge_efficiency, kept, cost, nonce, ..
            } = *offer;
            words([
                STORAGE,
                number(account.0.into()),
                number(meter.0.into()),
                number(interval.start),
                number(interval.duration.into()),
                number(further.into()),
                signed(charge.0.into()),
                signed(discharge.0.into()),
                signed(capacity.0.into()),
                signed(level.0.into()),
                signed(least.0.into()),
                number(charge_efficiency.into()),
                number(discharge_efficiency.into()),
                number(kept.into()),
                signed(cost.0.into()),
                number(nonce),
            ])
        }
        Command::Correct(reading) => words(reading_fields(CORRECTION, reading)),
        Command::ReadRegister(reading) => {
            let RegisterReading { meter, time, import, export, sequence } = reading;
            words([
                REGISTER,
                number(meter.0.into()),
                number(*time),
                number(*import),
                number(*export),
                number(*sequence),
            ])
        }
        Command::Found(_)
        | Command::Tick { .. }
        | Command::RegisterAccount { .. }
        | Command::RegisterMeter { .. }
        | Command::Deposit { .. }
        | Command::PublishPrices { .. }
        | Command::Close { .. }
        | Command::Clear { .. }
        | Command::Settle { .. }
        | Command::Checkpoint { .. }
        | Command::Locate { .. }
        | Command::Agree { .. }
        | Command::Reprice { .. }
        | Command::Equip { .. }
        | Command::Resettle { .. } => {
            let mut bytes = Vec::new();
            encoding::encode_command(command, &mut bytes);
            words([OPERATION, keccak256(&bytes)])
        }
    }
}

/// The fields of a reading, after the type they are signed as.
fn reading_fields(of: Hash, reading: &Reading) -> [Hash; 7] {
    let Reading { meter, interval, import, export, sequence } = reading;
    [
        of,
        number(meter.0.into()),
        number(interval.start),
        number(interval.duration.into()),
        signed(import.0.into()),
        signed(export.0.into()),
        number(*sequence),
    ]
}

/// The fields that every order has.
fn order_fields(order: &Order) -> [Hash; 9] {
    let Order { account, meter, interval, side, energy, limit, time_in_force, nonce } = order;
    [
        number(account.0.into()),
        number(meter.0.into()),
        number(interval.start),
        number(interval.duration.into()),
        number(*side as u64),
        signed(energy.0.into()),
        signed(limit.0.into()),
        number(*time_in_force as u64),
        number(*nonce),
    ]
}

/// The hash of a structure: of its type's hash and its fields, 32 bytes each.
#[inline]
fn words<const N: usize>(words: [Hash; N]) -> Hash {
    keccak256(words.as_flattened())
}

/// An unsigned integer as a word.
#[inline]
fn number(number: u64) -> Hash {
    let mut word = [0; 32];
    if let Some(low) = word.last_chunk_mut() {
        *low = number.to_be_bytes();
    }
    word
}

/// A signed integer as a word, in two's complement.
#[inline]
fn signed(number: i128) -> Hash {
    let mut word = [if number < 0 { 0xff } else { 0 }; 32];
    if let Some(low) = word.last_chunk_mut() {
        *low = number.to_be_bytes();
    }
    word
}

/// An address as a word.
#[inline]
fn address(address: &Address) -> Hash {
    let mut word = [0; 32];
    if let Some(low) = word.last_chunk_mut() {
        *low = address.0;
    }
    word
}

// keccak-256 of the types above, of "Wattle" and of "1"; a test spells them out.
const DOMAIN: Hash = hash("a604fff5a27d5951f334ccda7abff3286a8af29caeeb196a6f2b40a1dce7612b");
const NAME: Hash = hash("13062feea65223451bd036c036d0cece4af9bb9520e65e3d3a389b1793a658de");
const VERSION: Hash = hash("c89efdaa54c0f20c7adf612882df0950f5a951637e0307cdcb4c672f298b8bc6");
const ORDER: Hash = hash("5a5af5cc16af6f400dd413bb5feb633329842c661098e5f6e7bc320d2129fa00");
const ORDER_WITH: Hash = hash("a37e063c43d9950856913d86915a9aeabbf8739bcbe385914dc2cf9903165f63");
const CANCEL: Hash = hash("d5e75ba85e338bc8917a696550c1f97fe9fd051e3a7f8c9713699922050c747c");
const DELEGATE: Hash = hash("0744160db997ccaac4d4cd8b51574d264f8773396e30f61a7a56f367cbd960c3");
const REVOKE: Hash = hash("427488a8bb64b70c6f2a38a32d9390e39e2f7fad39a39a0a22114f0d3c4e48df");
const WITHDRAW: Hash = hash("07583316e4e2730f44d45e36e81cc6a2679aa0ecdf91161d7077439a912f4f4d");
const TRANSFER: Hash = hash("4600b5f8144feb0d4d57fa2752f43da2694519e3e926f99cb1a023e76725ae6c");
const READING: Hash = hash("28a26f9b7f836857c6616825df0031f91b415efaa33e4399f94706291e7f0f38");
const CONVERSION: Hash = hash("a947b37805eca6b0d6994dd932aec0defa8cb10b82c697ba7b24084e6091b1ee");
const STORAGE: Hash = hash("5b3d43dfc73be653c6d0e2b2ce2cc5a5f710d770d689e65bf6e22b7f01eb15eb");
const CORRECTION: Hash = hash("c81c687eb06c1235e89d4e56abf721f42b0fa7499843bba3d701b8f2b7c14eb3");
const REGISTER: Hash = hash("3a1abe2bebae49ba3cc9907991be1d6d8c81d0254983f45a596dd0e862d885d7");
const OPERATION: Hash = hash("36a2c6ee6d091fc84f3905c7ecb546089f1eb6dac10ba8d6b615ea1fe496822f");

/// Half of secp256k1's group order, rounded down.
const HALF_ORDER: Hash = hash("7fffffffffffffffffffffffffffffff5d576e7357a4501ddfe92f46681b20a0");

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{EIP712_CASES, example_community, examples, hex};
    use crate::{Envelope, Rejection};

    #[test]
    fn the_constants_are_hashes_of_the_types() {
        let check = |constant: Hash, text: &str| assert_eq!(constant, keccak256(text.as_bytes()), "{text}");
        check(DOMAIN, "EIP712Domain(string name,string version,uint256 chainId,bytes32 salt)");
        check(NAME, "Wattle");
        check(VERSION, "1");
        let types = [
            ORDER, ORDER_WITH, CANCEL, DELEGATE, REVOKE, WITHDRAW, TRANSFER, READING, CONVERSION, STORAGE,
            CORRECTION, REGISTER,
        ];
        let documented = include_str!("signing.rs").lines().filter_map(|line| line.strip_prefix("//! | `"));
        let documented = documented.filter_map(|row| Some(row.split_once("| `")?.1.trim_end_matches("` |")));
        let documented: Vec<&str> = documented.collect();
        assert_eq!(documented.len(), types.len());
        documented.iter().zip(types).for_each(|(text, constant)| check(constant, text));
        check(OPERATION, "Operation(bytes command)");
    }

    /// Digests by eth_account, see the case's README.
    #[test]
    fn digests_are_those_of_a_wallet() {
        let cases: serde_json::Value = serde_json::from_str(EIP712_CASES).unwrap();
        let bytes = |value: &serde_json::Value| hex(value.as_str().unwrap());
        let community = example_community();
        assert_eq!(Domain::of(&community).separator().to_vec(), bytes(&cases["separator"]));
        let cases = cases["cases"].as_array().unwrap();
        let examples = examples();
        assert_eq!(cases.len(), examples.len());
        for (case, (name, command)) in cases.iter().zip(examples) {
            assert_eq!(case["name"], name);
            let envelope = bytes(&case["envelope"]);
            let Ok((Envelope { command: signed, signature: Some(_) }, [])) = encoding::decode(&envelope)
            else {
                panic!("{name} cannot be decoded");
            };
            assert_eq!(signed, command, "{name}");
            assert_eq!(digest(&community, &command).to_vec(), bytes(&case["digest"]), "{name}");
        }
    }

    #[test]
    fn a_signature_has_one_form_only() {
        let mut signature = [0; 65];
        signature[32..64].copy_from_slice(&HALF_ORDER);
        let check = |signature: Signature, canonical: bool| {
            assert_eq!(is_canonical(&signature), canonical);
            let mut bytes = alloc::vec![2];
            bytes.extend([7; 20]);
            bytes.push(1);
            bytes.extend(signature);
            assert_eq!(encoding::decode(&bytes).err(), (!canonical).then_some(Rejection::Malformed));
        };
        for (v, canonical) in [(0, false), (1, false), (26, false), (27, true), (28, true), (29, false)] {
            signature[64] = v;
            check(signature, canonical);
        }
        signature[64] = 27;
        signature[63] += 1; // one above half of the order
        check(signature, false);
    }
}
