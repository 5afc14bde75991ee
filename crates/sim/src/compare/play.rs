//! One design on the recorded days.

use super::design::Design;
use super::measure::{Account, Measured};
use super::record::{Exchange, Recorded, Recording};
use clearing::{Workspace, outcome};
use market::rule::{Allocation, Clearing, LabelShare, Metered, RuleKind, metered};
use market::{
    Agreed, Bill, Book, Carrier, Energy, Money, Position, Price, Prices, Rejection, Rule, SharingKey, Side,
};
use std::borrow::Cow;

/// Clears or shares every interval of every carrier under a design, and settles.
pub(super) fn play(design: &Design, recording: &Recording) -> Result<Measured, Rejection> {
    let members = recording.flows.len();
    let mut measured = Measured { members: vec![Account::default(); members], ..Measured::default() };
    let mut desk = Desk::default();
    for market in &recording.terms.markets {
        let carrier = market.carrier;
        let rule = design.rule(carrier, recording);
        let ends = recording.hours(&rule);
        for (number, recorded) in recording.intervals.iter().enumerate() {
            match ends.get(number) {
                Some(hour) => desk.premiums(&rule, recording, carrier, hour)?,
                None => desk.positions(&rule, recording, carrier, recorded)?,
            }
            for (sum, share) in measured.labels.iter_mut().zip(&desk.clearing.auctions.labels) {
                let LabelShare { asked, offered, delivered, .. } = *share;
                *sum = [sum[0] + asked, sum[1] + offered, sum[2] + delivered];
            }
            settle(recording, carrier, recorded, &desk.positions, &mut measured);
        }
    }
    Ok(measured)
}

/// Working memory, and the trades of the last interval.
#[derive(Default)]
pub(super) struct Desk {
    workspace: Workspace,
    clearing: Clearing,
    allocations: Vec<Allocation>,
    /// What each metering point of the carrier trades.
    pub(super) positions: Vec<Position>,
}

impl Desk {
    /// What each metering point trades in one interval.
    fn positions(
        &mut self,
        rule: &Rule,
        recording: &Recording,
        carrier: Carrier,
        recorded: &Recorded,
    ) -> Result<(), Rejection> {
        let exchange = &recorded.exchanges[carrier as usize];
        self.positions.clear();
        self.positions.resize(exchange.readings.len(), Position::default());
        if rule.takes_orders() {
            self.trade(rule, recording, carrier, exchange)?;
        }
        if rule.shares_metered() {
            self.share(rule, recording, carrier, recorded)?;
        }
        Ok(())
    }

    fn trade(
        &mut self,
        rule: &Rule,
        recording: &Recording,
        carrier: Carrier,
        exchange: &Exchange,
    ) -> Result<(), Rejection> {
        let collar = recording.collar(carrier);
        let book = book(rule, recording, exchange, collar);
        outcome(rule, &book, &exchange.sequence, collar, &mut self.workspace, &mut self.clearing)?;
        for side in Side::ALL {
            let amounts = self.clearing.money(side);
            for (at, (order, fill)) in book.orders(side).iter().zip(self.clearing.fills(side)).enumerate() {
                let money = Money(amounts.of(at, *fill).into());
                let part = match side {
                    Side::Buy => Position::traded(*fill, Energy::ZERO, money, Money::ZERO),
                    Side::Sell => Position::traded(Energy::ZERO, *fill, Money::ZERO, money),
                };
                let (_, place) = recording.places[order.meter.0 as usize];
                add(&mut self.positions[place], &part);
            }
        }
        Ok(())
    }

    /// Shares what was metered, or what was metered beyond contracts.
    fn share(
        &mut self,
        rule: &Rule,
        recording: &Recording,
        carrier: Carrier,
        recorded: &Recorded,
    ) -> Result<(), Rejection> {
        let exchange = &recorded.exchanges[carrier as usize];
        let more = |metered: Energy, contract: Energy| Energy((metered - contract).0.max(0));
        let mut meters = exchange.readings.clone();
        if matches!(rule, Rule::Sharing { key: SharingKey::FullDynamic, .. }) {
            self.coefficients(recording, carrier, exchange, &mut meters)?;
        }
        for (meter, position) in meters.iter_mut().zip(&self.positions) {
            meter.import = more(meter.import, position.bought);
            meter.export = more(meter.export, position.sold);
        }
        let prices = recording.prices_of(rule, recorded);
        metered(rule, &meters, prices, recorded.interval.number(), &mut self.allocations)?;
        for (position, allocation) in self.positions.iter_mut().zip(&self.allocations) {
            let Allocation { bought, sold, paid, received } = *allocation;
            add(position, &Position::traded(bought, sold, paid, received));
        }
        Ok(())
    }

    /// The shares of an interval as `uniform_price` finds them: what each point buys of all that is bought.
    fn coefficients(
        &mut self,
        recording: &Recording,
        carrier: Carrier,
        exchange: &Exchange,
        meters: &mut [Metered],
    ) -> Result<(), Rejection> {
        let auction = Design::Rule(RuleKind::UniformPrice).rule(carrier, recording);
        let positions = core::mem::take(&mut self.positions);
        self.positions = vec![Position::default(); meters.len()];
        self.trade(&auction, recording, carrier, exchange)?;
        let contracts = core::mem::replace(&mut self.positions, positions);
        let volume: Energy = contracts.iter().map(|contract| contract.bought).sum();
        for (meter, contract) in meters.iter_mut().zip(contracts) {
            let parts = i128::from(contract.bought.0) * 1_000_000 / i128::from(volume.0.max(1));
            meter.share = parts as u32;
        }
        Ok(())
    }

    /// What each point receives at the end of an hour where energy is not delivered among members, but a premium on
    /// what they could have shared is paid from outside. Nothing within the hour.
    fn premiums(
        &mut self,
        rule: &Rule,
        recording: &Recording,
        carrier: Carrier,
        hour: &[Recorded],
    ) -> Result<(), Rejection> {
        let points = recording.points[carrier as usize].len();
        self.positions.clear();
        self.positions.resize(points, Position::default());
        let Some(first) = hour.first() else { return Ok(()) };
        let mut meters = vec![Metered::default(); points];
        for recorded in hour {
            for (sum, reading) in meters.iter_mut().zip(&recorded.exchanges[carrier as usize].readings) {
                sum.import += reading.import;
                sum.export += reading.export;
            }
        }
        metered(rule, &meters, Prices::default(), first.interval.start / HOUR, &mut self.allocations)?;
        for (position, allocation) in self.positions.iter_mut().zip(&self.allocations) {
            *position = Position::traded(Energy::ZERO, Energy::ZERO, -allocation.paid, Money::ZERO);
        }
        Ok(())
    }
}

const HOUR: u64 = 3_600;

fn add(sum: &mut Position, part: &Position) {
    *sum = Position::traded(
        sum.bought + part.bought,
        sum.sold + part.sold,
        sum.paid() + part.paid(),
        sum.received() + part.received(),
    );
}

/// The book as a design sees it: with wishes where it grants them.
pub(super) fn book<'a>(
    rule: &Rule,
    recording: &Recording,
    exchange: &'a Exchange,
    collar: (Price, Price),
) -> Cow<'a, Book> {
    match rule.kind().keeps_details() {
        true => Cow::Owned(recording.detailed(rule.kind(), &exchange.book, collar)),
        false => Cow::Borrowed(&exchange.book),
    }
}

impl Recording {
    /// Under `incentive`, per interval the hour that ends with it, or nothing; empty under other rules.
    fn hours(&self, rule: &Rule) -> Vec<&[Recorded]> {
        if !matches!(rule, Rule::Sharing { key: SharingKey::Incentive, .. }) {
            return Vec::new();
        }
        let hour = |recorded: &Recorded| recorded.interval.start / HOUR;
        let chunks = self.intervals.chunk_by(|one, other| hour(one) == hour(other));
        chunks.flat_map(|chunk| core::iter::repeat_n(&chunk[..0], chunk.len() - 1).chain([chunk])).collect()
    }

    /// The floor and cap of a carrier's market.
    pub(super) fn collar(&self, carrier: Carrier) -> (Price, Price) {
        let market = self.terms.markets.iter().find(|market| market.carrier == carrier);
        market.map_or((-market::MAX_PRICE, market::MAX_PRICE), |market| (market.floor, market.cap))
    }

    /// The prices of the tariff that a rule names.
    pub(super) fn prices_of(&self, rule: &Rule, recorded: &Recorded) -> Prices {
        rule.inner_tariff().map_or_else(Prices::default, |tariff| recorded.prices[usize::from(tariff.0)])
    }
}

/// Adds one interval of one carrier to every member's account.
fn settle(
    recording: &Recording,
    carrier: Carrier,
    recorded: &Recorded,
    positions: &[Position],
    measured: &mut Measured,
) {
    let exchange = &recorded.exchanges[carrier as usize];
    let worth = Worth::of(recording, exchange);
    let points = recording.points[carrier as usize].iter().zip(positions).zip(&exchange.readings);
    for (place, ((point, position), reading)) in points.enumerate() {
        let tariff = &recording.terms.tariffs[usize::from(point.tariff.0)];
        let prices = recorded.prices[usize::from(point.tariff.0)];
        let (import, export) = (reading.import, reading.export);
        let agreed = Agreed::default();
        let bill = |position| Bill { position, import, export, prices, tariff, agreed }.total();
        let account = &mut measured.members[point.member];
        account.bill += bill(*position);
        account.at_tariff += bill(Position::default());
        account.bought[carrier as usize] += position.bought;
        account.sold[carrier as usize] += position.sold;
        account.from_peers[carrier as usize] += position.bought.min(import);
        account.to_peers[carrier as usize] += position.sold.min(export);
        account.import[carrier as usize] += import;
        account.export[carrier as usize] += export;
        let supply = prices.import + tariff.grid_fee + tariff.levy;
        let beyond = [supply - tariff.peer_grid_fee - tariff.peer_levy, prices.export];
        account.gain += worth.sum(Side::Buy, place, position.bought, beyond[0]) - position.paid();
        account.gain += position.received() - worth.sum(Side::Sell, place, position.sold, beyond[1]);
        measured.surplus += position.paid() - position.received();
    }
}

/// What energy is worth to each metering point by its orders.
struct Worth([Vec<(usize, i64, Energy)>; 2]);

impl Worth {
    fn of(recording: &Recording, exchange: &Exchange) -> Self {
        Self(Side::ALL.map(|side| {
            let entry = |order: &market::BookOrder| {
                let merit = if side == Side::Buy { -order.limit.0 } else { order.limit.0 };
                (recording.places[order.meter.0 as usize].1, merit, order.energy)
            };
            let mut orders: Vec<_> = exchange.book.orders(side).iter().map(entry).collect();
            orders.sort_unstable();
            orders
        }))
    }

    /// What this energy is worth (bought) or costs (sold) by the point's orders, best first; beyond them `beyond`.
    fn sum(&self, side: Side, place: usize, energy: Energy, beyond: Price) -> Money {
        let orders = &self.0[side as usize];
        let first = orders.partition_point(|(other, ..)| *other < place);
        let (mut left, mut sum) = (energy, Money::ZERO);
        for (_, merit, most) in orders[first..].iter().take_while(|(other, ..)| *other == place) {
            let part = left.min(*most);
            sum += part * Price(if side == Side::Buy { -merit } else { *merit });
            left -= part;
        }
        sum + left * beyond
    }
}
