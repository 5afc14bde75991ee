//! What a member knows when it decides, and what it wants.

use crate::Commitment;
use market::{Carrier, DeliveryInterval, Energy, Price, Prices, Side};

/// What is added to the price of energy bought, n€/Wh.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Fees {
    /// Grid fee + levies on energy from the supplier, ≥ 0.
    pub supplier: Price,
    /// Grid fee + levies on energy from peers, ≥ 0.
    pub peer: Price,
}

/// One carrier's market as one member sees it.
#[derive(Clone, Copy, Debug)]
pub struct MarketOutlook<'a> {
    /// The supplier's prices under the member's tariff, from the first open interval on; at least [`Outlook::open`]
    /// of them, more where more is known (planning beyond takes the last one).
    pub prices: &'a [Prices],
    /// What is added when buying.
    pub fees: Fees,
    /// Net energy already contracted with peers, per open interval, Wh, import positive; intervals beyond its end are
    /// not yet contracted.
    pub held: &'a [Energy],
    /// Recent clearing prices, the newest first, n€/Wh.
    pub recent: &'a [Price],
}

/// What a member knows at the decision time.
#[derive(Clone, Copy, Debug)]
pub struct Outlook<'a> {
    /// Number of the first open interval in the members' series. Metered values are known up to `step − 2`.
    pub step: i64,
    /// The first open interval.
    pub first: DeliveryInterval,
    /// How many intervals are open, ≥ 1.
    pub open: usize,
    /// Net energy contracted for the interval in progress (`step − 1`), per carrier, Wh, import positive: it says where
    /// storages will stand when the first open interval begins.
    pub running: [Energy; 3],
    /// Per carrier in canonical order; none where it is not traded or the member has no meter.
    pub markets: [Option<MarketOutlook<'a>>; 3],
    /// Which of them are cleared together, and what came of it.
    pub coupling: Coupling<'a>,
}

/// What a member knows about coupled clearings; by default there are none.
#[derive(Clone, Copy, Debug, Default)]
pub struct Coupling<'a> {
    /// Which carriers are cleared together.
    pub carriers: [bool; 3],
    /// Which carriers the member may sell.
    pub sells: [bool; 3],
    /// What was dispatched of its devices for the interval in progress (`step − 1`).
    pub running: Commitment,
    /// The same per open interval; intervals beyond its end are not yet dispatched.
    pub open: &'a [Commitment],
}

impl Coupling<'_> {
    /// What was dispatched for an open interval.
    #[must_use]
    pub fn commitment(&self, ahead: usize) -> Commitment {
        self.open.get(ahead).copied().unwrap_or_default()
    }
}

impl MarketOutlook<'_> {
    /// Supplier's prices `ahead` intervals from the first open one.
    #[must_use]
    pub fn prices(&self, ahead: usize) -> Prices {
        self.prices.get(ahead).or(self.prices.last()).copied().unwrap_or_default()
    }

    /// Net energy contracted, Wh.
    #[must_use]
    pub fn held(&self, ahead: usize) -> i64 {
        self.held.get(ahead).map_or(0, |energy| energy.0)
    }

    /// The highest price before fees at which buying from peers is not worse than buying from the supplier:
    /// import + fees − peers' fees.
    #[must_use]
    pub fn most(&self, ahead: usize) -> Price {
        self.prices(ahead).import + self.fees.supplier - self.fees.peer
    }

    /// The lowest price at which selling to peers is not worse than selling to the supplier: export.
    #[must_use]
    pub fn least(&self, ahead: usize) -> Price {
        self.prices(ahead).export
    }

    /// Mean of the recent clearing prices, if there were any.
    #[must_use]
    pub fn expected(&self) -> Option<Price> {
        let count = i64::try_from(self.recent.len()).ok().filter(|count| *count > 0)?;
        Some(Price(self.recent.iter().map(|price| price.0).sum::<i64>().div_euclid(count)))
    }
}

/// An order a member wants to place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Intent {
    /// Of what.
    pub carrier: Carrier,
    /// For when.
    pub interval: DeliveryInterval,
    /// Buy or sell.
    pub side: Side,
    /// How much, Wh, > 0.
    pub energy: Energy,
    /// The worst acceptable price before fees, n€/Wh.
    pub limit: Price,
}
