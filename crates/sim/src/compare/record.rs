//! The days that all designs are played on: every book, reading and price of one run.
//!
//! Orders must not depend on what an earlier round of the same book traded, so the horizon is one interval: each book
//! is filled once and auctioned once, by `uniform_price` unless the scenario names another price convention of it.

use super::design::PointWishes;
use crate::scenario::{Faults, Metering};
use crate::{Lived, Observer, Roll, RunError, Scenario, run};
use ledger::{Central, Options};
use market::rule::Metered;
use market::{
    Book, Carrier, DeliveryInterval, Energy, Event, Fraction, PriceConvention, Prices, Rule, Side, Sink,
    TariffId,
};
use std::collections::BTreeMap;

/// Everything that is the same under all designs.
#[derive(Clone, Debug)]
pub struct Recording {
    /// Per carrier, its metering points in canonical order.
    pub points: [Vec<PointTerms>; 3],
    /// Per meter number, its carrier and its place among that carrier's points.
    pub places: Vec<(Carrier, usize)>,
    /// The community's terms.
    pub terms: market::Community,
    /// The tariff of each carrier's market, where it names one.
    pub tariffs: [Option<TariffId>; 3],
    /// The delivery intervals, in order.
    pub intervals: Vec<Recorded>,
    /// Per member and carrier, made and used behind the meter over the run, Wh.
    pub flows: Vec<[(Energy, Energy); 3]>,
}

/// One metering point.
#[derive(Clone, Copy, Debug)]
pub struct PointTerms {
    /// Whose it is.
    pub member: usize,
    /// Its supplier's tariff.
    pub tariff: TariffId,
    /// Its share under keys with fixed shares, parts per million.
    pub share: u32,
    /// Most it takes and gives in one interval, Wh.
    pub capacity: [Energy; 2],
    /// Whether it may sell.
    pub sells: bool,
    /// What its orders ask for beside, where a design grants it.
    pub wishes: PointWishes,
}

/// One delivery interval.
#[derive(Clone, Debug)]
pub struct Recorded {
    /// When.
    pub interval: DeliveryInterval,
    /// The supplier's prices, by tariff.
    pub prices: Vec<Prices>,
    /// Per carrier.
    pub exchanges: [Exchange; 3],
}

/// One carrier in one delivery interval.
#[derive(Clone, Debug, Default)]
pub struct Exchange {
    /// All orders that were placed.
    pub book: Book,
    /// In which order they arrived, by side and place of arrival there.
    pub sequence: Vec<(Side, u32)>,
    /// What each metering point counted, in canonical order.
    pub readings: Vec<Metered>,
}

/// The scenario as it is recorded: all days on the tariffs at the start, every member with meters of its own that report
/// in time. Where nobody may trade, nobody sells to members.
pub(super) fn prepared(scenario: &Scenario, trading: bool) -> Scenario {
    let mut scenario = scenario.clone();
    scenario.community.horizon = 1;
    scenario.agreement = None;
    scenario.faults = Faults::default();
    scenario.tariffs.versions.clear();
    scenario.members.iter_mut().for_each(|member| member.metering = Metering::default());
    for market in &mut scenario.community.markets {
        if !matches!(market.rule, Rule::UniformPrice { .. }) {
            market.rule = Rule::UniformPrice { convention: PriceConvention::Equilibrium, k: Fraction::HALF };
        }
    }
    if !trading {
        let connections = scenario.members.iter_mut().flat_map(|member| &mut member.connections);
        connections.flatten().for_each(|connection| connection.sells = false);
    }
    scenario
}

/// Plays the scenario once and keeps what designs are played on.
///
/// # Errors
/// Where the scenario cannot be played.
pub fn record(scenario: &Scenario, trading: bool) -> Result<Recording, RunError> {
    let scenario = prepared(scenario, trading);
    let mut recorder = Recorder::new(&scenario);
    let mut ledger = Central::in_memory(Options::default())?;
    run(&scenario, &mut ledger, &mut recorder)?;
    Ok(recorder.recording)
}

struct Recorder {
    recording: Recording,
    members: Vec<[Option<crate::Point>; 3]>,
    /// Orders accepted so far, by interval and carrier.
    sequences: BTreeMap<(u64, Carrier), Vec<(Side, u32)>>,
    books: BTreeMap<(u64, Carrier), Book>,
}

impl Recorder {
    fn new(scenario: &Scenario) -> Self {
        let roll = Roll::of(scenario);
        let mut points: [Vec<PointTerms>; 3] = Default::default();
        let mut places = Vec::new();
        for (number, (member, own)) in scenario.members.iter().zip(&roll.points).enumerate() {
            for carrier in Carrier::ALL {
                let at = carrier as usize;
                let (Some(_), Some(connection)) = (own[at], member.connections[at]) else { continue };
                places.push((carrier, points[at].len()));
                points[at].push(PointTerms {
                    member: number,
                    tariff: connection.tariff,
                    share: 0,
                    capacity: [connection.import_capacity, connection.export_capacity],
                    sells: connection.sells,
                    wishes: PointWishes::of(scenario, number, carrier),
                });
            }
        }
        // Equal shares, as the ledger registers them.
        for points in &mut points {
            let share = 1_000_000 / points.len().max(1) as u32;
            points.iter_mut().for_each(|point| point.share = share);
        }
        let mut tariffs = [None; 3];
        for terms in &scenario.markets {
            let at = terms.market.carrier as usize;
            tariffs[at] = terms.tariff.or_else(|| points[at].first().map(|point| point.tariff));
        }
        let recording = Recording {
            points,
            places,
            terms: scenario.community.clone(),
            tariffs,
            intervals: Vec::with_capacity(scenario.span.intervals() as usize),
            flows: vec![Default::default(); scenario.members.len()],
        };
        let (sequences, books) = (BTreeMap::new(), BTreeMap::new());
        Self { recording, members: roll.points, sequences, books }
    }
}

impl Sink for Recorder {
    fn event(&mut self, event: Event) {
        if let Event::OrderAccepted { id, .. } = event {
            self.sequences.entry((id.interval.start, id.carrier)).or_default().push((id.side, id.arrival));
        }
    }
}

impl Observer for Recorder {
    fn book(&mut self, carrier: Carrier, interval: DeliveryInterval, book: &Book) {
        self.books.insert((interval.start, carrier), book.clone());
    }

    fn interval(&mut self, lived: &Lived<'_>) -> Result<(), Box<dyn std::error::Error + Send + Sync>> {
        let exchanges = Carrier::ALL.map(|carrier| {
            let key = (lived.interval.start, carrier);
            let points = self.recording.points[carrier as usize].iter();
            let reading = |point: &PointTerms| {
                let balance = lived.deliveries[point.member].of(carrier);
                let (import, export) = (Energy(balance.import), Energy(balance.export));
                Metered { import, export, share: point.share }
            };
            Exchange {
                book: self.books.remove(&key).unwrap_or_default(),
                sequence: self.sequences.remove(&key).unwrap_or_default(),
                readings: points.map(reading).collect(),
            }
        });
        for (member, (delivery, flows)) in lived.deliveries.iter().zip(&mut self.recording.flows).enumerate()
        {
            for carrier in Carrier::ALL {
                if self.members[member][carrier as usize].is_none() {
                    continue;
                }
                let balance = delivery.of(carrier);
                let cars = if carrier == Carrier::Electricity { delivery.car_charged } else { 0 };
                let used = balance.consumption - balance.unmet + balance.converted + balance.dumped + cars;
                let (made, consumed) = &mut flows[carrier as usize];
                *made += Energy(balance.generation + balance.produced);
                *consumed += Energy(used);
            }
        }
        self.recording.intervals.push(Recorded {
            interval: lived.interval,
            prices: lived.terms.iter().map(|terms| terms.prices).collect(),
            exchanges,
        });
        Ok(())
    }
}
