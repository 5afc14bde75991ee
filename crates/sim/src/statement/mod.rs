//! Statements: everything that an account paid and received, as the ledger's records say it.
//!
//! A statement is read from the log and from nothing else: every record is applied again, and each line keeps the
//! number of the record that posted it, the reading it counts and the trades it settles. So whoever holds the log
//! can trace a cent to the meter.

mod billed;
pub use billed::{Billed, Contract, Item, Knowledge, Known, Payment};
mod period;
pub use period::{Period, Rounding, months};
mod reader;
pub(crate) use reader::Collector;
pub use reader::{Statements, read};
mod roll;
pub use roll::Names;

use market::{AccountId, Money};

/// What one account paid and received, in the order of records.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Statement {
    /// Whose it is.
    pub account: AccountId,
    /// The bills of its metering points, one per interval, and their corrections.
    pub billed: Vec<Billed>,
    /// What it paid in, drew out, borrowed and gave back.
    pub payments: Vec<Payment>,
}

impl Statement {
    /// What it paid on balance for energy, fees and taxes, n€; negative where it received.
    #[must_use]
    pub fn total(&self) -> Money {
        self.billed.iter().map(Billed::total).sum()
    }
}
