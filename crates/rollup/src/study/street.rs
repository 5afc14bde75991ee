//! The street of the story: households with and without solar panels, and what they, their meters and their operator send.
//!
//! Deterministic from its seed. Every command is signed by whom it belongs to and accepted by the market.

use ledger::{Key, Recoverer};
use market::rule::Cut;
use market::signing::Domain;
use market::{
    AccountId, Authentication, Carrier, Claim, Command, Community, DeliveryInterval, Energy, Envelope,
    Fraction, Market, MeterId, MeterTerms, Money, Order, Price, PriceConvention, Prices, Reading, Rule, Side,
    State, Tariff, TariffId, TariffKind, TimeInForce,
};

/// Length of a delivery interval, s.
pub(super) const DURATION: u32 = 900;
/// Orders end this long before delivery, s.
const GATE: u32 = 300;
/// When the day begins: Monday, 3 June 2024, 00:00 UTC.
pub(super) const START: u64 = 1_717_372_800;

/// Makes commands.
#[derive(Clone)]
pub(super) struct Street {
    /// The operator's key.
    pub(super) operator: Key,
    /// The market after every command made so far.
    pub(super) state: State,
    /// The households' keys, which sign for their meters too.
    pub(super) members: Vec<Key>,
    domain: Domain,
    random: u64,
    nonce: u64,
}

impl Street {
    /// A founded street; the first command is the founding.
    pub(super) fn found(seed: u64, members: usize) -> (Self, Envelope) {
        let bytes = seed.to_be_bytes();
        let operator = Key::from_seed(&bytes, "first operator");
        let community = community(&operator);
        let domain = Domain::of(&community);
        let members =
            (0..members).map(|member| Key::from_seed(&bytes, &format!("household {member}"))).collect();
        let mut street = Self { operator, state: State::new(), members, domain, random: seed, nonce: 0 };
        let founding = street.operate(Command::Found(Box::new(community)));
        (street, founding)
    }

    /// Every household gets an account and a meter.
    pub(super) fn join(&mut self) -> Vec<Envelope> {
        let mut out = vec![self.tick(START - 86_400)];
        for member in 0..self.members.len() {
            let address = self.members[member].address();
            out.push(self.operate(Command::RegisterAccount { address }));
            let terms = MeterTerms {
                account: account(member),
                carrier: Carrier::Electricity,
                key: address,
                import_capacity: Energy(5_000),
                export_capacity: Energy(5_000),
                tariff: TariffId(0),
                share: 0,
            };
            let nonce = self.operator_nonce();
            out.push(self.operate(Command::RegisterMeter { terms, nonce }));
        }
        out
    }

    /// What the operator records when a deposit has arrived on the primary chain.
    pub(super) fn credit(&mut self, account: AccountId, amount: i128) -> Envelope {
        let nonce = self.operator_nonce();
        self.operate(Command::Deposit { account, amount: Money(amount), nonce })
    }

    /// Orders for an interval, its closing and its clearing.
    pub(super) fn trade(&mut self, step: u64) -> Vec<Envelope> {
        let interval = interval(step);
        let gate = interval.start - u64::from(GATE);
        let mut out = vec![self.tick(gate - 60)];
        for member in 0..self.members.len() {
            let net = self.net(member, step);
            // What a household expects is not quite what will be.
            let expected = net + self.draw(101) as i64 - 50;
            let (side, limit) = match expected {
                ..0 => (Side::Sell, 90_000 + self.draw(60_000) as i64),
                _ => (Side::Buy, 140_000 + self.draw(120_000) as i64),
            };
            if expected != 0 {
                let order = Order {
                    account: account(member),
                    meter: MeterId(member as u32),
                    interval,
                    side,
                    energy: Energy(expected.abs()),
                    limit: Price(limit),
                    time_in_force: TimeInForce::NextClearing,
                    nonce: self.member_nonce(member),
                };
                out.push(self.send(Command::Place(order), member));
            }
        }
        out.push(self.tick(gate));
        let carrier = Carrier::Electricity;
        out.push(self.operate(Command::Close { carrier, interval }));
        let claim = self.claim(interval);
        out.push(self.operate(Command::Clear { carrier, interval, claim }));
        out
    }

    /// Readings of an interval and its settlement.
    pub(super) fn deliver(&mut self, step: u64) -> Vec<Envelope> {
        let interval = interval(step);
        let mut out = vec![self.tick(interval.end())];
        for member in 0..self.members.len() {
            let net = self.net(member, step);
            let meter = MeterId(member as u32);
            let sequence = self.state.meters()[member].sequence + 1;
            let (import, export) = (Energy(net.max(0)), Energy((-net).max(0)));
            out.push(self.send(Command::Read(Reading { meter, interval, import, export, sequence }), member));
        }
        out.push(self.operate(Command::Settle { carrier: Carrier::Electricity, interval }));
        out
    }

    /// A household takes money out, n€.
    pub(super) fn withdraw(&mut self, member: usize, amount: i128) -> Envelope {
        let nonce = self.member_nonce(member);
        self.send(Command::Withdraw { account: account(member), amount: Money(amount), nonce }, member)
    }

    /// n€ on an account.
    pub(super) fn balance(&self, account: AccountId) -> i128 {
        self.state.accounts()[account.0 as usize].balance.0
    }

    /// What a household takes from the grid in an interval, Wh; negative: gives. Every second one has solar panels.
    fn net(&self, member: usize, step: u64) -> i64 {
        let noise = |salt: u64, bound: u64| (mix(mix(step ^ salt << 32) ^ member as u64) % bound) as i64;
        let hour = (step / 4 % 24) as i64;
        let load = 60 + noise(1, 120) + if (17..22).contains(&hour) { 150 } else { 0 };
        let sun = if (5..20).contains(&hour) { 56 - (2 * hour - 25).pow(2) / 4 } else { 0 };
        let generation = if member.is_multiple_of(2) { sun.max(0) * (12 + noise(2, 4)) } else { 0 };
        load - generation
    }

    /// The one right claim: any limit that separates what is filled from what is not leads to it.
    fn claim(&self, interval: DeliveryInterval) -> Claim {
        let Some(book) = self.state.book(Carrier::Electricity, interval) else { return Claim::Nothing };
        let limits = book.bids.iter().chain(&book.offers).map(|order| order.limit);
        limits.filter_map(|price| Cut::at(book, price).ok()).next().map_or(Claim::Nothing, |cut| {
            let (equilibrium, price) = cut.prices(PriceConvention::Equilibrium, Fraction::HALF);
            Claim::UniformPrice { equilibrium, price }
        })
    }

    fn tick(&mut self, time: u64) -> Envelope {
        self.operate(Command::Tick { time })
    }

    fn operate(&mut self, command: Command) -> Envelope {
        let key = self.operator.clone();
        self.seal(command, &key)
    }

    fn send(&mut self, command: Command, member: usize) -> Envelope {
        let key = self.members[member].clone();
        self.seal(command, &key)
    }

    fn seal(&mut self, command: Command, key: &Key) -> Envelope {
        let signature = Some(key.sign(&self.domain.digest(&command)));
        let envelope = Envelope { command, signature };
        self.state.apply(&envelope, &Recoverer, &mut ()).expect("the story's commands are acceptable");
        envelope
    }

    fn operator_nonce(&mut self) -> u64 {
        self.nonce += 1;
        self.nonce
    }

    fn member_nonce(&self, member: usize) -> u64 {
        self.state.accounts()[account(member).0 as usize].nonce + 1
    }

    fn draw(&mut self, bound: u64) -> u64 {
        self.random = self.random.wrapping_add(1);
        mix(self.random) % bound
    }
}

/// A household's account.
pub(super) fn account(member: usize) -> AccountId {
    AccountId(AccountId::FIRST_MEMBER.0 + member as u32)
}

/// Delivery interval number `step` of the day.
pub(super) fn interval(step: u64) -> DeliveryInterval {
    DeliveryInterval { start: START, duration: DURATION }.later(step)
}

fn community(operator: &Key) -> Community {
    let prices = Prices { import: Price(160_400), export: Price(79_400) };
    Community {
        chain_id: 31_337,
        community_id: 1,
        currency: *b"EUR",
        operator: operator.address(),
        authentication: Authentication::Signature,
        interval_duration: DURATION,
        gate_closure: GATE,
        horizon: 4,
        utc_offset: 0,
        markets: vec![Market {
            carrier: Carrier::Electricity,
            rule: Rule::UniformPrice { convention: PriceConvention::Equilibrium, k: Fraction::HALF },
            floor: Price(0),
            cap: Price(400_000),
        }],
        tariffs: vec![Tariff {
            kind: TariffKind::Flat(prices),
            grid_fee: Price(109_500),
            peer_grid_fee: Price(47_100),
            levy: Price(127_000),
            peer_levy: Price(106_500),
        }],
    }
}

/// SplitMix64's finaliser (Steele et al. 2014): spreads a number over all bits.
fn mix(number: u64) -> u64 {
    let mut mixed = number.wrapping_mul(0x9e37_79b9_7f4a_7c15);
    mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    mixed ^ (mixed >> 31)
}
