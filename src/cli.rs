//! The command line: the one definition that help, completions and the manual page come from.

use crate::clear::{Charges, Named};
use crate::compare::CompareOptions;
use crate::failure::Failure;
use crate::flow::METHODS;
use crate::opf::MODELS;
use crate::settings::RunOptions;
use crate::share::Country;
use crate::study::StudyOptions;
use crate::train::TrainOptions;
use clap::{Args, CommandFactory, Parser, Subcommand, ValueHint};
use grid::electric::Method;
use grid::opf::Model;
use market::rule::sharing::Rounding;
use market::{Address, Fraction, MAX_PRICE, Price, PriceConvention, SharingKey};
use sim::calendar::parse_instant;
use std::path::PathBuf;

/// A peer-to-peer market for electricity, heat and gas.
///
/// Without a verb, `wattle` runs the default village.
#[derive(Parser)]
#[command(name = "wattle", version, max_term_width = 110, propagate_version = true)]
#[command(after_help = "Exit codes: 0 done; 1 something failed, or the answer is no; 2 bad input.")]
pub(crate) struct Arguments {
    #[command(subcommand)]
    verb: Option<Verb>,
}

#[derive(Subcommand)]
enum Verb {
    /// Let a community trade over its days, and write a report
    Run(RunOptions),
    /// Clear one auction from a file of orders
    Clear(ClearOptions),
    /// Share metered generation among members by a key
    Share(ShareOptions),
    /// Compare market designs: the same orders and readings under every rule and key
    Compare(CompareOptions),
    /// Put a question to a scenario that playing it does not answer
    Study(StudyOptions),
    /// Let an agent learn when a home's appliances start, or judge one on a month it has not seen
    Train(Box<TrainOptions>),
    /// Calculate a network's power flow: voltages, flows, losses, loadings, and a picture
    Flow(FlowOptions),
    /// Find a network's cheapest dispatch within its limits, and locational prices
    Opf(OpfOptions),
    /// Verify a ledger again from its first record
    Audit(AuditOptions),
    /// Watch the operator of a dual chain, and prove it wrong where it is
    Watch(WatchOptions),
    /// Be a node of a primary chain on this machine (JSON-RPC), for other programs to ask
    Node(NodeOptions),
    /// Write each member's invoices, every line traced to its reading, its price and its record
    Invoice(InvoiceOptions),
    /// Say why a member paid what it paid for an interval
    Explain(ExplainOptions),
    /// Show the settings in force and where each comes from
    Config(ConfigOptions),
    /// Print the completions of a shell
    Completions {
        /// Which shell
        shell: clap_complete::Shell,
    },
    /// Print the manual page (roff)
    Man,
}

/// What `wattle clear` takes.
#[derive(Args)]
pub(crate) struct ClearOptions {
    /// Orders: .csv, .json or .parquet with id,account,side,energy_wh,limit_price (n€/Wh)
    #[arg(value_name = "ORDERS", value_hint = ValueHint::FilePath)]
    pub(crate) orders: PathBuf,
    /// Rule, or the stages of a pipeline separated by commas
    ///
    /// Rules: uniform_price, pay_as_bid, trade_reduction, vcg, continuous, uniform_price_blocks, bilateral,
    /// auction_first; on the orders' energies as if they had been metered: mid_market_rate, supply_demand_ratio,
    /// bill_sharing. Stages: separate, high_to_low, low_to_high, satisfy_preferences, uniform_price
    #[arg(long, value_name = "RULE", default_value = "uniform_price", value_parser = Named::parse)]
    pub(crate) rule: Named,
    /// Which price uniform_price pays: equilibrium (default) or last_pair
    #[arg(long, value_name = "CONVENTION", value_parser = convention)]
    pub(crate) pricing: Option<PriceConvention>,
    /// Where between the seller's (0) and the buyer's end (1) the price lies; an exact decimal, 0.5 by default
    #[arg(long, value_name = "K", value_parser = fraction)]
    pub(crate) k: Option<Fraction>,
    /// What the supplier charges, for rules on metered energy, n€/Wh
    #[arg(long, value_name = "N", allow_negative_numbers = true)]
    pub(crate) import_price: Option<i64>,
    /// What the supplier pays, for rules on metered energy, n€/Wh
    #[arg(long, value_name = "N", allow_negative_numbers = true)]
    pub(crate) export_price: Option<i64>,
    /// What the network charges per Wh inside a building, a feeder, a substation and elsewhere, for bilateral
    #[arg(long, value_name = "N,N,N,N", value_parser = Charges::parse)]
    pub(crate) charges: Option<Charges>,
    /// Print one JSON object
    #[arg(long)]
    pub(crate) json: bool,
    /// Write results (JSON, CSV) and a picture of the curves (SVG) into this folder
    #[arg(long, value_name = "DIR", value_hint = ValueHint::DirPath)]
    pub(crate) out: Option<PathBuf>,
}

/// What `wattle share` takes.
#[derive(Args)]
pub(crate) struct ShareOptions {
    /// Metered energy: .csv or .parquet with t,generation_wh and one column of Wh per member
    #[arg(value_name = "METERED", value_hint = ValueHint::FilePath)]
    pub(crate) metered: PathBuf,
    /// Key: static, dynamic, equal, hybrid, cascade, priority, full_dynamic or incentive
    #[arg(long, value_name = "KEY", default_value = "dynamic", value_parser = key)]
    pub(crate) key: SharingKey,
    /// Shares of the keys static, hybrid and cascade, or of an incentive's premium: .csv with member,share
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub(crate) shares: Option<PathBuf>,
    /// Who comes first under the key priority, separated by commas; the others follow in the file's order
    #[arg(long, value_name = "MEMBERS", value_delimiter = ',')]
    pub(crate) priority: Vec<String>,
    /// Coefficients of the key full_dynamic: .csv with t,member,coefficient and, where several generate, producer
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub(crate) coefficients: Option<PathBuf>,
    /// What the key incentive pays for shared energy, n€/Wh
    #[arg(long, value_name = "PRICE", allow_negative_numbers = true, value_parser = premium)]
    pub(crate) premium: Option<Price>,
    /// Participation factors of members of several communities: .csv with member,community,factor
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath, requires = "community")]
    pub(crate) factors: Option<PathBuf>,
    /// Which of the communities in --factors this one is
    #[arg(long, value_name = "NAME", requires = "factors")]
    pub(crate) community: Option<String>,
    /// Share only what these trades leave over: .csv with t,member,energy_wh bought before delivery
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub(crate) after: Option<PathBuf>,
    /// How a remainder below 1 Wh is given
    ///
    /// cumulative_floor: by running sums, as the market does; largest_remainder: the missing Wh to the largest
    /// remainders
    #[arg(long, value_name = "ROUNDING", default_value = "cumulative_floor", value_parser = rounding)]
    pub(crate) rounding: Rounding,
    /// Print one JSON object
    #[arg(long)]
    pub(crate) json: bool,
    /// Write what distribution operators take, in the shape of a country: at, fr or es
    #[arg(long, value_name = "COUNTRY", value_parser = country, requires = "out")]
    pub(crate) export: Option<Country>,
    /// The folder for --export
    #[arg(long, value_name = "DIR", value_hint = ValueHint::DirPath, requires = "export")]
    pub(crate) out: Option<PathBuf>,
}

/// What `wattle flow` takes.
#[derive(Args)]
pub(crate) struct FlowOptions {
    /// A network: MATPOWER case (.m), pandapower's .json, a folder of SimBench tables, or village or case5
    #[arg(value_name = "NETWORK", value_hint = ValueHint::AnyPath, default_value = "village")]
    pub(crate) network: PathBuf,
    /// Method: newton (default), sweep (radial networks), dc (linear) or lin_dist_flow (linear, radial networks)
    ///
    /// A series is swept where that is possible unless a method is named.
    #[arg(long, value_name = "METHOD", value_parser = method)]
    pub(crate) method: Option<Method>,
    /// Calculate each phase by itself
    #[arg(long, conflicts_with_all = ["method", "q_limits", "taps"])]
    pub(crate) unbalanced: bool,
    /// Powers over time: .csv or .parquet with t and columns such as load.NAME.p_w, or the word simbench
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    #[arg(conflicts_with_all = ["unbalanced", "q_limits", "taps"])]
    pub(crate) series: Option<PathBuf>,
    /// Generators at a limit of reactive power let go of their voltage
    #[arg(long)]
    pub(crate) q_limits: bool,
    /// Tap changers that hold a voltage move
    #[arg(long)]
    pub(crate) taps: bool,
    /// Largest power mismatch accepted at a bus, per unit of the network's base power
    #[arg(long, value_name = "PU", default_value = "1e-8", value_parser = tolerance)]
    pub(crate) tolerance: f64,
    /// Show all buses, branches and generators
    #[arg(long)]
    pub(crate) all: bool,
    /// Print one JSON object
    #[arg(long)]
    pub(crate) json: bool,
    /// Write results (JSON, CSV, Parquet) and a picture of the network (SVG) into this folder
    #[arg(long, value_name = "DIR", value_hint = ValueHint::DirPath)]
    pub(crate) out: Option<PathBuf>,
}

/// What `wattle opf` takes.
#[derive(Args)]
pub(crate) struct OpfOptions {
    /// A network: MATPOWER case (.m), pandapower's .json, a folder of SimBench tables, or village or case5
    #[arg(value_name = "NETWORK", value_hint = ValueHint::AnyPath, default_value = "case5")]
    pub(crate) network: PathBuf,
    /// Model of the physics: ac (exact), dc, lin_dist_flow (radial networks) or soc (a relaxation)
    #[arg(long, value_name = "MODEL", default_value = "ac", value_parser = model)]
    pub(crate) model: Model,
    /// Relative accuracy of feasibility and optimality
    #[arg(long, value_name = "X", default_value = "1e-6", value_parser = tolerance)]
    pub(crate) tolerance: f64,
    /// Show all buses, branches and generators
    #[arg(long)]
    pub(crate) all: bool,
    /// Print one JSON object
    #[arg(long)]
    pub(crate) json: bool,
    /// Write results (JSON, CSV, Parquet) and a picture of the network (SVG) into this folder
    #[arg(long, value_name = "DIR", value_hint = ValueHint::DirPath)]
    pub(crate) out: Option<PathBuf>,
}

/// What `wattle audit` takes.
#[derive(Args)]
pub(crate) struct AuditOptions {
    /// The ledger's file
    #[arg(value_name = "LOG", value_hint = ValueHint::FilePath, required_unless_present = "primary")]
    pub(crate) log: Option<PathBuf>,
    /// Instead of a ledger, what a dual chain put on its primary chain: a node (URL, JSON-RPC) or a chain's file
    #[arg(long, value_name = "URL", value_hint = ValueHint::AnyPath, conflicts_with = "log")]
    pub(crate) primary: Option<String>,
    /// With --primary: the contract of the community; of a chain's file, the first one there unless named
    #[arg(long, value_name = "ADDRESS", requires = "primary", value_parser = address)]
    pub(crate) contract: Option<Address>,
    /// With --primary: file with a registered watcher's private key (64 hexadecimal digits), which opens sealed batches
    #[arg(long, value_name = "FILE", requires = "primary", value_hint = ValueHint::FilePath)]
    pub(crate) key: Option<PathBuf>,
    /// Print one JSON object
    #[arg(long)]
    pub(crate) json: bool,
    /// No progress
    #[arg(long)]
    pub(crate) quiet: bool,
}

/// What `wattle watch` takes.
#[derive(Args)]
pub(crate) struct WatchOptions {
    /// The primary chain: a node (URL, JSON-RPC) or a chain's file
    #[arg(long, value_name = "URL", value_hint = ValueHint::AnyPath)]
    pub(crate) primary: String,
    /// The contract of the community; of a chain's file, the one there unless named
    #[arg(long, value_name = "ADDRESS", value_parser = address)]
    pub(crate) contract: Option<Address>,
    /// File with a private key (64 hexadecimal digits) that pays for disputes and earns their rewards, and opens sealed
    /// batches if it is a registered watcher's
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub(crate) key: Option<PathBuf>,
    /// Where signatures come on demand: demand those of one segment in N, drawn by lot, though nothing is wrong about it
    #[arg(long, value_name = "N", requires = "key", value_parser = clap::value_parser!(u64).range(1..))]
    pub(crate) doubt: Option<u64>,
    /// File in which the transaction that is awaited is written down, so that none is sent twice after a crash
    #[arg(long, value_name = "FILE", requires = "key", value_hint = ValueHint::FilePath)]
    pub(crate) journal: Option<PathBuf>,
    /// End once nothing is left to do; exit code 1 if a root is wrong or something is missing
    #[arg(long)]
    pub(crate) once: bool,
    /// Print one JSON object per change
    #[arg(long)]
    pub(crate) json: bool,
}

/// What `wattle node` takes.
#[derive(Args)]
pub(crate) struct NodeOptions {
    /// The chain's file, made where there is none; unless named, the chain ends with this program
    #[arg(value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub(crate) file: Option<PathBuf>,
    /// Port on 127.0.0.1; 0: any that is free
    #[arg(long, value_name = "PORT", default_value_t = 8545)]
    pub(crate) port: u16,
    /// Whoever asks may also set the clock, make and take back blocks, and give coins
    #[arg(long)]
    pub(crate) development: bool,
}

/// What `wattle invoice` takes.
#[derive(Args)]
pub(crate) struct InvoiceOptions {
    /// The ledger's file; names come from the report beside it
    #[arg(value_name = "LEDGER", value_hint = ValueHint::FilePath)]
    pub(crate) ledger: PathBuf,
    /// Only this account, by its number
    #[arg(long, value_name = "N", conflicts_with = "member")]
    pub(crate) account: Option<u32>,
    /// Only this member, by its name
    #[arg(long, value_name = "NAME")]
    pub(crate) member: Option<String>,
    /// From this day on, such as 2021-06-01; months before it are counted for what they carry over
    #[arg(long, value_name = "DATE", value_parser = Day::parse)]
    pub(crate) from: Option<Day>,
    /// Before this day: the first one after the last wanted
    #[arg(long, value_name = "DATE", value_parser = Day::parse)]
    pub(crate) until: Option<Day>,
    /// Folder of the invoices; beside the ledger, LEDGER-invoices, unless named
    #[arg(long, value_name = "DIR", value_hint = ValueHint::DirPath)]
    pub(crate) out: Option<PathBuf>,
    /// Print one JSON object; files are written only with --out
    #[arg(long)]
    pub(crate) json: bool,
    /// No progress
    #[arg(long)]
    pub(crate) quiet: bool,
}

/// A day of the community's calendar, or an instant.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Day {
    /// Midnight at its beginning, in UTC.
    Date(u64),
    /// Unix s.
    Instant(u64),
}

impl Day {
    fn parse(text: &str) -> Result<Self, String> {
        if text.len() == "2021-06-01".len() {
            let midnight = parse_instant(&format!("{text}T00:00Z"));
            return midnight.map(|at| Self::Date(at.unix)).map_err(|_| {
                format!("`{text}` is not a date: write year, month and day such as 2021-06-01")
            });
        }
        parse_instant(text).map(|at| Self::Instant(at.unix)).map_err(|what| {
            format!("{what}: write a date such as 2021-06-01, or an instant such as 2021-06-01T00:00+01:00")
        })
    }

    /// The instant, with standard time `offset` seconds after UTC, Unix s.
    pub(crate) fn unix(self, offset: i32) -> u64 {
        match self {
            Self::Date(midnight) => midnight.saturating_add_signed(-i64::from(offset)),
            Self::Instant(instant) => instant,
        }
    }
}

/// What `wattle explain` takes.
#[derive(Args)]
pub(crate) struct ExplainOptions {
    /// A member, by name or account number
    #[arg(value_name = "ACCOUNT")]
    pub(crate) account: String,
    /// Any instant of the delivery interval, with its zone, such as 2021-06-21T05:45+01:00
    #[arg(value_name = "INTERVAL")]
    pub(crate) interval: String,
    /// The ledger's file; the village's or else the newest in reports/ unless named
    #[arg(long, value_name = "LEDGER", value_hint = ValueHint::FilePath)]
    pub(crate) ledger: Option<PathBuf>,
    /// Print one JSON object
    #[arg(long)]
    pub(crate) json: bool,
    /// No progress
    #[arg(long)]
    pub(crate) quiet: bool,
}

/// What `wattle config` takes: what `wattle run` takes.
#[derive(Args)]
pub(crate) struct ConfigOptions {
    #[command(flatten)]
    pub(crate) run: RunOptions,
}

/// Reads the command line; help, version and misuse end the program here.
pub(crate) fn parse() -> Arguments {
    Arguments::parse()
}

/// Does what was asked.
pub(crate) fn dispatch(arguments: Arguments) -> Result<(), Failure> {
    match arguments.verb {
        None => crate::run::run(&RunOptions::default()),
        Some(Verb::Run(options)) => crate::run::run(&options),
        Some(Verb::Clear(options)) => crate::clear::clear(&options),
        Some(Verb::Share(options)) => crate::share::share(&options),
        Some(Verb::Compare(options)) => crate::compare::compare(&options),
        Some(Verb::Study(options)) => crate::study::study(&options),
        Some(Verb::Train(options)) => crate::train::train(&options),
        Some(Verb::Flow(options)) => crate::flow::flow(&options),
        Some(Verb::Opf(options)) => crate::opf::opf(&options),
        Some(Verb::Audit(options)) => crate::audit::audit(&options),
        Some(Verb::Watch(options)) => crate::watch::watch(&options),
        Some(Verb::Node(options)) => crate::node::node(&options),
        Some(Verb::Invoice(options)) => crate::invoice::invoice(&options),
        Some(Verb::Explain(options)) => crate::explain::explain(&options),
        Some(Verb::Config(options)) => crate::config::config(&options.run),
        Some(Verb::Completions { shell }) => crate::completions::completions(shell, Arguments::command()),
        Some(Verb::Man) => crate::completions::manual(Arguments::command()),
    }
}

fn address(text: &str) -> Result<Address, String> {
    let digits = text.strip_prefix("0x").unwrap_or(text).as_bytes();
    let byte = |pair: &[u8]| u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok();
    let bytes: Option<Vec<u8>> = digits.chunks(2).map(byte).collect();
    let bytes =
        bytes.filter(|_| digits.iter().all(u8::is_ascii_hexdigit)).and_then(|bytes| bytes.try_into().ok());
    bytes.map(Address).ok_or_else(|| {
        "write 40 hexadecimal digits, such as 0x5fbdb2315678afecb367f032d93f642f64180aa3".into()
    })
}

fn convention(text: &str) -> Result<PriceConvention, String> {
    PriceConvention::from_name(text)
        .ok_or_else(|| one_of(PriceConvention::ALL.into_iter().map(PriceConvention::name)))
}

fn key(text: &str) -> Result<SharingKey, String> {
    SharingKey::from_name(text).ok_or_else(|| one_of(SharingKey::ALL.into_iter().map(SharingKey::name)))
}

fn rounding(text: &str) -> Result<Rounding, String> {
    Rounding::from_name(text).ok_or_else(|| one_of(Rounding::ALL.into_iter().map(Rounding::name)))
}

fn country(text: &str) -> Result<Country, String> {
    Country::from_name(text).ok_or_else(|| one_of(Country::ALL.into_iter().map(Country::name)))
}

fn premium(text: &str) -> Result<Price, String> {
    let price = text.parse().ok().map(Price).filter(|price| (Price::ZERO..=MAX_PRICE).contains(price));
    price.ok_or_else(|| format!("write a whole number of n€/Wh from 0 to {}, such as 110000", MAX_PRICE.0))
}

fn fraction(text: &str) -> Result<Fraction, String> {
    Fraction::parse(text).ok_or_else(|| "write an exact decimal from 0 to 1, such as 0.5".to_owned())
}

fn method(text: &str) -> Result<Method, String> {
    let known = METHODS.into_iter().find(|(name, _)| *name == text);
    known.map(|(_, method)| method).ok_or_else(|| one_of(METHODS.into_iter().map(|(name, _)| name)))
}

fn model(text: &str) -> Result<Model, String> {
    let known = MODELS.into_iter().find(|(name, _)| *name == text);
    known.map(|(_, model)| model).ok_or_else(|| one_of(MODELS.into_iter().map(|(name, _)| name)))
}

fn tolerance(text: &str) -> Result<f64, String> {
    let value = text.parse().ok().filter(|value: &f64| (1e-14..=1.0).contains(value));
    value.ok_or_else(|| "write a number from 1e-14 to 1, such as 1e-8".to_owned())
}

pub(crate) fn one_of<'a>(names: impl Iterator<Item = &'a str>) -> String {
    format!("choose one of {}", names.collect::<Vec<_>>().join(", "))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_definition_is_consistent() {
        Arguments::command().debug_assert();
    }
}
