//! The state machine as a whole: a worked interval, every refusal, and the laws over random histories.

use market::signing::Recover;
use market::*;
use proptest::prelude::*;
use std::cell::RefCell;
use std::collections::BTreeMap;

const QUARTER: u32 = 900;
const START: u64 = 1_700_000_100; // 2023-11-14T22:15:00Z, on the quarter-hour grid

/// Nobody signs: the operator answers for everybody.
struct Nobody;

impl Recover for Nobody {
    fn recover(&self, _: &[u8; 32], _: &Signature) -> Option<Address> {
        None
    }
}

fn interval(step: u64) -> DeliveryInterval {
    DeliveryInterval::new(START, QUARTER).unwrap().later(step)
}

fn tariff(import: i64, export: i64) -> Tariff {
    Tariff {
        kind: TariffKind::Flat(Prices { import: Price(import), export: Price(export) }),
        grid_fee: Price(10),
        peer_grid_fee: Price(4),
        levy: Price(5),
        peer_levy: Price(1),
    }
}

fn uniform(convention: PriceConvention) -> Rule {
    Rule::UniformPrice { convention, k: Fraction::HALF }
}

fn terms() -> Community {
    let market = |carrier, rule| Market { carrier, rule, floor: Price(-20), cap: Price(60) };
    Community {
        chain_id: 1,
        community_id: 7,
        currency: *b"EUR",
        operator: Address([9; 20]),
        authentication: Authentication::Operator,
        interval_duration: QUARTER,
        gate_closure: 300,
        horizon: 2,
        utc_offset: 3600,
        markets: vec![
            market(Carrier::Electricity, uniform(PriceConvention::Equilibrium)),
            market(Carrier::Heat, uniform(PriceConvention::LastPair)),
            market(Carrier::Gas, Rule::MidMarketRate { tariff: TariffId(0) }),
        ],
        tariffs: vec![tariff(30, 8), tariff(20, 2), Tariff { kind: TariffKind::Dynamic, ..tariff(0, 0) }],
    }
}

/// A state with its history, so that any command can be tried against the laws.
struct Ledger {
    state: State,
    events: Vec<Event>,
}

impl Ledger {
    fn founded() -> Self {
        let mut ledger = Self { state: State::new(), events: Vec::new() };
        ledger.accept(Command::Found(Box::new(terms())));
        ledger.accept(Command::Tick { time: START - 600 });
        ledger
    }

    /// Two members with a meter per carrier and 1 000 n€ each; the guarantor has 1 000 000.
    fn with_two_members() -> Self {
        let mut ledger = Self::founded();
        let mut nonce = 0;
        let mut next = || {
            nonce += 1;
            nonce
        };
        for member in 0..2_u8 {
            ledger.accept(Command::RegisterAccount { address: Address([member + 1; 20]) });
            let account = AccountId(6 + u32::from(member));
            ledger.accept(Command::Deposit { account, amount: Money(1000), nonce: next() });
            for carrier in Carrier::ALL {
                let terms = MeterTerms {
                    account,
                    carrier,
                    key: Address([member + 1; 20]),
                    import_capacity: Energy(100),
                    export_capacity: Energy(100),
                    tariff: TariffId(u16::from(carrier == Carrier::Gas)),
                    share: 500_000,
                };
                ledger.accept(Command::RegisterMeter { terms, nonce: next() });
            }
        }
        ledger.accept(Command::Deposit {
            account: AccountId::GUARANTOR,
            amount: Money(1_000_000),
            nonce: next(),
        });
        ledger
    }

    fn apply(&mut self, command: Command) -> Result<(), Rejection> {
        self.state.apply(&Envelope { command, signature: None }, &Nobody, &mut self.events)
    }

    fn accept(&mut self, command: Command) {
        let said = format!("{command:?}");
        assert_eq!(self.apply(command), Ok(()), "{said}");
    }

    fn balance(&self, account: AccountId) -> i128 {
        self.state.accounts()[account.0 as usize].balance.0
    }

    /// S3 and S6, and that every hold belongs to an open position.
    fn check_laws(&self) {
        let accounts = self.state.accounts();
        assert_eq!(accounts.iter().map(|account| account.balance).sum::<Money>(), Money::ZERO, "S3");
        for account in &accounts[AccountId::COMMUNITY.0 as usize..] {
            assert!(
                account.balance >= account.holds && account.holds.0 >= 0 && account.debt.0 >= 0,
                "S6 {account:?}"
            );
        }
    }
}

fn order(member: u32, side: Side, energy: i64, limit: i64, nonce: u64) -> Order {
    Order {
        account: AccountId(6 + member),
        meter: MeterId(3 * member),
        interval: interval(0),
        side,
        energy: Energy(energy),
        limit: Price(limit),
        time_in_force: TimeInForce::NextClearing,
        nonce,
    }
}

fn reading(member: u32, import: i64, export: i64, sequence: u64) -> Command {
    let (import, export) = (Energy(import), Energy(export));
    Command::Read(Reading { meter: MeterId(3 * member), interval: interval(0), import, export, sequence })
}

const ELECTRICITY: Carrier = Carrier::Electricity;

#[test]
fn a_worked_interval_settles_to_the_last_nano_euro() {
    let mut ledger = Ledger::with_two_members();
    ledger.accept(Command::Place(order(0, Side::Sell, 50, 8, 1)));
    ledger.accept(Command::Place(order(1, Side::Buy, 40, 20, 1)));
    assert_eq!(ledger.state.accounts()[7].holds, Money(40 * 20));
    ledger.accept(Command::Tick { time: START - 300 });
    ledger.accept(Command::Close { carrier: ELECTRICITY, interval: interval(0) });
    // The offer is partly filled, so its limit is the only equilibrium price.
    let claim = Claim::UniformPrice { equilibrium: Price(8), price: Price(8) };
    ledger.accept(Command::Clear { carrier: ELECTRICITY, interval: interval(0), claim });
    ledger.accept(Command::Tick { time: START + 900 });
    ledger.accept(reading(0, 0, 45, 1)); // sold 40, gives 45: feeds 5 in
    ledger.accept(reading(1, 60, 0, 1)); // bought 40, takes 60: 20 from the supplier
    ledger.accept(Command::Settle { carrier: ELECTRICITY, interval: interval(0) });
    // Seller: 40·8 from the peer + 5·8 feed-in.
    assert_eq!(ledger.balance(AccountId(6)), 1000 + 320 + 40);
    // Buyer: 40·8 to the peer, 20·30 to the supplier, fees 40·4 + 20·10, levies 40·1 + 20·5: 1 420 n€. It had 1 000.
    assert_eq!(ledger.balance(AccountId(7)), 0);
    assert_eq!(ledger.state.accounts()[7].debt, Money(420));
    assert_eq!(ledger.state.accounts()[7].holds, Money(0));
    assert_eq!(ledger.balance(AccountId::SUPPLIER), 20 * 30 - 5 * 8);
    assert_eq!(ledger.balance(AccountId::GRID_OPERATOR), 360);
    assert_eq!(ledger.balance(AccountId::LEVIES), 140);
    assert_eq!(ledger.balance(AccountId::COMMUNITY), 0);
    // A deposit pays the guarantor back first.
    ledger.accept(Command::Deposit { account: AccountId(7), amount: Money(500), nonce: 100 });
    assert_eq!((ledger.balance(AccountId(7)), ledger.state.accounts()[7].debt), (80, Money(0)));
    ledger.check_laws();
}

#[test]
fn selling_what_one_does_not_have_costs_the_full_retail_price() {
    let mut ledger = Ledger::with_two_members();
    ledger.accept(Command::Place(order(0, Side::Sell, 10, 8, 1)));
    ledger.accept(Command::Place(order(1, Side::Buy, 10, 20, 1)));
    ledger.accept(Command::Tick { time: START - 300 });
    ledger.accept(Command::Close { carrier: ELECTRICITY, interval: interval(0) });
    // Both filled: any price in [8, 20] is an equilibrium; k = ½ gives 14.
    let claim = Claim::UniformPrice { equilibrium: Price(14), price: Price(14) };
    ledger.accept(Command::Clear { carrier: ELECTRICITY, interval: interval(0), claim });
    ledger.accept(Command::Tick { time: START + 900 });
    ledger.accept(reading(0, 0, 0, 1));
    ledger.accept(reading(1, 10, 0, 1));
    ledger.accept(Command::Settle { carrier: ELECTRICITY, interval: interval(0) });
    assert_eq!(ledger.balance(AccountId(6)), 1000 + 10 * 14 - 10 * (30 + 10 + 5));
    assert_eq!(ledger.balance(AccountId(7)), 1000 - 10 * (14 + 4 + 1));
    ledger.check_laws();
}

#[test]
fn a_transfer_moves_what_is_available_and_repays_the_receivers_debt() {
    let mut ledger = Ledger::with_two_members();
    let pay = |from, to, amount, nonce| Command::Transfer {
        from: AccountId(from),
        to: AccountId(to),
        amount: Money(amount),
        nonce,
    };
    // The buyer's order holds 10 Wh × 40 n€/Wh, so 600 of its 1 000 n€ are left.
    ledger.accept(Command::Place(order(1, Side::Buy, 10, 40, 1)));
    assert_eq!(ledger.apply(pay(7, 6, 601, 2)), Err(Rejection::InsufficientFunds));
    ledger.accept(pay(7, 6, 600, 2));
    assert_eq!(ledger.events.iter().filter(|event| matches!(event, Event::Posted(_))).count(), 4);
    // The seller is metered 100 Wh of import at 30 + 10 + 5 n€/Wh: 4 500 against 1 600, so 2 900 are lent.
    ledger.accept(Command::Tick { time: START - 300 });
    ledger.accept(Command::Close { carrier: ELECTRICITY, interval: interval(0) });
    ledger.accept(Command::Clear { carrier: ELECTRICITY, interval: interval(0), claim: Claim::Nothing });
    ledger.accept(Command::Tick { time: START + 900 });
    ledger.accept(reading(0, 100, 0, 1));
    ledger.accept(reading(1, 0, 0, 1));
    ledger.accept(Command::Settle { carrier: ELECTRICITY, interval: interval(0) });
    assert_eq!((ledger.balance(AccountId(6)), ledger.state.accounts()[6].debt), (0, Money(2_900)));
    // What it is paid goes to the guarantor; who owes has nothing to give.
    ledger.accept(pay(7, 6, 400, 3));
    assert_eq!((ledger.balance(AccountId(6)), ledger.state.accounts()[6].debt), (0, Money(2_500)));
    assert_eq!(ledger.balance(AccountId(7)), 0);
    assert_eq!(ledger.apply(pay(6, 7, 1, 1)), Err(Rejection::InsufficientFunds));
    ledger.check_laws();
}

#[test]
fn an_outside_party_pays_in_beforehand_what_it_will_owe() {
    let mut ledger = Ledger::with_two_members();
    let outside = [AccountId::SUPPLIER, AccountId::GRID_OPERATOR, AccountId::LEVIES];
    for (account, nonce) in outside.into_iter().zip(100..) {
        ledger.accept(Command::Deposit { account, amount: Money(800), nonce });
    }
    ledger.accept(Command::Tick { time: START + 900 });
    ledger.accept(reading(0, 0, 100, 1));
    ledger.accept(reading(1, 0, 0, 1));
    // Nothing was traded: 100 Wh of feed-in at 8 n€/Wh is all the supplier has paid in.
    ledger.accept(Command::Settle { carrier: ELECTRICITY, interval: interval(0) });
    assert_eq!(ledger.balance(AccountId::SUPPLIER), 0);
    assert_eq!(ledger.balance(AccountId(6)), 1_800);
    ledger.check_laws();
}

#[test]
fn the_mid_market_rate_clears_the_readings() {
    let mut ledger = Ledger::with_two_members();
    ledger.accept(Command::Tick { time: START + 900 });
    for (member, import, export) in [(0, 0, 30), (1, 90, 0)] {
        let (import, export) = (Energy(import), Energy(export));
        let meter = MeterId(3 * member + 2);
        ledger.accept(Command::Read(Reading { meter, interval: interval(0), import, export, sequence: 1 }));
    }
    let (carrier, interval) = (Carrier::Gas, interval(0));
    assert_eq!(ledger.apply(Command::Settle { carrier, interval }), Err(Rejection::NotCleared));
    ledger.accept(Command::Clear { carrier, interval, claim: Claim::Metered });
    ledger.accept(Command::Settle { carrier, interval });
    assert_eq!(ledger.balance(AccountId(6)), 1000 + 30 * 19); // (30 + 8) / 2
    ledger.check_laws();
}

#[test]
fn a_fund_too_small_for_the_loans_refuses_the_settlement_whole() {
    let mut ledger = Ledger::with_two_members();
    ledger.accept(Command::Tick { time: START + 900 });
    for sequence in 1..=300_u64 {
        let interval = interval(sequence - 1);
        ledger.accept(Command::Tick { time: interval.end() });
        for meter in [0, 3] {
            let (import, export) = (Energy(100), Energy(0));
            ledger.accept(Command::Read(Reading {
                meter: MeterId(meter),
                interval,
                import,
                export,
                sequence,
            }));
        }
        let before = ledger.state.root();
        let events = ledger.events.len();
        match ledger.apply(Command::Settle { carrier: ELECTRICITY, interval }) {
            Ok(()) => ledger.check_laws(),
            Err(refused) => {
                assert_eq!(refused, Rejection::GuarantorExhausted);
                assert_eq!((ledger.state.root(), ledger.events.len()), (before, events));
                return;
            }
        }
    }
    panic!("the fund never ran out");
}

#[test]
fn every_refusal_has_its_number_and_changes_nothing() {
    let elsewhere = DeliveryInterval { start: START + 1, duration: QUARTER };
    let meter_terms = |account| MeterTerms {
        account: AccountId(account),
        carrier: ELECTRICITY,
        key: Address([1; 20]),
        import_capacity: Energy(1),
        export_capacity: Energy(1),
        tariff: TariffId(0),
        share: 0,
    };
    let base = || {
        let mut ledger = Ledger::with_two_members();
        ledger.accept(Command::Place(order(0, Side::Sell, 50, 8, 1)));
        ledger
    };
    let place = |change: fn(&mut Order)| {
        let mut order = order(0, Side::Sell, 10, 9, 2);
        change(&mut order);
        Command::Place(order)
    };
    let (carrier, at) = (ELECTRICITY, interval(0));
    let flat = vec![Prices::default()];
    let transfer = |from, to, amount, nonce| Command::Transfer {
        from: AccountId(from),
        to: AccountId(to),
        amount: Money(amount),
        nonce,
    };
    use Rejection as R;
    let rows: Vec<(Command, R)> = vec![
        (Command::Found(Box::new(terms())), R::AlreadyFounded),
        (Command::Tick { time: 0 }, R::TimeRunsBackwards),
        (Command::RegisterAccount { address: Address([1; 20]) }, R::AddressTaken),
        (Command::RegisterMeter { terms: meter_terms(5), nonce: 99 }, R::UnknownAccount),
        (Command::RegisterMeter { terms: meter_terms(6), nonce: 1 }, R::StaleNonce),
        (
            Command::RegisterMeter { terms: MeterTerms { share: 1, ..meter_terms(6) }, nonce: 99 },
            R::BadAmount,
        ),
        (
            Command::RegisterMeter { terms: MeterTerms { tariff: TariffId(9), ..meter_terms(6) }, nonce: 99 },
            R::UnknownTariff,
        ),
        (Command::Deposit { account: AccountId(99), amount: Money(1), nonce: 99 }, R::UnknownAccount),
        (Command::Deposit { account: AccountId(6), amount: Money(0), nonce: 99 }, R::BadAmount),
        (Command::Deposit { account: AccountId(6), amount: MAX_MONEY, nonce: 99 }, R::BadAmount),
        (Command::Withdraw { account: AccountId(6), amount: Money(1001), nonce: 2 }, R::InsufficientFunds),
        (Command::Withdraw { account: AccountId(6), amount: Money(1), nonce: 1 }, R::StaleNonce),
        (Command::Deposit { account: AccountId::WORLD, amount: Money(1), nonce: 99 }, R::UnknownAccount),
        (transfer(6, 7, 1001, 2), R::InsufficientFunds),
        (transfer(6, 7, 0, 2), R::BadAmount),
        (transfer(6, 7, -1, 2), R::BadAmount),
        (transfer(6, 7, MAX_MONEY.0 + 1, 2), R::BadAmount),
        (transfer(6, 7, 1, 1), R::StaleNonce),
        (transfer(6, 6, 1, 2), R::SelfTrade),
        (transfer(6, 99, 1, 2), R::UnknownAccount),
        (transfer(6, 5, 1, 2), R::UnknownAccount),
        (transfer(5, 6, 1, 99), R::UnknownAccount),
        (transfer(99, 6, 1, 99), R::UnknownAccount),
        (place(|order| order.account = AccountId(99)), R::UnknownAccount),
        (place(|order| order.meter = MeterId(99)), R::UnknownMeter),
        (place(|order| order.nonce = 1), R::StaleNonce),
        (place(|order| order.meter = MeterId(3)), R::ForeignMeter),
        (place(|order| order.interval.start += 1), R::BadInterval),
        (place(|order| order.limit = Price(-21)), R::OutsideCollar),
        (place(|order| order.energy = Energy(0)), R::BadEnergy),
        (place(|order| order.energy = Energy(51)), R::BeyondCapacity),
        (place(|order| (order.side, order.limit) = (Side::Buy, Price(8))), R::SelfTrade),
        (
            place(|order| (order.side, order.limit, order.energy) = (Side::Buy, Price(60), Energy(17))),
            R::InsufficientFunds,
        ),
        (place(|order| order.interval = order.interval.later(2)), R::TooEarly),
        (place(|order| order.interval.start -= 900), R::GateClosed),
        (place(|order| order.meter = MeterId(2)), R::NotForThisRule),
        (
            Command::Cancel {
                account: AccountId(7),
                order: OrderId { carrier, interval: at, side: Side::Sell, arrival: 0 },
                nonce: 1,
            },
            R::UnknownOrder,
        ),
        (Command::PublishPrices { tariff: TariffId(0), start: at, prices: flat.clone() }, R::UnknownTariff),
        (Command::PublishPrices { tariff: TariffId(2), start: elsewhere, prices: flat }, R::BadInterval),
        (Command::PublishPrices { tariff: TariffId(2), start: at, prices: vec![] }, R::BadAmount),
        (Command::Close { carrier: Carrier::Gas, interval: at }, R::NotForThisRule),
        (Command::Close { carrier, interval: at.later(9) }, R::TooEarly),
        (Command::Clear { carrier, interval: at, claim: Claim::Nothing }, R::NotFrozen),
        (reading(0, 0, 0, 1), R::TooEarly),
        (Command::Settle { carrier, interval: at }, R::TooEarly),
        (Command::Checkpoint { root: [0; 32] }, R::WrongRoot),
    ];
    for (command, number) in rows {
        let mut ledger = base();
        let (before, events) = (ledger.state.root(), ledger.events.len());
        let said = format!("{command:?}");
        assert_eq!(ledger.apply(command), Err(number), "{said}");
        assert_eq!((ledger.state.root(), ledger.events.len()), (before, events), "{said}");
    }
}

#[test]
fn a_time_of_use_tariff_follows_standard_time_and_covers_the_week() {
    let window = |days, from, until, import| Window {
        days,
        from,
        until,
        prices: Prices { import: Price(import), export: Price(0) },
    };
    let with = |windows| Tariff { kind: TariffKind::TimeOfUse(windows), ..tariff(0, 0) };
    let week = vec![
        window(0b001_1111, 0, 21_600, 1),
        window(0b001_1111, 21_600, 86_400, 2),
        window(0b110_0000, 0, 86_400, 3),
    ];
    assert!(with(week.clone()).is_valid(QUARTER));
    assert!(!with(week[..2].to_vec()).is_valid(QUARTER), "a gap at the week-end");
    assert!(!with([week.clone(), vec![window(1, 0, 900, 4)]].concat()).is_valid(QUARTER), "an overlap");
    assert!(
        !with(vec![window(127, 0, 450, 1), window(127, 450, 86_400, 1)]).is_valid(QUARTER),
        "off the grid"
    );

    let mut community = terms();
    community.tariffs[0] = with(week);
    let mut ledger = Ledger { state: State::new(), events: Vec::new() };
    ledger.accept(Command::Found(Box::new(community)));
    let price = |start| {
        let interval = DeliveryInterval::new(start, QUARTER).unwrap();
        ledger.state.prices(TariffId(0), interval).unwrap().import.0
    };
    let monday = 1_704_063_600; // 2024-01-01T00:00+01:00
    assert_eq!(
        [price(monday), price(monday + 21_600), price(monday - 900), price(monday + 5 * 86_400)],
        [1, 2, 3, 3]
    );
}

#[test]
fn dynamic_prices_are_published_once_and_without_gaps() {
    let mut ledger = Ledger::founded();
    let publish = |step, count| Command::PublishPrices {
        tariff: TariffId(2),
        start: interval(step),
        prices: vec![Prices { import: Price(25), export: Price(5) }; count],
    };
    ledger.accept(publish(0, 4));
    assert_eq!(ledger.apply(publish(3, 4)), Err(Rejection::PricePublished));
    assert_eq!(ledger.apply(publish(5, 4)), Err(Rejection::BadInterval));
    ledger.accept(publish(4, 4));
    assert_eq!(ledger.state.prices(TariffId(2), interval(7)).unwrap().import, Price(25));
    assert_eq!(ledger.state.prices(TariffId(2), interval(8)), Err(Rejection::PriceUnknown));
}

#[test]
fn accounts_and_meters_are_proved_by_the_root_alone() {
    let mut ledger = Ledger::with_two_members();
    let root = ledger.state.root();
    for (member, meter) in [(6, 0), (7, 5)] {
        let proofs = [
            ledger.state.prove_account(AccountId(member)).unwrap(),
            ledger.state.prove_meter(MeterId(meter)).unwrap(),
        ];
        for proof in proofs {
            assert!(proof.verify(&root));
            let mut richer = proof.clone();
            richer.leaf[30] ^= 1;
            let elsewhere = Proof { index: proof.index + 1, ..proof.clone() };
            let other_tree = Proof { tree: 1 - proof.tree, ..proof.clone() };
            for forged in [richer, elsewhere, other_tree] {
                assert!(!forged.verify(&root), "{forged:?}");
            }
        }
    }
    assert_eq!(ledger.state.prove_account(AccountId(8)), None);
}

/// What may happen next in a small world of two members and three carriers; intervals count from now.
#[derive(Clone, Debug)]
enum Step {
    Wait(u64),
    Order { member: u32, carrier: u32, ahead: u64, side: Side, energy: i64, limit: i64, stays: bool },
    Cancel { member: u32, carrier: Carrier, ahead: u64, side: Side, arrival: u32 },
    Close(Carrier, u64),
    Clear(Carrier, u64),
    Read { meter: u32, back: u64, import: i64, export: i64 },
    Settle(Carrier, u64),
    Move { member: u32, amount: i128, out: bool },
    PayIn { outside: u32, amount: i128 },
    Pay { from: u32, to: u32, amount: i128 },
}

/// One step, or a few that belong together so that histories get somewhere.
fn any_steps() -> impl Strategy<Value = Vec<Step>> {
    let carrier = || (0..3_usize).prop_map(|index| Carrier::ALL[index]);
    let side = || prop_oneof![Just(Side::Buy), Just(Side::Sell)];
    let energies = || (0..105_i64, 0..105_i64);
    prop_oneof![
        4 => (0..700_u64).prop_map(|seconds| vec![Step::Wait(seconds)]),
        12 => (0..2_u32, 0..3_u32, 0..2_u64, side(), 1..40_i64, -6..12_i64, any::<bool>()).prop_map(
            |(member, carrier, ahead, side, energy, limit, stays)| {
                // One member mostly sells and the other mostly buys, or there would be little to trade.
                let side = if energy % 4 == 0 { side } else if member == 0 { Side::Sell } else { Side::Buy };
                vec![Step::Order { member, carrier, ahead, side, energy, limit, stays }]
            }
        ),
        1 => (0..3_u32, carrier(), 0..2_u64, side(), 0..3_u32).prop_map(|(member, carrier, ahead, side, arrival)| {
            vec![Step::Cancel { member, carrier, ahead, side, arrival }]
        }),
        1 => (carrier(), 0..3_u64).prop_map(|(carrier, ahead)| vec![Step::Close(carrier, ahead)]),
        1 => (carrier(), 0..3_u64).prop_map(|(carrier, ahead)| vec![Step::Clear(carrier, ahead)]),
        3 => (carrier(), 0..2_u64)
            .prop_map(|(carrier, ahead)| vec![Step::Close(carrier, ahead), Step::Clear(carrier, ahead)]),
        2 => (0..6_u32, 0..3_u64, energies())
            .prop_map(|(meter, back, (import, export))| vec![Step::Read { meter, back, import, export }]),
        1 => (carrier(), 0..3_u64).prop_map(|(carrier, back)| vec![Step::Settle(carrier, back)]),
        5 => (carrier(), 0..2_u64, energies(), energies()).prop_map(|(carrier, back, one, other)| {
            let read = |member: u32, (import, export)| Step::Read { meter: 3 * member + carrier as u32, back, import, export };
            vec![read(0, one), read(1, other), Step::Clear(carrier, back), Step::Settle(carrier, back)]
        }),
        4 => (carrier(), prop::collection::vec(((1..60_i64), (-6..12_i64)), 2..6), energies(), energies()).prop_map(
            |(carrier, orders, one, other)| {
                // A whole interval as it should go: orders, an auction, delivery, readings, settlement.
                let order = |(member, (energy, limit)): (usize, (i64, i64))| Step::Order {
                    member: member as u32 % 2,
                    carrier: carrier as u32,
                    ahead: 0,
                    side: if member % 2 == 0 { Side::Sell } else { Side::Buy },
                    energy,
                    limit,
                    stays: false,
                };
                let read = |member: u32, (import, export)| Step::Read {
                    meter: 3 * member + carrier as u32,
                    back: 0,
                    import,
                    export,
                };
                let mut steps = vec![Step::Wait(900)];
                steps.extend(orders.into_iter().enumerate().map(order));
                steps.extend([Step::Close(carrier, 0), Step::Clear(carrier, 0), Step::Wait(1500)]);
                steps.extend([read(0, one), read(1, other), Step::Clear(carrier, 0), Step::Settle(carrier, 0)]);
                steps
            }
        ),
        1 => (0..4_u32, 1..800_i128, any::<bool>())
            .prop_map(|(member, amount, out)| vec![Step::Move { member, amount, out }]),
        1 => (0..6_u32, 1..800_i128).prop_map(|(outside, amount)| vec![Step::PayIn { outside, amount }]),
        2 => (0..3_u32, 0..3_u32, 1..800_i128)
            .prop_map(|(from, to, amount)| vec![Step::Pay { from, to, amount }]),
    ]
}

/// The command a step means, with what a sender would know filled in: nonces, sequence numbers, the right claim.
fn command(ledger: &Ledger, step: Step) -> Command {
    let now = ledger.state.now();
    let ahead = |steps: u64| interval((now + 300).saturating_sub(START).div_ceil(900) + steps);
    let back = |steps: u64| interval(((now - START.min(now)) / 900).saturating_sub(1 + steps));
    let account = |member: u32| AccountId(6 + member);
    let nonce =
        |member: u32| ledger.state.accounts().get(6 + member as usize).map_or(1, |entry| entry.nonce + 1);
    match step {
        Step::Wait(seconds) => Command::Tick { time: now + seconds },
        Step::Order { member, carrier, ahead: steps, side, energy, limit, stays } => Command::Place(Order {
            account: account(member),
            meter: MeterId(3 * member + carrier),
            interval: ahead(steps),
            side,
            energy: Energy(energy),
            limit: Price(limit),
            time_in_force: if stays { TimeInForce::GateClosure } else { TimeInForce::NextClearing },
            nonce: nonce(member),
        }),
        Step::Cancel { member, carrier, ahead: steps, side, arrival } => {
            let order = OrderId { carrier, interval: ahead(steps), side, arrival };
            Command::Cancel { account: account(member), order, nonce: nonce(member) }
        }
        Step::Close(carrier, steps) => Command::Close { carrier, interval: ahead(steps) },
        Step::Clear(Carrier::Gas, steps) => {
            Command::Clear { carrier: Carrier::Gas, interval: back(steps), claim: Claim::Metered }
        }
        Step::Clear(carrier, steps) => {
            let frozen =
                |at: &DeliveryInterval| ledger.state.delivery(carrier, *at).is_some_and(Delivery::is_frozen);
            // A book may have to be cleared after its interval has passed.
            let at = (0..4).map(back).find(frozen).unwrap_or(ahead(steps));
            let right = ledger
                .state
                .book(carrier, at)
                .filter(|_| frozen(&at))
                .map(|book| only_right_claim(carrier, book));
            let claim = right.unwrap_or(Claim::Nothing);
            Command::Clear { carrier, interval: at, claim }
        }
        Step::Read { meter, back: steps, import, export } => {
            let sequence = ledger.state.meters()[meter as usize].sequence + 1;
            let (import, export) = (Energy(import), Energy(export));
            Command::Read(Reading { meter: MeterId(meter), interval: back(steps), import, export, sequence })
        }
        Step::Settle(carrier, steps) => Command::Settle { carrier, interval: back(steps) },
        Step::Move { member, amount, out: true } => {
            Command::Withdraw { account: account(member), amount: Money(amount), nonce: nonce(member) }
        }
        Step::Move { member, amount, out: false } => {
            // The clock serves as the operator's nonce: a second deposit at the same time is a repetition.
            Command::Deposit { account: account(member), amount: Money(amount), nonce: now }
        }
        Step::PayIn { outside, amount } => {
            Command::Deposit { account: AccountId(outside), amount: Money(amount), nonce: now }
        }
        Step::Pay { from, to, amount } => {
            let (amount, nonce) = (Money(amount), nonce(from));
            Command::Transfer { from: account(from), to: account(to), amount, nonce }
        }
    }
}

/// The one claim that is right for a book, found by trying all that are conceivable.
fn only_right_claim(carrier: Carrier, book: &Book) -> Claim {
    let market = terms().markets[carrier as usize];
    let limits = || (-6..12).map(Price);
    let claims = limits()
        .flat_map(|equilibrium| limits().map(move |price| Claim::UniformPrice { equilibrium, price }));
    let mut outcome = rule::Clearing::default();
    let mut right = claims.chain([Claim::Nothing]).filter(|claim| {
        rule::check(&market.rule, book, claim, (market.floor, market.cap), &mut outcome).is_ok()
    });
    let claim = right.next().expect("every book has an outcome");
    assert_eq!(right.next(), None, "a claim is unique");
    claim
}

/// Over any history: money is conserved and never negative (S3, S6), a refusal changes nothing, exactly one claim is
/// right for a frozen book, a repeated command has no further effect (S7), and replay gives the same root (C9).
fn check_history(steps: Vec<Vec<Step>>, seen: &mut BTreeMap<String, u32>) {
    let mut ledger = Ledger::with_two_members();
    let mut accepted = Vec::new();
    let mut before = ledger.state.root();
    for step in steps.into_iter().flatten() {
        let command = command(&ledger, step);
        match ledger.apply(command.clone()) {
            Ok(()) => {
                accepted.push(command.clone());
                before = ledger.state.root();
                let mut again = ledger.state.clone();
                let repeated = again.apply(&Envelope { command, signature: None }, &Nobody, &mut ());
                assert!(repeated.is_err() || again.root() == before, "S7");
            }
            Err(refused) => *seen.entry(format!("{refused:?}")).or_default() += 1,
        }
        assert_eq!(ledger.state.root(), before);
        ledger.check_laws();
    }
    let mut replayed = Ledger::with_two_members();
    accepted.into_iter().for_each(|command| replayed.accept(command));
    assert_eq!(replayed.state.root(), ledger.state.root());
    assert_eq!(replayed.events, ledger.events);
    for event in &ledger.events {
        let kind = match event {
            Event::Posted(posting) => format!("{:?}", posting.kind),
            Event::Cleared { volume, carrier, .. } => format!("Cleared {carrier:?} {}", volume.0 > 0),
            other => format!("{other:?}").split([' ', '(']).next().unwrap_or_default().to_owned(),
        };
        *seen.entry(kind).or_default() += 1;
    }
}

#[test]
fn the_laws_hold_over_random_histories() {
    use proptest::test_runner::{Config, TestRunner};
    let seen = RefCell::new(BTreeMap::new());
    let mut runner = TestRunner::new(Config {
        cases: Config::default().cases.max(10_000),
        failure_persistence: None,
        ..Config::default()
    });
    let histories = prop::collection::vec(any_steps(), 1..40);
    let outcome = runner.run(&histories, |steps| {
        check_history(steps, &mut seen.borrow_mut());
        Ok(())
    });
    assert!(outcome.is_ok(), "{outcome:?}");
    let seen = seen.into_inner();
    println!("{seen:#?}");
    // A fuzzer that never gets anywhere proves nothing: every effect and the refusals on the way must occur.
    for what in [
        "Filled",
        "OrderEnded",
        "Settled",
        "Metered",
        "Trade",
        "Supply",
        "Imbalance",
        "GridFee",
        "Levy",
        "Loan",
        "Repayment",
        "Deposit",
        "Withdrawal",
        "Transfer",
        "Cleared Electricity true",
        "Cleared Heat true",
        "Cleared Gas true",
        "Cleared Electricity false",
        "SelfTrade",
        "BeyondCapacity",
        "BookFrozen",
        "GateClosed",
        "TooEarly",
        "NotCleared",
        "ReadingMissing",
        "ReadingTwice",
        "AlreadySettled",
        "OutOfOrder",
        "InsufficientFunds",
        "UnknownOrder",
    ] {
        assert!(seen.get(what).is_some_and(|count| *count >= 100), "{what}: {:?}", seen.get(what));
    }
}
