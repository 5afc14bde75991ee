//! Arrivals in a continuous market (C1–C5, C12): every resting order is looked at again each time an order arrives.

use super::books::{Books, OwnDelivery, OwnOrder};
use super::tally::Tally;
use market::{
    AccountId, Carrier, DeliveryInterval, Energy, Event, Law, MeterId, Money, OrderId, Price, Side, State,
    TimeInForce,
};

impl Books {
    /// The order of this number, the last of its side, trades with what rests there as price and time say, and what
    /// is left of it rests or lapses. Gives the events that are about something else.
    pub(super) fn arrive<'a>(&mut self, id: OrderId, told: &'a [Event], tally: &mut Tally) -> &'a [Event] {
        let OrderId { carrier, interval, side, arrival } = id;
        let map = self.map();
        let delivery = self.delivery(carrier, interval);
        let Some(mut own) = delivery.orders[side as usize].pop() else { return told };
        let (mut right, mut pairs) = (Vec::new(), Vec::new());
        for (resting, energy) in matches(&own, &delivery.orders[1 - side as usize]) {
            let other = &mut delivery.orders[1 - side as usize][resting];
            let price = other.order.limit;
            let (bid, offer) = match side {
                Side::Buy => (arrival, other.arrival),
                Side::Sell => (other.arrival, arrival),
            };
            right.push(Event::Paired { bid, offer, energy, price });
            let (buyer, seller) = if side == Side::Buy { (&mut own, other) } else { (other, &mut own) };
            pairs.push((buyer.order.meter, seller.order.meter, energy));
            for own in [buyer, seller] {
                let order = own.order;
                let position = delivery.positions.entry(order.meter).or_default();
                position.hold += own.hold(energy);
                let (moved, money) = match order.side {
                    Side::Buy => (&mut position.bought, &mut position.paid),
                    Side::Sell => (&mut position.sold, &mut position.received),
                };
                *moved += energy;
                *money += energy * price;
                own.open -= energy;
                right.push(Event::Filled {
                    id: OrderId { side: order.side, arrival: own.arrival, ..id },
                    account: order.account,
                    meter: order.meter,
                    limit: order.limit,
                    energy,
                    money: energy * price,
                });
            }
        }
        if let Some(map) = &map {
            pairs
                .into_iter()
                .for_each(|(buyer, seller, energy)| delivery.note_pair(buyer, seller, energy, map));
        }
        delivery.orders[1 - side as usize].retain(|other| !other.open.is_zero());
        let mut lapsed = Money::ZERO;
        let rests = matches!(own.order.time_in_force, TimeInForce::NextClearing | TimeInForce::GateClosure);
        if !own.open.is_zero() && !rests {
            right.push(Event::OrderEnded { id, unfilled: own.open });
            lapsed = own.hold(own.open);
        }
        let account = own.order.account;
        if !own.open.is_zero() && rests {
            delivery.orders[side as usize].push(own);
        }
        let (told, after) = told.split_at(right.len().min(told.len()));
        fills(told, tally);
        tally.check(Law::C12, told == right, || {
            format!("the order met {told:?} where price and time give {right:?}")
        });
        uncrossed(delivery, tally);
        self.account(account).holds -= lapsed;
        after
    }

    /// The market's book is the auditor's, order by order.
    pub(super) fn same_book(
        &mut self,
        carrier: Carrier,
        interval: DeliveryInterval,
        state: &State,
        tally: &mut Tally,
    ) {
        type Facts = (u32, AccountId, MeterId, Price, Energy);
        let delivery = self.delivery(carrier, interval);
        for side in Side::ALL {
            let found = state.book(carrier, interval).map_or(&[][..], |book| book.orders(side));
            let found = found.iter().map(|order| -> Facts {
                (order.arrival, order.account, order.meter, order.limit, order.energy)
            });
            let own = delivery.orders[side as usize].iter().map(|own| -> Facts {
                (own.arrival, own.order.account, own.order.meter, own.order.limit, own.open)
            });
            tally.check(Law::C12, own.eq(found), || {
                format!("the book to {} is not what was accepted", side.name())
            });
        }
    }
}

/// With whom an arriving order trades how much: the best price first, of one price the earliest.
fn matches(own: &OwnOrder, others: &[OwnOrder]) -> Vec<(usize, Energy)> {
    let reaches = |other: &OwnOrder| match own.order.side {
        Side::Buy => other.order.limit <= own.order.limit,
        Side::Sell => other.order.limit >= own.order.limit,
    };
    let mut within: Vec<usize> = (0..others.len()).filter(|at| reaches(&others[*at])).collect();
    let merit = |at: &usize| match own.order.side {
        Side::Buy => others[*at].order.limit.0,
        Side::Sell => -others[*at].order.limit.0,
    };
    within.sort_by_key(|at| (merit(at), others[*at].arrival));
    let there: Energy = within.iter().map(|at| others[*at].open).sum();
    if own.order.time_in_force == TimeInForce::FillOrKill && there < own.open {
        return Vec::new();
    }
    let mut left = own.open;
    let take = |at: usize| {
        let energy = left.min(others[at].open);
        left -= energy;
        (at, energy)
    };
    within.into_iter().map(take).take_while(|(_, energy)| !energy.is_zero()).collect()
}

/// What is told of fills balances (C2, C4) within the limits (C3).
fn fills(told: &[Event], tally: &mut Tally) {
    let mut sums = [(Energy::ZERO, Money::ZERO); 2];
    for event in told {
        let Event::Filled { id, limit, energy, money, .. } = *event else { continue };
        let rational = match id.side {
            Side::Buy => money <= energy * limit,
            Side::Sell => money >= energy * limit,
        };
        tally.check(Law::C3, rational, || format!("{money} for {energy} at the limit {limit}"));
        tally.check(Law::C1, energy > Energy::ZERO, || "an order was filled with nothing".into());
        let sum = &mut sums[id.side as usize];
        *sum = (sum.0 + energy, sum.1 + money);
    }
    tally.equal(Law::C2, sums[0].0, sums[1].0, "what was bought (against what was sold)");
    tally.equal(Law::C4, sums[0].1, sums[1].1, "what buyers pay (against what sellers receive)");
}

/// No bid that rests reaches an offer.
pub(super) fn uncrossed(delivery: &OwnDelivery, tally: &mut Tally) {
    let limits = |side: Side| delivery.orders[side as usize].iter().map(|own| own.order.limit);
    let apart = match (limits(Side::Buy).max(), limits(Side::Sell).min()) {
        (Some(bid), Some(offer)) => bid < offer,
        _ => true,
    };
    tally.check(Law::C5, apart, || "a bid and an offer that cross rest in one book".into());
}
