//! What both chains do alike.

use super::node::Node;
use super::probe::{COIN, Probe, deploy, key, pay, rich, store, stored, to};
use alloy_primitives::U256;
use alloy_sol_types::{SolError as _, SolValue as _};
use market::Address;
use rollup::chain::{Call, ChainError, Clock, Evm, Settings, Terms, versioned_hash};

on_every_chain! {
    a_transfer_costs_its_value_and_its_fee
    a_contract_logs_what_it_stored
    a_contract_refuses_with_its_reason
    a_failed_transaction_costs_its_fee_and_changes_nothing
    a_used_nonce_is_stale
    a_transaction_ahead_of_its_nonce_waits
    who_cannot_pay_is_refused
    what_is_not_there_is_none
    time_goes_forward_only
    a_contract_sees_the_block_before
    history_that_is_taken_back_is_gone
    what_waits_can_be_read_and_overtaken
    a_waiting_transaction_gives_way_to_a_higher_fee
    a_forgotten_transaction_frees_its_nonce
    blobs_are_kept_beside_the_transaction
    a_broken_blob_is_refused
    gas_that_was_estimated_suffices
    logs_are_found_by_their_blocks
    the_fee_follows_the_terms
}

fn a_transfer_costs_its_value_and_its_fee(chain: &mut impl Clock) {
    let (anna, bert) = (rich(chain, "anna"), key("bert").address());
    let outcome = chain.execute(&anna, &pay(bert, 5)).unwrap();
    assert!(outcome.success);
    assert_eq!(outcome.gas, 21_000);
    assert_eq!(chain.balance(bert).unwrap(), 5);
    assert_eq!(chain.balance(anna.address()).unwrap(), 10 * COIN - 5 - outcome.fee);
    assert_eq!(chain.nonce(anna.address()).unwrap(), 1);
    assert_eq!(chain.outcome(&outcome.hash).unwrap(), Some(outcome.clone()));
    let transaction = chain.transaction(&outcome.hash).unwrap().unwrap();
    assert_eq!((transaction.from, transaction.to), (anna.address(), Some(bert)));
    assert_eq!(chain.head().unwrap().number, outcome.block, "a block of its own");
}

fn a_contract_logs_what_it_stored(chain: &mut impl Clock) {
    let anna = rich(chain, "anna");
    let probe = deploy(chain, &anna);
    let outcome = chain.execute(&anna, &store(probe, 7, &[1, 2, 3])).unwrap();
    assert_eq!(stored(&outcome), (U256::from(7), vec![1, 2, 3]));
    assert_eq!(outcome.logs[0].topics[2][12..], anna.address().0);
    assert_eq!(chain.logs(probe, 0, outcome.block).unwrap(), outcome.logs);
    let answer = chain.call(Address::default(), &to(probe, &Probe::storedCall(U256::from(7)))).unwrap();
    assert_eq!(alloy_primitives::Bytes::abi_decode(&answer).unwrap().as_ref(), [1, 2, 3]);
    assert_eq!(chain.transaction(&outcome.hash).unwrap().unwrap().input, store(probe, 7, &[1, 2, 3]).data);
}

fn a_contract_refuses_with_its_reason(chain: &mut impl Clock) {
    let anna = rich(chain, "anna");
    let probe = deploy(chain, &anna);
    let mut refused = |call: &Call| match chain.execute(&anna, call) {
        Err(ChainError::Reverted { reason, data }) => (reason, data),
        other => panic!("{other:?}"),
    };
    let need = |amount| to(probe, &Probe::needCall { amount: U256::from(amount) });
    assert_eq!(refused(&need(0)).0, "nothing is not enough");
    let (_, data) = refused(&Call { value: 3, ..need(9) });
    let below = Probe::Below::abi_decode(&data).unwrap();
    assert_eq!((below.have, below.need), (U256::from(3), U256::from(9)));
    let (reason, _) = refused(&to(probe, &Probe::overflowCall { by: U256::from(1) }));
    assert_eq!(reason, "arithmetic overflow (panic 0x11)");
    assert!(matches!(chain.call(anna.address(), &need(0)), Err(ChainError::Reverted { .. })));
    assert!(matches!(chain.estimate(anna.address(), &need(0)), Err(ChainError::Reverted { .. })));
    assert_eq!(chain.nonce(anna.address()).unwrap(), 1, "nothing was sent");
}

fn a_failed_transaction_costs_its_fee_and_changes_nothing(chain: &mut impl Clock) {
    let anna = rich(chain, "anna");
    let probe = deploy(chain, &anna);
    let before = chain.balance(anna.address()).unwrap();
    let call = Call { value: 3, ..to(probe, &Probe::needCall { amount: U256::from(9) }) };
    let terms = Terms { gas: Some(100_000), ..Terms::default() };
    let hash = chain.offer(&anna, &call, &terms).unwrap();
    let outcome = chain.wait(&hash).unwrap();
    assert!(!outcome.success && outcome.logs.is_empty());
    assert!(outcome.gas > 21_000 && outcome.gas < 100_000, "{}", outcome.gas);
    assert_eq!(chain.balance(anna.address()).unwrap(), before - outcome.fee);
    assert_eq!(chain.balance(probe).unwrap(), 0);
    assert_eq!(chain.nonce(anna.address()).unwrap(), 2);
    // Out of gas: all of it is gone.
    let spin = to(probe, &Probe::spinCall { rounds: U256::from(100_000) });
    let hash = chain.offer(&anna, &spin, &terms).unwrap();
    let outcome = chain.wait(&hash).unwrap();
    assert_eq!((outcome.success, outcome.gas), (false, 100_000));
}

fn a_used_nonce_is_stale(chain: &mut impl Clock) {
    let (anna, bert) = (rich(chain, "anna"), key("bert").address());
    for _ in 0..3 {
        chain.execute(&anna, &pay(bert, 1)).unwrap();
    }
    match chain.send(&anna, &pay(bert, 2), Some(1)) {
        Err(ChainError::StaleNonce { sender, chain }) => assert_eq!((sender, chain), (anna.address(), 3)),
        other => panic!("{other:?}"),
    }
    assert_eq!(chain.balance(bert).unwrap(), 3);
}

fn a_transaction_ahead_of_its_nonce_waits(chain: &mut impl Clock) {
    let (anna, bert) = (rich(chain, "anna"), key("bert").address());
    let later = chain.send(&anna, &pay(bert, 2), Some(1)).unwrap();
    assert_eq!(chain.outcome(&later).unwrap(), None);
    assert_eq!(chain.transaction(&later).unwrap(), None, "not of the chain yet");
    let first = chain.send(&anna, &pay(bert, 1), Some(0)).unwrap();
    // Whether both get into one block or the second waits for the next is the node's choice.
    let (first, later) = (chain.wait(&first).unwrap(), chain.wait(&later).unwrap());
    assert!(first.success && later.success && first.block <= later.block);
    assert_eq!(chain.balance(bert).unwrap(), 3);
}

fn who_cannot_pay_is_refused(chain: &mut impl Clock) {
    let (poor, bert) = (key("poor"), key("bert").address());
    chain.fund(poor.address(), 1_000).unwrap();
    let terms = Terms { gas: Some(21_000), ..Terms::default() };
    let refused = chain.offer(&poor, &pay(bert, 1), &terms);
    assert!(
        matches!(&refused, Err(ChainError::Refused(why)) if why.to_lowercase().contains("funds")),
        "{refused:?}"
    );
    assert_eq!(chain.nonce(poor.address()).unwrap(), 0);
    let anna = rich(chain, "anna");
    let little = Terms { gas: Some(20_999), ..Terms::default() };
    assert!(
        matches!(chain.offer(&anna, &pay(bert, 1), &little), Err(ChainError::Refused(_))),
        "too little gas"
    );
}

fn what_is_not_there_is_none(chain: &mut impl Clock) {
    assert_eq!(chain.block(1_000).unwrap(), None);
    assert_eq!(chain.outcome(&[1; 32]).unwrap(), None);
    assert_eq!(chain.transaction(&[1; 32]).unwrap(), None);
    assert_eq!(chain.blob(&[1; 32]).unwrap(), None);
    assert_eq!(chain.logs(Address([1; 20]), 0, 1_000).unwrap(), []);
    assert_eq!(chain.logs(Address([1; 20]), 900, 1_000).unwrap(), []);
    assert_eq!(chain.balance(Address([1; 20])).unwrap(), 0);
    assert!(chain.call(Address::default(), &pay(Address([1; 20]), 0)).unwrap().is_empty());
    assert_eq!(chain.id().unwrap(), Settings::default().chain_id);
}

fn time_goes_forward_only(chain: &mut impl Clock) {
    let start = chain.head().unwrap();
    assert_eq!(start.time, Settings::default().time);
    let block = chain.mine_at(start.time + 1_000).unwrap();
    assert_eq!((block.number, block.time), (start.number + 1, start.time + 1_000));
    assert_eq!(chain.block(block.number).unwrap(), Some(block));
    assert!(chain.mine_at(start.time + 999).is_err());
    chain.next_at(start.time + 5_000).unwrap();
    let anna = rich(chain, "anna");
    chain.execute(&anna, &pay(anna.address(), 0)).unwrap();
    assert_eq!(chain.head().unwrap().time, start.time + 5_000);
    chain.execute(&anna, &pay(anna.address(), 0)).unwrap();
    let next = chain.head().unwrap().time;
    assert!((start.time + 5_000..start.time + 5_060).contains(&next), "{next}");
}

fn a_contract_sees_the_block_before(chain: &mut impl Clock) {
    let anna = rich(chain, "anna");
    let probe = deploy(chain, &anna);
    let before = chain.head().unwrap();
    let outcome = chain.execute(&anna, &to(probe, &Probe::seenCall {})).unwrap();
    let here = chain.head().unwrap();
    let (number, value) = stored(&outcome);
    assert_eq!(number, U256::from(before.number + 1));
    let (time, hash) = <(U256, alloy_primitives::B256)>::abi_decode(&value).unwrap();
    assert_eq!((time, hash.0), (U256::from(here.time), before.hash));
    let answer = chain.call(anna.address(), &to(probe, &Probe::clockCall {})).unwrap();
    let (number, time, _, id) =
        <(U256, U256, alloy_primitives::B256, U256)>::abi_decode_params(&answer).unwrap();
    assert_eq!(
        (number, time),
        (U256::from(here.number), U256::from(here.time)),
        "a call is asked at the head"
    );
    assert_eq!(id, U256::from(chain.id().unwrap()));
}

fn history_that_is_taken_back_is_gone(chain: &mut impl Clock) {
    let anna = rich(chain, "anna");
    let probe = deploy(chain, &anna);
    let (head, snapshot) = (chain.head().unwrap(), chain.snapshot().unwrap());
    let outcome = chain.execute(&anna, &store(probe, 1, b"first")).unwrap();
    let gone = chain.head().unwrap();
    chain.revert(snapshot).unwrap();
    assert_eq!(chain.head().unwrap(), head);
    assert_eq!(chain.outcome(&outcome.hash).unwrap(), None);
    assert_eq!(chain.transaction(&outcome.hash).unwrap(), None);
    assert_eq!(chain.logs(probe, 0, gone.number).unwrap(), []);
    assert_eq!(chain.nonce(anna.address()).unwrap(), 1);
    let count = chain.call(anna.address(), &to(probe, &Probe::countCall {})).unwrap();
    assert_eq!(U256::abi_decode(&count).unwrap(), U256::ZERO);
    chain.next_at(head.time + 77).unwrap();
    let other = chain.execute(&anna, &store(probe, 1, b"other")).unwrap();
    let instead = chain.head().unwrap();
    assert_eq!(instead.number, gone.number);
    assert_ne!(instead.hash, gone.hash);
    assert_eq!(chain.logs(probe, 0, gone.number).unwrap(), other.logs);
    assert!(chain.revert(snapshot).is_err(), "a snapshot is taken back once");
}

fn what_waits_can_be_read_and_overtaken(chain: &mut impl Clock) {
    let (anna, eve) = (rich(chain, "anna"), rich(chain, "eve"));
    let probe = deploy(chain, &anna);
    chain.automine(false).unwrap();
    let hash = chain.send(&anna, &store(probe, 1, b"secret"), None).unwrap();
    assert_eq!(chain.outcome(&hash).unwrap(), None);
    let waiting = chain.pending().unwrap();
    let [(seen, copied)] = &waiting[..] else { panic!("{waiting:?}") };
    assert_eq!((*seen, copied.from, copied.to), (hash, anna.address(), Some(probe)));
    let copy = Call { to: copied.to, data: copied.input.clone(), ..Call::default() };
    let quick = Terms { tip: Some(COIN / 1_000_000_000), ..Terms::default() };
    let copied = chain.offer(&eve, &copy, &quick).unwrap();
    let block = chain.mine().unwrap();
    assert_eq!(chain.outcome(&hash).unwrap().unwrap().block, block.number);
    let logs = chain.logs(probe, block.number, block.number).unwrap();
    assert_eq!(logs.iter().map(|log| log.transaction).collect::<Vec<_>>(), [copied, hash], "the tip decides");
    assert_eq!(chain.pending().unwrap(), []);
}

fn a_waiting_transaction_gives_way_to_a_higher_fee(chain: &mut impl Clock) {
    let (anna, bert) = (rich(chain, "anna"), key("bert").address());
    chain.automine(false).unwrap();
    let terms = chain.quote(anna.address(), &pay(bert, 1), &Terms::default()).unwrap();
    let first = chain.offer(&anna, &pay(bert, 1), &terms).unwrap();
    assert_eq!(chain.nonce(anna.address()).unwrap(), 1, "what waits counts");
    let again = chain.offer(&anna, &pay(bert, 1), &terms);
    assert!(matches!(&again, Err(ChainError::Refused(why)) if why.contains("already")), "{again:?}");
    let less =
        Terms { max_fee: terms.max_fee.map(|fee| fee - 1), tip: terms.tip.map(|tip| tip - 1), ..terms };
    let refused = chain.offer(&anna, &pay(bert, 2), &less);
    assert!(matches!(&refused, Err(ChainError::Refused(why)) if why.contains("underpriced")), "{refused:?}");
    let raised = terms.raised(&chain.fees().unwrap(), u128::MAX).unwrap();
    let second = chain.offer(&anna, &pay(bert, 2), &raised).unwrap();
    assert_eq!(chain.pending().unwrap().len(), 1);
    chain.mine().unwrap();
    assert_eq!(chain.outcome(&first).unwrap(), None);
    assert!(chain.outcome(&second).unwrap().unwrap().success);
    assert_eq!(chain.balance(bert).unwrap(), 2);
}

fn a_forgotten_transaction_frees_its_nonce(chain: &mut impl Clock) {
    let (anna, bert) = (rich(chain, "anna"), key("bert").address());
    chain.automine(false).unwrap();
    let hash = chain.send(&anna, &pay(bert, 1), None).unwrap();
    chain.forget(&hash).unwrap();
    assert_eq!(chain.pending().unwrap(), []);
    assert_eq!(chain.nonce(anna.address()).unwrap(), 0);
    chain.automine(true).unwrap();
    chain.execute(&anna, &pay(bert, 2)).unwrap();
    assert_eq!(chain.balance(bert).unwrap(), 2);
}

fn blobs_are_kept_beside_the_transaction(chain: &mut impl Clock) {
    let anna = rich(chain, "anna");
    let probe = deploy(chain, &anna);
    let blob = |byte| {
        let mut blob = vec![0; 131_072];
        blob.chunks_mut(32).for_each(|element| element[1..].fill(byte));
        blob
    };
    let blobs = vec![blob(1), blob(2)];
    let hashes = [versioned_hash(&blobs[0]).unwrap(), versioned_hash(&blobs[1]).unwrap()];
    let call = Call { blobs: blobs.clone(), ..to(probe, &Probe::blobCall { index: U256::from(1) }) };
    let before = chain.balance(anna.address()).unwrap();
    let outcome = chain.execute(&anna, &call).unwrap();
    assert!(outcome.success);
    assert_eq!(stored(&outcome).1, hashes[1], "the contract sees its hash");
    assert_eq!(chain.balance(anna.address()).unwrap(), before - outcome.fee, "blobs cost a fee of their own");
    assert_eq!(chain.transaction(&outcome.hash).unwrap().unwrap().blobs, hashes);
    assert_eq!(chain.blob(&hashes[0]).unwrap().as_ref(), Some(&blobs[0]));
    assert_eq!(chain.blob(&hashes[1]).unwrap().as_ref(), Some(&blobs[1]));
}

fn a_broken_blob_is_refused(chain: &mut impl Clock) {
    let anna = rich(chain, "anna");
    for blob in [vec![0xff; 131_072], vec![0; 131_071]] {
        let call = Call { blobs: vec![blob], ..pay(anna.address(), 0) };
        assert!(matches!(chain.send(&anna, &call, None), Err(ChainError::Refused(_))));
    }
    let create = Call { blobs: vec![vec![0; 131_072]], ..Call::default() };
    let terms = Terms { gas: Some(100_000), ..Terms::default() };
    assert!(matches!(chain.offer(&anna, &create, &terms), Err(ChainError::Refused(_))));
}

fn gas_that_was_estimated_suffices(chain: &mut impl Clock) {
    let anna = rich(chain, "anna");
    let probe = deploy(chain, &anna);
    chain.execute(&anna, &store(probe, 1, &[7; 400])).unwrap();
    let nested =
        |depth: u64| to(probe, &Probe::nestedCall { depth: U256::from(depth), rounds: U256::from(3_000) });
    let clear = to(probe, &Probe::clearCall { key: U256::from(1) });
    for call in [pay(anna.address(), 1), store(probe, 2, &[1; 100]), nested(0), nested(20), clear] {
        let estimate = chain.estimate(anna.address(), &call).unwrap();
        let terms = Terms { gas: Some(estimate), ..Terms::default() };
        let hash = chain.offer(&anna, &call, &terms).unwrap();
        let outcome = chain.wait(&hash).unwrap();
        assert!(outcome.success, "{estimate} gas do not suffice");
        assert!(
            outcome.gas <= estimate && estimate <= outcome.gas * 3 / 2,
            "{estimate}, used {}",
            outcome.gas
        );
    }
}

fn logs_are_found_by_their_blocks(chain: &mut impl Clock) {
    let anna = rich(chain, "anna");
    let (one, two) = (deploy(chain, &anna), deploy(chain, &anna));
    let mut all = Vec::new();
    for at in 0..6 {
        let probe = if at % 3 == 2 { two } else { one };
        let outcome = chain.execute(&anna, &store(probe, at, &[])).unwrap();
        if probe == one {
            all.extend(outcome.logs);
        }
    }
    let (first, last) = (all[0].block, all[3].block);
    assert_eq!(chain.logs(one, 0, u64::MAX).unwrap(), all);
    assert_eq!(chain.logs(one, first, first).unwrap(), all[..1]);
    assert_eq!(chain.logs(one, first + 1, last).unwrap(), all[1..]);
    assert_eq!(chain.logs(one, last + 1, last + 9).unwrap(), []);
    assert_eq!(chain.logs(one, last, first).unwrap(), [], "no blocks, no logs");
}

fn the_fee_follows_the_terms(chain: &mut impl Clock) {
    let anna = rich(chain, "anna");
    let fees = chain.fees().unwrap();
    assert!(fees.base > 0 && fees.tip > 0);
    let terms = Terms { tip: Some(1_234), max_fee: Some(fees.base + 1_234), ..Terms::default() };
    let hash = chain.offer(&anna, &pay(anna.address(), 0), &terms).unwrap();
    let outcome = chain.wait(&hash).unwrap();
    assert_eq!(outcome.fee, 21_000 * (fees.base + 1_234));
    assert!(chain.fees().unwrap().base < fees.base, "an almost empty block makes gas cheaper");
}
