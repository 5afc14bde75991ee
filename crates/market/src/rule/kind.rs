//! The rules by name.

use crate::{PriceConvention, Rule, SharingKey, TariffId, Wish};

/// A rule without its parameters: what the command line, reports, tests and docs iterate over.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum RuleKind {
    /// [`Rule::UniformPrice`].
    UniformPrice,
    /// [`Rule::PayAsBid`].
    PayAsBid,
    /// [`Rule::TradeReduction`].
    TradeReduction,
    /// [`Rule::Vcg`].
    Vcg,
    /// [`Rule::Continuous`].
    Continuous,
    /// [`Rule::Pipeline`].
    Pipeline,
    /// [`Rule::UniformPriceBlocks`].
    UniformPriceBlocks,
    /// [`Rule::Bilateral`].
    Bilateral,
    /// [`Rule::AuctionFirst`].
    AuctionFirst,
    /// [`Rule::Coupled`].
    Coupled,
    /// [`Rule::MidMarketRate`].
    MidMarketRate,
    /// [`Rule::SupplyDemandRatio`].
    SupplyDemandRatio,
    /// [`Rule::BillSharing`].
    BillSharing,
    /// [`Rule::ExPost`].
    ExPost,
    /// [`Rule::Sharing`] by this key.
    Key(SharingKey),
}

impl RuleKind {
    /// Every rule.
    pub const ALL: [Self; 22] = [
        Self::UniformPrice,
        Self::PayAsBid,
        Self::TradeReduction,
        Self::Vcg,
        Self::Continuous,
        Self::Pipeline,
        Self::UniformPriceBlocks,
        Self::Bilateral,
        Self::AuctionFirst,
        Self::Coupled,
        Self::MidMarketRate,
        Self::SupplyDemandRatio,
        Self::BillSharing,
        Self::ExPost,
        Self::Key(SharingKey::Static),
        Self::Key(SharingKey::Dynamic),
        Self::Key(SharingKey::Equal),
        Self::Key(SharingKey::Hybrid),
        Self::Key(SharingKey::Cascade),
        Self::Key(SharingKey::Priority),
        Self::Key(SharingKey::FullDynamic),
        Self::Key(SharingKey::Incentive),
    ];

    /// The name used in files, on the command line and in reports. A pipeline is named by its stages.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::UniformPrice => "uniform_price",
            Self::PayAsBid => "pay_as_bid",
            Self::TradeReduction => "trade_reduction",
            Self::Vcg => "vcg",
            Self::Continuous => "continuous",
            Self::Pipeline => "pipeline",
            Self::UniformPriceBlocks => "uniform_price_blocks",
            Self::Bilateral => "bilateral",
            Self::AuctionFirst => "auction_first",
            Self::Coupled => "coupled",
            Self::ExPost => "ex_post",
            Self::MidMarketRate => "mid_market_rate",
            Self::SupplyDemandRatio => "supply_demand_ratio",
            Self::BillSharing => "bill_sharing",
            Self::Key(key) => key.name(),
        }
    }

    /// What it does, in one sentence.
    #[must_use]
    pub const fn words(self) -> &'static str {
        match self {
            Self::UniformPrice => "one price for all, at which nobody wants to trade more or less",
            Self::PayAsBid => "matched in merit order, each pair at a price between its own limits",
            Self::TradeReduction => {
                "the marginal pair sets the prices, and stays out where it cannot trade at one price"
            }
            Self::Vcg => "each pays what its presence costs the others",
            Self::Continuous => "an open book, matched on arrival by price, then time",
            Self::Pipeline => "stages over one book that serve buyers by the label of energy they ask for",
            Self::UniformPriceBlocks => {
                "one price for all, with minimum fills and blocks over several intervals"
            }
            Self::Bilateral => "trades between pairs, with network charges and preferences of their own",
            Self::AuctionFirst => "orders first, at one price for all; the rest of what is metered by a key",
            Self::Coupled => "electricity, heat and gas cleared together with offers to convert and to store",
            Self::ExPost => "metered energy shared in proportion, at a price looked up by the local share",
            Self::MidMarketRate => {
                "metered energy shared in proportion, at the middle of the supplier's prices"
            }
            Self::SupplyDemandRatio => {
                "metered energy shared in proportion, at a price that falls as supply grows"
            }
            Self::BillSharing => "the community's exchange with the supplier, shared by energy",
            Self::Key(key) => key.words(),
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
        !matches!(
            self,
            Self::MidMarketRate | Self::SupplyDemandRatio | Self::BillSharing | Self::ExPost | Self::Key(_)
        )
    }

    /// Whether it shares metered energy after delivery; `auction_first` does both.
    #[must_use]
    pub const fn shares_metered(self) -> bool {
        !self.takes_orders() || matches!(self, Self::AuctionFirst)
    }

    /// Whether a ledger may live by it; the others are for studies.
    ///
    /// `vcg` pays out more than it takes in, which two accounts of one owner could pump; `full_dynamic` needs
    /// coefficients that another market found, and `incentive` a payer outside.
    #[must_use]
    pub const fn may_hold_money(self) -> bool {
        !matches!(self, Self::Vcg | Self::Key(SharingKey::FullDynamic | SharingKey::Incentive))
    }

    /// Whether an order under this rule may ask for more than a limit and an energy, and for what.
    #[must_use]
    pub const fn grants(self, wish: Wish) -> bool {
        match wish {
            Wish::Quality => matches!(self, Self::Pipeline),
            Wish::Partner | Wish::Fall => matches!(self, Self::Bilateral),
            Wish::Minimum | Wish::Block => matches!(self, Self::UniformPriceBlocks),
            Wish::Steps => self.takes_orders(),
        }
    }

    /// Whether its books keep [`crate::Details`].
    #[must_use]
    pub const fn keeps_details(self) -> bool {
        matches!(self, Self::Pipeline | Self::Bilateral | Self::UniformPriceBlocks)
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
            Self::Sharing { key, .. } => RuleKind::Key(*key),
            Self::TradeReduction => RuleKind::TradeReduction,
            Self::Vcg => RuleKind::Vcg,
            Self::SupplyDemandRatio { .. } => RuleKind::SupplyDemandRatio,
            Self::BillSharing => RuleKind::BillSharing,
            Self::Continuous => RuleKind::Continuous,
            Self::Pipeline { .. } => RuleKind::Pipeline,
            Self::Bilateral { .. } => RuleKind::Bilateral,
            Self::UniformPriceBlocks { .. } => RuleKind::UniformPriceBlocks,
            Self::AuctionFirst { .. } => RuleKind::AuctionFirst,
            Self::Coupled { .. } => RuleKind::Coupled,
            Self::ExPost { .. } => RuleKind::ExPost,
        }
    }

    /// The tariff between whose prices metered energy is shared, where the rule names one.
    #[must_use]
    pub const fn inner_tariff(&self) -> Option<TariffId> {
        match self {
            Self::MidMarketRate { tariff }
            | Self::SupplyDemandRatio { tariff }
            | Self::ExPost { tariff, .. } => Some(*tariff),
            _ => None,
        }
    }

    /// Whether it clears a book of orders before delivery; otherwise it works on metered energy afterwards.
    #[must_use]
    pub const fn takes_orders(&self) -> bool {
        self.kind().takes_orders()
    }

    /// Whether it shares metered energy after delivery; `auction_first` does both.
    #[must_use]
    pub const fn shares_metered(&self) -> bool {
        self.kind().shares_metered()
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
    pub const ALL: [Self; 8] = [
        Self::Static,
        Self::Dynamic,
        Self::Equal,
        Self::Hybrid,
        Self::Cascade,
        Self::Priority,
        Self::FullDynamic,
        Self::Incentive,
    ];

    /// The name used in files, on the command line and in reports.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Static => "static",
            Self::Dynamic => "dynamic",
            Self::Equal => "equal",
            Self::Hybrid => "hybrid",
            Self::Cascade => "cascade",
            Self::Priority => "priority",
            Self::FullDynamic => "full_dynamic",
            Self::Incentive => "incentive",
        }
    }

    /// What it does, in one sentence.
    #[must_use]
    pub const fn words(self) -> &'static str {
        match self {
            Self::Static => {
                "metered generation shared by fixed shares, each capped at the member's consumption"
            }
            Self::Dynamic => "metered generation shared in proportion to consumption",
            Self::Equal => "metered generation shared equally, each part capped at the member's consumption",
            Self::Hybrid => "fixed shares first, then the rest in proportion to what each still lacks",
            Self::Cascade => "fixed shares in rounds, until nobody can use more or nothing is left",
            Self::Priority => "one member after the other takes what it can use",
            Self::FullDynamic => "a coefficient per producer and consumer, found elsewhere",
            Self::Incentive => "per hour in proportion to consumption, paid by a premium",
        }
    }

    /// The key of this name, if there is one.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|key| key.name() == name)
    }
}
