//! One price for all: the allocation an equilibrium price proves, and the price paid.

use super::merit::{Scratch, sign};
use super::{Clearing, Cut, cut};
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
    cut.allocate(book, out);
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

    /// Fills the orders: better ones entirely, worse ones not at all, those at the price by cumulative floor
    /// apportionment in canonical margin order. What is paid is the rule's business.
    pub fn allocate(&self, book: &Book, out: &mut Clearing) {
        out.trades.clear();
        out.side_prices = None;
        out.amounts.iter_mut().for_each(Vec::clear);
        out.auctions.clear();
        out.volume = self.volume;
        out.price = None;
        out.equilibrium = Some(self.price);
        out.range = (self.lo, self.hi);
        out.indicative_price = None;
        out.welfare = self.welfare();
        let Clearing { bid_fills, offer_fills, scratch, .. } = out;
        for (side, fills) in [(Side::Buy, bid_fills), (Side::Sell, offer_fills)] {
            fill(side, self.price, self.margin(side), book.orders(side), fills, scratch);
        }
    }
}

/// Fills one side; at the price there is `at`, of which `share` is traded.
pub(super) fn fill(
    side: Side,
    price: Price,
    (at, share): (Energy, Energy),
    orders: &[BookOrder],
    fills: &mut Vec<Energy>,
    scratch: &mut Scratch,
) {
    // Those at the price go with the better ones, or with the worse, or share (below).
    let least_gain = if share == at { 0 } else { 1 };
    fills.clear();
    fills.extend(orders.iter().map(|order| {
        let gain = (order.limit.0 - price.0) * sign(side);
        if gain >= least_gain { order.energy } else { Energy::ZERO }
    }));
    let [bids, offers] = &mut scratch.margins;
    let positions = if side == Side::Buy { bids } else { offers };
    positions.clear();
    if share != at && !share.is_zero() {
        for (position, part) in cut::share(price, (at, share), orders, &mut scratch.order, positions) {
            if let Some(fill) = fills.get_mut(position as usize) {
                *fill = part;
            }
        }
    }
}
