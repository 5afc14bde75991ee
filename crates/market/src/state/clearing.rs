//! A clearing: the claim is checked, filled orders become trades, and the rest stays or lapses.

use super::{Delivery, State};
use crate::rule::{self, Clearing};
use crate::{
    Carrier, Claim, DeliveryInterval, Energy, Event, OrderId, Rejection, Rule, Side, Sink, TimeInForce,
};
use alloc::vec::Vec;

impl State {
    pub(super) fn clear(
        &mut self,
        carrier: Carrier,
        interval: DeliveryInterval,
        claim: &Claim,
        sink: &mut impl Sink,
    ) -> Result<(), Rejection> {
        let interval = self.on_grid(interval)?;
        let market = *self.market(carrier)?;
        if !matches!(market.rule, Rule::UniformPrice { .. } | Rule::PayAsBid { .. }) {
            return self.clear_metered(carrier, interval, claim, sink);
        }
        let last = self.now >= self.gate(interval);
        let delivery = self.deliveries.get_mut(&(interval.start, carrier)).ok_or(Rejection::NotFrozen)?;
        if !delivery.frozen {
            return Err(Rejection::NotFrozen);
        }
        let clearing = &mut self.scratch.clearing;
        rule::check(&market.rule, &delivery.book, claim, (market.floor, market.cap), clearing)?;

        sink.event(Event::Cleared {
            carrier,
            interval,
            volume: clearing.volume,
            price: clearing.price,
            equilibrium: clearing.equilibrium,
            welfare: clearing.welfare,
            orders: Side::ALL.map(|side| delivery.orders(side).len() as u32),
        });
        for trade in &clearing.trades {
            let arrival =
                |side, index: u32| delivery.orders(side).get(index as usize).map_or(0, |order| order.arrival);
            sink.event(Event::Paired {
                bid: arrival(Side::Buy, trade.bid),
                offer: arrival(Side::Sell, trade.offer),
                energy: trade.energy,
                price: trade.price,
            });
        }
        delivery.frozen = false;
        delivery.rounds += 1;
        delivery.dirty = true;
        let mut bank = super::accounts::Bank {
            accounts: &mut self.accounts,
            dirty: &mut self.commitment.accounts_dirty,
        };
        for side in Side::ALL {
            let book = Round { carrier, interval, side, last };
            fill_side(delivery, &self.places, clearing, book, &mut bank, sink)?;
        }
        delivery.forget_limits();
        Ok(())
    }
}

/// One side of one clearing.
#[derive(Clone, Copy)]
struct Round {
    carrier: Carrier,
    interval: DeliveryInterval,
    side: Side,
    /// The gate is closed: whatever is unfilled lapses.
    last: bool,
}

fn fill_side(
    delivery: &mut Delivery,
    places: &[u32],
    clearing: &Clearing,
    Round { carrier, interval, side, last }: Round,
    bank: &mut super::accounts::Bank<'_>,
    sink: &mut impl Sink,
) -> Result<(), Rejection> {
    let fills = match side {
        Side::Buy => &clearing.bid_fills,
        Side::Sell => &clearing.offer_fills,
    };
    let paired = money_of_pairs(clearing, side);
    let mut orders = core::mem::take(delivery.orders_mut(side));
    let mut index = 0;
    let mut refused = Ok(());
    orders.retain_mut(|order| {
        let fill = fills.get(index).copied().unwrap_or(Energy::ZERO);
        let money = match clearing.price {
            Some(price) => (fill * price).0 as i64,
            None => paired.get(index).copied().unwrap_or(0),
        };
        index += 1;
        let id = OrderId { carrier, interval, side, arrival: order.arrival };
        let place = places.get(order.meter.0 as usize).copied().unwrap_or(u32::MAX);
        let Some(position) = delivery.positions.get_mut(place as usize) else { return false };
        if fill.0 > 0 {
            position.fill(side, fill, money);
            sink.event(Event::Filled {
                id,
                account: order.account,
                meter: order.meter,
                limit: order.limit,
                energy: fill,
                money: crate::Money(money.into()),
            });
            order.energy -= fill;
        }
        if order.energy.0 > 0 && (last || order.time_in_force == TimeInForce::NextClearing) {
            let released = position.lapse(side, order.energy, order.limit);
            if released.0 != 0 {
                refused = refused.and(bank.release(order.account, released));
            }
            sink.event(Event::OrderEnded { id, unfilled: order.energy });
            return false;
        }
        order.energy.0 > 0
    });
    *delivery.orders_mut(side) = orders;
    refused
}

/// Per order of a side, what its pairs pay, n€; empty where one price holds for all.
fn money_of_pairs(clearing: &Clearing, side: Side) -> Vec<i64> {
    if clearing.trades.is_empty() {
        return Vec::new();
    }
    let orders = match side {
        Side::Buy => clearing.bid_fills.len(),
        Side::Sell => clearing.offer_fills.len(),
    };
    let mut money = alloc::vec![0; orders];
    for trade in &clearing.trades {
        let index = match side {
            Side::Buy => trade.bid,
            Side::Sell => trade.offer,
        };
        if let Some(sum) = money.get_mut(index as usize) {
            *sum += (trade.energy * trade.price).0 as i64;
        }
    }
    money
}
