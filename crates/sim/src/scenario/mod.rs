//! Scenarios: a community and some days of its life, as one TOML file.
//!
//! Every quantity is a text with its unit (`"10 kWh"`, `"30 ct/kWh"`); whatever is wrong with a file is reported at
//! once, each mistake with its place and its remedy. Past [`Scenario::parse`] nothing is checked again.

mod problem;
pub(crate) use problem::suggestion_for;
pub use problem::{Problem, Problems};
mod quantity;
mod reader;
mod series;
pub use series::SeriesFile;
mod time;
pub use time::Span;
mod tariff;
mod validity;
pub use tariff::Tariffs;
mod market;
pub use market::{MarketTerms, Sellers};
mod device;
mod strategy;
pub use strategy::{Asked, Learned, Maker, Strategy};
mod settlement;
pub use settlement::Faults;
mod metering;
pub use metering::Metering;
mod wishes;
pub use wishes::{Wishes, label};
mod member;
pub use member::{Connection, Member};

use ::market::{Agreement, Authentication, Community, Money};
use device::{Place, Weather};
use quantity::Seconds;
use reader::{Section, Source};
use std::path::{Path, PathBuf};

/// The scenarios that come with the program, by name.
pub const EMBEDDED: [(&str, &str); 8] = [
    ("village", include_str!("../../../../scenarios/village.toml")),
    ("two_houses", include_str!("../../../../scenarios/two_houses.toml")),
    ("heat_and_power", include_str!("../../../../scenarios/heat_and_power.toml")),
    ("lime_street", include_str!("../../../../scenarios/lime_street.toml")),
    ("mill_lane", include_str!("../../../../scenarios/mill_lane.toml")),
    ("vpp", include_str!("../../../../scenarios/vpp.toml")),
    ("thousand", include_str!("../../../../scenarios/thousand.toml")),
    ("appliances", include_str!("../../../../scenarios/appliances.toml")),
];

/// What the command line may say differently from the file.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Overrides {
    /// One of the weeks in `[time.weeks]`, or the date on which to start.
    pub week: Option<String>,
    /// Length of the run in days.
    pub days: Option<u32>,
    /// The seed of all chance.
    pub seed: Option<u64>,
    /// Make and check every signature.
    pub signed: bool,
    /// Length of a delivery interval, s.
    pub interval: Option<u32>,
}

/// A community and the days to play.
#[derive(Clone, Debug)]
pub struct Scenario {
    /// Its name.
    pub name: String,
    /// One sentence about it.
    pub title: String,
    /// What the community is, with its article: "A village".
    pub noun: String,
    /// The seed of all chance.
    pub seed: u64,
    /// When it plays.
    pub span: Span,
    /// The founding terms; the operator's address is filled in by the run, from the seed.
    pub community: Community,
    /// The tariffs by name, and their published prices.
    pub tariffs: Tariffs,
    /// How each carrier is traded.
    pub markets: Vec<MarketTerms>,
    /// How deviations and late readings are settled, where that is agreed on.
    pub agreement: Option<Agreement>,
    /// How readings go astray.
    pub faults: Faults,
    /// Who takes part, in the order of accounts.
    pub members: Vec<Member>,
    /// What every member pays in at the start.
    pub deposit: Money,
    /// The guarantor's fund.
    pub guarantor: Money,
    /// What the supplier pays in at the start, for feed-in that it will owe; needed where every balance must be covered.
    pub supplier: Money,
    /// Delivery intervals between two commits of the ledger.
    pub commit_every: u32,
    /// Delivery intervals between two checkpoints of the root.
    pub checkpoint_every: u32,
}

/// Why there is no scenario.
#[derive(Debug, thiserror::Error)]
pub enum LoadError {
    /// The file is wrong.
    #[error("{0}")]
    Invalid(#[from] Problems),
    /// There is no such file or scenario.
    #[error("cannot read the scenario `{name}`: {cause}\n    {remedy}")]
    Unreadable {
        /// What was asked for.
        name: String,
        /// What the system said.
        cause: String,
        /// What to do.
        remedy: String,
    },
}

impl Scenario {
    /// An embedded scenario by name, or the file at a path; one with learned strategies is refused.
    ///
    /// # Errors
    /// Where there is none, or with all of its mistakes.
    pub fn load(name: &str, overrides: &Overrides) -> Result<Self, LoadError> {
        Self::load_with(name, overrides, &strategy::none)
    }

    /// The same with somebody who makes learned strategies.
    ///
    /// # Errors
    /// As [`Self::load`].
    pub fn load_with(name: &str, overrides: &Overrides, learned: Learned<'_>) -> Result<Self, LoadError> {
        if let Some((_, text)) = EMBEDDED.iter().find(|(known, _)| *known == name) {
            let file = format!("scenarios/{name}.toml");
            return Ok(Self::parse_with(text, &file, Path::new("."), overrides, learned)?);
        }
        let path = PathBuf::from(name);
        let text = std::fs::read_to_string(&path).map_err(|error| LoadError::Unreadable {
            name: name.to_owned(),
            cause: error.to_string(),
            remedy: match error.kind() {
                std::io::ErrorKind::PermissionDenied => "make the file and its folder readable".to_owned(),
                _ => {
                    let names = EMBEDDED.map(|(name, _)| name);
                    format!("give the path of a TOML file, or {}", problem::suggestion_for(name, &names))
                }
            },
        })?;
        let folder = path.parent().unwrap_or(Path::new("."));
        Ok(Self::parse_with(&text, name, folder, overrides, learned)?)
    }

    /// Reads a scenario without learned strategies. `file` is what messages call it; series files are looked for in
    /// `folder`.
    ///
    /// # Errors
    /// Everything that is wrong with it, by place.
    pub fn parse(text: &str, file: &str, folder: &Path, overrides: &Overrides) -> Result<Self, Problems> {
        Self::parse_with(text, file, folder, overrides, &strategy::none)
    }

    fn parse_with(
        text: &str,
        file: &str,
        folder: &Path,
        overrides: &Overrides,
        learned: Learned<'_>,
    ) -> Result<Self, Problems> {
        let source = Source::new(file, text);
        let document = match toml_edit::Document::parse(text) {
            Ok(document) => document,
            Err(error) => {
                let at = error.span().map_or(0, |span| span.start);
                source.fault(at, "", error.message().trim().replace('\n', "; "), "mend the TOML syntax");
                return source.finish(None);
            }
        };
        let root = Section::root(&source, document.as_table());
        let scenario = read(&root, folder, overrides, learned);
        root.finish();
        drop(root);
        source.finish(scenario)
    }
}

fn read(root: &Section<'_>, folder: &Path, overrides: &Overrides, learned: Learned<'_>) -> Option<Scenario> {
    let seed = overrides.seed.unwrap_or_else(|| root.get_or("seed", 1));
    let _: Option<u64> = root.get("seed");
    let needed = |name: &'static str, what: &str| {
        let section = root.section(name);
        if !root.has(name) {
            root.fault(name, "is missing", format!("add `[{name}]`: {what}"));
        }
        section
    };
    let time = needed("time", "when the scenario plays");
    let span = time.and_then(|section| Span::read(&section, overrides));
    let about = needed("community", "its name and terms");
    let tariffs =
        Tariffs::read(needed("tariff", "the supplier's tariffs, by name").as_ref(), folder, span.as_ref());
    let markets = market::read(needed("market", "how each carrier is traded").as_ref(), &tariffs);
    if root.has("market") && markets.is_empty() {
        root.fault("market", "holds no market", "add `[market.electricity]`");
    }
    let strategy = strategy::read(root, folder);
    // members are looked at even where the time is wrong, so that all mistakes are found at once
    let clock = span.clone().unwrap_or_else(Span::example);
    let weather = Weather::of(&clock);
    let context = member::Context {
        place: Place { folder, span: span.as_ref() },
        tariffs: &tariffs,
        markets: &markets,
        strategy,
        learned,
        seed,
        clock: &clock,
        weather: &weather,
    };
    let members = member::read(root, &context);
    let about = about.map(|section| About::read(&section, span.as_ref()));
    let settlement = root.section("settlement");
    let agreement = settlement.map(|section| settlement::agreement(&section, &tariffs, &markets, &clock));
    let metering = root.section("metering");
    let faults = metering.map(|section| settlement::faults(&section, agreement.as_ref(), &clock));
    let (about, span) = (about?, span?);
    let community = Community {
        chain_id: about.chain_id,
        community_id: about.id,
        currency: about.currency,
        operator: ::market::Address::default(),
        authentication: if overrides.signed { Authentication::Signature } else { Authentication::Operator },
        interval_duration: span.first.duration,
        gate_closure: about.gate_closure,
        horizon: about.horizon,
        utc_offset: span.offset,
        markets: markets.iter().map(|terms| terms.market).collect(),
        tariffs: tariffs.terms.clone(),
    };
    Some(Scenario {
        name: about.name,
        title: about.title,
        noun: about.noun,
        seed,
        span,
        community,
        tariffs,
        markets,
        agreement,
        faults: faults.unwrap_or_default(),
        members,
        deposit: about.deposit,
        guarantor: about.guarantor,
        supplier: about.supplier,
        commit_every: about.commit_every,
        checkpoint_every: about.checkpoint_every,
    })
}

/// `[community]`.
struct About {
    name: String,
    title: String,
    noun: String,
    id: u64,
    chain_id: u64,
    currency: [u8; 3],
    gate_closure: u32,
    horizon: u16,
    deposit: Money,
    guarantor: Money,
    supplier: Money,
    commit_every: u32,
    checkpoint_every: u32,
}

impl About {
    fn read(section: &Section<'_>, span: Option<&Span>) -> Self {
        let interval = span.map_or(900, |span| i64::from(span.first.duration));
        let in_intervals = |name: &'static str, default: i64, most: i64| {
            let seconds = section.get_or(name, Seconds(default)).0;
            let fits = seconds > 0 && seconds % interval == 0 && seconds / interval <= most;
            if !fits && span.is_some() {
                let what = format!("is not a whole number of intervals between 1 and {most}");
                section.fault(name, what, format!("choose a multiple of {interval} s, such as \"1 h\""));
            }
            (seconds / interval).clamp(1, most)
        };
        let gate = section.get_or("gate_closure", Seconds(300)).0;
        if !(0..interval).contains(&gate) {
            section.fault(
                "gate_closure",
                "is not shorter than an interval",
                "close the gate less than one interval before delivery",
            );
        }
        let currency = section.get_or("currency", "EUR".to_owned());
        let code = <[u8; 3]>::try_from(currency.as_bytes())
            .ok()
            .filter(|code| code.iter().all(u8::is_ascii_uppercase));
        if code.is_none() {
            section.fault(
                "currency",
                format!("`{currency}` is not a currency"),
                "write its ISO 4217 code such as \"EUR\"",
            );
        }
        let money = |name: &'static str, default: i128| {
            let amount = section.get_or(name, Money(default));
            if amount.0 < 0 {
                section.fault(name, "is negative", "write an amount of at least 0 €");
            }
            amount
        };
        let commit_every = in_intervals("commit_every", interval * 4, 1000) as u32;
        let about = Self {
            name: section.need("name").unwrap_or_default(),
            title: section.get_or("title", String::new()),
            noun: section.get_or("noun", "A community".to_owned()),
            id: section.get_or("id", 1),
            chain_id: section.get_or("chain_id", 1),
            currency: code.unwrap_or(*b"EUR"),
            gate_closure: gate.max(0) as u32,
            horizon: in_intervals("horizon", interval, 1000) as u16,
            deposit: money("deposit", 100_000_000_000),
            guarantor: money("guarantor", 10_000_000_000_000),
            supplier: money("supplier", 0),
            commit_every,
            checkpoint_every: in_intervals("checkpoint_every", i64::from(commit_every) * interval, 1000)
                as u32,
        };
        section.finish();
        about
    }
}
