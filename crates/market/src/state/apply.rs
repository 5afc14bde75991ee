//! Who may do what: authentication, founding, registration, money in and out.

use super::accounts::Bank;
use super::{Founded, Published, State};
use crate::rule::RuleKind;
use crate::signing::{Domain, Recover, is_canonical};
use crate::{
    Account, AccountId, Address, Attributes, Authentication, Command, Community, Delegate, DeliveryInterval,
    Envelope, Event, Location, MAX_ENERGY, MAX_MONEY, MAX_PRICE, Meter, MeterId, MeterTerms, Money, PPM,
    Posting, PostingKind, Prices, Rejection, Rule, Sink, TariffId, TariffKind, TariffVersion, keccak256,
};
use alloc::collections::VecDeque;
use alloc::vec::Vec;

/// Whose key has to have signed a command.
#[derive(Clone, Copy)]
pub(super) enum Signer {
    Operator,
    /// The account's own key only.
    Owner(AccountId),
    /// The account's key or a delegate's.
    Trader(AccountId),
    Meter(MeterId),
}

/// Most accounts and metering points: leaves of a tree of depth 20.
const MAX_LEAVES: usize = 1 << super::commitment::DEPTH;
/// Most delegates of one account.
const MAX_DELEGATES: usize = 16;
/// Most dynamic prices held per tariff: a year of quarter hours and a month.
const MAX_PUBLISHED: usize = 40_000;

impl State {
    /// Applies one command, or refuses it and changes nothing.
    ///
    /// # Errors
    /// The lowest-numbered [`Rejection`] that applies.
    pub fn apply(
        &mut self,
        envelope: &Envelope,
        recover: &impl Recover,
        sink: &mut impl Sink,
    ) -> Result<(), Rejection> {
        let command = &envelope.command;
        if let Command::Found(terms) = command {
            return self.found(terms, envelope, recover);
        }
        self.community.as_ref().ok_or(Rejection::NotFounded)?;
        self.authenticate(self.signer(command)?, envelope, recover)?;
        match command {
            Command::Found(_) => Err(Rejection::AlreadyFounded),
            Command::Tick { time } => self.tick(*time),
            Command::RegisterAccount { address } => self.register_account(*address, sink),
            Command::RegisterMeter { terms, nonce } => self.register_meter(*terms, *nonce, sink),
            Command::Delegate { account, delegate, nonce } => self.delegate(*account, *delegate, *nonce),
            Command::Revoke { account, address, nonce } => self.revoke(*account, *address, *nonce),
            Command::Deposit { account, amount, nonce } => self.deposit(*account, *amount, *nonce, sink),
            Command::Withdraw { account, amount, nonce } => self.withdraw(*account, *amount, *nonce, sink),
            Command::Transfer { from, to, amount, nonce } => self.transfer(*from, *to, *amount, *nonce, sink),
            Command::Place(order) => self.place(order, &Attributes::default(), &[], sink),
            Command::PlaceWith { order, attributes, steps } => self.place(order, attributes, steps, sink),
            Command::Locate { meter, location, nonce } => self.locate(*meter, *location, *nonce),
            Command::Cancel { account, order, nonce } => self.cancel(*account, *order, *nonce, sink),
            Command::PublishPrices { tariff, start, prices } => self.publish(*tariff, *start, prices),
            Command::Close { carrier, interval } => self.close(*carrier, *interval),
            Command::Clear { carrier, interval, claim } => self.clear(*carrier, *interval, claim, sink),
            Command::Read(reading) => self.read(reading, sink),
            Command::Settle { carrier, interval } => self.settle(*carrier, *interval, sink),
            Command::Convert(offer) => self.convert(offer),
            Command::Store(offer) => self.store(offer),
            Command::Agree { terms, nonce } => self.agree(terms, *nonce),
            Command::Reprice { tariff, version, nonce } => self.reprice(*tariff, version, *nonce),
            Command::Equip { meter, equipment, nonce } => self.equip(*meter, equipment, *nonce),
            Command::ReadRegister(reading) => self.read_register(reading, sink),
            Command::Correct(reading) => self.correct(reading, sink),
            Command::Resettle { carrier, interval } => self.resettle(*carrier, *interval, sink),
            Command::Checkpoint { root } => {
                if self.root() != *root {
                    return Err(Rejection::WrongRoot);
                }
                sink.event(Event::Checkpoint(*root));
                Ok(())
            }
        }
    }

    fn signer(&self, command: &Command) -> Result<Signer, Rejection> {
        let known = |account: AccountId| {
            let member = account.0 >= AccountId::FIRST_MEMBER.0 && (account.0 as usize) < self.accounts.len();
            if member { Ok(account) } else { Err(Rejection::UnknownAccount) }
        };
        Ok(match command {
            Command::Place(order) | Command::PlaceWith { order, .. } => Signer::Trader(known(order.account)?),
            Command::Cancel { account, .. } => Signer::Trader(known(*account)?),
            Command::Convert(offer) => Signer::Trader(known(offer.account)?),
            Command::Store(offer) => Signer::Trader(known(offer.account)?),
            Command::Delegate { account, .. }
            | Command::Revoke { account, .. }
            | Command::Withdraw { account, .. }
            | Command::Transfer { from: account, .. } => Signer::Owner(known(*account)?),
            Command::Read(reading) | Command::Correct(reading) => Signer::Meter(reading.meter),
            Command::ReadRegister(reading) => Signer::Meter(reading.meter),
            _ => Signer::Operator,
        })
    }

    fn authenticate(
        &self,
        signer: Signer,
        envelope: &Envelope,
        recover: &impl Recover,
    ) -> Result<(), Rejection> {
        let Some(Founded { terms, domain, .. }) = &self.community else { return Err(Rejection::NotFounded) };
        let own = match signer {
            Signer::Operator => terms.operator,
            Signer::Owner(account) | Signer::Trader(account) => {
                self.accounts.get(account.0 as usize).ok_or(Rejection::UnknownAccount)?.address
            }
            Signer::Meter(meter) => {
                self.meters.get(meter.0 as usize).ok_or(Rejection::UnknownMeter)?.terms.key
            }
        };
        let Some(address) = signed_by(terms, domain, envelope, recover)? else { return Ok(()) };
        let delegated = || {
            let Signer::Trader(account) = signer else { return false };
            self.accounts.get(account.0 as usize).is_some_and(|account| {
                account.delegates.iter().any(|key| key.address == address && self.now < key.expires)
            })
        };
        if address == own || delegated() { Ok(()) } else { Err(Rejection::BadSignature) }
    }

    fn found(
        &mut self,
        terms: &Community,
        envelope: &Envelope,
        recover: &impl Recover,
    ) -> Result<(), Rejection> {
        if self.community.is_some() {
            return Err(Rejection::AlreadyFounded);
        }
        validate(terms).ok_or(Rejection::BadTerms)?;
        let domain = Domain::of(terms);
        if signed_by(terms, &domain, envelope, recover)?.is_some_and(|address| address != terms.operator) {
            return Err(Rejection::BadSignature);
        }
        let mut bytes = Vec::new();
        crate::encoding::encode(&Envelope { command: envelope.command.clone(), signature: None }, &mut bytes);
        self.published = alloc::vec![Published::default(); terms.tariffs.len()];
        self.tariffs =
            terms.tariffs.iter().map(|tariff| alloc::vec![TariffVersion::founding(tariff)]).collect();
        self.accounts = alloc::vec![Account::default(); AccountId::FIRST_MEMBER.0 as usize];
        (0..AccountId::FIRST_MEMBER.0).for_each(|index| self.commitment.accounts_dirty.mark(index));
        self.community = Some(Founded { terms: terms.clone(), domain, hash: keccak256(&bytes) });
        Ok(())
    }

    fn tick(&mut self, time: u64) -> Result<(), Rejection> {
        if time < self.now || time >= 1 << 40 {
            return Err(Rejection::TimeRunsBackwards);
        }
        self.now = time;
        Ok(())
    }

    fn register_account(&mut self, address: Address, sink: &mut impl Sink) -> Result<(), Rejection> {
        if self.addresses.contains_key(&address) {
            return Err(Rejection::AddressTaken);
        }
        let id = next_leaf(self.accounts.len())?;
        self.addresses.insert(address, AccountId(id));
        self.accounts.push(Account { address, ..Account::default() });
        self.commitment.accounts_dirty.mark(id);
        sink.event(Event::AccountOpened(AccountId(id)));
        Ok(())
    }

    fn register_meter(
        &mut self,
        terms: MeterTerms,
        nonce: u64,
        sink: &mut impl Sink,
    ) -> Result<(), Rejection> {
        let member =
            terms.account.0 >= AccountId::FIRST_MEMBER.0 && (terms.account.0 as usize) < self.accounts.len();
        if !member {
            return Err(Rejection::UnknownAccount);
        }
        self.check_operator_nonce(nonce)?;
        let id = next_leaf(self.meters.len())?;
        self.market(terms.carrier)?;
        let tariffs = self.community().map_or(0, |community| community.tariffs.len());
        if usize::from(terms.tariff.0) >= tariffs {
            return Err(Rejection::UnknownTariff);
        }
        let shared =
            self.shares.get(terms.carrier as usize).copied().unwrap_or(0).saturating_add(terms.share);
        let capacities = [terms.import_capacity, terms.export_capacity];
        let bounded = capacities.iter().all(|capacity| (0..=MAX_ENERGY.0).contains(&capacity.0));
        if !bounded || shared > 1_000_000 {
            return Err(Rejection::BadAmount);
        }
        let connected = self.connected.get_mut(terms.carrier as usize).ok_or(Rejection::NotTraded)?;
        self.places.push(connected.len() as u32);
        connected.push(MeterId(id));
        for ((_, carrier), delivery) in &mut self.deliveries {
            if *carrier == terms.carrier {
                delivery.meter_connected();
            }
        }
        if let Some(sum) = self.shares.get_mut(terms.carrier as usize) {
            *sum = shared;
        }
        self.operator_nonce = nonce;
        self.meters.push(Meter {
            terms,
            sequence: 0,
            location: Location::default(),
            equipment: crate::Equipment::default(),
        });
        self.commitment.meters_dirty.mark(id);
        sink.event(Event::MeterConnected(MeterId(id)));
        Ok(())
    }

    fn locate(&mut self, meter: MeterId, location: Location, nonce: u64) -> Result<(), Rejection> {
        if meter.0 as usize >= self.meters.len() {
            return Err(Rejection::UnknownMeter);
        }
        self.check_operator_nonce(nonce)?;
        self.operator_nonce = nonce;
        if let Some(meter) = self.meters.get_mut(meter.0 as usize) {
            meter.location = location;
        }
        self.commitment.meters_dirty.mark(meter.0);
        Ok(())
    }

    fn delegate(&mut self, account: AccountId, delegate: Delegate, nonce: u64) -> Result<(), Rejection> {
        let now = self.now;
        let delegates = &mut self.fresh(account, nonce)?.delegates;
        let others = |key: &Delegate| key.address != delegate.address && now < key.expires;
        if delegates.iter().filter(|key| others(key)).count() >= MAX_DELEGATES {
            return Err(Rejection::TooMany);
        }
        delegates.retain(others);
        delegates.push(delegate);
        self.use_nonce(account, nonce)
    }

    fn revoke(&mut self, account: AccountId, address: Address, nonce: u64) -> Result<(), Rejection> {
        self.fresh(account, nonce)?.delegates.retain(|key| key.address != address);
        self.use_nonce(account, nonce)
    }

    fn deposit(
        &mut self,
        account: AccountId,
        amount: Money,
        nonce: u64,
        sink: &mut impl Sink,
    ) -> Result<(), Rejection> {
        // The community's and the guarantor's funds are deposits too, and so is what an outside party pays in
        // beforehand; only the world cannot pay itself.
        if account == AccountId::WORLD || account.0 as usize >= self.accounts.len() {
            return Err(Rejection::UnknownAccount);
        }
        self.check_operator_nonce(nonce)?;
        let world = self.accounts.get(AccountId::WORLD.0 as usize).map_or(Money::ZERO, |world| world.balance);
        if amount.0 <= 0 || amount > MAX_MONEY + world {
            return Err(Rejection::BadAmount);
        }
        self.operator_nonce = nonce;
        let posting = without_energy(PostingKind::Deposit, AccountId::WORLD, account, amount);
        self.bank().post(posting, sink)
    }

    fn withdraw(
        &mut self,
        account: AccountId,
        amount: Money,
        nonce: u64,
        sink: &mut impl Sink,
    ) -> Result<(), Rejection> {
        self.fresh(account, nonce)?;
        if amount.0 <= 0 || amount > MAX_MONEY {
            return Err(Rejection::BadAmount);
        }
        if self.bank().available(account) < amount {
            return Err(Rejection::InsufficientFunds);
        }
        self.use_nonce(account, nonce)?;
        let posting = without_energy(PostingKind::Withdrawal, account, AccountId::WORLD, amount);
        self.bank().post(posting, sink)
    }

    fn transfer(
        &mut self,
        from: AccountId,
        to: AccountId,
        amount: Money,
        nonce: u64,
        sink: &mut impl Sink,
    ) -> Result<(), Rejection> {
        if to.0 < AccountId::FIRST_MEMBER.0 || to.0 as usize >= self.accounts.len() {
            return Err(Rejection::UnknownAccount);
        }
        self.fresh(from, nonce)?;
        if amount.0 <= 0 || amount > MAX_MONEY {
            return Err(Rejection::BadAmount);
        }
        if self.bank().available(from) < amount {
            return Err(Rejection::InsufficientFunds);
        }
        if from == to {
            return Err(Rejection::SelfTrade);
        }
        self.use_nonce(from, nonce)?;
        self.bank().post(without_energy(PostingKind::Transfer, from, to, amount), sink)
    }

    fn publish(
        &mut self,
        tariff: TariffId,
        start: DeliveryInterval,
        prices: &[Prices],
    ) -> Result<(), Rejection> {
        let start = self.on_grid(start)?;
        let terms = self.community().ok_or(Rejection::NotFounded)?;
        let versions = self.tariffs.get(usize::from(tariff.0)).ok_or(Rejection::UnknownTariff)?;
        if !versions.iter().any(|version| version.tariff.kind == TariffKind::Dynamic) {
            return Err(Rejection::UnknownTariff);
        }
        if prices.is_empty() || !prices.iter().all(bounded) {
            return Err(Rejection::BadAmount);
        }
        // Prices of intervals that every carrier has settled can no longer be asked for once nothing is corrected there.
        let traded = |index: usize| terms.markets.iter().any(|market| market.carrier as usize == index);
        let settled = self.settled_until.iter().enumerate().filter(|(index, _)| traded(*index));
        let settled = settled.map(|(_, until)| *until).min().unwrap_or(0);
        let settled = settled.saturating_sub(self.longest_window());
        let settled = settled.min(self.archive.first_start().unwrap_or(settled)) / u64::from(start.duration);
        let published = self.published.get_mut(usize::from(tariff.0)).ok_or(Rejection::UnknownTariff)?;
        let next = published.first + published.prices.len() as u64;
        let forgotten = settled.saturating_sub(published.first).min(published.prices.len() as u64) as usize;
        if next != 0 && start.number() > next {
            return Err(Rejection::BadInterval);
        }
        if published.prices.len() - forgotten + prices.len() > MAX_PUBLISHED {
            return Err(Rejection::TooMany);
        }
        if start.number() < next {
            return Err(Rejection::PricePublished);
        }
        if next == 0 {
            *published = Published { first: start.number(), prices: VecDeque::new() };
        } else {
            published.prices.drain(..forgotten);
            published.first += forgotten as u64;
        }
        published.prices.extend(prices);
        Ok(())
    }

    pub(super) fn bank(&mut self) -> Bank<'_> {
        Bank { accounts: &mut self.accounts, dirty: &mut self.commitment.accounts_dirty }
    }

    /// The account, if the nonce has not been used.
    pub(super) fn fresh(&mut self, account: AccountId, nonce: u64) -> Result<&mut Account, Rejection> {
        let entry = self.accounts.get_mut(account.0 as usize).ok_or(Rejection::UnknownAccount)?;
        if nonce > entry.nonce { Ok(entry) } else { Err(Rejection::StaleNonce) }
    }

    pub(super) fn use_nonce(&mut self, account: AccountId, nonce: u64) -> Result<(), Rejection> {
        self.commitment.accounts_dirty.mark(account.0);
        self.fresh(account, nonce)?.nonce = nonce;
        Ok(())
    }

    pub(super) const fn check_operator_nonce(&self, nonce: u64) -> Result<(), Rejection> {
        if nonce > self.operator_nonce { Ok(()) } else { Err(Rejection::StaleNonce) }
    }
}

/// Who signed; `None` where the operator answers for everybody and signatures have no place.
fn signed_by(
    terms: &Community,
    domain: &Domain,
    envelope: &Envelope,
    recover: &impl Recover,
) -> Result<Option<Address>, Rejection> {
    match (terms.authentication, &envelope.signature) {
        (Authentication::Operator, None) => Ok(None),
        (Authentication::Signature, Some(signature)) if is_canonical(signature) => recover
            .recover(&domain.digest(&envelope.command), signature)
            .map(Some)
            .ok_or(Rejection::BadSignature),
        _ => Err(Rejection::BadSignature),
    }
}

fn next_leaf(taken: usize) -> Result<u32, Rejection> {
    if taken < MAX_LEAVES { Ok(taken as u32) } else { Err(Rejection::TooMany) }
}

const fn without_energy(kind: PostingKind, debit: AccountId, credit: AccountId, money: Money) -> Posting {
    Posting {
        kind,
        debit,
        credit,
        money,
        meter: None,
        energy: crate::Energy::ZERO,
        price: None,
        interval: None,
        carrier: None,
        side: None,
    }
}

fn bounded(prices: &Prices) -> bool {
    [prices.import, prices.export].iter().all(|price| price.abs() <= MAX_PRICE)
}

/// Whether the terms make sense; `None` where they do not.
fn validate(terms: &Community) -> Option<()> {
    DeliveryInterval::new(0, terms.interval_duration)?;
    let ordered = terms.markets.is_sorted_by(|one, other| one.carrier < other.carrier);
    let markets = terms.markets.iter().all(|market| {
        let collar =
            market.floor <= market.cap && market.floor.abs() <= MAX_PRICE && market.cap.abs() <= MAX_PRICE;
        collar
            && market.rule.kind().may_hold_money()
            && match market.rule {
                Rule::MidMarketRate { tariff } | Rule::SupplyDemandRatio { tariff } => {
                    usize::from(tariff.0) < terms.tariffs.len()
                }
                Rule::ExPost { tariff, weights } => {
                    usize::from(tariff.0) < terms.tariffs.len() && weights.iter().all(|part| *part <= PPM)
                }
                Rule::Sharing { price, .. } => price.abs() <= MAX_PRICE,
                Rule::AuctionFirst { key, price, .. } => {
                    price.abs() <= MAX_PRICE && RuleKind::Key(key).may_hold_money()
                }
                Rule::Bilateral { charges } => {
                    charges.iter().all(|charge| (0..=MAX_PRICE.0).contains(&charge.0))
                }
                _ => true,
            }
    });
    let tariffs = terms.tariffs.iter().all(|tariff| tariff.is_valid(terms.interval_duration));
    let horizon = (1..=1000).contains(&terms.horizon) && terms.gate_closure <= 7 * 86_400;
    let offset = terms.utc_offset.unsigned_abs() <= 14 * 3600;
    (ordered
        && markets
        && tariffs
        && horizon
        && offset
        && !terms.markets.is_empty()
        && terms.tariffs.len() <= 1000)
        .then_some(())
}
