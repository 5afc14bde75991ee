//! One design on the recorded days.

use super::design::Design;
use super::measure::{Account, Measured};
use super::record::{Exchange, PointTerms, Recorded, Recording};
use clearing::{Workspace, outcome};
use market::rule::{Allocation, Clearing, metered};
use market::{Bill, Book, Carrier, Energy, Money, Position, Price, Prices, Rejection, Rule, Side};
use std::borrow::Cow;

/// Clears or shares every interval of every carrier under a design, and settles.
pub(super) fn play(design: &Design, recording: &Recording) -> Result<Measured, Rejection> {
    let members = recording.flows.len();
    let mut measured = Measured { members: vec![Account::default(); members], surplus: Money::ZERO };
    let mut desk = Desk::default();
    for market in &recording.terms.markets {
        let carrier = market.carrier;
        let rule = design.rule(carrier, recording);
        for recorded in &recording.intervals {
            desk.positions(&rule, recording, carrier, recorded)?;
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

    fn share(
        &mut self,
        rule: &Rule,
        recording: &Recording,
        carrier: Carrier,
        recorded: &Recorded,
    ) -> Result<(), Rejection> {
        let readings = &recorded.exchanges[carrier as usize].readings;
        let prices = recording.prices_of(rule, recorded);
        metered(rule, readings, prices, recorded.interval.number(), &mut self.allocations)?;
        for (position, allocation) in self.positions.iter_mut().zip(&self.allocations) {
            let Allocation { bought, sold, paid, received } = *allocation;
            add(position, &Position::traded(bought, sold, paid, received));
        }
        Ok(())
    }
}

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
    /// The floor and cap of a carrier's market.
    pub(super) fn collar(&self, carrier: Carrier) -> (Price, Price) {
        let market = self.terms.markets.iter().find(|market| market.carrier == carrier);
        market.map_or((-market::MAX_PRICE, market::MAX_PRICE), |market| (market.floor, market.cap))
    }

    /// The prices of the tariff that a rule names.
    pub(super) fn prices_of(&self, rule: &Rule, recorded: &Recorded) -> Prices {
        match rule {
            Rule::MidMarketRate { tariff } | Rule::SupplyDemandRatio { tariff } => {
                recorded.prices[usize::from(tariff.0)]
            }
            _ => Prices::default(),
        }
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
        let bill = |position| Bill { position, import, export, prices, tariff }.total();
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

/// Whether a point has anything to do with an exchange.
pub(super) fn takes_part(point: &PointTerms) -> bool {
    point.capacity.iter().any(|capacity| capacity.0 > 0)
}
