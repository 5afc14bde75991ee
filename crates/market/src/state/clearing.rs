//! A clearing: the claim is checked, filled orders become trades, and the rest stays or lapses.

use super::trading::best_limit;
use super::{Delivery, State};
use crate::rule::{self, Clearing};
use crate::{
    BookOrder, Carrier, Claim, DeliveryInterval, Energy, Event, OrderId, Price, Rejection, Side, Sink,
    TimeInForce,
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
        if !market.rule.takes_orders() || (market.rule.shares_metered() && *claim == Claim::Metered) {
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
    let fills = clearing.fills(side);
    let money = clearing.money(side);
    let mut orders = core::mem::take(delivery.orders_mut(side));
    let mut details = delivery.book.details.get_mut(side as usize).map(core::mem::take).unwrap_or_default();
    let mut index = 0;
    let mut refused = Ok(());
    let mut keep = |order: &mut BookOrder| {
        let fill = fills.get(index).copied().unwrap_or(Energy::ZERO);
        let money = money.of(index, fill);
        let premium = details.get(index).map_or(Price::ZERO, |details| details.attributes.premium);
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
            let released = position.lapse(side, order.energy, best_limit(side, order.limit, premium));
            if released.0 != 0 {
                refused = refused.and(bank.release(order.account, released));
            }
            sink.event(Event::OrderEnded { id, unfilled: order.energy });
            return false;
        }
        order.energy.0 > 0
    };
    if details.is_empty() {
        orders.retain_mut(keep);
    } else {
        let mut stays = Vec::with_capacity(orders.len());
        orders.retain_mut(|order| {
            let stay = keep(order);
            stays.push(stay);
            stay
        });
        let mut stays = stays.into_iter();
        details.retain(|_| stays.next().unwrap_or(false));
    }
    *delivery.orders_mut(side) = orders;
    if let Some(list) = delivery.book.details.get_mut(side as usize) {
        *list = details;
    }
    refused
}
