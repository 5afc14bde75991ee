//! Offers to convert and to store, and the clearing of all coupled carriers together.
//!
//! The offers of an interval, and the storages that begin in it, lie with the first coupled carrier, in order of
//! arrival; to it the clearing of a row of intervals is addressed. Each offer leaves a trace with every carrier and
//! interval that it touches: there its metering point is bound, and nothing is settled before the offer is decided.

use super::accounts::Bank;
use super::distances::Map;
use super::trading::hold_rate;
use super::{Delivery, Position, State};
use crate::encoding::encode_command;
use crate::rule::Clearing;
use crate::rule::coupled::{self, Converter, Coupled, LEAST_EFFICIENCY, Node, Reservoir};
use crate::{
    AccountId, Carrier, Claim, Command, Conversion, ConversionClaim, DeliveryInterval, Energy, Event,
    MAX_ENERGY, MAX_PRICE, Market, MeterId, MeterTerms, Money, PPM, Price, Rejection, Rule, Side, Sink,
    StorageClaim, StorageOffer,
};
use alloc::collections::BTreeMap;
use alloc::vec::Vec;

/// The most conversions, and the most storages, that lie with one interval.
const MAX_OFFERS: usize = 1 << 16;

/// The offers that lie with the first coupled carrier of an interval.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Offers {
    pub conversions: Vec<Conversion>,
    pub storages: Vec<StorageOffer>,
}

impl Offers {
    pub(super) const fn is_empty(&self) -> bool {
        self.conversions.is_empty() && self.storages.is_empty()
    }

    pub(super) fn clear(&mut self) {
        self.conversions.clear();
        self.storages.clear();
    }

    /// The commands that made them, one after the other, in canonical encoding.
    pub(super) fn write(&self, out: &mut Vec<u8>) {
        let conversions = self.conversions.iter().cloned().map(Command::Convert);
        let storages = self.storages.iter().copied().map(Command::Store);
        conversions.chain(storages).for_each(|command| encode_command(&command, out));
    }
}

/// An open offer at one of its metering points: whose, by which nonce, where, and what it may take and give.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Leg {
    account: AccountId,
    nonce: u64,
    meter: MeterId,
    /// Most taken and most given, Wh.
    most: [Energy; 2],
}

impl Leg {
    /// What the account promises for it: to pay for what it takes at the market's cap.
    fn hold(&self, cap: Price) -> i128 {
        hold_rate(Side::Buy, cap) * i128::from(self.most[0].0)
    }
}

/// What an offer needs in one carrier and interval.
struct Part {
    interval: DeliveryInterval,
    terms: MeterTerms,
    market: Market,
    leg: Leg,
}

impl Delivery {
    /// Whether an order of this side at a metering point would meet an offer of its own account there (C11).
    pub(super) fn meets_offer(&self, meter: MeterId, side: Side) -> bool {
        let across = if side == Side::Buy { 1 } else { 0 };
        let meets = |leg: &Leg| leg.most.get(across).is_some_and(|most| !most.is_zero());
        self.legs.iter().any(|leg| leg.meter == meter && meets(leg))
    }
}

impl State {
    /// How the coupled carriers are traded, in canonical order.
    fn coupled(&self) -> Vec<Market> {
        let markets = self.community().map_or(&[][..], |terms| &terms.markets);
        markets.iter().filter(|market| matches!(market.rule, Rule::Coupled { .. })).copied().collect()
    }

    /// Takes an offer to convert.
    pub(super) fn convert(&mut self, offer: &Conversion) -> Result<(), Rejection> {
        let Conversion { account, interval, input, ref outputs, capacity, cost, nonce } = *offer;
        let given = |ratio: u32| i128::from(capacity.0) * i128::from(ratio) / i128::from(PPM);
        let fits = |most: i128| Energy(most.clamp(0, i128::from(i64::MAX)) as i64);
        let taking = core::iter::once((input, [capacity, Energy::ZERO]));
        let giving = outputs.iter().map(|output| (output.meter, [Energy::ZERO, fits(given(output.ratio))]));
        let legs: Vec<_> = taking.chain(giving).collect();
        let parts = self.needs(account, nonce, interval, 0, &legs)?;
        self.welcome(account, &parts, (1..=MAX_ENERGY.0).contains(&capacity.0), cost)?;

        let carriers: Vec<Carrier> = parts.iter().map(|part| part.terms.carrier).collect();
        let alike =
            |(at, carrier): (usize, &Carrier)| carriers.iter().skip(at + 1).any(|other| other == carrier);
        let [from, to @ ..] = &carriers[..] else { return Err(Rejection::BadConversion) };
        let ratios = to.iter().copied().zip(outputs.iter().map(|output| output.ratio));
        if !(1..=2).contains(&to.len())
            || carriers.iter().enumerate().any(alike)
            || !is_physical(*from, ratios)
        {
            return Err(Rejection::BadConversion);
        }
        let home = self.room(&parts, |offers| offers.conversions.len())?;
        self.delivery_mut(home, interval)?.offers.conversions.push(offer.clone());
        self.enter_offer(account, nonce, home, parts)
    }

    /// Takes an offer to store.
    pub(super) fn store(&mut self, offer: &StorageOffer) -> Result<(), Rejection> {
        let StorageOffer { account, meter, interval, further, charge, discharge, cost, nonce, .. } = *offer;
        let parts = self.needs(account, nonce, interval, further, &[(meter, [charge, discharge])])?;
        let power = [charge, discharge];
        let energies = (1..=MAX_ENERGY.0).contains(&offer.capacity.0)
            && power.iter().all(|most| (0..=MAX_ENERGY.0).contains(&most.0))
            && power != [Energy::ZERO; 2];
        self.welcome(account, &parts, energies, cost)?;

        let efficiencies = [offer.charge_efficiency, offer.discharge_efficiency, offer.kept];
        let least = [LEAST_EFFICIENCY, LEAST_EFFICIENCY, 1];
        let levels = [offer.level, offer.least];
        let held = efficiencies.iter().zip(least).all(|(part, least)| (least..=PPM).contains(part))
            && levels.iter().all(|level| (0..=offer.capacity.0).contains(&level.0));
        // Left alone it must do what it has to, or a market with nothing to charge it could not be cleared. And one that
        // must end full could not take back what it gave: a whole Wh taken can raise a level by a Wh, past the only right
        // one.
        let reservoir = reservoir(offer, Vec::new());
        let idle = || {
            (0..=further).fold(millionths(offer.level), |level, _| reservoir.level_after(level, Energy::ZERO))
        };
        if !held || offer.least == offer.capacity || idle() < millionths(offer.least) {
            return Err(Rejection::BadConversion);
        }
        let home = self.room(&parts, |offers| offers.storages.len())?;
        self.delivery_mut(home, interval)?.offers.storages.push(*offer);
        self.enter_offer(account, nonce, home, parts)
    }

    /// What an offer of `account` needs at these metering points in `further` + 1 intervals.
    fn needs(
        &mut self,
        account: AccountId,
        nonce: u64,
        first: DeliveryInterval,
        further: u16,
        legs: &[(MeterId, [Energy; 2])],
    ) -> Result<Vec<Part>, Rejection> {
        let terms = |(meter, _): &(MeterId, [Energy; 2])| {
            self.meters.get(meter.0 as usize).map(|meter| meter.terms).ok_or(Rejection::UnknownMeter)
        };
        let terms = legs.iter().map(terms).collect::<Result<Vec<_>, _>>()?;
        self.fresh(account, nonce)?;
        if terms.iter().any(|terms| terms.account != account) {
            return Err(Rejection::ForeignMeter);
        }
        let first = self.on_grid(first)?;
        self.on_grid(first.later(further.into()))?;
        let mut parts = Vec::new();
        for interval in (0..=u64::from(further)).map(|step| first.later(step)) {
            for ((meter, most), terms) in legs.iter().zip(&terms) {
                let market = *self.market(terms.carrier)?;
                let leg = Leg { account, nonce, meter: *meter, most: *most };
                parts.push(Part { interval, terms: *terms, market, leg });
            }
        }
        Ok(parts)
    }

    /// Whether an offer may enter the books: what it promises is there, it is in time, its metering points can do it
    /// and its account does not trade with itself.
    fn welcome(
        &self,
        account: AccountId,
        parts: &[Part],
        energies: bool,
        cost: Price,
    ) -> Result<(), Rejection> {
        let (Some(first), Some(last)) = (parts.first(), parts.last()) else {
            return Err(Rejection::BadConversion);
        };
        let entry = self.accounts.get(account.0 as usize).ok_or(Rejection::UnknownAccount)?;
        let available = entry.balance - entry.holds;
        let held: i128 = parts.iter().map(|part| part.leg.hold(part.market.cap)).sum();
        if held > available.0 {
            return Err(Rejection::InsufficientFunds);
        }
        let ahead =
            self.community().map_or(0, |terms| u64::from(terms.horizon) * u64::from(terms.interval_duration));
        if self.gate(last.interval) > self.now + ahead {
            return Err(Rejection::TooEarly);
        }
        if self.now >= self.gate(first.interval) {
            return Err(Rejection::GateClosed);
        }
        let coupled = self.coupled();
        let frozen = |part: &Part| {
            coupled.iter().map(|market| market.carrier).any(|carrier| self.is_frozen(carrier, part.interval))
                || self.is_frozen(part.terms.carrier, part.interval)
        };
        if parts.iter().any(frozen) {
            return Err(Rejection::BookFrozen);
        }
        if !energies {
            return Err(Rejection::BadEnergy);
        }
        if !(Price::ZERO..=MAX_PRICE).contains(&cost) {
            return Err(Rejection::OutsideCollar);
        }
        let position =
            |part: &Part| self.position(part.leg.meter, part.interval).copied().unwrap_or_default();
        let beyond = |part: &Part| {
            let (there, [take, give]) = (position(part), part.leg.most.map(|most| i128::from(most.0)));
            let committed = [there.open_buy + there.bought, there.open_sell + there.sold];
            let [bought, sold] = committed.map(|energy| i128::from(energy.0));
            bought + take > i128::from(part.terms.import_capacity.0)
                || sold + give > i128::from(part.terms.export_capacity.0)
        };
        if parts.iter().any(beyond) {
            return Err(Rejection::BeyondCapacity);
        }
        let meets = |part: &Part| {
            let (there, [take, give]) = (position(part), part.leg.most);
            (!take.is_zero() && !there.open_sell.is_zero()) || (!give.is_zero() && !there.open_buy.is_zero())
        };
        if parts.iter().any(meets) {
            return Err(Rejection::SelfTrade);
        }
        if parts.iter().any(|part| !matches!(part.market.rule, Rule::Coupled { .. })) {
            return Err(Rejection::NotForThisRule);
        }
        Ok(())
    }

    /// The carrier with which an offer lies, if it and all that the offer touches find room.
    fn room(&self, parts: &[Part], count: impl Fn(&Offers) -> usize) -> Result<Carrier, Rejection> {
        let home = self.coupled().first().ok_or(Rejection::NotForThisRule)?.carrier;
        let first = parts.first().ok_or(Rejection::BadConversion)?.interval;
        let mut keys: Vec<_> = parts.iter().map(|part| (part.interval.start, part.terms.carrier)).collect();
        keys.push((first.start, home));
        keys.sort_unstable();
        keys.dedup();
        let missing = keys.iter().filter(|key| !self.deliveries.contains_key(key)).count();
        let full =
            self.deliveries.get(&(first.start, home)).is_some_and(|home| count(&home.offers) >= MAX_OFFERS);
        if full || !self.commitment.has_slots(missing) {
            return Err(Rejection::TooMany);
        }
        Ok(home)
    }

    /// Binds the metering points of an accepted offer and holds what it promises.
    fn enter_offer(
        &mut self,
        account: AccountId,
        nonce: u64,
        home: Carrier,
        parts: Vec<Part>,
    ) -> Result<(), Rejection> {
        let mut held = 0;
        for Part { interval, terms, market, leg } in &parts {
            let place = *self.places.get(leg.meter.0 as usize).ok_or(Rejection::UnknownMeter)?;
            let hold = leg.hold(market.cap);
            held += hold;
            let delivery = self.delivery_mut(terms.carrier, *interval)?;
            if let Some(position) = delivery.positions.get_mut(place as usize) {
                let [take, give] = leg.most;
                position.open(Side::Buy, take, hold as i64);
                position.open(Side::Sell, give, 0);
            }
            delivery.legs.push(*leg);
            delivery.dirty = true;
        }
        if let Some(first) = parts.first() {
            self.delivery_mut(home, first.interval)?.dirty = true;
        }
        self.bank().hold(account, Money(held))?;
        self.use_nonce(account, nonce)
    }

    /// What is cleared together with the first coupled carrier's book of an interval: the books of all coupled carriers
    /// over the intervals that are frozen in a row, `first` being the first of them, and the offers among them.
    ///
    /// # Errors
    /// The rejection that a clearing there would meet before its claim is looked at.
    pub fn coupled_problem(&self, first: DeliveryInterval) -> Result<Coupled<'_>, Rejection> {
        let markets = self.coupled();
        let home = markets.first().ok_or(Rejection::NotForThisRule)?.carrier;
        if !self.is_frozen(home, self.on_grid(first)?) {
            return Err(Rejection::NotFrozen);
        }
        let row = self.row(&markets, home, first)?;
        self.addressed(&markets, home, first)?;
        self.problem(&markets, &row, &self.lapsing(home, &row))
    }

    /// The intervals from `first` on in which the books of all coupled carriers are frozen.
    fn row(
        &self,
        markets: &[Market],
        carrier: Carrier,
        first: DeliveryInterval,
    ) -> Result<Vec<DeliveryInterval>, Rejection> {
        let row = (0..).map(|step| first.later(step)).take_while(|at| self.is_frozen(carrier, *at));
        let row: Vec<DeliveryInterval> = row.collect();
        let frozen = |at: &DeliveryInterval| markets.iter().all(|market| self.is_frozen(market.carrier, *at));
        if row.iter().all(frozen) { Ok(row) } else { Err(Rejection::NotFrozen) }
    }

    /// Whether a clearing is addressed as it must be: to the first coupled carrier and the first interval of a row.
    fn addressed(
        &self,
        markets: &[Market],
        carrier: Carrier,
        first: DeliveryInterval,
    ) -> Result<(), Rejection> {
        let earlier = first.start.checked_sub(first.duration.into());
        let goes_on =
            earlier.is_some_and(|start| self.is_frozen(carrier, DeliveryInterval { start, ..first }));
        let home = markets.first().is_some_and(|market| market.carrier == carrier);
        if home && !goes_on { Ok(()) } else { Err(Rejection::WrongStage) }
    }

    /// Clears all coupled carriers over the books that are frozen in a row, of which `first` must be the first. Where
    /// nothing is claimed, the offers are set aside instead, and the row is as frozen as before.
    pub(super) fn clear_coupled(
        &mut self,
        carrier: Carrier,
        first: DeliveryInterval,
        claim: &Claim,
        sink: &mut impl Sink,
    ) -> Result<(), Rejection> {
        let markets = self.coupled();
        let row = self.row(&markets, carrier, first)?;
        let lapsing = self.lapsing(carrier, &row);
        let (nodes, conversions, storages) = match claim {
            Claim::Coupled { nodes, conversions, storages } => (nodes, conversions, storages),
            Claim::Nothing if lapsing.has_parts() => {
                self.addressed(&markets, carrier, first)?;
                return self.set_aside(&markets, &row, &lapsing, sink);
            }
            _ => return Err(Rejection::WrongClaim),
        };
        self.addressed(&markets, carrier, first)?;
        let mut outs = core::mem::take(&mut self.scratch.clearings);
        let checked = self.problem(&markets, &row, &lapsing).and_then(|problem| {
            outs.resize_with(problem.nodes.len().max(outs.len()), Clearing::default);
            coupled::check(&problem, (nodes, conversions, storages), &mut outs)
        });
        let moved = lapsing.moved(conversions, storages);
        let done = checked.and_then(|()| {
            let at = row.iter().flat_map(|at| markets.iter().map(move |market| (*at, *market)));
            at.zip(&outs)
                .try_for_each(|((at, market), out)| self.conclude_node(&market, at, out, &moved, sink))?;
            self.lapse(&markets, &row, &lapsing)
        });
        self.scratch.clearings = outs;
        done
    }

    /// The offers that are decided when these books are cleared: those with a part in one of them.
    fn lapsing(&self, home: Carrier, row: &[DeliveryInterval]) -> Lapsing {
        let mut lapsing = Lapsing::default();
        let (Some(first), Some(last)) = (row.first(), row.last()) else { return lapsing };
        for ((start, carrier), delivery) in self.deliveries.range(..=(last.start, home)) {
            if *carrier != home {
                continue;
            }
            if *start >= first.start {
                lapsing.conversions.extend(delivery.offers.conversions.iter().cloned());
            }
            for offer in &delivery.offers.storages {
                let end = offer.interval.later(offer.further.into());
                if (first.start..=last.start).contains(start) && end.start <= last.start {
                    lapsing.storages.push(*offer);
                } else if end.start >= first.start {
                    lapsing.beyond.push(*offer);
                }
            }
        }
        lapsing
    }

    /// What is cleared together.
    fn problem(
        &self,
        markets: &[Market],
        row: &[DeliveryInterval],
        lapsing: &Lapsing,
    ) -> Result<Coupled<'_>, Rejection> {
        let mut problem = Coupled::default();
        for interval in row {
            for market in markets {
                let (carrier, Rule::Coupled { k }) = (market.carrier, market.rule) else {
                    return Err(Rejection::NotForThisRule);
                };
                let book = self.book(carrier, *interval).ok_or(Rejection::NotFrozen)?;
                problem.nodes.push(Node {
                    carrier,
                    interval: *interval,
                    book,
                    k,
                    collar: (market.floor, market.cap),
                });
            }
        }
        let start = row.first().map_or(0, |first| first.number());
        let place = |interval: DeliveryInterval, meter: MeterId| {
            let carrier = self.meters.get(meter.0 as usize)?.terms.carrier;
            let at = markets.iter().position(|market| market.carrier == carrier)?;
            Some(interval.number().checked_sub(start)? as usize * markets.len() + at)
        };
        let place = |interval, meter| place(interval, meter).ok_or(Rejection::UnknownMeter);
        let mut conversions = Vec::with_capacity(lapsing.conversions.len());
        for Conversion { interval, input, outputs, capacity, cost, .. } in &lapsing.conversions {
            let given = outputs.iter().map(|output| Ok((place(*interval, output.meter)?, output.ratio)));
            conversions.push(Converter {
                input: place(*interval, *input)?,
                outputs: given.collect::<Result<_, _>>()?,
                capacity: *capacity,
                cost: *cost,
            });
        }
        let mut storages = Vec::with_capacity(lapsing.storages.len());
        for offer in &lapsing.storages {
            let steps =
                (0..=u64::from(offer.further)).map(|step| place(offer.interval.later(step), offer.meter));
            storages.push(reservoir(offer, steps.collect::<Result<_, _>>()?));
        }
        Ok(Coupled { conversions, storages, ..problem })
    }

    /// Carries out what a checked claim says about one node: about its orders, then about what offers take and give.
    fn conclude_node(
        &mut self,
        market: &Market,
        interval: DeliveryInterval,
        out: &Clearing,
        moved: &Moved,
        sink: &mut impl Sink,
    ) -> Result<(), Rejection> {
        let carrier = market.carrier;
        let minds = self.minds_distance(interval);
        let key = (interval.start, carrier);
        let delivery = self.deliveries.get(&key).ok_or(Rejection::NotFrozen)?;
        let before = (minds || delivery.keeps_distances()).then(|| delivery.traded());
        self.conclude(carrier, interval, out, sink)?;

        let delivery = self.deliveries.get_mut(&key).ok_or(Rejection::NotFrozen)?;
        let mut bank = Bank { accounts: &mut self.accounts, dirty: &mut self.commitment.accounts_dirty };
        for leg in core::mem::take(&mut delivery.legs) {
            let Leg { account, nonce, meter, .. } = leg;
            let moved = moved.get(&(account, nonce, meter, interval.start)).copied().unwrap_or_default();
            let place = *self.places.get(meter.0 as usize).ok_or(Rejection::UnknownMeter)?;
            let position = delivery.positions.get_mut(place as usize).ok_or(Rejection::UnknownMeter)?;
            let side = if moved > Energy::ZERO { Side::Buy } else { Side::Sell };
            let energy = moved.abs();
            let money = out.money(side).of(0, energy);
            position.fill(side, energy, money);
            let left = match side {
                Side::Buy => [leg.most[0] - energy, leg.most[1]],
                Side::Sell => [leg.most[0], leg.most[1] - energy],
            };
            bank.release(account, position.lapse_leg(&Leg { most: left, ..leg }, market.cap))?;
            if !energy.is_zero() {
                let money = Money(money.into());
                sink.event(Event::Converted { account, meter, carrier, interval, side, energy, money });
            }
        }
        if let Some(before) = before {
            let connected = self.connected.get(carrier as usize).ok_or(Rejection::NotTraded)?;
            delivery.note_flows(&before, connected, Map { meters: &self.meters, places: &self.places });
        }
        Ok(())
    }

    /// All offers of a row lapse, and what they promised is released: whole Wh can leave no claim that suits them all,
    /// and they must not keep the orders from being cleared.
    fn set_aside(
        &mut self,
        markets: &[Market],
        row: &[DeliveryInterval],
        lapsing: &Lapsing,
        sink: &mut impl Sink,
    ) -> Result<(), Rejection> {
        let mut bank = Bank { accounts: &mut self.accounts, dirty: &mut self.commitment.accounts_dirty };
        for (interval, market) in row.iter().flat_map(|at| markets.iter().map(move |market| (at, market))) {
            let key = (interval.start, market.carrier);
            let delivery = self.deliveries.get_mut(&key).ok_or(Rejection::NotFrozen)?;
            for leg in core::mem::take(&mut delivery.legs) {
                let place = *self.places.get(leg.meter.0 as usize).ok_or(Rejection::UnknownMeter)?;
                let position = delivery.positions.get_mut(place as usize).ok_or(Rejection::UnknownMeter)?;
                bank.release(leg.account, position.lapse_leg(&leg, market.cap))?;
            }
            delivery.dirty = true;
        }
        self.lapse(markets, row, lapsing)?;
        if let Some(interval) = row.first().copied() {
            let [conversions, storages] = [lapsing.conversions.len(), lapsing.storages.len()];
            let (conversions, storages) = (conversions as u32, storages as u32);
            sink.event(Event::OffersLapsed { interval, conversions, storages });
        }
        Ok(())
    }

    /// The offers leave their places; of a storage with a part beyond the row, all that it promised there is released.
    fn lapse(
        &mut self,
        markets: &[Market],
        row: &[DeliveryInterval],
        lapsing: &Lapsing,
    ) -> Result<(), Rejection> {
        let home = markets.first().ok_or(Rejection::NotForThisRule)?.carrier;
        for interval in row {
            if let Some(delivery) = self.deliveries.get_mut(&(interval.start, home)) {
                delivery.offers.clear();
            }
        }
        for offer in &lapsing.beyond {
            let first = self.deliveries.get_mut(&(offer.interval.start, home));
            if let Some(delivery) = first {
                delivery.offers.storages.retain(|other| other != offer);
                delivery.dirty = true;
            }
            let terms = self.meters.get(offer.meter.0 as usize).ok_or(Rejection::UnknownMeter)?.terms;
            let market = *self.market(terms.carrier)?;
            let place = *self.places.get(offer.meter.0 as usize).ok_or(Rejection::UnknownMeter)?;
            let mut bank = Bank { accounts: &mut self.accounts, dirty: &mut self.commitment.accounts_dirty };
            for interval in (0..=u64::from(offer.further)).map(|step| offer.interval.later(step)) {
                let Some(delivery) = self.deliveries.get_mut(&(interval.start, terms.carrier)) else {
                    continue;
                };
                let own = |leg: &Leg| (leg.account, leg.nonce) == (offer.account, offer.nonce);
                let position = delivery.positions.get_mut(place as usize).ok_or(Rejection::UnknownMeter)?;
                for leg in delivery.legs.iter().filter(|leg| own(leg)) {
                    bank.release(offer.account, position.lapse_leg(leg, market.cap))?;
                }
                delivery.legs.retain(|leg| !own(leg));
                delivery.dirty = true;
            }
        }
        Ok(())
    }
}

/// The offers that a clearing decides.
#[derive(Default)]
struct Lapsing {
    conversions: Vec<Conversion>,
    storages: Vec<StorageOffer>,
    /// Storages with a part in the row and one beyond: they take no part.
    beyond: Vec<StorageOffer>,
}

/// What an offer takes (gives, where negative), by account, nonce, metering point and start of the interval, Wh.
type Moved = BTreeMap<(AccountId, u64, MeterId, u64), Energy>;

impl Lapsing {
    /// Whether any offer takes part.
    fn has_parts(&self) -> bool {
        !self.conversions.is_empty() || !self.storages.is_empty()
    }

    fn moved(&self, conversions: &[ConversionClaim], storages: &[StorageClaim]) -> Moved {
        let mut moved = Moved::new();
        for (Conversion { account, interval, input, outputs, nonce, .. }, does) in
            self.conversions.iter().zip(conversions)
        {
            moved.insert((*account, *nonce, *input, interval.start), does.input);
            for (output, given) in outputs.iter().zip(&does.outputs) {
                moved.insert(
                    (*account, *nonce, output.meter, interval.start),
                    Energy(given.0.saturating_neg()),
                );
            }
        }
        for (StorageOffer { account, meter, interval, nonce, .. }, does) in self.storages.iter().zip(storages)
        {
            for (step, flow) in (0..).zip(&does.flows) {
                moved.insert((*account, *nonce, *meter, interval.later(step).start), *flow);
            }
        }
        moved
    }
}

impl Position {
    /// An open offer, or what is left of one, is over here: what may be released of the hold.
    fn lapse_leg(&mut self, leg: &Leg, cap: Price) -> Money {
        let [take, give] = leg.most;
        let released = self.lapse(Side::Buy, take, cap);
        self.lapse(Side::Sell, give, Price::ZERO);
        released
    }
}

/// The storage of an offer among these nodes.
fn reservoir(offer: &StorageOffer, nodes: Vec<usize>) -> Reservoir {
    Reservoir {
        nodes,
        power: [offer.charge, offer.discharge],
        capacity: offer.capacity,
        levels: [offer.level, offer.least],
        efficiencies: [offer.charge_efficiency, offer.discharge_efficiency, offer.kept],
        cost: offer.cost,
    }
}

/// A level in millionths of a Wh.
fn millionths(level: Energy) -> i128 {
    i128::from(level.0) * i128::from(PPM)
}

/// Whether physics allows these ratios. Each output uses up the part of the input that its ratio is of the highest
/// there is: 1, and for heat from electricity 20, which an ideal heat pump reaches that lifts it by 15 K (308 K/15 K,
/// Carnot).
fn is_physical(from: Carrier, outputs: impl Iterator<Item = (Carrier, u32)>) -> bool {
    let mut used = 0;
    for (to, ratio) in outputs {
        let part = match (from, to) {
            (Carrier::Electricity, Carrier::Heat) => 1,
            _ => HIGHEST_LIFT,
        };
        if ratio == 0 {
            return false;
        }
        used += u64::from(ratio) * part;
    }
    used <= u64::from(PPM) * HIGHEST_LIFT
}

/// Most heat from a Wh of electricity, Wh.
const HIGHEST_LIFT: u64 = 20;
