//! Counting: how often each law was checked, how often it was broken, and where first.

use super::{LawCount, Violation};
use market::Law;

/// The counts of one audit.
#[derive(Clone)]
pub(super) struct Tally {
    /// Number of the record under examination.
    pub(super) record: u64,
    counts: [(u64, u64); Law::ALL.len()],
    first: Option<Violation>,
}

impl Default for Tally {
    fn default() -> Self {
        Self { record: 0, counts: [(0, 0); Law::ALL.len()], first: None }
    }
}

impl Tally {
    /// Counts a check; `words` says what is wrong where it does not hold.
    pub(super) fn check(&mut self, law: Law, holds: bool, words: impl FnOnce() -> String) {
        let count = &mut self.counts[law as usize];
        count.0 += 1;
        if !holds {
            count.1 += 1;
            if self.first.is_none() {
                self.first = Some(Violation { record: self.record, law, words: words() });
            }
        }
    }

    /// Counts a check of two things that have to be equal.
    pub(super) fn equal<T: PartialEq + std::fmt::Debug>(&mut self, law: Law, found: T, right: T, what: &str) {
        self.check(law, found == right, || format!("{what} is {found:?}, {right:?} would be right"));
    }

    /// The first violation so far.
    pub(super) fn first(&self) -> Option<&Violation> {
        self.first.as_ref()
    }

    /// The outcome: every law that was checked, and the first violation.
    pub(super) fn finish(self) -> (Vec<LawCount>, Option<Violation>) {
        let laws = Law::ALL.into_iter().zip(self.counts);
        let counted = laws.filter(|(_, (checked, _))| *checked > 0);
        let laws = counted.map(|(law, (checked, violations))| LawCount { law, checked, violations });
        (laws.collect(), self.first)
    }
}
