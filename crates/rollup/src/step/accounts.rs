//! Who is there, and money in and out.

use super::leaf::{Account, Market, Meter, Tariff, Withdrawal, kind, rule};
use super::money::{COMMUNITY, FIRST_MEMBER, GUARANTOR, MOST_MONEY, account, put_account, receive};
use super::place::{CARRIERS, MOST_ACCOUNTS, MOST_METERS, MOST_WITHDRAWALS, Place};
use super::record::Compact;
use super::sign::{self, authenticate};
use super::store::{Store, get, put};
use super::{Context, Done};
use market::{Address, MAX_ENERGY, Rejection};

/// Time goes on, never beyond that of the posting.
pub(super) fn tick(store: &mut impl Store, context: &Context, time: u64) -> Done {
    let mut head = *store.head();
    if time < head.time {
        return Err(Rejection::TimeRunsBackwards.into());
    }
    if time > context.posted_at {
        return Err(Rejection::TooEarly.into());
    }
    head.time = time;
    store.set_head(head);
    Ok(())
}

/// Opens an account.
pub(super) fn open_account(store: &mut impl Store, address: Address) -> Done {
    let mut head = *store.head();
    if head.accounts >= MOST_ACCOUNTS {
        return Err(Rejection::TooMany.into());
    }
    put_account(store, head.accounts, &Account { address, ..Account::default() })?;
    head.accounts += 1;
    store.set_head(head);
    Ok(())
}

/// Connects a metering point: one for each account and carrier.
pub(super) fn connect(store: &mut impl Store, carrier: u8, meter: Meter) -> Done {
    let mut head = *store.head();
    if meter.account < FIRST_MEMBER || meter.account >= head.accounts {
        return Err(Rejection::UnknownAccount.into());
    }
    if head.meters >= MOST_METERS {
        return Err(Rejection::TooMany.into());
    }
    let mut market = traded(store, carrier)?;
    let tariff: Tariff = get(store, Place::tariff(meter.tariff))?;
    if tariff.kind == kind::NONE {
        return Err(Rejection::UnknownTariff.into());
    }
    let most = MAX_ENERGY.0.unsigned_abs();
    let shares = u64::from(market.shares) + u64::from(meter.share);
    if meter.import_capacity > most || meter.export_capacity > most || shares > 1_000_000 {
        return Err(Rejection::BadAmount.into());
    }
    let mut owner = account(store, meter.account)?;
    if owner.carriers >> carrier & 1 == 1 {
        return Err(Rejection::TooMany.into());
    }
    owner.carriers |= 1 << carrier;
    put_account(store, meter.account, &owner)?;
    let meter = Meter { meter: head.meters, sequence: 0, ..meter };
    put(store, Place::meter(carrier, market.meters), &meter)?;
    market.meters += 1;
    market.shares = shares as u32;
    put(store, Place::market(carrier), &market)?;
    head.meters += 1;
    store.set_head(head);
    Ok(())
}

/// How a carrier is traded, if it is.
pub(super) fn traded(store: &mut impl Store, carrier: u8) -> Done<Market> {
    if carrier >= CARRIERS {
        return Err(Rejection::NotTraded.into());
    }
    let market: Market = get(store, Place::market(carrier))?;
    if market.rule == rule::NONE { Err(Rejection::NotTraded.into()) } else { Ok(market) }
}

/// The nonce a record uses: the one it names, or the last one + 1. It must be larger than the last one.
pub(super) fn named(account: &Account, nonce: Option<u64>) -> u64 {
    nonce.unwrap_or(account.nonce.wrapping_add(1))
}

/// What a record that sends money away names.
pub(super) struct Payment {
    pub from: u32,
    pub amount: u128,
    pub nonce: Option<u64>,
    pub signature: Option<Compact>,
}

/// Money leaves for the primary chain: a member's, or that of a party outside (supplier, grid operator, levies).
pub(super) fn withdraw(store: &mut impl Store, payment: &Payment, forced: bool) -> Done {
    let Payment { from, amount, nonce, signature } = *payment;
    let head = *store.head();
    let is_fund = from == 0 || from == COMMUNITY || from == GUARANTOR;
    if is_fund || from >= head.accounts {
        return Err(Rejection::UnknownAccount.into());
    }
    let mut owner = account(store, from)?;
    let nonce = named(&owner, nonce);
    authenticate(&head, owner.address, signature, forced, || sign::withdraw(from, amount, nonce))?;
    if nonce <= owner.nonce {
        return Err(Rejection::StaleNonce.into());
    }
    if amount == 0 || amount > MOST_MONEY {
        return Err(Rejection::BadAmount.into());
    }
    let money = amount as i128;
    if owner.available() < money {
        return Err(Rejection::InsufficientFunds.into());
    }
    if head.withdrawals >= MOST_WITHDRAWALS {
        return Err(Rejection::TooMany.into());
    }
    owner.nonce = nonce;
    owner.balance -= money;
    put_account(store, from, &owner)?;
    pay_out(store, owner.address, amount)?;
    let mut head = *store.head();
    head.money -= amount;
    store.set_head(head);
    Ok(())
}

/// The contract owes somebody money.
fn pay_out(store: &mut impl Store, address: Address, amount: u128) -> Done {
    let mut head = *store.head();
    put(store, Place::withdrawal(head.withdrawals), &Withdrawal { address, amount })?;
    head.withdrawals += 1;
    store.set_head(head);
    Ok(())
}

/// A member pays another member.
pub(super) fn transfer(store: &mut impl Store, payment: &Payment, to: u32, forced: bool) -> Done {
    let Payment { from, amount, nonce, signature } = *payment;
    let head = *store.head();
    if from < FIRST_MEMBER || from >= head.accounts {
        return Err(Rejection::UnknownAccount.into());
    }
    let mut owner = account(store, from)?;
    let nonce = named(&owner, nonce);
    authenticate(&head, owner.address, signature, forced, || sign::transfer(from, to, amount, nonce))?;
    if to < FIRST_MEMBER || to >= head.accounts {
        return Err(Rejection::UnknownAccount.into());
    }
    if nonce <= owner.nonce {
        return Err(Rejection::StaleNonce.into());
    }
    if amount == 0 || amount > MOST_MONEY {
        return Err(Rejection::BadAmount.into());
    }
    let money = amount as i128;
    if owner.available() < money {
        return Err(Rejection::InsufficientFunds.into());
    }
    if from == to {
        return Err(Rejection::SelfTrade.into());
    }
    owner.nonce = nonce;
    owner.balance -= money;
    put_account(store, from, &owner)?;
    receive(store, to, money)
}

/// Money has arrived; for an account that is not there, or beyond what there may be, it goes back.
pub(super) fn deposit(store: &mut impl Store, to: u32, amount: u128, sender: Address) -> Done {
    let mut head = *store.head();
    if amount == 0 || amount > MOST_MONEY {
        return Err(Rejection::BadAmount.into());
    }
    if to == 0 || to >= head.accounts || head.money + amount > MOST_MONEY {
        if head.withdrawals >= MOST_WITHDRAWALS {
            return Err(Rejection::TooMany.into());
        }
        return pay_out(store, sender, amount);
    }
    head.money += amount;
    store.set_head(head);
    receive(store, to, amount as i128)
}
