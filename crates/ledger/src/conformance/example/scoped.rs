//! An example within the scope of the dual chain, and beside it commands that only the market would take.
//!
//! Every kind of command that is in scope occurs, with what is easily done wrong by whoever carries it out a second
//! time: margins that are shared, orders that outlive several clearings of a book, books in which nothing meets,
//! prices below zero, loans and what repays them, a supplier that has paid in what it owes.

use super::{DURATION, Example, GATE, Member, Meter, SEARCH, START, community, seal};
use crate::conformance::Scope;
use crate::{Key, Recoverer};
use market::signing::Domain;
use market::{
    AccountId, Agreement, Arrangement, Attributes, Authentication, Carrier, Claim, Command, Community,
    Conversion, Delegate, DeliveryInterval, Energy, Envelope, Equipment, Fraction, ImbalancePolicy, Location,
    MeterId, MeterTerms, Money, Order, OrderId, Output, Position, Price, PriceConvention, Prices, Reading,
    Register, RegisterReading, Rejection, Rule, SharingKey, Side, Stage, Stages, State, Step, StorageOffer,
    TariffId, TariffKind, TariffVersion, TimeInForce,
};

/// How many sets of rules there are; the last has members who share under both keys.
pub const VARIANTS: u64 = 3;

/// Commands within a scope, each accepted by the market and by whoever was asked, and commands beyond it.
pub struct Scoped {
    /// What is accepted, in order.
    pub commands: Vec<Envelope>,
    /// What is beyond the scope, and after how many of the commands it is to be tried.
    pub beyond: Vec<Beyond>,
    /// The market's root after the last command.
    pub root: [u8; 32],
}

/// A command beyond the scope.
pub struct Beyond {
    /// After how many of the example's commands.
    pub after: usize,
    /// The command, signed by whoever may give it.
    pub envelope: Envelope,
    /// What the market alone would say.
    pub market: Result<(), Rejection>,
}

/// Who has to be asked about commands that a back end may refuse.
type Also<'a> = &'a mut dyn FnMut(&Envelope) -> bool;

/// What an account has for the next orders, n€: less than the dearest reading costs, so that the guarantor lends.
const ENOUGH: Money = Money(6_000_000_000);
/// Whom the guarantor lends.
const DEBTOR: usize = 3;
/// Who feeds in what nobody has bought.
const FEEDER: usize = 0;

struct Builder<'a> {
    example: Example,
    also: Also<'a>,
    beyond: Vec<Beyond>,
}

impl Scoped {
    /// A run of this many delivery intervals with this many members (at least 5).
    ///
    /// `also` hears every command in its order, from the founding on, and says whether the back end takes it too. An
    /// order, a cancellation, a withdrawal or a transfer that it refuses is left out.
    ///
    /// # Panics
    /// If `also` refuses a command that the run cannot do without.
    #[must_use]
    pub fn run(
        seed: u64,
        authentication: Authentication,
        members: usize,
        intervals: u64,
        also: &mut dyn FnMut(&Envelope) -> bool,
    ) -> Self {
        assert!(members >= 5, "each of the first five has a part");
        let operator = Key::from_seed(&seed.to_be_bytes(), "operator");
        let terms = terms(seed, &operator, authentication);
        let example = Example {
            operator,
            state: State::new(),
            commands: Vec::new(),
            domain: Domain::of(&terms),
            authentication,
            members: Vec::new(),
            random: seed,
            operator_nonce: 0,
            search: SEARCH,
            faults: Vec::new(),
        };
        let mut builder = Builder { example, also, beyond: Vec::new() };
        builder.found(terms, seed, members);
        builder.beyond();
        (0..intervals).for_each(|step| builder.interval(step));
        builder.deliver(intervals.saturating_sub(1));
        builder.beyond();
        let Builder { mut example, beyond, .. } = builder;
        Self { root: example.root(), commands: example.take(), beyond }
    }
}

/// The terms: two rules on orders or two on readings, tariffs of the kinds in scope.
fn terms(seed: u64, operator: &Key, authentication: Authentication) -> Community {
    let uniform = |convention, k| Rule::UniformPrice { convention, k };
    let sharing = |key, price| Rule::Sharing { key, price: Price(price) };
    let third = Fraction::new(1, 3).expect("less than one");
    let rules = match seed % VARIANTS {
        0 => [
            uniform(PriceConvention::Equilibrium, Fraction::HALF),
            sharing(SharingKey::Dynamic, 150_000),
            Rule::PayAsBid { k: Fraction::HALF },
        ],
        1 => [
            Rule::PayAsBid { k: third },
            sharing(SharingKey::Static, -20_000),
            uniform(PriceConvention::Equilibrium, third),
        ],
        _ => [
            uniform(PriceConvention::LastPair, Fraction::HALF),
            sharing(SharingKey::Static, 150_000),
            sharing(SharingKey::Dynamic, -20_000),
        ],
    };
    let mut terms = community(operator.address(), authentication, rules);
    terms.tariffs.retain(|tariff| Scope::DualChain.takes_tariff(tariff));
    terms
}

impl Builder<'_> {
    fn found(&mut self, terms: Community, seed: u64, members: usize) {
        self.found_beyond(&terms);
        self.must(Command::Found(Box::new(terms)));
        self.must(Command::Tick { time: START - 3_600 });
        for name in 0..members {
            self.join(&seed.to_be_bytes(), name);
        }
        // The supplier pays in what it will owe for feed-in, and for what is taken at prices below zero.
        for (account, amount) in [
            (AccountId::GUARANTOR, 1_000_000_000_000),
            (AccountId::COMMUNITY, 1_000_000_000),
            (AccountId::SUPPLIER, 1_000_000_000_000),
            (AccountId::GRID_OPERATOR, 1),
            (AccountId::LEVIES, 1),
        ] {
            self.deposit(account, Money(amount));
        }
        self.checkpoint();
    }

    fn join(&mut self, seed: &[u8], name: usize) {
        let key = Key::from_seed(seed, &format!("member {name}"));
        let id = AccountId(AccountId::FIRST_MEMBER.0 + name as u32);
        self.must(Command::RegisterAccount { address: key.address() });
        let meters = Carrier::ALL.map(|carrier| {
            let meter = Meter {
                id: MeterId(self.example.state.meters().len() as u32),
                key: Key::from_seed(seed, &format!("meter {name} {}", carrier.name())),
                sequence: 0,
                shown: [0, 0],
            };
            // A works could take and give more than an order or a reading holds here.
            let capacity = Energy(if name == FEEDER { 5_000_000_000 } else { 10_000 });
            let terms = MeterTerms {
                account: id,
                carrier,
                key: meter.key.address(),
                import_capacity: capacity,
                export_capacity: capacity,
                tariff: TariffId((name % 2) as u16),
                share: if name < 3 { 300_000 } else { 0 },
            };
            let nonce = self.example.nonce();
            self.must(Command::RegisterMeter { terms, nonce });
            meter
        });
        self.example.members.push(Member { key, id, nonce: 0, meters });
        self.deposit(id, Money(8_000_000_000 + name as i128));
    }

    /// Trades delivery interval number `step` in three clearings and settles the one before it.
    fn interval(&mut self, step: u64) {
        let interval = at(step);
        let gate = interval.start - u64::from(GATE);
        self.must(Command::Tick { time: gate - 240 });
        self.publish(step);
        self.pay(step);
        self.top_up();
        for (round, before) in [(0, 180), (1, 60), (2, 0)] {
            for carrier in self.example.on_orders() {
                self.trade(carrier, step, round);
            }
            self.must(Command::Tick { time: gate - before });
            for carrier in self.example.on_orders() {
                self.clear(carrier, interval);
            }
        }
        match step.checked_sub(1) {
            Some(before) => self.deliver(before),
            None => self.checkpoint(),
        }
    }

    /// The published tariff's prices: two intervals at first, then one at a time, in every third below zero.
    fn publish(&mut self, step: u64) {
        let prices = |step: u64| {
            let below = step % 3 == 1;
            let (import, export) = if below { (-15_000, -30_000) } else { (280_000, 60_000) };
            Prices { import: Price(import + step as i64), export: Price(export - step as i64) }
        };
        let steps = if step == 0 { 0..2 } else { step + 1..step + 2 };
        let (tariff, start) = (TariffId(1), at(steps.start));
        self.must(Command::PublishPrices { tariff, start, prices: steps.map(prices).collect() });
    }

    /// Some draw out, and some pay others; whoever owes the guarantor is paid first of all.
    fn pay(&mut self, step: u64) {
        let owing = |member: &&Member| self.example.state.accounts()[member.id.0 as usize].debt > Money::ZERO;
        let to =
            self.example.members.iter().find(owing).map_or(self.example.members[2].id, |member| member.id);
        let amount = Money(1_234_567 + i128::from(self.example.draw(1_000_000)));
        self.may(1, |from, nonce| Command::Transfer { from, to, amount, nonce });
        if step % 3 == 1 {
            let amount = Money(1_000_000 + i128::from(self.example.draw(1_000_000)));
            self.may(2, |account, nonce| Command::Withdraw { account, amount, nonce });
        }
    }

    /// Whoever could not pay for the next orders pays in.
    fn top_up(&mut self) {
        for member in 0..self.example.members.len() {
            let account = self.example.members[member].id;
            let entry = &self.example.state.accounts()[account.0 as usize];
            let lacking = ENOUGH - (entry.balance - entry.holds) + entry.debt;
            if lacking > Money::ZERO {
                self.deposit(account, lacking);
            }
        }
    }

    fn trade(&mut self, carrier: Carrier, step: u64, round: u64) {
        let interval = at(step);
        for member in 0..self.example.members.len() {
            let buys = (member as u64 + interval.number()).is_multiple_of(2);
            let side = if buys { Side::Buy } else { Side::Sell };
            // Once nobody buys and once nobody sells, so that nothing meets.
            if (step, round) == (2, 0) && buys || (step, round) == (0, 1) && !buys {
                continue;
            }
            // Few different limits, so that margins are shared; in every third interval below zero.
            let middle = if buys { 180_000 } else { 140_000 } - if step % 3 == 1 { 190_000 } else { 0 };
            let limit = Price(middle + self.example.draw(5) as i64 * 20_000 - 40_000);
            let stays = self.example.draw(3) > 0;
            let time_in_force = if stays { TimeInForce::GateClosure } else { TimeInForce::NextClearing };
            let energy = Energy(1 + self.example.draw(2_000) as i64);
            let meter = self.example.members[member].meters[carrier as usize].id;
            let order = |account, nonce| Order {
                account,
                meter,
                interval,
                side,
                energy,
                limit,
                time_in_force,
                nonce,
            };
            self.may(member, |account, nonce| Command::Place(order(account, nonce)));
            if self.example.draw(4) == 0 {
                self.cancel(member, carrier, interval, side);
            }
        }
    }

    /// A member takes back what is left of its last order.
    fn cancel(&mut self, member: usize, carrier: Carrier, interval: DeliveryInterval, side: Side) {
        let account = self.example.members[member].id;
        let Some(book) = self.example.state.book(carrier, interval) else { return };
        let own = book.orders(side).iter().rev().find(|order| order.account == account);
        let Some(arrival) = own.map(|order| order.arrival) else { return };
        let order = OrderId { carrier, interval, side, arrival };
        self.may(member, |account, nonce| Command::Cancel { account, order, nonce });
    }

    fn clear(&mut self, carrier: Carrier, interval: DeliveryInterval) {
        self.must(Command::Close { carrier, interval });
        let example = &self.example;
        let market = *example.state.market(carrier).expect("traded");
        let book = example.state.book(carrier, interval);
        let collar = (market.floor, market.cap);
        let claim = book.map_or(Claim::Nothing, |book| (example.search.book)(&market.rule, book, collar));
        self.must(Command::Clear { carrier, interval, claim });
    }

    /// Time passes to the end of delivery interval number `step`: it is metered and settled.
    fn deliver(&mut self, step: u64) {
        let interval = at(step);
        self.must(Command::Tick { time: interval.end() });
        for carrier in Carrier::ALL {
            for member in 0..self.example.members.len() {
                self.read(carrier, member, step);
            }
            if self.example.rule(carrier).shares_metered() {
                self.must(Command::Clear { carrier, interval, claim: Claim::Metered });
            }
            self.must(Command::Settle { carrier, interval });
        }
        self.checkpoint();
    }

    fn read(&mut self, carrier: Carrier, member: usize, step: u64) {
        let interval = at(step);
        let meter = self.example.members[member].meters[carrier as usize].id;
        let position = self.example.state.position(meter, interval).copied();
        let Position { bought, sold, .. } = position.unwrap_or_default();
        let mut drawn = || Energy(self.example.draw(400) as i64 - 200);
        let near = [bought, sold].map(|contracted| (contracted + drawn()).max(Energy::ZERO));
        let [import, export] = match self.example.draw(4) {
            _ if (member, step % 3) == (DEBTOR, 0) => [Energy(10_000), Energy::ZERO],
            _ if (member, step % 3) == (FEEDER, 1) => [Energy::ZERO, sold + Energy(9_000)],
            0 => [bought, sold],
            1 => [Energy::ZERO; 2],
            _ => near,
        };
        if member == FEEDER {
            let sequence = self.example.members[member].meters[carrier as usize].sequence + 1;
            let huge = Reading { meter, interval, import: Energy(1 << 24), export: Energy::ZERO, sequence };
            let key = self.example.members[member].meters[carrier as usize].key.clone();
            self.try_beyond(Command::Read(huge), &key);
        }
        let meter = &mut self.example.members[member].meters[carrier as usize];
        meter.sequence += 1;
        let reading = Reading { meter: meter.id, interval, import, export, sequence: meter.sequence };
        let key = meter.key.clone();
        assert!(self.send(Command::Read(reading), &key), "a back end must take {reading:?}");
    }

    fn deposit(&mut self, account: AccountId, amount: Money) {
        let nonce = self.example.nonce();
        self.must(Command::Deposit { account, amount, nonce });
    }

    fn checkpoint(&mut self) {
        let root = self.example.state.root();
        self.must(Command::Checkpoint { root });
    }

    /// The operator's command, which the run cannot do without.
    fn must(&mut self, command: Command) {
        let key = self.example.operator.clone();
        assert!(self.send(command.clone(), &key), "a back end must take {command:?}");
    }

    /// A member's command, left out where the back end refuses it.
    fn may(&mut self, member: usize, command: impl FnOnce(AccountId, u64) -> Command) {
        let key = self.example.members[member].key.clone();
        let account = self.example.members[member].id;
        let nonce = self.example.members[member].nonce + 1;
        if self.send(command(account, nonce), &key) {
            self.example.members[member].nonce = nonce;
        }
    }

    /// Whether the back end took the command.
    fn send(&mut self, command: Command, key: &Key) -> bool {
        let Example { state, commands, domain, authentication, .. } = &mut self.example;
        assert!(Scope::DualChain.takes(state, &command), "beyond the scope: {command:?}");
        let envelope = seal(command, key, domain, *authentication);
        if !(self.also)(&envelope) {
            return false;
        }
        let answer = state.apply(&envelope, &Recoverer, &mut ());
        assert_eq!(answer, Ok(()), "the example must be acceptable: {envelope:?}");
        commands.push(envelope);
        true
    }

    /// A community under rules and tariffs that only the market takes.
    fn found_beyond(&mut self, terms: &Community) {
        let tariff = TariffId(0);
        let (price, k) = (Price(150_000), Fraction::HALF);
        let keys = [
            SharingKey::Equal,
            SharingKey::Hybrid,
            SharingKey::Cascade,
            SharingKey::Priority,
            SharingKey::FullDynamic,
            SharingKey::Incentive,
        ];
        let stages = Stages::new(&[Stage::UniformPrice]).expect("one stage");
        let convention = PriceConvention::Equilibrium;
        let rules = [
            Rule::MidMarketRate { tariff },
            Rule::TradeReduction,
            Rule::Vcg,
            Rule::SupplyDemandRatio { tariff },
            Rule::BillSharing,
            Rule::Continuous,
            Rule::Pipeline { stages, k },
            Rule::Bilateral { charges: [Price(0), Price(1), Price(2), Price(3)] },
            Rule::UniformPriceBlocks { k },
            Rule::AuctionFirst { convention, k, key: SharingKey::Dynamic, price },
            Rule::Coupled { k },
            Rule::ExPost { tariff, weights: [1_000_000, 750_000, 500_000, 250_000, 0] },
        ];
        let rules = rules.into_iter().chain(keys.map(|key| Rule::Sharing { key, price }));
        let key = self.example.operator.clone();
        for rule in rules {
            let mut other = terms.clone();
            other.markets.iter_mut().for_each(|market| market.rule = rule);
            self.try_beyond(Command::Found(Box::new(other)), &key);
        }
        let mut other = terms.clone();
        other.tariffs = community(terms.operator, terms.authentication, terms_rules(terms)).tariffs;
        assert!(other.tariffs.iter().any(|tariff| matches!(tariff.kind, TariffKind::TimeOfUse(_))));
        self.try_beyond(Command::Found(Box::new(other)), &key);
    }

    /// Commands of every kind that only the market takes, as things stand.
    fn beyond(&mut self) {
        let example = &self.example;
        let operator = example.operator.clone();
        let Member { key, id: account, nonce, meters } = &example.members[FEEDER];
        let (owner, account, nonce) = (key.clone(), *account, nonce + 1);
        let (meter, input) = (meters[0].clone(), meters[0].id);
        let now = example.state.now();
        let next = at((now.max(START) - START) / u64::from(DURATION) + 2);
        let operator_nonce = example.operator_nonce + 1;
        let order = Order {
            account,
            meter: meter.id,
            interval: next,
            side: Side::Sell,
            energy: Energy(1 << 32),
            limit: Price(100_000),
            time_in_force: TimeInForce::GateClosure,
            nonce,
        };
        let small = Order { energy: Energy(100), ..order };
        let delegate = Delegate { address: meter.key.address(), expires: now + 3_600 };
        for command in [
            Command::Delegate { account, delegate, nonce },
            Command::Revoke { account, address: meter.key.address(), nonce },
            Command::Place(order),
            Command::Place(Order { time_in_force: TimeInForce::ImmediateOrCancel, ..small }),
            Command::PlaceWith { order: small, attributes: Attributes::default(), steps: vec![] },
            Command::PlaceWith {
                order: small,
                attributes: Attributes::default(),
                steps: vec![Step { limit: Price(110_000), energy: Energy(50) }],
            },
            Command::Convert(Conversion {
                account,
                interval: next,
                input,
                outputs: vec![Output { meter: meters[1].id, ratio: 300_000 }],
                capacity: Energy(100),
                cost: Price(0),
                nonce,
            }),
            Command::Store(storage(account, input, next, nonce)),
        ] {
            self.try_beyond(command, &owner);
        }
        let tariff = self.example.state.community().expect("founded").tariffs[0].clone();
        let terms = MeterTerms {
            account,
            carrier: Carrier::Electricity,
            key: meter.key.address(),
            import_capacity: Energy(1),
            export_capacity: Energy(1),
            tariff: TariffId(0),
            share: 0,
        };
        let equip = |register, arrangement| Command::Equip {
            meter: input,
            equipment: Equipment { register, arrangement },
            nonce: operator_nonce,
        };
        let main = self.example.members[1].meters[0].id;
        let agreement = Agreement {
            from: next.start,
            imbalance: ImbalancePolicy::Dual,
            penalty: Price(5_000),
            tolerance: 100_000,
            grace: 0,
            correction_window: 3 * DURATION,
        };
        let version = TariffVersion { from: next.start, tariff, distance_fees: None, vat: 190_000 };
        for command in [
            Command::RegisterMeter { terms, nonce: operator_nonce },
            Command::Locate { meter: input, location: Location(0x0001_0101), nonce: operator_nonce },
            Command::Agree { terms: agreement, nonce: operator_nonce },
            Command::Reprice { tariff: TariffId(0), version, nonce: operator_nonce },
            equip(Register::Cumulative { modulus: 1_000_000 }, Arrangement::Direct),
            equip(Register::Interval, Arrangement::Sub { main }),
            equip(Register::Interval, Arrangement::Virtual { source: main, share: 333_333 }),
            Command::Resettle { carrier: Carrier::Electricity, interval: at(0) },
        ] {
            self.try_beyond(command, &operator);
        }
        let (import, export) = (Energy(1), Energy(0));
        let sequence = meter.sequence + 1;
        let reading = Reading { meter: input, interval: at(0), import, export, sequence };
        let register = RegisterReading { meter: input, time: now, import: 1, export: 0, sequence };
        for command in [Command::Correct(reading), Command::ReadRegister(register)] {
            self.try_beyond(command, &meter.key);
        }
    }

    /// Keeps a command that is to be refused here, with what the market alone would say.
    fn try_beyond(&mut self, command: Command, key: &Key) {
        let Example { state, commands, domain, authentication, .. } = &self.example;
        assert!(!Scope::DualChain.takes(state, &command), "within the scope: {command:?}");
        let domain = match &command {
            Command::Found(terms) => Domain::of(terms),
            _ => *domain,
        };
        let envelope = seal(command, key, &domain, *authentication);
        let market = state.clone().apply(&envelope, &Recoverer, &mut ());
        self.beyond.push(Beyond { after: commands.len(), envelope, market });
    }
}

const fn storage(account: AccountId, meter: MeterId, interval: DeliveryInterval, nonce: u64) -> StorageOffer {
    StorageOffer {
        account,
        meter,
        interval,
        further: 0,
        charge: Energy(100),
        discharge: Energy(100),
        capacity: Energy(1_000),
        level: Energy(500),
        least: Energy(0),
        charge_efficiency: 950_000,
        discharge_efficiency: 950_000,
        kept: 1_000_000,
        cost: Price(0),
        nonce,
    }
}

fn terms_rules(terms: &Community) -> [Rule; 3] {
    [0, 1, 2].map(|index: usize| terms.markets[index].rule)
}

fn at(step: u64) -> DeliveryInterval {
    DeliveryInterval { start: START, duration: DURATION }.later(step)
}
