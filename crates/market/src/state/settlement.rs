//! Time after delivery: readings come in, and trades and readings turn into transfers.

use super::State;
use super::accounts::Bank;
use super::commitment::Dirty;
use super::corrections::is_possible;
use super::delivery::{Counted, Delivery};
use super::distances::Map;
use crate::rule::{self, Allocation, Metered};
use crate::{
    Account, AccountId, Agreed, Bill, BillLine, Carrier, Claim, DeliveryInterval, Deviation, DeviationMoney,
    Distances, Energy, Event, ImbalancePolicy, MeterId, Money, NetImbalance, Position, Posting, PostingKind,
    Price, Prices, Reading, Register, Rejection, Rule, Side, Sink, TariffVersion,
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
        let effective = self.effective(carrier, interval, complete.clone());
        let allocations = self.share(carrier, interval, &delivery.positions, &effective)?;
        let minds = self.minds_distance(interval) || delivery.keeps_distances();
        let contracts = self.traded_so_far(carrier, interval, delivery);

        self.delivery_mut(carrier, interval)?; // made where nothing had happened
        let connected = self.connected.get(carrier as usize).ok_or(Rejection::NotTraded)?;
        let delivery =
            self.deliveries.get_mut(&(interval.start, carrier)).ok_or(Rejection::ReadingMissing)?;
        delivery.rounds += u32::from(!orders_first);
        delivery.shared = orders_first;
        delivery.contracts = contracts;
        delivery.dirty = true;
        if delivery.readings_missing > 0 {
            delivery.readings = complete.into_iter().map(Some).collect();
            delivery.readings_missing = 0;
        }
        substituted.into_iter().for_each(|reading| sink.event(Event::Substituted(reading)));
        let volume: Energy = allocations.iter().map(|allocation| allocation.bought).sum();
        let map = Map { meters: &self.meters, places: &self.places };
        delivery.share(&allocations, connected, minds.then_some(map));
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
        let tariff = match rule.inner_tariff() {
            Some(tariff) => self.prices(tariff, interval)?,
            None => Prices::default(),
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
        let traded = match market.rule.shares_metered() {
            true => delivery.contracts.clone(),
            false => self.traded_so_far(carrier, interval, delivery),
        };
        let kept = traded.map(|traded| traded.settled(complete.clone()));
        let counted = self.effective(carrier, interval, complete);
        let Delivery { positions, distances, .. } = delivery;
        // All bills are computed first, so that a fund too small for the loans refuses the whole settlement.
        let bills = self.bills(carrier, interval, &Delivered { positions, distances, counted: &counted })?;
        let dirty = &mut self.commitment.accounts_dirty;
        bills.afford(carrier, interval, &self.accounts, dirty)?;
        substituted.into_iter().for_each(|reading| sink.event(Event::Substituted(reading)));
        bills.post(carrier, interval, &mut Bank { accounts: &mut self.accounts, dirty }, sink)?;

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

    /// The bills of a carrier's metering points for an interval: what follows from its trades and from what was counted.
    ///
    /// # Errors
    /// Where a tariff has no price for the interval.
    fn bills(
        &self,
        carrier: Carrier,
        interval: DeliveryInterval,
        delivered: &Delivered<'_>,
    ) -> Result<Bills, Rejection> {
        let mut bills = Bills::default();
        let net =
            self.each_bill(carrier, interval, delivered, |whose, bill| bills.add(whose, bill.lines()))?;
        bills.net = [net, NetImbalance::default()];
        Ok(bills)
    }

    /// Hands out the bill of each metering point of a carrier for an interval; gives what the community exchanges with
    /// the supplier.
    ///
    /// # Errors
    /// Where a tariff has no price for the interval.
    pub(super) fn each_bill(
        &self,
        carrier: Carrier,
        interval: DeliveryInterval,
        delivered: &Delivered<'_>,
        mut each: impl FnMut(Whose, &Bill<'_>),
    ) -> Result<NetImbalance, Rejection> {
        let connected = self.connected.get(carrier as usize).ok_or(Rejection::NotTraded)?;
        let agreement = self.agreement(interval);
        let (deviations, net) = self.deviations(interval, delivered)?;
        let mut deviations = deviations.into_iter();
        let distances = delivered.distances.iter().copied().chain(core::iter::repeat([Energy::ZERO; 4]));
        // A tariff is looked up once, however many have it.
        let mut tariffs: Vec<Option<(&TariffVersion, Prices)>> = alloc::vec![None; self.tariffs.len()];
        let facts = connected.iter().zip(delivered.positions).zip(delivered.counted).zip(distances);
        for (((meter, position), counted), bought) in facts {
            let terms = self.meters.get(meter.0 as usize).ok_or(Rejection::UnknownMeter)?.terms;
            let known = tariffs.get_mut(usize::from(terms.tariff.0)).ok_or(Rejection::UnknownTariff)?;
            let (version, prices) = match *known {
                Some(found) => found,
                None => *known
                    .insert((self.tariff(terms.tariff, interval)?, self.prices(terms.tariff, interval)?)),
            };
            let agreed = Agreed {
                deviations: deviations.next(),
                distances: version.distance_fees.map(|fees| Distances { bought, fees }),
                vat: version.vat,
                penalty: agreement.map_or(Price::ZERO, |terms| terms.penalty),
                tolerance: agreement.map_or(0, |terms| terms.tolerance),
            };
            let Counted { import, export, .. } = *counted;
            let bill = Bill { position: *position, import, export, prices, tariff: &version.tariff, agreed };
            let hold = Money(position.hold.into());
            each(Whose { meter: *meter, member: terms.account, hold }, &bill);
        }
        Ok(net)
    }

    /// What the deviations cost where the community settles them together, and what it exchanges with the supplier.
    fn deviations(
        &self,
        interval: DeliveryInterval,
        delivered: &Delivered<'_>,
    ) -> Result<(Vec<DeviationMoney>, NetImbalance), Rejection> {
        let policy = self.agreement(interval).map_or(ImbalancePolicy::Dual, |terms| terms.imbalance);
        let Some(tariff) = policy.tariff() else { return Ok(Default::default()) };
        let facts = delivered.positions.iter().zip(delivered.counted);
        let deviations: Vec<Deviation> = facts
            .map(|(position, counted)| Deviation::of(position, counted.import, counted.export))
            .collect();
        if deviations.iter().all(|deviation| *deviation == Deviation::default()) {
            return Ok(Default::default()); // asks for no price
        }
        Ok(policy.settle(self.prices(tariff, interval)?, &deviations, interval.number()))
    }
}

/// What the bills of a carrier's interval follow from, by a metering point's place among the carrier's.
pub(super) struct Delivered<'a> {
    pub positions: &'a [Position],
    /// Energy bought by distance; none where no tariff asks.
    pub distances: &'a [[Energy; 4]],
    pub counted: &'a [Counted],
}

/// The bills of a carrier's interval, or what leads from some to others.
#[derive(Default)]
pub(super) struct Bills {
    /// Each metering point's bill, and how many of the lines are its.
    points: Vec<(Whose, usize)>,
    /// The lines that move something.
    lines: Vec<BillLine>,
    /// What the community exchanges with the supplier for all deviations, at one price or at two.
    pub net: [NetImbalance; 2],
}

/// Whose bill it is.
#[derive(Clone, Copy)]
pub(super) struct Whose {
    pub meter: MeterId,
    pub member: AccountId,
    /// Promised for its orders and trades, n€.
    pub hold: Money,
}

impl Bills {
    /// Adds a metering point's bill.
    pub(super) fn add(&mut self, whose: Whose, lines: impl IntoIterator<Item = BillLine>) {
        let before = self.lines.len();
        // Energy moves even where it costs nothing; a fee, tax or penalty of nothing moves nothing.
        let counts = |line: &BillLine| {
            let moves =
                matches!(line.kind, PostingKind::Trade | PostingKind::Supply | PostingKind::Imbalance);
            !line.money.is_zero() || (moves && !line.energy.is_zero())
        };
        self.lines.extend(lines.into_iter().filter(counts));
        self.points.push((whose, self.lines.len() - before));
    }

    /// Refuses where the guarantor could not lend what it takes to pay them.
    pub(super) fn afford(
        &self,
        carrier: Carrier,
        interval: DeliveryInterval,
        accounts: &[Account],
        dirty: &mut Dirty,
    ) -> Result<(), Rejection> {
        let owed: Money = self.lines.iter().map(|line| line.money.abs()).sum(); // at most
        let fund = accounts.get(AccountId::GUARANTOR.0 as usize).map_or(Money::ZERO, |fund| fund.balance);
        if owed > fund {
            let mut trial = Vec::from(accounts);
            self.post(carrier, interval, &mut Bank { accounts: &mut trial, dirty }, &mut ())?;
        }
        Ok(())
    }

    pub(super) fn post(
        &self,
        carrier: Carrier,
        interval: DeliveryInterval,
        bank: &mut Bank<'_>,
        sink: &mut impl Sink,
    ) -> Result<(), Rejection> {
        let mut lines = self.lines.iter();
        for (whose, count) in &self.points {
            bank.release(whose.member, whose.hold)?;
            for line in lines.by_ref().take(*count) {
                bank.post(line.posting(*whose, carrier, interval), sink)?;
            }
        }
        self.net.iter().try_for_each(|net| net.post(carrier, interval, bank, sink))
    }
}

impl NetImbalance {
    fn post(
        &self,
        carrier: Carrier,
        interval: DeliveryInterval,
        bank: &mut Bank<'_>,
        sink: &mut impl Sink,
    ) -> Result<(), Rejection> {
        let Self { energy, price } = *self;
        if energy.is_zero() {
            return Ok(());
        }
        let (community, supplier) = (AccountId::COMMUNITY, AccountId::SUPPLIER);
        let buys = energy > Energy::ZERO;
        let posting = Posting {
            kind: PostingKind::Imbalance,
            debit: if buys { community } else { supplier },
            credit: if buys { supplier } else { community },
            money: energy.abs() * price,
            meter: None,
            energy: energy.abs(),
            price: Some(price),
            interval: Some(interval),
            carrier: Some(carrier),
            side: Some(if buys { Side::Buy } else { Side::Sell }),
        };
        bank.post(posting, sink)
    }
}

impl BillLine {
    fn posting(&self, whose: Whose, carrier: Carrier, interval: DeliveryInterval) -> Posting {
        let Self { kind, side, with, energy, money, price } = *self;
        let (debit, credit) = match side {
            Side::Buy => (whose.member, with),
            Side::Sell => (with, whose.member),
        };
        Posting {
            kind,
            debit,
            credit,
            money,
            meter: Some(whose.meter),
            energy,
            price,
            interval: Some(interval),
            carrier: Some(carrier),
            side: Some(side),
        }
    }
}
