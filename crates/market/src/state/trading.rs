//! Time before delivery: orders enter and leave the book, prices are promised, the gate closes.

use super::blocks::Block;
use super::{Delivery, State};
use crate::rule::{MAX_PAIRED, RuleKind};
use crate::{
    AccountId, Attributes, BookOrder, Carrier, DeliveryInterval, Details, Energy, Event, MAX_ENERGY,
    MAX_ORDERS, MAX_PRICE, Money, Order, OrderId, Price, Quality, Rejection, Side, Sink, Step, TimeInForce,
    Wish,
};

/// What an order finds in the books of its intervals, the worst of them counting.
#[derive(Default)]
struct There {
    /// Books that exist.
    count: usize,
    frozen: bool,
    /// What its metering point has open and traded on its side, Wh.
    committed: Energy,
    /// Whether it would trade with its account's own.
    crosses: bool,
    /// Orders of its side that have arrived, and that are live.
    arrived: u32,
    live: usize,
}

impl There {
    fn see(&mut self, delivery: &Delivery, place: u32, side: Side) {
        let position = delivery.position(place).copied().unwrap_or_default();
        let committed = match side {
            Side::Buy => position.open_buy + position.bought,
            Side::Sell => position.open_sell + position.sold,
        };
        self.count += 1;
        self.frozen |= delivery.frozen;
        self.committed = self.committed.max(committed);
        self.arrived = self.arrived.max(delivery.arrivals.get(side as usize).copied().unwrap_or(0));
        self.live = self.live.max(delivery.orders(side).len());
    }
}

impl State {
    /// Takes an order, with its wishes, into the book; of a curve, every step as an order of its own.
    pub(super) fn place(
        &mut self,
        order: &Order,
        attributes: &Attributes,
        steps: &[Step],
        sink: &mut impl Sink,
    ) -> Result<(), Rejection> {
        let meter = *self.meters.get(order.meter.0 as usize).ok_or(Rejection::UnknownMeter)?;
        let terms = meter.terms;
        self.fresh(order.account, order.nonce)?;
        if terms.account != order.account {
            return Err(Rejection::ForeignMeter);
        }
        let interval = self.on_grid(order.interval)?;
        let market = *self.market(terms.carrier)?;
        let side = order.side;
        let first = Step { limit: order.limit, energy: order.energy };
        let curve = || core::iter::once(&first).chain(steps);
        // A block has a part in each of its intervals, and each part must be welcome.
        let intervals = || (0..=u64::from(attributes.further)).map(|part| interval.later(part));
        let last = match attributes.further {
            0 => interval,
            further => self.on_grid(interval.later(further.into()))?,
        };
        let best = |limit: Price| best_limit(side, limit, attributes.premium);
        let worst = |limit: Price| best_limit(side, limit, Price(attributes.fall.0.saturating_neg()));
        let hold = |step: &Step| hold_rate(side, best(step.limit)) * i128::from(step.energy.0);
        let held = curve().map(hold).fold(0, i128::saturating_add);
        let held = held.saturating_mul(i128::from(attributes.further) + 1);
        if held > self.bank().available(order.account).0 {
            return Err(Rejection::InsufficientFunds);
        }
        let ahead =
            self.community().map_or(0, |terms| u64::from(terms.horizon) * u64::from(terms.interval_duration));
        if self.gate(last) > self.now + ahead {
            return Err(Rejection::TooEarly);
        }
        if self.now >= self.gate(interval) {
            return Err(Rejection::GateClosed);
        }
        let place = *self.places.get(order.meter.0 as usize).ok_or(Rejection::UnknownMeter)?;
        let reach = reach(side, order.limit, attributes);
        let mut there = There::default();
        for interval in intervals() {
            if let Some(delivery) = self.deliveries.get(&(interval.start, terms.carrier)) {
                there.see(delivery, place, side);
                there.crosses |= delivery.would_self_trade(order.account, side, reach)
                    || delivery.meets_offer(order.meter, side);
            }
        }
        if there.frozen {
            return Err(Rejection::BookFrozen);
        }
        if !curve().all(|step| (1..=MAX_ENERGY.0).contains(&step.energy.0)) {
            return Err(Rejection::BadEnergy);
        }
        let collar = market.floor..=market.cap;
        let inside = |step: &Step| {
            [step.limit, best(step.limit), worst(step.limit)].iter().all(|limit| collar.contains(limit))
        };
        if !curve().all(inside) {
            return Err(Rejection::OutsideCollar);
        }
        let capacity = match side {
            Side::Buy => terms.import_capacity,
            Side::Sell => terms.export_capacity,
        };
        let energy: i128 = curve().map(|step| i128::from(step.energy.0)).sum();
        if i128::from(there.committed.0) + energy > i128::from(capacity.0) {
            return Err(Rejection::BeyondCapacity);
        }
        if there.crosses {
            return Err(Rejection::SelfTrade);
        }
        let kind = market.rule.kind();
        let on_arrival =
            matches!(order.time_in_force, TimeInForce::ImmediateOrCancel | TimeInForce::FillOrKill);
        let granted = attributes.wishes().all(|wish| kind.grants(wish))
            && (steps.is_empty() || kind.grants(Wish::Steps))
            && (!on_arrival || kind == RuleKind::Continuous);
        if !kind.takes_orders() || !granted {
            return Err(Rejection::NotForThisRule);
        }
        let partner = attributes.partner;
        let known = partner == AccountId::WORLD
            || (partner.0 >= AccountId::FIRST_MEMBER.0 && (partner.0 as usize) < self.accounts.len());
        if !known || !makes_sense(order, attributes, steps) {
            return Err(Rejection::BadWish);
        }
        let missing = usize::from(attributes.further) + 1 - there.count;
        let full = steps.len() as u64 + u64::from(there.arrived) >= u64::from(MAX_ORDERS);
        let unpaired = kind == RuleKind::Bilateral && there.live + steps.len() >= MAX_PAIRED;
        if full || unpaired || (missing > 0 && !self.commitment.has_slots(missing)) {
            return Err(Rejection::TooMany);
        }

        for step in curve() {
            let step = Order { limit: step.limit, energy: step.energy, ..*order };
            let mut details =
                Details { attributes: *attributes, location: meter.location, ..Details::default() };
            for (part, interval) in (0..=attributes.further).zip(intervals()) {
                details.part = part;
                let arrival = self.enter(kind, &Order { interval, ..step }, details, sink)?;
                if part == 0 {
                    details.block = arrival;
                }
            }
        }
        self.use_nonce(order.account, order.nonce)
    }

    /// Lets an accepted order into the book of its interval: its place of arrival there.
    fn enter(
        &mut self,
        kind: RuleKind,
        order: &Order,
        mut details: Details,
        sink: &mut impl Sink,
    ) -> Result<u32, Rejection> {
        let Order { account, meter, interval, side, energy, limit, time_in_force, .. } = *order;
        let carrier = self.meters.get(meter.0 as usize).ok_or(Rejection::UnknownMeter)?.terms.carrier;
        let place = *self.places.get(meter.0 as usize).ok_or(Rejection::UnknownMeter)?;
        let best = best_limit(side, limit, details.attributes.premium);
        let hold = hold_rate(side, best) * i128::from(energy.0);
        let delivery = self.delivery_mut(carrier, interval)?;
        let arrival = delivery.arrivals.get(side as usize).copied().unwrap_or(MAX_ORDERS);
        if let Some(count) = delivery.arrivals.get_mut(side as usize) {
            *count += 1;
        }
        if let Some(position) = delivery.positions.get_mut(place as usize) {
            position.open(side, energy, hold as i64);
        }
        delivery.dirty = true;
        let order = BookOrder { limit, energy, account, meter, arrival, time_in_force };
        let waits = kind != RuleKind::Continuous;
        if waits {
            delivery.note_limit(account, side, reach(side, limit, &details.attributes));
            delivery.orders_mut(side).push(order);
        }
        if kind.keeps_details() {
            if details.attributes.further > 0 && details.part == 0 {
                details.block = arrival;
            }
            let list = delivery.book.details.get_mut(side as usize);
            list.into_iter().for_each(|list| list.push(details));
        }
        self.bank().hold(account, Money(hold))?;
        let id = OrderId { carrier, interval, side, arrival };
        sink.event(Event::OrderAccepted { id, account, energy, limit });
        if !waits {
            self.trade_on_arrival(id, order, sink)?;
        }
        Ok(arrival)
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
        let delivery = self.deliveries.get(&(interval.start, id.carrier)).ok_or(Rejection::UnknownOrder)?;
        if delivery.frozen {
            return Err(Rejection::BookFrozen);
        }
        let found = delivery.orders(id.side).binary_search_by_key(&id.arrival, |order| order.arrival);
        let index = found.map_err(|_| Rejection::UnknownOrder)?;
        if delivery.orders(id.side).get(index).is_none_or(|order| order.account != account) {
            return Err(Rejection::UnknownOrder);
        }
        let kept = delivery.book.details(id.side, index);
        if kept.attributes.further > 0 {
            let block = Block::of(&kept, id.side, interval);
            if block.intervals().any(|at| self.is_frozen(id.carrier, at)) {
                return Err(Rejection::BookFrozen);
            }
            self.end_block(id.carrier, &block, |_| true, sink)?;
        } else {
            self.end_order(id.carrier, interval, id.side, index, sink)?;
        }
        self.use_nonce(account, nonce)
    }

    /// What is left of the order at this position leaves the book.
    pub(super) fn end_order(
        &mut self,
        carrier: Carrier,
        interval: DeliveryInterval,
        side: Side,
        index: usize,
        sink: &mut impl Sink,
    ) -> Result<(), Rejection> {
        let key = (interval.start, carrier);
        let delivery = self.deliveries.get_mut(&key).ok_or(Rejection::UnknownOrder)?;
        let order = *delivery.orders(side).get(index).ok_or(Rejection::UnknownOrder)?;
        delivery.orders_mut(side).remove(index);
        delivery.matching.cancel(side, order.arrival);
        let premium = delivery.take_details(side, index).attributes.premium;
        delivery.forget_limits();
        delivery.dirty = true;
        let place = *self.places.get(order.meter.0 as usize).ok_or(Rejection::UnknownMeter)?;
        if let Some(position) = delivery.positions.get_mut(place as usize) {
            let released = position.lapse(side, order.energy, best_limit(side, order.limit, premium));
            self.bank().release(order.account, released)?;
        }
        let id = OrderId { carrier, interval, side, arrival: order.arrival };
        sink.event(Event::OrderEnded { id, unfilled: order.energy });
        Ok(())
    }

    pub(super) fn is_frozen(&self, carrier: Carrier, interval: DeliveryInterval) -> bool {
        self.deliveries.get(&(interval.start, carrier)).is_some_and(|delivery| delivery.frozen)
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
        if !market.rule.takes_orders() {
            return Err(Rejection::NotForThisRule);
        }
        let delivery = self.delivery_mut(carrier, interval)?;
        delivery.frozen = true;
        delivery.dirty = true;
        Ok(())
    }
}

/// A limit made better for the other side by `premium`: a bid's higher, an offer's lower.
#[must_use]
pub const fn best_limit(side: Side, limit: Price, premium: Price) -> Price {
    match side {
        Side::Buy => Price(limit.0.saturating_add(premium.0)),
        Side::Sell => Price(limit.0.saturating_sub(premium.0)),
    }
}

/// The limit that decides whether an account would trade with itself. A block keeps its limit on average only, so
/// it may meet any other order of its account.
#[must_use]
pub const fn reach(side: Side, limit: Price, attributes: &Attributes) -> Price {
    match (side, attributes.further) {
        (_, 0) => best_limit(side, limit, attributes.premium),
        (Side::Buy, _) => MAX_PRICE,
        (Side::Sell, _) => Price(-MAX_PRICE.0),
    }
}

/// Whether the wishes fit the order and each other, and the curve gets strictly worse from step to step.
#[must_use]
pub fn makes_sense(order: &Order, attributes: &Attributes, steps: &[Step]) -> bool {
    let Attributes { quality, premium, minimum, partner, fall, further } = *attributes;
    let partnered = partner != AccountId::WORLD;
    let premium_has_a_cause = match order.side {
        Side::Buy => partnered || quality != Quality::Any,
        Side::Sell => partnered,
    };
    let merit = |limit: Price| if matches!(order.side, Side::Buy) { -limit.0 } else { limit.0 };
    let mut last = merit(order.limit);
    let monotone = steps.iter().all(|step| {
        let before = core::mem::replace(&mut last, merit(step.limit));
        before < last
    });
    let whole = minimum == Energy::ZERO && fall == Price::ZERO && further == 0;
    monotone
        && (steps.is_empty() || whole)
        && premium >= Price::ZERO
        && (premium == Price::ZERO || premium_has_a_cause)
        && (Energy::ZERO..=order.energy).contains(&minimum)
        && partner != order.account
        && fall >= Price::ZERO
        // What a clearing leaves of such an order would have another limit.
        && (fall == Price::ZERO || order.time_in_force == TimeInForce::NextClearing)
}

/// What an account must promise per Wh of an open order so that the trade is paid at the worst price it allows,
/// n€/Wh: a buyer at positive limits, a seller at negative ones. Fees and deviations run on the settlement.
pub(super) const fn hold_rate(side: Side, limit: Price) -> i128 {
    let owed = match side {
        Side::Buy => limit.0,
        Side::Sell => limit.0.saturating_neg(),
    };
    if owed > 0 { owed as i128 } else { 0 }
}

impl super::Position {
    pub(super) fn open(&mut self, side: Side, energy: Energy, hold: i64) {
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
