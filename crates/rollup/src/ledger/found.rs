//! Founding: the contract is deployed with the community's genesis root, and the operators' bonds are paid.
//!
//! The genesis goes with the transaction that creates the contract ([`crate::founding`]), so whoever has the primary chain
//! alone can derive everything.

use super::{Desk, Place, Rollup, RollupError, carries, domain};
use crate::chain::Chain;
use crate::contract::{Config, Contract, ContractError};
use crate::founding;
use crate::modes::{Demands, Mode, address_of};
use crate::sequencer::{Clerk, Done, Hex, Poster, Primary, Rest};
use crate::step::{self, Store};
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
    /// Public keys of those who may read sealed batches, beside the operators.
    pub readers: Vec<[u8; 33]>,
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
        Self { config, successors: Vec::new(), outside: Outside::default(), readers: Vec::new() }
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
        if let Some((_, genesis)) = &genesis
            && self.options.mode == Mode::Demand
            && !genesis.head().is_signed()
        {
            let what = "signatures on demand need a community whose members sign: let it ask for signatures, or choose \
                        another mode";
            return Err(RollupError::Scope(what.into()).into());
        }
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
        let mut poster = Poster::new(
            options.mode,
            place.contract,
            place.block,
            key,
            options.posting,
            window,
            genesis.root(),
        );
        poster.done = done;
        let clerk = Clerk::new(options.mode, genesis, []);
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
    let missing = || ContractError::Undecodable { what: "the committed contract" };
    let creation = founding::creation(options.mode.contract(), &config, genesis).ok_or_else(missing)?;
    let outcome = chain.execute(&options.key, &creation)?;
    *gas += outcome.gas;
    let undone = ContractError::Undone { hash: outcome.hash, block: outcome.block };
    let contract = outcome.contract.filter(|_| outcome.success).ok_or(undone)?;
    if options.mode == Mode::Sealed {
        *gas += admit(chain, options, contract)?;
    }
    for operator in operators {
        *gas += Contract::at(chain, contract).bond(operator, config.bond)?.gas;
    }
    Ok(Place { chain: chain.id()?, contract, block: outcome.block })
}

/// Admits who may read sealed batches: the operators, so that the next one can go on, and whoever was named. Answers with
/// the gas for it.
fn admit(chain: &mut dyn Chain, options: &super::Options, contract: Address) -> Result<u64, RollupError> {
    let demands = Demands::find(chain, contract)?;
    let operators = std::iter::once(&options.key).chain(&options.terms.successors).map(Key::public);
    let mut gas = 0;
    for public in operators.chain(options.terms.readers.iter().copied()) {
        let none = || RollupError::Scope(format!("0x{} is no public key", hex(&public)));
        let reader = address_of(&public).ok_or_else(none)?;
        let outcome = chain.execute(&options.key, &demands.admit(reader, &public))?;
        if !outcome.success {
            return Err(ContractError::Undone { hash: outcome.hash, block: outcome.block }.into());
        }
        gas += outcome.gas;
    }
    Ok(gas)
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
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
