//! What a community agrees on after its founding: how deviations are settled, and what tariffs are from a moment on.

use crate::{Price, Tariff, TariffId};

/// How deviations, late readings and broken contracts are settled from a moment on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Agreement {
    /// First interval it holds for, Unix s; not before the last settled one of any carrier.
    pub from: u64,
    /// Who pays which price for deviating from its contracts.
    pub imbalance: ImbalancePolicy,
    /// What a seller pays the community beside, per Wh sold and not delivered beyond the tolerance, n€/Wh, ≥ 0.
    pub penalty: Price,
    /// Part of what was sold that may stay away without a penalty, parts per million, ≤ 10⁶.
    pub tolerance: u32,
    /// How long after the end of an interval a settlement waits for readings, s; then it substitutes those missing.
    pub grace: u32,
    /// How long after the end of an interval its readings may be corrected, s; at most 400 days.
    pub correction_window: u32,
}

/// Who pays which price for deviating from its contracts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ImbalancePolicy {
    /// Each member for itself at its supplier's prices: import for what is short, export for what is long.
    Dual,
    /// One price for every deviation of a carrier: the tariff's import where the members are short together, else
    /// its export.
    Single {
        /// Whose prices.
        tariff: TariffId,
    },
    /// Who deviates against the balance gets or pays the tariff's other price; what the rest costs the community is
    /// shared among those who caused it, in proportion.
    ProRata {
        /// Whose prices.
        tariff: TariffId,
    },
}

/// What a tariff is from a moment on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TariffVersion {
    /// First interval it holds for, Unix s; after every earlier version's, not before the last settled interval.
    pub from: u64,
    /// Prices, fees and levies.
    pub tariff: Tariff,
    /// Grid fees on energy from peers by [`crate::Distance`], n€/Wh, ≥ 0; none: the tariff's one fee for all.
    pub distance_fees: Option<[Price; 4]>,
    /// Value added tax on what the member pays for energy, fees and levies, parts per million, ≤ 10⁶.
    pub vat: u32,
}

impl TariffVersion {
    /// A tariff as the founding terms have it: from the beginning, without fees by distance or value added tax.
    #[must_use]
    pub fn founding(tariff: &Tariff) -> Self {
        Self { from: 0, tariff: tariff.clone(), distance_fees: None, vat: 0 }
    }
}
