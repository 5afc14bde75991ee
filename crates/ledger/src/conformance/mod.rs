//! The suite that every back end must pass: whoever agrees on the order of commands, the rest is the same.

mod example;
mod folder;
mod scope;

pub use example::{Beyond, Example, Scoped, Search, VARIANTS, community, seal};
pub use folder::Folder;
pub use scope::Scope;

use crate::{Error, Ledger};
use market::{Authentication, Command, Envelope, Rejection, State};

/// How to make and reopen ledgers of one kind. Every ledger made is a new one.
pub trait Backend {
    /// A new, empty ledger; what its name needs to be found again is kept here.
    fn create(&mut self) -> Box<dyn Ledger>;

    /// Opens the ledger that `create` made last, after it was dropped; `None` where nothing survives (memory).
    fn reopen(&mut self) -> Option<Result<Box<dyn Ledger>, Error>>;

    /// How much of the market it carries.
    fn scope(&self) -> Scope {
        Scope::Whole
    }

    /// Whether it takes this command of an example that is being made, where its rules are stricter than the market's. It
    /// hears each in its order, from a founding on, so that it can carry it out on a ledger of its own.
    fn takes(&mut self, _: &Envelope) -> bool {
        true
    }
}

/// Runs the whole suite.
///
/// # Panics
/// At the first promise that is not kept, saying which.
pub fn check(backend: &mut dyn Backend) {
    let (root, commands) = match backend.scope() {
        Scope::Whole => {
            let mut example = Example::run(1, Authentication::Signature, 5, 3);
            (example.root(), example.take())
        }
        Scope::DualChain => {
            for seed in 0..VARIANTS {
                let run = Scoped::run(seed, Authentication::Signature, 5, 3, &mut |envelope| {
                    backend.takes(envelope)
                });
                what_is_beyond_the_scope_is_refused_by_number(backend, &run);
            }
            let also = &mut |envelope: &Envelope| backend.takes(envelope);
            let run = Scoped::run(VARIANTS - 1, Authentication::Signature, 5, 3, also);
            (run.root, run.commands)
        }
    };
    same_commands_same_root(backend, &commands, root);
    a_refused_command_leaves_no_record(backend, &commands);
    receipts_follow_one_another(backend, &commands);
    what_is_committed_survives(backend, &commands, root);
    what_is_only_appended_vanishes(backend, &commands);
    replaying_twice_changes_nothing(backend, &commands, root);
    a_second_opener_is_refused(backend, &commands);
}

/// Appends and commits everything in steps of `step`.
///
/// # Panics
/// If a command is refused or a commit fails.
pub fn fill(ledger: &mut dyn Ledger, commands: &[Envelope], step: usize) {
    for chunk in commands.chunks(step) {
        for envelope in chunk {
            let number = ledger.len();
            let answer = ledger.append(envelope, &mut ()).expect("appending works");
            assert_eq!(answer, Ok(number), "{envelope:?}");
        }
        ledger.commit().expect("committing works");
    }
}

fn what_is_beyond_the_scope_is_refused_by_number(backend: &mut dyn Backend, run: &Scoped) {
    let mut ledger = backend.create();
    let (mut done, mut by_number) = (0, 0);
    for Beyond { after, envelope, market } in &run.beyond {
        fill(&mut *ledger, &run.commands[done..*after], 10);
        done = *after;
        let (root, len, receipt) = (ledger.root(), ledger.len(), ledger.receipt());
        let answer = ledger.append(envelope, &mut ()).expect("a refusal is an answer");
        // Where the market has a reason of its own, either may be told; the market's numbers are the lower ones.
        let not_here = answer == Err(Rejection::NotOnThisLedger);
        by_number += u32::from(not_here);
        let as_market = market.is_err() && answer.err() == market.err();
        assert!(not_here || as_market, "the market: {market:?}, the ledger: {answer:?}, to {envelope:?}");
        assert_eq!(ledger.commit().expect("nothing to do"), receipt, "nothing new was recorded");
        assert_eq!((ledger.root(), ledger.len()), (root, len), "a refusal leaves no trace");
    }
    assert!(by_number > 20);
    fill(&mut *ledger, &run.commands[done..], 10);
    assert_eq!(ledger.root(), run.root);
}

fn same_commands_same_root(backend: &mut dyn Backend, commands: &[Envelope], root: [u8; 32]) {
    for step in [1, 7, commands.len()] {
        let mut ledger = backend.create();
        fill(&mut *ledger, commands, step);
        assert_eq!(ledger.root(), root, "the root must not depend on how commands are grouped into commits");
        assert_eq!(ledger.len(), commands.len() as u64);
    }
}

fn a_refused_command_leaves_no_record(backend: &mut dyn Backend, commands: &[Envelope]) {
    let mut ledger = backend.create();
    let early = ledger.append(&commands[1], &mut ()).expect("a refusal is an answer");
    assert_eq!(early, Err(Rejection::NotFounded));
    fill(&mut *ledger, commands, 20);
    let (root, len, receipt) = (ledger.root(), ledger.len(), ledger.receipt());
    let mut refused = 0;
    for envelope in commands {
        let harmless = matches!(
            envelope.command,
            // The last of each may be said again: it changes nothing.
            Command::Tick { .. } | Command::Checkpoint { .. }
        );
        if !harmless {
            let answer = ledger.append(envelope, &mut ()).expect("a refusal is an answer");
            assert!(answer.is_err(), "a repeated command must be refused: {envelope:?}");
            refused += 1;
        }
    }
    assert!(refused > 50);
    assert_eq!(ledger.commit().expect("nothing to do"), receipt, "nothing new was recorded");
    assert_eq!((ledger.root(), ledger.len()), (root, len));
}

fn receipts_follow_one_another(backend: &mut dyn Backend, commands: &[Envelope]) {
    let mut ledger = backend.create();
    let mut last = ledger.receipt();
    assert_eq!((last.first, last.count), (0, 0));
    for chunk in commands.chunks(11) {
        for envelope in chunk {
            ledger.append(envelope, &mut ()).expect("appending works").expect("the example is acceptable");
        }
        let receipt = ledger.commit().expect("committing works");
        assert_eq!((receipt.first, receipt.count as usize), (last.end(), chunk.len()));
        assert_ne!(receipt.hash, last.hash);
        assert!(!receipt.contradicts(&last));
        last = receipt;
    }
    assert_eq!(last, ledger.receipt());
    let checkpoint = commands.iter().rev().find_map(|envelope| match envelope.command {
        Command::Checkpoint { root } => Some(root),
        _ => None,
    });
    assert_eq!(Some(last.root), checkpoint, "a receipt carries the last checkpoint's root");
}

fn what_is_committed_survives(backend: &mut dyn Backend, commands: &[Envelope], root: [u8; 32]) {
    let mut ledger = backend.create();
    fill(&mut *ledger, commands, 13);
    let receipt = ledger.receipt();
    let mut records = Vec::new();
    ledger.records(0, &mut |number, envelope| records.push((number, envelope))).expect("reading works");
    let expected: Vec<_> = (0..).zip(commands.iter().cloned()).collect();
    assert!(records == expected, "the log is what was accepted, in that order");
    let from = commands.len() as u64 - 20;
    let mut tail = Vec::new();
    ledger.records(from, &mut |number, _| tail.push(number)).expect("reading works");
    assert_eq!(tail, (from..commands.len() as u64).collect::<Vec<_>>());
    drop(ledger);
    let Some(reopened) = backend.reopen() else { return };
    let mut ledger = reopened.expect("it was closed in good order");
    assert_eq!(ledger.root(), root);
    assert_eq!(ledger.receipt(), receipt);
    assert_eq!(ledger.len(), commands.len() as u64);
}

fn what_is_only_appended_vanishes(backend: &mut dyn Backend, commands: &[Envelope]) {
    let (kept, rest) = commands.split_at(commands.len() / 2);
    let mut ledger = backend.create();
    fill(&mut *ledger, kept, 9);
    let receipt = ledger.receipt();
    for envelope in rest {
        ledger.append(envelope, &mut ()).expect("appending works").expect("the example is acceptable");
    }
    drop(ledger);
    let Some(reopened) = backend.reopen() else { return };
    let mut ledger = reopened.expect("it was closed in good order");
    assert_eq!(ledger.len(), kept.len() as u64, "without a receipt there is no promise");
    assert_eq!(ledger.receipt(), receipt);
    fill(&mut *ledger, rest, 9); // and it goes on where it was
}

fn replaying_twice_changes_nothing(backend: &mut dyn Backend, commands: &[Envelope], root: [u8; 32]) {
    let mut ledger = backend.create();
    fill(&mut *ledger, commands, 17);
    for _ in 0..2 {
        let mut state = State::new();
        let replay = &mut |_, envelope: Envelope| {
            state.apply(&envelope, &crate::Recoverer, &mut ()).expect("what is in the log was accepted");
        };
        ledger.records(0, replay).expect("reading works");
        assert_eq!(state.root(), root);
        assert_eq!(ledger.root(), root);
    }
}

fn a_second_opener_is_refused(backend: &mut dyn Backend, commands: &[Envelope]) {
    let mut ledger = backend.create();
    fill(&mut *ledger, &commands[..3], 3);
    let Some(second) = backend.reopen() else { return };
    let error = second.err().expect("a ledger has one writer");
    assert!(matches!(error, Error::InUse { .. }), "{error}");
    fill(&mut *ledger, &commands[3..], 3); // the first is not disturbed
}
