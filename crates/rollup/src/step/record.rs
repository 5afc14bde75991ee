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

impl Record<'_> {
    /// The name of its kind, as docs/ledgers/rollup.md has it.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Tick { .. } => "tick",
            Self::Queue { .. } => "queue",
            Self::Account { .. } => "account",
            Self::Meter { .. } => "meter",
            Self::Open { .. } => "open",
            Self::Publish { .. } => "publish",
            Self::Order { .. } => "order",
            Self::Cancel { .. } => "cancel",
            Self::Withdraw { .. } => "withdraw",
            Self::Transfer { .. } => "transfer",
            Self::Reading { .. } => "reading",
            Self::Close { .. } => "close",
            Self::Clear { .. } => "clear",
            Self::Nothing { .. } => "nothing",
            Self::Share { .. } => "share",
            Self::Settle { .. } => "settle",
            Self::Advance { .. } => "advance",
            Self::Merit { .. } => "merit",
            Self::Lapse { .. } => "lapse",
        }
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
