//! What only the chain in the process does: deeper re-organisations, fees that are pushed, blobs that are pruned, and a
//! file that survives.

use super::probe::{COIN, deploy, key, pay, rich, store};
use rollup::chain::{Call, Chain, ChainError, Clock, Evm, Settings, Terms};
use std::fs;
use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

#[test]
fn a_reorganisation_makes_transactions_wait_again() {
    let mut evm = Evm::default();
    let (anna, bert) = (rich(&mut evm, "anna"), key("bert").address());
    let outcomes: Vec<_> = (0..5).map(|_| evm.execute(&anna, &pay(bert, 1)).unwrap()).collect();
    let before = evm.block(3).unwrap().unwrap();
    evm.reorganise(3, false).unwrap();
    assert_eq!((evm.head().unwrap().number, evm.balance(bert).unwrap()), (2, 2));
    assert_eq!(evm.pending().unwrap().len(), 3);
    let block = evm.mine().unwrap();
    assert_ne!(block.hash, before.hash);
    for outcome in &outcomes[2..] {
        assert_eq!(evm.outcome(&outcome.hash).unwrap().unwrap().block, 3, "all in one block now");
    }
    assert_eq!(evm.balance(bert).unwrap(), 5);
    evm.reorganise(1, true).unwrap();
    assert!(evm.pending().unwrap().is_empty(), "these were lost");
    assert_eq!(evm.outcome(&outcomes[4].hash).unwrap(), None);
    assert!(evm.reorganise(3, true).is_err(), "block 0 stays");
}

#[test]
fn the_same_block_again_has_another_hash() {
    let mut evm = Evm::default();
    let first = evm.mine().unwrap();
    evm.reorganise(1, true).unwrap();
    let again = evm.mine().unwrap();
    assert_eq!((again.number, again.time), (first.number, first.time));
    assert_ne!(again.hash, first.hash);
}

#[test]
fn coins_given_by_hand_go_with_the_blocks_around_them() {
    let mut evm = Evm::default();
    let bert = key("bert").address();
    evm.mine().unwrap();
    evm.fund(bert, 5).unwrap();
    let snapshot = evm.snapshot().unwrap();
    evm.fund(bert, 9).unwrap();
    evm.mine().unwrap();
    evm.revert(snapshot).unwrap();
    assert_eq!(evm.balance(bert).unwrap(), 5);
    evm.reorganise(1, true).unwrap();
    assert_eq!(evm.balance(bert).unwrap(), 0);
}

#[test]
fn a_tenth_more_is_what_a_replacement_costs() {
    let mut evm = Evm::default();
    let (anna, bert) = (rich(&mut evm, "anna"), key("bert").address());
    evm.automine(false).unwrap();
    let terms = |max_fee, tip| Terms { max_fee: Some(max_fee), tip: Some(tip), ..Terms::default() };
    let at = |terms: Terms| Terms { nonce: Some(0), ..terms };
    evm.offer(&anna, &pay(bert, 1), &at(terms(2_000_000_000, 1_000))).unwrap();
    for (fee, tip) in [(2_200_000_000, 1_099), (2_199_999_999, 1_100)] {
        assert!(evm.offer(&anna, &pay(bert, 2), &at(terms(fee, tip))).is_err(), "{fee} {tip}");
    }
    evm.offer(&anna, &pay(bert, 2), &at(terms(2_200_000_000, 1_100))).unwrap();
}

#[test]
fn what_pays_too_little_waits_until_gas_is_cheaper() {
    let mut evm = Evm::default();
    let (anna, bert) = (rich(&mut evm, "anna"), key("bert").address());
    let base = evm.fees().unwrap().base;
    let terms = Terms { max_fee: Some(base * 9 / 10), tip: Some(0), ..Terms::default() };
    let hash = evm.offer(&anna, &pay(bert, 1), &terms).unwrap();
    assert!(matches!(evm.wait(&hash), Err(ChainError::Refused(_))));
    let mut blocks = 0;
    while evm.outcome(&hash).unwrap().is_none() {
        evm.mine().unwrap();
        blocks += 1;
    }
    assert_eq!(blocks, 1, "an empty block takes an eighth off");
}

#[test]
fn full_blocks_make_gas_dearer_and_leave_the_rest_for_the_next() {
    let settings = Settings { gas_limit: 100_000, ..Settings::default() };
    let mut evm = Evm::new(settings);
    let (anna, bert) = (rich(&mut evm, "anna"), key("bert").address());
    evm.automine(false).unwrap();
    let terms = Terms { max_fee: Some(COIN / 100_000_000), gas: Some(21_000), ..Terms::default() };
    for _ in 0..7 {
        evm.offer(&anna, &pay(bert, 1), &terms).unwrap();
    }
    let before = evm.fees().unwrap().base;
    evm.mine().unwrap();
    assert_eq!((evm.balance(bert).unwrap(), evm.pending().unwrap().len()), (4, 3));
    // 84 000 of a target of 50 000: (84 − 50) / 50 of an eighth.
    assert_eq!(evm.fees().unwrap().base, before + before * 34 / 50 / 8);
    evm.mine().unwrap();
    assert_eq!(evm.balance(bert).unwrap(), 7);
}

#[test]
fn blobs_are_pruned_when_they_are_old() {
    let mut evm = Evm::new(Settings { blob_retention: 1_000, ..Settings::default() });
    let anna = rich(&mut evm, "anna");
    let blob = vec![0; 131_072];
    let hash = rollup::chain::versioned_hash(&blob).unwrap();
    evm.execute(&anna, &Call { blobs: vec![blob.clone()], ..pay(anna.address(), 0) }).unwrap();
    let time = evm.head().unwrap().time;
    evm.mine_at(time + 1_000).unwrap();
    assert_eq!(evm.blob(&hash).unwrap(), Some(blob.clone()));
    evm.mine_at(time + 1_001).unwrap();
    assert_eq!(evm.blob(&hash).unwrap(), None);
    evm.execute(&anna, &Call { blobs: vec![blob.clone()], ..pay(anna.address(), 0) }).unwrap();
    assert_eq!(evm.blob(&hash).unwrap(), Some(blob), "posted again");
}

#[test]
fn many_blobs_make_blobs_dearer() {
    let mut evm = Evm::default();
    let anna = rich(&mut evm, "anna");
    let before = evm.fees().unwrap().blob;
    for _ in 0..10 {
        // Nine of at most nine, where six are the target; 3.5 million above it double the price.
        evm.execute(&anna, &Call { blobs: vec![vec![0; 131_072]; 9], ..pay(anna.address(), 0) }).unwrap();
    }
    assert_eq!(evm.fees().unwrap().blob, 2 * before);
    let ten = Call { blobs: vec![vec![0; 131_072]; 10], ..pay(anna.address(), 0) };
    assert!(matches!(evm.send(&anna, &ten, None), Err(ChainError::Refused(_))));
}

#[test]
fn a_transaction_for_another_chain_is_refused() {
    let mut there = Evm::new(Settings { chain_id: 1, ..Settings::default() });
    let anna = rich(&mut there, "anna");
    let hash = there.send(&anna, &pay(anna.address(), 0), None).unwrap();
    let mut here = Evm::default();
    rich(&mut here, "anna");
    let refused = here.submit(there.raw(&hash).unwrap());
    assert!(matches!(&refused, Err(ChainError::Refused(why)) if why.contains("chain 1")), "{refused:?}");
}

#[test]
fn what_another_signed_can_be_sent_again_after_it_was_lost() {
    let mut evm = Evm::default();
    let anna = rich(&mut evm, "anna");
    let hash =
        evm.send(&anna, &Call { blobs: vec![vec![0; 131_072]], ..pay(anna.address(), 0) }, None).unwrap();
    let raw = evm.raw(&hash).unwrap().to_vec();
    assert!(matches!(evm.submit(&raw), Err(ChainError::StaleNonce { .. })));
    evm.reorganise(1, true).unwrap();
    assert_eq!(evm.outcome(&hash).unwrap(), None);
    assert_eq!(evm.submit(&raw).unwrap(), hash);
    assert!(evm.outcome(&hash).unwrap().is_some());
}

// The file.

fn temporary(name: &str) -> PathBuf {
    let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("chain-{name}-{}", std::process::id()));
    let _ = fs::remove_file(&path);
    path
}

/// A chain that has seen everything a file can hold.
fn busy(evm: &mut Evm) {
    let anna = rich(evm, "anna");
    let probe = deploy(evm, &anna);
    evm.execute(&anna, &store(probe, 1, b"kept")).unwrap();
    let snapshot = evm.snapshot().unwrap();
    evm.execute(&anna, &store(probe, 1, b"taken back")).unwrap();
    evm.revert(snapshot).unwrap();
    let time = evm.head().unwrap().time;
    evm.next_at(time + 500).unwrap();
    evm.execute(&anna, &Call { blobs: vec![vec![0; 131_072]], ..pay(probe, 1) }).unwrap();
    evm.reorganise(1, false).unwrap();
    evm.mine_at(time + 600).unwrap();
    evm.automine(false).unwrap();
    let dropped = evm.send(&anna, &pay(anna.address(), 1), None).unwrap();
    evm.forget(&dropped).unwrap();
    evm.send(&anna, &store(probe, 2, b"waits"), None).unwrap();
}

/// Everything that can be asked.
fn seen(evm: &mut Evm) -> String {
    let anna = key("anna").address();
    let mut text = String::new();
    let head = evm.head().unwrap();
    for number in 0..=head.number {
        text += &format!("{:?}\n", evm.block(number).unwrap());
    }
    for (hash, transaction) in evm.pending().unwrap() {
        text += &format!("{hash:?} {transaction:?}\n");
    }
    let probe = market::Address(alloy_primitives::Address::from(anna.0).create(0).0.0);
    for log in evm.logs(probe, 0, u64::MAX).unwrap() {
        text += &format!("{log:?} {:?}\n", evm.outcome(&log.transaction).unwrap());
    }
    let blob = rollup::chain::versioned_hash(&[0; 131_072]).unwrap();
    text +=
        &format!("{:?} {:?}", evm.balance(anna).unwrap(), evm.blob(&blob).unwrap().map(|blob| blob.len()));
    text
}

#[test]
fn a_file_brings_everything_back() {
    let path = temporary("back");
    let mut evm = Evm::open(&path, Settings::default()).unwrap();
    busy(&mut evm);
    let before = seen(&mut evm);
    assert!(
        matches!(Evm::open(&path, Settings::default()), Err(ChainError::File { .. })),
        "it is open already"
    );
    drop(evm);
    let mut again = Evm::open(&path, Settings { chain_id: 9, ..Settings::default() }).unwrap();
    assert_eq!(seen(&mut again), before);
    assert_eq!((again.torn(), again.id().unwrap()), (0, 31_337));
    again.mine().unwrap();
    let mut memory = Evm::default();
    busy(&mut memory);
    memory.mine().unwrap();
    assert_eq!(seen(&mut again), seen(&mut memory), "a file changes nothing");
    fs::remove_file(&path).unwrap();
}

#[test]
fn a_file_torn_at_any_byte_loses_only_what_nobody_heard_of() {
    let path = temporary("torn");
    let mut evm = Evm::open(&path, Settings::default()).unwrap();
    let anna = rich(&mut evm, "anna");
    // What is seen after each acknowledgement, and how long the file was then.
    let mut states = vec![(fs::metadata(&path).unwrap().len() as usize, seen(&mut evm))];
    for value in 0..2 {
        evm.execute(&anna, &pay(anna.address(), value)).unwrap();
        states.push((fs::metadata(&path).unwrap().len() as usize, seen(&mut evm)));
    }
    drop(evm);
    let bytes = fs::read(&path).unwrap();
    for length in (states[0].0..=bytes.len()).chain(0..80) {
        for zeros in [0, 70] {
            if zeros > 0 && length % 7 != 0 {
                continue;
            }
            let mut torn = bytes[..length].to_vec();
            torn.resize(length + zeros, 0);
            fs::write(&path, &torn).unwrap();
            let mut evm = Evm::open(&path, Settings::default()).unwrap();
            if let Some((whole, state)) = states.iter().rev().find(|(whole, _)| *whole <= length) {
                assert_eq!(&seen(&mut evm), state, "torn at byte {length}");
                assert_eq!(evm.torn() as usize, torn.len() - whole);
                drop(evm);
                assert_eq!(fs::read(&path).unwrap(), bytes[..*whole], "cut off");
            }
        }
    }
    fs::remove_file(&path).unwrap();
}

#[test]
fn damage_before_the_end_is_an_error_and_not_another_chain() {
    let path = temporary("rotten");
    let mut evm = Evm::open(&path, Settings::default()).unwrap();
    let anna = rich(&mut evm, "anna");
    let mut last = 0;
    for value in 0..3 {
        last = fs::metadata(&path).unwrap().len() as usize;
        evm.execute(&anna, &pay(anna.address(), value)).unwrap();
    }
    drop(evm);
    let bytes = fs::read(&path).unwrap();
    for at in 0..bytes.len() {
        let mut rotten = bytes.clone();
        rotten[at] ^= 0x10;
        fs::write(&path, &rotten).unwrap();
        match Evm::open(&path, Settings::default()) {
            Err(ChainError::File { .. }) => assert_eq!(fs::read(&path).unwrap(), rotten, "left as it is"),
            // Damage in the last record cannot be told from a torn one: it is cut off, and that is said.
            Ok(mut evm) => {
                assert!(at >= last && evm.torn() as usize == bytes.len() - last, "byte {at}");
                assert_eq!(evm.head().unwrap().number, 2);
            }
            Err(error) => panic!("{error}"),
        }
    }
    fs::write(&path, b"something else, and long enough to be one of ours, were it not for its first bytes")
        .unwrap();
    assert!(Evm::open(&path, Settings::default()).is_err());
    fs::remove_file(&path).unwrap();
}

/// Run by the next test in a process of its own: sends transactions and says which were acknowledged.
#[test]
#[ignore = "a part of killed_at_any_moment_it_goes_on"]
fn until_it_is_killed() {
    let mut path = String::new();
    std::io::stdin().read_line(&mut path).unwrap();
    let mut evm = Evm::open(Path::new(path.trim()), Settings::default()).unwrap();
    let anna = key("anna");
    let mut out = std::io::stdout();
    loop {
        let outcome = evm.execute(&anna, &pay(key("bert").address(), 1)).unwrap();
        let hash: String = outcome.hash.iter().map(|byte| format!("{byte:02x}")).collect();
        writeln!(out, "done {hash}").unwrap();
        out.flush().unwrap();
    }
}

#[test]
fn killed_at_any_moment_it_goes_on() {
    let path = temporary("killed");
    let mut evm = Evm::open(&path, Settings::default()).unwrap();
    let anna = rich(&mut evm, "anna");
    drop(evm);
    let mut acknowledged = Vec::new();
    for round in 0..12 {
        let mut child = Command::new(std::env::current_exe().unwrap())
            .args(["--exact", "chains::evm::until_it_is_killed", "--ignored", "--nocapture"])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        writeln!(child.stdin.take().unwrap(), "{}", path.display()).unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let mut next = || {
            let line = lines.find(|line| line.as_ref().is_ok_and(|line| line.contains("done ")))?;
            Some(line.unwrap().split("done ").nth(1).unwrap().to_owned())
        };
        for _ in 0..1 + round * 7 % 11 {
            acknowledged.push(next().expect("it goes on"));
        }
        child.kill().unwrap(); // SIGKILL
        child.wait().unwrap();
        // What was still in the pipe was acknowledged, too.
        acknowledged.extend(std::iter::from_fn(next).filter(|hash| hash.len() == 64));
        let mut evm = Evm::open(&path, Settings::default()).unwrap();
        let done = evm.balance(key("bert").address()).unwrap();
        assert!(done == acknowledged.len() as u128 || done == acknowledged.len() as u128 + 1, "{done}");
        assert_eq!(u128::from(evm.nonce(anna.address()).unwrap()), done, "nothing twice");
        for hash in &acknowledged {
            let hash: [u8; 32] =
                std::array::from_fn(|at| u8::from_str_radix(&hash[2 * at..2 * at + 2], 16).unwrap());
            assert!(evm.outcome(&hash).unwrap().is_some_and(|outcome| outcome.success));
        }
        // One that nobody heard of may have been written: it counts from now on.
        if done > acknowledged.len() as u128 {
            let head = evm.head().unwrap();
            let hash = evm.transactions(head.number)[0];
            acknowledged.push(hash.iter().map(|byte| format!("{byte:02x}")).collect());
        }
    }
    fs::remove_file(&path).unwrap();
}
