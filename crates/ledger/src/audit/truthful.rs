//! McAfee's auction again, by sorting: both sides laid out by price, then arrival, and walked along as long as the
//! bid is worth the offer. (`vcg` is for studies; no ledger can hold a clearing by it.)

use super::books::OwnOrder;
use super::outcome::Right;
use market::{AccountId, Energy, Price, Side};
use std::collections::BTreeSet;

/// The right clearing of these orders; `collar` is the market's floor and cap.
pub(super) fn trade_reduction(orders: &[Vec<OwnOrder>; 2], collar: (Price, Price)) -> Right {
    let [mut bids, mut offers] = [0, 1].map(|side| orders[side].iter().collect::<Vec<&OwnOrder>>());
    bids.sort_by_key(|own| (-own.order.limit, own.arrival));
    offers.sort_by_key(|own| (own.order.limit, own.arrival));
    let Some(met) = Meeting::of(&bids, &offers) else { return Right::default() };
    let limit = |side: &[&OwnOrder], at: usize| side.get(at).map(|own| own.order.limit);
    let (last_bid, last_offer) = (bids[met.bid].order.limit, offers[met.offer].order.limit);
    let next_bid = limit(&bids, met.bid + 1);
    // Below the limit of the bid in which the next Wh lies, more is wanted than traded.
    let wanting = if met.bid_left > Energy::ZERO { Some(last_bid) } else { next_bid };
    let equilibrium = Some(last_offer).max(wanting);
    let outside = (next_bid.unwrap_or(collar.0), limit(&offers, met.offer + 1).unwrap_or(collar.1));
    let middle = Price((outside.0 + outside.1).0.div_euclid(2));
    let all = || orders.iter().flatten();
    let accounts: BTreeSet<AccountId> = all().map(|own| own.order.account).collect();
    let energies: BTreeSet<Energy> = all().map(|own| own.open).collect();
    let single = accounts.len() == all().count() && energies.len() == 1;
    let (traders, prices) = if single && last_offer <= middle && middle <= last_bid {
        ([&bids[..=met.bid], &offers[..=met.offer]], (middle, middle))
    } else {
        ([&bids[..met.bid], &offers[..met.offer]], (last_bid, last_offer))
    };
    let supply = traders.map(|side| side.iter().map(|own| own.open).sum::<Energy>());
    let volume = supply[0].min(supply[1]);
    let mut right = Right { volume, equilibrium, ..Right::default() };
    if volume > Energy::ZERO && prices.0 == prices.1 {
        right.price = Some(prices.0);
    }
    for (side, price) in [(Side::Buy, prices.0), (Side::Sell, prices.1)] {
        let (number, mut waiting) = (side as usize, traders[side as usize].to_vec());
        waiting.sort_by_key(|own| own.arrival);
        let (mut before, mut given) = (0_i128, 0_i128);
        for own in waiting {
            before += i128::from(own.open.0);
            let upto = i128::from(volume.0) * before / i128::from(supply[number].0);
            let energy = Energy((upto - given) as i64);
            given = upto;
            if energy > Energy::ZERO {
                let value = energy * own.order.limit;
                right.welfare += if side == Side::Buy { value } else { -value };
                right.fills[number].insert(own.arrival, (energy, energy * price));
            }
        }
    }
    right
}

/// The orders in which the last Wh of the efficient volume lies.
struct Meeting {
    bid: usize,
    offer: usize,
    /// What the bid would still take.
    bid_left: Energy,
}

impl Meeting {
    fn of(bids: &[&OwnOrder], offers: &[&OwnOrder]) -> Option<Self> {
        let (mut bid, mut offer) = (0, 0);
        let (mut wanted, mut given) = (bids.first()?.open, offers.first()?.open);
        let mut last = None;
        while bids[bid].order.limit >= offers[offer].order.limit {
            let energy = wanted.min(given);
            (wanted, given) = (wanted - energy, given - energy);
            last = Some(Self { bid, offer, bid_left: wanted });
            if wanted.is_zero() {
                bid += 1;
                let Some(next) = bids.get(bid) else { break };
                wanted = next.open;
            }
            if given.is_zero() {
                offer += 1;
                let Some(next) = offers.get(offer) else { break };
                given = next.open;
            }
        }
        last
    }
}

#[cfg(test)]
mod tests {
    use super::super::books::OwnDelivery;
    use super::super::outcome::Outcome;
    use super::super::tally::Tally;
    use super::*;
    use market::rule::{Clearing, check};
    use market::{
        Attributes, Book, BookOrder, Carrier, Claim, DeliveryInterval, Event, Location, MeterId, Money,
        Order, OrderId, Rule, TimeInForce,
    };
    use proptest::prelude::*;
    use std::collections::BTreeMap;

    const COLLAR: (Price, Price) = (Price(-40), Price(40));

    fn own(side: Side, arrival: u32, account: u32, limit: i64, energy: i64) -> OwnOrder {
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
        let (attributes, location) = (Attributes::default(), Location::default());
        OwnOrder { order, attributes, location, arrival, open: order.energy, block: 0, part: 0 }
    }

    fn booked(own: &OwnOrder) -> BookOrder {
        let Order { account, meter, limit, time_in_force, .. } = own.order;
        BookOrder { limit, energy: own.open, account, meter, arrival: own.arrival, time_in_force }
    }

    /// Bids and offers of a few Wh, of different accounts; single units of one energy among them.
    fn sides() -> impl Strategy<Value = [Vec<OwnOrder>; 2]> {
        let orders = || prop::collection::vec((0_u32..9, -20_i64..21, 1_i64..8), 0..8);
        (orders(), orders(), any::<bool>()).prop_map(|(bids, offers, single)| {
            let side = |side, orders: Vec<(u32, i64, i64)>| {
                let first = if side == Side::Buy { 100 } else { 200 };
                let orders = (0..).zip(orders).map(|(at, (account, limit, energy))| {
                    let (account, energy) = if single { (at, 7) } else { (account, energy) };
                    own(side, 3 * at, first + account, limit, energy)
                });
                orders.collect()
            };
            [side(Side::Buy, bids), side(Side::Sell, offers)]
        })
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(ProptestConfig::default().cases.max(10_000)))]

        #[test]
        fn the_auditor_finds_what_the_market_accepts(orders in sides()) {
            let book = Book {
                bids: orders[0].iter().map(booked).collect(),
                offers: orders[1].iter().map(booked).collect(),
                ..Book::default()
            };
            let right = trade_reduction(&orders, COLLAR);
            let claim = right.equilibrium.map_or(Claim::Nothing, |equilibrium| Claim::TradeReduction { equilibrium });
            let mut out = Clearing::default();
            prop_assert_eq!(check(&Rule::TradeReduction, &book, &claim, COLLAR, &mut out), Ok(()));
            let facts = (out.volume, out.price, out.equilibrium, out.welfare);
            prop_assert_eq!(facts, (right.volume, right.price, right.equilibrium, right.welfare));
            for side in Side::ALL {
                let money = out.money(side);
                let rows = book.orders(side).iter().zip(out.fills(side)).enumerate();
                let fills = rows.filter(|(_, (_, fill))| !fill.is_zero()).map(|(at, (order, fill))| {
                    (order.arrival, (*fill, Money(money.of(at, *fill).into())))
                });
                prop_assert_eq!(fills.collect::<BTreeMap<_, _>>(), right.fills[side as usize].clone());
            }
        }

        #[test]
        fn a_lie_about_any_number_is_noticed(orders in sides(), pick in any::<prop::sample::Index>()) {
            let Right { volume, price, equilibrium, welfare, fills, .. } = trade_reduction(&orders, COLLAR);
            let (carrier, interval) = (Carrier::Electricity, DeliveryInterval { start: 0, duration: 900 });
            let counted = [orders[0].len() as u32, orders[1].len() as u32];
            let cleared = |volume, price, equilibrium, welfare| {
                Event::Cleared { carrier, interval, volume, price, equilibrium, welfare, orders: counted }
            };
            let mut told = vec![cleared(volume, price, equilibrium, welfare)];
            for own in orders.iter().flatten() {
                if let Some((energy, money)) = fills[own.order.side as usize].get(&own.arrival) {
                    let id = OrderId { carrier, interval, side: own.order.side, arrival: own.arrival };
                    let Order { account, meter, limit, .. } = own.order;
                    told.push(Event::Filled { id, account, meter, limit, energy: *energy, money: *money });
                }
            }
            let delivery = OwnDelivery { orders, ..OwnDelivery::default() };
            let notices = |events: &[Event]| {
                let mut tally = Tally::default();
                let outcome = Outcome::read(events, carrier, interval, &delivery, &mut tally);
                outcome.check(&Rule::TradeReduction, COLLAR, &delivery, &mut tally);
                tally.first().is_some()
            };
            prop_assert!(!notices(&told));
            let other = |price: Option<Price>| price.map_or(Some(Price(1)), |price| Some(price + Price(1)));
            let mut lies = vec![
                (0, cleared(volume + Energy(1), price, equilibrium, welfare)),
                (0, cleared(volume, other(price), equilibrium, welfare)),
                (0, cleared(volume, price, other(equilibrium), welfare)),
                (0, cleared(volume, price, equilibrium, welfare + Money(1))),
            ];
            let at = pick.index(told.len());
            if let Event::Filled { id, account, meter, limit, energy, money } = told[at] {
                let filled = |energy, money| Event::Filled { id, account, meter, limit, energy, money };
                lies.push((at, filled(energy - Energy(1), money)));
                lies.push((at, filled(energy, money + Money(1))));
                lies.push((at, filled(energy, money - Money(1))));
            }
            for (at, lie) in lies {
                let mut events = told.clone();
                events[at] = lie;
                prop_assert!(notices(&events), "{:?} instead of {:?}", lie, told[at]);
            }
        }
    }
}
