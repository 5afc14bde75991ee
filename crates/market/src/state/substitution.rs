//! Readings that are missing when an interval is to be settled.
//!
//! Once the grace of the agreement is over, a missing reading is substituted: by what was in force for the same
//! interval a week before, else by what the metering point contracted, within its capacity. It counts as a reading
//! until it is corrected, and is flagged.

use super::delivery::Counted;
use super::{Delivery, State};
use crate::interval::DAY;
use crate::{Carrier, DeliveryInterval, Energy, MeterId, Reading, Rejection};
use alloc::vec::Vec;

/// What stands in for a reading is a week old, s.
pub(super) const WEEK: u64 = 7 * DAY as u64;

impl State {
    /// Whether missing readings of the interval are no longer waited for.
    pub(super) fn substitutes(&self, interval: DeliveryInterval) -> bool {
        self.agreement(interval).is_some_and(|terms| self.now >= interval.end() + u64::from(terms.grace))
    }

    /// The delivery of an interval in which nothing happened, as it would be settled.
    ///
    /// # Errors
    /// [`Rejection::ReadingMissing`] while readings are waited for.
    pub(super) fn nothing_happened(
        &self,
        carrier: Carrier,
        interval: DeliveryInterval,
    ) -> Result<Delivery, Rejection> {
        if !self.substitutes(interval) {
            return Err(Rejection::ReadingMissing);
        }
        let mut delivery = Delivery::default();
        delivery.open(0, self.connected(carrier).len());
        if let Some(arranged) = self.arranged(carrier) {
            arranged.without_meter().for_each(|place| delivery.expect_reading(place, false));
        }
        Ok(delivery)
    }

    /// Every reading of the interval, those missing substituted, by place.
    ///
    /// # Errors
    /// [`Rejection::ReadingMissing`] while they are waited for.
    pub(super) fn complete(
        &self,
        carrier: Carrier,
        interval: DeliveryInterval,
        delivery: &Delivery,
    ) -> Result<Vec<Counted>, Rejection> {
        if delivery.readings_missing > 0 {
            if !self.substitutes(interval) {
                return Err(Rejection::ReadingMissing);
            }
            return Ok(self.substitute(carrier, interval, delivery));
        }
        Ok(delivery.readings.iter().map(|reading| reading.unwrap_or_default()).collect())
    }

    fn substitute(&self, carrier: Carrier, interval: DeliveryInterval, delivery: &Delivery) -> Vec<Counted> {
        let mut counted: Vec<Counted> =
            delivery.readings.iter().map(|reading| reading.unwrap_or_default()).collect();
        let missing = (0_u32..).zip(&delivery.readings).filter(|(_, reading)| reading.is_none());
        let mut missing: Vec<u32> = missing.map(|(place, _)| place).collect();
        let arranged = self.arranged(carrier);
        // A main meter's depends on its sub-meters', so those farther from the grid come first.
        if let Some(arranged) = arranged {
            missing.sort_by_key(|place| (core::cmp::Reverse(arranged.depth(*place)), *place));
        }
        for place in missing {
            let [import, export] = self.capacity(carrier, place);
            let usual = self.week_before(carrier, interval, place).unwrap_or_else(|| {
                // What it contracted, and what flows through it to those behind it.
                let contract = |place: u32| delivery.position(place).copied().unwrap_or_default();
                let own = contract(place);
                let mut usual = Counted { import: own.bought, export: own.sold, estimated: true };
                let Some(arranged) = arranged else { return usual };
                let mut sharers = Vec::from(arranged.shares(place));
                while let Some((sharer, _)) = sharers.pop() {
                    usual.import += contract(sharer).bought;
                    usual.export += contract(sharer).sold;
                    sharers.extend(arranged.shares(sharer));
                }
                let net = |place: &u32| counted.get(*place as usize).map_or(Energy::ZERO, |own| own.net());
                match arranged.subs(place) {
                    [] => usual,
                    subs => usual.with_net(usual.net() + subs.iter().map(net).sum()),
                }
            });
            if let Some(own) = counted.get_mut(place as usize) {
                *own = Counted {
                    import: usual.import.min(import),
                    export: usual.export.min(export),
                    estimated: true,
                };
            }
        }
        counted
    }

    /// What was in force for a place in the same interval a week before.
    pub(super) fn week_before(
        &self,
        carrier: Carrier,
        interval: DeliveryInterval,
        place: u32,
    ) -> Option<Counted> {
        self.archive.get(carrier, interval.start.checked_sub(WEEK)?)?.reading(place)
    }

    /// Most that a place can take and give in an interval, Wh.
    pub(super) fn capacity(&self, carrier: Carrier, place: u32) -> [Energy; 2] {
        let meter = self.connected(carrier).get(place as usize);
        let terms = meter.and_then(|meter| self.meters.get(meter.0 as usize)).map(|meter| meter.terms);
        terms.map_or([Energy::ZERO; 2], |terms| [terms.import_capacity, terms.export_capacity])
    }

    /// What `complete` substituted.
    pub(super) fn substituted(
        &self,
        carrier: Carrier,
        interval: DeliveryInterval,
        delivery: &Delivery,
        complete: &[Counted],
    ) -> Vec<Reading> {
        if delivery.readings_missing == 0 {
            return Vec::new();
        }
        let all = self.connected(carrier).iter().zip(&delivery.readings).zip(complete);
        all.filter(|((_, reading), _)| reading.is_none())
            .map(|((meter, _), counted)| counted.reading(*meter, interval, 0))
            .collect()
    }
}

impl Counted {
    /// The same as a reading.
    pub(super) const fn reading(self, meter: MeterId, interval: DeliveryInterval, sequence: u64) -> Reading {
        Reading { meter, interval, import: self.import, export: self.export, sequence }
    }
}
