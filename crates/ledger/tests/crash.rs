//! Whatever happens to the disk, what was acknowledged is there, once, and nothing half-done is seen.
//!
//! A short run is stopped at each of its disk operations, with every kind of power cut; then the ledger is opened
//! again on what survived.

mod disk;
mod random;

use disk::{Cut, Disk, Fault, Vfs};
use ledger::conformance::Example;
use ledger::{Central, Error, Evidence, Key, Ledger, Options, Receipt, Recoverer, audit};
use market::{Authentication, Envelope, State};
use random::Random;

const PATH: &str = "ledger";

/// A short run: commands, and the roots after each number of them.
struct Run {
    vfs: Vfs,
    commands: Vec<Envelope>,
    roots: Vec<[u8; 32]>,
}

/// Commits of this many commands.
const STEP: usize = 12;

impl Run {
    fn new(name: &str) -> Self {
        let commands = Example::run(1, Authentication::Operator, 2, 1).take();
        let mut state = State::new();
        let mut roots = vec![state.root()];
        for envelope in &commands {
            state.apply(envelope, &Recoverer, &mut ()).unwrap();
            roots.push(state.root());
        }
        Self { vfs: Vfs::new(name), commands, roots }
    }

    fn options(&self) -> Options {
        let key = Some(Key::from_seed(&1_u64.to_be_bytes(), "operator"));
        Options { key, statements: true, vfs: Some(self.vfs.name.clone()) }
    }

    /// Creates a ledger, commits, closes it in the middle and goes on, until done or until something fails.
    fn execute(&self, receipts: &mut Vec<Receipt>) -> Result<(), Error> {
        let mut ledger = Central::create(PATH, self.options())?;
        let middle = self.commands.len() / 2 / STEP * STEP;
        self.go_on(&mut ledger, middle, receipts)?;
        drop(ledger);
        let mut ledger = Central::open(PATH, self.options())?;
        self.go_on(&mut ledger, self.commands.len(), receipts)
    }

    /// Appends and commits what is missing up to command number `until`.
    fn go_on(&self, ledger: &mut Central, until: usize, receipts: &mut Vec<Receipt>) -> Result<(), Error> {
        let done = ledger.len() as usize;
        for chunk in self.commands[done..until].chunks(STEP) {
            for envelope in chunk {
                ledger.append(envelope, &mut ())?.expect("the example is acceptable");
            }
            receipts.push(ledger.commit()?);
        }
        Ok(())
    }

    /// Runs on an empty disk with a fault; the disk as it is then, and what was acknowledged.
    fn with(&self, fault: Fault) -> (Disk, Vec<Receipt>, Result<(), Error>) {
        *self.vfs.disk() = Disk::with(fault);
        let mut receipts = Vec::new();
        let result = self.execute(&mut receipts);
        (self.vfs.disk().clone(), receipts, result)
    }

    /// Everything acknowledged is there once, nothing is half-done, the audit is content and work can go on.
    fn check(&self, disk: Disk, receipts: &[Receipt], what: &dyn std::fmt::Debug) {
        *self.vfs.disk() = disk;
        let evidence = Evidence { receipts: receipts.to_vec(), vfs: Some(self.vfs.name.clone()) };
        match audit(PATH, &evidence, &mut |_, _| {}) {
            Ok(audit) => assert_eq!(audit.first_violation, None, "{what:?}"),
            // Before the creation was complete there is nothing to audit.
            Err(error) => assert!(receipts.is_empty(), "{what:?}: {error}"),
        }
        let mut ledger = match Central::open(PATH, self.options()) {
            Ok(ledger) => ledger,
            Err(error) => {
                assert!(receipts.is_empty(), "{what:?}: {error}");
                Central::create(PATH, self.options()).unwrap_or_else(|error| panic!("{what:?}: {error}"))
            }
        };
        let acknowledged = receipts.last().map_or(0, Receipt::end);
        let len = ledger.len();
        let complete = len.is_multiple_of(STEP as u64) || len == self.commands.len() as u64;
        assert!(
            (acknowledged..=acknowledged + STEP as u64).contains(&len) && complete,
            "{what:?}: {len} records"
        );
        assert_eq!(ledger.root(), self.roots[len as usize], "{what:?}");
        let mut records = Vec::new();
        ledger.records(0, &mut |_, envelope| records.push(envelope)).unwrap();
        assert!(records == self.commands[..len as usize], "{what:?}: another log");
        self.go_on(&mut ledger, self.commands.len(), &mut Vec::new()).unwrap();
        assert_eq!(ledger.root(), *self.roots.last().unwrap(), "{what:?}");
    }
}

#[test]
fn a_power_cut_at_any_operation_loses_nothing_acknowledged() {
    let run = Run::new("crash");
    let (disk, receipts, result) = run.with(Fault::None);
    result.unwrap();
    assert_eq!(receipts.len(), run.commands.len().div_ceil(STEP));
    let operations = disk.operations;
    run.check(disk, &receipts, &"no crash");
    let mut cases = 0;
    for at in 1..=operations {
        let (disk, receipts, _) = run.with(Fault::CrashAt(at));
        let mut cuts = vec![Cut::Lost, Cut::Kept];
        cuts.extend((0..4).flat_map(|n| [Cut::Torn(at * 8 + n), Cut::Shuffled(at * 8 + n)]));
        for cut in cuts {
            run.check(disk.rebooted(cut), &receipts, &(at, cut));
            cases += 1;
        }
    }
    println!("{operations} operations, {cases} power cuts");
    assert!(operations > 60);
}

#[test]
fn a_second_power_cut_while_recovering_loses_nothing_either() {
    let run = Run::new("crash twice");
    let operations = run.with(Fault::None).0.operations;
    let mut random = Random(5);
    let mut cases = 0;
    for _ in 0..400 {
        let (disk, receipts, _) = run.with(Fault::CrashAt(1 + random.below(operations)));
        let mut disk = disk.rebooted(Cut::Torn(random.below(u64::MAX)));
        disk.fault = Fault::CrashAt(1 + random.below(12));
        *run.vfs.disk() = disk;
        if let Ok(mut ledger) = Central::open(PATH, run.options()) {
            // It may even have got as far as new receipts.
            let mut more = receipts.clone();
            let _ = run.go_on(&mut ledger, run.commands.len(), &mut more);
            drop(ledger);
            let disk = run.vfs.disk().rebooted(Cut::Shuffled(random.below(u64::MAX)));
            run.check(disk, &more, &"after both");
        } else {
            let disk = run.vfs.disk().rebooted(Cut::Shuffled(random.below(u64::MAX)));
            run.check(disk, &receipts, &"after both");
        }
        cases += 1;
    }
    println!("{cases} double power cuts");
}

#[test]
fn a_full_disk_is_said_so_and_nothing_is_half_done() {
    let run = Run::new("full");
    let writes = run.with(Fault::None).0.writes;
    let mut said = 0;
    for from in 1..=writes {
        let (mut disk, receipts, result) = run.with(Fault::FullFrom(from));
        match result {
            Err(error) => {
                assert!(matches!(error, Error::DiskFull { .. }), "write {from}: {error}");
                said += 1;
            }
            // Only closing was affected, and that can wait for the next opening.
            Ok(()) => assert_eq!(receipts.last().map(Receipt::end), Some(run.commands.len() as u64)),
        }
        disk.fault = Fault::None; // somebody frees some space
        run.check(disk, &receipts, &("full from write", from));
    }
    println!("{writes} writes, {said} times said to be full");
    assert!(said > 20);
}

#[test]
fn a_failed_synchronisation_stops_the_ledger_for_good() {
    let run = Run::new("sync");
    let syncs = run.with(Fault::None).0.syncs;
    let mut stopped = 0;
    for at in 1..=syncs {
        *run.vfs.disk() = Disk::with(Fault::SyncFailsAt(at));
        let mut receipts = Vec::new();
        if let Ok(mut ledger) = Central::create(PATH, run.options()) {
            let result = run.go_on(&mut ledger, run.commands.len(), &mut receipts);
            if let Err(error) = result {
                assert!(matches!(error, Error::SyncFailed { .. }), "synchronisation {at}: {error}");
                for _ in 0..2 {
                    let again = ledger.commit().expect_err("it must not try again");
                    assert!(matches!(again, Error::Stopped { .. }), "{again}");
                    let more = ledger.append(&run.commands[0], &mut ()).expect_err("nor go on");
                    assert!(matches!(more, Error::Stopped { .. }), "{more}");
                }
                stopped += 1;
            }
        }
        let disk = run.vfs.disk().clone();
        // The power fails before anybody looks: only what was acknowledged is certain.
        for cut in [Cut::Lost, Cut::Kept, Cut::Torn(at), Cut::Shuffled(at)] {
            run.check(disk.rebooted(cut), &receipts, &("synchronisation", at, cut));
        }
        // What the error message recommends: copy to another disk, open there.
        run.check(disk.copied(), &receipts, &("copied after synchronisation", at));
        // Opened on the same disk, it writes everything afresh, and survives a power cut after that.
        *run.vfs.disk() = disk;
        run.vfs.disk().fault = Fault::None;
        if let Ok(ledger) = Central::open(PATH, run.options()) {
            let receipt = ledger.receipt();
            let image = run.vfs.disk().rebooted(Cut::Lost);
            drop(ledger);
            run.check(image, &[receipt], &("reopened after synchronisation", at));
        }
    }
    println!("{syncs} synchronisations, {stopped} times stopped");
    assert!(stopped > 3);
}

/// The same checks on a disk that only pretends to synchronise: they must notice, or they would notice nothing.
#[test]
fn a_disk_that_lies_about_synchronising_is_found_out() {
    let run = Run::new("lies");
    let syncs = run.with(Fault::None).0.syncs;
    let mut noticed = Vec::new();
    for from in 1..=syncs {
        let (disk, receipts, result) = run.with(Fault::SyncsLieFrom(from));
        result.expect("nobody tells it");
        let lost =
            std::panic::catch_unwind(|| run.check(disk.rebooted(Cut::Lost), &receipts, &from)).is_err();
        noticed.extend(lost.then_some(from));
    }
    // The last two fold the write-ahead log into the file, whose content is safe in either place.
    println!("{syncs} synchronisations, missed from any of {noticed:?} on");
    assert!(noticed.len() as u64 >= syncs - 2, "{noticed:?} of {syncs}");
}
