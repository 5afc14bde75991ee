//! The data modes on the EVM in the process, with the contracts and the transition as they are deployed: honest days become
//! final, lies fall, and what is withheld is lost.

#[allow(dead_code)]
#[path = "../watcher/cast.rs"]
mod cast;
#[allow(dead_code)]
#[path = "../watcher/day.rs"]
mod day;
mod judge;
#[allow(dead_code)]
#[path = "../watcher/world.rs"]
mod world;

use cast::{Rng, key};
use day::{Batch, Day};
use judge::{Finding, judge};
use ledger::Key;
use market::{Hash, keccak256};
use rollup::batch::{Header, Segment};
use rollup::chain::{Chain, Clock};
use rollup::contract::{Config, Contract, Event, Posted, posted};
use rollup::modes::demand::part;
use rollup::modes::seal::{Answer, Secret, apply};
use rollup::modes::{
    Content, Demands, Disputes, Mode, Published, Sealing, Terms, cell, compose, create, read,
};
use rollup::step::{State, Store};
use world::{BOND, Design, WINDOW, World, challenger, head};

const TERMS: Terms = Terms { answer_seconds: WINDOW / 4, answer_blocks: 2, deposit: 1_000_000_000_000_000 };
const SALT: Hash = [7; 32];

/// A community whose batches are posted in some mode.
struct Community {
    mode: Mode,
    world: World,
    day: Day,
    /// Before the batch that comes next.
    state: State,
}

/// A batch on the chain, and what its operator knows of it.
struct Sent {
    header: Header,
    segments: Vec<Segment>,
    published: Published,
    secret: Secret,
}

fn found(mode: Mode, seed: u64) -> Community {
    let design = Design { signed: true, ..Design::random(&mut Rng(seed)) };
    let world = World::found_by(
        design,
        |config| config.window_blocks = 8,
        |evm, founder, config, genesis| {
            let config = Config { genesis: genesis.root(), ..config.clone() };
            let call = match mode {
                Mode::Calldata | Mode::Blob => {
                    rollup::contract::Calls::create_rollup(mode.contract(), &config)
                }
                Mode::Demand | Mode::Sealed => create(mode.contract(), &config, &TERMS),
            };
            evm.execute(founder, &call.unwrap()).unwrap().contract.unwrap()
        },
    );
    let day = Day::new(seed, &world.genesis);
    let state = world.genesis.clone();
    let mut community = Community { mode, world, day, state };
    if mode == Mode::Sealed {
        for reader in [challenger(), key("rival")] {
            let call = community.demands().admit(reader.address(), &reader.public());
            community.send(&key("founder"), &call);
        }
    }
    community
}

impl Community {
    fn demands(&mut self) -> Demands {
        let call = Demands::whereabouts(self.world.contract);
        let answer = self.world.evm.call(challenger().address(), &call).unwrap();
        Demands::found(&answer).unwrap()
    }

    fn send(&mut self, from: &Key, call: &rollup::chain::Call) -> u64 {
        let outcome = self.world.evm.execute(from, call).unwrap();
        assert!(outcome.success, "{call:?}");
        self.world.see();
        outcome.gas
    }

    fn next(&mut self) -> Option<Batch> {
        self.day.next(&mut self.world)
    }

    /// Posts a batch as its mode does, changed by `change`, and reads it back from the chain alone.
    fn post(
        &mut self,
        batch: &Batch,
        segments: Vec<Segment>,
        change: impl FnOnce(&mut rollup::modes::Composed, &Sealing),
    ) -> Sent {
        let turn = self.world.contract().turn().unwrap();
        let operator = self.world.operators.iter().find(|key| key.address() == turn).unwrap().clone();
        let parent = *self.world.headers.last().unwrap();
        let records: Vec<&[u8]> = segments.iter().map(|segment| segment.records.as_slice()).collect();
        let secret = Secret::new(&[5; 32], &parent.hash(), &records);
        let readers = vec![challenger().public(), key("rival").public()];
        let sealing = Sealing { secret: secret.clone(), context: parent.hash(), readers };
        let mut composed = compose(self.mode, &parent.root, &segments, Some(&sealing)).unwrap();
        change(&mut composed, &sealing);

        let mut last = batch.after.clone();
        let consumed = last.head().queue;
        let chain = self.world.queue.hash(consumed).unwrap();
        let next =
            self.world.queue.items(consumed, consumed + 1).map(|items| items.concat()).unwrap_or_default();
        let mut call =
            self.world.contract().calls().post(&parent, &composed.data, &head(&mut last), &chain, &next);
        call.blobs = composed.blobs;
        self.world.evm.next_at(batch.time).unwrap();
        self.send(&operator, &call);
        let header = *self.world.headers.last().unwrap();
        assert_eq!(header.parent, parent.hash());
        let published = self.read(&header, &parent);
        Sent { header, segments, published, secret }
    }

    /// What anybody finds on the chain.
    fn read(&mut self, header: &Header, parent: &Header) -> Published {
        let address = self.world.contract;
        let entries = Contract::at(&mut self.world.evm, address).events(header.block, header.block).unwrap();
        let entry = entries.iter().find(|entry| matches!(entry.event, Event::Posted { .. })).unwrap();
        let Posted::New { data, .. } = posted(&mut self.world.evm, address, entry).unwrap() else { panic!() };
        let blob = self.world.evm.blob(&header.blob).unwrap_or_default();
        read(self.mode, &parent.root, blob.as_deref().unwrap_or(&data)).unwrap()
    }

    /// The keys that a registered watcher unwraps from the chain.
    fn unwrapped(&self, reader: &Key, place: usize, sent: &Sent) -> Option<Secret> {
        Secret::unwrap(reader, place, &sent.header.parent, &sent.published.wraps)
    }

    /// Judges a batch with what the mode lets a watcher know without asking.
    fn judge(&mut self, sent: &Sent, shown: &dyn Fn(usize) -> Option<Vec<u8>>) -> Finding {
        let secret = self.unwrapped(&challenger(), 0, sent);
        let mode = self.mode;
        let known = |i: usize| match mode {
            Mode::Sealed => shown(i).or_else(|| Some(secret.as_ref()?.key(i as u32).to_vec())),
            _ => shown(i),
        };
        judge(&mut self.state, &sent.header, &sent.published, &self.world.queue, &known)
    }

    /// Demands what is missing of a segment and has it shown on the chain; the signatures.
    fn shown(&mut self, sent: &Sent, segment: usize) -> Vec<u8> {
        let demands = self.demands();
        let index = segment as u32;
        self.send(&challenger(), &demands.demand_signatures(&sent.header, index, TERMS.deposit));
        let parted = part(&sent.segments[segment].records).unwrap();
        let bare = keccak256(&parted.bare);
        let call = demands.show(&sent.header, &sent.published, index, &bare, &parted.signatures);
        let operator =
            self.world.operators.iter().find(|key| key.address() == sent.header.operator).unwrap().clone();
        self.send(&operator, &call);
        parted.signatures
    }

    /// Judges, and asks on the chain as often as it needs to.
    fn settle(&mut self, sent: &Sent) -> (Finding, usize) {
        let mut known: std::collections::BTreeMap<usize, Vec<u8>> = Default::default();
        loop {
            let finding = self.judge(sent, &|i| known.get(&i).cloned());
            let Finding::Asks(i) = finding else { return (finding, known.len()) };
            assert_eq!(self.mode, Mode::Demand, "only signatures are unknown to who can read");
            let signatures = self.shown(sent, i);
            assert!(known.insert(i, signatures).is_none(), "segment {i} was shown already");
        }
    }

    fn fell(&mut self, sent: &Sent) {
        let tip = self.world.contract().tip().unwrap();
        assert_eq!(tip.batches, sent.header.number - 1);
        let contract = &mut self.world.contract();
        assert_eq!(contract.bond_of(sent.header.operator).unwrap(), 0);
    }

    /// Until what was demanded is overdue.
    fn pass(&mut self) {
        let now = self.world.now();
        for i in 1..=3 {
            self.world.evm.mine_at(now + TERMS.answer_seconds * i / 3 + i).unwrap();
        }
    }
}

/// A root that does not follow, before the batch's end so that its head stays what it is; `None` for short batches.
fn lied(segments: &[Segment], rng: &mut Rng) -> Option<(usize, Vec<Segment>)> {
    let mut segments = segments.to_vec();
    let at = rng.below(segments.len().checked_sub(1).filter(|&count| count > 0)? as u64) as usize;
    segments[at].root = rng.hash();
    Some((at, segments))
}

#[test]
fn an_honest_day_is_right_in_every_mode_and_becomes_final() {
    for mode in Mode::ALL {
        for seed in 0..3 {
            let mut community = found(mode, seed);
            let mut headers = Vec::new();
            while let Some(batch) = community.next() {
                let sent = community.post(&batch, batch.posted(), |_, _| ());
                let (finding, _) = community.settle(&sent);
                assert_eq!(finding, Finding::Right, "{mode:?} {seed}");
                let mut after = batch.after.clone();
                assert_eq!(community.state.root(), after.root());
                headers.push(sent.header);
            }
            let end = community.world.now() + 2 * WINDOW;
            for i in 0..20 {
                community.world.evm.mine_at(end + i).unwrap();
            }
            community.world.contract().finalise(&challenger(), &headers).unwrap();
            assert_eq!(community.world.contract().final_root().unwrap(), community.state.root());
        }
    }
}

#[test]
fn a_root_that_does_not_follow_falls_in_every_mode() {
    for mode in Mode::ALL {
        let (mut lies, mut asked) = (0, 0);
        for seed in 0..12 {
            let mut community = found(mode, seed);
            let mut rng = Rng(seed);
            let wrong = seed % 6;
            for number in 0.. {
                let Some(batch) = community.next() else { break };
                let honest = batch.posted();
                if number < wrong {
                    let sent = community.post(&batch, honest, |_, _| ());
                    assert_eq!(community.settle(&sent).0, Finding::Right);
                    continue;
                }
                let Some((at, segments)) = lied(&honest, &mut rng) else { continue };
                let sent = community.post(&batch, segments, |_, _| ());
                let (finding, questions) = community.settle(&sent);
                let Finding::Wrong(fraud) = finding else { panic!("{mode:?} {seed}: {finding:?}") };
                assert_eq!(fraud.segment as usize, sent.published.units[at].leaf);
                let call = community.world.contract().calls().prove(&fraud, &SALT);
                community.send(&challenger(), &call);
                community.fell(&sent);
                lies += 1;
                asked += questions;
                break;
            }
        }
        assert!(lies >= 6, "{mode:?}: {lies}");
        assert!(mode == Mode::Demand || asked == 0, "{mode:?}: one transaction");
    }
}

#[test]
fn signatures_that_nobody_shows_cost_the_batch_and_the_bond() {
    let mut community = found(Mode::Demand, 1);
    let batch = community.next().unwrap();
    let sent = community.post(&batch, batch.posted(), |composed, _| {
        // The hash of something else than the signatures, before the root of the first segment.
        let length = usize::from(u16::from_be_bytes([composed.data[0], composed.data[1]]));
        composed.data[2 + length..34 + length].fill(9);
    });
    let demands = community.demands();
    community.send(&challenger(), &demands.demand_signatures(&sent.header, 0, TERMS.deposit));
    let parted = part(&sent.segments[0].records).unwrap();
    let call = demands.show(&sent.header, &sent.published, 0, &keccak256(&parted.bare), &parted.signatures);
    assert!(
        community.world.evm.call(challenger().address(), &call).is_err(),
        "they are not what was committed to"
    );
    let call = demands.overdue(&sent.header, 0, challenger().address());
    assert!(community.world.evm.call(challenger().address(), &call).is_err(), "there is time left");
    community.pass();
    community.send(&key("rival"), &call);
    community.fell(&sent);
    assert_eq!(community.world.contract().claimable(challenger().address()).unwrap(), BOND * 2 / 5);
}

#[test]
fn readers_unwrap_every_key_and_others_none() {
    let mut community = found(Mode::Sealed, 2);
    let batch = community.next().unwrap();
    let sent = community.post(&batch, batch.posted(), |_, _| ());
    for (place, reader) in [challenger(), key("rival")].into_iter().enumerate() {
        assert_eq!(community.unwrapped(&reader, place, &sent), Some(sent.secret.clone()));
    }
    assert_ne!(community.unwrapped(&key("stranger"), 0, &sent), Some(sent.secret.clone()));
    for (i, unit) in sent.published.units.iter().enumerate() {
        let Content::Sealed(text, _) = &unit.content else { panic!() };
        assert_eq!(apply(&sent.secret.key(i as u32), text), sent.segments[i].records);
    }
    let stranger =
        judge(&mut community.state.clone(), &sent.header, &sent.published, &community.world.queue, &|_| None);
    assert_eq!(stranger, Finding::Asks(0));
}

/// A reader for whom the wrong secret was wrapped demands the key of the first segment, with this one-time key.
fn asked(community: &mut Community, once: &Key) -> Sent {
    let batch = community.next().unwrap();
    let sent =
        community.post(&batch, batch.posted(), |composed, _| composed.data[2 + 33..2 + 33 + 32].fill(3));
    assert_eq!(community.judge(&sent, &|_| None), Finding::Asks(0));
    let demands = community.demands();
    community.send(&challenger(), &demands.demand_key(&sent.header, 0, &once.public(), TERMS.deposit));
    sent
}

fn operator_of(community: &Community, sent: &Sent) -> Key {
    community.world.operators.iter().find(|key| key.address() == sent.header.operator).unwrap().clone()
}

#[test]
fn a_reader_with_a_wrong_wrap_demands_the_key_and_reads() {
    let mut community = found(Mode::Sealed, 3);
    let once = key("once");
    let sent = asked(&mut community, &once);
    let answer = sent.secret.answer(0, &once.public(), &sent.header.parent).unwrap();
    let call = community.demands().answer(&sent.header, 0, challenger().address(), &answer);
    let operator = operator_of(&community, &sent);
    community.send(&operator, &call);
    let read = answer.open(&once, &sent.header.parent).unwrap();
    assert_eq!(read, sent.secret.key(0));
    let finding = community.judge(&sent, &|i| (i == 0).then(|| read.to_vec()));
    assert!(finding == Finding::Right || finding == Finding::Asks(1), "{finding:?}");
}

#[test]
fn a_wrong_key_in_an_answer_is_refuted() {
    let mut community = found(Mode::Sealed, 4);
    // The secret of the one-time key is shown, so it is made of bytes that are known here.
    let secret = keccak256(b"once");
    let once = Key::from_entropy(secret).unwrap();
    let sent = asked(&mut community, &once);
    let right = sent.secret.answer(0, &once.public(), &sent.header.parent).unwrap();
    let wrong = Answer { hidden: [1; 32], ..right };
    let demands = community.demands();
    let operator = operator_of(&community, &sent);
    community.send(&operator, &demands.answer(&sent.header, 0, challenger().address(), &wrong));
    let Content::Sealed(text, hash) = sent.published.units[0].content.clone() else { panic!() };
    let parts = (&keccak256(&text), &hash);
    community.send(&challenger(), &demands.refute(&sent.header, &sent.published, 0, &secret, &wrong, parts));
    community.fell(&sent);
}

#[test]
fn a_key_that_is_never_given_costs_the_batch() {
    let mut community = found(Mode::Sealed, 5);
    let sent = asked(&mut community, &key("once"));
    community.pass();
    let call = community.demands().overdue(&sent.header, 0, challenger().address());
    community.send(&challenger(), &call);
    community.fell(&sent);
}

#[test]
fn a_blob_that_is_not_what_it_lists_is_disputed_with_what_the_chain_shows() {
    let mut community = found(Mode::Blob, 6);
    let batch = community.next().unwrap();
    let mut whole = Vec::new();
    let sent = community.post(&batch, batch.posted(), |composed, _| {
        composed.blobs[0][40] ^= 1; // a byte of the first cell
        whole = composed.blobs[0].clone();
    });
    assert_eq!(community.judge(&sent, &|_| None), Finding::Mismatch(0));
    let disputes = Disputes(community.world.contract);
    let good = disputes.mismatch(&sent.header, &sent.published, 1, cell::open(&whole, 1).unwrap(), &SALT);
    assert!(community.world.evm.call(challenger().address(), &good).is_err(), "cell 1 is as listed");
    let call = disputes.mismatch(&sent.header, &sent.published, 0, cell::open(&whole, 0).unwrap(), &SALT);
    community.send(&challenger(), &call);
    community.fell(&sent);
}

#[test]
fn a_data_root_that_is_not_the_lists_is_disputed_by_opening_the_list() {
    let mut community = found(Mode::Blob, 7);
    let batch = community.next().unwrap();
    let mut whole = Vec::new();
    let sent = community.post(&batch, batch.posted(), |composed, _| {
        composed.data[5] ^= 1;
        whole = composed.blobs[0].clone();
    });
    assert_eq!(community.judge(&sent, &|_| None), Finding::Mislisted);
    let parent = community.world.headers[community.world.headers.len() - 2];
    let list = [cell::open(&whole, 62).unwrap(), cell::open(&whole, 63).unwrap()];
    let call = Disputes(community.world.contract).mislisted(&sent.header, &parent, list, &SALT);
    community.send(&challenger(), &call);
    community.fell(&sent);
}
