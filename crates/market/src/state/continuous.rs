//! Under `continuous` an order trades when it arrives.

use super::State;
use super::accounts::Bank;
use super::distances::Map;
use crate::rule::Trade;
use crate::{BookOrder, Event, OrderId, Rejection, Side, Sink, TimeInForce};

impl State {
    /// Lets an order meet what rests in its book: what is traded becomes part of the positions, the rest of the
    /// order rests or lapses. A fill-or-kill order that cannot be filled has been accepted and ends here.
    pub(super) fn trade_on_arrival(
        &mut self,
        id: OrderId,
        mut order: BookOrder,
        sink: &mut impl Sink,
    ) -> Result<(), Rejection> {
        let OrderId { carrier, interval, side, .. } = id;
        let key = (interval.start, carrier);
        let minds = self.minds_distance(interval);
        let map = Map { meters: &self.meters, places: &self.places };
        let delivery = self.deliveries.get_mut(&key).ok_or(Rejection::UnknownOrder)?;
        let mut bank = Bank { accounts: &mut self.accounts, dirty: &mut self.commitment.accounts_dirty };
        let trades = &mut self.scratch.clearing.trades;
        trades.clear();
        let left = delivery.matching.arrive(side, &order, trades);
        let across = if side == Side::Buy { Side::Sell } else { Side::Buy };
        let mut used_up = false;
        for Trade { bid, offer, energy, price } in trades.iter().copied() {
            sink.event(Event::Paired { bid, offer, energy, price });
            let orders = delivery.orders_mut(across);
            let resting = if side == Side::Buy { offer } else { bid };
            let found = orders.binary_search_by_key(&resting, |order| order.arrival);
            let found = found.ok().and_then(|at| orders.get_mut(at)).ok_or(Rejection::UnknownOrder)?;
            found.energy -= energy;
            used_up |= found.energy.is_zero();
            let found = *found;
            let (buyer, seller) = if side == Side::Buy { (order, found) } else { (found, order) };
            if minds || delivery.keeps_distances() {
                delivery.note_pair(buyer.meter, seller.meter, energy, map);
            }
            for (side, order) in [(Side::Buy, buyer), (Side::Sell, seller)] {
                let place = self.places.get(order.meter.0 as usize).copied().unwrap_or(u32::MAX);
                let position = delivery.positions.get_mut(place as usize).ok_or(Rejection::UnknownMeter)?;
                let money = energy * price;
                position.fill(side, energy, money.0 as i64);
                sink.event(Event::Filled {
                    id: OrderId { side, arrival: order.arrival, ..id },
                    account: order.account,
                    meter: order.meter,
                    limit: order.limit,
                    energy,
                    money,
                });
            }
        }
        if used_up {
            delivery.orders_mut(across).retain(|order| !order.energy.is_zero());
            delivery.forget_limits();
        }
        order.energy = left;
        if left.is_zero() {
            return Ok(());
        }
        if matches!(order.time_in_force, TimeInForce::NextClearing | TimeInForce::GateClosure) {
            delivery.note_limit(order.account, side, order.limit);
            delivery.orders_mut(side).push(order);
            return Ok(());
        }
        let place = self.places.get(order.meter.0 as usize).copied().unwrap_or(u32::MAX);
        let position = delivery.positions.get_mut(place as usize).ok_or(Rejection::UnknownMeter)?;
        bank.release(order.account, position.lapse(side, left, order.limit))?;
        sink.event(Event::OrderEnded { id, unfilled: left });
        Ok(())
    }
}
