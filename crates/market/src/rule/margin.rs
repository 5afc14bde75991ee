//! Canonical order among orders of one price: the account's first arrival at that price, then arrival.
//!
//! It keeps the parts of one account together, so that splitting an order inside an account moves nothing: the
//! running sums that decide how much the account gets are the same at both ends of its block.

use crate::BookOrder;
use alloc::vec::Vec;

/// Finds the canonical order; its working memory is kept from one use to the next.
#[derive(Clone, Debug, Default)]
pub struct MarginOrder {
    keys: Vec<u64>,
}

impl MarginOrder {
    /// Brings `positions`, the ascending positions in `orders` of all orders of one price and side, into
    /// canonical order.
    pub fn sort(&mut self, orders: &[BookOrder], positions: &mut [u32]) {
        if positions.len() < 3 {
            return; // two are in order of arrival either way
        }
        self.keys.clear();
        self.keys.extend(positions.iter().map(|position| {
            let account = orders.get(*position as usize).map_or(0, |order| order.account.0);
            u64::from(account) << 32 | u64::from(*position)
        }));
        self.keys.sort_unstable();
        let same_account = |pair: &[u64]| matches!(pair, [one, other] if one >> 32 == other >> 32);
        if !self.keys.windows(2).any(same_account) {
            return; // everybody has one order here: arrival decides
        }
        let mut current = (u64::MAX, 0); // the account, and its first arrival
        for key in &mut self.keys {
            let (account, position) = (*key >> 32, *key & u64::from(u32::MAX));
            if account != current.0 {
                current = (account, position);
            }
            *key = current.1 << 32 | position;
        }
        self.keys.sort_unstable();
        for (position, key) in positions.iter_mut().zip(&self.keys) {
            *position = *key as u32;
        }
    }
}
