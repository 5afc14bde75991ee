//! The intervals of `cases/settlement`, each worked by hand to the last n€.

use super::community::{Flow, START, Village, dual, flat};
use market::*;
use serde_json::Value;
use std::path::Path;

fn number(value: &Value) -> i64 {
    value.as_i64().unwrap_or_else(|| panic!("{value} is no whole number"))
}

fn list(value: &Value) -> &[Value] {
    value.as_array().map_or(&[], Vec::as_slice)
}

fn numbers<const N: usize>(value: &Value) -> [i64; N] {
    std::array::from_fn(|place| number(&value[place]))
}

fn account(id: AccountId) -> String {
    match id {
        AccountId::SUPPLIER => "supplier".into(),
        AccountId::GRID_OPERATOR => "grid".into(),
        AccountId::LEVIES => "levies".into(),
        AccountId::COMMUNITY => "community".into(),
        member => char::from(b'A' + (member.0 - AccountId::FIRST_MEMBER.0) as u8).to_string(),
    }
}

/// What is posted, one line an entry: who pays whom, why, for how much energy, how much.
fn journal(posted: &[Posting]) -> Vec<String> {
    let line = |posting: &Posting| {
        let kind = format!("{:?}", posting.kind);
        let price = posting.price.map_or_else(|| "-".into(), |price| price.0.to_string());
        format!(
            "{} {} {kind} {} Wh {price} {}",
            account(posting.debit),
            account(posting.credit),
            posting.energy.0,
            posting.money.0
        )
    };
    posted.iter().map(line).collect()
}

#[test]
fn cases_worked_by_hand_to_the_last_nano_euro() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../cases/settlement");
    let mut cases = 0;
    for case in std::fs::read_dir(&folder).unwrap().map(|entry| entry.unwrap().path()) {
        if !case.join("input.json").is_file() {
            continue; // text, or a month that a run is held against
        }
        let name = case.file_name().unwrap().to_str().unwrap().to_owned();
        assert!(case.join("README.md").is_file(), "{name}");
        let read = |file: &str| std::fs::read_to_string(case.join(file)).unwrap();
        let input: Value = serde_json::from_str(&read("input.json")).unwrap();
        let tariffs: Vec<Tariff> = list(&input["tariffs"])
            .iter()
            .map(|terms| {
                let fees = numbers(&terms["fees"]);
                flat(number(&terms["import"]), number(&terms["export"]), fees)
            })
            .collect();
        let members = list(&input["members"]);
        let mut village = Village::new(tariffs.clone(), members.len(), 1_000_000_000_000, 0);
        let policy = &input["policy"];
        let tariff = TariffId(1);
        let imbalance = match policy["imbalance"].as_str().unwrap() {
            "dual" => ImbalancePolicy::Dual,
            "single" => ImbalancePolicy::Single { tariff },
            "pro_rata" => ImbalancePolicy::ProRata { tariff },
            other => panic!("{name}: no policy is called {other}"),
        };
        let penalty = Price(number(&policy["penalty"]));
        let tolerance = number(&policy["tolerance_ppm"]) as u32;
        village.agree(Agreement { imbalance, penalty, tolerance, ..dual() });
        let fees = &input["distance_fees"];
        village.reprice(
            0,
            TariffVersion {
                from: START,
                tariff: tariffs[0].clone(),
                distance_fees: fees.is_array().then(|| numbers(fees).map(Price)),
                vat: number(&input["vat_ppm"]) as u32,
            },
        );
        let mut flows = Vec::new();
        for (place, terms) in members.iter().enumerate() {
            if let Some(location) = terms["location"].as_str() {
                village.locate(place, Location::parse(location).unwrap());
            }
            let [bought, sold, import, export] = numbers(&terms["energies"]);
            flows.push(Flow { bought, sold, import, export });
        }
        let posted = village.live(0, number(&input["price"]), &flows);
        let right: Vec<String> = read("expected.txt").lines().map(str::to_owned).collect();
        assert_eq!(journal(&posted), right, "{name}");
        cases += 1;
    }
    assert_eq!(cases, 7);
}
