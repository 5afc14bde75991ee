//! McAfee's double auction: the marginal pair sets the prices that the others trade at.
//!
//! k pairs of one unit would trade in the efficient allocation. If the middle of the first bid and the first offer
//! left outside, p₀ = ⌊(b₍ₖ₊₁₎ + s₍ₖ₊₁₎)/2⌋, suits the k-th pair, all k trade at p₀; if not, the k-th pair stays
//! out, buyers pay its bid and sellers receive its offer (McAfee 1992). Either way nobody who trades sets the own
//! price.
//!
//! Orders of different energies, or several of one account: the order in which the last Wh of the efficient volume
//! lies stays out on each side, and sets its side's price. The better ones trade as much as the shorter side has;
//! the longer side shares it by cumulative floor apportionment in order of arrival, which no limit can move.

use super::clearing::best;
use super::merit::{Scratch, sign};
use super::{Clearing, Cut};
use crate::apportion::CumulativeFloor;
use crate::{Book, BookOrder, Energy, Money, Price, Rejection, Side};
use alloc::vec::Vec;

pub(super) fn check(
    book: &Book,
    equilibrium: Price,
    (floor, cap): (Price, Price),
    out: &mut Clearing,
) -> Result<(), Rejection> {
    let cut = Cut::at(book, equilibrium)?;
    if equilibrium != cut.lo {
        return Err(Rejection::NotEquilibrium); // one, but not the lowest: the claim must be unique
    }
    out.reset(book);
    out.equilibrium = Some(equilibrium);
    out.range = (cut.lo, cut.hi);
    let (bids, offers) = (Edge::of(Side::Buy, book, &cut), Edge::of(Side::Sell, book, &cut));
    let (bid, offer) = (cut.last_bid, cut.last_offer);
    let next = bids.next.unwrap_or(floor).0 + offers.next.unwrap_or(cap).0;
    let middle = Price(next.div_euclid(2));
    let everybody = (offer..=bid).contains(&middle) && is_of_single_units(book, &mut out.scratch);
    if everybody {
        out.volume = cut.volume;
        out.price = Some(middle);
    } else {
        out.volume = bids.before.min(offers.before);
        if out.volume.is_zero() {
            let (bid, offer) = best(book);
            out.indicative_price = bid.zip(offer).map(|(bid, offer)| Price((bid.0 + offer.0).div_euclid(2)));
        } else if bid == offer {
            out.price = Some(bid);
        } else {
            out.side_prices = Some((bid, offer));
        }
    }
    for (side, edge) in [(Side::Buy, bids), (Side::Sell, offers)] {
        let edge = if everybody { edge.with_its_order() } else { edge };
        let fills = if side == Side::Buy { &mut out.bid_fills } else { &mut out.offer_fills };
        let worth = edge.fill(book.orders(side), out.volume, fills);
        out.welfare += if side == Side::Buy { worth } else { -worth };
    }
    Ok(())
}

/// Where one side's orders, by price, then arrival, divide: at the order in which the last Wh traded lies.
#[derive(Clone, Copy, Debug)]
struct Edge {
    side: Side,
    /// Limit of the marginal order, n€/Wh.
    limit: Price,
    /// Position of the first order at this limit that does not count as before the edge.
    end: usize,
    /// Energy of the orders before the edge, Wh, ≥ 0.
    before: Energy,
    /// Energy of the marginal order, Wh, > 0.
    at: Energy,
    /// Limit of the best order behind the marginal one, n€/Wh.
    next: Option<Price>,
}

impl Edge {
    fn of(side: Side, book: &Book, cut: &Cut) -> Self {
        let (orders, limit) = match side {
            Side::Buy => (&book.bids, cut.last_bid),
            Side::Sell => (&book.offers, cut.last_offer),
        };
        let (mut before, mut next) = (Energy::ZERO, None::<i64>);
        for order in orders {
            match (order.limit.0 - limit.0) * sign(side) {
                1.. => before += order.energy,
                0 => {}
                gain => next = next.max(Some(gain)),
            }
        }
        let mut edge = Self { side, limit, end: 0, before, at: Energy::ZERO, next: None };
        let mut at_limit = orders.iter().enumerate().filter(|(_, order)| order.limit == limit);
        for (position, order) in at_limit.by_ref() {
            (edge.end, edge.at) = (position, order.energy);
            if edge.before + order.energy >= cut.volume {
                break;
            }
            edge.before += order.energy;
        }
        edge.next = match at_limit.next() {
            Some(_) => Some(limit),
            None => next.map(|gain| Price(limit.0 + gain * sign(side))),
        };
        edge
    }

    /// The marginal order trades too.
    fn with_its_order(self) -> Self {
        Self { end: self.end + 1, before: self.before + self.at, ..self }
    }

    /// Shares `volume` among the orders before the edge, in order of arrival; returns Σ limit × fill.
    fn fill(&self, orders: &[BookOrder], volume: Energy, fills: &mut Vec<Energy>) -> Money {
        let mut parts = CumulativeFloor::new(volume.0.into(), self.before.0.unsigned_abs().into());
        let mut worth = Money::ZERO;
        fills.clear();
        fills.extend(orders.iter().enumerate().map(|(position, order)| {
            let gain = (order.limit.0 - self.limit.0) * sign(self.side);
            if gain < 0 || (gain == 0 && position >= self.end) {
                return Energy::ZERO;
            }
            let weight = order.energy.0.unsigned_abs();
            let fill = Energy(parts.as_mut().map_or(0, |parts| parts.next(weight)) as i64);
            worth += fill * order.limit;
            fill
        }));
        worth
    }
}

/// McAfee's setting: every order is of the same energy, and every account has one.
fn is_of_single_units(book: &Book, scratch: &mut Scratch) -> bool {
    let mut orders = book.bids.iter().chain(&book.offers);
    let unit = orders.next().map(|order| order.energy);
    if orders.any(|order| Some(order.energy) != unit) {
        return false;
    }
    let accounts = &mut scratch.accounts;
    accounts.clear();
    accounts.extend(book.bids.iter().chain(&book.offers).map(|order| order.account));
    accounts.sort_unstable();
    !accounts.windows(2).any(|pair| matches!(pair, [one, other] if one == other))
}
