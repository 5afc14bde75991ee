//! What was agreed after the founding (S4, S8): every version is kept by the moment it comes into force, and an interval
//! is looked up among them.

use super::books::Books;
use super::tally::Tally;
use market::{
    Agreement, DeliveryInterval, Event, ImbalancePolicy, Law, MAX_PRICE, Price, Prices, Tariff, TariffId,
    TariffKind, TariffVersion,
};

/// A grace or a correction window lasts at most so long, s.
const LONGEST: u32 = 34_560_000;

impl Books {
    /// An agreement is within its bounds and changes nothing that is settled.
    pub(super) fn agree(&mut self, terms: &Agreement, events: &[Event], tally: &mut Tally) {
        let latest = self.agreements.last_key_value().map(|(from, _)| *from);
        self.comes_in_time(terms.from, latest, tally);
        tally.check(Law::S7, events.is_empty(), || "more happened than an agreement".into());
        let tariff = match terms.imbalance {
            ImbalancePolicy::Dual => None,
            ImbalancePolicy::Single { tariff } | ImbalancePolicy::ProRata { tariff } => Some(tariff),
        };
        let known = tariff.is_none_or(|tariff| self.founding(tariff).is_some());
        let bounded = is_fee(terms.penalty)
            && terms.tolerance <= 1_000_000
            && terms.grace <= LONGEST
            && terms.correction_window <= LONGEST;
        tally.check(Law::S4, known && bounded, || format!("an agreement beyond its bounds: {terms:?}"));
        self.agreements.insert(terms.from, *terms);
    }

    /// A tariff's version is one that could have been founded, and changes nothing that is settled.
    pub(super) fn reprice(
        &mut self,
        id: TariffId,
        version: &TariffVersion,
        events: &[Event],
        tally: &mut Tally,
    ) {
        let latest =
            self.versions.range((id.0, 0)..=(id.0, u64::MAX)).next_back().map(|((_, from), _)| *from);
        self.comes_in_time(version.from, latest.or(Some(0)), tally);
        tally.check(Law::S7, events.is_empty(), || "more happened than a new tariff".into());
        let duration = self.terms.as_ref().map_or(0, |terms| terms.interval_duration);
        let bounded = version.tariff.is_valid(duration)
            && version.vat <= 1_000_000
            && version.distance_fees.iter().flatten().all(|fee| is_fee(*fee));
        tally.check(Law::S4, self.founding(id).is_some() && bounded, || {
            format!("a version of tariff {} beyond its bounds", id.0)
        });
        self.versions.insert((id.0, version.from), version.clone());
    }

    /// It begins with an interval that no carrier has settled, and after whatever it replaces.
    fn comes_in_time(&self, from: u64, latest: Option<u64>, tally: &mut Tally) {
        let duration = self.terms.as_ref().map_or(1, |terms| u64::from(terms.interval_duration));
        tally.check(Law::D2, from.is_multiple_of(duration), || format!("{from} begins no interval"));
        let settled = self.settled_until.values().copied().max().unwrap_or(0);
        tally.check(Law::S8, from >= settled && latest.is_none_or(|latest| from > latest), || {
            format!("agreed from {from}, settled until {settled}, earlier terms from {latest:?}")
        });
    }

    /// The agreement in force in an interval.
    pub(super) fn agreement(&self, interval: DeliveryInterval) -> Option<&Agreement> {
        self.agreements.range(..=interval.start).next_back().map(|(_, terms)| terms)
    }

    /// The last version of a tariff that came into force by then; none while the founding terms hold.
    pub(super) fn version(&self, id: TariffId, interval: DeliveryInterval) -> Option<&TariffVersion> {
        let versions = self.versions.range((id.0, 0)..=(id.0, interval.start));
        versions.last().map(|(_, version)| version)
    }

    /// A tariff's text in an interval.
    pub(super) fn tariff(&self, id: TariffId, interval: DeliveryInterval) -> Option<&Tariff> {
        self.version(id, interval).map(|version| &version.tariff).or_else(|| self.founding(id))
    }

    fn founding(&self, id: TariffId) -> Option<&Tariff> {
        self.terms.as_ref()?.tariffs.get(usize::from(id.0))
    }

    /// The tariff's prices, by its text.
    pub(super) fn prices(&self, id: TariffId, interval: DeliveryInterval) -> Option<Prices> {
        match &self.tariff(id, interval)?.kind {
            TariffKind::Flat(prices) => Some(*prices),
            TariffKind::Dynamic => self.published.get(&(id.0, interval.number())).copied(),
            TariffKind::TimeOfUse(windows) => {
                let offset = i64::from(self.terms.as_ref()?.utc_offset);
                let local = i64::try_from(interval.start).ok()? + offset;
                // 1970 began on a Thursday, three days after a Monday.
                let (day, second) = ((local.div_euclid(86_400) + 3).rem_euclid(7), local.rem_euclid(86_400));
                let now = windows.iter().find(|window| {
                    let today = window.days & (1 << day) != 0;
                    today && i64::from(window.from) <= second && second < i64::from(window.until)
                });
                now.map(|window| window.prices)
            }
        }
    }
}

fn is_fee(price: Price) -> bool {
    (0..=MAX_PRICE.0).contains(&price.0)
}
