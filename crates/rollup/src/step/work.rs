//! Work: what takes more than one record, because it goes over all orders or all metering points.
//!
//! A record begins it; [`advance`] carries on by so many items. Between items a delivery's four last words keep what
//! is known so far. While work goes on nothing else may happen but ticks, so what was checked stays true.

use super::leaf::{Delivery, Market, stage};
use super::place::Place;
use super::store::{Store, get, put};
use super::word::{NO_WORDS, Packed};
use super::{Done, auction, fill, lapse, pairing, settlement, sharing};
use market::Rejection;

impl Delivery {
    /// What its work keeps.
    pub(super) fn work<T: Packed>(&self) -> T {
        let mut words = NO_WORDS;
        words[..4].copy_from_slice(&[self.work0, self.work1, self.work2, self.work3]);
        T::unpack(&words)
    }

    /// Keeps that.
    pub(super) fn set_work<T: Packed>(&mut self, work: &T) {
        [self.work0, self.work1, self.work2, self.work3, ..] = work.pack();
    }

    /// Goes on to a stage at which nothing is at work.
    pub(super) fn rest(&mut self, stage: u8) {
        self.stage = stage;
        [self.work0, self.work1, self.work2, self.work3] = [[0; 32]; 4];
    }
}

/// Whether a stage is work.
#[must_use]
pub const fn is_work(stage: u8) -> bool {
    !matches!(stage, stage::UNUSED | stage::OPEN | stage::FROZEN | stage::SHARED)
}

/// Whether a stage goes on by `merit`, not by `advance`.
const fn is_listing(stage: u8) -> bool {
    matches!(stage, stage::LIST_BIDS | stage::LIST_OFFERS)
}

/// Says which slot is at work; the delivery goes to the store too.
pub(super) fn begin(store: &mut impl Store, slot: u8, delivery: &Delivery) -> Done {
    put(store, Place::delivery(slot), delivery)?;
    let mut head = *store.head();
    head.work = u16::from(slot) + 1;
    store.set_head(head);
    Ok(())
}

/// The slot at work.
pub(super) fn slot(store: &impl Store) -> Done<u8> {
    match store.head().work {
        0 => Err(Rejection::NotFrozen.into()),
        slot => Ok((slot - 1) as u8),
    }
}

/// Carries work on by at most `items` orders or metering points; what was claimed wrongly ends it.
///
/// Its refusal, unlike others, leaves a trace: the work is over.
pub(super) fn advance(store: &mut impl Store, items: u16) -> Done<Option<Rejection>> {
    let slot = slot(store)?;
    let mut delivery: Delivery = get(store, Place::delivery(slot))?;
    let mut market: Market = get(store, Place::market(delivery.carrier))?;
    let mut left = items;
    let refused = loop {
        if let Some(refusal) = turn(store, &mut delivery, &mut market)? {
            break Some(refusal);
        }
        if left == 0 || !is_work(delivery.stage) || is_listing(delivery.stage) {
            break None;
        }
        left -= 1;
        let item = item(store, slot, &mut delivery, &market)?;
        if item.is_some() {
            break item;
        }
    };
    finish(store, slot, &delivery)?;
    Ok(refused)
}

/// Writes the delivery back, and says that nothing is at work where that is so.
pub(super) fn finish(store: &mut impl Store, slot: u8, delivery: &Delivery) -> Done {
    put(store, Place::delivery(slot), delivery)?;
    if !is_work(delivery.stage) {
        let mut head = *store.head();
        head.work = 0;
        store.set_head(head);
    }
    Ok(())
}

/// Goes on to the next stage for as long as one is through.
pub(super) fn turn(
    store: &mut impl Store,
    delivery: &mut Delivery,
    market: &mut Market,
) -> Done<Option<Rejection>> {
    loop {
        let before = delivery.stage;
        let refused = match before {
            stage::SCAN_BIDS | stage::SCAN_OFFERS => auction::turn(delivery, market),
            stage::FILL_BIDS | stage::FILL_OFFERS => fill::turn(delivery, market),
            stage::PAIR => pairing::turn(delivery),
            stage::SHARE_BOUGHT | stage::SHARE_SOLD => sharing::turn(delivery, market),
            stage::WEIGH | stage::SETTLE => settlement::turn(store, delivery, market)?,
            stage::LAPSE => lapse::turn(delivery),
            _ => None,
        };
        if refused.is_some() || delivery.stage == before {
            return Ok(refused);
        }
    }
}

/// Does one item.
fn item(
    store: &mut impl Store,
    slot: u8,
    delivery: &mut Delivery,
    market: &Market,
) -> Done<Option<Rejection>> {
    match delivery.stage {
        stage::SCAN_BIDS | stage::SCAN_OFFERS => auction::scan(store, slot, delivery).map(|()| None),
        stage::FILL_BIDS | stage::FILL_OFFERS => fill::fill(store, slot, delivery, market).map(|()| None),
        stage::PAIR => pairing::next(store, slot, delivery, market).map(|()| None),
        stage::SHARE_BOUGHT => sharing::bought(store, slot, delivery, market).map(|()| None),
        stage::SHARE_SOLD => sharing::sold(store, slot, delivery, market).map(|()| None),
        stage::WEIGH => settlement::weigh(store, slot, delivery),
        stage::SETTLE => settlement::settle(store, slot, delivery).map(|()| None),
        stage::LAPSE => lapse::lapse(store, slot, delivery).map(|()| None),
        _ => Ok(None),
    }
}
