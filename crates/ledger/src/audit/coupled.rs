//! Carriers cleared together with offers to convert and to store (C1–C7, C12, S9, S10).
//!
//! What a clearing did is held against the claim: every order's fill against the node's price, every offer's part
//! against physics and against what its account pays and receives; and the welfare against what the claimed prices
//! prove, added up order by order and offer by offer.

use super::books::{Books, OwnDelivery, OwnOrder};
use super::offers::{Leg, MILLION, OwnOffer, millionths, next_level};
use super::outcome::{Outcome, between, dual, margin};
use super::tally::Tally;
use market::{
    Carrier, Conversion, ConversionClaim, DeliveryInterval, Energy, Event, Fraction, Law, MAX_PRICE, Market,
    MeterId, Money, NodeClaim, Price, PriceConvention, Rule, Side, StorageClaim, StorageOffer,
};
use std::collections::BTreeMap;

/// The three parts of a claim.
type Parts<'a> = (&'a [NodeClaim], &'a [ConversionClaim], &'a [StorageClaim]);

/// The part of the claim about each carrier, by the start of the interval.
type Nodes = BTreeMap<(Carrier, u64), NodeClaim>;

impl Books {
    /// All coupled carriers are cleared together over the books that are frozen in a row.
    pub(super) fn clear_coupled(
        &mut self,
        (carrier, first): (Carrier, DeliveryInterval),
        claim: Parts<'_>,
        events: &[Event],
        tally: &mut Tally,
    ) {
        let markets = self.coupled();
        let (row, decided) = self.decided((carrier, first), tally);
        let places: Vec<(DeliveryInterval, Market)> =
            row.iter().flat_map(|at| markets.iter().map(|market| (*at, *market))).collect();
        let Some(does) = self.beside(&decided, &row, claim, tally).filter(|_| places.len() == claim.0.len())
        else {
            return tally.check(Law::C12, false, || "the claim does not say what everybody does".into());
        };
        does.check(tally);
        let mut outcomes = events.chunk_by(|_, next| !matches!(next, Event::Cleared { .. }));
        let (mut nodes, mut orders) = (Nodes::new(), (Money::ZERO, Money::ZERO));
        for ((interval, market), claim) in places.iter().zip(claim.0) {
            let told = outcomes.next().unwrap_or_default();
            let (bound, worth) = self.clear_node((market, *interval), claim, (&decided, &does), told, tally);
            orders = (orders.0 + bound, orders.1 + worth);
            nodes.insert((market.carrier, interval.start), *claim);
        }
        tally.check(Law::C12, outcomes.next().is_none(), || "more outcomes than books".into());
        let short: Money = places.iter().zip(claim.0).map(|((_, market), node)| spread(market, node)).sum();
        does.prove(&nodes, orders, short, tally);
        self.let_go(&decided, |offer, leg| does.moved(offer, leg).max(Energy::ZERO));
    }

    /// The offers of a row are set aside: they lapse undecided, and its books are as frozen as before.
    ///
    /// The log alone does not show whether they had to be. Whoever doubts it searches for a right claim of what was
    /// frozen: one that the market's check accepts speaks against the operator (C7).
    pub(super) fn set_aside(
        &mut self,
        place: (Carrier, DeliveryInterval),
        events: &[Event],
        tally: &mut Tally,
    ) {
        let (row, decided) = self.decided(place, tally);
        let (mut conversions, mut storages) = (0, 0);
        for offer in decided.iter().filter(|offer| offer.lies_within(&row)) {
            match offer {
                OwnOffer::Convert(_) => conversions += 1,
                OwnOffer::Store(_) => storages += 1,
            }
        }
        tally.check(Law::C6, conversions + storages > 0, || "no offer is there to be set aside".into());
        let told = [Event::OffersLapsed { interval: place.1, conversions, storages }];
        tally.equal(Law::C7, events, &told[..], "what happened when offers were set aside");
        self.let_go(&decided, |_, _| Energy::ZERO);
    }

    /// The books that are frozen in a row, and the offers with a part in one of them, which are open no longer.
    fn decided(
        &mut self,
        (carrier, first): (Carrier, DeliveryInterval),
        tally: &mut Tally,
    ) -> (Vec<DeliveryInterval>, Vec<OwnOffer>) {
        let markets = self.coupled();
        let frozen = |carrier: Carrier, start: u64| {
            self.deliveries.get(&(carrier, start)).is_some_and(|own| own.frozen)
        };
        let row: Vec<DeliveryInterval> =
            (0..).map(|step| first.later(step)).take_while(|at| frozen(carrier, at.start)).collect();
        let whole = markets.first().is_some_and(|market| market.carrier == carrier)
            && row.iter().all(|at| markets.iter().all(|market| frozen(market.carrier, at.start)))
            && !row.is_empty()
            && first.start.checked_sub(first.duration.into()).is_none_or(|start| !frozen(carrier, start));
        tally.check(Law::D3, whole, || "part of a row of frozen books is cleared, or none".into());
        let offers = std::mem::take(&mut self.offers);
        let (decided, open) = offers.into_iter().partition(|offer| offer.touches(&row));
        self.offers = open;
        (row, decided)
    }

    /// Of offers that are over, nothing is promised any more but what they took.
    fn let_go(&mut self, offers: &[OwnOffer], taken: impl Fn(&OwnOffer, &Leg) -> Energy) {
        for (offer, leg) in
            offers.iter().flat_map(|offer| offer.legs().into_iter().map(move |leg| (offer, leg)))
        {
            let released = self.promised(leg.meter, leg.most[0] - taken(offer, &leg));
            self.account(offer.account()).holds -= released;
            self.touched.push(offer.account());
        }
    }

    /// One carrier in one interval; returns what its price proves that its orders can gain, and what they gain, n€.
    fn clear_node(
        &mut self,
        (market, interval): (&Market, DeliveryInterval),
        claim: &NodeClaim,
        (decided, does): (&[OwnOffer], &Does<'_>),
        told: &[Event],
        tally: &mut Tally,
    ) -> (Money, Money) {
        let (now, gate, carrier) = (self.now, self.gate(interval), market.carrier);
        let (map, before) = (self.map(), traded(self.delivery(carrier, interval)));
        let (legs, told): (Vec<Event>, Vec<Event>) =
            told.iter().partition(|event| matches!(event, Event::Converted { .. }));
        let above = claim.price + Price(i64::from(claim.between));
        let (mut right, mut flow, mut touched) = (Vec::new(), [Energy::ZERO; 2], false);
        for offer in decided {
            for leg in offer.legs() {
                if leg.interval != interval || self.carrier(leg.meter) != Some(carrier) {
                    continue;
                }
                touched |= offer.lies_within(&does.row);
                let moved = does.moved(offer, &leg);
                let (side, price) =
                    if moved > Energy::ZERO { (Side::Buy, above) } else { (Side::Sell, claim.price) };
                let (account, meter, energy) = (offer.account(), leg.meter, moved.abs());
                let money = energy * price;
                flow[side as usize] += energy;
                if energy.is_zero() {
                    continue;
                }
                right.push(Event::Converted { account, meter, carrier, interval, side, energy, money });
                let held = self.promised(meter, moved.max(Energy::ZERO));
                let position = self.delivery(carrier, interval).positions.entry(meter).or_default();
                let (sum, paid) = match side {
                    Side::Buy => (&mut position.bought, &mut position.paid),
                    Side::Sell => (&mut position.sold, &mut position.received),
                };
                (*sum, *paid) = (*sum + energy, *paid + money);
                position.hold += held;
            }
        }
        tally.check(Law::C12, legs == right, || {
            format!("offers did {legs:?} with {}, {right:?} would be right", carrier.name())
        });

        let delivery = self.delivery(carrier, interval);
        tally.check(Law::D3, delivery.frozen, || "a book is cleared that was not frozen".into());
        delivery.frozen = false;
        let outcome = Outcome::read(&told, carrier, interval, delivery, tally);
        if touched {
            check_node(claim, flow, delivery, &outcome, tally);
        } else {
            let k = if let Rule::Coupled { k } = market.rule { k } else { Fraction::HALF };
            let rule = Rule::UniformPrice { convention: PriceConvention::Equilibrium, k };
            outcome.check(&rule, (market.floor, market.cap), delivery, tally);
            // Where nothing is traded no price is paid, but the claim names one all the same.
            let limits = |side: Side| delivery.orders[side as usize].iter().map(|own| own.order.limit);
            let lo = limits(Side::Buy).max().unwrap_or(market.floor);
            let hi = limits(Side::Sell).min().unwrap_or(market.cap);
            let right = outcome.price.unwrap_or_else(|| between(k, lo, hi));
            tally.equal(Law::C6, (claim.price, claim.between), (right, false), "the price by the claim");
            tally.equal(Law::C6, claim.short, [Energy::ZERO; 2], "what better orders lack");
        }
        let margin = Side::ALL.map(|side| {
            let at = delivery.orders[side as usize].iter().filter(|own| own.order.limit == claim.price);
            at.map(|own| outcome.fill(side, own.arrival).0).sum::<Energy>()
        });
        let margin = if claim.between { [Energy::ZERO; 2] } else { margin };
        tally.equal(Law::C6, claim.margin, margin, "what orders at the price trade by the claim");
        let bound = dual(delivery, claim.price);
        let worth = worth(delivery, &outcome);
        tally.equal(Law::C7, outcome.welfare, worth, "what the orders gain together");
        let released = outcome.write_down(delivery, |_| now >= gate, tally);
        if let Some(map) = map {
            let more = traded(delivery).into_iter().map(|(meter, sums)| {
                let [bought, sold] = before.get(&meter).copied().unwrap_or_default();
                (meter, [sums[0] - bought, sums[1] - sold])
            });
            let more: Vec<_> = more.collect();
            let [takes, gives] = [0, 1].map(|side| {
                let flows = more.iter().filter(|(_, sums)| !sums[side].is_zero());
                flows.map(|(meter, sums)| (*meter, sums[side])).collect::<Vec<_>>()
            });
            delivery.note_flows(&takes, &gives, &map);
        }
        for (account, released) in released {
            self.account(account).holds -= released;
            self.touched.push(account);
        }
        (bound, worth)
    }

    /// Puts each offer beside its part of the claim; offers that reach beyond the row have none.
    fn beside<'a>(
        &self,
        decided: &'a [OwnOffer],
        row: &[DeliveryInterval],
        (_, conversions, storages): Parts<'a>,
        tally: &mut Tally,
    ) -> Option<Does<'a>> {
        let mut offers: Vec<&OwnOffer> = decided.iter().filter(|offer| offer.lies_within(row)).collect();
        offers.sort_by_key(|offer| offer.legs()[0].interval); // stable: of one interval, by arrival
        let mut does = Does { row: row.to_vec(), ..Does::default() };
        let (mut conversions, mut storages) = (conversions.iter(), storages.iter());
        for offer in offers {
            match offer {
                OwnOffer::Convert(offer) => {
                    let part = conversions.next().filter(|part| part.outputs.len() == offer.outputs.len())?;
                    let outputs = offer.outputs.iter().map(|output| self.carrier(output.meter));
                    let carriers = std::iter::once(self.carrier(offer.input)).chain(outputs);
                    does.conversions.push((offer, carriers.collect::<Option<_>>()?, part));
                }
                OwnOffer::Store(offer) => {
                    let steps = usize::from(offer.further) + 1;
                    let fits = |part: &&StorageClaim| (part.flows.len(), part.values.len()) == (steps, steps);
                    does.storages.push((offer, self.carrier(offer.meter)?, storages.next().filter(fits)?));
                }
            }
        }
        let none_left = conversions.next().is_none() && storages.next().is_none();
        tally.check(Law::C12, none_left, || "the claim says what offers do that are not there".into());
        does.note();
        Some(does)
    }
}

/// What offers do, as the claim says.
#[derive(Default)]
struct Does<'a> {
    row: Vec<DeliveryInterval>,
    /// With the carriers of input and outputs.
    conversions: Vec<(&'a Conversion, Vec<Carrier>, &'a ConversionClaim)>,
    storages: Vec<(&'a StorageOffer, Carrier, &'a StorageClaim)>,
    /// What each takes (gives, where negative), by account, nonce, metering point and start, Wh.
    moved: BTreeMap<(u32, u64, MeterId, u64), Energy>,
}

impl Does<'_> {
    fn note(&mut self) {
        for (offer, _, does) in &self.conversions {
            let key = |meter| (offer.account.0, offer.nonce, meter, offer.interval.start);
            self.moved.insert(key(offer.input), does.input);
            for (output, given) in offer.outputs.iter().zip(&does.outputs) {
                self.moved.insert(key(output.meter), -*given);
            }
        }
        for (offer, _, does) in &self.storages {
            for (step, flow) in (0..).zip(&does.flows) {
                let start = offer.interval.later(step).start;
                self.moved.insert((offer.account.0, offer.nonce, offer.meter, start), *flow);
            }
        }
    }

    /// What an offer takes (gives, where negative) at one of its points, Wh.
    fn moved(&self, offer: &OwnOffer, leg: &Leg) -> Energy {
        let key = (offer.account().0, offer.nonce(), leg.meter, leg.interval.start);
        self.moved.get(&key).copied().unwrap_or_default()
    }

    /// Every offer does what it can (C1, S9, S10), and equal ones share (C6).
    fn check(&self, tally: &mut Tally) {
        let mut alike: BTreeMap<_, Vec<[Energy; 2]>> = BTreeMap::new();
        for (offer, carriers, does) in &self.conversions {
            tally.check(Law::C1, (Energy::ZERO..=offer.capacity).contains(&does.input), || {
                format!("a conversion for {} takes {}", offer.capacity, does.input)
            });
            for (output, given) in offer.outputs.iter().zip(&does.outputs) {
                let ratio = i128::from(output.ratio);
                let lost = ratio * i128::from(does.input.0) - millionths(*given);
                tally.check(Law::S9, given.0 >= 0 && (0..ratio + MILLION).contains(&lost), || {
                    format!("{given} for {} at {ratio} parts per million", does.input)
                });
            }
            let ratios: Vec<u32> = offer.outputs.iter().map(|output| output.ratio).collect();
            let kind = (offer.interval, carriers, ratios, offer.cost);
            alike.entry(kind).or_default().push([offer.capacity, does.input]);
        }
        for shares in alike.into_values() {
            let sum = |of: usize| shares.iter().map(|share| i128::from(share[of].0)).sum::<i128>();
            let (capacity, taken) = (sum(0), sum(1));
            let (mut upto, mut given) = (0, 0);
            for [own, took] in &shares {
                upto += i128::from(own.0);
                let right = taken * upto / capacity.max(1) - given;
                given += right;
                tally.check(Law::C6, i128::from(took.0) == right, || {
                    format!("of equal conversions one takes {took}, its share is {right} Wh")
                });
            }
        }
        for (offer, _, does) in &self.storages {
            let mut level = millionths(offer.level);
            for flow in &does.flows {
                level = next_level(offer, level, *flow);
                let within = (-offer.discharge..=offer.charge).contains(flow)
                    && (0..=millionths(offer.capacity)).contains(&level);
                tally.check(Law::S10, within, || {
                    format!("a storage takes {flow} and then holds {level} millionths of a Wh")
                });
            }
            tally.check(Law::S10, level >= millionths(offer.least), || {
                format!("a storage is left with {level} millionths of a Wh, not {}", offer.least)
            });
        }
    }

    /// The prices prove that nothing has more welfare, but for what whole Wh and whole n€/Wh cost (C7), and every
    /// conversion pays for itself but for that (C3). `orders`: what the prices prove of them, and what they gain;
    /// `short`: what it can cost that better ones lack a few Wh.
    fn prove(&self, nodes: &Nodes, orders: (Money, Money), short: Money, tally: &mut Tally) {
        // Of prices at the bound, which stand for all beyond, not even the market says how far they prove anything.
        if nodes.values().any(|node| node.price.abs() == MAX_PRICE) {
            return;
        }
        // What the prices allow orders and offers to gain, less what orders gained and offers cost.
        let mut gap = orders.0 - orders.1;
        let mut explained = short;
        for (offer, carriers, does) in &self.conversions {
            let at: Option<Vec<&NodeClaim>> =
                carriers.iter().map(|carrier| nodes.get(&(*carrier, offer.interval.start))).collect();
            let Some([input, outputs @ ..]) = at.as_deref() else { continue };
            let weighed = |of: &dyn Fn(&NodeClaim) -> i64| {
                let parts = offer.outputs.iter().zip(outputs);
                parts.map(|(output, node)| i128::from(output.ratio) * i128::from(of(node))).sum::<i128>()
            };
            let gain = weighed(&|node| node.price.0) - MILLION * i128::from((input.price + offer.cost).0);
            let coarse = weighed(&|node| i64::from(node.between)) + MILLION * i128::from(input.between);
            let (capacity, taken) = (i128::from(offer.capacity.0), i128::from(does.input.0));
            // What is withheld of the outputs, at their prices.
            let parts = offer.outputs.iter().zip(outputs).zip(&does.outputs);
            let withheld: Vec<i128> = parts
                .map(|((output, node), given)| {
                    (i128::from(output.ratio) * taken - millionths(*given)) * i128::from(node.price.0)
                })
                .collect();
            let (worth, rounding) =
                (withheld.iter().sum::<i128>(), withheld.iter().map(|lost| (*lost).max(0)).sum::<i128>());
            let up = |millionths: i128| Money(-(-millionths).div_euclid(MILLION));
            gap += up(capacity * gain.max(0)) + does.input * offer.cost;
            explained += up(capacity * coarse + rounding);
            let earned = taken * (gain - MILLION * i128::from(input.between)) - worth;
            tally.check(Law::C3, earned >= -(taken * coarse + rounding), || {
                format!("a conversion loses {} millionths of a n€, {rounding} by whole Wh", -earned)
            });
        }
        for (offer, carrier, does) in &self.storages {
            let price = |step: usize| {
                let start = offer.interval.later(step as u64).start;
                nodes.get(&(*carrier, start)).map_or(0, |node| i128::from(node.price.0))
            };
            let (best, coarse) = best_use(offer, does, &price);
            let given: Energy = does.flows.iter().map(|flow| (-*flow).max(Energy::ZERO)).sum();
            gap += Money(best) + given * offer.cost;
            explained += Money(coarse);
        }
        tally.check(Law::C7, gap <= explained, || {
            format!("the prices allow {gap} more welfare, whole numbers explain {explained}")
        });
    }
}

/// What better orders that lack a few Wh can lose at most: each Wh what lies between the price and the market's ends.
fn spread(market: &Market, node: &NodeClaim) -> Money {
    let far = (market.cap - node.price).max(node.price - market.floor).max(Price::ZERO);
    (node.short[0] + node.short[1]) * far
}

/// What a storage can gain at most at these prices and values of what it holds, and how much of that whole numbers can
/// cost, n€, both rounded up.
///
/// What is held may be bought and sold at its value: from interval to interval, taking, giving and holding each gain
/// what they gain, at full power or not at all.
fn best_use(offer: &StorageOffer, does: &StorageClaim, price: &dyn Fn(usize) -> i128) -> (i128, i128) {
    let [stored, given, kept] =
        [offer.charge_efficiency, offer.discharge_efficiency, offer.kept].map(i128::from);
    let [charge, discharge, capacity, level, least] =
        [offer.charge, offer.discharge, offer.capacity, offer.level, offer.least].map(|wh| i128::from(wh.0));
    let value = |step: usize| does.values.get(step).map_or(0, |value| i128::from(value.0));
    let unit = MILLION * given;
    let steps = does.values.len();
    let (mut best, mut coarse) = (level * kept * value(0) * given, 0);
    for step in 0..steps {
        let take = stored * value(step) - MILLION * price(step);
        let give = given * (price(step) - i128::from(offer.cost.0)) - MILLION * value(step);
        let moves = (charge * take * given).max(discharge * give * MILLION).max(0);
        best += moves;
        // Where a negative price would have it do both at once, it may do either, and as little as it likes.
        coarse += if take.min(give) < -2 * MILLION { 0 } else { moves / unit + 1 };
        let hold = kept * value(step + 1) - MILLION * value(step);
        best += if step + 1 < steps {
            capacity * hold.max(0) * given
        } else {
            -unit * (value(step) * least).min(value(step) * capacity)
        };
        // A n€/Wh of each price and value, on all that can move; and a level that ends a Wh of giving off its end.
        let withdrawn = MILLION / given + 1;
        coarse += 2 * charge + discharge * (1 + withdrawn) + capacity;
        coarse += withdrawn * (hold.abs() / MILLION + 2) + value(step).abs();
    }
    (-(-best).div_euclid(unit), coarse)
}

/// The orders of a node that offers touch: filled by its price, balanced with what offers take and give (C1–C6).
fn check_node(
    claim: &NodeClaim,
    [taken, given]: [Energy; 2],
    delivery: &OwnDelivery,
    outcome: &Outcome,
    tally: &mut Tally,
) {
    let above = claim.price + Price(i64::from(claim.between));
    let live = [delivery.orders[0].len() as u32, delivery.orders[1].len() as u32];
    tally.equal(Law::C12, outcome.counted, live, "the number of orders that took part");
    let mut traded = [taken, given];
    // Per side: open at the price, open better than it, filled at it.
    let mut left = [[Energy::ZERO; 3]; 2];
    for (side, price) in [(Side::Buy, claim.price), (Side::Sell, above)] {
        let orders = &delivery.orders[side as usize];
        let merit = |limit: Price| if side == Side::Buy { limit - price } else { price - limit };
        let mut better = Energy::ZERO;
        for own in orders {
            let (energy, money) = outcome.fill(side, own.arrival);
            let paid = if side == Side::Buy { above } else { claim.price };
            tally.check(Law::C1, (Energy::ZERO..=own.open).contains(&energy), || {
                format!("{energy} of an order over {} were filled", own.open)
            });
            tally.equal(Law::C4, money, energy * paid, "the money of a fill");
            let gain = merit(own.order.limit);
            tally.check(Law::C3, energy.is_zero() || gain >= Price::ZERO, || {
                format!("an order with limit {} is filled at {paid}", own.order.limit)
            });
            traded[side as usize] += energy;
            let at = gain.is_zero() && !claim.between;
            if gain > Price::ZERO {
                better += own.open;
                left[side as usize][1] += own.open - energy;
            } else if at {
                left[side as usize][0] += own.open - energy;
                left[side as usize][2] += energy;
            }
        }
        // Whoever is better gets all but what is short, which the worst lack; at the price all share.
        let short = claim.short[side as usize];
        tally.equal(Law::C6, left[side as usize][1], short, "what better orders lack");
        let mut right = margin(orders, price, side, better + left[side as usize][2]);
        shorten(orders, &mut right, short, side);
        let exact = right.iter().all(|(arrival, energy)| outcome.fill(side, *arrival).0 == *energy);
        tally.check(Law::C6, exact, || format!("the orders to {} are not filled by the price", side.name()));
    }
    let told = outcome.fills.iter().map(BTreeMap::len).sum::<usize>();
    let known = |side: Side| {
        let orders = &delivery.orders[side as usize];
        orders.iter().filter(|own| outcome.fills[side as usize].contains_key(&own.arrival)).count()
    };
    tally.equal(Law::C1, told, known(Side::Buy) + known(Side::Sell), "the number of orders filled");
    tally.check(Law::C2, traded[0] == traded[1] && traded[0] == outcome.volume, || {
        format!("taken {}, given {}, traded {}", traded[0], traded[1], outcome.volume)
    });
    let [[bids_at, bids_short, bids_filled], [offers_at, offers_short, offers_filled]] = left;
    let none = |one: Energy, other: Energy| one.is_zero() || other.is_zero();
    let done = none(bids_at, offers_at)
        && none(bids_short, offers_at + bids_filled + offers_short)
        && none(offers_short, bids_at + offers_filled);
    tally.check(Law::C5, done, || format!("more could be traded at {}", claim.price));
    let facts = match (outcome.volume > Energy::ZERO, claim.between) {
        (false, _) => (None, None),
        (true, false) => (Some(claim.price), Some(claim.price)),
        (true, true) => (None, Some(claim.price)),
    };
    tally.equal(Law::C6, (outcome.price, outcome.equilibrium), facts, "the price");
}

/// The worst orders give up what is short; of equals the last of the last account to have come.
fn shorten(orders: &[OwnOrder], fills: &mut [(u32, Energy)], short: Energy, side: Side) {
    if short.is_zero() {
        return;
    }
    let own = |arrival: u32| orders.iter().find(|own| own.arrival == arrival);
    let first = |arrival: u32| {
        let order = own(arrival).map(|own| own.order);
        let same = |other: &&OwnOrder| {
            order
                .is_some_and(|order| (other.order.account, other.order.limit) == (order.account, order.limit))
        };
        orders.iter().filter(same).map(|own| own.arrival).min()
    };
    let mut worst: Vec<usize> = (0..fills.len()).collect();
    worst.sort_by_key(|at| {
        let arrival = fills[*at].0;
        let limit = own(arrival).map_or(0, |own| own.order.limit.0);
        let merit = if side == Side::Buy { limit } else { -limit };
        (merit, std::cmp::Reverse((first(arrival), arrival)))
    });
    let mut short = short;
    for at in worst {
        let lacks = short.min(fills[at].1);
        fills[at].1 -= lacks;
        short -= lacks;
    }
}

/// What every metering point has bought and sold, Wh.
fn traded(delivery: &OwnDelivery) -> BTreeMap<MeterId, [Energy; 2]> {
    let sums = delivery.positions.iter();
    sums.map(|(meter, position)| (*meter, [position.bought, position.sold])).collect()
}

/// What the filled orders are worth to their buyers less what they cost their sellers, n€.
fn worth(delivery: &OwnDelivery, outcome: &Outcome) -> Money {
    let side = |side: Side| -> Money {
        let orders = delivery.orders[side as usize].iter();
        orders.map(|own| outcome.fill(side, own.arrival).0 * own.order.limit).sum()
    };
    side(Side::Buy) - side(Side::Sell)
}
