//! The outcome of a clearing (C1–C7, C12), by other means than the market's: the prices at which nobody wants to
//! trade more or less are read off the fills, the greatest welfare off the dual, the margin's shares off a sort.

use super::books::{OwnDelivery, OwnOrder, stays};
use super::continuous::uncrossed;
use super::pipeline::pipeline;
use super::tally::Tally;
use super::truthful::trade_reduction;
use market::rule::{Binding, RuleKind};
use market::{
    AccountId, Carrier, DeliveryInterval, Energy, Event, Fraction, Law, Money, Order, Price, PriceConvention,
    Rule, Side,
};
use std::collections::BTreeMap;

/// What the market says a clearing did.
#[derive(Default)]
pub(super) struct Outcome {
    pub(super) volume: Energy,
    pub(super) price: Option<Price>,
    pub(super) equilibrium: Option<Price>,
    pub(super) welfare: Money,
    pub(super) counted: [u32; 2],
    /// Per side, by place of arrival: energy and money.
    pub(super) fills: [BTreeMap<u32, (Energy, Money)>; 2],
    pub(super) ended: [BTreeMap<u32, Energy>; 2],
    pub(super) pairs: Vec<(u32, u32, Energy, Price)>,
}

/// What a right clearing does, found by other means than the market's.
#[derive(Debug, Default, PartialEq)]
pub(super) struct Right {
    pub(super) volume: Energy,
    /// The price for all, where there is one.
    pub(super) price: Option<Price>,
    /// The lowest equilibrium price, where a single auction trades.
    pub(super) equilibrium: Option<Price>,
    pub(super) welfare: Money,
    /// Per side, by place of arrival: energy and money.
    pub(super) fills: [BTreeMap<u32, (Energy, Money)>; 2],
    /// Of a pipeline: who serves whom, bid and offer by place of arrival, Wh.
    pub(super) pairs: Vec<(u32, u32, Energy)>,
}

impl Outcome {
    /// Collects what was told. One sum, the pairs, and per order at most one fill and one end, all of this book.
    pub(super) fn read(
        events: &[Event],
        carrier: Carrier,
        interval: DeliveryInterval,
        delivery: &OwnDelivery,
        tally: &mut Tally,
    ) -> Self {
        let mut outcome = Self::default();
        let mut sums = 0;
        for event in events {
            let belongs = match *event {
                Event::Cleared { volume, price, equilibrium, welfare, orders, carrier: of, interval: at } => {
                    outcome = Self { volume, price, equilibrium, welfare, counted: orders, ..outcome };
                    sums += 1;
                    (of, at) == (carrier, interval)
                }
                Event::Paired { bid, offer, energy, price } => {
                    outcome.pairs.push((bid, offer, energy, price));
                    true
                }
                Event::Filled { id, account, meter, limit, energy, money } => {
                    let own = find(&delivery.orders, id.side, id.arrival).map(|own| own.order);
                    let same =
                        |order: Order| (order.account, order.meter, order.limit) == (account, meter, limit);
                    let first = outcome.fills[id.side as usize].insert(id.arrival, (energy, money)).is_none();
                    first && (id.carrier, id.interval) == (carrier, interval) && own.is_some_and(same)
                }
                Event::OrderEnded { id, unfilled } => {
                    let first = outcome.ended[id.side as usize].insert(id.arrival, unfilled).is_none();
                    first && (id.carrier, id.interval) == (carrier, interval)
                }
                _ => false,
            };
            tally.check(Law::C12, belongs, || format!("the clearing of this book did not do {event:?}"));
        }
        tally.equal(Law::C12, sums, 1, "the number of outcomes");
        outcome
    }

    pub(super) fn fill(&self, side: Side, arrival: u32) -> (Energy, Money) {
        self.fills[side as usize].get(&arrival).copied().unwrap_or_default()
    }

    /// Every law that an auction's outcome must keep.
    pub(super) fn check(
        &self,
        rule: &Rule,
        collar: (Price, Price),
        delivery: &OwnDelivery,
        tally: &mut Tally,
    ) {
        let Self { volume, price, .. } = *self;
        let live = [delivery.orders[0].len() as u32, delivery.orders[1].len() as u32];
        tally.equal(Law::C12, self.counted, live, "the number of orders that took part");
        let mut sums = [(Energy::ZERO, Money::ZERO); 2];
        let mut welfare = Money::ZERO;
        for side in Side::ALL {
            let known = self.fills[side as usize]
                .keys()
                .all(|arrival| find(&delivery.orders, side, *arrival).is_some());
            tally.check(Law::C1, known, || "an order was filled that is not in the book".into());
            for own in &delivery.orders[side as usize] {
                let (energy, money) = self.fill(side, own.arrival);
                tally.check(Law::C1, (Energy::ZERO..=own.open).contains(&energy), || {
                    format!("{energy} of an order over {} were filled", own.open)
                });
                let at_limit = energy * own.order.limit;
                welfare += if side == Side::Buy { at_limit } else { -at_limit };
                if energy.is_zero() {
                    continue;
                }
                let bound = energy * own.bound();
                // A block keeps its limit on average over its intervals, which is checked elsewhere.
                let block = own.attributes.further > 0;
                let rational = block || if side == Side::Buy { money <= bound } else { money >= bound };
                tally.check(Law::C3, rational, || {
                    format!("{money} for {energy}, no worse than {} is allowed", own.bound())
                });
                if let Some(price) = price {
                    tally.equal(Law::C4, money, energy * price, "the money of a fill");
                }
                let sum = &mut sums[side as usize];
                *sum = (sum.0 + energy, sum.1 + money);
            }
        }
        tally.check(Law::C2, sums[0].0 == sums[1].0 && sums[0].0 == volume, || {
            format!("bought {}, sold {}, traded {volume}", sums[0].0, sums[1].0)
        });
        match rule.kind().binding(Law::C4) {
            Binding::Holds => {
                tally.equal(Law::C4, sums[0].1, sums[1].1, "what buyers pay (against what sellers receive)");
            }
            Binding::Weakened(_) => tally.check(Law::C4, sums[0].1 >= sums[1].1, || {
                format!("buyers pay {}, sellers receive more: {}", sums[0].1, sums[1].1)
            }),
            Binding::DoesNotApply(_) => {}
        }
        if let Rule::Bilateral { charges } = rule {
            tally.check(Law::C7, (price, self.equilibrium) == (None, None), || {
                "a market of pairs has no price for all".into()
            });
            super::bilateral::check(charges, delivery, &self.pairs, &self.fills, self.welfare, tally);
        }
        match rule.kind() {
            RuleKind::UniformPrice | RuleKind::PayAsBid | RuleKind::AuctionFirst => {
                tally.equal(Law::C7, self.welfare, welfare, "the welfare");
                self.check_optimum(rule, delivery, welfare, tally);
            }
            RuleKind::TradeReduction => {
                let right = trade_reduction(&delivery.orders, collar);
                let facts = (volume, price, self.equilibrium, self.welfare);
                let right_facts = (right.volume, right.price, right.equilibrium, right.welfare);
                tally.equal(Law::C9, facts, right_facts, "volume, price, equilibrium price and welfare");
                tally.equal(Law::C9, &self.fills, &right.fills, "what the orders trade, and for how much,");
            }
            RuleKind::Pipeline => {
                let Rule::Pipeline { stages, k } = *rule else { return };
                let right = pipeline(stages, k, &delivery.orders);
                let facts = (volume, price, self.equilibrium, self.welfare);
                let right_facts = (right.volume, right.price, right.equilibrium, right.welfare);
                tally.equal(Law::C9, facts, right_facts, "volume, price, equilibrium price and welfare");
                tally.equal(Law::C9, &self.fills, &right.fills, "what the orders trade, and for how much,");
            }
            RuleKind::Continuous => self.check_nothing(delivery, tally),
            // Its auctions are checked together.
            RuleKind::UniformPriceBlocks => tally.equal(Law::C7, self.welfare, welfare, "the welfare"),
            _ => {}
        }
    }

    /// Nothing is left to trade, and nothing is traded.
    fn check_nothing(&self, delivery: &OwnDelivery, tally: &mut Tally) {
        let Self { volume, price, equilibrium, welfare, .. } = *self;
        let nothing = (Energy::ZERO, None, None, Money::ZERO);
        tally.equal(Law::C5, (volume, price, equilibrium, welfare), nothing, "what was traded");
        let none = self.fills.iter().all(BTreeMap::is_empty) && self.pairs.is_empty();
        tally.check(Law::C5, none, || "orders were filled after their arrival".into());
        uncrossed(delivery, tally);
    }

    /// An equilibrium price separates filled from open orders, and with it the outcome is the best there is.
    pub(super) fn check_optimum(
        &self,
        rule: &Rule,
        delivery: &OwnDelivery,
        welfare: Money,
        tally: &mut Tally,
    ) {
        let Self { volume, price, equilibrium, .. } = *self;
        let edges = Edges::of(delivery, self);
        tally.check(Law::C5, edges.nobody_left(), || {
            format!("a bid and an offer that cross are left: {edges:?}")
        });
        let (lo, hi) = edges.range();
        if volume.is_zero() {
            tally.check(Law::C6, price.is_none() && equilibrium.is_none(), || {
                "a price without a trade".into()
            });
            return;
        }
        let Some(proof) = equilibrium else {
            return tally.check(Law::C6, false, || "a trade without an equilibrium price".into());
        };
        tally.check(Law::C6, (lo..=hi).contains(&proof), || format!("{proof} is not within {lo} … {hi}"));
        tally.equal(Law::C7, dual(delivery, proof), welfare, "the bound on welfare that the price proves");
        for side in Side::ALL {
            let right = margin(&delivery.orders[side as usize], proof, side, volume);
            let exact = right.iter().all(|(arrival, energy)| self.fill(side, *arrival).0 == *energy);
            tally.check(Law::C6, exact, || {
                format!("the orders to {} are not filled by the price", side.name())
            });
        }
        match *rule {
            Rule::UniformPrice { convention, k } | Rule::AuctionFirst { convention, k, .. } => {
                let right = match convention {
                    PriceConvention::Equilibrium => {
                        let price = between(k, lo, hi);
                        (price, price)
                    }
                    PriceConvention::LastPair => {
                        (lo, between(k, edges.worst_filled_offer, edges.worst_filled_bid))
                    }
                };
                tally.equal(Law::C6, (proof, price), (right.0, Some(right.1)), "the price");
            }
            Rule::PayAsBid { k } => self.check_pairs(k, delivery, tally),
            _ => {}
        }
    }

    /// Every pair trades between its own limits, and the pairs are the fills.
    fn check_pairs(&self, k: Fraction, delivery: &OwnDelivery, tally: &mut Tally) {
        let mut sums: [BTreeMap<u32, (Energy, Money)>; 2] = Default::default();
        for (bid, offer, energy, price) in &self.pairs {
            let limit = |side, arrival| find(&delivery.orders, side, arrival).map(|own| own.order.limit);
            let (Some(buy), Some(sell)) = (limit(Side::Buy, *bid), limit(Side::Sell, *offer)) else {
                tally.check(Law::C1, false, || "a pair with an order that is not in the book".into());
                continue;
            };
            tally.check(Law::C3, (sell..=buy).contains(price), || {
                format!("{price} between limits {sell} and {buy}")
            });
            tally.equal(Law::C6, *price, between(k, sell, buy), "the price of a pair");
            for (side, arrival) in [(Side::Buy, *bid), (Side::Sell, *offer)] {
                let sum = sums[side as usize].entry(arrival).or_default();
                *sum = (sum.0 + *energy, sum.1 + *energy * *price);
            }
        }
        tally.check(Law::C4, sums == self.fills, || "the pairs do not add up to the fills".into());
    }

    /// Fills become trades, the rest stays or lapses; returns what each account no longer holds.
    pub(super) fn write_down(
        &self,
        delivery: &mut OwnDelivery,
        last: impl Fn(&OwnOrder) -> bool,
        tally: &mut Tally,
    ) -> Vec<(AccountId, Money)> {
        let mut released = Vec::new();
        for side in Side::ALL {
            let positions = &mut delivery.positions;
            let mut ended = self.ended[side as usize].clone();
            delivery.orders[side as usize].retain_mut(|own| {
                let (energy, money) = self.fill(side, own.arrival);
                own.open -= energy;
                let position = positions.entry(own.order.meter).or_default();
                match side {
                    Side::Buy => {
                        (position.bought, position.paid) = (position.bought + energy, position.paid + money)
                    }
                    Side::Sell => {
                        (position.sold, position.received) =
                            (position.sold + energy, position.received + money);
                    }
                }
                position.hold += own.hold(energy);
                if !energy.is_zero() {
                    own.attributes.minimum = Energy::ZERO; // it is met
                }
                let lapses = own.open > Energy::ZERO && !stays(&own.order, last(own));
                let told = ended.remove(&own.arrival);
                let right = lapses.then_some(own.open);
                tally.equal(Law::C12, told, right, "what lapses of an order");
                if lapses {
                    released.push((own.order.account, own.hold(own.open)));
                }
                own.open > Energy::ZERO && !lapses
            });
            tally.check(Law::C12, ended.is_empty(), || "an order lapsed that is not in the book".into());
        }
        released
    }
}

/// The limits next to the dividing line between what is filled and what is not.
#[derive(Debug)]
pub(super) struct Edges {
    worst_filled_bid: Price,
    worst_filled_offer: Price,
    best_open_bid: Price,
    best_open_offer: Price,
}

impl Edges {
    pub(super) fn of(delivery: &OwnDelivery, outcome: &Outcome) -> Self {
        let limits = |side: Side, filled: bool| {
            delivery.orders[side as usize].iter().filter_map(move |own| {
                let fill = outcome.fill(side, own.arrival).0;
                let taken = if filled { fill > Energy::ZERO } else { fill < own.open };
                taken.then_some(own.order.limit)
            })
        };
        let (lowest, highest) = (Price(i64::MIN), Price(i64::MAX));
        Self {
            worst_filled_bid: limits(Side::Buy, true).min().unwrap_or(highest),
            worst_filled_offer: limits(Side::Sell, true).max().unwrap_or(lowest),
            best_open_bid: limits(Side::Buy, false).max().unwrap_or(lowest),
            best_open_offer: limits(Side::Sell, false).min().unwrap_or(highest),
        }
    }

    /// No open bid reaches an open offer.
    fn nobody_left(&self) -> bool {
        self.best_open_bid < self.best_open_offer
    }

    /// The prices at which filled orders want to be filled and open ones do not.
    pub(super) fn range(&self) -> (Price, Price) {
        (self.worst_filled_offer.max(self.best_open_bid), self.worst_filled_bid.min(self.best_open_offer))
    }
}

/// Σ of what every order gains at the price if it may trade as it likes: no allocation has more welfare.
pub(super) fn dual(delivery: &OwnDelivery, price: Price) -> Money {
    let gain = |side: Side| {
        delivery.orders[side as usize].iter().map(move |own| {
            let gain = if side == Side::Buy { own.order.limit - price } else { price - own.order.limit };
            (own.open * gain).max(Money::ZERO)
        })
    };
    gain(Side::Buy).chain(gain(Side::Sell)).sum()
}

/// What a price gives every order of a side: better ones all, worse ones nothing, those at the price their share by
/// cumulative floor apportionment, an account's orders beside each other.
pub(super) fn margin(orders: &[OwnOrder], price: Price, side: Side, volume: Energy) -> Vec<(u32, Energy)> {
    let better = |own: &OwnOrder| match side {
        Side::Buy => own.order.limit > price,
        Side::Sell => own.order.limit < price,
    };
    let inside: Energy = orders.iter().filter(|own| better(own)).map(|own| own.open).sum();
    let mut first: BTreeMap<AccountId, u32> = BTreeMap::new();
    let mut at: Vec<&OwnOrder> = orders.iter().filter(|own| own.order.limit == price).collect();
    for own in &at {
        first.entry(own.order.account).or_insert(own.arrival);
    }
    at.sort_by_key(|own| (first[&own.order.account], own.arrival));
    let total: i128 = at.iter().map(|own| i128::from(own.open.0)).sum();
    let share = i128::from((volume - inside).0);
    let (mut sum, mut given) = (0_i128, 0_i128);
    let mut fills: Vec<(u32, Energy)> = Vec::with_capacity(orders.len());
    for own in at {
        sum += i128::from(own.open.0);
        let upto = share * sum / total.max(1);
        fills.push((own.arrival, Energy((upto - given) as i64)));
        given = upto;
    }
    let decided = orders.iter().filter(|own| own.order.limit != price);
    fills.extend(decided.map(|own| (own.arrival, if better(own) { own.open } else { Energy::ZERO })));
    fills
}

/// from + k(to − from), rounded down.
pub(super) fn between(k: Fraction, from: Price, to: Price) -> Price {
    let width = i128::from(to.0) - i128::from(from.0);
    let part = (width * i128::from(k.numerator())).div_euclid(i128::from(k.denominator()));
    Price(from.0 + part as i64)
}

fn find(orders: &[Vec<OwnOrder>; 2], side: Side, arrival: u32) -> Option<&OwnOrder> {
    let orders = &orders[side as usize];
    orders.binary_search_by_key(&arrival, |own| own.arrival).ok().map(|at| &orders[at])
}
