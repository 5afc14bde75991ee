//! Lapse: an interval is over and its book was not cleared. What is open leaves it, what was promised is free again.
//!
//! Anybody can force this, so an operator who does not clear holds nobody's money.

use super::delivery::delivery;
use super::leaf::{Delivery, Market, Order, stage};
use super::place::Place;
use super::store::{Store, get, put};
use super::trading::end_order;
use super::word::packed;
use super::{Done, work};
use market::{Rejection, Side};

packed! {
    /// What lapsing knows.
    pub(super) Lapse = 4 {
        [
            /// The next order: bids by arrival, then offers.
            cursor: u32 = 4,
        ]
        []
        []
        []
    }
}

/// Orders begin to lapse. An interval in which nothing ever happened is given up at once, where it is its carrier's
/// first, so that it keeps nothing else from being settled.
pub(super) fn begin(store: &mut impl Store, slot: u8) -> Done {
    let mut delivery = delivery(store, slot, Rejection::NotFrozen)?;
    let head = *store.head();
    if head.time < head.end(&delivery) {
        return Err(Rejection::TooEarly.into());
    }
    if delivery.live == 0 && delivery.stage != stage::FROZEN {
        return give_up(store, slot, &delivery);
    }
    delivery.stage = stage::LAPSE;
    delivery.set_work(&Lapse::default());
    work::begin(store, slot, &delivery)
}

fn give_up(store: &mut impl Store, slot: u8, delivery: &Delivery) -> Done {
    let mut market: Market = get(store, Place::market(delivery.carrier))?;
    let empty = delivery.bids == 0 && delivery.offers == 0 && delivery.readings == 0;
    if !empty || delivery.stage != stage::OPEN || market.first != u16::from(slot) + 1 {
        return Err(Rejection::NotFrozen.into());
    }
    market.first = delivery.next;
    put(store, Place::market(delivery.carrier), &market)?;
    Ok(put(store, Place::delivery(slot), &Delivery::default())?)
}

/// The next order lapses.
pub(super) fn lapse(store: &mut impl Store, slot: u8, delivery: &mut Delivery) -> Done {
    let mut lapse: Lapse = delivery.work();
    let (side, arrival) = match lapse.cursor.checked_sub(delivery.bids) {
        None => (Side::Buy, lapse.cursor),
        Some(arrival) => (Side::Sell, arrival),
    };
    lapse.cursor += 1;
    delivery.set_work(&lapse);
    let order: Order = get(store, Place::order(slot, side, arrival))?;
    if order.account != 0 {
        end_order(store, slot, side, arrival, &order)?;
        delivery.live -= 1;
    }
    Ok(())
}

/// It is over after the last one.
pub(super) fn turn(delivery: &mut Delivery) -> Option<Rejection> {
    if delivery.work::<Lapse>().cursor >= delivery.bids + delivery.offers {
        delivery.rest(stage::OPEN);
    }
    None
}
