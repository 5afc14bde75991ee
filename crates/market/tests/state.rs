//! The state machine as a whole: a worked interval, every refusal, and the laws over random histories.

use market::signing::Recover;
use market::*;
use proptest::prelude::*;

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

/// A random command over a small world: two members, three carriers, a few intervals.
fn any_command() -> impl Strategy<Value = Command> {
    let at = || (0..4_u64).prop_map(interval);
    let member = || (5..9_u32).prop_map(AccountId);
    let carrier = || (0..3_usize).prop_map(|index| Carrier::ALL[index]);
    let side = || prop_oneof![Just(Side::Buy), Just(Side::Sell)];
    prop_oneof![
        2 => (0..40_u64).prop_map(|step| Command::Tick { time: START - 600 + 150 * step }),
        1 => (member(), 1..500_i128, 1..400_u64)
            .prop_map(|(account, amount, nonce)| Command::Deposit { account, amount: Money(amount), nonce }),
        1 => (member(), 1..500_i128, 1..400_u64)
            .prop_map(|(account, amount, nonce)| Command::Withdraw { account, amount: Money(amount), nonce }),
        12 => (0..2_u32, 0..3_u32, at(), side(), 1..60_i64, -6..12_i64, any::<bool>()).prop_map(
            |(member, carrier, interval, side, energy, limit, stays)| {
                Command::Place(Order {
                    account: AccountId(6 + member),
                    meter: MeterId(3 * member + carrier),
                    interval,
                    side,
                    energy: Energy(energy),
                    limit: Price(limit),
                    time_in_force: if stays { TimeInForce::GateClosure } else { TimeInForce::NextClearing },
                    nonce: 0,
                })
            }
        ),
        2 => (member(), carrier(), at(), side(), 0..3_u32).prop_map(|(account, carrier, interval, side, arrival)| {
            Command::Cancel { account, order: OrderId { carrier, interval, side, arrival }, nonce: 0 }
        }),
        4 => (carrier(), at()).prop_map(|(carrier, interval)| Command::Close { carrier, interval }),
        4 => (carrier(), at()).prop_map(|(carrier, interval)| Command::Clear { carrier, interval, claim: Claim::Metered }),
        8 => (0..6_u32, at(), 0..101_i64, 0..101_i64).prop_map(|(meter, interval, import, export)| {
            Command::Read(Reading {
                meter: MeterId(meter),
                interval,
                import: Energy(import),
                export: Energy(export),
                sequence: 0,
            })
        }),
        4 => (carrier(), at()).prop_map(|(carrier, interval)| Command::Settle { carrier, interval }),
    ]
}

/// Fills in what a sender would know: nonces, sequence numbers, and the right claim, found by trying every price.
fn completed(ledger: &Ledger, command: Command) -> Vec<Command> {
    let nonce = |account: AccountId| {
        ledger.state.accounts().get(account.0 as usize).map_or(1, |entry| entry.nonce + 1)
    };
    match command {
        Command::Place(order) => vec![Command::Place(Order { nonce: nonce(order.account), ..order })],
        Command::Cancel { account, order, .. } => {
            vec![Command::Cancel { account, order, nonce: nonce(account) }]
        }
        Command::Read(reading) => {
            let sequence = ledger.state.meters()[reading.meter.0 as usize].sequence + 1;
            vec![Command::Read(Reading { sequence, ..reading })]
        }
        Command::Clear { carrier, interval, claim } if carrier == Carrier::Gas => {
            vec![Command::Clear { carrier, interval, claim }]
        }
        Command::Clear { carrier, interval, .. } => {
            let prices = || (-20..=60).map(Price);
            let same = carrier == Carrier::Electricity;
            let pairs = prices().flat_map(move |one| {
                prices().filter(move |other| !same || one == *other).map(move |other| (one, other))
            });
            let claims = pairs.map(|(equilibrium, price)| Claim::UniformPrice { equilibrium, price });
            let claims = claims.chain([Claim::Nothing]);
            claims.map(|claim| Command::Clear { carrier, interval, claim }).collect()
        }
        other => vec![other],
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2_000, ..ProptestConfig::default() })]

    /// Over any history: money is conserved and never negative (S3, S6), a refusal changes nothing, exactly one
    /// claim is right for a frozen book, a repeated command has no further effect (S7), and replay gives the root.
    #[test]
    fn the_laws_hold_over_random_histories(commands in prop::collection::vec(any_command(), 1..80)) {
        let mut ledger = Ledger::with_two_members();
        let mut accepted = Vec::new();
        for command in commands {
            let candidates = completed(&ledger, command);
            let before = ledger.state.clone().root();
            let mut right = 0;
            for candidate in candidates {
                let searching = matches!(candidate, Command::Clear { .. });
                match ledger.apply(candidate.clone()) {
                    Ok(()) => {
                        right += 1;
                        accepted.push(candidate.clone());
                        let after = ledger.state.root();
                        let mut again = ledger.state.clone();
                        let repeated = again.apply(&Envelope { command: candidate, signature: None }, &Nobody, &mut ());
                        prop_assert!(repeated.is_err() || again.root() == after, "S7");
                    }
                    Err(_) if !searching => prop_assert_eq!(ledger.state.root(), before),
                    Err(_) => {}
                }
            }
            prop_assert!(right <= 1, "a claim is unique");
            if right == 0 {
                prop_assert_eq!(ledger.state.root(), before);
            }
            ledger.check_laws();
        }
        let mut replayed = Ledger::with_two_members();
        for command in accepted {
            replayed.accept(command);
        }
        prop_assert_eq!(replayed.state.root(), ledger.state.root());
        prop_assert_eq!(replayed.events, ledger.events);
    }
}
