//! Orders with wishes and step curves at the door: what is taken, what is refused, and with which number.

use market::rule::RuleKind;
use market::signing::Recover;
use market::*;
use proptest::prelude::*;

const START: u64 = 1_700_000_100; // on the quarter-hour grid

struct Nobody;

impl Recover for Nobody {
    fn recover(&self, _: &[u8; 32], _: &Signature) -> Option<Address> {
        None
    }
}

fn founded(rule: Rule) -> Result<State, Rejection> {
    let market = Market { carrier: Carrier::Electricity, rule, floor: Price(0), cap: Price(100) };
    let tariff = Tariff {
        kind: TariffKind::Flat(Prices { import: Price(30), export: Price(8) }),
        grid_fee: Price::ZERO,
        peer_grid_fee: Price::ZERO,
        levy: Price::ZERO,
        peer_levy: Price::ZERO,
    };
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
        markets: vec![market],
        tariffs: vec![tariff],
    };
    let mut state = State::new();
    apply(&mut state, Command::Found(Box::new(terms)), &mut Vec::new()).map(|()| state)
}

/// Two members with a meter and 10 000 n€ each.
fn community(rule: Rule) -> State {
    let mut state = founded(rule).unwrap();
    let mut commands = vec![Command::Tick { time: START - 600 }];
    for member in 0..2_u32 {
        let account = AccountId(6 + member);
        commands.push(Command::RegisterAccount { address: Address([member as u8 + 1; 20]) });
        commands.push(Command::Deposit { account, amount: Money(10_000), nonce: 2 * u64::from(member) + 1 });
        let terms = MeterTerms {
            account,
            carrier: Carrier::Electricity,
            key: Address([1; 20]),
            import_capacity: Energy(100),
            export_capacity: Energy(100),
            tariff: TariffId(0),
            share: 500_000,
        };
        commands.push(Command::RegisterMeter { terms, nonce: 2 * u64::from(member) + 2 });
    }
    commands.into_iter().for_each(|command| apply(&mut state, command, &mut Vec::new()).unwrap());
    state
}

fn apply(state: &mut State, command: Command, events: &mut Vec<Event>) -> Result<(), Rejection> {
    state.apply(&Envelope { command, signature: None }, &Nobody, events)
}

fn order(side: Side, energy: i64, limit: i64) -> Order {
    Order {
        account: AccountId(6),
        meter: MeterId(0),
        interval: DeliveryInterval { start: START, duration: 900 },
        side,
        energy: Energy(energy),
        limit: Price(limit),
        time_in_force: TimeInForce::NextClearing,
        nonce: 1,
    }
}

fn pipeline() -> Rule {
    Rule::Pipeline { stages: Stages::new(&[Stage::Separate]).unwrap(), k: Fraction::HALF }
}

fn bilateral() -> Rule {
    Rule::Bilateral { charges: [Price::ZERO; 4] }
}

const BLOCKS: Rule = Rule::UniformPriceBlocks { k: Fraction::HALF };
const UNIFORM: Rule = Rule::UniformPrice { convention: PriceConvention::Equilibrium, k: Fraction::HALF };

fn steps(steps: &[(i64, i64)]) -> Vec<Step> {
    steps.iter().map(|(limit, energy)| Step { limit: Price(*limit), energy: Energy(*energy) }).collect()
}

#[test]
fn a_curve_is_as_many_orders_as_it_has_steps() {
    let mut state = community(UNIFORM);
    let mut events = Vec::new();
    let curve = steps(&[(35, 20), (10, 30)]);
    let attributes = Attributes::default();
    let command = Command::PlaceWith { order: order(Side::Buy, 40, 50), attributes, steps: curve };
    apply(&mut state, command, &mut events).unwrap();
    let book = state.book(Carrier::Electricity, order(Side::Buy, 1, 1).interval).unwrap();
    let placed: Vec<_> =
        book.bids.iter().map(|order| (order.arrival, order.limit.0, order.energy.0)).collect();
    assert_eq!(placed, [(0, 50, 40), (1, 35, 20), (2, 10, 30)]);
    assert_eq!(state.accounts()[6].holds, Money(40 * 50 + 20 * 35 + 30 * 10));
    assert_eq!(events.len(), 3);
}

#[test]
fn a_premium_is_held_with_the_limit_and_given_back_with_it() {
    let mut state = community(pipeline());
    let attributes = Attributes { quality: Quality::Local, premium: Price(5), ..Attributes::default() };
    let buy = order(Side::Buy, 40, 50);
    apply(&mut state, Command::PlaceWith { order: buy, attributes, steps: vec![] }, &mut vec![]).unwrap();
    assert_eq!(state.accounts()[6].holds, Money(40 * 55));
    // Its own offer may not be reached by limit and premium together.
    let sell = Order { nonce: 2, ..order(Side::Sell, 10, 55) };
    assert_eq!(apply(&mut state, Command::Place(sell), &mut vec![]), Err(Rejection::SelfTrade));
    let id = OrderId { carrier: Carrier::Electricity, interval: buy.interval, side: Side::Buy, arrival: 0 };
    apply(&mut state, Command::Cancel { account: AccountId(6), order: id, nonce: 2 }, &mut vec![]).unwrap();
    assert_eq!(state.accounts()[6].holds, Money(0));
    let book = state.book(Carrier::Electricity, buy.interval).unwrap();
    assert!(book.bids.is_empty() && book.details[0].is_empty());
}

#[test]
fn wishes_are_refused_by_number_and_change_nothing() {
    use Rejection as R;
    let none = Attributes::default;
    let green = || Attributes { quality: Quality::GreenLocal, ..none() };
    let buy = |energy, limit| order(Side::Buy, energy, limit);
    let sell = |energy, limit| order(Side::Sell, energy, limit);
    let rows: Vec<(Rule, Order, Attributes, Vec<Step>, R)> = vec![
        // a curve that does not get strictly worse
        (UNIFORM, buy(10, 50), none(), steps(&[(50, 10)]), R::BadWish),
        (UNIFORM, buy(10, 50), none(), steps(&[(40, 10), (45, 10)]), R::BadWish),
        (UNIFORM, sell(10, 50), none(), steps(&[(49, 10)]), R::BadWish),
        // steps beyond what the point, the collar, the purse or an order may hold
        (UNIFORM, buy(60, 50), none(), steps(&[(40, 41)]), R::BeyondCapacity),
        (UNIFORM, buy(60, 50), none(), steps(&[(-1, 1)]), R::OutsideCollar),
        (UNIFORM, buy(60, 50), none(), steps(&[(40, 0)]), R::BadEnergy),
        (UNIFORM, buy(100, 99), none(), steps(&[(98, 2)]), R::InsufficientFunds),
        // wishes that the rule does not grant
        (UNIFORM, buy(10, 50), green(), vec![], R::NotForThisRule),
        (pipeline(), buy(10, 50), Attributes { minimum: Energy(5), ..none() }, vec![], R::NotForThisRule),
        (BLOCKS, buy(10, 50), Attributes { fall: Price(5), ..none() }, vec![], R::NotForThisRule),
        (bilateral(), buy(10, 50), green(), vec![], R::NotForThisRule),
        // wishes that contradict their order
        (pipeline(), sell(10, 50), Attributes { premium: Price(1), ..green() }, vec![], R::BadWish),
        (pipeline(), buy(10, 50), Attributes { premium: Price(-1), ..green() }, vec![], R::BadWish),
        (pipeline(), buy(10, 50), Attributes { premium: Price(1), ..none() }, vec![], R::BadWish),
        (pipeline(), buy(10, 96), Attributes { premium: Price(5), ..green() }, vec![], R::OutsideCollar),
        (BLOCKS, buy(10, 50), Attributes { minimum: Energy(11), ..none() }, vec![], R::BadWish),
        (BLOCKS, buy(10, 50), Attributes { minimum: Energy(-1), ..none() }, vec![], R::BadWish),
        (BLOCKS, buy(10, 50), Attributes { minimum: Energy(5), ..none() }, steps(&[(40, 1)]), R::BadWish),
        (bilateral(), buy(10, 50), Attributes { partner: AccountId(6), ..none() }, vec![], R::BadWish),
        (bilateral(), buy(10, 50), Attributes { partner: AccountId(99), ..none() }, vec![], R::BadWish),
        (bilateral(), buy(10, 50), Attributes { fall: Price(-1), ..none() }, vec![], R::BadWish),
        (bilateral(), buy(10, 50), Attributes { fall: Price(51), ..none() }, vec![], R::OutsideCollar),
        // extreme numbers
        (bilateral(), buy(10, 50), Attributes { fall: Price(i64::MIN), ..none() }, vec![], R::OutsideCollar),
        (
            pipeline(),
            buy(10, 50),
            Attributes { premium: Price(i64::MAX), ..green() },
            vec![],
            R::InsufficientFunds,
        ),
    ];
    for (rule, order, attributes, steps, number) in rows {
        let mut state = community(rule);
        let (before, mut events) = (state.root(), Vec::new());
        let said = format!("{} {order:?} {attributes:?} {steps:?}", rule.kind().name());
        let command = Command::PlaceWith { order, attributes, steps };
        assert_eq!(apply(&mut state, command, &mut events), Err(number), "{said}");
        assert_eq!((state.root(), events), (before, vec![]), "{said}");
    }
}

#[test]
fn only_an_open_book_matches_on_arrival() {
    for time_in_force in [TimeInForce::ImmediateOrCancel, TimeInForce::FillOrKill] {
        let order = Order { time_in_force, ..order(Side::Buy, 10, 50) };
        let mut state = community(UNIFORM);
        let placed = apply(&mut state, Command::Place(order), &mut vec![]);
        assert_eq!(placed, Err(Rejection::NotForThisRule));
        apply(&mut community(Rule::Continuous), Command::Place(order), &mut vec![]).unwrap();
    }
}

#[test]
fn no_ledger_takes_a_rule_for_studies() {
    let price = Price(10);
    let sharing = |key| Rule::Sharing { key, price };
    let after =
        |key| Rule::AuctionFirst { convention: PriceConvention::Equilibrium, k: Fraction::HALF, key, price };
    for rule in [
        Rule::Vcg,
        sharing(SharingKey::FullDynamic),
        sharing(SharingKey::Incentive),
        after(SharingKey::FullDynamic),
        Rule::Bilateral { charges: [Price(0), Price(0), Price(0), Price(-1)] },
    ] {
        assert_eq!(founded(rule).err(), Some(Rejection::BadTerms), "{rule:?}");
    }
    let studies = RuleKind::ALL.into_iter().filter(|kind| !kind.may_hold_money());
    assert_eq!(studies.count(), 3);
}

#[test]
fn a_place_is_part_of_the_root() {
    let mut state = community(bilateral());
    let before = state.root();
    let locate = |location, nonce| Command::Locate { meter: MeterId(0), location: Location(location), nonce };
    apply(&mut state, locate(0x0102, 9), &mut vec![]).unwrap();
    let after = state.root();
    assert_ne!(before, after);
    assert_eq!(apply(&mut state, locate(0x0103, 9), &mut vec![]), Err(Rejection::StaleNonce));
    let elsewhere = Command::Locate { meter: MeterId(9), location: Location(0), nonce: 10 };
    assert_eq!(apply(&mut state, elsewhere, &mut vec![]), Err(Rejection::UnknownMeter));
    assert_eq!(state.root(), after);
}

/// The rules that a ledger may live by, each with some parameters.
fn rules() -> [Rule; 12] {
    let (k, price) = (Fraction::HALF, Price(10));
    let convention = PriceConvention::LastPair;
    [
        UNIFORM,
        Rule::PayAsBid { k },
        Rule::TradeReduction,
        Rule::Continuous,
        pipeline(),
        BLOCKS,
        bilateral(),
        Rule::AuctionFirst { convention, k, key: SharingKey::Equal, price },
        Rule::MidMarketRate { tariff: TariffId(0) },
        Rule::SupplyDemandRatio { tariff: TariffId(0) },
        Rule::BillSharing,
        Rule::Sharing { key: SharingKey::Cascade, price },
    ]
}

/// A command that is anything at all, except that where it names something it may name what exists.
fn near(mut command: Command, time: u64) -> Command {
    let interval = DeliveryInterval { start: START, duration: 900 };
    match &mut command {
        Command::Place(order) | Command::PlaceWith { order, .. } => {
            *order = Order { account: AccountId(6), meter: MeterId(0), interval, nonce: time, ..*order };
        }
        Command::Close { carrier, interval: at }
        | Command::Settle { carrier, interval: at }
        | Command::Clear { carrier, interval: at, .. } => {
            (*carrier, *at) = (Carrier::Electricity, interval);
        }
        Command::Read(reading) => {
            *reading = Reading { meter: MeterId((time % 2) as u32), interval, sequence: 1, ..*reading };
        }
        Command::Tick { time: to } => *to = START - 600 + time * 100,
        _ => {}
    }
    command
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(ProptestConfig::default().cases.max(10_000)))]

    /// Whatever arrives is taken or refused, and a refusal changes nothing.
    #[test]
    fn no_command_can_panic_under_any_rule(
        commands in prop::collection::vec((market::testing::arbitrary_command(), any::<bool>()), 1..12),
        rule in prop::sample::select(rules().to_vec()),
    ) {
        let mut state = community(rule);
        let mut before = state.root();
        for (time, (command, changed)) in (2..).zip(commands) {
            let command = if changed { near(command, time) } else { command };
            match apply(&mut state, command, &mut Vec::new()) {
                Ok(()) => before = state.root(),
                Err(_) => prop_assert_eq!(state.root(), before),
            }
        }
    }
}
