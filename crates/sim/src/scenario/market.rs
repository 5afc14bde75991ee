//! `[market.<carrier>]`: how a carrier is traded, and who sells.

use super::reader::Section;
use super::tariff::Tariffs;
use market::{Carrier, Fraction, Market, Price, PriceConvention, Rule, SharingKey, TariffId};

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

fn rule(section: &Section<'_>, tariff: Option<TariffId>) -> Option<Rule> {
    let names = ["uniform_price", "pay_as_bid", "mid_market_rate", "static", "dynamic"];
    let options: Vec<_> = names.iter().enumerate().map(|(index, name)| (*name, index)).collect();
    let rule = if section.has("rule") { section.choice("rule", &options)? } else { 0 };
    let k = || section.get_or("k", Fraction::HALF);
    Some(match rule {
        0 => {
            let conventions =
                [("equilibrium", PriceConvention::Equilibrium), ("last_pair", PriceConvention::LastPair)];
            let convention =
                section.choice("convention", &conventions).unwrap_or(PriceConvention::Equilibrium);
            Rule::UniformPrice { convention, k: k() }
        }
        1 => Rule::PayAsBid { k: k() },
        2 => {
            if tariff.is_none() && !section.has("tariff") {
                section.fault("tariff", "is missing", "name the tariff whose middle is meant");
            }
            Rule::MidMarketRate { tariff: tariff? }
        }
        key => {
            let key = if key == 3 { SharingKey::Static } else { SharingKey::Dynamic };
            Rule::Sharing { key, price: section.need("price")? }
        }
    })
}

fn sellers(section: &Section<'_>) -> Sellers {
    if !section.has("sellers") {
        section.fault("sellers", "is missing", "add `sellers = [\"all\"]` or the names of those who sell");
    }
    let names: Vec<String> = section.get_or("sellers", Vec::new());
    if names == ["all"] { Sellers::All } else { Sellers::Named(names) }
}
