//! Orders on their way into the book and out of it (C8, C11, C12, D1).

use super::accounts::postings;
use super::books::{Books, OwnOrder};
use super::outcome::Outcome;
use super::tally::Tally;
use market::{
    AccountId, Attributes, Carrier, DeliveryInterval, Energy, Event, Law, Market, Order, OrderId, Price,
    Rule, Side, State, Step,
};

impl Books {
    /// An accepted order is timely, within the market's and its point's limits, and lies in the book.
    ///
    /// A curve is as many orders as it has steps, each as if it came alone.
    pub(super) fn place(
        &mut self,
        order: &Order,
        attributes: &Attributes,
        steps: &[Step],
        events: &[Event],
        state: &State,
        tally: &mut Tally,
    ) {
        let further = steps.iter().map(|step| Order { limit: step.limit, energy: step.energy, ..*order });
        let curve: Vec<Order> = std::iter::once(*order).chain(further).collect();
        let worse = curve.windows(2).all(|pair| match order.side {
            Side::Buy => pair[1].limit < pair[0].limit,
            Side::Sell => pair[1].limit > pair[0].limit,
        });
        tally.check(Law::C12, worse, || "a curve that does not get worse from step to step".into());
        let carrier = self.meters.get(order.meter.0 as usize).map(|meter| meter.terms.carrier);
        let rule = carrier.and_then(|carrier| self.rule(carrier));
        let mut rest = events;
        for step in &curve {
            let mut block = 0;
            for part in 0..=attributes.further {
                let Some((told, after)) = rest.split_first() else {
                    return tally.check(Law::C12, false, || "an order was not accepted".into());
                };
                rest = after;
                let interval = step.interval.later(part.into());
                let Some(mut own) = self.welcome(&Order { interval, ..*step }, attributes, tally) else {
                    return;
                };
                if part == 0 {
                    block = own.arrival;
                }
                (own.part, own.block) = if attributes.further == 0 { (0, 0) } else { (part, block) };
                let id = self.enter(own, told, tally);
                match rule {
                    Some(Rule::Continuous) => rest = self.arrive(id, rest, tally),
                    _ => self.lies_in_the_book(id, state, tally),
                }
            }
        }
        tally.check(Law::C12, rest.is_empty(), || "more happened than an order's arrival".into());
        if let (Some(Rule::Continuous), Some(carrier)) = (rule, carrier) {
            self.same_book(carrier, order.interval, state, tally);
        }
    }

    /// The order as the auditor writes it down, once it has been found timely and within its limits.
    fn welcome(&mut self, order: &Order, attributes: &Attributes, tally: &mut Tally) -> Option<OwnOrder> {
        let meter = self.meters.get(order.meter.0 as usize)?;
        let (location, meter) = (meter.location, meter.terms);
        let (carrier, interval, side) = (meter.carrier, order.interval, order.side);
        tally.check(Law::A1, meter.account == order.account, || {
            "an order at somebody else's metering point".into()
        });
        let gate = self.gate(interval);
        let (now, horizon) = (self.now, self.terms.as_ref().map_or(0, |terms| u64::from(terms.horizon)));
        let ahead = horizon * u64::from(interval.duration);
        tally.check(Law::C12, now < gate && gate <= now + ahead, || {
            format!("an order at {now}, gate closure {gate}")
        });
        let market = self
            .terms
            .as_ref()
            .and_then(|terms| terms.markets.iter().find(|market| market.carrier == carrier));
        let collar = market.map_or(Price::ZERO..=Price::ZERO, |market| market.floor..=market.cap);
        let own = OwnOrder {
            order: *order,
            attributes: *attributes,
            location,
            arrival: 0,
            open: order.energy,
            block: 0,
            part: 0,
        };
        tally.check(Law::C8, collar.contains(&order.limit) && collar.contains(&own.bound()), || {
            "a limit outside the market's floor and cap".into()
        });
        tally.check(Law::C1, order.energy > Energy::ZERO, || "an order over nothing".into());

        let offered = self.offered(order.meter, interval);
        let delivery = self.delivery(carrier, interval);
        tally.check(Law::C12, !delivery.frozen, || "an order enters a frozen book".into());
        let crosses = |other: &OwnOrder| match side {
            Side::Buy => other.reach() <= own.reach(),
            Side::Sell => other.reach() >= own.reach(),
        };
        let against = &delivery.orders[1 - side as usize];
        let with_itself = against.iter().any(|other| other.order.account == order.account && crosses(other));
        let with_itself = with_itself || !offered[1 - side as usize].is_zero();
        tally.check(Law::C11, !with_itself, || "the order would trade with its account's own".into());
        let open: Energy = delivery.orders[side as usize]
            .iter()
            .filter(|own| own.order.meter == order.meter)
            .map(|own| own.open)
            .sum();
        let position = delivery.positions.get(&order.meter).copied().unwrap_or_default();
        let (traded, capacity) = match side {
            Side::Buy => (position.bought, meter.import_capacity),
            Side::Sell => (position.sold, meter.export_capacity),
        };
        let open = open + offered[side as usize];
        tally.check(Law::D1, open + traded + order.energy <= capacity, || {
            "more is offered than the point can do".into()
        });

        Some(OwnOrder { arrival: delivery.arrivals[side as usize], ..own })
    }

    /// Writes down an order that was accepted as it was placed.
    fn enter(&mut self, own: OwnOrder, told: &Event, tally: &mut Tally) -> OrderId {
        let Order { account, meter, interval, side, energy, limit, .. } = own.order;
        let carrier = self.meters[meter.0 as usize].terms.carrier;
        let id = OrderId { carrier, interval, side, arrival: own.arrival };
        let right = Event::OrderAccepted { id, account, energy, limit };
        tally.check(Law::C12, *told == right, || "the order was not accepted as it was placed".into());
        self.account(account).holds += own.hold(energy);
        self.touched.push(account);
        let delivery = self.delivery(carrier, interval);
        delivery.arrivals[side as usize] += 1;
        delivery.orders[side as usize].push(own);
        id
    }

    /// The market has the order that was accepted last.
    fn lies_in_the_book(&mut self, id: OrderId, state: &State, tally: &mut Tally) {
        let OrderId { carrier, interval, side, arrival } = id;
        let Some(own) = self.delivery(carrier, interval).orders[side as usize].last() else { return };
        let in_book = state.book(carrier, interval).and_then(|book| {
            let orders = book.orders(side);
            let at = orders.binary_search_by_key(&arrival, |order| order.arrival).ok()?;
            orders.get(at).copied()
        });
        let same = in_book.is_some_and(|found| {
            (found.arrival, found.energy, found.limit, found.account)
                == (arrival, own.order.energy, own.order.limit, own.order.account)
        });
        tally.check(Law::C12, same, || "the accepted order is not in the book".into());
    }

    /// How a carrier is traded.
    pub(super) fn market(&self, carrier: Carrier) -> Option<&Market> {
        self.terms.as_ref()?.markets.iter().find(|market| market.carrier == carrier)
    }

    pub(super) fn cancel(&mut self, account: AccountId, id: OrderId, events: &[Event], tally: &mut Tally) {
        let found = self.delivery(id.carrier, id.interval).orders[id.side as usize]
            .iter()
            .find(|own| own.arrival == id.arrival && own.order.account == account);
        let parts = found.map(|own| (own.block, own.part, own.attributes.further));
        tally.check(Law::C12, parts.is_some(), || "an order that is not the account's is taken back".into());
        let ids = parts.map_or(Vec::new(), |(block, part, further)| match further {
            0 => vec![id],
            _ => self.parts(id, block, part, further),
        });
        let mut right = Vec::new();
        for id in ids {
            let frozen = self.delivery(id.carrier, id.interval).frozen;
            tally.check(Law::C12, !frozen, || "an order leaves a frozen book".into());
            right.extend(self.end(id));
        }
        tally.check(Law::C12, events == right, || "another order was taken back than asked for".into());
    }

    /// What is left of an order leaves the book: the event that tells it.
    pub(super) fn end(&mut self, id: OrderId) -> Option<Event> {
        let orders = &mut self.delivery(id.carrier, id.interval).orders[id.side as usize];
        let own = orders.remove(orders.iter().position(|own| own.arrival == id.arrival)?);
        self.account(own.order.account).holds -= own.hold(own.open);
        self.touched.push(own.order.account);
        Some(Event::OrderEnded { id, unfilled: own.open })
    }

    /// The book that is frozen is the auditor's, order by order.
    pub(super) fn close(
        &mut self,
        carrier: Carrier,
        interval: DeliveryInterval,
        state: &State,
        tally: &mut Tally,
    ) {
        let delivery = self.delivery(carrier, interval);
        tally.check(Law::C12, !delivery.frozen, || "a frozen book is frozen again".into());
        delivery.frozen = true;
        for side in Side::ALL {
            let found = state.book(carrier, interval).map_or(&[][..], |book| book.orders(side));
            let own = &delivery.orders[side as usize];
            let same = own.len() == found.len()
                && own.iter().zip(found).all(|(own, found)| {
                    let Order { account, meter, limit, .. } = own.order;
                    (own.arrival, account, meter, limit, own.open)
                        == (found.arrival, found.account, found.meter, found.limit, found.energy)
                });
            tally.check(Law::C12, same, || format!("the book to {} is not what was accepted", side.name()));
            let kept = state.book(carrier, interval).map_or(&[][..], |book| &book.details[side as usize]);
            let asked = own.iter().map(|own| (own.attributes, own.location, own.block, own.part));
            let same = kept.is_empty()
                || asked.eq(kept.iter().map(|kept| (kept.attributes, kept.location, kept.block, kept.part)));
            tally
                .check(Law::C12, same, || format!("the wishes to {} are not what was accepted", side.name()));
        }
    }

    pub(super) fn clear(
        &mut self,
        carrier: Carrier,
        interval: DeliveryInterval,
        events: &[Event],
        tally: &mut Tally,
    ) {
        tally.check(Law::S3, postings(events).next().is_none(), || "money moved at a clearing".into());
        let settled = self.is_settled(carrier, interval);
        tally.check(Law::S8, !settled, || "a clearing of an interval that is settled".into());
        let Some((rule, collar)) =
            self.market(carrier).map(|market| (market.rule, (market.floor, market.cap)))
        else {
            return;
        };
        if let Rule::UniformPriceBlocks { k } = rule {
            return self.clear_blocks((k, collar), carrier, interval, events, tally);
        }
        let (now, gate, map) = (self.now, self.gate(interval), self.map());
        let delivery = self.delivery(carrier, interval);
        tally.check(Law::D3, delivery.frozen, || "a book is cleared that was not frozen".into());
        delivery.frozen = false;
        let outcome = Outcome::read(events, carrier, interval, delivery, tally);
        outcome.check(&rule, collar, delivery, tally);
        if let Some(map) = map {
            delivery.note_pairs(&rule, &outcome, &map);
        }
        let released = outcome.write_down(delivery, |_| now >= gate, tally);
        for (account, released) in released {
            self.account(account).holds -= released;
            self.touched.push(account);
        }
    }
}
