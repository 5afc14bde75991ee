//! What came out of a run, in figures: for the table on the terminal and for `--json`.

use crate::roll::Roll;
use crate::{CoupledClearing, Scenario, Terms};
use agents::Delivery;
use agents::device::{Converter, Turned};
use market::rule::RuleKind;
use market::{
    AccountId, Carrier, DeliveryInterval, Energy, Event, MeterId, Money, Position, Posting, PostingKind,
    Price, Rejection, Side,
};
use std::collections::{BTreeMap, BTreeSet};

/// The result of a run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Summary {
    /// The scenario's name.
    pub scenario: String,
    /// How many delivery intervals were played.
    pub intervals: u64,
    /// Per traded carrier, in canonical order.
    pub carriers: Vec<CarrierSummary>,
    /// Per member, in the order of accounts.
    pub members: Vec<MemberSummary>,
    /// What clearing carriers together brought; none where each is cleared alone.
    pub coupling: Option<CouplingSummary>,
    /// Commands in the log.
    pub commands: u64,
    /// Orders that entered a book.
    pub orders: u64,
    /// Orders that were refused, by reason.
    pub refused: Vec<(Rejection, u64)>,
    /// The root of the final state.
    pub root: [u8; 32],
}

/// One carrier's trade over the run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CarrierSummary {
    /// Which.
    pub carrier: Carrier,
    /// Energy traded among members, Wh.
    pub traded: Energy,
    /// What buyers paid for it before fees, n€.
    pub paid: Money,
    /// Energy taken through the meters, Wh.
    pub import: Energy,
    /// Energy given through the meters, Wh.
    pub export: Energy,
    /// Energy of all orders to buy and to sell, Wh; an unfilled order counts again each time it is placed.
    pub asked: [Energy; 2],
    /// Why nothing was traded, where nothing was.
    pub untraded: Option<&'static str>,
}

impl CarrierSummary {
    /// Mean price of what was traded, n€/Wh, rounded down.
    #[must_use]
    pub fn mean_price(&self) -> Option<Price> {
        (self.traded.0 > 0).then(|| Price(self.paid.0.div_euclid(self.traded.0.into()) as i64))
    }
}

/// What clearing carriers together brought over the run.
///
/// Of the same orders and offers: had each carrier been cleared alone, members would have placed other orders (heat at
/// what it costs with energy from the supplier, say), so the difference is the worth of these offers, not of the design.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CouplingSummary {
    /// How many clearings there were.
    pub clearings: u64,
    /// Their welfare, n€.
    pub welfare: Money,
    /// The welfare of the same orders with each carrier cleared alone and every offer at rest, n€.
    pub alone: Money,
    /// What was dispatched of each kind of converter, Wh.
    pub converted: [Turned; Converter::COUNT],
    /// What storages gave in other intervals than they took it, Wh.
    pub stored: Energy,
    /// How many of the clearings went on without their offers, as no right claim was found.
    pub set_aside: u64,
}

impl CouplingSummary {
    /// Adds a clearing.
    pub fn add(&mut self, clearing: &CoupledClearing) {
        self.clearings += 1;
        self.welfare += clearing.welfare;
        self.alone += clearing.alone;
        self.stored += clearing.stored;
        self.set_aside += u64::from(clearing.set_aside);
        for one in &clearing.conversions {
            let sum = &mut self.converted[one.kind as usize];
            sum.input += one.energy.input;
            (0..3).for_each(|carrier| sum.outputs[carrier] += one.energy.outputs[carrier]);
        }
    }

    /// The kinds of converters that were dispatched: name, what they take, what they took and gave.
    pub fn dispatched(&self) -> impl Iterator<Item = (&'static str, Carrier, Turned)> {
        let kinds = Converter::ALL.into_iter().zip(self.converted).filter(|(_, turned)| turned.input > 0);
        kinds.map(|(kind, turned)| (kind.name(), kind.input(), turned))
    }

    /// What coupling was worth, n€.
    #[must_use]
    pub fn gain(&self) -> Money {
        self.welfare - self.alone
    }
}

/// One member over the run. Money in n€.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MemberSummary {
    /// Its name.
    pub name: String,
    /// What kind of member it is.
    pub kind: String,
    /// Paid less received for energy, fees and levies; negative where it earned.
    pub bill: Money,
    /// The same readings, everything at the supplier's tariff.
    pub at_tariff: Money,
    /// Lost against the supplier's prices by not taking or giving what was contracted: the price of wrong forecasts.
    pub deviation: Money,
    /// Energy bought from and sold to other members, Wh.
    pub traded: [Energy; 2],
    /// The most electricity that it took in an interval, Wh.
    pub peak: Energy,
    /// Runs of its machines that can wait.
    pub runs: u64,
    /// How long they waited beyond their requests, intervals, summed over runs.
    pub waited: u64,
}

impl MemberSummary {
    /// Saved against the supplier's tariff; negative where the member pays more.
    #[must_use]
    pub fn saved(&self) -> Money {
        self.at_tariff - self.bill
    }

    /// Why it pays more than at the supplier's tariff, where it does.
    #[must_use]
    pub fn reason(&self) -> Option<String> {
        if self.saved().0 >= 0 {
            return None;
        }
        let euro = |money: Money| {
            let (sign, cents) = (if money.0 < 0 { "−" } else { "" }, money.abs().0 / 10_000_000);
            format!("{sign}{}.{:02} €", cents / 100, cents % 100)
        };
        let gained = self.saved() + self.deviation;
        if gained.0 < 0 && self.deviation.0 <= 0 {
            return Some(format!("its neighbours gained what it lost by sharing, {}", euro(-self.saved())));
        }
        Some(format!(
            "trading gained {}, but contracts it did not keep cost {}",
            euro(gained),
            euro(self.deviation)
        ))
    }
}

impl Summary {
    /// What all members pay together, n€.
    #[must_use]
    pub fn bill(&self) -> Money {
        self.members.iter().map(|member| member.bill).sum()
    }

    /// What they would pay at the supplier's tariff, n€.
    #[must_use]
    pub fn at_tariff(&self) -> Money {
        self.members.iter().map(|member| member.at_tariff).sum()
    }
}

/// Listens to a run and adds up.
pub(crate) struct Tally {
    carriers: [CarrierSummary; 3],
    members: Vec<MemberSummary>,
    coupling: CouplingSummary,
    pub(crate) orders: u64,
    refused: BTreeMap<u16, (Rejection, u64)>,
    /// Per meter, energy billed as taken and given since it was last asked for, Wh.
    counted: Vec<[Energy; 2]>,
    /// Start and meter of readings that changed since that was last asked for.
    pub(crate) changed: BTreeSet<(u64, MeterId)>,
    /// Volume and money traded so far per carrier for the interval whose gate comes next.
    pub(crate) at_gate: [BTreeMap<u64, (Energy, Money)>; 3],
}

impl Tally {
    pub(crate) fn new(scenario: &Scenario) -> Self {
        let carriers = Carrier::ALL.map(|carrier| CarrierSummary {
            carrier,
            traded: Energy::ZERO,
            paid: Money::ZERO,
            import: Energy::ZERO,
            export: Energy::ZERO,
            asked: [Energy::ZERO; 2],
            untraded: None,
        });
        let member = |member: &crate::scenario::Member| MemberSummary {
            name: member.name.clone(),
            kind: member.kind.clone(),
            bill: Money::ZERO,
            at_tariff: Money::ZERO,
            deviation: Money::ZERO,
            traded: [Energy::ZERO; 2],
            peak: Energy::ZERO,
            runs: 0,
            waited: 0,
        };
        Self {
            carriers,
            members: scenario.members.iter().map(member).collect(),
            coupling: CouplingSummary::default(),
            orders: 0,
            refused: BTreeMap::new(),
            counted: Vec::new(),
            changed: BTreeSet::new(),
            at_gate: Default::default(),
        }
    }

    pub(crate) fn event(&mut self, event: &Event) {
        match event {
            Event::OrderAccepted { id, energy, .. } => {
                self.orders += 1;
                self.carriers[id.carrier as usize].asked[id.side as usize] += *energy;
            }
            Event::Filled { id, energy, money, account, .. } => {
                self.filled(*account, (id.carrier, id.interval, id.side), *energy, *money);
            }
            Event::Converted { account, carrier, interval, side, energy, money, .. } => {
                self.filled(*account, (*carrier, *interval, *side), *energy, *money);
            }
            Event::Posted(posting) => {
                if posting.kind.is_payment() {
                    return;
                }
                self.count(posting);
                if let Some(member) = self.member(posting.debit) {
                    member.bill += posting.money;
                }
                if let Some(member) = self.member(posting.credit) {
                    member.bill -= posting.money;
                }
            }
            Event::Substituted(reading) | Event::Corrected(reading) => {
                self.changed.insert((reading.interval.start, reading.meter));
            }
            _ => {}
        }
    }

    /// An order or an offer trades: what is bought is what is sold, so purchases are the carrier's volume.
    fn filled(
        &mut self,
        account: AccountId,
        (carrier, interval, side): (Carrier, DeliveryInterval, Side),
        energy: Energy,
        money: Money,
    ) {
        if let Some(member) = self.member(account) {
            member.traded[side as usize] += energy;
        }
        if side == Side::Buy {
            let summary = &mut self.carriers[carrier as usize];
            summary.traded += energy;
            summary.paid += money;
            let gate = self.at_gate[carrier as usize].entry(interval.start).or_default();
            *gate = (gate.0 + energy, gate.1 + money);
        }
    }

    pub(crate) fn coupled(&mut self, clearing: &CoupledClearing) {
        self.coupling.add(clearing);
    }

    /// What a posting says of the energy that a meter counted: traded, less what was not delivered of it, and exchanged
    /// with the supplier beyond.
    fn count(&mut self, posting: &Posting) {
        let (Some(meter), Some(side)) = (posting.meter, posting.side) else { return };
        let (place, sign) = match posting.kind {
            PostingKind::Trade | PostingKind::Supply => (side as usize, 1),
            PostingKind::Imbalance => (1 - side as usize, -1),
            _ => return,
        };
        let meter = meter.0 as usize;
        if meter >= self.counted.len() {
            self.counted.resize(meter + 1, [Energy::ZERO; 2]);
        }
        self.counted[meter][place] += Energy(sign * posting.energy.0);
    }

    fn member(&mut self, account: AccountId) -> Option<&mut MemberSummary> {
        self.members.get_mut(Roll::member(account)?)
    }

    pub(crate) fn refuse(&mut self, rejection: Rejection) {
        self.refused.entry(rejection.code()).or_insert((rejection, 0)).1 += 1;
    }

    /// What the members' devices did in an interval.
    pub(crate) fn delivered(&mut self, deliveries: &[Delivery]) {
        for (member, delivery) in self.members.iter_mut().zip(deliveries) {
            member.peak = member.peak.max(Energy(delivery.of(Carrier::Electricity).import));
            member.runs += delivery.started.unsigned_abs();
            member.waited += delivery.waited.unsigned_abs();
        }
    }

    /// One metering point's interval, just settled, or what a correction changed in it (without a position).
    pub(crate) fn metered(
        &mut self,
        member: usize,
        carrier: Carrier,
        meter: MeterId,
        position: &Position,
        terms: &Terms,
    ) {
        let [import, export] = self.counted.get_mut(meter.0 as usize).map(std::mem::take).unwrap_or_default();
        let summary = &mut self.carriers[carrier as usize];
        summary.import += import;
        summary.export += export;
        let member = &mut self.members[member];
        let Terms { tariff, prices, .. } = terms;
        let supplied = prices.import + tariff.grid_fee + tariff.levy;
        member.at_tariff += terms.changed(import, export);
        let part = |money: Money, part: Energy, whole: Energy| {
            if whole.0 == 0 { Money::ZERO } else { Money(money.0 * i128::from(part.0) / i128::from(whole.0)) }
        };
        let unused = Energy((position.bought - import).0.max(0));
        let missing = Energy((position.sold - export).0.max(0));
        member.deviation += part(position.paid(), unused, position.bought) - unused * prices.export;
        member.deviation += missing * supplied - part(position.received(), missing, position.sold);
    }

    /// What sharing metered energy added to a position.
    pub(crate) fn shared(&mut self, member: usize, carrier: Carrier, before: Position, after: Position) {
        let bought = after.bought - before.bought;
        self.members[member].traded[0] += bought;
        self.members[member].traded[1] += after.sold - before.sold;
        let summary = &mut self.carriers[carrier as usize];
        summary.traded += bought;
        summary.paid += after.paid() - before.paid();
    }

    /// Mean price of what was traded for an interval, once its gate is closed.
    pub(crate) fn price_at_gate(&mut self, carrier: Carrier, interval: DeliveryInterval) -> Option<Price> {
        let (energy, money) = self.at_gate[carrier as usize].remove(&interval.start)?;
        (energy.0 > 0).then(|| Price(money.0.div_euclid(energy.0.into()) as i64))
    }

    pub(crate) fn finish(self, scenario: &Scenario, commands: u64, root: [u8; 32]) -> Summary {
        let rule = |carrier: Carrier| {
            let markets = &scenario.community.markets;
            markets.iter().find(|market| market.carrier == carrier).map(|market| market.rule.kind())
        };
        let carriers = self.carriers.into_iter().filter_map(|mut carrier| {
            let rule = rule(carrier.carrier)?;
            let asked = carrier.asked.map(|energy| energy.0 > 0);
            carrier.untraded = match (carrier.traded.0 > 0, asked) {
                (true, _) => None,
                (false, _) if !rule.takes_orders() => Some("nobody had any to share, or nobody needed any"),
                (false, [true, true]) if rule == RuleKind::TradeReduction => {
                    Some("no bid reached an offer, or only the marginal ones did")
                }
                (false, [true, true]) => Some("no bid reached an offer"),
                (false, [true, false]) => Some("only buyers"),
                (false, [false, true]) => Some("only sellers"),
                (false, [false, false]) => Some("no orders"),
            };
            Some(carrier)
        });
        Summary {
            scenario: scenario.name.clone(),
            intervals: scenario.span.intervals(),
            carriers: carriers.collect(),
            members: self.members,
            coupling: (self.coupling.clearings > 0).then_some(self.coupling),
            commands,
            orders: self.orders,
            refused: self.refused.into_values().collect(),
            root,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whoever_pays_more_is_told_why() {
        let euro = |cents: i128| Money(cents * 10_000_000);
        let member = |bill, at_tariff, deviation| MemberSummary {
            name: "A".into(),
            kind: "household".into(),
            bill: euro(bill),
            at_tariff: euro(at_tariff),
            deviation: euro(deviation),
            traded: [Energy::ZERO; 2],
            peak: Energy::ZERO,
            runs: 0,
            waited: 0,
        };
        assert_eq!(member(900, 1000, 50).reason(), None);
        let reason = member(1105, 1000, 0).reason().unwrap();
        assert_eq!(reason, "its neighbours gained what it lost by sharing, 1.05 €");
        let reason = member(1105, 1000, 228).reason().unwrap();
        assert_eq!(reason, "trading gained 1.23 €, but contracts it did not keep cost 2.28 €");
    }
}
