//! Money: the only place where balances change. Every movement has two sides, so the sum of all is constant (S3).

use crate::{Account, AccountId, Money, Posting, PostingKind, Rejection, Sink};

/// The accounts while money moves, with the marks of those that changed.
pub(super) struct Bank<'a> {
    pub accounts: &'a mut [Account],
    pub dirty: &'a mut super::commitment::Dirty,
}

impl Bank<'_> {
    fn account(&mut self, id: AccountId) -> Result<&mut Account, Rejection> {
        self.dirty.mark(id.0);
        self.accounts.get_mut(id.0 as usize).ok_or(Rejection::UnknownAccount)
    }

    /// What an account can still promise or pay, n€.
    pub(super) fn available(&self, id: AccountId) -> Money {
        self.accounts.get(id.0 as usize).map_or(Money::ZERO, |account| account.balance - account.holds)
    }

    /// Promises part of the balance.
    pub(super) fn hold(&mut self, id: AccountId, amount: Money) -> Result<(), Rejection> {
        if amount > self.available(id) {
            return Err(Rejection::InsufficientFunds);
        }
        self.account(id)?.holds += amount;
        Ok(())
    }

    /// Gives back what was promised.
    pub(super) fn release(&mut self, id: AccountId, amount: Money) -> Result<(), Rejection> {
        self.account(id)?.holds -= amount;
        Ok(())
    }

    /// Posts an entry. What the payer lacks is lent by the guarantor; what a receiver owes the guarantor is paid
    /// back from what it receives. Negative money turns the two sides around.
    pub(super) fn post(&mut self, mut posting: Posting, sink: &mut impl Sink) -> Result<(), Rejection> {
        if posting.money.0 < 0 {
            core::mem::swap(&mut posting.debit, &mut posting.credit);
            posting.money = -posting.money;
        }
        let payer = posting.debit;
        if payer.0 >= AccountId::FIRST_MEMBER.0 {
            let lacking = posting.money - self.available(payer);
            if lacking.0 > 0 {
                self.lend(payer, lacking, &posting, sink)?;
            }
        }
        self.transfer(&posting)?;
        sink.event(crate::Event::Posted(posting));
        self.repay(posting.credit, &posting, sink)
    }

    fn transfer(&mut self, posting: &Posting) -> Result<(), Rejection> {
        self.account(posting.debit)?.balance -= posting.money;
        self.account(posting.credit)?.balance += posting.money;
        Ok(())
    }

    fn lend(
        &mut self,
        to: AccountId,
        amount: Money,
        cause: &Posting,
        sink: &mut impl Sink,
    ) -> Result<(), Rejection> {
        if self.available(AccountId::GUARANTOR) < amount {
            return Err(Rejection::GuarantorExhausted);
        }
        let loan = Posting {
            kind: PostingKind::Loan,
            debit: AccountId::GUARANTOR,
            credit: to,
            money: amount,
            energy: crate::Energy::ZERO,
            price: None,
            side: None,
            ..*cause
        };
        self.transfer(&loan)?;
        self.account(to)?.debt += amount;
        sink.event(crate::Event::Posted(loan));
        Ok(())
    }

    fn repay(&mut self, from: AccountId, cause: &Posting, sink: &mut impl Sink) -> Result<(), Rejection> {
        let debt = self.accounts.get(from.0 as usize).map_or(Money::ZERO, |account| account.debt);
        let amount = debt.min(self.available(from));
        if amount.0 <= 0 {
            return Ok(());
        }
        let repayment = Posting {
            kind: PostingKind::Repayment,
            debit: from,
            credit: AccountId::GUARANTOR,
            money: amount,
            energy: crate::Energy::ZERO,
            price: None,
            side: None,
            ..*cause
        };
        self.transfer(&repayment)?;
        self.account(from)?.debt -= amount;
        sink.event(crate::Event::Posted(repayment));
        Ok(())
    }
}
