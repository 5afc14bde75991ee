//! How fast coupled carriers clear: from the unsorted books to a claim that the check accepts, which the
//! search includes. CPU time of one thread.

mod measure;

use clearing::{Workspace, clear_coupled};
use criterion::{BenchmarkId, Criterion, Throughput};
use market::rule::Clearing;
use market::rule::coupled::{Converter, Coupled, Node, Reservoir, check};
use market::{
    AccountId, Book, BookOrder, Carrier, Claim, DeliveryInterval, Energy, Fraction, MAX_PRICE, MeterId,
    Price, TimeInForce,
};
use measure::{CpuTime, Random};
use std::hint::black_box;
use std::time::Duration;

/// So many orders on three carriers in all, per interval: electricity between 5 and 40 ct/kWh, heat and gas
/// cheaper.
fn books(orders: u32, intervals: usize, random: &mut Random) -> Vec<Book> {
    let mut books = vec![Book::default(); 3 * intervals];
    for number in 0..orders {
        let place = number as usize % books.len();
        let (low, high) = [(50_000, 400_000), (20_000, 150_000), (20_000, 120_000)][place % 3];
        let book = &mut books[place];
        let buys = (number as usize / (3 * intervals)).is_multiple_of(2);
        let side = if buys { &mut book.bids } else { &mut book.offers };
        side.push(BookOrder {
            limit: Price(random.between(low, high)),
            energy: Energy(random.between(1, 5_000)),
            account: AccountId(number.wrapping_mul(0x9E37_79B1)),
            meter: MeterId(0),
            arrival: side.len() as u32,
            time_in_force: TimeInForce::NextClearing,
        });
    }
    books
}

/// Ten converters per interval: heat pumps, boilers, combined heat and power, an electrolyser, a fuel cell.
fn converters(orders: u32, intervals: usize, random: &mut Random) -> Vec<Converter> {
    let kinds: [(usize, &[(usize, u32)]); 5] = [
        (0, &[(1, 3_127_000)]),
        (2, &[(1, 943_000)]),
        (2, &[(0, 349_000), (1, 511_000)]),
        (0, &[(2, 702_000)]),
        (2, &[(0, 512_000), (1, 304_000)]),
    ];
    let mut converters = Vec::new();
    for interval in 0..intervals {
        for (input, outputs) in kinds.iter().chain(&kinds) {
            converters.push(Converter {
                input: 3 * interval + input,
                outputs: outputs
                    .iter()
                    .map(|(node, ratio)| (3 * interval + node, ratio + random.between(0, 999) as u32))
                    .collect(),
                capacity: Energy(random.between(1, 100) * i64::from(orders)),
                cost: Price(random.between(0, 20_000)),
            });
        }
    }
    converters
}

/// Six storages over all intervals, two of each carrier.
fn storages(orders: u32, intervals: usize, random: &mut Random) -> Vec<Reservoir> {
    let reservoir = |number: usize| {
        let capacity = random.between(50, 100) * i64::from(orders);
        Reservoir {
            nodes: (0..intervals).map(|interval| 3 * interval + number % 3).collect(),
            power: [Energy(capacity / 3), Energy(capacity / 3)],
            capacity: Energy(capacity),
            levels: [Energy(capacity / 2), Energy(capacity / 3)],
            efficiencies: [950_000, 947_000, 998_000],
            cost: Price(random.between(0, 20_000)),
        }
    };
    (0..6).map(reservoir).collect()
}

fn coupled(criterion: &mut Criterion<CpuTime>) {
    let mut group = criterion.benchmark_group("coupled");
    for (orders, intervals) in [(1_000, 1), (10_000, 1), (100_000, 1), (1_000, 4), (10_000, 4)] {
        let mut random = Random(7);
        let books = books(orders, intervals, &mut random);
        let start = DeliveryInterval { start: 0, duration: 900 };
        let node = |(place, book)| Node {
            carrier: Carrier::ALL[place % 3],
            interval: start.later((place / 3) as u64),
            book,
            k: Fraction::HALF,
            collar: (Price(-MAX_PRICE.0), MAX_PRICE),
        };
        let problem = Coupled {
            nodes: books.iter().enumerate().map(node).collect(),
            conversions: converters(orders, intervals, &mut random),
            storages: if intervals > 1 { storages(orders, intervals, &mut random) } else { Vec::new() },
        };
        let mut workspace = Workspace::new();
        let size = format!("{orders}x{intervals}");
        group.throughput(Throughput::Elements(orders.into()));
        group.bench_function(BenchmarkId::new("find_and_check", &size), |bencher| {
            bencher.iter(|| black_box(clear_coupled(black_box(&problem), &mut workspace)));
        });
        let Claim::Coupled { nodes, conversions, storages } = clear_coupled(&problem, &mut workspace) else {
            panic!("a claim of another kind");
        };
        let mut outs = vec![Clearing::default(); nodes.len()];
        group.bench_function(BenchmarkId::new("check", &size), |bencher| {
            bencher.iter(|| {
                check(black_box(&problem), (&nodes, &conversions, &storages), &mut outs)
                    .expect("the search is right");
            });
        });
    }
    group.finish();
}

fn main() {
    let mut criterion = Criterion::default()
        .with_measurement(CpuTime)
        .sample_size(20)
        .warm_up_time(Duration::from_millis(500))
        .measurement_time(Duration::from_secs(2))
        .configure_from_args();
    coupled(&mut criterion);
    criterion.final_summary();
}
