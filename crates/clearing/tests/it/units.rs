//! The truthful auctions again, slowly: every Wh a unit of its own, sorted, each definition followed to the letter.

use market::{AccountId, Book, BookOrder, Side};
use std::collections::BTreeSet;

/// The positions of a side's orders by price, then arrival, each as often as it has Wh.
fn units(side: Side, orders: &[BookOrder]) -> Vec<usize> {
    let mut positions: Vec<usize> = (0..orders.len()).collect();
    let sign = if side == Side::Buy { -1 } else { 1 };
    positions.sort_by_key(|at| (orders[*at].limit.0 * sign, *at));
    positions.into_iter().flat_map(|at| std::iter::repeat_n(at, orders[at].energy.0 as usize)).collect()
}

/// The units of both sides, and how many of them meet: the k-th bid is worth at least the k-th offer.
fn efficient(book: &Book) -> ([Vec<usize>; 2], usize) {
    let sides = Side::ALL.map(|side| units(side, book.orders(side)));
    let met = sides[0].iter().zip(&sides[1]);
    let k = met.take_while(|(bid, offer)| book.bids[**bid].limit >= book.offers[**offer].limit).count();
    (sides, k)
}

/// What each order trades, and what buyers pay and sellers receive per Wh; no prices where nothing is traded.
#[derive(Debug, PartialEq)]
pub(crate) struct Reduced {
    pub(crate) fills: [Vec<i64>; 2],
    pub(crate) prices: Option<(i64, i64)>,
}

/// McAfee's auction; the multi-unit variant where orders or accounts are not single units.
pub(crate) fn trade_reduction(book: &Book, collar: (i64, i64)) -> Reduced {
    let (sides, k) = efficient(book);
    let mut fills = Side::ALL.map(|side| vec![0; book.orders(side).len()]);
    if k == 0 {
        return Reduced { fills, prices: None };
    }
    let limit = |side: Side, at: usize| book.orders(side)[at].limit.0;
    let marginal = |side: Side| sides[side as usize][k - 1];
    let next = |side: Side, otherwise: i64| {
        let behind = sides[side as usize][k..].iter().find(|at| **at != marginal(side));
        behind.map_or(otherwise, |at| limit(side, *at))
    };
    let middle = (next(Side::Buy, collar.0) + next(Side::Sell, collar.1)).div_euclid(2);
    let (bid, offer) = (limit(Side::Buy, marginal(Side::Buy)), limit(Side::Sell, marginal(Side::Sell)));
    let orders = || book.bids.iter().chain(&book.offers);
    let accounts: BTreeSet<AccountId> = orders().map(|order| order.account).collect();
    let energies: BTreeSet<i64> = orders().map(|order| order.energy.0).collect();
    if energies.len() == 1 && accounts.len() == orders().count() && offer <= middle && middle <= bid {
        for side in Side::ALL {
            sides[side as usize][..k].iter().for_each(|at| fills[side as usize][*at] += 1);
        }
        return Reduced { fills, prices: Some((middle, middle)) };
    }
    let inside = Side::ALL.map(|side| {
        let mut inside = sides[side as usize][..k].to_vec();
        inside.retain(|at| *at != marginal(side));
        inside.sort_unstable(); // by arrival
        inside
    });
    let traded = inside[0].len().min(inside[1].len());
    for (fills, inside) in fills.iter_mut().zip(&inside) {
        for (number, at) in inside.iter().enumerate() {
            fills[*at] += (traded * (number + 1) / inside.len() - traded * number / inside.len()) as i64;
        }
    }
    Reduced { fills, prices: (traded > 0).then_some((bid, offer)) }
}

/// The greatest possible welfare.
fn welfare(book: &Book) -> i64 {
    let ([bids, offers], k) = efficient(book);
    let pairs = bids.iter().zip(&offers).take(k);
    pairs.map(|(bid, offer)| book.bids[*bid].limit.0 - book.offers[*offer].limit.0).sum()
}

/// The book as if an account had not come.
pub(crate) fn without(book: &Book, account: AccountId) -> Book {
    let mut others = book.clone();
    others.bids.retain(|order| order.account != account);
    others.offers.retain(|order| order.account != account);
    others
}

/// What each order pays or receives under Vickrey–Clarke–Groves, given what it trades in the efficient allocation.
pub(crate) fn vcg(book: &Book, fills: [&[i64]; 2]) -> [Vec<i64>; 2] {
    let mut amounts = Side::ALL.map(|side| vec![0; book.orders(side).len()]);
    for side in Side::ALL {
        let (orders, fills) = (book.orders(side), fills[side as usize]);
        for account in orders.iter().map(|order| order.account).collect::<BTreeSet<_>>() {
            let own = || (0..orders.len()).filter(|at| orders[*at].account == account);
            let value: i64 = own().map(|at| orders[at].limit.0 * fills[at]).sum();
            let harm = welfare(&without(book, account)) - welfare(book);
            let amount = if side == Side::Buy { value + harm } else { value - harm };
            let wh: Vec<usize> = own().flat_map(|at| std::iter::repeat_n(at, fills[at] as usize)).collect();
            let (size, count) = (amount.abs(), wh.len() as i64);
            for (number, at) in (0..).zip(wh) {
                amounts[side as usize][at] +=
                    (size * (number + 1) / count - size * number / count) * amount.signum();
            }
        }
    }
    amounts
}
