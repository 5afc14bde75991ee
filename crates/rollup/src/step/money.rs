//! Money: every movement has two sides; only deposits and withdrawals change the sum in the head.

use super::Done;
use super::leaf::Account;
use super::place::Place;
use super::store::{Store, get, put};

/// The accounts that exist from the beginning, by number: `market::AccountId`.
pub(super) const SUPPLIER: u32 = 1;
pub(super) const GRID_OPERATOR: u32 = 2;
pub(super) const LEVIES: u32 = 3;
pub(super) const COMMUNITY: u32 = 4;
pub(super) const GUARANTOR: u32 = 5;
pub(super) const FIRST_MEMBER: u32 = 6;

/// The most money there is, n€: `market::MAX_MONEY`.
pub(super) const MOST_MONEY: u128 = market::MAX_MONEY.0.unsigned_abs();

/// An account.
pub(super) fn account(store: &mut impl Store, id: u32) -> Done<Account> {
    Ok(get(store, Place::account(id))?)
}

/// Writes an account.
pub(super) fn put_account(store: &mut impl Store, id: u32, account: &Account) -> Done {
    Ok(put(store, Place::account(id), account)?)
}

/// Changes a balance.
pub(super) fn add(store: &mut impl Store, id: u32, amount: i128) -> Done {
    if amount == 0 {
        return Ok(());
    }
    let mut account = account(store, id)?;
    account.balance += amount;
    put_account(store, id, &account)
}

/// Changes what is promised.
pub(super) fn hold(store: &mut impl Store, id: u32, amount: i128) -> Done {
    if amount == 0 {
        return Ok(());
    }
    let mut account = account(store, id)?;
    account.holds += amount;
    put_account(store, id, &account)
}

/// An account receives money; what it owes the guarantor is paid back from what it has then.
pub(super) fn receive(store: &mut impl Store, id: u32, amount: i128) -> Done {
    let mut account = account(store, id)?;
    account.balance += amount;
    let repaid = repay(&mut account);
    put_account(store, id, &account)?;
    add(store, GUARANTOR, repaid)
}

/// Takes what an account can pay back now from it: how much that is, n€.
pub(super) fn repay(account: &mut Account) -> i128 {
    let amount = account.debt.min(account.available()).max(0);
    account.balance -= amount;
    account.debt -= amount;
    amount
}
