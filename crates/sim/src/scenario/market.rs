//! `[market.<carrier>]`: how a carrier is traded, and who sells.

use super::reader::Section;
use super::tariff::Tariffs;
use market::rule::RuleKind;
use market::{Carrier, Fraction, Market, Price, PriceConvention, Rule, SharingKey, Stage, Stages, TariffId};

/// Carriers by the name that files use.
pub(crate) const CARRIERS: [(&str, Carrier); 3] =
    [("electricity", Carrier::Electricity), ("heat", Carrier::Heat), ("gas", Carrier::Gas)];

/// How one carrier is traded in a scenario.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MarketTerms {
    /// What the community agrees on.
    pub market: Market,
    /// The tariff of members who name none.
    pub tariff: Option<TariffId>,
    /// Members or groups that may sell; all where the file says `"all"`.
    pub sellers: Sellers,
}

/// Who may sell a carrier.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Sellers {
    /// Whoever has something to sell.
    All,
    /// These members and groups.
    Named(Vec<String>),
}

/// Reads all markets, in canonical order of carriers.
pub(crate) fn read(section: Option<&Section<'_>>, tariffs: &Tariffs) -> Vec<MarketTerms> {
    let Some(section) = section else { return Vec::new() };
    let mut markets = Vec::new();
    for (name, carrier) in CARRIERS {
        let Some(section) = section.section(name) else { continue };
        let floor = section.get_or("floor", Price(-1_000_000));
        let cap = section.get_or("cap", Price(1_000_000));
        if floor >= cap {
            section.fault("floor", "is not below `cap`", "let the collar hold at least two prices");
        }
        let tariff = match section.get::<String>("tariff") {
            // a wrong name is noted once; whoever relies on it is spared
            Some(name) => Some(tariffs.find(&section, "tariff", &name, carrier).unwrap_or_default()),
            None => tariffs.only(carrier),
        };
        let rule = rule(&section, tariff)
            .unwrap_or(Rule::UniformPrice { convention: PriceConvention::Equilibrium, k: Fraction::HALF });
        let sellers = sellers(&section);
        section.finish();
        markets.push(MarketTerms { market: Market { carrier, rule, floor, cap }, tariff, sellers });
    }
    section.finish();
    markets
}

/// The rules that a scenario may name: all that a ledger may live by. A pipeline is named by its stages.
fn rule(section: &Section<'_>, tariff: Option<TariffId>) -> Option<Rule> {
    let kinds: Vec<_> = RuleKind::ALL.into_iter().filter(|kind| kind.may_hold_money()).collect();
    let options: Vec<_> = kinds.iter().map(|kind| (kind.name(), *kind)).collect();
    let kind = if section.has("rule") { section.choice("rule", &options)? } else { RuleKind::UniformPrice };
    let k = || section.get_or("k", Fraction::HALF);
    let tariff = || {
        if tariff.is_none() && !section.has("tariff") {
            section.fault("tariff", "is missing", "name the tariff whose prices are meant");
        }
        tariff
    };
    let convention = || {
        let conventions =
            [("equilibrium", PriceConvention::Equilibrium), ("last_pair", PriceConvention::LastPair)];
        section.choice("convention", &conventions).unwrap_or(PriceConvention::Equilibrium)
    };
    Some(match kind {
        RuleKind::UniformPrice => Rule::UniformPrice { convention: convention(), k: k() },
        RuleKind::PayAsBid => Rule::PayAsBid { k: k() },
        RuleKind::TradeReduction => Rule::TradeReduction,
        RuleKind::Vcg => Rule::Vcg,
        RuleKind::Continuous => Rule::Continuous,
        RuleKind::Pipeline => Rule::Pipeline { stages: stages(section)?, k: k() },
        RuleKind::UniformPriceBlocks => Rule::UniformPriceBlocks { k: k() },
        RuleKind::Bilateral => Rule::Bilateral { charges: charges(section)? },
        RuleKind::AuctionFirst => {
            let keys: Vec<_> = SharingKey::ALL
                .into_iter()
                .filter(|key| RuleKind::Key(*key).may_hold_money())
                .map(|key| (key.name(), key))
                .collect();
            let key = if section.has("key") { section.choice("key", &keys)? } else { SharingKey::Dynamic };
            Rule::AuctionFirst { convention: convention(), k: k(), key, price: section.need("price")? }
        }
        RuleKind::Coupled => Rule::Coupled { k: k() },
        RuleKind::ExPost => Rule::ExPost { tariff: tariff()?, weights: weights(section)? },
        RuleKind::MidMarketRate => Rule::MidMarketRate { tariff: tariff()? },
        RuleKind::SupplyDemandRatio => Rule::SupplyDemandRatio { tariff: tariff()? },
        RuleKind::BillSharing => Rule::BillSharing,
        RuleKind::Key(key) => Rule::Sharing { key, price: section.need("price")? },
    })
}

/// `weights = ["100 %", "75 %", "50 %", "25 %", "0 %"]`: where between export and import the price lies at a local share of
/// 0, 25, 50, 75 and 100 %.
fn weights(section: &Section<'_>) -> Option<[u32; 5]> {
    let falling = || ["100 %", "75 %", "50 %", "25 %", "0 %"].map(String::from).to_vec();
    let texts: Vec<String> = section.get_or("weights", falling());
    let weight = |text: &String| {
        let percent = Fraction::parse(text.strip_suffix('%')?.trim()).map(|one| one.of(1_000_000));
        let percent = percent.map(|one| one / 100).or_else(|| {
            let whole: u32 = text.strip_suffix('%')?.trim().parse().ok()?;
            (whole <= 100).then_some(i64::from(whole) * 10_000)
        });
        percent.and_then(|one| u32::try_from(one).ok())
    };
    let weights: Option<Vec<u32>> = texts.iter().map(weight).collect();
    let weights = weights.and_then(|list| <[u32; 5]>::try_from(list).ok());
    if weights.is_none() {
        let remedy = "write five percentages from \"0 %\" to \"100 %\"";
        section.fault("weights", "is not a list of five percentages", remedy);
    }
    weights
}

/// `stages = ["high_to_low", "uniform_price"]`.
fn stages(section: &Section<'_>) -> Option<Stages> {
    let names: Vec<String> = section.need("stages")?;
    let stages = Stages::parse(&names.join(","));
    if stages.is_none() {
        let known: Vec<_> = Stage::ALL.into_iter().map(Stage::name).collect();
        section.fault(
            "stages",
            "is not a list of one to four known stages",
            format!("choose from {}", known.join(", ")),
        );
    }
    stages
}

/// What the network charges for a trade: in one building, on one feeder, at one substation, elsewhere.
fn charges(section: &Section<'_>) -> Option<[Price; 4]> {
    let names = ["charge_building", "charge_feeder", "charge_substation", "charge_elsewhere"];
    Some(names.map(|name| {
        let charge = section.get_or(name, Price::ZERO);
        if charge < Price::ZERO {
            section.fault(name, "is negative", "charge 0 or more");
        }
        charge
    }))
}

fn sellers(section: &Section<'_>) -> Sellers {
    if !section.has("sellers") {
        section.fault("sellers", "is missing", "add `sellers = [\"all\"]` or the names of those who sell");
    }
    let names: Vec<String> = section.get_or("sellers", Vec::new());
    if names == ["all"] { Sellers::All } else { Sellers::Named(names) }
}
