//! The same seed gives the same bytes.

use crate::support::Folder;
use ledger::{Central, Ledger, Options};
use market::encoding;
use std::collections::BTreeMap;

/// Everything in the report's folder, by name.
fn report(folder: &Folder, name: &str) -> BTreeMap<String, Vec<u8>> {
    let files = std::fs::read_dir(folder.path().join(name)).unwrap().map(Result::unwrap);
    files.map(|file| (file.file_name().into_string().unwrap(), std::fs::read(file.path()).unwrap())).collect()
}

/// Root, log hash and every byte of the log of a run.
fn log(folder: &Folder, name: &str, options: &[&str]) -> (String, [u8; 32], Vec<u8>) {
    let file = format!("{name}.sqlite");
    let form = folder
        .wattle(&[&["run", "village", "--days", "1", "--json", "--out", name], options].concat())
        .json();
    let ledger = Central::open(folder.path().join(file), Options::default()).unwrap();
    let mut bytes = Vec::new();
    ledger.records(0, &mut |_, envelope| encoding::encode(&envelope, &mut bytes)).unwrap();
    assert_eq!(form["records"].as_u64(), Some(ledger.len()));
    (form["root"].as_str().unwrap().to_owned(), ledger.receipt().hash, bytes)
}

#[test]
fn two_runs_of_one_seed_are_the_same_and_another_seed_is_not() {
    let folder = Folder::new();
    // Side by side, so that whatever depends on timing would show.
    let (first, second, other) = std::thread::scope(|scope| {
        let first = scope.spawn(|| log(&folder, "first", &["--seed", "5"]));
        let second = scope.spawn(|| log(&folder, "second", &["--seed", "5"]));
        let other = scope.spawn(|| log(&folder, "other", &["--seed", "6"]));
        (first.join().unwrap(), second.join().unwrap(), other.join().unwrap())
    });
    assert!(first == second, "two runs of one seed differ");
    let (first_report, second_report) = (report(&folder, "first"), report(&folder, "second"));
    assert!(first_report.keys().eq(second_report.keys()) && first_report.len() >= 9);
    for (name, bytes) in &first_report {
        assert!(*bytes == second_report[name], "{name} differs between two runs of one seed");
    }
    assert!(first.0 != other.0 && first.2 != other.2, "the seed changes nothing");
}

#[test]
fn signatures_change_the_log_and_not_the_trades() {
    let folder = Folder::new();
    let run = |options: &[&str]| {
        folder.wattle(&[&["run", "two_houses", "--json", "--out"], options].concat()).json()
    };
    let (operator, signed) = (run(&["operator"]), run(&["signed", "--signed"]));
    assert_eq!([&operator["authentication"], &signed["authentication"]], ["operator", "signature"]);
    for field in ["members", "carriers", "bill_neur", "at_tariff_neur", "orders", "records"] {
        assert_eq!(operator[field], signed[field], "{field}");
    }
}
