//! The contract `Rollup` through its bindings, on both chains.

use super::node::Node;
use super::probe::{COIN, Probe, deploy, rich, to};
use ledger::Key;
use market::Address;
use rollup::batch::{self, Header, Segment};
use rollup::chain::{Call, Clock, Evm, FORK, Outcome};
use rollup::contract::abi::IRollup;
use rollup::contract::{
    Artefact, Calls, Config, Contract, ContractError, Entry, Event, Head, Posted, posted,
};
use rollup::founding;
use rollup::step::{self, State, Store as _};

/// 1 n€, wei.
const UNIT: u128 = 1_000_000_000;

on_every_chain! {
    a_deposit_is_an_event_of_the_contract
    a_constructor_says_what_is_wrong
    a_refusal_is_decoded_into_words
    a_batch_is_read_from_its_transaction
    a_batch_that_came_through_another_contract_is_not_guessed_at
    where_no_contract_is_nothing_is_understood
}

fn config(chain: &mut impl Clock, key: &Key, operators: Vec<Address>) -> Config {
    let (transition, _) = Contract::deploy_transition(chain, key).unwrap();
    Config {
        transition,
        governor: key.address(),
        operators,
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
    }
}

fn genesis() -> State {
    State::new(step::Head { time: 1_700_000_000, accounts: 3, duration: 900, ..step::Head::default() })
}

/// A rollup that `operators` may post to, and the header it begins with.
fn found(chain: &mut impl Clock, key: &Key, operators: Vec<Address>) -> (Address, Header) {
    let config = config(chain, key, operators);
    let mut contract = founding::found(chain, key, "Rollup", &config, &mut genesis()).unwrap();
    let events = contract.events(0, u64::MAX).unwrap();
    let header = events.iter().find_map(|entry| match &entry.event {
        Event::Posted { number: 0, header, .. } => Some(*header),
        _ => None,
    });
    (contract.address, header.expect("the first batch is the genesis"))
}

/// A batch of one segment: a tick that lets a minute pass.
fn tick(contract: Address, parent: &Header) -> (Call, Vec<u8>, Head) {
    let mut state = genesis();
    let mut records = vec![1];
    records.extend_from_slice(&(1_700_000_060_u64).to_be_bytes()[3..]);
    let context = step::Context { posted_at: 1_750_000_000, ..step::Context::default() };
    step::execute(&mut state, &context, &records, &[]).unwrap();
    let head = Head { words: state.head().words(), tree: state.tree().root() };
    let data = batch::encode(&[Segment { records, root: state.root() }]).unwrap();
    let call = Calls(contract).post(parent, &data, &head, &[0; 32], &[]);
    (call, data, head)
}

#[test]
fn the_interface_is_that_of_the_compiled_contract() {
    let artefact = Artefact::named("Rollup").unwrap();
    let functions = artefact.selectors("function");
    for selector in IRollup::IRollupCalls::SELECTORS {
        let name = IRollup::IRollupCalls::name_by_selector(*selector).unwrap();
        assert!(functions.iter().any(|(function, _)| function == selector), "{name} is not in the artefact");
    }
    let topics: Vec<[u8; 32]> = artefact.topics();
    for topic in IRollup::IRollupEvents::SELECTORS {
        assert!(topics.contains(topic), "an event of the interface is not in the artefact");
    }
    assert_eq!(topics.len(), IRollup::IRollupEvents::SELECTORS.len(), "an event is not in the interface");
    assert_eq!(FORK, "prague");
}

#[test]
fn the_promise_is_that_of_solidity() {
    // abi.encode of four words: computed here from the words themselves.
    let challenger = Address([0x11; 20]);
    let mut words = vec![0; 12];
    words.extend([0x11; 20]);
    words.extend([0x22; 32]);
    words.extend([0; 31]);
    words.push(7);
    words.extend([0x33; 32]);
    assert_eq!(Calls::promise(challenger, &[0x22; 32], 7, &[0x33; 32]), market::keccak256(&words));
}

fn a_deposit_is_an_event_of_the_contract(chain: &mut impl Clock) {
    let anna = rich(chain, "anna");
    let (address, _) = found(chain, &anna, vec![anna.address()]);
    let mut contract = Contract::at(chain, address);
    let (_, before) = contract.queue().unwrap();
    let outcome = contract.deposit(&anna, 17, 5 * UNIT).unwrap();
    assert_eq!(contract.queue().unwrap().0, 1);
    assert_eq!(contract.queue_hash(0).unwrap(), before);
    assert_ne!(contract.queue_hash(1).unwrap(), before);
    let events = contract.events(outcome.block, outcome.block).unwrap();
    let [Entry { event: Event::Deposited { item, account, amount, sender, .. }, transaction, .. }] =
        &events[..]
    else {
        panic!("{events:?}");
    };
    assert_eq!((*item, *account, *amount, *sender), (0, 17, 5, anna.address()));
    assert_eq!(*transaction, outcome.hash);
    assert_eq!(contract.tip().unwrap().next_id, 1);
    assert!(!contract.frozen().unwrap());
    assert_eq!(contract.claimable(anna.address()).unwrap(), 0);
    let before = contract.chain.balance(address).unwrap();
    assert_eq!(before, 5 * UNIT);
}

fn a_constructor_says_what_is_wrong(chain: &mut impl Clock) {
    let anna = rich(chain, "anna");
    let config = Config { window_seconds: 0, ..config(chain, &anna, vec![anna.address()]) };
    match Contract::deploy(chain, &anna, "Rollup", &config) {
        Err(ContractError::Refused(refusal)) => {
            assert_eq!(refusal.name, "BadConfig");
            assert!(!refusal.argument("field").unwrap().is_empty(), "{refusal}");
        }
        other => panic!("{:?}", other.map(|(contract, _)| contract.address)),
    }
    assert!(Contract::deploy(chain, &anna, "Nothing", &config).is_err());
}

fn a_refusal_is_decoded_into_words(chain: &mut impl Clock) {
    let anna = rich(chain, "anna");
    let (address, genesis) = found(chain, &anna, vec![anna.address()]);
    let mut contract = Contract::at(chain, address);
    match contract.deposit(&anna, 1, 5 * UNIT + 1) {
        Err(ContractError::Refused(refusal)) => {
            assert_eq!(refusal.to_string(), "NotWhole (value 5000000001)");
        }
        other => panic!("{other:?}"),
    }
    let stale = Header { id: 9, ..genesis };
    let (call, ..) = tick(address, &stale);
    contract.bond(&anna, COIN).unwrap();
    match contract.execute(&anna, &call) {
        Err(ContractError::Refused(refusal)) => assert_eq!(refusal.name, "StaleParent"),
        other => panic!("{other:?}"),
    }
}

fn a_batch_is_read_from_its_transaction(chain: &mut impl Clock) {
    let anna = rich(chain, "anna");
    let (address, genesis) = found(chain, &anna, vec![anna.address()]);
    let mut contract = Contract::at(chain, address);
    contract.bond(&anna, COIN).unwrap();
    let (call, sent, after) = tick(address, &genesis);
    let outcome = contract.execute(&anna, &call).unwrap();
    let events = contract.events(outcome.block, outcome.block).unwrap();
    let [entry] = &events[..] else { panic!("{events:?}") };
    let Event::Posted { number: 1, hash, header } = &entry.event else { panic!("{entry:?}") };
    assert_eq!(header.hash(), *hash, "the header is encoded as Solidity does");
    assert_eq!(contract.batch(1).unwrap(), *hash);
    assert_eq!(genesis.hash(), contract.batch(0).unwrap());
    assert_eq!((header.operator, header.parent, header.segments), (anna.address(), genesis.hash(), 1));
    let Posted::New { parent, data, head, .. } = posted(chain, address, entry).unwrap() else { panic!() };
    assert_eq!((parent, data, head), (genesis, sent, after));
    // Taken back by a re-organisation between two questions.
    let gone = Entry { transaction: [1; 32], ..entry.clone() };
    assert!(matches!(posted(chain, address, &gone), Err(ContractError::Gone { .. })));
}

fn a_batch_that_came_through_another_contract_is_not_guessed_at(chain: &mut impl Clock) {
    let anna = rich(chain, "anna");
    let relay = deploy(chain, &anna);
    let (address, genesis) = found(chain, &anna, vec![relay]);
    let pass = |call: &Call| {
        let inner = Probe::passCall { to: address.0.into(), data: call.data.clone().into() };
        Call { value: call.value, ..to(relay, &inner) }
    };
    let mut contract = Contract::at(chain, address);
    contract.execute(&anna, &pass(&Calls(address).bond(COIN))).unwrap();
    let (call, ..) = tick(address, &genesis);
    match contract.execute(&anna, &pass(&call)) {
        // The contract itself may refuse it,
        Err(ContractError::Refused(_)) => {}
        // and where it does not, the data is not looked for where anything could stand.
        Ok(outcome) => {
            let events = contract.events(outcome.block, outcome.block).unwrap();
            let read = posted(chain, address, &events[0]);
            assert!(matches!(read, Err(ContractError::Indirect { number: 1, .. })), "{read:?}");
        }
        Err(error) => panic!("{error}"),
    }
}

fn where_no_contract_is_nothing_is_understood(chain: &mut impl Clock) {
    let mut contract = Contract::at(chain, Address([7; 20]));
    assert!(matches!(contract.tip(), Err(ContractError::Undecodable { what: "tip" })));
    assert!(contract.events(0, 100).unwrap().is_empty());
}

/// Everything up to a batch, in blocks of the same times on every chain: a zero byte of calldata costs less.
fn spend(chain: &mut impl Clock) -> Vec<Outcome> {
    fn at(chain: &mut impl Clock, minute: u64) {
        chain.next_at(1_750_000_000 + 60 * minute).unwrap();
    }
    let anna = rich(chain, "anna");
    at(chain, 1);
    let config = config(chain, &anna, vec![anna.address()]);
    at(chain, 2);
    let (transition, first) = Contract::deploy_transition(chain, &anna).unwrap();
    at(chain, 3);
    let config = Config { transition, genesis: genesis().root(), ..config };
    let (mut contract, second) = Contract::deploy(chain, &anna, "Rollup", &config).unwrap();
    let address = contract.address;
    let events = contract.events(second.block, second.block).unwrap();
    let header = events.iter().find_map(|entry| match &entry.event {
        Event::Posted { header, .. } => Some(*header),
        _ => None,
    });
    at(contract.chain, 4);
    let third = contract.bond(&anna, COIN).unwrap();
    at(contract.chain, 5);
    let fourth = contract.deposit(&anna, 3, UNIT).unwrap();
    at(contract.chain, 6);
    let fifth = contract.deposit(&anna, 3, UNIT).unwrap();
    let queue = contract.queue_hash(0).unwrap();
    let header = header.unwrap();
    let (_, data, head) = tick(address, &header);
    let deposited = contract.events(fourth.block, fourth.block).unwrap();
    let Event::Deposited { time, account, amount, sender, .. } = deposited[0].event else { panic!() };
    let mut next = Vec::new();
    step::Item::Deposit { time, account, amount, sender }.encode(&mut next);
    at(contract.chain, 7);
    let sixth = contract.post(&anna, &header, &data, &head, &queue, &next).unwrap();
    vec![first, second, third, fourth, fifth, sixth]
}

#[test]
fn gas_of_the_contract_is_the_same_on_both_to_the_unit() {
    let here = spend(&mut Evm::default());
    let names = ["transition", "rollup", "bond", "first deposit", "deposit", "batch of a tick"];
    for (name, outcome) in names.iter().zip(&here) {
        println!("{name}: {} gas", outcome.gas);
    }
    let Some(mut node) = Node::start() else { return };
    let there = spend(&mut node.rpc);
    for (name, (here, there)) in names.iter().zip(here.iter().zip(&there)) {
        assert_eq!(here.gas, there.gas, "{name}");
    }
}
