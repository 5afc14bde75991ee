//! The dual chain on the command line: a day posted to a primary chain, audited and watched from that chain alone.

use crate::support::{Folder, Run};
use ledger::Key;
use market::Address;
use rollup::batch::{Header, Segment};
use rollup::chain::{Chain as _, Clock as _, Evm, Settings};
use rollup::contract::{Calls, Contract, Event, Head};
use rollup::modes::seal::Secret;
use rollup::modes::{Demands, Sealing, compose};
use rollup::step::{self, Context, Record, Store as _};
use rollup::watcher::derive_with;
use serde_json::Value;
use sim::Scenario;
use sim::scenario::Overrides;
use std::collections::BTreeSet;
use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};

/// Two houses in intervals of an hour: a day of 24 auctions.
fn short_day(folder: &Folder) {
    let text = std::fs::read_to_string(crate::support::root().join("scenarios/two_houses.toml")).unwrap();
    let (interval, horizon) = ("interval = \"15 min\"", "horizon = \"15 min\"");
    assert!(text.contains(interval) && text.contains(horizon));
    let text = text.replace(interval, "interval = \"60 min\"").replace(horizon, "horizon = \"60 min\"");
    folder.write("short.toml", text);
}

/// Runs it on the dual chain, whose ledger is `short.sqlite` and whose primary chain is `short.sqlite.chain`.
fn posted(folder: &Folder, more: &[&str]) -> Value {
    short_day(folder);
    let run = ["run", "short.toml", "--ledger", "rollup", "--out", "short", "--json", "--quiet"];
    folder.wattle(&[&run, more].concat()).json()
}

const CHAIN: &str = "short.sqlite.chain";

fn output(run: &Run, code: i32) -> Value {
    assert_eq!(run.code, code, "{}", run.err);
    let first = run.out.lines().next().unwrap_or_default();
    serde_json::from_str(if first == "{" { &run.out } else { first }).unwrap()
}

/// Fails unless an object has the fields that are documented, at its top.
#[track_caller]
fn assert_form(verb: &str, printed: &Value) {
    let text = std::fs::read_to_string(crate::support::root().join("docs/forms.md")).unwrap();
    let section =
        text.split("\n## ").find(|section| section.starts_with(&format!("`wattle {verb}"))).unwrap();
    let block = section.split("```").nth(1).unwrap();
    let documented: BTreeSet<&str> = block.split('"').skip(1).step_by(2).collect();
    let printed = printed.as_object().unwrap().keys().map(String::as_str);
    assert_eq!(printed.collect::<BTreeSet<_>>(), documented, "the form of `wattle {verb}`");
}

/// A program that serves until the test is over.
struct Serving(Child, String);

impl Serving {
    fn start(folder: &Folder, arguments: &[&str]) -> Self {
        let mut command = Command::new(env!("CARGO_BIN_EXE_wattle"));
        command.current_dir(folder.path()).args(arguments).stdout(Stdio::piped());
        let mut child = command.spawn().unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let line = lines.find(|line| line.as_ref().is_ok_and(|line| line.contains("http://")));
        let line = line.expect("a node says where it is").unwrap();
        let url = line[line.find("http://").unwrap()..].trim().to_owned();
        Self(child, url)
    }
}

impl Drop for Serving {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

#[test]
fn a_day_on_the_dual_chain_is_derived_again_from_the_primary_chain_alone() {
    let folder = Folder::new();
    let run = posted(&folder, &[]);
    let dual = &run["dual_chain"];
    let batches = dual["batches"].as_u64().unwrap();
    assert!(batches > 0 && dual["final_batches"] == batches, "{dual}");
    assert!(dual["receipt_after_ns"].as_u64().unwrap() > 0, "the wait for a receipt is measured: {dual}");
    assert!(dual["receipt_after_longest_ns"].as_u64() >= dual["receipt_after_ns"].as_u64());
    assert_form("run SCENARIO --ledger rollup", dual);
    // The same trades as on one operator's file.
    let central = folder.wattle(&["run", "short.toml", "--out", "central", "--json", "--quiet"]).json();
    for field in ["carriers", "orders", "bill_neur"] {
        assert_eq!(run[field], central[field], "{field}");
    }
    let page = std::fs::read_to_string(folder.path().join("short/index.html")).unwrap();
    let section = page.split("<section id=\"chains\">").nth(1).unwrap();
    assert!(section.contains("Soft confirmation") && !section.contains("at once"), "a fixed time");

    let audit = folder.wattle(&["audit", "--primary", CHAIN, "--json"]).json();
    for field in ["chain_id", "contract", "batches", "final_batches", "root"] {
        assert_eq!(audit[field], dual[field], "{field}");
    }
    assert_eq!([&audit["wrong_batch"], &audit["doubt"]], [&Value::Null, &Value::Null]);
    let mut form = audit.clone();
    form["records"] = Value::Null; // its names are kinds of records
    assert_form("audit --primary", &form);
    assert_eq!(audit["segments"], dual["checkpoints"]);
    assert!(audit["records"]["orders"] == run["orders"], "{audit}");
    let text = folder.wattle(&["audit", "--primary", CHAIN]);
    assert_eq!(text.code, 0, "{}", text.err);
    assert!(text.out.contains("every root follows from what was posted before it"), "{}", text.out);

    let look = output(&folder.wattle(&["watch", "--primary", CHAIN, "--once", "--json"]), 0);
    assert_eq!((look["verdict"].as_str(), look["batches"].as_u64()), (Some("right"), Some(batches)));

    // The same through a node, which other programs reach.
    let node = Serving::start(&folder, &["node", CHAIN, "--port", "0"]);
    let contract = dual["contract"].as_str().unwrap();
    let arguments = ["audit", "--primary", &node.1, "--contract", contract, "--json"];
    assert_eq!(folder.wattle(&arguments).json()["root"], dual["root"]);
    let arguments = ["watch", "--primary", &node.1, "--contract", contract, "--once", "--json"];
    assert_eq!(output(&folder.wattle(&arguments), 0)["verdict"], "right");
    let nobody = ["audit", "--primary", &node.1, "--contract", "0x00000000000000000000000000000000000000aa"];
    let nobody = folder.wattle(&nobody);
    assert!(nobody.complaints(2)[0].contains("no community's contract is at 0x0000"), "{}", nobody.err);
    let unnamed = folder.wattle(&["audit", "--primary", &node.1]);
    assert!(unnamed.complaints(2)[0].starts_with("--contract: missing"), "{}", unnamed.err);
    let taken = folder.wattle(&["audit", "--primary", CHAIN]);
    assert!(taken.complaints(2)[0].contains("another process has this chain open"), "{}", taken.err);
    // Without coin on a chain that is no playground, as with another seed's keys, nothing is begun.
    let poor = ["run", "short.toml", "--seed", "9", "--ledger", "rollup:poor.sqlite", "--primary", &node.1];
    let poor = folder.wattle(&poor);
    assert!(poor.complaints(2)[0].contains("send it coin"), "{}", poor.err);
    assert!(!folder.path().join("poor.sqlite").exists(), "a refused run left a ledger behind");
}

#[test]
fn a_day_is_posted_to_a_development_node() {
    let folder = Folder::new();
    let node = Serving::start(&folder, &["node", "--port", "0", "--development"]);
    let run = posted(&folder, &["--primary", &node.1]);
    let dual = &run["dual_chain"];
    assert!(dual["batches"].as_u64() > Some(0) && dual["batches"] == dual["final_batches"], "{dual}");
    let contract = dual["contract"].as_str().unwrap();
    let audit = folder.wattle(&["audit", "--primary", &node.1, "--contract", contract, "--json"]).json();
    assert_eq!([&audit["root"], &audit["batches"]], [&dual["root"], &dual["batches"]]);
}

/// The operator posts one more batch to the chain in the file, as its mode does: two ticks, the root after the first of
/// them a lie.
fn lie(folder: &Folder) -> u64 {
    let file = folder.path().join(CHAIN);
    let contract = rollup::ledger::contract_of(&file).unwrap();
    let scenario =
        Scenario::load(&folder.path().join("short.toml").display().to_string(), &Overrides::default());
    let operator = sim::operator_key(&scenario.unwrap());
    let mut evm = Evm::open(&file, Settings::default()).unwrap();
    let head = evm.head().unwrap();
    let mut derived = derive_with(&mut evm, contract, None, Some(operator.clone())).unwrap();
    let number = derived.derivation.inputs();
    let mut state = derived.derivation.state(number).unwrap().clone();
    let queue = derived.derivation.queue();
    let from = state.head().queue;
    let chain = queue.hash(from).unwrap();
    let next = queue.items(from, from + 1).map(|items| items.concat()).unwrap_or_default();
    let posted_at = head.time + 1_000;
    let context = Context { posted_at, available: from, chain };
    let mut segments = Vec::new();
    for second in [1, 2] {
        let records = Record::Tick { time: head.time + second }.to_bytes();
        step::execute(&mut state, &context, &records, &[]).unwrap();
        segments.push(Segment { records, root: state.root() });
    }
    segments[0].root[7] ^= 1;
    let last = Head { words: state.head().words(), tree: state.tree().root() };
    let parent = newest(&mut evm, contract);
    let context = parent.hash();
    let readers = match Demands::find(&mut evm, contract) {
        Ok(demands) => demands.readers(&mut evm, 0, head.number).unwrap(),
        Err(_) => Vec::new(),
    };
    let sealing = Sealing { secret: Secret::new(&[5; 32], &context, &[]), context, readers };
    let composed = compose(derived.derivation.mode(), &parent.root, &segments, Some(&sealing)).unwrap();
    let mut call = Calls(contract).post(&parent, &composed.data, &last, &chain, &next);
    call.blobs = composed.blobs;
    evm.next_at(posted_at).unwrap();
    assert!(evm.execute(&operator, &call).unwrap().success);
    number + 1
}

fn newest(evm: &mut Evm, contract: Address) -> Header {
    let head = evm.head().unwrap().number;
    let entries = Contract::at(evm, contract).events(0, head).unwrap();
    let header = entries.iter().rev().find_map(|entry| match entry.event {
        Event::Posted { header, .. } => Some(header),
        _ => None,
    });
    header.unwrap()
}

#[test]
fn an_operators_lie_is_named_by_an_audit_and_proven_by_a_watcher() {
    let folder = Folder::new();
    posted(&folder, &[]);
    let number = lie(&folder);
    let run = folder.wattle(&["audit", "--primary", CHAIN, "--json"]);
    let audit = output(&run, 1);
    assert_eq!((audit["wrong_batch"].as_u64(), audit["wrong_segment"].as_u64()), (Some(number), Some(0)));
    let text = folder.wattle(&["audit", "--primary", CHAIN]);
    assert_eq!(text.code, 1);
    let words = format!("batch {number}, segment 0: its root does not follow");
    assert!(text.out.contains(&words), "{}", text.out);
    // Whoever only looks says so; whoever has a key and coin proves it, and the batch is gone.
    let look = output(&folder.wattle(&["watch", "--primary", CHAIN, "--once", "--json"]), 1);
    assert_eq!((look["verdict"].as_str(), look["wrong_batch"].as_u64()), (Some("wrong"), Some(number)));
    let key = Key::from_entropy([7; 32]).unwrap();
    let mut evm = Evm::open(&folder.path().join(CHAIN), Settings::default()).unwrap();
    evm.fund(key.address(), 1 << 100).unwrap();
    drop(evm);
    folder.write("watcher.key", "07".repeat(32));
    let watched = folder.wattle(&["watch", "--primary", CHAIN, "--once", "--json", "--key", "watcher.key"]);
    assert_eq!(watched.code, 0, "{}\n{}", watched.out, watched.err);
    assert!(watched.out.contains("\"proof\""), "{}", watched.out);
    let after = output(&folder.wattle(&["audit", "--primary", CHAIN, "--json"]), 0);
    assert_eq!((after["batches"].as_u64(), after["fallen"].as_u64()), (Some(number - 1), Some(1)));
}

/// What is said on the command line for a run in some mode; the watcher's key is in `watcher.key`.
fn in_mode(folder: &Folder, mode: &str) -> Value {
    let key = Key::from_entropy([7; 32]).unwrap();
    folder.write("watcher.key", "07".repeat(32));
    let public: String = key.public().iter().map(|byte| format!("{byte:02x}")).collect();
    folder.write("readers.txt", public + "\n");
    let readers: &[&str] = if mode == "sealed" { &["--readers", "readers.txt"] } else { &[] };
    let run = posted(folder, &[&["--signed", "--data-mode", mode], readers].concat());
    let mut evm = Evm::open(&folder.path().join(CHAIN), Settings::default()).unwrap();
    evm.fund(key.address(), 1 << 100).unwrap();
    run
}

#[test]
fn a_day_is_posted_audited_and_watched_in_every_mode_and_a_lie_falls() {
    let mut totals = Vec::new();
    for mode in ["demand", "blob", "sealed"] {
        let folder = Folder::new();
        let run = in_mode(&folder, mode);
        let dual = &run["dual_chain"];
        assert_eq!(dual["data_mode"], mode);
        assert_eq!(dual["readers"], if mode == "sealed" { 3 } else { 0 });
        assert!(dual["batches"].as_u64() > Some(0) && dual["final_batches"] == dual["batches"], "{dual}");
        let audit = |more: &[&str]| folder.wattle(&[&["audit", "--primary", CHAIN, "--json"], more].concat());
        let key: &[&str] = if mode == "sealed" { &["--key", "watcher.key"] } else { &[] };
        let found = audit(key).json();
        for field in ["data_mode", "contract", "batches", "final_batches", "root"] {
            assert_eq!(found[field], dual[field], "{mode}: {field}");
        }
        assert_eq!(found["records"]["orders"], run["orders"], "{mode}: every order is there, once");
        totals.push((run["bill_neur"].clone(), found["balances_neur"].clone()));
        let page = std::fs::read_to_string(folder.path().join("short/index.html")).unwrap();
        let words = rollup::modes::Mode::named(mode).unwrap().words();
        assert!(page.contains(words), "{mode}: the report does not say who can read it");
        if mode == "sealed" {
            let blind = output(&audit(&[]), 1);
            assert!(blind["doubt"].as_str().unwrap().contains("registered watcher"), "{blind}");
            folder.write("stranger.key", "09".repeat(32));
            let stranger = output(&audit(&["--key", "stranger.key"]), 1);
            assert!(stranger["doubt"].as_str().unwrap().contains("registered watcher"), "{stranger}");
        }

        let number = lie(&folder);
        let arguments = ["watch", "--primary", CHAIN, "--once", "--json", "--key", "watcher.key"];
        let watched = folder.wattle(&arguments);
        assert_eq!(watched.code, 0, "{mode}: {}\n{}", watched.out, watched.err);
        assert!(watched.out.contains("\"proof\""), "{mode}: {}", watched.out);
        let after = output(&audit(key), 0);
        assert_eq!(
            (after["batches"].as_u64(), after["fallen"].as_u64()),
            (Some(number - 1), Some(1)),
            "{mode}"
        );
    }
    assert!(totals.windows(2).all(|pair| pair[0] == pair[1]), "{totals:?}");
}

#[test]
fn every_mode_is_posted_to_a_node_and_audited_from_it() {
    let folder = Folder::new();
    let node = Serving::start(&folder, &["node", "--port", "0", "--development"]);
    let key = Key::from_entropy([7; 32]).unwrap();
    let public: String = key.public().iter().map(|byte| format!("{byte:02x}")).collect();
    folder.write("watcher.key", "07".repeat(32));
    folder.write("readers.txt", public);
    for mode in ["demand", "blob", "sealed"] {
        let readers: &[&str] = if mode == "sealed" { &["--readers", "readers.txt"] } else { &[] };
        let run =
            posted(&folder, &[&["--signed", "--data-mode", mode, "--primary", &node.1], readers].concat());
        let dual = &run["dual_chain"];
        let contract = dual["contract"].as_str().unwrap();
        let arguments = ["--primary", &node.1, "--contract", contract, "--key", "watcher.key", "--json"];
        let found = folder.wattle(&[&["audit"], &arguments[..]].concat()).json();
        for field in ["data_mode", "batches", "root"] {
            assert_eq!(found[field], dual[field], "{mode}: {field}");
        }
        assert_eq!([&found["wrong_batch"], &found["doubt"]], [&Value::Null, &Value::Null], "{mode}");
    }
}

#[test]
fn blobs_that_have_expired_are_named() {
    let folder = Folder::new();
    in_mode(&folder, "blob");
    let mut evm = Evm::open(&folder.path().join(CHAIN), Settings::default()).unwrap();
    let time = evm.head().unwrap().time;
    evm.mine_at(time + 2 * Settings::default().blob_retention).unwrap();
    drop(evm);
    for verb in ["audit", "watch"] {
        let once: &[&str] = if verb == "watch" { &["--once"] } else { &[] };
        let found = output(&folder.wattle(&[&[verb, "--primary", CHAIN, "--json"], once].concat()), 1);
        let doubt = found["doubt"].as_str().unwrap();
        assert!(doubt.contains("batch 1 ") && doubt.contains("no longer keeps its blob"), "{verb}: {doubt}");
    }
}

#[test]
fn a_mode_or_a_key_that_is_none_is_refused_before_anything_is_made() {
    let folder = Folder::new();
    short_day(&folder);
    folder.write("bad.txt", "02abcd\n");
    let check = |arguments: &[&str], expected: &str| {
        let run = folder
            .wattle(&[&["run", "short.toml", "--out", "out", "--ledger", "rollup"], arguments].concat());
        let complaints = run.complaints(2);
        assert!(complaints[0].contains(expected), "{arguments:?}: {complaints:?}");
        assert!(!folder.path().join("out.sqlite").exists(), "{arguments:?} left a ledger behind");
    };
    check(&["--data-mode", "pigeons"], "choose calldata, demand, blob or sealed");
    check(&["--data-mode", "demand"], "add --signed");
    check(&["--data-mode", "blob", "--readers", "bad.txt"], "add --data-mode sealed");
    check(&["--data-mode", "sealed", "--readers", "bad.txt"], "bad.txt:1: no public key");
    check(&["--data-mode", "sealed", "--readers", "nowhere.txt"], "nowhere.txt");
    let audit = folder.wattle(&["audit", "--primary", CHAIN, "--key", "bad.txt"]);
    assert!(!audit.complaints(2).is_empty());
}

#[test]
fn what_the_dual_chain_does_not_carry_is_refused_before_anything_is_made() {
    let folder = Folder::new();
    for scenario in ["village", "lime_street", "heat_and_power"] {
        let run = folder.wattle(&["run", scenario, "--ledger", "rollup", "--out", "out"]);
        let complaints = run.complaints(2);
        assert!(
            complaints.len() == 1
                && complaints[0].contains("the dual chain does not carry")
                && complaints[0].contains("--ledger central"),
            "{scenario}: {complaints:?}"
        );
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0, "{scenario} left something behind");
    }
}

#[test]
fn a_primary_chain_that_is_none_is_refused_with_what_to_do() {
    let folder = Folder::new();
    short_day(&folder);
    folder.write("notes.txt", "no chain, but long enough to be taken for something else");
    folder.write("empty", "");
    let (silent, contract) = ("http://127.0.0.1:1", "0x00000000000000000000000000000000000000aa");
    let check = |arguments: &[&str], expected: &str| {
        for verb in ["audit", "watch"] {
            let run = folder.wattle(&[&[verb, "--primary"], arguments].concat());
            let complaints = run.complaints(2);
            assert!(
                complaints.len() == 1 && complaints[0].contains(expected),
                "{verb} {arguments:?}: {complaints:?}"
            );
        }
    };
    check(&["nowhere.chain"], "there is no such file: check the path");
    check(&["notes.txt"], "this is not the file of a chain");
    check(&["empty"], "there is no chain in this file yet");
    check(&["."], "this is no file of a chain");
    check(&["ftp://example.org"], "a node's URL with http://");
    check(&[silent, "--contract", contract], "is the node running?");
    assert_eq!(std::fs::read(folder.path().join("empty")).unwrap(), b"", "an audit made a chain");
    let run =
        |more: &[&str]| folder.wattle(&[&["run", "short.toml", "--out", "out", "--ledger"], more].concat());
    for (primary, expected) in [("8545", "is no node's URL"), (silent, "is the node running?")] {
        let refused = run(&["rollup:named.sqlite", "--primary", primary]);
        assert!(refused.complaints(2)[0].contains(expected), "{}", refused.err);
    }
    // What is there stays.
    folder.write("named.sqlite", "mine");
    let refused = run(&["rollup:named.sqlite"]);
    assert!(refused.complaints(2)[0].contains("named.sqlite exists already"), "{}", refused.err);
    assert_eq!(std::fs::read(folder.path().join("named.sqlite")).unwrap(), b"mine");
}

/// What follows from part of a chain could be right and still not what was posted.
#[test]
fn half_a_chain_is_never_taken_for_the_whole() {
    let folder = Folder::new();
    posted(&folder, &[]);
    let whole = std::fs::read(folder.path().join(CHAIN)).unwrap();
    let refused = |bytes: &[u8], expected: &str| {
        folder.write(CHAIN, bytes);
        for verb in ["audit", "watch"] {
            let run = folder.wattle(&[verb, "--primary", CHAIN]);
            let complaints = run.complaints(2);
            assert!(complaints.len() == 1 && complaints[0].contains(expected), "{verb}: {complaints:?}");
        }
        assert!(std::fs::read(folder.path().join(CHAIN)).unwrap() == bytes, "looking at it changed it");
    };
    refused(&whole[..whole.len() - 20], "the file ends in the middle of a record");
    refused(&whole[..200], "the file ends in the middle of a record");
    refused(&whole[..20], "there is no chain in this file yet");
    let mut rotten = whole.clone();
    rotten[whole.len() / 2] ^= 1;
    refused(&rotten, "restore the file from a copy");
    // Whoever goes on with a chain after a crash cuts off what nobody had heard of.
    folder.write(CHAIN, &whole[..whole.len() - 20]);
    drop(Serving::start(&folder, &["node", CHAIN, "--port", "0"]));
    assert_eq!(folder.wattle(&["audit", "--primary", CHAIN]).code, 0);
}
