//! One transition in two languages: random states, records, witnesses and mutations, and the same root from both.

mod evm;

use evm::Contract;

#[test]
fn deploys() {
    let mut contract = Contract::deployed(evm::artefact("Transition"));
    let call = evm::executeCall {
        pre: Default::default(),
        postedAt: 0,
        records: Default::default(),
        items: Default::default(),
        chain: Default::default(),
        witness: vec![0; 132].into(),
    };
    println!("{:?}", contract.execute(&call));
}
