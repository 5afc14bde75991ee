//! Kill −9 of the watcher at every step: whatever call to the node was the last, and whether it still got through, a
//! new process with the same journal goes on, and the lie is promised once and proven once.

use crate::day::Day;
use crate::node::Node;
use crate::world::{REVEAL, World, challenger};
use ledger::conformance::Folder;
use rollup::chain::{Chain, Clock};
use rollup::contract::Event;
use rollup::step::{Packed, Place, Store, leaf::Account};
use rollup::watcher::{Journal, Verdict, Watcher};
use std::path::Path;

/// A chain with a lie on it.
fn world(seed: u64) -> World {
    let (mut world, mut day) = Day::founded(seed);
    let first = day.next(&mut world).unwrap();
    world.post(first.time, &first.posted(), &mut first.after.clone()).unwrap();
    let batch = day.next(&mut world).unwrap();
    let (mut segments, mut state) = (batch.posted(), batch.after.clone());
    let mut account: Account = state.peek(Place::account(6));
    account.balance += 7;
    state.set_words(Place::account(6), account.pack()).unwrap();
    segments.last_mut().unwrap().root = state.root();
    world.post(batch.time, &segments, &mut state).unwrap();
    world
}

/// A process: starts from nothing but the journal, and looks until all is done or its node is dead. Whether it came to rest, and calls.
fn process(world: &mut World, journal: &Path, dies: Option<(u64, bool)>) -> (bool, u64) {
    let (contract, key) = (world.contract, challenger());
    let mut node = Node::before(&mut world.evm);
    node.dies = dies;
    let mut run = || {
        let journal = Journal::open(journal, node.id().ok()?, contract, key.address()).unwrap();
        let mut watcher = Watcher::new(&mut node, contract, Some(key.clone()), journal).ok()?;
        let mut looks = Vec::new();
        for _ in 0..10 {
            let look = watcher.look(&mut node).ok()?;
            looks.push(format!("{look:?}"));
            if look.verdict == Verdict::Right && !look.waits {
                return Some(());
            }
        }
        panic!("it never comes to rest: {looks:#?}")
    };
    let rested = run().is_some();
    (rested, node.calls)
}

fn check(world: &mut World, what: &str) {
    let head = world.evm.head().unwrap().number;
    let events = world.contract().events(0, head).unwrap();
    let count = |of: fn(&Event) -> bool| events.iter().filter(|entry| of(&entry.event)).count();
    assert_eq!(count(|event| matches!(event, Event::Committed { .. })), 1, "{what}: promises");
    assert_eq!(count(|event| matches!(event, Event::Proven { .. })), 1, "{what}: proofs");
    assert_eq!(count(|event| matches!(event, Event::Rewarded { .. })), 1, "{what}: rewards");
    // Promise, proof, reward, and all collected; none of them twice, none in vain.
    assert_eq!(world.evm.nonce(challenger().address()).unwrap(), 4, "{what}: transactions");
    assert_eq!(world.contract().claimable(challenger().address()).unwrap(), 0, "{what}");
}

#[test]
fn a_killed_watcher_goes_on_and_disputes_once() {
    let folder = Folder::new("watcher-killed");
    let journal = folder.path("journal.json");
    let seed = crate::setting("SEED", 0);
    let mut world = world(seed);
    let begin = (world.evm.snapshot().unwrap(), world.keep());
    // How many calls there are, before and after the reward is due.
    let mut total = 0;
    let mut kills = 0;
    let mut at = 0;
    while at == 0 || at <= total {
        for done in [false, true] {
            let _ = std::fs::remove_file(&journal);
            let snapshot = world.evm.snapshot().unwrap();
            let what =
                format!("seed {seed}, killed at call {at}, {}", if done { "after it" } else { "before it" });
            let dies = (at > 0).then_some((at, done));
            let (rested, calls) = process(&mut world, &journal, dies);
            if at == 0 {
                total = calls;
                assert!(rested);
            } else {
                kills += 1;
            }
            if !rested {
                assert!(process(&mut world, &journal, None).0, "{what}");
            }
            // The reward is due later; it is killed there at the same call.
            let later = world.now() + REVEAL + 1;
            world.evm.mine_at(later).unwrap();
            let (rested, _) = process(&mut world, &journal, dies);
            if !rested {
                assert!(process(&mut world, &journal, None).0, "{what}");
            }
            check(&mut world, &what);
            world.evm.revert(snapshot).unwrap();
        }
        at += 1;
    }
    world.take_back(begin.1);
    println!("killed {kills} times at {total} calls, one promise and one proof each time");
    crate::write_counts("killed", &serde_json::json!({ "kills": kills, "calls": total }));
}

#[test]
fn a_journal_is_about_one_watcher() {
    let folder = Folder::new("watcher-journal");
    let path = folder.path("journal.json");
    let (contract, me) = (market::Address([1; 20]), challenger().address());
    let pending = rollup::watcher::Pending {
        act: "collect".into(),
        nonce: 7,
        raises: 1,
        block: 9,
        transaction: Some([3; 32]),
    };
    let mut journal = Journal::open(&path, 1, contract, me).unwrap();
    journal.set(Some(pending.clone())).unwrap();
    assert_eq!(Journal::open(&path, 1, contract, me).unwrap().pending(), Some(&pending));
    // What a process that died left half written is no journal yet.
    std::fs::write(path.with_extension("new"), "{\"abo").unwrap();
    assert_eq!(Journal::open(&path, 1, contract, me).unwrap().pending(), Some(&pending));
    for (chain, contract, me) in
        [(2, contract, me), (1, market::Address([2; 20]), me), (1, contract, contract)]
    {
        assert!(Journal::open(&path, chain, contract, me).unwrap_err().to_string().contains("is about"));
    }
    std::fs::write(&path, "no journal").unwrap();
    assert!(Journal::open(&path, 1, contract, me).is_err());
}
