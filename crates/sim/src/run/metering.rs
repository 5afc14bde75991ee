//! What meters report, and what goes astray on the way: readings that never come, come late, or are wrong at first.

use super::{RunError, Running};
use agents::Random;
use market::{Carrier, Command, DeliveryInterval, Energy, MeterId, Reading, RegisterReading, Rejection};
use std::collections::BTreeMap;

/// What meters remember, and readings under way.
#[derive(Debug, Default)]
pub(super) struct Meters {
    /// Per meter, the sequence number of its last report.
    sequences: Vec<u64>,
    /// Per meter, everything it has taken and given so far, Wh.
    registers: Vec<[u64; 2]>,
    /// Readings that come late, by the step at whose end they do: whose, and what.
    late: BTreeMap<u64, Vec<(usize, Reading)>>,
}

impl Meters {
    pub(super) fn new(meters: usize) -> Self {
        Self { sequences: vec![0; meters], registers: vec![[0; 2]; meters], late: BTreeMap::new() }
    }

    fn next(&mut self, meter: MeterId) -> u64 {
        let sequence = &mut self.sequences[meter.0 as usize];
        *sequence += 1;
        *sequence
    }
}

/// How a reading fares.
enum Fate {
    InTime,
    Missing,
    Late(u64),
    Corrected(u64),
}

impl Running<'_> {
    /// Every meter reports what the devices behind it did.
    pub(super) fn report(&mut self, step: u64, interval: DeliveryInterval) -> Result<(), RunError> {
        let own: Vec<i64> = self.deliveries.iter().map(|delivery| delivery.balances[0].net()).collect();
        let arranged = self.roll.fronts.iter().any(Option::is_some);
        let physical = if arranged { self.roll.physical(&own) } else { own.clone() };
        for member in 0..self.deliveries.len() {
            for carrier in Carrier::ALL {
                let Some(point) = self.roll.points[member][carrier as usize] else { continue };
                let balance = *self.deliveries[member].of(carrier);
                let (import, export) = match carrier {
                    Carrier::Electricity if physical[member] != own[member] => {
                        (physical[member].max(0), (-physical[member]).max(0))
                    }
                    _ => (balance.import, balance.export),
                };
                let counted = [Energy(import), Energy(export)];
                if let Some(digits) = self.scenario.members[member].metering.digits {
                    self.show(step, interval, (member, point.meter), counted, 1_000 * 10_u64.pow(digits))?;
                } else {
                    self.tell(step, interval, (member, point.meter), counted)?;
                }
            }
        }
        Ok(())
    }

    /// An interval meter's report.
    fn tell(
        &mut self,
        step: u64,
        interval: DeliveryInterval,
        (member, meter): (usize, MeterId),
        [import, export]: [Energy; 2],
    ) -> Result<(), RunError> {
        let sequence = self.meters.next(meter); // a report that is lost leaves its number out
        let reading = Reading { meter, interval, import, export, sequence };
        match self.fate(step, meter) {
            Fate::InTime => self.must(Command::Read(reading), Some(member))?,
            Fate::Missing => {}
            Fate::Late(by) => self.meters.late.entry(step + by).or_default().push((member, reading)),
            Fate::Corrected(by) => {
                let mut luck = Random::of(self.scenario.seed, &format!("meter {} slips in {step}", meter.0));
                let part = luck.between(800, 1_000);
                let wrong = |energy: Energy| Energy(energy.0 * part / 1_000);
                let first = Reading { import: wrong(import), export: wrong(export), ..reading };
                self.must(Command::Read(first), Some(member))?;
                self.meters.late.entry(step + by).or_default().push((member, reading));
            }
        }
        Ok(())
    }

    /// A cumulative register's report. One that does not come is made good by the next.
    fn show(
        &mut self,
        step: u64,
        interval: DeliveryInterval,
        (member, meter): (usize, MeterId),
        counted: [Energy; 2],
        modulus: u64,
    ) -> Result<(), RunError> {
        let at = |meters: &mut Meters, time: u64| {
            let [import, export] = meters.registers[meter.0 as usize].map(|energy| energy % modulus);
            let sequence = meters.next(meter);
            Command::ReadRegister(RegisterReading { meter, time, import, export, sequence })
        };
        if step == 0 {
            let base = at(&mut self.meters, interval.start);
            self.must(base, Some(member))?;
        }
        for (register, energy) in self.meters.registers[meter.0 as usize].iter_mut().zip(counted) {
            *register += energy.0.unsigned_abs();
        }
        let shown = at(&mut self.meters, interval.end());
        match self.fate(step, meter) {
            Fate::InTime | Fate::Corrected(_) => self.must(shown, Some(member)),
            Fate::Missing | Fate::Late(_) => Ok(()),
        }
    }

    fn fate(&self, step: u64, meter: MeterId) -> Fate {
        let faults = &self.scenario.faults;
        if faults.missing + faults.late + faults.corrected == 0 {
            return Fate::InTime;
        }
        let mut luck = Random::of(self.scenario.seed, &format!("meter {} reports {step}", meter.0));
        let drawn = luck.between(0, 999_999) as u32;
        let by = luck.between(1, faults.late_by as i64) as u64;
        match drawn {
            drawn if drawn < faults.missing => Fate::Missing,
            drawn if drawn < faults.missing + faults.late => Fate::Late(by),
            drawn if drawn < faults.missing + faults.late + faults.corrected => Fate::Corrected(by),
            _ => Fate::InTime,
        }
    }

    /// Readings that come at the end of `step`, and what they change in bills that are written already.
    pub(super) fn correct(&mut self, step: u64) -> Result<(), RunError> {
        for (member, reading) in self.meters.late.remove(&step).unwrap_or_default() {
            let sequence = self.meters.next(reading.meter);
            let reading = Reading { sequence, ..reading };
            let state = self.ledger.state();
            let carrier = state.meters()[reading.meter.0 as usize].terms.carrier;
            let open = reading.interval.start >= state.settled_until(carrier);
            // In time after all, unless it replaces one.
            let told = open && self.send(Command::Read(reading), Some(member))?.is_ok();
            if !told {
                self.must(Command::Correct(reading), Some(member))?;
            }
        }
        for (start, meter) in std::mem::take(&mut self.tally.changed) {
            let carrier = self.ledger.state().meters()[meter.0 as usize].terms.carrier;
            let interval = DeliveryInterval { start, ..self.scenario.span.first };
            if start >= self.ledger.state().settled_until(carrier) {
                continue;
            }
            match self.send(Command::Resettle { carrier, interval }, None)? {
                // another meter's correction has brought it along
                Ok(_) => self.resettled(carrier, interval)?,
                Err(Rejection::NothingToCorrect) => {}
                Err(rejection) => {
                    let what = format!("the re-settlement of {} from {start}", carrier.name());
                    return Err(RunError::Refused { what, rejection });
                }
            }
        }
        Ok(())
    }

    /// The steps at which readings still come, after the last.
    pub(super) fn late_steps(&self) -> Vec<u64> {
        self.meters.late.keys().copied().collect()
    }
}
