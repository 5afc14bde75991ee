//! A day in the village, as a user sees it.

use crate::support::Folder;
use serde_json::Value;

fn integer(value: &Value, field: &str) -> i64 {
    value[field].as_i64().unwrap_or_else(|| panic!("{field} is no integer: {value}"))
}

#[test]
fn neighbours_pay_less_and_the_summary_adds_up() {
    let folder = Folder::new();
    let form = folder.wattle(&["run", "village", "--days", "1", "--json"]).json();
    let members = form["members"].as_array().unwrap();
    assert!((15..=30).contains(&members.len()), "about twenty members, not {}", members.len());
    assert_eq!(integer(&form, "intervals"), 96);
    let sum = |field: &str| members.iter().map(|member| integer(member, field)).sum::<i64>();
    for field in ["bill_neur", "at_tariff_neur", "saved_neur"] {
        assert_eq!(integer(&form, field), sum(field), "{field}");
    }
    assert!(integer(&form, "saved_neur") > 0, "the community saves nothing");
    for member in members {
        let saved = integer(member, "saved_neur");
        assert_eq!(saved, integer(member, "at_tariff_neur") - integer(member, "bill_neur"));
        assert_eq!(saved < 0, member["reason"].is_string(), "who pays more is told why: {member}");
    }
    let carriers = form["carriers"].as_array().unwrap();
    assert_eq!(carriers.len(), 3);
    let (bought, sold) = (sum("bought_wh"), sum("sold_wh"));
    let traded: i64 = carriers.iter().map(|carrier| integer(carrier, "traded_wh")).sum();
    assert_eq!([bought, sold], [traded, traded]);
    for carrier in carriers {
        let traded = integer(carrier, "traded_wh") > 0;
        assert_eq!(traded, carrier["mean_price"].is_i64(), "{carrier}");
        assert_eq!(!traded, carrier["untraded"].is_string(), "what is not traded says why: {carrier}");
    }
    assert_eq!(form["authentication"], "operator");
    assert_eq!(form["audit"]["violations"], 0);
    for (field, start) in [("report", "<!doctype html>"), ("ledger", "SQLite format 3")] {
        let path = folder.path().join(form[field].as_str().unwrap());
        let bytes = std::fs::read(&path).unwrap();
        assert!(bytes[..start.len()].eq_ignore_ascii_case(start.as_bytes()), "{}", path.display());
    }
    assert!(integer(&form, "run_ns") > 0);
}

#[test]
fn the_table_explains_itself() {
    let folder = Folder::new();
    let run = folder.wattle(&["run", "two_houses", "--out", "there"]);
    assert_eq!(run.code, 0, "{}", run.err);
    let expected = [
        "Two houses: 2 members, 1 day",
        "with supplier €",
        "with neighbours €",
        "electricity",
        "root",
        "wattle audit there.sqlite",
    ];
    for expected in expected {
        assert!(run.out.contains(expected), "no {expected} in {}", run.out);
    }
    assert!(run.err.contains("running 100 %"), "a log shows progress as lines: {}", run.err);
    let quiet = folder.wattle(&["run", "two_houses", "--quiet", "--out", "there"]);
    assert_eq!((quiet.code, quiet.err.as_str()), (0, ""));
}

#[test]
fn without_a_verb_the_village_runs() {
    let folder = Folder::new();
    let run = folder.wattle_with(&[], &[("WATTLE_DAYS", "1")]);
    assert_eq!(run.code, 0, "{}", run.err);
    assert!(run.out.contains("village") && run.out.contains("1 day"), "{}", run.out);
}

#[test]
fn a_run_that_cannot_begin_says_why_and_leaves_nothing() {
    let folder = Folder::new();
    let check = |arguments: &[&str], code: i32, expected: &str| {
        let run = folder.wattle(arguments);
        let complaints = run.complaints(code);
        assert!(complaints[0].contains(expected), "{arguments:?}: {complaints:?}");
    };
    check(&["run", "vilage"], 2, "did you mean `village`?");
    check(&["run", "village", "--week", "autum"], 2, "week");
    check(&["run", "village", "--days", "0"], 2, "0 days");
    check(&["run", "village", "--seed", "1.5"], 2, "not a whole number");
    folder.write("mine.toml", "[time]\ndays = \"many\"\n");
    check(&["run", "mine.toml"], 2, "mine.toml:");
    folder.write("kept.sqlite", "precious");
    check(&["run", "two_houses", "--ledger", "kept.sqlite"], 2, "kept.sqlite exists already");
    assert_eq!(std::fs::read_to_string(folder.path().join("kept.sqlite")).unwrap(), "precious");
    std::fs::create_dir(folder.path().join("photos")).unwrap();
    folder.write("photos/wedding.jpg", "precious");
    check(&["run", "two_houses", "--out", "photos"], 2, "nothing was overwritten");
    folder.write("file", "");
    check(&["run", "two_houses", "--ledger", "file/ledger.sqlite"], 1, "cannot be written");
    let mut left: Vec<String> = std::fs::read_dir(folder.path())
        .unwrap()
        .map(|entry| entry.unwrap().file_name().to_string_lossy().into_owned())
        .collect();
    left.retain(|name| name != "reports"); // made for the report, and empty
    left.sort();
    assert_eq!(left, ["file", "kept.sqlite", "mine.toml", "photos"]);
    assert_eq!(std::fs::read_dir(folder.path().join("reports")).unwrap().count(), 0);
}
