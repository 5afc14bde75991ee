//! A run on the dual chain: the ledger that posts, the primary chain it posts to, and which scenarios are in its scope.

use crate::failure::{Failure, Problem};
use crate::settings::Settings;
use ledger::Ledger;
use market::{Command, Money, Rejection};
use rollup::chain::{ChainError, Clock, Connection, Evm, Rpc, Settings as ChainSettings};
use rollup::ledger::{Options, Rollup, Summary, Terms, carries};
use rollup::sequencer::Primary;
use rollup::translate::{Outside, genesis};
use sim::Scenario;
use std::path::Path;

/// The ledger of a run on the dual chain.
pub(super) struct Dual(Rollup);

impl Dual {
    /// Makes the ledger's files and reaches the primary chain; the contract is deployed when the community is founded.
    pub(super) fn create(path: &Path, settings: &Settings, scenario: &Scenario) -> Result<Self, Failure> {
        let key = sim::operator_key(scenario);
        let outside = outside(scenario);
        let successors = vec![ledger::Key::from_seed(&scenario.seed.to_be_bytes(), "second operator")];
        let terms = Terms { successors, outside, ..Terms::default() };
        let options = Options { terms, ..Options::new(key) };
        let operator = options.key.clone();
        let primary = || match &settings.primary {
            None => in_process(path, scenario),
            Some(url) => node(url, &operator),
        };
        Ok(Self(Rollup::create(path, primary, options)?))
    }

    pub(super) fn as_ledger(&mut self) -> &mut dyn Ledger {
        &mut self.0
    }

    /// Posts what is left and, where the primary chain's clock can be moved, waits until it is final.
    pub(super) fn finish(mut self) -> Result<Summary, Failure> {
        self.0.finish()?;
        Ok(self.0.summary().expect("a run founds its community first"))
    }
}

/// Where the parties outside are paid: a run has keys for them, like for everybody.
fn outside(scenario: &Scenario) -> Outside {
    let address = |name| ledger::Key::from_seed(&scenario.seed.to_be_bytes(), name).address();
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

/// A node. A development node gives the operator coin and makes blocks when told; any other is left alone.
fn node(url: &str, operator: &ledger::Key) -> Result<Primary, ChainError> {
    let mut node = Rpc::connect(Connection::to(url))?;
    let enough = 1 << 100;
    let clocked = node.fund(operator.address(), enough).is_ok();
    Ok(if clocked { Primary::Clocked(Box::new(node)) } else { Primary::Own(Box::new(node)) })
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
             dynamic, meters of intervals and plain tariffs (docs/ledgers/rollup.md): run mill_lane or two_houses there, or this \
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
        Command::RegisterMeter { .. } => "a second metering point of one account for a carrier (RegisterMeter)",
        _ => "a command of its founding",
    }
    .to_owned()
}
