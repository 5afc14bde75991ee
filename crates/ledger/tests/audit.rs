//! The audit finds nothing in an honest log, and what is wrong in another.

use ledger::conformance::{Example, Folder, fill};
use ledger::{Central, Error, Evidence, Key, Ledger, Options, Receipt, Recoverer, audit};
use market::{Authentication, Event, Law, PostingKind, State};

fn operator(seed: u64) -> Key {
    Key::from_seed(&seed.to_be_bytes(), "operator")
}

/// A file with an example run in it, and its receipts.
fn recorded(
    folder: &Folder,
    seed: u64,
    authentication: Authentication,
) -> (std::path::PathBuf, Example, Vec<Receipt>) {
    let path = folder.path("log.wattle");
    let example = Example::run(seed, authentication, 6, 4);
    let options = Options { key: Some(operator(seed)), ..Options::default() };
    let mut ledger = Central::create(&path, options).unwrap();
    let mut receipts = Vec::new();
    for chunk in example.commands().chunks(10) {
        fill(&mut ledger, chunk, 10);
        receipts.push(ledger.receipt());
    }
    (path, example, receipts)
}

#[test]
fn an_honest_log_breaks_no_law() {
    // Six seeds have all rules between them.
    for seed in 0..6 {
        let authentication = [Authentication::Signature, Authentication::Operator][seed as usize % 2];
        let folder = Folder::new("honest");
        let (path, mut example, receipts) = recorded(&folder, seed, authentication);
        let before = std::fs::read(&path).unwrap();
        let mut heard = 0;
        let evidence = Evidence { receipts: receipts.clone(), vfs: None };
        let audit = audit(&path, &evidence, &mut |done, _| heard = done).unwrap();
        assert_eq!(audit.first_violation, None);
        assert_eq!(audit.records, example.commands().len() as u64);
        assert_eq!((audit.records, audit.segments), (heard, receipts.len() as u64));
        assert_eq!(audit.root, example.root());
        for count in &audit.laws {
            println!("{} {} checks", count.law.number(), count.checked);
            assert_eq!(count.violations, 0);
        }
        use Law::*;
        for law in [C1, C2, C3, C4, C5, C6, C7, C8, C9, C11, C12, D1, D2, D3, D4, S1, S2, S3, S4, S6, S7, S8]
        {
            assert!(audit.laws.iter().any(|count| count.law == law), "{} was never checked", law.number());
        }
        if authentication == Authentication::Signature {
            assert!(audit.laws.iter().any(|count| count.law == A1 && count.checked >= audit.records));
        }
        for law in [A1, A2, A3, A4, A5] {
            assert!(audit.laws.iter().any(|count| count.law == law), "{} was never checked", law.number());
        }
        assert!(before == std::fs::read(&path).unwrap(), "an audit changes nothing");
        assert_eq!(folder.files(), ["log.wattle"], "an audit leaves nothing behind");
    }
}

/// The suite is worth what its example has in it.
#[test]
fn the_example_has_every_kind_of_entry() {
    let mut kinds = std::collections::BTreeSet::new();
    for seed in 0..6 {
        let mut state = State::new();
        for envelope in Example::run(seed, Authentication::Operator, 6, 20).commands() {
            let mut events = Vec::new();
            state.apply(envelope, &Recoverer, &mut events).unwrap();
            kinds.extend(events.iter().filter_map(|event| match event {
                Event::Posted(posting) => Some(posting.kind),
                _ => None,
            }));
        }
    }
    let missing = PostingKind::ALL.iter().filter(|kind| !kinds.contains(kind));
    assert_eq!(missing.collect::<Vec<_>>(), [&PostingKind::Surplus], "no rule here leaves one");
}

#[test]
fn a_ledger_in_use_is_left_alone_and_a_copy_of_it_is_audited() {
    let folder = Folder::new("live");
    let path = folder.path("log.wattle");
    let commands = Example::run(1, Authentication::Operator, 3, 2).take();
    let mut ledger = Central::create(&path, Options::default()).unwrap();
    fill(&mut ledger, &commands, 10);
    let error = audit(&path, &Evidence::default(), &mut |_, _| {}).unwrap_err();
    assert!(matches!(error, Error::InUse { .. }), "{error}");
    // What a killed process leaves: the file and a write-ahead log that was never folded in.
    let copy = Folder::new("copy");
    let names = ["log.wattle", "log.wattle-wal"];
    for name in names {
        std::fs::copy(folder.path(name), copy.path(name)).unwrap();
    }
    let bytes = || names.map(|name| std::fs::read(copy.path(name)).unwrap());
    let before = bytes();
    let audit = audit(copy.path("log.wattle"), &Evidence::default(), &mut |_, _| {}).unwrap();
    assert_eq!((audit.records, audit.first_violation), (commands.len() as u64, None));
    assert_eq!(audit.root, ledger.root());
    assert!(bytes() == before, "neither file is touched");
    assert_eq!(copy.files(), names, "and none is added");
}
