//! Whose energy a meter counts: main meters, sub-meters behind them, and shares without a meter.
//!
//! What a metering point is billed for is its *effective* energy. A main meter counts what flows to its sub-meters
//! too, so its own is what is left of its net: net(main) − Σ net(sub), taken where positive, given where negative.
//! A virtual point has a share of what its source counts, by cumulative floor, and the source keeps the rest. Both
//! only divide, so the effective energies sum to what the meters without a main one counted, to the Wh (law D4).

use super::State;
use super::delivery::Counted;
use crate::apportion::CumulativeFloor;
use crate::{
    Arrangement, Carrier, DeliveryInterval, Energy, Equipment, MAX_ENERGY, MeterId, PPM, Register, Rejection,
};
use alloc::collections::BTreeMap;
use alloc::vec::Vec;

/// Most metering points between one and the grid.
const MAX_DEPTH: u32 = 8;

/// Of one carrier, who is behind whom, all by place among its meters; nobody in most communities.
#[derive(Clone, Debug, Default)]
pub(super) struct Arrangements {
    /// Per main meter, its sub-meters.
    mains: BTreeMap<u32, Vec<u32>>,
    /// Per source, the points that have a share of it and how much, parts per million.
    sources: BTreeMap<u32, Vec<(u32, u32)>>,
    /// Per point behind another, how many are between it and the grid, > 0.
    depths: BTreeMap<u32, u32>,
}

impl Arrangements {
    /// Whether every meter counts its own energy and nothing else.
    pub(super) fn is_empty(&self) -> bool {
        self.depths.is_empty()
    }

    /// How many metering points are between this one and the grid.
    pub(super) fn depth(&self, place: u32) -> u32 {
        self.depths.get(&place).copied().unwrap_or(0)
    }

    /// The sub-meters right behind a main meter.
    pub(super) fn subs(&self, main: u32) -> &[u32] {
        self.mains.get(&main).map_or(&[], Vec::as_slice)
    }

    /// The points with a share of a source, and how much, parts per million.
    pub(super) fn shares(&self, source: u32) -> &[(u32, u32)] {
        self.sources.get(&source).map_or(&[], Vec::as_slice)
    }

    /// The points without a meter.
    pub(super) fn without_meter(&self) -> impl Iterator<Item = u32> {
        self.sources.values().flatten().map(|(place, _)| *place)
    }

    fn is_behind_none(&self, place: u32) -> bool {
        self.subs(place).is_empty() && self.shares(place).is_empty()
    }

    /// Takes a point out from behind whatever it is behind.
    fn remove(&mut self, place: u32) {
        self.mains.values_mut().for_each(|subs| subs.retain(|sub| *sub != place));
        self.sources.values_mut().for_each(|shares| shares.retain(|(other, _)| *other != place));
        self.mains.retain(|_, subs| !subs.is_empty());
        self.sources.retain(|_, shares| !shares.is_empty());
        self.depths.remove(&place);
    }

    /// What every metering point is billed for, from what the meters counted. `interval` is the delivery interval's
    /// number: which share is rounded first rotates with it.
    pub(super) fn effective(&self, counted: Vec<Counted>, interval: u64) -> Vec<Counted> {
        if self.is_empty() {
            return counted;
        }
        let mut effective = counted.clone();
        let net = |place: u32| counted.get(place as usize).map_or(Energy::ZERO, |counted| counted.net());
        for (main, subs) in &self.mains {
            if let Some(own) = effective.get_mut(*main as usize) {
                let rest = net(*main) - subs.iter().map(|sub| net(*sub)).sum();
                *own = own.with_net(rest);
            }
        }
        // A share may be shared again, so sources nearer to the grid come first.
        let mut sources: Vec<_> = self.sources.iter().collect();
        sources.sort_by_key(|(source, _)| (self.depth(**source), **source));
        for (source, shares) in sources {
            let there = |(place, _): &&(u32, u32)| (*place as usize) < counted.len();
            let shares: Vec<(u32, u32)> = shares.iter().filter(there).copied().collect();
            let whole = effective.get(*source as usize).copied().unwrap_or_default();
            let mut rest = whole;
            let parts = |whole: Energy| CumulativeFloor::new(whole.0.into(), PPM.into());
            let (Some(mut import), Some(mut export)) = (parts(whole.import), parts(whole.export)) else {
                continue; // a reading is bounded, so the product is
            };
            let start = (interval % (shares.len() as u64).max(1)) as usize;
            for (place, share) in shares.iter().cycle().skip(start).take(shares.len()) {
                let part = Counted {
                    import: Energy(import.next((*share).into()) as i64),
                    export: Energy(export.next((*share).into()) as i64),
                    estimated: whole.estimated,
                };
                rest.import -= part.import;
                rest.export -= part.export;
                if let Some(own) = effective.get_mut(*place as usize) {
                    *own = part;
                }
            }
            if let Some(own) = effective.get_mut(*source as usize) {
                *own = rest;
            }
        }
        effective
    }
}

impl State {
    /// Who is behind whom; `None` where nobody is.
    pub(super) fn arranged(&self, carrier: Carrier) -> Option<&Arrangements> {
        self.arrangements.get(carrier as usize).filter(|arrangements| !arrangements.is_empty())
    }

    /// What every metering point of a carrier is billed for, by place.
    pub(super) fn effective(
        &self,
        carrier: Carrier,
        interval: DeliveryInterval,
        counted: Vec<Counted>,
    ) -> Vec<Counted> {
        match self.arranged(carrier) {
            Some(arrangements) => arrangements.effective(counted, interval.number()),
            None => counted,
        }
    }

    /// Says how a metering point is metered. A community is arranged from the grid outward: a point with others
    /// behind it stays where it is, so that no circle can come about.
    pub(super) fn equip(
        &mut self,
        meter: MeterId,
        equipment: &Equipment,
        nonce: u64,
    ) -> Result<(), Rejection> {
        let own = *self.meters.get(meter.0 as usize).ok_or(Rejection::UnknownMeter)?;
        let front = match equipment.arrangement {
            Arrangement::Direct => None,
            Arrangement::Sub { main: front } | Arrangement::Virtual { source: front, .. } => {
                Some(*self.meters.get(front.0 as usize).ok_or(Rejection::UnknownMeter)?)
            }
        };
        self.check_operator_nonce(nonce)?;
        let virtually = matches!(equipment.arrangement, Arrangement::Virtual { .. });
        if equipment.register == (Register::Cumulative { modulus: 0 }) {
            return Err(Rejection::BadRegister);
        }
        let carrier = own.terms.carrier;
        let place = *self.places.get(meter.0 as usize).ok_or(Rejection::UnknownMeter)?;
        let arrangements = self.arrangements.get(carrier as usize).ok_or(Rejection::NotTraded)?;
        let moves = own.equipment.arrangement != equipment.arrangement;
        let in_place = !moves || arrangements.is_behind_none(place);
        let same_carrier = front.is_none_or(|front| front.terms.carrier == carrier);
        let sensible = !virtually || equipment.register == Register::Interval;
        if self.is_metered(meter) || !in_place || !same_carrier || !sensible {
            return Err(Rejection::BadArrangement);
        }
        let mut arranged = arrangements.clone();
        arranged.remove(place);
        let place_of = |meter: MeterId| self.places.get(meter.0 as usize).copied();
        if let Arrangement::Sub { main: front } | Arrangement::Virtual { source: front, .. } =
            equipment.arrangement
        {
            let before = place_of(front).ok_or(Rejection::UnknownMeter)?;
            let depth = arranged.depth(before) + 1;
            arranged.depths.insert(place, depth);
            let whole = match equipment.arrangement {
                Arrangement::Virtual { share, .. } => {
                    let shares = arranged.sources.entry(before).or_default();
                    shares.insert(shares.partition_point(|(other, _)| *other < place), (place, share));
                    shares.iter().map(|(_, share)| u64::from(*share)).sum::<u64>() <= PPM.into()
                }
                _ => {
                    let subs = arranged.mains.entry(before).or_default();
                    subs.insert(subs.partition_point(|other| *other < place), place);
                    let behind = subs.iter().map(|sub| self.reach_of(carrier, *sub)).sum();
                    // What is left of a main meter's energy is bounded as a reading is.
                    let metered = self.meters.get(front.0 as usize).is_some_and(|front| {
                        !matches!(front.equipment.arrangement, Arrangement::Virtual { .. })
                    });
                    metered && self.reach_of(carrier, before) + behind <= MAX_ENERGY
                }
            };
            if before == place || depth > MAX_DEPTH || !whole {
                return Err(Rejection::BadArrangement);
            }
        }

        let was_virtual = matches!(own.equipment.arrangement, Arrangement::Virtual { .. });
        if virtually != was_virtual {
            for (_, delivery) in self.deliveries.iter_mut().filter(|((_, other), _)| *other == carrier) {
                delivery.expect_reading(place, !virtually);
            }
        }
        if let Some(arrangements) = self.arrangements.get_mut(carrier as usize) {
            *arrangements = arranged;
        }
        if let Some(own) = self.meters.get_mut(meter.0 as usize) {
            own.equipment = *equipment;
        }
        self.operator_nonce = nonce;
        self.commitment.meters_dirty.mark(meter.0);
        Ok(())
    }

    /// Most that flows through a point in an interval, either way, Wh.
    fn reach_of(&self, carrier: Carrier, place: u32) -> Energy {
        let meter = self.connected(carrier).get(place as usize);
        let terms = meter.and_then(|meter| self.meters.get(meter.0 as usize)).map(|meter| meter.terms);
        terms.map_or(Energy::ZERO, |terms| terms.import_capacity.max(terms.export_capacity))
    }

    /// Whether anything hangs on how the point is metered: a reading, a settlement, energy that is shared.
    fn is_metered(&self, meter: MeterId) -> bool {
        let (Some(own), Some(place)) = (self.meters.get(meter.0 as usize), self.places.get(meter.0 as usize))
        else {
            return false;
        };
        let carrier = own.terms.carrier;
        let settled = self.archive.last(carrier).is_some_and(|kept| kept.meters() > *place as usize);
        let shared = self.market(carrier).is_ok_and(|market| {
            let open = self.deliveries.iter().filter(|((_, other), _)| *other == carrier);
            let shared = |delivery: &super::Delivery| delivery.has_shared(market.rule.takes_orders());
            market.rule.shares_metered() && open.map(|(_, delivery)| delivery).any(shared)
        });
        own.sequence > 0 || settled || shared
    }
}
