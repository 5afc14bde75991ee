//! Time after delivery: readings come in, and trades and readings turn into transfers.

use super::State;
use super::accounts::Bank;
use super::delivery::Counted;
use crate::rule::{self, Metered};
use crate::{
    Account, AccountId, Bill, BillLine, Carrier, Claim, DeliveryInterval, Energy, Event, MeterId, Money,
    Position, Posting, PostingKind, Prices, Reading, Rejection, Rule, Side, Sink,
};
use alloc::vec::Vec;

impl State {
    pub(super) fn read(&mut self, reading: &Reading, sink: &mut impl Sink) -> Result<(), Rejection> {
        let meter = *self.meters.get(reading.meter.0 as usize).ok_or(Rejection::UnknownMeter)?;
        let interval = self.on_grid(reading.interval)?;
        if self.now < interval.end() {
            return Err(Rejection::TooEarly);
        }
        let within = |energy: Energy, capacity: Energy| (0..=capacity.0).contains(&energy.0);
        let terms = meter.terms;
        if !within(reading.import, terms.import_capacity) || !within(reading.export, terms.export_capacity) {
            return Err(Rejection::BadReading);
        }
        let place = *self.places.get(reading.meter.0 as usize).ok_or(Rejection::UnknownMeter)?;
        if reading.sequence != meter.sequence + 1 {
            return Err(Rejection::ReadingOutOfSequence);
        }
        if interval.start < self.settled_until(terms.carrier) {
            return Err(Rejection::AlreadySettled);
        }
        let delivery = self.delivery_mut(terms.carrier, interval)?;
        let entry = delivery.readings.get_mut(place as usize).ok_or(Rejection::UnknownMeter)?;
        if entry.is_some() {
            return Err(Rejection::ReadingTwice);
        }
        *entry = Some(Counted { import: reading.import, export: reading.export });
        delivery.readings_missing -= 1;
        delivery.dirty = true;
        if let Some(meter) = self.meters.get_mut(reading.meter.0 as usize) {
            meter.sequence = reading.sequence;
        }
        self.commitment.meters_dirty.mark(reading.meter.0);
        sink.event(Event::Metered(*reading));
        Ok(())
    }

    /// Clears a rule on metered energy: its outcome follows from the readings, and from the contracts where orders
    /// came first.
    pub(super) fn clear_metered(
        &mut self,
        carrier: Carrier,
        interval: DeliveryInterval,
        claim: &Claim,
        sink: &mut impl Sink,
    ) -> Result<(), Rejection> {
        let market = *self.market(carrier)?;
        if *claim != Claim::Metered {
            return Err(Rejection::WrongClaim);
        }
        if interval.start < self.settled_until(carrier) {
            return Err(Rejection::AlreadySettled);
        }
        let tariff = match market.rule {
            Rule::MidMarketRate { tariff } | Rule::SupplyDemandRatio { tariff } => {
                self.prices(tariff, interval)?
            }
            _ => Prices::default(),
        };
        let key = (interval.start, carrier);
        let delivery = self.deliveries.get(&key).ok_or(Rejection::ReadingMissing)?;
        if delivery.readings_missing > 0 {
            return Err(Rejection::ReadingMissing);
        }
        let orders_first = market.rule.takes_orders();
        if delivery.has_shared(orders_first) {
            return Err(Rejection::NotFrozen);
        }
        if delivery.awaits_clearing() {
            return Err(Rejection::NotCleared);
        }
        let connected = self.connected.get(carrier as usize).ok_or(Rejection::NotTraded)?;
        let beyond = |counted: Energy, contract: Energy| Energy((counted - contract).0.max(0));
        let metered: Vec<Metered> = connected
            .iter()
            .zip(&delivery.readings)
            .zip(&delivery.positions)
            .map(|((meter, reading), position)| {
                let Counted { import, export } = reading.unwrap_or_default();
                Metered {
                    import: beyond(import, position.bought),
                    export: beyond(export, position.sold),
                    share: self.meters.get(meter.0 as usize).map_or(0, |meter| meter.terms.share),
                }
            })
            .collect();
        let mut allocations = Vec::new();
        rule::metered(&market.rule, &metered, tariff, interval.number(), &mut allocations)?;

        let delivery = self.delivery_mut(carrier, interval)?;
        delivery.rounds += u32::from(!orders_first);
        delivery.shared = orders_first;
        delivery.dirty = true;
        let mut volume = Energy::ZERO;
        for (position, allocation) in delivery.positions.iter_mut().zip(&allocations) {
            volume += allocation.bought;
            position.bought += allocation.bought;
            position.sold += allocation.sold;
            position.paid += allocation.paid.0 as i64;
            position.received += allocation.received.0 as i64;
        }
        let price = match market.rule {
            Rule::Sharing { price, .. } | Rule::AuctionFirst { price, .. } if volume.0 > 0 => Some(price),
            _ => None,
        };
        let (equilibrium, welfare, orders) = (None, Money::ZERO, [0; 2]);
        sink.event(Event::Cleared { carrier, interval, volume, price, equilibrium, welfare, orders });
        Ok(())
    }

    pub(super) fn settle(
        &mut self,
        carrier: Carrier,
        interval: DeliveryInterval,
        sink: &mut impl Sink,
    ) -> Result<(), Rejection> {
        let interval = self.on_grid(interval)?;
        let market = *self.market(carrier)?;
        if self.now < interval.end() {
            return Err(Rejection::TooEarly);
        }
        if interval.start < self.settled_until(carrier) {
            return Err(Rejection::AlreadySettled);
        }
        let key = (interval.start, carrier);
        let delivery = self.deliveries.get(&key).ok_or(Rejection::ReadingMissing)?;
        if delivery.readings_missing > 0 {
            return Err(Rejection::ReadingMissing);
        }
        let unshared = market.rule.shares_metered() && !delivery.has_shared(market.rule.takes_orders());
        if delivery.awaits_clearing() || unshared {
            return Err(Rejection::NotCleared);
        }
        let earlier = self.deliveries.range(..key).any(|((_, other), _)| *other == carrier);
        if earlier {
            return Err(Rejection::OutOfOrder);
        }
        let counted: Vec<Counted> =
            delivery.readings.iter().map(|reading| reading.unwrap_or_default()).collect();
        // All bills are computed first, so that a fund too small for the loans refuses the whole settlement.
        let bills = self.bills(carrier, interval, &delivery.positions, &counted)?;
        let dirty = &mut self.commitment.accounts_dirty;
        let owed: Money = bills.iter().map(Owed::at_most).sum();
        let fund =
            self.accounts.get(AccountId::GUARANTOR.0 as usize).map_or(Money::ZERO, |fund| fund.balance);
        if owed > fund {
            let mut trial: Vec<Account> = self.accounts.clone();
            post_all(&bills, carrier, interval, &mut Bank { accounts: &mut trial, dirty }, &mut ())?;
        }
        post_all(&bills, carrier, interval, &mut Bank { accounts: &mut self.accounts, dirty }, sink)?;

        if let Some(delivery) = self.deliveries.remove(&key) {
            self.commitment.give_slot(delivery.slot);
            self.scratch.deliveries.push(delivery);
        }
        if let Some(until) = self.settled_until.get_mut(carrier as usize) {
            *until = interval.end();
        }
        sink.event(Event::Settled { carrier, interval });
        Ok(())
    }

    /// The bill of every metering point of a carrier for an interval, from its trades and what was counted, both by
    /// its place among the carrier's meters.
    ///
    /// # Errors
    /// Where a tariff has no price for the interval.
    fn bills(
        &self,
        carrier: Carrier,
        interval: DeliveryInterval,
        positions: &[Position],
        counted: &[Counted],
    ) -> Result<Vec<Owed>, Rejection> {
        let connected = self.connected.get(carrier as usize).ok_or(Rejection::NotTraded)?;
        let mut bills = Vec::with_capacity(connected.len());
        for ((meter, position), counted) in connected.iter().zip(positions).zip(counted) {
            let terms = self.meters.get(meter.0 as usize).ok_or(Rejection::UnknownMeter)?.terms;
            let tariff = &self.tariff(terms.tariff, interval)?.tariff;
            let prices = self.prices(terms.tariff, interval)?;
            let Counted { import, export } = *counted;
            let bill = Bill { position: *position, import, export, prices, tariff };
            let hold = Money(position.hold.into());
            bills.push(Owed { meter: *meter, member: terms.account, hold, lines: bill.lines() });
        }
        Ok(bills)
    }
}

fn post_all(
    bills: &[Owed],
    carrier: Carrier,
    interval: DeliveryInterval,
    bank: &mut Bank<'_>,
    sink: &mut impl Sink,
) -> Result<(), Rejection> {
    for bill in bills {
        bill.post(carrier, interval, bank, sink)?;
    }
    Ok(())
}

/// The bill of one metering point, and whose it is.
struct Owed {
    meter: MeterId,
    member: AccountId,
    /// Promised for its orders and trades, n€.
    hold: Money,
    lines: [BillLine; 10],
}

impl Owed {
    /// What the member can owe at most, n€, ≥ 0.
    fn at_most(&self) -> Money {
        self.lines.iter().map(|line| line.money.abs()).sum()
    }

    fn post(
        &self,
        carrier: Carrier,
        interval: DeliveryInterval,
        bank: &mut Bank<'_>,
        sink: &mut impl Sink,
    ) -> Result<(), Rejection> {
        let member = self.member;
        bank.release(member, self.hold)?;
        for BillLine { kind, side, with, energy, money, price } in self.lines {
            // Energy moves even where it costs nothing; a fee or levy of nothing moves nothing.
            let fee = matches!(kind, PostingKind::GridFee | PostingKind::Levy);
            if energy.is_zero() || (fee && money.is_zero()) {
                continue;
            }
            let (debit, credit) = match side {
                Side::Buy => (member, with),
                Side::Sell => (with, member),
            };
            let posting = Posting {
                kind,
                debit,
                credit,
                money,
                meter: Some(self.meter),
                energy,
                price,
                interval: Some(interval),
                carrier: Some(carrier),
                side: Some(side),
            };
            bank.post(posting, sink)?;
        }
        Ok(())
    }
}
