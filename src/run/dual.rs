//! A run on the dual chain: the ledger that posts, the primary chain it posts to, and which scenarios are in its scope.

use crate::failure::{Failure, Problem};
use crate::settings::Settings;
use ledger::{Error, Key, Ledger, Receipt};
use market::{Command, Envelope, Money, Rejection, Sink, State};
use rollup::chain::{Chain as _, ChainError, Clock as _, Connection, Evm, Rpc, Settings as ChainSettings};
use rollup::history::{History, history_with};
use rollup::ledger::{Options, Rollup, Summary, Terms, carries};
use rollup::modes::Mode;
use rollup::sequencer::{Hex, Primary};
use rollup::translate::{Outside, genesis};
use sim::Scenario;
use sim::report::{DualChain, Wait};
use std::path::Path;
use std::time::Instant;

/// The ledger of a run on the dual chain, and how long members wait for their receipts.
pub(super) struct Dual {
    rollup: Rollup,
    /// The key that opens what is sealed.
    readable: Option<Key>,
    /// When each command came that has no receipt yet.
    came: Vec<Instant>,
    /// From a command's arrival to its receipt, ns.
    waits: Vec<u64>,
}

/// What a run on the dual chain has to show.
pub(super) struct Posted {
    pub(super) summary: Summary,
    pub(super) report: DualChain,
}

impl Dual {
    /// Reaches the primary chain and makes the ledger's files; the contract is deployed when the community is founded.
    pub(super) fn create(path: &Path, settings: &Settings, scenario: &Scenario) -> Result<Self, Failure> {
        let key = sim::operator_key(scenario);
        let outside = outside(scenario);
        let successors = vec![Key::from_seed(&scenario.seed.to_be_bytes(), "second operator")];
        let readers =
            settings.readers.as_deref().map(crate::keys::read_public).transpose()?.unwrap_or_default();
        let readable = (settings.data_mode == Mode::Sealed).then(|| key.clone());
        let terms = Terms { successors, outside, readers, ..Terms::default() };
        let options = Options { terms, mode: settings.data_mode, ..Options::new(key) };
        // A node that does not answer leaves nothing behind.
        let node = settings.primary.as_ref().map(|url| node(url, &options)).transpose()?;
        let primary = || node.map_or_else(|| in_process(path, scenario), Ok);
        let rollup = Rollup::create(path, primary, options)?;
        Ok(Self { rollup, readable, came: Vec::new(), waits: Vec::new() })
    }

    pub(super) fn as_ledger(&mut self) -> &mut dyn Ledger {
        self
    }

    /// Posts what is left and, where the primary chain's clock can be moved, waits until it is final. Gives the figures, and
    /// what the report shows.
    pub(super) fn finish(mut self, settings: &Settings) -> Result<Posted, Failure> {
        self.rollup.finish()?;
        let summary = self.rollup.summary().expect("a run founds its community first");
        let history = history_with(self.rollup.primary().chain(), summary.contract, self.readable.as_ref());
        let history = history.map_err(|error| Failure::World(error.to_string()))?;
        let primary = match &settings.primary {
            None => "an EVM in the process".to_owned(),
            Some(_) => "a node".to_owned(), // its URL may hold a password
        };
        let report = reported(&summary, history, primary, Wait::of(self.waits));
        Ok(Posted { summary, report })
    }
}

impl Ledger for Dual {
    fn append(&mut self, envelope: &Envelope, sink: &mut dyn Sink) -> Result<Result<u64, Rejection>, Error> {
        let came = now();
        let answer = self.rollup.append(envelope, sink)?;
        if answer.is_ok() {
            self.came.push(came);
        }
        Ok(answer)
    }

    fn commit(&mut self) -> Result<Receipt, Error> {
        let receipt = self.rollup.commit()?;
        let waited = |came: Instant| u64::try_from(came.elapsed().as_nanos()).unwrap_or(u64::MAX);
        self.waits.extend(self.came.drain(..).map(waited));
        Ok(receipt)
    }

    fn state(&self) -> &State {
        self.rollup.state()
    }

    fn root(&mut self) -> [u8; 32] {
        self.rollup.root()
    }

    fn len(&self) -> u64 {
        self.rollup.len()
    }

    fn receipt(&self) -> Receipt {
        self.rollup.receipt()
    }

    fn records(&self, from: u64, visit: &mut dyn FnMut(u64, Envelope)) -> Result<(), Error> {
        self.rollup.records(from, visit)
    }
}

#[expect(clippy::disallowed_methods, reason = "the application may measure what it shows")]
fn now() -> Instant {
    Instant::now()
}

/// What happened on the primary chain, for the report.
fn reported(summary: &Summary, history: History, primary: String, soft: Option<Wait>) -> DualChain {
    DualChain {
        primary,
        chain_id: summary.chain_id,
        contract: summary.contract,
        mode: data(summary),
        window: summary.window,
        batches: history.batches,
        disputes: history.disputes,
        bonds: history.bonds,
        costs: history.costs,
        soft,
        finality: Wait::of(history.waits),
        held: summary.money * 1_000_000_000,
    }
}

/// How data reaches the chain, and who can read it.
pub(super) fn data(summary: &Summary) -> String {
    match summary.readers {
        0 => summary.mode.words().to_owned(),
        readers => format!("{}, {readers} of them, the operators included", summary.mode.words()),
    }
}

/// Where the parties outside are paid: a run has keys for them, like for everybody.
fn outside(scenario: &Scenario) -> Outside {
    let address = |name| Key::from_seed(&scenario.seed.to_be_bytes(), name).address();
    Outside {
        supplier: address("supplier"),
        grid_operator: address("grid operator"),
        levies: address("levies"),
    }
}

/// A primary chain inside this program, kept in a file beside the ledger's; its clock follows the community's.
fn in_process(path: &Path, scenario: &Scenario) -> Result<Primary, ChainError> {
    let time = scenario.span.first.start.saturating_sub(3 * 86_400);
    let settings = ChainSettings { time, ..ChainSettings::default() };
    Ok(Primary::Clocked(Box::new(Evm::open(&rollup::ledger::chain_path(path), settings)?)))
}

/// A node. A development node gives the operators coin and makes blocks when told; any other is left alone, and they must
/// have theirs.
fn node(url: &str, options: &Options) -> Result<Primary, Failure> {
    let refused = |what: String| Failure::input("--primary", what);
    if !crate::primary::is_node(url) {
        return Err(refused(format!("\"{url}\" is no node's URL: write it like http://127.0.0.1:8545")));
    }
    let failed = |error: ChainError| crate::primary::failure("--primary", &error);
    let mut node = Rpc::connect(Connection::to(url)).map_err(failed)?;
    let enough = 1 << 100;
    if node.fund(options.key.address(), enough).is_ok() {
        return Ok(Primary::Clocked(Box::new(node)));
    }
    let needs = options.terms.stake();
    let mut poor = Vec::new();
    for operator in std::iter::once(&options.key).chain(&options.terms.successors) {
        let has = node.balance(operator.address()).map_err(failed)?;
        if has < needs {
            let operator = Hex(operator.address());
            poor.push(Problem::new(
                "--primary",
                format!(
                    "the operator {operator} has {has} wei there and needs {needs} for its bond and its first batches: \
                     send it coin, or start a development node (wattle node --development)"
                ),
            ));
        }
    }
    if poor.is_empty() { Ok(Primary::Own(Box::new(node))) } else { Err(Failure::Input(poor)) }
}

/// Refuses what the dual chain does not carry before anything is made, naming the first rule or command. A supplier that
/// nothing is said about pays in a thousand € per member, so that it can pay for feed-in.
pub(super) fn check_scope(settings: &Settings, scenario: &mut Scenario) -> Result<(), Failure> {
    if scenario.supplier.0 == 0 {
        scenario.supplier = Money(1_000_000_000_000 * scenario.members.len() as i128);
    }
    let outside = outside(scenario);
    for terms in &scenario.markets {
        let mut alone = scenario.community.clone();
        alone.markets = vec![terms.market];
        alone.tariffs.clear();
        if let Err(Rejection::NotOnThisLedger) = genesis(&alone, &outside) {
            let rule = terms.market.rule.kind().name();
            let what = format!("market.{}: the rule `{rule}`", terms.market.carrier.name());
            return Err(refused(settings, &what));
        }
    }
    if genesis(&scenario.community, &outside).is_err() {
        return Err(refused(settings, "a tariff with prices beyond ±21 €/kWh"));
    }
    for command in sim::founding(scenario) {
        if !carries(&command) {
            return Err(refused(settings, &what_it_does(&command)));
        }
    }
    Ok(())
}

fn refused(settings: &Settings, what: &str) -> Failure {
    Failure::Input(vec![Problem::new(
        &settings.scenario,
        format!(
            "the dual chain does not carry {what}. It carries the rules uniform_price and pay_as_bid, the keys static and \
             dynamic, meters of intervals and plain tariffs (docs/ledgers/rollup.md): run mill_lane, two_houses or vpp there, or this \
             one with --ledger central. Nothing was made"
        ),
    )])
}

/// What a command of the founding is for, in words.
fn what_it_does(command: &Command) -> String {
    match command {
        Command::Found(_) => "tariffs that follow the clock (time_of_use)",
        Command::Locate { .. } => "locations (Locate)",
        Command::Equip { .. } => "cumulative registers and meters behind others (Equip)",
        Command::Agree { .. } => "agreements on imbalance and corrections (Agree)",
        Command::Reprice { .. } => "tariffs with several versions, or taxed ones (Reprice)",
        Command::RegisterMeter { .. } => {
            "a second metering point of one account for a carrier (RegisterMeter)"
        }
        _ => "a command of its founding",
    }
    .to_owned()
}
