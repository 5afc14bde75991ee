//! Random play: a small community that does everything the secondary chain accepts, and much that it does not.

use super::pair::{Answer, Pair};
use ledger::Key;
use market::rule::{Clearing, Cut, merit_order};
use market::{
    AccountId, Authentication, Book, Carrier, Claim, Command, Community, DeliveryInterval, Energy, Fraction,
    Market, MeterId, MeterTerms, Money, Order, OrderId, Price, PriceConvention, Prices, Reading, Rejection,
    Rule, SharingKey, Side, Tariff, TariffId, TariffKind, TimeInForce, Window,
};
use std::collections::BTreeMap;

pub const DURATION: u32 = 900;
pub const START: u64 = 1_717_372_800;

/// Splitmix64.
pub struct Random(pub u64);

impl Random {
    pub fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// In 0..n.
    pub fn below(&mut self, n: u64) -> u64 {
        self.next() % n.max(1)
    }

    pub fn one_in(&mut self, n: u64) -> bool {
        self.below(n) == 0
    }
}

/// Somebody with metering points.
struct Member {
    id: AccountId,
    key: Key,
    /// Per carrier, where there is one.
    meters: BTreeMap<Carrier, (MeterId, Key)>,
}

pub struct Play {
    pub pair: Pair,
    pub random: Random,
    members: Vec<Member>,
    carriers: Vec<Carrier>,
    nonce: u64,
    /// How many of each command were accepted, refused, and refused by the chain alone.
    pub counts: BTreeMap<(&'static str, &'static str), u32>,
    /// Every refusal met.
    pub refusals: BTreeMap<Rejection, u32>,
}

pub fn rule(random: &mut Random) -> Rule {
    let k = [Fraction::ZERO, Fraction::HALF, Fraction::ONE, Fraction::new(1, 3).unwrap()];
    let k = k[random.below(4) as usize];
    match random.below(6) {
        0 => Rule::UniformPrice { convention: PriceConvention::LastPair, k },
        1 | 2 => Rule::PayAsBid { k },
        3 => Rule::Sharing { key: SharingKey::Static, price: Price(random.below(300) as i64 - 50) },
        4 => Rule::Sharing { key: SharingKey::Dynamic, price: Price(random.below(300) as i64 - 50) },
        _ => Rule::UniformPrice { convention: PriceConvention::Equilibrium, k },
    }
}

pub fn community(random: &mut Random, operator: &Key, authentication: Authentication) -> Community {
    let tariff = |kind| Tariff {
        kind,
        grid_fee: Price(7),
        peer_grid_fee: Price(3),
        levy: Price(5),
        peer_levy: Price(2),
    };
    let flat = Prices { import: Price(30), export: Price(6) };
    let negative = Prices { import: Price(-3), export: Price(-5) };
    let window = Window { days: 127, from: 0, until: 86_400, prices: Prices { import: Price(21), ..flat } };
    let count = 1 + random.below(3) as usize;
    Community {
        chain_id: 1,
        community_id: random.next(),
        currency: *b"EUR",
        operator: operator.address(),
        authentication,
        interval_duration: DURATION,
        gate_closure: 300,
        horizon: 4,
        utc_offset: 3600,
        markets: Carrier::ALL[..count]
            .iter()
            .map(|carrier| Market {
                carrier: *carrier,
                rule: rule(random),
                floor: Price(-40),
                cap: Price(40),
            })
            .collect(),
        tariffs: vec![
            tariff(TariffKind::Flat(flat)),
            tariff(TariffKind::Dynamic),
            tariff(TariffKind::TimeOfUse(vec![window])),
            tariff(TariffKind::Flat(negative)),
        ],
    }
}

impl Play {
    pub fn new(seed: u64, authentication: Authentication) -> Self {
        let mut random = Random(seed);
        let operator = Key::from_seed(&seed.to_be_bytes(), "operator");
        let community = community(&mut random, &operator, authentication);
        Self::under(&community, operator, random)
    }

    /// A founded community at its first tick, without members.
    pub fn empty(community: &Community, operator: Key, random: Random) -> Self {
        let carriers = community.markets.iter().map(|market| market.carrier).collect();
        let pair = Pair::found(community, operator);
        let mut play = Self {
            pair,
            random,
            members: Vec::new(),
            carriers,
            nonce: 0,
            counts: BTreeMap::new(),
            refusals: BTreeMap::new(),
        };
        play.give(Command::Tick { time: START }, None);
        play
    }

    pub fn under(community: &Community, operator: Key, random: Random) -> Self {
        let mut play = Self::empty(community, operator, random);
        for _ in 0..2 + play.random.below(3) {
            play.join();
        }
        // Rich outside parties and a guarantor who is not always.
        let rich = play.random.below(4);
        let fund = [1_000_000_000, 100_000, 1_000_000_000, 0][rich as usize];
        for (account, amount) in [(AccountId::SUPPLIER, 1_000_000_000), (AccountId::GUARANTOR, fund)] {
            play.deposit(account, amount);
        }
        let start = DeliveryInterval { start: START, duration: DURATION };
        let prices = (0..20).map(|step| Prices { import: Price(25 + step), export: Price(5 - step) });
        play.give(Command::PublishPrices { tariff: TariffId(1), start, prices: prices.collect() }, None);
        play
    }

    /// Gives both a command, notes what they said, and holds them against each other.
    pub fn give(&mut self, command: Command, key: Option<&Key>) -> Answer {
        let name = name(&command);
        let envelope = self.pair.signed(command, key);
        let keep = self.random.one_in(2);
        let answer = self.pair.apply(&envelope, keep);
        let word = match answer {
            Answer::Accepted => "accepted",
            Answer::Refused(refusal) => {
                *self.refusals.entry(refusal).or_default() += 1;
                "refused"
            }
            Answer::Stricter(refusal) => {
                let stricter = matches!(
                    refusal,
                    Rejection::SelfTrade
                        | Rejection::InsufficientFunds
                        | Rejection::NotOnThisLedger
                        | Rejection::TooMany
                );
                assert!(stricter, "only the chain refuses {name}: {refusal:?}");
                "stricter"
            }
        };
        *self.counts.entry((name, word)).or_default() += 1;
        self.pair.compare();
        answer
    }

    fn operator_nonce(&mut self) -> u64 {
        self.nonce += 1;
        self.nonce
    }

    fn deposit(&mut self, account: AccountId, amount: i128) {
        let nonce = self.operator_nonce();
        self.give(Command::Deposit { account, amount: Money(amount), nonce }, None);
    }

    fn join(&mut self) {
        let number = self.members.len();
        let seed = self.random.0.to_be_bytes();
        let key = Key::from_seed(&seed, &format!("member {number}"));
        let id = AccountId(self.pair.market.accounts().len() as u32);
        self.give(Command::RegisterAccount { address: key.address() }, None);
        self.members.push(Member { id, key, meters: BTreeMap::new() });
        let amount = [0, 50, 5_000, 1_000_000][self.random.below(4) as usize];
        if amount > 0 {
            self.deposit(id, amount);
        }
        for carrier in self.carriers.clone() {
            if !self.random.one_in(5) {
                self.connect(number, carrier);
            }
        }
    }

    fn connect(&mut self, member: usize, carrier: Carrier) {
        let meter = MeterId(self.pair.market.meters().len() as u32);
        let key = Key::from_seed(&self.random.0.to_be_bytes(), "meter");
        let terms = MeterTerms {
            account: self.members[member].id,
            carrier,
            key: key.address(),
            import_capacity: Energy(20 + self.random.below(100) as i64),
            export_capacity: Energy(20 + self.random.below(100) as i64),
            tariff: TariffId(self.random.below(4) as u16),
            share: self.random.below(300_000) as u32,
        };
        let nonce = self.operator_nonce();
        let answer = self.give(Command::RegisterMeter { terms, nonce }, None);
        if answer == Answer::Accepted {
            self.members[member].meters.insert(carrier, (meter, key));
        }
    }

    fn interval(&mut self) -> DeliveryInterval {
        let now = self.pair.market.now() / u64::from(DURATION);
        let number = now - 2 + self.random.below(6);
        let off = if self.random.one_in(40) { 1 } else { 0 };
        DeliveryInterval { start: number * u64::from(DURATION) + off, duration: DURATION }
    }

    fn carrier(&mut self) -> Carrier {
        if self.random.one_in(40) {
            return Carrier::Gas;
        }
        self.carriers[self.random.below(self.carriers.len() as u64) as usize]
    }

    fn member(&mut self) -> usize {
        self.random.below(self.members.len() as u64) as usize
    }

    fn nonce_of(&mut self, account: AccountId) -> u64 {
        let last = self.pair.market.accounts()[account.0 as usize].nonce;
        match self.random.below(20) {
            0 => last,
            1 => last + 7,
            _ => last + 1,
        }
    }

    /// One random command, or a few that belong together.
    pub fn turn(&mut self) {
        match self.random.below(100) {
            0..=19 => self.order(),
            20..=33 => self.burst(),
            34..=44 => self.cancel(),
            45 => self.close(),
            46..=61 => self.clear(),
            62..=66 => self.tick(),
            67..=75 => self.readings(),
            76..=83 => self.settle(),
            84..=86 => self.withdraw(),
            87..=89 => self.transfer(),
            90..=92 => self.pay_in(),
            93 => self.join(),
            94 => {
                let (member, carrier) = (self.member(), self.carrier());
                self.connect(member, carrier);
            }
            95 => self.share(),
            96 => self.publish(),
            _ => self.live(),
        }
    }

    fn order(&mut self) {
        let (carrier, interval) = (self.carrier(), self.interval());
        self.order_at(carrier, interval);
    }

    /// Many orders for one interval, and often its clearing.
    fn burst(&mut self) {
        let carrier = self.carrier();
        let next = self.pair.market.now() / u64::from(DURATION) + 1 + self.random.below(3);
        let interval = DeliveryInterval { start: next * u64::from(DURATION), duration: DURATION };
        for _ in 0..self.random.below(16) {
            self.order_at(carrier, interval);
        }
        if self.random.one_in(2) {
            self.clear_at(carrier, interval);
        }
    }

    fn close(&mut self) {
        let (carrier, interval) = (self.carrier(), self.interval());
        self.give(Command::Close { carrier, interval }, None);
    }

    fn order_at(&mut self, carrier: Carrier, interval: DeliveryInterval) {
        let member = self.member();
        let Some((meter, _)) = self.members[member].meters.get(&carrier).cloned() else { return };
        let other = self.member();
        let account = if self.random.one_in(40) { self.members[other].id } else { self.members[member].id };
        let signer = if self.random.one_in(40) { other } else { member };
        let nonce = self.nonce_of(account);
        let order = Order {
            account,
            meter,
            interval,
            side: Side::ALL[self.random.below(2) as usize],
            energy: Energy(self.random.below(30).min(9) as i64),
            // Few prices, so that orders meet at one.
            limit: Price([10, 11, 12, 15, -4, 0, 41, 12, 11][self.random.below(9) as usize]),
            time_in_force: TimeInForce::ALL[self.random.below(2) as usize],
            nonce,
        };
        let key = self.members[signer].key.clone();
        self.give(Command::Place(order), Some(&key));
    }

    fn cancel(&mut self) {
        let (member, carrier, interval) = (self.member(), self.carrier(), self.interval());
        let side = Side::ALL[self.random.below(2) as usize];
        let own = |book: &Book| {
            let mine = book.orders(side).iter().find(|order| order.account == self.members[member].id);
            mine.map(|order| order.arrival)
        };
        let arrival = self.pair.market.book(carrier, interval).and_then(own);
        let arrival = arrival.unwrap_or_else(|| self.random.below(4) as u32);
        let account = self.members[member].id;
        let nonce = self.nonce_of(account);
        let order = OrderId { carrier, interval, side, arrival };
        let key = self.members[member].key.clone();
        self.give(Command::Cancel { account, order, nonce }, Some(&key));
    }

    fn clear(&mut self) {
        let (carrier, interval) = (self.carrier(), self.interval());
        self.clear_at(carrier, interval);
    }

    pub fn clear_at(&mut self, carrier: Carrier, interval: DeliveryInterval) {
        if !self.random.one_in(10) {
            self.give(Command::Close { carrier, interval }, None);
        }
        if self.random.one_in(3) {
            let claim = self.wrong_claim(carrier, interval);
            self.give(Command::Clear { carrier, interval, claim }, None);
        }
        let claim = self.right_claim(carrier, interval);
        self.give(Command::Clear { carrier, interval, claim }, None);
    }

    fn right_claim(&self, carrier: Carrier, interval: DeliveryInterval) -> Claim {
        let Ok(market) = self.pair.market.market(carrier) else { return Claim::Nothing };
        let book = self.pair.market.book(carrier, interval).cloned().unwrap_or_default();
        right_claim(&market.rule, &book)
    }

    fn wrong_claim(&mut self, carrier: Carrier, interval: DeliveryInterval) -> Claim {
        let mut claim = self.right_claim(carrier, interval);
        let off = self.random.below(5) as i64 - 2;
        let choice = self.random.below(4);
        match &mut claim {
            Claim::UniformPrice { equilibrium, price } => match choice {
                0 => *price = Price(price.0 + off),
                1 => *equilibrium = Price(equilibrium.0 + off),
                2 => (*equilibrium, *price) = (Price(equilibrium.0 + off), Price(price.0 + off)),
                _ => claim = Claim::Nothing,
            },
            Claim::PayAsBid { equilibrium, bids, .. } => match choice {
                0 => *equilibrium = Price(equilibrium.0 + off),
                1 => bids.reverse(),
                2 => claim = Claim::UniformPrice { equilibrium: *equilibrium, price: *equilibrium },
                _ => claim = Claim::Nothing,
            },
            _ => {
                claim = if choice < 2 {
                    Claim::UniformPrice { equilibrium: Price(10 + off), price: Price(10 + off) }
                } else {
                    Claim::Metered
                }
            }
        }
        claim
    }

    fn tick(&mut self) {
        let now = self.pair.market.now();
        let time = match self.random.below(12) {
            0 => now - 1,
            1 => now,
            _ => now + self.random.below(700),
        };
        self.give(Command::Tick { time }, None);
    }

    fn readings(&mut self) {
        let (carrier, interval) = (self.carrier(), self.interval());
        let all = self.random.one_in(2);
        for member in 0..self.members.len() {
            let Some((meter, key)) = self.members[member].meters.get(&carrier).cloned() else { continue };
            if !all && self.random.one_in(2) {
                continue;
            }
            self.read(meter, &key, interval);
        }
    }

    fn read(&mut self, meter: MeterId, key: &Key, interval: DeliveryInterval) {
        let known = &self.pair.market.meters()[meter.0 as usize];
        let (terms, last) = (known.terms, known.sequence);
        let energy = |random: &mut Random, capacity: Energy| match random.below(30) {
            0 => Energy(capacity.0 + 1),
            1..=8 => Energy(0),
            _ => Energy(random.below(capacity.0 as u64 / 4 + 1) as i64),
        };
        let reading = Reading {
            meter,
            interval,
            import: energy(&mut self.random, terms.import_capacity),
            export: energy(&mut self.random, terms.export_capacity),
            sequence: if self.random.one_in(30) { last + 2 } else { last + 1 },
        };
        self.give(Command::Read(reading), Some(key));
    }

    fn share(&mut self) {
        let (carrier, interval) = (self.carrier(), self.interval());
        self.give(Command::Clear { carrier, interval, claim: Claim::Metered }, None);
    }

    fn settle(&mut self) {
        let (carrier, interval) = (self.carrier(), self.interval());
        self.give(Command::Settle { carrier, interval }, None);
    }

    fn withdraw(&mut self) {
        let member = self.member();
        let account = self.members[member].id;
        let nonce = self.nonce_of(account);
        let amount = Money(self.random.below(200) as i128);
        let key = self.members[member].key.clone();
        self.give(Command::Withdraw { account, amount, nonce }, Some(&key));
    }

    fn transfer(&mut self) {
        let (member, other) = (self.member(), self.member());
        let (from, to) = (self.members[member].id, self.members[other].id);
        let to = if self.random.one_in(20) { AccountId(3) } else { to };
        let nonce = self.nonce_of(from);
        let amount = Money(self.random.below(200) as i128);
        let key = self.members[member].key.clone();
        self.give(Command::Transfer { from, to, amount, nonce }, Some(&key));
    }

    fn pay_in(&mut self) {
        let member = self.member();
        let account = if self.random.one_in(3) { AccountId::GUARANTOR } else { self.members[member].id };
        let amount = 1 + self.random.below(2_000) as i128;
        self.deposit(account, amount);
    }

    fn publish(&mut self) {
        let now = self.pair.market.now() / u64::from(DURATION);
        let start = (now + self.random.below(30)) * u64::from(DURATION);
        let start = DeliveryInterval { start, duration: DURATION };
        let prices = vec![Prices { import: Price(33), export: Price(-1) }; self.random.below(3) as usize];
        let tariff = TariffId(self.random.below(5) as u16);
        self.give(Command::PublishPrices { tariff, start, prices }, None);
    }

    /// Carries the earliest open interval of a carrier to its settlement.
    fn live(&mut self) {
        let carrier = self.carrier();
        let now = self.pair.market.now();
        let first = (0..6)
            .map(|step| DeliveryInterval { start: now / 900 * 900 + step * 900 - 1_800, duration: DURATION })
            .find(|interval| self.pair.market.delivery(carrier, *interval).is_some());
        let Some(interval) = first else { return };
        if now < interval.end() {
            self.give(Command::Tick { time: interval.end() }, None);
        }
        self.clear_at(carrier, interval);
        for member in 0..self.members.len() {
            if let Some((meter, key)) = self.members[member].meters.get(&carrier).cloned() {
                self.read(meter, &key, interval);
            }
        }
        self.give(Command::Clear { carrier, interval, claim: Claim::Metered }, None);
        self.give(Command::Settle { carrier, interval }, None);
    }
}

/// What the rule would say of the book.
pub fn right_claim(rule: &Rule, book: &Book) -> Claim {
    let mut limits = book.bids.iter().chain(&book.offers).map(|order| order.limit);
    let Some(cut) = limits.find_map(|limit| Cut::at(book, limit).ok()) else { return Claim::Nothing };
    match rule {
        Rule::UniformPrice { convention, k } => {
            let (equilibrium, price) = cut.prices(*convention, *k);
            Claim::UniformPrice { equilibrium, price }
        }
        Rule::PayAsBid { .. } => {
            let equilibrium = cut.lo;
            let mut clearing = Clearing::default();
            Cut::at(book, equilibrium).unwrap().allocate(book, &mut clearing);
            let bids = merit_order(Side::Buy, &book.bids, &clearing.bid_fills);
            let offers = merit_order(Side::Sell, &book.offers, &clearing.offer_fills);
            Claim::PayAsBid { equilibrium, bids, offers }
        }
        _ => Claim::Nothing,
    }
}

const fn name(command: &Command) -> &'static str {
    match command {
        Command::Tick { .. } => "tick",
        Command::RegisterAccount { .. } => "account",
        Command::RegisterMeter { .. } => "meter",
        Command::Deposit { .. } => "deposit",
        Command::Withdraw { .. } => "withdraw",
        Command::Transfer { .. } => "transfer",
        Command::Place(_) => "order",
        Command::Cancel { .. } => "cancel",
        Command::PublishPrices { .. } => "publish",
        Command::Close { .. } => "close",
        Command::Clear { claim: Claim::Metered, .. } => "share",
        Command::Clear { .. } => "clear",
        Command::Read(_) => "reading",
        Command::Settle { .. } => "settle",
        _ => "other",
    }
}
