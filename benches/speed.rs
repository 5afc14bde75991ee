//! How fast the market core is, on one core, with the machine's own rates beside it.
//!
//! `cargo bench --bench speed` prints CPU time, the best of several runs. Timing is never a test: compare the
//! figures with the machine's sort, hash, signature and memory rates printed in the same run.

use cpu_time::ProcessTime;
use ledger::{Central, Options};
use market::signing::Recover;
use market::*;
use sim::Scenario;
use sim::scenario::{EMBEDDED, Overrides};
use std::hint::black_box;

const START: u64 = 1_700_000_100;

/// Nobody signs: the operator answers for everybody.
struct Nobody;

impl Recover for Nobody {
    fn recover(&self, _: &Hash, _: &Signature) -> Option<Address> {
        None
    }
}

/// CPU nanoseconds per unit, the best of `runs`; `prepare` is not timed.
fn measure<S, T>(
    runs: u32,
    units: usize,
    mut prepare: impl FnMut() -> S,
    mut work: impl FnMut(S) -> T,
) -> f64 {
    let mut best = f64::INFINITY;
    for _ in 0..runs {
        let state = prepare();
        let clock = ProcessTime::now();
        let result = work(state);
        best = best.min(clock.elapsed().as_nanos() as f64 / units as f64);
        black_box(result);
    }
    best
}

fn row(what: &str, nanoseconds: f64, unit: &str) {
    println!("  {what:<58} {nanoseconds:>10.1} ns per {unit:<8} {:>14.0} /s", 1e9 / nanoseconds);
}

/// A small generator (SplitMix64, Steele et al. 2014), so that every run measures the same book.
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ mixed >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ mixed >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ mixed >> 31
    }

    fn below(&mut self, bound: u64) -> u64 {
        self.next() % bound
    }
}

fn terms(rule: Rule) -> Community {
    Community {
        chain_id: 1,
        community_id: 1,
        currency: *b"EUR",
        operator: Address::default(),
        authentication: Authentication::Operator,
        interval_duration: 900,
        gate_closure: 300,
        horizon: 1,
        utc_offset: 0,
        markets: vec![Market { carrier: Carrier::Electricity, rule, floor: Price(0), cap: Price(400_000) }],
        tariffs: vec![Tariff {
            kind: TariffKind::Flat(Prices { import: Price(300_000), export: Price(80_000) }),
            grid_fee: Price(100_000),
            peer_grid_fee: Price(40_000),
            levy: Price(20_000),
            peer_levy: Price(20_000),
        }],
    }
}

fn apply(state: &mut State, command: Command) {
    let refused = state.apply(&Envelope { command, signature: None }, &Nobody, &mut ());
    assert_eq!(refused, Ok(()));
}

fn interval() -> DeliveryInterval {
    DeliveryInterval::new(START, 900).expect("on the grid")
}

/// A community in which every member has one meter and enough money.
fn community(rule: Rule, members: u32) -> State {
    let mut state = State::new();
    apply(&mut state, Command::Found(Box::new(terms(rule))));
    apply(&mut state, Command::Tick { time: START - 600 });
    for member in 0..members {
        let mut address = [0; 20];
        address[..4].copy_from_slice(&(member + 1).to_be_bytes());
        apply(&mut state, Command::RegisterAccount { address: Address(address) });
        let account = AccountId(AccountId::FIRST_MEMBER.0 + member);
        let meter = MeterTerms {
            account,
            carrier: Carrier::Electricity,
            key: Address(address),
            import_capacity: Energy(10_000),
            export_capacity: Energy(10_000),
            tariff: TariffId(0),
            share: 0,
        };
        let nonce = 2 * u64::from(member) + 1;
        apply(&mut state, Command::RegisterMeter { terms: meter, nonce });
        apply(&mut state, Command::Deposit { account, amount: Money(10_i128.pow(12)), nonce: nonce + 1 });
    }
    state
}

/// One order of each member: every other one sells, at random prices.
fn orders(members: u32) -> Vec<Envelope> {
    let mut random = Random(1);
    let order = |member| Order {
        account: AccountId(AccountId::FIRST_MEMBER.0 + member),
        meter: MeterId(member),
        interval: interval(),
        side: if member % 2 == 0 { Side::Buy } else { Side::Sell },
        energy: Energy(1 + random.below(9_999) as i64),
        limit: Price(random.below(400_000) as i64),
        time_in_force: TimeInForce::NextClearing,
        nonce: 1,
    };
    (0..members)
        .map(order)
        .map(|order| Envelope { command: Command::Place(order), signature: None })
        .collect()
}

fn machine() {
    println!("the machine, one core");
    let mut random = Random(7);
    let keys: Vec<u64> = (0..1_000_000).map(|_| random.next()).collect();
    row(
        "sort_unstable of 10⁶ 64-bit keys",
        measure(
            5,
            keys.len(),
            || keys.clone(),
            |mut keys| {
                keys.sort_unstable();
                keys
            },
        ),
        "key",
    );
    let source = vec![1_u8; 256 << 20];
    let mut target = vec![0_u8; 256 << 20];
    let copy =
        measure(5, source.len(), || (), |()| black_box(&mut target).copy_from_slice(black_box(&source)));
    println!("  {:<58} {:>10.1} GB/s", "memory copy of 256 MiB (read and written once)", 1.0 / copy);
    let block = [7_u8; 64];
    row(
        "keccak-256 of 64 bytes",
        measure(5, 100_000, || (), |()| (0..100_000).fold([0; 32], |_, _| keccak256(black_box(&block)))),
        "hash",
    );
}

fn signatures() {
    let key = ledger::Key::from_seed(b"bench", "member");
    let digest = keccak256(b"an order");
    let signature = key.sign(&digest);
    row(
        "secp256k1 signature made",
        measure(3, 2_000, || (), |()| (0..2_000).map(|_| key.sign(black_box(&digest))[0]).max()),
        "one",
    );
    let recover = |_| ledger::Recoverer.recover(black_box(&digest), &signature);
    row(
        "secp256k1 signer recovered",
        measure(3, 2_000, || (), |()| (0..2_000).filter_map(recover).count()),
        "one",
    );
}

fn auction(name: &str, rule: Rule, members: u32) {
    let mut state = community(rule, members);
    let orders = orders(members);
    let placed = measure(
        1,
        orders.len(),
        || (),
        |()| {
            for order in &orders {
                assert_eq!(state.apply(order, &Nobody, &mut ()), Ok(()));
            }
        },
    );
    apply(&mut state, Command::Close { carrier: Carrier::Electricity, interval: interval() });
    let book = state.book(Carrier::Electricity, interval()).expect("orders were placed").clone();
    let collar = (Price(0), Price(400_000));
    let mut workspace = clearing::Workspace::default();
    let search = measure(5, orders.len(), || (), |()| clearing::clear(&rule, &book, collar, &mut workspace));
    let mut outcome = rule::Clearing::default();
    let claim = clearing::clear(&rule, &book, collar, &mut workspace);
    let check = measure(5, orders.len(), || (), |()| rule::check(&rule, &book, &claim, collar, &mut outcome));
    let whole = measure(
        5,
        orders.len(),
        || state.clone(),
        |mut state| {
            let book = state.book(Carrier::Electricity, interval()).expect("orders were placed");
            let claim = clearing::clear(&rule, book, collar, &mut workspace);
            apply(&mut state, Command::Clear { carrier: Carrier::Electricity, interval: interval(), claim });
            state
        },
    );
    println!("{name}, {members} orders of as many members; nothing sorted beforehand");
    row("State::apply of an order", placed, "order");
    row("search for the claim", search, "order");
    row("check of the claim", check, "order");
    row("search, check, and every order filled or lapsed by apply", whole, "order");
}

fn readings(members: u32) {
    let rule = Rule::UniformPrice { convention: PriceConvention::Equilibrium, k: Fraction::HALF };
    let mut state = community(rule, members);
    for order in &orders(members) {
        assert_eq!(state.apply(order, &Nobody, &mut ()), Ok(()));
    }
    let (carrier, interval) = (Carrier::Electricity, interval());
    apply(&mut state, Command::Close { carrier, interval });
    let book = state.book(carrier, interval).expect("orders were placed");
    let claim = clearing::clear(&rule, book, (Price(0), Price(400_000)), &mut clearing::Workspace::default());
    apply(&mut state, Command::Clear { carrier, interval, claim });
    apply(&mut state, Command::Tick { time: interval.end() });
    state.root();
    let mut random = Random(2);
    let readings: Vec<Envelope> = (0..members)
        .map(|meter| {
            let meter = MeterId(meter);
            let (import, export) = (Energy(random.below(10_000) as i64), Energy(random.below(10_000) as i64));
            Envelope {
                command: Command::Read(Reading { meter, interval, import, export, sequence: 1 }),
                signature: None,
            }
        })
        .collect();
    let settled = |mut state: State| {
        for reading in &readings {
            assert_eq!(state.apply(reading, &Nobody, &mut ()), Ok(()));
        }
        apply(&mut state, Command::Settle { carrier, interval });
        state
    };
    println!("settlement, {members} metering points with trades, imbalance, fees and levies");
    let members = members as usize;
    row("reading and its postings, root excluded", measure(5, members, || state.clone(), settled), "reading");
    let root = measure(5, members, || settled(state.clone()), |mut state| state.root());
    row("root afterwards (every account and meter changed)", root, "reading");
}

/// A whole run with its ledger on disk: agents, orders, clearings, readings, settlement, roots, commits.
fn run(name: &str, text: &str, overrides: &Overrides) {
    let scenario = Scenario::parse(text, name, std::path::Path::new("."), overrides).expect("it ships");
    let folder = std::env::temp_dir().join(format!("wattle-bench-{}", std::process::id()));
    std::fs::create_dir_all(&folder).expect("a temporary folder");
    let mut central =
        Central::create(folder.join("log.sqlite"), Options::default()).expect("an empty folder");
    let clock = ProcessTime::now();
    let summary = sim::run(&scenario, &mut central, &mut ()).expect("it runs");
    let seconds = clock.elapsed().as_secs_f64();
    drop(central);
    std::fs::remove_dir_all(&folder).expect("it was there");
    println!("  {name:<58} {seconds:>10.1} s CPU  {:>12} records", summary.commands);
}

fn communities() {
    println!("whole runs, ledger on disk");
    let thousand = EMBEDDED.iter().find(|(name, _)| *name == "thousand").expect("it ships").1;
    run("a week of a thousand members", thousand, &Overrides::default());
    // A tenth of every group.
    let tenth = |line: &str| match line.strip_prefix("count = ").map(str::parse::<u32>) {
        Some(Ok(count)) => format!("count = {}", count.div_ceil(10)),
        _ => line.to_owned(),
    };
    let hundred: String = thousand.lines().map(|line| tenth(line) + "\n").collect();
    let hundred = hundred.replace("week = \"transition\"", "start = \"2021-01-01T00:00+01:00\"");
    run("a year of a hundred members", &hundred, &Overrides { days: Some(365), ..Overrides::default() });
    let signed = Overrides { signed: true, days: Some(1), ..Overrides::default() };
    run("a day of a thousand members, every signature made and checked", thousand, &signed);
}

fn main() {
    machine();
    signatures();
    let uniform = Rule::UniformPrice { convention: PriceConvention::Equilibrium, k: Fraction::HALF };
    for members in [1_000, 10_000, 100_000, 1_000_000] {
        auction("uniform price", uniform, members);
    }
    auction("pay as bid", Rule::PayAsBid { k: Fraction::HALF }, 1_000_000);
    readings(1_000);
    readings(100_000);
    communities();
}
