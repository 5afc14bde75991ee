//! A record that a member forced in, as the command that it stands for.

use crate::step::leaf::{Account, Delivery, Meter, Order};
use crate::step::{Compact, Place, Record, State, Store};
use market::{
    AccountId, Carrier, Command, DeliveryInterval, Energy, Envelope, MeterId, Money, OrderId, Price, Reading,
    Signature, TimeInForce,
};

/// The command of a record with its signature, in the state before it; nothing where it is none of a member's or a meter's.
#[must_use]
pub(super) fn command(state: &State, record: &[u8]) -> Option<Envelope> {
    let (record, []) = Record::decode(record, true)? else { return None };
    let duration = state.head().duration;
    let delivery = |slot: u8| {
        let delivery: Delivery = state.peek(Place::delivery(slot));
        let carrier = *Carrier::ALL.get(usize::from(delivery.carrier))?;
        Some((carrier, DeliveryInterval::new(delivery.start, duration)?))
    };
    let meter = |carrier: Carrier, rank: u32| state.peek::<Meter>(Place::meter(carrier as u8, rank));
    let nonce = |account: u32, nonce: Option<u64>| {
        nonce.unwrap_or_else(|| state.peek::<Account>(Place::account(account)).nonce + 1)
    };
    let money = |amount: u128| i128::try_from(amount).ok().map(Money);
    let (command, signature) = match record {
        Record::Order { slot, rank, energy, limit, side, until_gate, nonce: given, signature } => {
            let (carrier, interval) = delivery(slot)?;
            let meter = meter(carrier, rank);
            let order = market::Order {
                account: AccountId(meter.account),
                meter: MeterId(meter.meter),
                interval,
                side,
                energy: Energy(energy.into()),
                limit: Price(limit.into()),
                time_in_force: if until_gate { TimeInForce::GateClosure } else { TimeInForce::NextClearing },
                nonce: nonce(meter.account, given),
            };
            (Command::Place(order), signature)
        }
        Record::Cancel { slot, arrival, side, nonce: given, signature } => {
            let (carrier, interval) = delivery(slot)?;
            let account = state.peek::<Order>(Place::order(slot, side, arrival)).account;
            let order = OrderId { carrier, interval, side, arrival };
            let nonce = nonce(account, given);
            (Command::Cancel { account: AccountId(account), order, nonce }, signature)
        }
        Record::Withdraw { account, amount, nonce: given, signature } => {
            let (id, nonce) = (AccountId(account), nonce(account, given));
            (Command::Withdraw { account: id, amount: money(amount)?, nonce }, signature)
        }
        Record::Transfer { from, to, amount, nonce: given, signature } => {
            let (payer, to, nonce) = (AccountId(from), AccountId(to), nonce(from, given));
            (Command::Transfer { from: payer, to, amount: money(amount)?, nonce }, signature)
        }
        Record::Reading { slot, rank, import, export, sequence, signature } => {
            let (carrier, interval) = delivery(slot)?;
            let meter = meter(carrier, rank);
            let reading = Reading {
                meter: MeterId(meter.meter),
                interval,
                import: Energy(import.into()),
                export: Energy(export.into()),
                sequence: sequence.unwrap_or(meter.sequence + 1),
            };
            (Command::Read(reading), signature)
        }
        _ => return None,
    };
    Some(Envelope { command, signature: signature.as_ref().map(expanded) })
}

/// r, s and v of a signature whose s carries the parity (EIP-2098).
fn expanded(compact: &Compact) -> Signature {
    let mut signature = [0; 65];
    signature[..64].copy_from_slice(compact);
    signature[64] = 27 + (signature[32] >> 7);
    signature[32] &= 0x7f;
    signature
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::step::{Head, compact};
    use ledger::Key;

    #[test]
    fn a_forced_record_is_the_command_that_was_signed() {
        let mut state = State::new(Head { duration: 900, ..Head::default() });
        let account = Account { nonce: 4, ..Account::default() };
        let words = crate::step::Packed::pack(&account);
        state.set_words(Place::account(7), words).unwrap();
        let signature = Key::from_seed(b"", "member").sign(&[9; 32]);
        let record =
            Record::Withdraw { account: 7, amount: 55, nonce: None, signature: Some(compact(&signature)) };
        let expected = Command::Withdraw { account: AccountId(7), amount: Money(55), nonce: 5 };
        let found = command(&state, &record.to_bytes()).unwrap();
        assert_eq!(found, Envelope { command: expected, signature: Some(signature) });
        let tick = Record::Tick { time: 9 }.to_bytes();
        assert_eq!(command(&state, &tick), None, "an operator's record cannot be forced");
    }
}
