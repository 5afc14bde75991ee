//! Corrected readings and the bills that follow from them (S8): all entries of an interval together are those of a
//! settlement from the readings that stand now.

use super::accounts::postings;
use super::bill::Entry;
use super::books::{Books, OwnDelivery, OwnPosition, Readings};
use super::distances::Map;
use super::settlement::examine;
use super::tally::Tally;
use market::{
    AccountId, Carrier, DeliveryInterval, Energy, Event, Law, MeterId, Money, PostingKind, Reading, Side,
};
use std::collections::{BTreeMap, BTreeSet};

/// What was traded before any metered energy is shared.
#[derive(Clone, Default)]
pub(super) struct Traded {
    positions: BTreeMap<MeterId, OwnPosition>,
    distances: BTreeMap<MeterId, [Energy; 4]>,
    /// Where the metering points were.
    map: Option<Map>,
    /// The carrier's metering points then.
    meters: Vec<MeterId>,
}

/// A settled interval whose readings may be corrected.
#[derive(Clone, Default)]
pub(super) struct OwnSettled {
    traded: Traded,
    /// The carrier's metering points.
    pub(super) meters: Vec<MeterId>,
    pub(super) readings: Readings,
    pub(super) estimated: BTreeSet<MeterId>,
    /// What the readings were when they were billed.
    billed: Readings,
    /// Everything posted for it.
    posted: BTreeMap<Option<MeterId>, Vec<Entry>>,
    /// What that left at the clearing house.
    left: Money,
}

impl Books {
    /// What is traded by now, where an agreement lets readings be corrected.
    pub(super) fn traded(&self, carrier: Carrier, interval: DeliveryInterval) -> Option<Traded> {
        self.agreement(interval)?;
        let delivery = self.deliveries.get(&(carrier, interval.start));
        let (positions, distances) = delivery
            .map(|delivery| (delivery.positions.clone(), delivery.distances.clone()))
            .unwrap_or_default();
        Some(Traded { positions, distances, map: self.map(), meters: self.connected(carrier) })
    }

    /// Keeps a settled interval for its corrections, until they come too late and it can no longer stand in for the
    /// same interval of the next week.
    pub(super) fn keep(
        &mut self,
        carrier: Carrier,
        interval: DeliveryInterval,
        delivery: OwnDelivery,
        (posted, left): (BTreeMap<Option<MeterId>, Vec<Entry>>, Money),
    ) {
        let Some(traded) = delivery.traded else { return };
        let OwnDelivery { readings, estimated, .. } = delivery;
        let (meters, billed) = (self.connected(carrier), readings.clone());
        let kept = OwnSettled { traded, meters, readings, estimated, billed, posted, left };
        self.settled.insert((carrier, interval.start), kept);
        let longest = self.agreements.values().map(|terms| u64::from(terms.correction_window)).max();
        let (now, longest) = (self.now, longest.unwrap_or(0));
        self.settled.retain(|(other, start), kept| {
            let correctable = now <= *start + u64::from(interval.duration) + longest;
            let stands_in = *start + 604_800 >= interval.start;
            *other != carrier || correctable || stands_in || kept.readings != kept.billed
        });
    }

    pub(super) fn is_correctable(&self, interval: DeliveryInterval) -> bool {
        let window = self.agreement(interval).map(|terms| u64::from(terms.correction_window));
        window.is_some_and(|window| self.now <= interval.end() + window)
    }

    /// A correction comes in time, and replaces what stands.
    pub(super) fn correct(&mut self, reading: &Reading, events: &[Event], tally: &mut Tally) {
        let told = events == [Event::Corrected(*reading)];
        tally.check(Law::D2, told, || "another reading is in force than was sent".into());
        let Some(own) = self.counts(reading, tally) else { return };
        let (carrier, interval) = (own.terms.carrier, reading.interval);
        let in_time = self.is_correctable(interval);
        tally.check(Law::S8, in_time, || "a correction after its window".into());
        let key = (carrier, interval.start);
        let free = if self.is_settled(carrier, interval) {
            self.settled.get(&key).is_some_and(|kept| kept.meters.contains(&reading.meter))
        } else {
            self.deliveries.get(&key).is_none_or(|delivery| !delivery.shared)
        };
        tally.check(Law::S8, free, || {
            format!("meter {} corrects what is shared, or nothing", reading.meter.0)
        });
        self.count(carrier, reading, false);
    }

    /// A reading comes into force.
    pub(super) fn count(&mut self, carrier: Carrier, reading: &Reading, estimated: bool) {
        let Reading { meter, interval, import, export, .. } = *reading;
        let (readings, estimates) = if self.is_settled(carrier, interval) {
            let kept = self.settled.entry((carrier, interval.start)).or_default();
            (&mut kept.readings, &mut kept.estimated)
        } else {
            let delivery = self.delivery(carrier, interval);
            (&mut delivery.readings, &mut delivery.estimated)
        };
        readings.insert(meter, (import, export));
        if estimated {
            estimates.insert(meter);
        } else {
            estimates.remove(&meter);
        }
        self.stands(meter, interval, [import, export]);
    }

    /// What is posted now makes all entries of the interval those that its readings ask for.
    pub(super) fn resettle(
        &mut self,
        carrier: Carrier,
        interval: DeliveryInterval,
        events: &[Event],
        tally: &mut Tally,
    ) {
        let ends = events.iter().filter(|event| !matches!(event, Event::Posted(_)));
        let told = ends.eq([&Event::Resettled { carrier, interval }]);
        tally.check(Law::S7, told, || "not the re-settlement of this interval was told".into());
        let kept = self.settled.remove(&(carrier, interval.start)).unwrap_or_default();
        tally.check(Law::S8, kept.readings != kept.billed, || "nothing was corrected".into());
        let mut posted = kept.posted.clone();
        for (meter, entries) in self.posted(carrier, interval, events, tally) {
            let exact = |entry: &Entry| {
                let moves = !entry.energy.is_zero() || !entry.money.is_zero();
                moves && entry.price.is_none_or(|price| (entry.energy * price).abs() == entry.money)
            };
            tally.check(Law::S4, entries.iter().all(exact), || {
                format!("{meter:?}: money is not energy × price in {entries:?}")
            });
            posted.entry(meter).or_default().extend(entries);
        }

        let effective = self.effective(interval, &kept.meters, &kept.readings);
        let Traded { positions, distances, map, meters } = &kept.traded;
        let mut delivery = OwnDelivery {
            positions: positions.clone(),
            distances: distances.clone(),
            ..OwnDelivery::default()
        };
        if let Some(rule) = self.rule(carrier).filter(|rule| rule.shares_metered()) {
            let members = self.members(meters, &effective, positions);
            let part = |meter: MeterId| {
                let before = positions.get(&meter).copied().unwrap_or_default();
                let entries = posted.get(&Some(meter)).map_or(&[][..], Vec::as_slice);
                traded(entries, before)
            };
            let parts: Vec<OwnPosition> = members.iter().map(|member| part(member.meter)).collect();
            self.shared(&rule, interval, &members, &parts, tally);
            delivery.share(&members, &parts, map.as_ref());
        }
        let (bills, net) = self.bills(interval, &kept.meters, &effective, &delivery, tally);
        let penalties = examine(&bills, net, posted.clone(), add_up, tally);
        let surplus: Money =
            delivery.positions.values().map(|position| position.paid - position.received).sum();
        let community = self.account(AccountId::COMMUNITY).balance;
        for posting in postings(events) {
            self.post(posting, tally);
        }
        let left = kept.left + self.account(AccountId::COMMUNITY).balance - community;
        tally.equal(
            Law::C4,
            left,
            surplus + penalties,
            "what trades and penalties leave at the clearing house",
        );
        let billed = kept.readings.clone();
        self.settled.insert((carrier, interval.start), OwnSettled { billed, posted, left, ..kept });
    }
}

/// What a point has traded by its entries, beyond what it had before.
fn traded(entries: &[Entry], before: OwnPosition) -> OwnPosition {
    let sum = |side: Side| {
        let lines =
            entries.iter().filter(|entry| (entry.kind, entry.side) == (PostingKind::Trade, Some(side)));
        lines.fold((Energy::ZERO, Money::ZERO), |(energy, money), entry| {
            (energy + entry.energy, money - entry.paid_by(AccountId::COMMUNITY))
        })
    };
    let ((bought, paid), (sold, received)) = (sum(Side::Buy), sum(Side::Sell));
    OwnPosition {
        bought: bought - before.bought,
        sold: sold - before.sold,
        paid: paid - before.paid,
        received: -received - before.received,
        hold: Money::ZERO,
    }
}

/// Everything posted for a metering point sums to what its bill asks for, kind by kind and party by party.
fn add_up(meter: MeterId, posted: Vec<Entry>, right: Vec<Entry>, tally: &mut Tally) {
    let sums = |entries: Vec<Entry>| {
        let mut sums: BTreeMap<_, (Energy, Money)> = BTreeMap::new();
        for entry in entries {
            let member = if entry.debit < AccountId::FIRST_MEMBER { entry.credit } else { entry.debit };
            let with = if member == entry.debit { entry.credit } else { entry.debit };
            let sum = sums.entry((entry.kind, entry.side, member, with)).or_default();
            *sum = (sum.0 + entry.energy, sum.1 + entry.paid_by(member));
        }
        sums.retain(|_, (energy, money)| !energy.is_zero() || !money.is_zero());
        sums
    };
    let (posted, right) = (sums(posted), sums(right));
    tally.check(Law::S8, posted == right, || {
        format!("meter {}: the entries sum to {posted:?}, {right:?} would be right", meter.0)
    });
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Recoverer;
    use crate::audit::authority::Signer;
    use crate::conformance::Example;
    use market::{
        Agreement, Arrangement, Authentication, Command, Equipment, Register, RegisterReading, State,
    };

    /// What was agreed or sent instead of what the market lives by.
    fn otherwise(command: &Command) -> Vec<Command> {
        let agree = |terms: Agreement, nonce| Command::Agree { terms, nonce };
        let equip = |meter, equipment, nonce| Command::Equip { meter, equipment, nonce };
        match *command {
            Command::Agree { terms, nonce } => vec![
                agree(Agreement { correction_window: 899, ..terms }, nonce),
                agree(Agreement { grace: 1, ..terms }, nonce),
            ],
            Command::Equip { meter, equipment, nonce } => match equipment {
                Equipment { register: Register::Cumulative { modulus }, .. } => {
                    let register = Register::Cumulative { modulus: modulus + 1 };
                    vec![equip(meter, Equipment { register, ..equipment }, nonce)]
                }
                Equipment { arrangement: Arrangement::Virtual { source, share }, .. } => {
                    let arrangement = Arrangement::Virtual { source, share: share + 10_000 };
                    vec![equip(meter, Equipment { arrangement, ..equipment }, nonce)]
                }
                _ => vec![equip(meter, Equipment::default(), nonce)],
            },
            Command::ReadRegister(reading) => {
                vec![Command::ReadRegister(RegisterReading { import: reading.import + 1, ..reading })]
            }
            _ => Vec::new(),
        }
    }

    #[test]
    fn a_market_that_meters_and_corrects_by_other_terms_than_agreed_is_found() {
        let mut found = 0;
        let commands = Example::run(3, Authentication::Operator, 4, 5).take();
        for (at, envelope) in commands.iter().enumerate() {
            for promised in otherwise(&envelope.command) {
                let (mut state, mut books, mut tally) = (State::new(), Books::default(), Tally::default());
                for (number, envelope) in commands.iter().enumerate() {
                    let mut events = Vec::new();
                    state.apply(envelope, &Recoverer, &mut events).unwrap();
                    let heard = if number == at { &promised } else { &envelope.command };
                    books.record(heard, Signer::Nobody, &events, &state, &mut tally);
                }
                assert!(tally.first().is_some(), "{promised:?} for {:?}", envelope.command);
                found += 1;
            }
        }
        assert!(found >= 9, "{found} of the terms were others");
    }
}
