//! The contract with which chains are tried out (`fixtures/Probe.sol`).

use alloy_primitives::U256;
use alloy_sol_types::{SolCall, sol};
use ledger::Key;
use market::Address;
use rollup::chain::{Call, Clock, Outcome};

sol!("tests/fixtures/Probe.sol");

/// wei.
pub(crate) const COIN: u128 = 1_000_000_000_000_000_000;

/// Its creation code.
pub(crate) fn code() -> Vec<u8> {
    let hex = include_str!("../fixtures/Probe.hex").trim();
    (0..hex.len()).step_by(2).map(|at| u8::from_str_radix(&hex[at..at + 2], 16).unwrap()).collect()
}

pub(crate) fn key(name: &str) -> Key {
    Key::from_seed(b"chains", name)
}

/// A key with 10 coins.
pub(crate) fn rich(chain: &mut impl Clock, name: &str) -> Key {
    let key = key(name);
    chain.fund(key.address(), 10 * COIN).unwrap();
    key
}

pub(crate) fn deploy(chain: &mut impl Clock, key: &Key) -> Address {
    let created = chain.execute(key, &Call { data: code(), ..Call::default() }).unwrap();
    assert!(created.success);
    created.contract.unwrap()
}

pub(crate) fn to(address: Address, call: &impl SolCall) -> Call {
    Call { to: Some(address), data: call.abi_encode(), ..Call::default() }
}

pub(crate) fn pay(to: Address, value: u128) -> Call {
    Call { to: Some(to), value, ..Call::default() }
}

pub(crate) fn store(probe: Address, at: u64, value: &[u8]) -> Call {
    to(probe, &Probe::storeCall { key: U256::from(at), value: value.to_vec().into() })
}

/// What an event `Stored` holds.
pub(crate) fn stored(outcome: &Outcome) -> (U256, Vec<u8>) {
    use alloy_sol_types::SolEvent;
    let [log] = &outcome.logs[..] else { panic!("one log: {outcome:?}") };
    let event = Probe::Stored::decode_raw_log(log.topics.iter().copied(), &log.data).unwrap();
    (event.key, event.value.to_vec())
}
