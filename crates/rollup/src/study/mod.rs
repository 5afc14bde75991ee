//! The dual chain's story: members pay in and trade, the operator lies about one fill, a watcher proves it in one
//! transaction, the next operator goes on, members withdraw; at last all operators vanish and the members leave.
//!
//! Nothing is told that was not done: every figure comes from the primary chain in the process, and after every chapter the
//! balances of the secondary chain must add up to the coin that the contract holds for members, to the last n€.

mod street;

use crate::batch::{self, Segment};
use crate::chain::{Call, Chain, ChainError, Clock, Evm, Settings};
use crate::contract::{Config, Contract, ContractError, Head};
use crate::founding::{self, FoundingError};
use crate::ledger::Terms;
use crate::sequencer::{Cut, PostError, Posting, Successor, TakeOverError, WEI};
use crate::step::leaf::{Account, Delivery, Position, Withdrawal};
use crate::step::{Context, Packed, Place, Record, State, Store, execute};
use crate::translate::{self, Outside, Translator};
use crate::watcher::{Act, Journal, Verdict, WatchError, Watcher, derive, proof};
use ledger::{Key, Recoverer};
use market::{AccountId, Address, Command, Envelope, Rejection};
use street::{START, Street, account, interval};

/// The interval whose clearing the first operator lies about: noon.
const NOON: u64 = 48;
/// By how much more than right the lie fills an order, Wh.
const LIE: u64 = 100;
/// Coin that everybody has on the primary chain, wei.
const PURSE: u128 = 1 << 90;
/// How much everybody pays in: a household, the supplier, the guarantor, n€.
const PAID_IN: [i128; 3] = [50_000_000_000, 500_000_000_000, 200_000_000_000];

/// Somebody who was paid on the primary chain.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Paid {
    /// Whose account on the secondary chain.
    pub account: AccountId,
    /// How much, n€.
    pub amount: u128,
    /// Gas of the transaction.
    pub gas: u64,
}

/// What the lie was and what became of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Lie {
    /// In which batch.
    pub batch: u64,
    /// The first wrong segment of it, as the watcher found.
    pub segment: u32,
    /// Segments of the batch.
    pub segments: usize,
    /// Whose fill.
    pub account: AccountId,
    /// What it was, Wh, and what the operator said.
    pub fill: (u64, u64),
    /// Gas of the promise and of the proof.
    pub gas: (u64, u64),
    /// Bytes of the proof's transaction.
    pub bytes: usize,
    /// The bond, what the watcher got of it, and what nobody has any more, wei.
    pub bond: (u128, u128, u128),
}

/// What happened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Story {
    /// Households.
    pub households: usize,
    /// Delivery intervals that were traded.
    pub intervals: u64,
    /// Paid in by everybody, n€.
    pub paid_in: i128,
    /// Orders that were placed.
    pub orders: u64,
    /// Readings.
    pub readings: u64,
    /// Batches that the first operator posted rightly, and the second one.
    pub batches: (u64, u64),
    /// Bytes of data in all of them.
    pub bytes: u64,
    /// Gas for posting them.
    pub post_gas: u64,
    /// The lie.
    pub lie: Lie,
    /// Inputs to which the second operator gave right roots, and gas for it.
    pub reposted: (u64, u64),
    /// Who took money out.
    pub withdrawals: Vec<Paid>,
    /// Who left at the end.
    pub exits: Vec<Paid>,
    /// After each chapter: its name, Σ balances on the secondary chain and in withdrawals not paid, and what the contract holds for members, n€.
    pub sums: Vec<(&'static str, i128, i128)>,
    /// The last root of the secondary chain.
    pub root: [u8; 32],
}

/// Why the story could not be told to its end.
#[derive(Debug, thiserror::Error)]
pub enum StoryError {
    /// Something did not happen as the dual chain promises.
    #[error("a promise was broken: {0}")]
    Broken(String),
    /// The secondary chain refused a command of the story.
    #[error("the secondary chain refused {command}: {rejection}")]
    Refused {
        /// What.
        command: String,
        /// Why.
        rejection: Rejection,
    },
    /// The contract or the chain.
    #[error(transparent)]
    Contract(#[from] ContractError),
    /// Posting.
    #[error(transparent)]
    Post(#[from] PostError),
    /// Taking over.
    #[error(transparent)]
    TakeOver(#[from] TakeOverError),
    /// Watching.
    #[error(transparent)]
    Watch(#[from] WatchError),
    /// Deriving.
    #[error(transparent)]
    Founding(#[from] FoundingError),
}

impl From<ChainError> for StoryError {
    fn from(error: ChainError) -> Self {
        Self::Contract(error.into())
    }
}

/// Tells the story of a street of so many households.
///
/// # Errors
/// [`StoryError::Broken`] where anything is not as promised.
pub fn story(seed: u64, households: usize) -> Result<Story, StoryError> {
    let mut world = World::found(seed, households)?;
    let paid_in = world.pay_in()?;
    world.check("deposits")?;
    for step in 0..NOON {
        world.play(step)?;
    }
    world.check("the morning")?;
    let lie = world.lie()?;
    world.check("the proof")?;
    let reposted = world.succeed()?;
    for step in NOON + 1..96 {
        world.play(step)?;
    }
    world.deliver(95)?;
    world.check("the afternoon")?;
    let withdrawals = world.withdraw()?;
    world.check("withdrawals")?;
    let exits = world.exit()?;
    world.check("exits")?;
    world.tell(paid_in, lie, reposted, withdrawals, exits)
}

/// Everybody and everything.
struct World {
    chain: Evm,
    contract: Address,
    config: Config,
    street: Street,
    operator: Operator,
    /// What the first operator posted in its time.
    first: crate::sequencer::Done,
    next: Key,
    outside: [Key; 3],
    watcher: Watcher,
    watcher_key: Key,
    /// Orders and readings so far.
    records: [u64; 2],
    /// Withdrawals paid on the primary chain, n€; and whether everybody has left.
    paid: i128,
    left: Option<i128>,
    sums: Vec<(&'static str, i128, i128)>,
}

/// Who carries commands out and posts them. The log of commands is every operator's.
struct Operator {
    successor: Successor,
    translator: Translator,
    market: market::State,
}

impl Operator {
    fn command(&mut self, envelope: &Envelope) -> Result<(), StoryError> {
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
    fn found(seed: u64, households: usize) -> Result<Self, StoryError> {
        let (street, founding) = Street::found(seed, households);
        let key = |name: &str| Key::from_seed(&seed.to_be_bytes(), name);
        let (first, next, watcher_key) = (street.operator.clone(), key("second operator"), key("watcher"));
        let outside = ["supplier", "grid operator", "levies"].map(key);
        let mut chain = Evm::new(Settings { time: START - 100_000, ..Settings::default() });
        for key in street.members.iter().chain([&first, &next, &watcher_key]).chain(&outside) {
            chain.fund(key.address(), PURSE)?;
        }
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
        let contract = founding::found(&mut chain, &first, "Rollup", &config, &mut genesis)?.address;
        for operator in [&first, &next] {
            Contract::at(&mut chain, contract).bond(operator, config.bond)?;
        }
        let watcher = Watcher::new(&mut chain, contract, Some(watcher_key.clone()), Journal::in_memory())?;
        let window = (config.window_blocks, config.window_seconds);
        let successor = Successor::take_over(&mut chain, contract, first, posting(), window)?;
        let operator = Operator { successor, translator: Translator::new(), market: market::State::new() };
        let mut world = Self {
            chain,
            contract,
            config,
            street,
            operator,
            first: crate::sequencer::Done::default(),
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
    fn pay_in(&mut self) -> Result<i128, StoryError> {
        let [household, supplier, guarantor] = PAID_IN;
        let mut payers: Vec<(Key, AccountId, i128)> = vec![
            (self.outside[0].clone(), AccountId::SUPPLIER, supplier),
            (self.street.operator.clone(), AccountId::GUARANTOR, guarantor),
        ];
        let members = self.street.members.iter().cloned().enumerate();
        payers.extend(members.map(|(member, key)| (key, account(member), household)));
        let mut sum = 0;
        for (key, account, amount) in payers {
            Contract::at(&mut self.chain, self.contract).deposit(&key, account.0, amount as u128 * WEI)?;
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
    fn play(&mut self, step: u64) -> Result<(), StoryError> {
        let envelopes = self.street.trade(step);
        self.send(&envelopes)?;
        self.post()?;
        step.checked_sub(1).map_or(Ok(()), |before| self.deliver(before))
    }

    fn deliver(&mut self, step: u64) -> Result<(), StoryError> {
        let envelopes = self.street.deliver(step);
        self.send(&envelopes)?;
        self.post()
    }

    fn send(&mut self, envelopes: &[Envelope]) -> Result<(), StoryError> {
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
    fn post(&mut self) -> Result<(), StoryError> {
        self.until(self.operator.market.now() + 1)?;
        self.operator.successor.drive(&mut self.chain)?;
        let look = self.watcher.look(&mut self.chain)?;
        match look.verdict {
            Verdict::Right => Ok(()),
            verdict => Err(StoryError::Broken(format!("an honest batch looks wrong: {verdict:?}"))),
        }
    }

    fn until(&mut self, time: u64) -> Result<(), StoryError> {
        if self.chain.head()?.time < time {
            self.chain.mine_at(time)?;
        }
        Ok(())
    }

    /// The first operator clears noon, says that one order got more than it did, and is found out.
    fn lie(&mut self) -> Result<Lie, StoryError> {
        let honest = self.operator.successor.clerk.state().clone();
        let envelopes = self.street.trade(NOON);
        self.send(&envelopes)?;
        self.until(self.operator.market.now() + 1)?;
        let clerk = &mut self.operator.successor.clerk;
        clerk.cut();
        let cuts = clerk.take();
        let Bent { told, rank, fill } = self.bend(honest, &cuts)?;
        let account = account(rank as usize);

        let mut derived = derive(&mut self.chain, self.contract, None)?;
        let parent = derived.derivation.batches().last().map(|batch| batch.header);
        let parent = parent.ok_or_else(|| StoryError::Broken("there is no batch to go on from".into()))?;
        let queue = derived.derivation.queue().hash(parent.queue).unwrap_or_default();
        let segments: Vec<Segment> = told.iter().map(Cut::segment).collect();
        let data = batch::encode(&segments).map_err(PostError::from)?;
        let last = told.last().ok_or_else(|| StoryError::Broken("noon has no records".into()))?;
        let head = Head { words: last.head.words(), tree: last.tree };
        let liar = self.street.operator.clone();
        Contract::at(&mut self.chain, self.contract).post(&liar, &parent, &data, &head, &queue, &[])?;
        self.first = self.operator.successor.poster.done;

        let mut watched = self.watch()?;
        let (batch, segment) =
            watched.wrong.take().ok_or_else(|| StoryError::Broken("nobody saw the lie".into()))?;
        derived = derive(&mut self.chain, self.contract, None)?;
        if derived.derivation.tip() != batch - 1 {
            return Err(StoryError::Broken("the batch with the lie did not fall".into()));
        }
        let bond = self.config.bond;
        if Contract::at(&mut self.chain, self.contract).bond_of(liar.address())? != 0 {
            return Err(StoryError::Broken("the liar kept the bond".into()));
        }
        let (gas, bytes) = (watched.gas, watched.bytes);
        // The reward is paid when nobody can have been earlier any more.
        let before = self.chain.balance(self.watcher_key.address())?;
        let time = self.chain.head()?.time;
        self.until(time + self.config.reveal_seconds + 1)?;
        let spent = self.watch()?.fees;
        let commit_bond = self.config.commit_bond;
        let reward =
            (self.chain.balance(self.watcher_key.address())? + spent).saturating_sub(before + commit_bond);
        if reward == 0 || reward * 2 > bond {
            return Err(StoryError::Broken(format!("the watcher got {reward} wei of a bond of {bond}")));
        }
        let bond = (bond, reward, bond - reward);
        Ok(Lie { batch, segment, segments: segments.len(), account, fill, gas, bytes, bond })
    }

    /// The segments as the liar posts them: from the first filled bid on, one position has more than it bought.
    fn bend(&self, mut state: State, cuts: &[Cut]) -> Result<Bent, StoryError> {
        let start = interval(NOON).start;
        let context = Context { posted_at: (1 << 40) - 1, available: u64::MAX, ..Context::default() };
        let mut bent = None;
        let mut told = Vec::new();
        for cut in cuts {
            let carried = execute(&mut state, &context, &cut.records, &[]);
            carried.map_err(|lack| StoryError::Broken(lack.to_string()))?;
            if bent.is_none() {
                let slot =
                    (0..=255).find(|slot| state.peek::<Delivery>(Place::delivery(*slot)).start == start);
                let filled = slot.and_then(|slot| {
                    let position = |rank| state.peek::<Position>(Place::position(slot, rank));
                    let rank =
                        (0..self.street.members.len() as u32).find(|rank| position(*rank).bought > 0)?;
                    Some((slot, rank, position(rank)))
                });
                if let Some((slot, rank, position)) = filled {
                    let more = Position { bought: position.bought + LIE, ..position };
                    let put = state.set_words(Place::position(slot, rank), more.pack());
                    put.map_err(|lack| StoryError::Broken(lack.to_string()))?;
                    bent = Some((rank, (position.bought, more.bought)));
                }
            }
            let tree = state.tree().root();
            told.push(Cut { unshown: None, records: cut.records.clone(), head: *state.head(), tree });
        }
        let (rank, fill) = bent.ok_or_else(|| StoryError::Broken("nobody buys at noon".into()))?;
        Ok(Bent { told, rank, fill })
    }

    /// The watcher looks until nothing is left to do.
    fn watch(&mut self) -> Result<Watched, StoryError> {
        let mut watched = Watched::default();
        for _ in 0..12 {
            let look = self.watcher.look(&mut self.chain)?;
            if let Verdict::Wrong { number, segment, .. } = look.verdict {
                watched.wrong = Some((number, segment));
            }
            for sent in &look.sent {
                let time = self.chain.head()?.time;
                self.chain.mine_at(time + 1)?;
                let outcome = self.chain.outcome(&sent.transaction)?;
                let Some(outcome) = outcome.filter(|outcome| outcome.success) else {
                    return Err(StoryError::Broken(format!("the watcher's {:?} did nothing", sent.act)));
                };
                watched.fees += outcome.fee;
                match sent.act {
                    Act::Promise { .. } => watched.gas.0 = outcome.gas,
                    Act::Prove { .. } => {
                        watched.gas.1 = outcome.gas;
                        watched.bytes =
                            self.chain.transaction(&sent.transaction)?.map_or(0, |found| found.input.len());
                    }
                    _ => {}
                }
            }
            if look.sent.is_empty() && !look.waits {
                break;
            }
        }
        Ok(watched)
    }

    /// The second operator knows the primary chain and the log: right roots for what fell, then the day goes on.
    fn succeed(&mut self) -> Result<(u64, u64), StoryError> {
        let window = (self.config.window_blocks, self.config.window_seconds);
        let successor =
            Successor::take_over(&mut self.chain, self.contract, self.next.clone(), posting(), window)?;
        let market = self.operator.market.clone();
        self.operator = Operator { successor, translator: Translator::new(), market };
        self.post()?;
        let done = self.operator.successor.poster.done;
        if done.reposted != 1 {
            return Err(StoryError::Broken(format!("{} inputs got right roots", done.reposted)));
        }
        self.deliver(NOON - 1)?;
        Ok((done.reposted, done.repost_gas))
    }

    /// Every second household takes a third of its money out; the window passes, and the contract pays.
    fn withdraw(&mut self) -> Result<Vec<Paid>, StoryError> {
        let mut asked = Vec::new();
        for member in (0..self.street.members.len()).step_by(2) {
            let amount = self.street.balance(account(member)) / 3;
            let envelope = self.street.withdraw(member, amount);
            self.operator.command(&envelope)?;
            asked.push((member, amount as u128));
        }
        self.post()?;
        self.window()?;
        let mut derived = derive(&mut self.chain, self.contract, None)?;
        let final_batches = derived.derivation.final_batches();
        let tip = derived.derivation.tip();
        let state = derived.derivation.state(final_batches).filter(|_| final_batches == tip);
        let state =
            state.ok_or_else(|| StoryError::Broken("the window passed and nothing is final".into()))?;
        let mut paid = Vec::new();
        for (number, (member, amount)) in asked.into_iter().enumerate() {
            let place = Place::withdrawal(number as u32);
            let leaf: Withdrawal = state.peek(place);
            let to = self.street.members[member].address();
            if (leaf.address, leaf.amount) != (to, amount) {
                return Err(StoryError::Broken(format!("withdrawal {number} is another")));
            }
            let head = Head { words: state.head().words(), tree: state.tree().root() };
            let proof = proof(state, place);
            let before = self.chain.balance(to)?;
            let mut contract = Contract::at(&mut self.chain, self.contract);
            let outcome = contract.withdraw(&self.watcher_key, number as u32, to, amount, &head, &proof)?;
            let again = contract.withdraw(&self.watcher_key, number as u32, to, amount, &head, &proof);
            if again.is_ok() || self.chain.balance(to)? != before + amount * WEI {
                return Err(StoryError::Broken(format!("withdrawal {number} was not paid once")));
            }
            self.paid += amount as i128;
            paid.push(Paid { account: account(member), amount, gas: outcome.gas });
        }
        Ok(paid)
    }

    /// The window of everything posted passes, and the operator makes it final.
    fn window(&mut self) -> Result<(), StoryError> {
        for _ in 0..=self.config.window_blocks {
            let time = self.chain.head()?.time;
            self.until(time + self.config.window_seconds + 1)?;
        }
        self.operator.successor.drive(&mut self.chain)?;
        Ok(())
    }

    /// Nobody operates any more: after the delay everybody leaves with a proof against the last final root.
    fn exit(&mut self) -> Result<Vec<Paid>, StoryError> {
        let time = self.chain.head()?.time;
        self.until(time + self.config.exit_delay + 1)?;
        let mut derived = derive(&mut self.chain, self.contract, None)?;
        let newest = derived.derivation.batches().last().map(|batch| batch.header).unwrap_or_default();
        let number = derived.derivation.final_batches();
        Contract::at(&mut self.chain, self.contract).freeze(&self.watcher_key, &newest)?;
        let state = derived.derivation.state(number);
        let state = state.ok_or_else(|| StoryError::Broken("there is no final state".into()))?;
        let mut paid = Vec::new();
        let mut left = 0;
        for number in 0..state.head().accounts {
            let place = Place::account(number);
            let leaf: Account = state.peek(place);
            if leaf.balance <= 0 {
                continue;
            }
            let amount = leaf.balance as u128;
            let words = state.words(place).map_err(|lack| StoryError::Broken(lack.to_string()))?;
            let head = Head { words: state.head().words(), tree: state.tree().root() };
            let proof = proof(state, place);
            let before = self.chain.balance(leaf.address)?;
            let mut contract = Contract::at(&mut self.chain, self.contract);
            let words = [words[0], words[1], words[2]];
            let outcome = contract.exit(&self.watcher_key, number, &words, &head, &proof)?;
            if contract.exit(&self.watcher_key, number, &words, &head, &proof).is_ok()
                || self.chain.balance(leaf.address)? != before + amount * WEI
            {
                return Err(StoryError::Broken(format!("account {number} did not leave once")));
            }
            left += leaf.balance;
            paid.push(Paid { account: AccountId(number), amount, gas: outcome.gas });
        }
        self.left = Some(left);
        Ok(paid)
    }

    /// Compares the secondary chain, as anybody derives it, with the coin that the contract holds, and with the market.
    fn check(&mut self, chapter: &'static str) -> Result<(), StoryError> {
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

    fn tell(
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

/// Segments as the liar posts them, and whose fill is how much more than right.
struct Bent {
    told: Vec<Cut>,
    rank: u32,
    fill: (u64, u64),
}

/// What a watcher did.
#[derive(Default)]
struct Watched {
    wrong: Option<(u64, u32)>,
    gas: (u64, u64),
    bytes: usize,
    fees: u128,
}

fn posting() -> Posting {
    Posting { age: 0, ..Posting::default() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_lie_about_one_fill_falls_to_one_transaction_and_everybody_is_paid() {
        let story = story(1, 4).unwrap();
        assert_eq!(story.lie.fill.1, story.lie.fill.0 + LIE);
        assert_eq!(story.reposted.0, 1);
        assert_eq!(story.withdrawals.len(), 2);
        let out: u128 = story.withdrawals.iter().chain(&story.exits).map(|paid| paid.amount).sum();
        assert_eq!(out as i128, story.paid_in, "what was paid in was paid out, to the last n€");
        assert_eq!(story.sums.last(), Some(&("exits", 0, 0)));
    }
}
