//! Each data mode from the founding to the end: an operator's ledger posts in it, anybody derives it, a lie falls, and the
//! next operator goes on in it.

mod faulty;
mod street;

use faulty::Faulty;
use ledger::{Key, Ledger};
use market::{Address, Hash};
use rollup::audit::audit_with;
use rollup::batch::{Header, Segment};
use rollup::chain::{Chain, Clock, Evm, Settings};
use rollup::contract::{Contract, Head};
use rollup::ledger::{Options, Rollup, Terms};
use rollup::modes::seal::Secret;
use rollup::modes::{Composed, Demands, Mode, Sealing, compose};
use rollup::sequencer::{Posting, Primary, Successor};
use rollup::step::{Context, Place, Record, State, Store, leaf};
use rollup::watcher::{Act, Derived, Doubt, Journal, Verdict, Watcher, derive_with};
use street::{START, Street};

const COINS: u128 = 1 << 100;
/// What is sealed by these tests is sealed with this.
const SECRET: Hash = [5; 32];

struct World {
    mode: Mode,
    chain: Faulty,
    ledger: Rollup,
    street: Street,
}

fn successor() -> Key {
    Key::from_seed(b"", "second operator")
}

fn challenger() -> Key {
    Key::from_seed(b"", "challenger")
}

/// A street that has traded for some intervals, every signature made, everything posted.
fn traded(mode: Mode, seed: u64) -> World {
    let mut street = Street::new(seed, 3).signed();
    let commands = street.day(3);
    let chain = Faulty::new(Evm::new(Settings { time: START - 90_000, ..Settings::default() }));
    let readers = vec![challenger().public()];
    let terms = Terms { successors: vec![successor()], readers, ..Terms::default() };
    let options = Options { posting: posting(), terms, mode, ..Options::new(street.operator.clone()) };
    let mut ledger = Rollup::in_memory(Primary::Clocked(Box::new(chain.clone())), options).unwrap();
    for some in commands.chunks(25) {
        for envelope in some {
            ledger.append(envelope, &mut ()).unwrap().unwrap();
        }
        ledger.commit().unwrap();
    }
    chain.lock().evm.fund(challenger().address(), COINS).unwrap();
    World { mode, chain, ledger, street }
}

fn posting() -> Posting {
    Posting { bytes: 4_000, age: 0, ..Posting::default() }
}

impl World {
    fn contract(&self) -> Address {
        self.ledger.place().unwrap().contract
    }

    fn derived(&mut self) -> Derived {
        let contract = self.contract();
        derive_with(&mut self.chain, contract, None, Some(challenger())).unwrap()
    }

    fn watcher(&mut self, key: Option<Key>) -> Watcher {
        let contract = self.contract();
        Watcher::new(&mut self.chain, contract, key, Journal::in_memory()).unwrap()
    }

    /// The operator posts one more batch beside its ledger: two segments, of which the second only ticks. `records` makes the
    /// first from the state; `change` lies.
    fn post(
        &mut self,
        records: impl FnOnce(&State) -> Vec<u8>,
        change: impl FnOnce(&mut [Segment]),
        twist: impl FnOnce(&mut Composed),
    ) -> Header {
        let mut derived = self.derived();
        assert_eq!(derived.verdict, Verdict::Right);
        let parent = derived.derivation.batches().last().unwrap().header;
        let queue = derived.derivation.queue();
        let chain = queue.hash(parent.queue).unwrap();
        let left =
            queue.items(parent.queue, parent.queue + 1).map(|items| items.concat()).unwrap_or_default();
        let mut state = derived.derivation.state(derived.derivation.inputs()).unwrap().clone();
        let time = state.head().time + 2;
        let posted_at = self.chain.head().unwrap().time.max(time) + 10;
        let context = Context { posted_at, available: parent.queue, chain };
        let mut segments = Vec::new();
        for records in [records(&state), Record::Tick { time }.to_bytes()] {
            rollup::step::execute(&mut state, &context, &records, &[]).unwrap();
            segments.push(Segment { records, root: state.root() });
        }
        change(&mut segments);
        let head = Head { words: state.head().words(), tree: state.tree().root() };
        let records: Vec<&[u8]> = segments.iter().map(|segment| segment.records.as_slice()).collect();
        let contract = self.contract();
        let readers = match Demands::find(&mut self.chain, contract) {
            Ok(demands) => {
                let end = self.chain.head().unwrap().number;
                demands.readers(&mut self.chain, 0, end).unwrap()
            }
            Err(_) => Vec::new(),
        };
        let context = parent.hash();
        let sealing = Sealing { secret: Secret::new(&SECRET, &context, &records), context, readers };
        let mut composed = compose(self.mode, &parent.root, &segments, Some(&sealing)).unwrap();
        twist(&mut composed);
        let mut call = Contract::at(&mut self.chain, contract).calls().post(
            &parent,
            &composed.data,
            &head,
            &chain,
            &left,
        );
        call.blobs = composed.blobs;
        let operator = self.street.operator.clone();
        self.chain.lock().evm.next_at(posted_at).unwrap();
        assert!(self.chain.execute(&operator, &call).unwrap().success);
        let head = self.chain.head().unwrap().number;
        let entries = Contract::at(&mut self.chain, contract).events(head, head).unwrap();
        entries
            .iter()
            .find_map(|entry| match entry.event {
                rollup::contract::Event::Posted { header, .. } => Some(header),
                _ => None,
            })
            .unwrap()
    }

    /// The watcher looks until it has nothing more to do; what it sent.
    fn watch(&mut self, watcher: &mut Watcher) -> (Vec<Act>, Verdict) {
        let mut acts = Vec::new();
        for _ in 0..400 {
            let look = watcher.look(&mut self.chain).unwrap();
            if look.sent.is_empty() {
                return (acts, look.verdict);
            }
            acts.extend(look.sent.into_iter().map(|sent| sent.act));
        }
        panic!("it never rests: {acts:?}");
    }

    fn pass(&mut self, seconds: u64) {
        for _ in 0..4 {
            let time = self.chain.head().unwrap().time;
            self.chain.lock().evm.mine_at(time + seconds / 4 + 1).unwrap();
        }
    }

    /// The second operator takes over with nothing but the primary chain, gives right roots and adds a batch.
    fn goes_on(&mut self, batches: u64) {
        let (contract, window) = (self.contract(), Terms::default().window());
        let mut next =
            Successor::take_over(&mut self.chain, contract, successor(), posting(), window).unwrap();
        let time = next.clerk.state().head().time + 60;
        next.clerk.carry_out(&Record::Tick { time }.to_bytes(), &[]).unwrap();
        let head = self.chain.head().unwrap();
        self.chain.lock().evm.mine_at(head.time.max(time) + 100).unwrap();
        next.drive(&mut self.chain).unwrap();
        assert_eq!((next.poster.done.reposted, next.poster.done.posted), (1, 1), "{:?}", self.mode);
        self.pass(window.1);
        next.drive(&mut self.chain).unwrap();
        let found = audit_with(&mut self.chain, contract, Some(successor())).unwrap();
        assert!(found.is_clean(), "{:?}: {found:?}", self.mode);
        assert_eq!((found.batches, found.finalised, found.fallen), (batches, batches, 1));
        assert_eq!(found.final_root, found.root);
    }
}

fn tick(state: &State) -> Vec<u8> {
    Record::Tick { time: state.head().time + 1 }.to_bytes()
}

/// A transfer that the payer never signed.
fn unsigned(state: &State) -> Vec<u8> {
    let rich = |id: &u32| state.peek::<leaf::Account>(Place::account(*id)).balance > 10;
    let from = (4..state.head().accounts).find(rich).unwrap();
    let signature = Some([0x11; 64]);
    Record::Transfer { from, to: 5 + u32::from(from == 5), amount: 3, nonce: None, signature }.to_bytes()
}

fn bend(segments: &mut [Segment]) {
    segments[0].root[7] ^= 1;
}

#[test]
fn a_day_comes_to_the_same_root_in_every_mode_and_is_derived_from_the_chain_alone() {
    let mut roots = Vec::new();
    for mode in Mode::ALL {
        let mut world = traded(mode, 4);
        world.ledger.finish().unwrap();
        let contract = world.contract();
        let found = audit_with(&mut world.chain, contract, Some(challenger())).unwrap();
        assert!(found.is_clean() && found.batches > 1, "{mode:?}: {found:?}");
        assert_eq!((found.mode, found.finalised), (mode, found.batches));
        assert_eq!(world.ledger.root(), world.street.root());
        let secondary = world.ledger.secondary().unwrap().clone().root();
        assert_eq!(found.root, secondary);
        roots.push((secondary, found.records));
    }
    assert!(roots.windows(2).all(|pair| pair[0] == pair[1]), "{roots:?}");
}

#[test]
fn a_wrong_root_falls_and_the_next_operator_gives_right_ones_in_every_mode() {
    for mode in Mode::ALL {
        let mut world = traded(mode, 1);
        let header = world.post(tick, bend, |_| ());
        let mut watcher = world.watcher(Some(challenger()));
        let (acts, verdict) = world.watch(&mut watcher);
        assert!(acts.iter().any(|act| matches!(act, Act::Prove { .. })), "{mode:?}: {acts:?} {verdict:?}");
        assert!(!acts.iter().any(|act| matches!(act, Act::Demand { .. })), "{mode:?}: nothing is asked for");
        world.goes_on(header.number + 1);
    }
}

#[test]
fn a_blob_that_is_not_what_was_claimed_of_it_falls_too() {
    let lies: [fn(&mut Composed); 2] =
        [|composed| composed.blobs[0][40] ^= 1, |composed| composed.data[5] ^= 1];
    for lie in lies {
        let mut world = traded(Mode::Blob, 2);
        let header = world.post(tick, |_| (), lie);
        let mut watcher = world.watcher(Some(challenger()));
        let (acts, _) = world.watch(&mut watcher);
        assert!(acts.iter().any(|act| matches!(act, Act::Prove { .. })), "{acts:?}");
        let contract = world.contract();
        assert_eq!(Contract::at(&mut world.chain, contract).tip().unwrap().batches, header.number - 1);
    }
}

#[test]
fn signatures_are_demanded_where_a_root_cannot_be_judged_without_and_their_answer_proves_the_lie() {
    let mut world = traded(Mode::Demand, 3);
    let header = world.post(unsigned, bend, |_| ());
    let mut watcher = world.watcher(Some(challenger()));
    let (acts, verdict) = world.watch(&mut watcher);
    let unshown = Doubt::Unshown { number: header.number, segment: 0, mode: Mode::Demand };
    assert_eq!((acts.len(), verdict), (1, Verdict::Unknown(unshown)), "it has asked and waits: {acts:?}");
    // Anybody who has the signatures can answer; the liar does.
    let derived = world.derived();
    let batch = derived.derivation.batches().last().unwrap().clone();
    let contract = world.contract();
    let demands = Demands::find(&mut world.chain, contract).unwrap();
    let before = derived.derivation.clone().state(header.number - 1).unwrap().clone();
    let parted = rollup::modes::demand::part(&unsigned(&before)).unwrap();
    let call =
        demands.show(&header, &batch.published, 0, &market::keccak256(&parted.bare), &parted.signatures);
    let operator = world.street.operator.clone();
    assert!(world.chain.execute(&operator, &call).unwrap().success);
    let (acts, _) = world.watch(&mut watcher);
    assert!(acts.iter().any(|act| matches!(act, Act::Prove { .. })), "{acts:?}");
    world.goes_on(header.number + 1);
}

#[test]
fn what_nobody_shows_falls_when_its_answer_is_overdue_and_is_void_from_then_on() {
    for mode in [Mode::Demand, Mode::Sealed] {
        let mut world = traded(mode, 5);
        // Signatures that nobody has, or a key that nobody can unwrap.
        let twist = move |composed: &mut Composed| {
            let wraps = usize::from(u16::from_be_bytes([composed.data[0], composed.data[1]]));
            match mode {
                Mode::Sealed => composed.data[2 + 33..2 + wraps].fill(3),
                _ => composed.data[2 + wraps..34 + wraps].fill(9),
            }
        };
        let header = match mode {
            Mode::Demand => world.post(unsigned, bend, twist),
            _ => world.post(tick, |_| (), twist),
        };
        let mut watcher = world.watcher(Some(challenger()));
        let (acts, _) = world.watch(&mut watcher);
        let asked =
            acts.iter().filter(|act| matches!(act, Act::Demand { number, .. } if *number == header.number));
        assert_eq!(asked.count(), 1, "{mode:?}: {acts:?}");
        world.pass(Terms::default().window().1 / 4);
        let (acts, _) = world.watch(&mut watcher);
        assert!(acts.iter().any(|act| matches!(act, Act::Overdue { .. })), "{mode:?}: {acts:?}");
        assert!(acts.iter().any(|act| matches!(act, Act::CollectDeposits)), "the deposit is back: {acts:?}");
        let contract = world.contract();
        assert_eq!(Contract::at(&mut world.chain, contract).tip().unwrap().batches, header.number - 1);
        if mode == Mode::Demand {
            world.goes_on(header.number + 1);
        }
    }
}

#[test]
fn an_honest_operator_answers_every_demand_and_its_batches_become_final() {
    let mut world = traded(Mode::Demand, 6);
    let open = world.derived().derivation;
    assert!(open.tip() > open.final_batches(), "nothing is left to be asked for");
    let mut watcher = world.watcher(Some(challenger())).doubting(1);
    let (acts, _) = world.watch(&mut watcher);
    let asked = acts.iter().filter(|act| matches!(act, Act::Demand { .. })).count() as u64;
    assert!(asked > 0, "{acts:?}");
    world.ledger.commit().unwrap();
    assert_eq!(world.ledger.summary().unwrap().done.answered, asked);
    let (acts, verdict) = world.watch(&mut watcher);
    assert_eq!(verdict, Verdict::Right, "{acts:?}");
    world.ledger.finish().unwrap();
    world.pass(2 * Terms::default().window().1);
    world.ledger.finish().unwrap();
    let summary = world.ledger.summary().unwrap();
    assert_eq!((summary.finalised, summary.disputes), (summary.batches, 0));
}

#[test]
fn sealed_batches_are_read_by_registered_watchers_alone() {
    let mut world = traded(Mode::Sealed, 7);
    for key in [None, Some(Key::from_seed(b"", "stranger"))] {
        let mut watcher = world.watcher(key.clone());
        world.chain.lock().evm.fund(key.map_or(Address([1; 20]), |key| key.address()), COINS).unwrap();
        let (acts, verdict) = world.watch(&mut watcher);
        assert!(acts.is_empty(), "{acts:?}");
        let Verdict::Unknown(doubt) = verdict else { panic!("{verdict:?}") };
        assert!(doubt.to_string().contains("registered watcher"), "{doubt}");
    }
    let mut watcher = world.watcher(Some(challenger()));
    assert_eq!(world.watch(&mut watcher).1, Verdict::Right);
}

#[test]
fn an_expired_blob_is_named_and_nothing_after_it_is_judged() {
    let mut world = traded(Mode::Blob, 8);
    let mut watcher = world.watcher(None);
    assert_eq!(world.watch(&mut watcher).1, Verdict::Right);
    let retention = Settings::default().blob_retention;
    world.pass(4 * retention);
    let Verdict::Unknown(doubt) = world.derived().verdict else { panic!("it was read without its blob") };
    assert!(doubt.to_string().contains("no longer keeps its blob"), "{doubt}");
    // Whoever has watched since before goes on.
    assert_eq!(world.watch(&mut watcher).1, Verdict::Right);
}
