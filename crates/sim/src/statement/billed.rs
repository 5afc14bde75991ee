//! One metering point's bill for one interval, or what a correction changed in it.

use market::{AccountId, Carrier, DeliveryInterval, Energy, MeterId, Money, PostingKind, Price, Side};

/// What one record posted for a metering point and an interval.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Billed {
    /// Number of the record in the ledger.
    pub record: u64,
    /// When it was posted, Unix s.
    pub posted: u64,
    /// The delivery interval that it bills.
    pub interval: DeliveryInterval,
    /// What was delivered.
    pub carrier: Carrier,
    /// Where.
    pub meter: MeterId,
    /// What was known of the meter; nothing where none is there and another's reading counts.
    pub reading: Option<Known>,
    /// Whether it changes what was billed before.
    pub correction: bool,
    /// For a correction: the reading that was billed before.
    pub replaces: Option<Known>,
    /// The trades with peers that it settles.
    pub contracts: Vec<Contract>,
    /// Its lines.
    pub items: Vec<Item>,
    /// What the same energy costs at the supplier's tariff alone, n€; for a correction, by how much that changed.
    pub at_tariff: Money,
}

/// One line, seen from the account.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Item {
    /// Why.
    pub kind: PostingKind,
    /// Buy: energy the account took; sell: energy it gave.
    pub side: Side,
    /// Who receives or pays on the other side.
    pub with: AccountId,
    /// The energy behind it, Wh; negative where a correction takes it back.
    pub energy: Energy,
    /// The price behind it where a single one explains the money, n€/Wh.
    pub price: Option<Price>,
    /// What the account pays, n€; negative where it receives.
    pub money: Money,
}

/// A reading, and how it is known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Known {
    /// How.
    pub knowledge: Knowledge,
    /// Number of the record that said so.
    pub record: u64,
    /// The meter's sequence number; 0 where it did not report.
    pub sequence: u64,
    /// Energy taken, Wh, ≥ 0.
    pub import: Energy,
    /// Energy given, Wh, ≥ 0.
    pub export: Energy,
}

/// How a reading is known.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Knowledge {
    /// The meter reported in time.
    Metered,
    /// It did not; an estimate stands in its place.
    Substituted,
    /// It reported late, or corrected itself.
    Corrected,
}

impl Knowledge {
    /// Its name in tables.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Metered => "metered",
            Self::Substituted => "substituted",
            Self::Corrected => "corrected",
        }
    }
}

/// Energy traded with peers for an interval by one record.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Contract {
    /// Number of the record that made it.
    pub record: u64,
    /// Bought or sold.
    pub side: Side,
    /// How much, Wh, > 0.
    pub energy: Energy,
    /// What it costs or brings, n€; negative where the price is.
    pub money: Money,
}

impl Contract {
    /// Its price, n€/Wh, where one explains the money.
    #[must_use]
    pub fn price(&self) -> Option<Price> {
        let energy = i128::from(self.energy.0);
        let exact = energy != 0 && self.money.0 % energy == 0;
        exact.then(|| Price((self.money.0 / energy) as i64))
    }
}

/// Money that moved for no energy.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Payment {
    /// Number of the record in the ledger.
    pub record: u64,
    /// When, Unix s.
    pub time: u64,
    /// Deposit, withdrawal, loan, repayment or transfer.
    pub kind: PostingKind,
    /// What the account received, n€; negative where it paid.
    pub money: Money,
}

impl Payment {
    /// Its name in tables.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        match self.kind {
            PostingKind::Deposit => "deposit",
            PostingKind::Withdrawal => "withdrawal",
            PostingKind::Loan => "loan",
            PostingKind::Transfer => "transfer",
            _ => "repayment",
        }
    }
}

impl Billed {
    /// What the account pays, n€; negative where it receives.
    #[must_use]
    pub fn total(&self) -> Money {
        self.items.iter().map(|item| item.money).sum()
    }

    /// The instant by which it belongs to a month: a bill by the interval it is for, a correction by when it was
    /// posted, since the month before may have been invoiced by then.
    #[must_use]
    pub fn accounted(&self) -> u64 {
        if self.correction { self.posted } else { self.interval.start }
    }

    /// The energy of one kind and side, Wh.
    #[must_use]
    pub fn energy(&self, kind: PostingKind, side: Side) -> Energy {
        let matching = self.items.iter().filter(|item| (item.kind, item.side) == (kind, side));
        matching.map(|item| item.energy).sum()
    }

    /// What the bill counts as taken and given, Wh: traded energy less what was not taken or given of it, and what
    /// the supplier gave or took beyond (law S1).
    #[must_use]
    pub fn counted(&self) -> (Energy, Energy) {
        let way = |side, other| {
            self.energy(PostingKind::Trade, side) - self.energy(PostingKind::Imbalance, other)
                + self.energy(PostingKind::Supply, side)
        };
        (way(Side::Buy, Side::Sell), way(Side::Sell, Side::Buy))
    }
}
