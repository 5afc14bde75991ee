//! What happened to others, each a test named after it, and what a watcher does about it.

use crate::cast::key;
use crate::day::{Batch, Day};
use crate::node::Node;
use crate::world::{COMMIT_BOND, REVEAL, WINDOW, World, challenger};
use ledger::Key;
use market::{Address, keccak256};
use rollup::batch::{Header, Segment};
use rollup::chain::{Call, Chain, Clock, Evm};
use rollup::contract::{Calls, Contract, ContractError, Event};
use rollup::step::State;
use rollup::watcher::{Act, Doubt, Journal, Look, Verdict, Watcher, salt};

fn watcher(world: &mut World, key: Key) -> Watcher {
    Watcher::new(&mut world.evm, world.contract, Some(key), Journal::in_memory()).unwrap()
}

/// A day up to batch `count`, posted honestly.
fn begun(seed: u64, count: usize) -> (World, Day) {
    let (mut world, mut day) = Day::founded(seed);
    for _ in 0..count {
        let batch = day.next(&mut world).unwrap();
        post(&mut world, &batch);
    }
    (world, day)
}

fn post(world: &mut World, batch: &Batch) -> Header {
    world.post(batch.time, &batch.posted(), &mut batch.after.clone()).unwrap()
}

/// The batch with a member's balance inflated in its last root, and the state of that.
fn lie(batch: &Batch) -> (Vec<Segment>, State) {
    use rollup::step::{Packed, Place, Store, leaf::Account};
    let mut state = batch.after.clone();
    let mut account: Account = state.peek(Place::account(6));
    account.balance += 1_000_000_000;
    state.set_words(Place::account(6), account.pack()).unwrap();
    let mut segments = batch.posted();
    segments.last_mut().unwrap().root = state.root();
    (segments, state)
}

fn post_lie(world: &mut World, batch: &Batch) -> Header {
    let (segments, mut state) = lie(batch);
    world.post(batch.time, &segments, &mut state).unwrap()
}

/// Looks until nothing is to be done any more; what was sent.
fn watch(watcher: &mut Watcher, chain: &mut Evm) -> (Verdict, Vec<Act>) {
    let mut acts = Vec::new();
    for _ in 0..10 {
        let Look { verdict, sent, .. } = watcher.look(chain).unwrap();
        if sent.is_empty() {
            return (verdict, acts);
        }
        acts.extend(sent.into_iter().map(|sent| sent.act));
    }
    panic!("it never comes to rest: {acts:?}")
}

fn events(world: &mut World) -> Vec<Event> {
    let head = world.evm.head().unwrap().number;
    world.contract().events(0, head).unwrap().into_iter().map(|entry| entry.event).collect()
}

fn sent_by(world: &mut World, who: &Key) -> u64 {
    world.evm.nonce(who.address()).unwrap()
}

#[test]
fn a_lie_is_promised_proven_and_rewarded() {
    let (mut world, mut day) = begun(1, 2);
    let batch = day.next(&mut world).unwrap();
    let header = post_lie(&mut world, &batch);
    let mut watcher = watcher(&mut world, challenger());
    let (verdict, acts) = watch(&mut watcher, &mut world.evm);
    assert_eq!(verdict, Verdict::Right, "what stands is right again");
    let (number, hash, segment) = (header.number, header.hash(), header.segments - 1);
    assert_eq!(acts, [Act::Promise { number, hash, segment }, Act::Prove { number, hash, segment }]);
    let later = world.now() + REVEAL + 1;
    world.evm.mine_at(later).unwrap();
    let (_, acts) = watch(&mut watcher, &mut world.evm);
    assert_eq!(acts, [Act::Reward { hash }, Act::Collect]);
    assert_eq!(world.contract().claimable(challenger().address()).unwrap(), 0, "all is collected");
    // The next operator gives the input right roots.
    let (records, roots): (Vec<_>, Vec<_>) =
        batch.posted().iter().map(|segment| (keccak256(&segment.records), segment.root)).unzip();
    world.see();
    let parent = *world.headers.last().unwrap();
    let mut after = batch.after.clone();
    let chain = world.queue.hash(rollup::step::Store::head(&after).queue).unwrap();
    let turn = world.contract().turn().unwrap();
    let next = world.operators.iter().find(|key| key.address() == turn).unwrap().clone();
    assert_ne!(next.address(), header.operator);
    let head = crate::world::head(&mut after);
    world.contract().repost(&next, &parent, &header, &records, &roots, &head, &chain).unwrap();
    assert_eq!(watch(&mut watcher, &mut world.evm).0, Verdict::Right);
    assert_eq!(watcher.derivation().tip(), number);
    assert_eq!(watcher.derivation().fallen().len(), 1);
}

#[test]
fn wrong_roots_for_an_old_input_are_proven_too() {
    let (mut world, mut day) = begun(2, 1);
    let batch = day.next(&mut world).unwrap();
    let first = post_lie(&mut world, &batch);
    let mut watcher = watcher(&mut world, challenger());
    watch(&mut watcher, &mut world.evm);
    world.see();
    let (segments, mut state) = lie(&batch);
    let records: Vec<_> = segments.iter().map(|segment| keccak256(&segment.records)).collect();
    let roots: Vec<_> = segments.iter().map(|segment| segment.root).collect();
    let turn = world.contract().turn().unwrap();
    let second = world.operators.iter().find(|key| key.address() == turn).unwrap().clone();
    let chain = world.queue.hash(rollup::step::Store::head(&state).queue).unwrap();
    let (parent, head) = (*world.headers.last().unwrap(), crate::world::head(&mut state));
    world.contract().repost(&second, &parent, &first, &records, &roots, &head, &chain).unwrap();
    let (verdict, acts) = watch(&mut watcher, &mut world.evm);
    assert_eq!(verdict, Verdict::Right);
    assert!(acts.iter().any(|act| matches!(act, Act::Prove { .. })));
    assert_eq!(world.contract().bond_of(second.address()).unwrap(), 0);
}

#[test]
fn a_watcher_with_incomplete_data_attacks_no_honest_batch() {
    use alloy_sol_types::SolEvent;
    use rollup::contract::abi::IRollup;
    let (mut world, _) = begun(3, 4);
    let mut check = |what: &str, change: &dyn Fn(&mut Node<'_>), expected: fn(&Doubt) -> bool| {
        let mut watcher = watcher(&mut world, challenger());
        let before = sent_by(&mut world, &challenger());
        let mut node = Node::before(&mut world.evm);
        change(&mut node);
        for _ in 0..3 {
            let look = watcher.look(&mut node).unwrap();
            let Verdict::Unknown(doubt) = look.verdict else { panic!("{what}: {:?}", look.verdict) };
            assert!(expected(&doubt), "{what}: {doubt}");
            assert!(look.sent.is_empty(), "{what}");
        }
        assert_eq!(sent_by(&mut world, &challenger()), before, "{what}");
        // Once the node has everything, so has the watcher.
        assert_eq!(watch(&mut watcher, &mut world.evm).0, Verdict::Right, "{what}");
    };
    fn without(topic: [u8; 32], which: usize) -> impl Fn(&mut Node<'_>) {
        move |node| {
            node.logs = Some(Box::new(move |mut logs| {
                let found: Vec<_> = (0..logs.len()).filter(|i| logs[*i].topics[0] == topic).collect();
                if let Some(at) = found.get(which) {
                    logs.remove(*at);
                }
                logs
            }));
        }
    }
    let deposited = IRollup::Deposited::SIGNATURE_HASH.0;
    let posted = IRollup::Posted::SIGNATURE_HASH.0;
    check("a deposit is missing", &without(deposited, 1), |doubt| matches!(doubt, Doubt::Gap { .. }));
    check("the last deposit is missing", &without(deposited, 5), |doubt| {
        matches!(doubt, Doubt::Gap { .. } | Doubt::Orphan { .. } | Doubt::Node(_))
    });
    check("a batch is missing", &without(posted, 2), |doubt| matches!(doubt, Doubt::Orphan { .. }));
    check("the last batch is missing", &without(posted, 4), |doubt| matches!(doubt, Doubt::Node(_)));
    check(
        "an amount is another",
        &move |node| {
            node.logs = Some(Box::new(move |mut logs| {
                if let Some(log) = logs.iter_mut().find(|log| log.topics[0] == deposited) {
                    log.data[63] ^= 1;
                }
                logs
            }));
        },
        |doubt| matches!(doubt, Doubt::Queue { .. }),
    );
    check(
        "a header is another",
        &move |node| {
            node.logs = Some(Box::new(move |mut logs| {
                if let Some(log) = logs.iter_mut().rfind(|log| log.topics[0] == posted) {
                    log.data[32 * 6 + 5] ^= 1; // its root
                }
                logs
            }));
        },
        |doubt| matches!(doubt, Doubt::Header { .. }),
    );
    check(
        "the transactions are gone",
        &|node| {
            node.transactions = Some(Box::new(|_| None));
        },
        |doubt| matches!(doubt, Doubt::Withheld { .. }),
    );
    check(
        "the transactions went elsewhere",
        &|node| {
            node.transactions = Some(Box::new(|transaction| {
                transaction.map(|mut transaction| {
                    transaction.to = Some(Address([9; 20]));
                    transaction
                })
            }));
        },
        |doubt| matches!(doubt, Doubt::Withheld { .. }),
    );
    check(
        "the data is another",
        &|node| {
            node.transactions = Some(Box::new(|transaction| {
                transaction.map(|mut transaction| {
                    // One bit of the first record, behind parent, head and the arguments' places.
                    let at = 4 + 32 * (16 + 1 + 4 + 1 + 1 + 1) + 3;
                    transaction.input[at] ^= 1;
                    transaction
                })
            }));
        },
        |doubt| matches!(doubt, Doubt::Data { .. }),
    );
}

#[test]
fn a_node_that_lags_makes_nobody_attack() {
    let (mut world, mut day) = begun(4, 3);
    let mut watcher = watcher(&mut world, challenger());
    assert_eq!(watch(&mut watcher, &mut world.evm).0, Verdict::Right);
    let batch = day.next(&mut world).unwrap();
    post(&mut world, &batch);
    for lag in [1, 5, 20] {
        let mut node = Node::before(&mut world.evm);
        node.lag = lag;
        let look = watcher.look(&mut node).unwrap();
        assert!(!matches!(look.verdict, Verdict::Wrong { .. }), "{lag}: {:?}", look.verdict);
        assert!(look.sent.is_empty());
    }
    assert_eq!(watch(&mut watcher, &mut world.evm).0, Verdict::Right);
}

#[test]
fn a_withheld_batch_does_not_protect_a_lie_before_it() {
    let (mut world, mut day) = begun(5, 1);
    let batch = day.next(&mut world).unwrap();
    let header = post_lie(&mut world, &batch);
    // The next one is posted on the lie, and its transaction cannot be read.
    let (_, mut state) = lie(&batch);
    let time = world.now() + 10;
    let root = state.root();
    world.post(time, &[Segment { records: vec![2, 0], root }], &mut state).unwrap();
    let mut watcher = watcher(&mut world, challenger());
    let head = world.evm.head().unwrap().number;
    let entries = world.contract().events(head, head).unwrap();
    let hidden = world.evm.transaction(&entries[0].transaction).unwrap().unwrap().input;
    let mut node = Node::before(&mut world.evm);
    node.transactions = Some(Box::new(move |found| found.filter(|found| found.input != hidden)));
    let look = watcher.look(&mut node).unwrap();
    assert_eq!(look.verdict, Verdict::Wrong { number: header.number, segment: header.segments - 1 });
    assert_eq!(look.sent.len(), 1);
}

#[test]
fn what_another_contract_passes_on_cannot_be_posted() {
    // Calls the address in the first 20 bytes of its calldata with the rest, and hands a refusal on.
    let mut code = [
        &[0x60, 20, 0x36, 0x03, 0x60, 20, 0x5f, 0x37][..], // calldatacopy(0, 20, size − 20)
        &[0x5f, 0x5f, 0x60, 20, 0x36, 0x03, 0x5f, 0x34],   // out 0 0, in 0 size − 20, value
        &[0x5f, 0x35, 0x60, 96, 0x1c, 0x5a, 0xf1],         // call(gas, calldata[0] >> 96, …)
        &[0x60, 0, 0x57],                                  // jump to the end where it went well
        &[0x3d, 0x5f, 0x5f, 0x3e, 0x3d, 0x5f, 0xfd],       // else revert with what came back
        &[0x5b, 0x00],
    ]
    .concat();
    code[24] = code.len() as u8 - 2;
    let length = code.len() as u8;
    let creation = [&[0x60, length, 0x60, 10, 0x5f, 0x39, 0x60, length, 0x5f, 0xf3][..], &code].concat();
    let relay = std::cell::Cell::new(Address::default());
    let design = crate::world::Design { rule: 1, key: 5, signed: false };
    // The relay is deployed by whoever founds, as its second contract.
    let mut scratch = Evm::default();
    let founder = key("founder");
    scratch.fund(founder.address(), 1 << 100).unwrap();
    Contract::deploy_transition(&mut scratch, &founder).unwrap();
    Contract::deploy_transition(&mut scratch, &founder).unwrap();
    let call = Call { data: creation, ..Call::default() };
    relay.set(scratch.execute(&founder, &call).unwrap().contract.unwrap());
    let mut world = World::found_with(design, |config| config.operators.insert(0, relay.get()));
    assert_eq!(world.evm.execute(&founder, &call).unwrap().contract, Some(relay.get()));
    let pass = |world: &mut World, call: Call| {
        let data = [&world.contract.0[..], &call.data].concat();
        let call = Call { to: Some(relay.get()), data, value: call.value, blobs: vec![] };
        world.evm.execute(&founder, &call)
    };
    let calls = Calls(world.contract);
    assert!(pass(&mut world, calls.bond(crate::world::BOND)).unwrap().success);
    assert_eq!(world.contract().turn().unwrap(), relay.get());
    let mut state = world.genesis.clone();
    let (parent, head) = (world.headers[0], crate::world::head(&mut state));
    let data = rollup::batch::encode(&[Segment { records: vec![2, 0], root: state.root() }]).unwrap();
    let post = calls.post(&parent, &data, &head, &[0; 32], &[]);
    let refusal = ContractError::from(pass(&mut world, post).unwrap_err());
    assert!(refusal.to_string().contains("NotDirect"), "{refusal}");
}

#[test]
fn a_verifier_that_lags_the_transitions_version_refuses() {
    let (mut world, mut day) = begun(6, 2);
    let mut watcher = watcher(&mut world, challenger());
    // Another transition: any code that is not ours.
    let creation = vec![0x60, 1, 0x5f, 0x53, 0x60, 1, 0x5f, 0xf3]; // returns one byte of code
    let founder = key("founder");
    let other =
        world.evm.execute(&founder, &Call { data: creation, ..Call::default() }).unwrap().contract.unwrap();
    world.contract().announce(&founder, other).unwrap();
    assert_eq!(watch(&mut watcher, &mut world.evm).0, Verdict::Right, "announced is not active");
    assert_eq!(watcher.derivation().versions().stranger(), Some((2, other)), "but it is known that it comes");
    // A lie under the version that is known falls as ever.
    let batch = day.next(&mut world).unwrap();
    post_lie(&mut world, &batch);
    let (verdict, acts) = watch(&mut watcher, &mut world.evm);
    assert_eq!((verdict, acts.len()), (Verdict::Right, 2));
    world.see();
    // Then time passes, and what is posted is judged by the other.
    let mut world = {
        let (mut world, _) = begun(6, 2);
        let other = world.evm.execute(
            &founder,
            &Call { data: vec![0x60, 1, 0x5f, 0x53, 0x60, 1, 0x5f, 0xf3], ..Call::default() },
        );
        world.contract().announce(&founder, other.unwrap().contract.unwrap()).unwrap();
        world
    };
    let mut watcher = self::watcher(&mut world, challenger());
    let time = world.now() + 400_100;
    world.evm.mine_at(time).unwrap();
    let mut state = watcher.derivation().state(0).unwrap().clone();
    watch(&mut watcher, &mut world.evm);
    state = watcher.derivation().state(2).map_or(state, |state| state.clone());
    let segments = [Segment { records: vec![2, 0], root: state.root() }];
    assert_eq!(world.post(time + 10, &segments, &mut state).unwrap().version, 2);
    let before = sent_by(&mut world, &challenger());
    let (verdict, _) = watch(&mut watcher, &mut world.evm);
    assert_eq!(verdict, Verdict::Unknown(Doubt::Version { number: 3, version: 2 }));
    assert_eq!(sent_by(&mut world, &challenger()), before);
    // The same code under another number is no stranger.
    let (same, _) = Contract::deploy_transition(&mut world.evm, &founder).unwrap();
    assert!(rollup::watcher::is_ours(&mut world.evm, same).unwrap());
    assert!(!rollup::watcher::is_ours(&mut world.evm, world.contract).unwrap());
}

#[test]
fn a_re_organisation_below_the_confirmation_depth() {
    let (mut world, mut day) = begun(7, 2);
    let mut watcher = watcher(&mut world, challenger());
    watch(&mut watcher, &mut world.evm);
    let kept = (world.evm.snapshot().unwrap(), world.keep());
    let batch = day.next(&mut world).unwrap();
    let lied = post_lie(&mut world, &batch);
    let look = watcher.look(&mut world.evm).unwrap();
    assert!(matches!(look.sent[..], [_]), "the promise is made");
    assert_eq!(look.verdict, Verdict::Wrong { number: 3, segment: lied.segments - 1 });
    // The chain changes its mind: the lie and the promise never were, the truth is posted instead.
    world.evm.revert(kept.0).unwrap();
    world.take_back(kept.1);
    world.evm.mine().unwrap();
    let honest = post(&mut world, &batch);
    assert_eq!(honest.number, lied.number);
    assert_ne!(honest.hash(), lied.hash());
    let (verdict, acts) = watch(&mut watcher, &mut world.evm);
    assert_eq!((verdict, acts), (Verdict::Right, vec![]), "nobody attacks the truth");
    // Deeper, with the queue: other deposits lead to other roots.
    let tip = watcher.derivation().tip();
    world.evm.reorganise(9, true).unwrap();
    let (verdict, acts) = watch(&mut watcher, &mut world.evm);
    assert_eq!((verdict, acts), (Verdict::Right, vec![]));
    assert!(watcher.derivation().tip() < tip);
    let derived = rollup::watcher::derive(&mut world.evm, world.contract, None).unwrap();
    assert_eq!(derived.derivation.tip(), watcher.derivation().tip());
    assert_eq!(derived.derivation.queue().len(), watcher.derivation().queue().len());
}

#[test]
fn stale_nonces_after_the_node_restarts() {
    let (mut world, mut day) = begun(8, 1);
    let batch = day.next(&mut world).unwrap();
    post_lie(&mut world, &batch);
    let mut watcher = watcher(&mut world, challenger());
    world.evm.automine(false).unwrap();
    // It promises, and waits for the promise.
    let first = watcher.look(&mut world.evm).unwrap();
    assert_eq!((first.sent.len(), first.waits), (1, true));
    let second = watcher.look(&mut world.evm).unwrap();
    assert_eq!((second.sent.len(), second.waits), (0, true), "nothing is sent twice");
    // The node restarts without its pool: the same nonce is free again, and used again.
    world.evm.forget(&first.sent[0].transaction).unwrap();
    let third = watcher.look(&mut world.evm).unwrap();
    assert_eq!(third.sent.len(), 1);
    assert_eq!(world.evm.pending().unwrap().len(), 1);
    world.evm.mine().unwrap();
    // A node that lost count names a nonce that is used: the chain refuses it, and nothing else happens.
    let mut node = Node::before(&mut world.evm);
    node.forgotten = 1;
    assert!(watcher.look(&mut node).is_err());
    world.evm.automine(true).unwrap();
    let (verdict, acts) = watch(&mut watcher, &mut world.evm);
    assert_eq!(verdict, Verdict::Right);
    assert!(matches!(acts[..], [Act::Prove { .. }]), "{acts:?}");
    let all = events(&mut world);
    assert_eq!(all.iter().filter(|event| matches!(event, Event::Committed { .. })).count(), 1);
    assert_eq!(all.iter().filter(|event| matches!(event, Event::Proven { .. })).count(), 1);
}

#[test]
fn what_every_pool_has_forgotten_is_sent_again() {
    let (mut world, mut day) = begun(9, 1);
    let batch = day.next(&mut world).unwrap();
    post_lie(&mut world, &batch);
    let mut watcher = watcher(&mut world, challenger());
    world.evm.automine(false).unwrap();
    watcher.look(&mut world.evm).unwrap();
    let before = world.evm.pending().unwrap();
    // Blocks go by without it, as when everybody else pays more.
    for _ in 0..5 {
        let waiting = world.evm.pending().unwrap();
        waiting.iter().for_each(|(hash, _)| world.evm.forget(hash).unwrap());
        world.evm.mine().unwrap();
    }
    let look = watcher.look(&mut world.evm).unwrap();
    assert_eq!(look.sent.len(), 1);
    let after = world.evm.pending().unwrap();
    assert_eq!((before.len(), after.len()), (1, 1));
}

#[test]
fn a_reward_copied_from_the_pending_pool() {
    let (mut world, mut day) = begun(10, 1);
    let batch = day.next(&mut world).unwrap();
    let header = post_lie(&mut world, &batch);
    let (hash, segment) = (header.hash(), header.segments - 1);
    let mut watcher = watcher(&mut world, challenger());
    watcher.look(&mut world.evm).unwrap();
    world.evm.automine(false).unwrap();
    let look = watcher.look(&mut world.evm).unwrap();
    assert!(matches!(look.sent[0].act, Act::Prove { .. }));
    // Somebody reads the proof in the pool, and gets it into a block first.
    let rival = key("rival");
    let (_, seen) = world.evm.pending().unwrap().remove(0);
    let copied = Call { to: seen.to, data: seen.input, ..Call::default() };
    let fees = world.evm.fees().unwrap();
    let terms = rollup::chain::Terms { tip: Some(fees.tip * 100), ..Default::default() };
    world.evm.offer(&rival, &copied, &terms).unwrap();
    world.evm.mine().unwrap();
    world.evm.automine(true).unwrap();
    assert!(!world.evm.outcome(&look.sent[0].transaction).unwrap().unwrap().success, "the copy was first");
    // The batch fell all the same, and the older promise takes the reward over.
    let (verdict, acts) = watch(&mut watcher, &mut world.evm);
    assert_eq!(verdict, Verdict::Right);
    assert!(acts.contains(&Act::Claim { hash, segment }), "{acts:?}");
    let later = world.now() + REVEAL + 1;
    world.evm.mine_at(later).unwrap();
    let before = world.evm.balance(challenger().address()).unwrap();
    let (_, acts) = watch(&mut watcher, &mut world.evm);
    assert_eq!(acts, [Act::Reward { hash }, Act::Collect]);
    let reward = world.evm.balance(challenger().address()).unwrap() - before;
    assert!(reward > crate::world::BOND * 2 / 5 - COMMIT_BOND, "{reward}");
    assert_eq!(world.contract().claimable(rival.address()).unwrap(), 0);
    assert_ne!(salt(&rival, &hash, segment), salt(&challenger(), &hash, segment));
}

#[test]
fn several_watchers_prove_a_lie_once() {
    let (mut world, mut day) = begun(11, 2);
    let batch = day.next(&mut world).unwrap();
    post_lie(&mut world, &batch);
    let mut watchers: Vec<_> = ["challenger", "rival"].map(|name| watcher(&mut world, key(name))).into();
    for _ in 0..12 {
        for watcher in &mut watchers {
            watcher.look(&mut world.evm).unwrap();
        }
        let later = world.now() + REVEAL / 4;
        world.evm.mine_at(later).unwrap();
    }
    let all = events(&mut world);
    assert_eq!(all.iter().filter(|event| matches!(event, Event::Proven { .. })).count(), 1);
    assert_eq!(all.iter().filter(|event| matches!(event, Event::Rewarded { .. })).count(), 1);
    for name in ["challenger", "rival"] {
        assert_eq!(world.contract().claimable(key(name).address()).unwrap(), 0, "{name} has its bond back");
    }
}

#[test]
fn a_move_in_the_last_second_of_a_window() {
    let (mut world, mut day) = begun(12, 1);
    let batch = day.next(&mut world).unwrap();
    let header = post_lie(&mut world, &batch);
    // The watcher was away, and comes back when the window is all but over: it proves at once.
    world.evm.mine_at(header.posted_at + WINDOW - 1).unwrap();
    let mut watcher = watcher(&mut world, challenger());
    let look = watcher.look(&mut world.evm).unwrap();
    assert!(matches!(look.sent[0].act, Act::Prove { .. }));
    assert_eq!(world.contract().tip().unwrap().batches, header.number - 1);
    // A lie that became final is told, and nothing is sent.
    let (mut world, mut day) = begun(13, 0);
    let batch = day.next(&mut world).unwrap();
    let header = post_lie(&mut world, &batch);
    for _ in 0..6 {
        let later = world.now() + WINDOW;
        world.evm.mine_at(later).unwrap();
    }
    world.contract().finalise(&key("rival"), &[header]).unwrap();
    let mut watcher = self::watcher(&mut world, challenger());
    let (verdict, acts) = watch(&mut watcher, &mut world.evm);
    assert!(matches!(verdict, Verdict::Wrong { number: 1, .. }));
    assert_eq!(acts, []);
}

#[test]
fn a_watcher_shows_now_and_then_that_it_watches() {
    let mut asked = 0;
    let mut batches = 0;
    for seed in 0..8 {
        let (mut world, mut day) = begun(seed, 0);
        let mut watcher = watcher(&mut world, challenger());
        while let Some(batch) = day.next(&mut world) {
            let header = post(&mut world, &batch);
            let (verdict, acts) = watch(&mut watcher, &mut world.evm);
            assert_eq!(verdict, Verdict::Right);
            batches += 1;
            if acts.iter().any(|act| matches!(act, Act::Attest { .. })) {
                asked += 1;
                assert_eq!(world.contract().last_seen(challenger().address()).unwrap(), header.number);
                assert!(watcher.derivation().is_attested(challenger().address(), header.number));
            }
        }
    }
    assert!(asked > 0 && asked < batches / 4, "{asked} of {batches}");
}
