//! Keys: what was metered is shared after delivery.
//!
//! With generation G and consumption C of all metering points, the static key gives each min(c, k·G), the dynamic one
//! c·min(1, G/C); producers give it in proportion to what they fed in. Fractions round by running sums, in the order of
//! ranks from (interval number mod n) on: `market::rule::metered`.

use super::leaf::{Delivery, Market, Meter, Position, rule, stage};
use super::place::Place;
use super::store::{Store, get, put};
use super::word::packed;
use super::{Done, work};
use market::Rejection;

packed! {
    /// What sharing knows.
    pub(super) Sharing = 4 {
        [
            /// How many metering points are done.
            cursor: u32 = 4,
            /// The rank of the first.
            first: u32 = 4,
            /// Energy given out so far, Wh.
            given: u64 = 8,
            /// Energy that all get together, Wh, once that is known.
            shared: u64 = 8,
        ]
        [
            /// Sum of what the points done brought, in the key's parts.
            sum: u128 = 16,
        ]
        []
        []
    }
}

/// Parts of a whole that static shares are in.
const PARTS: u128 = 1_000_000;

/// Sharing begins.
pub(super) fn share(store: &mut impl Store, slot: u8) -> Done {
    let mut delivery = super::delivery::delivery(store, slot, Rejection::ReadingMissing)?;
    let market: Market = get(store, Place::market(delivery.carrier))?;
    if market.takes_orders() {
        let frozen = delivery.stage == stage::FROZEN;
        return Err(if frozen { Rejection::WrongClaim } else { Rejection::NotFrozen }.into());
    }
    if delivery.readings < market.meters {
        return Err(Rejection::ReadingMissing.into());
    }
    if delivery.stage == stage::SHARED {
        return Err(Rejection::NotFrozen.into());
    }
    let number = delivery.start / u64::from(store.head().duration.max(1));
    let first = (number % u64::from(market.meters.max(1))) as u32;
    delivery.stage = stage::SHARE_BOUGHT;
    delivery.set_work(&Sharing { first, ..Sharing::default() });
    work::begin(store, slot, &delivery)
}

/// Goes on from those who get to those who give.
pub(super) fn turn(delivery: &mut Delivery, market: &Market) -> Option<Rejection> {
    let sharing: Sharing = delivery.work();
    if sharing.cursor < market.meters {
        return None;
    }
    if delivery.stage == stage::SHARE_BOUGHT {
        delivery.stage = stage::SHARE_SOLD;
        let Sharing { first, given, .. } = sharing;
        delivery.set_work(&Sharing { first, shared: given, ..Sharing::default() });
    } else {
        delivery.rest(stage::SHARED);
    }
    None
}

impl Sharing {
    /// The next rank.
    fn next(&mut self, market: &Market) -> u32 {
        let rank = (u64::from(self.first) + u64::from(self.cursor)) % u64::from(market.meters.max(1));
        self.cursor += 1;
        rank as u32
    }

    /// The next part of a running sum n/d·Σ, rounded down.
    fn part(&mut self, more: u128, numerator: u128, denominator: u128) -> u64 {
        self.sum += more;
        let upto = (self.sum * numerator).checked_div(denominator).unwrap_or(0) as u64;
        let part = upto - self.given;
        self.given = upto;
        part
    }
}

/// What the next metering point gets.
pub(super) fn bought(store: &mut impl Store, slot: u8, delivery: &mut Delivery, market: &Market) -> Done {
    let mut sharing: Sharing = delivery.work();
    let rank = sharing.next(market);
    let mut position: Position = get(store, Place::position(slot, rank))?;
    let consumption = u128::from(position.import);
    let (generation, all) = (u128::from(delivery.export), u128::from(delivery.import));
    let part = if market.rule == rule::STATIC {
        let meter: Meter = get(store, Place::meter(delivery.carrier, rank))?;
        let cell = (consumption * PARTS).min(u128::from(meter.share) * generation);
        sharing.part(cell, 1, PARTS)
    } else {
        sharing.part(consumption, all.min(generation), all)
    };
    position.bought += part;
    position.paid += part as i64 * i64::from(market.price);
    put(store, Place::position(slot, rank), &position)?;
    delivery.set_work(&sharing);
    Ok(())
}

/// What the next metering point gives.
pub(super) fn sold(store: &mut impl Store, slot: u8, delivery: &mut Delivery, market: &Market) -> Done {
    let mut sharing: Sharing = delivery.work();
    let rank = sharing.next(market);
    let mut position: Position = get(store, Place::position(slot, rank))?;
    let shared = u128::from(sharing.shared);
    let part = sharing.part(position.export.into(), shared, delivery.export.into());
    position.sold += part;
    position.received += part as i64 * i64::from(market.price);
    put(store, Place::position(slot, rank), &position)?;
    delivery.set_work(&sharing);
    Ok(())
}
