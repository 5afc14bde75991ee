//! What comes by the primary chain's queue.

use super::World;
use rollup::step::leaf::{Account, Meter, Order, stage};
use rollup::step::{Item, Place, Record};

impl World {
    /// Items of the queue, as many as may be consumed.
    pub(crate) fn items(&mut self, count: usize) -> Vec<u8> {
        let mut bytes = Vec::new();
        for _ in 0..count {
            let time = self.head().time;
            if self.dice.chance(600) {
                let account = self.account();
                let amount = self.amount(account);
                Item::Deposit { time, account, amount, sender: self.address() }.encode(&mut bytes);
                continue;
            }
            let mut record = self.forced();
            if self.dice.chance(60) {
                record.push(0);
            }
            if self.dice.chance(60) {
                record.pop();
            }
            Item::Forced { time, record: &record }.encode(&mut bytes);
        }
        bytes
    }

    /// What somebody may force in.
    fn forced(&mut self) -> Vec<u8> {
        let mut room = Vec::new();
        let record = match self.dice.below(8) {
            0 => Record::Lapse { slot: self.slot_at(&[stage::OPEN, stage::FROZEN]) },
            1 => self.record(&mut room),
            2..=3 => self.withdraw(),
            4 => self.cancel(),
            5 => self.order(),
            6 => self.reading(),
            _ => self.transfer(),
        };
        if self.head().signatures != 0 {
            return record.to_bytes();
        }
        // Signed whatever the head says: by the account that its terms name.
        let (slot, account, meter, named, last, key) = match record {
            Record::Withdraw { account, nonce, .. } | Record::Transfer { from: account, nonce, .. } => {
                let last = self.state.peek::<Account>(Place::account(account)).nonce;
                (0, account, 0, nonce, last, account)
            }
            Record::Order { slot, rank, nonce, .. } => {
                let meter: Meter = self.state.peek(Place::meter(self.delivery(slot).carrier, rank));
                let last = self.state.peek::<Account>(Place::account(meter.account)).nonce;
                (slot, meter.account, meter.meter, nonce, last, meter.account)
            }
            Record::Cancel { slot, arrival, side, nonce, .. } => {
                let order: Order = self.state.peek(Place::order(slot, side, arrival));
                let last = self.state.peek::<Account>(Place::account(order.account)).nonce;
                (slot, order.account, 0, nonce, last, order.account)
            }
            Record::Reading { slot, rank, sequence, .. } => {
                let meter: Meter = self.state.peek(Place::meter(self.delivery(slot).carrier, rank));
                (slot, 0, meter.meter, sequence, meter.sequence, meter.account.wrapping_add(34))
            }
            _ => return record.to_bytes(),
        };
        let terms = self.terms(slot, account, meter, named, last);
        self.with_signature(record, terms, key).to_bytes()
    }
}
