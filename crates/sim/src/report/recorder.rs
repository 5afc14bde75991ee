//! Listens while a community lives, and keeps what the report needs.
//!
//! The order of calls per delivery interval: events as they come (orders, clearings, readings, postings),
//! [`Recorder::book`] just before each clearing, and [`Recorder::record`] once the interval is settled.

use super::attribution::Flows;
use super::bins::Bins;
use super::columns;
use super::crossing::Gallery;
use super::folder::Folder;
use super::table::{Cell, Name, Table};
use super::total::Row;
use super::{MemberFlow, Outcome, PointInfo, ReportError, Stream, Subject, Total, page};
use crate::{CoupledClearing, CouplingSummary, Terms};
use market::{Book, Carrier, DeliveryInterval, Event, Money, Posting, Rule, Sink};
use std::collections::VecDeque;
use std::path::{Path, PathBuf};

/// One carrier of one member.
#[derive(Clone, Copy, Debug)]
pub(super) struct Point {
    pub(super) member: usize,
    pub(super) carrier: Carrier,
    /// None without a meter.
    pub(super) tariff: Option<usize>,
}

/// How many orders of a carrier took part in clearings, and how many clearings traded.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Activity {
    pub(super) clearings: u64,
    pub(super) traded: u64,
    pub(super) bids: u64,
    pub(super) offers: u64,
}

/// What the page is drawn from.
pub(super) struct Record {
    pub(super) subject: Subject,
    pub(super) points: Vec<Point>,
    pub(super) totals: Vec<Total>,
    /// Money of members that belongs to no carrier, n€, positive when paid.
    pub(super) other: Vec<Money>,
    pub(super) bins: Bins,
    pub(super) gallery: Gallery,
    pub(super) activity: [Activity; Carrier::ALL.len()],
    pub(super) flows: [Flows; Carrier::ALL.len()],
    /// None where each carrier is cleared alone.
    pub(super) coupling: Option<CouplingSummary>,
    pub(super) recorded: u64,
}

/// The recorder: create it before the first event, [`finish`](Self::finish) it after the last interval.
pub struct Recorder {
    record: Record,
    folder: Folder,
    readings: Table,
    clearings: Table,
    /// Clearings of several carriers together, and what they dispatched; none where there are none.
    coupled: Option<[Table; 2]>,
    /// Names of members and carriers as the tables take them.
    names: Vec<Name>,
    carriers: [Name; Carrier::ALL.len()],
    /// Point by meter number, member by account number.
    by_meter: Vec<Option<usize>>,
    by_account: Vec<Option<usize>>,
    /// Points of each member by carrier.
    by_member: Vec<[Option<usize>; Carrier::ALL.len()]>,
    /// What was done at each point in the interval being recorded.
    flows: Vec<MemberFlow>,
    /// The intervals from the first that is not over: rows per point, and rounds cleared per carrier.
    open: VecDeque<(Vec<Row>, [u32; Carrier::ALL.len()])>,
    first_open: u64,
    /// What was posted since for intervals that are over, by point.
    late: Vec<Row>,
    /// The first thing that went wrong where no error could be returned.
    failed: Option<ReportError>,
}

impl Recorder {
    /// Begins a report that will stand in the folder `target`.
    ///
    /// # Errors
    /// When the folder holds something else, or cannot be written beside.
    pub fn create(target: &Path, subject: Subject) -> Result<Self, ReportError> {
        let folder = Folder::create(target)?;
        let readings = Table::create(&folder, "readings", &columns::READINGS)?;
        let clearings = Table::create(&folder, "clearings", &columns::CLEARINGS)?;
        let together = |market: &market::Market| matches!(market.rule, Rule::Coupled { .. });
        let coupled = subject.community.markets.iter().any(together).then(|| {
            let coupled = Table::create(&folder, "coupled", &columns::COUPLED)?;
            Ok::<_, ReportError>([coupled, Table::create(&folder, "conversions", &columns::CONVERSIONS)?])
        });
        let coupled = coupled.transpose()?;
        let (mut points, mut by_member) = (Vec::new(), Vec::new());
        let (mut by_meter, mut by_account) = (Vec::new(), Vec::new());
        for (member, info) in subject.members.iter().enumerate() {
            put(&mut by_account, info.account.0, member);
            let mut of_member = [None; Carrier::ALL.len()];
            for PointInfo { carrier, meter, .. } in &info.points {
                if let Some((meter, _)) = meter {
                    put(&mut by_meter, meter.0, points.len());
                }
                of_member[*carrier as usize] = Some(points.len());
                let tariff = meter.map(|(_, tariff)| tariff.0.into());
                points.push(Point { member, carrier: *carrier, tariff });
            }
            if let (Some(share), Some(point)) = (info.share, of_member[Carrier::Electricity as usize]) {
                put(&mut by_meter, share.0, point);
            }
            by_member.push(of_member);
        }
        let flows = points.iter().map(|point: &Point| MemberFlow::new(point.member, point.carrier)).collect();
        let names = subject.members.iter().map(|member| Name::from(member.name.as_str())).collect();
        let record = Record {
            totals: vec![Total::default(); points.len()],
            other: vec![Money::ZERO; subject.members.len()],
            points,
            bins: Bins::new(),
            gallery: Gallery::new(),
            activity: Default::default(),
            flows: Default::default(),
            coupling: coupled.is_some().then(CouplingSummary::default),
            recorded: 0,
            subject,
        };
        let (open, first_open, failed) = (VecDeque::new(), 0, None);
        let late = vec![Row::default(); record.points.len()];
        Ok(Self {
            record,
            folder,
            readings,
            clearings,
            coupled,
            names,
            carriers: Carrier::ALL.map(|carrier| Name::from(carrier.name())),
            by_meter,
            by_account,
            by_member,
            flows,
            open,
            first_open,
            late,
            failed,
        })
    }

    /// Shows a book as it is about to be cleared; the page draws a choice of them.
    pub fn book(&mut self, carrier: Carrier, interval: DeliveryInterval, book: &Book) {
        if let Some(number) = self.number(interval) {
            self.record.gallery.book(carrier, number, book);
        }
    }

    /// Several carriers are about to be cleared together.
    pub fn coupled(&mut self, clearing: &CoupledClearing) {
        if let Some(coupling) = &mut self.record.coupling {
            coupling.add(clearing);
        }
        if let Err(error) = self.dispatched(clearing) {
            self.failed.get_or_insert(error);
        }
    }

    fn dispatched(&mut self, clearing: &CoupledClearing) -> Result<(), ReportError> {
        let Some([coupled, conversions]) = &mut self.coupled else { return Ok(()) };
        coupled.row(&[
            Cell::Time(clearing.first.start),
            Cell::Integer(clearing.intervals as i128),
            Cell::Integer(clearing.conversions.len() as i128),
            Cell::Integer(clearing.stored.0.into()),
            Cell::Integer(clearing.welfare.0),
            Cell::Integer(clearing.alone.0),
        ])?;
        for one in &clearing.conversions {
            let [electricity, heat, gas] = one.energy.outputs.map(|energy| Cell::Integer(energy.into()));
            conversions.row(&[
                Cell::Time(one.interval.start),
                Cell::Name(&self.names[one.member]),
                Cell::Text(one.kind.name()),
                Cell::Text(one.kind.input().name()),
                Cell::Integer(one.energy.input.into()),
                electricity,
                heat,
                gas,
            ])?;
        }
        Ok(())
    }

    /// The interval is settled: what the devices did in it (in any order), and the supplier's terms by tariff.
    ///
    /// # Errors
    /// When a row cannot be written, now or since the last call.
    pub fn record(
        &mut self,
        interval: DeliveryInterval,
        terms: &[Terms],
        flows: &[MemberFlow],
    ) -> Result<(), ReportError> {
        if let Some(error) = self.failed.take() {
            return Err(error);
        }
        let Some(number) = self.number(interval) else { return Ok(()) };
        let mut by_point = std::mem::take(&mut self.flows);
        for (flow, point) in by_point.iter_mut().zip(&self.record.points) {
            *flow = MemberFlow::new(point.member, point.carrier);
        }
        for flow in flows {
            if let Some(point) = self.point(flow.member, flow.carrier) {
                by_point[point] = *flow;
            }
        }
        self.open_until(number);
        while self.first_open <= number {
            let Some((rows, _)) = self.open.pop_front() else { break };
            self.first_open += 1;
            if self.first_open > number {
                self.close(number, interval, &rows, &by_point, terms)?;
            }
        }
        self.flows = by_point;
        Ok(())
    }

    fn close(
        &mut self,
        number: u64,
        interval: DeliveryInterval,
        rows: &[Row],
        flows: &[MemberFlow],
        terms: &[Terms],
    ) -> Result<(), ReportError> {
        let Record { points, totals, bins, flows: sankey, gallery, recorded, .. } = &mut self.record;
        gallery.close(number);
        *recorded += 1;
        let bin = bins.at(number);
        let mut band = [None; Carrier::ALL.len()];
        for (((point, row), flow), total) in points.iter().zip(rows).zip(flows).zip(totals) {
            let carrier = point.carrier as usize;
            let terms = point.tariff.and_then(|tariff| terms.get(tariff));
            total.add(row, flow, terms);
            sankey[carrier].add(row, flow);

            let bin = &mut bin[carrier];
            bin.volume += row.bought;
            bin.paid += row.paid;
            bin.generation += flow.generation();
            bin.consumption += flow.consumption();
            bin.from_supplier += row.import - row.taken_from_peers();
            bin.to_supplier += row.export - row.given_to_peers();
            bin.stored += flow.stored;
            bin.in_cars += flow.in_cars;
            if let Some(Terms { tariff, prices, .. }) = terms {
                // What a neighbour could pay at most without being worse off than with the supplier.
                let spared = tariff.grid_fee.0 + tariff.levy.0 - tariff.peer_grid_fee.0 - tariff.peer_levy.0;
                let (low, high) = band[carrier].unwrap_or((prices.export.0, prices.import.0 + spared));
                band[carrier] = Some((low.min(prices.export.0), high.max(prices.import.0 + spared)));
            }

            self.readings.row(&[
                Cell::Time(interval.start),
                Cell::Name(&self.names[point.member]),
                Cell::Name(&self.carriers[carrier]),
                Cell::Integer(row.import.0.into()),
                Cell::Integer(row.export.0.into()),
                Cell::Integer(flow.generation().0.into()),
                Cell::Integer(flow.consumption().0.into()),
                Cell::Integer(flow.of(Stream::Charge).0.into()),
                Cell::Integer(flow.of(Stream::Discharge).0.into()),
                Cell::Integer(flow.stored.0.into()),
                Cell::Integer(flow.in_cars.0.into()),
                Cell::Integer(row.bought.0.into()),
                Cell::Integer(row.sold.0.into()),
                Cell::Integer(row.taken_from_peers().0.into()),
                Cell::Integer(row.given_to_peers().0.into()),
                Cell::Integer((row.import - row.taken_from_peers()).0.into()),
                Cell::Integer((row.export - row.given_to_peers()).0.into()),
                Cell::Integer(row.cost.0),
            ])?;
        }
        for (bin, band) in bin.iter_mut().zip(band) {
            let (low, high) = band.unwrap_or_default();
            bin.export_price += low;
            bin.import_price += high;
            bin.intervals += 1;
        }
        Ok(())
    }

    /// Writes the closing tables and the page, and puts the folder in its place. Gives the page's path.
    ///
    /// # Errors
    /// When something cannot be written; then the target is as it was before.
    pub fn finish(self, outcome: &Outcome) -> Result<PathBuf, ReportError> {
        if let Some(error) = self.failed {
            return Err(error);
        }
        let Self { record, folder, readings, clearings, coupled, .. } = self;
        readings.finish()?;
        clearings.finish()?;
        coupled.into_iter().flatten().try_for_each(Table::finish)?;
        columns::closing(&folder, &record)?;
        let path = folder.path("index.html");
        std::fs::write(&path, page::render(&record, outcome)).map_err(ReportError::at(&path))?;
        Ok(folder.finish()?.join("index.html"))
    }

    /// What each carrier of each member added up to so far, with its member's place in the subject and its carrier.
    pub fn totals(&self) -> impl Iterator<Item = (usize, Carrier, &Total)> {
        let points = self.record.points.iter().zip(&self.record.totals);
        points.map(|(point, total)| (point.member, point.carrier, total))
    }

    /// How many intervals after the first this one is; none before it.
    fn number(&self, interval: DeliveryInterval) -> Option<u64> {
        let subject = &self.record.subject;
        let since = interval.start.checked_sub(subject.start)?;
        Some(since / u64::from(subject.community.interval_duration.max(1)))
    }

    fn open_until(&mut self, number: u64) {
        while self.first_open + (self.open.len() as u64) <= number {
            self.open.push_back((vec![Row::default(); self.record.points.len()], Default::default()));
        }
    }

    fn row(&mut self, interval: DeliveryInterval, point: usize) -> Option<&mut Row> {
        let number = self.number(interval).filter(|number| *number >= self.first_open)?;
        self.open_until(number);
        let place = usize::try_from(number - self.first_open).ok()?;
        self.open.get_mut(place)?.0.get_mut(point)
    }

    fn posted(&mut self, posting: &Posting) {
        if posting.kind.is_payment() {
            return;
        }
        for (account, money) in [(posting.debit, posting.money), (posting.credit, -posting.money)] {
            let Some(member) = get(&self.by_account, account.0) else { continue };
            let point = posting
                .meter
                .and_then(|meter| get(&self.by_meter, meter.0))
                .filter(|point| self.record.points[*point].member == member)
                .or_else(|| self.point(member, posting.carrier?));
            match (point, posting.interval) {
                (Some(point), Some(interval)) => self.billed(point, interval, posting, money),
                _ => self.record.other[member] += money,
            }
        }
    }

    /// Money for a metering point, positive when its member pays.
    fn billed(&mut self, point: usize, interval: DeliveryInterval, posting: &Posting, money: Money) {
        let bill = &mut self.record.totals[point].bill[posting.kind as usize];
        bill.0 += posting.energy;
        bill.1 += money;
        let (energy, kind, side) = (posting.energy, posting.kind, posting.side);
        match self.row(interval, point) {
            Some(row) => row.line(kind, side, energy, money),
            None => self.late[point].line(kind, side, energy, money),
        }
    }

    /// The bills of an interval that is over were corrected; `terms` are the supplier's in it, by tariff.
    pub fn resettled(&mut self, terms: &[Terms]) {
        let Record { points, totals, .. } = &mut self.record;
        for ((point, total), row) in points.iter().zip(totals).zip(&mut self.late) {
            let row = std::mem::take(row);
            total.change(&row, point.tariff.and_then(|tariff| terms.get(tariff)));
        }
    }

    fn point(&self, member: usize, carrier: Carrier) -> Option<usize> {
        self.by_member.get(member)?[carrier as usize]
    }

    fn cleared(&mut self, event: &Event) -> Result<(), ReportError> {
        let Event::Cleared { carrier, interval, volume, price, equilibrium, welfare, orders } = *event else {
            return Ok(());
        };
        let Some(number) = self.number(interval).filter(|number| *number >= self.first_open) else {
            return Ok(());
        };
        self.record.gallery.cleared(carrier, number, volume, price);
        let activity = &mut self.record.activity[carrier as usize];
        activity.clearings += 1;
        activity.traded += u64::from(!volume.is_zero());
        activity.bids += u64::from(orders[0]);
        activity.offers += u64::from(orders[1]);
        self.open_until(number);
        let place = usize::try_from(number - self.first_open).unwrap_or_default();
        let round = &mut self.open[place].1[carrier as usize];
        *round += 1;
        let optional =
            |price: Option<market::Price>| price.map_or(Cell::Nothing, |p| Cell::Integer(p.0.into()));
        self.clearings.row(&[
            Cell::Time(interval.start),
            Cell::Text(carrier.name()),
            Cell::Integer((*round).into()),
            Cell::Integer(orders[0].into()),
            Cell::Integer(orders[1].into()),
            Cell::Integer(volume.0.into()),
            optional(price),
            optional(equilibrium),
            Cell::Integer(welfare.0),
        ])
    }
}

impl Sink for Recorder {
    fn event(&mut self, event: Event) {
        match event {
            Event::Posted(posting) => self.posted(&posting),
            Event::Cleared { .. } => {
                if let Err(error) = self.cleared(&event) {
                    self.failed.get_or_insert(error);
                }
            }
            _ => {}
        }
    }
}

fn put(table: &mut Vec<Option<usize>>, number: u32, value: usize) {
    let place = number as usize;
    if table.len() <= place {
        table.resize(place + 1, None);
    }
    table[place] = Some(value);
}

fn get(table: &[Option<usize>], number: u32) -> Option<usize> {
    table.get(number as usize).copied().flatten()
}
