//! Bad files: everything that is wrong with one, at once, with place and remedy, and exit code 2.

use crate::support::Folder;

/// Runs a verb on a file of this name and content and compares all it complains about.
#[track_caller]
fn check(verb: &[&str], name: &str, content: impl AsRef<[u8]>, expected: &[&str]) {
    let folder = Folder::new();
    folder.write(name, content);
    let mut arguments = verb.to_vec();
    arguments.insert(1, name);
    let run = folder.wattle(&arguments);
    let mut complaints = run.complaints(2);
    if complaints.len() > 1 {
        let last = complaints.pop().unwrap();
        assert_eq!(last, format!("{} problems, nothing was done", complaints.len()));
    }
    assert_eq!(complaints, expected);
}

const COLUMNS: &str = "columns are id,account,side,energy_wh,limit_price, \
                       optional carrier,quality,premium_percent,min_fill_wh,partner,location,time_in_force,\
                       interval,block,curve,fall";

#[test]
fn every_malformed_row_is_told_at_once() {
    let rows = "id,account,side,energy_wh,limit_price\n\
                b1,ann,buy,1.5,200000\n\
                b2,ann,bid,100,20 ct\n\
                b3,,buy,100,1\n\
                b4,ann,buy,100\n\
                ok,ann,buy,100,1\n\
                ok,ann,buy,100,1\n\
                b5,ann,buy,99999999999999999999,1\n";
    let expected = [
        "orders.csv:2:energy_wh: \"1.5\" is not a whole number of Wh: write 1500 for 1.5 kWh",
        "orders.csv:3:side: \"bid\" is neither buy nor sell",
        "orders.csv:3:limit_price: \"20 ct\" is not a whole number of n€/Wh: write 123000 for 12.3 ct/kWh",
        "orders.csv:4:account: this is empty: give every order a name of its own and an account",
        "orders.csv:5: 4 columns where the heading has 5: write one value for each column",
        "orders.csv:8:energy_wh: \"99999999999999999999\" is not a whole number of Wh: write 1500 for 1.5 kWh",
        "orders.csv:7:id: \"ok\" names the order on line 6 too: ids are unique",
    ];
    check(&["clear"], "orders.csv", rows, &expected);
}

#[test]
fn a_wrong_heading_is_told_column_by_column() {
    let expected = [
        &format!("orders.csv:1:price: unknown column: {COLUMNS}"),
        &format!("orders.csv:1:limit_price: this column is missing: {COLUMNS}"),
    ];
    check(&["clear"], "orders.csv", "id,account,side,energy_wh,price\n", &expected.map(String::as_str));
    let twice = "orders.csv:1:side: this column is there twice: remove one";
    check(&["clear"], "orders.csv", "id,account,side,side,energy_wh,limit_price\n", &[twice]);
}

#[test]
fn carriers_are_known_and_not_mixed() {
    let rows = "id,account,side,energy_wh,limit_price,carrier\n\
                b1,ann,buy,1,1,heat\nb2,ann,buy,1,1,gas\nb3,ann,buy,1,1,steam\n";
    let expected = [
        "orders.csv:3:carrier: another carrier than above: an auction has one, so split the file",
        "orders.csv:4:carrier: \"steam\" is not electricity, heat or gas",
    ];
    check(&["clear"], "orders.csv", rows, &expected);
}

#[test]
fn wishes_are_told_with_line_and_column() {
    let rows = "id,account,side,energy_wh,limit_price,quality,premium_percent,min_fill_wh,location,block,curve,fall\n\
                b1,ann,buy,100,9,grey,-5,1.5,1.2.300,0,,cheap\n\
                b2,ann,buy,100,9,,1e2,,a.b,673,5-3,\n\
                b3,ann,buy,100,9,,,,,,10:8;10:8,\n\
                s1,ben,sell,100,9,,,,,,10:20;10:15,\n\
                s2,ben,sell,100,9,,,,,,x:20,\n\
                ok,ben,sell,100,9,green,12.5,0,0.1.2.3,1,5:10; 5:11,0\n\
                b4,ann,buy,100,,,,,,,,\n";
    let place = "write substation.feeder.building such as 1.2.3, each up to 255";
    let percentage = "write an exact decimal such as 12.5, at most nine places, no sign";
    let number = "is not a whole number of n€/Wh: write 123000 for 12.3 ct/kWh";
    let expected = [
        "orders.csv:2:quality: \"grey\" is unknown: choose one of any, local, green_local",
        &format!("orders.csv:2:premium_percent: \"-5\" is not a percentage: {percentage}"),
        "orders.csv:2:min_fill_wh: \"1.5\" is not a whole number of Wh: write 1500 for 1.5 kWh",
        &format!("orders.csv:2:location: \"1.2.300\" is not a place: {place}"),
        "orders.csv:2:block: \"0\" is not a number of delivery intervals: write 1 to 672",
        &format!("orders.csv:2:fall: \"cheap\" {number}"),
        &format!("orders.csv:3:premium_percent: \"1e2\" is not a percentage: {percentage}"),
        &format!("orders.csv:3:location: \"a.b\" is not a place: {place}"),
        "orders.csv:3:block: \"673\" is not a number of delivery intervals: write 1 to 672",
        "orders.csv:3:curve: \"5-3\" is not a step: write energy:price;energy:price as 500:240000",
        "orders.csv:4:curve: the curve is not monotone, 8 follows 8: the price of a buy falls from step to step",
        "orders.csv:5:curve: the curve is not monotone, 15 follows 20: the price of a sell rises from step to step",
        "orders.csv:6:curve: \"x\" is not a whole number of Wh: write 1500 for 1.5 kWh",
        &format!("orders.csv:8:limit_price: \"\" {number}"),
    ];
    check(&["clear"], "orders.csv", rows, &expected);
}

#[test]
fn an_order_without_a_limit_neither_waits_nor_pays_a_premium() {
    let rows = "id,account,side,energy_wh,limit_price,time_in_force,premium_percent\n\
                b1,ann,buy,100,,gtc,\nb2,ann,buy,100,,,5\nb3,ann,buy,100,,soon,\n";
    let expected = [
        "orders.csv:2:time_in_force: an order without a limit does not wait in the book: write ioc or fok, or a \
         limit_price",
        "orders.csv:3:premium_percent: a premium is a part of the limit_price: write one",
        "orders.csv:4:time_in_force: \"soon\" is unknown: choose one of next_clearing, gtc, ioc, fok",
    ];
    check(&["clear", "--rule", "continuous"], "orders.csv", rows, &expected);
}

#[test]
fn delivery_intervals_are_not_mixed() {
    let heading = "id,account,side,energy_wh,limit_price,interval\n";
    let rows = format!("{heading}b1,ann,buy,1,1,7\nb2,ann,buy,1,1,8\nb3,ann,buy,1,1,\nb4,ann,buy,1,1,7\n");
    let expected = [
        "orders.csv:3:interval: another interval than above: an auction clears one, so split the file, or clear \
         consecutive ones together with --rule uniform_price_blocks",
        "orders.csv:4:interval: only some rows say their interval: write it in all of them or in none",
    ];
    check(&["clear"], "orders.csv", &rows, &expected);
    let blocks = ["clear", "--rule", "uniform_price_blocks"];
    check(&blocks, "orders.csv", &rows, &expected[1..]);
    let rows = format!("{heading}b1,ann,buy,1,1,7\nb2,ann,buy,1,1,2021-06-07T12:00Z\nb3,ann,buy,1,1,noon\n");
    let zone = "write a number, 2021-06-07T12:15:00Z or …+01:00";
    let expected = [
        &format!("orders.csv:4:interval: `noon` is not a date and time: {zone}"),
        "orders.csv:3:interval: some rows number their intervals and some say an instant: write one of the two",
    ];
    check(&blocks, "orders.csv", rows, &expected);
    let far = format!("{heading}b1,ann,buy,1,1,7\nb2,ann,buy,1,1,679\n");
    let expected = ["orders.csv:3:interval: more than 672 intervals after the first: split the file"];
    check(&blocks, "orders.csv", far, &expected);
}

#[test]
fn json_orders_are_judged_like_csv_orders() {
    let orders =
        "[\n{\"id\":\"b\",\"account\":\"ann\",\"side\":\"buy\",\"energy_wh\":1.5,\"limit_price\":1},\n7]";
    let expected = [
        "orders.json:2:energy_wh: \"1.5\" is not a whole number of Wh: write 1500 for 1.5 kWh",
        "orders.json:3: not an object: write {\"id\":…,\"account\":…,…}",
    ];
    check(&["clear"], "orders.json", orders, &expected);
    let some = r#"[{"id":"b","account":"a","side":"buy","energy_wh":1,"limit_price":1},
                   {"id":"c","account":"a","side":"buy","energy_wh":1,"limit_price":1,"interval":4}]"#;
    let mixed =
        "orders.json:2:interval: only some rows say their interval: write it in all of them or in none";
    check(&["clear"], "orders.json", some, &[mixed]);
    check(&["clear"], "orders.json", "[{]", &["orders.json:1:3: not JSON: key must be a string"]);
    let none = "orders.json: no array of orders: write [{\"id\":…},…] or {\"orders\":[…]}";
    check(&["clear"], "orders.json", "{}", &[none]);
}

#[test]
fn a_file_of_another_kind_is_refused() {
    let ending = "orders.txt: the ending does not say what this is: name the file .csv, .json or .parquet";
    check(&["clear"], "orders.txt", "", &[ending]);
    let bytes = b"id,account,side,energy_wh,limit_price\nb,\xff,buy,1,1\n";
    check(&["clear"], "orders.csv", bytes, &["orders.csv:2:account: not UTF-8 text: save the file as UTF-8"]);
    let folder = Folder::new();
    folder.write("orders.parquet", "not parquet");
    let run = folder.wattle(&["clear", "orders.parquet"]);
    assert!(run.complaints(2)[0].starts_with("orders.parquet: not readable as Parquet"));
    let missing = folder.wattle(&["clear", "nowhere.csv"]);
    assert_eq!(missing.complaints(2), ["nowhere.csv: there is no such file: check the path"]);
    std::fs::create_dir(folder.path().join("folder.csv")).unwrap();
    let directory = folder.wattle(&["clear", "folder.csv"]);
    assert_eq!(directory.complaints(2), ["folder.csv: this is a folder: name a file inside it"]);
}

#[test]
fn options_that_contradict_each_other_are_refused() {
    let rows = "id,account,side,energy_wh,limit_price\n";
    let pricing = "--pricing: pay_as_bid has no common price: leave --pricing out, --k says whose";
    check(&["clear", "--rule", "pay_as_bid", "--pricing", "last_pair"], "orders.csv", rows, &[pricing]);
    let metered = "--rule: dynamic takes no orders, it shares metered energy: use `wattle share`";
    check(&["clear", "--rule", "dynamic"], "orders.csv", rows, &[metered]);
    let options = |options: &[&str], expected: &str| {
        check(&[&["clear", "--rule"], options].concat(), "orders.csv", rows, &[expected]);
    };
    let needs = "needs the supplier's prices: give --import-price N --export-price N in n€/Wh";
    options(&["mid_market_rate"], &format!("--import-price: mid_market_rate {needs}"));
    options(&["bill_sharing", "--import-price", "3"], &format!("--export-price: bill_sharing {needs}"));
    options(
        &["bill_sharing", "--import-price", "3", "--export-price", "-10000001"],
        "--export-price: -10000001 is beyond ±10000000 n€/Wh",
    );
    options(
        &["vcg", "--import-price", "3"],
        "--import-price: vcg does not know it, only rules on metered energy ask the supplier: leave --import-price out",
    );
    options(&["vcg", "--k", "1"], "--k: vcg does not know it, its price is fixed: leave --k out");
    options(
        &["separate", "--pricing", "last_pair"],
        "--pricing: separate does not know it, uniform_price does: leave --pricing out",
    );
    options(
        &["vcg", "--charges", "1,2,3,4"],
        "--charges: vcg does not know it, bilateral does: leave --charges out",
    );
}

#[test]
fn a_folder_that_cannot_be_written_is_a_failure_and_not_bad_input() {
    let folder = Folder::new();
    folder.write("orders.csv", "id,account,side,energy_wh,limit_price\n");
    folder.write("taken", "");
    let run = folder.wattle(&["clear", "orders.csv", "--out", "taken"]);
    assert_eq!(run.code, 1, "{}", run.err);
    assert!(run.err.starts_with("wattle: taken: cannot be written: "), "{}", run.err);
}

#[test]
fn metered_rows_are_told_with_line_and_column() {
    let rows = "t,generation_wh,ann,ben\n\
                0,10,1,2\n\
                0,10,1,2\n\
                1,-10,1,2.5\n\
                3,10,1\n\
                2,10,1,2\n\
                1,10,1,2\n\
                soon,10,1,2\n\
                2021-06-07T12:00:00,10,1,2\n";
    let zone = "write a number, 2021-06-07T12:15:00Z or …+01:00";
    let expected = [
        "metered.csv:3:t: this interval is there twice: remove one row",
        "metered.csv:4:generation_wh: -10 Wh is outside 0 … 100 GWh: metered energy has no sign",
        "metered.csv:4:ben: \"2.5\" is not a whole number of Wh: write 1500 for 1.5 kWh",
        "metered.csv:5: 3 columns where the heading has 4: write one value each",
        "metered.csv:7:t: this is before the row above: sort the rows by time",
        &format!("metered.csv:8:t: `soon` is not a date and time: {zone}"),
        &format!("metered.csv:9:t: `2021-06-07T12:00:00` says no time zone: {zone}"),
    ];
    check(&["share"], "metered.csv", rows, &expected);
    let heading = [
        "metered.csv:1:time: column 1 must be t: columns are t,generation_wh,MEMBER,…",
        "metered.csv:1: no member has a column: add one column of Wh per member",
    ];
    check(&["share"], "metered.csv", "time,generation_wh\n", &heading);
}

#[test]
fn shares_are_exact_complete_and_at_most_the_whole() {
    let folder = Folder::new();
    folder.write("metered.csv", "t,generation_wh,ann,ben\n0,10,1,2\n");
    let check = |shares: &str, expected: &[&str]| {
        folder.write("shares.csv", shares);
        let run = folder.wattle(&["share", "metered.csv", "--key", "static", "--shares", "shares.csv"]);
        let complaints = run.complaints(2);
        assert_eq!(
            complaints.iter().filter(|line| !line.ends_with("was done")).copied().collect::<Vec<_>>(),
            expected
        );
    };
    check("member,part\n", &["shares.csv:1: the heading must be member,share"]);
    check(
        "member,share\nann,5 %\nann,0.1\ncat,0.1\n",
        &[
            "shares.csv:2:share: \"5 %\" is not an exact decimal from 0 to 1 with at most nine places: write 0.05 for 5 %",
            "shares.csv:3:member: \"ann\" has a share already: remove one",
            "shares.csv:4:member: \"cat\" has no column in the metered file",
            "shares.csv: \"ben\" has no share: add a line, 0 if none",
        ],
    );
    let beyond = "shares.csv:3:share: from here on the shares sum to more than 1: lower some";
    check("member,share\nann,0.7\nben,0.31\n", &[beyond]);
    let none = folder.wattle(&["share", "metered.csv", "--key", "static"]);
    assert!(none.complaints(2)[0].contains("add --shares FILE"));
    let both = folder.wattle(&["share", "metered.csv", "--shares", "shares.csv"]);
    assert!(both.complaints(2)[0].contains("leave --shares out"));
}
