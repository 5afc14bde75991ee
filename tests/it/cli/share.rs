//! `wattle share` by hand: every key, everything that goes with one, and every file that is wrong.

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

/// What every member gets in the one row of a file, under a key with these options.
#[track_caller]
fn check_key(arguments: &[&str], expected: [i64; 3]) {
    let folder = Folder::new();
    folder.write("metered.csv", "t,generation_wh,ann,ben,cat\n0,100,80,20,40\n");
    folder.write("shares.csv", "member,share\nann,0.5\nben,0.3\ncat,0.2\n");
    let json = folder.wattle(&[&["share", "metered.csv", "--json", "--key"], arguments].concat()).json();
    assert_eq!(rows(&json)[0].2, expected, "{arguments:?}");
}

#[test]
fn every_key_shares_by_its_rule() {
    // As in cases/sharing/three_members, with the working there.
    check_key(&["static", "--shares", "shares.csv"], [50, 20, 20]);
    check_key(&["dynamic"], [57, 14, 29]);
    check_key(&["equal"], [33, 20, 33]);
    check_key(&["hybrid", "--shares", "shares.csv"], [56, 20, 24]);
    check_key(&["cascade", "--shares", "shares.csv"], [57, 20, 23]);
    check_key(&["priority"], [80, 20, 0]);
    check_key(&["priority", "--priority", "cat,ben"], [40, 20, 40]);
}

#[test]
fn a_coefficient_for_every_pair_and_interval() {
    let folder = Folder::new();
    let metered = "t,generation_wh:roof,generation_wh:barn,ann,ben,cat\n\
                   2021-06-07T12:00:00+02:00,100,50,80,20,40\n\
                   2021-06-07T12:15:00+02:00,10,300,80,20,40\n";
    folder.write("metered.csv", metered);
    let coefficients = "t,member,coefficient,producer\n\
                        2021-06-07T10:00:00Z,ann,0.5,roof\n\
                        2021-06-07T12:00:00+02:00,ben,0.5,roof\n\
                        2021-06-07T12:00:00+02:00,ann,1,barn\n\
                        2021-06-07T12:15:00+02:00,cat,0.333333333,barn\n";
    folder.write("pairs.csv", coefficients);
    let arguments =
        ["share", "metered.csv", "--key", "full_dynamic", "--coefficients", "pairs.csv", "--json"];
    let json = folder.wattle(&arguments).json();
    // The roof's 100 Wh: 50 to ann, 50 to ben who takes 20. The barn's 50: all to ann, who lacks 30 still. A quarter of
    // an hour later cat is given 99.9999999 of the barn's 300 Wh and takes 40.
    let expected = [(0, 50, vec![80, 20, 0], vec![0, 0, 40]), (0, 270, vec![0, 0, 40], vec![80, 20, 0])];
    let found: Vec<_> = json["rows"].as_array().unwrap().iter().collect();
    assert_eq!(found[0]["surplus_wh"], 50);
    assert_eq!(found[1]["surplus_wh"], 270);
    for (row, (_, _, energy, rest)) in found.iter().zip(expected) {
        for (member, (energy, rest)) in energy.into_iter().zip(rest).enumerate() {
            assert_eq!(row["allocated"][member]["energy_wh"], energy);
            assert_eq!(row["allocated"][member]["rest_wh"], rest);
        }
    }
    let from = serde_json::json!([
        {"producer": "roof", "energy_wh": 50}, {"producer": "barn", "energy_wh": 30}
    ]);
    assert_eq!(found[0]["allocated"][0]["from"], from);
    // Any other key adds the producers up.
    let all = folder.wattle(&["share", "metered.csv", "--key", "priority", "--json"]).json();
    assert_eq!(all["rows"][0]["surplus_wh"], 150 - 140);
    assert_eq!(all["rows"][0]["allocated"][0]["from"], serde_json::Value::Null);
}

#[test]
fn an_incentive_is_paid_for_what_an_hour_shares() {
    let folder = Folder::new();
    // The sun shines in the first quarter of the hour, the neighbours cook in the second.
    let metered = "t,generation_wh,ann,ben\n\
                   2021-06-07T12:00:00Z,100,0,0\n2021-06-07T12:15:00Z,0,30,90\n2021-06-07T13:00:00Z,50,10,0\n";
    folder.write("metered.csv", metered);
    folder.write("shares.csv", "member,share\nann,0.5\nben,0.3\n");
    let incentive = ["share", "metered.csv", "--key", "incentive", "--premium", "110000", "--json"];
    let json = folder.wattle(&incentive).json();
    assert_eq!(json["rows"].as_array().unwrap().len(), 2);
    let hour = &json["rows"][0];
    // 100 of 120 Wh: 25 and 75, at 110 000 n€/Wh.
    assert_eq!(
        (&hour["surplus_wh"], &hour["premium_neur"], &hour["fund_neur"]),
        (&0.into(), &11_000_000.into(), &0.into())
    );
    assert_eq!(hour["allocated"][0]["energy_wh"], 25);
    assert_eq!(hour["allocated"][0]["premium_neur"], 2_750_000);
    assert_eq!(hour["allocated"][1]["rest_wh"], 15);
    assert_eq!(json["rows"][1]["allocated"][0]["energy_wh"], 10);
    assert_eq!(json["rows"][1]["surplus_wh"], 40);
    // By statute: half, three tenths, and the rest to the community.
    let statute = folder.wattle(&[&incentive[..], &["--shares", "shares.csv"]].concat()).json();
    let hour = &statute["rows"][0];
    assert_eq!(hour["allocated"][0]["premium_neur"], 5_500_000);
    assert_eq!(hour["allocated"][1]["premium_neur"], 3_300_000);
    assert_eq!(hour["fund_neur"], 2_200_000);
    let text = folder.wattle(&incentive[..6]);
    assert!(text.out.contains("premium €"), "{}", text.out);
}

#[test]
fn a_member_of_several_communities_takes_part_in_each_with_its_factor() {
    let folder = Folder::new();
    folder.write("metered.csv", "t,generation_wh,ann,ben\n0,100,10,8\n1,100,5,8\n");
    let factors = "member,community,factor\nann,hill,0.3\nann,valley,0.7\nben,valley,1\nben,hill,0\n";
    folder.write("factors.csv", factors);
    let part = |community: &str| {
        let arguments =
            ["share", "metered.csv", "--factors", "factors.csv", "--community", community, "--json"];
        let json = folder.wattle(&arguments).json();
        assert_eq!(json["community"], community);
        rows(&json).into_iter().map(|row| row.2).collect::<Vec<_>>()
    };
    // Of 10 Wh 3 and 7; of 5 Wh ⌊1.5⌋ = 1 and 5 − 1 = 4: the parts are the reading.
    assert_eq!(part("hill"), [[3, 0], [1, 0]]);
    assert_eq!(part("valley"), [[7, 8], [4, 8]]);
}

#[test]
fn the_key_shares_what_an_auction_leaves_over() {
    let folder = Folder::new();
    folder.write("metered.csv", METERED);
    folder.write("trades.csv", "t,member,energy_wh\n0,ann,60\n0,ben,10\n");
    let json = folder.wattle(&["share", "metered.csv", "--after", "trades.csv", "--json"]).json();
    // 70 of 100 Wh are sold; ann has bought more than she takes, ben lacks 90 still, cat 50: 30 · 90/140 = 19.28… and
    // 10.71…, running sums 19 and 30.
    let expected = [
        (0, 0, vec![0, 19, 11], vec![0, 71, 39]),
        (1, 100, vec![50, 100, 50], vec![0, 0, 0]),
        (2, 0, vec![0, 0, 0], vec![50, 0, 0]),
    ];
    assert_eq!(rows(&json), expected);
    assert_eq!(json["rows"][0]["allocated"][0]["bought_wh"], 60);
    let text = folder.wattle(&["share", "metered.csv", "--after", "trades.csv"]);
    assert!(
        text.out.contains("bought before kWh") && text.out.contains("were left to share"),
        "{}",
        text.out
    );
}

#[test]
fn operators_get_what_they_take() {
    let folder = Folder::new();
    folder.write("metered.csv", "t,generation_wh,ann,ben\n0,300,50,1000\n1,90,50,0\n");
    folder.write("shares.csv", "member,share\nann,0.333333333\nben,0.666666667\n");
    let export = |country: &str, more: &[&str], file: &str| {
        let arguments = [&["share", "metered.csv", "--export", country, "--out", "out"], more].concat();
        let run = folder.wattle(&arguments);
        assert_eq!(run.code, 0, "{}", run.err);
        std::fs::read_to_string(folder.path().join("out").join(file)).unwrap()
    };
    // 300 · 50/1050 = 14.28…: 14 and 286; then 50 of 90, the rest is surplus.
    let quantities =
        "Gesamtverbrauch lt. Messung [KWH];Eigendeckung gemeinschaftliche Erzeugung [KWH];Restbezug [KWH]";
    let austria = format!(
        "MeteringpointID;ann;ann;ann;ben;ben;ben\nMetercode;{quantities};{quantities}\n\
         0;0,050;0,014;0,036;1,000;0,286;0,714\n1;0,050;0,050;0,000;0,000;0,000;0,000\n"
    );
    assert_eq!(export("at", &[], "at.csv"), austria);
    // 14/300 = 0.046666…, together exactly 1; 50/90 = 0.555555….
    let france = "Horodate;ann;ben\n0;0.046666;0.953334\n1;0.555555;0.000000\n";
    assert_eq!(export("fr", &[], "fr.csv"), france);
    // 64 of 350 Wh are ann's; under a static key the shares are the coefficients.
    assert_eq!(export("es", &[], "es.txt"), "ann;0,182857\nben;0,817143\n");
    let fixed = export("es", &["--key", "static", "--shares", "shares.csv"], "es.txt");
    assert_eq!(fixed, "ann;0,333333\nben;0,666667\n");
}

/// A file of two rows as data tools write it, its times as timestamps.
fn parquet() -> Vec<u8> {
    use parquet::data_type::Int64Type;
    use parquet::file::{properties::WriterProperties, writer::SerializedFileWriter};
    let schema = "message metered { required int64 t (TIMESTAMP(MILLIS,true)); required int64 generation_wh; \
                  required int64 ann; required int64 ben; }";
    let schema = parquet::schema::parser::parse_message_type(schema).unwrap();
    let mut file = Vec::new();
    let mut writer =
        SerializedFileWriter::new(&mut file, schema.into(), WriterProperties::new().into()).unwrap();
    let mut group = writer.next_row_group().unwrap();
    let start = 1_623_067_200_000; // date -u -d 2021-06-07T12:00:00Z +%s, in ms
    for column in [[start, start + 900_000], [100, 7], [50, 9], [150, 5]] {
        let mut writer = group.next_column().unwrap().unwrap();
        writer.typed::<Int64Type>().write_batch(&column, None, None).unwrap();
        writer.close().unwrap();
    }
    group.close().unwrap();
    writer.close().unwrap();
    file
}

#[test]
fn parquet_and_csv_say_the_same() {
    let folder = Folder::new();
    folder.write("metered.parquet", parquet());
    let csv = "t,generation_wh,ann,ben\n2021-06-07T12:00:00Z,100,50,150\n2021-06-07T12:15:00Z,7,9,5\n";
    folder.write("metered.csv", csv);
    let one = folder.wattle(&["share", "metered.parquet", "--json"]).json();
    assert_eq!(one, folder.wattle(&["share", "metered.csv", "--json"]).json());
    assert_eq!(one["rows"][0]["allocated"][1]["energy_wh"], 75);
}

/// Everything that is wrong with a run of `wattle share` on a file of two members, one of whom is ben.
#[track_caller]
fn complains(files: &[(&str, &str)], arguments: &[&str], expected: &[&str]) {
    let folder = Folder::new();
    let metered = "t,generation_wh,ann,ben\n0,10,1,2\n1,10,1,2\n";
    folder.write("metered.csv", metered);
    for (name, content) in files {
        folder.write(name, content);
    }
    let run = folder.wattle(&[&["share", "metered.csv"], arguments].concat());
    let complaints = run.complaints(2);
    let told: Vec<_> = complaints.iter().filter(|line| !line.ends_with("was done")).copied().collect();
    assert_eq!(told, expected);
    assert!(!folder.path().join("out").exists(), "nothing half-done");
}

#[test]
fn a_key_that_lacks_something_or_is_given_too_much_is_refused() {
    let lacks = "every member's share: add --shares FILE with the columns member,share";
    for key in ["static", "hybrid", "cascade"] {
        complains(&[], &["--key", key], &[&format!("--key {key}: the {key} key needs {lacks}")]);
    }
    let pairs = "--key full_dynamic: the full_dynamic key needs a coefficient for every pair: \
                 add --coefficients FILE with the columns t,member,coefficient";
    complains(&[], &["--key", "full_dynamic"], &[pairs]);
    let all = [
        "--key incentive: the incentive key needs what is paid for shared energy: add --premium PRICE in n€/Wh",
        "--priority: the key incentive takes no order of members: leave --priority out",
        "--export: an incentive is paid and shares no energy at the meters: leave --export out",
        "metered.csv: an incentive is paid per hour: give every row an instant, and an hour at most",
    ];
    complains(&[], &["--key", "incentive", "--priority", "ben", "--export", "fr", "--out", "out"], &all);
    let useless = [
        "--shares: the key equal takes no shares: leave --shares out",
        "--coefficients: the key equal takes no coefficients: leave --coefficients out",
        "--premium: the key equal takes no premium: leave --premium out",
    ];
    let given = ["--key", "equal", "--shares", "x", "--coefficients", "x", "--premium", "1"];
    complains(&[], &given, &useless);
    let order = [
        "--priority: \"dan\" has no column in the metered file",
        "--priority: \"ben\" is named twice: remove one",
    ];
    complains(&[], &["--key", "priority", "--priority", "ben,dan,ben"], &order);
    let folder = Folder::new();
    for (arguments, word) in [
        (["--factors", "f.csv"], "--community"),
        (["--export", "fr"], "--out"),
        (["--export", "xx"], "at, fr, es"),
        (["--premium", "-1"], "--premium"),
    ] {
        let run = folder.wattle(&[&["share", "metered.csv"][..], &arguments].concat());
        assert!(run.code == 2 && run.err.contains(word), "{}", run.err);
    }
}

#[test]
fn factors_of_a_member_sum_to_at_most_the_whole() {
    let factors =
        "member,community,factor\nann,hill,0.6\nann,valley,0.5\nann,hill,0.1\ndan,hill,1\nben,valley,half\n";
    let what = "is not an exact decimal from 0 to 1 with at most nine places: write 0.05 for 5 %";
    complains(
        &[("factors.csv", factors)],
        &["--factors", "factors.csv", "--community", "hill"],
        &[
            "factors.csv:3:factor: the factors of \"ann\" sum to more than 1: lower some",
            "factors.csv:4:community: \"ann\" has a factor for \"hill\" already: remove one",
            "factors.csv:5:member: \"dan\" has no column in the metered file",
            &format!("factors.csv:6:factor: \"half\" {what}"),
            "factors.csv: \"ben\" has no factor for \"hill\": add a line, 0 if it takes no part",
        ],
    );
    let nobody = ["ann", "ben"].map(|name| {
        format!("f.csv: \"{name}\" has no factor for \"hill\": add a line, 0 if it takes no part")
    });
    let arguments = ["--factors", "f.csv", "--community", "hill"];
    complains(&[("f.csv", "member,community,factor\n")], &arguments, &nobody.each_ref().map(String::as_str));
}

#[test]
fn coefficients_name_known_pairs_once_and_sum_to_at_most_the_whole() {
    let pairs = "t,member,coefficient\n0,ann,0.6\n0,ben,0.5\n1,ann,0.5\n1,ann,0.5\n2,ann,0.5\n1,dan,0.5\n\
                 2021-06-07T12:00:00Z,ben,1\n1,ben,2\n1,ben\n";
    let what = "is not an exact decimal from 0 to 1 with at most nine places: write 0.05 for 5 %";
    complains(
        &[("pairs.csv", pairs)],
        &["--key", "full_dynamic", "--coefficients", "pairs.csv"],
        &[
            "pairs.csv:10: 2 columns where the heading has 3: write one value each",
            "pairs.csv:5:member: \"ann\" has a coefficient at this time already: remove one",
            "pairs.csv:6:t: \"2\" has no row in the metered file",
            "pairs.csv:7:member: \"dan\" has no column in the metered file",
            "pairs.csv:8:t: \"2021-06-07T12:00:00Z\" has no row in the metered file",
            &format!("pairs.csv:9:coefficient: \"2\" {what}"),
            "pairs.csv:3:coefficient: the coefficients of this time and producer sum to more than 1: lower some",
        ],
    );
    let folder = Folder::new();
    folder.write("two.csv", "t,generation_wh:roof,generation_wh:barn,ann\n0,10,10,1\n");
    folder.write("pairs.csv", "t,member,coefficient,producer\n0,ann,1,roof\n0,ann,1,shed\n0,ann,1,\n");
    let run = folder.wattle(&["share", "two.csv", "--key", "full_dynamic", "--coefficients", "pairs.csv"]);
    let expected = [
        "pairs.csv:3:producer: \"shed\" generates nothing in the metered file",
        "pairs.csv:4:producer: \"\" generates nothing in the metered file",
        "2 problems, nothing was done",
    ];
    assert_eq!(run.complaints(2), expected);
}

#[test]
fn trades_name_known_members_and_times_once() {
    complains(
        &[("trades.csv", "t,member,energy_wh\n0,ann,5\n0,ann,5\n7,ann,5\n0,dan,5\n0,ben,-5\n")],
        &["--after", "trades.csv"],
        &[
            "trades.csv:3:member: \"ann\" has bought at this time already: add the two up",
            "trades.csv:4:t: \"7\" has no row in the metered file",
            "trades.csv:5:member: \"dan\" has no column in the metered file",
            "trades.csv:6:energy_wh: \"-5\" is not a whole number of Wh from 0: write 1500 for 1.5 kWh",
        ],
    );
    let heading = "trades.csv:1: the heading must be t,member,energy_wh";
    complains(&[("trades.csv", "t,member\n")], &["--after", "trades.csv"], &[heading]);
}

#[test]
fn columns_of_generation_have_names_and_stand_first() {
    let folder = Folder::new();
    folder.write("m.csv", "t,generation_wh,generation_wh:roof,ann,generation_wh:barn,ann\n");
    folder.write("two.csv", "t,generation_wh:roof,generation_wh:barn,ann\n0,10,10,1\n");
    folder.write("trades.csv", "t,member,energy_wh\n");
    let expected = [
        "m.csv:1:generation_wh:barn: columns of generation stand before the members'",
        "m.csv:1:ann: every member needs a name of its own",
        "m.csv:1:generation_wh: where several generate, each needs a name: write generation_wh:NAME",
        "3 problems, nothing was done",
    ];
    assert_eq!(folder.wattle(&["share", "m.csv"]).complaints(2), expected);
    let seller = "--after: trades do not say who sold: add the columns of generation up into one";
    assert_eq!(folder.wattle(&["share", "two.csv", "--after", "trades.csv"]).complaints(2), [seller]);
}

#[test]
fn a_file_that_an_operator_would_refuse_is_not_written() {
    let static_key = ["--key", "static", "--shares", "shares.csv", "--export", "es", "--out", "out"];
    let less = "--export es: the coefficients of a Spanish file sum to exactly 1: raise some of the shares";
    complains(&[("shares.csv", "member,share\nann,0.5\nben,0.4\n")], &static_key, &[less]);
    let folder = Folder::new();
    folder.write("dark.csv", "t,generation_wh,ann\n0,0,1\n");
    folder.write("named.csv", "t,generation_wh,a;b\n0,10,1\n");
    let dark = folder.wattle(&["share", "dark.csv", "--export", "es", "--out", "out"]);
    let nothing = "--export es: no energy is shared in this file, so no coefficients follow from it";
    assert_eq!(dark.complaints(2), [nothing]);
    let named = folder.wattle(&["share", "named.csv", "--export", "fr", "--out", "out"]);
    assert_eq!(named.complaints(2), ["--export: \"a;b\" holds a sign that these files cannot: rename it"]);
}
