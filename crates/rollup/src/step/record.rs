//! Records: what the secondary chain's blocks are made of.
//!
//! A record is one byte that says which it is, then its fields, big-endian and without gaps; then, where a bit says
//! so, a nonce; then, where the state asks for it, a signature. Decoding is total: bytes that are no record are `None`.

use market::{Address, Side};

/// r, then s with the parity of y in its highest bit (EIP-2098).
pub type Compact = [u8; 64];

/// The most bytes of a segment's records.
pub const MOST_BYTES: usize = 2048;
/// The most weight of a segment's records.
pub const MOST_WEIGHT: u32 = 64;

/// One record.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Record<'a> {
    /// Time goes on.
    Tick {
        /// Unix s.
        time: u64,
    },
    /// Items of the primary chain's queue are carried out.
    Queue {
        /// How many.
        count: u8,
    },
    /// An account is opened.
    Account {
        /// Whose key signs for it.
        address: Address,
    },
    /// A metering point is connected.
    Meter {
        /// Who pays for it.
        account: u32,
        /// Of which carrier.
        carrier: u8,
        /// The key that signs its readings.
        key: Address,
        /// Most it can take in an interval, Wh.
        import_capacity: u64,
        /// Most it can give in an interval, Wh.
        export_capacity: u64,
        /// Its supplier's tariff.
        tariff: u16,
        /// Its share under the static key, parts per million.
        share: u32,
    },
    /// An interval gets a slot.
    Open {
        /// Which.
        slot: u8,
        /// Of which carrier.
        carrier: u8,
        /// Its start, Unix s.
        start: u64,
        /// The slot of the carrier's open interval before it; its own where there is none.
        after: u8,
    },
    /// A tariff's prices for an interval.
    Publish {
        /// The interval.
        slot: u8,
        /// The tariff.
        tariff: u16,
        /// n€/Wh.
        import: i32,
        /// n€/Wh.
        export: i32,
    },
    /// An order enters the book.
    Order {
        /// The interval.
        slot: u8,
        /// The metering point.
        rank: u32,
        /// Wh.
        energy: u32,
        /// n€/Wh.
        limit: i32,
        /// Buy or sell.
        side: Side,
        /// Whether what a clearing leaves stays until gate closure.
        until_gate: bool,
        /// The account's; none: the last one + 1.
        nonce: Option<u64>,
        /// The account's.
        signature: Option<Compact>,
    },
    /// What is left of an order leaves the book.
    Cancel {
        /// The interval.
        slot: u8,
        /// The order's place of arrival.
        arrival: u32,
        /// Its side.
        side: Side,
        /// The account's; none: the last one + 1.
        nonce: Option<u64>,
        /// The account's.
        signature: Option<Compact>,
    },
    /// Money leaves for the primary chain.
    Withdraw {
        /// Whose.
        account: u32,
        /// n€.
        amount: u128,
        /// The account's; none: the last one + 1.
        nonce: Option<u64>,
        /// The account's.
        signature: Option<Compact>,
    },
    /// Money goes from one account to another.
    Transfer {
        /// Who pays.
        from: u32,
        /// Who receives.
        to: u32,
        /// n€.
        amount: u128,
        /// The payer's; none: the last one + 1.
        nonce: Option<u64>,
        /// The payer's.
        signature: Option<Compact>,
    },
    /// What a meter counted.
    Reading {
        /// The interval.
        slot: u8,
        /// The metering point.
        rank: u32,
        /// Taken, Wh.
        import: u32,
        /// Given, Wh.
        export: u32,
        /// None: the last one + 1.
        sequence: Option<u64>,
        /// The meter's.
        signature: Option<Compact>,
    },
    /// A book is frozen for its clearing.
    Close {
        /// The interval.
        slot: u8,
    },
    /// A clearing's claim.
    Clear {
        /// The interval.
        slot: u8,
        /// The price that proves the allocation, n€/Wh.
        equilibrium: i32,
        /// The price paid, n€/Wh; 0 under pay as bid.
        price: i32,
    },
    /// A clearing's claim: no bid reaches an offer.
    Nothing {
        /// The interval.
        slot: u8,
    },
    /// What was metered is to be shared.
    Share {
        /// The interval.
        slot: u8,
    },
    /// Trades and readings are to become transfers.
    Settle {
        /// The interval.
        slot: u8,
    },
    /// Work goes on.
    Advance {
        /// By so many orders or metering points.
        items: u16,
    },
    /// Pay as bid: the next filled orders, best first.
    Merit {
        /// Their places of arrival, three bytes each.
        arrivals: &'a [u8],
    },
    /// Whatever is open in a book that was not cleared in time leaves it.
    Lapse {
        /// The interval.
        slot: u8,
    },
}

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
        let mut put = |number: u128, bytes: usize| out.extend(&number.to_be_bytes()[16 - bytes..]);
        let option = |nonce: &Option<u64>| if nonce.is_some() { NONCE } else { 0 };
        match self {
            Self::Tick { time } => {
                put(0x01, 1);
                put((*time).into(), 5);
            }
            Self::Queue { count } => {
                put(0x02, 1);
                put((*count).into(), 1);
            }
            Self::Account { address } => {
                put(0x03, 1);
                out.extend(address.0);
            }
            Self::Meter { account, carrier, key, import_capacity, export_capacity, tariff, share } => {
                put(0x04, 1);
                put((*account).into(), 4);
                put((*carrier).into(), 1);
                out.extend(key.0);
                let mut put = |number: u128, bytes: usize| out.extend(&number.to_be_bytes()[16 - bytes..]);
                put((*import_capacity).into(), 8);
                put((*export_capacity).into(), 8);
                put((*tariff).into(), 2);
                put((*share).into(), 4);
            }
            Self::Open { slot, carrier, start, after } => {
                put(0x05, 1);
                put((*slot).into(), 1);
                put((*carrier).into(), 1);
                put((*start).into(), 5);
                put((*after).into(), 1);
            }
            Self::Publish { slot, tariff, import, export } => {
                put(0x06, 1);
                put((*slot).into(), 1);
                put((*tariff).into(), 2);
                put(i128::from(*import) as u128, 4);
                put(i128::from(*export) as u128, 4);
            }
            Self::Order { slot, rank, energy, limit, side, until_gate, nonce, signature } => {
                let gate = if *until_gate { UNTIL_GATE } else { 0 };
                put(u128::from(0x10 | *side as u8 | gate | option(nonce)), 1);
                put((*slot).into(), 1);
                put((*rank).into(), 3);
                put((*energy).into(), 4);
                put(i128::from(*limit) as u128, 3);
                end(out, *nonce, signature);
            }
            Self::Cancel { slot, arrival, side, nonce, signature } => {
                put(u128::from(0x20 | *side as u8 | option(nonce)), 1);
                put((*slot).into(), 1);
                put((*arrival).into(), 3);
                end(out, *nonce, signature);
            }
            Self::Withdraw { account, amount, nonce, signature } => {
                put(u128::from(0x28 | option(nonce)), 1);
                put((*account).into(), 4);
                put(*amount, 16);
                end(out, *nonce, signature);
            }
            Self::Transfer { from, to, amount, nonce, signature } => {
                put(u128::from(0x30 | option(nonce)), 1);
                put((*from).into(), 4);
                put((*to).into(), 4);
                put(*amount, 16);
                end(out, *nonce, signature);
            }
            Self::Reading { slot, rank, import, export, sequence, signature } => {
                put(u128::from(0x38 | option(sequence)), 1);
                put((*slot).into(), 1);
                put((*rank).into(), 3);
                put((*import).into(), 3);
                put((*export).into(), 3);
                end(out, *sequence, signature);
            }
            Self::Close { slot } => {
                put(0x40, 1);
                put((*slot).into(), 1);
            }
            Self::Clear { slot, equilibrium, price } => {
                put(0x41, 1);
                put((*slot).into(), 1);
                put(i128::from(*equilibrium) as u128, 4);
                put(i128::from(*price) as u128, 4);
            }
            Self::Nothing { slot } => {
                put(0x42, 1);
                put((*slot).into(), 1);
            }
            Self::Share { slot } => {
                put(0x43, 1);
                put((*slot).into(), 1);
            }
            Self::Settle { slot } => {
                put(0x44, 1);
                put((*slot).into(), 1);
            }
            Self::Advance { items } => {
                put(0x45, 1);
                put((*items).into(), 2);
            }
            Self::Merit { arrivals } => {
                put(0x46, 1);
                put((arrivals.len() / 3) as u128, 1);
                out.extend(*arrivals);
            }
            Self::Lapse { slot } => {
                put(0x47, 1);
                put((*slot).into(), 1);
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

    /// What it may cost to carry out, in the segment's measure; at least 2.
    #[must_use]
    pub fn weight(&self) -> u32 {
        let weight = match self {
            Self::Order { .. } | Self::Cancel { .. } | Self::Meter { .. } => 4,
            Self::Withdraw { .. } | Self::Transfer { .. } | Self::Reading { .. } | Self::Account { .. } => 3,
            Self::Queue { count } => 4 * u32::from(*count),
            Self::Advance { items } => 3 * u32::from(*items),
            Self::Merit { arrivals } => arrivals.len() as u32,
            _ => 2,
        };
        weight.max(2)
    }

    /// Whether members' and meters' signatures stand under it where they are asked for.
    #[must_use]
    pub const fn is_personal(&self) -> bool {
        matches!(
            self,
            Self::Order { .. }
                | Self::Cancel { .. }
                | Self::Withdraw { .. }
                | Self::Transfer { .. }
                | Self::Reading { .. }
        )
    }
}

fn end(out: &mut Vec<u8>, nonce: Option<u64>, signature: &Option<Compact>) {
    nonce.into_iter().for_each(|nonce| out.extend(nonce.to_be_bytes()));
    signature.iter().for_each(|signature| out.extend(signature));
}

/// The weight of a segment's records; `None` where they are no records or beyond a bound, so that the segment is void.
#[must_use]
pub fn weigh(records: &[u8], signed: bool) -> Option<u32> {
    if records.len() > MOST_BYTES {
        return None;
    }
    let (mut rest, mut weight) = (records, 0);
    while !rest.is_empty() {
        let (record, after) = Record::decode(rest, signed)?;
        weight += record.weight();
        rest = after;
    }
    (weight <= MOST_WEIGHT).then_some(weight)
}
