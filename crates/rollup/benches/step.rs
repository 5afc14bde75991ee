//! How long the secondary chain's transition takes: orders into a book, the book's clearing, roots and witnesses.

use criterion::{BatchSize, Criterion, criterion_group, criterion_main};
use market::rule::Cut;
use market::{
    AccountId, Address, Authentication, Book, BookOrder, Carrier, Community, Energy, Fraction, Market,
    MeterId, Price, PriceConvention, Prices, Rule, Side, Tariff, TariffKind, TimeInForce,
};
use rollup::step::{Context, Item, Record, State, Store, Witness, execute};
use rollup::translate::{Outside, genesis};

const MEMBERS: u32 = 1_000;
const START: u64 = 1_717_372_800;

fn run(state: &mut State, record: &Record<'_>, items: &[u8]) {
    let context = Context { posted_at: u64::MAX, available: u64::MAX, chain: [0; 32] };
    let report = execute(state, &context, &record.to_bytes(), items).unwrap();
    assert_eq!(report.outcomes, [None], "{record:?}");
}

/// A thousand members with metering points and money, and an interval that is open.
fn community() -> State {
    let fee = Price(1_000);
    let terms = Community {
        chain_id: 1,
        community_id: 1,
        currency: *b"EUR",
        operator: Address::default(),
        authentication: Authentication::Operator,
        interval_duration: 900,
        gate_closure: 300,
        horizon: 96,
        utc_offset: 0,
        markets: vec![Market {
            carrier: Carrier::Electricity,
            rule: Rule::UniformPrice { convention: PriceConvention::Equilibrium, k: Fraction::HALF },
            floor: Price(0),
            cap: Price(1_000_000),
        }],
        tariffs: vec![Tariff {
            kind: TariffKind::Flat(Prices { import: Price(300_000), export: Price(80_000) }),
            grid_fee: fee,
            peer_grid_fee: fee,
            levy: fee,
            peer_levy: fee,
        }],
    };
    let mut state = genesis(&terms, &Outside::default()).unwrap();
    run(&mut state, &Record::Tick { time: START }, &[]);
    for member in 0..MEMBERS {
        let address = Address([7; 20]);
        run(&mut state, &Record::Account { address }, &[]);
        let account = 6 + member;
        let (import_capacity, export_capacity, tariff, share) = (20_000, 20_000, 0, 0);
        let meter = Record::Meter {
            account,
            carrier: 0,
            key: address,
            import_capacity,
            export_capacity,
            tariff,
            share,
        };
        run(&mut state, &meter, &[]);
        let mut item = Vec::new();
        Item::Deposit { time: 1, account, amount: 10_000_000_000, sender: address }.encode(&mut item);
        run(&mut state, &Record::Queue { count: 1 }, &item);
    }
    run(&mut state, &Record::Open { slot: 0, carrier: 0, start: START + 3_600, after: 0 }, &[]);
    state.root();
    state.forget();
    state
}

fn order(member: u32) -> Record<'static> {
    let side = if member.is_multiple_of(2) { Side::Buy } else { Side::Sell };
    let limit = 100_000 + (member * 7_919 % 200_000) as i32;
    let energy = 100 + member % 900;
    let (nonce, signature) = (None, None);
    Record::Order { slot: 0, rank: member, energy, limit, side, until_gate: false, nonce, signature }
}

fn orders(state: &mut State) {
    (0..MEMBERS).for_each(|member| run(state, &order(member), &[]));
}

/// The price at which they clear, n€/Wh.
fn equilibrium() -> i32 {
    let mut book = Book::default();
    for member in 0..MEMBERS {
        if let Record::Order { energy, limit, side, .. } = order(member) {
            let order = BookOrder {
                limit: Price(limit.into()),
                energy: Energy(energy.into()),
                account: AccountId(6 + member),
                meter: MeterId(member),
                arrival: member / 2,
                time_in_force: TimeInForce::NextClearing,
            };
            if side == Side::Buy { book.bids.push(order) } else { book.offers.push(order) }
        }
    }
    let mut limits = book.bids.iter().chain(&book.offers).map(|order| order.limit);
    let cut = limits.find_map(|limit| Cut::at(&book, limit).ok()).unwrap();
    cut.prices(PriceConvention::Equilibrium, Fraction::HALF).0.0 as i32
}

fn step(criterion: &mut Criterion) {
    let empty = community();
    let mut full = empty.clone();
    orders(&mut full);
    full.root();
    full.forget();
    let mut group = criterion.benchmark_group("step");
    group.sample_size(20);
    group.bench_function("1000_orders", |bencher| {
        bencher.iter_batched_ref(|| empty.clone(), orders, BatchSize::LargeInput);
    });
    group.bench_function("1000_orders_and_a_root_every_16", |bencher| {
        let with_roots = |state: &mut State| {
            for member in 0..MEMBERS {
                run(state, &order(member), &[]);
                if member % 16 == 15 {
                    state.root();
                }
            }
        };
        bencher.iter_batched_ref(|| empty.clone(), with_roots, BatchSize::LargeInput);
    });
    group.bench_function("clear_1000_orders", |bencher| {
        let price = equilibrium();
        let clear = |state: &mut State| {
            run(state, &Record::Close { slot: 0 }, &[]);
            run(state, &Record::Clear { slot: 0, equilibrium: price, price }, &[]);
            while state.head().work != 0 {
                run(state, &Record::Advance { items: 21 }, &[]);
            }
        };
        bencher.iter_batched_ref(|| full.clone(), clear, BatchSize::LargeInput);
    });
    group.bench_function("witness_of_16_orders", |bencher| {
        let mut state = empty.clone();
        let mark = state.mark();
        (0..16).for_each(|member| run(&mut state, &order(member * 61), &[]));
        let places = state.take_touched();
        state.undo(mark);
        state.root();
        bencher.iter(|| Witness::of(&mut state, &places));
    });
    group.finish();
}

criterion_group!(benches, step);
criterion_main!(benches);
