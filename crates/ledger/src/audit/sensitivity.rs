//! Is the second witness awake? The market is made to lie about what it did: each event of a run is changed, left
//! out or told twice, and the auditor's books must notice at that record.

use super::books::Books;
use super::tally::Tally;
use crate::Recoverer;
use crate::conformance::Example;
use market::{
    AccountId, Authentication, Carrier, Energy, Envelope, Event, MeterId, Money, OrderId, Posting,
    PostingKind, Price, Side, State,
};
use std::collections::BTreeMap;

/// Every small lie about an event, with its name.
pub(super) fn lies(event: Event) -> Vec<(&'static str, Event)> {
    let mut lies: Vec<(&'static str, Event)> = Vec::new();
    match event {
        Event::AccountOpened(AccountId(id)) => {
            lies.push(("AccountOpened", Event::AccountOpened(AccountId(id + 1))))
        }
        Event::MeterConnected(MeterId(id)) => {
            lies.push(("MeterConnected", Event::MeterConnected(MeterId(id + 1))))
        }
        Event::OrderAccepted { id, account, energy, limit } => {
            let told = |id, account, energy, limit| Event::OrderAccepted { id, account, energy, limit };
            lies.extend(ids(id).map(|id| ("OrderAccepted.id", told(id, account, energy, limit))));
            lies.push(("OrderAccepted.account", told(id, AccountId(account.0 + 1), energy, limit)));
            lies.push(("OrderAccepted.energy", told(id, account, energy + Energy(1), limit)));
            lies.push(("OrderAccepted.limit", told(id, account, energy, limit + Price(1))));
        }
        Event::OrderEnded { id, unfilled } => {
            lies.extend(ids(id).map(|id| ("OrderEnded.id", Event::OrderEnded { id, unfilled })));
            lies.push(("OrderEnded.unfilled", Event::OrderEnded { id, unfilled: unfilled - Energy(1) }));
        }
        Event::Filled { id, account, meter, limit, energy, money } => {
            let told = |id, account, meter, limit, energy, money| Event::Filled {
                id,
                account,
                meter,
                limit,
                energy,
                money,
            };
            lies.extend(ids(id).map(|id| ("Filled.id", told(id, account, meter, limit, energy, money))));
            lies.push(("Filled.account", told(id, AccountId(account.0 + 1), meter, limit, energy, money)));
            lies.push(("Filled.meter", told(id, account, MeterId(meter.0 + 1), limit, energy, money)));
            lies.push(("Filled.limit", told(id, account, meter, limit + Price(1), energy, money)));
            lies.push(("Filled.energy", told(id, account, meter, limit, energy - Energy(1), money)));
            lies.push(("Filled.money", told(id, account, meter, limit, energy, money + Money(1))));
        }
        Event::Paired { bid, offer, energy, price } => {
            let told = |bid, offer, energy, price| Event::Paired { bid, offer, energy, price };
            lies.push(("Paired.bid", told(bid + 1, offer, energy, price)));
            lies.push(("Paired.offer", told(bid, offer + 1, energy, price)));
            lies.push(("Paired.energy", told(bid, offer, energy - Energy(1), price)));
            lies.push(("Paired.price", told(bid, offer, energy, price + Price(1))));
        }
        Event::Cleared { carrier, interval, volume, price, equilibrium, welfare, orders } => {
            let told = |volume, price, equilibrium, welfare, orders| Event::Cleared {
                carrier,
                interval,
                volume,
                price,
                equilibrium,
                welfare,
                orders,
            };
            let up = |price: Option<Price>| Some(price.map_or(Price(1), |price| price + Price(1)));
            let more = volume + Energy(1);
            lies.push(("Cleared.volume", told(more, price, equilibrium, welfare, orders)));
            lies.push(("Cleared.price", told(volume, up(price), equilibrium, welfare, orders)));
            lies.push(("Cleared.equilibrium", told(volume, price, up(equilibrium), welfare, orders)));
            lies.push(("Cleared.welfare", told(volume, price, equilibrium, welfare + Money(1), orders)));
            let orders = [orders[0] + 1, orders[1]];
            lies.push(("Cleared.orders", told(volume, price, equilibrium, welfare, orders)));
            let interval = interval.later(1);
            let moved = Event::Cleared { carrier, interval, volume, price, equilibrium, welfare, orders };
            lies.push(("Cleared.interval", moved));
        }
        Event::Metered(reading) => {
            let import = reading.import + Energy(1);
            lies.push(("Metered.import", Event::Metered(market::Reading { import, ..reading })));
        }
        Event::Converted { account, meter, carrier, interval, side, energy, money } => {
            let told =
                |energy, money| Event::Converted { account, meter, carrier, interval, side, energy, money };
            lies.push(("Converted.energy", told(energy + Energy(1), money)));
            lies.push(("Converted.money", told(energy, money + Money(1))));
        }
        Event::OffersLapsed { interval, conversions, storages } => {
            let told =
                |interval, conversions, storages| Event::OffersLapsed { interval, conversions, storages };
            lies.push(("OffersLapsed.interval", told(interval.later(1), conversions, storages)));
            lies.push(("OffersLapsed.conversions", told(interval, conversions + 1, storages)));
            lies.push(("OffersLapsed.storages", told(interval, conversions, storages + 1)));
        }
        Event::Substituted(reading) => {
            let import = reading.import + Energy(1);
            lies.push(("Substituted.import", Event::Substituted(market::Reading { import, ..reading })));
        }
        Event::Corrected(reading) => {
            let import = reading.import + Energy(1);
            lies.push(("Corrected.import", Event::Corrected(market::Reading { import, ..reading })));
        }
        Event::Resettled { carrier, interval } => {
            lies.push(("Resettled.interval", Event::Resettled { carrier, interval: interval.later(1) }));
        }
        Event::Posted(posting) => {
            lies.extend(about(posting).map(|(name, posting)| (name, Event::Posted(posting))))
        }
        Event::Settled { carrier, interval } => {
            lies.push(("Settled.interval", Event::Settled { carrier, interval: interval.later(1) }));
        }
        Event::Checkpoint(mut root) => {
            root[31] ^= 1;
            lies.push(("Checkpoint", Event::Checkpoint(root)));
        }
    }
    lies
}

fn ids(id: OrderId) -> impl Iterator<Item = OrderId> {
    let other = |carrier| if carrier == Carrier::Gas { Carrier::Heat } else { Carrier::Gas };
    let turned = if id.side == Side::Buy { Side::Sell } else { Side::Buy };
    [
        OrderId { arrival: id.arrival + 1, ..id },
        OrderId { side: turned, ..id },
        OrderId { carrier: other(id.carrier), ..id },
        OrderId { interval: id.interval.later(1), ..id },
    ]
    .into_iter()
}

fn about(posting: Posting) -> impl Iterator<Item = (&'static str, Posting)> {
    let next = |kind| {
        let at = PostingKind::ALL.iter().position(|other| *other == kind).unwrap_or(0);
        PostingKind::ALL[(at + 1) % PostingKind::ALL.len()]
    };
    let up = |id: AccountId| AccountId(id.0 + 1);
    let side = posting.side.map(|side| if side == Side::Buy { Side::Sell } else { Side::Buy });
    let mut lies = vec![
        ("Posted.kind", Posting { kind: next(posting.kind), ..posting }),
        ("Posted.debit", Posting { debit: up(posting.debit), ..posting }),
        ("Posted.credit", Posting { credit: up(posting.credit), ..posting }),
        ("Posted.money", Posting { money: posting.money + Money(1), ..posting }),
        ("Posted.turned", Posting { debit: posting.credit, credit: posting.debit, ..posting }),
    ];
    if posting.side.is_some() {
        lies.extend([
            ("Posted.energy", Posting { energy: posting.energy + Energy(1), ..posting }),
            (
                "Posted.meter",
                Posting { meter: Some(MeterId(posting.meter.map_or(0, |meter| meter.0 + 1))), ..posting },
            ),
            (
                "Posted.price",
                Posting {
                    price: posting.price.map_or(Some(Price(1)), |price| Some(price + Price(1))),
                    ..posting
                },
            ),
            ("Posted.side", Posting { side, ..posting }),
            (
                "Posted.interval",
                Posting { interval: posting.interval.map(|interval| interval.later(1)), ..posting },
            ),
        ]);
    }
    lies.into_iter()
}

/// Lets the market lie about every event of these commands; all lies must be noticed, and the truth must not.
pub(super) fn lie_about(seed: u64, commands: &[Envelope], told: &mut BTreeMap<&'static str, u32>) {
    let (mut state, mut books) = (State::new(), Books::default());
    for envelope in commands {
        let mut events: Vec<Event> = Vec::new();
        state.apply(envelope, &Recoverer, &mut events).unwrap();
        let notices = |events: &[Event]| {
            let (mut books, mut tally) = (books.clone(), Tally::default());
            let signer = books.signer(envelope, &Recoverer);
            books.record(&envelope.command, signer, events, &state, &mut tally);
            tally.first().is_some()
        };
        let mut lie = |name: &'static str, events: &[Event]| {
            assert!(notices(events), "seed {seed}, {name} in {:?}:\n{events:#?}", envelope.command);
            *told.entry(name).or_default() += 1;
        };
        for at in 0..events.len() {
            for (name, changed) in lies(events[at]) {
                let mut events = events.clone();
                events[at] = changed;
                lie(name, &events);
            }
            let mut fewer = events.clone();
            fewer.remove(at);
            lie("left out", &fewer);
            let mut more = events.clone();
            more.insert(at, events[at]);
            lie("told twice", &more);
        }
        let mut tally = Tally::default();
        let signer = books.signer(envelope, &Recoverer);
        books.record(&envelope.command, signer, &events, &state, &mut tally);
        assert_eq!(tally.first(), None, "seed {seed}, {:?}: {events:#?}", envelope.command);
    }
}

#[test]
fn the_market_cannot_lie_about_what_it_did() {
    let mut told = BTreeMap::new();
    for seed in 0..6 {
        lie_about(seed, &Example::run(seed, Authentication::Operator, 6, 5).take(), &mut told);
    }
    let lies: u32 = told.values().sum();
    println!("{lies} lies, all noticed: {told:#?}");
    assert!(lies > 10_000);
}
