//! What stands in for readings that are missing (A2, D2), from the text of the rule.

use super::books::{Books, Readings};
use super::tally::Tally;
use market::{Carrier, DeliveryInterval, Energy, Event, Law, MeterId, Reading};

/// Seconds of a week.
const WEEK: u64 = 604_800;

impl Books {
    /// Every reading that is missing is estimated, flagged, and only once it is no longer waited for.
    pub(super) fn substitute(
        &mut self,
        carrier: Carrier,
        interval: DeliveryInterval,
        events: &[Event],
        tally: &mut Tally,
    ) {
        let connected = self.connected(carrier);
        let readings = self.delivery(carrier, interval).readings.clone();
        let missing = |meter: &MeterId| self.is_metered(*meter) && !readings.contains_key(meter);
        let missing: Vec<MeterId> = connected.into_iter().filter(missing).collect();
        let told: Vec<Reading> = events
            .iter()
            .filter_map(|event| match event {
                Event::Substituted(reading) => Some(*reading),
                _ => None,
            })
            .collect();
        let waited = self.agreement(interval).map(|terms| interval.end() + u64::from(terms.grace));
        let in_time = missing.is_empty() || waited.is_some_and(|until| self.now >= until);
        tally.check(Law::D2, in_time, || "a reading is estimated that is still waited for".into());
        let right: Vec<Reading> = missing
            .iter()
            .map(|meter| {
                let (import, export) = self.estimate(carrier, interval, *meter, &readings);
                Reading { meter: *meter, interval, import, export, sequence: 0 }
            })
            .collect();
        tally.check(Law::A2, told == right, || format!("estimated are {told:?}, {right:?} would be right"));
        for Reading { meter, import, export, .. } in right {
            let delivery = self.delivery(carrier, interval);
            delivery.readings.insert(meter, (import, export));
            delivery.estimated.insert(meter);
            self.stands(meter, interval, [import, export]);
        }
    }

    /// What a meter would have counted: what it did a week before, else what goes through it by contract.
    fn estimate(
        &self,
        carrier: Carrier,
        interval: DeliveryInterval,
        meter: MeterId,
        readings: &Readings,
    ) -> (Energy, Energy) {
        let (import, export) = self.week_before(carrier, interval, meter).unwrap_or_else(|| {
            let (bought, sold) = self.contracted(carrier, interval, meter);
            let mut subs = self.subs(meter).peekable();
            if subs.peek().is_none() {
                return (bought, sold);
            }
            let behind = subs.map(|sub| {
                let known = readings.get(&sub).copied();
                let (import, export) =
                    known.unwrap_or_else(|| self.estimate(carrier, interval, sub, readings));
                import - export
            });
            let net = bought - sold + behind.sum();
            (net.max(Energy::ZERO), (-net).max(Energy::ZERO))
        });
        let terms = self.meters[meter.0 as usize].terms;
        (import.min(terms.import_capacity), export.min(terms.export_capacity))
    }

    /// What was in force for the same interval a week before, if that is kept.
    pub(super) fn week_before(
        &self,
        carrier: Carrier,
        interval: DeliveryInterval,
        meter: MeterId,
    ) -> Option<(Energy, Energy)> {
        self.settled.get(&(carrier, interval.start.checked_sub(WEEK)?))?.readings.get(&meter).copied()
    }

    /// Bought and sold by a point and by those who have shares of it.
    fn contracted(&self, carrier: Carrier, interval: DeliveryInterval, meter: MeterId) -> (Energy, Energy) {
        let delivery = self.deliveries.get(&(carrier, interval.start));
        let own = delivery.and_then(|delivery| delivery.positions.get(&meter)).copied().unwrap_or_default();
        let shares = self.sharers(meter).map(|(sharer, _)| self.contracted(carrier, interval, sharer));
        shares.fold((own.bought, own.sold), |sum, share| (sum.0 + share.0, sum.1 + share.1))
    }
}
