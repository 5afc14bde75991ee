//! A book open from the first order to gate closure: whoever arrives trades at once with the best that rests there.
//!
//! *Price–time priority*: an arriving order meets the resting orders of the other side that its limit reaches, the
//! best price first and of one price the earliest, and trades with each at the resting order's limit. What it then
//! lacks rests in the book or lapses, as its time in force says. So the book is never crossed, and an order that
//! wants any price (a market order) is one at the cap or floor that does not rest.

use super::Trade;
use super::merit::sign;
use crate::{BookOrder, Energy, Price, Side, TimeInForce};
use alloc::collections::BinaryHeap;
use alloc::collections::binary_heap::PeekMut;
use alloc::vec::Vec;

/// The orders that rest on both sides of a continuous market.
#[derive(Clone, Debug, Default)]
pub struct OpenBook {
    sides: [Resting; 2],
}

impl OpenBook {
    /// Lets an order trade with what rests on the other side, and rest where it may. Gives what is left of it, Wh.
    ///
    /// The trades are appended in their order; their `bid` and `offer` are places of arrival. What is left has
    /// lapsed where the order is immediate or cancel, or fill or kill; the latter trades all of its energy or none.
    ///
    /// The order must be what the state accepts: energy > 0, |limit| ≤ [`crate::MAX_PRICE`], a place of arrival
    /// beyond every earlier one of its side, nothing of its own account within reach.
    pub fn arrive(&mut self, side: Side, order: &BookOrder, trades: &mut Vec<Trade>) -> Energy {
        let [bids, offers] = &mut self.sides;
        let (own, other, across) = match side {
            Side::Buy => (bids, offers, Side::Sell),
            Side::Sell => (offers, bids, Side::Buy),
        };
        let trade = |resting: u32, price, energy| match side {
            Side::Buy => Trade { bid: order.arrival, offer: resting, energy, price },
            Side::Sell => Trade { bid: resting, offer: order.arrival, energy, price },
        };
        let before = trades.len();
        let within_reach = key(across, order.limit, u32::MAX);
        let mut left = order.energy;
        while !left.is_zero()
            && let Some(best) = other.best.peek_mut()
        {
            let resting = arrival(*best);
            let Some(open) = other.open.get_mut(resting as usize).filter(|open| !open.is_zero()) else {
                PeekMut::pop(best); // it left the book before
                continue;
            };
            if *best < within_reach {
                break;
            }
            let energy = left.min(*open);
            *open -= energy;
            left -= energy;
            trades.push(trade(resting, limit(across, *best), energy));
            if open.is_zero() {
                PeekMut::pop(best);
            }
        }
        match order.time_in_force {
            TimeInForce::FillOrKill if !left.is_zero() => {
                // All within reach was not enough: every trade took the whole of its order, which now rests again.
                for trade in trades.drain(before..) {
                    let resting = if side == Side::Buy { trade.offer } else { trade.bid };
                    other.rest(across, trade.price, resting, trade.energy);
                }
                order.energy
            }
            TimeInForce::NextClearing | TimeInForce::GateClosure if !left.is_zero() => {
                own.rest(side, order.limit, order.arrival, left);
                left
            }
            _ => left,
        }
    }

    /// Takes an order out of the book; gives what was left of it, Wh, if it rests there.
    pub fn cancel(&mut self, side: Side, arrival: u32) -> Option<Energy> {
        let resting = self.sides.get_mut(side as usize)?;
        let open = resting.open.get_mut(arrival as usize).filter(|open| !open.is_zero())?;
        Some(core::mem::take(open))
    }

    /// Forgets every order, keeping memory.
    pub fn clear(&mut self) {
        for Resting { best, open } in &mut self.sides {
            best.clear();
            open.clear();
        }
    }
}

/// What rests on one side.
#[derive(Clone, Debug, Default)]
struct Resting {
    /// The keys, the best on top. That of an order which left stays until it comes up.
    best: BinaryHeap<u64>,
    /// By place of arrival, what is open, Wh; 0 for whatever does not rest.
    open: Vec<Energy>,
}

impl Resting {
    fn rest(&mut self, side: Side, limit: Price, arrival: u32, energy: Energy) {
        let place = arrival as usize;
        if place >= self.open.len() {
            self.open.resize(place + 1, Energy::ZERO);
        }
        if let Some(open) = self.open.get_mut(place) {
            *open = energy;
        }
        self.best.push(key(side, limit, arrival));
    }
}

/// Larger for the better limit, and of one limit for the earlier arrival.
const fn key(side: Side, limit: Price, arrival: u32) -> u64 {
    ((limit.0 * sign(side) - i32::MIN as i64) as u64) << 32 | !arrival as u64
}

const fn arrival(key: u64) -> u32 {
    !(key as u32)
}

const fn limit(side: Side, key: u64) -> Price {
    Price(((key >> 32) as i64 + i32::MIN as i64) * sign(side))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::MAX_PRICE;

    #[test]
    fn a_key_holds_limit_and_arrival_and_sorts_by_merit() {
        for side in Side::ALL {
            for price in [-MAX_PRICE.0, -1, 0, 1, MAX_PRICE.0] {
                for place in [0, 1, u32::MAX] {
                    let packed = key(side, Price(price), place);
                    assert_eq!((limit(side, packed), arrival(packed)), (Price(price), place));
                }
            }
        }
        assert!(key(Side::Buy, Price(2), 9) > key(Side::Buy, Price(1), 0));
        assert!(key(Side::Sell, Price(-2), 9) > key(Side::Sell, Price(-1), 0));
        assert!(key(Side::Sell, Price(1), 0) > key(Side::Sell, Price(1), 1));
    }
}
