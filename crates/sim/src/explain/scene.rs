//! What happened around one interval, gathered while a log is read.

use crate::statement::{Collector, Knowledge, Known, Statements};
use ledger::{Error, Reader};
use market::{
    AccountId, Carrier, Command, DeliveryInterval, Energy, Event, ImbalancePolicy, MeterId, Money, OrderId,
    Price, Prices, Reading, Rule, Side, State, TariffId,
};
use std::collections::BTreeMap;
use std::path::Path;

/// An order for the interval, whoever placed it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Placed {
    /// Number of the record that placed it.
    pub record: u64,
    /// Where it lies in the book.
    pub id: OrderId,
    /// Whose it is.
    pub account: AccountId,
    /// The metering point it is for.
    pub meter: MeterId,
    /// Its limit, n€/Wh.
    pub limit: Price,
    /// How much it asked for or offered, Wh.
    pub energy: Energy,
    /// What was filled of it, by record, Wh.
    pub fills: Vec<(u64, Energy)>,
    /// The record that took the rest out of the book.
    pub ended: Option<u64>,
}

impl Placed {
    /// What was filled of it until a record (included), Wh.
    pub(super) fn filled(&self, until: u64) -> Energy {
        self.fills.iter().filter(|(record, _)| *record <= until).map(|(_, energy)| *energy).sum()
    }
}

/// One clearing of a book of the interval, or of metered energy.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cleared {
    /// Number of the record.
    pub record: u64,
    /// The carrier.
    pub carrier: Carrier,
    /// Energy traded, Wh.
    pub volume: Energy,
    /// The price for all where there is one, n€/Wh.
    pub price: Option<Price>,
}

/// What a conversion or a storage took or gave.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Turned {
    pub(super) account: AccountId,
    pub(super) carrier: Carrier,
    pub(super) side: Side,
    pub(super) energy: Energy,
    pub(super) money: Money,
}

/// One interval as the records tell it.
pub struct Scene {
    pub(super) account: AccountId,
    instant: u64,
    collector: Collector,
    /// The account's metering points.
    pub(super) meters: Vec<(MeterId, Carrier)>,
    /// How each carrier is traded.
    pub(super) rules: [Option<Rule>; Carrier::ALL.len()],
    /// Orders of everybody.
    pub orders: Vec<Placed>,
    /// Clearings, in the order of records.
    pub cleared: Vec<Cleared>,
    pub(super) turned: Vec<Turned>,
    /// Readings of the account's metering points.
    pub(super) readings: Vec<(MeterId, Known)>,
    /// What each tariff charges and pays in the interval, once settled.
    pub(super) prices: BTreeMap<TariffId, Prices>,
    /// Which tariff each of the account's metering points has in the interval: since when, and with which value added
    /// tax, parts per million.
    pub(super) tariffs: BTreeMap<MeterId, (TariffId, u64, u32)>,
    /// How deviations are settled in the interval.
    pub(super) policy: ImbalancePolicy,
}

impl Scene {
    pub(super) fn new(account: AccountId, instant: u64) -> Self {
        Self {
            account,
            instant,
            collector: Collector::of_interval(account, instant),
            meters: Vec::new(),
            rules: [None; Carrier::ALL.len()],
            orders: Vec::new(),
            cleared: Vec::new(),
            turned: Vec::new(),
            readings: Vec::new(),
            prices: BTreeMap::new(),
            tariffs: BTreeMap::new(),
            policy: ImbalancePolicy::Dual,
        }
    }

    /// The statement of the account, and what the log is about.
    pub(super) fn statements(&mut self, state: State, path: &Path) -> Result<Statements, Error> {
        std::mem::take(&mut self.collector).finish(state, path)
    }

    fn is_it(&self, interval: DeliveryInterval) -> bool {
        (interval.start..interval.end()).contains(&self.instant)
    }

    fn order(&mut self, id: OrderId) -> Option<&mut Placed> {
        self.orders.iter_mut().find(|placed| placed.id == id)
    }

    fn know(&mut self, record: u64, knowledge: Knowledge, reading: &Reading) {
        let Reading { meter, import, export, sequence, .. } = *reading;
        if self.meters.iter().any(|(own, _)| *own == meter) {
            self.readings.push((meter, Known { knowledge, record, sequence, import, export }));
        }
    }
}

impl Reader for Scene {
    fn before(&mut self, record: u64, command: &Command, state: &State) {
        self.collector.before(record, command, state);
        if let Command::Settle { interval, .. } = command
            && self.is_it(*interval)
            && let Some(terms) = state.community()
        {
            let tariffs = (0..terms.tariffs.len()).map(|tariff| TariffId(tariff as u16));
            let known = tariffs.filter_map(|tariff| Some((tariff, state.prices(tariff, *interval).ok()?)));
            self.prices = known.collect();
            for (meter, _) in &self.meters {
                let tariff = state.meters().get(meter.0 as usize).map(|meter| meter.terms.tariff);
                if let Some((id, version)) =
                    tariff.and_then(|tariff| Some((tariff, state.tariff(tariff, *interval).ok()?)))
                {
                    self.tariffs.insert(*meter, (id, version.from, version.vat));
                }
            }
            self.policy = state.agreement(*interval).map_or(ImbalancePolicy::Dual, |terms| terms.imbalance);
        }
    }

    fn after(&mut self, record: u64, command: &Command, events: &[Event], state: &State) {
        self.collector.after(record, command, events, state);
        for event in events {
            match *event {
                Event::MeterConnected(meter) => {
                    let terms = state.meters().get(meter.0 as usize).map(|meter| meter.terms);
                    if let Some(terms) = terms.filter(|terms| terms.account == self.account) {
                        self.meters.push((meter, terms.carrier));
                    }
                }
                Event::OrderAccepted { id, account, energy, limit } if self.is_it(id.interval) => {
                    let (Command::Place(order) | Command::PlaceWith { order, .. }) = command else {
                        continue;
                    };
                    let (meter, fills, ended) = (order.meter, Vec::new(), None);
                    self.orders.push(Placed { record, id, account, meter, limit, energy, fills, ended });
                }
                Event::Filled { id, energy, .. } if self.is_it(id.interval) => {
                    if let Some(placed) = self.order(id) {
                        placed.fills.push((record, energy));
                    }
                }
                Event::OrderEnded { id, .. } if self.is_it(id.interval) => {
                    if let Some(placed) = self.order(id) {
                        placed.ended = Some(record);
                    }
                }
                Event::Cleared { carrier, interval, volume, price, .. } if self.is_it(interval) => {
                    self.cleared.push(Cleared { record, carrier, volume, price });
                }
                Event::Converted { account, carrier, interval, side, energy, money, .. }
                    if self.is_it(interval) =>
                {
                    self.turned.push(Turned { account, carrier, side, energy, money });
                }
                Event::Metered(reading) if self.is_it(reading.interval) => {
                    self.know(record, Knowledge::Metered, &reading);
                }
                Event::Substituted(reading) if self.is_it(reading.interval) => {
                    self.know(record, Knowledge::Substituted, &reading);
                }
                Event::Corrected(reading) if self.is_it(reading.interval) => {
                    self.know(record, Knowledge::Corrected, &reading);
                }
                _ => {}
            }
        }
        if let Command::Found(community) = command {
            for market in &community.markets {
                self.rules[market.carrier as usize] = Some(market.rule);
            }
        }
    }
}
