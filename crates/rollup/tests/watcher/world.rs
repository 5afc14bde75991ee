//! A primary chain with the contract on it, and an operator that posts whatever it is told to.

use crate::cast::{DURATION, FIRST, Rng, key, member};
use ledger::Key;
use market::{Address, Hash, keccak256};
use rollup::batch::{self, Header, Segment};
use rollup::chain::{Chain, Clock, Evm};
use rollup::contract::{Config, Contract, Event, Head};
use rollup::founding;
use rollup::step::leaf::{Account, Market, Tariff, rule};
use rollup::step::{self, Item, Packed, Place, State, Store};
use rollup::watcher::Queue;

/// Wei of 1 n€.
pub(crate) const UNIT: u128 = 1_000_000_000;
/// How long a batch can be challenged, s.
pub(crate) const WINDOW: u64 = 3_600;
/// What a promise costs, wei.
pub(crate) const COMMIT_BOND: u128 = 1_000_000_000_000_000;
/// An operator's bond, wei.
pub(crate) const BOND: u128 = 1_000_000_000_000_000_000;
/// What a forced record costs, wei.
pub(crate) const FORCED_FEE: u128 = 1_000_000_000_000;
/// How long a promise is good for, s.
pub(crate) const REVEAL: u64 = 600;
/// When the primary chain begins, Unix s.
pub(crate) const BEGIN: u64 = 1_750_000_000;

/// How the community trades.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Design {
    pub(crate) rule: u8,
    pub(crate) key: u8,
    pub(crate) signed: bool,
}

impl Design {
    pub(crate) fn random(rng: &mut Rng) -> Self {
        let rule = [rule::EQUILIBRIUM, rule::LAST_PAIR][rng.below(2) as usize];
        let key = [rule::STATIC, rule::DYNAMIC][rng.below(2) as usize];
        Self { rule, key, signed: !rng.one_in(4) }
    }
}

/// The secondary chain before anything.
pub(crate) fn genesis(design: Design) -> State {
    let head = step::Head {
        accounts: FIRST,
        duration: DURATION,
        gate_closure: 300,
        horizon: 96,
        signatures: u8::from(design.signed),
        domain: keccak256(b"a community of the watcher's tests"),
        ..step::Head::default()
    };
    let mut state = State::new(head);
    let mut put = |place, words| state.set_words(place, words).unwrap();
    let market = Market {
        rule: design.rule,
        numerator: 1,
        denominator: 3,
        floor: -1_000,
        cap: 900_000,
        ..Market::default()
    };
    put(Place::market(0), market.pack());
    put(Place::market(1), Market { rule: design.key, price: 120_000, ..Market::default() }.pack());
    let tariff = Tariff {
        import: 300_000,
        export: 80_000,
        grid_fee: 9_000,
        peer_grid_fee: 4_000,
        levy: 2_000,
        peer_levy: 1_000,
        kind: 1,
    };
    put(Place::tariff(0), tariff.pack());
    put(Place::tariff(1), Tariff { kind: 2, import: 0, export: 0, ..tariff }.pack());
    for (id, name) in [(1, "supplier"), (2, "grid operator"), (3, "levies")] {
        put(Place::account(id), Account { address: key(name).address(), ..Account::default() }.pack());
    }
    state.forget();
    state
}

/// The contract on its chain.
pub(crate) struct World {
    pub(crate) evm: Evm,
    pub(crate) contract: Address,
    pub(crate) operators: Vec<Key>,
    pub(crate) genesis: State,
    pub(crate) headers: Vec<Header>,
    /// The queue as it is.
    pub(crate) queue: Queue,
    seen: u64,
}

pub(crate) fn challenger() -> Key {
    key("challenger")
}

impl World {
    pub(crate) fn found(design: Design) -> Self {
        Self::found_with(design, |_| ())
    }

    pub(crate) fn found_with(design: Design, change: impl FnOnce(&mut Config)) -> Self {
        Self::found_by(design, change, |evm, founder, config, genesis| {
            founding::found(evm, founder, "Rollup", config, genesis).unwrap().address
        })
    }

    /// The same with another contract, which `create` puts on the chain.
    pub(crate) fn found_by(
        design: Design,
        change: impl FnOnce(&mut Config),
        create: impl FnOnce(&mut Evm, &Key, &Config, &mut State) -> Address,
    ) -> Self {
        let mut evm = Evm::new(rollup::chain::Settings { time: BEGIN, ..Default::default() });
        let operators: Vec<Key> = (0..3).map(|i| key(&format!("operator {i}"))).collect();
        let founder = key("founder");
        let everybody = operators.iter().cloned().chain((0..8).map(member));
        for key in everybody.chain([founder.clone(), challenger(), key("rival"), key("depositor")]) {
            evm.fund(key.address(), 1_000_000_000_000_000_000_000_000).unwrap();
        }
        let (transition, _) = Contract::deploy_transition(&mut evm, &founder).unwrap();
        let mut config = Config {
            transition,
            governor: founder.address(),
            operators: operators.iter().map(Key::address).collect(),
            bond: BOND,
            window_blocks: 5,
            window_seconds: WINDOW,
            silence: 86_400,
            forced_delay: 86_400,
            exit_delay: 172_800,
            reveal_seconds: REVEAL,
            commit_bond: COMMIT_BOND,
            pause_seconds: 3_600,
            upgrade_delay: 400_000,
            forced_fee: FORCED_FEE,
            ..Config::default()
        };
        change(&mut config);
        let mut genesis = genesis(design);
        let contract = create(&mut evm, &founder, &config, &mut genesis);
        let mut world =
            Self { evm, contract, operators, genesis, headers: Vec::new(), queue: Queue::default(), seen: 0 };
        for operator in world.operators.clone() {
            world.contract().bond(&operator, BOND).unwrap();
        }
        world.see();
        world
    }

    pub(crate) fn contract(&mut self) -> Contract<'_, Evm> {
        Contract::at(&mut self.evm, self.contract)
    }

    /// What the events said so far, to come back to.
    pub(crate) fn keep(&self) -> (Vec<Header>, Queue, u64) {
        (self.headers.clone(), self.queue.clone(), self.seen)
    }

    pub(crate) fn take_back(&mut self, kept: (Vec<Header>, Queue, u64)) {
        (self.headers, self.queue, self.seen) = kept;
    }

    pub(crate) fn now(&mut self) -> u64 {
        self.evm.head().unwrap().time
    }

    /// What the events say since the last look.
    pub(crate) fn see(&mut self) {
        let head = self.evm.head().unwrap().number;
        let from = self.seen;
        for entry in self.contract().events(from, head).unwrap() {
            match entry.event {
                Event::Deposited { account, amount, sender, time, .. } => {
                    self.queue.push(&Item::Deposit { time, account, amount, sender });
                }
                Event::Forced { record, time, .. } => {
                    self.queue.push(&Item::Forced { time, record: &record })
                }
                Event::Posted { number, header, .. } | Event::Reposted { number, header, .. } => {
                    self.headers.truncate(number as usize);
                    self.headers.push(header);
                }
                Event::Proven { number, .. } => self.headers.truncate(number as usize),
                _ => {}
            }
        }
        self.seen = head + 1;
    }

    /// `amount` n€ for an account.
    pub(crate) fn deposit(&mut self, account: u32, amount: u128) {
        self.contract().deposit(&key("depositor"), account, amount * UNIT).unwrap();
        self.see();
    }

    pub(crate) fn force(&mut self, record: &[u8]) {
        self.contract().force(&key("depositor"), record, FORCED_FEE).unwrap();
        self.see();
    }

    /// Posts segments at a time, as whoever's turn it is; `last` is the state that the last root is of.
    pub(crate) fn post(
        &mut self,
        time: u64,
        segments: &[Segment],
        last: &mut State,
    ) -> Result<Header, String> {
        let turn = self.contract().turn().unwrap();
        let operator = self.operators.iter().find(|key| key.address() == turn).unwrap().clone();
        let parent = *self.headers.last().unwrap();
        let head = head(last);
        let consumed = last.head().queue;
        let chain = self.queue.hash(consumed).ok_or("beyond the queue")?;
        let next = self.queue.items(consumed, consumed + 1).map(|items| items.concat()).unwrap_or_default();
        let data = batch::encode(segments).map_err(|error| error.to_string())?;
        self.evm.next_at(time).map_err(|error| error.to_string())?;
        self.contract()
            .post(&operator, &parent, &data, &head, &chain, &next)
            .map_err(|error| error.to_string())?;
        self.see();
        Ok(*self.headers.last().unwrap())
    }
}

/// The head of a state as the contract takes it.
pub(crate) fn head(state: &mut State) -> Head {
    Head { words: state.head().words(), tree: state.tree().root() }
}

/// Executes one record by itself; why it was refused, or `None` where it was carried out. What an undecodable one does is nothing.
pub(crate) fn carry_out(
    state: &mut State,
    posted_at: u64,
    available: u64,
    queue: &Queue,
    record: &[u8],
) -> Option<market::Rejection> {
    let from = state.head().queue;
    let mark = state.mark();
    let chain: Hash = queue.hash(from).unwrap_or_default();
    let context = step::Context { posted_at, available, chain };
    for count in (0..=available.saturating_sub(from).min(8)).rev() {
        let items = queue.items(from, from + count).unwrap_or_default().concat();
        match step::execute(state, &context, record, &items) {
            Ok(report) => return report.outcomes.first().copied().flatten(),
            Err(_) => state.undo(mark),
        }
    }
    panic!("no number of items fits {record:?}")
}
