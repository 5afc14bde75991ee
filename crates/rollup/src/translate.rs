//! The market's commands as records.
//!
//! The operator runs `market::State` and, beside it, the secondary chain's [`step::State`]. A [`Translator`] says
//! which records do on the one what a command does on the other. It keeps nothing but the metering points' ranks, so
//! whoever takes back a command need not tell it.

use crate::step::leaf::{Delivery, Market as MarketLeaf, Published, Tariff as TariffLeaf, rule, stage};
use crate::step::{self, CARRIERS, Head, MOST_WEIGHT, Place, Record, compact};
use market::rule::Clearing;
use market::signing::Domain;
use market::{
    AccountId, Address, Attributes, Authentication, Carrier, Claim, Command, Community, DeliveryInterval,
    Envelope, MeterId, Order, PriceConvention, Reading, Rejection, Rule, SharingKey, Side, Signature, State,
    TariffId, TariffKind, TimeInForce,
};

/// The addresses of the parties outside: what they are paid goes there.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Outside {
    /// The supplier.
    pub supplier: Address,
    /// The grid operator.
    pub grid_operator: Address,
    /// Who takes the levies.
    pub levies: Address,
}

/// Largest absolute price that a record can carry, n€/Wh.
const MOST_PRICE: i64 = 8_388_607;

/// The secondary chain of a community, before anything but its founding.
///
/// # Errors
/// [`Rejection::NotOnThisLedger`] where a rule, a key or a price limit is beyond what it accepts.
pub fn genesis(community: &Community, outside: &Outside) -> Result<step::State, Rejection> {
    use crate::step::Store;
    let head = Head {
        accounts: AccountId::FIRST_MEMBER.0,
        duration: community.interval_duration,
        gate_closure: community.gate_closure,
        horizon: community.horizon,
        signatures: u8::from(community.authentication == Authentication::Signature),
        domain: *Domain::of(community).separator(),
        ..Head::default()
    };
    let mut state = step::State::new(head);
    let mut put = |place, words| state.set_words(place, words).map_err(|_| Rejection::TooMany);
    for market in &community.markets {
        put(Place::market(market.carrier as u8), step::Packed::pack(&market_leaf(market)?))?;
    }
    for (number, tariff) in (0_u16..).zip(&community.tariffs) {
        let narrow = |price: market::Price| i32::try_from(price.0).map_err(|_| Rejection::NotOnThisLedger);
        let (kind, import, export) = match &tariff.kind {
            TariffKind::Flat(prices) => (1, narrow(prices.import)?, narrow(prices.export)?),
            // What follows the clock is published per interval like what follows a market.
            TariffKind::TimeOfUse(_) | TariffKind::Dynamic => (2, 0, 0),
        };
        let leaf = TariffLeaf {
            import,
            export,
            grid_fee: narrow(tariff.grid_fee)?,
            peer_grid_fee: narrow(tariff.peer_grid_fee)?,
            levy: narrow(tariff.levy)?,
            peer_levy: narrow(tariff.peer_levy)?,
            kind,
        };
        put(Place::tariff(number), step::Packed::pack(&leaf))?;
    }
    let parties = [
        (AccountId::SUPPLIER, outside.supplier),
        (AccountId::GRID_OPERATOR, outside.grid_operator),
        (AccountId::LEVIES, outside.levies),
    ];
    for (id, address) in parties {
        let account = step::leaf::Account { address, ..Default::default() };
        put(Place::account(id.0), step::Packed::pack(&account))?;
    }
    state.forget();
    Ok(state)
}

fn market_leaf(market: &market::Market) -> Result<MarketLeaf, Rejection> {
    let within = |price: market::Price| {
        let price = i32::try_from(price.0).ok().filter(|price| i64::from(*price).abs() <= MOST_PRICE);
        price.ok_or(Rejection::NotOnThisLedger)
    };
    let (rule, k, price) = match market.rule {
        Rule::UniformPrice { convention: PriceConvention::Equilibrium, k } => (rule::EQUILIBRIUM, k, None),
        Rule::UniformPrice { convention: PriceConvention::LastPair, k } => (rule::LAST_PAIR, k, None),
        Rule::PayAsBid { k } => (rule::PAY_AS_BID, k, None),
        Rule::Sharing { key: SharingKey::Static, price } => {
            (rule::STATIC, market::Fraction::ZERO, Some(price))
        }
        Rule::Sharing { key: SharingKey::Dynamic, price } => {
            (rule::DYNAMIC, market::Fraction::ZERO, Some(price))
        }
        _ => return Err(Rejection::NotOnThisLedger),
    };
    Ok(MarketLeaf {
        rule,
        numerator: k.numerator(),
        denominator: k.denominator(),
        floor: within(market.floor)?,
        cap: within(market.cap)?,
        price: price.map_or(Ok(0), |price| i32::try_from(price.0).map_err(|_| Rejection::NotOnThisLedger))?,
        ..MarketLeaf::default()
    })
}

/// The most items of one `advance` or `merit`: a third of a segment's weight.
const MOST_ITEMS: u32 = MOST_WEIGHT / 3;

/// Says which records do what a command does.
#[derive(Clone, Debug, Default)]
pub struct Translator {
    /// Per metering point of the market, its carrier and its rank there.
    ranks: Vec<(Carrier, u32)>,
    /// Metering points per carrier.
    connected: [u32; CARRIERS as usize],
    /// Memory for checking a claim.
    clearing: Clearing,
}

impl Translator {
    /// Knows nothing yet; catches up with the market by itself.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// The records of a command, each by itself, for the secondary chain that stands beside `market`; both are as they
    /// are before the command. [`Command::Checkpoint`] has none; [`Command::Deposit`] has one that consumes the next
    /// item of the primary chain's queue, which must be that deposit.
    ///
    /// Where the market accepts, the secondary chain nearly always does too; it is for the caller to try it
    /// ([`step::State::mark`]) before the market is asked.
    ///
    /// # Errors
    /// [`Rejection::NotOnThisLedger`] for what has no records; other numbers where the command names what is not there.
    pub fn records(
        &mut self,
        market: &State,
        chain: &step::State,
        envelope: &Envelope,
    ) -> Result<Vec<Vec<u8>>, Rejection> {
        self.catch_up(market);
        let mut out = Records { market, chain, list: Vec::new() };
        let signature = signature(chain, envelope.signature.as_ref());
        match &envelope.command {
            Command::Checkpoint { .. } => (),
            Command::Tick { time } => out.put(Record::Tick { time: *time }),
            Command::RegisterAccount { address } => out.put(Record::Account { address: *address }),
            Command::RegisterMeter { terms, .. } => {
                let energy =
                    |energy: market::Energy| u64::try_from(energy.0).map_err(|_| Rejection::BadAmount);
                out.put(Record::Meter {
                    account: terms.account.0,
                    carrier: terms.carrier as u8,
                    key: terms.key,
                    import_capacity: energy(terms.import_capacity)?,
                    export_capacity: energy(terms.export_capacity)?,
                    tariff: terms.tariff.0,
                    share: terms.share,
                });
            }
            Command::Deposit { .. } => out.put(Record::Queue { count: 1 }),
            Command::Withdraw { account, amount, nonce } => out.put(Record::Withdraw {
                account: account.0,
                amount: u128::try_from(amount.0).map_err(|_| Rejection::BadAmount)?,
                nonce: out.nonce(*account, *nonce),
                signature: signature?,
            }),
            Command::Transfer { from, to, amount, nonce } => out.put(Record::Transfer {
                from: from.0,
                to: to.0,
                amount: u128::try_from(amount.0).map_err(|_| Rejection::BadAmount)?,
                nonce: out.nonce(*from, *nonce),
                signature: signature?,
            }),
            Command::Place(order) => self.place(&mut out, order, signature?)?,
            Command::PlaceWith { order, attributes, steps } => {
                // Signed as another type, so with signatures it is never the same as a plain order.
                if *attributes != Attributes::default() || !steps.is_empty() || envelope.signature.is_some() {
                    return Err(Rejection::NotOnThisLedger);
                }
                self.place(&mut out, order, None)?;
            }
            Command::Cancel { account, order, nonce } => {
                out.fresh(*account, *nonce)?;
                out.on_grid(order.interval)?;
                let slot = out.slot(order.carrier, order.interval).ok_or(Rejection::UnknownOrder)?;
                let place = Place::order(slot, order.side, order.arrival);
                if chain.peek::<step::leaf::Order>(place).account != account.0 {
                    let frozen = chain.peek::<Delivery>(Place::delivery(slot)).stage == stage::FROZEN;
                    return Err(if frozen { Rejection::BookFrozen } else { Rejection::UnknownOrder });
                }
                out.put(Record::Cancel {
                    slot,
                    arrival: order.arrival,
                    side: order.side,
                    nonce: out.nonce(*account, *nonce),
                    signature: signature?,
                });
            }
            Command::PublishPrices { tariff, start, prices } => {
                out.on_grid(*start)?;
                let tariffs = market.community().map_or(&[][..], |terms| &terms.tariffs);
                if tariffs.get(usize::from(tariff.0)).is_none_or(|known| known.kind != TariffKind::Dynamic) {
                    return Err(Rejection::UnknownTariff);
                }
                for (step, prices) in (0..).zip(prices) {
                    out.publish(*tariff, start.later(step), *prices)?;
                }
            }
            Command::Close { carrier, interval } => {
                let slot = out.open(*carrier, *interval)?;
                out.put(Record::Close { slot });
            }
            Command::Clear { carrier, interval, claim } => {
                self.clear(&mut out, *carrier, *interval, claim)?;
            }
            Command::Read(reading) => self.read(&mut out, reading, signature?)?,
            Command::Settle { carrier, interval } => {
                out.traded(*carrier, *interval)?;
                let otherwise = match interval {
                    _ if market.now() < interval.end() => Rejection::TooEarly,
                    _ if interval.start < market.settled_until(*carrier) => Rejection::AlreadySettled,
                    _ => Rejection::ReadingMissing,
                };
                let slot = out.slot(*carrier, *interval).ok_or(otherwise)?;
                out.publish_known(slot, *interval);
                out.put(Record::Settle { slot });
                out.advance(2 * self.meters(*carrier));
            }
            Command::Found(_)
            | Command::Delegate { .. }
            | Command::Revoke { .. }
            | Command::Locate { .. }
            | Command::Convert(_)
            | Command::Store(_)
            | Command::Agree { .. }
            | Command::Reprice { .. }
            | Command::Equip { .. }
            | Command::ReadRegister(_)
            | Command::Correct(_)
            | Command::Resettle { .. } => return Err(Rejection::NotOnThisLedger),
        }
        Ok(out.list)
    }

    /// Takes note of metering points that were connected, or that are gone because that was taken back.
    fn catch_up(&mut self, market: &State) {
        let meters = market.meters();
        while self.ranks.len() > meters.len() {
            if let Some((carrier, rank)) = self.ranks.pop() {
                self.connected[carrier as usize] = rank;
            }
        }
        for meter in meters.iter().skip(self.ranks.len()) {
            let count = &mut self.connected[meter.terms.carrier as usize];
            self.ranks.push((meter.terms.carrier, *count));
            *count += 1;
        }
    }

    fn meters(&self, carrier: Carrier) -> u32 {
        self.connected[carrier as usize]
    }

    fn rank(&self, meter: MeterId) -> Result<(Carrier, u32), Rejection> {
        self.ranks.get(meter.0 as usize).copied().ok_or(Rejection::UnknownMeter)
    }

    fn place(
        &self,
        out: &mut Records<'_>,
        order: &Order,
        signature: Option<step::Compact>,
    ) -> Result<(), Rejection> {
        let (carrier, rank) = self.rank(order.meter)?;
        out.fresh(order.account, order.nonce)?;
        let owner = out.market.meters().get(order.meter.0 as usize).map(|meter| meter.terms.account);
        if owner != Some(order.account) {
            return Err(Rejection::ForeignMeter);
        }
        let until_gate = match order.time_in_force {
            TimeInForce::NextClearing => false,
            TimeInForce::GateClosure => true,
            _ => return Err(Rejection::NotOnThisLedger),
        };
        let limit = i32::try_from(order.limit.0).ok().filter(|limit| i64::from(*limit).abs() <= MOST_PRICE);
        let limit = limit.ok_or(Rejection::NotOnThisLedger)?;
        let energy = u32::try_from(order.energy.0).map_err(|_| Rejection::NotOnThisLedger)?;
        let slot = out.open(carrier, order.interval)?;
        let (side, nonce) = (order.side, out.nonce(order.account, order.nonce));
        out.put(Record::Order { slot, rank, energy, limit, side, until_gate, nonce, signature });
        Ok(())
    }

    fn read(
        &self,
        out: &mut Records<'_>,
        reading: &Reading,
        signature: Option<step::Compact>,
    ) -> Result<(), Rejection> {
        let (carrier, rank) = self.rank(reading.meter)?;
        let energy = |energy: market::Energy| {
            let energy = u32::try_from(energy.0).ok().filter(|energy| *energy < 1 << 24);
            energy.ok_or(Rejection::NotOnThisLedger)
        };
        let (import, export) = (energy(reading.import)?, energy(reading.export)?);
        let slot = out.open(carrier, reading.interval)?;
        let last = out.chain.peek::<step::leaf::Meter>(Place::meter(carrier as u8, rank)).sequence;
        let sequence = (last.checked_add(1) != Some(reading.sequence)).then_some(reading.sequence);
        out.put(Record::Reading { slot, rank, import, export, sequence, signature });
        Ok(())
    }

    fn clear(
        &mut self,
        out: &mut Records<'_>,
        carrier: Carrier,
        interval: DeliveryInterval,
        claim: &Claim,
    ) -> Result<(), Rejection> {
        let rule = out.traded(carrier, interval)?.rule;
        let (takes_orders, pairs) = (rule.takes_orders(), matches!(rule, Rule::PayAsBid { .. }));
        let otherwise = match claim {
            _ if takes_orders => Rejection::NotFrozen,
            Claim::Metered if interval.start < out.market.settled_until(carrier) => Rejection::AlreadySettled,
            Claim::Metered => Rejection::ReadingMissing,
            _ => Rejection::WrongClaim,
        };
        let slot = out.slot(carrier, interval).ok_or(otherwise)?;
        let delivery: Delivery = out.chain.peek(Place::delivery(slot));
        let narrow = |price: &market::Price| i32::try_from(price.0).map_err(|_| Rejection::NotEquilibrium);
        let mut merit = Vec::new();
        match claim {
            Claim::Metered => {
                out.put(Record::Share { slot });
                out.advance(2 * self.meters(carrier));
                return Ok(());
            }
            _ if takes_orders && delivery.stage != stage::FROZEN => return Err(Rejection::NotFrozen),
            Claim::Nothing => out.put(Record::Nothing { slot }),
            Claim::UniformPrice { equilibrium, price } if !pairs => {
                out.put(Record::Clear { slot, equilibrium: narrow(equilibrium)?, price: narrow(price)? });
            }
            Claim::PayAsBid { equilibrium, .. } if pairs => {
                out.put(Record::Clear { slot, equilibrium: narrow(equilibrium)?, price: 0 });
                merit = self.merit(out.market, carrier, interval, claim)?;
            }
            _ => return Err(Rejection::WrongClaim),
        }
        out.advance(2 * (delivery.bids + delivery.offers));
        for arrivals in merit.chunks(3 * MOST_ITEMS as usize) {
            out.put(Record::Merit { arrivals });
        }
        if !merit.is_empty() {
            out.advance(merit.len() as u32 / 3);
        }
        Ok(())
    }

    /// The filled orders in merit order, bids first, three bytes each.
    fn merit(
        &mut self,
        market: &State,
        carrier: Carrier,
        interval: DeliveryInterval,
        claim: &Claim,
    ) -> Result<Vec<u8>, Rejection> {
        let book = market.book(carrier, interval).ok_or(Rejection::NotFrozen)?;
        let terms = market.market(carrier)?;
        // A list that leaves an order out would only be found out when the order comes.
        market::rule::check(&terms.rule, book, claim, (terms.floor, terms.cap), &mut self.clearing)?;
        let Claim::PayAsBid { bids, offers, .. } = claim else { return Err(Rejection::WrongClaim) };
        let mut list = Vec::with_capacity(3 * (bids.len() + offers.len()));
        for (side, positions) in [(Side::Buy, bids), (Side::Sell, offers)] {
            for position in positions {
                let order = book.orders(side).get(*position as usize).ok_or(Rejection::MeritOrder)?;
                list.extend(&order.arrival.to_be_bytes()[1..]);
            }
        }
        Ok(list)
    }
}

/// Records in the making.
struct Records<'a> {
    market: &'a State,
    chain: &'a step::State,
    list: Vec<Vec<u8>>,
}

impl Records<'_> {
    fn put(&mut self, record: Record<'_>) {
        self.list.push(record.to_bytes());
    }

    /// Carries work on to its end.
    fn advance(&mut self, items: u32) {
        let mut left = items;
        loop {
            let items = left.min(MOST_ITEMS);
            self.put(Record::Advance { items: items as u16 });
            left -= items;
            if left == 0 {
                return;
            }
        }
    }

    /// The nonce a record must name; none where it is the next.
    fn nonce(&self, account: AccountId, nonce: u64) -> Option<u64> {
        let last = match account.0 < self.chain_head().accounts {
            true => self.chain.peek::<step::leaf::Account>(Place::account(account.0)).nonce,
            false => 0,
        };
        (last.checked_add(1) != Some(nonce)).then_some(nonce)
    }

    /// Whether there is this account, and its nonce was not used.
    fn fresh(&self, account: AccountId, nonce: u64) -> Result<(), Rejection> {
        let member = Some(account).filter(|account| *account >= AccountId::FIRST_MEMBER);
        let known = member.and_then(|account| self.market.accounts().get(account.0 as usize));
        let last = known.ok_or(Rejection::UnknownAccount)?.nonce;
        if nonce > last { Ok(()) } else { Err(Rejection::StaleNonce) }
    }

    fn chain_head(&self) -> &Head {
        step::Store::head(self.chain)
    }

    /// How a carrier is traded, for an interval on the grid.
    fn traded(&self, carrier: Carrier, interval: DeliveryInterval) -> Result<&market::Market, Rejection> {
        self.on_grid(interval)?;
        self.market.market(carrier)
    }

    fn on_grid(&self, interval: DeliveryInterval) -> Result<(), Rejection> {
        let own = DeliveryInterval::new(interval.start, interval.duration)
            .filter(|interval| interval.duration == self.chain_head().duration);
        own.map(|_| ()).ok_or(Rejection::BadInterval)
    }

    /// The slots of a carrier's open intervals, in order of time.
    fn open_slots(&self, carrier: Carrier) -> impl Iterator<Item = (u8, Delivery)> {
        let chain = self.chain;
        let mut next = chain.peek::<MarketLeaf>(Place::market(carrier as u8)).first;
        std::iter::from_fn(move || {
            let slot = next.checked_sub(1)? as u8;
            let delivery: Delivery = chain.peek(Place::delivery(slot));
            next = delivery.next;
            Some((slot, delivery))
        })
    }

    /// The slot of an open interval.
    fn slot(&self, carrier: Carrier, interval: DeliveryInterval) -> Option<u8> {
        let own_grid = interval.duration == self.chain_head().duration;
        let mut slots = self.open_slots(carrier).filter(|_| own_grid);
        slots.find(|(_, delivery)| delivery.start == interval.start).map(|(slot, _)| slot)
    }

    /// The slot of an interval, which is opened where it is not yet; then its prices are published too.
    fn open(&mut self, carrier: Carrier, interval: DeliveryInterval) -> Result<u8, Rejection> {
        if interval.duration != self.chain_head().duration || interval.start >= 1 << 40 {
            return Err(Rejection::BadInterval);
        }
        if let Some(slot) = self.slot(carrier, interval) {
            return Ok(slot);
        }
        let free = |slot: &u8| self.chain.peek::<Delivery>(Place::delivery(*slot)).stage == stage::UNUSED;
        let slot = (0..=u8::MAX).find(free).ok_or(Rejection::TooMany)?;
        let before = self.open_slots(carrier).take_while(|(_, other)| other.start < interval.start).last();
        let after = before.map_or(slot, |(before, _)| before);
        self.put(Record::Open { slot, carrier: carrier as u8, start: interval.start, after });
        self.publish_known(slot, interval);
        Ok(slot)
    }

    /// Publishes what the market knows of an interval's prices and the secondary chain does not.
    fn publish_known(&mut self, slot: u8, interval: DeliveryInterval) {
        let tariffs = self.market.community().map_or(0, |terms| terms.tariffs.len()) as u16;
        for tariff in 0..tariffs {
            let kind = self.chain.peek::<TariffLeaf>(Place::tariff(tariff)).kind;
            let published: Published = self.chain.peek(Place::published(slot, tariff));
            if kind != 2 || published.start == interval.start {
                continue;
            }
            if let Ok(prices) = self.market.prices(TariffId(tariff), interval) {
                // Both are within ±10⁷.
                let (import, export) = (prices.import.0 as i32, prices.export.0 as i32);
                self.put(Record::Publish { slot, tariff, import, export });
            }
        }
    }

    /// Publishes a price in every slot of its interval; where there is none yet, opening it will.
    fn publish(
        &mut self,
        tariff: TariffId,
        interval: DeliveryInterval,
        prices: market::Prices,
    ) -> Result<(), Rejection> {
        let narrow = |price: market::Price| i32::try_from(price.0).map_err(|_| Rejection::BadAmount);
        let (import, export) = (narrow(prices.import)?, narrow(prices.export)?);
        for carrier in Carrier::ALL {
            if let Some(slot) = self.slot(carrier, interval) {
                self.put(Record::Publish { slot, tariff: tariff.0, import, export });
            }
        }
        Ok(())
    }
}

/// The signature as records carry it; none where the operator answers for everybody.
fn signature(chain: &step::State, signature: Option<&Signature>) -> Result<Option<step::Compact>, Rejection> {
    match (step::Store::head(chain).is_signed(), signature) {
        (true, Some(signature)) => Ok(Some(compact(signature))),
        (false, None) => Ok(None),
        _ => Err(Rejection::BadSignature),
    }
}
