//! What the others would gain without each trader: one more search for every account with a fill.

use crate::{Workspace, merit, selection};
use market::rule::Cut;
use market::{AccountId, Book, BookOrder, Side, Witness};

/// Per account with a fill, from the lowest number up: what proves the welfare of the book without its orders.
pub(crate) fn without(book: &Book, cut: &Cut, workspace: &mut Workspace) -> Vec<Witness> {
    let mut accounts: Vec<AccountId> = Vec::new();
    for side in Side::ALL {
        let filled = merit::filled(side, book, cut, &mut workspace.merit);
        accounts.extend(filled.iter().map(|position| book.orders(side)[*position as usize].account));
    }
    accounts.sort_unstable();
    accounts.dedup();
    let witness = |account: AccountId| {
        let others = |order: &BookOrder| order.account != account;
        selection::among(&book.bids, &book.offers, others, &mut workspace.selection)
            .map_or(Witness::NoTrade, |(lo, _)| Witness::Equilibrium(lo))
    };
    accounts.into_iter().map(witness).collect()
}
