//! Cumulative registers (A2): everything shown since the first time is in readings, or still to come.

use super::books::Books;
use super::tally::Tally;
use market::apportion::mul_div;
use market::{Carrier, DeliveryInterval, Energy, Event, Law, MeterId, Reading, Register, RegisterReading};
use std::collections::BTreeMap;

/// A register, and what stands for the intervals it has passed.
#[derive(Clone)]
pub(super) struct OwnRegister {
    /// When it was read first, and last.
    since: u64,
    time: u64,
    shown: [u64; 2],
    /// Counted since it was read first.
    total: [i128; 2],
}

impl Books {
    /// A register's reading follows its last, and the difference is what comes into force.
    pub(super) fn read_register(&mut self, reading: &RegisterReading, events: &[Event], tally: &mut Tally) {
        let RegisterReading { meter, time, import, export, sequence } = *reading;
        let duration = self.terms.as_ref().map_or(1, |terms| terms.interval_duration);
        let on_grid = time.is_multiple_of(duration.into()) && time >= duration.into() && time <= self.now;
        tally.check(Law::D2, on_grid, || format!("{time} ends no interval that is over"));
        let last = DeliveryInterval { start: time.saturating_sub(duration.into()), duration };
        if self.follows(meter, last, sequence, tally).is_none() {
            return;
        }
        let own = self.meters[meter.0 as usize].clone();
        let modulus = match own.equipment.register {
            Register::Cumulative { modulus } => modulus,
            Register::Interval => 0,
        };
        let shown = [import, export];
        tally.check(Law::A2, shown.iter().all(|shown| *shown < modulus), || {
            format!("meter {} shows {shown:?}, its register ends at {modulus}", meter.0)
        });
        let Some(before) = own.register else {
            tally.check(Law::A2, events.is_empty(), || "a first register reading counts nothing".into());
            let register = OwnRegister { since: time, time, shown, total: [0; 2] };
            self.meters[meter.0 as usize].register = Some(register);
            return;
        };
        tally.check(Law::D2, time > before.time, || format!("meter {} is read twice at {time}", meter.0));
        let span = time.saturating_sub(before.time) / u64::from(duration);
        let terms = own.terms;
        let capacities = [terms.import_capacity, terms.export_capacity];
        let mut register = OwnRegister { time, shown, ..before.clone() };
        for side in [0, 1] {
            let counted = (i128::from(shown[side]) - i128::from(before.shown[side]))
                .rem_euclid(i128::from(modulus.max(1)));
            let within = counted <= i128::from(span) * i128::from(capacities[side].0);
            tally.check(Law::A2, within, || {
                format!("meter {} counted {counted} Wh in {span} intervals", meter.0)
            });
            register.total[side] += counted;
        }

        let carrier = terms.carrier;
        let row = (0..span).map(|step| DeliveryInterval { start: before.time, duration }.later(step));
        let open: Vec<DeliveryInterval> =
            row.filter(|interval| self.is_open(carrier, *interval, meter)).collect();
        let fixed = self.standing(meter, register.since..time, &open);
        let usual: Vec<_> = open.iter().map(|at| self.week_before(carrier, *at, meter)).collect();
        let parts = [0, 1].map(|side| {
            let most = i128::from(capacities[side].0) * open.len() as i128;
            let amount = (register.total[side] - fixed[side]).clamp(0, most);
            let weights: Option<Vec<i128>> = usual
                .iter()
                .map(|usual| usual.map(|usual| i128::from(if side == 0 { usual.0.0 } else { usual.1.0 })))
                .collect();
            let shaped = weights.and_then(|weights| cut(amount, &weights));
            let fits = |parts: &Vec<i128>| parts.iter().all(|part| *part <= i128::from(capacities[side].0));
            shaped.filter(fits).or_else(|| cut(amount, &vec![1; open.len()])).unwrap_or_default()
        });
        let mut right = Vec::new();
        for (at, interval) in open.iter().copied().enumerate() {
            let [import, export] = [0, 1].map(|side| Energy(parts[side][at] as i64));
            let sequence = if span == 1 { sequence } else { 0 };
            let reading = Reading { meter, interval, import, export, sequence };
            let settled = self.is_settled(carrier, interval);
            right.push(match (span, settled) {
                (1, false) => Event::Metered(reading),
                (1, true) => Event::Corrected(reading),
                _ => Event::Substituted(reading),
            });
            self.count(carrier, &reading, span > 1);
        }
        tally
            .check(Law::A2, events == right, || format!("in force are {events:?}, {right:?} would be right"));
        self.meters[meter.0 as usize].register = Some(register);
    }

    /// Whether an interval has no reading of the meter, or an estimate that may still change.
    fn is_open(&self, carrier: Carrier, interval: DeliveryInterval, meter: MeterId) -> bool {
        let key = (carrier, interval.start);
        if self.is_settled(carrier, interval) {
            return self.settled.get(&key).is_some_and(|kept| kept.estimated.contains(&meter))
                && self.is_correctable(interval);
        }
        self.deliveries.get(&key).is_none_or(|delivery| {
            let estimated = delivery.estimated.contains(&meter) && !delivery.shared;
            estimated || !delivery.readings.contains_key(&meter)
        })
    }

    /// The readings of a span that stay, summed.
    fn standing(&self, meter: MeterId, span: std::ops::Range<u64>, open: &[DeliveryInterval]) -> [i128; 2] {
        let none = BTreeMap::new();
        let within = self.standing.get(&meter).unwrap_or(&none).range(span);
        let stay = within.filter(|(start, _)| open.iter().all(|interval| interval.start != **start));
        stay.fold([0; 2], |[import, export], (_, stands)| {
            [import + i128::from(stands[0].0), export + i128::from(stands[1].0)]
        })
    }

    /// A reading comes into force: of a cumulative meter all of them are kept.
    pub(super) fn stands(&mut self, meter: MeterId, interval: DeliveryInterval, counted: [Energy; 2]) {
        let own = self.meters.get(meter.0 as usize);
        if own.is_some_and(|own| own.equipment.register != Register::Interval) {
            self.standing.entry(meter).or_default().insert(interval.start, counted);
        }
    }
}

/// Cuts an amount by weights, each part from where the last one ends; nothing where all weights are 0.
fn cut(amount: i128, weights: &[i128]) -> Option<Vec<i128>> {
    let total: i128 = weights.iter().sum();
    if total == 0 && amount != 0 {
        return None;
    }
    let upto = |weight: i128| mul_div(amount as u128, (weight as u128, total as u128)).0 as i128;
    let ends = weights.iter().scan(0, |sum, weight| {
        *sum += weight;
        Some((upto(*sum - weight), upto(*sum)))
    });
    Some(ends.map(|(from, until)| until - from).collect())
}
