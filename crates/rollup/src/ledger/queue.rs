//! The primary chain's queue: deposits of anybody, and records that members force in.
//!
//! Items are carried out in their order, by the transition. What it does, the market does too, by a command of its own:
//! the operator's deposit, or the member's command that the forced record is. What it does not do leaves no command.

use super::forced;
use super::{Consumed, Desk, Rollup, RollupError, seal};
use crate::contract::ContractError;
use crate::sequencer::PostError;
use crate::step::{Item, Record, Store};
use ledger::{Error, Ledger};
use market::{AccountId, Command, Envelope, Money, Rejection, Sink};

/// How long a deposit is waited for, in beats of the primary chain.
const BEATS: u32 = 6_000;

impl Desk {
    /// Carries the next item of the queue out; whether it did anything.
    fn carry_out_item(&mut self, item: &[u8]) -> Result<Option<Rejection>, Rejection> {
        let outcomes = self.clerk.carry_out(&Record::Queue { count: 1 }.to_bytes(), item)?;
        self.clerk.work(&[])?;
        Ok(outcomes.into_iter().next().flatten())
    }

    /// The same when the log is carried out again.
    pub(super) fn consume(&mut self, item: &[u8]) -> Result<(), RollupError> {
        let what = format!("item {} of the queue", self.poster.consumed());
        self.carry_out_item(item).map_err(|rejection| RollupError::Apart { what, rejection })?;
        self.poster.consume(item);
        Ok(())
    }
}

impl Rollup {
    /// Carries out what waits in the primary chain's queue and is deep enough. Commands that follow from it get the
    /// operator's next nonces. Answers with how many items were carried out.
    ///
    /// A deposit of the operator's own is left for the command that it was sent for, unless that does not come.
    ///
    /// # Errors
    /// Where the primary chain has another queue than was carried out already, or the ledger cannot keep it.
    pub fn take_in(&mut self, sink: &mut dyn Sink) -> Result<u64, Error> {
        let mut count = 0;
        let forced_delay = self.options.terms.config.forced_delay;
        let Some(desk) = &mut self.desk else { return Ok(0) };
        let head = match desk.poster.look(self.primary.chain()) {
            Ok(head) => head,
            Err(PostError::Contract(ContractError::Chain(error))) => {
                desk.trouble = Some(error.to_string());
                return Ok(0);
            }
            Err(error) => {
                self.stopped = true;
                return Err(RollupError::from(error).into());
            }
        };
        loop {
            let Some(desk) = &mut self.desk else { return Ok(count) };
            let next = desk.poster.consumed() as usize;
            let Some(queued) = desk.poster.view.queue.get(next).cloned() else { return Ok(count) };
            let deep = queued.block + desk.poster.posting.confirmations <= head.number;
            let Some((item, ..)) = Item::decode(&queued.item).filter(|_| deep) else { return Ok(count) };
            let own = matches!(item, Item::Deposit { sender, .. } if sender == desk.poster.address());
            if own && head.time < item.time() + forced_delay / 2 {
                return Ok(count);
            }
            self.take(&queued.item, &item, sink)?;
            count += 1;
        }
    }

    fn take(&mut self, bytes: &[u8], item: &Item<'_>, sink: &mut dyn Sink) -> Result<(), Error> {
        let Some(desk) = &mut self.desk else { return Ok(()) };
        let number = desk.poster.consumed();
        let apart = |rejection| RollupError::Apart { what: format!("item {number} of the queue"), rejection };
        let moment = desk.clerk.now();
        let before = *desk.clerk.state().head();
        let forced = match item {
            Item::Forced { record, .. } => forced::command(desk.clerk.state(), record),
            Item::Deposit { .. } => None,
        };
        let refused = desk.carry_out_item(bytes).map_err(apart)?;
        let after = *desk.clerk.state().head();
        let state = self.central.state();
        let command = match *item {
            // Paid for nobody: it goes back by a withdrawal, which the market does not see.
            Item::Deposit { .. } if refused.is_some() || after.withdrawals > before.withdrawals => None,
            Item::Deposit { account, amount, .. } => {
                let (account, nonce) = (AccountId(account), state.operator_nonce() + 1);
                let command = Command::Deposit { account, amount: Money(amount as i128), nonce };
                Some(seal(command, &self.options.key, desk.domain.as_ref()))
            }
            Item::Forced { .. } if refused.is_none() => forced.map(|mut envelope| {
                if desk.domain.is_none() {
                    envelope.signature = None; // the transition has checked it
                }
                envelope
            }),
            Item::Forced { .. } => None,
        };
        let record = self.central.len();
        let carried_out = command.is_some();
        if let Some(envelope) = command
            && let Err(rejection) = self.central.append(&envelope, sink)?
        {
            desk.clerk.go_back(moment);
            self.stopped = true;
            return Err(apart(rejection).into());
        }
        self.noted(Consumed { record, carried_out, item: bytes.to_vec() });
        Ok(())
    }

    fn noted(&mut self, consumed: Consumed) {
        let Some(desk) = &mut self.desk else { return };
        desk.clerk.settle();
        desk.poster.consume(&consumed.item);
        desk.since.get_or_insert(self.central.state().now());
        self.notes.consume(consumed);
    }

    /// The operator's command to credit a deposit: pays it into the primary chain's queue, unless it is there already, and
    /// carries it out.
    pub(super) fn deposit(
        &mut self,
        account: AccountId,
        amount: Money,
        envelope: &Envelope,
        sink: &mut dyn Sink,
    ) -> Result<Result<u64, Rejection>, Error> {
        self.take_in(sink)?;
        let Some(desk) = &mut self.desk else { return Ok(Err(Rejection::NotFounded)) };
        desk.check_backlog()?;
        let number = desk.poster.consumed();
        let waits = desk.poster.view.queue.len() as u64 > number;
        let paid = u128::try_from(amount.0).unwrap_or(0);
        let head = self.primary.chain().head().map_err(RollupError::from)?;
        let there = desk.poster.own_deposit(account.0, paid, head.number).is_some();
        if waits && !there {
            return Err(RollupError::QueueFirst { item: number }.into());
        }
        let record = match self.central.append(envelope, sink)? {
            Ok(record) => record,
            Err(rejection) => return Ok(Err(rejection)),
        };
        self.stopped = true; // the market has it: unless the queue gets it too, the log must be opened again
        if !there {
            self.pay(account.0, paid)?;
        }
        let Some(desk) = &mut self.desk else { return Ok(Err(Rejection::NotFounded)) };
        let item = desk.poster.view.queue[number as usize].item.clone();
        let apart = |rejection| RollupError::Apart { what: format!("deposit {record}"), rejection };
        if let Some(rejection) = desk.carry_out_item(&item).map_err(apart)? {
            return Err(apart(rejection).into());
        }
        self.noted(Consumed { record, carried_out: true, item });
        self.stopped = false;
        Ok(Ok(record))
    }

    /// Pays a deposit and waits until it is the next item and deep enough.
    fn pay(&mut self, account: u32, amount: u128) -> Result<(), RollupError> {
        let now = self.central.state().now();
        let Some(desk) = &mut self.desk else { return Ok(()) };
        let item = desk.poster.consumed();
        for _ in 0..BEATS {
            if desk.poster.follow(self.primary.chain())? {
                break;
            }
            self.primary.beat(now)?;
        }
        desk.poster.send_deposit(self.primary.chain(), account, amount)?;
        for _ in 0..BEATS {
            let under_way = !desk.poster.follow(self.primary.chain())?;
            let head = desk.poster.look(self.primary.chain())?;
            if desk.poster.own_deposit(account, amount, head.number).is_some() {
                return Ok(());
            }
            if !under_way && desk.poster.view.queue.len() as u64 > item + 1 {
                break; // somebody else's came before it
            }
            self.primary.beat(now)?;
        }
        Err(RollupError::QueueFirst { item })
    }
}
