//! Clearing rules: what a right outcome is.

use crate::{Fraction, Price, TariffId};

/// Which of the equilibrium (or last) prices is paid under [`Rule::UniformPrice`]; both round down.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum PriceConvention {
    /// lo + k(hi − lo) inside the interval [lo, hi] of equilibrium prices.
    Equilibrium = 0,
    /// s + k(b − s) between the limits of the last matched offer and bid.
    LastPair = 1,
}

/// How metered energy is shared where the rule is a key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum SharingKey {
    /// Fixed shares of the generation, capped at the member's own consumption; the rest is not re-shared.
    Static = 0,
    /// In proportion to consumption.
    Dynamic = 1,
}

/// A market design with its parameters.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rule {
    /// One price for all; maximises welfare, then traded energy.
    UniformPrice {
        /// Which price is paid.
        convention: PriceConvention,
        /// Where between the ends; ½ by default.
        k: Fraction,
    },
    /// Matched in merit order, each pair at seller's limit (k = 0), buyer's limit (k = 1) or between.
    PayAsBid {
        /// Where between the seller's and the buyer's limit.
        k: Fraction,
    },
    /// Long et al. 2017: the middle of the supplier's import and export tariff, corrected for the balance.
    MidMarketRate {
        /// The tariff whose middle is meant.
        tariff: TariffId,
    },
    /// An energy-sharing key on metered energy, at a fixed internal price.
    Sharing {
        /// The key.
        key: SharingKey,
        /// What a consumer pays a producer for shared energy, n€/Wh.
        price: Price,
    },
}
