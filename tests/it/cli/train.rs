//! `wattle train`: short trainings, killed and taken up again, and everything that is refused.

use crate::support::Folder;
use std::process::{Command, Stdio};
use std::time::Duration;

/// A training of a few seconds.
const SHORT: [&str; 12] = [
    "train",
    "--tariff",
    "two_level",
    "--set",
    "lanes=32",
    "--set",
    "updates=20",
    "--set",
    "batch=32",
    "--set",
    "hidden=16",
    "--json",
];

pub(super) fn short(folder: &Folder, more: &[&str]) -> crate::support::Run {
    folder.wattle(&[&SHORT[..], more].concat())
}

fn bytes(folder: &Folder, name: &str) -> Vec<u8> {
    std::fs::read(folder.path().join(name)).unwrap()
}

#[test]
fn a_training_that_is_killed_again_and_again_comes_to_the_same_policy() {
    let folder = Folder::new();
    let whole = short(&folder, &["--rounds", "30", "--out", "whole", "--threads", "1"]).json();
    assert_eq!((whole["rounds"].as_u64(), whole["of_rounds"].as_u64()), (Some(30), Some(30)));
    let kept = || std::fs::read(folder.path().join("kept")).ok();
    let mut luck = agents::Random::of(1, "kills");
    let mut kills = 0;
    loop {
        let before = kept();
        let keep = if before.is_some() { "--resume" } else { "--checkpoint" };
        let mut child = Command::new(env!("CARGO_BIN_EXE_wattle"))
            .current_dir(folder.path())
            .args(SHORT)
            .args(["--rounds", "30", "--out", "cut", "--every", "0", "--threads", "2", keep, "kept"])
            .stdout(Stdio::null())
            .spawn()
            .unwrap();
        // It gets on by a round at least, however fast or slow the machine, and up to a few more.
        while kept() == before && child.try_wait().unwrap().is_none() {
            std::thread::sleep(Duration::from_millis(1));
        }
        std::thread::sleep(Duration::from_micros(luck.between(0, 30_000) as u64));
        if let Some(status) = child.try_wait().unwrap() {
            assert!(status.success(), "after {kills} kills");
            break;
        }
        child.kill().unwrap(); // SIGKILL
        child.wait().unwrap();
        kills += 1;
    }
    assert!(kills > 0, "it was killed at least once");
    assert!(bytes(&folder, "cut") == bytes(&folder, "whole"), "after {kills} kills");
    // The curves of all its parts are one.
    let table = String::from_utf8(bytes(&folder, "reports/training/training.csv")).unwrap();
    let rounds: Vec<usize> =
        table.lines().skip(1).map(|row| row.split(',').nth(1).unwrap().parse().unwrap()).collect();
    assert_eq!(rounds, (1..=30).collect::<Vec<_>>());
    let page = String::from_utf8(bytes(&folder, "reports/training/index.html")).unwrap();
    assert!(page.contains("30 of 30") && !page.contains("location.reload"), "{page}");
}

#[test]
fn what_does_not_belong_together_is_refused() {
    let folder = Folder::new();
    short(&folder, &["--rounds", "3", "--out", "policy", "--checkpoint", "kept"]).json();
    let mut damaged = bytes(&folder, "kept");
    let middle = damaged.len() / 2;
    damaged[middle] ^= 1;
    folder.write("damaged", &damaged);
    folder.write("text", "a shopping list");
    let check = |arguments: &[&str], expected: &str| {
        let run = folder.wattle(arguments);
        assert_eq!(run.code, 2, "{arguments:?}: {}", run.err);
        assert!(run.err.contains(expected), "{arguments:?}: {}", run.err);
    };
    let resume = |more: &[&str], expected: &str| {
        check(&[&SHORT[..], &["--rounds", "3", "--out", "next"], more].concat(), expected);
    };
    resume(&["--resume", "damaged"], "damaged: checkpoint: the file is damaged");
    resume(&["--resume", "text"], "text: checkpoint: the file does not begin with");
    resume(&["--resume", "nowhere"], "nowhere: there is no such file");
    resume(&["--resume", "kept", "--seed", "2"], "belongs to another training");
    resume(&["--resume", "kept", "--quarter-hourly"], "belongs to another training");
    resume(&["--resume", "kept", "--household", "single"], "another environment");
    resume(&["--set", "doubel=true"], "there is no choice `doubel`");
    resume(
        &["--set", "credit=joint", "--set", "networks=independent"],
        "joint credit needs one shared network",
    );
    resume(&["--prices", "text"], "only the tariff day_ahead");
    check(&["train", "--prices", "text"], "text:1: the heading must be");
    check(&["train", "--evaluate", "kept"], "kept: the file does not begin with");
    check(&["train", "--evaluate", "policy"], "learned under other prices");
    check(&["train", "--evaluate", "policy", "--quarter-hourly"], "the policy is for another home");
    check(&["run", "two_houses", "--strategy", "learned:policy"], "no member of the scenario has machines");
    check(&["run", "village", "--strategy", "learned:policy"], "every 3600 s");
    check(&["run", "--strategy", "clever"], "there is no strategy \"clever\"");
    check(&["run", "--preference", "1,0,0"], "only learned strategies have a preference");
    check(&["run", "--strategy", "learned:policy", "--preference", "1,1,1"], "sum to 1");
}

#[test]
fn a_policy_is_judged_on_october_between_the_optimum_and_the_rules() {
    let folder = Folder::new();
    short(&folder, &["--rounds", "12", "--out", "policy", "--events", "events"]).json();
    assert_eq!(std::fs::read_dir(folder.path().join("events")).unwrap().count(), 1);
    let evaluate = ["train", "--tariff", "two_level", "--evaluate", "policy", "--json"];
    let shown = folder.wattle(&[&evaluate[..], &["--preference", "1,0,0"]].concat()).json();
    assert_eq!((shown["days"].as_u64(), shown["preferences"].as_u64()), (Some(31), Some(1)));
    let rows = shown["schedulers"].as_array().unwrap();
    let cost = |name: &str| {
        let row = rows.iter().find(|row| row["scheduler"] == name);
        row.unwrap_or_else(|| panic!("{name}: {rows:?}"))["cost_eur"].as_f64().unwrap()
    };
    // With given prices and no panels nothing is cheaper than the cheapest window, and that is the optimum.
    assert!((cost("cheapest window") - cost("optimum in hindsight")).abs() < 1e-9);
    assert!(cost("learned") >= cost("optimum in hindsight"));
    assert!(rows.iter().all(|row| row["regret"].as_f64().unwrap() > -1e-9));
}
