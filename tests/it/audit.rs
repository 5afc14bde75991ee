//! `wattle audit`: what it checks, and what it finds.

use crate::support::Folder;
use market::Law;
use serde_json::Value;

/// A village day in `village.sqlite`.
fn village(folder: &Folder, options: &[&str]) -> Value {
    folder
        .wattle(&[&["run", "village", "--days", "1", "--json", "--out", "village"], options].concat())
        .json()
}

/// Laws for which an honest day gives no occasion in its log, and where they are tested instead.
const WITHOUT_OCCASION: [(Law, &str); 8] = [
    (Law::C10, "compares two runs of an auction: property tests of clearing"),
    (Law::S5, "no invoice is rounded to cents yet"),
    (Law::S9, "inside the devices: property tests of agents"),
    (Law::S10, "inside the devices: property tests of agents"),
    (Law::A5, "needs receipts that members hold: tests of ledger"),
    (Law::A6, "there are no sealed orders yet"),
    (Law::A7, "a log has no field for names"),
    (Law::A8, "needs two conflicting receipts: tests of ledger"),
];

#[test]
fn every_law_is_checked_on_a_village_day_and_holds() {
    let folder = Folder::new();
    let run = village(&folder, &[]);
    let audit = folder.wattle(&["audit", "village.sqlite", "--json", "--quiet"]).json();
    assert_eq!([&audit["records"], &audit["root"]], [&run["records"], &run["root"]]);
    assert_eq!(audit["first_violation"], Value::Null);
    let count = |law: Law| -> u64 {
        let laws = audit["laws"].as_array().unwrap();
        let entry = laws.iter().find(|entry| entry["law"] == law.number());
        entry.map_or(0, |entry| {
            assert_eq!(entry["violations"], 0, "{entry}");
            entry["checked"].as_u64().unwrap()
        })
    };
    for law in Law::ALL {
        let excused = WITHOUT_OCCASION.iter().any(|(excused, _)| *excused == law);
        assert!(excused || count(law) > 0, "law {} was never checked", law.number());
    }
}

#[test]
fn a_signed_day_is_checked_signature_by_signature() {
    let folder = Folder::new();
    let arguments = ["run", "two_houses", "--signed", "--json", "--out", "signed"];
    assert_eq!(folder.wattle(&arguments).json()["authentication"], "signature");
    let text = folder.wattle(&["audit", "signed.sqlite"]);
    assert_eq!(text.code, 0, "{}", text.err);
    assert!(text.out.contains("A1") && text.out.contains("every law holds"), "{}", text.out);
}

#[test]
fn a_changed_byte_is_found_and_the_exit_code_says_so() {
    let folder = Folder::new();
    village(&folder, &[]);
    let path = folder.path().join("village.sqlite");
    let honest = std::fs::read(&path).unwrap();
    let mut found = 0;
    for place in [honest.len() / 3, honest.len() / 2, honest.len() * 2 / 3] {
        let mut bytes = honest.clone();
        bytes[place] ^= 1;
        std::fs::write(&path, bytes).unwrap();
        let run = folder.wattle(&["audit", "village.sqlite", "--json", "--quiet"]);
        if run.code == 0 {
            continue; // a byte that no record lies in
        }
        assert_eq!(run.code, 1, "{}", run.err);
        found += 1;
        if run.err.is_empty() {
            let audit: Value = serde_json::from_str(&run.out).unwrap();
            assert!(audit["first_violation"]["law"].is_string(), "{audit}");
        }
    }
    assert!(found > 0, "no change was found");
}

#[test]
fn what_is_not_a_ledger_is_refused() {
    let folder = Folder::new();
    let check = |name: &str, code: i32, expected: &str| {
        let run = folder.wattle(&["audit", name]);
        let complaints = run.complaints(code);
        assert!(complaints.len() == 1 && complaints[0].contains(expected), "{name}: {complaints:?}");
    };
    check("nowhere.sqlite", 2, "there is no ledger at nowhere.sqlite: check the path");
    folder.write("notes.txt", "not a database, but long enough to be taken for something else");
    check("notes.txt", 2, "is not a ledger");
    village(&folder, &[]);
    let honest = std::fs::read(folder.path().join("village.sqlite")).unwrap();
    folder.write("half.sqlite", &honest[..honest.len() / 2]);
    let half = folder.wattle(&["audit", "half.sqlite", "--quiet"]);
    assert_eq!(half.code, 1, "half a ledger passed: {}", half.out);
}
