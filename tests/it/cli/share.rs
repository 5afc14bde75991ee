//! `wattle share` on its example, by hand.

use super::example;
use crate::support::Folder;

const METERED: &str = "t,generation_wh,ann,ben,cat\n0,100,50,100,50\n1,300,50,100,50\n2,0,50,0,0\n";

/// Every row as t, surplus, allocated and rest of every member.
fn rows(json: &serde_json::Value) -> Vec<(i64, i64, Vec<i64>, Vec<i64>)> {
    let list = |row: &serde_json::Value, field: &str| -> Vec<i64> {
        row["allocated"].as_array().unwrap().iter().map(|cell| cell[field].as_i64().unwrap()).collect()
    };
    let rows = json["rows"].as_array().unwrap().iter();
    rows.map(|row| {
        let number = |field: &str| row[field].as_i64().unwrap();
        (number("t"), number("surplus_wh"), list(row, "energy_wh"), list(row, "rest_wh"))
    })
    .collect()
}

#[test]
fn the_dynamic_key_follows_consumption() {
    let folder = Folder::new();
    folder.write("metered.csv", METERED);
    let json = folder.wattle(&["share", "metered.csv", "--key", "dynamic", "--json"]).json();
    assert_eq!(json["key"], "dynamic");
    assert_eq!(json["rows"][0]["allocated"][1]["member"], "ben");
    // Row 0: half of what everybody needs is there. Row 1: all of it and 100 more. Row 2: nothing.
    let expected = [
        (0, 0, vec![25, 50, 25], vec![25, 50, 25]),
        (1, 100, vec![50, 100, 50], vec![0, 0, 0]),
        (2, 0, vec![0, 0, 0], vec![50, 0, 0]),
    ];
    assert_eq!(rows(&json), expected);
}

#[test]
fn the_static_key_does_not_share_again_what_a_member_cannot_use() {
    let folder = Folder::new();
    folder.write("metered.csv", METERED);
    folder.write("shares.csv", "member,share\nben,0.2\nann,0.5\ncat,0.1\n");
    let arguments = ["share", "metered.csv", "--key", "static", "--shares", "shares.csv", "--json"];
    let json = folder.wattle(&arguments).json();
    // Row 0: shares 50, 20, 10 of 100 Wh, all within the needs; 20 Wh belong to nobody.
    // Row 1: shares 150, 60, 30 of 300 Wh; ann can use only 50 of hers.
    let expected = [
        (0, 20, vec![50, 20, 10], vec![0, 80, 40]),
        (1, 160, vec![50, 60, 30], vec![0, 40, 20]),
        (2, 0, vec![0, 0, 0], vec![50, 0, 0]),
    ];
    assert_eq!(rows(&json), expected);
}

#[test]
fn a_remainder_is_given_by_the_named_rounding() {
    let folder = Folder::new();
    folder.write("metered.csv", "t,generation_wh,a,b,c\n0,100,100,100,100\n");
    let largest = ["share", "metered.csv", "--rounding", "largest_remainder", "--json"];
    assert_eq!(rows(&folder.wattle(&largest).json())[0].2, [34, 33, 33]);
    let market = folder.wattle(&["share", "metered.csv", "--json"]).json();
    assert_eq!(rows(&market)[0].2, [33, 33, 34]); // running sums 33⅓, 66⅔, 100
}

#[test]
fn the_example_is_shown_as_a_table() {
    let folder = Folder::new();
    let (metered, shares) = (example("metered.csv"), example("shares.csv"));
    let run = folder.wattle(&["share", &metered, "--key", "static", "--shares", &shares]);
    assert_eq!(run.code, 0, "{}", run.err);
    for expected in ["key static, 6 intervals, 4 members", "from the community kWh", "surplus"] {
        assert!(run.out.contains(expected), "{}", run.out);
    }
    let json = folder.wattle(&["share", &metered, "--json"]).json();
    assert_eq!(json["rows"][0]["t"], "2021-06-07T05:00:00Z");
}
