//! Designs by name: every rule with its usual parameters, and pipelines by their stages.

use super::record::Recording;
use crate::scenario::label;
use crate::{Roll, Scenario};
use market::rule::RuleKind;
use market::{
    AccountId, Attributes, Book, Carrier, Details, Fraction, Location, Price, PriceConvention, Quality, Rule,
    SharingKey, Side, Stage, Stages, Wish,
};

/// A market design to compare.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Design {
    /// A rule.
    Rule(RuleKind),
    /// `uniform_price` at a price between the limits of the last matched pair.
    LastPair,
    /// A pipeline of these stages.
    Pipeline(Stages),
}

/// Pipelines that are compared where all are.
const PIPELINES: [&[Stage]; 3] = [
    &[Stage::Separate, Stage::UniformPrice],
    &[Stage::HighToLow, Stage::UniformPrice],
    &[Stage::SatisfyPreferences, Stage::LowToHigh],
];

/// A design's name that nobody knows.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("there is no rule `{name}`: choose from all, {}", Designs::names().join(", "))]
pub struct UnknownDesign {
    /// What was asked for.
    pub name: String,
}

/// A list of designs, as asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Designs(pub Vec<Design>);

impl Designs {
    /// Every rule and key, and some pipelines.
    #[must_use]
    pub fn all() -> Self {
        let pipelines = PIPELINES.iter().filter_map(|stages| Stages::new(stages)).map(Design::Pipeline);
        let mut designs = Vec::new();
        for kind in RuleKind::ALL {
            match kind {
                RuleKind::Pipeline => designs.extend(pipelines.clone()),
                RuleKind::UniformPrice => designs.extend([Design::Rule(kind), Design::LastPair]),
                kind => designs.push(Design::Rule(kind)),
            }
        }
        Self(designs)
    }

    /// Every name that may stand in a list.
    #[must_use]
    pub fn names() -> Vec<String> {
        Self::all().0.iter().map(Design::name).collect()
    }

    /// Names with commas between them, or `all`. The stages of a pipeline are joined by `+`; each design counts once.
    ///
    /// # Errors
    /// The first name that nobody knows.
    pub fn parse(text: &str) -> Result<Self, UnknownDesign> {
        let mut designs = Vec::new();
        for name in text.split(',').map(str::trim) {
            let found = match (name, RuleKind::from_name(name)) {
                ("all", _) => Self::all().0,
                (_, Some(RuleKind::Pipeline)) => {
                    Self::all().0.into_iter().filter(|design| matches!(design, Design::Pipeline(_))).collect()
                }
                (_, Some(kind)) => vec![Design::Rule(kind)],
                ("last_pair", _) => vec![Design::LastPair],
                (_, None) => match Stages::parse(&name.replace('+', ",")) {
                    Some(stages) => vec![Design::Pipeline(stages)],
                    None => return Err(UnknownDesign { name: name.into() }),
                },
            };
            for design in found {
                if !designs.contains(&design) {
                    designs.push(design);
                }
            }
        }
        Ok(Self(designs))
    }
}

impl Design {
    /// The name used on the command line, in files and reports.
    #[must_use]
    pub fn name(&self) -> String {
        match self {
            Self::Rule(kind) => kind.name().into(),
            Self::LastPair => PriceConvention::LastPair.name().into(),
            Self::Pipeline(stages) => {
                stages.as_slice().iter().map(|stage| stage.name()).collect::<Vec<_>>().join("+")
            }
        }
    }

    /// The name for people: words, and a key called one.
    #[must_use]
    pub fn title(&self) -> String {
        let words = self.name().replace('_', " ").replace('+', ", then ");
        if matches!(self, Self::Rule(RuleKind::Key(_))) { format!("key: {words}") } else { words }
    }

    /// What it does, in one sentence.
    #[must_use]
    pub fn words(&self) -> String {
        match self {
            Self::Rule(kind) => kind.words().into(),
            Self::LastPair => "one price for all, midway between the limits of the last matched pair".into(),
            Self::Pipeline(stages) => {
                let stage = |stage: &Stage| match stage {
                    Stage::Separate => "each label alone",
                    Stage::HighToLow => "buyers of the highest label first",
                    Stage::LowToHigh => "buyers of the lowest label first",
                    Stage::SatisfyPreferences => "whoever's label can be supplied",
                    Stage::UniformPrice => "all at one price",
                };
                stages.as_slice().iter().map(stage).collect::<Vec<_>>().join(", then ")
            }
        }
    }

    /// Which rule it is, parameters aside.
    #[must_use]
    pub const fn kind(&self) -> RuleKind {
        match self {
            Self::Rule(kind) => *kind,
            Self::LastPair => RuleKind::UniformPrice,
            Self::Pipeline(_) => RuleKind::Pipeline,
        }
    }

    /// The rule for one carrier, with the parameters of the scenario where it is the scenario's own rule.
    #[must_use]
    pub fn rule(&self, carrier: Carrier, recording: &Recording) -> Rule {
        let market = recording.terms.markets.iter().find(|market| market.carrier == carrier);
        if let Some(market) = market
            && *self == Self::Rule(market.rule.kind())
        {
            return market.rule;
        }
        let (convention, k) = (PriceConvention::Equilibrium, Fraction::HALF);
        let tariff = recording.tariffs[carrier as usize].unwrap_or_default();
        let price = || recording.agreed_price(carrier);
        match *self {
            Self::Pipeline(stages) => Rule::Pipeline { stages, k },
            Self::LastPair => Rule::UniformPrice { convention: PriceConvention::LastPair, k },
            Self::Rule(kind) => match kind {
                // A pipeline is named by its stages; this one is never asked for.
                RuleKind::UniformPrice | RuleKind::Pipeline => Rule::UniformPrice { convention, k },
                RuleKind::PayAsBid => Rule::PayAsBid { k },
                RuleKind::TradeReduction => Rule::TradeReduction,
                RuleKind::Vcg => Rule::Vcg,
                RuleKind::Continuous => Rule::Continuous,
                RuleKind::UniformPriceBlocks => Rule::UniformPriceBlocks { k },
                RuleKind::Bilateral => Rule::Bilateral { charges: [Price::ZERO; 4] },
                RuleKind::AuctionFirst => {
                    Rule::AuctionFirst { convention, k, key: SharingKey::Dynamic, price: price() }
                }
                RuleKind::Coupled => Rule::Coupled { k },
                RuleKind::ExPost => {
                    Rule::ExPost { tariff, weights: [1_000_000, 750_000, 500_000, 250_000, 0] }
                }
                RuleKind::MidMarketRate => Rule::MidMarketRate { tariff },
                RuleKind::SupplyDemandRatio => Rule::SupplyDemandRatio { tariff },
                RuleKind::BillSharing => Rule::BillSharing,
                RuleKind::Key(key @ SharingKey::Incentive) => {
                    Rule::Sharing { key, price: recording.premium(carrier) }
                }
                RuleKind::Key(key) => Rule::Sharing { key, price: price() },
            },
        }
    }
}

impl Recording {
    /// What members who share by a key agree on: the middle of the market's tariff, on the mean over the run, n€/Wh.
    fn agreed_price(&self, carrier: Carrier) -> Price {
        let tariff = usize::from(self.tariffs[carrier as usize].unwrap_or_default().0);
        let middle = |prices: &Vec<market::Prices>| {
            prices.get(tariff).map_or(0, |prices| i128::from(prices.import.0) + i128::from(prices.export.0))
        };
        let sum: i128 = self.intervals.iter().map(|recorded| middle(&recorded.prices)).sum();
        Price(sum.div_euclid(2 * self.intervals.len().max(1) as i128) as i64)
    }

    /// What is paid from outside for each Wh that members could have shared, where they do not deliver it to each other:
    /// by how much fees between peers are lower under the market's tariff, so that it costs the public the same, n€/Wh.
    fn premium(&self, carrier: Carrier) -> Price {
        let tariff = usize::from(self.tariffs[carrier as usize].unwrap_or_default().0);
        self.terms.tariffs.get(tariff).map_or(Price::ZERO, |tariff| {
            tariff.grid_fee + tariff.levy - tariff.peer_grid_fee - tariff.peer_levy
        })
    }

    /// The book with what its orders would ask for beside, for designs that grant wishes.
    pub(super) fn detailed(&self, kind: RuleKind, book: &Book, (floor, cap): (Price, Price)) -> Book {
        let mut book = book.clone();
        for side in Side::ALL {
            let details = book.orders(side).iter().map(|order| {
                let (carrier, place) = self.places[order.meter.0 as usize];
                let wishes = &self.points[carrier as usize][place].wishes;
                let mut attributes = Attributes::default();
                if kind.grants(Wish::Quality) {
                    attributes.quality = if side == Side::Buy { wishes.wants } else { wishes.label };
                }
                if kind.grants(Wish::Partner) {
                    attributes.partner = wishes.partner;
                }
                // As in a run: a premium never leads outside the collar.
                let partnered = attributes.partner != AccountId::WORLD;
                let most = wishes.premium.unwrap_or(Price(order.limit.0.abs() / ASSUMED_PREMIUM));
                attributes.premium = match side {
                    Side::Buy if partnered || attributes.quality != Quality::Any => {
                        most.min(cap - order.limit)
                    }
                    Side::Sell if partnered => most.min(order.limit - floor),
                    _ => Price::ZERO,
                };
                Details { attributes, location: wishes.location, block: 0, part: 0 }
            });
            let details = details.collect();
            book.details[side as usize] = details;
        }
        book
    }
}

/// What one metering point's orders ask for beside energy and a limit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PointWishes {
    /// The label its energy carries.
    pub label: Quality,
    /// The label it asks for.
    pub wants: Quality,
    /// What it would pay more, n€/Wh; none for 5 % of the limit.
    pub premium: Option<Price>,
    /// With whom it would rather trade.
    pub partner: AccountId,
    /// Where it lies.
    pub location: Location,
}

/// The part of its limit that a member would pay more for green energy, where the scenario does not say: a twentieth.
const ASSUMED_PREMIUM: i64 = 20;

impl PointWishes {
    /// Whether no member of the scenario asks for a label.
    pub(super) fn are_assumed(scenario: &Scenario) -> bool {
        scenario.members.iter().all(|member| member.wishes.wants == Quality::Any)
    }

    /// A member's wishes for a carrier. Where no member of the scenario asks for a label, every second one is assumed to
    /// ask for green local energy: else designs that know labels would differ from others in name only.
    pub(super) fn of(scenario: &Scenario, number: usize, carrier: Carrier) -> Self {
        let member = &scenario.members[number];
        let wishes = &member.wishes;
        let assumed = Self::are_assumed(scenario) && number % 2 == 1 && wishes.partner.is_none();
        let found = |name: &String| scenario.members.iter().position(|member| member.name == *name);
        Self {
            label: label(carrier, &member.devices),
            wants: if assumed { Quality::GreenLocal } else { wishes.wants },
            premium: (!assumed).then_some(wishes.premium),
            partner: wishes.partner.as_ref().and_then(found).map_or(AccountId::WORLD, Roll::account),
            location: wishes.location,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_name_names_its_design() {
        for design in Designs::all().0 {
            assert_eq!(Designs::parse(&design.name()).unwrap().0, [design]);
        }
        assert_eq!(Designs::parse("all").unwrap(), Designs::all());
        let two = Designs::parse("dynamic, high_to_low+uniform_price,dynamic").unwrap();
        assert_eq!(
            two.0.iter().map(Design::name).collect::<Vec<_>>(),
            ["dynamic", "high_to_low+uniform_price"]
        );
        assert_eq!(Designs::parse("pipeline").unwrap().0.len(), PIPELINES.len());
        let unknown = Designs::parse("dynamic,fair").unwrap_err().to_string();
        assert!(
            unknown.starts_with("there is no rule `fair`: choose from all, uniform_price, "),
            "{unknown}"
        );
    }
}
