//! `auction_first`: orders before delivery, a key for what is metered beyond them; one interval by hand.

use market::signing::Recover;
use market::*;

const START: u64 = 1_700_000_100;

struct Nobody;

impl Recover for Nobody {
    fn recover(&self, _: &[u8; 32], _: &Signature) -> Option<Address> {
        None
    }
}

fn interval() -> DeliveryInterval {
    DeliveryInterval::new(START, 900).unwrap()
}

fn terms() -> Community {
    let rule = Rule::AuctionFirst {
        convention: PriceConvention::Equilibrium,
        k: Fraction::HALF,
        key: SharingKey::Dynamic,
        price: Price(15),
    };
    let prices = Prices { import: Price(30), export: Price(8) };
    let free = Price::ZERO;
    let tariff = Tariff {
        kind: TariffKind::Flat(prices),
        grid_fee: free,
        peer_grid_fee: free,
        levy: free,
        peer_levy: free,
    };
    Community {
        chain_id: 1,
        community_id: 7,
        currency: *b"EUR",
        operator: Address([9; 20]),
        authentication: Authentication::Operator,
        interval_duration: 900,
        gate_closure: 300,
        horizon: 2,
        utc_offset: 0,
        markets: vec![Market { carrier: Carrier::Electricity, rule, floor: Price(0), cap: Price(60) }],
        tariffs: vec![tariff],
    }
}

/// Three members, each with a metering point.
struct Village {
    state: State,
    events: Vec<Event>,
}

impl Village {
    fn new() -> Self {
        let mut village = Self { state: State::new(), events: Vec::new() };
        village.accept(Command::Found(Box::new(terms())));
        village.accept(Command::Tick { time: START - 600 });
        for member in 0..3_u8 {
            let account = AccountId(6 + u32::from(member));
            village.accept(Command::RegisterAccount { address: Address([member + 1; 20]) });
            let nonce = u64::from(member) * 2 + 1;
            village.accept(Command::Deposit { account, amount: Money(100_000), nonce });
            let capacity = Energy(1_000);
            let terms = MeterTerms {
                account,
                carrier: Carrier::Electricity,
                key: Address([member + 1; 20]),
                import_capacity: capacity,
                export_capacity: capacity,
                tariff: TariffId(0),
                share: 0,
            };
            village.accept(Command::RegisterMeter { terms, nonce: nonce + 1 });
        }
        village
    }

    fn apply(&mut self, command: Command) -> Result<(), Rejection> {
        self.state.apply(&Envelope { command, signature: None }, &Nobody, &mut self.events)
    }

    #[track_caller]
    fn accept(&mut self, command: Command) {
        let said = format!("{command:?}");
        assert_eq!(self.apply(command), Ok(()), "{said}");
    }

    fn place(&mut self, member: u32, side: Side, energy: i64, limit: i64) {
        self.accept(Command::Place(Order {
            account: AccountId(6 + member),
            meter: MeterId(member),
            interval: interval(),
            side,
            energy: Energy(energy),
            limit: Price(limit),
            time_in_force: TimeInForce::NextClearing,
            nonce: 1,
        }));
    }

    fn close(&mut self) {
        self.accept(Command::Close { carrier: Carrier::Electricity, interval: interval() });
    }

    fn clear(&mut self, claim: Claim) -> Result<(), Rejection> {
        self.apply(Command::Clear { carrier: Carrier::Electricity, interval: interval(), claim })
    }

    fn read(&mut self, member: u32, import: i64, export: i64) {
        self.accept(Command::Read(Reading {
            meter: MeterId(member),
            interval: interval(),
            import: Energy(import),
            export: Energy(export),
            sequence: 1,
        }));
    }

    fn settle(&mut self) -> Result<(), Rejection> {
        self.apply(Command::Settle { carrier: Carrier::Electricity, interval: interval() })
    }

    fn positions(&self) -> Vec<(i64, i64, i128, i128)> {
        let position = |meter| *self.state.position(MeterId(meter), interval()).unwrap();
        (0..3).map(position).map(|own| (own.bought.0, own.sold.0, own.paid().0, own.received().0)).collect()
    }

    fn balances(&self) -> Vec<i128> {
        self.state.accounts()[6..].iter().map(|account| account.balance.0 - 100_000).collect()
    }
}

/// 100 Wh are traded at 20; then 150 and 90 Wh are taken and 200 given.
fn traded_and_read() -> Village {
    let mut village = Village::new();
    village.place(0, Side::Buy, 100, 25);
    village.place(2, Side::Sell, 100, 15);
    village.close();
    let price = Price(20);
    assert_eq!(village.clear(Claim::UniformPrice { equilibrium: price, price }), Ok(()));
    village.accept(Command::Tick { time: START + 900 });
    village.read(0, 150, 0);
    village.read(1, 90, 0);
    village
}

#[test]
fn the_key_shares_what_is_metered_beyond_the_contracts() {
    let mut village = traded_and_read();
    assert_eq!(village.clear(Claim::Metered), Err(Rejection::ReadingMissing));
    village.read(2, 0, 200);
    assert_eq!(village.settle(), Err(Rejection::NotCleared));
    let before = village.state.root();
    assert_eq!(village.clear(Claim::Metered), Ok(()));
    assert_ne!(village.state.root(), before);
    // Beyond the contracts: 50 and 90 Wh taken, 100 given. By consumption, 100 · 50/140 = 35.71… and 64.28…: the order
    // of interval 1 888 889 begins at member 1 888 889 mod 3 = 2, so 0, ⌊35.71…⌋ = 35 and 100 − 35 = 65 Wh, at 15.
    assert_eq!(interval().number() % 3, 2);
    let expected =
        [(100 + 35, 0, 100 * 20 + 35 * 15, 0), (65, 0, 65 * 15, 0), (0, 100 + 100, 0, 100 * 20 + 100 * 15)];
    assert_eq!(village.positions(), expected);
    let told = village.events.last().unwrap();
    let Event::Cleared { volume, price, orders, .. } = told else { panic!("{told:?}") };
    assert_eq!((*volume, *price, *orders), (Energy(100), Some(Price(15)), [0, 0]));
    assert_eq!(village.settle(), Ok(()));
    // What is left comes from the supplier at 30: 150 − 135 = 15 and 90 − 65 = 25 Wh.
    assert_eq!(village.balances(), [-2_525 - 15 * 30, -975 - 25 * 30, 3_500]);
}

#[test]
fn metered_energy_is_shared_once_and_after_the_orders() {
    let mut village = traded_and_read();
    village.read(2, 0, 200);
    village.close(); // an empty book: still to be cleared
    assert_eq!(village.clear(Claim::Metered), Err(Rejection::NotCleared));
    assert_eq!(village.clear(Claim::Nothing), Ok(()));
    assert_eq!(village.clear(Claim::Metered), Ok(()));
    assert_eq!(village.clear(Claim::Metered), Err(Rejection::NotFrozen));
    assert_eq!(village.settle(), Ok(()));
    assert_eq!(village.clear(Claim::Metered), Err(Rejection::AlreadySettled));
}

#[test]
fn the_root_knows_that_energy_was_shared_even_if_there_was_none() {
    let mut village = Village::new();
    village.accept(Command::Tick { time: START + 900 });
    (0..3).for_each(|member| village.read(member, 10, 0));
    let before = village.state.root();
    assert_eq!(village.clear(Claim::Metered), Ok(()));
    assert_eq!(village.positions(), [(0, 0, 0, 0); 3]);
    assert_ne!(village.state.root(), before);
}

#[test]
fn what_is_not_taken_of_a_contract_is_not_shared() {
    let mut village = Village::new();
    village.place(0, Side::Buy, 100, 25);
    village.place(2, Side::Sell, 100, 15);
    village.close();
    let price = Price(20);
    assert_eq!(village.clear(Claim::UniformPrice { equilibrium: price, price }), Ok(()));
    village.accept(Command::Tick { time: START + 900 });
    // The buyer takes 40 of its 100 Wh, the seller gives 70 of its 100, and a neighbour would have liked some.
    village.read(0, 40, 0);
    village.read(1, 90, 0);
    village.read(2, 0, 70);
    assert_eq!(village.clear(Claim::Metered), Ok(()));
    assert_eq!(village.positions(), [(100, 0, 2_000, 0), (0, 0, 0, 0), (0, 100, 0, 2_000)]);
    assert_eq!(village.settle(), Ok(()));
    // 60 Wh go to the supplier at 8, 90 and the missing 30 come from it at 30.
    assert_eq!(village.balances(), [-2_000 + 60 * 8, -90 * 30, 2_000 - 30 * 30]);
}
