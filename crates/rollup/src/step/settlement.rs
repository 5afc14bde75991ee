//! Settlement: trades and readings turn into transfers.
//!
//! Twice over all metering points: first the bills are weighed, so that a guarantor who could not lend, or a supplier
//! who could not pay, refuses the whole settlement before anything is posted; then they are posted.

use super::bill::{Flows, lines, post};
use super::delivery::delivery;
use super::leaf::{Account, Delivery, Market, Meter, Position, Published, Tariff, kind, stage};
use super::money::{GUARANTOR, SUPPLIER, account, add, put_account};
use super::place::Place;
use super::store::{Store, get, put};
use super::word::packed;
use super::{Done, work};
use market::Rejection;

packed! {
    /// What a settlement knows.
    pub(super) Settlement = 4 {
        [
            /// The next rank.
            cursor: u32 = 4,
            /// The stage to go back to where it is refused.
            before: u8 = 1,
            /// 1: the guarantor could not lend.
            exhausted: u8 = 1,
        ]
        [
            /// What the guarantor has left, n€.
            guarantor: i128 = 16,
            /// What the supplier has left, n€.
            supplier: i128 = 16,
        ]
        []
        []
    }
}

/// A settlement begins.
pub(super) fn begin(store: &mut impl Store, slot: u8) -> Done {
    let mut delivery = delivery(store, slot, Rejection::ReadingMissing)?;
    let head = *store.head();
    if head.time < head.end(&delivery) {
        return Err(Rejection::TooEarly.into());
    }
    let market: Market = get(store, Place::market(delivery.carrier))?;
    if delivery.readings < market.meters {
        return Err(Rejection::ReadingMissing.into());
    }
    let before = if market.takes_orders() { stage::OPEN } else { stage::SHARED };
    if delivery.stage != before || delivery.live > 0 {
        return Err(Rejection::NotCleared.into());
    }
    if market.first != u16::from(slot) + 1 {
        return Err(Rejection::OutOfOrder.into());
    }
    let guarantor = account(store, GUARANTOR)?.available();
    let supplier = account(store, SUPPLIER)?.balance;
    delivery.stage = stage::WEIGH;
    delivery.set_work(&Settlement { before, guarantor, supplier, ..Settlement::default() });
    work::begin(store, slot, &delivery)
}

/// One metering point's account and bill.
struct Due {
    id: u32,
    account: Account,
    position: Position,
    /// For energy from the supplier and to it, n€/Wh.
    prices: (i32, i32),
    tariff: Tariff,
}

/// What the metering point of this rank owes and is owed; none where its tariff's price was not published.
fn due(store: &mut impl Store, slot: u8, delivery: &Delivery, rank: u32) -> Done<Option<Due>> {
    let meter: Meter = get(store, Place::meter(delivery.carrier, rank))?;
    let tariff: Tariff = get(store, Place::tariff(meter.tariff))?;
    let mut prices = (tariff.import, tariff.export);
    if tariff.kind == kind::PUBLISHED {
        let published: Published = get(store, Place::published(slot, meter.tariff))?;
        if published.start != delivery.start {
            return Ok(None);
        }
        prices = (published.import, published.export);
    }
    let position: Position = get(store, Place::position(slot, rank))?;
    let mut account = account(store, meter.account)?;
    account.holds -= i128::from(position.hold);
    Ok(Some(Due { id: meter.account, account, position, prices, tariff }))
}

impl Due {
    /// Posts every line; whether the guarantor could lend what it took.
    fn post(&mut self, flows: &mut Flows, fund: i128) -> bool {
        let lines = lines(&self.position, self.prices, &self.tariff);
        lines.iter().all(|line| post(line, &mut self.account, flows, fund))
    }
}

/// Weighs the next bill.
pub(super) fn weigh(store: &mut impl Store, slot: u8, delivery: &mut Delivery) -> Done<Option<Rejection>> {
    let mut settlement: Settlement = delivery.work();
    let Some(mut due) = due(store, slot, delivery, settlement.cursor)? else {
        delivery.rest(settlement.before);
        return Ok(Some(Rejection::PriceUnknown));
    };
    settlement.cursor += 1;
    let mut flows = Flows::default();
    if settlement.exhausted == 0 && !due.post(&mut flows, settlement.guarantor) {
        settlement.exhausted = 1;
    }
    settlement.guarantor += flows[GUARANTOR as usize];
    settlement.supplier += flows[SUPPLIER as usize];
    delivery.set_work(&settlement);
    Ok(None)
}

/// Posts the next bill; the position is done with.
pub(super) fn settle(store: &mut impl Store, slot: u8, delivery: &mut Delivery) -> Done {
    let mut settlement: Settlement = delivery.work();
    let rank = settlement.cursor;
    settlement.cursor += 1;
    delivery.set_work(&settlement);
    let fund = account(store, GUARANTOR)?.available();
    // Its price is known and the guarantor can lend: it was weighed.
    if let Some(mut due) = due(store, slot, delivery, rank)? {
        let mut flows = Flows::default();
        due.post(&mut flows, fund);
        put_account(store, due.id, &due.account)?;
        for (id, flow) in (0..).zip(flows) {
            add(store, id, flow)?;
        }
        put(store, Place::position(slot, rank), &Position::default())?;
    }
    Ok(())
}

/// Goes on from weighing to posting, and from there to the end of the delivery.
pub(super) fn turn(
    store: &mut impl Store,
    delivery: &mut Delivery,
    market: &mut Market,
) -> Done<Option<Rejection>> {
    let mut settlement: Settlement = delivery.work();
    if settlement.cursor < market.meters {
        return Ok(None);
    }
    if delivery.stage == stage::SETTLE {
        market.settled = store.head().end(delivery);
        market.first = delivery.next;
        put(store, Place::market(delivery.carrier), market)?;
        *delivery = Delivery::default();
        return Ok(None);
    }
    let refused = if settlement.exhausted != 0 {
        Some(Rejection::GuarantorExhausted)
    } else if settlement.supplier < 0 {
        Some(Rejection::InsufficientFunds)
    } else {
        None
    };
    if refused.is_some() {
        delivery.rest(settlement.before);
    } else {
        settlement.cursor = 0;
        delivery.stage = stage::SETTLE;
        delivery.set_work(&settlement);
    }
    Ok(refused)
}
