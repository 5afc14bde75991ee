//! The scenarios that come with the program, played.

use ledger::{Central, Ledger, Options};
use market::{AccountId, Carrier, Event, Money, PostingKind, Sink};
use sim::scenario::{EMBEDDED, Overrides};
use sim::{Lived, Observer, Scenario, Summary, run};
use std::path::Path;

fn load(name: &str, overrides: &Overrides) -> Scenario {
    Scenario::load(name, overrides).unwrap_or_else(|error| panic!("{error}"))
}

fn play(scenario: &Scenario) -> (Summary, Central) {
    let mut ledger = Central::in_memory(Options::default()).unwrap();
    let summary = run(scenario, &mut ledger, &mut ()).unwrap_or_else(|error| panic!("{error}"));
    (summary, ledger)
}

fn short(name: &str) -> Overrides {
    let _ = name;
    Overrides { days: Some(1), ..Overrides::default() }
}

#[test]
fn every_scenario_is_valid_in_each_of_its_weeks() {
    for (name, _) in EMBEDDED {
        let scenario = load(name, &Overrides::default());
        for (week, start) in &scenario.span.weeks {
            let other = load(name, &Overrides { week: Some(week.clone()), ..Overrides::default() });
            assert_eq!(other.span.first.start, start.unix, "{name} in {week}");
            assert_eq!(other.members.len(), scenario.members.len());
        }
        let by_date = load(name, &Overrides { week: Some("2021-07-05".into()), ..Overrides::default() });
        assert_eq!(by_date.span.first.start, 1_625_439_600, "{name}");
    }
}

#[test]
fn the_village_pays_less_in_every_season_and_trades_every_carrier() {
    for week in ["winter", "transition", "summer"] {
        let scenario = load("village", &Overrides { week: Some(week.into()), ..Overrides::default() });
        let (summary, _) = play(&scenario);
        assert!(
            summary.bill() < summary.at_tariff(),
            "{week}: {} of {}",
            summary.bill(),
            summary.at_tariff()
        );
        for carrier in &summary.carriers {
            assert!(carrier.traded.0 > 0, "{week}: no {} was traded", carrier.carrier.name());
            assert_eq!(carrier.untraded, None);
        }
        for member in &summary.members {
            assert_eq!(member.reason().is_some(), member.saved().0 < 0, "{week}: {}", member.name);
        }
    }
}

#[test]
fn mill_lane_shares_its_electricity_and_trades_its_heat() {
    let (summary, _) = play(&load("mill_lane", &Overrides::default()));
    let traded: Vec<_> = summary.carriers.iter().map(|carrier| (carrier.carrier, carrier.traded.0)).collect();
    let [(Carrier::Electricity, shared), (Carrier::Heat, ordered)] = traded[..] else { panic!("{traded:?}") };
    assert!(shared > 0 && ordered > 0, "{traded:?}");
}

#[test]
fn the_same_seed_gives_the_same_log_and_another_seed_does_not() {
    let log = |seed| {
        let overrides = Overrides { seed: Some(seed), ..short("village") };
        let (summary, ledger) = play(&load("village", &overrides));
        (summary, ledger.receipt())
    };
    let (first, second, other) = (log(7), log(7), log(8));
    assert_eq!(first, second);
    assert_ne!(first.1.hash, other.1.hash);
    assert_ne!(first.0.root, other.0.root);
}

#[test]
fn a_new_neighbour_does_not_change_ones_luck() {
    let text = EMBEDDED.iter().find(|(name, _)| *name == "village").unwrap().1;
    let more = format!(
        "{text}\n[[member]]\nname = \"Newcomer\"\ndevices = [{{ kind = \"load\", profile = \"single\" }}]\n"
    );
    let parse = |text| Scenario::parse(text, "village", ".".as_ref(), &short("village")).unwrap();
    let (before, after) = (parse(text), parse(&more));
    for one in &before.members {
        let other = after.members.iter().find(|other| other.name == one.name).unwrap();
        let exogenous = |member: &sim::scenario::Member| {
            let devices: agents::Devices = member.devices.iter().cloned().collect();
            (0..96).map(|step| devices.exogenous(step)).collect::<Vec<_>>()
        };
        assert!(exogenous(one) == exogenous(other), "{}", one.name);
    }
}

/// Adds up what must cancel.
#[derive(Default)]
struct Conservation {
    bought: [i64; 3],
    sold: [i64; 3],
    members: Money,
    others: Money,
    residual: i64,
    intervals: u64,
    settled: u64,
}

impl Sink for Conservation {
    fn event(&mut self, event: Event) {
        match event {
            Event::Filled { id, energy, .. } if id.side == market::Side::Buy => {
                self.bought[id.carrier as usize] += energy.0;
            }
            Event::Filled { id, energy, .. } => self.sold[id.carrier as usize] += energy.0,
            Event::Converted { carrier, side: market::Side::Buy, energy, .. } => {
                self.bought[carrier as usize] += energy.0;
            }
            Event::Converted { carrier, energy, .. } => self.sold[carrier as usize] += energy.0,
            Event::Settled { .. } => self.settled += 1,
            Event::Posted(posting)
                if !matches!(posting.kind, PostingKind::Deposit | PostingKind::Withdrawal) =>
            {
                for (account, money) in [(posting.debit, -posting.money), (posting.credit, posting.money)] {
                    if account.0 >= AccountId::FIRST_MEMBER.0 {
                        self.members += money;
                    } else {
                        self.others += money;
                    }
                }
            }
            _ => {}
        }
    }
}

impl Observer for Conservation {
    fn interval(&mut self, lived: &Lived<'_>) -> Result<(), Box<dyn std::error::Error + Send + Sync>> {
        self.intervals += 1;
        let balances = lived.deliveries.iter().flat_map(|delivery| &delivery.balances);
        self.residual += balances.map(|balance| balance.residual().abs()).sum::<i64>();
        Ok(())
    }
}

#[test]
fn energy_and_money_are_only_moved() {
    for name in ["village", "heat_and_power"] {
        let scenario = load(name, &short(name));
        let mut ledger = Central::in_memory(Options::default()).unwrap();
        let mut seen = Conservation::default();
        let summary = run(&scenario, &mut ledger, &mut seen).unwrap();
        assert_eq!(seen.bought, seen.sold, "{name}");
        assert_eq!(seen.members + seen.others, Money::ZERO, "{name}");
        assert_eq!(seen.residual, 0, "{name}");
        assert_eq!((seen.intervals, seen.settled), (96, 96 * 3), "{name}");
        assert_eq!(summary.bill(), seen.others, "{name}: what members paid is what others received");
        let total: Money = ledger.state().accounts().iter().map(|account| account.balance).sum();
        assert_eq!(total, Money::ZERO, "{name}: the world's account balances all others");
        for carrier in &summary.carriers {
            assert_eq!(carrier.traded.0, seen.bought[carrier.carrier as usize]);
        }
    }
}

#[test]
fn signatures_change_nothing_but_the_log() {
    let plain = load("two_houses", &Overrides::default());
    let signed = load("two_houses", &Overrides { signed: true, ..Overrides::default() });
    let ((plain, _), (signed, ledger)) = (play(&plain), play(&signed));
    assert_eq!(plain.members, signed.members);
    assert_eq!(plain.commands, signed.commands);
    let mut unsigned = 0;
    ledger.records(0, &mut |_, envelope| unsigned += u32::from(envelope.signature.is_none())).unwrap();
    assert_eq!(unsigned, 0);
}

#[test]
fn other_rules_and_intervals_play_too() {
    let text = EMBEDDED.iter().find(|(name, _)| *name == "two_houses").unwrap().1;
    let rule = "rule = \"uniform_price\"";
    let variants = [
        (rule, "rule = \"pay_as_bid\""),
        (rule, "rule = \"uniform_price\"\nconvention = \"last_pair\"\nk = \"100 %\""),
        (rule, "rule = \"mid_market_rate\""),
        (rule, "rule = \"static\"\nprice = \"15 ct/kWh\""),
        (rule, "rule = \"dynamic\"\nprice = \"15 ct/kWh\""),
        ("interval = \"15 min\"", "interval = \"5 min\""),
        ("horizon = \"15 min\"", "horizon = \"2 h\""),
        ("kind = \"persistence\"", "kind = \"last_week\""),
    ];
    for (from, to) in variants {
        let text = text.replace(from, to).replace("gate_closure = \"5 min\"", "gate_closure = \"1 min\"");
        let parsed = Scenario::parse(&text, "two_houses", ".".as_ref(), &Overrides::default());
        let scenario = parsed.unwrap_or_else(|problems| panic!("{to}: {problems}"));
        let (summary, _) = play(&scenario);
        assert!(summary.carriers[0].traded.0 > 0, "{to}");
        // two hours ahead, price takers who expect the last metered value promise too much
        assert!(summary.bill() < summary.at_tariff() || to.starts_with("horizon"), "{to}");
    }
    let hourly = text
        .replace("interval = \"15 min\"", "interval = \"1 h\"")
        .replace("horizon = \"15 min\"", "horizon = \"1 h\"");
    let scenario = Scenario::parse(&hourly, "two_houses", ".".as_ref(), &Overrides::default()).unwrap();
    assert_eq!(play(&scenario).0.intervals, 24);
}

#[test]
fn a_run_that_does_not_fill_its_last_interval_is_stretched_to_at_the_same_energy() {
    let runs = |interval| {
        let overrides = Overrides { interval: Some(interval), ..short("appliances") };
        let adler = load("appliances", &overrides).members.swap_remove(0);
        adler.machines().iter().map(|run| (run.len(), run.iter().sum::<i64>())).collect::<Vec<_>>()
    };
    assert_eq!(runs(900), [(8, 7_500), (6, 4_500), (4, 2_500), (8, 1_131), (9, 933)]);
    assert_eq!(runs(3_600), [(2, 7_500), (2, 4_500), (1, 2_500), (2, 1_131), (3, 933)]);
}

#[test]
fn a_carrier_with_one_side_is_called_untraded() {
    let text = EMBEDDED.iter().find(|(name, _)| *name == "two_houses").unwrap().1;
    let text = text.replace("sellers = [\"Sunny house\"]", "sellers = []");
    let scenario = Scenario::parse(&text, "two_houses", ".".as_ref(), &Overrides::default()).unwrap();
    let (summary, _) = play(&scenario);
    assert_eq!(summary.carriers[0].untraded, Some("only buyers"));
    assert_eq!(summary.bill(), summary.at_tariff());
    assert_eq!(summary.carriers[0].carrier, Carrier::Electricity);
}

#[test]
fn dynamic_prices_come_from_a_file() {
    let text = EMBEDDED.iter().find(|(name, _)| *name == "two_houses").unwrap().1;
    let flat = "kind = \"flat\"\nimport = \"16.04 ct/kWh\"\nexport = \"7.94 ct/kWh\"";
    let dynamic = "kind = \"dynamic\"\nfile = \"spot.csv\"\ncolumn = \"de_lu\"\nimport_margin = \"2 ct/kWh\"\nexport_margin = \"0.5 ct/kWh\"";
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data");
    let text = text.replace(flat, dynamic);
    let scenario = Scenario::parse(&text, "two_houses", &folder, &Overrides::default()).unwrap();
    // 12:00 to 13:00: −3.1 €/MWh = −3 100 n€/Wh
    let noon = scenario.tariffs.published[0].1[48];
    assert_eq!((noon.import.0, noon.export.0), (16_900, -8_100));
    let (summary, _) = play(&scenario);
    assert!(summary.carriers[0].traded.0 > 0);
    let late = Overrides { days: Some(2), ..Overrides::default() };
    let problems = Scenario::parse(&text, "two_houses", &folder, &late).unwrap_err();
    assert!(problems.to_string().contains("take prices that cover the whole scenario"), "{problems}");
}

/// A week of the German day-ahead market; the file is not part of the repository.
#[test]
fn real_day_ahead_prices_become_the_tariff_to_the_nano_euro() {
    let shared = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/data/prices");
    let Ok(file) = std::fs::read_to_string(shared.join("de_lu_dayahead_hourly_2024_2025.csv")) else {
        eprintln!("skipped: there are no day-ahead prices in ../shared/data/prices");
        return;
    };
    let folder = std::env::temp_dir().join(format!("wattle-spot-{}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    let rows = file.lines().skip(1).map(|row| row.split_once(',').expect("three columns").1);
    let spot: String = std::iter::once("time,spot").chain(rows).flat_map(|row| [row, "\n"]).collect();
    std::fs::write(folder.join("spot.csv"), &spot).unwrap();

    let text = EMBEDDED.iter().find(|(name, _)| *name == "two_houses").unwrap().1;
    let flat = "kind = \"flat\"\nimport = \"16.04 ct/kWh\"\nexport = \"7.94 ct/kWh\"";
    let dynamic = "kind = \"dynamic\"\nfile = \"spot.csv\"\ncolumn = \"spot\"\nimport_margin = \"2 ct/kWh\"\nexport_margin = \"0.5 ct/kWh\"";
    let text = text.replace(flat, dynamic).replace("2021-06-21", "2024-06-17");
    let week = Overrides { days: Some(7), ..Overrides::default() };
    let scenario = Scenario::parse(&text, "two_houses", &folder, &week).unwrap();
    std::fs::remove_dir_all(&folder).unwrap();

    // €/MWh with at most two places to n€/Wh, without floats.
    let nano = |price: &str| {
        let (whole, places) = price.split_once('.').unwrap_or((price, ""));
        let sign = if price.starts_with('-') { -1 } else { 1 };
        let digits: i64 = format!("{}{places:0<3}", whole.trim_start_matches('-')).parse().unwrap();
        sign * digits
    };
    let start = scenario.span.first.start;
    let first = file.lines().position(|row| row.starts_with(&format!("{start},"))).expect("within the file");
    let prices = &scenario.tariffs.published[0].1;
    assert_eq!(prices.len(), 7 * 96);
    for (step, got) in prices.iter().enumerate() {
        let row = file.lines().nth(first + step / 4).unwrap();
        let spot = nano(row.rsplit(',').next().unwrap());
        assert_eq!((got.import.0, got.export.0), (spot + 20_000, spot - 5_000), "step {step}: {row}");
    }
    assert!(prices.iter().any(|prices| prices.import.0 < 20_000), "a week with negative prices");
    let (summary, _) = play(&scenario);
    assert!(summary.carriers[0].traded.0 > 0 && summary.bill() < summary.at_tariff());
}
