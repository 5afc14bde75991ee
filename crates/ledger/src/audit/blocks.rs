//! Minimum fills and blocks (C1–C7, C12). Who was taken is read off the fills; each interval must then be the right
//! auction of what is left, at a price within the limits of those taken where there is one.

use super::books::{Books, OwnDelivery, OwnOrder, stays};
use super::outcome::{Edges, Outcome, between};
use super::tally::Tally;
use market::{
    Carrier, DeliveryInterval, Energy, Event, Fraction, Law, Money, OrderId, Price, PriceConvention, Rule,
    Side,
};
use std::collections::{BTreeMap, BTreeSet};

/// A block: its side, where its first interval starts, its place of arrival there, how many parts follow.
type Block = (Side, u64, u32, u16);

/// What became of a block: per part its energy and its fill, and what it gained on balance, n€.
type Fate = (Vec<(Energy, Energy)>, Money);

impl Books {
    /// The numbers of all parts of a block, by a part of it that lies in this book.
    pub(super) fn parts(&mut self, id: OrderId, block: u32, part: u16, further: u16) -> Vec<OrderId> {
        let start = id.interval.start - u64::from(part) * u64::from(id.interval.duration);
        let first = DeliveryInterval { start, ..id.interval };
        let number = |part: u16| {
            let interval = first.later(part.into());
            let orders = &self.delivery(id.carrier, interval).orders[id.side as usize];
            let own = |own: &&OwnOrder| own.attributes.further > 0 && (own.block, own.part) == (block, part);
            orders.iter().find(own).map(|own| OrderId { interval, arrival: own.arrival, ..id })
        };
        (0..=further).filter_map(number).collect()
    }

    /// The books of consecutive intervals are cleared together: all that are frozen in a row.
    pub(super) fn clear_blocks(
        &mut self,
        (k, collar): (Fraction, (Price, Price)),
        carrier: Carrier,
        first: DeliveryInterval,
        events: &[Event],
        tally: &mut Tally,
    ) {
        let duration = u64::from(first.duration);
        let frozen = |start: u64| self.deliveries.get(&(carrier, start)).is_some_and(|own| own.frozen);
        let row: Vec<u64> =
            (0..).map(|step| first.start + step * duration).take_while(|start| frozen(*start)).collect();
        let whole = !row.is_empty() && first.start.checked_sub(duration).is_none_or(|before| !frozen(before));
        tally.check(Law::D3, whole, || "part of a row of frozen books is cleared, or none".into());
        let right = self.ends_beyond(carrier, first, &row);
        let is_beyond = |event: &&Event| match event {
            Event::OrderEnded { id, .. } => id.carrier == carrier && !row.contains(&id.interval.start),
            _ => false,
        };
        let (beyond, within): (Vec<Event>, Vec<Event>) = events.iter().partition(is_beyond);
        let told: BTreeSet<_> = beyond.iter().filter_map(ended).collect();
        tally.check(Law::C12, told == right && told.len() == beyond.len(), || {
            format!("beyond the books cleared {told:?} ended, {right:?} would be right")
        });
        for (id, _) in right {
            self.end(id);
        }

        let begins = |event: &Event| matches!(event, Event::Cleared { .. });
        tally.check(Law::C12, within.first().is_some_and(begins), || "no outcome is told first".into());
        let mut outcomes = within.chunk_by(|_, next| !begins(next));
        let mut fates: BTreeMap<Block, Fate> = BTreeMap::new();
        let rule = Rule::UniformPriceBlocks { k };
        let map = self.map();
        for start in &row {
            let interval = DeliveryInterval { start: *start, ..first };
            let told = outcomes.next().unwrap_or_default();
            let closed = |own: &OwnOrder| self.now + u64::from(own.part) * duration >= self.gate(interval);
            let closed: BTreeSet<_> = self.deliveries[&(carrier, *start)]
                .orders
                .iter()
                .flatten()
                .filter(|own| closed(own))
                .map(|own| (own.order.side, own.arrival))
                .collect();
            let delivery = self.delivery(carrier, interval);
            delivery.frozen = false;
            let outcome = Outcome::read(told, carrier, interval, delivery, tally);
            outcome.check(&rule, collar, delivery, tally);
            outcome.check_special(k, collar, delivery, tally);
            for own in delivery.orders.iter().flatten().filter(|own| own.attributes.further > 0) {
                let side = own.order.side;
                let (fill, money) = outcome.fill(side, own.arrival);
                let at_limit = fill * own.order.limit;
                let began = start - u64::from(own.part) * duration;
                let fate = fates.entry((side, began, own.block, own.attributes.further)).or_default();
                fate.0.push((own.open, fill));
                fate.1 += if side == Side::Buy { at_limit - money } else { money - at_limit };
            }
            if let Some(map) = &map {
                delivery.note_pairs(&rule, &outcome, map);
            }
            let last = |own: &OwnOrder| closed.contains(&(own.order.side, own.arrival));
            for (account, released) in outcome.write_down(delivery, last, tally) {
                self.account(account).holds -= released;
                self.touched.push(account);
            }
        }
        tally.check(Law::C12, outcomes.next().is_none(), || "more outcomes than books".into());
        for ((.., further), (parts, gain)) in fates {
            let none = parts.iter().all(|(_, fill)| fill.is_zero());
            let all =
                parts.len() == usize::from(further) + 1 && parts.iter().all(|(open, fill)| open == fill);
            tally.check(Law::C1, none || all, || format!("a block is filled in part: {parts:?}"));
            tally.check(Law::C3, gain >= Money::ZERO, || format!("a block loses {} on balance", -gain));
        }
    }

    /// What ends in other books than those cleared: the rest of the blocks that lapse there.
    fn ends_beyond(
        &mut self,
        carrier: Carrier,
        first: DeliveryInterval,
        row: &[u64],
    ) -> BTreeSet<(OrderId, Energy)> {
        let mut parts = BTreeSet::new();
        for start in row {
            let interval = DeliveryInterval { start: *start, ..first };
            for side in Side::ALL {
                for own in self.delivery(carrier, interval).orders[side as usize].clone() {
                    let since = u64::from(own.part) * u64::from(first.duration);
                    let began = DeliveryInterval { start: start - since, ..first };
                    let closed = self.now >= self.gate(began);
                    if own.attributes.further > 0 && !stays(&own.order, closed) {
                        let id = OrderId { carrier, interval, side, arrival: own.arrival };
                        parts.extend(self.parts(id, own.block, own.part, own.attributes.further));
                    }
                }
            }
        }
        let open = |books: &mut Self, id: OrderId| {
            let orders = &books.delivery(id.carrier, id.interval).orders[id.side as usize];
            orders.iter().find(|own| own.arrival == id.arrival).map(|own| (id, own.open))
        };
        parts.retain(|id: &OrderId| !row.contains(&id.interval.start));
        parts.into_iter().filter_map(|id| open(self, id)).collect()
    }
}

fn ended(event: &Event) -> Option<(OrderId, Energy)> {
    match *event {
        Event::OrderEnded { id, unfilled } => Some((id, unfilled)),
        _ => None,
    }
}

impl Outcome {
    /// With the special orders that were taken before all others and the rest of them left out, this is an auction
    /// at a uniform price; the price paid lies between the limits of those taken, as far as the auction allows.
    fn check_special(
        &self,
        k: Fraction,
        (floor, cap): (Price, Price),
        delivery: &OwnDelivery,
        tally: &mut Tally,
    ) {
        let mut auction = OwnDelivery::default();
        let mut outcome = Self { volume: self.volume, ..Self::default() };
        let (mut welfare, mut limits) = (Money::ZERO, [Vec::new(), Vec::new()]);
        for side in Side::ALL {
            let front = if side == Side::Buy { cap + Price(1) } else { floor - Price(1) };
            let mut whole = Vec::new();
            let mut add = |own: &OwnOrder, orders: &mut Vec<OwnOrder>, fill: Energy| {
                let worth = fill * own.order.limit;
                welfare += if side == Side::Buy { worth } else { -worth };
                outcome.fills[side as usize].insert(own.arrival, (fill, Money::ZERO));
                orders.push(own.clone());
            };
            let orders = &mut auction.orders[side as usize];
            for own in &delivery.orders[side as usize] {
                let (fill, _) = self.fill(side, own.arrival);
                let block = own.attributes.further > 0;
                let minimum = if block { own.open } else { own.attributes.minimum };
                if minimum.is_zero() {
                    add(own, orders, fill);
                } else if !fill.is_zero() {
                    tally.check(Law::C1, fill >= minimum, || {
                        format!("{fill}, less than the minimum {minimum}")
                    });
                    limits[side as usize].push(own.order.limit);
                    let mut first = own.clone();
                    (first.order.limit, first.open) = (front, minimum);
                    whole.push(first);
                    let rest = OwnOrder { open: own.open - minimum, ..own.clone() };
                    if !rest.open.is_zero() {
                        add(&rest, orders, fill - minimum);
                    }
                }
            }
            for (number, mut first) in (0..).zip(whole) {
                let fill = first.open;
                first.arrival = u32::MAX / 2 + number; // behind all that arrived
                add(&first, orders, fill);
            }
        }
        let (lo, hi) = Edges::of(&auction, &outcome).range();
        if self.volume > Energy::ZERO {
            let both = (floor - Price(1)..=cap + Price(1)).contains(&lo);
            tally.check(Law::C6, both, || "energy is traded that nobody offered".into());
            if !both {
                return;
            }
            (outcome.equilibrium, outcome.price) = (Some(lo), Some(lo));
            let (lo, hi) = (lo.max(floor), hi.min(cap));
            let offers = limits[1].iter().max().map_or(lo, |limit| (*limit).max(lo).min(hi));
            let bids = limits[0].iter().min().map_or(hi, |limit| (*limit).max(lo).min(hi));
            let price = between(k, offers.min(bids), offers.max(bids));
            tally.equal(Law::C6, (self.equilibrium, self.price), (Some(lo), Some(price)), "the price");
        } else {
            tally.equal(Law::C6, (self.equilibrium, self.price), (None, None), "the price of nothing");
        }
        let rule = Rule::UniformPrice { convention: PriceConvention::Equilibrium, k: Fraction::ZERO };
        outcome.check_optimum(&rule, &auction, welfare, tally);
    }
}
