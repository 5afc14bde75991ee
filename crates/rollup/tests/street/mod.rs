//! A street within the scope of the dual chain, and what its operator, members and meters send.

use ledger::{Key, Recoverer};
use market::rule::{Clearing, Cut, merit_order};
use market::signing::Domain;
use market::{
    AccountId, Authentication, Book, Carrier, Claim, Command, Community, DeliveryInterval, Energy, Envelope,
    Fraction, Market, MeterId, MeterTerms, Money, Order, Price, PriceConvention, Prices, Reading, Rule,
    SharingKey, Side, State, Tariff, TariffId, TariffKind, TimeInForce,
};

/// Length of a delivery interval, s.
pub(crate) const DURATION: u32 = 900;
/// Orders end this long before delivery, s.
pub(crate) const GATE: u32 = 300;
/// When the street begins to trade: Monday, 3 June 2024, 00:00 UTC.
pub(crate) const START: u64 = 1_717_372_800;

/// Makes commands, each accepted by the market.
pub(crate) struct Street {
    /// The operator's key.
    pub(crate) operator: Key,
    state: State,
    members: usize,
    nonces: Vec<u64>,
    sequences: Vec<u64>,
    operator_nonce: u64,
    random: u64,
    rule: Rule,
    authentication: Authentication,
    domain: Option<Domain>,
    out: Vec<Envelope>,
}

impl Street {
    /// A street of so many members.
    pub(crate) fn new(seed: u64, members: usize) -> Self {
        let half = Fraction::new(1, 2).unwrap();
        let rule = match seed % 3 {
            0 => Rule::PayAsBid { k: half },
            1 => Rule::UniformPrice { convention: PriceConvention::Equilibrium, k: half },
            _ => Rule::UniformPrice { convention: PriceConvention::LastPair, k: half },
        };
        Self {
            operator: Key::from_seed(&seed.to_be_bytes(), "operator"),
            state: State::new(),
            members,
            nonces: vec![0; members],
            sequences: vec![0; 2 * members],
            operator_nonce: 0,
            random: seed,
            rule,
            authentication: Authentication::Operator,
            domain: None,
            out: Vec::new(),
        }
    }
    /// The same with every command signed.
    pub(crate) fn signed(mut self) -> Self {
        self.authentication = Authentication::Signature;
        self
    }

    /// Every command of so many intervals, from the founding to the last settlement.
    pub(crate) fn day(&mut self, intervals: u64) -> Vec<Envelope> {
        self.found();
        for step in 0..intervals {
            self.trade(step);
            if step > 0 {
                self.deliver(step - 1);
            }
        }
        if intervals > 0 {
            self.deliver(intervals - 1);
        }
        std::mem::take(&mut self.out)
    }

    /// The member's key, which signs for its meters too.
    pub(crate) fn member(&self, member: usize) -> Key {
        Key::from_seed(b"street", &format!("member {member}"))
    }

    /// The root after everything so far.
    pub(crate) fn root(&mut self) -> [u8; 32] {
        self.state.root()
    }

    fn found(&mut self) {
        let price = Price(150_000);
        let key = if self.random.is_multiple_of(2) { SharingKey::Dynamic } else { SharingKey::Static };
        let market = |carrier, rule| Market { carrier, rule, floor: Price(-500_000), cap: Price(500_000) };
        let tariff = |kind, levy| Tariff {
            kind,
            grid_fee: Price(80_000),
            peer_grid_fee: Price(30_000),
            levy: Price(levy),
            peer_levy: Price(levy),
        };
        let flat = TariffKind::Flat(Prices { import: Price(300_000), export: Price(80_000) });
        let community = Community {
            chain_id: 1,
            community_id: 7,
            currency: *b"EUR",
            operator: self.operator.address(),
            authentication: self.authentication,
            interval_duration: DURATION,
            gate_closure: GATE,
            horizon: 4,
            utc_offset: 3600,
            markets: vec![
                market(Carrier::Electricity, self.rule),
                market(Carrier::Heat, Rule::Sharing { key, price }),
            ],
            tariffs: vec![tariff(flat, 20_500), tariff(TariffKind::Dynamic, 11_000)],
        };
        self.domain = Some(Domain::of(&community));
        self.operate(Command::Found(Box::new(community)));
        self.operate(Command::Tick { time: START - 86_400 });
        for account in [AccountId::SUPPLIER, AccountId::GUARANTOR] {
            self.pay_in(account, 1_000_000_000_000);
        }
        for member in 0..self.members {
            self.operate(Command::RegisterAccount { address: self.member(member).address() });
        }
        for (member, carrier) in (0..self.members)
            .flat_map(|member| [Carrier::Electricity, Carrier::Heat].map(|carrier| (member, carrier)))
        {
            let terms = MeterTerms {
                account: account(member),
                carrier,
                key: self.member(member).address(),
                import_capacity: Energy(10_000),
                export_capacity: Energy(10_000),
                tariff: TariffId((member % 2) as u16),
                share: 1_000_000 / self.members as u32,
            };
            let nonce = self.nonce();
            self.operate(Command::RegisterMeter { terms, nonce });
        }
        for member in 0..self.members {
            self.pay_in(account(member), 50_000_000_000);
        }
        let start = DeliveryInterval { start: START, duration: DURATION };
        let prices = (0..96 * 2)
            .map(|step| Prices { import: Price(280_000 + step * 7), export: Price(60_000 - step) });
        self.operate(Command::PublishPrices { tariff: TariffId(1), start, prices: prices.collect() });
        self.checkpoint();
    }

    fn trade(&mut self, step: u64) {
        let interval = interval(step);
        let gate = interval.start - u64::from(GATE);
        self.operate(Command::Tick { time: gate - 60 });
        if step % 4 == 1 {
            let nonce = self.member_nonce(1);
            let (account, amount) = (account(1), Money(1_000_000 + i128::from(self.draw(1_000_000))));
            self.send(Command::Withdraw { account, amount, nonce }, 1);
        }
        for member in 0..self.members {
            let side = if (member as u64 + step).is_multiple_of(2) { Side::Buy } else { Side::Sell };
            let middle = if side == Side::Buy { 180_000 } else { 140_000 };
            let order = Order {
                account: account(member),
                meter: MeterId(2 * member as u32),
                interval,
                side,
                energy: Energy(1 + self.draw(2_000) as i64),
                limit: Price(middle + self.draw(5) as i64 * 20_000 - 40_000),
                time_in_force: if self.draw(2) == 0 {
                    TimeInForce::NextClearing
                } else {
                    TimeInForce::GateClosure
                },
                nonce: self.member_nonce(member),
            };
            self.send(Command::Place(order), member);
        }
        self.operate(Command::Tick { time: gate });
        let carrier = Carrier::Electricity;
        self.operate(Command::Close { carrier, interval });
        let claim =
            self.state.book(carrier, interval).map_or(Claim::Nothing, |book| search(&self.rule, book));
        self.operate(Command::Clear { carrier, interval, claim });
        self.checkpoint();
    }

    fn deliver(&mut self, step: u64) {
        let interval = interval(step);
        self.operate(Command::Tick { time: interval.end() });
        for (carrier, offset) in [(Carrier::Electricity, 0), (Carrier::Heat, 1)] {
            for member in 0..self.members {
                let meter = 2 * member + offset;
                self.sequences[meter] += 1;
                let [import, export] = [self.draw(1_500), self.draw(900) * (self.draw(2))];
                let reading = Reading {
                    meter: MeterId(meter as u32),
                    interval,
                    import: Energy(import as i64),
                    export: Energy(export as i64),
                    sequence: self.sequences[meter],
                };
                self.send(Command::Read(reading), member);
            }
            if carrier == Carrier::Heat {
                self.operate(Command::Clear { carrier, interval, claim: Claim::Metered });
            }
            self.operate(Command::Settle { carrier, interval });
        }
        self.checkpoint();
    }

    fn checkpoint(&mut self) {
        let root = self.state.root();
        self.operate(Command::Checkpoint { root });
    }

    fn pay_in(&mut self, account: AccountId, amount: i128) {
        let nonce = self.nonce();
        self.operate(Command::Deposit { account, amount: Money(amount), nonce });
    }

    fn nonce(&mut self) -> u64 {
        self.operator_nonce += 1;
        self.operator_nonce
    }

    fn member_nonce(&mut self, member: usize) -> u64 {
        self.nonces[member] += 1;
        self.nonces[member]
    }

    fn operate(&mut self, command: Command) {
        let key = self.operator.clone();
        self.push(command, &key);
    }

    fn send(&mut self, command: Command, member: usize) {
        let key = self.member(member);
        self.push(command, &key);
    }

    fn push(&mut self, command: Command, key: &Key) {
        let domain = self.domain.as_ref().filter(|_| self.authentication == Authentication::Signature);
        let signature = domain.map(|domain| key.sign(&domain.digest(&command)));
        let envelope = Envelope { command, signature };
        let result = self.state.apply(&envelope, &Recoverer, &mut ());
        assert_eq!(result, Ok(()), "{envelope:?}");
        self.out.push(envelope);
    }

    /// The next number below `bound` (SplitMix64, Steele et al. 2014).
    fn draw(&mut self, bound: u64) -> u64 {
        self.random = self.random.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.random;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (mixed ^ (mixed >> 31)) % bound
    }
}

/// A member's account.
pub(crate) fn account(member: usize) -> AccountId {
    AccountId(AccountId::FIRST_MEMBER.0 + member as u32)
}

/// Delivery interval number `step`.
pub(crate) fn interval(step: u64) -> DeliveryInterval {
    DeliveryInterval { start: START, duration: DURATION }.later(step)
}

/// The right claim for a small book: tries every limit as the equilibrium price.
fn search(rule: &Rule, book: &Book) -> Claim {
    let limits = book.bids.iter().chain(&book.offers).map(|order| order.limit);
    let Some(cut) = limits.filter_map(|price| Cut::at(book, price).ok()).next() else {
        return Claim::Nothing;
    };
    match *rule {
        Rule::UniformPrice { convention, k } => {
            let (equilibrium, price) = cut.prices(convention, k);
            Claim::UniformPrice { equilibrium, price }
        }
        _ => {
            let mut out = Clearing::default();
            cut.allocate(book, &mut out);
            Claim::PayAsBid {
                equilibrium: cut.lo,
                bids: merit_order(Side::Buy, &book.bids, &out.bid_fills),
                offers: merit_order(Side::Sell, &book.offers, &out.offer_fills),
            }
        }
    }
}
