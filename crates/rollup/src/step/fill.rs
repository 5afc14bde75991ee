//! Filling: orders better than the price entirely, worse ones not at all, those at it by cumulative floor.
//!
//! The market shares the margin in canonical order: accounts by their first arrival at the price, each one's orders by
//! arrival. Here orders are met by arrival alone. When an account's first one is met, the accounts met before it are
//! exactly those before it in canonical order, so its block begins at the sum of their weights, which the scan has
//! noted; within the block its own orders come by arrival. Part i is ⌊A·(start + used + w)/W⌋ − ⌊A·(start + used)/W⌋.

use super::Done;
use super::auction::{Auction, flag, gain, side};
use super::leaf::{Delivery, Market, Order, Position, rule, stage};
use super::money::hold;
use super::pairing::Pairing;
use super::place::Place;
use super::store::{Store, get, put};
use market::{Rejection, Side};

/// Fills the next order.
pub(super) fn fill(store: &mut impl Store, slot: u8, delivery: &mut Delivery, market: &Market) -> Done {
    let mut auction: Auction = delivery.work();
    let side = side(delivery.stage);
    let arrival = auction.cursor;
    let mut order: Order = get(store, Place::order(slot, side, arrival))?;
    auction.cursor += 1;
    if order.account != 0 {
        let mut position: Position = get(store, Place::position(slot, order.rank))?;
        let part = auction.part(side, &order, &mut position);
        let pairs = market.rule == rule::PAY_AS_BID;
        if part > 0 {
            let money = if pairs { 0 } else { part as i64 * i64::from(auction.price) };
            position.fill(side, part, money);
            order.energy -= part;
            order.fill = if pairs { part } else { 0 };
        }
        if order.energy > 0 && (auction.flags & flag::LAST != 0 || order.time_in_force == 0) {
            let released = position.lapse(side, order.energy, order.limit);
            hold(store, order.account, -released)?;
            order.energy = 0;
        }
        put(store, Place::position(slot, order.rank), &position)?;
        if order.energy == 0 {
            delivery.live -= 1;
        }
        if order.energy == 0 && order.fill == 0 {
            order = Order::default();
        }
        put(store, Place::order(slot, side, arrival), &order)?;
    }
    delivery.set_work(&auction);
    Ok(())
}

/// Goes on from bids to offers, and from there to the merit order, where the rule asks for one.
pub(super) fn turn(delivery: &mut Delivery, market: &Market) -> Option<Rejection> {
    let mut auction: Auction = delivery.work();
    if auction.cursor < delivery.arrivals(side(delivery.stage)) {
        return None;
    }
    (auction.cursor, auction.running) = (0, 0);
    if delivery.stage == stage::FILL_BIDS {
        delivery.stage = stage::FILL_OFFERS;
        delivery.set_work(&auction);
    } else if market.rule == rule::PAY_AS_BID && auction.volume() > 0 {
        delivery.stage = stage::LIST_BIDS;
        delivery.set_work(&Pairing::of(&auction));
    } else {
        delivery.rest(stage::OPEN);
    }
    None
}

impl Auction {
    /// What an order trades, Wh; at the price its position says from where on it shares.
    fn part(&mut self, side: Side, order: &Order, position: &mut Position) -> u64 {
        if self.flags & flag::NOTHING != 0 {
            return 0;
        }
        let gain = gain(side, order.limit, self.equilibrium);
        if gain != 0 {
            return if gain > 0 { order.energy } else { 0 };
        }
        let (at, share) = self.margin(side);
        if position.margin_used == 0 {
            position.margin_start = self.running;
            self.running += position.margin_weight;
        }
        let from = position.margin_start + position.margin_used;
        position.margin_used += order.energy;
        let upto = |weight: u64| (u128::from(share) * u128::from(weight) / u128::from(at.max(1))) as u64;
        upto(from + order.energy) - upto(from)
    }
}
