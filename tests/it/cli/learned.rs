//! Learned strategies in a market: by the command line and by the scenario.

use super::train::short;
use crate::support::{Folder, root};

/// The shipped scenario for two days, with something said before its first section and of its first member.
fn street(before: &str, adler: &str) -> String {
    let text = std::fs::read_to_string(root().join("scenarios/appliances.toml")).unwrap();
    let named = "name = \"Family Adler\"\n";
    assert!(text.contains(named));
    format!("{}\n{before}\n", text.replace(named, &format!("{named}{adler}\n")))
        .replace("days = 7", "days = 2")
}

fn play(folder: &Folder, arguments: &[&str]) -> serde_json::Value {
    folder.wattle(&[&["run"], arguments, &["--json", "--days", "2", "--out", "there"]].concat()).json()
}

#[test]
fn a_policy_trades_in_a_market_of_its_interval() {
    let folder = Folder::new();
    short(&folder, &["--rounds", "2", "--out", "hourly"]).json();
    let run = |strategy: &str| play(&folder, &["appliances", "--strategy", strategy]);
    let (ladder, learned) = (run("ladder"), run("learned:hourly"));
    assert_ne!(ladder["root"], learned["root"]);

    short(&folder, &["--rounds", "2", "--quarter-hourly", "--out", "fine"]).json();
    folder.write("fine.toml", street("", "").replace("interval = \"1 h\"", "interval = \"15 min\""));
    let run = |strategy: &str| play(&folder, &["fine.toml", "--strategy", strategy]);
    let (ladder, learned) = (run("ladder"), run("learned:fine"));
    assert_ne!(ladder["root"], learned["root"]);
}

#[test]
fn a_scenario_may_say_who_has_learned_and_what_each_minds() {
    let folder = Folder::new();
    std::fs::create_dir(folder.path().join("street")).unwrap();
    short(&folder, &["--rounds", "2", "--out", "street/home.policy"]).json();
    let learned = "[strategy]\nkind = \"learned:home.policy\"\n";
    let run = |before: &str, adler: &str| {
        folder.write("street/street.toml", street(before, adler));
        play(&folder, &["street/street.toml"])["root"].clone()
    };
    let by_flag = |preference: &str| {
        let flags = ["--strategy", "learned:street/home.policy", "--preference", preference];
        play(&folder, &[&["appliances"], &flags[..]].concat())["root"].clone()
    };
    assert_eq!(run(learned, ""), by_flag("0.4,0.3,0.3"));
    let minding = format!("{learned}preference = [0, 0, 1]\n");
    assert_eq!(run(&minding, ""), by_flag("0,0,1"));
    let mixed = run(&minding, "strategy = \"ladder\"");
    let cheap = run(&minding, "preference = [1, 0, 0]");
    let alone = run("", "strategy = \"learned:home.policy\"");
    let none = run("", "");
    assert_eq!(none, play(&folder, &["appliances"])["root"]);
    let all = [by_flag("0,0,1"), mixed, cheap, alone, none];
    for (place, one) in all.iter().enumerate() {
        assert!(!all[..place].contains(one), "{place} is like another");
    }
}

#[test]
fn what_is_wrong_with_a_learned_strategy_is_told_where_the_scenario_names_it() {
    let folder = Folder::new();
    short(&folder, &["--rounds", "2", "--out", "hourly"]).json();
    folder.write("text", "a shopping list");
    let said = |text: String, expected: &[&str]| {
        folder.write("street.toml", text);
        let run = folder.wattle(&["run", "street.toml"]);
        let complaints = run.complaints(2);
        for expected in expected {
            assert!(complaints.iter().any(|line| line.contains(expected)), "{expected}: {complaints:?}");
        }
        complaints.len()
    };
    let adler = |strategy: &str| street("", &format!("strategy = \"learned:{strategy}\""));
    let line = 1 + adler("x").lines().position(|line| line.starts_with("strategy")).unwrap();
    let place = format!("street.toml:{line}:12: member[0].strategy: ");
    let at = |what: &str| format!("{place}{what}");
    assert_eq!(said(adler("nowhere"), &[&at("`nowhere` cannot be read")]), 1);
    assert_eq!(said(adler("text"), &[&at("`text`: the file does not begin with")]), 1);
    let fine = adler("hourly").replace("interval = \"1 h\"", "interval = \"15 min\"");
    assert_eq!(said(fine, &[&at("the policy decides every 3600 s")]), 1);
    let strange = adler("hourly").replacen("energy = \"7.5 kWh\"", "energy = \"9.5 kWh\"", 1);
    assert_eq!(said(strange, &[&at("Family Adler: the policy knows no machine")]), 1);
    // One missing file is told once, whoever would have gone by it.
    let all = street("[strategy]\nkind = \"learned:nowhere\"\npreference = [1, 1, 1]\n", "");
    assert_eq!(said(all, &["strategy.kind: `nowhere` cannot be read", "strategy.preference: "]), 3);
}
