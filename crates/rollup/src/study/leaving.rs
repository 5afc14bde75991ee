//! Money leaves: by withdrawals while somebody operates, and by exits when nobody does.

use super::street::account;
use super::world::World;
use super::{Paid, StoryError};
use crate::chain::Chain;
use crate::contract::{Contract, Head};
use crate::sequencer::WEI;
use crate::step::leaf::{Account, Withdrawal};
use crate::step::{Place, Store};
use crate::watcher::{derive, proof};
use market::AccountId;

impl World {
    /// Every second household takes a third of its money out; the window passes, and the contract pays.
    pub(super) fn withdraw(&mut self) -> Result<Vec<Paid>, StoryError> {
        let mut asked = Vec::new();
        for member in (0..self.street.members.len()).step_by(2) {
            let amount = self.street.balance(account(member)) / 3;
            let envelope = self.street.withdraw(member, amount);
            self.operator.command(&envelope)?;
            asked.push((member, amount as u128));
        }
        self.post()?;
        self.window()?;
        let mut derived = derive(&mut self.chain, self.contract, None)?;
        let final_batches = derived.derivation.final_batches();
        let tip = derived.derivation.tip();
        let state = derived.derivation.state(final_batches).filter(|_| final_batches == tip);
        let state =
            state.ok_or_else(|| StoryError::Broken("the window passed and nothing is final".into()))?;
        let mut paid = Vec::new();
        for (number, (member, amount)) in asked.into_iter().enumerate() {
            let place = Place::withdrawal(number as u32);
            let leaf: Withdrawal = state.peek(place);
            let to = self.street.members[member].address();
            if (leaf.address, leaf.amount) != (to, amount) {
                return Err(StoryError::Broken(format!("withdrawal {number} is another")));
            }
            let head = Head { words: state.head().words(), tree: state.tree().root() };
            let proof = proof(state, place);
            let before = self.money.balance(&mut self.chain, to)?;
            let mut contract = Contract::at(&mut self.chain, self.contract);
            let outcome = contract.withdraw(&self.watcher_key, number as u32, to, amount, &head, &proof)?;
            let again = contract.withdraw(&self.watcher_key, number as u32, to, amount, &head, &proof);
            if again.is_ok() || self.money.balance(&mut self.chain, to)? != before + amount * WEI {
                return Err(StoryError::Broken(format!("withdrawal {number} was not paid once")));
            }
            self.paid += amount as i128;
            paid.push(Paid { account: account(member), amount, gas: outcome.gas });
        }
        Ok(paid)
    }

    /// The window of everything posted passes, and the operator makes it final.
    fn window(&mut self) -> Result<(), StoryError> {
        for _ in 0..=self.config.window_blocks {
            let time = self.chain.head()?.time;
            self.until(time + self.config.window_seconds + 1)?;
        }
        self.operator.successor.drive(&mut self.chain)?;
        Ok(())
    }

    /// Nobody operates any more: after the delay everybody leaves with a proof against the last final root.
    pub(super) fn exit(&mut self) -> Result<Vec<Paid>, StoryError> {
        let time = self.chain.head()?.time;
        self.until(time + self.config.exit_delay + 1)?;
        let mut derived = derive(&mut self.chain, self.contract, None)?;
        let newest = derived.derivation.batches().last().map(|batch| batch.header).unwrap_or_default();
        let number = derived.derivation.final_batches();
        Contract::at(&mut self.chain, self.contract).freeze(&self.watcher_key, &newest)?;
        let state = derived.derivation.state(number);
        let state = state.ok_or_else(|| StoryError::Broken("there is no final state".into()))?;
        let mut paid = Vec::new();
        let mut left = 0;
        for number in 0..state.head().accounts {
            let place = Place::account(number);
            let leaf: Account = state.peek(place);
            if leaf.balance <= 0 {
                continue;
            }
            let amount = leaf.balance as u128;
            let words = state.words(place).map_err(|lack| StoryError::Broken(lack.to_string()))?;
            let head = Head { words: state.head().words(), tree: state.tree().root() };
            let proof = proof(state, place);
            let before = self.money.balance(&mut self.chain, leaf.address)?;
            let mut contract = Contract::at(&mut self.chain, self.contract);
            let words = [words[0], words[1], words[2]];
            let outcome = contract.exit(&self.watcher_key, number, &words, &head, &proof)?;
            if contract.exit(&self.watcher_key, number, &words, &head, &proof).is_ok()
                || self.money.balance(&mut self.chain, leaf.address)? != before + amount * WEI
            {
                return Err(StoryError::Broken(format!("account {number} did not leave once")));
            }
            left += leaf.balance;
            paid.push(Paid { account: AccountId(number), amount, gas: outcome.gas });
        }
        self.left = Some(left);
        Ok(paid)
    }
}
