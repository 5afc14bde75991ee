//! What happened to others, and what happens here: each test is named after it.

mod faulty;
mod street;

use faulty::Faulty;
use ledger::{Key, Ledger};
use market::{Command, Money};
use rollup::audit::{Audit, audit};
use rollup::batch::{self, Segment};
use rollup::chain::{Call, Chain, Clock, Evm, Settings};
use rollup::contract::{Calls, Contract, Head};
use rollup::ledger::{Options, Rollup, Terms};
use rollup::sequencer::{Fate, Outbox, Patience, Posting, Primary, Successor, WEI};
use rollup::step::{Record, Store, compact};
use rollup::watcher::{Verdict, derive};
use street::{START, Street, account};

const COINS: u128 = 1 << 100;

struct World {
    chain: Faulty,
    ledger: Rollup,
    commands: Vec<market::Envelope>,
    street: Street,
}

fn world(posting: Posting, intervals: u64) -> World {
    let mut street = Street::new(4, 3);
    let commands = street.day(intervals);
    let chain = Faulty::new(Evm::new(Settings { time: START - 90_000, ..Settings::default() }));
    let terms = Terms { successors: vec![successor()], ..Terms::default() };
    let options = Options { posting, terms, ..Options::new(street.operator.clone()) };
    let ledger = Rollup::in_memory(Primary::Clocked(Box::new(chain.clone())), options).unwrap();
    World { chain, ledger, commands, street }
}

fn successor() -> Key {
    Key::from_seed(b"", "second operator")
}

impl World {
    fn send(&mut self, range: std::ops::Range<usize>) {
        for envelope in &self.commands[range] {
            self.ledger.append(envelope, &mut ()).unwrap().unwrap();
        }
        self.ledger.commit().unwrap();
    }

    fn audit(&mut self) -> Audit {
        let contract = self.ledger.place().unwrap().contract;
        let found = audit(&mut self.chain, contract).unwrap();
        assert!(found.is_clean(), "{found:?}");
        found
    }

    fn finish(&mut self) -> Audit {
        self.ledger.finish().unwrap();
        let found = self.audit();
        assert_eq!(found.batches, found.finalised);
        assert_eq!(found.balances, -self.ledger.state().accounts()[0].balance.0);
        let orders = self.commands.iter().filter(|one| matches!(one.command, Command::Place(_))).count();
        assert_eq!(found.records.get("orders").copied(), Some(orders as u64), "each order once");
        found
    }
}

fn every_commit() -> Posting {
    Posting { age: 0, ..Posting::default() }
}

#[test]
fn a_batch_that_a_re_organisation_takes_back_is_posted_again() {
    let mut world = world(every_commit(), 3);
    let (middle, end) = (world.commands.len() - 40, world.commands.len());
    world.send(0..middle);
    let before = world.ledger.summary().unwrap().batches;
    let snapshot = world.chain.lock().evm.snapshot().unwrap();
    world.send(middle..middle + 20);
    assert!(world.ledger.summary().unwrap().batches > before);
    world.chain.lock().evm.revert(snapshot).unwrap();
    world.send(middle + 20..end);
    let done = world.ledger.summary().unwrap().done;
    assert!(done.taken_back > 0, "{done:?}");
    world.finish();
    assert_eq!(world.ledger.root(), world.street.root());
}

#[test]
fn a_nonce_that_is_stale_after_the_node_restarts_is_asked_for_again() {
    let mut world = world(every_commit(), 2);
    let (middle, end) = (world.commands.len() - 30, world.commands.len());
    world.send(0..middle);
    for at in middle..end {
        world.chain.lock().behind = 1;
        world.send(at..at + 1);
    }
    world.chain.lock().behind = 0;
    world.finish();
}

#[test]
fn an_operator_whose_poster_is_overloaded_says_why_it_takes_nothing_more() {
    let posting = Posting { backlog: 500, ..every_commit() };
    let mut world = world(posting, 3);
    let end = world.commands.len();
    let traded = world.commands.iter().position(|one| matches!(one.command, Command::Place(_))).unwrap();
    world.send(0..traded);
    world.chain.lock().away = true;
    let mut taken = traded;
    let refused = loop {
        match world.ledger.append(&world.commands[taken], &mut ()) {
            Ok(answer) => answer.unwrap(),
            Err(error) => break error.to_string(),
        };
        taken += 1;
        let receipt = world.ledger.commit().expect("what is kept does not need the primary chain");
        assert_eq!(receipt.end(), taken as u64);
        assert!(taken < end, "nothing was ever refused");
    };
    assert!(refused.contains("wait to be posted") && refused.contains("nobody answers"), "{refused}");
    world.chain.lock().away = false;
    world.send(taken..taken);
    world.send(taken..end);
    world.finish();
}

#[test]
fn a_transaction_that_the_node_forgot_is_sent_again_with_a_higher_fee() {
    let mut chain = Evm::default();
    let key = Key::from_seed(b"", "sender");
    chain.fund(key.address(), COINS).unwrap();
    chain.automine(false).unwrap();
    let (mut outbox, patience) = (Outbox::default(), Patience { blocks: 2, ..Patience::default() });
    let call = Call { to: Some(account_address()), value: 5, ..Call::default() };
    outbox.send(&mut chain, &key, call).unwrap();
    let (lost, _) = chain.pending().unwrap()[0].clone();
    chain.forget(&lost).unwrap();
    for _ in 0..2 {
        assert_eq!(outbox.follow(&mut chain, &key, &patience).unwrap(), Fate::Waits);
        chain.mine().unwrap();
    }
    assert_eq!(
        outbox.follow(&mut chain, &key, &patience).unwrap(),
        Fate::Waits,
        "it has just been sent again"
    );
    assert_eq!(outbox.raised(), 1);
    chain.mine().unwrap();
    let Fate::Done(outcome) = outbox.follow(&mut chain, &key, &patience).unwrap() else {
        panic!("it is in a block")
    };
    assert!(outcome.success && outcome.hash != lost);
    assert_eq!(chain.balance(account_address()).unwrap(), 5, "once");
}

fn account_address() -> market::Address {
    market::Address([9; 20])
}

#[test]
fn a_deposit_counts_only_below_the_confirmation_depth() {
    let posting = Posting { confirmations: 3, ..every_commit() };
    let mut world = world(posting, 1);
    let end = world.commands.len();
    world.send(0..end);
    let contract = world.ledger.place().unwrap().contract;
    let member = world.street.member(1);
    let balance = |world: &World| world.ledger.state().accounts()[account(1).0 as usize].balance;
    let before = balance(&world);
    world.chain.lock().evm.fund(member.address(), COINS).unwrap();
    let snapshot = world.chain.lock().evm.snapshot().unwrap();
    Contract::at(&mut world.chain, contract).deposit(&member, account(1).0, 77 * WEI).unwrap();
    assert_eq!(world.ledger.take_in(&mut ()).unwrap(), 0);
    assert_eq!(balance(&world), before, "too shallow");
    world.chain.lock().evm.revert(snapshot).unwrap();
    Contract::at(&mut world.chain, contract).deposit(&member, account(1).0, 55 * WEI).unwrap();
    for _ in 0..3 {
        assert_eq!(world.ledger.take_in(&mut ()).unwrap(), 0);
        world.chain.lock().evm.mine().unwrap();
    }
    assert_eq!(world.ledger.take_in(&mut ()).unwrap(), 1);
    assert_eq!(balance(&world), before + Money(55), "the one that stayed, once");
    world.finish();
}

#[test]
fn what_is_forced_is_carried_out_or_changes_nothing() {
    let mut world = world(every_commit(), 1);
    let end = world.commands.len();
    world.send(0..end);
    let contract = world.ledger.place().unwrap().contract;
    let member = world.street.member(0);
    let id = account(0);
    let domain = market::signing::Domain::of(world.ledger.state().community().unwrap());
    let nonce = world.ledger.state().accounts()[id.0 as usize].nonce + 1;
    let before = world.ledger.state().accounts()[id.0 as usize].balance;
    let command = Command::Withdraw { account: id, amount: Money(1_000), nonce };
    let signature = Some(compact(&member.sign(&domain.digest(&command))));
    let record = |amount| Record::Withdraw { account: id.0, amount, nonce: None, signature }.to_bytes();
    world.chain.lock().evm.fund(member.address(), COINS).unwrap();
    let fee = Terms::default().config.forced_fee;
    let mut rollup = Contract::at(&mut world.chain, contract);
    rollup.force(&member, &record(999), fee).unwrap(); // not what was signed
    rollup.force(&member, &record(1_000), fee).unwrap();
    rollup.force(&member, &record(1_000), fee).unwrap(); // the same again: its nonce is used
    rollup.force(&member, &[0xff; 9], fee).unwrap(); // no record
    rollup.deposit(&member, 999, 5 * WEI).unwrap(); // for nobody: it goes back
    let commands = world.ledger.len();
    assert_eq!(world.ledger.take_in(&mut ()).unwrap(), 5);
    assert_eq!(world.ledger.len(), commands + 1, "one of them is a command of the market");
    assert_eq!(world.ledger.state().accounts()[id.0 as usize].balance, before - Money(1_000));
    let before = world.ledger.secondary().unwrap().head().withdrawals;
    world.ledger.commit().unwrap();
    let found = world.audit();
    assert_eq!((found.queue.0, found.queue.1, found.withdrawals), (found.queue.1, found.queue.0, before));
    world.ledger.finish().unwrap();
    assert_eq!(world.audit().doubt, None);
}

#[test]
fn a_successor_gives_right_roots_first_and_then_goes_on() {
    let mut world = world(every_commit(), 2);
    let end = world.commands.len();
    world.send(0..end);
    let contract = world.ledger.place().unwrap().contract;
    let batches = world.ledger.summary().unwrap().batches;
    // The operator gives account 6 a thousand n€ in a batch that only ticks.
    let liar = world.street.operator.clone();
    let mut derived = derive(&mut world.chain, contract, None).unwrap();
    let inputs = derived.derivation.inputs();
    let parent = derived.derivation.batches().last().unwrap().header;
    let queue = derived.derivation.queue();
    let chain = queue.hash(parent.queue).unwrap();
    let state = derived.derivation.state(inputs).unwrap();
    let time = state.head().time + 1;
    let tree = state.tree().root();
    let lie = rollup::step::Head { time, money: state.head().money + 1_000, ..*state.head() };
    let records = Record::Tick { time }.to_bytes();
    let data = batch::encode(&[Segment { records, root: lie.root(&tree) }]).unwrap();
    let head = Head { words: lie.words(), tree };
    let call = Calls(contract).post(&parent, &data, &head, &chain, &[]);
    assert!(world.chain.execute(&liar, &call).unwrap().success);
    // Anybody sees it and proves it.
    let mut derived = derive(&mut world.chain, contract, None).unwrap();
    let Verdict::Wrong { number, segment, .. } = derived.verdict else { panic!("{:?}", derived.verdict) };
    assert_eq!((number, segment), (batches + 1, 0));
    let posting = every_commit();
    let window = Terms::default().window();
    let mut early = Successor::take_over(&mut world.chain, contract, successor(), posting, window).unwrap();
    early.clerk.carry_out(&Record::Tick { time: time + 5 }.to_bytes(), &[]).unwrap();
    let rest = early.drive(&mut world.chain).unwrap();
    assert!(rest.to_string().contains("turn"), "{rest}: the liar is still on turn");
    let fraud = derived.derivation.fraud(number, segment).unwrap();
    let challenger = Key::from_seed(b"", "challenger");
    world.chain.lock().evm.fund(challenger.address(), COINS).unwrap();
    Contract::at(&mut world.chain, contract).prove(&challenger, &fraud, &[0; 32]).unwrap();
    // The next operator knows the primary chain and nothing else.
    let mut next = Successor::take_over(&mut world.chain, contract, successor(), posting, window).unwrap();
    let record = Record::Tick { time: time + 60 }.to_bytes();
    next.clerk.carry_out(&record, &[]).unwrap();
    world.chain.lock().evm.mine_at(time + 100).unwrap();
    next.drive(&mut world.chain).unwrap();
    assert_eq!((next.poster.done.reposted, next.poster.done.posted), (1, 1));
    let found = world.audit();
    assert_eq!((found.batches, found.fallen, found.open), (batches + 2, 1, 0));
    let (blocks, seconds) = window;
    for _ in 0..=blocks {
        let time = world.chain.head().unwrap().time;
        world.chain.lock().evm.mine_at(time + seconds + 1).unwrap();
    }
    next.drive(&mut world.chain).unwrap();
    let found = world.audit();
    assert_eq!((found.finalised, found.final_root), (found.batches, found.root));
    // The first operator's ledger finds what it did not post, and says so.
    let error = world.ledger.commit().unwrap_err().to_string();
    assert!(error.contains(&format!("batch {}", batches + 1)), "{error}");
}
