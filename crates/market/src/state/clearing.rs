//! A clearing: the claim is checked, filled orders become trades, and the rest stays or lapses.

use super::distances::Map;
use super::trading::best_limit;
use super::{Delivery, State};
use crate::rule::{self, Clearing};
use crate::{
    BookOrder, Carrier, Claim, DeliveryInterval, Energy, Event, OrderId, Price, Rejection, Rule, Side, Sink,
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
        let delivery = self.deliveries.get(&(interval.start, carrier)).ok_or(Rejection::NotFrozen)?;
        if !delivery.frozen {
            return Err(Rejection::NotFrozen);
        }
        if let Rule::UniformPriceBlocks { k } = market.rule {
            return self.clear_blocks(k, &market, interval, claim, sink);
        }
        if let Rule::Coupled { .. } = market.rule {
            return self.clear_coupled(carrier, interval, claim, sink);
        }
        let mut clearing = core::mem::take(&mut self.scratch.clearing);
        let checked =
            rule::check(&market.rule, &delivery.book, claim, (market.floor, market.cap), &mut clearing);
        let done = checked.and_then(|()| self.conclude(carrier, interval, &clearing, sink));
        self.scratch.clearing = clearing;
        done
    }

    /// Carries a checked outcome out: fills become trades, the rest stays or lapses.
    pub(super) fn conclude(
        &mut self,
        carrier: Carrier,
        interval: DeliveryInterval,
        clearing: &Clearing,
        sink: &mut impl Sink,
    ) -> Result<(), Rejection> {
        let (now, gate) = (self.now, self.gate(interval));
        // Where carriers are coupled, offers are pairs' ends too.
        let pairs = !matches!(self.market(carrier)?.rule, Rule::Coupled { .. });
        let minds = self.minds_distance(interval);
        let delivery = self.deliveries.get_mut(&(interval.start, carrier)).ok_or(Rejection::NotFrozen)?;
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
        if pairs && (minds || delivery.keeps_distances()) {
            delivery.note_pairs(clearing, Map { meters: &self.meters, places: &self.places });
        }
        delivery.frozen = false;
        delivery.rounds += 1;
        delivery.dirty = true;
        let mut bank = super::accounts::Bank {
            accounts: &mut self.accounts,
            dirty: &mut self.commitment.accounts_dirty,
        };
        for side in Side::ALL {
            let book = Round { carrier, interval, side, now, gate };
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
    now: u64,
    gate: u64,
}

impl Round {
    /// Whether the gate is closed, so that whatever is unfilled lapses. A block goes by the gate of its first interval.
    fn last(&self, part: u16) -> bool {
        self.now + u64::from(part) * u64::from(self.interval.duration) >= self.gate
    }
}

fn fill_side(
    delivery: &mut Delivery,
    places: &[u32],
    clearing: &Clearing,
    round: Round,
    bank: &mut super::accounts::Bank<'_>,
    sink: &mut impl Sink,
) -> Result<(), Rejection> {
    let Round { carrier, interval, side, .. } = round;
    let fills = clearing.fills(side);
    let money = clearing.money(side);
    let mut orders = core::mem::take(delivery.orders_mut(side));
    let mut details = delivery.book.details.get_mut(side as usize).map(core::mem::take).unwrap_or_default();
    let bare = details.is_empty();
    let mut index = 0;
    let mut refused = Ok(());
    let mut keep = |order: &mut BookOrder| {
        let fill = fills.get(index).copied().unwrap_or(Energy::ZERO);
        let money = money.of(index, fill);
        let kept = details.get_mut(index);
        let (premium, part) =
            kept.as_ref().map_or((Price::ZERO, 0), |kept| (kept.attributes.premium, kept.part));
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
            // Its minimum is met, so that of the rest is nothing.
            kept.into_iter().for_each(|kept| kept.attributes.minimum = Energy::ZERO);
        }
        if order.energy.0 > 0 && (round.last(part) || order.time_in_force == TimeInForce::NextClearing) {
            let released = position.lapse(side, order.energy, best_limit(side, order.limit, premium));
            if released.0 != 0 {
                refused = refused.and(bank.release(order.account, released));
            }
            delivery.matching.cancel(side, order.arrival);
            sink.event(Event::OrderEnded { id, unfilled: order.energy });
            return false;
        }
        order.energy.0 > 0
    };
    if bare {
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
