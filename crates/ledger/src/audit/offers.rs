//! Offers to convert and to store on their way into the auditor's books (C11, C12, D1, S9, S10).

use super::books::Books;
use super::tally::Tally;
use market::{
    AccountId, Carrier, Conversion, DeliveryInterval, Energy, Event, Law, Market, MeterId, Money, Rule, Side,
    StorageOffer,
};
use std::collections::BTreeSet;

/// Parts per million in one.
pub(super) const MILLION: i128 = 1_000_000;

/// An open offer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum OwnOffer {
    Convert(Conversion),
    Store(StorageOffer),
}

/// What an offer may take and give at a metering point in an interval, Wh.
#[derive(Clone, Copy, Debug)]
pub(super) struct Leg {
    pub(super) meter: MeterId,
    pub(super) interval: DeliveryInterval,
    pub(super) most: [Energy; 2],
}

impl OwnOffer {
    pub(super) const fn account(&self) -> AccountId {
        match self {
            Self::Convert(offer) => offer.account,
            Self::Store(offer) => offer.account,
        }
    }

    pub(super) const fn nonce(&self) -> u64 {
        match self {
            Self::Convert(offer) => offer.nonce,
            Self::Store(offer) => offer.nonce,
        }
    }

    /// Where it takes and gives, input first.
    pub(super) fn legs(&self) -> Vec<Leg> {
        match self {
            Self::Convert(offer) => {
                let Conversion { interval, input, ref outputs, capacity, .. } = *offer;
                let input = Leg { meter: input, interval, most: [capacity, Energy::ZERO] };
                let output = |output: &market::Output| {
                    let most = i128::from(capacity.0) * i128::from(output.ratio) / MILLION;
                    Leg { meter: output.meter, interval, most: [Energy::ZERO, Energy(most as i64)] }
                };
                std::iter::once(input).chain(outputs.iter().map(output)).collect()
            }
            Self::Store(offer) => (0..=u64::from(offer.further))
                .map(|step| Leg {
                    meter: offer.meter,
                    interval: offer.interval.later(step),
                    most: [offer.charge, offer.discharge],
                })
                .collect(),
        }
    }

    pub(super) fn touches(&self, row: &[DeliveryInterval]) -> bool {
        self.legs().iter().any(|leg| row.contains(&leg.interval))
    }

    pub(super) fn lies_within(&self, row: &[DeliveryInterval]) -> bool {
        self.legs().iter().all(|leg| row.contains(&leg.interval))
    }
}

impl Books {
    pub(super) fn carrier(&self, meter: MeterId) -> Option<Carrier> {
        self.meters.get(meter.0 as usize).map(|meter| meter.terms.carrier)
    }

    /// How the coupled carriers are traded.
    pub(super) fn coupled(&self) -> Vec<Market> {
        let markets = self.terms.as_ref().map_or(&[][..], |terms| &terms.markets);
        markets.iter().filter(|market| matches!(market.rule, Rule::Coupled { .. })).copied().collect()
    }

    pub(super) fn is_coupled(&self, carrier: Carrier) -> bool {
        self.coupled().iter().any(|market| market.carrier == carrier)
    }

    /// What open offers may take and give at a metering point in an interval, Wh.
    pub(super) fn offered(&self, meter: MeterId, interval: DeliveryInterval) -> [Energy; 2] {
        let legs = self.offers.iter().flat_map(OwnOffer::legs);
        let here = legs.filter(|leg| (leg.meter, leg.interval) == (meter, interval));
        here.fold([Energy::ZERO; 2], |[taken, given], leg| [taken + leg.most[0], given + leg.most[1]])
    }

    /// Whether an open offer takes or gives of a carrier in an interval.
    pub(super) fn awaits_offers(&self, carrier: Carrier, interval: DeliveryInterval) -> bool {
        let mut legs = self.offers.iter().flat_map(OwnOffer::legs);
        legs.any(|leg| leg.interval == interval && self.carrier(leg.meter) == Some(carrier))
    }

    /// What an account promises for what an offer may take at a metering point.
    pub(super) fn promised(&self, meter: MeterId, energy: Energy) -> Money {
        let cap = self.carrier(meter).and_then(|carrier| self.market(carrier)).map(|market| market.cap);
        (energy * cap.unwrap_or_default()).max(Money::ZERO)
    }

    /// Writes down an accepted offer: in time, within physics and its points' capacities, its account not on both
    /// sides.
    pub(super) fn offer(&mut self, offer: OwnOffer, events: &[Event], tally: &mut Tally) {
        tally.check(Law::C12, events.is_empty(), || "more happened than an offer's arrival".into());
        let (account, legs) = (offer.account(), offer.legs());
        let coupled = self.coupled();
        let (first, last) = (legs[0].interval, legs[legs.len() - 1].interval);
        let horizon = self.terms.as_ref().map_or(0, |terms| u64::from(terms.horizon));
        let ahead = horizon * u64::from(first.duration);
        let (now, opens, gate) = (self.now, self.gate(last), self.gate(first));
        tally.check(Law::C12, now < gate && opens <= now + ahead, || {
            format!("an offer at {now}, gate closure {gate}")
        });
        for leg in &legs {
            let Leg { meter, interval, most: [take, give] } = *leg;
            let Some(terms) = self.meters.get(meter.0 as usize).map(|meter| meter.terms) else {
                tally.check(Law::A1, false, || format!("there is no metering point {}", meter.0));
                continue;
            };
            tally.check(Law::A1, terms.account == account, || {
                "an offer at somebody else's metering point".into()
            });
            let open = coupled.iter().all(|market| !self.delivery(market.carrier, interval).frozen);
            let known = coupled.iter().any(|market| market.carrier == terms.carrier);
            tally
                .check(Law::C12, open && known, || "an offer enters a frozen book or one not coupled".into());
            let delivery = self.delivery(terms.carrier, interval);
            let orders = |side: Side| -> Energy {
                let orders = delivery.orders[side as usize].iter();
                orders.filter(|own| own.order.meter == meter).map(|own| own.open).sum()
            };
            let open = [orders(Side::Buy), orders(Side::Sell)];
            let position = delivery.positions.get(&meter).copied().unwrap_or_default();
            let [taken, given] = self.offered(meter, interval);
            let there = [open[0] + taken, open[1] + given];
            let within = position.bought + there[0] + take <= terms.import_capacity
                && position.sold + there[1] + give <= terms.export_capacity;
            tally.check(Law::D1, within, || "more is offered than the point can do".into());
            let meets = (!take.is_zero() && !there[1].is_zero()) || (!give.is_zero() && !there[0].is_zero());
            tally.check(Law::C11, !meets, || "the offer would trade with its account's own".into());
        }
        match &offer {
            OwnOffer::Convert(offer) => self.is_physical(offer, tally),
            OwnOffer::Store(offer) => {
                let idle = (0..=offer.further)
                    .fold(millionths(offer.level), |level, _| next_level(offer, level, Energy::ZERO));
                let parts = [offer.charge_efficiency, offer.discharge_efficiency, offer.kept];
                let sound = parts.iter().all(|part| (1..=1_000_000).contains(part))
                    && (Energy::ZERO..=offer.capacity).contains(&offer.level)
                    && offer.least < offer.capacity
                    && (millionths(offer.least)..=millionths(offer.capacity)).contains(&idle);
                tally.check(Law::S10, sound, || "a storage that holds or gives what it cannot".into());
            }
        }
        let promised: Money = legs.iter().map(|leg| self.promised(leg.meter, leg.most[0])).sum();
        self.account(account).holds += promised;
        self.touched.push(account);
        self.offers.push(offer);
    }

    /// What a conversion gives is no more than goes in: of each output, what its ratio is of the highest there is.
    fn is_physical(&self, offer: &Conversion, tally: &mut Tally) {
        let from = self.carrier(offer.input);
        let to: Vec<_> = offer.outputs.iter().map(|output| self.carrier(output.meter)).collect();
        let highest =
            |to| if (from, to) == (Some(Carrier::Electricity), Some(Carrier::Heat)) { 20.0 } else { 1.0 };
        // Exact enough: ratios are whole millionths, far coarser than a double.
        let used: f64 = offer
            .outputs
            .iter()
            .zip(&to)
            .map(|(output, to)| f64::from(output.ratio) / 1_000_000.0 / highest(*to))
            .sum();
        let different: BTreeSet<_> = to.iter().chain([&from]).collect();
        let sound = used <= 1.0 + 1e-9 && offer.outputs.iter().all(|output| output.ratio > 0);
        tally.check(
            Law::S9,
            sound && (2..=3).contains(&different.len()) && different.len() == to.len() + 1,
            || format!("a conversion to {to:?} uses up {used} of what it takes"),
        );
    }
}

/// A level in millionths of a Wh.
pub(super) fn millionths(level: Energy) -> i128 {
    i128::from(level.0) * MILLION
}

/// The level after an interval in which a storage takes `flow` (gives, where negative), millionths of a Wh: what is
/// left of the one before, what is stored of what it takes, less what giving withdraws, each to the storage's
/// disadvantage.
pub(super) fn next_level(offer: &StorageOffer, level: i128, flow: Energy) -> i128 {
    let left = level * i128::from(offer.kept) / MILLION;
    let stored = i128::from(flow.max(Energy::ZERO).0) * i128::from(offer.charge_efficiency);
    let given = millionths((-flow).max(Energy::ZERO)) * MILLION;
    let efficiency = i128::from(offer.discharge_efficiency.max(1));
    left + stored - (given + efficiency - 1) / efficiency
}
