//! What an invoice covers, and how its sum becomes cents.

use crate::calendar::{DAY, civil_from_days, days_from_civil};
use market::Money;

/// A span of time that one invoice covers, Unix s.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Period {
    /// Its first instant.
    pub from: u64,
    /// The first instant after.
    pub until: u64,
}

impl Period {
    /// Whether an instant lies inside.
    #[must_use]
    pub const fn holds(&self, instant: u64) -> bool {
        self.from <= instant && instant < self.until
    }

    /// What it is called in the standard time of an offset: `2021-06` for a month, `2021-06-03_2021-06-10` otherwise,
    /// the second date being the first day after.
    #[must_use]
    pub fn name(&self, offset: i32) -> String {
        let [from, until] = [self.from, self.until].map(|instant| local(instant, offset));
        let at_midnight = [self.from, self.until].iter().all(|instant| since_midnight(*instant, offset) == 0);
        let (year, month, day) = civil_from_days(from);
        if at_midnight && day == 1 && first_of_next_month(from) == until {
            return format!("{year:04}-{month:02}");
        }
        let date = |days| {
            let (year, month, day) = civil_from_days(days);
            format!("{year:04}-{month:02}-{day:02}")
        };
        format!("{}_{}", date(from), date(until))
    }
}

/// The calendar months in the standard time of an offset that `first` to `last` (included) touch, in order, cut
/// further at the given instants.
#[must_use]
pub fn months(first: u64, last: u64, offset: i32, cuts: &[u64]) -> Vec<Period> {
    let (year, month, _) = civil_from_days(local(first, offset));
    let mut day = days_from_civil(year, month, 1);
    let instant = |day: i64| (day * DAY as i64 - i64::from(offset)).max(0).unsigned_abs();
    let mut edges = vec![instant(day)];
    while edges.last().is_some_and(|edge| *edge <= last) {
        day = first_of_next_month(day);
        edges.push(instant(day));
    }
    let (start, end) = (edges[0], edges[edges.len() - 1]);
    edges.extend(cuts.iter().copied().filter(|cut| start < *cut && *cut < end));
    edges.sort_unstable();
    edges.dedup();
    edges.windows(2).map(|pair| Period { from: pair[0], until: pair[1] }).collect()
}

fn local(instant: u64, offset: i32) -> i64 {
    (instant as i64 + i64::from(offset)).div_euclid(DAY as i64)
}

fn since_midnight(instant: u64, offset: i32) -> i64 {
    (instant as i64 + i64::from(offset)).rem_euclid(DAY as i64)
}

fn first_of_next_month(day: i64) -> i64 {
    let (year, month, _) = civil_from_days(day);
    if month == 12 { days_from_civil(year + 1, 1, 1) } else { days_from_civil(year, month + 1, 1) }
}

/// n€ in a hundredth of the currency.
const CENT: i128 = 10_000_000;

/// How an exact sum becomes an amount in cents (law S5): rounded once, and what rounding adds or leaves out is carried
/// to the account's next invoice. So all invoices of an account up to any one differ from its postings by at most
/// half a cent.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Rounding {
    /// Left over from the invoice before, n€.
    pub carried_in: Money,
    /// The exact sum of the lines, n€; positive where the account pays.
    pub sum: Money,
    /// What is to be paid, n€: whole cents.
    pub amount: Money,
    /// Left for the next invoice, n€, at most half a cent either way.
    pub carried_out: Money,
}

impl Rounding {
    /// Rounds `sum` together with what the invoice before left; half a cent goes away from zero.
    #[must_use]
    pub fn of(carried_in: Money, sum: Money) -> Self {
        let exact = (carried_in + sum).0;
        let cents = (exact.abs() + CENT / 2) / CENT * exact.signum();
        let amount = Money(cents * CENT);
        Self { carried_in, sum, amount, carried_out: Money(exact) - amount }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::calendar::parse_instant;

    fn at(text: &str) -> u64 {
        parse_instant(text).unwrap().unix
    }

    #[test]
    fn months_follow_the_local_calendar_and_further_cuts() {
        let check = |first: &str, last: &str, cuts: &[&str], names: &[&str]| {
            let cuts: Vec<u64> = cuts.iter().map(|cut| at(cut)).collect();
            let found = months(at(first), at(last), 3600, &cuts);
            let found: Vec<String> = found.iter().map(|period| period.name(3600)).collect();
            assert_eq!(found, names);
        };
        check("2021-06-21T00:00+01:00", "2021-06-21T23:45+01:00", &[], &["2021-06"]);
        // midnight in UTC is already the next day here
        check("2021-11-30T23:00Z", "2022-01-01T00:00+01:00", &[], &["2021-12", "2022-01"]);
        let cut = ["2021-02-10T00:00+01:00", "2021-03-01T00:00+01:00", "2022-01-01T00:00Z"];
        check(
            "2021-02-01T00:00+01:00",
            "2021-03-05T00:00+01:00",
            &cut,
            &["2021-02-01_2021-02-10", "2021-02-10_2021-03-01", "2021-03"],
        );
    }

    #[test]
    fn a_sum_is_rounded_once_and_the_rest_is_carried() {
        let check = |carried: i128, sum: i128, cents: i128, left: i128| {
            let found = Rounding::of(Money(carried), Money(sum));
            assert_eq!((found.amount.0, found.carried_out.0), (cents * CENT, left), "{carried} + {sum}");
        };
        check(0, 14_999_999, 1, 4_999_999);
        check(4_999_999, 1, 1, -5_000_000);
        check(-5_000_000, 0, -1, 5_000_000);
        check(5_000_000, -5_000_000, 0, 0);
        check(0, -14_999_999, -1, -4_999_999);
    }
}
