//! Merit order: the filled orders of one side, best price first, those of one price in canonical margin order.

use super::{Cut, MarginOrder};
use crate::{BookOrder, Energy, Rejection, Side};
use alloc::vec::Vec;

/// How much better a limit is than another: positive for a higher bid or a lower offer.
pub(super) const fn sign(side: Side) -> i64 {
    match side {
        Side::Buy => 1,
        Side::Sell => -1,
    }
}

/// Working memory of a check, kept from one clearing to the next; no part of an outcome.
#[derive(Clone, Debug, Default)]
pub(super) struct Scratch {
    /// Sorts orders of one price.
    pub(super) order: MarginOrder,
    /// For bids and offers: the positions at the price in canonical order, where they share; else empty.
    pub(super) margins: [Vec<u32>; 2],
    run: Vec<u32>,
}

impl PartialEq for Scratch {
    fn eq(&self, _: &Self) -> bool {
        true
    }
}

impl Eq for Scratch {}

/// Whether `claimed` is the merit order of the orders of `side` that have a fill.
pub(super) fn check(
    side: Side,
    cut: &Cut,
    orders: &[BookOrder],
    fills: &[Energy],
    claimed: &[u32],
    scratch: &mut Scratch,
) -> Result<(), Rejection> {
    let filled = fills.iter().filter(|fill| !fill.is_zero()).count();
    // As many as are filled, each of them filled, in an order that allows no repetition: so all of them.
    if claimed.len() != filled {
        return Err(Rejection::MeritOrder);
    }
    let get = |position: u32| {
        let (order, fill) = (orders.get(position as usize)?, fills.get(position as usize)?);
        (!fill.is_zero()).then_some(order.limit)
    };
    let mut rest = claimed;
    let mut last = None; // the price before, as a merit
    while let Some(first) = rest.first() {
        let limit = get(*first).ok_or(Rejection::MeritOrder)?;
        let merit = limit.0 * sign(side);
        if last.is_some_and(|last| merit >= last) {
            return Err(Rejection::MeritOrder);
        }
        last = Some(merit);
        let length = rest.iter().take_while(|position| get(**position) == Some(limit)).count();
        let (run, after) = rest.split_at(length.max(1));
        let margin = scratch.margins.get(side as usize).map_or(&[][..], Vec::as_slice);
        let canonical = match run {
            [_] => true,
            [one, other] if limit != cut.price => one < other,
            _ if limit == cut.price && !margin.is_empty() => {
                let filled = margin.iter().filter(|position| get(**position).is_some());
                filled.eq(run)
            }
            _ => {
                scratch.run.clear();
                scratch.run.extend(run);
                scratch.run.sort_unstable();
                scratch.order.sort(orders, &mut scratch.run);
                let repeated =
                    scratch.run.windows(2).any(|pair| matches!(pair, [one, other] if one == other));
                scratch.run == run && !repeated
            }
        };
        if !canonical {
            return Err(Rejection::MeritOrder);
        }
        rest = after;
    }
    Ok(())
}

/// The merit order of the orders of `side` that have a fill.
///
/// For pictures, pairing and explanations: it sorts, which a check never does.
pub fn merit_order(side: Side, orders: &[BookOrder], fills: &[Energy], out: &mut Vec<u32>) {
    let merit =
        |position: &u32| orders.get(*position as usize).map_or(0, |order| -order.limit.0 * sign(side));
    out.clear();
    out.extend((0_u32..).zip(orders).map(|(position, _)| position));
    out.sort_by_key(merit); // stable: within one price, by arrival
    let mut order = MarginOrder::default();
    for run in out.chunk_by_mut(|one, other| merit(one) == merit(other)) {
        order.sort(orders, run);
    }
    out.retain(|position| fills.get(*position as usize).is_some_and(|fill| !fill.is_zero()));
}
