//! Founding: the contract is deployed with the community's genesis root, and the operators' bonds are paid.
//!
//! The genesis goes with the transaction that creates the contract ([`crate::founding`]), so whoever has the primary chain
//! alone can derive everything.

use super::{Desk, Place, Rollup, RollupError, carries, domain};
use crate::contract::{Calls, Config, Contract, ContractError};
use crate::founding;
use crate::sequencer::{Clerk, Done, Hex, Poster, Primary, Rest};
use crate::step;
use crate::translate::{self, Outside, Translator};
use ledger::{Error, Key, Ledger};
use market::{Address, Command, Community, Envelope, Rejection, Sink};

/// Coin with which a development chain provides an operator, wei: a thousand million €.
const ALLOWANCE: u128 = 1_000_000_000 * ONE;
/// Wei of 1 €.
const ONE: u128 = 1_000_000_000_000_000_000;
/// What deploying and the first batches may cost, wei.
const EXPENSES: u128 = ONE / 5;

/// What the contract fixes for good.
#[derive(Clone, Debug)]
pub struct Terms {
    /// Everything but genesis, transition, governor and operators, which founding fills in.
    pub config: Config,
    /// Who posts when this operator does not, in order.
    pub successors: Vec<Key>,
    /// Where the parties outside the community are paid.
    pub outside: Outside,
}

impl Default for Terms {
    /// For a chain whose blocks are final at once: a window of ten minutes.
    fn default() -> Self {
        let (minute, day) = (60, 86_400);
        let config = Config {
            bond: 1_000 * ONE,
            window_blocks: 2,
            window_seconds: 10 * minute,
            silence: 7 * day,
            forced_delay: day,
            exit_delay: 14 * day,
            reveal_seconds: 5 * minute,
            commit_bond: ONE,
            pause_seconds: day,
            upgrade_delay: 30 * day,
            forced_fee: ONE / 100,
            ..Config::default()
        };
        Self { config, successors: Vec::new(), outside: Outside::default() }
    }
}

impl Terms {
    /// How long a batch can be challenged: blocks and seconds.
    #[must_use]
    pub const fn window(&self) -> (u64, u64) {
        (self.config.window_blocks, self.config.window_seconds)
    }

    /// What an operator must have to begin: the bond, and what deploying and the first batches may cost, wei.
    #[must_use]
    pub const fn stake(&self) -> u128 {
        self.config.bond.saturating_add(EXPENSES)
    }
}

impl Rollup {
    /// The founding command; any other is refused as a market without a community does.
    pub(super) fn found(
        &mut self,
        envelope: &Envelope,
        sink: &mut dyn Sink,
    ) -> Result<Result<u64, Rejection>, Error> {
        let genesis = match &envelope.command {
            command @ Command::Found(_) if !carries(command) => return Ok(Err(Rejection::NotOnThisLedger)),
            Command::Found(terms) => match translate::genesis(terms, &self.options.terms.outside) {
                Ok(genesis) => Some((terms, genesis)),
                Err(_) => return Ok(Err(Rejection::NotOnThisLedger)),
            },
            _ => None,
        };
        let answer = self.central.append(envelope, sink)?;
        let (Ok(_), Some((terms, genesis))) = (&answer, genesis) else { return Ok(answer) };
        self.stopped = true; // unless all of it succeeds
        let desk = self.open_desk(terms, genesis)?;
        self.notes.settle_at(desk.place);
        self.desk = Some(desk);
        self.stopped = false;
        Ok(answer)
    }

    fn open_desk(&mut self, terms: &Community, mut genesis: step::State) -> Result<Desk, RollupError> {
        let options = &self.options;
        let mut done = Done::default();
        let place = deploy(&mut self.primary, options, &mut genesis, &mut done.deploy_gas)?;
        let (key, window) = (options.key.clone(), options.terms.window());
        let mut poster =
            Poster::new(place.contract, place.block, key, options.posting, window, genesis.root());
        poster.done = done;
        let clerk = Clerk::new(genesis, []);
        let (translator, domain) = (Translator::new(), domain(terms));
        let (rest, trouble) = (Rest::Idle, None);
        Ok(Desk { clerk, poster, translator, place, domain, since: None, longest: 0, rest, trouble })
    }
}

/// Deploys the contracts and pays the bonds.
fn deploy(
    primary: &mut Primary,
    options: &super::Options,
    genesis: &mut step::State,
    gas: &mut u64,
) -> Result<Place, RollupError> {
    let operators: Vec<&Key> = std::iter::once(&options.key).chain(&options.terms.successors).collect();
    for operator in &operators {
        provide(primary, operator.address(), options.terms.stake())?;
    }
    let chain = primary.chain();
    let (transition, outcome) = Contract::deploy_transition(chain, &options.key)?;
    *gas += outcome.gas;
    let config = Config {
        genesis: genesis.root(),
        transition,
        governor: options.key.address(),
        operators: operators.iter().map(|operator| operator.address()).collect(),
        ..options.terms.config.clone()
    };
    let missing = || ContractError::Undecodable { what: "the committed contract Rollup" };
    let mut creation = Calls::create_rollup("Rollup", &config).ok_or_else(missing)?;
    let published = founding::encode(genesis);
    let length = (published.len() as u32).to_be_bytes();
    creation.data.extend(published);
    creation.data.extend(length);
    let outcome = chain.execute(&options.key, &creation)?;
    *gas += outcome.gas;
    let undone = ContractError::Undone { hash: outcome.hash, block: outcome.block };
    let contract = outcome.contract.filter(|_| outcome.success).ok_or(undone)?;
    for operator in operators {
        *gas += Contract::at(chain, contract).bond(operator, config.bond)?.gas;
    }
    Ok(Place { chain: chain.id()?, contract, block: outcome.block })
}

/// An operator has coin: a development chain gives it, elsewhere it must be there.
fn provide(primary: &mut Primary, operator: Address, needs: u128) -> Result<(), RollupError> {
    let has = primary.chain().balance(operator)?;
    match primary {
        Primary::Clocked(clock) if has < ALLOWANCE => Ok(clock.fund(operator, ALLOWANCE)?),
        Primary::Own(_) if has < needs => Err(RollupError::Poor { operator: Hex(operator), has, needs }),
        _ => Ok(()),
    }
}
