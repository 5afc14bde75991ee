//! Deliveries: intervals get a slot, prices are published, books are frozen.

use super::Done;
use super::accounts::traded;
use super::head::Head;
use super::leaf::{Delivery, Market, Published, Tariff, kind, stage};
use super::place::Place;
use super::store::{Store, get, put};
use market::{MAX_PRICE, Rejection};

impl Head {
    /// First instant after an interval, Unix s.
    pub(super) const fn end(&self, delivery: &Delivery) -> u64 {
        delivery.start + self.duration as u64
    }

    /// First instant at which orders for an interval are refused, Unix s.
    pub(super) const fn gate(&self, delivery: &Delivery) -> u64 {
        delivery.start.saturating_sub(self.gate_closure as u64)
    }

    /// Whether an interval's gate is within the horizon.
    pub(super) const fn is_ahead(&self, delivery: &Delivery) -> bool {
        let horizon = self.horizon as u64 * self.duration as u64;
        self.gate(delivery) > self.time + horizon
    }
}

/// The delivery of a slot; refused as `otherwise` where no interval has it.
pub(super) fn delivery(store: &mut impl Store, slot: u8, otherwise: Rejection) -> Done<Delivery> {
    let delivery: Delivery = get(store, Place::delivery(slot))?;
    if delivery.stage == stage::UNUSED { Err(otherwise.into()) } else { Ok(delivery) }
}

/// An interval gets a slot and its place among the carrier's open intervals, after the one in slot `after`, or first
/// where that is its own slot.
pub(super) fn open(store: &mut impl Store, slot: u8, carrier: u8, start: u64, after: u8) -> Done {
    let duration = u64::from(store.head().duration.max(1));
    if start == 0 || !start.is_multiple_of(duration) {
        return Err(Rejection::BadInterval.into());
    }
    let mut market = traded(store, carrier)?;
    let opened = Delivery { start, carrier, stage: stage::OPEN, ..Delivery::default() };
    if store.head().is_ahead(&opened) {
        return Err(Rejection::TooEarly.into());
    }
    if start < market.settled {
        return Err(Rejection::AlreadySettled.into());
    }
    let used: Delivery = get(store, Place::delivery(slot))?;
    if used.stage != stage::UNUSED {
        return Err(Rejection::TooMany.into());
    }
    let mut before: Option<Delivery> = None;
    if after != slot {
        let neighbour = delivery(store, after, Rejection::OutOfOrder)?;
        if neighbour.carrier != carrier || neighbour.start >= start {
            return Err(Rejection::OutOfOrder.into());
        }
        before = Some(neighbour);
    }
    let next = before.as_ref().map_or(market.first, |before| before.next);
    if next != 0 {
        let following: Delivery = get(store, Place::delivery((next - 1) as u8))?;
        if following.start <= start {
            return Err(Rejection::OutOfOrder.into());
        }
    }
    let link = u16::from(slot) + 1;
    match before {
        Some(mut before) => {
            before.next = link;
            put(store, Place::delivery(after), &before)?;
        }
        None => {
            market.first = link;
            put(store, Place::market(carrier), &market)?;
        }
    }
    Ok(put(store, Place::delivery(slot), &Delivery { next, ..opened })?)
}

/// A tariff's prices for an interval.
pub(super) fn publish(store: &mut impl Store, slot: u8, tariff: u16, import: i32, export: i32) -> Done {
    let delivery = delivery(store, slot, Rejection::BadInterval)?;
    let terms: Tariff = get(store, Place::tariff(tariff))?;
    if terms.kind != kind::PUBLISHED {
        return Err(Rejection::UnknownTariff.into());
    }
    let most = MAX_PRICE.0.unsigned_abs();
    if u64::from(import.unsigned_abs()) > most || u64::from(export.unsigned_abs()) > most {
        return Err(Rejection::BadAmount.into());
    }
    let published: Published = get(store, Place::published(slot, tariff))?;
    if published.start == delivery.start {
        return Err(Rejection::PricePublished.into());
    }
    let published = Published { import, export, start: delivery.start };
    Ok(put(store, Place::published(slot, tariff), &published)?)
}

/// Freezes a book for its clearing.
pub(super) fn close(store: &mut impl Store, slot: u8) -> Done {
    let mut delivery = delivery(store, slot, Rejection::BadInterval)?;
    if store.head().is_ahead(&delivery) {
        return Err(Rejection::TooEarly.into());
    }
    if delivery.stage == stage::FROZEN {
        return Err(Rejection::BookFrozen.into());
    }
    let market: Market = get(store, Place::market(delivery.carrier))?;
    if !market.takes_orders() {
        return Err(Rejection::NotForThisRule.into());
    }
    delivery.stage = stage::FROZEN;
    Ok(put(store, Place::delivery(slot), &delivery)?)
}
