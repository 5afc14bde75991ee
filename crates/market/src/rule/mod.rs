//! Clearing rules: what a right outcome is.
//!
//! A rule never searches. An auction's outcome arrives as a [`Claim`] and [`check`] says whether it is right, in
//! one pass over the unsorted book; a rule on metered energy is recomputed by [`metered()`].

mod bilateral;
pub mod blocks;
mod clearing;
mod continuous;
pub mod coupled;
mod cut;
mod explain;
mod kind;
mod laws;
mod line;
mod margin;
mod merit;
mod metered;
mod pairing;
mod pairs;
mod pay_as_bid;
pub mod pipeline;
pub mod sharing;
mod stages;
mod trade_reduction;
mod uniform_price;
mod vcg;

pub use bilateral::{MAX_PAIRED, centre};
pub use clearing::{Amounts, Clearing, Trade};
pub use continuous::OpenBook;
pub use cut::{Cut, SideCut};
pub use explain::explain;
pub use kind::RuleKind;
pub use laws::Binding;
pub use line::Line;
pub use margin::{MarginOrder, Standing};
pub use merit::merit_order;
pub(crate) use metered::rotation;
pub use metered::{Allocation, Metered, metered};
pub use pairing::pair;
pub use pairs::Pairs;
pub use pipeline::{Auction, Auctions, LabelShare};
pub use stages::{Stage, Stages};

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
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(u8)]
pub enum SharingKey {
    /// Fixed shares of the generation, capped at the member's own consumption; the rest is not re-shared.
    Static = 0,
    /// In proportion to consumption.
    Dynamic = 1,
    /// The same for every member, capped at its consumption; the rest is not re-shared.
    Equal = 2,
    /// Fixed shares first, then the rest in proportion to what each still lacks.
    Hybrid = 3,
    /// Fixed shares in rounds: what a member cannot use goes to the others by their shares, until nothing moves.
    Cascade = 4,
    /// One member after the other takes what it can use.
    Priority = 5,
    /// A coefficient per producer and consumer, as another market has found them.
    FullDynamic = 6,
    /// Per hour in proportion to consumption; the energy is not delivered, a premium on it is paid.
    Incentive = 7,
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
    /// McAfee 1992: the marginal pair decides the prices, and stays out where it cannot trade at one price.
    TradeReduction,
    /// Vickrey–Clarke–Groves: each pays what its presence costs the others. For studies: no ledger takes it.
    Vcg,
    /// Liu et al. 2017: internal prices from the ratio of supply to demand.
    SupplyDemandRatio {
        /// The tariff whose prices are the ends.
        tariff: TariffId,
    },
    /// Long et al. 2017: the community's exchange with the supplier, shared by energy.
    BillSharing,
    /// A book open from the first order to gate closure: price, then time.
    Continuous,
    /// Stages over one book that know labels of energy.
    Pipeline {
        /// The stages.
        stages: Stages,
        /// Where each auction's price lies between its equilibrium prices.
        k: Fraction,
    },
    /// Sorin, Bobo, Pinson 2019: trades between pairs, with charges and preferences of their own.
    Bilateral {
        /// What the network charges per Wh of a trade, by [`crate::Distance`], n€/Wh, ≥ 0.
        charges: [Price; 4],
    },
    /// One price for all, with minimum fills and blocks over several intervals.
    UniformPriceBlocks {
        /// Where between the ends of the equilibrium prices.
        k: Fraction,
    },
    /// Orders first, at one price for all; what is metered beyond them is shared by a key.
    AuctionFirst {
        /// Which price the auction pays.
        convention: PriceConvention,
        /// Where between the ends.
        k: Fraction,
        /// The key for the rest.
        key: SharingKey,
        /// What a consumer pays a producer for energy shared by the key, n€/Wh.
        price: Price,
    },
    /// Every carrier under this rule, cleared together with the offers to turn one into another.
    Coupled {
        /// Where between the ends of the equilibrium prices, where several prices are right.
        k: Fraction,
    },
    /// Metered energy shared in proportion, at a price looked up by the local share after delivery.
    ExPost {
        /// The tariff whose prices are the ends.
        tariff: TariffId,
        /// Where between export (0) and import (10⁶) the price lies at a local share of 0, 25, 50, 75 and 100 %, on
        /// straight lines between them, parts per million.
        weights: [u32; 5],
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
        (
            Rule::UniformPrice { .. }
            | Rule::PayAsBid { .. }
            | Rule::AuctionFirst { .. }
            | Rule::TradeReduction
            | Rule::Vcg,
            Claim::Nothing,
        ) => out.nothing(book, collar),
        (
            Rule::UniformPrice { convention, k } | Rule::AuctionFirst { convention, k, .. },
            Claim::UniformPrice { equilibrium, price },
        ) => uniform_price::check(*convention, *k, book, *equilibrium, *price, out),
        (Rule::PayAsBid { k }, Claim::PayAsBid { equilibrium, bids, offers }) => {
            pay_as_bid::check(*k, book, *equilibrium, bids, offers, out)
        }
        (Rule::TradeReduction, Claim::TradeReduction { equilibrium }) => {
            trade_reduction::check(book, *equilibrium, collar, out)
        }
        (Rule::Vcg, Claim::Vcg { equilibrium, without }) => vcg::check(book, *equilibrium, without, out),
        (Rule::Pipeline { stages, k }, Claim::Pipeline { auctions }) => {
            pipeline::check((*stages, *k), book, auctions, collar, out)
        }
        (Rule::Bilateral { charges }, Claim::Nothing) => bilateral::nothing(charges, book, collar, out),
        (Rule::Bilateral { charges }, Claim::Bilateral { trades, bid_prices, offer_prices }) => {
            bilateral::check(charges, book, trades, [bid_prices, offer_prices], out)
        }
        (Rule::UniformPriceBlocks { k }, Claim::Blocks { intervals, refused }) => {
            blocks::check(*k, &[book], (intervals, refused), collar, core::slice::from_mut(out))
        }
        (Rule::Coupled { k }, Claim::Coupled { nodes, conversions, storages }) => {
            let problem = coupled::Coupled::single(book, *k, collar);
            coupled::check(&problem, (nodes, conversions, storages), core::slice::from_mut(out))
        }
        // Everything was traded on arrival: a crossed book would show that something was not.
        (Rule::Continuous, Claim::Continuous) => out.nothing(book, collar),
        (_, Claim::Metered) if !rule.takes_orders() => {
            out.reset(book);
            Ok(())
        }
        _ => Err(Rejection::WrongClaim),
    }
}
