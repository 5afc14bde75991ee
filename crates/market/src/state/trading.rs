//! Time before delivery: orders enter and leave the book, prices are promised, the gate closes.

use super::State;
use crate::{
    AccountId, BookOrder, Carrier, DeliveryInterval, Energy, Event, MAX_ENERGY, MAX_ORDERS, Money, Order,
    OrderId, Price, Rejection, Rule, Side, Sink,
};

impl State {
    pub(super) fn place(&mut self, order: &Order, sink: &mut impl Sink) -> Result<(), Rejection> {
        let terms = self.meters.get(order.meter.0 as usize).ok_or(Rejection::UnknownMeter)?.terms;
        self.fresh(order.account, order.nonce)?;
        if terms.account != order.account {
            return Err(Rejection::ForeignMeter);
        }
        let interval = self.on_grid(order.interval)?;
        let market = *self.market(terms.carrier)?;
        let hold = hold_rate(order.side, order.limit) * i128::from(order.energy.0);
        if hold > self.bank().available(order.account).0 {
            return Err(Rejection::InsufficientFunds);
        }
        let gate = self.gate(interval);
        let ahead =
            self.community().map_or(0, |terms| u64::from(terms.horizon) * u64::from(terms.interval_duration));
        if gate > self.now + ahead {
            return Err(Rejection::TooEarly);
        }
        if self.now >= gate {
            return Err(Rejection::GateClosed);
        }
        let place = *self.places.get(order.meter.0 as usize).ok_or(Rejection::UnknownMeter)?;
        let delivery = self.deliveries.get(&(interval.start, terms.carrier));
        if delivery.is_some_and(|delivery| delivery.frozen) {
            return Err(Rejection::BookFrozen);
        }
        if !(1..=MAX_ENERGY.0).contains(&order.energy.0) {
            return Err(Rejection::BadEnergy);
        }
        if !(market.floor..=market.cap).contains(&order.limit) {
            return Err(Rejection::OutsideCollar);
        }
        let position = delivery.and_then(|delivery| delivery.position(place)).copied().unwrap_or_default();
        let (committed, capacity) = match order.side {
            Side::Buy => (position.open_buy + position.bought, terms.import_capacity),
            Side::Sell => (position.open_sell + position.sold, terms.export_capacity),
        };
        if committed + order.energy > capacity {
            return Err(Rejection::BeyondCapacity);
        }
        if delivery.is_some_and(|delivery| delivery.would_self_trade(order.account, order.side, order.limit))
        {
            return Err(Rejection::SelfTrade);
        }
        if !matches!(market.rule, Rule::UniformPrice { .. } | Rule::PayAsBid { .. }) {
            return Err(Rejection::NotForThisRule);
        }

        let delivery = self.delivery_mut(terms.carrier, interval)?;
        let side = order.side;
        let arrival = delivery.arrivals.get(side as usize).copied().unwrap_or(MAX_ORDERS);
        if arrival >= MAX_ORDERS {
            return Err(Rejection::TooMany);
        }
        if let Some(count) = delivery.arrivals.get_mut(side as usize) {
            *count += 1;
        }
        delivery.note_limit(order.account, side, order.limit);
        delivery.orders_mut(side).push(BookOrder {
            limit: order.limit,
            energy: order.energy,
            account: order.account,
            meter: order.meter,
            arrival,
            time_in_force: order.time_in_force,
        });
        if let Some(position) = delivery.positions.get_mut(place as usize) {
            position.open(side, order.energy, hold as i64);
        }
        delivery.dirty = true;
        self.use_nonce(order.account, order.nonce)?;
        self.bank().hold(order.account, Money(hold))?;
        let id = OrderId { carrier: terms.carrier, interval, side, arrival };
        sink.event(Event::OrderAccepted {
            id,
            account: order.account,
            energy: order.energy,
            limit: order.limit,
        });
        Ok(())
    }

    pub(super) fn cancel(
        &mut self,
        account: AccountId,
        id: OrderId,
        nonce: u64,
        sink: &mut impl Sink,
    ) -> Result<(), Rejection> {
        self.fresh(account, nonce)?;
        let interval = self.on_grid(id.interval)?;
        let delivery =
            self.deliveries.get_mut(&(interval.start, id.carrier)).ok_or(Rejection::UnknownOrder)?;
        if delivery.frozen {
            return Err(Rejection::BookFrozen);
        }
        let orders = delivery.orders_mut(id.side);
        let found = orders.binary_search_by_key(&id.arrival, |order| order.arrival);
        let index = found.map_err(|_| Rejection::UnknownOrder)?;
        let order =
            *orders.get(index).filter(|order| order.account == account).ok_or(Rejection::UnknownOrder)?;
        orders.remove(index);
        delivery.forget_limits();
        delivery.dirty = true;
        let place = *self.places.get(order.meter.0 as usize).ok_or(Rejection::UnknownMeter)?;
        if let Some(position) = delivery.positions.get_mut(place as usize) {
            let released = position.lapse(id.side, order.energy, order.limit);
            self.bank().release(account, released)?;
        }
        self.use_nonce(account, nonce)?;
        sink.event(Event::OrderEnded { id, unfilled: order.energy });
        Ok(())
    }

    /// Freezes a book. An empty one may be frozen too: its clearing then says that nothing was traded.
    pub(super) fn close(&mut self, carrier: Carrier, interval: DeliveryInterval) -> Result<(), Rejection> {
        let interval = self.on_grid(interval)?;
        let market = *self.market(carrier)?;
        let ahead =
            self.community().map_or(0, |terms| u64::from(terms.horizon) * u64::from(terms.interval_duration));
        if self.gate(interval) > self.now + ahead {
            return Err(Rejection::TooEarly);
        }
        if self.delivery(carrier, interval).is_some_and(|delivery| delivery.frozen) {
            return Err(Rejection::BookFrozen);
        }
        if !matches!(market.rule, Rule::UniformPrice { .. } | Rule::PayAsBid { .. }) {
            return Err(Rejection::NotForThisRule);
        }
        let delivery = self.delivery_mut(carrier, interval)?;
        delivery.frozen = true;
        delivery.dirty = true;
        Ok(())
    }
}

/// What an account must promise per Wh of an open order so that the trade is paid at the worst price it allows,
/// n€/Wh: a buyer at positive limits, a seller at negative ones. Fees and deviations run on the settlement.
pub(super) const fn hold_rate(side: Side, limit: Price) -> i128 {
    let owed = match side {
        Side::Buy => limit.0,
        Side::Sell => -limit.0,
    };
    if owed > 0 { owed as i128 } else { 0 }
}

impl super::Position {
    fn open(&mut self, side: Side, energy: Energy, hold: i64) {
        match side {
            Side::Buy => self.open_buy += energy,
            Side::Sell => self.open_sell += energy,
        }
        self.hold += hold;
    }

    /// An open order, or what is left of one, leaves the book: what may be released of the hold.
    pub(super) fn lapse(&mut self, side: Side, energy: Energy, limit: Price) -> Money {
        let released = hold_rate(side, limit) * i128::from(energy.0);
        self.open(side, -energy, -(released as i64));
        Money(released)
    }

    /// Part of an open order becomes a trade; its hold stays until the settlement.
    pub(super) fn fill(&mut self, side: Side, energy: Energy, money: i64) {
        self.open(side, -energy, 0);
        match side {
            Side::Buy => {
                self.bought += energy;
                self.paid += money;
            }
            Side::Sell => {
                self.sold += energy;
                self.received += money;
            }
        }
    }
}
