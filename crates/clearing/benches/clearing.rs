//! How fast the auctions clear: from the unsorted book as the state holds it to a claim that the check accepts, the
//! check included; beside it what the machine can do at all. CPU time of one thread.

mod measure;

use clearing::{Workspace, clear, consensus};
use criterion::{BenchmarkId, Criterion, Throughput};
use market::rule::{Allocation, Clearing, Metered, OpenBook, Pairs, check, metered};
use market::{
    AccountId, Attributes, Book, BookOrder, Details, Energy, Fraction, Location, MAX_PRICE, MeterId, Price,
    PriceConvention, Prices, Quality, Rule, SharingKey, Side, Stage, Stages, TariffId, TimeInForce,
};
use measure::{CpuTime, Random};
use std::hint::black_box;
use std::time::Duration;

/// Half bids, half offers, distinct accounts in random order; limits between 5 and 40 ct/kWh in steps of `tick`.
fn book(orders: u32, tick: i64) -> Book {
    let mut random = Random(7);
    let mut side = |number: u32| {
        (0..orders / 2)
            .map(|arrival| BookOrder {
                limit: Price(random.between(50_000 / tick, 400_000 / tick) * tick),
                energy: Energy(random.between(1, 5_000)),
                // One to one, as the factor is odd.
                account: AccountId((2 * arrival + number).wrapping_mul(0x9E37_79B1)),
                meter: MeterId(0),
                arrival,
                time_in_force: TimeInForce::NextClearing,
            })
            .collect()
    };
    Book { bids: side(0), offers: side(1), ..Book::default() }
}

fn auctions(criterion: &mut Criterion<CpuTime>) {
    let collar = (Price(-MAX_PRICE.0), MAX_PRICE);
    let rules = [
        ("uniform_price", Rule::UniformPrice { convention: PriceConvention::Equilibrium, k: Fraction::HALF }),
        (
            "uniform_price_last_pair",
            Rule::UniformPrice { convention: PriceConvention::LastPair, k: Fraction::HALF },
        ),
        ("pay_as_bid", Rule::PayAsBid { k: Fraction::HALF }),
        ("trade_reduction", Rule::TradeReduction),
        ("vcg", Rule::Vcg),
    ];
    for (name, rule) in rules {
        let mut group = criterion.benchmark_group(name);
        // Ten million are more than a book of the state may hold. The last but one has a price every tenth of a cent,
        // the last a single price.
        let sizes = [1_000, 10_000, 100_000, 1_000_000, 10_000_000].map(|orders| (orders, 1));
        for (orders, tick) in sizes.into_iter().chain([(1_000_000, 1_000), (1_000_000, 1_000_000)]) {
            if rule == Rule::Vcg && orders > 1_000 {
                continue; // one search for every account: the square of that
            }
            let book = book(orders, tick);
            let (mut workspace, mut out) = (Workspace::new(), Clearing::default());
            let ties = match tick {
                1 => "",
                1_000 => "_ties",
                _ => "_one_price",
            };
            let size = format!("{orders}{ties}");
            group.throughput(Throughput::Elements(orders.into()));
            group.sample_size(if orders > 1_000_000 { 10 } else { 20 });
            group.bench_function(BenchmarkId::new("find_and_check", &size), |bencher| {
                bencher.iter(|| {
                    let claim = clear(&rule, black_box(&book), collar, &mut workspace);
                    check(&rule, &book, &claim, collar, &mut out).expect("the search is right");
                    black_box(out.volume)
                });
            });
            let claim = clear(&rule, &book, collar, &mut workspace);
            group.bench_function(BenchmarkId::new("check", &size), |bencher| {
                bencher.iter(|| {
                    check(&rule, black_box(&book), &claim, collar, &mut out).expect("the search is right")
                });
            });
        }
        group.finish();
    }
}

/// The same book with a label on every order, and a premium of up to 3 ct/kWh on bids that ask for one.
fn labelled(orders: u32) -> Book {
    let mut book = book(orders, 1);
    let mut random = Random(5);
    for (side, orders) in [(Side::Buy, book.bids.len()), (Side::Sell, book.offers.len())] {
        let details = (0..orders).map(|_| {
            let quality = Quality::ALL[random.between(0, 2) as usize];
            let pays = side == Side::Buy && quality != Quality::Any;
            let premium = Price(if pays { random.between(0, 30_000) } else { 0 });
            Details {
                attributes: Attributes { quality, premium, ..Attributes::default() },
                ..Details::default()
            }
        });
        book.details[side as usize] = details.collect();
    }
    book
}

fn pipelines(criterion: &mut Criterion<CpuTime>) {
    let collar = (Price(-MAX_PRICE.0), MAX_PRICE);
    let mut group = criterion.benchmark_group("pipeline");
    let book = labelled(1_000_000);
    group.throughput(Throughput::Elements(1_000_000)).sample_size(10);
    let (mut workspace, mut out) = (Workspace::new(), Clearing::default());
    for first in Stage::ALL {
        for second in Stage::ALL {
            let rule = Rule::Pipeline {
                stages: Stages::new(&[first, second]).expect("two stages"),
                k: Fraction::HALF,
            };
            let stages = format!("{},{}", first.name(), second.name());
            group.bench_function(BenchmarkId::new("find_and_check", &stages), |bencher| {
                bencher.iter(|| {
                    let claim = clear(&rule, black_box(&book), collar, &mut workspace);
                    check(&rule, &book, &claim, collar, &mut out).expect("the search is right");
                    black_box(out.volume)
                });
            });
        }
    }
    group.finish();
}

/// Orders that arrive one by one: one in eight is taken back later, one in eight trades at once or not at all.
fn continuous(criterion: &mut Criterion<CpuTime>) {
    let mut group = criterion.benchmark_group("continuous");
    for orders in [1_000, 10_000, 100_000, 1_000_000, 10_000_000] {
        let Book { mut bids, mut offers, .. } = book(orders, 1);
        for order in bids.iter_mut().chain(&mut offers) {
            order.time_in_force = match order.arrival % 16 {
                3 => TimeInForce::ImmediateOrCancel,
                7 => TimeInForce::FillOrKill,
                _ => TimeInForce::GateClosure,
            };
        }
        let (mut open, mut trades) = (OpenBook::default(), Vec::new());
        group.throughput(Throughput::Elements(orders.into()));
        group.bench_function(BenchmarkId::new("arrive", orders), |bencher| {
            bencher.iter(|| {
                open.clear();
                for (bid, offer) in bids.iter().zip(&offers) {
                    for (side, order) in [(Side::Buy, bid), (Side::Sell, offer)] {
                        trades.clear();
                        black_box(open.arrive(side, order, &mut trades));
                        if order.arrival % 8 == 5 {
                            open.cancel(side, order.arrival / 2);
                        }
                    }
                }
                black_box(trades.len())
            });
        });
    }
    group.finish();
}

fn keys(criterion: &mut Criterion<CpuTime>) {
    let mut random = Random(11);
    let mut reading = |member: usize| Metered {
        import: Energy(random.between(0, 900)),
        export: Energy(if member.is_multiple_of(4) { random.between(0, 2_000) } else { 0 }),
        share: 10_000,
    };
    let intervals: Vec<Vec<Metered>> = (0..35_040).map(|_| (0..100).map(&mut reading).collect()).collect();
    let prices = Prices { import: Price(300_000), export: Price(80_000) };
    let mut group = criterion.benchmark_group("year_of_100_members");
    group.throughput(Throughput::Elements(35_040 * 100)).sample_size(10);
    let mut out: Vec<Allocation> = Vec::new();
    let keys = SharingKey::ALL.map(|key| Rule::Sharing { key, price: Price(150_000) });
    for rule in keys.into_iter().chain([Rule::SupplyDemandRatio { tariff: TariffId(0) }]) {
        group.bench_function(rule.kind().name(), |bencher| {
            bencher.iter(|| {
                for (number, meters) in (0..).zip(&intervals) {
                    metered(&rule, meters, prices, number, &mut out).expect("a metered rule");
                    black_box(&out);
                }
            });
        });
    }
    group.finish();
}

/// A market of pairs: limits that fall, members in sixteen buildings on four feeders, every second with a preference.
fn pairs(bids: u32, offers: u32) -> Book {
    let mut random = Random(5);
    let mut book = Book::default();
    for (side, count) in [bids, offers].into_iter().enumerate() {
        for arrival in 0..count {
            let account = AccountId(6 + arrival + side as u32 * bids);
            let other =
                6 + random.between(0, i64::from([offers, bids][side]) - 1) as u32 + (1 - side as u32) * bids;
            let partnered = arrival % 2 == 0;
            let attributes = Attributes {
                partner: AccountId(if partnered { other } else { 0 }),
                premium: Price(if partnered { random.between(0, 30_000) } else { 0 }),
                fall: Price(random.between(0, 100_000)),
                ..Attributes::default()
            };
            let location = Location((random.between(0, 3) << 8 | random.between(0, 3)) as u32);
            let orders = if side == 0 { &mut book.bids } else { &mut book.offers };
            orders.push(BookOrder {
                limit: Price(random.between(50_000, 400_000)),
                energy: Energy(random.between(1, 5_000)),
                account,
                meter: MeterId(0),
                arrival,
                time_in_force: TimeInForce::NextClearing,
            });
            book.details[side].push(Details { attributes, location, ..Details::default() });
        }
    }
    book
}

fn bilateral(criterion: &mut Criterion<CpuTime>) {
    let collar = (Price(-MAX_PRICE.0), MAX_PRICE);
    let charges = [0, 10_000, 20_000, 40_000].map(Price);
    let rule = Rule::Bilateral { charges };
    let mut group = criterion.benchmark_group("bilateral");
    for (bids, offers) in [(10, 21), (100, 100)] {
        let book = pairs(bids, offers);
        let seen = Pairs::new(&book, &charges);
        let found = consensus(&seen);
        println!("{bids}x{offers}: {} rounds, consensus {}", found.rounds, found.reached);
        let (mut workspace, mut out) = (Workspace::new(), Clearing::default());
        let size = format!("{bids}x{offers}");
        group.bench_function(BenchmarkId::new("consensus", &size), |bencher| {
            bencher.iter(|| black_box(consensus(black_box(&seen)).rounds));
        });
        group.bench_function(BenchmarkId::new("find_and_check", &size), |bencher| {
            bencher.iter(|| {
                let claim = clear(&rule, black_box(&book), collar, &mut workspace);
                check(&rule, &book, &claim, collar, &mut out).expect("the search is right");
                black_box(out.volume)
            });
        });
        let claim = clear(&rule, &book, collar, &mut workspace);
        group.bench_function(BenchmarkId::new("check", &size), |bencher| {
            bencher.iter(|| {
                check(&rule, black_box(&book), &claim, collar, &mut out).expect("the search is right")
            });
        });
    }
    group.finish();
}

fn machine(criterion: &mut Criterion<CpuTime>) {
    let mut group = criterion.benchmark_group("machine");
    let mut random = Random(3);
    let keys: Vec<u64> = (0..1_000_000).map(|_| random.next()).collect();
    let mut sorted = keys.clone();
    group.throughput(Throughput::Elements(1_000_000));
    group.bench_function("sort_unstable_1000000_u64", |bencher| {
        bencher.iter(|| {
            sorted.copy_from_slice(&keys);
            sorted.sort_unstable();
            black_box(sorted[0])
        });
    });
    let (from, mut to) = (vec![1_u8; 1 << 28], vec![0_u8; 1 << 28]);
    group.throughput(Throughput::Bytes(1 << 28));
    group.bench_function("copy_256_mib", |bencher| {
        bencher.iter(|| {
            to.copy_from_slice(black_box(&from));
            black_box(to[0])
        });
    });
    group.finish();
}

fn main() {
    let mut criterion = Criterion::default()
        .with_measurement(CpuTime)
        .sample_size(20)
        .warm_up_time(Duration::from_millis(500))
        .measurement_time(Duration::from_secs(2))
        .configure_from_args();
    machine(&mut criterion);
    auctions(&mut criterion);
    pipelines(&mut criterion);
    continuous(&mut criterion);
    keys(&mut criterion);
    bilateral(&mut criterion);
    criterion.final_summary();
}
