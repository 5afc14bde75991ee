//! Clearing rules: what a right outcome is.
//!
//! A rule never searches. An auction's outcome arrives as a [`Claim`] and [`check`] says whether it is right, in
//! one pass over the unsorted book; a rule on metered energy is recomputed by [`metered()`].

mod clearing;
mod cut;
mod explain;
mod kind;
mod laws;
mod margin;
mod merit;
mod metered;
mod pairing;
mod pay_as_bid;
pub mod sharing;
mod uniform_price;

pub use clearing::{Clearing, Trade};
pub use cut::{Cut, SideCut};
pub use explain::explain;
pub use kind::RuleKind;
pub use laws::Binding;
pub use margin::{MarginOrder, Standing};
pub use merit::merit_order;
pub use metered::{Allocation, Metered, metered};
pub use pairing::pair;

use crate::{Book, Claim, Fraction, Price, Rejection, TariffId};

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

/// Whether `claim` is the right outcome of `book` under `rule`; if so, `out` holds it.
///
/// `collar` is the market's floor and cap. The orders of the book must be what the state accepts (energy in
/// (0, [`crate::MAX_ENERGY`]], |limit| ≤ [`crate::MAX_PRICE`], at most [`crate::MAX_ORDERS`] a side, in order
/// of arrival); then nothing here can overflow. After a refusal the content of `out` means nothing.
///
/// A rule on metered energy takes no orders: its claim is right if it says so, and trades nothing here.
///
/// # Errors
/// The number of what is wrong with the claim.
pub fn check(
    rule: &Rule,
    book: &Book,
    claim: &Claim,
    collar: (Price, Price),
    out: &mut Clearing,
) -> Result<(), Rejection> {
    match (rule, claim) {
        (Rule::UniformPrice { .. } | Rule::PayAsBid { .. }, Claim::Nothing) => out.nothing(book, collar),
        (Rule::UniformPrice { convention, k }, Claim::UniformPrice { equilibrium, price }) => {
            uniform_price::check(*convention, *k, book, *equilibrium, *price, out)
        }
        (Rule::PayAsBid { k }, Claim::PayAsBid { equilibrium, bids, offers }) => {
            pay_as_bid::check(*k, book, *equilibrium, bids, offers, out)
        }
        (Rule::MidMarketRate { .. } | Rule::Sharing { .. }, Claim::Metered) => {
            out.reset(book);
            Ok(())
        }
        _ => Err(Rejection::WrongClaim),
    }
}
