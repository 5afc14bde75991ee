//! Every documented command line, on real files, and everything that can be wrong with them.

use crate::support::{Folder, root};

mod bad_input;
mod clear;
mod compare;
mod designs;
mod flow;
mod invoice;
mod learned;
mod opf;
mod share;
mod study;
mod train;

/// The path of a shipped example.
fn example(name: &str) -> String {
    root().join("examples").join(name).display().to_string()
}

#[test]
fn help_and_version_end_well_and_a_misspelt_verb_does_not() {
    let folder = Folder::new();
    let check = |arguments: &[&str], code: i32, out: &str, err: &str| {
        let run = folder.wattle(arguments);
        assert_eq!(run.code, code, "{arguments:?}: {}", run.err);
        assert!(run.out.contains(out), "{arguments:?}: {}", run.out);
        assert!(run.err.contains(err), "{arguments:?}: {}", run.err);
    };
    check(&["--help"], 0, "Usage: wattle", "");
    check(&["--version"], 0, env!("CARGO_PKG_VERSION"), "");
    let verbs = [
        "run",
        "clear",
        "share",
        "compare",
        "study",
        "flow",
        "opf",
        "audit",
        "watch",
        "node",
        "invoice",
        "explain",
        "config",
        "completions",
        "man",
    ];
    for verb in verbs {
        check(&[verb, "--help"], 0, verb, "");
    }
    check(&["cleer"], 2, "", "clear");
    check(&["clear"], 2, "", "ORDERS");
    check(&["clear", "x.csv", "--rule", "dutch"], 2, "", "uniform_price, pay_as_bid");
    check(&["clear", "x.csv", "--rule", "pipeline"], 2, "", "a list of stages from separate, high_to_low");
    check(
        &["clear", "x.csv", "--rule", "separate,dutch"],
        2,
        "",
        "\"dutch\" is no stage: choose from separate",
    );
    let five = "separate,separate,separate,separate,separate";
    check(&["clear", "x.csv", "--rule", five], 2, "", "a pipeline has at most 4 stages");
    check(&["clear", "x.csv", "--charges", "1,2,3"], 2, "", "write four charges in n€/Wh");
    check(&["clear", "x.csv", "--k", "1.5"], 2, "", "exact decimal from 0 to 1");
    check(&["share", "x.csv", "--key", "fair"], 2, "", "static, dynamic");
    check(&["share", "x.csv", "--rounding", "up"], 2, "", "cumulative_floor, largest_remainder");
}

#[test]
fn completions_and_the_manual_come_from_the_definition() {
    let folder = Folder::new();
    for shell in ["bash", "zsh", "fish", "elvish", "powershell"] {
        let run = folder.wattle(&["completions", shell]);
        assert_eq!(run.code, 0);
        assert!(run.out.contains("wattle") && run.out.contains("pricing"), "{shell}");
    }
    let manual = folder.wattle(&["man"]);
    assert_eq!(manual.code, 0);
    for expected in [".TH", "uniform_price", "wattle\\-share", "Exit codes"] {
        assert!(manual.out.contains(expected), "the manual has no {expected}");
    }
}

#[test]
fn config_says_what_is_in_force_and_where_it_comes_from() {
    let folder = Folder::new();
    folder.write("wattle.toml", "days = 3\nout = \"there\"\n");
    let run = folder.wattle_with(&["config", "--seed", "9", "--json"], &[("WATTLE_WEEK", "winter")]);
    let settings = run.json();
    let rows: Vec<[&str; 3]> = settings["settings"]
        .as_array()
        .unwrap()
        .iter()
        .map(|row| ["name", "value", "source"].map(|field| row[field].as_str().unwrap()))
        .collect();
    assert!(rows.contains(&["seed", "9", "--seed"]));
    assert!(rows.contains(&["week", "winter", "WATTLE_WEEK"]));
    assert!(rows.contains(&["days", "3", "wattle.toml:1"]));
    assert!(rows.contains(&["scenario", "village", "default"]));
    let text = folder.wattle(&["config"]);
    assert!(text.out.contains("out") && text.out.contains("wattle.toml:2"));
    folder.write("wattle.toml", "day = 3\nseed = 1.5\n");
    let complaints = folder.wattle(&["config"]);
    assert_eq!(
        complaints.complaints(2),
        [
            "wattle.toml:1:day: unknown setting: choose from scenario, seed, days, week, signed, out, ledger, primary, data_mode, readers, strategy, preference",
            "wattle.toml:2:seed: write a text, a whole number, true or false",
            "2 problems, nothing was done",
        ]
    );
}

#[test]
fn a_reader_who_leaves_early_is_no_error() {
    use std::io::Read;
    use std::process::{Command, Stdio};
    let folder = Folder::new();
    let mut orders = "id,account,side,energy_wh,limit_price\n".to_owned();
    for number in 0..20_000 {
        let side = if number % 2 == 0 { "buy" } else { "sell" };
        orders += &format!("o{number},a{number},{side},100,{}\n", 100_000 + number);
    }
    let path = folder.write("orders.csv", orders);
    let mut child = Command::new(env!("CARGO_BIN_EXE_wattle"))
        .args(["clear", "--json"])
        .arg(path)
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    drop(child.stdout.take()); // like head, but sooner
    let mut err = String::new();
    child.stderr.take().unwrap().read_to_string(&mut err).unwrap();
    assert_eq!((child.wait().unwrap().code(), err.as_str()), (Some(0), ""));
}

#[cfg(target_os = "linux")]
#[test]
fn a_full_disk_under_the_output_is_a_failure_that_says_so() {
    use std::process::{Command, Stdio};
    let full = std::fs::OpenOptions::new().write(true).open("/dev/full").unwrap();
    let output = Command::new(env!("CARGO_BIN_EXE_wattle"))
        .args(["clear", &example("orders.csv")])
        .stdout(Stdio::from(full))
        .output()
        .unwrap();
    let complaint = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(1));
    assert!(
        complaint.starts_with("wattle: standard output: cannot be written: No space left"),
        "{complaint}"
    );
}
