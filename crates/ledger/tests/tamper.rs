//! The insider's menu: every field of every record is changed, the log re-hashed and where possible re-signed. The
//! audit names the record, and never by the hash.

use ledger::conformance::{Example, Folder, seal};
use ledger::{Auditor, Central, Evidence, Ledger, Options, Receipt, Segment, Violation, audit, chain};
use market::signing::Domain;
use market::testing::tamperings;
use market::{Authentication, Command, Envelope, Law, encoding};
use std::collections::BTreeMap;

/// A log of one record per commit, hashed like the real one but not signed: its forger does not need to.
struct Log {
    receipt: Receipt,
    root: [u8; 32],
}

impl Log {
    fn new() -> Self {
        Self { receipt: Receipt::default(), root: [0; 32] }
    }

    fn segment(&mut self, envelope: &Envelope) -> Segment {
        let mut bytes = Vec::new();
        encoding::encode(envelope, &mut bytes);
        if let Command::Checkpoint { root } = envelope.command {
            self.root = root;
        }
        let first = self.receipt.end();
        let hash = chain(&self.receipt.hash, first, 1, &bytes);
        self.receipt = Receipt { first, count: 1, hash, root: self.root, signature: None };
        Segment { receipt: self.receipt, bytes }
    }
}

/// What an honest audit knows before each record.
fn before_each(commands: &[Envelope]) -> Vec<(Auditor, Receipt, [u8; 32])> {
    let (mut auditor, mut log) = (Auditor::new(&[]), Log::new());
    let before = commands.iter().map(|envelope| {
        let now = (auditor.clone(), log.receipt, log.root);
        auditor.segment(&log.segment(envelope));
        now
    });
    let before = before.collect();
    assert_eq!(auditor.finish().first_violation, None);
    before
}

/// The first violation when `changed` stands in the place of the first of `rest`.
fn found(
    (auditor, receipt, root): &(Auditor, Receipt, [u8; 32]),
    changed: &Envelope,
    rest: &[Envelope],
) -> Option<Violation> {
    let (mut auditor, mut log) = (auditor.clone(), Log { receipt: *receipt, root: *root });
    for envelope in std::iter::once(changed).chain(&rest[1..]) {
        let segment = log.segment(envelope);
        auditor.segment(&segment);
        if auditor.first_violation().is_some() {
            break;
        }
    }
    auditor.finish().first_violation
}

/// Whether the receipt once given for `envelope` is proof against a log that has `changed` instead.
fn contradicts_the_receipt(
    (auditor, receipt, root): &(Auditor, Receipt, [u8; 32]),
    envelope: &Envelope,
    changed: &Envelope,
) -> bool {
    let log = || Log { receipt: *receipt, root: *root };
    let (honest, forged) = (log().segment(envelope), log().segment(changed));
    let mut quiet = auditor.clone();
    quiet.segment(&forged);
    quiet.first_violation().is_none() && honest.receipt.contradicts(&forged.receipt)
}

fn count_kinds(commands: &[Envelope]) -> usize {
    let kinds: std::collections::BTreeSet<_> =
        commands.iter().map(|envelope| format!("{:?}", std::mem::discriminant(&envelope.command))).collect();
    kinds.len()
}

#[test]
fn no_change_to_any_field_of_any_record_goes_unnoticed() {
    let commands = Example::run(1, Authentication::Signature, 4, 4).take();
    assert_eq!(count_kinds(&commands), 25, "every kind of command is in the log");
    let before = before_each(&commands);
    let mut table: BTreeMap<&str, (u32, BTreeMap<&str, u32>)> = BTreeMap::new();
    for (record, envelope) in commands.iter().enumerate() {
        for (field, changed) in tamperings(envelope) {
            let violation = found(&before[record], &changed, &commands[record..]);
            let violation =
                violation.unwrap_or_else(|| panic!("record {record}, {field}: nothing found\n{changed:?}"));
            assert_eq!(violation.record, record as u64, "{field}: {violation}\n{changed:?}");
            let by_hash = violation.law == Law::A3 && !violation.words.contains("rejection");
            assert!(!by_hash && violation.law != Law::A5, "{field}: found by the chain alone: {violation}");
            let row = table.entry(field).or_default();
            row.0 += 1;
            *row.1.entry(violation.law.number()).or_default() += 1;
        }
    }
    let total: u32 = table.values().map(|(changes, _)| changes).sum();
    println!("{total} changes to {} records, all found at their record:", commands.len());
    for (field, (changes, laws)) in &table {
        println!("{field:40} {changes:6} {laws:?}");
    }
    assert!(total > 2_000);
}

/// What the operator can change in its own commands such that no law is broken and no root differs: the time of a
/// tick, as long as everything that was on time stays so and another tick comes before the checkpoint. Nothing
/// follows from it but the log's hash, and that is in every receipt.
const WITHOUT_TRACE: [&str; 1] = ["Command::Tick.time"];

/// The operator re-signs its own commands. Where the changed command is one that the market would have accepted
/// too, the log tells another story from there on, and the next checkpoint contradicts it at the latest: the root
/// covers everything that a command can change.
#[test]
fn the_operator_cannot_change_its_own_commands_either() {
    let mut example = Example::run(1, Authentication::Signature, 4, 4);
    let commands = example.take();
    let before = before_each(&commands);
    let mut domain = None;
    let mut table: BTreeMap<&str, BTreeMap<String, u32>> = BTreeMap::new();
    let mut resigned = 0;
    for (record, envelope) in commands.iter().enumerate() {
        if let Command::Found(terms) = &envelope.command {
            domain = Some(Domain::of(terms));
        }
        let own = domain.expect("founded first");
        if seal(envelope.command.clone(), &example.operator, &own, Authentication::Signature) != *envelope {
            continue; // somebody else signed it: nobody can sign it again
        }
        let next_checkpoint = (record..commands.len())
            .find(|at| matches!(commands[*at].command, Command::Checkpoint { .. }))
            .expect("the run ends with a checkpoint");
        for (field, changed) in tamperings(envelope) {
            let own = match &changed.command {
                Command::Found(terms) => Domain::of(terms),
                _ => own,
            };
            let changed = seal(changed.command, &example.operator, &own, Authentication::Signature);
            if changed == *envelope {
                continue; // only its signature was changed, and is made anew
            }
            resigned += 1;
            let Some(violation) = found(&before[record], &changed, &commands[record..]) else {
                // Nothing hung on it, and a larger one came before the checkpoint.
                assert!(
                    WITHOUT_TRACE.contains(&field),
                    "record {record}, {field}: nothing found\n{changed:?}"
                );
                assert!(contradicts_the_receipt(&before[record], envelope, &changed), "{field}");
                *table.entry(field).or_default().entry("A5 by any receipt held".into()).or_default() += 1;
                continue;
            };
            let at = violation.record as usize;
            assert!(
                (record..=next_checkpoint).contains(&at),
                "{field} of record {record}: {violation}\n{changed:?}"
            );
            let by_hash = violation.law == Law::A3 && !violation.words.contains("rejection");
            assert!(!by_hash && violation.law != Law::A5, "{field}: found by the chain alone: {violation}");
            let place = if at == record {
                "at once"
            } else if at < next_checkpoint {
                "by a later record"
            } else {
                "by the checkpoint"
            };
            *table
                .entry(field)
                .or_default()
                .entry(format!("{} {place}", violation.law.number()))
                .or_default() += 1;
        }
    }
    println!("{resigned} changes by the operator itself, all found:");
    for (field, laws) in &table {
        println!("{field:40} {laws:?}");
    }
    assert!(resigned > 500);
}

/// The same through files: the log is written anew, receipts and all, by whoever has the operator's key.
#[test]
fn a_rewritten_file_is_found_out_and_so_is_a_rewritten_promise() {
    let folder = Folder::new("rewritten");
    let mut example = Example::run(1, Authentication::Signature, 3, 1);
    let commands = example.take();
    let options = || Options { key: Some(example.operator.clone()), ..Options::default() };
    let write = |name: &str, commands: &[Envelope]| {
        let mut ledger = Central::create(folder.path(name), options()).unwrap();
        let mut receipts = Vec::new();
        for chunk in commands.chunks(9) {
            for envelope in chunk {
                // Leaves out what the market refuses; an insider's own program would not ask.
                let _ = ledger.append(envelope, &mut ()).unwrap();
            }
            receipts.push(ledger.commit().unwrap());
        }
        receipts
    };
    let honest = write("honest", &commands);
    // A member's order is left out, and every later checkpoint with it: the rest is a valid log.
    let order = commands.iter().position(|envelope| matches!(envelope.command, Command::Place(_))).unwrap();
    let mut censored = commands.clone();
    censored.remove(order);
    write("censored", &censored);
    let quiet = audit(folder.path("censored"), &Evidence::default(), &mut |_, _| {}).unwrap();
    assert_eq!(quiet.first_violation, None, "only who was left out can tell");
    let evidence = Evidence { receipts: honest, vfs: None };
    let violation =
        audit(folder.path("censored"), &evidence, &mut |_, _| {}).unwrap().first_violation.unwrap();
    assert_eq!(violation.law, Law::A5, "{violation}");
    assert_eq!(violation.record, (order / 9 * 9) as u64, "the commit that held the order");
}
