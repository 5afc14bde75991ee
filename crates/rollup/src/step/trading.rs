//! Time before delivery: orders enter and leave the book.

use super::Done;
use super::accounts::named;
use super::delivery::delivery;
use super::leaf::{Delivery, Market, Meter, Order, Position, stage};
use super::money::{account, hold, put_account};
use super::place::{MOST_ARRIVALS, MOST_METERS, Place};
use super::record::Compact;
use super::sign::{self, CancelTerms, OrderTerms, authenticate};
use super::store::{Store, get, put};
use market::{Rejection, Side};

/// An order as its record names it.
pub(super) struct NewOrder {
    pub slot: u8,
    pub rank: u32,
    pub energy: u32,
    pub limit: i32,
    pub side: Side,
    pub until_gate: bool,
    pub nonce: Option<u64>,
    pub signature: Option<Compact>,
}

/// Takes an order into the book.
pub(super) fn place(store: &mut impl Store, new: &NewOrder, forced: bool) -> Done {
    let NewOrder { slot, rank, energy, limit, side, until_gate, nonce, signature } = *new;
    let mut delivery = delivery(store, slot, Rejection::BadInterval)?;
    let meter = meter(store, delivery.carrier, rank)?;
    let mut owner = account(store, meter.account)?;
    let head = *store.head();
    let nonce = named(&owner, nonce);
    authenticate(&head, owner.address, signature, forced, || {
        sign::order(&OrderTerms {
            account: meter.account,
            meter: meter.meter,
            start: delivery.start,
            duration: head.duration,
            side,
            energy,
            limit,
            until_gate,
            nonce,
        })
    })?;
    if nonce <= owner.nonce {
        return Err(Rejection::StaleNonce.into());
    }
    let held = hold_rate(side, limit) * i128::from(energy);
    if held > owner.available() {
        return Err(Rejection::InsufficientFunds.into());
    }
    if head.is_ahead(&delivery) {
        return Err(Rejection::TooEarly.into());
    }
    if head.time >= head.gate(&delivery) {
        return Err(Rejection::GateClosed.into());
    }
    if delivery.stage == stage::FROZEN {
        return Err(Rejection::BookFrozen.into());
    }
    if energy == 0 {
        return Err(Rejection::BadEnergy.into());
    }
    let market: Market = get(store, Place::market(delivery.carrier))?;
    if limit < market.floor || limit > market.cap {
        return Err(Rejection::OutsideCollar.into());
    }
    let mut position: Position = get(store, Place::position(slot, rank))?;
    let capacity = if side == Side::Buy { meter.import_capacity } else { meter.export_capacity };
    if position.committed(side) + u64::from(energy) > capacity {
        return Err(Rejection::BeyondCapacity.into());
    }
    if position.would_self_trade(side, limit) {
        return Err(Rejection::SelfTrade.into());
    }
    if !market.takes_orders() {
        return Err(Rejection::NotForThisRule.into());
    }
    let arrival = delivery.arrivals(side);
    if arrival >= MOST_ARRIVALS {
        return Err(Rejection::TooMany.into());
    }
    position.open(side, energy.into(), limit);
    position.hold += held as u64;
    put(store, Place::position(slot, rank), &position)?;
    owner.nonce = nonce;
    owner.holds += held;
    put_account(store, meter.account, &owner)?;
    let order = Order {
        limit,
        energy: energy.into(),
        rank,
        account: meter.account,
        time_in_force: u8::from(until_gate),
        ..Order::default()
    };
    put(store, Place::order(slot, side, arrival), &order)?;
    delivery.arrive(side);
    Ok(put(store, Place::delivery(slot), &delivery)?)
}

/// A metering point by its rank.
pub(super) fn meter(store: &mut impl Store, carrier: u8, rank: u32) -> Done<Meter> {
    if rank >= MOST_METERS {
        return Err(Rejection::UnknownMeter.into());
    }
    let meter: Meter = get(store, Place::meter(carrier, rank))?;
    if meter.account == 0 { Err(Rejection::UnknownMeter.into()) } else { Ok(meter) }
}

/// A cancellation as its record names it.
pub(super) struct Cancellation {
    pub slot: u8,
    pub arrival: u32,
    pub side: Side,
    pub nonce: Option<u64>,
    pub signature: Option<Compact>,
}

/// Takes what is left of an order out of the book.
pub(super) fn cancel(store: &mut impl Store, cancellation: &Cancellation, forced: bool) -> Done {
    let Cancellation { slot, arrival, side, nonce, signature } = *cancellation;
    let mut delivery = delivery(store, slot, Rejection::UnknownOrder)?;
    let frozen = delivery.stage == stage::FROZEN;
    let missing = if frozen { Rejection::BookFrozen } else { Rejection::UnknownOrder };
    if arrival >= MOST_ARRIVALS {
        return Err(missing.into());
    }
    let order: Order = get(store, Place::order(slot, side, arrival))?;
    if order.account == 0 {
        return Err(missing.into());
    }
    let mut owner = account(store, order.account)?;
    let head = *store.head();
    let nonce = named(&owner, nonce);
    authenticate(&head, owner.address, signature, forced, || {
        sign::cancel(&CancelTerms {
            account: order.account,
            carrier: delivery.carrier,
            start: delivery.start,
            duration: head.duration,
            side,
            arrival,
            nonce,
        })
    })?;
    if nonce <= owner.nonce {
        return Err(Rejection::StaleNonce.into());
    }
    if frozen {
        return Err(Rejection::BookFrozen.into());
    }
    owner.nonce = nonce;
    put_account(store, order.account, &owner)?;
    end_order(store, slot, side, arrival, &order)?;
    delivery.live -= 1;
    Ok(put(store, Place::delivery(slot), &delivery)?)
}

/// What is left of an order leaves the book: its hold is released, its leaf goes.
pub(super) fn end_order(store: &mut impl Store, slot: u8, side: Side, arrival: u32, order: &Order) -> Done {
    let mut position: Position = get(store, Place::position(slot, order.rank))?;
    let released = position.lapse(side, order.energy, order.limit);
    put(store, Place::position(slot, order.rank), &position)?;
    hold(store, order.account, -released)?;
    Ok(put(store, Place::order(slot, side, arrival), &Order::default())?)
}

/// What an account must promise per Wh of an open order, n€/Wh.
pub(super) const fn hold_rate(side: Side, limit: i32) -> i128 {
    let owed = match side {
        Side::Buy => limit as i128,
        Side::Sell => -(limit as i128),
    };
    if owed > 0 { owed } else { 0 }
}

impl Delivery {
    /// Orders of a side that arrived.
    pub(super) const fn arrivals(&self, side: Side) -> u32 {
        match side {
            Side::Buy => self.bids,
            Side::Sell => self.offers,
        }
    }

    fn arrive(&mut self, side: Side) {
        match side {
            Side::Buy => self.bids += 1,
            Side::Sell => self.offers += 1,
        }
        self.live += 1;
    }
}

impl Position {
    /// Open and traded on a side, Wh.
    fn committed(&self, side: Side) -> u64 {
        match side {
            Side::Buy => self.open_buy + self.bought,
            Side::Sell => self.open_sell + self.sold,
        }
    }

    /// Whether an order would meet one of its own: never missed, but seen also where the better of two own orders is
    /// gone and the worse one is still there.
    fn would_self_trade(&self, side: Side, limit: i32) -> bool {
        match side {
            Side::Buy => self.open_sell > 0 && limit >= self.lowest_offer,
            Side::Sell => self.open_buy > 0 && limit <= self.highest_bid,
        }
    }

    fn open(&mut self, side: Side, energy: u64, limit: i32) {
        match side {
            Side::Buy => {
                self.highest_bid = if self.open_buy == 0 { limit } else { self.highest_bid.max(limit) };
                self.open_buy += energy;
            }
            Side::Sell => {
                self.lowest_offer = if self.open_sell == 0 { limit } else { self.lowest_offer.min(limit) };
                self.open_sell += energy;
            }
        }
    }

    /// Energy is no longer open; where none is, the limits are forgotten.
    pub(super) fn close(&mut self, side: Side, energy: u64) {
        match side {
            Side::Buy => {
                self.open_buy -= energy;
                if self.open_buy == 0 {
                    self.highest_bid = 0;
                }
            }
            Side::Sell => {
                self.open_sell -= energy;
                if self.open_sell == 0 {
                    self.lowest_offer = 0;
                }
            }
        }
    }

    /// An open order, or what is left of one, leaves the book: what may be released of the hold, n€.
    pub(super) fn lapse(&mut self, side: Side, energy: u64, limit: i32) -> i128 {
        let released = hold_rate(side, limit) * i128::from(energy);
        self.close(side, energy);
        self.hold -= released as u64;
        released
    }

    /// Part of an open order becomes a trade; its hold stays until the settlement.
    pub(super) fn fill(&mut self, side: Side, energy: u64, money: i64) {
        self.close(side, energy);
        match side {
            Side::Buy => {
                self.bought += energy;
                self.paid += money;
            }
            Side::Sell => {
                self.sold += energy;
                self.received += money;
            }
        }
    }
}
