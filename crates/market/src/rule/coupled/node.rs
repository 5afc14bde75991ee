//! The orders of one node, given what conversions and storages take and give there.

use super::{Node, Wrong};
use crate::rule::merit::{ladder, sign};
use crate::rule::{Clearing, SideCut, uniform_price};
use crate::{BookOrder, Energy, Money, NodeClaim, Price, PriceConvention, Rejection, Side};

/// What conversions and storages do at a node, Wh.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Flow {
    taken: i128,
    given: i128,
    /// How much whole Wh may keep from the orders.
    pub(super) slack: i128,
    /// Whether an offer touches the node, running or not.
    touched: bool,
}

impl Flow {
    pub(super) fn take(&mut self, energy: Energy, slack: i128) {
        self.taken += i128::from(energy.0);
        self.slack += slack;
        self.touched = true;
    }

    pub(super) fn give(&mut self, energy: Energy, slack: i128) {
        self.given += i128::from(energy.0);
        self.slack += slack;
        self.touched = true;
    }
}

/// The orders of a node at a price: better ones and those at it.
///
/// Where the exact price lies strictly between two whole ones, nobody is at it: bids are better above the lower one,
/// offers below the upper one.
pub(super) fn sides(node: &Node<'_>, claim: &NodeClaim) -> ([SideCut; 2], [Energy; 2]) {
    let above = Price(claim.price.0 + i64::from(claim.between));
    let bids = SideCut::at(node.book.bids.iter(), claim.price, sign(Side::Buy));
    let offers = SideCut::at(node.book.offers.iter(), above, sign(Side::Sell));
    let at = if claim.between { [Energy::ZERO; 2] } else { [bids.at, offers.at] };
    ([bids, offers], at)
}

/// Clears a node, and checks that the claim says what that gives.
///
/// Given what conversions and storages do, the orders' part follows from the price: as much as fits is traded, those
/// at the price making up for what better ones and conversions leave. Only where all of them on one side, and none on
/// the other, do not suffice, better ones lack the rest.
pub(super) fn clear(
    number: usize,
    node: &Node<'_>,
    claim: &NodeClaim,
    flow: &Flow,
    out: &mut Clearing,
) -> Result<(), Wrong> {
    if !flow.touched {
        alone(number, node, claim, out)?;
    }
    let ([bids, offers], at) = sides(node, claim);
    let [bids_at, offers_at] = at.map(|energy| i128::from(energy.0));
    let better = [bids.better, offers.better].map(|energy| i128::from(energy.0));
    // What is left over before those at the price trade, negative where it is lacking.
    let excess = flow.given - flow.taken + better[1] - better[0];
    let bought = (offers_at + excess).clamp(0, bids_at);
    let sold = (bought - excess).clamp(0, offers_at);
    let left = excess - bought + sold;
    let short = [(-left).max(0), left.max(0)];

    let [margin, lacking] = [claim.margin, claim.short].map(|pair| pair.map(|energy| i128::from(energy.0)));
    if (margin, lacking) != ([bought, sold], short) {
        let by = excess - margin[0] + margin[1] + lacking[0] - lacking[1];
        let possible = margin.iter().chain(&lacking).all(|energy| *energy >= 0)
            && margin[0] <= bids_at
            && margin[1] <= offers_at;
        return Err(if by == 0 && possible {
            Wrong::TradeLeft { node: number, right: [bought, sold] }
        } else {
            Wrong::Unbalanced { node: number, by }
        });
    }
    if short[0] > better[0] || short[1] > better[1] {
        return Err(Wrong::Unbalanced { node: number, by: left });
    }
    let by = short[0] + short[1];
    if by > flow.slack {
        return Err(Wrong::Short { node: number, by, allowed: flow.slack });
    }
    if flow.touched {
        fill(node, claim, [bids.at, offers.at], out);
        out.volume = Energy((better[0] - short[0] + bought + flow.taken) as i64);
        if out.volume > Energy::ZERO {
            out.equilibrium = Some(claim.price);
            let (sellers, buyers) = out.range;
            (out.price, out.side_prices) =
                if claim.between { (None, Some((buyers, sellers))) } else { (Some(claim.price), None) };
        }
    }
    Ok(())
}

/// Checks the price of a node that no offer touches; `out` then holds the outcome of `uniform_price`.
fn alone(number: usize, node: &Node<'_>, claim: &NodeClaim, out: &mut Clearing) -> Result<(), Wrong> {
    let (convention, price) = (PriceConvention::Equilibrium, claim.price);
    if claim.between {
        return Err(Wrong::AloneBetween { node: number });
    }
    match uniform_price::check(convention, node.k, node.book, price, price, out) {
        Ok(()) => return Ok(()),
        Err(Rejection::NotEquilibrium) if out.nothing(node.book, node.collar).is_ok() => {
            let (lo, hi) = out.range;
            if price == Price(lo.0 + node.k.of(hi.0 - lo.0)) { Ok(()) } else { Err(()) }
        }
        Err(_) => Err(()),
    }
    .map_err(|()| Wrong::AlonePrice { node: number, price })
}

/// Fills the orders of a node by its price, those at it sharing the margin, the worst giving up what is short.
fn fill(node: &Node<'_>, claim: &NodeClaim, at: [Energy; 2], out: &mut Clearing) {
    out.reset(node.book);
    out.range = (claim.price, Price(claim.price.0 + i64::from(claim.between)));
    let Clearing { bid_fills, offer_fills, scratch, welfare, range, .. } = out;
    let sides = [(Side::Buy, range.0, bid_fills), (Side::Sell, range.1, offer_fills)];
    for (((side, price, fills), at), (share, short)) in
        sides.into_iter().zip(at).zip(claim.margin.into_iter().zip(claim.short))
    {
        let orders = node.book.orders(side);
        uniform_price::fill(side, price, (at, share), orders, fills, scratch);
        shorten(side, orders, short, fills);
        let value: Money = orders.iter().zip(fills.iter()).map(|(order, fill)| *fill * order.limit).sum();
        *welfare += if side == Side::Buy { value } else { -value };
    }
}

/// The worst orders, of equals the last in canonical order, give up what is short.
fn shorten(side: Side, orders: &[BookOrder], mut short: Energy, fills: &mut [Energy]) {
    if short.is_zero() {
        return;
    }
    for rung in ladder(side, orders, fills).into_iter().rev() {
        if let Some(fill) = fills.get_mut(rung.position as usize) {
            let given_up = short.min(*fill);
            *fill -= given_up;
            short -= given_up;
        }
    }
}
