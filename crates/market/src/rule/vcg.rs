//! Vickrey–Clarke–Groves: each account pays what its presence costs the others.
//!
//! The allocation is the efficient one. With W its welfare, vₐ what the fills of account a are worth to it (Σ limit
//! × fill, offers negative) and W₋ₐ the best welfare of the book without its orders, a pays W₋ₐ − (W − vₐ); a
//! negative payment is received. An equilibrium price of the book without a proves W₋ₐ by duality, as one of the
//! whole book proves W: nothing is searched here.
//!
//! A freed Wh goes to a bid that is not filled or spares an offer that is, so it is worth at most the equilibrium
//! price; one that is missed, at least. So no order of the account pays more than its limit or gets less, however
//! its payment is spread by energy.

use super::clearing::best_among;
use super::{Clearing, Cut};
use crate::apportion::CumulativeFloor;
use crate::{AccountId, Book, BookOrder, Energy, Money, Price, Rejection, Side, Witness};

pub(super) fn check(
    book: &Book,
    equilibrium: Price,
    without: &[Witness],
    out: &mut Clearing,
) -> Result<(), Rejection> {
    let cut = Cut::at(book, equilibrium)?;
    if equilibrium != cut.lo {
        return Err(Rejection::NotEquilibrium); // one, but not the lowest: the claim must be unique
    }
    cut.allocate(book, out);
    if filled_accounts(book, out).len() != without.len() {
        return Err(Rejection::WrongPayment);
    }
    let Clearing { bid_fills, offer_fills, amounts: [paid, received], scratch, welfare, .. } = out;
    let mut sides = [(Side::Buy, &*bid_fills, paid), (Side::Sell, &*offer_fills, received)];
    for (_, fills, amounts) in &mut sides {
        amounts.resize(fills.len(), 0);
    }
    for (account, witness) in scratch.accounts.iter().zip(without) {
        let others = welfare_without(book, *account, *witness)?;
        // It fills bids or offers: one that could fill both would have crossed itself.
        for (side, fills, amounts) in &mut sides {
            let own = Own { account: *account, orders: book.orders(*side), fills };
            let (energy, value) = own.total();
            let amount = match side {
                Side::Buy => others - (*welfare - value),
                Side::Sell => (*welfare + value) - others,
            };
            if !energy.is_zero() {
                own.spread(amount, energy, amounts);
            }
        }
    }
    Ok(())
}

/// Every account with a fill, from the lowest number up.
pub(super) fn filled_accounts<'a>(book: &Book, out: &'a mut Clearing) -> &'a [AccountId] {
    let Clearing { bid_fills, offer_fills, scratch, .. } = out;
    let orders = book.bids.iter().zip(bid_fills).chain(book.offers.iter().zip(offer_fills));
    let accounts = &mut scratch.accounts;
    accounts.clear();
    accounts.extend(orders.filter(|(_, fill)| !fill.is_zero()).map(|(order, _)| order.account));
    accounts.sort_unstable();
    accounts.dedup();
    accounts
}

/// The best welfare of the book without the orders of `account`, if `witness` proves it.
pub(super) fn welfare_without(book: &Book, account: AccountId, witness: Witness) -> Result<Money, Rejection> {
    match witness {
        Witness::NoTrade => match best_among(book, |order| order.account != account) {
            (Some(bid), Some(offer)) if bid >= offer => Err(Rejection::WrongPayment),
            _ => Ok(Money::ZERO),
        },
        Witness::Equilibrium(price) => match Cut::without(book, account, price) {
            Ok(cut) if cut.lo == price => Ok(cut.welfare()),
            _ => Err(Rejection::WrongPayment),
        },
    }
}

/// The orders of one side, for one account.
struct Own<'a> {
    account: AccountId,
    orders: &'a [BookOrder],
    fills: &'a [Energy],
}

impl Own<'_> {
    /// What it trades, Wh, and Σ limit × fill, n€.
    fn total(&self) -> (Energy, Money) {
        let mut total = (Energy::ZERO, Money::ZERO);
        for (order, fill) in self.orders.iter().zip(self.fills) {
            if order.account == self.account {
                total = (total.0 + *fill, total.1 + *fill * order.limit);
            }
        }
        total
    }

    /// Spreads `amount` over its fills, `energy` in all, by cumulative floor apportionment in order of arrival.
    fn spread(&self, amount: Money, energy: Energy, amounts: &mut [i64]) {
        // ⌊A·w/W⌋ = w·⌊A/W⌋ + ⌊(A mod W)·w/W⌋: the second product is small enough.
        let total = i128::from(energy.0);
        let (each, rest) = (amount.0 / total, amount.0 % total);
        let mut parts = CumulativeFloor::new(rest, total.unsigned_abs());
        let rows = self.orders.iter().zip(self.fills).zip(amounts);
        for ((_, fill), amount) in rows.filter(|((order, _), _)| order.account == self.account) {
            let rest = parts.as_mut().map_or(0, |parts| parts.next(fill.0.unsigned_abs()));
            *amount = (each * i128::from(fill.0) + rest) as i64;
        }
    }
}
