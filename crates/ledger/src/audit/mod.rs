//! The audit: replays a log that somebody else wrote and re-checks every law.
//!
//! Two witnesses examine each record. The market itself applies it again and names the law where it refuses.
//! Beside it the auditor keeps books of its own, written down from the commands and from what the market says it
//! did ([`market::Event`]), and checks the laws on them by other means: an auction by its dual, a bill by the
//! tariff's text, a balance by adding up entries. An error in one of the two shows as a difference.
//!
//! The file is read and never written. It must not be in use: audit a copy, or stop the operator first.

mod accounts;
mod agreements;
mod auction;
mod authority;
mod bilateral;
mod bill;
mod blocks;
mod books;
mod continuous;
mod corrections;
mod coupled;
mod distances;
mod equipment;
mod estimates;
#[cfg(test)]
mod flows;
mod offers;
mod outcome;
mod pipeline;
mod registers;
#[cfg(test)]
mod sensitivity;
mod settlement;
mod sharing;
mod tally;
mod truthful;
#[cfg(test)]
mod village;

use crate::store::Store;
use crate::{Error, Receipt, Recoverer, Segment};
use authority::Remember;
use books::Books;
use market::{Claim, Command, Envelope, Event, Law, State, encoding};
use std::path::Path;
use tally::Tally;

/// The outcome of an audit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Audit {
    /// Records in the log.
    pub records: u64,
    /// Commits in the log.
    pub segments: u64,
    /// The state's root after the last record.
    pub root: [u8; 32],
    /// Every law that there was an occasion to check, in order.
    pub laws: Vec<LawCount>,
    /// The first violation; those after it may follow from it.
    pub first_violation: Option<Violation>,
}

/// How often one law was checked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LawCount {
    /// The law.
    pub law: Law,
    /// Times it was checked.
    pub checked: u64,
    /// Times it did not hold.
    pub violations: u64,
}

/// A law that was broken.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Violation {
    /// Number of the record that broke it.
    pub record: u64,
    /// Which law.
    pub law: Law,
    /// What is wrong.
    pub words: String,
}

impl std::fmt::Display for Violation {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { record, law, words } = self;
        write!(f, "record {record} breaks law {}: {words} ({})", law.number(), law.words())
    }
}

/// What to examine beside the file.
#[derive(Clone, Debug, Default)]
pub struct Evidence {
    /// Receipts that members hold: each must be in the log.
    pub receipts: Vec<Receipt>,
    /// The SQLite file system to use instead of the operating system's, for tests.
    pub vfs: Option<String>,
}

/// Audits the ledger at `path`. `progress` hears how many records are done, and of how many, after every commit.
///
/// # Errors
/// If the file cannot be read as a ledger. Broken laws are no errors: they are the outcome.
pub fn audit(
    path: impl AsRef<Path>,
    evidence: &Evidence,
    progress: &mut dyn FnMut(u64, u64),
) -> Result<Audit, Error> {
    let store = Store::read(path.as_ref(), evidence.vfs.as_deref())?;
    let total = store.records()?;
    let mut auditor = Auditor::new(&evidence.receipts);
    store.segments(0, &mut |segment| {
        auditor.segment(&segment);
        progress(segment.receipt.end(), total);
        Ok(())
    })?;
    Ok(auditor.finish())
}

/// An audit under way, for segments that come from elsewhere than a file.
#[derive(Clone)]
pub struct Auditor {
    state: State,
    books: Books,
    tally: Tally,
    recover: Remember,
    events: Vec<Event>,
    receipt: Receipt,
    segments: u64,
    /// Root at the last checkpoint.
    root: [u8; 32],
    /// Receipts that were presented and not met yet.
    presented: Vec<Receipt>,
}

impl Auditor {
    /// Before the first segment; `presented` are the receipts that members hold.
    #[must_use]
    pub fn new(presented: &[Receipt]) -> Self {
        Self {
            state: State::new(),
            books: Books::default(),
            tally: Tally::default(),
            recover: Remember::default(),
            events: Vec::new(),
            receipt: Receipt::default(),
            segments: 0,
            root: [0; 32],
            presented: presented.iter().filter(|held| held.count > 0).copied().collect(),
        }
    }

    /// Examines the next segment.
    pub fn segment(&mut self, segment: &Segment) {
        let receipt = segment.receipt;
        self.tally.record = receipt.first;
        let follows = segment.follows(&self.receipt);
        self.tally.check(Law::A3, follows, || "its hash does not follow from the records before it".into());
        let mut rest = segment.bytes.as_slice();
        for record in receipt.first..receipt.end() {
            self.tally.record = record;
            match encoding::decode(rest) {
                Ok((envelope, after)) => {
                    rest = after;
                    self.record(&envelope);
                }
                Err(rejection) => {
                    self.tally.check(rejection.law(), false, || rejection.to_string());
                    rest = &[]; // where the next one begins cannot be known
                    break;
                }
            }
        }
        self.tally
            .check(Law::A3, rest.is_empty(), || "there are bytes after the segment's last record".into());
        self.tally.equal(Law::A4, receipt.root, self.root, "the root in the receipt");
        self.receipt(&receipt);
        self.receipt = receipt;
        self.segments += 1;
    }

    fn record(&mut self, envelope: &Envelope) {
        self.events.clear();
        self.recover.forget();
        let refused = self.state.apply(envelope, &self.recover, &mut self.events).err();
        if let Some(rejection) = refused {
            let why = if rejection.is_about_a_claim() {
                self.explanation(&envelope.command)
            } else {
                String::new()
            };
            let words = format!("{rejection}{why}");
            self.tally.check(rejection.law(), false, || words);
            return;
        }
        for event in &self.events {
            if let Event::Checkpoint(root) = event {
                self.root = *root;
            }
        }
        let signer = self.books.signer(envelope, &self.recover);
        self.books.record(&envelope.command, signer, &self.events, &self.state, &mut self.tally);
    }

    /// For a refused clearing, the inequality that the claim violates.
    fn explanation(&self, command: &Command) -> String {
        let Command::Clear { carrier, interval, claim } = command else { return String::new() };
        let (Ok(market), Some(book)) = (self.state.market(*carrier), self.state.book(*carrier, *interval))
        else {
            return String::new();
        };
        if *claim == Claim::Metered && market.rule.shares_metered() {
            return String::new(); // not about the book
        }
        if let Claim::Coupled { nodes, conversions, storages } = claim
            && let Ok(problem) = self.state.coupled_problem(*interval)
        {
            let words = market::rule::coupled::explain(&problem, (nodes, conversions, storages));
            return format!(": {words}");
        }
        let collar = (market.floor, market.cap);
        if matches!(claim, Claim::Blocks { .. }) {
            let row = (0..).map_while(|step| self.state.delivery(*carrier, interval.later(step)));
            let books: Vec<_> =
                row.take_while(|delivery| delivery.is_frozen()).map(|delivery| delivery.book()).collect();
            return format!(": {}", market::rule::blocks::explain(&market.rule, &books, claim, collar));
        }
        format!(": {}", market::rule::explain(&market.rule, book, claim, collar))
    }

    /// The operator signed what is stored, and what members hold is what is stored.
    fn receipt(&mut self, receipt: &Receipt) {
        self.tally.record = receipt.first; // a commit is named by its first record
        let operator = self.state.community().map(|terms| terms.operator);
        if receipt.signature.is_some() || self.receipt.signature.is_some() {
            let signer = receipt.signer(&Recoverer);
            self.tally.check(Law::A5, signer.is_some() && signer == operator, || {
                "the receipt of its commit is not signed by the operator".into()
            });
        }
        let tally = &mut self.tally;
        self.presented.retain(|held| {
            let same = (held.first, held.count) == (receipt.first, receipt.count);
            if same {
                tally.check(Law::A5, held.hash == receipt.hash && held.root == receipt.root, || {
                    "a member holds a receipt for other content".into()
                });
            }
            !same
        });
    }

    /// The first violation so far.
    #[must_use]
    pub fn first_violation(&self) -> Option<&Violation> {
        self.tally.first()
    }

    /// The outcome, once there are no more segments.
    #[must_use]
    pub fn finish(mut self) -> Audit {
        for held in std::mem::take(&mut self.presented) {
            self.tally.record = held.first;
            self.tally.check(Law::A5, false, || {
                format!("a member holds a receipt for {} records from here, no commit has them", held.count)
            });
        }
        let (laws, first_violation) = self.tally.finish();
        let (records, segments, root) = (self.receipt.end(), self.segments, self.state.root());
        Audit { records, segments, root, laws, first_violation }
    }
}
