//! Invoices: a member's month on paper, each line of which can be traced to an interval, a reading and a price.
//!
//! Amounts are exact to the n€ until the last line, where they become cents once; what rounding leaves is carried to
//! the member's next invoice ([`Rounding`], law S5).

mod page;
pub use page::page;
mod rows;
pub use rows::{HEAD, Row, rows};
mod totals;
pub use totals::{Heading, Total, totals};

pub use crate::statement::Rounding;
use crate::statement::{Billed, Payment, Period, Statement};
use market::{AccountId, Community, Money};

/// One account's invoice for a period.
#[derive(Clone, Debug)]
pub struct Invoice<'a> {
    /// What the community agreed on.
    pub community: &'a Community,
    /// Whose it is.
    pub account: AccountId,
    /// What it covers.
    pub period: Period,
    /// The bills of its intervals, and corrections posted in it.
    pub billed: Vec<&'a Billed>,
    /// Money paid in and out, lent and given back.
    pub payments: Vec<&'a Payment>,
    /// The sum, and how it becomes cents.
    pub rounding: Rounding,
}

/// The invoices of an account for consecutive periods that cover everything it was billed, in order.
#[must_use]
pub fn invoices<'a>(
    community: &'a Community,
    statement: &'a Statement,
    periods: &[Period],
) -> Vec<Invoice<'a>> {
    let mut carried = Money::ZERO;
    let invoice = |period: &Period| {
        let billed: Vec<_> =
            statement.billed.iter().filter(|billed| period.holds(billed.accounted())).collect();
        let rounding = Rounding::of(carried, billed.iter().map(|billed| billed.total()).sum());
        carried = rounding.carried_out;
        Invoice {
            community,
            account: statement.account,
            period: *period,
            billed,
            payments: statement.payments.iter().filter(|payment| period.holds(payment.time)).collect(),
            rounding,
        }
    };
    periods.iter().map(invoice).collect()
}

impl Invoice<'_> {
    /// Its number: the account's and the period's name.
    #[must_use]
    pub fn number(&self) -> String {
        format!("{}-{}", self.account.0, self.period.name(self.community.utc_offset))
    }

    /// What the same energy costs at the supplier's tariff alone, n€.
    #[must_use]
    pub fn at_tariff(&self) -> Money {
        self.billed.iter().map(|billed| billed.at_tariff).sum()
    }
}
