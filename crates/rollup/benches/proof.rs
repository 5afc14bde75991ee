//! What a watcher's work takes: deriving a batch, composing the proof that one of its segments is wrong, and the
//! contract's execution of that proof in the chain in the process.
//!
//! A thousand members; the batch holds a signed order of each, sixteen to a segment.

#[path = "../tests/watcher/cast.rs"]
#[allow(dead_code, reason = "shared with the watcher's tests")]
mod cast;
#[path = "../tests/watcher/world.rs"]
#[allow(dead_code, reason = "shared with the watcher's tests")]
mod world;

use cast::{FIRST, Spoilt, member, signed};
use criterion::{BatchSize, Criterion, criterion_group, criterion_main};
use market::Side;
use rollup::batch::Segment;
use rollup::chain::Chain as _;
use rollup::contract::{Calls, Event, posted};
use rollup::modes::Mode;
use rollup::sequencer::Clerk;
use rollup::step::Record;
use rollup::step::leaf::rule;
use rollup::watcher::{Verdict, derive};
use world::{BEGIN, Design, World, challenger};

const MEMBERS: u32 = 1_000;
/// The segment that is wrong.
const WRONG: u32 = 31;

/// The operator's own computation of a batch, from record to record.
struct Book {
    world: World,
    clerk: Clerk,
}

impl Book {
    fn tell(&mut self, record: &Record<'_>, items: &[u8]) {
        let outcomes = self.clerk.carry_out(&record.to_bytes(), items).expect("a good record");
        assert_eq!(outcomes, [None], "{record:?}");
        self.clerk.settle();
    }

    fn sign(&mut self, record: Record<'_>) {
        let record = signed(self.clerk.state(), record, Spoilt::No);
        self.tell(&record, &[]);
    }

    fn segments(&mut self) -> Vec<Segment> {
        self.clerk.cut();
        self.clerk.take().iter().map(rollup::sequencer::Cut::segment).collect()
    }

    fn post(&mut self, time: u64, segments: &[Segment]) {
        let mut state = self.clerk.state().clone();
        self.world.post(time, segments, &mut state).expect("posted");
    }
}

/// A community of a thousand members with money, and an interval that is open.
fn community() -> Book {
    let world = World::found(Design { rule: rule::EQUILIBRIUM, key: rule::STATIC, signed: true });
    let clerk = Clerk::new(Mode::Calldata, world.genesis.clone(), []);
    let mut book = Book { world, clerk };
    let start = (BEGIN + 10_000).div_ceil(900) * 900;
    book.tell(&Record::Tick { time: BEGIN + 100 }, &[]);
    for number in 0..MEMBERS {
        book.tell(&Record::Account { address: member(FIRST + number).address() }, &[]);
    }
    for number in 0..MEMBERS {
        let (import_capacity, export_capacity, tariff, share) = (20_000, 20_000, 0, 0);
        let (account, key) = (FIRST + number, cast::meter_key(FIRST + number).address());
        let meter =
            Record::Meter { account, carrier: 0, key, import_capacity, export_capacity, tariff, share };
        book.sign(meter);
        book.world.deposit(account, 10_000_000_000);
    }
    for item in 0..u64::from(MEMBERS) {
        let items = book.world.queue.items(item, item + 1).expect("it was deposited").concat();
        book.tell(&Record::Queue { count: 1 }, &items);
    }
    book.tell(&Record::Open { slot: 0, carrier: 0, start, after: 0 }, &[]);
    let segments = book.segments();
    book.post(BEGIN + 4_000, &segments);
    book
}

fn watch(criterion: &mut Criterion) {
    let mut book = community();
    let before = derive(&mut book.world.evm, book.world.contract, None).expect("derived");
    assert_eq!(before.verdict, Verdict::Right);
    for rank in 0..MEMBERS {
        let side = if rank.is_multiple_of(2) { Side::Buy } else { Side::Sell };
        let limit = 100_000 + (rank * 7_919 % 200_000) as i32;
        let (energy, until_gate, nonce, signature) = (100 + rank % 900, false, None, None);
        book.sign(Record::Order { slot: 0, rank, energy, limit, side, until_gate, nonce, signature });
    }
    let mut segments = book.segments();
    assert_eq!(segments.len(), MEMBERS.div_ceil(16) as usize);
    segments[WRONG as usize].root[0] ^= 1;
    book.post(BEGIN + 4_100, &segments);
    let World { mut evm, contract, .. } = book.world;
    let entries =
        rollup::contract::Contract::at(&mut evm, contract).events(before.block.number + 1, u64::MAX);
    let entries = entries.expect("read");
    let entry = entries.iter().find(|entry| matches!(entry.event, Event::Posted { .. })).expect("posted");
    let data = posted(&mut evm, contract, entry).expect("read");
    let wrong = Verdict::Wrong { number: 2, segment: WRONG };

    let mut group = criterion.benchmark_group("proof");
    group.sample_size(20);
    group.bench_function("derive_a_batch_of_1000_signed_orders", |bencher| {
        let again = || (before.derivation.clone(), data.clone());
        bencher.iter_batched(
            again,
            |(mut derivation, data)| {
                derivation.take(entry, Some(Ok(data))).expect("it fits");
                assert_eq!(derivation.judge(), wrong);
                derivation
            },
            BatchSize::LargeInput,
        );
    });
    let mut derivation = before.derivation.clone();
    derivation.take(entry, Some(Ok(data.clone()))).expect("it fits");
    assert_eq!(derivation.judge(), wrong);
    group.bench_function("compose_a_proof_of_16_signed_orders", |bencher| {
        bencher.iter_batched(
            || derivation.clone(),
            |mut derivation| derivation.fraud(2, WRONG).expect("it is wrong"),
            BatchSize::LargeInput,
        );
    });
    let fraud = derivation.fraud(2, WRONG).expect("it is wrong");
    let call = Calls(contract).prove(&fraud, &[0; 32]);
    println!("a witness of {} bytes, calldata of {} bytes", fraud.witness.len(), call.data.len());
    group.bench_function("execute_a_proof_of_16_signed_orders", |bencher| {
        bencher.iter(|| evm.call(challenger().address(), &call).expect("it is a proof"));
    });
    group.finish();
}

criterion_group!(benches, watch);
criterion_main!(benches);
