//! The process is killed (SIGKILL) while it appends and commits, a hundred times at random moments: what it had
//! acknowledged is in the file.
//!
//! This binary runs itself as the victim, which is told where to write and tells each receipt.

mod random;

use ledger::conformance::{Example, Folder};
use ledger::{Central, Error, Evidence, Key, Ledger, Options, Receipt, Recoverer, audit};
use market::{Authentication, Envelope, State};
use random::Random;
use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

const VICTIM: &str = "the_victim_appends_until_it_is_killed";
const STEP: usize = 3;

fn options() -> Options {
    let key = Some(Key::from_seed(&1_u64.to_be_bytes(), "operator"));
    Options { key, statements: true, ..Options::default() }
}

fn commands() -> Vec<Envelope> {
    Example::run(1, Authentication::Operator, 4, 8).take()
}

#[test]
#[ignore = "only makes sense as the child of the test below"]
fn the_victim_appends_until_it_is_killed() {
    // The test runner takes the path for one more name of a test.
    let Some(path) = std::env::args().find(|argument| argument.ends_with(".wattle")) else { return };
    let path = Path::new(&path);
    let mut ledger = match Central::open(path, options()) {
        Ok(ledger) => ledger,
        Err(Error::Missing { .. } | Error::Foreign { .. }) => Central::create(path, options()).unwrap(),
        Err(error) => panic!("{error}"),
    };
    let commands = commands();
    let mut out = std::io::stdout().lock();
    let done = ledger.len() as usize;
    for chunk in commands[done..].chunks(STEP) {
        for envelope in chunk {
            ledger.append(envelope, &mut ()).unwrap().unwrap();
        }
        let Receipt { first, count, hash, root, .. } = ledger.commit().unwrap();
        let hex = |bytes: [u8; 32]| bytes.map(|byte| format!("{byte:02x}")).concat();
        writeln!(out, "receipt {first} {count} {} {}", hex(hash), hex(root)).unwrap();
        out.flush().unwrap();
    }
}

fn start(path: &Path) -> Child {
    Command::new(std::env::current_exe().unwrap())
        .args(["--exact", VICTIM, "--ignored", "--nocapture"])
        .arg(path)
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap()
}

/// A line is complete or was never acknowledged.
fn receipt(line: &str) -> Option<Receipt> {
    let mut words = line.split("receipt ").nth(1)?.split(' ');
    let number = |word: Option<&str>| word?.parse::<u64>().ok();
    let (first, count) = (number(words.next())?, number(words.next())?);
    let mut hash = || -> Option<[u8; 32]> {
        let word = words.next().filter(|word| word.len() == 64)?;
        Some(std::array::from_fn(|i| u8::from_str_radix(&word[2 * i..2 * i + 2], 16).unwrap()))
    };
    Some(Receipt { first, count: count as u32, hash: hash()?, root: hash()?, signature: None })
}

#[test]
fn what_a_killed_process_acknowledged_is_in_the_file() {
    let commands = commands();
    let mut roots = Vec::new();
    let mut state = State::new();
    for envelope in &commands {
        state.apply(envelope, &Recoverer, &mut ()).unwrap();
        roots.push(state.root());
    }
    let folder = Folder::new("kill");
    let mut random = Random(9);
    let (mut killed, mut acknowledged, mut file) = (0, 0, 0);
    let mut receipts: Vec<Receipt> = Vec::new();
    while killed < 100 {
        let path = folder.path(&format!("{file}.wattle"));
        let mut child = start(&path);
        // After a random number of receipts and a little more, so that it is in the middle of something.
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let patience = random.below(12);
        let mut heard = 0;
        while heard <= patience {
            let Some(Ok(line)) = lines.next() else { break };
            if let Some(receipt) = receipt(&line) {
                receipts.push(receipt);
                heard += 1;
            }
        }
        std::thread::sleep(Duration::from_micros(random.below(3_000)));
        child.kill().unwrap();
        child.wait().unwrap();
        killed += 1;
        // What was still in the pipe was acknowledged too.
        receipts.extend(lines.map_while(Result::ok).filter_map(|line| receipt(&line)));

        let evidence = Evidence { receipts: receipts.clone(), vfs: None };
        match audit(&path, &evidence, &mut |_, _| {}) {
            Ok(audit) => assert_eq!(audit.first_violation, None, "after kill {killed}"),
            Err(error) => assert!(receipts.is_empty(), "after kill {killed}: {error}"),
        }
        if receipts.is_empty() {
            continue;
        }
        let mut ledger = Central::open(&path, options()).unwrap();
        let len = ledger.len() as usize;
        assert!(len >= receipts.last().unwrap().end() as usize, "after kill {killed}");
        assert_eq!(ledger.root(), roots[len - 1], "after kill {killed}");
        let mut records = Vec::new();
        ledger.records(0, &mut |_, envelope| records.push(envelope)).unwrap();
        assert!(records == commands[..len], "every record once, in order");
        if len + 40 > commands.len() {
            acknowledged += receipts.len();
            receipts.clear();
            file += 1; // the next victim begins a new one
        }
    }
    acknowledged += receipts.len();
    println!("{killed} kills, {acknowledged} receipts, {} ledgers", file + 1);
    assert!(acknowledged > 100);
}
