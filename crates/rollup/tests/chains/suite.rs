//! What both chains do alike.

use super::probe::{self, Probe};
use alloy_sol_types::{SolCall, SolEvent};
use ledger::Key;
use market::Address;
use rollup::chain::{Call, Chain, ChainError, Clock, Evm, Outcome};

const COIN: u128 = 1_000_000_000_000_000_000;

fn key(name: &str) -> Key {
    Key::from_seed(b"chains", name)
}

fn to(address: Address, call: &impl SolCall, value: u128) -> Call {
    Call { to: Some(address), data: call.abi_encode(), value, blobs: Vec::new() }
}

fn deploy(chain: &mut impl Clock) -> Outcome {
    let anna = key("anna");
    chain.fund(anna.address(), 10 * COIN).unwrap();
    let created = chain.execute(&anna, &Call { data: probe::code(), ..Call::default() }).unwrap();
    assert!(created.success);
    created
}

#[test]
fn a_deposit_is_logged() {
    let mut evm = Evm::default();
    let created = deploy(&mut evm);
    let probe = created.contract.unwrap();
    let call = Probe::storeCall { key: 7.try_into().unwrap(), value: vec![1, 2, 3].into() };
    let outcome = evm.execute(&key("anna"), &to(probe, &call, 5)).unwrap();
    assert!(outcome.success);
    let logs = evm.logs(probe, 0, outcome.block).unwrap();
    assert_eq!(logs, outcome.logs);
    let event = Probe::Stored::decode_raw_log(logs[0].topics.iter().copied(), &logs[0].data).unwrap();
    assert_eq!(event.value.as_ref(), [1, 2, 3]);
    let refused =
        evm.execute(&key("anna"), &to(probe, &Probe::needCall { amount: 0.try_into().unwrap() }, 0));
    assert!(matches!(refused, Err(ChainError::Reverted { reason, .. }) if reason == "nothing is not enough"));
}
