//! Reading statements out of a ledger's log.

use super::{Billed, Contract, Item, Knowledge, Known, Payment, Statement};
use ledger::{Error, Reader};
use market::{
    AccountId, Agreed, Bill, Carrier, Claim, Command, Community, DeliveryInterval, Energy, Event, MeterId,
    Money, Position, Posting, Prices, Reading, Side, State, TariffId, TariffVersion,
};
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

/// What a log says about some accounts.
#[derive(Clone, Debug)]
pub struct Statements {
    /// What the community agreed on.
    pub community: Community,
    /// How many records the log holds.
    pub records: u64,
    /// The root of the state after the last.
    pub root: [u8; 32],
    /// How many accounts there are, the community's institutions included.
    pub accounts: u32,
    /// The time from the start of the first settled interval to the end of the last, Unix s; nothing where none is.
    pub span: Option<(u64, u64)>,
    /// One per account asked for that exists, by number.
    pub statements: Vec<Statement>,
}

/// Reads the statements of some members, or of all. Memory grows with what is asked for, not with the log.
///
/// # Errors
/// If the file cannot be read as a ledger.
pub fn read(
    path: &Path,
    wanted: Option<&BTreeSet<AccountId>>,
    progress: &mut dyn FnMut(u64, u64),
) -> Result<Statements, Error> {
    let mut collector = Collector { wanted: wanted.cloned(), ..Collector::default() };
    let state = ledger::replay(path, &mut collector, progress)?;
    collector.finish(state, path)
}

/// What bills count of a metering point in an interval: the reading, and the energy taken and given.
#[derive(Clone, Copy, Default)]
struct Counted {
    known: Option<Known>,
    import: Energy,
    export: Energy,
}

/// Writes statements while a log is read.
#[derive(Default)]
pub(crate) struct Collector {
    /// The accounts asked for; all where there is nothing.
    wanted: Option<BTreeSet<AccountId>>,
    /// The only instant whose interval is asked for; all where there is nothing.
    instant: Option<u64>,
    records: u64,
    span: Option<(u64, u64)>,
    statements: BTreeMap<AccountId, Statement>,
    /// What is known of meters asked for, by the interval's start.
    known: BTreeMap<(MeterId, u64), Known>,
    /// What the bills count by now, where it may still be corrected.
    counted: BTreeMap<(MeterId, u64), Counted>,
    /// Trades that are not settled yet.
    contracts: BTreeMap<(MeterId, u64), Vec<Contract>>,
    /// Positions before metered energy is shared.
    before: Vec<(MeterId, Position)>,
    /// The supplier's prices by tariff, before a settlement.
    prices: Vec<Prices>,
}

impl Reader for Collector {
    fn before(&mut self, _: u64, command: &Command, state: &State) {
        match command {
            Command::Clear { carrier, interval, claim: Claim::Metered } => {
                self.before = self.positions(*carrier, *interval, state);
            }
            Command::Settle { interval, .. } | Command::Resettle { interval, .. } => {
                let tariffs = state.community().map_or(0, |terms| terms.tariffs.len());
                let price = |tariff| state.prices(TariffId(tariff as u16), *interval).unwrap_or_default();
                self.prices = (0..tariffs).map(price).collect();
            }
            _ => {}
        }
    }

    fn after(&mut self, record: u64, command: &Command, events: &[Event], state: &State) {
        self.records = record + 1;
        let mut bills = BTreeMap::new();
        for event in events {
            match *event {
                Event::Metered(reading) => self.know(record, Knowledge::Metered, &reading, state),
                Event::Substituted(reading) => self.know(record, Knowledge::Substituted, &reading, state),
                Event::Corrected(reading) => self.know(record, Knowledge::Corrected, &reading, state),
                Event::Filled { id, account, meter, energy, money, .. } => {
                    let contract = Contract { record, side: id.side, energy, money };
                    self.contract(account, meter, id.interval, contract);
                }
                Event::Converted { account, meter, interval, side, energy, money, .. } => {
                    self.contract(account, meter, interval, Contract { record, side, energy, money });
                }
                Event::Posted(posting) => self.posted(record, &posting, state, &mut bills),
                Event::Settled { interval, .. } => {
                    let (first, _) = self.span.unwrap_or((interval.start, 0));
                    self.span = Some((first.min(interval.start), interval.end()));
                }
                _ => {}
            }
        }
        if let Command::Clear { carrier, interval, claim: Claim::Metered } = command {
            self.shared(record, *carrier, *interval, state);
        }
        let correction = matches!(command, Command::Resettle { .. });
        for ((account, meter, start), mut billed) in bills {
            self.complete(&mut billed, (meter, start), correction, state);
            self.statement(account).billed.push(billed);
        }
        if let Command::Settle { carrier, interval } = command {
            self.settled(*carrier, *interval, state);
        }
    }
}

impl Collector {
    /// Collects only what an account was billed for the interval that holds an instant.
    pub(crate) fn of_interval(account: AccountId, instant: u64) -> Self {
        Self { wanted: Some([account].into()), instant: Some(instant), ..Self::default() }
    }

    pub(crate) fn finish(mut self, mut state: State, path: &Path) -> Result<Statements, Error> {
        let Some(community) = state.community().cloned() else {
            let what = "it holds no records".into();
            return Err(Error::Damaged { path: path.into(), record: 0, what });
        };
        let accounts = state.accounts().len() as u32;
        let members = (AccountId::FIRST_MEMBER.0..accounts).map(AccountId);
        let members: Vec<_> = members.filter(|account| self.wants(*account)).collect();
        let statements = members.into_iter().map(|account| std::mem::take(self.statement(account))).collect();
        let (records, span) = (self.records, self.span);
        Ok(Statements { community, records, root: state.root(), accounts, span, statements })
    }

    fn wants(&self, account: AccountId) -> bool {
        account >= AccountId::FIRST_MEMBER
            && self.wanted.as_ref().is_none_or(|wanted| wanted.contains(&account))
    }

    fn wants_interval(&self, interval: DeliveryInterval) -> bool {
        self.instant.is_none_or(|instant| (interval.start..interval.end()).contains(&instant))
    }

    fn statement(&mut self, account: AccountId) -> &mut Statement {
        self.statements.entry(account).or_insert_with(|| Statement { account, ..Statement::default() })
    }

    fn know(&mut self, record: u64, knowledge: Knowledge, reading: &Reading, state: &State) {
        let Reading { meter, interval, import, export, sequence } = *reading;
        let owner = state.meters().get(meter.0 as usize).map(|meter| meter.terms.account);
        if owner.is_some_and(|owner| self.wants(owner)) && self.wants_interval(interval) {
            let known = Known { knowledge, record, sequence, import, export };
            self.known.insert((meter, interval.start), known);
        }
    }

    fn contract(
        &mut self,
        account: AccountId,
        meter: MeterId,
        interval: DeliveryInterval,
        contract: Contract,
    ) {
        if self.wants(account) && self.wants_interval(interval) && contract.energy.0 > 0 {
            self.contracts.entry((meter, interval.start)).or_default().push(contract);
        }
    }

    /// What the metering points asked for have traded.
    fn positions(
        &self,
        carrier: Carrier,
        interval: DeliveryInterval,
        state: &State,
    ) -> Vec<(MeterId, Position)> {
        let asked = |meter: &&MeterId| {
            let meter = state.meters().get(meter.0 as usize);
            meter.is_some_and(|meter| self.wants(meter.terms.account))
        };
        let position = |meter: &MeterId| Some((*meter, *state.position(*meter, interval)?));
        if !self.wants_interval(interval) {
            return Vec::new();
        }
        state.connected(carrier).iter().filter(asked).filter_map(position).collect()
    }

    /// What a key gave out of metered energy: positions grow, no order is filled.
    fn shared(&mut self, record: u64, carrier: Carrier, interval: DeliveryInterval, state: &State) {
        let before = std::mem::take(&mut self.before);
        for (meter, after) in self.positions(carrier, interval, state) {
            let before = before.iter().find(|(other, _)| *other == meter);
            let before = before.map_or_else(Position::default, |(_, position)| *position);
            let Some(owner) = state.meters().get(meter.0 as usize).map(|meter| meter.terms.account) else {
                continue;
            };
            let parts = [
                (Side::Buy, after.bought - before.bought, after.paid() - before.paid()),
                (Side::Sell, after.sold - before.sold, after.received() - before.received()),
            ];
            for (side, energy, money) in parts {
                self.contract(owner, meter, interval, Contract { record, side, energy, money });
            }
        }
    }

    /// Remembers what bills of nothing count too, where it may still be corrected.
    fn settled(&mut self, carrier: Carrier, interval: DeliveryInterval, state: &State) {
        for meter in state.connected(carrier) {
            let key = (*meter, interval.start);
            if let Some(known) = self.known.get(&key).copied()
                && !self.counted.contains_key(&key)
            {
                if state.agreement(interval).is_some() {
                    self.counted.insert(key, Counted { known: Some(known), ..Counted::default() });
                } else {
                    self.known.remove(&key);
                }
            }
        }
    }

    fn posted(
        &mut self,
        record: u64,
        posting: &Posting,
        state: &State,
        bills: &mut BTreeMap<(AccountId, MeterId, u64), Billed>,
    ) {
        let Posting { kind, debit, credit, money, .. } = *posting;
        let time = state.now();
        for (account, with, money) in [(debit, credit, money), (credit, debit, -money)] {
            if !self.wants(account) || posting.interval.is_some_and(|interval| !self.wants_interval(interval))
            {
                continue;
            }
            let place = (posting.meter, posting.interval, posting.carrier, posting.side);
            let (Some(meter), Some(interval), Some(carrier), Some(side)) = place else {
                if kind.is_payment() && self.instant.is_none() {
                    let payment = Payment { record, time, kind, money: -money };
                    self.statement(account).payments.push(payment);
                }
                continue;
            };
            let billed = bills.entry((account, meter, interval.start)).or_insert_with(|| Billed {
                record,
                posted: time,
                interval,
                carrier,
                meter,
                reading: None,
                correction: false,
                replaces: None,
                contracts: Vec::new(),
                items: Vec::new(),
                at_tariff: Money::ZERO,
            });
            billed.items.push(Item { kind, side, with, energy: posting.energy, price: posting.price, money });
        }
    }

    /// Adds what the postings do not say: the reading behind them, the trades, and the supplier's price of it all.
    fn complete(&mut self, billed: &mut Billed, key: (MeterId, u64), correction: bool, state: &State) {
        billed.correction = correction;
        let correctable = state.agreement(billed.interval).is_some();
        billed.reading = self.known.get(&key).copied();
        let before = self.counted.get(&key).copied().unwrap_or_default();
        billed.replaces = before.known.filter(|known| billed.reading != Some(*known));
        billed.contracts = self.contracts.remove(&key).unwrap_or_default();
        let (import, export) = billed.counted();
        let now =
            Counted { known: billed.reading, import: before.import + import, export: before.export + export };
        if correctable {
            self.counted.insert(key, now);
        } else {
            self.known.remove(&key);
        }
        let tariff = state.meters().get(billed.meter.0 as usize).map(|meter| meter.terms.tariff);
        let terms = tariff.and_then(|tariff| Some((tariff, state.tariff(tariff, billed.interval).ok()?)));
        if let Some((tariff, TariffVersion { tariff: terms, vat, .. })) = terms {
            let prices = self.prices.get(usize::from(tariff.0)).copied().unwrap_or_default();
            let agreed = Agreed { vat: *vat, ..Agreed::default() };
            let alone = |counted: Counted| {
                let Counted { import, export, .. } = counted;
                Bill { position: Position::default(), import, export, prices, tariff: terms, agreed }.total()
            };
            billed.at_tariff = alone(now) - alone(before);
        }
    }
}
