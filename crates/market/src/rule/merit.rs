//! Merit order: the filled orders of one side, best price first, those of one price in canonical margin order.

use super::pipeline::Course;
use super::{Cut, MarginOrder, Standing};
use crate::{AccountId, BookOrder, Energy, Price, Rejection, Side};
use alloc::vec::Vec;

/// How much better a limit is than another: positive for a higher bid or a lower offer.
pub(super) const fn sign(side: Side) -> i64 {
    match side {
        Side::Buy => 1,
        Side::Sell => -1,
    }
}

/// One filled order in merit order.
#[derive(Clone, Copy, Debug)]
pub(super) struct Rung {
    pub(super) position: u32,
    account: AccountId,
    pub(super) limit: Price,
    /// What it trades, Wh, > 0.
    pub(super) energy: Energy,
}

impl Rung {
    /// The same order under another position.
    pub(super) const fn at(self, position: u32) -> Self {
        Self { position, ..self }
    }
}

/// Working memory of a check, kept from one clearing to the next; no part of an outcome.
#[derive(Clone, Debug, Default)]
pub(super) struct Scratch {
    /// Sorts orders of one price.
    pub(super) order: MarginOrder,
    /// For bids and offers: the orders at the price in canonical order, where they share; else empty.
    pub(super) margins: [Vec<Standing>; 2],
    /// For bids and offers: the filled orders in merit order, where the claim names it.
    pub(super) ladders: [Vec<Rung>; 2],
    /// Account numbers, sorted to find those that occur twice.
    pub(super) accounts: Vec<AccountId>,
    /// The orders of a pipeline on their way.
    pub(super) course: Course,
}

impl PartialEq for Scratch {
    fn eq(&self, _: &Self) -> bool {
        true
    }
}

impl Eq for Scratch {}

/// Whether `claimed` is the merit order of the orders of `side` that have a fill; their ladder then holds them.
///
/// As many as are filled, each of them filled, in an order that allows no repetition: so all of them.
pub(super) fn check(
    side: Side,
    cut: &Cut,
    (orders, fills): (&[BookOrder], &[Energy]),
    claimed: &[u32],
    scratch: &mut Scratch,
) -> Result<(), Rejection> {
    let Scratch { margins: [bids, offers], ladders: [bid_ladder, offer_ladder], accounts, .. } = scratch;
    let (margin, ladder) = if side == Side::Buy { (bids, bid_ladder) } else { (offers, offer_ladder) };
    let margin = || {
        let positions = margin.iter().map(|order| order.position);
        positions.filter(|at| fills.get(*at as usize).is_some_and(|fill| !fill.is_zero()))
    };
    let seen = cut.side(side);
    let (at, share) = cut.margin(side);
    let at_margin = if share == at { seen.at_count } else { margin().count() };
    if claimed.len() != seen.better_count + at_margin {
        return Err(Rejection::MeritOrder);
    }
    ladder.clear();
    ladder.reserve(claimed.len());
    for position in claimed {
        let order = orders.get(*position as usize).ok_or(Rejection::MeritOrder)?;
        // Better than the price: filled. At the price it depends; those are few and worth another look-up.
        let better = (order.limit.0 - cut.price.0) * sign(side) > 0;
        let energy = if better { Some(&order.energy) } else { fills.get(*position as usize) };
        let energy = *energy.filter(|energy| !energy.is_zero()).ok_or(Rejection::MeritOrder)?;
        ladder.push(Rung { position: *position, account: order.account, limit: order.limit, energy });
    }
    let mut last = None;
    for run in ladder.chunk_by(|one, other| one.limit == other.limit) {
        let merit = run.first().map(|rung| rung.limit.0 * sign(side));
        let falling = last.is_none() || merit < last;
        last = merit;
        let shared = share != at && merit == Some(cut.price.0 * sign(side));
        let canonical = if shared {
            margin().eq(run.iter().map(|rung| rung.position)) // with those that got nothing between them
        } else {
            is_canonical(run, accounts)
        };
        if !falling || !canonical {
            return Err(Rejection::MeritOrder);
        }
    }
    Ok(())
}

/// Whether all orders of one price are in canonical margin order: accounts by their first arrival, none of them
/// twice, and each one's orders by arrival.
fn is_canonical(run: &[Rung], accounts: &mut Vec<AccountId>) -> bool {
    let [first, rest @ ..] = run else { return true };
    let (mut group, mut last) = (first, first);
    accounts.clear();
    accounts.push(first.account);
    for rung in rest {
        if rung.account == last.account {
            if rung.position <= last.position {
                return false;
            }
        } else {
            if rung.position <= group.position {
                return false;
            }
            group = rung;
            accounts.push(rung.account);
        }
        last = rung;
    }
    accounts.len() < 3 || {
        accounts.sort_unstable();
        !accounts.windows(2).any(|pair| matches!(pair, [one, other] if one == other))
    }
}

/// The merit order of the orders of `side` that have a fill.
///
/// For pictures, pairing and explanations: it sorts, which a check never does.
#[must_use]
pub fn merit_order(side: Side, orders: &[BookOrder], fills: &[Energy]) -> Vec<u32> {
    ladder(side, orders, fills).into_iter().map(|rung| rung.position).collect()
}

/// The same with what each of them trades.
pub(super) fn ladder(side: Side, orders: &[BookOrder], fills: &[Energy]) -> Vec<Rung> {
    let merit =
        |order: &Standing| orders.get(order.position as usize).map_or(0, |order| -order.limit.0 * sign(side));
    let mut standing: Vec<_> = (0_u32..)
        .zip(orders)
        .map(|(position, order)| Standing { account: order.account, position })
        .collect();
    standing.sort_by_key(merit); // stable: within one price, by arrival
    let mut order = MarginOrder::default();
    for run in standing.chunk_by_mut(|one, other| merit(one) == merit(other)) {
        order.sort(run);
    }
    let rung = |Standing { position, account }| {
        let (order, energy) = (orders.get(position as usize)?, fills.get(position as usize)?);
        (!energy.is_zero()).then_some(Rung { position, account, limit: order.limit, energy: *energy })
    };
    standing.into_iter().filter_map(rung).collect()
}
