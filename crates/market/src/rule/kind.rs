//! The rules by name.

use crate::{PriceConvention, Rule, SharingKey};

/// A rule without its parameters: what the command line, reports, tests and docs iterate over.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum RuleKind {
    /// [`Rule::UniformPrice`].
    UniformPrice,
    /// [`Rule::PayAsBid`].
    PayAsBid,
    /// [`Rule::MidMarketRate`].
    MidMarketRate,
    /// [`Rule::Sharing`] by [`SharingKey::Static`].
    Static,
    /// [`Rule::Sharing`] by [`SharingKey::Dynamic`].
    Dynamic,
}

impl RuleKind {
    /// Every rule.
    pub const ALL: [Self; 5] =
        [Self::UniformPrice, Self::PayAsBid, Self::MidMarketRate, Self::Static, Self::Dynamic];

    /// The name used in files, on the command line and in reports.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::UniformPrice => "uniform_price",
            Self::PayAsBid => "pay_as_bid",
            Self::MidMarketRate => "mid_market_rate",
            Self::Static => SharingKey::Static.name(),
            Self::Dynamic => SharingKey::Dynamic.name(),
        }
    }

    /// What it does, in one sentence.
    #[must_use]
    pub const fn words(self) -> &'static str {
        match self {
            Self::UniformPrice => "one price for all, at which nobody wants to trade more or less",
            Self::PayAsBid => "matched in merit order, each pair at a price between its own limits",
            Self::MidMarketRate => {
                "metered energy shared in proportion, at the middle of the supplier's prices"
            }
            Self::Static => {
                "metered generation shared by fixed shares, each capped at the member's consumption"
            }
            Self::Dynamic => "metered generation shared in proportion to consumption",
        }
    }

    /// The rule of this name, if there is one.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.name() == name)
    }

    /// Whether it clears a book of orders before delivery; otherwise it works on metered energy afterwards.
    #[must_use]
    pub const fn takes_orders(self) -> bool {
        matches!(self, Self::UniformPrice | Self::PayAsBid)
    }
}

impl Rule {
    /// Which rule it is, parameters aside.
    #[must_use]
    pub const fn kind(&self) -> RuleKind {
        match self {
            Self::UniformPrice { .. } => RuleKind::UniformPrice,
            Self::PayAsBid { .. } => RuleKind::PayAsBid,
            Self::MidMarketRate { .. } => RuleKind::MidMarketRate,
            Self::Sharing { key: SharingKey::Static, .. } => RuleKind::Static,
            Self::Sharing { key: SharingKey::Dynamic, .. } => RuleKind::Dynamic,
        }
    }

    /// Whether it clears a book of orders before delivery; otherwise it works on metered energy afterwards.
    #[must_use]
    pub const fn takes_orders(&self) -> bool {
        self.kind().takes_orders()
    }
}

impl PriceConvention {
    /// Both conventions.
    pub const ALL: [Self; 2] = [Self::Equilibrium, Self::LastPair];

    /// The name used in files, on the command line and in reports.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Equilibrium => "equilibrium",
            Self::LastPair => "last_pair",
        }
    }

    /// The convention of this name, if there is one.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|convention| convention.name() == name)
    }
}

impl SharingKey {
    /// Every key.
    pub const ALL: [Self; 2] = [Self::Static, Self::Dynamic];

    /// The name used in files, on the command line and in reports.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Static => "static",
            Self::Dynamic => "dynamic",
        }
    }

    /// The key of this name, if there is one.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|key| key.name() == name)
    }
}
