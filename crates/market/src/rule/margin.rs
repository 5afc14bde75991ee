//! Canonical order among orders of one price: the account's first arrival at that price, then arrival.
//!
//! It keeps the parts of one account together, so that splitting an order inside an account moves nothing: the
//! running sums that decide how much the account gets are the same at both ends of its block.

use crate::AccountId;
use alloc::vec::Vec;

/// Finds the canonical order; its working memory is kept from one use to the next.
#[derive(Clone, Debug, Default)]
pub struct MarginOrder {
    accounts: Vec<AccountId>,
    by_account: Vec<Standing>,
    by_first_arrival: Vec<(u32, Standing)>,
}

/// Where an order stands among those of its price and side: sorts by account, then by arrival.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Standing {
    /// Whose order.
    pub account: AccountId,
    /// Its position in the book's side; the sides are in order of arrival.
    pub position: u32,
}

impl MarginOrder {
    /// Brings all orders of one price and side, given in order of arrival, into canonical order.
    pub fn sort(&mut self, orders: &mut [Standing]) {
        if orders.len() < 3 || !self.repeats(orders) {
            return; // two, or one of each account: arrival decides
        }
        self.by_account.clear();
        self.by_account.extend_from_slice(orders);
        self.by_account.sort_unstable();
        let mut first = None::<Standing>; // of the account at hand
        self.by_first_arrival.clear();
        self.by_first_arrival.extend(self.by_account.iter().map(|order| {
            let first = first.get_or_insert(*order);
            if first.account != order.account {
                *first = *order;
            }
            (first.position, *order)
        }));
        self.by_first_arrival.sort_unstable_by_key(|(first, order)| (*first, order.position));
        for (place, (_, order)) in orders.iter_mut().zip(&self.by_first_arrival) {
            *place = *order;
        }
    }

    /// Whether an account has several orders here.
    fn repeats(&mut self, orders: &[Standing]) -> bool {
        if orders.len() <= 8 {
            let again = |(at, order): (usize, &Standing)| {
                orders.iter().skip(at + 1).any(|other| other.account == order.account)
            };
            return orders.iter().enumerate().any(again);
        }
        self.accounts.clear();
        self.accounts.extend(orders.iter().map(|order| order.account));
        self.accounts.sort_unstable();
        self.accounts.windows(2).any(|pair| matches!(pair, [one, other] if one == other))
    }
}
