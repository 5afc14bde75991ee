//! How far energy from peers has come, for grid fees by distance.
//!
//! A clearing's pairs say which seller serves which buyer: the rule's own, the canonical ones of [`crate::rule::pair`],
//! or, where metered energy is shared and where carriers are coupled, what the metering points bought and sold in it,
//! laid side by side in canonical order of metering points.
//!
//! Kept only where a tariff has such fees: nobody else pays for it in time, memory or hashes.

use super::agreements::in_force;
use super::{Delivery, State};
use crate::rule::{Clearing, Trade, pair};
use crate::{DeliveryInterval, Energy, Location, Meter, MeterId, Side, TariffVersion};
use alloc::vec::Vec;

impl State {
    /// Whether any tariff has fees by distance in an interval.
    pub(super) fn minds_distance(&self, interval: DeliveryInterval) -> bool {
        let minds = |versions: &Vec<TariffVersion>| {
            in_force(versions, interval).is_some_and(|version| version.distance_fees.is_some())
        };
        self.tariffs.iter().any(minds)
    }
}

/// Where the parties to a trade are.
#[derive(Clone, Copy)]
pub(super) struct Map<'a> {
    pub meters: &'a [Meter],
    /// Per meter, its place among its carrier's.
    pub places: &'a [u32],
}

impl Map<'_> {
    fn place(&self, meter: MeterId) -> usize {
        self.places.get(meter.0 as usize).map_or(usize::MAX, |place| *place as usize)
    }

    fn location(&self, meter: MeterId) -> Location {
        self.meters.get(meter.0 as usize).map_or_else(Location::default, |meter| meter.location)
    }
}

impl Delivery {
    /// Whether it knows already how far some energy has come: then it goes on.
    pub(super) fn keeps_distances(&self) -> bool {
        !self.distances.is_empty()
    }

    /// Takes note of a pair: the buyer's energy has come from where the seller is.
    pub(super) fn note_pair(&mut self, buyer: MeterId, seller: MeterId, energy: Energy, map: Map<'_>) {
        self.distances.resize(self.positions.len(), [Energy::ZERO; 4]);
        let distance = map.location(buyer).distance(map.location(seller));
        let own = self.distances.get_mut(map.place(buyer));
        if let Some(sum) = own.and_then(|own| own.get_mut(distance as usize)) {
            *sum += energy;
        }
    }

    /// Takes note of the pairs of a clearing of orders, before its fills leave the book.
    pub(super) fn note_pairs(&mut self, clearing: &Clearing, map: Map<'_>) {
        let mut pairs = Vec::new();
        pair(&self.book, clearing, &mut pairs);
        for Trade { bid, offer, energy, .. } in pairs {
            let meter = |side, at: u32| self.orders(side).get(at as usize).map(|order| order.meter);
            if let (Some(buyer), Some(seller)) = (meter(Side::Buy, bid), meter(Side::Sell, offer)) {
                self.note_pair(buyer, seller, energy, map);
            }
        }
    }

    /// What every metering point has bought and sold so far, Wh.
    pub(super) fn traded(&self) -> Vec<[Energy; 2]> {
        self.positions.iter().map(|position| [position.bought, position.sold]).collect()
    }

    /// Pairs what was bought and sold since, metering point by metering point; `connected` are the carrier's.
    pub(super) fn note_flows(&mut self, before: &[[Energy; 2]], connected: &[MeterId], map: Map<'_>) {
        let now = self.traded();
        let of = |side: usize| {
            let points = connected.iter().zip(&now).zip(before);
            points.filter_map(move |((meter, now), before)| {
                let energy = *now.get(side)? - *before.get(side)?;
                (energy > Energy::ZERO).then_some((*meter, energy))
            })
        };
        let (mut buyers, mut sellers) = (of(0), of(1));
        let (mut buyer, mut seller) = (buyers.next(), sellers.next());
        let mut pairs = Vec::new();
        while let (Some((to, need)), Some((from, supply))) = (&mut buyer, &mut seller) {
            let energy = (*need).min(*supply);
            pairs.push((*to, *from, energy));
            (*need, *supply) = (*need - energy, *supply - energy);
            if need.is_zero() {
                buyer = buyers.next();
            }
            if supply.is_zero() {
                seller = sellers.next();
            }
        }
        for (buyer, seller, energy) in pairs {
            self.note_pair(buyer, seller, energy, map);
        }
    }
}
