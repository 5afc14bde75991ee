//! Cumulative registers: a meter shows everything it has counted so far, and what it counted since it last said so
//! is the difference.
//!
//! A register rolls over: after `modulus` Wh it begins at 0 again, so the difference is taken modulo that. Where it
//! spans several intervals, it is spread over those without a reading, in the shape that they had a week before, else
//! evenly; parts that sum to it exactly, but estimates each. What no interval can take any more (one is settled at too
//! high an estimate and its window is over) goes to the next difference, so that no Wh is ever lost:
//! Σ of the readings in force + what is carried = last shown − first shown.

use super::State;
use super::delivery::Counted;
use crate::apportion::CumulativeFloor;
use crate::{Carrier, DeliveryInterval, Energy, Event, MeterId, Register, RegisterReading, Rejection, Sink};
use alloc::vec::Vec;

/// What a register showed last.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Shown {
    /// When it was read first, Unix s.
    pub since: u64,
    /// When it was read last, Unix s.
    pub time: u64,
    /// Energy taken and given so far, Wh, below the modulus.
    pub energy: [u64; 2],
    /// Of that, what no interval up to `time` has (negative: has too much), Wh.
    pub carried: [Energy; 2],
}

/// Most intervals between two readings of a register.
const MAX_SPAN: u64 = 1 << 16;

/// One interval between two readings of a register.
struct Part {
    interval: DeliveryInterval,
    /// What the same interval had a week before.
    usual: Option<Counted>,
    settled: bool,
}

impl State {
    pub(super) fn read_register(
        &mut self,
        reading: &RegisterReading,
        sink: &mut impl Sink,
    ) -> Result<(), Rejection> {
        let RegisterReading { meter, time, sequence, .. } = *reading;
        let own = *self.meters.get(meter.0 as usize).ok_or(Rejection::UnknownMeter)?;
        let duration = self.community().ok_or(Rejection::NotFounded)?.interval_duration;
        let ends = time.checked_sub(duration.into()).and_then(|start| DeliveryInterval::new(start, duration));
        let last = ends.ok_or(Rejection::BadInterval)?;
        if self.now < time {
            return Err(Rejection::TooEarly);
        }
        self.follows(&own, last, sequence)?;
        let before = self.registers.get(&meter).copied();
        if before.is_some_and(|before| time <= before.time) {
            return Err(Rejection::ReadingTwice);
        }
        let energy = [reading.import, reading.export];
        let Register::Cumulative { modulus } = own.equipment.register else {
            return Err(Rejection::BadRegister);
        };
        if energy.iter().any(|shown| *shown >= modulus) {
            return Err(Rejection::BadRegister);
        }
        let Some(before) = before else {
            let carried = [Energy::ZERO; 2];
            self.show(meter, Shown { since: time, time, energy, carried }, sequence);
            return Ok(()); // what it counted before is not ours
        };
        let span = (time - before.time) / u64::from(duration);
        if span > MAX_SPAN {
            return Err(Rejection::TooMany);
        }
        let terms = own.terms;
        let capacities = [terms.import_capacity, terms.export_capacity];
        let mut left = before.carried;
        for (((left, now), then), capacity) in left.iter_mut().zip(energy).zip(before.energy).zip(capacities)
        {
            let counted = if now >= then { now - then } else { modulus - then + now };
            if u128::from(counted) > u128::from(span) * u128::from(capacity.0.unsigned_abs()) {
                return Err(Rejection::BadRegister);
            }
            *left += Energy(counted as i64);
        }
        let place = *self.places.get(meter.0 as usize).ok_or(Rejection::UnknownMeter)?;
        let first = DeliveryInterval { start: before.time, duration };
        let intervals = (0..span).map(|step| first.later(step));
        let mut parts = Vec::new();
        let mut new_deliveries = 0;
        for interval in intervals {
            let usual = self.week_before(terms.carrier, interval, place);
            let settled = interval.start < self.settled_until(terms.carrier);
            match self.standing(terms.carrier, interval, place) {
                Standing::Open => parts.push(Part { interval, usual, settled }),
                Standing::Fixed(counted) => {
                    let [import, export] = &mut left;
                    *import -= counted.import;
                    *export -= counted.export;
                }
            }
            new_deliveries +=
                usize::from(!settled && !self.deliveries.contains_key(&(interval.start, terms.carrier)));
        }
        if !self.commitment.has_slots(new_deliveries) {
            return Err(Rejection::TooMany);
        }

        let most = |capacity: Energy| Energy(capacity.0.saturating_mul(parts.len() as i64));
        let mut shares = [Vec::new(), Vec::new()];
        for (side, share) in shares.iter_mut().enumerate() {
            let (Some(left), Some(capacity)) = (left.get_mut(side), capacities.get(side)) else { continue };
            let amount = (*left).clamp(Energy::ZERO, most(*capacity));
            let usual =
                |part: &Part| part.usual.map(|usual| if side == 0 { usual.import } else { usual.export });
            *share = spread(amount, *capacity, parts.iter().map(usual).collect());
            *left -= amount;
        }
        let [imports, exports] = shares;
        for ((part, import), export) in parts.iter().zip(imports).zip(exports) {
            let counted = Counted { import, export, estimated: span > 1 };
            self.count(terms.carrier, part, place, counted)?;
            let told = counted.reading(meter, part.interval, if span > 1 { 0 } else { sequence });
            sink.event(match (span > 1, part.settled) {
                (true, _) => Event::Substituted(told),
                (false, true) => Event::Corrected(told),
                (false, false) => Event::Metered(told),
            });
        }
        self.show(meter, Shown { time, energy, carried: left, ..before }, sequence);
        Ok(())
    }

    /// What a difference finds in an interval.
    fn standing(&self, carrier: Carrier, interval: DeliveryInterval, place: u32) -> Standing {
        let nothing = Standing::Fixed(Counted::default());
        if interval.start < self.settled_until(carrier) {
            return match self.archive.get(carrier, interval.start).and_then(|kept| kept.reading(place)) {
                Some(counted) if counted.estimated && self.is_correctable(interval) => Standing::Open,
                Some(counted) => Standing::Fixed(counted),
                None => nothing, // given up: what was billed is in what is carried
            };
        }
        let Some(delivery) = self.deliveries.get(&(interval.start, carrier)) else { return Standing::Open };
        match delivery.readings.get(place as usize).copied().flatten() {
            None => Standing::Open,
            Some(counted) if counted.estimated && !self.has_shared(carrier, delivery) => Standing::Open,
            Some(counted) => Standing::Fixed(counted),
        }
    }

    /// Puts a reading in force.
    fn count(
        &mut self,
        carrier: Carrier,
        part: &Part,
        place: u32,
        counted: Counted,
    ) -> Result<(), Rejection> {
        if part.settled {
            if let Some(kept) = self.archive.get_mut(carrier, part.interval.start) {
                kept.correct(place, counted);
            }
            return Ok(());
        }
        self.delivery_mut(carrier, part.interval)?.count(place, counted);
        Ok(())
    }

    fn show(&mut self, meter: MeterId, shown: Shown, sequence: u64) {
        self.registers.insert(meter, shown);
        if let Some(own) = self.meters.get_mut(meter.0 as usize) {
            own.sequence = sequence;
        }
        self.commitment.meters_dirty.mark(meter.0);
    }

    /// A reading was put in the place of another in an interval that the register has passed, or was given up with its
    /// interval: what the register says beyond the readings changes by as much.
    pub(super) fn carry(&mut self, meter: MeterId, interval: DeliveryInterval, more: Counted, passed: bool) {
        if let Some(shown) = self.registers.get_mut(&meter)
            && interval.start >= shown.since
            && (interval.end() <= shown.time) == passed
        {
            let [import, export] = &mut shown.carried;
            *import -= more.import;
            *export -= more.export;
            self.commitment.meters_dirty.mark(meter.0);
        }
    }
}

/// Whether an interval can take part of a difference.
enum Standing {
    /// It has no reading, or an estimate that may still change.
    Open,
    /// It has one that stays.
    Fixed(Counted),
}

/// Shares an energy out over intervals by what they had a week before; evenly where one of them had nothing yet, all
/// had 0, or one would get more than the capacity. The amount is at most the capacity of all of them.
fn spread(amount: Energy, capacity: Energy, usual: Vec<Option<Energy>>) -> Vec<Energy> {
    let weights: Option<Vec<u64>> =
        usual.iter().map(|usual| Some(usual.as_ref()?.0.unsigned_abs())).collect();
    let share = |weights: &[u64]| -> Option<Vec<Energy>> {
        let total: u128 = weights.iter().map(|weight| u128::from(*weight)).sum();
        let mut parts = CumulativeFloor::new(amount.0.into(), total)?;
        let parts: Vec<Energy> = weights.iter().map(|weight| Energy(parts.next(*weight) as i64)).collect();
        parts.iter().all(|part| *part <= capacity).then_some(parts)
    };
    let shaped = weights.and_then(|weights| share(&weights));
    shaped.or_else(|| share(&alloc::vec![1; usual.len()])).unwrap_or_default()
}
