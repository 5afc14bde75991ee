//! What `--rule` and the options beside it name: a rule with its parameters.

use crate::cli::ClearOptions;
use crate::failure::Failure;
use market::rule::RuleKind;
use market::{Fraction, Price, PriceConvention, Prices, Rule, SharingKey, Stage, Stages, TariffId};

/// What `--rule` may name: a rule, or the stages of a pipeline.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Named {
    /// A rule by its name.
    Rule(RuleKind),
    /// A pipeline by its stages.
    Pipeline(Stages),
}

impl Named {
    /// Reads a rule's name, or stages separated by commas; `uniform_price` alone is the auction.
    ///
    /// # Errors
    /// The names to choose from.
    pub(crate) fn parse(text: &str) -> Result<Self, String> {
        let rule = RuleKind::from_name(text).filter(|kind| *kind != RuleKind::Pipeline);
        if let Some(named) = rule.map(Self::Rule).or_else(|| Stages::parse(text).map(Self::Pipeline)) {
            return Ok(named);
        }
        let stages = Stage::ALL.map(Stage::name).join(", ");
        match text.split(',').map(str::trim).find(|name| Stage::from_name(name).is_none()) {
            None => Err(format!("a pipeline has at most {} stages", Stages::MOST)),
            Some(unknown) if text.contains(',') => {
                Err(format!("\"{unknown}\" is no stage: choose from {stages}"))
            }
            Some(_) => {
                let rules: Vec<&str> = rules().map(RuleKind::name).collect();
                Err(format!("choose one of {}, or a list of stages from {stages}", rules.join(", ")))
            }
        }
    }

    /// The rule, its parameters aside.
    const fn kind(self) -> RuleKind {
        match self {
            Self::Rule(kind) => kind,
            Self::Pipeline(_) => RuleKind::Pipeline,
        }
    }
}

/// The rules that clear a file of orders by their name alone.
fn rules() -> impl Iterator<Item = RuleKind> {
    let apart = |kind: &RuleKind| matches!(kind, RuleKind::Pipeline | RuleKind::Key(_));
    RuleKind::ALL.into_iter().filter(move |kind| !apart(kind))
}

/// What the network charges per Wh of a trade, by distance, n€/Wh.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Charges([Price; 4]);

impl Charges {
    /// Four whole numbers: same building, same feeder, same substation, elsewhere.
    ///
    /// # Errors
    /// What to write.
    pub(crate) fn parse(text: &str) -> Result<Self, String> {
        let charges: Option<Vec<Price>> =
            text.split(',').map(|part| part.trim().parse().ok().map(Price)).collect();
        let charges =
            charges.filter(|list| list.iter().all(|charge| (0..=market::MAX_PRICE.0).contains(&charge.0)));
        charges.and_then(|list| list.try_into().ok()).map(Self).ok_or_else(|| {
            "write four charges in n€/Wh (building, feeder, substation, elsewhere) such as 0,5000,15000,40000"
                .to_owned()
        })
    }
}

/// A rule with its parameters, as the options name it.
#[derive(Clone, Debug)]
pub(super) struct Design {
    /// The rule.
    pub(super) rule: Rule,
    /// What results call it: its name, or its stages.
    pub(super) name: String,
    /// The supplier's prices, where the rule needs them.
    pub(super) supplier: Prices,
}

impl Design {
    /// The rule the options name; an option it does not know is refused.
    pub(super) fn of(options: &ClearOptions) -> Result<Self, Failure> {
        let kind = options.rule.kind();
        let name = match options.rule {
            Named::Rule(kind) => kind.name().to_owned(),
            Named::Pipeline(stages) => {
                stages.as_slice().iter().map(|stage| stage.name()).collect::<Vec<_>>().join(",")
            }
        };
        let rule = rule(options, kind)?;
        let surplus = |option: &str, needs: &str| {
            Err(Failure::input(option, format!("{name} does not know it, {needs}: leave {option} out")))
        };
        if options.pricing.is_some() && !matches!(kind, RuleKind::UniformPrice | RuleKind::AuctionFirst) {
            if kind == RuleKind::PayAsBid {
                let remedy = "pay_as_bid has no common price: leave --pricing out, --k says whose";
                return Err(Failure::input("--pricing", remedy));
            }
            return surplus("--pricing", "uniform_price does");
        }
        let with_k = [
            RuleKind::UniformPrice,
            RuleKind::AuctionFirst,
            RuleKind::PayAsBid,
            RuleKind::Pipeline,
            RuleKind::UniformPriceBlocks,
            RuleKind::Coupled,
        ];
        if options.k.is_some() && !with_k.contains(&kind) {
            return surplus("--k", "its price is fixed");
        }
        if options.charges.is_some() && kind != RuleKind::Bilateral {
            return surplus("--charges", "bilateral does");
        }
        let supplier = match (options.import_price, options.export_price) {
            (Some(import), Some(export)) if !kind.takes_orders() => {
                Prices { import: Price(import), export: Price(export) }
            }
            (None, None) if kind.takes_orders() => Prices::default(),
            (import, _) if kind.takes_orders() => {
                let option = if import.is_some() { "--import-price" } else { "--export-price" };
                return surplus(option, "only rules on metered energy ask the supplier");
            }
            (import, _) => {
                let option = if import.is_none() { "--import-price" } else { "--export-price" };
                let what = format!(
                    "{name} needs the supplier's prices: give --import-price N --export-price N in n€/Wh"
                );
                return Err(Failure::input(option, what));
            }
        };
        for (option, price) in [("--import-price", supplier.import), ("--export-price", supplier.export)] {
            if price.abs() > market::MAX_PRICE {
                let most = market::MAX_PRICE.0;
                return Err(Failure::input(option, format!("{} is beyond ±{most} n€/Wh", price.0)));
            }
        }
        Ok(Self { rule, name, supplier })
    }
}

fn rule(options: &ClearOptions, kind: RuleKind) -> Result<Rule, Failure> {
    let k = options.k.unwrap_or(Fraction::HALF);
    let convention = options.pricing.unwrap_or(PriceConvention::Equilibrium);
    let tariff = TariffId::default(); // its prices are options
    Ok(match (options.rule, kind) {
        (Named::Pipeline(stages), _) => Rule::Pipeline { stages, k },
        (_, RuleKind::UniformPrice) => Rule::UniformPrice { convention, k },
        (_, RuleKind::PayAsBid) => Rule::PayAsBid { k },
        (_, RuleKind::TradeReduction) => Rule::TradeReduction,
        (_, RuleKind::Vcg) => Rule::Vcg,
        (_, RuleKind::Continuous) => Rule::Continuous,
        (_, RuleKind::UniformPriceBlocks) => Rule::UniformPriceBlocks { k },
        (_, RuleKind::Bilateral) => {
            Rule::Bilateral { charges: options.charges.map_or([Price::ZERO; 4], |Charges(list)| list) }
        }
        // A file of orders is not metered yet, so the key and its price have nothing to share.
        (_, RuleKind::AuctionFirst) => {
            Rule::AuctionFirst { convention, k, key: SharingKey::Dynamic, price: Price::ZERO }
        }
        (_, RuleKind::Coupled) => Rule::Coupled { k },
        (_, RuleKind::ExPost) => Rule::ExPost { tariff, weights: [1_000_000, 750_000, 500_000, 250_000, 0] },
        (_, RuleKind::MidMarketRate) => Rule::MidMarketRate { tariff },
        (_, RuleKind::SupplyDemandRatio) => Rule::SupplyDemandRatio { tariff },
        (_, RuleKind::BillSharing) => Rule::BillSharing,
        (_, kind @ (RuleKind::Key(_) | RuleKind::Pipeline)) => {
            let what =
                format!("{} takes no orders, it shares metered energy: use `wattle share`", kind.name());
            return Err(Failure::input("--rule", what));
        }
    })
}
