//! `wattle invoice` and `wattle explain` on a ledger that the program wrote.

use crate::support::Folder;

/// A folder with the ledger and the report of two houses on one day.
fn played() -> Folder {
    let folder = Folder::new();
    let run = folder.wattle(&["run", "two_houses", "--quiet"]);
    assert_eq!(run.code, 0, "{}", run.err);
    folder
}

const LEDGER: &str = "reports/two_houses.sqlite";

#[test]
fn invoices_stand_beside_the_ledger_and_hold_every_line() {
    let folder = played();
    let run = folder.wattle(&["invoice", LEDGER, "--quiet"]);
    assert_eq!((run.code, run.err.as_str()), (0, ""));
    assert!(run.out.contains("7-2021-06  Neighbour"), "{}", run.out);
    let json = folder.wattle(&["invoice", LEDGER, "--member", "Neighbour", "--json"]).json();
    let invoice = &json["invoices"][0];
    let number = |field: &str| invoice[field].as_i64().unwrap();
    assert_eq!(
        number("carried_in_neur") + number("sum_neur"),
        number("amount_neur") + number("carried_out_neur")
    );
    let lines = invoice["lines"].as_array().unwrap();
    let money: i64 = lines.iter().map(|line| line["money_neur"].as_i64().unwrap()).sum();
    assert_eq!(money, number("sum_neur"));
    // The line worked by hand in docs/two_houses.md.
    let worked = lines.iter().find(|line| {
        line["start"] == "2021-06-21T05:45:00+01:00" && line["line"] == "bought" && line["energy_wh"] == 45
    });
    assert_eq!(worked.unwrap()["money_neur"], 10_948_500);
    let csv =
        std::fs::read_to_string(folder.path().join("reports/two_houses-invoices/7-2021-06.csv")).unwrap();
    assert_eq!(csv.lines().count(), lines.len() + 1);
    let page =
        std::fs::read_to_string(folder.path().join("reports/two_houses-invoices/7-2021-06.html")).unwrap();
    assert!(page.contains("Invoice for June 2021") && page.contains("Neighbour"));
    assert_eq!(page.matches("<tr><td>").count(), lines.len());
}

#[test]
fn a_span_is_cut_out_and_what_came_before_it_is_carried() {
    let folder = Folder::new();
    let run = folder.wattle(&["run", "two_houses", "--days", "3", "--quiet"]);
    assert_eq!(run.code, 0, "{}", run.err);
    let of = |arguments: &[&str]| {
        let all = [&["invoice", LEDGER, "--account", "7", "--json"], arguments].concat();
        folder.wattle(&all).json()["invoices"].as_array().unwrap().clone()
    };
    let [first] = <[_; 1]>::try_from(of(&["--until", "2021-06-22"])).unwrap();
    let [second] = <[_; 1]>::try_from(of(&["--from", "2021-06-22"])).unwrap();
    let [whole] = <[_; 1]>::try_from(of(&[])).unwrap();
    assert_eq!(first["carried_out_neur"], second["carried_in_neur"]);
    let sum = |invoice: &serde_json::Value| invoice["sum_neur"].as_i64().unwrap();
    assert_eq!(sum(&first) + sum(&second), sum(&whole));
    assert_eq!(second["number"], "7-2021-06-22_2021-07-01");
}

#[test]
fn the_same_ledger_without_its_report_has_numbers_only() {
    let folder = played();
    std::fs::rename(folder.path().join(LEDGER), folder.path().join("alone.sqlite")).unwrap();
    let run = folder.wattle(&["invoice", "alone.sqlite", "--quiet", "--out", "there"]);
    assert_eq!(run.code, 0, "{}", run.err);
    assert!(run.out.contains("account 7"), "{}", run.out);
    let page = std::fs::read_to_string(folder.path().join("there/7-2021-06.html")).unwrap();
    assert!(!page.contains("Neighbour"), "a name came from nowhere");
}

#[test]
fn an_interval_is_explained_in_words_and_numbers() {
    let folder = played();
    let run = folder.wattle(&["explain", "Neighbour", "2021-06-21T05:50+01:00", "--quiet"]);
    assert_eq!((run.code, run.err.as_str()), (0, ""));
    assert!(run.out.starts_with("Neighbour, Mon 21 June 2021, 05:45 to 06:00 (UTC+01:00):\n"), "{}", run.out);
    let json = folder.wattle(&["explain", "7", "2021-06-21T04:50Z", "--ledger", LEDGER, "--json"]).json();
    assert_eq!(json["start"], "2021-06-21T05:45:00+01:00");
    assert_eq!(json["money_neur"], 128_198_700);
    assert_eq!(json["points"][0]["readings"][0]["import_wh"], 323);
    let lines = json["points"][0]["bills"][0]["lines"].as_array().unwrap();
    assert_eq!(lines.iter().map(|line| line["money_neur"].as_i64().unwrap()).sum::<i64>(), 128_198_700);
}

#[test]
fn wrong_questions_are_told_what_to_ask() {
    let folder = played();
    let check = |arguments: &[&str], expected: &str| {
        let run = folder.wattle(arguments);
        assert_eq!(run.complaints(2), [expected], "{arguments:?}");
    };
    let at = "2021-06-21T05:45+01:00";
    check(
        &["explain", "Neighbor", at, "--quiet"],
        "ACCOUNT: there is no member of this name: did you mean `Neighbour`?",
    );
    check(&["explain", "8", at, "--quiet"], "ACCOUNT: there is no account 8: members are 6 to 7");
    check(
        &["explain", "7", "2021-06-22T00:00+01:00", "--quiet"],
        "INTERVAL: 2021-06-22T00:00:00+01:00 is outside the ledger, which covers 2021-06-21T00:00:00+01:00 to \
         2021-06-22T00:00:00+01:00",
    );
    check(
        &["explain", "7", "21 June", "--quiet"],
        "INTERVAL: `21 June` is not a date and time: write one with its zone, such as 2021-06-21T05:45+01:00",
    );
    check(
        &["invoice", LEDGER, "--account", "2", "--quiet"],
        "--account: account 2 is the grid operator: members begin at 6",
    );
    check(
        &["invoice", LEDGER, "--account", "8", "--quiet"],
        "--account: there is no account 8: members are 6 to 7",
    );
    check(
        &["invoice", LEDGER, "--from", "2022-01-01", "--quiet"],
        "--from, --until: nothing was billed in this time: the ledger covers 2021-06-21T00:00:00+01:00 to \
         2021-06-22T00:00:00+01:00",
    );
    check(
        &["invoice", "none.sqlite", "--quiet"],
        "there is no ledger at none.sqlite: check the path, or create a new ledger there",
    );
    let empty = Folder::new();
    assert_eq!(
        empty.wattle(&["explain", "7", at]).complaints(2),
        ["reports: there is no ledger here: run `wattle run village` first, or name one with --ledger"]
    );
}
