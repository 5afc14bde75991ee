//! Pipelines again, auction by auction as written: each one's orders are set out as a book of their own, its price is
//! found by walking up through the limits, and what is left goes on.

use super::books::OwnOrder;
use super::distances::{beside, ranked};
use super::outcome::{Right, between, margin};
use market::rule::{Stage, Stages};
use market::{AccountId, AuctionClaim, Energy, Fraction, Order, Price, Quality, Side, Witness};
use std::collections::{BTreeMap, BTreeSet};

/// The right clearing of these orders.
pub(super) fn pipeline(stages: Stages, k: Fraction, orders: &[Vec<OwnOrder>; 2]) -> Right {
    Course::of(stages, k, orders).right
}

struct Course {
    k: Fraction,
    /// The orders with what is left of them.
    left: [Vec<OwnOrder>; 2],
    right: Right,
    /// What each auction that trades pays, and its lowest equilibrium price.
    prices: Vec<(Price, Price)>,
    /// The claim that proves it.
    claim: Vec<AuctionClaim>,
}

/// The orders of an auction and what it does with them.
struct Auction {
    orders: [Vec<OwnOrder>; 2],
    /// Lowest equilibrium price; none where no bid reaches an offer.
    lowest: Option<Price>,
    /// Per side, by place of arrival.
    fills: [BTreeMap<u32, Energy>; 2],
}

impl Auction {
    fn of(orders: [Vec<OwnOrder>; 2]) -> Self {
        let mut levels: BTreeMap<Price, [Energy; 2]> = BTreeMap::new();
        for own in orders.iter().flatten() {
            levels.entry(own.order.limit).or_default()[own.order.side as usize] += own.open;
        }
        let best_bid = orders[0].iter().map(|own| own.order.limit).max();
        let best_offer = orders[1].iter().map(|own| own.order.limit).min();
        let meets = best_bid.zip(best_offer).is_some_and(|(bid, offer)| bid >= offer);
        // The first limit up to which as much is offered as is bid above it.
        let (mut wanted, mut offered) = (orders[0].iter().map(|own| own.open).sum::<Energy>(), Energy::ZERO);
        let mut lowest = None;
        let mut fills: [BTreeMap<u32, Energy>; 2] = Default::default();
        for (price, [bid, offer]) in levels.into_iter().filter(|_| meets) {
            let here = wanted;
            (wanted, offered) = (wanted - bid, offered + offer);
            if offered >= wanted {
                lowest = Some(price);
                for (side, fills) in Side::ALL.into_iter().zip(&mut fills) {
                    fills.extend(margin(&orders[side as usize], price, side, here.min(offered)));
                }
                break;
            }
        }
        Self { orders, lowest, fills }
    }

    fn fill(&self, side: Side, own: &OwnOrder) -> Energy {
        self.fills[side as usize].get(&own.arrival).copied().unwrap_or_default()
    }

    /// Who serves whom: by rank, and where labels are mixed the highest asked for first, from offers that carry it.
    fn pairs(&self, mixed: bool) -> Vec<(u32, u32, Energy)> {
        let [bids, mut offers] = Side::ALL.map(|side| {
            let row = ranked(&self.orders[side as usize]).into_iter();
            row.map(|own| (own.attributes.quality, own.arrival, self.fill(side, own))).collect::<Vec<_>>()
        });
        let row = |orders: &[(Quality, u32, Energy)], fits: &dyn Fn(Quality) -> bool| {
            let fitting = orders.iter().filter(|(label, ..)| fits(*label));
            fitting.map(|(_, arrival, energy)| (*arrival, *energy)).collect::<Vec<_>>()
        };
        if !mixed {
            return beside(&row(&bids, &|_| true), &row(&offers, &|_| true));
        }
        let mut pairs = Vec::new();
        for asked in Quality::ALL.into_iter().rev() {
            let served = beside(&row(&bids, &|label| label == asked), &row(&offers, &|label| label >= asked));
            for (_, seller, energy) in &served {
                let used = offers.iter_mut().find(|(_, arrival, _)| arrival == seller);
                used.into_iter().for_each(|(.., left)| *left -= *energy);
            }
            pairs.extend(served);
        }
        pairs
    }

    /// The highest equilibrium price: no filled bid and no open offer is below it.
    fn highest(&self) -> Option<Price> {
        let filled = self.orders[0].iter().filter(|own| self.fill(Side::Buy, own) > Energy::ZERO);
        let open = self.orders[1].iter().filter(|own| self.fill(Side::Sell, own) < own.open);
        filled.chain(open).map(|own| own.order.limit).min()
    }
}

impl Course {
    fn of(stages: Stages, k: Fraction, orders: &[Vec<OwnOrder>; 2]) -> Self {
        let (right, prices, claim) = Default::default();
        let mut course = Self { k, left: orders.clone(), right, prices, claim };
        for stage in stages.as_slice() {
            match stage {
                Stage::Separate => course.by_label(Quality::ALL, |asked, carried| carried == asked),
                Stage::HighToLow => {
                    let [any, local, green] = Quality::ALL;
                    course.by_label([green, local, any], |asked, carried| carried >= asked);
                }
                Stage::LowToHigh => course.by_label(Quality::ALL, |asked, carried| carried >= asked),
                Stage::SatisfyPreferences => course.satisfy(),
                Stage::UniformPrice => {
                    let auction = Auction::of(course.taking_part(false, |_| true, |_| true));
                    course.settle(&auction, false);
                }
            }
        }
        if let [(price, lowest)] = course.prices[..] {
            (course.right.price, course.right.equilibrium) = (Some(price), Some(lowest));
        }
        course
    }

    /// The orders that take part with what is left of them; bids with their premium where the label is delivered.
    fn taking_part(
        &self,
        delivers: bool,
        bids: impl Fn(&OwnOrder) -> bool,
        offers: impl Fn(&OwnOrder) -> bool,
    ) -> [Vec<OwnOrder>; 2] {
        let open = |own: &&OwnOrder| own.open > Energy::ZERO;
        let raised = |own: &OwnOrder| {
            let mut own = own.clone();
            if delivers && own.attributes.quality != Quality::Any {
                own.order.limit += own.attributes.premium;
            }
            own
        };
        [
            self.left[0].iter().filter(open).filter(|own| bids(own)).map(raised).collect(),
            self.left[1].iter().filter(open).filter(|own| offers(own)).cloned().collect(),
        ]
    }

    /// An auction for the bids of each label, with the offers that may serve them.
    fn by_label(&mut self, labels: [Quality; 3], serves: fn(Quality, Quality) -> bool) {
        for asked in labels {
            let bids = |own: &OwnOrder| own.attributes.quality == asked;
            let offers = |own: &OwnOrder| serves(asked, own.attributes.quality);
            let auction = Auction::of(self.taking_part(true, bids, offers));
            self.settle(&auction, false);
        }
    }

    /// All meet all, without those that were dropped, until nobody is.
    fn satisfy(&mut self) {
        let mut gone: BTreeSet<u32> = BTreeSet::new();
        loop {
            let stays = |own: &OwnOrder| !gone.contains(&own.arrival);
            let auction = Auction::of(self.taking_part(true, stays, |_| true));
            let (mut supply, mut dropped) = (Energy::ZERO, [u32::MAX; 2]);
            for (label, dropped) in [Quality::Local, Quality::GreenLocal].into_iter().zip(&mut dropped).rev()
            {
                let carries = |own: &&OwnOrder| own.attributes.quality == label;
                let sold = auction.orders[1].iter().filter(carries).map(|own| auction.fill(Side::Sell, own));
                supply += sold.sum();
                let mut first: BTreeMap<(AccountId, Price), u32> = BTreeMap::new();
                let mut asking: Vec<&OwnOrder> = auction.orders[0].iter().filter(carries).collect();
                for own in &asking {
                    first.entry((own.order.account, own.order.limit)).or_insert(own.arrival);
                }
                asking.sort_by_key(|own| {
                    let Order { account, limit, .. } = own.order;
                    (-limit, first[&(account, limit)], own.arrival)
                });
                for own in asking {
                    let fill = auction.fill(Side::Buy, own);
                    if *dropped == u32::MAX && fill <= supply {
                        supply -= fill;
                        continue;
                    }
                    if *dropped == u32::MAX {
                        let place = self.left[0].iter().position(|other| other.arrival == own.arrival);
                        *dropped = place.unwrap_or(0) as u32;
                    }
                    gone.insert(own.arrival);
                }
            }
            if dropped == [u32::MAX; 2] {
                return self.settle(&auction, true);
            }
            self.claim.push(proof(&auction, dropped));
        }
    }

    /// Takes what an auction trades from what is left; `mixed` where bids that ask for labels meet all offers.
    fn settle(&mut self, auction: &Auction, mixed: bool) {
        self.claim.push(proof(auction, [u32::MAX; 2]));
        let Some((lowest, highest)) = auction.lowest.zip(auction.highest()) else { return };
        let price = between(self.k, lowest, highest);
        self.prices.push((price, lowest));
        self.right.pairs.extend(auction.pairs(mixed));
        for side in Side::ALL {
            for own in &auction.orders[side as usize] {
                let energy = auction.fill(side, own);
                if energy.is_zero() {
                    continue;
                }
                let sum = self.right.fills[side as usize].entry(own.arrival).or_default();
                *sum = (sum.0 + energy, sum.1 + energy * price);
                let value = energy * own.order.limit;
                match side {
                    Side::Buy => {
                        self.right.volume += energy;
                        self.right.welfare += value;
                    }
                    Side::Sell => self.right.welfare -= value,
                }
            }
            for own in &mut self.left[side as usize] {
                own.open -= auction.fill(side, own);
            }
        }
    }
}

fn proof(auction: &Auction, [dropped_local, dropped_green]: [u32; 2]) -> AuctionClaim {
    let witness = auction.lowest.map_or(Witness::NoTrade, Witness::Equilibrium);
    AuctionClaim { witness, dropped_local, dropped_green }
}

#[cfg(test)]
mod tests {
    use super::*;
    use market::rule::{Clearing, check, pair};
    use market::{
        Attributes, Book, BookOrder, Claim, DeliveryInterval, Details, Location, MeterId, Money, Rule,
        TimeInForce,
    };
    use proptest::prelude::*;

    const COLLAR: (Price, Price) = (Price(-40), Price(40));

    /// Account, limit, energy, label, premium.
    type Wished = (u32, i64, i64, Quality, i64);

    fn own(side: Side, arrival: u32, (account, limit, energy, quality, premium): Wished) -> OwnOrder {
        let order = Order {
            account: AccountId(account),
            meter: MeterId(account),
            interval: DeliveryInterval { start: 0, duration: 900 },
            side,
            energy: Energy(energy),
            limit: Price(limit),
            time_in_force: TimeInForce::NextClearing,
            nonce: 0,
        };
        let premium = Price(if side == Side::Buy && quality != Quality::Any { premium } else { 0 });
        let attributes = Attributes { quality, premium, ..Attributes::default() };
        let location = Location::default();
        OwnOrder { order, attributes, location, arrival, open: order.energy, block: 0, part: 0 }
    }

    fn booked(own: &OwnOrder) -> BookOrder {
        let Order { account, meter, limit, time_in_force, .. } = own.order;
        BookOrder { limit, energy: own.open, account, meter, arrival: own.arrival, time_in_force }
    }

    fn wished(accounts: std::ops::Range<u32>) -> impl Strategy<Value = Vec<Wished>> {
        let label = proptest::sample::select(Quality::ALL.as_slice());
        prop::collection::vec((accounts, -6_i64..7, 1_i64..9, label, 0_i64..4), 0..12)
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(ProptestConfig::default().cases.max(10_000)))]

        #[test]
        fn the_auditor_finds_what_the_market_accepts(
            bids in wished(0..5),
            offers in wished(10..15),
            stages in prop::collection::vec(proptest::sample::select(Stage::ALL.as_slice()), 1..=Stages::MOST),
        ) {
            let side = |side, orders: Vec<Wished>| -> Vec<OwnOrder> {
                (0..).zip(orders).map(|(at, wished)| own(side, 3 * at, wished)).collect()
            };
            let orders = [side(Side::Buy, bids), side(Side::Sell, offers)];
            let details = orders.each_ref().map(|orders| {
                let kept = |own: &OwnOrder| Details { attributes: own.attributes, ..Details::default() };
                orders.iter().map(kept).collect::<Vec<_>>()
            });
            let [bids, offers] = orders.each_ref().map(|orders| orders.iter().map(booked).collect());
            let book = Book { bids, offers, details };
            let (stages, k) = (Stages::new(&stages).unwrap(), Fraction::HALF);
            let Course { right, claim, .. } = Course::of(stages, k, &orders);
            let mut out = Clearing::default();
            let claim = Claim::Pipeline { auctions: claim };
            prop_assert_eq!(check(&Rule::Pipeline { stages, k }, &book, &claim, COLLAR, &mut out), Ok(()));
            let facts = (out.volume, out.price, out.equilibrium, out.welfare);
            prop_assert_eq!(facts, (right.volume, right.price, right.equilibrium, right.welfare));
            let mut trades = Vec::new();
            pair(&book, &out, &mut trades);
            let arrival = |orders: &[OwnOrder], at: u32| orders[at as usize].arrival;
            let pairs = trades.iter().map(|trade| {
                (arrival(&orders[0], trade.bid), arrival(&orders[1], trade.offer), trade.energy)
            });
            prop_assert_eq!(pairs.collect::<Vec<_>>(), right.pairs);
            for side in Side::ALL {
                let money = out.money(side);
                let rows = book.orders(side).iter().zip(out.fills(side)).enumerate();
                let fills = rows.filter(|(_, (_, fill))| !fill.is_zero()).map(|(at, (order, fill))| {
                    (order.arrival, (*fill, Money(money.of(at, *fill).into())))
                });
                prop_assert_eq!(fills.collect::<BTreeMap<_, _>>(), right.fills[side as usize].clone());
            }
        }
    }
}
