//! What a price does to a book: the certificate of an auction, in one pass and without sorting.
//!
//! At price p the orders strictly better than p want to trade all their energy, worse ones none, those at p are
//! indifferent. p is an equilibrium if the energy that can be wanted on one side meets that of the other:
//! B ≤ S + s and S ≤ B + b, with B, S the energy of better bids and offers, b, s that of those at p. The energy
//! traded is the most that fits, min(B + b, S + s). By linear-programming duality nothing has more welfare.
//!
//! Where two prices are equilibria they fill the same orders: B falls and S rises with p, so both are pinned to
//! the same volume. The interval [lo, hi] of equilibrium prices therefore does not depend on which one is tried.

use super::merit::sign;
use super::{MarginOrder, Standing};
use crate::apportion::CumulativeFloor;
use crate::{AccountId, Book, BookOrder, Energy, MAX_PRICE, Money, Price, Rejection, Side};
use alloc::vec::Vec;

/// One side of a book, seen from a price.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SideCut {
    /// Energy of the orders strictly better than the price, Wh.
    pub better: Energy,
    /// Energy of the orders at the price, Wh.
    pub at: Energy,
    /// How many orders are strictly better.
    pub better_count: usize,
    /// How many orders are at the price.
    pub at_count: usize,
    /// Distance from the price to the nearest better limit, n€/Wh, > 0.
    nearest_better: Option<i64>,
    /// Distance from the price to the nearest worse limit, n€/Wh, > 0.
    nearest_worse: Option<i64>,
    /// Σ distance × energy over the better orders, n€.
    pub(super) surplus: i128,
}

/// A book divided by an equilibrium price at which something is traded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cut {
    /// The price.
    pub price: Price,
    /// Energy traded, Wh, > 0.
    pub volume: Energy,
    /// The bids.
    pub bids: SideCut,
    /// The offers.
    pub offers: SideCut,
    /// Lowest equilibrium price, n€/Wh.
    pub lo: Price,
    /// Highest equilibrium price, n€/Wh.
    pub hi: Price,
    /// Highest limit among the offers with a fill, n€/Wh.
    pub last_offer: Price,
    /// Lowest limit among the bids with a fill, n€/Wh.
    pub last_bid: Price,
}

impl SideCut {
    /// `sign` is 1 for bids (a higher limit is better) and −1 for offers.
    pub(super) fn at<'a>(orders: impl Iterator<Item = &'a BookOrder>, price: Price, sign: i64) -> Self {
        // A claim may name any price. Seen from beyond every limit a book looks the same, however far that is.
        let price = Price(price.0.clamp(-2 * MAX_PRICE.0, 2 * MAX_PRICE.0));
        let (mut better, mut at, mut surplus) = (0_i64, 0_i64, 0_i128);
        let (mut better_count, mut at_count) = (0, 0);
        let (mut nearest_better, mut nearest_worse) = (i64::MAX, i64::MAX);
        // Written without branches: whether an order is better is a coin toss to the processor.
        for order in orders {
            let gain = (order.limit.0 - price.0) * sign;
            let is_better = gain > 0;
            better += if is_better { order.energy.0 } else { 0 };
            at += if gain == 0 { order.energy.0 } else { 0 };
            better_count += usize::from(is_better);
            at_count += usize::from(gain == 0);
            surplus += i128::from(if is_better { gain } else { 0 }) * i128::from(order.energy.0);
            nearest_better = nearest_better.min(if is_better { gain } else { i64::MAX });
            nearest_worse = nearest_worse.min(if gain < 0 { -gain } else { i64::MAX });
        }
        let found = |distance| (distance != i64::MAX).then_some(distance);
        Self {
            better: Energy(better),
            at: Energy(at),
            better_count,
            at_count,
            nearest_better: found(nearest_better),
            nearest_worse: found(nearest_worse),
            surplus,
        }
    }

    /// Bids and offers seen from `price`.
    pub(super) fn both(bids: &[BookOrder], offers: &[BookOrder], price: Price) -> (Self, Self) {
        (Self::at(bids.iter(), price, sign(Side::Buy)), Self::at(offers.iter(), price, sign(Side::Sell)))
    }

    /// The same, of those orders of a book only that `counts`.
    pub(super) fn among(book: &Book, counts: impl Fn(&BookOrder) -> bool, price: Price) -> (Self, Self) {
        let [bids, offers] = Side::ALL
            .map(|side| Self::at(book.orders(side).iter().filter(|order| counts(order)), price, sign(side)));
        (bids, offers)
    }
}

impl Cut {
    /// Divides the book at `price`.
    ///
    /// # Errors
    /// [`Rejection::NotEquilibrium`] if demand and supply do not meet there, or nothing is traded.
    pub fn at(book: &Book, price: Price) -> Result<Self, Rejection> {
        Self::of(&book.bids, &book.offers, price)
    }

    /// The same for two sides that are no book of their own.
    pub(super) fn of(bids: &[BookOrder], offers: &[BookOrder], price: Price) -> Result<Self, Rejection> {
        Self::divide(SideCut::both(bids, offers, price), price)
    }

    /// Divides what is left of the book without the orders of `account`.
    ///
    /// # Errors
    /// As [`Cut::at`].
    pub fn without(book: &Book, account: AccountId, price: Price) -> Result<Self, Rejection> {
        Self::divide(SideCut::among(book, |order| order.account != account, price), price)
    }

    fn divide((bids, offers): (SideCut, SideCut), price: Price) -> Result<Self, Rejection> {
        let volume = (bids.better + bids.at).min(offers.better + offers.at);
        if volume < bids.better || volume < offers.better || volume <= Energy::ZERO {
            return Err(Rejection::NotEquilibrium);
        }
        // An order at the price has a fill iff some of `at` is used, and is not full iff some is left.
        let from =
            |distance: Option<i64>, sign: i64| distance.map(|distance| Price(price.0 + sign * distance));
        let last_offer = if volume > offers.better { Some(price) } else { from(offers.nearest_better, -1) };
        let last_bid = if volume > bids.better { Some(price) } else { from(bids.nearest_better, 1) };
        let next_bid =
            if volume < bids.better + bids.at { Some(price) } else { from(bids.nearest_worse, -1) };
        let next_offer =
            if volume < offers.better + offers.at { Some(price) } else { from(offers.nearest_worse, 1) };
        let (Some(last_offer), Some(last_bid)) = (last_offer, last_bid) else {
            return Err(Rejection::NotEquilibrium); // cannot be: something is traded
        };
        let lo = next_bid.map_or(last_offer, |next| next.max(last_offer));
        let hi = next_offer.map_or(last_bid, |next| next.min(last_bid));
        Ok(Self { price, volume, bids, offers, lo, hi, last_offer, last_bid })
    }

    /// Energy of a side's orders at the price, and how much of it is traded, Wh.
    #[must_use]
    pub fn margin(&self, side: Side) -> (Energy, Energy) {
        let seen = self.side(side);
        (seen.at, self.volume - seen.better)
    }

    /// One side.
    #[must_use]
    pub const fn side(&self, side: Side) -> &SideCut {
        match side {
            Side::Buy => &self.bids,
            Side::Sell => &self.offers,
        }
    }

    /// What each order at the price trades, by position: cumulative floor apportionment in canonical margin order.
    ///
    /// `margin` takes these orders in that order.
    pub fn share<'a>(
        &self,
        side: Side,
        orders: &'a [BookOrder],
        order: &mut MarginOrder,
        margin: &'a mut Vec<Standing>,
    ) -> impl Iterator<Item = (u32, Energy)> + use<'a> {
        share(self.price, self.margin(side), orders, order, margin)
    }

    /// Σ limit × fill over bids − the same over offers, n€, ≥ 0. Measured from the price, at which the fills of
    /// both sides cancel.
    #[must_use]
    pub fn welfare(&self) -> Money {
        Money(self.bids.surplus + self.offers.surplus)
    }
}

/// The same for any price: there is `at` of these orders at it, of which `share` is traded.
pub(super) fn share<'a>(
    price: Price,
    (at, share): (Energy, Energy),
    orders: &'a [BookOrder],
    order: &mut MarginOrder,
    margin: &'a mut Vec<Standing>,
) -> impl Iterator<Item = (u32, Energy)> + use<'a> {
    margin.clear();
    let at_price = (0_u32..).zip(orders).filter(|(_, order)| order.limit == price);
    margin.extend(at_price.map(|(position, order)| Standing { account: order.account, position }));
    order.sort(margin);
    let mut parts = CumulativeFloor::new(share.0.into(), at.0.unsigned_abs().into());
    margin.iter().map(move |Standing { position, .. }| {
        let weight = orders.get(*position as usize).map_or(0, |order| order.energy.0.unsigned_abs());
        (*position, Energy(parts.as_mut().map_or(0, |parts| parts.next(weight)) as i64))
    })
}
