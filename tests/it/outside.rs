//! Numbers from elsewhere: order books and sharing keys with exact references, through the program.

use crate::support::{Folder, root};
use serde_json::Value;

fn rows(text: &str) -> impl Iterator<Item = Vec<&str>> {
    text.lines().skip(1).map(|line| line.split(',').collect())
}

fn case(path: &str) -> String {
    std::fs::read_to_string(root().join("cases").join(path)).unwrap()
}

#[test]
fn volume_and_welfare_of_the_reference_books_are_met_exactly() {
    for name in ["unique", "tick"] {
        let folder = Folder::new();
        let mut orders = "id,account,side,energy_wh,limit_price\n".to_owned();
        for row in rows(&case(&format!("orders/orders_1000_{name}.csv"))) {
            let [id, side, participant, energy, price] = row[..] else { panic!("five columns") };
            let side = if side == "bid" { "buy" } else { "sell" };
            orders += &format!("{id},{participant},{side},{energy},{price}\n");
        }
        folder.write("orders.csv", orders);
        let clear =
            |options: &[&str]| folder.wattle(&[&["clear", "orders.csv", "--json"], options].concat()).json();
        let reference: Value =
            serde_json::from_str(&case(&format!("orders/reference_1000_{name}.json"))).unwrap();
        let expected = |field: &str| reference[field].as_i64().unwrap();

        for rule in ["uniform_price", "pay_as_bid"] {
            let form = clear(&["--rule", rule]);
            assert_eq!(form["rejected"], serde_json::json!([]), "{name} {rule}");
            assert_eq!(form["energy_wh"], expected("volume_wh"), "{name} {rule}");
            assert_eq!(form["welfare_neur"], expected("welfare_e4_wh"), "{name} {rule}");
            assert_eq!(form["surplus_neur"], 0, "{name} {rule}");
        }
        for k in ["0", "0.5", "1"] {
            let form = clear(&["--k", k]);
            let price = form["price"].as_i64().unwrap();
            let set = expected("price_lo_e4")..=expected("price_hi_e4");
            assert!(set.contains(&price), "{name}: {price} is not an equilibrium price");
            assert_eq!([&form["certificate"]["lo"], &form["certificate"]["hi"]], [*set.start(), *set.end()]);
        }
        let (bid, offer) = (expected("last_bid_e4"), expected("last_offer_e4"));
        let last_pair = |k: &str| clear(&["--pricing", "last_pair", "--k", k])["price"].as_i64().unwrap();
        assert_eq!(
            [last_pair("0"), last_pair("0.5"), last_pair("1")],
            [offer, (offer + bid).div_euclid(2), bid]
        );
    }
}

/// What every member got, row by row, as the program prints it.
fn allocated(folder: &Folder, key: &str, rounding: &str) -> Vec<i64> {
    let mut arguments = vec!["share", "input.csv", "--key", key, "--rounding", rounding, "--json"];
    if ["static", "hybrid", "cascade"].contains(&key) {
        arguments.extend(["--shares", "shares.csv"]);
    }
    let form = folder.wattle(&arguments).json();
    let rows = form["rows"].as_array().unwrap().iter();
    rows.flat_map(|row| row["allocated"].as_array().unwrap())
        .map(|cell| cell["energy_wh"].as_i64().unwrap())
        .collect()
}

#[test]
fn the_reference_keys_are_met_to_the_watt_hour() {
    let folder = Folder::new();
    folder.write("input.csv", case("sharing/input.csv"));
    folder.write("shares.csv", case("sharing/static_shares.csv"));
    let text = case("sharing/expected.csv");
    for key in ["static", "dynamic", "equal", "hybrid", "cascade", "priority"] {
        // num, den, int in the order of rows and members
        let expected: Vec<[i64; 3]> = rows(&text)
            .filter(|row| row[0] == key)
            .map(|row| [row[3], row[4], row[5]].map(|number| number.parse().unwrap()))
            .collect();
        assert_eq!(expected.len(), 960);
        let largest = allocated(&folder, key, "largest_remainder");
        assert_eq!(largest, expected.iter().map(|[.., whole]| *whole).collect::<Vec<_>>(), "{key}");

        let market = allocated(&folder, key, "cumulative_floor");
        for (part, [num, den, _]) in market.iter().zip(&expected) {
            assert!((part * den - num).abs() < *den, "{key}: {part} is not within 1 Wh of {num}/{den}");
        }
        for (row, (market, largest)) in market.chunks(10).zip(largest.chunks(10)).enumerate() {
            assert_eq!(market.iter().sum::<i64>(), largest.iter().sum::<i64>(), "{key}, row {row}");
        }
    }
}
