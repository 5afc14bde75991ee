//! One price for all: the allocation an equilibrium price proves, and the price paid.

use super::{Clearing, Cut, MarginOrder};
use crate::apportion::CumulativeFloor;
use crate::{Book, BookOrder, Energy, Fraction, Price, PriceConvention, Rejection};
use alloc::vec::Vec;

pub(super) fn check(
    convention: PriceConvention,
    k: Fraction,
    book: &Book,
    equilibrium: Price,
    price: Price,
    out: &mut Clearing,
) -> Result<(), Rejection> {
    let cut = Cut::at(book, equilibrium)?;
    let (right_equilibrium, right_price) = cut.prices(convention, k);
    if equilibrium != right_equilibrium {
        // An equilibrium, but not the one the convention names: under `equilibrium` that is the price paid.
        return Err(match convention {
            PriceConvention::Equilibrium => Rejection::WrongPrice,
            PriceConvention::LastPair => Rejection::NotEquilibrium,
        });
    }
    if price != right_price {
        return Err(Rejection::WrongPrice);
    }
    allocate(&cut, book, out);
    out.price = Some(price);
    Ok(())
}

impl Cut {
    /// The equilibrium price a claim carries and the price paid, n€/Wh.
    #[must_use]
    pub fn prices(&self, convention: PriceConvention, k: Fraction) -> (Price, Price) {
        let between = |from: Price, to: Price| Price(from.0 + k.of(to.0 - from.0));
        match convention {
            PriceConvention::Equilibrium => {
                let price = between(self.lo, self.hi);
                (price, price)
            }
            PriceConvention::LastPair => (self.lo, between(self.last_offer, self.last_bid)),
        }
    }
}

/// Fills the orders as the cut says: better ones entirely, worse ones not at all, those at the price by cumulative
/// floor apportionment in canonical margin order.
pub(super) fn allocate(cut: &Cut, book: &Book, out: &mut Clearing) {
    out.trades.clear();
    out.volume = cut.volume;
    out.price = None;
    out.equilibrium = Some(cut.price);
    out.range = (cut.lo, cut.hi);
    out.indicative_price = None;
    out.welfare = cut.welfare();
    fill(&book.bids, cut.price, 1, cut.bids.at, cut.bids_at(), &mut out.bid_fills);
    fill(&book.offers, cut.price, -1, cut.offers.at, cut.offers_at(), &mut out.offer_fills);
}

/// Fills one side; of the `at` Wh that stand at the price, `share` Wh are used.
fn fill(orders: &[BookOrder], price: Price, sign: i64, at: Energy, share: Energy, fills: &mut Vec<Energy>) {
    // With `share` = 0 or all of `at` the margin needs no apportionment: it moves with the worse or the better.
    let from_gain = if share == at { 0 } else { 1 };
    fills.clear();
    fills.extend(orders.iter().map(|order| {
        let gain = (order.limit.0 - price.0) * sign;
        if gain >= from_gain { order.energy } else { Energy::ZERO }
    }));
    if share == at || share.is_zero() {
        return;
    }
    let mut positions: Vec<u32> = (0_u32..)
        .zip(orders)
        .filter(|(_, order)| order.limit == price)
        .map(|(position, _)| position)
        .collect();
    MarginOrder::default().sort(orders, &mut positions);
    let Some(mut parts) = CumulativeFloor::new(share.0.into(), at.0.unsigned_abs().into()) else { return };
    for position in positions {
        let position = position as usize;
        if let (Some(order), Some(fill)) = (orders.get(position), fills.get_mut(position)) {
            *fill = Energy(parts.next(order.energy.0.unsigned_abs()) as i64);
        }
    }
}
