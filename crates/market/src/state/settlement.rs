//! Time after delivery: readings come in, and trades and readings turn into transfers.

use super::State;
use super::accounts::Bank;
use super::archive::Kept;
use super::commitment::Dirty;
use super::corrections::is_possible;
use super::delivery::Counted;
use crate::rule::{self, Allocation, Metered};
use crate::{
    Account, AccountId, Bill, BillLine, Carrier, Claim, DeliveryInterval, Energy, Event, MeterId, Money,
    Position, Posting, PostingKind, Prices, Reading, Register, Rejection, Rule, Side, Sink,
};
use alloc::vec::Vec;

impl State {
    pub(super) fn read(&mut self, reading: &Reading, sink: &mut impl Sink) -> Result<(), Rejection> {
        let meter = *self.meters.get(reading.meter.0 as usize).ok_or(Rejection::UnknownMeter)?;
        let interval = self.on_grid(reading.interval)?;
        if self.now < interval.end() {
            return Err(Rejection::TooEarly);
        }
        if !is_possible(&meter, reading) {
            return Err(Rejection::BadReading);
        }
        let terms = meter.terms;
        let place = *self.places.get(reading.meter.0 as usize).ok_or(Rejection::UnknownMeter)?;
        self.follows(&meter, interval, reading.sequence)?;
        if interval.start < self.settled_until(terms.carrier) {
            return Err(Rejection::AlreadySettled);
        }
        if meter.equipment.register != Register::Interval {
            return Err(Rejection::BadRegister);
        }
        let delivery = self.delivery_mut(terms.carrier, interval)?;
        let entry = delivery.readings.get_mut(place as usize).ok_or(Rejection::UnknownMeter)?;
        if entry.is_some() {
            return Err(Rejection::ReadingTwice);
        }
        *entry = Some(Counted { import: reading.import, export: reading.export, estimated: false });
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
        let nothing;
        let delivery = match self.deliveries.get(&(interval.start, carrier)) {
            Some(delivery) => delivery,
            None => {
                nothing = self.nothing_happened(carrier, interval)?;
                &nothing
            }
        };
        let complete = self.complete(carrier, interval, delivery)?;
        let orders_first = market.rule.takes_orders();
        if delivery.has_shared(orders_first) {
            return Err(Rejection::NotFrozen);
        }
        if delivery.awaits_clearing() {
            return Err(Rejection::NotCleared);
        }
        let substituted = self.substituted(carrier, interval, delivery, &complete);
        let agreed = self.agreement(interval).is_some();
        let contracts = if agreed && orders_first { delivery.positions.clone() } else { Vec::new() };
        let effective = self.effective(carrier, interval, complete.clone());
        let allocations = self.share(carrier, interval, &delivery.positions, &effective)?;

        let delivery = self.delivery_mut(carrier, interval)?;
        delivery.rounds += u32::from(!orders_first);
        delivery.shared = orders_first;
        delivery.contracts = contracts;
        delivery.dirty = true;
        if delivery.readings_missing > 0 {
            delivery.readings = complete.into_iter().map(Some).collect();
            delivery.readings_missing = 0;
        }
        substituted.into_iter().for_each(|reading| sink.event(Event::Substituted(reading)));
        let mut volume = Energy::ZERO;
        for (position, allocation) in delivery.positions.iter_mut().zip(&allocations) {
            volume += allocation.bought;
            position.share(allocation);
        }
        let price = match market.rule {
            Rule::Sharing { price, .. } | Rule::AuctionFirst { price, .. } if volume.0 > 0 => Some(price),
            _ => None,
        };
        let (equilibrium, welfare, orders) = (None, Money::ZERO, [0; 2]);
        sink.event(Event::Cleared { carrier, interval, volume, price, equilibrium, welfare, orders });
        Ok(())
    }

    /// What every metering point trades with its peers under a rule on metered energy, of what it metered beyond its
    /// contracts, by place.
    pub(super) fn share(
        &self,
        carrier: Carrier,
        interval: DeliveryInterval,
        contracts: &[Position],
        counted: &[Counted],
    ) -> Result<Vec<Allocation>, Rejection> {
        let rule = self.market(carrier)?.rule;
        let tariff = match rule {
            Rule::MidMarketRate { tariff } | Rule::SupplyDemandRatio { tariff } => {
                self.prices(tariff, interval)?
            }
            _ => Prices::default(),
        };
        let beyond = |counted: Energy, contract: Energy| Energy((counted - contract).0.max(0));
        let member = |((meter, counted), position): ((&MeterId, &Counted), &Position)| Metered {
            import: beyond(counted.import, position.bought),
            export: beyond(counted.export, position.sold),
            share: self.meters.get(meter.0 as usize).map_or(0, |meter| meter.terms.share),
        };
        let metered: Vec<Metered> =
            self.connected(carrier).iter().zip(counted).zip(contracts).map(member).collect();
        let mut allocations = Vec::new();
        rule::metered(&rule, &metered, tariff, interval.number(), &mut allocations)?;
        Ok(allocations)
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
        let nothing;
        let delivery = match self.deliveries.get(&key) {
            Some(delivery) => delivery,
            None => {
                nothing = self.nothing_happened(carrier, interval)?;
                &nothing
            }
        };
        let complete = self.complete(carrier, interval, delivery)?;
        let unshared = market.rule.shares_metered() && !delivery.has_shared(market.rule.takes_orders());
        if delivery.awaits_clearing() || unshared {
            return Err(Rejection::NotCleared);
        }
        let earlier = self.deliveries.range(..key).any(|((_, other), _)| *other == carrier);
        if earlier {
            return Err(Rejection::OutOfOrder);
        }
        let substituted = self.substituted(carrier, interval, delivery, &complete);
        let kept = self.agreement(interval).map(|_| match (market.rule.shares_metered(), delivery.shared) {
            (false, _) => Kept::new(&delivery.positions, complete.clone()),
            (true, true) => Kept::new(&delivery.contracts, complete.clone()),
            (true, false) => Kept::new(&[], complete.clone()),
        });
        let counted = self.effective(carrier, interval, complete);
        // All bills are computed first, so that a fund too small for the loans refuses the whole settlement.
        let bills = self.bills(carrier, interval, &delivery.positions, &counted)?;
        let dirty = &mut self.commitment.accounts_dirty;
        afford(&bills, carrier, interval, &self.accounts, dirty)?;
        substituted.into_iter().for_each(|reading| sink.event(Event::Substituted(reading)));
        post_all(&bills, carrier, interval, &mut Bank { accounts: &mut self.accounts, dirty }, sink)?;

        if let Some(kept) = kept {
            self.keep(carrier, interval, kept);
        }
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
    pub(super) fn bills(
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
            let Counted { import, export, .. } = *counted;
            let bill = Bill { position: *position, import, export, prices, tariff };
            let hold = Money(position.hold.into());
            bills.push(Owed { meter: *meter, member: terms.account, hold, lines: bill.lines() });
        }
        Ok(bills)
    }
}

/// Whether the guarantor can lend whatever it takes to pay these bills.
pub(super) fn afford<Lines: AsRef<[BillLine]>>(
    bills: &[Owed<Lines>],
    carrier: Carrier,
    interval: DeliveryInterval,
    accounts: &[Account],
    dirty: &mut Dirty,
) -> Result<(), Rejection> {
    let owed: Money = bills.iter().map(Owed::at_most).sum();
    let fund = accounts.get(AccountId::GUARANTOR.0 as usize).map_or(Money::ZERO, |fund| fund.balance);
    if owed > fund {
        let mut trial = Vec::from(accounts);
        post_all(bills, carrier, interval, &mut Bank { accounts: &mut trial, dirty }, &mut ())?;
    }
    Ok(())
}

pub(super) fn post_all<Lines: AsRef<[BillLine]>>(
    bills: &[Owed<Lines>],
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
pub(super) struct Owed<Lines = [BillLine; 10]> {
    pub meter: MeterId,
    pub member: AccountId,
    /// Promised for its orders and trades, n€.
    pub hold: Money,
    pub lines: Lines,
}

impl<Lines: AsRef<[BillLine]>> Owed<Lines> {
    /// What the member can owe at most, n€, ≥ 0.
    fn at_most(&self) -> Money {
        self.lines.as_ref().iter().map(|line| line.money.abs()).sum()
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
        for BillLine { kind, side, with, energy, money, price } in self.lines.as_ref().iter().copied() {
            // Energy moves even where it costs nothing; a fee or levy of nothing moves nothing.
            let fee = matches!(kind, PostingKind::GridFee | PostingKind::Levy);
            if money.is_zero() && (fee || energy.is_zero()) {
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
