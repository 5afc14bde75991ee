//! Everybody and everything in the story: the primary chain, the street, its operators and its watcher.

use super::street::{START, Street, account};
use super::{Lie, Money, Paid, Story, StoryError};
use crate::chain::{Call, Chain, Clock, Evm, Settings};
use crate::contract::{Config, Contract};
use crate::ledger::Terms;
use crate::sequencer::{Done, Posting, Successor, WEI};
use crate::step::leaf::{Account, Withdrawal};
use crate::step::{Place, Record, State, Store};
use crate::translate::{self, Outside, Translator};
use crate::watcher::{Journal, Verdict, Watcher, derive};
use ledger::{Key, Recoverer};
use market::{AccountId, Address, Command, Envelope};

/// What everybody has of the money on the primary chain, wei or the token's units.
const PURSE: u128 = 1 << 90;
/// How much everybody pays in: a household, the supplier, the guarantor, n€.
const PAID_IN: [i128; 3] = [50_000_000_000, 500_000_000_000, 200_000_000_000];

/// Everybody and everything.
pub(super) struct World {
    pub(super) chain: Evm,
    pub(super) contract: Address,
    pub(super) money: Money,
    pub(super) config: Config,
    pub(super) street: Street,
    pub(super) operator: Operator,
    /// What the first operator posted in its time.
    pub(super) first: Done,
    pub(super) next: Key,
    pub(super) outside: [Key; 3],
    pub(super) watcher: Watcher,
    pub(super) watcher_key: Key,
    /// Orders and readings so far.
    pub(super) records: [u64; 2],
    /// Withdrawals paid on the primary chain, n€; and whether everybody has left.
    pub(super) paid: i128,
    pub(super) left: Option<i128>,
    pub(super) sums: Vec<(&'static str, i128, i128)>,
}

/// Who carries commands out and posts them. The log of commands is every operator's.
pub(super) struct Operator {
    pub(super) successor: Successor,
    pub(super) translator: Translator,
    pub(super) market: market::State,
}

impl Operator {
    pub(super) fn command(&mut self, envelope: &Envelope) -> Result<(), StoryError> {
        let refused =
            |rejection| StoryError::Refused { command: format!("{:?}", envelope.command), rejection };
        let Self { successor, translator, market } = self;
        if !matches!(envelope.command, Command::Deposit { .. } | Command::Found(_)) {
            successor.clerk.command(translator, market, envelope).map_err(refused)?;
        }
        market.apply(envelope, &Recoverer, &mut ()).map_err(refused)
    }
}

impl World {
    pub(super) fn found(
        seed: u64,
        households: usize,
        issue: impl FnOnce(&mut Evm, &[Address], u128) -> Result<Money, StoryError>,
    ) -> Result<Self, StoryError> {
        let (street, founding) = Street::found(seed, households);
        let key = |name: &str| Key::from_seed(&seed.to_be_bytes(), name);
        let (first, next, watcher_key) = (street.operator.clone(), key("second operator"), key("watcher"));
        let outside = ["supplier", "grid operator", "levies"].map(key);
        let mut chain = Evm::new(Settings { time: START - 100_000, ..Settings::default() });
        let people = street.members.iter().chain([&first, &next, &watcher_key]).chain(&outside);
        let money = issue(&mut chain, &people.map(Key::address).collect::<Vec<_>>(), PURSE)?;
        let Command::Found(community) = &founding.command else {
            return Err(StoryError::Broken("the street is not founded".into()));
        };
        let [supplier, grid_operator, levies] = [0, 1, 2].map(|at: usize| outside[at].address());
        let parties = Outside { supplier, grid_operator, levies };
        let mut genesis = translate::genesis(community, &parties)
            .map_err(|rejection| StoryError::Refused { command: "the founding".into(), rejection })?;
        let (transition, _) = Contract::deploy_transition(&mut chain, &first)?;
        let config = Config {
            transition,
            governor: first.address(),
            operators: vec![first.address(), next.address()],
            ..Terms::default().config
        };
        let contract = money.found(&mut chain, &first, &config, &mut genesis)?;
        for operator in [&first, &next] {
            money.bond(&mut chain, contract, operator, config.bond)?;
        }
        money.ready(&mut chain, contract, &watcher_key, config.commit_bond)?;
        let watcher = Watcher::new(&mut chain, contract, Some(watcher_key.clone()), Journal::in_memory())?;
        let window = (config.window_blocks, config.window_seconds);
        let successor = Successor::take_over(&mut chain, contract, first, posting(), window)?;
        let operator = Operator { successor, translator: Translator::new(), market: market::State::new() };
        let mut world = Self {
            chain,
            contract,
            money,
            config,
            street,
            operator,
            first: Done::default(),
            next,
            outside,
            watcher,
            watcher_key,
            records: [0; 2],
            paid: 0,
            left: None,
            sums: Vec::new(),
        };
        world.operator.command(&founding)?;
        let joined = world.street.join();
        world.send(&joined)?;
        world.post()?;
        Ok(world)
    }

    /// Everybody pays into the contract; the operator credits it once it is there.
    pub(super) fn pay_in(&mut self) -> Result<i128, StoryError> {
        let [household, supplier, guarantor] = PAID_IN;
        let mut payers: Vec<(Key, AccountId, i128)> = vec![
            (self.outside[0].clone(), AccountId::SUPPLIER, supplier),
            (self.street.operator.clone(), AccountId::GUARANTOR, guarantor),
        ];
        let members = self.street.members.iter().cloned().enumerate();
        payers.extend(members.map(|(member, key)| (key, account(member), household)));
        let mut sum = 0;
        for (key, account, amount) in payers {
            self.money.deposit(&mut self.chain, self.contract, &key, account.0, amount as u128 * WEI)?;
            self.credit()?;
            let envelope = self.street.credit(account, amount);
            self.operator.command(&envelope)?;
            sum += amount;
        }
        self.post()?;
        Ok(sum)
    }

    /// The operator consumes the next item of the queue.
    fn credit(&mut self) -> Result<(), StoryError> {
        let Successor { clerk, poster } = &mut self.operator.successor;
        poster.look(&mut self.chain)?;
        let item = poster.view.queue.get(poster.consumed() as usize).map(|queued| queued.item.clone());
        let item = item.ok_or_else(|| StoryError::Broken("a deposit is not in the queue".into()))?;
        let refused = |rejection| StoryError::Refused { command: "a deposit".into(), rejection };
        clerk.carry_out(&Record::Queue { count: 1 }.to_bytes(), &item).map_err(refused)?;
        poster.consume(&item);
        Ok(())
    }

    /// Trades an interval and delivers the one before.
    pub(super) fn play(&mut self, step: u64) -> Result<(), StoryError> {
        let envelopes = self.street.trade(step);
        self.send(&envelopes)?;
        self.post()?;
        step.checked_sub(1).map_or(Ok(()), |before| self.deliver(before))
    }

    pub(super) fn deliver(&mut self, step: u64) -> Result<(), StoryError> {
        let envelopes = self.street.deliver(step);
        self.send(&envelopes)?;
        self.post()
    }

    pub(super) fn send(&mut self, envelopes: &[Envelope]) -> Result<(), StoryError> {
        for envelope in envelopes {
            self.operator.command(envelope)?;
            match envelope.command {
                Command::Place(_) => self.records[0] += 1,
                Command::Read(_) => self.records[1] += 1,
                _ => {}
            }
        }
        Ok(())
    }

    /// The primary chain's clock follows the market's; what waits is posted, and the watcher looks.
    pub(super) fn post(&mut self) -> Result<(), StoryError> {
        self.until(self.operator.market.now() + 1)?;
        self.operator.successor.drive(&mut self.chain)?;
        let look = self.watcher.look(&mut self.chain)?;
        match look.verdict {
            Verdict::Right => Ok(()),
            verdict => Err(StoryError::Broken(format!("an honest batch looks wrong: {verdict:?}"))),
        }
    }

    pub(super) fn until(&mut self, time: u64) -> Result<(), StoryError> {
        if self.chain.head()?.time < time {
            self.chain.mine_at(time)?;
        }
        Ok(())
    }

    /// Compares the secondary chain, as anybody derives it, with the coin that the contract holds, and with the market.
    pub(super) fn check(&mut self, chapter: &'static str) -> Result<(), StoryError> {
        let mut derived = derive(&mut self.chain, self.contract, None)?;
        let inputs = derived.derivation.inputs();
        let state = derived.derivation.state(inputs);
        let state = state.ok_or_else(|| StoryError::Broken("there is no state".into()))?;
        let balance = |account| state.peek::<Account>(Place::account(account)).balance;
        for (number, account) in self.street.state.accounts().iter().enumerate().skip(1) {
            if balance(number as u32) != account.balance.0 {
                let what = format!(
                    "account {number} has {} n€ after {chapter}, the market says {}",
                    balance(number as u32),
                    account.balance.0
                );
                return Err(StoryError::Broken(what));
            }
        }
        let balances: i128 = (0..state.head().accounts).map(balance).sum();
        let withdrawn: i128 = (0..state.head().withdrawals)
            .map(|number| state.peek::<Withdrawal>(Place::withdrawal(number)).amount as i128)
            .sum();
        let owed = balances + withdrawn - self.paid - self.left.unwrap_or(0);
        let held = self.held()?;
        self.sums.push((chapter, owed, held));
        if owed != held {
            return Err(StoryError::Broken(format!(
                "after {chapter} {owed} n€ are owed and {held} are held"
            )));
        }
        Ok(())
    }

    /// What the contract holds for members, n€.
    fn held(&mut self) -> Result<i128, StoryError> {
        let data = market::keccak256(b"held()")[..4].to_vec();
        let call = Call { to: Some(self.contract), data, ..Call::default() };
        let answer = self.chain.call(self.watcher_key.address(), &call)?;
        let held = answer.last_chunk::<16>().map(|bytes| i128::from_be_bytes(*bytes));
        held.ok_or_else(|| StoryError::Broken("the contract does not say what it holds".into()))
    }

    pub(super) fn tell(
        mut self,
        paid_in: i128,
        lie: Lie,
        reposted: (u64, u64),
        withdrawals: Vec<Paid>,
        exits: Vec<Paid>,
    ) -> Result<Story, StoryError> {
        let mut derived = derive(&mut self.chain, self.contract, None)?;
        let inputs = derived.derivation.inputs();
        let root = derived.derivation.state(inputs).map(State::root).unwrap_or_default();
        let (first, second) = (self.first, self.operator.successor.poster.done);
        Ok(Story {
            households: self.street.members.len(),
            intervals: 96,
            paid_in,
            orders: self.records[0],
            readings: self.records[1],
            batches: (first.posted, second.posted),
            bytes: first.bytes + second.bytes,
            post_gas: first.post_gas + second.post_gas,
            lie,
            reposted,
            withdrawals,
            exits,
            sums: self.sums,
            root,
        })
    }
}

pub(super) fn posting() -> Posting {
    Posting { age: 0, ..Posting::default() }
}
