//! An example run: a small community in which every kind of command occurs. Deterministic from its seed.

mod metering;
mod scoped;

pub use scoped::{Beyond, Scoped, VARIANTS};

use crate::{Key, Recoverer};
use market::rule::coupled::Coupled;
use market::rule::{Clearing, Cut, RuleKind, merit_order};
use market::signing::Domain;
use market::{
    AccountId, Agreement, Attributes, Authentication, Book, Carrier, Claim, Command, Community, Conversion,
    Delegate, DeliveryInterval, Energy, Envelope, Fraction, ImbalancePolicy, Location, Market, MeterId,
    MeterTerms, Money, Order, OrderId, Output, Price, PriceConvention, Prices, Quality, Rejection, Rule,
    SharingKey, Side, State, Step, StorageOffer, Tariff, TariffId, TariffKind, TariffVersion, TimeInForce,
    Window, Wish,
};

/// Length of a delivery interval, s.
const DURATION: u32 = 900;
/// Orders end this long before delivery, s.
const GATE: u32 = 300;
/// When the example begins: Monday, 3 June 2024, 00:00 UTC.
const START: u64 = 1_717_372_800;

/// Builds the commands of an example run, each accepted by the market.
pub struct Example {
    /// The operator's key.
    pub operator: Key,
    state: State,
    commands: Vec<Envelope>,
    domain: Domain,
    authentication: Authentication,
    members: Vec<Member>,
    random: u64,
    operator_nonce: u64,
    search: Search,
    /// Readings that were missing or wrong: step, carrier and member.
    faults: Vec<(u64, Carrier, usize)>,
}

/// Finds right claims.
#[derive(Clone, Copy)]
pub struct Search {
    /// For a book under a rule, given the market's floor and cap.
    pub book: fn(&Rule, &Book, (Price, Price)) -> Claim,
    /// For all that is cleared together where carriers are coupled.
    pub coupled: fn(&Coupled<'_>) -> Claim,
}

struct Member {
    key: Key,
    id: AccountId,
    nonce: u64,
    /// Per carrier.
    meters: [Meter; 3],
}

#[derive(Clone)]
struct Meter {
    id: MeterId,
    key: Key,
    sequence: u64,
    /// What a cumulative register shows: energy taken and given.
    shown: [u64; 2],
}

impl Example {
    /// A founded community with this many members, who have metering points for every carrier and money.
    #[must_use]
    pub fn new(seed: u64, authentication: Authentication, members: usize) -> Self {
        Self::founded(seed, authentication, members, rules(seed), SEARCH)
    }

    /// The same under other rules, one per carrier; whoever asks for them brings the search.
    fn founded(
        seed: u64,
        authentication: Authentication,
        members: usize,
        rules: [Rule; 3],
        search: Search,
    ) -> Self {
        let bytes = seed.to_be_bytes();
        let operator = Key::from_seed(&bytes, "operator");
        let community = community(operator.address(), authentication, rules);
        let mut example = Self {
            operator,
            state: State::new(),
            commands: Vec::new(),
            domain: Domain::of(&community),
            authentication,
            members: Vec::new(),
            random: seed,
            operator_nonce: 0,
            search,
            faults: Vec::new(),
        };
        example.operate(Command::Found(Box::new(community)));
        example.operate(Command::Tick { time: START - 86_400 });
        for name in 0..members {
            example.join(&bytes, name);
        }
        for account in [AccountId::GUARANTOR, AccountId::COMMUNITY] {
            let nonce = example.nonce();
            example.operate(Command::Deposit { account, amount: Money(1_000_000_000_000), nonce });
        }
        let start = DeliveryInterval { start: START, duration: DURATION };
        let prices = (0..96 * 8)
            .map(|step| Prices { import: Price(280_000 + step * 7), export: Price(60_000 - step) });
        example.operate(Command::PublishPrices { tariff: TariffId(2), start, prices: prices.collect() });
        example.agree(seed);
        example.checkpoint();
        example
    }

    /// The commands so far.
    #[must_use]
    pub fn commands(&self) -> &[Envelope] {
        &self.commands
    }

    /// Takes the commands that came since the last call.
    pub fn take(&mut self) -> Vec<Envelope> {
        std::mem::take(&mut self.commands)
    }

    /// The root after the commands so far.
    pub fn root(&mut self) -> [u8; 32] {
        self.state.root()
    }

    /// A run of this many delivery intervals, from the founding to the last checkpoint.
    #[must_use]
    pub fn run(seed: u64, authentication: Authentication, members: usize, intervals: u64) -> Self {
        Self::new(seed, authentication, members).played(intervals)
    }

    /// The same under other rules, one per carrier in canonical order.
    #[must_use]
    pub fn run_under(rules: [Rule; 3], search: Search, seed: u64, members: usize, intervals: u64) -> Self {
        Self::founded(seed, Authentication::Operator, members, rules, search).played(intervals)
    }

    fn played(mut self, intervals: u64) -> Self {
        self.arrange();
        (0..intervals).for_each(|step| self.interval(step));
        self.deliver(intervals.saturating_sub(1));
        self
    }

    fn rule(&self, carrier: Carrier) -> Rule {
        self.state.market(carrier).expect("traded").rule
    }

    /// The carriers that are traded by orders.
    fn on_orders(&self) -> impl Iterator<Item = Carrier> + use<> {
        let rules = Carrier::ALL.map(|carrier| (carrier, self.rule(carrier)));
        rules.into_iter().filter(|(_, rule)| rule.takes_orders()).map(|(carrier, _)| carrier)
    }

    /// Trades delivery interval number `step` and settles the one before it.
    pub fn interval(&mut self, step: u64) {
        let interval = DeliveryInterval { start: START, duration: DURATION }.later(step);
        let gate = interval.start - u64::from(GATE);
        self.operate(Command::Tick { time: gate - 60 });
        self.top_up();
        if step.is_multiple_of(4) && self.rule(Carrier::Electricity).takes_orders() {
            self.delegate_trades(interval);
        }
        if step % 4 == 1 {
            let amount = Money(1_000_000 + i128::from(self.draw(1_000_000)));
            let (account, nonce) = self.member_nonce(1);
            let key = self.members[1].key.clone();
            self.send(Command::Withdraw { account, amount, nonce }, &key);
            let to = self.members[2 % self.members.len()].id;
            let (from, nonce) = self.member_nonce(1);
            self.send(Command::Transfer { from, to, amount: Money(2_345_678), nonce }, &key);
        }
        for carrier in self.on_orders() {
            self.trade(carrier, interval);
        }
        self.offer(interval);
        self.operate(Command::Tick { time: gate });
        let coupled = self.coupled();
        for carrier in self.on_orders().filter(|carrier| !coupled.contains(carrier)) {
            self.clear(carrier, interval);
        }
        if let Some(first) = coupled.first() {
            coupled.iter().for_each(|carrier| self.operate(Command::Close { carrier: *carrier, interval }));
            let claim = (self.search.coupled)(&self.state.coupled_problem(interval).expect("all are closed"));
            self.operate(Command::Clear { carrier: *first, interval, claim });
        }
        match step.checked_sub(1) {
            Some(before) => self.deliver(before),
            None => self.checkpoint(),
        }
    }

    /// Time passes to the end of delivery interval number `step`: it is metered and settled.
    fn deliver(&mut self, step: u64) {
        let interval = DeliveryInterval { start: START, duration: DURATION }.later(step);
        self.operate(Command::Tick { time: interval.end() });
        for carrier in Carrier::ALL {
            if let Some(before) = step.checked_sub(1) {
                self.correct(carrier, before);
            }
            self.read(carrier, step);
            if self.rule(carrier).shares_metered() {
                self.operate(Command::Clear { carrier, interval, claim: Claim::Metered });
            }
            self.operate(Command::Settle { carrier, interval });
        }
        self.checkpoint();
    }

    fn join(&mut self, seed: &[u8], name: usize) {
        let key = Key::from_seed(seed, &format!("member {name}"));
        let id = AccountId(AccountId::FIRST_MEMBER.0 + name as u32);
        self.operate(Command::RegisterAccount { address: key.address() });
        let meters = Carrier::ALL.map(|carrier| {
            let meter = Meter {
                id: MeterId(self.state.meters().len() as u32),
                key: Key::from_seed(seed, &format!("meter {name} {}", carrier.name())),
                sequence: 0,
                shown: [999_000, 0],
            };
            let terms = MeterTerms {
                account: id,
                carrier,
                key: meter.key.address(),
                import_capacity: Energy(10_000),
                export_capacity: Energy(10_000),
                tariff: TariffId((name % 3) as u16),
                share: if name < 3 { 300_000 } else { 0 },
            };
            let nonce = self.nonce();
            self.operate(Command::RegisterMeter { terms, nonce });
            let location = Location(0x0001_0101 + 0x0001_0000 * (name as u32 % 2) + name as u32 / 2);
            let nonce = self.nonce();
            self.operate(Command::Locate { meter: meter.id, location, nonce });
            meter
        });
        self.members.push(Member { key, id, nonce: 0, meters });
        let nonce = self.nonce();
        // Some have little, so that the guarantor lends.
        let amount = Money(if name % 4 == 3 { 4_000_000_000 } else { 50_000_000_000 });
        self.operate(Command::Deposit { account: id, amount, nonce });
    }

    /// From the second interval on deviations are settled by a policy that changes with `variant`, and the first two tariffs
    /// have other terms; the first of them once more from the third on.
    fn agree(&mut self, variant: u64) {
        let from = |step: u64| START + step * u64::from(DURATION);
        let tariff = TariffId(2);
        let policies =
            [ImbalancePolicy::Single { tariff }, ImbalancePolicy::ProRata { tariff }, ImbalancePolicy::Dual];
        let terms = Agreement {
            from: from(1),
            imbalance: policies[(variant % 3) as usize],
            penalty: Price(5_000),
            tolerance: 100_000,
            grace: 0,
            correction_window: 3 * DURATION,
        };
        let nonce = self.nonce();
        self.operate(Command::Agree { terms, nonce });
        let founding = self.state.community().map_or_else(Vec::new, |terms| terms.tariffs.clone());
        let near = [10_000, 20_000, 35_000, 60_000].map(Price);
        for (tariff, step, fees, vat) in [
            (0, 1, Some(near), 190_000),
            (1, 1, None, 100_000),
            (0, 2, Some(near.map(|fee| fee + Price(1))), 70_000),
        ] {
            let Some(tariff_terms) = founding.get(tariff).cloned() else { continue };
            let version = TariffVersion { from: from(step), tariff: tariff_terms, distance_fees: fees, vat };
            let nonce = self.nonce();
            self.operate(Command::Reprice { tariff: TariffId(tariff as u16), version, nonce });
        }
    }

    /// Whoever could not pay for the next orders pays in; less would do now and then, so that the guarantor lends.
    fn top_up(&mut self) {
        for member in 0..self.members.len() {
            let account = self.members[member].id;
            let entry = &self.state.accounts()[account.0 as usize];
            let (available, debt) = (entry.balance - entry.holds, entry.debt);
            if available < Money(1_500_000_000) {
                let (amount, nonce) = (Money(3_000_000_000) + debt, self.nonce());
                self.operate(Command::Deposit { account, amount, nonce });
            }
        }
    }

    /// Member 0 lets a hot key trade, trades with it, and withdraws the permission.
    fn delegate_trades(&mut self, interval: DeliveryInterval) {
        let owner = self.members[0].key.clone();
        let hot = Key::from_seed(b"hot", "member 0");
        let (account, nonce) = self.member_nonce(0);
        let delegate = Delegate { address: hot.address(), expires: interval.end() };
        self.send(Command::Delegate { account, delegate, nonce }, &owner);
        let (_, nonce) = self.member_nonce(0);
        let order = Order {
            account,
            meter: self.members[0].meters[0].id,
            interval,
            side: Side::Buy,
            energy: Energy(300),
            limit: Price(310_000),
            time_in_force: TimeInForce::GateClosure,
            nonce,
        };
        self.send(Command::Place(order), &hot);
        let (_, nonce) = self.member_nonce(0);
        self.send(Command::Revoke { account, address: hot.address(), nonce }, &owner);
    }

    fn trade(&mut self, carrier: Carrier, interval: DeliveryInterval) {
        for member in 0..self.members.len() {
            let side =
                if (member as u64 + interval.number()).is_multiple_of(2) { Side::Buy } else { Side::Sell };
            // Few different limits, so that the margin is shared.
            let middle = if side == Side::Buy { 180_000 } else { 140_000 };
            let limit = Price(middle + self.draw(5) as i64 * 20_000 - 40_000);
            let time_in_force =
                if self.draw(2) == 0 { TimeInForce::NextClearing } else { TimeInForce::GateClosure };
            let energy = Energy(1 + self.draw(2_000) as i64);
            let (account, nonce) = self.member_nonce(member);
            let meter = self.members[member].meters[carrier as usize].id;
            let order = Order { account, meter, interval, side, energy, limit, time_in_force, nonce };
            let key = self.members[member].key.clone();
            let self_trade = member == 0 && side == Side::Sell; // its hot key may have bought
            // Who converts or stores trades with the others through that alone.
            let offers = member + 2 >= self.members.len() && self.coupled().contains(&carrier);
            if self_trade || offers {
                continue;
            }
            let (attributes, steps) = self.wishes(&order, self.rule(carrier).kind());
            if attributes == Attributes::default() && steps.is_empty() {
                self.send(Command::Place(order), &key);
            } else {
                self.send(Command::PlaceWith { order, attributes, steps }, &key);
            }
            let rests = self
                .state
                .book(carrier, interval)
                .is_some_and(|book| book.orders(side).last().is_some_and(|order| order.account == account));
            if self.draw(5) == 0 && rests {
                let book = self.state.book(carrier, interval).expect("it has an order");
                let arrival = book.orders(side).last().expect("the order").arrival;
                let (account, nonce) = self.member_nonce(member);
                let order = OrderId { carrier, interval, side, arrival };
                self.send(Command::Cancel { account, order, nonce }, &key);
            }
        }
    }

    /// The carriers that are cleared together.
    fn coupled(&self) -> Vec<Carrier> {
        let coupled = |carrier: &Carrier| matches!(self.rule(*carrier), Rule::Coupled { .. });
        Carrier::ALL.into_iter().filter(coupled).collect()
    }

    /// Where carriers are coupled, the last member converts the first into the others, and the one before stores it.
    fn offer(&mut self, interval: DeliveryInterval) {
        let coupled = self.coupled();
        let [from, to @ ..] = &coupled[..] else { return };
        let member = self.members.len() - 2;
        let meter = self.members[member].meters[*from as usize].id;
        let key = self.members[member].key.clone();
        let (account, nonce) = self.member_nonce(member);
        let offer = StorageOffer {
            account,
            meter,
            interval,
            further: self.draw(2) as u16, // only the first of two is cleared
            charge: Energy(self.draw(800) as i64),
            discharge: Energy(1 + self.draw(800) as i64),
            capacity: Energy(3_000),
            level: Energy(1_000),
            least: Energy(self.draw(900) as i64),
            charge_efficiency: 950_000,
            discharge_efficiency: 930_000,
            kept: 990_000,
            cost: Price(self.draw(10_000) as i64),
            nonce,
        };
        self.send(Command::Store(offer), &key);
        if to.is_empty() {
            return;
        }
        let member = self.members.len() - 1;
        let point = |carrier: &Carrier| self.members[member].meters[*carrier as usize].id;
        let (input, points) = (point(from), to.iter().map(point).collect::<Vec<_>>());
        let ratio = |meter| Output { meter, ratio: 200_000 + self.draw(300_000) as u32 };
        let outputs = points.into_iter().map(ratio).collect();
        let (capacity, cost) = (Energy(1 + self.draw(2_000) as i64), Price(self.draw(10_000) as i64));
        let key = self.members[member].key.clone();
        let (account, nonce) = self.member_nonce(member);
        let offer = Conversion { account, interval, input, outputs, capacity, cost, nonce };
        self.send(Command::Convert(offer), &key);
    }

    /// What an order asks for beside, as far as its rule grants it; now and then a second step.
    fn wishes(&mut self, order: &Order, kind: RuleKind) -> (Attributes, Vec<Step>) {
        let mut attributes = Attributes::default();
        let wished: Vec<Wish> = Wish::ALL.into_iter().filter(|wish| kind.grants(*wish)).collect();
        let mut steps = Vec::new();
        for wish in wished {
            let drawn = self.draw(3) as i64;
            match wish {
                Wish::Quality => {
                    attributes.quality = Quality::ALL[drawn as usize];
                    if order.side == Side::Buy && drawn > 0 {
                        attributes.premium = Price(10_000 * self.draw(3) as i64);
                    }
                }
                Wish::Partner if drawn == 0 => {
                    let partner = AccountId::FIRST_MEMBER.0 + self.draw(self.members.len() as u64) as u32;
                    if partner != order.account.0 {
                        attributes.partner = AccountId(partner);
                        attributes.premium = Price(5_000 * self.draw(3) as i64);
                    }
                }
                Wish::Minimum if drawn == 0 => attributes.minimum = Energy(order.energy.0.min(300)),
                Wish::Fall if order.time_in_force == TimeInForce::NextClearing => {
                    attributes.fall = Price(20_000 * drawn);
                }
                Wish::Steps if drawn == 0 && attributes == Attributes::default() => {
                    let further = if order.side == Side::Buy { -15_000 } else { 15_000 };
                    steps.push(Step { limit: order.limit + Price(further), energy: Energy(250) });
                }
                Wish::Partner | Wish::Minimum | Wish::Fall | Wish::Block | Wish::Steps => {}
            }
        }
        (attributes, steps)
    }

    fn clear(&mut self, carrier: Carrier, interval: DeliveryInterval) {
        self.operate(Command::Close { carrier, interval });
        let market = *self.state.market(carrier).expect("traded");
        let book = self.state.book(carrier, interval);
        let collar = (market.floor, market.cap);
        let claim = book.map_or(Claim::Nothing, |book| (self.search.book)(&market.rule, book, collar));
        self.operate(Command::Clear { carrier, interval, claim });
    }

    fn checkpoint(&mut self) {
        let root = self.state.root();
        self.operate(Command::Checkpoint { root });
    }

    fn operate(&mut self, command: Command) {
        let key = self.operator.clone();
        self.send(command, &key);
    }

    fn send(&mut self, command: Command, key: &Key) {
        let envelope = seal(command, key, &self.domain, self.authentication);
        let result: Result<(), Rejection> = self.state.apply(&envelope, &Recoverer, &mut ());
        assert_eq!(result, Ok(()), "the example must be acceptable: {envelope:?}");
        self.commands.push(envelope);
    }

    fn nonce(&mut self) -> u64 {
        self.operator_nonce += 1;
        self.operator_nonce
    }

    fn member_nonce(&mut self, member: usize) -> (AccountId, u64) {
        let member = &mut self.members[member];
        member.nonce += 1;
        (member.id, member.nonce)
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

/// The command with its sender's signature, or without one where the operator answers for everybody.
#[must_use]
pub fn seal(command: Command, key: &Key, domain: &Domain, authentication: Authentication) -> Envelope {
    let signature = match authentication {
        Authentication::Signature => Some(key.sign(&domain.digest(&command))),
        Authentication::Operator => None,
    };
    Envelope { command, signature }
}

/// The rules of an example that change with `variant`, all of them within 6.
fn rules(variant: u64) -> [Rule; 3] {
    let price = Price(150_000);
    let (heat, k) = match variant % 3 {
        0 => (Rule::MidMarketRate { tariff: TariffId(0) }, Fraction::ZERO),
        1 => (Rule::Sharing { key: SharingKey::Dynamic, price }, Fraction::HALF),
        _ => (Rule::Sharing { key: SharingKey::Static, price }, Fraction::ONE),
    };
    let convention = PriceConvention::ALL[(variant / 3 % 2) as usize];
    [Rule::UniformPrice { convention, k: Fraction::HALF }, heat, Rule::PayAsBid { k }]
}

/// The terms of an example: one tariff of every kind, one rule per carrier in canonical order.
#[must_use]
pub fn community(
    operator: market::Address,
    authentication: Authentication,
    [electricity, heat, gas]: [Rule; 3],
) -> Community {
    let market = |carrier, rule| Market { carrier, rule, floor: Price(-500_000), cap: Price(500_000) };
    let tariff = |kind, levy| Tariff {
        kind,
        grid_fee: Price(80_000),
        peer_grid_fee: Price(30_000),
        levy: Price(levy),
        peer_levy: Price(levy),
    };
    let window = |days, from, until, import| Window {
        days,
        from,
        until,
        prices: Prices { import: Price(import), export: Price(82_000) },
    };
    let week = vec![
        window(0b001_1111, 0, 21_600, 220_000),
        window(0b001_1111, 21_600, 86_400, 340_000),
        window(0b110_0000, 0, 86_400, 220_000),
    ];
    Community {
        chain_id: 1,
        community_id: 7,
        currency: *b"EUR",
        operator,
        authentication,
        interval_duration: DURATION,
        gate_closure: GATE,
        horizon: 4,
        utc_offset: 3600,
        markets: vec![
            market(Carrier::Electricity, electricity),
            market(Carrier::Heat, heat),
            market(Carrier::Gas, gas),
        ],
        tariffs: vec![
            tariff(TariffKind::Flat(Prices { import: Price(300_000), export: Price(80_000) }), 20_500),
            tariff(TariffKind::TimeOfUse(week), 0),
            tariff(TariffKind::Dynamic, 11_000),
        ],
    }
}

/// The rules of an example couple nothing.
const SEARCH: Search = Search { book: search, coupled: |_| unreachable!("no carrier is coupled") };

/// Finds the claim that is right for a small book: tries every limit as the equilibrium price.
fn search(rule: &Rule, book: &Book, _collar: (Price, Price)) -> Claim {
    let limits = book.bids.iter().chain(&book.offers).map(|order| order.limit);
    let Some(cut) = limits.filter_map(|price| Cut::at(book, price).ok()).next() else {
        return Claim::Nothing;
    };
    match *rule {
        Rule::UniformPrice { convention, k } => {
            let (equilibrium, price) = cut.prices(convention, k);
            Claim::UniformPrice { equilibrium, price }
        }
        Rule::PayAsBid { .. } => {
            let mut out = Clearing::default();
            cut.allocate(book, &mut out);
            Claim::PayAsBid {
                equilibrium: cut.lo,
                bids: merit_order(Side::Buy, &book.bids, &out.bid_fills),
                offers: merit_order(Side::Sell, &book.offers, &out.offer_fills),
            }
        }
        _ => unreachable!("the rules of an example"),
    }
}
