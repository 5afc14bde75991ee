//! Money, by adding up entries (S3, S6).

use super::books::Books;
use super::tally::Tally;
use market::{AccountId, Event, Law, Money, Posting, PostingKind, State};

/// Money as it is asked to move.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Transfer {
    pub(super) kind: PostingKind,
    pub(super) from: AccountId,
    pub(super) to: AccountId,
    pub(super) amount: Money,
}

impl Books {
    /// A deposit, withdrawal or transfer moves exactly its amount between exactly its accounts; of what comes in, a debt to
    /// the guarantor may be repaid.
    pub(super) fn moved(&mut self, events: &[Event], right: Transfer, tally: &mut Tally) {
        let mut moved = 0;
        for posting in postings(events) {
            let Posting { kind, debit, credit, money, .. } = *posting;
            let repays = (kind, debit, credit) == (PostingKind::Repayment, right.to, AccountId::GUARANTOR);
            if !repays {
                let told = Transfer { kind, from: debit, to: credit, amount: money };
                tally.equal(Law::S3, told, right, "the money moved");
                moved += 1;
            }
            self.post(posting, tally);
        }
        tally.equal(Law::S3, moved, 1, "the number of transfers");
    }

    /// Writes down an entry: what one account pays another receives.
    pub(super) fn post(&mut self, posting: &Posting, tally: &mut Tally) {
        let Posting { kind, debit, credit, money, .. } = *posting;
        tally.check(Law::S3, money >= Money::ZERO && debit != credit, || {
            format!("an entry of {money} from account {} to account {}", debit.0, credit.0)
        });
        self.account(debit).balance -= money;
        self.account(credit).balance += money;
        match kind {
            PostingKind::Loan => self.account(credit).debt += money,
            PostingKind::Repayment => self.account(debit).debt -= money,
            _ => {}
        }
        self.touched.extend([debit, credit]);
    }

    /// The market's balances are those of the auditor, and none is overdrawn.
    pub(super) fn compare_touched(&mut self, state: &State, tally: &mut Tally) {
        let mut touched = std::mem::take(&mut self.touched);
        touched.sort_unstable();
        touched.dedup();
        for id in touched.drain(..) {
            self.compare(id, state, tally);
        }
        self.touched = touched; // its memory serves the next record
    }

    /// At a checkpoint every account is compared, and the sum of all balances is nothing.
    pub(super) fn compare_all(&mut self, state: &State, tally: &mut Tally) {
        tally.equal(Law::S3, state.accounts().len(), self.accounts.len(), "the number of accounts");
        for id in 0..self.accounts.len() as u32 {
            self.compare(AccountId(id), state, tally);
        }
        let sum: Money = self.accounts.iter().map(|account| account.balance).sum();
        tally.equal(Law::S3, sum, Money::ZERO, "the sum of all balances");
    }

    fn compare(&mut self, id: AccountId, state: &State, tally: &mut Tally) {
        let own = self.account(id);
        let (balance, holds, debt) = (own.balance, own.holds, own.debt);
        let name = id.0;
        if let Some(account) = state.accounts().get(name as usize) {
            tally.check(Law::S3, account.balance == balance, || {
                format!("account {name} has {}, its entries add up to {balance}", account.balance)
            });
            tally.equal(Law::S6, (account.holds, account.debt), (holds, debt), "what is held and owed");
        }
        if !id.is_external() {
            tally.check(Law::S6, holds >= Money::ZERO && balance >= holds, || {
                format!("account {name} has {balance} and {holds} held")
            });
        }
    }
}

/// The entries among the events.
pub(super) fn postings(events: &[Event]) -> impl Iterator<Item = &Posting> {
    events.iter().filter_map(|event| match event {
        Event::Posted(posting) => Some(posting),
        _ => None,
    })
}
