//! Gas is the same on both chains, to the unit.

use super::node::Node;
use super::probe::{self, Probe, key, pay, rich, store, to};
use alloy_primitives::U256;
use rollup::chain::{Call, Chain as _, Clock, Evm, Outcome, Terms};

/// Everything that is priced differently: transfers, creation, calldata above and below the floor of EIP-7623, storage
/// set, changed and cleared (refunds), memory, deep calls, failures, blobs.
fn spend(chain: &mut impl Clock) -> Vec<Outcome> {
    let anna = rich(chain, "anna");
    let created = chain.execute(&anna, &Call { data: probe::code(), ..Call::default() }).unwrap();
    let probe = created.contract.unwrap();
    let number = U256::from;
    let calls = [
        pay(key("new").address(), 1),
        pay(key("new").address(), 1),
        store(probe, 1, &[]),
        store(probe, 1, &[1; 31]),
        store(probe, 1, &[1; 1_000]),
        store(probe, 1, &[0; 1_000]),
        store(probe, 1, &[2; 20]),
        to(probe, &Probe::clearCall { key: number(1_u64) }),
        to(probe, &Probe::spinCall { rounds: number(1_000_u64) }),
        to(probe, &Probe::nestedCall { depth: number(30_u64), rounds: number(10_u64) }),
        to(probe, &Probe::blobCall { index: number(0_u64) }),
        Call { data: vec![0xaa; 20_000], ..pay(key("new").address(), 0) }, // all floor: 40 gas a byte
        Call { data: vec![0; 20_000], ..pay(key("new").address(), 0) },
        Call { value: 9, ..to(probe, &Probe::needCall { amount: number(9_u64) }) },
        to(probe, &Probe::needCall { amount: number(9_u64) }), // reverts
        to(probe, &Probe::spinCall { rounds: number(1_000_000_u64) }), // runs out
        Call { blobs: vec![vec![0; 131_072]], ..to(probe, &Probe::blobCall { index: number(0_u64) }) },
    ];
    let mut outcomes = vec![created];
    for call in calls {
        let terms = Terms { gas: Some(1_500_000), ..Terms::default() };
        let hash = chain.offer(&anna, &call, &terms).unwrap();
        outcomes.push(chain.wait(&hash).unwrap());
    }
    outcomes
}

#[test]
fn gas_is_the_same_on_both_to_the_unit() {
    let Some(mut node) = Node::start() else { return };
    let (here, there) = (spend(&mut Evm::default()), spend(&mut node.rpc));
    assert_eq!(here.len(), there.len());
    for (here, there) in here.iter().zip(&there) {
        assert_eq!((here.gas, here.success, here.contract), (there.gas, there.success, there.contract));
    }
    assert!(here.iter().any(|outcome| !outcome.success));
}

#[test]
fn a_byte_of_plain_data_costs_the_floor() {
    let mut evm = Evm::default();
    let anna = rich(&mut evm, "anna");
    for (byte, price) in [(0xaa, 40), (0, 10)] {
        let outcome =
            evm.execute(&anna, &Call { data: vec![byte; 1_000], ..pay(anna.address(), 0) }).unwrap();
        assert_eq!(outcome.gas, 21_000 + 1_000 * price);
    }
}
