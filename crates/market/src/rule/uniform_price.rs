//! One price for all: the allocation an equilibrium price proves, and the price paid.

use super::merit::sign;
use super::{Clearing, Cut, MarginOrder};
use crate::apportion::CumulativeFloor;
use crate::{Book, BookOrder, Energy, Fraction, Price, PriceConvention, Rejection, Side};
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
    let Clearing { bid_fills, offer_fills, scratch, .. } = out;
    let [bids, offers] = &mut scratch.margins;
    Fill { side: Side::Buy, price: cut.price, at: cut.bids.at, share: cut.bids_at() }.apply(
        &book.bids,
        bid_fills,
        bids,
        &mut scratch.order,
    );
    Fill { side: Side::Sell, price: cut.price, at: cut.offers.at, share: cut.offers_at() }.apply(
        &book.offers,
        offer_fills,
        offers,
        &mut scratch.order,
    );
}

/// How one side is filled: of the `at` Wh that stand at the price, `share` Wh are used.
struct Fill {
    side: Side,
    price: Price,
    at: Energy,
    share: Energy,
}

impl Fill {
    /// `margin` takes the positions at the price in canonical order, where they have to share; else nothing.
    fn apply(
        &self,
        orders: &[BookOrder],
        fills: &mut Vec<Energy>,
        margin: &mut Vec<u32>,
        order: &mut MarginOrder,
    ) {
        let shared = self.share != self.at && !self.share.is_zero();
        // Otherwise all at the price go with the better ones, or none.
        let least_gain = if self.share == self.at { 0 } else { 1 };
        let sign = sign(self.side);
        fills.clear();
        fills.extend(orders.iter().map(|order| {
            let gain = (order.limit.0 - self.price.0) * sign;
            if gain >= least_gain { order.energy } else { Energy::ZERO }
        }));
        margin.clear();
        if !shared {
            return;
        }
        let at_price = (0_u32..).zip(orders).filter(|(_, order)| order.limit == self.price);
        margin.extend(at_price.map(|(position, _)| position));
        order.sort(orders, margin);
        let Some(mut parts) = CumulativeFloor::new(self.share.0.into(), self.at.0.unsigned_abs().into())
        else {
            return; // cannot be: nobody shares only if nothing is at the price
        };
        for position in margin.iter().map(|position| *position as usize) {
            if let (Some(order), Some(fill)) = (orders.get(position), fills.get_mut(position)) {
                *fill = Energy(parts.next(order.energy.0.unsigned_abs()) as i64);
            }
        }
    }
}
