//! A report from a small invented recording: three members, two days, three carriers.

use super::*;
use ledger::posted::{Batch, Bond, Checkpoint, Cost, Dispute};
use market::{
    AccountId, Address, Authentication, Book, BookOrder, Carrier, Community, DeliveryInterval, Energy, Event,
    Fraction, Law, Market, MeterId, Money, Posting, PostingKind, Price, PriceConvention, Prices, Reading,
    Rule, Side, Sink, Tariff, TariffId, TariffKind, TimeInForce,
};
use std::fs;
use std::path::{Path, PathBuf};

const PRICES: Prices = Prices { import: Price(200_000), export: Price(80_000) };
const START: u64 = 1_623_024_000;
const DURATION: u32 = 900;

/// A folder of the test's own, empty, gone with the test.
struct Scratch(PathBuf);

fn scratch(name: &str) -> Scratch {
    let path = std::env::temp_dir().join(format!("wattle-report-{}-{name}", std::process::id()));
    let _ = fs::remove_dir_all(&path);
    fs::create_dir_all(&path).unwrap();
    Scratch(path)
}

impl std::ops::Deref for Scratch {
    type Target = Path;
    fn deref(&self) -> &Path {
        &self.0
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

fn tariff() -> Tariff {
    Tariff {
        kind: TariffKind::Flat(PRICES),
        grid_fee: Price(80_000),
        peer_grid_fee: Price(40_000),
        levy: Price(40_000),
        peer_levy: Price(20_000),
    }
}

fn subject(intervals: u64) -> Subject {
    let half = Fraction::new(1, 2).unwrap();
    let rule = Rule::UniformPrice { convention: PriceConvention::Equilibrium, k: half };
    let market = |carrier| Market { carrier, rule, floor: Price(0), cap: Price(1_000_000) };
    let meter = |meter, carrier, storage| PointInfo {
        carrier,
        meter: Some((MeterId(meter), TariffId(0))),
        storage: Energy(storage),
    };
    let own_heat = PointInfo { carrier: Carrier::Heat, meter: None, storage: Energy(5_000) };
    let member = |name: &str, kind: &str, account, points| MemberInfo {
        name: name.into(),
        kind: kind.into(),
        account: AccountId(account),
        devices: vec!["PV 8 kW".into()],
        points,
        share: None,
    };
    Subject {
        scenario: "small".into(),
        name: "Hamlet".into(),
        version: "0.0.0".into(),
        seed: 7,
        start: START,
        intervals,
        community: Community {
            chain_id: 1,
            community_id: 1,
            currency: *b"EUR",
            operator: Address::default(),
            authentication: Authentication::Operator,
            interval_duration: DURATION,
            gate_closure: 900,
            horizon: 1,
            utc_offset: 3_600,
            markets: vec![market(Carrier::Electricity), market(Carrier::Heat)],
            tariffs: vec![tariff()],
        },
        members: vec![
            member(
                "Sunny <1>",
                "household",
                6,
                vec![meter(0, Carrier::Electricity, 10_000), meter(1, Carrier::Heat, 0)],
            ),
            member("Shady", "bakery", 7, vec![meter(2, Carrier::Electricity, 0), own_heat]),
            member(
                "Hasty",
                "household",
                8,
                vec![meter(3, Carrier::Electricity, 0), meter(4, Carrier::Gas, 0)],
            ),
        ],
        untraded: vec![],
        attributions: vec!["Invented for this test.".into()],
    }
}

/// Sunny sells 1 kWh, Shady takes it; Hasty has promised to take 0.5 kWh more and takes nothing.
fn interval(recorder: &mut Recorder, number: u64) {
    let interval = DeliveryInterval::new(START + number * u64::from(DURATION), DURATION).unwrap();
    let carrier = Carrier::Electricity;
    let price = Price(150_000 + (number % 96) as i64 * 500);
    let order = |limit: i64, energy, arrival| BookOrder {
        limit: Price(limit),
        energy: Energy(energy),
        account: AccountId(6),
        meter: MeterId(0),
        arrival,
        time_in_force: TimeInForce::NextClearing,
    };
    let bids = vec![order(260_000, 1_000, 0), order(250_000, 500, 1), order(90_000, 700, 2)];
    let book =
        Book { bids, offers: vec![order(80_000, 1_500, 0), order(220_000, 900, 1)], ..Book::default() };
    recorder.book(carrier, interval, &book);
    let cleared = |carrier, volume, price, orders| Event::Cleared {
        carrier,
        interval,
        volume: Energy(volume),
        price,
        equilibrium: price,
        welfare: Money(1),
        orders,
    };
    recorder.event(cleared(carrier, 1_500, Some(price), [3, 2]));
    recorder.event(cleared(Carrier::Heat, 0, None, [1, 0]));
    for (meter, import, export) in [(0, 0, 1_500), (1, 100, 0), (2, 1_200, 0), (3, 0, 0), (4, 300, 0)] {
        let (import, export) = (Energy(import), Energy(export));
        recorder.event(Event::Metered(Reading {
            meter: MeterId(meter),
            interval,
            import,
            export,
            sequence: 1,
        }));
    }
    let mut post = |kind, member, meter, carrier, side, energy: i64, price: Price| {
        let (member, other) = (AccountId(member), AccountId::COMMUNITY);
        let (debit, credit) = if side == Side::Buy { (member, other) } else { (other, member) };
        recorder.event(Event::Posted(Posting {
            kind,
            debit,
            credit,
            money: Energy(energy) * price,
            meter: Some(MeterId(meter)),
            energy: Energy(energy),
            price: Some(price),
            interval: Some(interval),
            carrier: Some(carrier),
            side: Some(side),
        }));
    };
    use PostingKind::{GridFee, Imbalance, Levy, Supply, Trade};
    post(Trade, 6, 0, carrier, Side::Sell, 1_500, price);
    post(Trade, 7, 2, carrier, Side::Buy, 1_000, price);
    post(GridFee, 7, 2, carrier, Side::Buy, 1_000, Price(60_000));
    post(Supply, 7, 2, carrier, Side::Buy, 200, Price(320_000));
    post(Trade, 8, 3, carrier, Side::Buy, 500, price);
    post(Imbalance, 8, 3, carrier, Side::Sell, 500, PRICES.export);
    post(Supply, 6, 1, Carrier::Heat, Side::Buy, 100, Price(320_000));
    post(Supply, 8, 4, Carrier::Gas, Side::Buy, 300, Price(320_000));
    post(Levy, 8, 4, Carrier::Gas, Side::Buy, 300, Price(0));
    let flow = |member, carrier, streams: &[(Stream, i64)], stored| {
        let mut flow = MemberFlow { stored: Energy(stored), ..MemberFlow::new(member, carrier) };
        streams.iter().for_each(|(stream, energy)| flow.add(*stream, Energy(*energy)));
        flow
    };
    let battery = (number % 50) as i64 * 200;
    let sunny = [(Stream::Sun, 2_000), (Stream::Load, 300), (Stream::Charge, 200)];
    let flows = [
        flow(0, carrier, &sunny, battery),
        flow(0, Carrier::Heat, &[(Stream::Warmth, 100)], 0),
        flow(1, carrier, &[(Stream::Load, 1_200)], 0),
        flow(1, Carrier::Heat, &[(Stream::HeatPump, 50), (Stream::Warmth, 50)], 2_500),
        flow(2, Carrier::Gas, &[(Stream::BoilerFuel, 300)], 0),
    ];
    let terms = crate::Terms { tariff: tariff(), vat: 0, prices: PRICES };
    recorder.record(interval, &[terms], &flows).unwrap();
}

fn outcome() -> Outcome {
    let laws = vec![LawCheck { law: Law::C1, checked: 192, violations: 0 }];
    Outcome { root: [0xab; 32], ledger: "central ledger".into(), laws, chain: None }
}

fn report(target: &Path, intervals: u64) -> String {
    let mut recorder = Recorder::create(target, subject(intervals)).unwrap();
    (0..intervals).for_each(|number| interval(&mut recorder, number));
    let page = recorder.finish(&outcome()).unwrap();
    assert_eq!(page, target.join("index.html"));
    fs::read_to_string(page).unwrap()
}

#[test]
fn the_page_says_what_happened_and_refers_to_nothing_outside() {
    let folder = scratch("page");
    let page = report(&folder.join("out"), 192);
    for part in [
        "<title>Hamlet: 3 members traded electricity for 2 days</title>",
        "Mon 7 to Wed 9 June 2021",
        "Sunny &lt;1&gt;",
        "<code>operator</code>",
        "Nobody offered heat",
        "There is no market for gas here",
        "its contracts and its meter differed by 96.0\u{a0}kWh",
        "every interval",
        "0xabab",
        "Invented for this test.",
        "no order is filled beyond its energy",
    ] {
        let part = if part == "every interval" { "data-curves=\"electricity\"" } else { part };
        assert!(page.contains(part), "missing: {part}");
    }
    for outside in ["http:", "https:", "url(", "@import", "src=", "<link rel=\"stylesheet"] {
        let found = page.replace("http://www.w3.org/2000/svg", "").contains(outside);
        assert!(!found, "the page refers to the outside: {outside}");
    }
    assert_eq!(page.matches("<svg").count(), page.matches("</svg>").count());
    assert!(page.matches("aria-label=").count() >= page.matches("<svg").count());
    assert!(!page.contains("NaN") && !page.contains("inf "), "a picture has no place for a value");
}

/// Posted in two batches, of which the first fell and got new roots.
fn dual_chain() -> DualChain {
    let checkpoint = |root| Checkpoint { records: 20, bytes: 300, root: [root; 32] };
    let batch = |number, roots: std::ops::Range<u8>, finalised| Batch {
        number,
        checkpoints: roots.map(checkpoint).collect(),
        bytes: 1_234,
        gas: 98_765,
        posted: START + 900 * number,
        finalised,
        reposted: number == 1,
    };
    let cost = |what, count, bytes, gas| Cost { what, count, bytes, gas };
    DualChain {
        primary: "an EVM <in> the process".into(),
        chain_id: 31_337,
        contract: Address([0xc0; 20]),
        mode: "calldata with every signature".into(),
        window: (50, 600),
        batches: vec![batch(1, 1..4, Some(START + 900 + 660)), batch(2, 4..6, None)],
        disputes: vec![Dispute {
            batch: 1,
            segment: 2,
            challenger: Address([0xcc; 20]),
            time: START + 1_000,
            gas: 345_678,
            reward: 400_000_000_000_000_000,
            burnt: 600_000_000_000_000_000,
        }],
        bonds: vec![
            Bond { operator: Address([0xa1; 20]), bond: 0, lost: 1_000_000_000_000_000_000 },
            Bond { operator: Address([0xa2; 20]), bond: 2_500_000_000_000_000_000, lost: 0 },
        ],
        costs: vec![
            cost("order", 40, 480, 24_000),
            cost("root", 5, 160, 6_401),
            cost("fraud proof", 1, 0, 345_678),
        ],
        soft: Wait::of(vec![40_000, 12_500_000]),
        finality: Wait::of(vec![660, 1_260, 750]),
        held: 12_340_000_000_000_000_000,
    }
}

#[test]
fn a_run_on_two_chains_tells_batches_disputes_bonds_and_costs() {
    let folder = scratch("chains");
    let out = folder.join("out");
    let mut recorder = Recorder::create(&out, subject(4)).unwrap();
    (0..4).for_each(|number| interval(&mut recorder, number));
    recorder.finish(&Outcome { chain: Some(dual_chain()), ..outcome() }).unwrap();
    let page = fs::read_to_string(out.join("index.html")).unwrap();
    let section = page.split("<section id=\"chains\">").nth(1).unwrap().split("</section>").next().unwrap();
    for part in [
        "<strong>100 records</strong> went to the primary chain in 2 batches, with a root to check after every 20 of them",
        "1 batch can still be challenged",
        "0.04\u{a0}ms",
        "at most 12.5\u{a0}ms, until a signed receipt",
        "12.5\u{a0}min",
        "at most 21.0\u{a0}min",
        "2468\u{a0}bytes",
        "24.7 bytes and 1975 gas a record",
        "roots given anew",
        "7 June 01:15:00",
        "345\u{202f}678",
        "0.40\u{a0}€",
        "0.60\u{a0}€",
        "<th scope=\"row\">order</th><td class=\"num\">40</td><td class=\"num\">12</td><td class=\"num\">600</td>",
        "<td class=\"num\">32</td><td class=\"num\">1280</td>",
        "an EVM &lt;in&gt; the process, chain id 31337",
        "50 blocks and 10.0\u{a0}min",
        "12.34\u{a0}€",
    ] {
        assert!(section.contains(part), "missing: {part}\n{section}");
    }
    let batches = fs::read_to_string(out.join("batches.csv")).unwrap();
    let expected =
        "1,3,60,1234,98765,2021-06-07T00:15:00Z,660,1\n2,2,40,1234,98765,2021-06-07T00:30:00Z,,0\n";
    assert_eq!(batches.split_once('\n').unwrap().1, expected);
    let checkpoints = fs::read_to_string(out.join("checkpoints.csv")).unwrap();
    assert_eq!(checkpoints.lines().count(), 1 + 5);
    assert!(checkpoints.contains(&format!("2,0,20,300,0x{}", "04".repeat(32))), "{checkpoints}");
    // Replaced by a report of a ledger that posts nowhere: no section, no files.
    let page = report(&out, 4);
    assert!(!page.contains("id=\"chains\"") && !out.join("batches.csv").exists());
}

#[test]
fn the_page_shows_the_last_batches_and_says_how_many_came_before() {
    let folder = scratch("many");
    let mut chain = dual_chain();
    chain.disputes.clear();
    let many = (1..=5_000).map(|number| Batch { number, ..chain.batches[0].clone() });
    chain.batches = many.collect();
    let recorder = Recorder::create(&folder.join("out"), subject(4)).unwrap();
    let page = recorder.finish(&Outcome { chain: Some(chain), ..outcome() }).unwrap();
    let page = fs::read_to_string(page).unwrap();
    assert!(page.contains("4940 batches before these") && page.contains("all of them are final"));
    assert!(page.contains("no root was proven wrong") && !page.contains("Table of disputes"));
    assert!(page.len() < 300_000, "{}", page.len());
}

#[test]
fn the_curves_alone_are_a_file_that_is_well_formed() {
    let step = |price, energy| vec![(Price(price), Energy(energy))];
    let (demand, supply) = (step(300_000, 2_000), step(100_000, 1_500));
    let crossing = Crossing { demand, supply, volume: Energy(1_500), price: Some(Price(200_000)) };
    let svg = crossing_curves(&crossing, *b"EUR");
    assert!(svg.starts_with("<svg xmlns=") && svg.contains("1.50\u{a0}kWh traded at 20.00\u{a0}ct/kWh"));
    for tag in svg.split('<').skip(1).filter_map(|piece| piece.split('>').next()) {
        let bare: String = tag.split('"').step_by(2).collect();
        let mut words = bare.trim_end_matches('/').split_whitespace().skip(1);
        assert!(words.all(|word| word.ends_with('=')), "an attribute without a value: <{tag}>");
    }
}

#[test]
fn bills_are_exact_and_those_at_the_tariff_beside_them() {
    let folder = scratch("bills");
    let mut recorder = Recorder::create(&folder.join("out"), subject(1)).unwrap();
    interval(&mut recorder, 0);
    let totals: Vec<(usize, Carrier, Total)> = recorder.totals().map(|(m, c, t)| (m, c, *t)).collect();
    let (_, _, sunny) = totals[0];
    // 1.5 kWh sold at 15 ct instead of 8 ct.
    assert_eq!((sunny.cost, sunny.at_tariff), (Money(-225_000_000), Money(-120_000_000)));
    let (_, _, shady) = totals[2];
    // 1 kWh at 15 + 6 ct and 0.2 kWh at 32 ct, instead of 1.2 kWh at 32 ct.
    assert_eq!((shady.cost, shady.at_tariff), (Money(274_000_000), Money(384_000_000)));
    assert_eq!((shady.from_peers, shady.from_supplier()), (Energy(1_000), Energy(200)));
    let (_, _, hasty) = totals[4];
    // 0.5 kWh bought at 15 ct and not taken: resold at 8 ct.
    assert_eq!(
        (hasty.saved(), hasty.missed, hasty.missed_cost),
        (Money(-35_000_000), Energy(500), Money(35_000_000))
    );
}

#[test]
fn the_same_run_gives_the_same_bytes_and_replaces_its_own_report() {
    let folder = scratch("bytes");
    let (one, two) = (folder.join("one"), folder.join("two"));
    report(&one, 96);
    report(&two, 96);
    report(&two, 96);
    let mut names: Vec<_> = fs::read_dir(&one).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    names.sort();
    assert_eq!(names.len(), 9);
    for name in names {
        assert!(fs::read(one.join(&name)).unwrap() == fs::read(two.join(&name)).unwrap(), "{name:?} differs");
    }
    assert_eq!(fs::read_dir(&*folder).unwrap().count(), 2, "something was left behind");
}

#[test]
fn the_tables_hold_every_member_and_interval() {
    let folder = scratch("tables");
    let out = folder.join("out");
    report(&out, 20);
    let readings = fs::read_to_string(out.join("readings.csv")).unwrap();
    assert_eq!(readings.lines().count(), 1 + 20 * 6);
    let line = readings.lines().nth(3).unwrap();
    assert_eq!(
        line,
        "2021-06-07T00:00:00Z,Shady,electricity,1200,0,0,1200,0,0,0,0,1000,0,1000,0,200,0,274000000"
    );
    let clearings = fs::read_to_string(out.join("clearings.csv")).unwrap();
    assert!(clearings.contains("2021-06-07T00:00:00Z,heat,1,1,0,0,,,1"), "{clearings}");

    use parquet::file::reader::{FileReader, SerializedFileReader};
    use parquet::record::RowAccessor;
    let reader = SerializedFileReader::new(fs::File::open(out.join("readings.parquet")).unwrap()).unwrap();
    let rows: Vec<_> = reader.get_row_iter(None).unwrap().map(Result::unwrap).collect();
    assert_eq!(rows.len(), 120);
    assert_eq!(rows[2].get_string(1).unwrap(), "Shady");
    assert_eq!(rows[2].get_long(17).unwrap(), 274_000_000);
    assert_eq!(rows[119].get_timestamp_millis(0).unwrap(), (START as i64 + 19 * 900) * 1000);
    let reader = SerializedFileReader::new(fs::File::open(out.join("clearings.parquet")).unwrap()).unwrap();
    let prices: Vec<_> =
        reader.get_row_iter(None).unwrap().map(|row| row.unwrap().get_long(6).ok()).collect();
    assert_eq!(prices[..2], [Some(150_000), None]);
}

#[test]
fn a_long_run_makes_a_page_of_bounded_size() {
    let folder = scratch("long");
    let page = report(&folder.join("out"), 5_000);
    assert!(page.len() < 1_500_000, "{}", page.len());
}

#[test]
fn a_folder_with_something_else_in_it_is_left_alone() {
    let folder = scratch("occupied");
    fs::write(folder.join("thesis.txt"), "years of work").unwrap();
    let error = Recorder::create(&folder, subject(1)).map(|_| ()).unwrap_err();
    assert!(error.to_string().contains("thesis.txt is in the way"), "{error}");
    let file = folder.join("thesis.txt");
    let error = Recorder::create(&file, subject(1)).map(|_| ()).unwrap_err();
    assert!(error.to_string().contains("nothing was overwritten"), "{error}");
    assert_eq!(fs::read_to_string(file).unwrap(), "years of work");
    assert_eq!(fs::read_dir(&*folder).unwrap().count(), 1);
}

#[test]
fn an_unfinished_report_leaves_nothing_behind_and_an_impossible_place_is_named() {
    let folder = scratch("unfinished");
    let mut recorder = Recorder::create(&folder.join("out"), subject(1)).unwrap();
    interval(&mut recorder, 0);
    drop(recorder);
    assert_eq!(fs::read_dir(&*folder).unwrap().count(), 0);
    let error = Recorder::create(Path::new("/proc/nowhere/out"), subject(1)).map(|_| ()).unwrap_err();
    let text = error.to_string();
    assert!(text.contains("/proc/nowhere") && text.contains("--out"), "{text}");
}

#[test]
fn a_report_that_was_being_replaced_at_a_kill_comes_back_to_its_place() {
    let folder = scratch("replaced");
    let out = folder.join("out");
    fs::create_dir(&out).unwrap();
    fs::write(out.join("index.html"), "earlier").unwrap();
    fs::rename(&out, folder.join(".out.earlier")).unwrap();
    drop(Folder::create(&out).unwrap());
    assert_eq!(fs::read_to_string(out.join("index.html")).unwrap(), "earlier");
    assert_eq!(fs::read_dir(&*folder).unwrap().count(), 1);
}

#[test]
fn a_full_disk_is_reported_with_its_remedy() {
    let full = std::io::Error::from(std::io::ErrorKind::StorageFull);
    let text = ReportError::at(Path::new("out/readings.csv"))(full).to_string();
    assert!(text.starts_with("cannot write out/readings.csv:") && text.contains("free some space"), "{text}");
}

/// Plays a day of a shipped scenario.
fn played(scenario: &str, target: &Path) -> crate::Summary {
    let overrides = crate::scenario::Overrides { days: Some(1), ..Default::default() };
    let scenario = crate::Scenario::load(scenario, &overrides).unwrap();
    let mut ledger = ledger::Central::in_memory(ledger::Options::default()).unwrap();
    let mut reporter = Reporter::create(target, &scenario, "played", "0.0.0").unwrap();
    let summary = crate::run(&scenario, &mut ledger, &mut reporter).unwrap();
    reporter.finish(&Outcome { root: summary.root, ..Outcome::default() }).unwrap();
    summary
}

#[test]
fn every_row_of_a_run_balances_and_its_bills_are_those_of_the_summary() {
    for scenario in ["two_houses", "heat_and_power", "village"] {
        let folder = scratch(scenario);
        let out = folder.join("out");
        let summary = played(scenario, &out);
        let column = |head: &csv::StringRecord, name: &str| head.iter().position(|it| it == name).unwrap();

        let mut table = csv::Reader::from_path(out.join("readings.csv")).unwrap();
        let head = table.headers().unwrap().clone();
        let into = ["import_wh", "generation_wh", "discharge_wh"].map(|name| column(&head, name));
        let from = ["export_wh", "consumption_wh", "charge_wh"].map(|name| column(&head, name));
        let mut rows = 0;
        for row in table.records().map(Result::unwrap) {
            let sum =
                |columns: [usize; 3]| columns.map(|it| row[it].parse::<i64>().unwrap()).iter().sum::<i64>();
            assert_eq!(sum(into), sum(from), "{scenario}: {row:?}");
            rows += 1;
        }
        assert!(rows >= 96 * summary.members.len(), "{scenario}: {rows} rows");

        let mut table = csv::Reader::from_path(out.join("members.csv")).unwrap();
        let head = table.headers().unwrap().clone();
        let [cost, tariff] = ["cost_neur", "cost_at_tariff_neur"].map(|name| column(&head, name));
        let (mut bill, mut at_tariff) = (Money::ZERO, Money::ZERO);
        for row in table.records().map(Result::unwrap) {
            bill += Money(row[cost].parse().unwrap());
            at_tariff += Money(row[tariff].parse().unwrap());
        }
        assert_eq!((bill, at_tariff), (summary.bill(), summary.at_tariff()), "{scenario}");
    }
}
