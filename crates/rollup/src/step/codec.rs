//! Records as bytes: one that says which it is, the fields big-endian and without gaps, a nonce where a bit says so, a
//! signature where the state asks for it. Decoding is total: bytes that are no record are `None`.

use super::record::{Compact, Record};
use market::{Address, Side};

/// Bytes still to be decoded.
struct Reader<'a> {
    rest: &'a [u8],
}

impl<'a> Reader<'a> {
    fn take(&mut self, count: usize) -> Option<&'a [u8]> {
        let (taken, rest) = self.rest.split_at_checked(count)?;
        self.rest = rest;
        Some(taken)
    }

    fn number(&mut self, bytes: usize) -> Option<u128> {
        Some(self.take(bytes)?.iter().fold(0, |number, byte| number << 8 | u128::from(*byte)))
    }

    fn u8(&mut self) -> Option<u8> {
        self.number(1).map(|number| number as u8)
    }

    fn u16(&mut self) -> Option<u16> {
        self.number(2).map(|number| number as u16)
    }

    fn u24(&mut self) -> Option<u32> {
        self.number(3).map(|number| number as u32)
    }

    fn u32(&mut self) -> Option<u32> {
        self.number(4).map(|number| number as u32)
    }

    fn u40(&mut self) -> Option<u64> {
        self.number(5).map(|number| number as u64)
    }

    fn u64(&mut self) -> Option<u64> {
        self.number(8).map(|number| number as u64)
    }

    fn i24(&mut self) -> Option<i32> {
        self.u24().map(|number| ((number << 8) as i32) >> 8)
    }

    fn i32(&mut self) -> Option<i32> {
        self.u32().map(|number| number as i32)
    }

    fn address(&mut self) -> Option<Address> {
        self.take(20)?.try_into().ok().map(Address)
    }

    fn nonce(&mut self, kind: u8) -> Option<Option<u64>> {
        if kind & NONCE == 0 { Some(None) } else { self.u64().map(Some) }
    }

    fn signature(&mut self, signed: bool) -> Option<Option<Compact>> {
        if signed { self.take(64)?.try_into().ok().map(Some) } else { Some(None) }
    }
}

const SELL: u8 = 1;
const UNTIL_GATE: u8 = 2;
const NONCE: u8 = 4;

const fn side(kind: u8) -> Side {
    if kind & SELL == 0 { Side::Buy } else { Side::Sell }
}

impl<'a> Record<'a> {
    /// The record that `bytes` begin with, and the bytes after it; `signed`: whether members' and meters' records carry
    /// signatures.
    #[must_use]
    pub fn decode(bytes: &'a [u8], signed: bool) -> Option<(Self, &'a [u8])> {
        let mut reader = Reader { rest: bytes };
        let r = &mut reader;
        let kind = r.u8()?;
        let record = match kind {
            0x01 => Self::Tick { time: r.u40()? },
            0x02 => Self::Queue { count: r.u8()? },
            0x03 => Self::Account { address: r.address()? },
            0x04 => Self::Meter {
                account: r.u32()?,
                carrier: r.u8()?,
                key: r.address()?,
                import_capacity: r.u64()?,
                export_capacity: r.u64()?,
                tariff: r.u16()?,
                share: r.u32()?,
            },
            0x05 => Self::Open { slot: r.u8()?, carrier: r.u8()?, start: r.u40()?, after: r.u8()? },
            0x06 => Self::Publish { slot: r.u8()?, tariff: r.u16()?, import: r.i32()?, export: r.i32()? },
            0x10..=0x17 => Self::Order {
                slot: r.u8()?,
                rank: r.u24()?,
                energy: r.u32()?,
                limit: r.i24()?,
                side: side(kind),
                until_gate: kind & UNTIL_GATE != 0,
                nonce: r.nonce(kind)?,
                signature: r.signature(signed)?,
            },
            0x20 | 0x21 | 0x24 | 0x25 => Self::Cancel {
                slot: r.u8()?,
                arrival: r.u24()?,
                side: side(kind),
                nonce: r.nonce(kind)?,
                signature: r.signature(signed)?,
            },
            0x28 | 0x2c => Self::Withdraw {
                account: r.u32()?,
                amount: r.number(16)?,
                nonce: r.nonce(kind)?,
                signature: r.signature(signed)?,
            },
            0x30 | 0x34 => Self::Transfer {
                from: r.u32()?,
                to: r.u32()?,
                amount: r.number(16)?,
                nonce: r.nonce(kind)?,
                signature: r.signature(signed)?,
            },
            0x38 | 0x3c => Self::Reading {
                slot: r.u8()?,
                rank: r.u24()?,
                import: r.u24()?,
                export: r.u24()?,
                sequence: r.nonce(kind)?,
                signature: r.signature(signed)?,
            },
            0x40 => Self::Close { slot: r.u8()? },
            0x41 => Self::Clear { slot: r.u8()?, equilibrium: r.i32()?, price: r.i32()? },
            0x42 => Self::Nothing { slot: r.u8()? },
            0x43 => Self::Share { slot: r.u8()? },
            0x44 => Self::Settle { slot: r.u8()? },
            0x45 => Self::Advance { items: r.u16()? },
            0x46 => {
                let count = usize::from(r.u8()?);
                Self::Merit { arrivals: r.take(3 * count)? }
            }
            0x47 => Self::Lapse { slot: r.u8()? },
            _ => return None,
        };
        Some((record, reader.rest))
    }

    /// Appends the record; what does not fit its field's width is cut to it.
    pub fn encode(&self, out: &mut Vec<u8>) {
        let option = |nonce: &Option<u64>| if nonce.is_some() { NONCE } else { 0 };
        match self {
            Self::Tick { time } => {
                put(out, 0x01, 1);
                put(out, (*time).into(), 5);
            }
            Self::Queue { count } => {
                put(out, 0x02, 1);
                put(out, (*count).into(), 1);
            }
            Self::Account { address } => {
                put(out, 0x03, 1);
                out.extend(address.0);
            }
            Self::Meter { account, carrier, key, import_capacity, export_capacity, tariff, share } => {
                put(out, 0x04, 1);
                put(out, (*account).into(), 4);
                put(out, (*carrier).into(), 1);
                out.extend(key.0);
                put(out, (*import_capacity).into(), 8);
                put(out, (*export_capacity).into(), 8);
                put(out, (*tariff).into(), 2);
                put(out, (*share).into(), 4);
            }
            Self::Open { slot, carrier, start, after } => {
                put(out, 0x05, 1);
                put(out, (*slot).into(), 1);
                put(out, (*carrier).into(), 1);
                put(out, (*start).into(), 5);
                put(out, (*after).into(), 1);
            }
            Self::Publish { slot, tariff, import, export } => {
                put(out, 0x06, 1);
                put(out, (*slot).into(), 1);
                put(out, (*tariff).into(), 2);
                put(out, i128::from(*import) as u128, 4);
                put(out, i128::from(*export) as u128, 4);
            }
            Self::Order { slot, rank, energy, limit, side, until_gate, nonce, signature } => {
                let gate = if *until_gate { UNTIL_GATE } else { 0 };
                put(out, u128::from(0x10 | *side as u8 | gate | option(nonce)), 1);
                put(out, (*slot).into(), 1);
                put(out, (*rank).into(), 3);
                put(out, (*energy).into(), 4);
                put(out, i128::from(*limit) as u128, 3);
                end(out, *nonce, signature);
            }
            Self::Cancel { slot, arrival, side, nonce, signature } => {
                put(out, u128::from(0x20 | *side as u8 | option(nonce)), 1);
                put(out, (*slot).into(), 1);
                put(out, (*arrival).into(), 3);
                end(out, *nonce, signature);
            }
            Self::Withdraw { account, amount, nonce, signature } => {
                put(out, u128::from(0x28 | option(nonce)), 1);
                put(out, (*account).into(), 4);
                put(out, *amount, 16);
                end(out, *nonce, signature);
            }
            Self::Transfer { from, to, amount, nonce, signature } => {
                put(out, u128::from(0x30 | option(nonce)), 1);
                put(out, (*from).into(), 4);
                put(out, (*to).into(), 4);
                put(out, *amount, 16);
                end(out, *nonce, signature);
            }
            Self::Reading { slot, rank, import, export, sequence, signature } => {
                put(out, u128::from(0x38 | option(sequence)), 1);
                put(out, (*slot).into(), 1);
                put(out, (*rank).into(), 3);
                put(out, (*import).into(), 3);
                put(out, (*export).into(), 3);
                end(out, *sequence, signature);
            }
            Self::Close { slot } => {
                put(out, 0x40, 1);
                put(out, (*slot).into(), 1);
            }
            Self::Clear { slot, equilibrium, price } => {
                put(out, 0x41, 1);
                put(out, (*slot).into(), 1);
                put(out, i128::from(*equilibrium) as u128, 4);
                put(out, i128::from(*price) as u128, 4);
            }
            Self::Nothing { slot } => {
                put(out, 0x42, 1);
                put(out, (*slot).into(), 1);
            }
            Self::Share { slot } => {
                put(out, 0x43, 1);
                put(out, (*slot).into(), 1);
            }
            Self::Settle { slot } => {
                put(out, 0x44, 1);
                put(out, (*slot).into(), 1);
            }
            Self::Advance { items } => {
                put(out, 0x45, 1);
                put(out, (*items).into(), 2);
            }
            Self::Merit { arrivals } => {
                put(out, 0x46, 1);
                put(out, (arrivals.len() / 3) as u128, 1);
                out.extend(*arrivals);
            }
            Self::Lapse { slot } => {
                put(out, 0x47, 1);
                put(out, (*slot).into(), 1);
            }
        }
    }

    /// The record's bytes.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut bytes = Vec::new();
        self.encode(&mut bytes);
        bytes
    }
}

/// Appends the last bytes of a number.
fn put(out: &mut Vec<u8>, number: u128, bytes: usize) {
    out.extend(&number.to_be_bytes()[16 - bytes..]);
}

/// Appends what follows the fields.
fn end(out: &mut Vec<u8>, nonce: Option<u64>, signature: &Option<Compact>) {
    nonce.into_iter().for_each(|nonce| out.extend(nonce.to_be_bytes()));
    signature.iter().for_each(|signature| out.extend(signature));
}
