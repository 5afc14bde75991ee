//! What lies at a limit.

use super::{World, put};
use rollup::step::leaf::{Account, Market, Meter, Position, Tariff};
use rollup::step::{Packed, Place, Store};

impl World {
    /// Brings something to one of its limits, reachable or not.
    pub(crate) fn perturb(&mut self) {
        let mut head = self.head();
        let accounts = u64::from(head.accounts);
        let id = 1 + self.dice.below(accounts - 1) as u32;
        let slot = self.dice.pick(&self.slots);
        let mut delivery = self.delivery(slot);
        let rank = self.rank(slot);
        let some = i128::from(self.dice.below(10_000_000_000));
        let amount = self.dice.next();
        let last = amount & 1;
        let place = match self.dice.below(12) {
            0 => {
                head.withdrawals = (1 << 28) - last as u32;
                return self.state.set_head(head);
            }
            1 => {
                head.money = market::MAX_MONEY.0 as u128 - u128::from(self.dice.below(100_000));
                return self.state.set_head(head);
            }
            2 => {
                (head.meters, head.accounts) = ((1 << 20) - last as u32, head.accounts + last as u32);
                return self.state.set_head(head);
            }
            3 => {
                return self
                    .change(Place::account(id), |account: &mut Account| account.nonce = u64::MAX - last);
            }
            4 => return self.change(Place::account(id), |account: &mut Account| account.debt = some),
            5 => {
                return self.change(Place::account(id), |account: &mut Account| {
                    (account.holds, account.debt) = (account.balance + some, some / 3);
                });
            }
            6 => {
                let fund = self.dice.pick(&[1, 5]);
                return self
                    .change(Place::account(fund), |account: &mut Account| account.balance = some / 1000);
            }
            7 => Place::meter(delivery.carrier, rank),
            8 => {
                delivery.round = u16::MAX - last as u16;
                return put(&mut self.state, Place::delivery(slot), &delivery);
            }
            9 => {
                return self.change(
                    Place::tariff(self.dice.clone().below(3) as u16),
                    |tariff: &mut Tariff| {
                        (tariff.import, tariff.export) = (amount as i32, (amount >> 32) as i32);
                        tariff.grid_fee = i32::MAX;
                    },
                );
            }
            10 => {
                return self.change(Place::position(slot, rank), |position: &mut Position| {
                    (position.bought, position.sold) = (amount >> 40, amount >> 50);
                    (position.paid, position.received) = (amount as i64 >> 20, (amount << 20) as i64 >> 20);
                });
            }
            _ => {
                return self.change(Place::market(delivery.carrier), |market: &mut Market| {
                    (market.denominator, market.numerator) = (last as u32, last as u32);
                });
            }
        };
        self.change(place, |meter: &mut Meter| {
            meter.sequence = u64::MAX - last;
            (meter.import_capacity, meter.export_capacity) = (amount >> 54, amount >> 34);
        });
    }

    fn change<T: Packed>(&mut self, place: Place, with: impl FnOnce(&mut T)) {
        let mut value: T = self.state.peek(place);
        with(&mut value);
        put(&mut self.state, place, &value);
    }
}
