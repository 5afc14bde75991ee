//! Records in the making: slots, nonces and prices as the secondary chain stands.

use crate::step::leaf::{
    Account, Delivery, Market as MarketLeaf, Published, Tariff as TariffLeaf, kind, stage,
};
use crate::step::{self, Head, MOST_WEIGHT, Place, Record, Store};
use market::{AccountId, Carrier, DeliveryInterval, Prices, Rejection, State, TariffId};

/// The most items of one `advance` or `merit`: a third of a segment's weight.
pub(super) const MOST_ITEMS: u32 = MOST_WEIGHT / 3;

/// Records in the making.
pub(super) struct Records<'a> {
    pub market: &'a State,
    pub chain: &'a step::State,
    pub list: Vec<Vec<u8>>,
}

impl Records<'_> {
    pub(super) fn put(&mut self, record: Record<'_>) {
        self.list.push(record.to_bytes());
    }

    /// Carries work on to its end.
    pub(super) fn advance(&mut self, items: u32) {
        let mut left = items;
        loop {
            let items = left.min(MOST_ITEMS);
            self.put(Record::Advance { items: items as u16 });
            left -= items;
            if left == 0 {
                return;
            }
        }
    }

    /// The nonce a record must name; none where it is the next.
    pub(super) fn nonce(&self, account: AccountId, nonce: u64) -> Option<u64> {
        let last = match account.0 < self.chain_head().accounts {
            true => self.chain.peek::<Account>(Place::account(account.0)).nonce,
            false => 0,
        };
        (last.checked_add(1) != Some(nonce)).then_some(nonce)
    }

    /// Whether there is this account, and its nonce was not used.
    pub(super) fn fresh(&self, account: AccountId, nonce: u64) -> Result<(), Rejection> {
        let member = Some(account).filter(|account| *account >= AccountId::FIRST_MEMBER);
        let known = member.and_then(|account| self.market.accounts().get(account.0 as usize));
        let last = known.ok_or(Rejection::UnknownAccount)?.nonce;
        if nonce > last { Ok(()) } else { Err(Rejection::StaleNonce) }
    }

    pub(super) fn chain_head(&self) -> &Head {
        self.chain.head()
    }

    /// How a carrier is traded, for an interval on the grid.
    pub(super) fn traded(
        &self,
        carrier: Carrier,
        interval: DeliveryInterval,
    ) -> Result<&market::Market, Rejection> {
        self.on_grid(interval)?;
        self.market.market(carrier)
    }

    pub(super) fn on_grid(&self, interval: DeliveryInterval) -> Result<(), Rejection> {
        let own = DeliveryInterval::new(interval.start, interval.duration)
            .filter(|interval| interval.duration == self.chain_head().duration);
        own.map(|_| ()).ok_or(Rejection::BadInterval)
    }

    /// The slots of a carrier's open intervals, in order of time.
    pub(super) fn open_slots(&self, carrier: Carrier) -> impl Iterator<Item = (u8, Delivery)> {
        let chain = self.chain;
        let mut next = chain.peek::<MarketLeaf>(Place::market(carrier as u8)).first;
        std::iter::from_fn(move || {
            let slot = next.checked_sub(1)? as u8;
            let delivery: Delivery = chain.peek(Place::delivery(slot));
            next = delivery.next;
            Some((slot, delivery))
        })
    }

    /// The slot of an open interval.
    pub(super) fn slot(&self, carrier: Carrier, interval: DeliveryInterval) -> Option<u8> {
        let own_grid = interval.duration == self.chain_head().duration;
        let mut slots = self.open_slots(carrier).filter(|_| own_grid);
        slots.find(|(_, delivery)| delivery.start == interval.start).map(|(slot, _)| slot)
    }

    /// The slot of an interval, which is opened where it is not yet; then its prices are published too.
    pub(super) fn open(&mut self, carrier: Carrier, interval: DeliveryInterval) -> Result<u8, Rejection> {
        if interval.duration != self.chain_head().duration || interval.start >= 1 << 40 {
            return Err(Rejection::BadInterval);
        }
        if let Some(slot) = self.slot(carrier, interval) {
            return Ok(slot);
        }
        let free = |slot: &u8| self.chain.peek::<Delivery>(Place::delivery(*slot)).stage == stage::UNUSED;
        let slot = (0..=u8::MAX).find(free).ok_or(Rejection::TooMany)?;
        let before = self.open_slots(carrier).take_while(|(_, other)| other.start < interval.start).last();
        let after = before.map_or(slot, |(before, _)| before);
        self.put(Record::Open { slot, carrier: carrier as u8, start: interval.start, after });
        self.publish_known(slot, interval);
        Ok(slot)
    }

    /// Publishes what the market knows of an interval's prices and the secondary chain does not.
    pub(super) fn publish_known(&mut self, slot: u8, interval: DeliveryInterval) {
        let tariffs = self.market.community().map_or(0, |terms| terms.tariffs.len()) as u16;
        for tariff in 0..tariffs {
            let terms: TariffLeaf = self.chain.peek(Place::tariff(tariff));
            let published: Published = self.chain.peek(Place::published(slot, tariff));
            if terms.kind != kind::PUBLISHED || published.start == interval.start {
                continue;
            }
            if let Ok(prices) = self.market.prices(TariffId(tariff), interval) {
                // Both are within ±10⁷.
                let (import, export) = (prices.import.0 as i32, prices.export.0 as i32);
                self.put(Record::Publish { slot, tariff, import, export });
            }
        }
    }

    /// Publishes a price in every slot of its interval; where there is none yet, opening it will.
    pub(super) fn publish(
        &mut self,
        tariff: TariffId,
        interval: DeliveryInterval,
        prices: Prices,
    ) -> Result<(), Rejection> {
        let narrow = |price: market::Price| i32::try_from(price.0).map_err(|_| Rejection::BadAmount);
        let (import, export) = (narrow(prices.import)?, narrow(prices.export)?);
        for carrier in Carrier::ALL {
            if let Some(slot) = self.slot(carrier, interval) {
                self.put(Record::Publish { slot, tariff: tariff.0, import, export });
            }
        }
        Ok(())
    }
}
