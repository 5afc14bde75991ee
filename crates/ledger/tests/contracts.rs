//! The life of a contract, step by step, each tried by a cheater: who is refused, by which number, and who pays.
//!
//! `docs/mechanisms/contracts.md` shows the cycle as a table. Every command is signed. A mill sells 40 kWh to a waterworks
//! for one quarter of an hour at 14 ct/kWh; the supplier charges 30 and pays 8 ct/kWh, fees come on top. What is sold and not
//! delivered beyond 5 % costs 10 ct/kWh beside.

use ledger::conformance::seal;
use ledger::{Key, Recoverer};
use market::signing::Domain;
use market::{
    AccountId, Agreement, Authentication, Carrier, Claim, Command, Community, Delegate, DeliveryInterval,
    Energy, Envelope, Event, Fraction, ImbalancePolicy, Market, MeterId, MeterTerms, Money, Order, OrderId,
    Price, PriceConvention, Prices, Reading, Rejection, Rule, Side, State, Tariff, TariffId, TariffKind,
    TimeInForce,
};

const START: u64 = 1_717_372_800; // Monday, 3 June 2024, 00:00 UTC
const QUARTER: u32 = 900;
const DAY: u32 = 86_400;
const CARRIER: Carrier = Carrier::Electricity;
const MILL: u32 = 0;
const WATERWORKS: u32 = 1;
/// 1 €, n€.
const EURO: i128 = 1_000_000_000;
/// 1 kWh, Wh.
const KWH: i64 = 1_000;

fn cents(price: i64) -> Price {
    Price(price * 10_000)
}

fn interval() -> DeliveryInterval {
    DeliveryInterval::new(START, QUARTER).unwrap().later(4)
}

fn account(member: u32) -> AccountId {
    AccountId(AccountId::FIRST_MEMBER.0 + member)
}

fn key(name: &str) -> Key {
    Key::from_seed(b"contracts", name)
}

fn owner(member: u32) -> Key {
    key(&format!("member {member}"))
}

fn meter_key(member: u32) -> Key {
    key(&format!("meter {member}"))
}

fn terms() -> Community {
    let rule = Rule::UniformPrice { convention: PriceConvention::Equilibrium, k: Fraction::HALF };
    let prices = Prices { import: cents(30), export: cents(8) };
    Community {
        chain_id: 1,
        community_id: 5,
        currency: *b"EUR",
        operator: key("operator").address(),
        authentication: Authentication::Signature,
        interval_duration: QUARTER,
        gate_closure: 300,
        horizon: 8,
        utc_offset: 0,
        markets: vec![Market { carrier: CARRIER, rule, floor: cents(-50), cap: cents(50) }],
        tariffs: vec![Tariff {
            kind: TariffKind::Flat(prices),
            grid_fee: cents(10),
            peer_grid_fee: cents(4),
            levy: cents(5),
            peer_levy: cents(1),
        }],
    }
}

/// A market in which everything is signed.
#[derive(Clone)]
struct World {
    state: State,
    domain: Domain,
    events: Vec<Event>,
    nonce: u64,
}

impl World {
    /// A mill that can give 50 kWh and a waterworks that can take 60, in a quarter of an hour, with 20 € each.
    fn new() -> Self {
        let domain = Domain::of(&terms());
        let mut world = Self { state: State::new(), domain, events: Vec::new(), nonce: 0 };
        world.operator(Command::Found(Box::new(terms())));
        world.operator(Command::Tick { time: START });
        for member in [MILL, WATERWORKS] {
            world.operator(Command::RegisterAccount { address: owner(member).address() });
            let nonce = world.next();
            world.operator(Command::RegisterMeter { terms: meter(member), nonce });
            world.deposit(account(member), 20 * EURO);
        }
        world.deposit(AccountId::GUARANTOR, 100 * EURO);
        let agreement = Agreement {
            from: START,
            imbalance: ImbalancePolicy::Dual,
            penalty: cents(10),
            tolerance: 50_000,
            grace: 3_600,
            correction_window: 7 * DAY,
        };
        let nonce = world.next();
        world.operator(Command::Agree { terms: agreement, nonce });
        world
    }

    fn next(&mut self) -> u64 {
        self.nonce += 1;
        self.nonce
    }

    fn deposit(&mut self, account: AccountId, amount: i128) {
        let nonce = self.next();
        self.operator(Command::Deposit { account, amount: Money(amount), nonce });
    }

    fn send(&mut self, envelope: &Envelope) -> Result<(), Rejection> {
        self.state.apply(envelope, &Recoverer, &mut self.events)
    }

    /// What becomes of a command with this signature; a refusal must leave no trace.
    fn try_by(&mut self, key: &Key, command: Command) -> Result<(), Rejection> {
        let envelope = seal(command, key, &self.domain, Authentication::Signature);
        let (root, events) = (self.state.root(), self.events.len());
        let answer = self.send(&envelope);
        if answer.is_err() {
            assert_eq!((self.state.root(), self.events.len()), (root, events), "a refusal leaves no trace");
        }
        answer
    }

    fn operator(&mut self, command: Command) {
        let said = format!("{command:?}");
        assert_eq!(self.try_by(&key("operator"), command), Ok(()), "{said}");
    }

    fn by_operator(&mut self, command: Command) -> Result<(), Rejection> {
        self.try_by(&key("operator"), command)
    }

    /// 40 kWh offered at 10 ct and asked for at 18 ct.
    fn offered() -> Self {
        let mut world = Self::new();
        assert_eq!(world.try_by(&owner(MILL), sell(40, 1)), Ok(()));
        assert_eq!(world.try_by(&owner(WATERWORKS), buy(40, 1)), Ok(()));
        world
    }

    /// The gate is closed.
    fn closed() -> Self {
        let mut world = Self::offered();
        world.operator(Command::Tick { time: interval().start - 300 });
        world.operator(Command::Close { carrier: CARRIER, interval: interval() });
        world
    }

    /// The contract: 40 kWh at 14 ct/kWh; the interval is over.
    fn delivered() -> Self {
        let mut world = Self::closed();
        world.operator(clear(cents(14)));
        world.operator(Command::Tick { time: interval().end() });
        world
    }

    /// Both meters have reported what mill and waterworks did, and the interval is settled.
    fn settled(given: i64, taken: i64) -> Self {
        let mut world = Self::delivered();
        assert_eq!(world.try_by(&meter_key(MILL), read(MILL, 0, given, 1)), Ok(()));
        assert_eq!(world.try_by(&meter_key(WATERWORKS), read(WATERWORKS, taken, 0, 1)), Ok(()));
        world.operator(settle());
        world
    }

    /// What an account has, in ten thousandths of the currency: every price here is a whole number of cents.
    fn has(&self, account: AccountId) -> i128 {
        let balance = self.state.accounts()[account.0 as usize].balance.0;
        assert_eq!(balance % (EURO / 10_000), 0, "whole hundredths of a cent");
        balance / (EURO / 10_000)
    }
}

fn meter(member: u32) -> MeterTerms {
    MeterTerms {
        account: account(member),
        carrier: CARRIER,
        key: meter_key(member).address(),
        import_capacity: Energy(60 * KWH),
        export_capacity: Energy(50 * KWH),
        tariff: TariffId(0),
        share: 0,
    }
}

fn order(member: u32, side: Side, kwh: i64, limit: Price, nonce: u64) -> Order {
    Order {
        account: account(member),
        meter: MeterId(member),
        interval: interval(),
        side,
        energy: Energy(kwh * KWH),
        limit,
        time_in_force: TimeInForce::GateClosure,
        nonce,
    }
}

fn sell(kwh: i64, nonce: u64) -> Command {
    Command::Place(order(MILL, Side::Sell, kwh, cents(10), nonce))
}

fn buy(kwh: i64, nonce: u64) -> Command {
    Command::Place(order(WATERWORKS, Side::Buy, kwh, cents(18), nonce))
}

fn clear(price: Price) -> Command {
    let claim = Claim::UniformPrice { equilibrium: price, price };
    Command::Clear { carrier: CARRIER, interval: interval(), claim }
}

fn settle() -> Command {
    Command::Settle { carrier: CARRIER, interval: interval() }
}

fn reading(member: u32, import: i64, export: i64, sequence: u64) -> Reading {
    let (import, export) = (Energy(import * KWH), Energy(export * KWH));
    Reading { meter: MeterId(member), interval: interval(), import, export, sequence }
}

fn read(member: u32, import: i64, export: i64, sequence: u64) -> Command {
    Command::Read(reading(member, import, export, sequence))
}

#[test]
fn registering_takes_the_operators_signature() {
    let mut world = World::new();
    let nonce = world.next();
    // A member who connects a meter of its own making, with a key it holds.
    let forged =
        Command::RegisterMeter { terms: MeterTerms { key: key("own").address(), ..meter(MILL) }, nonce };
    assert_eq!(world.try_by(&owner(MILL), forged), Err(Rejection::BadSignature));
    // One who gives itself money.
    let gift = Command::Deposit { account: account(MILL), amount: Money(EURO), nonce };
    assert_eq!(world.try_by(&owner(MILL), gift), Err(Rejection::BadSignature));
    // One who comes twice under one address.
    let again = Command::RegisterAccount { address: owner(MILL).address() };
    assert_eq!(world.by_operator(again), Err(Rejection::AddressTaken));
}

#[test]
fn offering_takes_ones_own_signature_and_ones_own_meter() {
    let mut world = World::new();
    assert_eq!(world.try_by(&owner(WATERWORKS), sell(40, 1)), Err(Rejection::BadSignature));
    let foreign = Order { meter: MeterId(WATERWORKS), ..order(MILL, Side::Sell, 40, cents(10), 1) };
    assert_eq!(world.try_by(&owner(MILL), Command::Place(foreign)), Err(Rejection::ForeignMeter));
    // A signature that was given for another offer.
    let mut moved = seal(sell(40, 1), &owner(MILL), &world.domain, Authentication::Signature);
    moved.command = sell(50, 1);
    assert_eq!(world.send(&moved), Err(Rejection::BadSignature));
}

#[test]
fn nobody_offers_more_than_its_connection_carries_nor_the_same_energy_twice() {
    let mut world = World::new();
    assert_eq!(world.try_by(&owner(MILL), sell(51, 1)), Err(Rejection::BeyondCapacity));
    assert_eq!(world.try_by(&owner(MILL), sell(40, 1)), Ok(()));
    // The same Wh once more: all open offers and contracts of a metering point count together.
    assert_eq!(world.try_by(&owner(MILL), sell(40, 2)), Err(Rejection::BeyondCapacity));
    // The same record once more.
    assert_eq!(world.try_by(&owner(MILL), sell(40, 1)), Err(Rejection::StaleNonce));
    // After the contract is closed there is nothing left to sell either.
    let mut world = World::closed();
    world.operator(clear(cents(14)));
    assert_eq!(world.try_by(&owner(MILL), sell(11, 2)), Err(Rejection::GateClosed));
}

#[test]
fn what_is_asked_for_is_held_and_cannot_be_withdrawn() {
    let mut world = World::new();
    // 60 kWh at 50 ct would be 30 €; there are 20.
    let dear = Command::Place(order(WATERWORKS, Side::Buy, 60, cents(50), 1));
    assert_eq!(world.try_by(&owner(WATERWORKS), dear), Err(Rejection::InsufficientFunds));
    assert_eq!(world.try_by(&owner(WATERWORKS), buy(40, 1)), Ok(()));
    assert_eq!(world.state.accounts()[account(WATERWORKS).0 as usize].holds, Money(72 * EURO / 10));
    // 40 kWh at 18 ct hold 7.20 €, so that 12.80 € may leave and not a cent more.
    let withdraw = |amount, nonce| Command::Withdraw { account: account(WATERWORKS), amount, nonce };
    let more = withdraw(Money(1_281 * EURO / 100), 2);
    assert_eq!(world.try_by(&owner(WATERWORKS), more), Err(Rejection::InsufficientFunds));
    let pay = |amount| Command::Transfer { from: account(WATERWORKS), to: account(MILL), amount, nonce: 3 };
    let more = pay(Money(1_281 * EURO / 100));
    assert_eq!(world.try_by(&owner(WATERWORKS), more), Err(Rejection::InsufficientFunds));
    let rest = pay(Money(1_280 * EURO / 100));
    let agent = key("the waterworks' agent");
    let delegate = Delegate { address: agent.address(), expires: START + u64::from(DAY) };
    let delegate = Command::Delegate { account: account(WATERWORKS), delegate, nonce: 2 };
    let mut paying = world.clone();
    assert_eq!(paying.try_by(&owner(WATERWORKS), delegate), Ok(()));
    for thief in [owner(MILL), meter_key(WATERWORKS), agent, key("operator")] {
        assert_eq!(paying.try_by(&thief, rest.clone()), Err(Rejection::BadSignature));
    }
    assert_eq!(paying.try_by(&owner(WATERWORKS), rest), Ok(()));
    let rest = withdraw(Money(1_280 * EURO / 100), 2);
    assert_eq!(world.try_by(&owner(WATERWORKS), rest), Ok(()));
}

#[test]
fn matching_is_checked_and_a_contract_cannot_be_taken_back() {
    let mut world = World::closed();
    // An operator who favours the mill: 14 ct is the only right price; and one who lets nobody trade.
    assert_eq!(world.by_operator(clear(cents(17))), Err(Rejection::WrongPrice));
    assert_eq!(world.by_operator(clear(cents(19))), Err(Rejection::NotEquilibrium));
    let nothing = Command::Clear { carrier: CARRIER, interval: interval(), claim: Claim::Nothing };
    assert_eq!(world.by_operator(nothing), Err(Rejection::TradeLeft));
    assert_eq!(world.try_by(&owner(MILL), clear(cents(14))), Err(Rejection::BadSignature));
    world.operator(clear(cents(14)));
    let sold = OrderId { carrier: CARRIER, interval: interval(), side: Side::Sell, arrival: 0 };
    let cancel = Command::Cancel { account: account(MILL), order: sold, nonce: 2 };
    assert_eq!(world.try_by(&owner(MILL), cancel), Err(Rejection::UnknownOrder));
}

#[test]
fn delivery_is_what_the_meter_signs_once_within_its_connection() {
    let mut world = World::delivered();
    // The mill reports for its meter; the meter reports more than its connection carries.
    assert_eq!(world.try_by(&owner(MILL), read(MILL, 0, 40, 1)), Err(Rejection::BadSignature));
    assert_eq!(world.try_by(&meter_key(MILL), read(MILL, 0, 51, 1)), Err(Rejection::BadReading));
    assert_eq!(world.try_by(&meter_key(MILL), read(MILL, 0, 40, 1)), Ok(()));
    // The same reading once more, and another one for the same time.
    assert_eq!(world.try_by(&meter_key(MILL), read(MILL, 0, 40, 1)), Err(Rejection::ReadingOutOfSequence));
    assert_eq!(world.try_by(&meter_key(MILL), read(MILL, 0, 50, 2)), Err(Rejection::ReadingTwice));
    // A meter that says nothing is waited for, not believed to have given nothing.
    assert_eq!(world.by_operator(settle()), Err(Rejection::ReadingMissing));
}

#[test]
fn settling_happens_once_and_to_the_cent() {
    let mut world = World::settled(40, 40);
    // 20 € + 40 · 0.14 €; 20 € − 40 · (0.14 + 0.04 + 0.01) €.
    assert_eq!((world.has(account(MILL)), world.has(account(WATERWORKS))), (256_000, 124_000));
    assert_eq!(world.by_operator(settle()), Err(Rejection::AlreadySettled));
    assert_eq!(world.try_by(&owner(MILL), settle()), Err(Rejection::BadSignature));
    assert_eq!(world.has(AccountId::COMMUNITY), 0);
}

#[test]
fn who_delivers_less_than_it_sold_pays_more_than_that_was_worth() {
    // What the mill ends with, by what it delivers of the 40 kWh.
    let check = |given, has, penalty| {
        let world = World::settled(given, 40);
        assert_eq!(world.has(account(MILL)), has, "{given} kWh");
        assert_eq!(world.has(AccountId::COMMUNITY), penalty, "{given} kWh");
        // The buyer is not touched: it gets its 40 kWh at its price.
        assert_eq!(world.has(account(WATERWORKS)), 124_000, "{given} kWh");
        let sum: Money = world.state.accounts().iter().map(|account| account.balance).sum();
        assert_eq!(sum, Money::ZERO, "money is conserved");
    };
    check(40, 256_000, 0);
    // Within the tolerance of 5 %, 2 kWh: 2 · (0.30 + 0.10 + 0.05) € for what the supplier gives instead.
    check(38, 256_000 - 9_000, 0);
    // 8 kWh missing: 8 · 0.45 € and, for 6 beyond the tolerance, 0.60 €: 4.20 €, where selling them won 1.12 €.
    check(32, 256_000 - 36_000 - 6_000, 6_000);
    // Nothing delivered: 40 · 0.45 € + 38 · 0.10 €; the mill ends with 3.80 € of the 25.60 €.
    check(0, 256_000 - 180_000 - 38_000, 38_000);
}

#[test]
fn a_correction_comes_from_the_meter_and_in_time() {
    let mut world = World::settled(32, 40);
    let correct = |given, sequence| Command::Correct(reading(MILL, 0, given, sequence));
    let resettle = || Command::Resettle { carrier: CARRIER, interval: interval() };
    assert_eq!(world.by_operator(resettle()), Err(Rejection::NothingToCorrect));
    assert_eq!(world.try_by(&owner(MILL), correct(40, 2)), Err(Rejection::BadSignature));
    assert_eq!(world.try_by(&meter_key(MILL), correct(51, 2)), Err(Rejection::BadReading));
    // Replaying the old number changes nothing; the meter's own correction, within the window, does.
    assert_eq!(world.try_by(&meter_key(MILL), correct(40, 1)), Err(Rejection::ReadingOutOfSequence));
    assert_eq!(world.try_by(&meter_key(MILL), correct(36, 2)), Ok(()));
    world.operator(resettle());
    // 4 kWh missing: 4 · 0.45 € and 0.20 €.
    assert_eq!(world.has(account(MILL)), 256_000 - 18_000 - 2_000);
    assert_eq!(world.by_operator(resettle()), Err(Rejection::NothingToCorrect));
    world.operator(Command::Tick { time: interval().end() + u64::from(7 * DAY) + 1 });
    assert_eq!(world.try_by(&meter_key(MILL), correct(40, 3)), Err(Rejection::CorrectionTooLate));
}
