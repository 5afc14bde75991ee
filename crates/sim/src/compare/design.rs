//! Designs by name: every rule with its usual parameters, and pipelines by their stages.

use super::record::Recording;
use agents::Device;
use market::rule::RuleKind;
use market::{
    Attributes, Book, Carrier, Details, Fraction, Location, Price, PriceConvention, Quality, Rule,
    SharingKey, Side, Stage, Stages,
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
    pub(super) fn rule(&self, carrier: Carrier, recording: &Recording) -> Rule {
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
                RuleKind::MidMarketRate => Rule::MidMarketRate { tariff },
                RuleKind::SupplyDemandRatio => Rule::SupplyDemandRatio { tariff },
                RuleKind::BillSharing => Rule::BillSharing,
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

    /// The book with the labels that its orders would carry, for designs that know labels.
    ///
    /// An offer carries the label of its owner's devices. Every second member asks for green local energy and would pay
    /// 5 % of its limit more for it.
    pub(super) fn labelled(&self, book: &Book, cap: Price) -> Book {
        let mut book = book.clone();
        for side in Side::ALL {
            let details = book.orders(side).iter().map(|order| {
                let (carrier, place) = self.places[order.meter.0 as usize];
                let point = &self.points[carrier as usize][place];
                let attributes = match side {
                    Side::Sell => Attributes { quality: point.label, ..Attributes::default() },
                    Side::Buy if point.wants_green => {
                        let premium = (order.limit.0.abs() / 20).min((cap.0 - order.limit.0).max(0));
                        let (quality, premium) = (Quality::GreenLocal, Price(premium));
                        Attributes { quality, premium, ..Attributes::default() }
                    }
                    Side::Buy => Attributes::default(),
                };
                Details { attributes, location: Location::default(), block: 0, part: 0 }
            });
            let details = details.collect();
            book.details[side as usize] = details;
        }
        book
    }
}

/// The label that a member's energy can carry: green where all that it makes comes from sun, wind, water or a digester.
pub(super) fn label(devices: &[Device]) -> Quality {
    let renewable = |device: &Device| {
        matches!(
            device,
            Device::Photovoltaic(_) | Device::Wind(_) | Device::RunOfRiver(_) | Device::Biomethane(_)
        )
    };
    let burns = |device: &Device| matches!(device, Device::Chp(_));
    if devices.iter().any(renewable) && !devices.iter().any(burns) {
        Quality::GreenLocal
    } else {
        Quality::Local
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
