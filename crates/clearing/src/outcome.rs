//! A book's outcome: the search and the check behind one call, for studies that clear a book many times.

use crate::{Workspace, clear};
use market::rule::{Clearing, OpenBook, Rule, check};
use market::{Book, BookOrder, Energy, Price, Rejection, Side};

/// What one book trades under `rule`, in `out`.
///
/// `sequence` is the order in which the orders of both sides arrived, each by its side and its place of arrival there;
/// only `continuous` asks for it: the orders of the book arrive one after the other in an empty market. Of that rule's
/// outcome `out` holds the trades and what they mean for every order; it has no price or range.
///
/// # Errors
/// Where the check refuses what the search claims: a rule that takes no orders trades nothing.
pub fn outcome(
    rule: &Rule,
    book: &Book,
    sequence: &[(Side, u32)],
    collar: (Price, Price),
    workspace: &mut Workspace,
    out: &mut Clearing,
) -> Result<(), Rejection> {
    if matches!(rule, Rule::Continuous) {
        *out = arrivals(book, sequence);
        return Ok(());
    }
    let claim = clear(rule, book, collar, workspace);
    check(rule, book, &claim, collar, out)
}

fn arrivals(book: &Book, sequence: &[(Side, u32)]) -> Clearing {
    let position = |orders: &[BookOrder], arrival: u32| {
        orders.binary_search_by_key(&arrival, |order| order.arrival).ok()
    };
    let mut out = Clearing::default();
    out.bid_fills.resize(book.bids.len(), Energy::ZERO);
    out.offer_fills.resize(book.offers.len(), Energy::ZERO);
    let mut open = OpenBook::default();
    let mut trades = Vec::new();
    for (side, arrival) in sequence {
        let orders = book.orders(*side);
        if let Some(position) = position(orders, *arrival) {
            open.arrive(*side, &orders[position], &mut trades);
        }
    }
    for mut trade in trades {
        let found = (position(&book.bids, trade.bid), position(&book.offers, trade.offer));
        let (Some(bid), Some(offer)) = found else { continue };
        (trade.bid, trade.offer) = (bid as u32, offer as u32);
        out.bid_fills[bid] += trade.energy;
        out.offer_fills[offer] += trade.energy;
        out.volume += trade.energy;
        out.welfare += trade.energy * (book.bids[bid].limit - book.offers[offer].limit);
        out.trades.push(trade);
    }
    out
}
