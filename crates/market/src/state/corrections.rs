//! Late and corrected readings, and what they change in bills that are written already.
//!
//! A settled interval is never rewritten (law S8). Its bills are computed twice, from the readings that were billed
//! and from those that stand now, and the differences are posted line by line: what is taken back has negative energy.
//! All entries of an interval together are then what a settlement from the right readings would have posted.

use super::accounts::Bank;
use super::archive::Kept;
use super::delivery::Counted;
use super::distances::Map;
use super::settlement::{Bills, Delivered, Whose};
use super::{Delivery, State};
use crate::{
    BillLine, Carrier, DeliveryInterval, Energy, Event, Meter, MeterId, NetImbalance, Price, Reading,
    Register, Rejection, Side, Sink,
};
use alloc::vec::Vec;

impl State {
    /// Whether readings of the interval may still be corrected.
    pub(super) fn is_correctable(&self, interval: DeliveryInterval) -> bool {
        let window = self.agreement(interval).map(|terms| terms.correction_window);
        window.is_some_and(|window| self.now <= interval.end() + u64::from(window))
    }

    /// Whether a reading may have this number: the meter's next, or, where readings may be missing, a later one.
    pub(super) fn follows(
        &self,
        meter: &Meter,
        interval: DeliveryInterval,
        sequence: u64,
    ) -> Result<(), Rejection> {
        let next = meter.sequence.checked_add(1) == Some(sequence);
        let later = sequence > meter.sequence && self.agreement(interval).is_some();
        if next || later { Ok(()) } else { Err(Rejection::ReadingOutOfSequence) }
    }

    /// Keeps a settled interval for its corrections, and gives up those that nobody can correct any more.
    pub(super) fn keep(&mut self, carrier: Carrier, interval: DeliveryInterval, kept: Kept) {
        self.archive.keep(carrier, interval.start, kept);
        let wait = self.longest_window() + u64::from(interval.duration);
        let given_up = self.archive.give_up(carrier, interval.start, self.now.saturating_sub(wait));
        for (start, kept) in given_up {
            let interval = DeliveryInterval { start, duration: interval.duration };
            let registers: Vec<MeterId> = self.registers.keys().copied().collect();
            for meter in registers {
                let ours = self.meters.get(meter.0 as usize).is_some_and(|own| own.terms.carrier == carrier);
                let place = self.places.get(meter.0 as usize).filter(|_| ours);
                if let Some(counted) = place.and_then(|place| kept.reading(*place)) {
                    self.carry(meter, interval, counted, false);
                }
            }
        }
    }

    /// Whether the delivery's metered energy is shared, so that its readings stay as they are until it is settled.
    pub(super) fn has_shared(&self, carrier: Carrier, delivery: &Delivery) -> bool {
        self.market(carrier).is_ok_and(|market| {
            market.rule.shares_metered() && delivery.has_shared(market.rule.takes_orders())
        })
    }

    pub(super) fn correct(&mut self, reading: &Reading, sink: &mut impl Sink) -> Result<(), Rejection> {
        let meter = *self.meters.get(reading.meter.0 as usize).ok_or(Rejection::UnknownMeter)?;
        let carrier = meter.terms.carrier;
        let interval = self.on_grid(reading.interval)?;
        if self.now < interval.end() {
            return Err(Rejection::TooEarly);
        }
        if !is_possible(&meter, reading) {
            return Err(Rejection::BadReading);
        }
        if reading.sequence <= meter.sequence {
            return Err(Rejection::ReadingOutOfSequence);
        }
        let place = *self.places.get(reading.meter.0 as usize).ok_or(Rejection::UnknownMeter)?;
        let settled = interval.start < self.settled_until(carrier);
        let open = self.deliveries.get(&(interval.start, carrier));
        let kept = self.archive.get(carrier, interval.start).and_then(|kept| kept.reading(place));
        let correctable = self.is_correctable(interval);
        // Between sharing and settlement nothing moves.
        let waits = open.is_some_and(|delivery| self.has_shared(carrier, delivery));
        if waits || (correctable && settled && kept.is_none()) {
            return Err(Rejection::NothingToCorrect);
        }
        if !correctable {
            return Err(Rejection::CorrectionTooLate);
        }

        let Reading { import, export, .. } = *reading;
        let counted = Counted { import, export, estimated: false };
        let before = if let Some(before) = kept.filter(|_| settled) {
            if let Some(kept) = self.archive.get_mut(carrier, interval.start) {
                kept.correct(place, counted);
            }
            before
        } else {
            self.delivery_mut(carrier, interval)?.count(place, counted).unwrap_or_default()
        };
        if meter.equipment.register != Register::Interval {
            let more = Counted { import: import - before.import, export: export - before.export, ..counted };
            self.carry(reading.meter, interval, more, true);
        }
        if let Some(meter) = self.meters.get_mut(reading.meter.0 as usize) {
            meter.sequence = reading.sequence;
        }
        self.commitment.meters_dirty.mark(reading.meter.0);
        sink.event(Event::Corrected(*reading));
        Ok(())
    }

    /// Posts what corrected readings change in the bills of a settled interval.
    pub(super) fn resettle(
        &mut self,
        carrier: Carrier,
        interval: DeliveryInterval,
        sink: &mut impl Sink,
    ) -> Result<(), Rejection> {
        let interval = self.on_grid(interval)?;
        self.market(carrier)?;
        let kept = self.archive.get(carrier, interval.start).filter(|kept| kept.awaits_bills());
        let kept = kept.ok_or(Rejection::NothingToCorrect)?;
        let before = self.bills_of(carrier, interval, kept, kept.billed())?;
        let after = self.bills_of(carrier, interval, kept, kept.readings())?;
        let mut bills = Bills::default();
        for ((_, before), (whose, after)) in before.0.iter().zip(&after.0) {
            bills.add(Whose { hold: crate::Money::ZERO, ..*whose }, difference(before, after));
        }
        let [before, after] = [before.1, after.1];
        bills.net = if before.price == after.price {
            [NetImbalance { energy: after.energy - before.energy, ..after }, NetImbalance::default()]
        } else {
            [NetImbalance { energy: -before.energy, ..before }, after]
        };
        let dirty = &mut self.commitment.accounts_dirty;
        bills.afford(carrier, interval, &self.accounts, dirty)?;
        bills.post(carrier, interval, &mut Bank { accounts: &mut self.accounts, dirty }, sink)?;
        if let Some(kept) = self.archive.get_mut(carrier, interval.start) {
            kept.is_billed();
        }
        sink.event(Event::Resettled { carrier, interval });
        Ok(())
    }

    /// What is traded by now, to be kept where an agreement lets readings be corrected.
    pub(super) fn traded_so_far(
        &self,
        carrier: Carrier,
        interval: DeliveryInterval,
        delivery: &Delivery,
    ) -> Option<Kept> {
        self.agreement(interval)?;
        let minds = self.minds_distance(interval) || delivery.keeps_distances();
        let meters = if minds { self.connected(carrier) } else { &[] };
        let meters = meters.iter().filter_map(|meter| self.meters.get(meter.0 as usize));
        Some(Kept::traded(delivery, meters.map(|meter| meter.location).collect()))
    }

    /// The bills of a settled interval from what the meters counted, and what the community exchanges for them.
    fn bills_of(
        &self,
        carrier: Carrier,
        interval: DeliveryInterval,
        kept: &Kept,
        counted: Vec<Counted>,
    ) -> Result<(Vec<(Whose, Lines)>, NetImbalance), Rejection> {
        let counted = self.effective(carrier, interval, counted);
        let mut delivery = kept.delivery();
        if self.market(carrier)?.rule.shares_metered() {
            let sharers = delivery.positions.get(..kept.sharers()).unwrap_or(&delivery.positions);
            let allocations = self.share(carrier, interval, sharers, &counted)?;
            // Metering points stay where they were.
            let mut meters = Vec::new();
            let connected = self.connected(carrier);
            if !kept.locations().is_empty() {
                meters.extend_from_slice(&self.meters);
                for (meter, location) in connected.iter().zip(kept.locations()) {
                    if let Some(meter) = meters.get_mut(meter.0 as usize) {
                        meter.location = *location;
                    }
                }
            }
            let map = Map { meters: &meters, places: &self.places };
            delivery.share(&allocations, connected, (!meters.is_empty()).then_some(map));
        }
        let Delivery { positions, distances, .. } = &delivery;
        let delivered = Delivered { positions, distances, counted: &counted };
        let mut bills = Vec::with_capacity(counted.len());
        let net =
            self.each_bill(carrier, interval, &delivered, |whose, bill| bills.push((whose, bill.lines())))?;
        Ok((bills, net))
    }
}

/// Whether a metering point has a meter that can count this in one interval.
pub(super) fn is_possible(meter: &Meter, reading: &Reading) -> bool {
    let within = |energy: Energy, capacity: Energy| (0..=capacity.0).contains(&energy.0);
    let terms = &meter.terms;
    within(reading.import, terms.import_capacity)
        && within(reading.export, terms.export_capacity)
        && !meter.equipment.is_virtual()
}

/// The lines of a bill, those over nothing too.
type Lines = [BillLine; 15];

/// What leads from one bill to another, line by line; what the member gets comes first, as in a bill.
fn difference(before: &Lines, after: &Lines) -> Vec<BillLine> {
    let mut lines = Vec::new();
    for (before, after) in before.iter().zip(after) {
        let back = BillLine { energy: -before.energy, money: -before.money, ..*before };
        // At one price, with one party, the difference says it all; else one line is taken back and the other charged.
        let repriced = before.price.is_some() && after.price.is_some() && before.price != after.price;
        if repriced || before.with != after.with {
            lines.extend([back, *after]);
            continue;
        }
        let (energy, money) = (after.energy - before.energy, after.money - before.money);
        let whole = energy.0 != 0 && money.0 % i128::from(energy.0) == 0;
        let price = whole.then(|| Price((money.0 / i128::from(energy.0)) as i64));
        lines.push(BillLine { energy, money, price: after.price.and(before.price).or(price), ..*after });
    }
    let pays = |line: &BillLine| (line.side == Side::Buy) == (line.money.0 > 0);
    lines.sort_by_key(pays);
    lines
}
