//! The operator's process is killed (SIGKILL) before and after everything it does on the primary chain, and around
//! everything that it writes to the disk: its notes, its log, the file of that chain. Files are torn and lose what was not
//! synchronised. It goes on, nothing is posted twice, and nothing that was acknowledged is lost.
//!
//! This binary runs itself as the victim, which is told where to work and where to stop: at a call of the chain, or at a
//! call of the operating system (`fixtures/stop.c`). It says that it has come there and waits for its end.

mod street;
mod watched;

use ledger::conformance::Folder;
use ledger::{Central, Error, Key, Ledger};
use rollup::audit::audit;
use rollup::chain::{Evm, Settings};
use rollup::contract::Contract;
use rollup::ledger::{Options, Rollup, beside, chain_path, contract_of};
use rollup::sequencer::{Posting, Primary};
use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
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
/// The moments around what reaches the disk: the notes first, then the log (`-wal`, copied into the file itself now and
/// then), then what follows on the primary chain.
const WRITES: [&str; 17] = [
    "before write .notes",
    "half write .notes",
    "after write .notes",
    "before sync .notes",
    "after sync .notes",
    "before write -wal",
    "half write -wal",
    "after write -wal",
    "before sync -wal",
    "after sync -wal",
    "half write ",
    "after sync ",
    "before write .chain",
    "half write .chain",
    "after write .chain",
    "before sync .chain",
    "after sync .chain",
];
/// An account that there is not.
const NOBODY: u32 = 999_999;

fn settings() -> Settings {
    Settings { time: START - 90_000, ..Settings::default() }
}

fn options(street: &Street) -> Options {
    let posting = Posting { bytes: 600, age: 600, ..Posting::default() };
    Options { posting, ..Options::new(street.operator.clone()) }
}

/// Where a life ends.
#[derive(Clone, Copy, Debug)]
enum Stop<'a> {
    Never,
    /// At this call of the chain, from 1, of all or of those at one moment.
    Call(Option<&'static str>, u64),
    /// At this write to the disk of those at one moment, from 1; what is loaded into the process for it.
    Write(&'a Path, &'static str, u64),
}

/// What follows this word among the arguments.
fn argument<T: std::str::FromStr>(word: &str) -> Option<T> {
    std::env::args().find_map(|argument| argument.strip_prefix(word)?.parse().ok())
}

/// How many of these deposit, and where the last one of them is.
fn deposits(commands: &[market::Envelope]) -> (usize, usize) {
    let deposits =
        commands.iter().enumerate().filter(|(_, one)| matches!(one.command, market::Command::Deposit { .. }));
    deposits.fold((0, 0), |(count, _), (at, _)| (count + 1, at))
}

/// Items of the queue that strangers have put there by the time of so many records: one for every few.
fn strange(commands: &[market::Envelope], records: usize) -> usize {
    records.saturating_sub(deposits(commands).1) / STEP
}

/// Somebody pays in for an account that there is not: the queue's item is consumed and leaves no command.
fn pay_for_nobody(ledger: &mut Rollup) {
    let (stranger, contract) = (Key::from_seed(b"kill", "stranger"), ledger.place().unwrap().contract);
    let Primary::Clocked(chain) = ledger.primary() else { panic!("its clock can be moved") };
    chain.fund(stranger.address(), 1_000_000_000_000_000_000).unwrap();
    Contract::at(&mut **chain, contract).deposit(&stranger, NOBODY, 1_000_000_000).unwrap();
}

#[test]
#[ignore = "only makes sense as the child of the tests below"]
fn the_victim_works_until_it_is_killed() {
    let Some(path) = std::env::args().find(|argument| argument.ends_with(".wattle")) else { return };
    let (path, seed) = (Path::new(&path), argument("seed=").unwrap());
    let (stop, only) = (argument("stop=").unwrap_or(u64::MAX), argument::<String>("only="));
    let strangers = argument::<String>("strangers=").is_some();
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
    let sizes = || beside(path).map(|file| std::fs::metadata(file).unwrap().len());
    say(&format!("opened {} {:?}", ledger.len(), sizes()));
    let done = ledger.len() as usize;
    for chunk in commands[done..].chunks(STEP) {
        for envelope in chunk {
            ledger.append(envelope, &mut ()).unwrap().unwrap();
        }
        let receipt = ledger.commit().unwrap();
        say(&format!("receipt {} {:?}", receipt.end(), sizes()));
        if strangers {
            let items = ledger.poster().map_or(0, |poster| poster.view.queue.len());
            let wanted = strange(&commands, ledger.len() as usize);
            let missing = if wanted > 0 { deposits(&commands).0 + wanted - items } else { 0 };
            (0..missing).for_each(|_| pay_for_nobody(&mut ledger));
        }
    }
    ledger.finish().unwrap();
    say("all is done");
}

fn start(path: &Path, seed: u64, stop: Stop<'_>) -> Child {
    let mut command = Command::new(std::env::current_exe().unwrap());
    command.args(["--exact", VICTIM, "--ignored", "--nocapture"]).arg(path).arg(format!("seed={seed}"));
    match stop {
        Stop::Never => {}
        Stop::Call(only, at) => {
            command.args(only.map(|only| format!("only={only}"))).arg(format!("stop={at}"));
        }
        Stop::Write(library, moment, at) => {
            command.arg("strangers=come");
            command.env("STOP", moment).env("STOP_AT", at.to_string()).env("LD_PRELOAD", library);
        }
    }
    command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap()
}

/// What one life of the victim came to.
#[derive(Default)]
struct Life {
    /// The call at which it stopped.
    stopped_at: Option<String>,
    /// Commands that were there when it began.
    opened: Option<u64>,
    /// Commands acknowledged.
    acknowledged: u64,
    /// Size of the chain's file after the first acknowledgement of a founded community.
    founded: Option<u64>,
    /// Size of the notes when they were known last to be on the disk.
    notes: Option<u64>,
    finished: bool,
}

fn live(path: &Path, seed: u64, stop: Stop<'_>) -> Life {
    let mut child = start(path, seed, stop);
    let mut life = Life::default();
    for line in BufReader::new(child.stdout.take().unwrap()).lines().map_while(Result::ok) {
        // The test runner may say something on the same line.
        if let Some((_, call)) = line.split_once("at ").filter(|(_, call)| call.contains('/')) {
            life.stopped_at = Some(call.to_owned());
            break;
        }
        let numbers = |said: &str| -> Option<[u64; 3]> {
            let words = line.split_once(said)?.1.split(|letter: char| !letter.is_ascii_digit());
            let numbers: Vec<u64> = words.filter_map(|word| word.parse().ok()).collect();
            numbers.try_into().ok()
        };
        if let Some([records, notes, _]) = numbers("opened ") {
            (life.opened, life.notes) = (Some(records), Some(notes));
        }
        if let Some([records, notes, chain]) = numbers("receipt ") {
            (life.acknowledged, life.notes) = (records, Some(notes));
            life.founded.get_or_insert(chain);
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

/// The same numbers every time.
struct Draws(u64);

impl Draws {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        self.0 >> 33
    }
}

#[test]
fn whatever_moment_the_operator_is_killed_at_it_goes_on_exactly_where_the_chain_stands() {
    let folder = Folder::new("rollup-kill");
    let mut draws = Draws(7);
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
                0..LIVES if lives % 2 == 0 => {
                    Stop::Call(Some(CHANGES[lives / 2 % CHANGES.len()]), 1 + draws.next() % 3)
                }
                0..LIVES => Stop::Call(None, 1 + draws.next() % [12, 60, 250][lives % 3]),
                _ => Stop::Never,
            };
            let life = live(&path, seed, stop);
            lives += 1;
            acknowledged = life.acknowledged.max(acknowledged);
            founded = founded.or(life.founded);
            let Some(call) = life.stopped_at else { break };
            kills += 1;
            *calls.entry(call).or_insert(0) += 1;
            *damages.entry(damage(&path, founded, draws.next())).or_insert(0) += 1;
            if let Ok(central) = Central::open(&path, ledger::Options::default()) {
                assert!(central.len() >= acknowledged, "what was acknowledged is there");
            }
        }
        verify(&path, &mut street, &commands, 0);
    }
    println!("{kills} kills at {calls:?}, {damages:?}");
    assert!(kills > 50 && calls.len() > 10, "{kills} kills at {calls:?}");
    for call in CHANGES {
        assert!(calls.contains_key(&format!("{call}/")), "never killed {call}: {calls:?}");
    }
}

/// Notes that were not synchronised when the power went, or a part of them, are gone.
fn forget_notes(path: &Path, call: &str, kept: Option<u64>, draw: u64) -> u64 {
    let unsure = WRITES[..4].iter().any(|moment| call.trim_end_matches('/') == *moment);
    let [notes, _] = beside(path);
    let Some(kept) = kept.filter(|_| unsure) else { return 0 };
    let length = std::fs::metadata(&notes).unwrap().len();
    let lost = draw % (length - kept + 1);
    std::fs::OpenOptions::new().write(true).open(&notes).unwrap().set_len(length - lost).unwrap();
    lost
}

/// Compiles what stops a process at a write.
fn stopper(folder: &Folder) -> PathBuf {
    let (source, library) =
        (concat!(env!("CARGO_MANIFEST_DIR"), "/tests/fixtures/stop.c"), folder.path("stop.so"));
    let compiled =
        Command::new("cc").args(["-shared", "-fPIC", "-O1", source, "-o"]).arg(&library).arg("-ldl").status();
    assert!(compiled.expect("a C compiler, as SQLite needs one too").success());
    library
}

#[test]
#[cfg_attr(not(target_os = "linux"), ignore = "libraries are loaded before others in another way there")]
fn whatever_write_the_operator_is_killed_in_notes_log_and_chain_agree_again() {
    let folder = Folder::new("rollup-kill-write");
    let library = stopper(&folder);
    let mut draws = Draws(11);
    let (mut moments, mut forgotten) = (BTreeMap::new(), 0);
    for seed in 1..=3 {
        let path = folder.path(&format!("{seed}.wattle"));
        let mut street = Street::new(seed, MEMBERS);
        let commands = street.day(INTERVALS);
        let mut acknowledged = 0;
        for life in 0..=2 * WRITES.len() {
            let moment = WRITES[life % WRITES.len()];
            let at = match moment {
                _ if life == 2 * WRITES.len() => u64::MAX >> 1, // the last one comes to its end
                "half write " | "after sync " => 1,             // the file is written when it is opened
                _ => 1 + draws.next() % 3,
            };
            let life = live(&path, seed, Stop::Write(&library, moment, at));
            // Nobody else opens the files in between, so that the next life has all of the repair to do.
            assert!(
                life.opened.is_none_or(|records| records >= acknowledged),
                "what was acknowledged is there"
            );
            acknowledged = life.acknowledged.max(acknowledged);
            if let Some(call) = life.stopped_at {
                forgotten += u64::from(forget_notes(&path, &call, life.notes, draws.next()) > 0);
                *moments.entry(call).or_insert(0) += 1;
            }
        }
        verify(&path, &mut street, &commands, strange(&commands, commands.len()));
    }
    println!("killed at {moments:?}; {forgotten} times notes were forgotten");
    assert!(forgotten > 3);
    for moment in WRITES {
        assert!(moments.contains_key(&format!("{moment}/")), "never killed {moment}: {moments:?}");
    }
}

/// The log is what was sent, and the primary chain has each record of it once.
fn verify(path: &Path, street: &mut Street, commands: &[market::Envelope], strange: usize) {
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
    let items = (deposits(commands).0 + strange) as u64;
    assert_eq!(found.queue, (items, items), "every deposit was paid once");
    let records = |kind: &str| found.records.get(kind).copied().unwrap_or(0);
    assert_eq!(records("orders"), count(|command| matches!(command, market::Command::Place(_))));
    assert_eq!(records("readings"), count(|command| matches!(command, market::Command::Read(_))));
    assert_eq!(records("ticks"), count(|command| matches!(command, market::Command::Tick { .. })));
    assert_eq!(records("withdrawals"), count(|command| matches!(command, market::Command::Withdraw { .. })));
}
