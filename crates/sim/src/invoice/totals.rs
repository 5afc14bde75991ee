//! An invoice's summary: sums by carrier and by what was paid for.

use super::Invoice;
use crate::statement::Item;
use market::{Carrier, Energy, Money, PostingKind, Side};

/// What a line of the summary is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Heading {
    /// Energy from neighbours.
    Bought,
    /// Energy from the supplier.
    Supplied,
    /// Bought because less was given than sold.
    Short,
    /// The grid operator's fees.
    GridFees,
    /// Levies and taxes other than value added tax.
    Levies,
    /// Value added tax.
    Vat,
    /// For energy sold and not delivered.
    Penalty,
    /// Energy sold to neighbours.
    Sold,
    /// Energy given to the supplier.
    FedIn,
    /// Given back because less was taken than bought.
    Long,
    /// What a rule leaves over.
    Surplus,
    /// What corrected readings changed in earlier bills.
    Corrections,
}

impl Heading {
    /// Every one, in the order of an invoice.
    pub const ALL: [Self; 12] = [
        Self::Bought,
        Self::Supplied,
        Self::Short,
        Self::GridFees,
        Self::Levies,
        Self::Vat,
        Self::Penalty,
        Self::Sold,
        Self::FedIn,
        Self::Long,
        Self::Surplus,
        Self::Corrections,
    ];

    /// What it says on paper.
    #[must_use]
    pub const fn words(self) -> &'static str {
        match self {
            Self::Bought => "Bought from neighbours",
            Self::Supplied => "Bought from the supplier",
            Self::Short => "Sold but not delivered: bought instead",
            Self::GridFees => "Grid fees",
            Self::Levies => "Levies and taxes",
            Self::Vat => "Value added tax",
            Self::Penalty => "Penalty for what was sold and not delivered",
            Self::Sold => "Sold to neighbours",
            Self::FedIn => "Sold to the supplier",
            Self::Long => "Bought but not taken: given back",
            Self::Surplus => "Left over by the market",
            Self::Corrections => "Corrections of earlier bills",
        }
    }

    /// Its name in tables.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Bought => "bought",
            Self::Supplied => "supplied",
            Self::Short => "short",
            Self::GridFees => "grid_fees",
            Self::Levies => "levies",
            Self::Vat => "vat",
            Self::Penalty => "penalty",
            Self::Sold => "sold",
            Self::FedIn => "fed_in",
            Self::Long => "long",
            Self::Surplus => "surplus",
            Self::Corrections => "corrections",
        }
    }

    /// What an item is for.
    #[must_use]
    pub const fn of(item: &Item) -> Self {
        use PostingKind as Kind;
        match (item.kind, item.side) {
            (Kind::Trade, Side::Buy) => Self::Bought,
            (Kind::Trade, Side::Sell) => Self::Sold,
            (Kind::Supply, Side::Buy) => Self::Supplied,
            (Kind::Supply, Side::Sell) => Self::FedIn,
            (Kind::Imbalance, Side::Buy) => Self::Short,
            (Kind::Imbalance, Side::Sell) => Self::Long,
            (Kind::GridFee, _) => Self::GridFees,
            (Kind::Levy, _) => Self::Levies,
            (Kind::Vat, _) => Self::Vat,
            (Kind::Penalty, _) => Self::Penalty,
            _ => Self::Surplus,
        }
    }

    /// Whether the energy behind its lines says something when added up.
    const fn has_energy(self) -> bool {
        !matches!(self, Self::Vat | Self::Surplus | Self::Corrections)
    }
}

/// One line of the summary.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Total {
    /// The carrier.
    pub carrier: Carrier,
    /// What for.
    pub heading: Heading,
    /// The energy, Wh, where adding it up makes sense.
    pub energy: Option<Energy>,
    /// What the account pays, n€; negative where it receives.
    pub money: Money,
}

/// Every sum over something, by carrier, then in the order of [`Heading::ALL`].
#[must_use]
pub fn totals(invoice: &Invoice<'_>) -> Vec<Total> {
    let mut sums = [[(Energy::ZERO, Money::ZERO, false); Heading::ALL.len()]; Carrier::ALL.len()];
    for billed in &invoice.billed {
        for item in &billed.items {
            let heading = if billed.correction { Heading::Corrections } else { Heading::of(item) };
            let (energy, money, any) = &mut sums[billed.carrier as usize][heading as usize];
            *energy += item.energy;
            *money += item.money;
            *any = true;
        }
    }
    let of_carrier = |carrier: Carrier| {
        let lines = Heading::ALL.into_iter().zip(sums[carrier as usize]).filter(|(_, (.., any))| *any);
        lines.map(move |(heading, (energy, money, _))| Total {
            carrier,
            heading,
            energy: heading.has_energy().then_some(energy),
            money,
        })
    };
    Carrier::ALL.into_iter().flat_map(of_carrier).collect()
}
