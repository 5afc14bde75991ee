//! How far energy from peers has come, for fees by distance (S4): buyers and sellers are laid along a line in Wh, each
//! from where the one before it ends, and whoever lies beside whom has traded.

use super::books::{Books, OwnDelivery, OwnOrder};
use super::outcome::Outcome;
use super::pipeline::pipeline;
use market::rule::RuleKind;
use market::{AccountId, Energy, Location, MeterId, Price, Rule, Side};
use std::collections::BTreeMap;

/// Where the metering points lie, by number.
pub(super) type Map = Vec<Location>;

impl Books {
    /// Where the metering points lie, if any tariff ever had fees by distance.
    pub(super) fn map(&self) -> Option<Map> {
        let minds = self.versions.values().any(|version| version.distance_fees.is_some());
        minds.then(|| self.meters.iter().map(|meter| meter.location).collect())
    }
}

impl OwnDelivery {
    /// A buyer's energy has come from where the seller is.
    pub(super) fn note_pair(&mut self, buyer: MeterId, seller: MeterId, energy: Energy, map: &Map) {
        let [to, from] = [buyer, seller].map(|meter| map.get(meter.0 as usize).map_or([0; 4], bytes));
        let same = to.iter().zip(from).take_while(|(to, from)| **to == *from).count();
        // All four bytes, the first three, two, or fewer.
        let far = 4 - same.max(1);
        self.distances.entry(buyer).or_default()[far] += energy;
    }

    /// The pairs of a clearing of orders, before its fills leave the book.
    pub(super) fn note_pairs(&mut self, rule: &Rule, outcome: &Outcome, map: &Map) {
        let pairs: Vec<(u32, u32, Energy)> = match (rule.kind(), *rule) {
            (RuleKind::PayAsBid | RuleKind::Bilateral, _) => {
                outcome.pairs.iter().map(|(bid, offer, energy, _)| (*bid, *offer, *energy)).collect()
            }
            (_, Rule::Pipeline { stages, k }) => pipeline(stages, k, &self.orders).pairs,
            _ => {
                let ranks = Side::ALL.map(|side| {
                    let fill = |own: &&OwnOrder| (own.arrival, outcome.fill(side, own.arrival).0);
                    ranked(&self.orders[side as usize]).iter().map(fill).collect::<Vec<_>>()
                });
                beside(&ranks[0], &ranks[1])
            }
        };
        for (bid, offer, energy) in pairs {
            let meter = |side: Side, arrival| {
                let orders = &self.orders[side as usize];
                orders.iter().find(|own| own.arrival == arrival).map(|own| own.order.meter)
            };
            if let (Some(buyer), Some(seller)) = (meter(Side::Buy, bid), meter(Side::Sell, offer)) {
                self.note_pair(buyer, seller, energy, map);
            }
        }
    }

    /// What metering points took and gave, by number, where no order says who serves whom.
    pub(super) fn note_flows(&mut self, takes: &[(MeterId, Energy)], gives: &[(MeterId, Energy)], map: &Map) {
        for (buyer, seller, energy) in beside(takes, gives) {
            self.note_pair(buyer, seller, energy, map);
        }
    }
}

fn bytes(location: &Location) -> [u8; 4] {
    location.0.to_be_bytes()
}

/// The best limit first; of one limit the account that came first, its orders beside each other.
pub(super) fn ranked(orders: &[OwnOrder]) -> Vec<&OwnOrder> {
    let mut first: BTreeMap<(Price, AccountId), u32> = BTreeMap::new();
    for own in orders {
        first.entry((own.order.limit, own.order.account)).or_insert(own.arrival);
    }
    let mut ranked: Vec<&OwnOrder> = orders.iter().collect();
    ranked.sort_by_key(|own| {
        let limit = own.order.limit;
        let merit = if own.order.side == Side::Buy { -limit } else { limit };
        (merit, first[&(limit, own.order.account)], own.arrival)
    });
    ranked
}

/// Two rows along one line: whoever overlaps, and by how much.
pub(super) fn beside<T: Copy>(one: &[(T, Energy)], other: &[(T, Energy)]) -> Vec<(T, T, Energy)> {
    let spans = |row: &[(T, Energy)]| {
        let mut end = Energy::ZERO;
        let span = |(whose, energy): &(T, Energy)| {
            let start = end;
            end += *energy;
            (*whose, start, end)
        };
        row.iter().map(span).collect::<Vec<_>>()
    };
    let (ones, others) = (spans(one), spans(other));
    let mut pairs = Vec::new();
    let mut behind = 0;
    for (buyer, start, end) in ones {
        behind += others[behind..].iter().take_while(|(_, _, until)| *until <= start).count();
        for (seller, from, until) in others[behind..].iter().take_while(|(_, from, _)| *from < end) {
            let energy = end.min(*until) - start.max(*from);
            if energy > Energy::ZERO {
                pairs.push((buyer, *seller, energy));
            }
        }
    }
    pairs
}
