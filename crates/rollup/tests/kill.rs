//! The operator's process is killed (SIGKILL) before and after everything it does on the primary chain, and the file of
//! that chain is torn or loses its last blocks: it goes on, nothing is posted twice, and nothing that was acknowledged is
//! lost.
//!
//! This binary runs itself as the victim, which is told where to work and at which call of the chain to stop; it says
//! that it has come there and waits for its end.

mod street;
mod watched;

use ledger::conformance::Folder;
use ledger::{Central, Error, Ledger};
use rollup::audit::audit;
use rollup::chain::{Evm, Settings};
use rollup::ledger::{Options, Rollup, chain_path, contract_of};
use rollup::sequencer::{Posting, Primary};
use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use street::{START, Street};
use watched::Watched;

const VICTIM: &str = "the_victim_works_until_it_is_killed";
const MEMBERS: usize = 3;
const INTERVALS: u64 = 4;
const STEP: usize = 3;
/// How many lives end early.
const LIVES: usize = 24;
/// The moments around what changes the primary chain.
const CHANGES: [&str; 6] =
    ["before submit", "after submit", "before mine", "after mine", "after outcome", "after next_at"];

fn settings() -> Settings {
    Settings { time: START - 90_000, ..Settings::default() }
}

fn options(street: &Street) -> Options {
    let posting = Posting { bytes: 600, age: 600, ..Posting::default() };
    Options { posting, ..Options::new(street.operator.clone()) }
}

/// What follows this word among the arguments.
fn argument<T: std::str::FromStr>(word: &str) -> Option<T> {
    std::env::args().find_map(|argument| argument.strip_prefix(word)?.parse().ok())
}

#[test]
#[ignore = "only makes sense as the child of the test below"]
fn the_victim_works_until_it_is_killed() {
    let Some(path) = std::env::args().find(|argument| argument.ends_with(".wattle")) else { return };
    let (path, seed) = (Path::new(&path), argument("seed=").unwrap());
    let (stop, only) = (argument("stop=").unwrap_or(u64::MAX), argument::<String>("only="));
    let mut street = Street::new(seed, MEMBERS);
    let commands = street.day(INTERVALS);
    let say = |text: &str| {
        let mut out = std::io::stdout().lock();
        writeln!(out, "{text}").unwrap();
        out.flush().unwrap();
    };
    let primary = || {
        let evm = Evm::open(&chain_path(path), settings())?;
        Ok(Primary::Clocked(Box::new(Watched::new(evm, only.clone(), stop, move |call| {
            say(&format!("at {call}"))
        }))))
    };
    let mut ledger = match Rollup::open(path, primary, options(&street)) {
        Ok(ledger) => ledger,
        Err(Error::Missing { .. } | Error::Foreign { .. }) => {
            Rollup::create(path, primary, options(&street)).unwrap()
        }
        Err(error) => panic!("{error}"),
    };
    let done = ledger.len() as usize;
    for chunk in commands[done..].chunks(STEP) {
        for envelope in chunk {
            ledger.append(envelope, &mut ()).unwrap().unwrap();
        }
        let receipt = ledger.commit().unwrap();
        let size = std::fs::metadata(chain_path(path)).unwrap().len();
        say(&format!("receipt {} {size}", receipt.end()));
    }
    ledger.finish().unwrap();
    say("all is done");
}

fn start(path: &Path, seed: u64, (only, stop): (Option<&str>, u64)) -> Child {
    let only = only.map(|only| format!("only={only}"));
    Command::new(std::env::current_exe().unwrap())
        .args(only)
        .args(["--exact", VICTIM, "--ignored", "--nocapture"])
        .arg(path)
        .arg(format!("seed={seed}"))
        .arg(format!("stop={stop}"))
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap()
}

/// What one life of the victim came to.
#[derive(Default)]
struct Life {
    /// The call at which it stopped.
    stopped_at: Option<String>,
    /// Commands acknowledged.
    acknowledged: u64,
    /// Size of the chain's file after the first acknowledgement of a founded community.
    founded: Option<u64>,
    finished: bool,
}

fn live(path: &Path, seed: u64, stop: (Option<&str>, u64)) -> Life {
    let mut child = start(path, seed, stop);
    let mut life = Life::default();
    for line in BufReader::new(child.stdout.take().unwrap()).lines().map_while(Result::ok) {
        // The test runner may say something on the same line.
        if let Some((_, call)) = line.split_once("at ").filter(|(_, call)| call.contains('/')) {
            life.stopped_at = Some(call.to_owned());
            break;
        }
        if let Some((_, receipt)) = line.split_once("receipt ") {
            let (end, size) = receipt.split_once(' ').unwrap();
            life.acknowledged = end.parse().unwrap();
            life.founded.get_or_insert(size.parse().unwrap());
        }
        life.finished |= line.contains("all is done");
    }
    if life.stopped_at.is_some() {
        child.kill().unwrap();
    }
    let output = child.wait_with_output().unwrap();
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(life.finished || life.stopped_at.is_some(), "seed {seed}, stop {stop:?}: {said}");
    life
}

/// What happens to the node's file when the power goes.
fn damage(path: &Path, founded: Option<u64>, draw: u64) -> &'static str {
    let file = chain_path(path);
    let Ok(bytes) = std::fs::read(&file) else { return "nothing" };
    match (draw % 4, founded) {
        (0, _) => {
            // The beginning of a record that was never finished.
            let torn = [&bytes[..], &(900_u32).to_le_bytes(), &[draw as u8; 5]].concat();
            std::fs::write(&file, torn).unwrap();
            "torn"
        }
        (1, Some(founded)) if bytes.len() as u64 > founded => {
            // The disk lost what it had said it kept: the last blocks are gone, or a part of one.
            let lost = draw / 4 % (bytes.len() as u64 - founded).min(9_000);
            std::fs::write(&file, &bytes[..bytes.len() - lost as usize]).unwrap();
            "shortened"
        }
        _ => "nothing",
    }
}

#[test]
fn whatever_moment_the_operator_is_killed_at_it_goes_on_exactly_where_the_chain_stands() {
    let folder = Folder::new("rollup-kill");
    let mut draws = 7_u64;
    let mut draw = || {
        draws = draws.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        draws >> 33
    };
    let (mut kills, mut calls, mut damages) = (0, BTreeMap::new(), BTreeMap::new());
    for seed in 1..=3 {
        let path = folder.path(&format!("{seed}.wattle"));
        let mut street = Street::new(seed, MEMBERS);
        let commands = street.day(INTERVALS);
        let (mut acknowledged, mut founded) = (0, None);
        let mut lives = 0;
        loop {
            // Lives end soon, so that a day takes many of them: at any call, or at one that changes something.
            let stop = match lives {
                0..LIVES if lives % 2 == 0 => (Some(CHANGES[lives / 2 % CHANGES.len()]), 1 + draw() % 3),
                0..LIVES => (None, 1 + draw() % [12, 60, 250][lives % 3]),
                _ => (None, u64::MAX),
            };
            let life = live(&path, seed, stop);
            lives += 1;
            acknowledged = life.acknowledged.max(acknowledged);
            founded = founded.or(life.founded);
            let Some(call) = life.stopped_at else { break };
            kills += 1;
            *calls.entry(call).or_insert(0) += 1;
            *damages.entry(damage(&path, founded, draw())).or_insert(0) += 1;
            if let Ok(central) = Central::open(&path, ledger::Options::default()) {
                assert!(central.len() >= acknowledged, "what was acknowledged is there");
            }
        }
        verify(&path, &mut street, &commands);
    }
    println!("{kills} kills at {calls:?}, {damages:?}");
    assert!(kills > 50 && calls.len() > 10, "{kills} kills at {calls:?}");
    for call in CHANGES {
        assert!(calls.contains_key(&format!("{call}/")), "never killed {call}: {calls:?}");
    }
}

/// The log is what was sent, and the primary chain has each record of it once.
fn verify(path: &Path, street: &mut Street, commands: &[market::Envelope]) {
    let mut central = Central::open(path, ledger::Options::default()).unwrap();
    assert_eq!(central.root(), street.root());
    let mut log = Vec::new();
    central.records(0, &mut |_, envelope| log.push(envelope)).unwrap();
    assert!(log == commands, "every command once, in order");
    let money = -central.state().accounts()[0].balance.0;
    let mut chain = Evm::open(&chain_path(path), settings()).unwrap();
    let contract = contract_of(&chain_path(path)).unwrap();
    let found = audit(&mut chain, contract).unwrap();
    assert!(found.is_clean(), "{found:?}");
    assert_eq!(found.batches, found.finalised);
    assert_eq!(found.balances, money, "{found:#?}");
    let count =
        |wanted: fn(&market::Command) -> bool| log.iter().filter(|one| wanted(&one.command)).count() as u64;
    let deposits = count(|command| matches!(command, market::Command::Deposit { .. }));
    assert_eq!(found.queue, (deposits, deposits), "every deposit was paid once");
    let records = |kind: &str| found.records.get(kind).copied().unwrap_or(0);
    assert_eq!(records("orders"), count(|command| matches!(command, market::Command::Place(_))));
    assert_eq!(records("readings"), count(|command| matches!(command, market::Command::Read(_))));
    assert_eq!(records("ticks"), count(|command| matches!(command, market::Command::Tick { .. })));
    assert_eq!(records("withdrawals"), count(|command| matches!(command, market::Command::Withdraw { .. })));
}
