//! Projections: tables for reports and analysts, derived from the log and updated with it in one transaction.

use market::{
    Account, Carrier, DeliveryInterval, Energy, Event, MeterId, Money, Posting, PostingKind, Price, Side,
    Sink,
};
use rusqlite::{Connection, params};
use std::collections::BTreeMap;

/// What happened since the last write, and what the tables say already.
#[derive(Default)]
pub(crate) struct Projection {
    /// Number of the record whose events arrive.
    pub(crate) record: u64,
    /// Root at the last checkpoint.
    pub(crate) root: [u8; 32],
    statements: bool,
    clearings: Vec<(u64, Cleared)>,
    lines: BTreeMap<Line, (Energy, Money)>,
    /// Balance, holds and debt of every account as last written.
    written: Vec<[Money; 3]>,
}

struct Cleared {
    carrier: Carrier,
    interval: DeliveryInterval,
    volume: Energy,
    price: Option<Price>,
    equilibrium: Option<Price>,
    welfare: Money,
}

/// One line of a metering point's statement for an interval.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Line {
    start: u64,
    carrier: Carrier,
    meter: MeterId,
    kind: PostingKind,
    side: Side,
}

impl Projection {
    /// Knows nothing yet. `statements`: a line per metering point, interval and kind of posting is kept too.
    pub(crate) fn new(statements: bool) -> Self {
        Self { statements, ..Self::default() }
    }

    /// Takes the tables to be up to date, as they are after reading a log that was committed with them.
    pub(crate) fn assume_written(&mut self, accounts: &[Account]) {
        self.clearings.clear();
        self.lines.clear();
        self.written = accounts.iter().map(figures).collect();
    }

    /// Forgets what the tables say: everything is to be written.
    pub(crate) fn assume_nothing_written(&mut self) {
        self.written.clear();
    }

    /// Brings the tables up to date; part of the caller's transaction.
    pub(crate) fn write(
        &mut self,
        database: &Connection,
        accounts: &[Account],
    ) -> Result<(), rusqlite::Error> {
        self.write_accounts(database, accounts)?;
        self.write_clearings(database)?;
        self.write_lines(database)
    }

    fn write_accounts(&mut self, database: &Connection, accounts: &[Account]) -> Result<(), rusqlite::Error> {
        let mut insert =
            database.prepare("INSERT OR REPLACE INTO account VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)")?;
        for (id, account) in accounts.iter().enumerate() {
            let now = figures(account);
            if self.written.get(id) == Some(&now) {
                continue;
            }
            let [balance, holds, debt] = now.map(split);
            insert.execute(params![
                id as i64,
                &account.address.0[..],
                balance.0,
                balance.1,
                holds.0,
                holds.1,
                debt.0,
                debt.1,
            ])?;
            match self.written.get_mut(id) {
                Some(written) => *written = now,
                None => self.written.push(now),
            }
        }
        Ok(())
    }

    fn write_clearings(&mut self, database: &Connection) -> Result<(), rusqlite::Error> {
        let mut insert = database.prepare("INSERT INTO clearing VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)")?;
        for (record, clearing) in self.clearings.drain(..) {
            let welfare = split(clearing.welfare);
            insert.execute(params![
                record as i64,
                clearing.carrier as i64,
                clearing.interval.start as i64,
                clearing.volume.0,
                clearing.price.map(|price| price.0),
                clearing.equilibrium.map(|price| price.0),
                welfare.0,
                welfare.1,
            ])?;
        }
        Ok(())
    }

    fn write_lines(&mut self, database: &Connection) -> Result<(), rusqlite::Error> {
        let mut insert = database.prepare(
            "INSERT INTO statement VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8) ON CONFLICT DO UPDATE SET \
             energy = energy + excluded.energy, \
             money = money + excluded.money + (money_rest + excluded.money_rest) / 1000000000, \
             money_rest = (money_rest + excluded.money_rest) % 1000000000",
        )?;
        for (line, (energy, money)) in std::mem::take(&mut self.lines) {
            let money = split(money);
            insert.execute(params![
                line.start as i64,
                line.carrier as i64,
                line.meter.0,
                line.kind as i64,
                line.side as i64,
                energy.0,
                money.0,
                money.1,
            ])?;
        }
        Ok(())
    }

    /// Adds a posting to its metering point's line: energy as it is, money positive where the member receives.
    fn line(&mut self, posting: &Posting) {
        let (Some(meter), Some(interval), Some(carrier), Some(side)) =
            (posting.meter, posting.interval, posting.carrier, posting.side)
        else {
            return;
        };
        let line = Line { start: interval.start, carrier, meter, kind: posting.kind, side };
        let member_pays = posting.debit >= market::AccountId::FIRST_MEMBER;
        let sum = self.lines.entry(line).or_default();
        sum.0 += posting.energy;
        sum.1 += if member_pays { -posting.money } else { posting.money };
    }
}

impl Sink for Projection {
    fn event(&mut self, event: Event) {
        match event {
            Event::Cleared { carrier, interval, volume, price, equilibrium, welfare, .. } => {
                let cleared = Cleared { carrier, interval, volume, price, equilibrium, welfare };
                self.clearings.push((self.record, cleared));
            }
            Event::Posted(posting) if self.statements => self.line(&posting),
            Event::Checkpoint(root) => self.root = root,
            _ => {}
        }
    }
}

fn figures(account: &Account) -> [Money; 3] {
    [account.balance, account.holds, account.debt]
}

/// Whole units of the currency, rounded down, and the rest in n€. The bound on money makes the units fit.
fn split(money: Money) -> (i64, i64) {
    const UNIT: i128 = 1_000_000_000;
    (money.0.div_euclid(UNIT) as i64, money.0.rem_euclid(UNIT) as i64)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn money_splits_exactly_on_both_sides_of_zero() {
        for money in
            [0, 1, -1, 999_999_999, 1_000_000_000, -1_000_000_000, -1_000_000_001, market::MAX_MONEY.0]
        {
            let (units, rest) = split(Money(money));
            assert_eq!(i128::from(units) * 1_000_000_000 + i128::from(rest), money);
            assert!((0..1_000_000_000).contains(&rest));
        }
    }
}
