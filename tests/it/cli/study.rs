//! `wattle study vpp` on some players of its scenario, and a quick `wattle study appliances`.

use crate::support::Folder;

const FEW: [&str; 6] = ["study", "vpp", "--players", "Solar park,Battery,Waterworks", "--lies", "25"];

#[test]
fn the_table_explains_itself_and_the_folder_is_whole() {
    let folder = Folder::new();
    let run = folder.wattle(&[&FEW[..], &["--out", "there", "--quiet"]].concat());
    assert_eq!(run.code, 0, "{}", run.err);
    for expected in
        ["each alone", "Nash bargaining", "complaint", "who lies", "who delivers less", "superadditive"]
    {
        assert!(run.out.contains(expected), "no {expected}: {}", run.out);
    }
    let check = |name: &str, head: &str, rows: usize| {
        let text = std::fs::read_to_string(folder.path().join("there").join(name)).unwrap();
        assert_eq!(text.lines().next(), Some(head), "{name}");
        assert_eq!(text.lines().count(), rows + 1, "{name}");
    };
    check("coalitions.csv", "members,count,value_neur", 7);
    check(
        "concepts.csv",
        "concept,total_neur,optimum_neur,operator_neur,excess_neur,in_core,worse_off,iterations",
        7,
    );
    check("payoffs.csv", "concept,player,kind,alone_neur,payoff_neur,gain_neur", 7 * 3);
    check("prices.csv", "time,import_price,export_price,dual_price,sharing_price", 24);
    check("schedule.csv", "time,player,given_wh", 24 * 3);
    // Waterworks have no cost to lie about and give nothing; two lies under seven concepts.
    let lies = "player,told_ppm,concept,gain_neur,others_neur,fall_neur,regret_neur,tolerated_neur,caught,drawn,\
                acting_neur,average_neur";
    check("lies.csv", lies, 2 * 2 * 7);
    check("shortfalls.csv", "player,sold_wh,missing_wh,honest_neur,cheating_neur,penalty_neur", 2);
    assert!(
        folder.path().join("there/index.html").exists() && folder.path().join("there/lies.parquet").exists()
    );
}

#[test]
fn two_studies_of_one_seed_are_the_same_bytes() {
    let folder = Folder::new();
    let read = |name: &str| {
        let run = folder.wattle(&[&FEW[..], &["--out", name]].concat());
        assert_eq!(run.code, 0, "{}", run.err);
        ["index.html", "payoffs.parquet", "lies.csv"]
            .map(|file| std::fs::read(folder.path().join(name).join(file)).unwrap())
    };
    assert!(read("first") == read("second"));
}

#[test]
fn wrong_questions_end_with_what_to_do() {
    let folder = Folder::new();
    let check = |arguments: &[&str], expected: &str| {
        let run = folder.wattle(&[&["study", "vpp"], arguments].concat());
        assert_eq!(run.code, 2, "{arguments:?}: {}", run.err);
        assert!(run.err.contains(expected), "{arguments:?}: {}", run.err);
        assert!(!folder.path().join("reports/study_vpp").exists());
    };
    check(&["--players", "Sun,Battery"], "vpp: there is no member `Sun`: choose among Solar park, ");
    check(&["--day", "9"], "day 9 is not in the scenario, which has 7: choose an earlier day");
    check(&["--day", "0"], "0 is not in 1..");
    check(&["--lies", "120"], "120 is not in 0..=99");
    check(&["village"], "22 players: a game needs at least 2, and 2ⁿ coalitions are solved for at most 10");
}

const QUICK: [&str; 6] = ["study", "appliances", "--quick", "--tariff", "two_level", "--quiet"];

#[test]
fn a_quick_study_of_appliances_says_that_it_is_quick_and_who_is_better_where() {
    let folder = Folder::new();
    let run = folder.wattle(&[&QUICK[..], &["--out", "there"]].concat());
    assert_eq!(run.code, 0, "{}", run.err);
    for expected in [
        "Conclude nothing from it",
        "7 held-out days with 2 draws of requests each",
        "perfect foresight",
        "best without foresight",
        "against the best rule",
        "37.3 %",
        "against the naive off-peak rule the agents at",
    ] {
        assert!(run.out.to_lowercase().contains(&expected.to_lowercase()), "no {expected}: {}", run.out);
    }
    let rows = |name: &str| {
        let text = std::fs::read_to_string(folder.path().join("there").join(name)).unwrap();
        let columns = text.lines().next().unwrap().split(',').count();
        assert!(text.lines().all(|line| line.split(',').count() == columns), "{name}");
        text.lines().count() - 1
    };
    assert_eq!(rows("schedulers.csv"), 8);
    assert_eq!(rows("preferences.csv"), 8 * 21);
    assert_eq!(rows("published.csv"), 3 * 121);
    let published = std::fs::read_to_string(folder.path().join("there/published.csv")).unwrap();
    assert_eq!(published.matches(",true,").count(), 3, "one preference is chosen");
    // Thirty rounds, looked at every third.
    assert_eq!(rows("learning.csv"), 2 * 10);
    assert_eq!(rows("variants.csv"), 0);
    // Two homes of three machines; eight schedulers and the best; six preferences and their mean.
    assert_eq!(rows("foresight.csv"), 2 * 9 * 7);
    assert_eq!(rows("market.csv"), 3 + 2 * 4);
    assert_eq!(rows("market_bills.csv"), (3 + 2 * 4) * 8);
    let page = std::fs::read_to_string(folder.path().join("there/index.html")).unwrap();
    assert!(page.contains("Turn the knob"));
    for number in ["NaN", ">inf", ":inf", ",inf", "-inf"] {
        assert!(!page.contains(number), "{number}");
    }
}

#[test]
fn a_street_makes_the_same_runs_in_every_way_and_pays_for_them() {
    let folder = Folder::new();
    let form = folder.wattle(&[&QUICK[..], &["--json"]].concat()).json();
    let market = &form["market"];
    let ways = market["ways"].as_array().unwrap();
    let mean = |way: &serde_json::Value, figure: &str| way[figure]["mean"].as_f64().unwrap();
    let energy = |way| mean(way, "from_neighbours_kwh") + mean(way, "from_supplier_kwh");
    for way in ways {
        assert_eq!(mean(way, "served"), market["runs"].as_f64().unwrap(), "{way}");
        assert!((energy(way) - energy(&ways[0])).abs() < 1e-5, "{way}");
        let bills = way["bills_eur"].as_array().unwrap().iter();
        let sum: f64 = bills.map(|bill| bill["mean"].as_f64().unwrap()).sum();
        assert!((sum - mean(way, "bill_eur")).abs() < 1e-4, "{way}");
        // Nobody waits who starts at once or minds delay alone.
        let punctual = way["scheduler"] == "as_soon_as_possible" || way["preference"]["delay"] == 1.0;
        assert_eq!(mean(way, "waited_h") == 0.0, punctual, "{way}");
    }
    let bills: Vec<f64> = ways.iter().map(|way| mean(way, "bill_eur")).collect();
    assert!(
        bills[1..].iter().any(|bill| (bill - bills[0]).abs() > 0.1),
        "schedules cost the same: {bills:?}"
    );
}

#[test]
fn threads_change_nothing_in_a_study_of_appliances() {
    let folder = Folder::new();
    let read = |threads: &str| {
        let run = folder.wattle(&[&QUICK[..], &["--threads", threads, "--out", threads]].concat());
        assert_eq!(run.code, 0, "{}", run.err);
        ["index.html", "preferences.csv", "learning.csv", "foresight.csv", "market.csv", "market_bills.csv"]
            .map(|file| std::fs::read(folder.path().join(threads).join(file)).unwrap())
    };
    assert!(read("1") == read("2"));
}

#[test]
fn wrong_questions_about_appliances_end_with_what_to_do() {
    let folder = Folder::new();
    let check = |arguments: &[&str], expected: &str| {
        let run = folder.wattle(&[&["study", "appliances"], arguments].concat());
        assert_eq!(run.code, 2, "{arguments:?}: {}", run.err);
        assert!(run.err.contains(expected), "{arguments:?}: {}", run.err);
    };
    check(&["--seeds", "1"], "1 is not in 2..=100");
    check(&["--draws", "0"], "0 is not in 1..=100");
    check(&["--tariff", "cheap"], "two_level");
    folder.write("notes.txt", "mine");
    check(&["--quick", "--out", "."], "notes.txt");
}
