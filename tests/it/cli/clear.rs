//! `wattle clear` on books worked by hand.

use super::example;
use crate::support::Folder;
use serde_json::{Value, json};

const HEADING: &str = "id,account,side,energy_wh,limit_price\n";

fn clear(rows: &str, options: &[&str]) -> Value {
    let folder = Folder::new();
    folder.write("orders.csv", format!("{HEADING}{rows}"));
    folder.wattle(&[&["clear", "orders.csv", "--json"], options].concat()).json()
}

#[test]
fn the_form_is_the_promised_one() {
    // Bids 100 Wh at 30, 50 Wh at 20; offers 80 Wh at 10, 80 Wh at 15 (10⁴ n€/Wh = ct/kWh).
    // 150 Wh are wanted at 20 or less, 160 Wh offered at 15 or more: 150 Wh trade, the dearer offer is cut to 70,
    // so 15 is the only equilibrium price. Welfare 100·30 + 50·20 − 80·10 − 70·15 = 2 150 (· 10⁴ n€).
    let rows = "b1,ann,buy,100,300000\nb2,ben,buy,50,200000\ns1,cat,sell,80,100000\ns2,dan,sell,80,150000\n";
    let mut form = clear(rows, &["--rule", "uniform_price"]);
    assert!(form["clear_ns"].as_u64().unwrap() > 0);
    form["clear_ns"] = json!(0);
    let trade = |buy, sell, energy_wh: i64| json!({"buy": buy, "sell": sell, "energy_wh": energy_wh, "price": 150_000});
    let fill =
        |id, energy_wh: i64| json!({"id": id, "energy_wh": energy_wh, "money_neur": energy_wh * 150_000});
    let expected = json!({
        "rule": "uniform_price",
        "energy_wh": 150,
        "price": 150_000,
        "buyer_price": 150_000,
        "seller_price": 150_000,
        "welfare_neur": 21_500_000,
        "surplus_neur": 0,
        "fills": [fill("b1", 100), fill("b2", 50), fill("s1", 80), fill("s2", 70)],
        "indicative_price": null,
        "trades": [trade("b1", "s1", 80), trade("b1", "s2", 20), trade("b2", "s2", 50)],
        "certificate": {"valid": true, "p_star": 150_000, "lo": 150_000, "hi": 150_000},
        "rejected": [],
        "clear_ns": 0,
    });
    assert_eq!(form, expected);
}

#[test]
fn the_conventions_and_k_choose_the_price() {
    // One bid at 30, one offer at 10 of the same energy: any price between is an equilibrium price.
    let rows = "b,ann,buy,100,300000\ns,ben,sell,100,100001\n";
    let check =
        |options: &[&str], price: i64| assert_eq!(clear(rows, options)["price"], price, "{options:?}");
    check(&[], 200_000); // ½ · (300 000 + 100 001), rounded down
    check(&["--k", "0"], 100_001);
    check(&["--k", "1"], 300_000);
    check(&["--k", "0.25"], 150_000);
    check(&["--pricing", "last_pair"], 200_000);
    let pay = |k: &str| clear(rows, &["--rule", "pay_as_bid", "--k", k]);
    assert_eq!(pay("0")["trades"][0]["price"], 100_001);
    assert_eq!(pay("0.5")["trades"][0]["price"], 200_000);
    assert_eq!(pay("1")["trades"][0]["price"], 300_000);
    assert_eq!(pay("1")["price"], Value::Null);
    assert_eq!(pay("1")["surplus_neur"], 0);
}

#[test]
fn a_book_that_trades_nothing_says_why() {
    let apart = clear("b,ann,buy,100,100000\ns,ben,sell,100,300001\n", &[]);
    assert_eq!([&apart["price"], &apart["indicative_price"]], [&Value::Null, &json!(200_000)]);
    assert_eq!(apart["energy_wh"], 0);
    let one_sided = clear("b,ann,buy,100,100000\n", &[]);
    assert_eq!([&one_sided["price"], &one_sided["indicative_price"]], [&Value::Null, &Value::Null]);
    let empty = clear("", &[]);
    assert_eq!([&empty["energy_wh"], &empty["fills"]], [&json!(0), &json!([])]);
}

#[test]
fn what_the_market_would_refuse_is_refused_by_number() {
    let rows = "b1,ann,buy,100,200000\n\
                s1,ann,sell,100,200000\n\
                s2,ann,sell,100,200001\n\
                b2,ben,buy,0,1\n\
                b3,ben,buy,-5,1\n\
                b4,ben,buy,5,10000001\n\
                s3,ben,sell,100,-10000\n";
    let form = clear(rows, &[]);
    let rejected: Vec<(&str, u64)> = form["rejected"]
        .as_array()
        .unwrap()
        .iter()
        .map(|order| (order["id"].as_str().unwrap(), order["code"].as_u64().unwrap()))
        .collect();
    assert_eq!(rejected, [("s1", 36), ("b2", 33), ("b3", 33), ("b4", 34)]);
    assert_eq!(
        form["rejected"][0]["reason"],
        "the order would trade with the account's own, or the account pay itself"
    );
    assert_eq!(form["energy_wh"], 100); // ann's buy and ben's sell are not touched by that
}

#[test]
fn several_orders_of_one_account_at_one_price_lose_nothing() {
    let rows = "b1,ann,buy,50,200000\nb2,ann,buy,30,200000\nb3,ann,buy,20,200000\ns,ben,sell,100,100000\n";
    let form = clear(rows, &[]);
    assert_eq!(form["energy_wh"], 100);
    assert_eq!(form["fills"].as_array().unwrap().len(), 4);
}

#[test]
fn a_wish_no_rule_grants_is_refused_by_number() {
    let folder = Folder::new();
    let rows =
        "id,account,side,energy_wh,limit_price,min_fill_wh,quality\nb,ann,buy,9,9,5,\ns,ben,sell,9,9,0,any\n";
    folder.write("orders.csv", rows);
    let form = folder.wattle(&["clear", "orders.csv", "--json"]).json();
    let expected = json!([{"id": "b", "code": 37, "reason": "uniform_price does not know min_fill_wh, uniform_price_blocks does"}]);
    assert_eq!(form["rejected"], expected);
}

#[test]
fn wishes_that_contradict_their_order_are_refused_by_number() {
    let folder = Folder::new();
    let rejected = |rule: &str, columns: &str, order: &str| {
        folder
            .write("orders.csv", format!("id,account,side,energy_wh,limit_price,{columns}\nb,ann,{order}\n"));
        let form = folder.wattle(&["clear", "orders.csv", "--json", "--rule", rule]).json();
        form["rejected"][0].clone()
    };
    let check = |rule: &str, columns: &str, order: &str, code: u16, reason: &str| {
        let expected = json!({"id": "b", "code": code, "reason": reason});
        assert_eq!(rejected(rule, columns, order), expected, "{rule}: {columns} {order}");
    };
    let blocks = "uniform_price_blocks";
    check(blocks, "min_fill_wh", "buy,9,9,10", 39, "min_fill_wh 10 is more than energy_wh 9");
    check("bilateral", "partner", "buy,9,9,zoe", 39, "no order of the file is of this partner");
    let contradiction =
        "the curve does not get strictly worse from step to step, or a wish contradicts its order";
    check("bilateral", "partner", "buy,9,9,ann", 39, contradiction);
    check("separate", "quality,premium_percent", "sell,9,9000,local,10", 39, contradiction);
    check("separate", "quality,premium_percent", "buy,9,9000,any,10", 39, contradiction);
    check(blocks, "min_fill_wh,curve", "buy,9,9,3,4:8", 39, contradiction);
    let collar = "the limit is outside the market's floor and cap";
    check("separate", "quality,premium_percent", "buy,9,9000000,local,12", 34, collar);
    check("uniform_price", "curve", "buy,9,9,0:8", 33, "the energy is not positive or is beyond its bound");
    let knows = |wish: &str, who: &str| format!("uniform_price does not know {wish}, {who} does");
    check("uniform_price", "quality", "buy,9,9,green", 37, &knows("quality", "pipeline"));
    check("uniform_price", "block", "buy,9,9,2", 37, &knows("block", blocks));
    check("uniform_price", "fall", "buy,9,9,2", 37, &knows("fall", "bilateral"));
    check("uniform_price", "time_in_force", "buy,9,9,fok", 37, &knows("time_in_force fok", "continuous"));
    assert_eq!(rejected("uniform_price", "location,time_in_force", "buy,9,9,1.2.3,gtc"), Value::Null);
}

/// Two orders as a data tool writes them: integers and text, snappy.
fn parquet() -> Vec<u8> {
    use parquet::basic::Compression;
    use parquet::data_type::{ByteArray, ByteArrayType, Int64Type};
    use parquet::file::{properties::WriterProperties, writer::SerializedFileWriter};
    let schema = "message orders { required binary id (UTF8); required binary account (UTF8); \
                  required binary side (UTF8); required int64 energy_wh; required int64 limit_price; }";
    let schema = parquet::schema::parser::parse_message_type(schema).unwrap();
    let properties = WriterProperties::builder().set_compression(Compression::SNAPPY).build();
    let mut file = SerializedFileWriter::new(Vec::new(), schema.into(), properties.into()).unwrap();
    let mut group = file.next_row_group().unwrap();
    let text = [["b", "s"], ["ann", "ben"], ["buy", "sell"]];
    for values in text {
        let mut column = group.next_column().unwrap().unwrap();
        column.typed::<ByteArrayType>().write_batch(&values.map(ByteArray::from), None, None).unwrap();
        column.close().unwrap();
    }
    for values in [[100, 60], [300_000, 100_000]] {
        let mut column = group.next_column().unwrap().unwrap();
        column.typed::<Int64Type>().write_batch(&values, None, None).unwrap();
        column.close().unwrap();
    }
    group.close().unwrap();
    file.into_inner().unwrap()
}

#[test]
fn csv_json_and_parquet_orders_give_the_same_outcome() {
    let folder = Folder::new();
    folder.write("orders.csv", format!("{HEADING}b,ann,buy,100,300000\ns,ben,sell,60,100000\n"));
    let orders = json!([
        {"id": "b", "account": "ann", "side": "buy", "energy_wh": 100, "limit_price": 300_000},
        {"id": "s", "account": "ben", "side": "sell", "energy_wh": 60, "limit_price": 100_000},
    ]);
    folder.write("orders.json", orders.to_string());
    folder.write("orders.parquet", parquet());
    folder.write("wrapped.json", json!({"orders": orders}).to_string());
    let outcome = |file: &str| {
        let mut form = folder.wattle(&["clear", file, "--json"]).json();
        form["clear_ns"] = json!(0);
        form
    };
    assert_eq!(outcome("orders.csv"), outcome("orders.json"));
    assert_eq!(outcome("orders.csv"), outcome("wrapped.json"));
    assert_eq!(outcome("orders.csv"), outcome("orders.parquet"));
    assert_eq!(outcome("orders.csv")["energy_wh"], 60);
}

#[test]
fn the_example_is_shown_as_a_table_and_drawn() {
    let folder = Folder::new();
    let run = folder.wattle(&["clear", &example("orders.csv"), "--out", "result"]);
    assert_eq!(run.code, 0, "{}", run.err);
    for expected in ["traded", "ct/kWh for everybody", "certificate", "bakery", "filled kWh"] {
        assert!(run.out.contains(expected), "no {expected} in {}", run.out);
    }
    let file = |name: &str| std::fs::read_to_string(folder.path().join("result").join(name)).unwrap();
    assert!(file("fills.csv").starts_with("id,energy_wh,money_neur\n"));
    assert!(file("trades.csv").starts_with("buy,sell,energy_wh,price\n"));
    assert!(file("curves.svg").starts_with("<svg") && file("curves.svg").contains("</svg>"));
    assert!(file("curves.svg").contains("kWh traded at "), "the picture does not say what was traded");
    let form: Value = serde_json::from_str(&file("clearing.json")).unwrap();
    assert_eq!(form["rule"], "uniform_price");
}
