//! `wattle clear` under every market design: one small book worked by hand, and what must hold on every corner case.

use super::example;
use crate::support::{Folder, root};
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// A call of `--rule` with what the rule cannot do without.
const DESIGNS: [&[&str]; 15] = [
    &["uniform_price"],
    &["uniform_price", "--pricing", "last_pair"],
    &["pay_as_bid"],
    &["trade_reduction"],
    &["vcg"],
    &["continuous"],
    &["uniform_price_blocks"],
    &["bilateral"],
    &["bilateral", "--charges", "100,2000,30000,400000"],
    &["auction_first"],
    &["separate"],
    &["high_to_low,uniform_price"],
    &["satisfy_preferences,low_to_high"],
    &METERED[0],
    &METERED[1],
];
const METERED: [[&str; 5]; 3] = [
    ["mid_market_rate", "--import-price", "300000", "--export-price", "100000"],
    ["supply_demand_ratio", "--import-price", "300000", "--export-price", "100000"],
    ["bill_sharing", "--import-price", "300000", "--export-price", "100000"],
];

fn clear(folder: &Folder, file: &str, design: &[&str]) -> Value {
    folder.wattle(&[&["clear", file, "--json", "--rule"], design].concat()).json()
}

/// The form's list of this name.
fn list<'a>(form: &'a Value, name: &str) -> &'a [Value] {
    form[name].as_array().unwrap()
}

/// Energy and money of every order that trades.
fn fills(form: &Value) -> BTreeMap<String, (i64, i64)> {
    let number = |fill: &Value, name: &str| fill[name].as_i64().unwrap();
    let fills = list(form, "fills").iter();
    fills
        .map(|fill| {
            let id = fill["id"].as_str().unwrap().to_owned();
            (id, (number(fill, "energy_wh"), number(fill, "money_neur")))
        })
        .collect()
}

/// Bids 100 Wh at 30 (ann) and 50 Wh at 20 (ben), offers 80 Wh at 10 (cat) and 80 Wh at 15 (dan), in 10⁴ n€/Wh.
const BOOK: &str = "id,account,side,energy_wh,limit_price\n\
                    b1,ann,buy,100,300000\nb2,ben,buy,50,200000\ns1,cat,sell,80,100000\ns2,dan,sell,80,150000\n";

#[test]
fn every_design_gives_what_its_formula_gives_by_hand() {
    let folder = Folder::new();
    folder.write("orders.csv", BOOK);
    let check =
        |design: &[&str], prices: [Value; 3], welfare: i64, surplus: i64, expected: [(i64, i64); 4]| {
            let form = clear(&folder, "orders.csv", design);
            assert_eq!(form["rule"], design[0]);
            assert_eq!(
                ["price", "buyer_price", "seller_price"].map(|name| form[name].clone()),
                prices,
                "{design:?}"
            );
            assert_eq!(
                [&form["welfare_neur"], &form["surplus_neur"]],
                [welfare * 10_000, surplus * 10_000],
                "{design:?}"
            );
            let ids = ["b1", "b2", "s1", "s2"].into_iter().zip(expected);
            let ids = ids.filter(|(_, (energy, _))| *energy > 0);
            let expected =
                ids.map(|(id, (energy, money))| (id.to_owned(), (energy, money * 10_000))).collect();
            assert_eq!(fills(&form), expected, "{design:?}");
            assert_eq!(form["certificate"]["valid"], true);
            form
        };
    let prices = |price: i64, buyers: i64, sellers: i64| {
        [price, buyers, sellers].map(|price| match price {
            0 => Value::Null,
            price => json!(price),
        })
    };
    // 150 Wh are wanted at 20 or less, 160 offered at 15 or more: 150 trade and the dearer offer is cut to 70, so
    // 15 is the only equilibrium price. Welfare 100·30 + 50·20 − 80·10 − 70·15 = 2 150.
    let efficient = |price: i64| [(100, 100 * price), (50, 50 * price), (80, 80 * price), (70, 70 * price)];
    for design in ["uniform_price", "auction_first", "uniform_price_blocks", "bilateral"] {
        let common = if design == "bilateral" { prices(0, 0, 0) } else { prices(150_000, 150_000, 150_000) };
        check(&[design], common, 2_150, 0, efficient(15));
    }
    // Pairs in merit order at the middle of their limits: 80 at 20, 20 at 22½, 50 at 17½.
    let by_pairs = [(100, 2_050), (50, 875), (80, 1_600), (70, 1_325)];
    check(&["pay_as_bid"], prices(0, 0, 0), 2_150, 0, by_pairs);
    // The last Wh lie in b2 and s2: these stay out and set the prices 20 and 15; 80 Wh of b1 and s1 are left.
    let reduced = [(80, 1_600), (0, 0), (80, 1_200), (0, 0)];
    check(&["trade_reduction"], prices(0, 200_000, 150_000), 80 * 20, 80 * 5, reduced);
    // Without ann the others gain 50·(20 − 10) = 500, without ben 100·30 − 80·10 − 20·15 = 1 900, without cat
    // 80·(30 − 15) = 1 200, without dan 80·(30 − 10) = 1 600. With them, less what is their own: 2 150 − 3 000 = −850,
    // 1 150, 2 950, 3 200. So they pay 1 350 and 750, and receive 1 750 and 1 600: a deficit of 1 250.
    let externalities = [(100, 1_350), (50, 750), (80, 1_750), (70, 1_600)];
    let form = check(&["vcg"], prices(0, 0, 0), 2_150, -1_250, externalities);
    let without = |account, p_star| json!({"account": account, "p_star": p_star});
    let proof = [("ann", 100_000), ("ben", 150_000), ("cat", 300_000), ("dan", 300_000)];
    assert_eq!(
        form["certificate"]["without"],
        json!(proof.map(|(account, p_star)| without(account, p_star)))
    );
    // Both bids wait. s1 meets b1: 80 at 30. s2 meets what is left of b1, then b2: 20 at 30, 50 at 20; 10 Wh wait at 15.
    let on_arrival = [(100, 3_000), (50, 1_000), (80, 2_400), (70, 1_600)];
    let form = check(&["continuous"], prices(0, 0, 0), 2_150, 0, on_arrival);
    let rest = json!({"valid": true, "p_star": null, "lo": -10_000_000, "hi": 150_000});
    assert_eq!(form["certificate"], rest);
    // As if metered: 150 Wh consumed, 160 produced, of which the peers take 75 each; the supplier takes 10 at 10.
    // At the middle of 30 and 10 sellers get (150·20 + 10·10)/160 = 19.375 on average; with more supply than demand
    // the ratio's price is the supplier's 10 for all; shared bills leave 10·10/160 = 0.625. Welfare by the limits:
    // 100·30 + 50·20 − 75·10 − 75·15 = 2 125.
    let metered = |price: i64| [(100, 100 * price), (50, 50 * price), (75, 75 * price), (75, 75 * price)];
    check(&METERED[0], prices(0, 200_000, 193_750), 2_125, 0, metered(20));
    check(&METERED[1], prices(100_000, 100_000, 100_000), 2_125, 0, metered(10));
    let form = clear(&folder, "orders.csv", &METERED[2]);
    assert_eq!(
        [&form["price"], &form["buyer_price"], &form["seller_price"]],
        [&json!(null), &json!(0), &json!(6_250)]
    );
    assert_eq!(
        fills(&form),
        metered(0)
            .into_iter()
            .zip(["b1", "b2", "s1", "s2"])
            .map(|(fill, id)| (id.to_owned(), fill))
            .collect()
    );
}

/// What must hold of every outcome, whatever the design: energy, limits and money, and the pairs beside them.
fn holds(form: &Value, orders: &str, design: &[&str], name: &str) {
    let place = format!("{name}, {design:?}");
    let metered = METERED.iter().any(|metered| metered[0] == design[0]);
    let fills = fills(form);
    let rejected: Vec<&Value> = list(form, "rejected").iter().map(|order| &order["id"]).collect();
    let (mut bought, mut sold, mut surplus, mut welfare) = (0, 0, 0, 0);
    for row in orders.lines().skip(1) {
        let [id, _, side, energy, limit] = row.split(',').collect::<Vec<_>>()[..] else {
            panic!("five columns")
        };
        let [asked, limit]: [i64; 2] = [energy, limit].map(|number| number.parse().unwrap());
        let Some(&(energy, money)) = fills.get(id) else { continue };
        assert!(!rejected.contains(&&json!(id)), "{place}: {id} trades and is refused");
        assert!(0 < energy && energy <= asked, "{place}: {id} trades {energy} of {asked} Wh");
        let (sign, total) = if side == "buy" { (1, &mut bought) } else { (-1, &mut sold) };
        *total += energy;
        surplus += sign * money;
        welfare += sign * energy * limit;
        // At a loss of nobody: what is paid lies on the right side of the limit.
        assert!(
            metered || sign * (energy * limit - money) >= 0,
            "{place}: {id} trades {energy} Wh for {money} at {limit}"
        );
    }
    assert_eq!([bought, sold], [form["energy_wh"].as_i64().unwrap(); 2], "{place}");
    assert_eq!(form["surplus_neur"], surplus, "{place}");
    let charges = if design[0] == "bilateral" { surplus } else { 0 }; // the network's, and no gain of the members
    assert_eq!(form["welfare_neur"], welfare - charges, "{place}");
    match design[0] {
        "vcg" => assert!(surplus <= 0, "{place}: {surplus}"),
        "trade_reduction" | "bilateral" => assert!(surplus >= 0, "{place}: {surplus}"),
        _ => assert_eq!(surplus, 0, "{place}"),
    }
    let mut paired: BTreeMap<String, i64> = BTreeMap::new();
    for trade in list(form, "trades") {
        let energy = trade["energy_wh"].as_i64().unwrap();
        assert!(energy > 0, "{place}: {trade}");
        for side in ["buy", "sell"] {
            *paired.entry(trade[side].as_str().unwrap().to_owned()).or_default() += energy;
        }
    }
    let filled: BTreeMap<String, i64> = fills.iter().map(|(id, (energy, _))| (id.clone(), *energy)).collect();
    assert_eq!(paired, filled, "{place}: the pairs are not the fills");
    assert_eq!(form["certificate"]["valid"], true, "{place}");
    assert!(form["energy_wh"] != 0 || form["price"].is_null() || metered, "{place}: a price for nothing");
}

/// Every case of a folder: its name, its orders and what is expected of them.
fn cases(folder: &str) -> Vec<(String, String, Value)> {
    let cases = std::fs::read_dir(root().join("cases").join(folder)).unwrap();
    let paths = cases.map(|case| case.unwrap().path()).filter(|path| path.is_dir());
    let read = |path: std::path::PathBuf| {
        let file = |name: &str| std::fs::read_to_string(path.join(name)).unwrap();
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        (name, file("input.csv"), serde_json::from_str(&file("expected.json")).unwrap())
    };
    paths.map(read).collect()
}

/// Number and identity of every refused order.
fn rejected(form: &Value) -> Vec<(&str, u64)> {
    let rejected = list(form, "rejected").iter();
    rejected.map(|order| (order["id"].as_str().unwrap(), order["code"].as_u64().unwrap())).collect()
}

#[test]
fn every_corner_case_has_an_answer_under_every_design() {
    let folder = Folder::new();
    let cases = cases("auction");
    assert_eq!(cases.len(), 14);
    for (name, orders, expected) in cases {
        folder.write("orders.csv", &orders);
        for design in DESIGNS {
            let form = clear(&folder, "orders.csv", design);
            holds(&form, &orders, design, &name);
            let metered = METERED.iter().any(|metered| metered[0] == design[0]);
            if !metered && design[0] != "continuous" {
                assert_eq!(rejected(&form), rejected(&expected), "{name}, {design:?}");
            }
            // One label, no wishes, no charges: these find the efficient outcome whatever else they can do.
            let other =
                ["trade_reduction", "continuous"].contains(&design[0]) || design.contains(&"--charges");
            if !metered && !other {
                assert_eq!(form["welfare_neur"], expected["welfare_neur"], "{name}, {design:?}");
            }
        }
    }
}

#[test]
fn the_cases_of_the_truthful_auctions_are_met() {
    let folder = Folder::new();
    for (name, orders, expected) in cases("auction").into_iter().chain(cases("truthful")) {
        folder.write("orders.csv", &orders);
        let reduced = &expected["trade_reduction"];
        if !reduced.is_null() {
            let form = clear(&folder, "orders.csv", &["trade_reduction"]);
            for field in ["energy_wh", "welfare_neur", "price", "indicative_price"] {
                assert_eq!(form[field], reduced[field], "{name}: {field}");
            }
            if reduced["price"].is_null() {
                for field in ["buyer_price", "seller_price"] {
                    assert_eq!(form[field], reduced[field], "{name}: {field}");
                }
            }
            let energies: BTreeMap<String, i64> =
                fills(&form).into_iter().map(|(id, (energy, _))| (id, energy)).collect();
            assert_eq!(json!(energies), reduced["fills"], "{name}");
        }
        let payments = &expected["vcg"];
        if !payments.is_null() {
            let form = clear(&folder, "orders.csv", &["vcg"]);
            let amounts: BTreeMap<String, i64> =
                fills(&form).into_iter().map(|(id, (_, money))| (id, money)).collect();
            assert_eq!(json!(amounts), payments["amounts"], "{name}");
            assert_eq!(form["surplus_neur"], payments["surplus_neur"], "{name}");
        }
    }
}

#[test]
fn the_cases_of_the_open_book_are_met() {
    let folder = Folder::new();
    let cases = cases("continuous");
    // A file of orders takes none back.
    for (name, orders, expected) in cases.iter().filter(|(_, orders, _)| !orders.contains(",cancel,")) {
        folder.write("orders.csv", orders);
        let form = clear(&folder, "orders.csv", &["continuous"]);
        assert_eq!(form["trades"], expected["trades"], "{name}");
        assert_eq!(rejected(&form), rejected(expected), "{name}");
    }
    assert!(cases.len() > 14, "only {} cases", cases.len());
}

#[test]
fn a_book_of_one_label_is_cleared_by_a_pipeline_as_by_one_auction() {
    let folder = Folder::new();
    folder.write("orders.csv", BOOK);
    let auction = clear(&folder, "orders.csv", &["uniform_price"]);
    for stages in ["separate", "high_to_low", "low_to_high,uniform_price", "satisfy_preferences"] {
        let pipeline = clear(&folder, "orders.csv", &[stages]);
        assert_eq!(pipeline["rule"], stages);
        for field in ["energy_wh", "welfare_neur", "fills", "trades", "surplus_neur"] {
            assert_eq!(pipeline[field], auction[field], "{stages}: {field}");
        }
    }
}

#[test]
fn an_order_without_a_limit_takes_what_waits() {
    // b wants 100 Wh at any price: 60 wait at 15, 30 at 20, and the rest of it lapses. The seller without a limit then
    // meets nobody, and the last buyer waits for whoever comes.
    let folder = Folder::new();
    folder.write(
        "orders.csv",
        "id,account,side,energy_wh,limit_price,time_in_force\n\
         s1,cat,sell,60,150000,gtc\ns2,dan,sell,30,200000,\nb1,ann,buy,100,,\nk,eve,buy,1,,fok\ns3,cat,sell,10,,ioc\n\
         b2,ann,buy,5,90000,gtc\ns4,ben,sell,9,80000,fok\ns5,ben,sell,5,80000,fok\n",
    );
    let form = clear(&folder, "orders.csv", &["continuous"]);
    let trade = |buy, sell, energy_wh: i64, price: i64| json!({"buy": buy, "sell": sell, "energy_wh": energy_wh, "price": price});
    let expected =
        [trade("b1", "s1", 60, 150_000), trade("b1", "s2", 30, 200_000), trade("b2", "s5", 5, 90_000)];
    assert_eq!(form["trades"], json!(expected));
    assert_eq!(form["rejected"], json!([]));
    let refused = clear(&folder, "orders.csv", &["continuous"]);
    assert_eq!(refused["energy_wh"], 95);
}

#[test]
fn only_what_waits_keeps_an_account_from_crossing_itself() {
    // ann's first bid is gone when she sells at the same price; her second one waits, so she may not sell into it.
    let folder = Folder::new();
    folder.write(
        "orders.csv",
        "id,account,side,energy_wh,limit_price,time_in_force\n\
         b1,ann,buy,10,200000,\ns1,ben,sell,10,200000,\ns2,ann,sell,5,200000,ioc\n\
         b2,ann,buy,10,190000,\ns3,ann,sell,5,190000,\n",
    );
    let form = clear(&folder, "orders.csv", &["continuous"]);
    assert_eq!(
        form["rejected"],
        json!([{"id": "s3", "code": 36, "reason": "the order would trade with the account's own, or the account pay itself"}])
    );
    assert_eq!(form["energy_wh"], 10);
}

#[test]
fn a_curve_is_one_order_in_the_results() {
    // b falls from 30 to 20 to 10: 100 + 50 + 50 Wh. 120 Wh are offered at 15: 100 + 20 trade, and 20 Wh at the
    // second step are at the margin, so the price is 20.
    let folder = Folder::new();
    folder.write(
        "orders.csv",
        "id,account,side,energy_wh,limit_price,curve\n\
         b,ann,buy,100,300000,50:200000;50:100000\ns,ben,sell,120,150000,\n",
    );
    for design in ["uniform_price", "uniform_price_blocks", "auction_first", "separate"] {
        let form = clear(&folder, "orders.csv", &[design]);
        assert_eq!(
            [&form["energy_wh"], &form["welfare_neur"]],
            [120, 100 * 300_000 + 20 * 200_000 - 120 * 150_000]
        );
        assert_eq!(
            fills(&form),
            BTreeMap::from([("b".to_owned(), (120, 24_000_000)), ("s".to_owned(), (120, 24_000_000))])
        );
    }
}

#[test]
fn a_block_runs_over_consecutive_intervals_or_not_at_all() {
    // ann wants 100 Wh in each of three quarter hours, where 200 Wh are offered at 10, 25 and 15: these are the prices,
    // 50 together. At a limit of 20 she gains 60 − 50 = 10 on the whole though not in the second; at 16 she loses 2.
    let folder = Folder::new();
    let outcome = |limit: i64| {
        let orders = format!(
            "id,account,side,energy_wh,limit_price,interval,block\n\
             s2,cat,sell,200,250000,2021-06-07T12:15:00Z,\n\
             k,ann,buy,100,{limit},2021-06-07T12:00:00Z,3\n\
             s1,cat,sell,200,100000,2021-06-07T14:00:00+02:00,\n\
             s3,dan,sell,200,150000,2021-06-07T12:30:00Z,1\n"
        );
        folder.write("orders.csv", orders);
        clear(&folder, "orders.csv", &["uniform_price_blocks"])
    };
    let form = outcome(200_000);
    assert_eq!([&form["energy_wh"], &form["welfare_neur"], &form["surplus_neur"]], [300, 10_000_000, 0]);
    assert_eq!(form["price"], Value::Null);
    let fill = |id: &str, energy: i64, money: i64| (id.to_owned(), (energy, money));
    let expected = [
        fill("k", 300, 50_000_000),
        fill("s1", 100, 10_000_000),
        fill("s2", 100, 25_000_000),
        fill("s3", 100, 15_000_000),
    ];
    assert_eq!(fills(&form), BTreeMap::from(expected));
    let interval = |start: &str, price: i64| json!({"interval": start, "energy_wh": 100, "price": price, "p_star": price, "lo": price, "hi": price});
    let intervals = [
        interval("2021-06-07T12:00:00Z", 100_000),
        interval("2021-06-07T12:15:00Z", 250_000),
        interval("2021-06-07T12:30:00Z", 150_000),
    ];
    assert_eq!(form["intervals"], json!(intervals));
    assert_eq!(
        form["certificate"],
        json!({"valid": true, "p_star": null, "lo": null, "hi": null, "refused": []})
    );
    let form = outcome(160_000);
    assert_eq!([&form["energy_wh"], &form["fills"]], [&json!(0), &json!([])]);
    assert_eq!(form["certificate"]["refused"], json!(["k"]));
    assert_eq!(form["rejected"], json!([]));
    let text = folder.wattle(&["clear", "orders.csv", "--rule", "uniform_price_blocks", "--out", "result"]);
    assert_eq!(text.code, 0, "{}", text.err);
    assert!(!folder.path().join("result/curves.svg").exists(), "one picture of three books");
}

#[test]
fn labels_say_what_was_asked_offered_and_delivered() {
    // 60 Wh of green are asked for and 50 offered, at one price of 20; the other 10 Wh and the 40 that ask for nothing
    // meet 100 Wh at 10 in the second stage.
    let folder = Folder::new();
    folder.write(
        "orders.csv",
        "id,account,side,energy_wh,limit_price,quality,premium_percent\n\
         g,ann,buy,60,200000,green,10\na,ben,buy,40,150000,,\n\
         s1,cat,sell,50,120000,green_local,\ns2,dan,sell,100,100000,any,\n",
    );
    let form = clear(&folder, "orders.csv", &["separate,uniform_price"]);
    // Apart: 40 of ben's 40 Wh at dan's 10; then ann's 60 at 22 meet cat's 50 at 12: all of his, at her 22. Together: her
    // last 10 Wh at 20, without a premium, and dan's last 60 at 10: at his 10.
    let auction = |stage: &str, quality: Option<&str>, energy_wh: i64, price: Option<i64>| json!({"stage": stage, "quality": quality, "energy_wh": energy_wh, "price": price, "lo": price, "hi": price});
    let auctions = [
        auction("separate", Some("any"), 40, Some(100_000)),
        auction("separate", Some("local"), 0, None),
        auction("separate", Some("green_local"), 50, Some(220_000)),
        auction("uniform_price", None, 10, Some(100_000)),
    ];
    assert_eq!(form["auctions"], json!(auctions));
    let label = |quality: &str, wh: [i64; 5], ppm: [i64; 3]| {
        let [asked, offered, delivered, bought, sold] = wh;
        json!({
            "quality": quality, "asked_wh": asked, "offered_wh": offered, "delivered_wh": delivered,
            "bought_wh": bought, "sold_wh": sold,
            "shares": {"asked_ppm": ppm[0], "offered_ppm": ppm[1], "delivered_ppm": ppm[2]}
        })
    };
    let labels = [
        label("any", [40, 100, 40, 40, 50], [400_000, 666_666, 400_000]),
        label("local", [0; 5], [0; 3]),
        label("green_local", [60, 50, 50, 60, 50], [600_000, 333_333, 500_000]),
    ];
    assert_eq!(form["labels"], json!(labels));
    let fill = |id: &str, energy: i64, money: i64| (id.to_owned(), (energy, money));
    let expected = [
        fill("a", 40, 4_000_000),
        fill("g", 60, 50 * 220_000 + 10 * 100_000),
        fill("s1", 50, 11_000_000),
        fill("s2", 50, 5_000_000),
    ];
    assert_eq!(fills(&form), BTreeMap::from(expected));
    assert_eq!([&form["price"], &form["surplus_neur"]], [&Value::Null, &json!(0)]);
}

#[test]
fn a_partner_is_worth_its_premium_and_the_network_its_charge() {
    // b and s stand on one feeder: 3 of charge. At 20 and 22 they are 2 and 3 apart, and b gives 30 % = 6 more for s: 1 is
    // left, and both prices are in the middle: b's between 19 and 20 at the margin, rounded down.
    let folder = Folder::new();
    folder.write(
        "orders.csv",
        "id,account,side,energy_wh,limit_price,partner,premium_percent,location\n\
         b,ann,buy,10,20,ben,30,1.1.1\ns,ben,sell,10,22,,,1.1.2\n",
    );
    let form = clear(&folder, "orders.csv", &["bilateral", "--charges", "0,3,9,9"]);
    let money = |id: &str| fills(&form)[id].1;
    assert_eq!([&form["energy_wh"], &form["surplus_neur"], &form["welfare_neur"]], [10, 30, 10]);
    assert_eq!(money("b") - money("s"), 30);
    assert!(220 <= money("s") && money("b") <= 260, "{form}");
    let apart = clear(&folder, "orders.csv", &["bilateral", "--charges", "0,5,9,9"]);
    assert_eq!(apart["energy_wh"], 0);
}

#[test]
fn the_example_with_wishes_is_refused_or_granted_by_rule() {
    let folder = Folder::new();
    let file = example("orders_with_wishes.csv");
    let check = |design: &str, ids: &[&str]| {
        let form = clear(&folder, &file, &[design]);
        assert_eq!(rejected(&form), ids.iter().map(|id| (*id, 37)).collect::<Vec<_>>(), "{design}");
    };
    check("high_to_low,uniform_price", &["b5", "b6", "s5"]);
    check("bilateral", &["b1", "b2", "b6", "s1", "s2"]);
    check("uniform_price_blocks", &["b1", "b2", "b5", "s1", "s2", "s5"]);
    check("uniform_price", &["b1", "b2", "b5", "b6", "s1", "s2", "s5"]);
}
