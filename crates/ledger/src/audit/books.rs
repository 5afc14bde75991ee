//! The auditor's own books, kept from commands and events without a look at how the market keeps its own.

use super::accounts::{Transfer, postings};
use super::authority::Signer;
use super::corrections::{OwnSettled, Traded};
use super::offers::OwnOffer;
use super::registers::OwnRegister;
use super::tally::Tally;
use market::signing::Domain;
use market::{
    AccountId, Address, Agreement, Attributes, Carrier, Claim, Command, Community, Conversion,
    DeliveryInterval, Energy, Equipment, Event, Law, Location, MAX_PRICE, MeterId, MeterTerms, Money, Order,
    PostingKind, Price, Prices, Register, Side, State, StorageOffer, TariffVersion, TimeInForce,
};
use std::collections::{BTreeMap, BTreeSet};

/// Everything the auditor has written down.
#[derive(Clone, Default)]
pub(super) struct Books {
    pub(super) terms: Option<Community>,
    pub(super) domain: Option<Domain>,
    pub(super) now: u64,
    pub(super) operator_nonce: u64,
    pub(super) accounts: Vec<OwnAccount>,
    pub(super) meters: Vec<OwnMeter>,
    /// By the moment they come into force.
    pub(super) agreements: BTreeMap<u64, Agreement>,
    /// By tariff and the moment they come into force; the founding terms are not among them.
    pub(super) versions: BTreeMap<(u16, u64), TariffVersion>,
    /// Dynamic prices by tariff and interval number.
    pub(super) published: BTreeMap<(u16, u64), Prices>,
    pub(super) deliveries: BTreeMap<(Carrier, u64), OwnDelivery>,
    /// Open offers to convert and to store, in order of arrival.
    pub(super) offers: Vec<OwnOffer>,
    /// Of cumulative meters, every reading in force by the start of its interval.
    pub(super) standing: BTreeMap<MeterId, BTreeMap<u64, [Energy; 2]>>,
    /// Settled intervals whose readings may be corrected.
    pub(super) settled: BTreeMap<(Carrier, u64), OwnSettled>,
    /// Per carrier, where the last settled interval ends.
    pub(super) settled_until: BTreeMap<Carrier, u64>,
    /// Accounts that the record at hand changed.
    pub(super) touched: Vec<AccountId>,
}

#[derive(Clone, Default)]
pub(super) struct OwnAccount {
    pub(super) address: Address,
    pub(super) balance: Money,
    pub(super) holds: Money,
    pub(super) debt: Money,
    pub(super) nonce: u64,
    pub(super) delegates: BTreeMap<Address, u64>,
}

#[derive(Clone)]
pub(super) struct OwnMeter {
    pub(super) terms: MeterTerms,
    pub(super) sequence: u64,
    pub(super) location: Location,
    pub(super) equipment: Equipment,
    pub(super) register: Option<OwnRegister>,
}

/// One carrier and interval.
#[derive(Clone, Default)]
pub(super) struct OwnDelivery {
    pub(super) frozen: bool,
    /// Whether metered energy is shared.
    pub(super) shared: bool,
    /// Orders to buy and to sell, in order of arrival.
    pub(super) orders: [Vec<OwnOrder>; 2],
    /// How many have arrived.
    pub(super) arrivals: [u32; 2],
    pub(super) positions: BTreeMap<MeterId, OwnPosition>,
    /// Energy bought, by how far its seller is; kept once a tariff asks.
    pub(super) distances: BTreeMap<MeterId, [Energy; 4]>,
    /// Energy taken and given.
    pub(super) readings: Readings,
    /// Whose reading is an estimate.
    pub(super) estimated: BTreeSet<MeterId>,
    /// What was traded before metered energy was shared.
    pub(super) traded: Option<Traded>,
}

/// Energy taken and given.
pub(super) type Readings = BTreeMap<MeterId, (Energy, Energy)>;

#[derive(Clone, Debug)]
pub(super) struct OwnOrder {
    pub(super) order: Order,
    pub(super) attributes: Attributes,
    pub(super) location: Location,
    pub(super) arrival: u32,
    /// Not filled yet.
    pub(super) open: Energy,
    /// Of a block, where its first part arrived and how many intervals after that this part is; else 0.
    pub(super) block: u32,
    pub(super) part: u16,
}

/// What a metering point has traded.
#[derive(Clone, Copy, Default)]
pub(super) struct OwnPosition {
    pub(super) bought: Energy,
    pub(super) sold: Energy,
    pub(super) paid: Money,
    pub(super) received: Money,
    /// Held on the account for what is traded.
    pub(super) hold: Money,
}

impl OwnOrder {
    /// What an account promises for this much of the order: enough to pay at its limit.
    pub(super) fn hold(&self, energy: Energy) -> Money {
        let worst = energy * self.bound();
        let owed = if self.order.side == Side::Buy { worst } else { -worst };
        owed.max(Money::ZERO)
    }

    /// The limit that decides whether its account would trade with itself: a block keeps its own on average only.
    pub(super) fn reach(&self) -> Price {
        match (self.order.side, self.attributes.further) {
            (_, 0) => self.bound(),
            (Side::Buy, _) => MAX_PRICE,
            (Side::Sell, _) => -MAX_PRICE,
        }
    }

    /// The worst price it may ever trade at: its limit, and the premium where its wish is granted.
    pub(super) fn bound(&self) -> Price {
        match self.order.side {
            Side::Buy => self.order.limit + self.attributes.premium,
            Side::Sell => self.order.limit - self.attributes.premium,
        }
    }
}

impl Books {
    /// Writes down an accepted record and checks every law that it touches.
    pub(super) fn record(
        &mut self,
        command: &Command,
        signer: Signer,
        events: &[Event],
        state: &State,
        tally: &mut Tally,
    ) {
        if let Command::Found(terms) = command {
            self.domain = Some(Domain::of(terms));
            self.terms = Some((**terms).clone());
            self.accounts.resize_with(AccountId::FIRST_MEMBER.0 as usize, OwnAccount::default);
        }
        let allowed = self.may_give(command, signer);
        tally.check(Law::A1, allowed, || format!("given by {signer:?}, who may not give this command"));
        self.nonce(command, tally);
        match command {
            Command::Found(_) => {}
            Command::Tick { time } => {
                let now = self.now;
                tally.check(Law::C9, *time >= now, || format!("time goes back from {now} to {time}"));
                self.now = *time;
            }
            Command::RegisterAccount { address } => {
                let known = self.accounts.iter().any(|account| account.address == *address);
                tally.check(Law::A1, !known, || "two accounts have one address".into());
                let told = events == [Event::AccountOpened(AccountId(self.accounts.len() as u32))];
                tally.check(Law::C12, told, || "another account was opened than asked for".into());
                self.accounts.push(OwnAccount { address: *address, ..OwnAccount::default() });
            }
            Command::RegisterMeter { terms, .. } => {
                let shares: u64 =
                    self.meters.iter().filter(|meter| meter.terms.carrier == terms.carrier).map(share).sum();
                let shares = shares + u64::from(terms.share);
                tally.check(Law::D4, shares <= 1_000_000, || {
                    format!("the shares sum to {shares} parts per million")
                });
                let told = events == [Event::MeterConnected(MeterId(self.meters.len() as u32))];
                tally.check(Law::C12, told, || "another metering point was connected than asked for".into());
                self.meters.push(OwnMeter {
                    terms: *terms,
                    sequence: 0,
                    location: Location::default(),
                    equipment: Equipment::default(),
                    register: None,
                });
            }
            Command::Delegate { account, delegate, .. } => {
                let now = self.now;
                let delegates = &mut self.account(*account).delegates;
                delegates.retain(|_, expires| now < *expires);
                delegates.insert(delegate.address, delegate.expires);
            }
            Command::Revoke { account, address, .. } => {
                self.account(*account).delegates.remove(address);
            }
            Command::Deposit { account, amount, .. } => {
                let (from, to) = (AccountId::WORLD, *account);
                self.moved(events, Transfer { kind: PostingKind::Deposit, from, to, amount: *amount }, tally);
            }
            Command::Withdraw { account, amount, .. } => {
                let (from, to) = (*account, AccountId::WORLD);
                self.moved(
                    events,
                    Transfer { kind: PostingKind::Withdrawal, from, to, amount: *amount },
                    tally,
                );
            }
            Command::Transfer { from, to, amount, .. } => {
                let (from, to) = (*from, *to);
                let members = from.min(to) >= AccountId::FIRST_MEMBER;
                tally.check(Law::S3, members, || format!("account {} paid account {}", from.0, to.0));
                self.moved(
                    events,
                    Transfer { kind: PostingKind::Transfer, from, to, amount: *amount },
                    tally,
                );
            }
            Command::Place(order) => self.place(order, &Attributes::default(), &[], events, state, tally),
            Command::PlaceWith { order, attributes, steps } => {
                self.place(order, attributes, steps, events, state, tally);
            }
            Command::Locate { meter, location, .. } => {
                let known = self.meters.get_mut(meter.0 as usize);
                tally.check(Law::A1, known.is_some(), || format!("there is no metering point {}", meter.0));
                known.into_iter().for_each(|meter| meter.location = *location);
            }
            Command::Cancel { account, order, .. } => self.cancel(*account, *order, events, tally),
            Command::PublishPrices { tariff, start, prices } => {
                for (number, prices) in (start.number()..).zip(prices) {
                    let before = self.published.insert((tariff.0, number), *prices);
                    tally.check(Law::S8, before.is_none(), || "a price was published before".into());
                }
            }
            Command::Close { carrier, interval } => self.close(*carrier, *interval, state, tally),
            Command::Clear { carrier, interval, claim: Claim::Metered } => {
                self.clear_metered(*carrier, *interval, events, state, tally);
            }
            Command::Clear { carrier, interval, claim: Claim::Coupled { nodes, conversions, storages } } => {
                tally
                    .check(Law::S3, postings(events).next().is_none(), || "money moved at a clearing".into());
                let claim = (&nodes[..], &conversions[..], &storages[..]);
                self.clear_coupled((*carrier, *interval), claim, events, tally);
            }
            Command::Clear { carrier, interval, claim: Claim::Nothing } if self.is_coupled(*carrier) => {
                self.set_aside((*carrier, *interval), events, tally);
            }
            Command::Clear { carrier, interval, .. } => self.clear(*carrier, *interval, events, tally),
            Command::Read(reading) => {
                let told = events == [Event::Metered(*reading)];
                tally.check(Law::D2, told, || "another reading is in force than was sent".into());
                self.read(reading, tally);
            }
            Command::Settle { carrier, interval } => self.settle(*carrier, *interval, events, tally),
            Command::Convert(offer) => self.offer(OwnOffer::Convert(offer.clone()), events, tally),
            Command::Store(offer) => self.offer(OwnOffer::Store(*offer), events, tally),
            Command::Agree { terms, .. } => self.agree(terms, events, tally),
            Command::Reprice { tariff, version, .. } => self.reprice(*tariff, version, events, tally),
            Command::Equip { meter, equipment, .. } => self.equip(*meter, equipment, events, tally),
            Command::ReadRegister(reading) => self.read_register(reading, events, tally),
            Command::Correct(reading) => self.correct(reading, events, tally),
            Command::Resettle { carrier, interval } => self.resettle(*carrier, *interval, events, tally),
            Command::Checkpoint { root } => {
                let told = events == [Event::Checkpoint(*root)];
                tally.check(Law::A4, told, || "another root was confirmed than claimed".into());
                self.compare_all(state, tally);
            }
        }
        self.compare_touched(state, tally);
    }

    /// A nonce is larger than any its account used before (D3).
    fn nonce(&mut self, command: &Command, tally: &mut Tally) {
        let (last, nonce) = match command {
            Command::RegisterMeter { nonce, .. }
            | Command::Deposit { nonce, .. }
            | Command::Locate { nonce, .. }
            | Command::Agree { nonce, .. }
            | Command::Reprice { nonce, .. }
            | Command::Equip { nonce, .. } => (&mut self.operator_nonce, *nonce),
            Command::Place(Order { account, nonce, .. })
            | Command::PlaceWith { order: Order { account, nonce, .. }, .. }
            | Command::Cancel { account, nonce, .. }
            | Command::Delegate { account, nonce, .. }
            | Command::Revoke { account, nonce, .. }
            | Command::Withdraw { account, nonce, .. }
            | Command::Transfer { from: account, nonce, .. }
            | Command::Convert(Conversion { account, nonce, .. })
            | Command::Store(StorageOffer { account, nonce, .. }) => {
                (&mut self.account(*account).nonce, *nonce)
            }
            _ => return,
        };
        tally.check(Law::D3, nonce > *last, || format!("nonce {nonce} after {last}"));
        *last = nonce;
    }

    /// The entry of an account; made where an unknown one is named, which is reported elsewhere.
    pub(super) fn account(&mut self, id: AccountId) -> &mut OwnAccount {
        let index = id.0 as usize;
        if index >= self.accounts.len() {
            self.accounts.resize_with(index + 1, OwnAccount::default);
        }
        &mut self.accounts[index]
    }

    pub(super) fn delivery(&mut self, carrier: Carrier, interval: DeliveryInterval) -> &mut OwnDelivery {
        self.deliveries.entry((carrier, interval.start)).or_default()
    }

    /// A reading is the meter's next (A2), the interval's only one (D2) and within what the point can do (D1).
    fn read(&mut self, reading: &market::Reading, tally: &mut Tally) {
        let market::Reading { meter, interval, import, export, .. } = *reading;
        let Some(own) = self.counts(reading, tally) else { return };
        let interval_meter = own.equipment.register == Register::Interval;
        tally.check(Law::A2, interval_meter, || format!("meter {} has a register", meter.0));
        let carrier = own.terms.carrier;
        let settled = self.is_settled(carrier, interval);
        tally.check(Law::S8, !settled, || "a reading for an interval that is settled".into());
        let before = self.delivery(carrier, interval).readings.insert(meter, (import, export));
        tally.check(Law::D2, before.is_none(), || {
            format!("a second reading of meter {} for the interval", meter.0)
        });
    }

    /// The meter, if it can count this much and has come to that number.
    pub(super) fn counts(&mut self, reading: &market::Reading, tally: &mut Tally) -> Option<OwnMeter> {
        let market::Reading { meter, interval, import, export, sequence } = *reading;
        self.follows(meter, interval, sequence, tally)?;
        let own = self.meters.get(meter.0 as usize).cloned()?;
        let terms = own.terms;
        let within = (0..=terms.import_capacity.0).contains(&import.0)
            && (0..=terms.export_capacity.0).contains(&export.0)
            && self.is_metered(meter);
        tally.check(Law::D1, within, || format!("{import} in, {export} out is beyond meter {}", meter.0));
        let over = interval.end() <= self.now;
        tally.check(Law::D2, over, || "the interval is not over yet".into());
        Some(own)
    }

    /// A number is the meter's next (A2), or a later one where readings may be missing.
    pub(super) fn follows(
        &mut self,
        meter: MeterId,
        interval: DeliveryInterval,
        sequence: u64,
        tally: &mut Tally,
    ) -> Option<()> {
        let gaps = self.agreement(interval).is_some();
        let Some(own) = self.meters.get_mut(meter.0 as usize) else {
            tally.check(Law::A1, false, || format!("there is no metering point {}", meter.0));
            return None;
        };
        let last = std::mem::replace(&mut own.sequence, sequence);
        let right = sequence > last && (gaps || sequence - last == 1);
        tally.check(Law::A2, right, || format!("reading {sequence} of meter {} after {last}", meter.0));
        Some(())
    }

    pub(super) fn is_settled(&self, carrier: Carrier, interval: DeliveryInterval) -> bool {
        self.settled_until.get(&carrier).is_some_and(|until| interval.start < *until)
    }

    /// First instant at which orders for the interval are late.
    pub(super) fn gate(&self, interval: DeliveryInterval) -> u64 {
        interval.start.saturating_sub(self.terms.as_ref().map_or(0, |terms| u64::from(terms.gate_closure)))
    }
}

fn share(meter: &OwnMeter) -> u64 {
    u64::from(meter.terms.share)
}

/// Whether an order of this kind stays after a clearing.
pub(super) fn stays(order: &Order, last: bool) -> bool {
    !last && order.time_in_force == TimeInForce::GateClosure
}
