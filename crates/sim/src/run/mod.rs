//! The run loop: prosumers bid, the market clears, devices act, meters count, bills are settled.
//!
//! Per delivery interval T, gate closure before its start:
//!
//! 1. a second before T's gate, every member places orders for T and the intervals after it, as far as the horizon;
//! 2. at the gate the operator closes and clears each of these books: one round each, the last one for T;
//! 3. at T's end devices act under what was contracted, meters report, the operator settles, now and then has the
//!    root confirmed, and commits.
//!
//! The loop knows the ledger only by its trait and keeps nothing that grows with the number of intervals.

mod coupled;
mod delivery;
mod metering;

pub use coupled::{CoupledClearing, Dispatched};

use crate::roll::{Keys, Roll, registrations};
use crate::scenario::label;
use crate::summary::{Summary, Tally};
use crate::{Observer, Scenario};
use agents::{
    Commitment, Coupling, Delivery, Fees, Impossible, Intent, MarketOutlook, Outlook, Prosumer,
    ProsumerDescription,
};
use clearing::Workspace;
use ledger::{Key, Ledger};
use market::signing::Domain;
use market::{
    AccountId, Attributes, Authentication, Book, Carrier, Claim, Command, DeliveryInterval, Energy, Envelope,
    Event, Money, Order, Price, Prices, Quality, Rejection, Rule, Side, Sink, TariffId, TariffVersion,
    TimeInForce, Wish,
};
use metering::Meters;
use std::collections::VecDeque;

/// How many recent prices a member looks back on: a day of quarter hours.
const RECENT: usize = 96;

/// Why a run ended early.
#[derive(Debug, thiserror::Error)]
pub enum RunError {
    /// The ledger could not keep its log.
    #[error("the ledger failed: {0}")]
    Ledger(#[from] ledger::Error),
    /// A command of the operator or a meter was refused, which a sound scenario rules out.
    #[error("{what} was refused: {rejection}")]
    Refused {
        /// Which command.
        what: String,
        /// Why.
        rejection: Rejection,
    },
    /// A member's devices contradict each other.
    #[error("member `{name}`: {cause}")]
    Impossible {
        /// Who.
        name: String,
        /// Why.
        cause: Impossible,
    },
    /// Whoever watched failed, such as a report that could not be written.
    #[error("{0}")]
    Observer(Box<dyn std::error::Error + Send + Sync>),
}

/// Plays a scenario on an empty ledger.
///
/// # Errors
/// Where the ledger or the observer fails; what was committed by then stays.
pub fn run(
    scenario: &Scenario,
    ledger: &mut dyn Ledger,
    observer: &mut dyn Observer,
) -> Result<Summary, RunError> {
    play(Running::new(scenario, ledger, observer)?)
}

fn play(mut community: Running<'_>) -> Result<Summary, RunError> {
    community.register()?;
    let intervals = community.scenario.span.intervals();
    for step in 0..=intervals {
        if step < intervals {
            community.publish(step)?;
            community.collect(step)?;
            community.trade(step)?;
        }
        if step > 0 {
            community.deliver(step - 1)?;
        }
    }
    community.close()?;
    community.finish()
}

struct Running<'a> {
    scenario: &'a Scenario,
    ledger: &'a mut dyn Ledger,
    observer: &'a mut dyn Observer,
    keys: Keys,
    roll: Roll,
    domain: Option<Domain>,
    tally: Tally,
    prosumers: Vec<Prosumer>,
    workspace: Workspace,
    operator_nonce: u64,
    nonces: Vec<u64>,
    meters: Meters,
    /// What waits for late readings: steps, with what devices did in them.
    unsettled: VecDeque<(u64, Vec<Delivery>)>,
    /// How many intervals a settlement waits for readings.
    wait: u64,
    recent: [VecDeque<Price>; 3],
    // working memory
    prices: Vec<Vec<Prices>>,
    held: Vec<Energy>,
    intents: Vec<Intent>,
    deliveries: Vec<Delivery>,
    offered: coupled::Offered,
    search: coupled::Search,
    committed: Vec<Commitment>,
}

/// Lets the run's own tally and the observer hear the same events.
struct Tee<'a>(&'a mut Tally, &'a mut dyn Observer);

impl Sink for Tee<'_> {
    fn event(&mut self, event: Event) {
        self.0.event(&event);
        self.1.event(event);
    }
}

impl<'a> Running<'a> {
    fn new(
        scenario: &'a Scenario,
        ledger: &'a mut dyn Ledger,
        observer: &'a mut dyn Observer,
    ) -> Result<Self, RunError> {
        let mut prosumers = Vec::with_capacity(scenario.members.len());
        for member in &scenario.members {
            let connected: Vec<Carrier> = Carrier::ALL
                .into_iter()
                .filter(|carrier| member.connections[*carrier as usize].is_some())
                .collect();
            let prosumer = Prosumer::new(ProsumerDescription {
                name: &member.name,
                seed: scenario.seed,
                devices: member.devices.iter().cloned().collect(),
                strategy: member.strategy.make(),
                connected: &connected,
                merit: &member.merit,
                forecast: member.strategy.forecast,
                offers_storage: member.offers_storage,
                duration: scenario.span.first.duration,
            });
            prosumers
                .push(prosumer.map_err(|cause| RunError::Impossible { name: member.name.clone(), cause })?);
        }
        let keys = Keys::of(scenario);
        let roll = Roll::of(scenario);
        let meters = roll.points.iter().flatten().chain(&roll.shares).flatten().count();
        let grace = scenario.agreement.map_or(0, |terms| terms.grace);
        let signed = scenario.community.authentication == Authentication::Signature;
        Ok(Self {
            domain: signed.then(|| Domain::of(&scenario.community)),
            tally: Tally::new(scenario),
            workspace: Workspace::new(),
            operator_nonce: 0,
            nonces: vec![0; scenario.members.len()],
            meters: Meters::new(meters),
            unsettled: VecDeque::new(),
            wait: grace.div_ceil(scenario.span.first.duration).into(),
            recent: Default::default(),
            prices: vec![Vec::new(); scenario.community.tariffs.len()],
            held: Vec::new(),
            intents: Vec::new(),
            deliveries: Vec::with_capacity(prosumers.len()),
            offered: coupled::Offered::default(),
            search: clearing::clear_coupled,
            committed: Vec::new(),
            scenario,
            ledger,
            observer,
            keys,
            roll,
            prosumers,
        })
    }

    fn interval(&self, step: u64) -> DeliveryInterval {
        self.scenario.span.first.later(step)
    }

    /// Sends a command; by a member where one is named, else by the operator.
    fn send(&mut self, command: Command, member: Option<usize>) -> Result<Result<u64, Rejection>, RunError> {
        let key = member.map_or(&self.keys.operator, |member| &self.keys.members[member]);
        let envelope = seal(command, key, self.domain.as_ref());
        Ok(self.ledger.append(&envelope, &mut Tee(&mut self.tally, self.observer))?)
    }

    /// Sends a command that nothing speaks against.
    fn must(&mut self, command: Command, member: Option<usize>) -> Result<(), RunError> {
        let what = |command: &Command| format!("{command:?}").chars().take(200).collect();
        let copy = command.clone();
        self.send(command, member)?
            .map_err(|rejection| RunError::Refused { what: what(&copy), rejection })?;
        Ok(())
    }

    fn tick(&mut self, time: u64) -> Result<(), RunError> {
        if self.ledger.state().now() == time { Ok(()) } else { self.must(Command::Tick { time }, None) }
    }

    fn register(&mut self) -> Result<(), RunError> {
        for command in registrations(self.scenario, &self.keys, &mut self.operator_nonce) {
            self.must(command, None)?;
        }
        self.ledger.commit()?;
        Ok(())
    }

    /// Dynamic prices become known a day ahead: two days at the start, then one each midnight.
    fn publish(&mut self, step: u64) -> Result<(), RunError> {
        let per_day = self.scenario.span.per_day();
        if !step.is_multiple_of(per_day) {
            return Ok(());
        }
        let from = if step == 0 { 0 } else { step + per_day };
        let until = (step + 2 * per_day).min(self.scenario.span.intervals());
        for (tariff, prices) in &self.scenario.tariffs.published {
            if from < until {
                let prices = prices[from as usize..until as usize].to_vec();
                let start = self.interval(from);
                self.must(Command::PublishPrices { tariff: *tariff, start, prices }, None)?;
            }
        }
        Ok(())
    }

    /// The direct debit: each midnight, whoever has less than half of the deposit left is filled up to it again.
    fn collect(&mut self, step: u64) -> Result<(), RunError> {
        if step == 0 || !step.is_multiple_of(self.scenario.span.per_day()) {
            return Ok(());
        }
        for member in 0..self.prosumers.len() {
            let account = &self.ledger.state().accounts()[Roll::account(member).0 as usize];
            let free = account.balance - account.holds - account.debt;
            if free.0 * 2 < self.scenario.deposit.0 {
                self.operator_nonce += 1;
                let amount: Money = self.scenario.deposit - free;
                let (account, nonce) = (Roll::account(member), self.operator_nonce);
                self.must(Command::Deposit { account, amount, nonce }, None)?;
            }
        }
        Ok(())
    }

    /// How many intervals are open when the gate of `step` is about to close.
    fn open(&self, step: u64) -> usize {
        u64::from(self.scenario.community.horizon).min(self.scenario.span.intervals() - step) as usize
    }

    fn on_orders(&self, carrier: Carrier) -> Option<bool> {
        let market = self.scenario.community.markets.iter().find(|market| market.carrier == carrier)?;
        Some(market.rule.takes_orders())
    }

    fn trade(&mut self, step: u64) -> Result<(), RunError> {
        let gate = self.ledger.state().gate(self.interval(step));
        self.tick(gate - 1)?;
        self.look_ahead(step);
        for member in 0..self.prosumers.len() {
            self.place(step, member)?;
        }
        self.tick(gate)?;
        self.clear_together(step)?;
        for market in &self.scenario.community.markets {
            if self.on_orders(market.carrier) != Some(true) {
                continue;
            }
            let together = matches!(market.rule, Rule::Coupled { .. });
            let open = if together { 0 } else { self.open(step) as u64 };
            let open = (0..open).map(|ahead| self.interval(step + ahead));
            let open: Vec<_> = open.filter(|interval| self.has_orders(market.carrier, *interval)).collect();
            // Blocks tie neighbouring intervals together: their books are cleared in one go.
            let together = matches!(market.rule, Rule::UniformPriceBlocks { .. });
            for row in open.chunk_by(|one, next| together && one.end() == next.start) {
                self.clear(market, row)?;
            }
            let price = self.tally.price_at_gate(market.carrier, self.interval(step));
            if let Some(price) = price {
                let recent = &mut self.recent[market.carrier as usize];
                recent.truncate(RECENT - 1);
                recent.push_front(price);
            }
        }
        Ok(())
    }

    /// What every tariff charges from `step` on, as far as it is known: a day at most.
    fn look_ahead(&mut self, step: u64) {
        let state = self.ledger.state();
        let last = self.scenario.span.per_day().max(u64::from(self.scenario.community.horizon));
        for (tariff, prices) in self.prices.iter_mut().enumerate() {
            prices.clear();
            let known = (0..last).map_while(|ahead| {
                state.prices(TariffId(tariff as u16), self.scenario.span.first.later(step + ahead)).ok()
            });
            prices.extend(known);
        }
        self.recent.iter_mut().for_each(|recent| {
            recent.make_contiguous();
        });
    }

    fn place(&mut self, step: u64, member: usize) -> Result<(), RunError> {
        let (open, first) = (self.open(step), self.interval(step));
        self.held.clear();
        let points = self.roll.points[member];
        let state = self.ledger.state();
        for point in points.iter().flatten() {
            let carrier = state.meters()[point.meter.0 as usize].terms.carrier;
            for ahead in 0..open as u64 {
                let delivery = state.delivery(carrier, first.later(ahead));
                let position = delivery.and_then(|delivery| delivery.position(point.place));
                self.held.push(position.map_or(Energy::ZERO, |position| position.bought - position.sold));
            }
        }
        let mut held = self.held.chunks(open);
        let state = self.ledger.state();
        let markets = Carrier::ALL.map(|carrier| {
            let point = points[carrier as usize]?;
            let TariffVersion { tariff, distance_fees, .. } = state.tariff(point.tariff, first).ok()?;
            // Who will be the seller is not known yet, so the dearest distance counts.
            let farthest = distance_fees.and_then(|fees| fees.into_iter().max());
            Some(MarketOutlook {
                prices: &self.prices[usize::from(point.tariff.0)],
                fees: Fees {
                    supplier: tariff.grid_fee + tariff.levy,
                    peer: farthest.unwrap_or(tariff.peer_grid_fee) + tariff.peer_levy,
                },
                held: held.next().unwrap_or(&[]),
                recent: self.recent[carrier as usize].as_slices().0,
            })
        });
        let running = points.map(|point| {
            let position = point.filter(|_| step > 0).and_then(|point| {
                self.ledger.state().position(point.meter, self.scenario.span.first.later(step - 1))
            });
            position.map_or(Energy::ZERO, |position| position.bought - position.sold)
        });
        self.committed.clear();
        let open_intervals = (0..open as u64).map(|ahead| first.later(ahead));
        self.committed.extend(open_intervals.map(|interval| self.offered.commitment(interval, member)));
        let coupling = Coupling {
            carriers: self.coupled(),
            sells: points.map(|point| point.is_some_and(|point| point.sells)),
            running: step.checked_sub(1).map_or_else(Commitment::default, |before| {
                self.offered.commitment(self.interval(before), member)
            }),
            open: &self.committed,
        };
        let outlook = Outlook { step: step as i64, first, open, running, markets, coupling };
        self.intents.clear();
        self.prosumers[member].orders(&outlook, &mut self.intents);
        for intent in core::mem::take(&mut self.intents) {
            let Some(point) = points[intent.carrier as usize] else { continue };
            if (intent.side == Side::Sell && !point.sells) || self.on_orders(intent.carrier) != Some(true) {
                continue;
            }
            let Some((market, limit)) = self.inside_collar(&intent) else { continue };
            let attributes = self.attributes(member, market, &intent, limit);
            self.nonces[member] += 1;
            let order = Order {
                account: Roll::account(member),
                meter: point.meter,
                interval: intent.interval,
                side: intent.side,
                energy: intent.energy,
                limit,
                time_in_force: TimeInForce::NextClearing,
                nonce: self.nonces[member],
            };
            let command = if attributes == Attributes::default() {
                Command::Place(order)
            } else {
                Command::PlaceWith { order, attributes, steps: Vec::new() }
            };
            if let Err(rejection) = self.send(command, Some(member))? {
                self.tally.refuse(rejection);
            }
        }
        self.offer(member)
    }

    /// The market an intent goes to, and its limit brought inside the market's floor and cap where that makes it no
    /// worse for its owner.
    fn inside_collar(&self, intent: &Intent) -> Option<(&'a market::Market, Price)> {
        let market =
            self.scenario.community.markets.iter().find(|market| market.carrier == intent.carrier)?;
        let inside = match intent.side {
            Side::Buy => (intent.limit >= market.floor).then(|| intent.limit.min(market.cap)),
            Side::Sell => (intent.limit <= market.cap).then(|| intent.limit.max(market.floor)),
        };
        inside.map(|limit| (market, limit))
    }

    /// What the member's order asks for beside, as far as the market's rule grants it.
    fn attributes(
        &self,
        member: usize,
        market: &market::Market,
        intent: &Intent,
        limit: Price,
    ) -> Attributes {
        let kind = market.rule.kind();
        let described = &self.scenario.members[member];
        let wishes = &described.wishes;
        let mut attributes = Attributes::default();
        if kind.grants(Wish::Quality) {
            attributes.quality = match intent.side {
                Side::Buy => wishes.wants,
                Side::Sell => label(intent.carrier, &described.devices),
            };
        }
        if kind.grants(Wish::Partner) {
            let partner = wishes.partner.as_ref();
            let partner =
                partner.and_then(|name| self.scenario.members.iter().position(|one| one.name == *name));
            attributes.partner = partner.map_or(AccountId::WORLD, Roll::account);
        }
        let partnered = attributes.partner != AccountId::WORLD;
        attributes.premium = match intent.side {
            Side::Buy if partnered || attributes.quality != Quality::Any => {
                wishes.premium.min(market.cap - limit)
            }
            Side::Sell if partnered => wishes.premium.min(limit - market.floor),
            _ => Price::ZERO,
        };
        attributes
    }

    fn has_orders(&self, carrier: Carrier, interval: DeliveryInterval) -> bool {
        let book = self.ledger.state().book(carrier, interval);
        book.is_some_and(|book| !book.bids.is_empty() || !book.offers.is_empty())
    }

    /// Freezes and clears the book of an interval, or those of several in a row together.
    fn clear(&mut self, market: &market::Market, row: &[DeliveryInterval]) -> Result<(), RunError> {
        let (carrier, collar) = (market.carrier, (market.floor, market.cap));
        for interval in row {
            self.must(Command::Close { carrier, interval: *interval }, None)?;
        }
        let state = self.ledger.state();
        let books: Vec<&Book> = row.iter().filter_map(|interval| state.book(carrier, *interval)).collect();
        for (interval, book) in row.iter().zip(&books) {
            self.observer.book(carrier, *interval, book);
        }
        let claim = match (market.rule, books.as_slice()) {
            (Rule::UniformPriceBlocks { k }, books) => {
                clearing::clear_blocks(k, books, collar, &mut self.workspace)
            }
            (rule, [book, ..]) => clearing::clear(&rule, book, collar, &mut self.workspace),
            (_, []) => Claim::Nothing,
        };
        self.must(Command::Clear { carrier, interval: row[0], claim }, None)
    }

    fn finish(self) -> Result<Summary, RunError> {
        self.ledger.commit()?;
        let root = self.ledger.root();
        Ok(self.tally.finish(self.scenario, self.ledger.len(), root))
    }
}

/// The command as it travels: signed where the community asks for signatures.
fn seal(command: Command, key: &Key, domain: Option<&Domain>) -> Envelope {
    let signature = domain.map(|domain| key.sign(&domain.digest(&command)));
    Envelope { command, signature }
}
