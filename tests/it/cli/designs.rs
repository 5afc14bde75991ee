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
    assert_eq!(form["welfare_neur"], welfare, "{place}");
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

#[test]
fn every_corner_case_has_an_answer_under_every_design() {
    let folder = Folder::new();
    let mut cases = 0;
    for case in std::fs::read_dir(root().join("cases/auction")).unwrap() {
        let path = case.unwrap().path();
        if !path.is_dir() {
            continue;
        }
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        let orders = std::fs::read_to_string(path.join("input.csv")).unwrap();
        let expected: Value =
            serde_json::from_str(&std::fs::read_to_string(path.join("expected.json")).unwrap()).unwrap();
        folder.write("orders.csv", &orders);
        for design in DESIGNS {
            let form = clear(&folder, "orders.csv", design);
            holds(&form, &orders, design, &name);
            // One label, no wishes, no charges: these find the efficient outcome whatever else they can do.
            let efficient = !design.contains(&"--charges")
                && !["trade_reduction", "continuous"].contains(&design[0])
                && METERED.iter().all(|metered| metered[0] != design[0]);
            if efficient {
                assert_eq!(form["welfare_neur"], expected["welfare_neur"], "{name}, {design:?}");
            }
        }
        cases += 1;
    }
    assert_eq!(cases, 14);
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
        json!([{"id": "s3", "code": 36, "reason": "the order would trade with the account's own"}])
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
fn the_example_with_wishes_is_refused_or_granted_by_rule() {
    let folder = Folder::new();
    let file = example("orders_with_wishes.csv");
    let refused = |design: &str| -> Vec<(String, u64)> {
        let form = clear(&folder, &file, &[design]);
        let refused = list(&form, "rejected").iter();
        refused
            .map(|order| (order["id"].as_str().unwrap().to_owned(), order["code"].as_u64().unwrap()))
            .collect()
    };
    let by_37 = |ids: &[&str]| ids.iter().map(|id| ((*id).to_owned(), 37)).collect::<Vec<_>>();
    assert_eq!(refused("high_to_low,uniform_price"), by_37(&["b5", "b6", "s5"]));
    assert_eq!(refused("bilateral"), by_37(&["b1", "b2", "b6", "s1", "s2", "s3"]));
    assert_eq!(refused("uniform_price_blocks"), by_37(&["b1", "b2", "b5", "s1", "s2", "s3", "s5"]));
    assert_eq!(refused("uniform_price"), by_37(&["b1", "b2", "b5", "b6", "s1", "s2", "s3", "s5"]));
}
