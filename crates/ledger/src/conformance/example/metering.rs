//! How an example is metered: a cumulative register, a sub-meter and a share without a meter; now and then a reading
//! that is missing or wrong, and its correction in the interval after.

use super::{DURATION, Example, START};
use market::{
    Arrangement, Carrier, Command, DeliveryInterval, Energy, Equipment, Position, Reading, Register,
    RegisterReading,
};

/// Whose electricity meter is cumulative, and where it begins at 0 again, Wh.
const CUMULATIVE: (usize, u64) = (1, 1_000_000);
/// Whose gas meter is behind member 0's.
const SUB: usize = 1;
/// Who has a third of whose heat.
const SHARER: (usize, usize) = (1, 0);

impl Example {
    pub(super) fn arrange(&mut self) {
        let id = |member: usize, carrier: Carrier| self.members[member].meters[carrier as usize].id;
        let ((cumulative, modulus), (sharer, source)) = (CUMULATIVE, SHARER);
        let register = Register::Cumulative { modulus };
        let sub = Arrangement::Sub { main: id(0, Carrier::Gas) };
        let share = Arrangement::Virtual { source: id(source, Carrier::Heat), share: 333_333 };
        let arranged = |arrangement| Equipment { arrangement, ..Equipment::default() };
        for (meter, equipment) in [
            (id(cumulative, Carrier::Electricity), Equipment { register, ..Equipment::default() }),
            (id(SUB, Carrier::Gas), arranged(sub)),
            (id(sharer, Carrier::Heat), arranged(share)),
        ] {
            let nonce = self.nonce();
            self.operate(Command::Equip { meter, equipment, nonce });
        }
    }

    /// Every meter reports, or nearly.
    pub(super) fn read(&mut self, carrier: Carrier, step: u64) {
        let interval = at(step);
        for member in 0..self.members.len() {
            let position = *self
                .state
                .position(self.members[member].meters[carrier as usize].id, interval)
                .unwrap_or(&Position::default());
            // Sometimes what was contracted, mostly not quite; a meter with generation counts both ways.
            let near = |example: &mut Self, contracted: Energy| {
                let drawn = example.draw(400) as i64;
                Energy((contracted.0 + drawn - 200).max(0))
            };
            let (import, export) = match self.draw(8) {
                0 | 1 => (position.bought, position.sold),
                2 => (Energy(8_000), near(self, position.sold)), // more than some can pay
                _ => (near(self, position.bought), near(self, position.sold)),
            };
            let id = self.members[member].meters[carrier as usize].id;
            let equipment = self.state.meters()[id.0 as usize].equipment;
            match (carrier, member) {
                _ if equipment.is_virtual() => continue,
                _ if equipment.register != Register::Interval => {
                    self.show(step, [import, export]);
                    continue;
                }
                // Missing, and estimated at the settlement or where metered energy is shared.
                (Carrier::Electricity, 2) | (Carrier::Heat, 0) if step % 3 == 1 => {
                    self.faults.push((step, carrier, member));
                    continue;
                }
                // Wrong.
                (Carrier::Gas, 0) if step % 3 == 2 => self.faults.push((step, carrier, member)),
                _ => {}
            }
            let reading = self.reading(member, carrier, step, (import, export));
            self.send(Command::Read(reading), &self.members[member].meters[carrier as usize].key.clone());
        }
    }

    /// What was missing or wrong in a step is corrected, and what that changes is posted.
    pub(super) fn correct(&mut self, carrier: Carrier, step: u64) {
        let faults: Vec<_> =
            self.faults.iter().filter(|fault| (fault.0, fault.1) == (step, carrier)).copied().collect();
        for (.., member) in &faults {
            let counted = (Energy(self.draw(3_000) as i64), Energy(self.draw(3_000) as i64));
            let reading = self.reading(*member, carrier, step, counted);
            self.send(Command::Correct(reading), &self.members[*member].meters[carrier as usize].key.clone());
        }
        if !faults.is_empty() {
            self.operate(Command::Resettle { carrier, interval: at(step) });
        }
    }

    fn reading(
        &mut self,
        member: usize,
        carrier: Carrier,
        step: u64,
        (import, export): (Energy, Energy),
    ) -> Reading {
        let meter = &mut self.members[member].meters[carrier as usize];
        meter.sequence += 1;
        Reading { meter: meter.id, interval: at(step), import, export, sequence: meter.sequence }
    }

    /// The register counts on, and says so except where nobody hears it.
    fn show(&mut self, step: u64, counted: [Energy; 2]) {
        if step == 0 {
            self.read_register(at(0).start);
        }
        let (member, modulus) = CUMULATIVE;
        let meter = &mut self.members[member].meters[Carrier::Electricity as usize];
        for (shown, counted) in meter.shown.iter_mut().zip(counted) {
            *shown = (*shown + counted.0 as u64) % modulus;
        }
        if step % 4 != 1 {
            self.read_register(at(step).end());
        }
        if step % 4 == 2 {
            // What it shows is spread over the interval before too.
            let carrier = Carrier::Electricity;
            self.operate(Command::Resettle { carrier, interval: at(step - 1) });
        }
    }

    fn read_register(&mut self, time: u64) {
        let meter = &mut self.members[CUMULATIVE.0].meters[Carrier::Electricity as usize];
        meter.sequence += 1;
        let [import, export] = meter.shown;
        let reading = RegisterReading { meter: meter.id, time, import, export, sequence: meter.sequence };
        let key = meter.key.clone();
        self.send(Command::ReadRegister(reading), &key);
    }
}

fn at(step: u64) -> DeliveryInterval {
    DeliveryInterval { start: START, duration: DURATION }.later(step)
}
