//! Who takes part, and how they sign: EIP-712 by hand, so that the transition is not its own judge.

use ledger::Key;
use market::{Hash, Keccak256, Side, keccak256};
use rollup::step::Place;
use rollup::step::{Compact, Record, State, Store, compact, leaf};

/// A generator of pseudo-random numbers (splitmix64); the same seed gives the same day.
#[derive(Clone)]
pub(crate) struct Rng(pub(crate) u64);

impl Rng {
    pub(crate) fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ z >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ z >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ z >> 31
    }

    /// Below `end`.
    pub(crate) fn below(&mut self, end: u64) -> u64 {
        self.next() % end.max(1)
    }

    pub(crate) fn within(&mut self, from: i64, to: i64) -> i64 {
        from + self.below((to - from) as u64 + 1) as i64
    }

    /// True once in `many` times.
    pub(crate) fn one_in(&mut self, many: u64) -> bool {
        self.below(many) == 0
    }

    pub(crate) fn pick<'a, T>(&mut self, from: &'a [T]) -> Option<&'a T> {
        from.get(self.below(from.len() as u64) as usize)
    }

    pub(crate) fn hash(&mut self) -> Hash {
        keccak256(&self.next().to_be_bytes())
    }
}

pub(crate) fn key(name: &str) -> Key {
    Key::from_seed(b"watcher tests", name)
}

pub(crate) fn member(number: u32) -> Key {
    key(&format!("member {number}"))
}

pub(crate) fn meter_key(number: u32) -> Key {
    key(&format!("meter {number}"))
}

/// The first account that is a member's.
pub(crate) const FIRST: u32 = 6;
/// Length of an interval, s.
pub(crate) const DURATION: u32 = 900;

fn number(value: impl Into<i128>) -> Hash {
    let value: i128 = value.into();
    let mut word = if value < 0 { [0xff; 32] } else { [0; 32] };
    word[16..].copy_from_slice(&value.to_be_bytes());
    word
}

fn digest(domain: &Hash, kind: &str, fields: &[Hash]) -> Hash {
    let message = Keccak256::new().with(&keccak256(kind.as_bytes())).with(fields.as_flattened()).finish();
    Keccak256::new().with(&[0x19, 0x01]).with(domain).with(&message).finish()
}

/// How a signature is spoiled.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Spoilt {
    /// It is right.
    No,
    /// Somebody else's key.
    Forged,
    /// For another community.
    Foreign,
    /// The mirrored one, (r, n − s).
    HighS,
}

/// What the owner of a record signs in this state, and who that is; `None` for records without signatures.
fn signing(state: &State, domain: &Hash, record: &Record<'_>) -> Option<(Hash, Key)> {
    let delivery = |slot: u8| state.peek::<leaf::Delivery>(Place::delivery(slot));
    let account = |id: u32| state.peek::<leaf::Account>(Place::account(id));
    let duration = state.head().duration;
    let owner = |id: u32| member(id);
    Some(match *record {
        Record::Order { slot, rank, energy, limit, side, until_gate, nonce, .. } => {
            let delivery = delivery(slot);
            let meter: leaf::Meter = state.peek(Place::meter(delivery.carrier, rank));
            let nonce = nonce.unwrap_or(account(meter.account).nonce + 1);
            let fields = [
                number(meter.account),
                number(meter.meter),
                number(delivery.start),
                number(duration),
                number(side as u8),
                number(energy),
                number(limit),
                number(u8::from(until_gate)),
                number(nonce),
            ];
            let kind = "Order(uint32 account,uint32 meter,uint64 start,uint32 duration,uint8 side,int64 energyWh,int64 limitMicroPerKwh,uint8 timeInForce,uint64 nonce)";
            (digest(domain, kind, &fields), owner(meter.account))
        }
        Record::Cancel { slot, arrival, side, nonce, .. } => {
            let delivery = delivery(slot);
            let order: leaf::Order = state.peek(Place::order(slot, side, arrival));
            let nonce = nonce.unwrap_or(account(order.account).nonce + 1);
            let fields = [
                number(order.account),
                number(delivery.carrier),
                number(delivery.start),
                number(duration),
                number(side as u8),
                number(arrival),
                number(nonce),
            ];
            let kind = "Cancel(uint32 account,uint8 carrier,uint64 start,uint32 duration,uint8 side,uint32 arrival,uint64 nonce)";
            (digest(domain, kind, &fields), owner(order.account))
        }
        Record::Withdraw { account: from, amount, nonce, .. } => {
            let nonce = nonce.unwrap_or(account(from).nonce + 1);
            let fields = [number(from), number(amount as i128), number(nonce)];
            (digest(domain, "Withdraw(uint32 account,int256 amountNano,uint64 nonce)", &fields), owner(from))
        }
        Record::Transfer { from, to, amount, nonce, .. } => {
            let nonce = nonce.unwrap_or(account(from).nonce + 1);
            let fields = [number(from), number(to), number(amount as i128), number(nonce)];
            let kind = "Transfer(uint32 from,uint32 to,int256 amountNano,uint64 nonce)";
            (digest(domain, kind, &fields), owner(from))
        }
        Record::Reading { slot, rank, import, export, sequence, .. } => {
            let delivery = delivery(slot);
            let meter: leaf::Meter = state.peek(Place::meter(delivery.carrier, rank));
            let sequence = sequence.unwrap_or(meter.sequence + 1);
            let fields = [
                number(meter.meter),
                number(delivery.start),
                number(duration),
                number(import),
                number(export),
                number(sequence),
            ];
            let kind = "Reading(uint32 meter,uint64 start,uint32 duration,int64 importWh,int64 exportWh,uint64 sequence)";
            (digest(domain, kind, &fields), meter_key(meter.meter))
        }
        _ => return None,
    })
}

fn mirrored(signature: &Compact) -> Compact {
    const ORDER: [u8; 32] = [
        0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xfe, 0xba,
        0xae, 0xdc, 0xe6, 0xaf, 0x48, 0xa0, 0x3b, 0xbf, 0xd2, 0x5e, 0x8c, 0xd0, 0x36, 0x41, 0x41,
    ];
    let parity = signature[32] & 0x80 ^ 0x80;
    let mut s: [u8; 32] = signature[32..].try_into().unwrap();
    s[0] &= 0x7f;
    let mut borrow = 0;
    let mut out = *signature;
    for i in (0..32).rev() {
        let difference = i32::from(ORDER[i]) - i32::from(s[i]) - borrow;
        borrow = i32::from(difference < 0);
        out[32 + i] = difference.rem_euclid(256) as u8;
    }
    // n − s of a low s has its highest bit set, where EIP-2098 keeps the parity: as near as this form comes to it.
    out[32] = out[32] & 0x7f | parity;
    out
}

/// The record with its owner's signature, where the state asks for signatures.
pub(crate) fn signed<'a>(state: &State, record: Record<'a>, spoilt: Spoilt) -> Record<'a> {
    if !state.head().is_signed() {
        return record;
    }
    always_signed(state, record, spoilt)
}

/// The same, whatever the state asks for, as the queue wants it.
pub(crate) fn always_signed<'a>(state: &State, record: Record<'a>, spoilt: Spoilt) -> Record<'a> {
    let domain = if spoilt == Spoilt::Foreign { [9; 32] } else { state.head().domain };
    let Some((digest, owner)) = signing(state, &domain, &record) else { return record };
    let signer = if spoilt == Spoilt::Forged { key("a thief") } else { owner };
    let mut made = compact(&signer.sign(&digest));
    if spoilt == Spoilt::HighS {
        made = mirrored(&made);
    }
    let mut record = record;
    match &mut record {
        Record::Order { signature, .. }
        | Record::Cancel { signature, .. }
        | Record::Withdraw { signature, .. }
        | Record::Transfer { signature, .. }
        | Record::Reading { signature, .. } => *signature = Some(made),
        _ => {}
    }
    record
}

/// The other side.
pub(crate) fn other(side: Side) -> Side {
    if side == Side::Buy { Side::Sell } else { Side::Buy }
}
