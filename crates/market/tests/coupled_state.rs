//! Offers to convert and to store from the door to the bill: what is refused, what is held, what is paid and released.

use market::signing::Recover;
use market::*;

const START: u64 = 1_700_000_100; // on the quarter-hour grid
const FIRST: DeliveryInterval = DeliveryInterval { start: START, duration: 900 };
const CAP: i64 = 500;

struct Nobody;

impl Recover for Nobody {
    fn recover(&self, _: &[u8; 32], _: &Signature) -> Option<Address> {
        None
    }
}

/// Four members with a metering point per carrier; electricity and heat are coupled, gas is not.
#[derive(Clone)]
struct Village {
    state: State,
    nonce: u64,
}

const ELECTRICITY: Carrier = Carrier::Electricity;
const HEAT: Carrier = Carrier::Heat;
const GAS: Carrier = Carrier::Gas;

fn account(member: u32) -> AccountId {
    AccountId(6 + member)
}

fn meter(member: u32, carrier: Carrier) -> MeterId {
    MeterId(3 * member + carrier as u32)
}

impl Village {
    fn new(gas: Rule) -> Self {
        let tariff = Tariff {
            kind: TariffKind::Flat(Prices { import: Price(400), export: Price(10) }),
            grid_fee: Price(0),
            peer_grid_fee: Price(0),
            levy: Price(0),
            peer_levy: Price(0),
        };
        let market = |carrier, rule| Market { carrier, rule, floor: Price(-CAP), cap: Price(CAP) };
        let coupled = Rule::Coupled { k: Fraction::HALF };
        let terms = Community {
            chain_id: 1,
            community_id: 7,
            currency: *b"EUR",
            operator: Address([9; 20]),
            authentication: Authentication::Operator,
            interval_duration: 900,
            gate_closure: 300,
            horizon: 4,
            utc_offset: 0,
            markets: vec![market(ELECTRICITY, coupled), market(HEAT, coupled), market(GAS, gas)],
            tariffs: vec![tariff],
        };
        let mut village = Self { state: State::new(), nonce: 0 };
        village.accept(Command::Found(Box::new(terms)));
        village.accept(Command::Tick { time: START - 900 });
        for member in 0..4_u32 {
            village.accept(Command::RegisterAccount { address: Address([member as u8 + 1; 20]) });
            let nonce = village.next();
            village.accept(Command::Deposit { account: account(member), amount: Money(10_000_000), nonce });
            for carrier in Carrier::ALL {
                let terms = MeterTerms {
                    account: account(member),
                    carrier,
                    key: Address([1; 20]),
                    import_capacity: Energy(5_000),
                    export_capacity: Energy(5_000),
                    tariff: TariffId(0),
                    share: 0,
                };
                let nonce = village.next();
                village.accept(Command::RegisterMeter { terms, nonce });
            }
        }
        village
    }

    fn next(&mut self) -> u64 {
        self.nonce += 1;
        self.nonce
    }

    fn send(&mut self, command: Command) -> Result<Vec<Event>, Rejection> {
        let mut events = Vec::new();
        let before = (self.state.root(), self.state.accounts().to_vec());
        let done = self.state.apply(&Envelope { command, signature: None }, &Nobody, &mut events);
        if done.is_err() {
            assert_eq!(
                (self.state.root(), self.state.accounts().to_vec()),
                before,
                "a refusal changes nothing"
            );
        }
        done.map(|()| events)
    }

    #[track_caller]
    fn accept(&mut self, command: Command) -> Vec<Event> {
        self.send(command.clone()).unwrap_or_else(|refused| panic!("{refused}: {command:?}"))
    }

    fn order(&mut self, member: u32, carrier: Carrier, side: Side, energy: i64, limit: i64) -> Command {
        Command::Place(Order {
            account: account(member),
            meter: meter(member, carrier),
            interval: FIRST,
            side,
            energy: Energy(energy),
            limit: Price(limit),
            time_in_force: TimeInForce::NextClearing,
            nonce: self.next(),
        })
    }

    /// Member 2's heat pump: three Wh of heat for a Wh, and 20 n€ of wear.
    fn pump(&mut self) -> Conversion {
        Conversion {
            account: account(2),
            interval: FIRST,
            input: meter(2, ELECTRICITY),
            outputs: vec![Output { meter: meter(2, HEAT), ratio: 3_000_000 }],
            capacity: Energy(1_500),
            cost: Price(20),
            nonce: self.next(),
        }
    }

    /// Member 3's battery over two intervals.
    fn battery(&mut self) -> StorageOffer {
        StorageOffer {
            account: account(3),
            meter: meter(3, ELECTRICITY),
            interval: FIRST,
            further: 1,
            charge: Energy(1_500),
            discharge: Energy(1_500),
            capacity: Energy(5_000),
            level: Energy::ZERO,
            least: Energy::ZERO,
            charge_efficiency: 900_000,
            discharge_efficiency: 900_000,
            kept: 1_000_000,
            cost: Price(10),
            nonce: self.next(),
        }
    }

    fn freeze(&mut self, intervals: u64) {
        for interval in (0..intervals).map(|step| FIRST.later(step)) {
            for carrier in [ELECTRICITY, HEAT] {
                self.accept(Command::Close { carrier, interval });
            }
        }
    }

    fn clear(&mut self, claim: Claim) -> Result<Vec<Event>, Rejection> {
        self.send(Command::Clear { carrier: ELECTRICITY, interval: FIRST, claim })
    }

    fn holds(&self, member: u32) -> i128 {
        self.state.accounts()[account(member).0 as usize].holds.0
    }

    fn position(&self, member: u32, carrier: Carrier, interval: DeliveryInterval) -> Position {
        *self.state.position(meter(member, carrier), interval).unwrap()
    }

    #[track_caller]
    fn refuse(&mut self, command: Command, rejection: Rejection) {
        assert_eq!(self.send(command).err(), Some(rejection));
    }
}

fn other() -> Rule {
    Rule::UniformPrice { convention: PriceConvention::Equilibrium, k: Fraction::HALF }
}

fn node(price: i64, margin: [i64; 2]) -> NodeClaim {
    NodeClaim { price: Price(price), between: false, margin: margin.map(Energy), short: [Energy::ZERO; 2] }
}

/// The case `heat_pump_sets_the_heat_price`, in thousandths, without the heat pump.
fn without_pump() -> Village {
    let mut village = Village::new(other());
    for (member, carrier, side, energy, limit) in [
        (0, ELECTRICITY, Side::Sell, 2_000, 100),
        (1, ELECTRICITY, Side::Buy, 500, 250),
        (1, HEAT, Side::Buy, 3_000, 90),
        (0, HEAT, Side::Sell, 1_000, 80),
    ] {
        let order = village.order(member, carrier, side, energy, limit);
        village.accept(order);
    }
    village
}

fn with_pump() -> (Village, Claim) {
    let mut village = without_pump();
    let offer = village.pump();
    village.accept(Command::Convert(offer));
    let conversions = vec![ConversionClaim { input: Energy(1_000), outputs: vec![Energy(3_000)] }];
    let nodes = vec![node(100, [0, 1_500]), node(40, [0, 0])];
    (village, Claim::Coupled { nodes, conversions, storages: Vec::new() })
}

#[test]
fn a_heat_pump_buys_electricity_and_sells_heat() {
    let (mut village, claim) = with_pump();
    assert_eq!(village.holds(2), 1_500 * i128::from(CAP), "its input at the cap");
    let there = village.position(2, ELECTRICITY, FIRST);
    assert_eq!((there.open_buy, there.open_sell), (Energy(1_500), Energy::ZERO));
    assert_eq!(village.position(2, HEAT, FIRST).open_sell, Energy(4_500));
    village.freeze(1);
    let events = village.clear(claim).unwrap();

    let converted = |carrier, side, energy, money| Event::Converted {
        account: account(2),
        meter: meter(2, carrier),
        carrier,
        interval: FIRST,
        side,
        energy: Energy(energy),
        money: Money(money),
    };
    let told: Vec<_> =
        events.iter().filter(|event| matches!(event, Event::Converted { .. })).copied().collect();
    let right =
        [converted(ELECTRICITY, Side::Buy, 1_000, 100_000), converted(HEAT, Side::Sell, 3_000, 120_000)];
    assert_eq!(told, right);
    let there = village.position(2, ELECTRICITY, FIRST);
    assert_eq!((there.bought, there.paid(), there.open_buy), (Energy(1_000), Money(100_000), Energy::ZERO));
    let there = village.position(2, HEAT, FIRST);
    assert_eq!(
        (there.sold, there.received(), there.open_sell),
        (Energy(3_000), Money(120_000), Energy::ZERO)
    );
    assert_eq!(village.holds(2), 1_000 * i128::from(CAP), "for what it bought until that is settled");
    assert!(village.state.coupled_problem(FIRST).is_err());

    // It delivers 2 Wh of heat less than it sold; everybody else what was traded.
    village.accept(Command::Tick { time: FIRST.end() });
    for member in 0..4 {
        for carrier in [ELECTRICITY, HEAT] {
            let there = village.position(member, carrier, FIRST);
            let missing = if (member, carrier) == (2, HEAT) { Energy(2) } else { Energy::ZERO };
            village.accept(Command::Read(Reading {
                meter: meter(member, carrier),
                interval: FIRST,
                import: there.bought,
                export: there.sold - missing,
                sequence: 1,
            }));
        }
    }
    village.accept(Command::Settle { carrier: ELECTRICITY, interval: FIRST });
    village.accept(Command::Settle { carrier: HEAT, interval: FIRST });
    let balance = |member: u32| village.state.accounts()[account(member).0 as usize].balance.0 - 10_000_000;
    assert_eq!([0, 1, 2].map(balance), [150_000, -50_000 - 120_000, 120_000 - 100_000 - 2 * 400]);
    assert_eq!((0..4).map(|member| village.holds(member)).sum::<i128>(), 0);
    assert_eq!(village.state.accounts().iter().map(|account| account.balance.0).sum::<i128>(), 0);
}

#[test]
fn a_storage_takes_in_one_interval_and_gives_in_the_next() {
    let mut village = Village::new(other());
    let orders =
        [(0, 0, Side::Sell, 3_000, 50), (1, 0, Side::Buy, 1_000, 200), (1, 1, Side::Buy, 2_000, 250)];
    for (member, step, side, energy, limit) in orders {
        let Command::Place(order) = village.order(member, ELECTRICITY, side, energy, limit) else {
            unreachable!()
        };
        village.accept(Command::Place(Order { interval: FIRST.later(step), ..order }));
    }
    let offer = village.battery();
    village.accept(Command::Store(offer));
    assert_eq!(village.holds(3), 2 * 1_500 * i128::from(CAP));
    let quiet = village.clone();
    village.freeze(2);
    let nothing = node(0, [0, 0]);
    // Per Wh held 0.9·(250 − 10) = 216; a Wh taken at noon gains 0.9·216 − 50.
    let claim = |flows: [i64; 2]| Claim::Coupled {
        nodes: vec![node(50, [0, 2_500]), nothing, node(250, [1_215, 0]), nothing],
        conversions: Vec::new(),
        storages: vec![StorageClaim { flows: flows.map(Energy).to_vec(), values: vec![Price(216); 2] }],
    };
    assert_eq!(village.clear(claim([1_500, -1_216])).err(), Some(Rejection::BadConversion));
    let events = village.clear(claim([1_500, -1_215])).unwrap();
    let told: Vec<_> = events
        .iter()
        .filter_map(|event| match event {
            Event::Converted { side, energy, money, interval, .. } => {
                Some((*side, *energy, *money, *interval))
            }
            _ => None,
        })
        .collect();
    let right = [
        (Side::Buy, Energy(1_500), Money(75_000), FIRST),
        (Side::Sell, Energy(1_215), Money(303_750), FIRST.later(1)),
    ];
    assert_eq!(told, right);
    assert_eq!(village.holds(3), 1_500 * i128::from(CAP), "for what it bought");

    // Only the first interval is cleared: the storage takes no part, and is over in both.
    let mut village = quiet;
    village.freeze(1);
    let nodes = vec![node(50, [0, 1_000]), nothing];
    let claim = Claim::Coupled { nodes, conversions: Vec::new(), storages: Vec::new() };
    village.clear(claim).unwrap();
    assert_eq!(village.holds(3), 0);
    for step in 0..2 {
        assert_eq!(village.position(3, ELECTRICITY, FIRST.later(step)), Position::default());
    }
    let again = village.battery();
    village.accept(Command::Store(StorageOffer { interval: FIRST.later(1), further: 0, ..again }));
}

#[test]
fn what_cannot_be_is_refused_by_number() {
    let mut village = Village::new(other());
    let right = village.pump();
    let mut check = |change: &dyn Fn(&mut Conversion), rejection| {
        let mut offer = Conversion { nonce: 100, ..right.clone() };
        change(&mut offer);
        village.refuse(Command::Convert(offer), rejection);
    };
    check(&|offer| offer.input = MeterId(99), Rejection::UnknownMeter);
    check(&|offer| offer.outputs[0].meter = MeterId(99), Rejection::UnknownMeter);
    check(&|offer| offer.nonce = 0, Rejection::StaleNonce);
    check(&|offer| offer.outputs[0].meter = meter(1, HEAT), Rejection::ForeignMeter);
    check(&|offer| offer.interval.start += 1, Rejection::BadInterval);
    check(&|offer| offer.capacity = Energy(i64::MAX), Rejection::InsufficientFunds);
    check(&|offer| offer.interval = FIRST.later(40), Rejection::TooEarly);
    check(&|offer| offer.capacity = Energy(0), Rejection::BadEnergy);
    check(&|offer| offer.cost = Price(-1), Rejection::OutsideCollar);
    check(&|offer| offer.capacity = Energy(5_001), Rejection::BeyondCapacity);
    check(&|offer| offer.outputs[0].ratio = 3_334_000, Rejection::BeyondCapacity);
    check(&|offer| offer.outputs[0].meter = meter(2, GAS), Rejection::NotForThisRule);
    check(&|offer| offer.outputs.clear(), Rejection::BadConversion);
    check(&|offer| offer.outputs[0].ratio = 0, Rejection::BadConversion);
    check(&|offer| offer.outputs.push(offer.outputs[0]), Rejection::BadConversion);
    check(&|offer| offer.outputs[0].meter = meter(2, ELECTRICITY), Rejection::BadConversion);
    let few = |offer: &mut Conversion| offer.capacity = Energy(10);
    check(&|offer| (few(offer), offer.outputs[0].ratio = 20_000_001).0, Rejection::BadConversion);
    let back = |offer: &mut Conversion, ratio| {
        offer.input = meter(2, HEAT);
        offer.outputs = vec![Output { meter: meter(2, ELECTRICITY), ratio }];
    };
    check(&|offer| back(offer, 1_000_001), Rejection::BadConversion);

    let right = village.battery();
    let mut check = |change: &dyn Fn(&mut StorageOffer), rejection| {
        let mut offer = StorageOffer { nonce: 100, ..right };
        change(&mut offer);
        village.refuse(Command::Store(offer), rejection);
    };
    check(&|offer| offer.meter = meter(1, ELECTRICITY), Rejection::ForeignMeter);
    check(&|offer| offer.charge = Energy(i64::MAX), Rejection::InsufficientFunds);
    check(&|offer| offer.further = 4, Rejection::TooEarly);
    check(&|offer| (offer.charge, offer.discharge) = (Energy(0), Energy(0)), Rejection::BadEnergy);
    check(&|offer| offer.discharge = Energy(-1), Rejection::BadEnergy);
    check(&|offer| offer.capacity = Energy(0), Rejection::BadEnergy);
    check(&|offer| offer.discharge = Energy(5_001), Rejection::BeyondCapacity);
    check(&|offer| offer.meter = meter(3, GAS), Rejection::NotForThisRule);
    check(&|offer| offer.level = Energy(5_001), Rejection::BadConversion);
    check(&|offer| offer.charge_efficiency = 1_000_001, Rejection::BadConversion);
    check(&|offer| offer.discharge_efficiency = 9_999, Rejection::BadConversion);
    check(&|offer| offer.kept = 0, Rejection::BadConversion);
    // Nobody may be forced to charge it.
    check(&|offer| offer.least = Energy(1), Rejection::BadConversion);
    // What must end full cannot give anything and take back exactly that.
    let full = |offer: &mut StorageOffer| (offer.level, offer.least) = (offer.capacity, offer.capacity);
    check(&full, Rejection::BadConversion);
    check(
        &|offer| (offer.level, offer.least, offer.kept) = (Energy(100), Energy(99), 990_000),
        Rejection::BadConversion,
    );
    let fine = StorageOffer { level: Energy(100), least: Energy(98), kept: 990_000, nonce: 101, ..right };
    village.accept(Command::Store(fine));

    village.accept(Command::Tick { time: START - 300 });
    let late = Conversion { nonce: 200, ..village.pump() };
    village.refuse(Command::Convert(late), Rejection::GateClosed);
}

#[test]
fn from_gas_no_more_comes_than_goes_in() {
    let mut village = Village::new(Rule::Coupled { k: Fraction::HALF });
    let mut engine = |ratios: [u32; 2]| {
        let outputs = [(ELECTRICITY, ratios[0]), (HEAT, ratios[1])];
        let outputs = outputs.map(|(carrier, ratio)| Output { meter: meter(2, carrier), ratio }).to_vec();
        let capacity = Energy(10);
        let offer = Conversion { input: meter(2, GAS), outputs, capacity, ..village.pump() };
        village.send(Command::Convert(offer)).err()
    };
    assert_eq!(engine([350_000, 500_000]), None);
    assert_eq!(engine([400_000, 600_000]), None);
    assert_eq!(engine([400_000, 600_001]), Some(Rejection::BadConversion));
    // Of a Wh of electricity, half may become gas and half be lifted to 10 Wh of heat.
    let mut electrolyser = |ratios: [u32; 2]| {
        let outputs = [(GAS, ratios[0]), (HEAT, ratios[1])];
        let outputs = outputs.map(|(carrier, ratio)| Output { meter: meter(1, carrier), ratio }).to_vec();
        let (account, capacity) = (account(1), Energy(10));
        let offer = Conversion { account, input: meter(1, ELECTRICITY), outputs, capacity, ..village.pump() };
        village.send(Command::Convert(offer)).err()
    };
    assert_eq!(electrolyser([700_000, 200_000]), None);
    assert_eq!(electrolyser([500_000, 10_000_000]), None);
    assert_eq!(electrolyser([500_001, 10_000_000]), Some(Rejection::BadConversion));
}

#[test]
fn nobody_trades_with_itself_through_a_conversion() {
    let (mut village, _) = with_pump();
    let wrong = [(ELECTRICITY, Side::Sell), (HEAT, Side::Buy)];
    for (carrier, side) in wrong {
        let order = village.order(2, carrier, side, 10, 0);
        village.refuse(order, Rejection::SelfTrade);
    }
    for (carrier, side) in [(ELECTRICITY, Side::Buy), (HEAT, Side::Sell)] {
        let order = village.order(2, carrier, side, 10, 0);
        village.accept(order);
    }
    // The other way round: the order is there first.
    for (carrier, side) in wrong {
        let order = village.order(3, carrier, side, 10, 0);
        village.accept(order);
        let outputs = vec![Output { meter: meter(3, HEAT), ratio: 1_000_000 }];
        let (account, input) = (account(3), meter(3, ELECTRICITY));
        let offer = Conversion { account, input, outputs, ..village.pump() };
        village.refuse(Command::Convert(offer), Rejection::SelfTrade);
        let arrival = village.state.book(carrier, FIRST).unwrap().orders(side).last().unwrap().arrival;
        let nonce = village.next();
        let order = OrderId { carrier, interval: FIRST, side, arrival };
        village.accept(Command::Cancel { account, order, nonce });
    }
    // A storage takes and gives: its point takes no order at all, in none of its intervals.
    let offer = village.battery();
    village.accept(Command::Store(offer));
    for side in Side::ALL {
        let Command::Place(order) = village.order(3, ELECTRICITY, side, 10, 0) else { unreachable!() };
        village.refuse(Command::Place(Order { interval: FIRST.later(1), ..order }), Rejection::SelfTrade);
    }
    let again = village.battery();
    village.refuse(Command::Store(StorageOffer { nonce: again.nonce, ..again }), Rejection::SelfTrade);
}

#[test]
fn a_clearing_is_addressed_to_the_first_book_of_a_row() {
    let (mut village, claim) = with_pump();
    assert_eq!(village.clear(claim.clone()).err(), Some(Rejection::NotFrozen));
    village.accept(Command::Close { carrier: ELECTRICITY, interval: FIRST });
    assert_eq!(village.clear(claim.clone()).err(), Some(Rejection::NotFrozen), "heat is open");
    let offer = village.pump();
    village.refuse(Command::Convert(offer), Rejection::BookFrozen);
    village.accept(Command::Close { carrier: HEAT, interval: FIRST });
    let heat = Command::Clear { carrier: HEAT, interval: FIRST, claim: claim.clone() };
    village.refuse(heat, Rejection::WrongStage);
    assert_eq!(village.clear(Claim::Metered).err(), Some(Rejection::WrongClaim));
    // With the next interval frozen too, the row has two; it begins with the first.
    let next = FIRST.later(1);
    let mut longer = village.clone();
    for carrier in [ELECTRICITY, HEAT] {
        longer.accept(Command::Close { carrier, interval: next });
    }
    assert_eq!(longer.clear(claim.clone()).err(), Some(Rejection::WrongClaim));
    let second = Command::Clear { carrier: ELECTRICITY, interval: next, claim: claim.clone() };
    longer.refuse(second, Rejection::WrongStage);
    let Claim::Coupled { mut nodes, conversions, storages } = claim.clone() else { unreachable!() };
    nodes.extend([node(0, [0, 0]); 2]);
    longer.clear(Claim::Coupled { nodes, conversions, storages }).unwrap();

    let problem = village.state.coupled_problem(FIRST).unwrap();
    assert_eq!((problem.nodes.len(), problem.conversions.len(), problem.storages.len()), (2, 1, 0));
    village.clear(claim).unwrap();
}

/// Whole Wh can leave no claim that suits all offers: then they lapse, and the orders are cleared without them.
#[test]
fn offers_that_no_claim_suits_are_set_aside() {
    let (mut village, _) = with_pump();
    let battery = village.battery();
    village.accept(Command::Store(battery));
    assert_eq!(village.clear(Claim::Nothing).err(), Some(Rejection::NotFrozen));
    village.freeze(1);
    let heat = Command::Clear { carrier: HEAT, interval: FIRST, claim: Claim::Nothing };
    village.refuse(heat, Rejection::WrongClaim);
    let mut longer = village.clone();
    for carrier in [ELECTRICITY, HEAT] {
        longer.accept(Command::Close { carrier, interval: FIRST.later(1) });
    }
    let second = Command::Clear { carrier: ELECTRICITY, interval: FIRST.later(1), claim: Claim::Nothing };
    longer.refuse(second, Rejection::WrongClaim);
    let both = Event::OffersLapsed { interval: FIRST, conversions: 1, storages: 1 };
    assert_eq!(longer.clear(Claim::Nothing), Ok(vec![both]));

    // The battery reaches beyond the row: it has no part in the claim, and lapses as it would at a clearing.
    let told = village.clear(Claim::Nothing);
    assert_eq!(told, Ok(vec![Event::OffersLapsed { interval: FIRST, conversions: 1, storages: 0 }]));
    for (member, carrier, step) in
        [(2, ELECTRICITY, 0), (2, HEAT, 0), (3, ELECTRICITY, 0), (3, ELECTRICITY, 1)]
    {
        assert_eq!(village.position(member, carrier, FIRST.later(step)), Position::default());
    }
    assert_eq!([2, 3].map(|member| village.holds(member)), [0, 0]);
    assert!(
        [ELECTRICITY, HEAT].iter().all(|carrier| village
            .state
            .delivery(*carrier, FIRST)
            .unwrap()
            .is_frozen())
    );
    assert_eq!(village.clear(Claim::Nothing).err(), Some(Rejection::WrongClaim), "no offer is left");
    let late = village.pump();
    village.refuse(Command::Convert(late), Rejection::BookFrozen);

    // As if there had never been any.
    let mut never = without_pump();
    never.freeze(1);
    let claim = Claim::Coupled {
        nodes: vec![node(100, [0, 500]), node(90, [1_000, 0])],
        conversions: Vec::new(),
        storages: Vec::new(),
    };
    assert_eq!(village.clear(claim.clone()).unwrap(), never.clear(claim).unwrap());
    assert_eq!(village.position(1, HEAT, FIRST).bought, Energy(1_000));
}

/// A conversion waits with every carrier that it touches: none of them is settled before it is decided.
#[test]
fn nothing_is_settled_under_an_open_offer() {
    let mut village = Village::new(other());
    let offer = village.pump();
    let bare = village.clone().state.root();
    village.accept(Command::Convert(offer));
    assert_ne!(village.state.root(), bare, "the offer is part of the state");
    village.accept(Command::Tick { time: FIRST.end() });
    for member in 0..4 {
        for carrier in [ELECTRICITY, HEAT] {
            let (import, export) = (Energy::ZERO, Energy::ZERO);
            let reading =
                Reading { meter: meter(member, carrier), interval: FIRST, import, export, sequence: 1 };
            village.accept(Command::Read(reading));
        }
    }
    for carrier in [ELECTRICITY, HEAT] {
        village.refuse(Command::Settle { carrier, interval: FIRST }, Rejection::NotCleared);
    }
    village.freeze(1);
    let conversions = vec![ConversionClaim { input: Energy::ZERO, outputs: vec![Energy::ZERO] }];
    let nodes = vec![node(0, [0, 0]), node(0, [0, 0])];
    village.clear(Claim::Coupled { nodes, conversions, storages: Vec::new() }).unwrap();
    assert_eq!(village.holds(2), 0);
    for carrier in [ELECTRICITY, HEAT] {
        village.accept(Command::Settle { carrier, interval: FIRST });
    }
}

/// What buyers pay beyond what sellers receive at a price between two whole ones goes to the community.
#[test]
fn the_community_keeps_what_whole_prices_leave() {
    let mut village = Village::new(other());
    for (member, carrier, side, energy, limit) in
        [(0, ELECTRICITY, Side::Sell, 2_000, 100), (1, HEAT, Side::Buy, 3_000, 90)]
    {
        let order = village.order(member, carrier, side, energy, limit);
        village.accept(order);
    }
    let mut offer = village.pump();
    offer.outputs[0].ratio = 3_300_000;
    village.accept(Command::Convert(offer));
    village.freeze(1);
    // 120/3.3 = 36.36…
    let heat = NodeClaim { between: true, ..node(36, [0, 0]) };
    let conversions = vec![ConversionClaim { input: Energy(910), outputs: vec![Energy(3_000)] }];
    let nodes = vec![node(100, [0, 910]), heat];
    village.clear(Claim::Coupled { nodes, conversions, storages: Vec::new() }).unwrap();
    let (buyer, pump) = (village.position(1, HEAT, FIRST), village.position(2, HEAT, FIRST));
    assert_eq!((buyer.paid(), pump.received()), (Money(3_000 * 37), Money(3_000 * 36)));
}
