//! What the chain in the process costs in time: a transfer (signed, estimated, executed, sealed), a deposit into the
//! contract, a batch of one segment posted, and the creation of the contract.

use criterion::{BatchSize, Criterion, criterion_group, criterion_main};
use ledger::Key;
use market::Address;
use rollup::batch::{self, Header, Segment};
use rollup::chain::{Call, Chain, Clock, Evm, Terms};
use rollup::contract::{Config, Contract, Event, Head};
use rollup::founding;
use rollup::step::{self, State, Store as _};

const COIN: u128 = 1_000_000_000_000_000_000;

fn key() -> Key {
    Key::from_seed(b"bench", "anna")
}

fn rich() -> Evm {
    let mut evm = Evm::default();
    evm.fund(key().address(), COIN * 1_000_000).unwrap();
    evm
}

fn genesis() -> State {
    State::new(step::Head { time: 1_700_000_000, accounts: 3, duration: 900, ..step::Head::default() })
}

fn found(evm: &mut Evm) -> (Address, Header) {
    let (transition, _) = Contract::deploy_transition(evm, &key()).unwrap();
    let config = Config {
        transition,
        governor: key().address(),
        operators: vec![key().address()],
        bond: COIN,
        window_blocks: 5,
        window_seconds: 600,
        silence: 86_400,
        forced_delay: 86_400,
        exit_delay: 172_800,
        reveal_seconds: 300,
        commit_bond: COIN / 10,
        pause_seconds: 3_600,
        upgrade_delay: 400_000,
        forced_fee: COIN / 1_000,
        ..Config::default()
    };
    let mut contract = founding::found(evm, &key(), "Rollup", &config, &mut genesis()).unwrap();
    contract.bond(&key(), COIN).unwrap();
    let events = contract.events(0, u64::MAX).unwrap();
    let header = events.iter().find_map(|entry| match &entry.event {
        Event::Posted { header, .. } => Some(*header),
        _ => None,
    });
    (contract.address, header.unwrap())
}

fn transactions(criterion: &mut Criterion) {
    let (mut evm, anna) = (rich(), key());
    let transfer = Call { to: Some(Address([7; 20])), value: 1, ..Call::default() };
    criterion.bench_function("a transfer", |bencher| {
        bencher.iter(|| evm.execute(&anna, &transfer).unwrap());
    });
    let terms = Terms { gas: Some(21_000), ..Terms::default() };
    criterion.bench_function("a transfer whose gas is known", |bencher| {
        bencher.iter(|| evm.offer(&anna, &transfer, &terms).unwrap());
    });
}

fn contract(criterion: &mut Criterion) {
    criterion.bench_function("the contract and its transition created", |bencher| {
        bencher.iter_batched(rich, |mut evm| found(&mut evm), BatchSize::LargeInput);
    });
    let mut evm = rich();
    let (address, header) = found(&mut evm);
    let (mut contract, anna) = (Contract::at(&mut evm, address), key());
    criterion.bench_function("a deposit", |bencher| {
        bencher.iter(|| contract.deposit(&anna, 3, 1_000_000_000).unwrap());
    });

    // A tick, then the same state again: posted, taken back, posted.
    let mut state = genesis();
    let mut records = vec![1];
    records.extend_from_slice(&1_700_000_060_u64.to_be_bytes()[3..]);
    let context = step::Context { posted_at: 1_750_000_000, ..step::Context::default() };
    step::execute(&mut state, &context, &records, &[]).unwrap();
    let head = Head { words: state.head().words(), tree: state.tree().root() };
    let data = batch::encode(&[Segment { records, root: state.root() }]).unwrap();
    let mut evm = rich();
    let (address, first) = found(&mut evm);
    assert_eq!(first.root, header.root);
    criterion.bench_function("a batch posted and taken back", |bencher| {
        bencher.iter(|| {
            let snapshot = evm.snapshot().unwrap();
            let mut contract = Contract::at(&mut evm, address);
            contract.post(&anna, &first, &data, &head, &[0; 32], &[]).unwrap();
            evm.revert(snapshot).unwrap();
        });
    });
}

criterion_group!(benches, transactions, contract);
criterion_main!(benches);
