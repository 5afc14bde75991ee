//! What lying would win under a design: the search of [`clearing::manipulation`] on a choice of recorded intervals.

use super::design::Design;
use super::play::book;
use super::record::{Recorded, Recording};
use crate::Roll;
use clearing::manipulation::{Books, Gain, Gains, MeterPlayer, Meters, OrderPlayer, Trick};
use market::rule::{RuleKind, metered};
use market::{Carrier, DeliveryInterval, Energy, Prices, Rejection, SharingKey};
use std::cmp::Reverse;

/// How thoroughly lies are looked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Effort {
    /// Not at all.
    None,
    /// The busiest intervals, the largest members, some prices: seconds.
    Quick,
    /// Many intervals, all members, all prices: minutes.
    Full,
}

/// The best lie of one kind.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Manipulation {
    /// What is told, and what it wins.
    pub gain: Gain,
    /// By whom.
    pub member: usize,
    /// Of what.
    pub carrier: Carrier,
    /// When.
    pub interval: DeliveryInterval,
}

/// How much is tried: intervals per carrier, members per interval, limits per member.
struct Limits {
    intervals: usize,
    members: usize,
    prices: usize,
}

/// Communities of more members are large.
const LARGE: usize = 100;

fn limits(kind: RuleKind, effort: Effort, recording: &Recording) -> Limits {
    // Their clearings cost the square of the orders.
    let heavy = kind == RuleKind::Bilateral || (kind == RuleKind::Vcg && recording.flows.len() > LARGE);
    match (effort, heavy) {
        (Effort::None, _) => Limits { intervals: 0, members: 0, prices: 0 },
        (Effort::Quick, false) => Limits { intervals: 8, members: 24, prices: 24 },
        (Effort::Quick, true) => Limits { intervals: 1, members: 4, prices: 6 },
        (Effort::Full, false) => Limits { intervals: 48, members: usize::MAX, prices: 1_000 },
        (Effort::Full, true) => Limits { intervals: 4, members: 12, prices: 16 },
    }
}

/// The best lies found under a design, one of each kind at most; nothing where none can be looked for.
pub(super) fn search(
    design: &Design,
    recording: &Recording,
    effort: Effort,
) -> Result<Option<Vec<Manipulation>>, Rejection> {
    // The coefficients of the one come from another market, the premium of the other from outside.
    let elsewhere = matches!(design.kind(), RuleKind::Key(SharingKey::FullDynamic | SharingKey::Incentive));
    if effort == Effort::None || elsewhere {
        return Ok(None);
    }
    let limits = limits(design.kind(), effort, recording);
    let mut best: Vec<Manipulation> = Vec::new();
    let mut keep = |gains: &Gains, member: usize, carrier: Carrier, interval: DeliveryInterval| {
        for trick in Trick::ALL {
            let Some(gain) = gains.of(trick) else { continue };
            let found = Manipulation { gain: *gain, member, carrier, interval };
            match best.iter_mut().find(|known| known.gain.trick == trick) {
                Some(known) if gain.money > known.gain.money => *known = found,
                Some(_) => {}
                None => best.push(found),
            }
        }
    };
    for market in &recording.terms.markets {
        let carrier = market.carrier;
        for recorded in busiest(recording, carrier, design.kind().takes_orders(), limits.intervals) {
            if design.kind().takes_orders() {
                in_orders(design, recording, carrier, recorded, &limits, &mut keep)?;
            } else {
                in_readings(design, recording, carrier, recorded, &limits, &mut keep)?;
            }
        }
    }
    best.sort_by_key(|found| found.gain.trick);
    Ok(Some(best))
}

/// The intervals in which most could be traded, the largest first: where orders (or readings) of both sides meet.
fn busiest(recording: &Recording, carrier: Carrier, orders: bool, most: usize) -> Vec<&Recorded> {
    let could_trade = |recorded: &Recorded| {
        let exchange = &recorded.exchanges[carrier as usize];
        let sums: [Energy; 2] = if orders {
            let sum = |orders: &[market::BookOrder]| orders.iter().map(|order| order.energy).sum();
            [sum(&exchange.book.bids), sum(&exchange.book.offers)]
        } else {
            let readings = || exchange.readings.iter();
            [readings().map(|r| r.import).sum(), readings().map(|r| r.export).sum()]
        };
        sums[0].min(sums[1])
    };
    let mut all: Vec<(Energy, &Recorded)> =
        recording.intervals.iter().map(|recorded| (could_trade(recorded), recorded)).collect();
    all.retain(|(energy, _)| energy.0 > 0);
    all.sort_by_key(|(energy, recorded)| (Reverse(*energy), recorded.interval));
    // Half of them the busiest, half spread over the others: margins are elsewhere in the morning than at noon.
    let top = most.div_ceil(2).min(all.len());
    let rest = &all[top..];
    let spread = (most - most.div_ceil(2)).min(rest.len());
    let others = (0..spread).map(|number| rest[(2 * number + 1) * rest.len() / (2 * spread)].1);
    all[..top].iter().map(|(_, recorded)| *recorded).chain(others).collect()
}

fn in_orders(
    design: &Design,
    recording: &Recording,
    carrier: Carrier,
    recorded: &Recorded,
    limits: &Limits,
    keep: &mut impl FnMut(&Gains, usize, Carrier, DeliveryInterval),
) -> Result<(), Rejection> {
    let rule = design.rule(carrier, recording);
    let exchange = &recorded.exchanges[carrier as usize];
    let collar = recording.collar(carrier);
    let book = book(&rule, recording, exchange, collar);
    let mut books = Books::new(&rule, &book, &exchange.sequence, collar, limits.prices);
    let points = &recording.points[carrier as usize];
    let mut asked = vec![Energy::ZERO; points.len()];
    for order in book.bids.iter().chain(&book.offers) {
        asked[recording.places[order.meter.0 as usize].1] += order.energy;
    }
    for place in largest(&asked, limits.members) {
        let point = &points[place];
        let tariff = &recording.terms.tariffs[usize::from(point.tariff.0)];
        let prices = recorded.prices[usize::from(point.tariff.0)];
        let capacity = [point.capacity[0], if point.sells { point.capacity[1] } else { Energy::ZERO }];
        let player = OrderPlayer {
            account: Roll::account(point.member),
            feed_in: prices.export,
            supply: prices.import + tariff.grid_fee + tariff.levy,
            capacity,
        };
        keep(&books.search(&player)?, point.member, carrier, recorded.interval);
    }
    Ok(())
}

fn in_readings(
    design: &Design,
    recording: &Recording,
    carrier: Carrier,
    recorded: &Recorded,
    limits: &Limits,
    keep: &mut impl FnMut(&Gains, usize, Carrier, DeliveryInterval),
) -> Result<(), Rejection> {
    let rule = design.rule(carrier, recording);
    let prices: Prices = recording.prices_of(&rule, recorded);
    let readings = &recorded.exchanges[carrier as usize].readings;
    let number = recorded.interval.number();
    let mut share = |meters: &[_], out: &mut Vec<_>| metered(&rule, meters, prices, number, out);
    let mut meters = Meters { truth: readings, share: &mut share };
    let points = &recording.points[carrier as usize];
    let size: Vec<Energy> = readings.iter().map(|reading| reading.import + reading.export).collect();
    for place in largest(&size, limits.members) {
        let point = &points[place];
        let player = MeterPlayer {
            place,
            prices: recorded.prices[usize::from(point.tariff.0)],
            tariff: &recording.terms.tariffs[usize::from(point.tariff.0)],
            capacity: point.capacity,
        };
        keep(&meters.search(&player)?, point.member, carrier, recorded.interval);
    }
    Ok(())
}

/// The places of the largest energies, at most so many; those of none left out.
fn largest(energies: &[Energy], most: usize) -> Vec<usize> {
    let mut places: Vec<usize> = (0..energies.len()).filter(|place| energies[*place].0 > 0).collect();
    places.sort_by_key(|place| (Reverse(energies[*place]), *place));
    places.truncate(most);
    places
}
