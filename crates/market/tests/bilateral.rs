//! A market of pairs through the state machine: orders with wishes and places in, claims checked, charges
//! booked.

use market::signing::Recover;
use market::*;

const QUARTER: u32 = 900;
const START: u64 = 1_700_000_100; // 2023-11-14T22:15:00Z, on the quarter-hour grid
const POWER: Carrier = Carrier::Electricity;

/// Nobody signs: the operator answers for everybody.
struct Nobody;

impl Recover for Nobody {
    fn recover(&self, _: &[u8; 32], _: &Signature) -> Option<Address> {
        None
    }
}

fn interval() -> DeliveryInterval {
    DeliveryInterval::new(START, QUARTER).unwrap()
}

fn terms(rule: Rule) -> Community {
    Community {
        chain_id: 1,
        community_id: 7,
        currency: *b"EUR",
        operator: Address([9; 20]),
        authentication: Authentication::Operator,
        interval_duration: QUARTER,
        gate_closure: 300,
        horizon: 2,
        utc_offset: 0,
        markets: vec![Market { carrier: POWER, rule, floor: Price(-20), cap: Price(60) }],
        tariffs: vec![Tariff {
            kind: TariffKind::Flat(Prices { import: Price(40), export: Price(5) }),
            grid_fee: Price(0),
            peer_grid_fee: Price(0),
            levy: Price(0),
            peer_levy: Price(0),
        }],
    }
}

struct Ledger {
    state: State,
    events: Vec<Event>,
    nonce: u64,
}

impl Ledger {
    /// Members a, b, c, d at their places, with 10 000 n€ each; the guarantor has 1 000 000.
    fn with_four_members() -> Self {
        let mut ledger = Self { state: State::new(), events: Vec::new(), nonce: 0 };
        let charges = [0, 1, 4, 9].map(Price);
        ledger.accept(Command::Found(Box::new(terms(Rule::Bilateral { charges }))));
        ledger.accept(Command::Tick { time: START - 600 });
        for (member, place) in (0..).zip(["0.0.1.1", "0.0.2.1", "0.0.1.2", "0.0.2.2"]) {
            let address = Address([member + 1; 20]);
            let account = AccountId(6 + u32::from(member));
            ledger.accept(Command::RegisterAccount { address });
            let nonce = ledger.next();
            ledger.accept(Command::Deposit { account, amount: Money(10_000), nonce });
            let terms = MeterTerms {
                account,
                carrier: POWER,
                key: address,
                import_capacity: Energy(3000),
                export_capacity: Energy(3000),
                tariff: TariffId(0),
                share: 0,
            };
            let nonce = ledger.next();
            ledger.accept(Command::RegisterMeter { terms, nonce });
            let nonce = ledger.next();
            let location = Location::parse(place).unwrap();
            ledger.accept(Command::Locate { meter: MeterId(u32::from(member)), location, nonce });
        }
        let nonce = ledger.next();
        ledger.accept(Command::Deposit { account: AccountId::GUARANTOR, amount: Money(1_000_000), nonce });
        ledger
    }

    fn next(&mut self) -> u64 {
        self.nonce += 1;
        self.nonce
    }

    fn apply(&mut self, command: Command) -> Result<(), Rejection> {
        self.state.apply(&Envelope { command, signature: None }, &Nobody, &mut self.events)
    }

    fn accept(&mut self, command: Command) {
        let said = format!("{command:?}");
        assert_eq!(self.apply(command), Ok(()), "{said}");
    }

    fn place(&mut self, order: (u32, Side, i64, i64), attributes: Attributes) -> Result<(), Rejection> {
        self.place_for(TimeInForce::NextClearing, order, attributes)
    }

    fn place_for(
        &mut self,
        time_in_force: TimeInForce,
        (member, side, energy, limit): (u32, Side, i64, i64),
        attributes: Attributes,
    ) -> Result<(), Rejection> {
        let order = Order {
            account: AccountId(6 + member),
            meter: MeterId(member),
            interval: interval(),
            side,
            energy: Energy(energy),
            limit: Price(limit),
            time_in_force,
            nonce: self.next(),
        };
        self.apply(Command::PlaceWith { order, attributes, steps: vec![] })
    }

    fn clear(&mut self, trades: &[(u32, u32, i64)], bids: &[i64], offers: &[i64]) -> Result<(), Rejection> {
        let trade =
            |&(bid, offer, energy): &(u32, u32, i64)| PairClaim { bid, offer, energy: Energy(energy) };
        let prices = |prices: &[i64]| prices.iter().copied().map(Price).collect();
        let claim = Claim::Bilateral {
            trades: trades.iter().map(trade).collect(),
            bid_prices: prices(bids),
            offer_prices: prices(offers),
        };
        self.apply(Command::Clear { carrier: POWER, interval: interval(), claim })
    }

    fn balance(&self, account: AccountId) -> i128 {
        self.state.accounts()[account.0 as usize].balance.0
    }
}

fn plain() -> Attributes {
    Attributes::default()
}

fn prefers(member: u32, premium: i64) -> Attributes {
    Attributes { partner: AccountId(6 + member), premium: Price(premium), ..plain() }
}

fn falls(fall: i64) -> Attributes {
    Attributes { fall: Price(fall), ..plain() }
}

/// `cases/bilateral/partner_and_charges`: a prefers d, across the substation.
fn frozen() -> Ledger {
    let mut ledger = Ledger::with_four_members();
    ledger.place((0, Side::Buy, 100, 30), prefers(3, 7)).unwrap();
    ledger.place((1, Side::Buy, 100, 28), plain()).unwrap();
    ledger.place((2, Side::Sell, 100, 10), plain()).unwrap();
    ledger.place((3, Side::Sell, 100, 12), plain()).unwrap();
    ledger.accept(Command::Tick { time: START - 300 });
    ledger.accept(Command::Close { carrier: POWER, interval: interval() });
    ledger
}

#[test]
fn charges_stay_with_the_community_and_the_premium_reaches_the_partner() {
    let mut ledger = frozen();
    assert_eq!(ledger.state.accounts()[6].holds, Money(100 * (30 + 7)));
    ledger.clear(&[(0, 1, 100), (1, 0, 100)], &[17, 21], &[17, 20]).unwrap();
    let pairs: Vec<_> = ledger
        .events
        .iter()
        .filter_map(|event| match *event {
            Event::Paired { bid, offer, energy, price } => Some((bid, offer, energy.0, price.0)),
            _ => None,
        })
        .collect();
    assert_eq!(pairs, [(0, 1, 100, 20), (1, 0, 100, 17)]);
    ledger.accept(Command::Tick { time: START + 900 });
    for (member, import, export) in [(0, 100, 0), (1, 100, 0), (2, 0, 100), (3, 0, 100)] {
        let (import, export) = (Energy(import), Energy(export));
        let meter = MeterId(member);
        ledger.accept(Command::Read(Reading { meter, interval: interval(), import, export, sequence: 1 }));
    }
    ledger.accept(Command::Settle { carrier: POWER, interval: interval() });
    let change = |member: u32| ledger.balance(AccountId(6 + member)) - 10_000;
    assert_eq!([0, 1, 2, 3].map(change), [-2400, -2100, 1700, 2000]);
    assert_eq!(ledger.balance(AccountId::COMMUNITY), 800);
    assert!(ledger.state.accounts().iter().all(|account| account.holds == Money::ZERO));
    assert_eq!(ledger.state.accounts().iter().map(|account| account.balance.0).sum::<i128>(), 0);
}

#[test]
fn wrong_claims_are_refused_by_number() {
    let mut ledger = frozen();
    let crosswise = [(0, 1, 100), (1, 0, 100)];
    let mut refused = |trades: &[_], bids: &[_], offers: &[_], by| {
        assert_eq!(ledger.clear(trades, bids, offers), Err(by), "{trades:?} {bids:?} {offers:?}");
    };
    use Rejection::{NotOptimal, WrongPrice};
    refused(&[(0, 0, 100), (1, 1, 100)], &[17, 21], &[17, 20], NotOptimal); // without the preference
    refused(&[(0, 1, 100)], &[17, 21], &[17, 20], NotOptimal); // one is left out
    refused(&[(0, 1, 99), (1, 0, 100)], &[17, 21], &[17, 20], NotOptimal);
    refused(&[(1, 0, 100), (0, 1, 100)], &[17, 21], &[17, 20], NotOptimal); // not in order
    refused(&crosswise, &[17, 21], &[17], NotOptimal); // a price is missing
    refused(&crosswise, &[18, 21], &[17, 20], NotOptimal); // 18 − 20 is not 4 − 7
    refused(&crosswise, &[10, 14], &[10, 13], WrongPrice); // the lowest prices, which favour the buyers
    refused(&crosswise, &[25, 28], &[24, 28], WrongPrice);
    refused(&crosswise, &[i64::MIN, 21], &[17, i64::MAX], NotOptimal);
    let nothing = Command::Clear { carrier: POWER, interval: interval(), claim: Claim::Nothing };
    assert_eq!(ledger.apply(nothing), Err(Rejection::TradeLeft));
    ledger.clear(&crosswise, &[17, 21], &[17, 20]).unwrap();
}

#[test]
fn energy_that_costs_nobody_anything_must_be_traded() {
    let mut ledger = Ledger::with_four_members();
    ledger.place((0, Side::Buy, 2, 20), plain()).unwrap();
    ledger.place((2, Side::Sell, 2, 19), plain()).unwrap(); // the charge of 1 is what is between them
    ledger.accept(Command::Close { carrier: POWER, interval: interval() });
    assert_eq!(ledger.clear(&[(0, 0, 1)], &[20], &[19]), Err(Rejection::TradeLeft));
    ledger.clear(&[(0, 0, 2)], &[20], &[19]).unwrap();
}

#[test]
fn limits_that_fall_are_traded_down_to_where_they_meet() {
    // `cases/bilateral/falling_limits`, on one feeder: 27, 25, 22, 20 against 20, 22, 24, 26 and a charge of
    // 1.
    let mut ledger = Ledger::with_four_members();
    ledger.place((0, Side::Buy, 4, 30), falls(10)).unwrap();
    ledger.place((2, Side::Sell, 4, 18), falls(8)).unwrap();
    ledger.accept(Command::Close { carrier: POWER, interval: interval() });
    // The bid's price is between 22 and 25, the offer's between 22 and 24, one apart: 23 … 25 and 22 … 24.
    assert_eq!(ledger.clear(&[(0, 0, 3)], &[24], &[23]), Err(Rejection::NotOptimal));
    ledger.clear(&[(0, 0, 2)], &[24], &[23]).unwrap();
    let money = ledger.events.iter().filter_map(|event| match event {
        Event::Filled { money, .. } => Some(money.0),
        _ => None,
    });
    assert_eq!(money.collect::<Vec<_>>(), [48, 46]);
}

#[test]
fn wishes_that_contradict_the_rule_are_refused() {
    let mut ledger = Ledger::with_four_members();
    let bid = (0, Side::Buy, 4, 30);
    assert_eq!(ledger.place(bid, prefers(0, 7)), Err(Rejection::BadWish)); // itself
    assert_eq!(ledger.place(bid, prefers(9, 7)), Err(Rejection::BadWish)); // nobody
    assert_eq!(ledger.place(bid, prefers(3, 31)), Err(Rejection::OutsideCollar));
    assert_eq!(ledger.place(bid, falls(51)), Err(Rejection::OutsideCollar));
    assert_eq!(ledger.place(bid, falls(-1)), Err(Rejection::BadWish));
    let green = Attributes { quality: Quality::GreenLocal, ..plain() };
    assert_eq!(ledger.place(bid, green), Err(Rejection::NotForThisRule));
    assert_eq!(ledger.place_for(TimeInForce::GateClosure, bid, falls(10)), Err(Rejection::BadWish));
    ledger.place_for(TimeInForce::GateClosure, bid, prefers(3, 7)).unwrap();
}

#[test]
fn a_side_holds_as_many_orders_as_pairs_can_be_looked_at() {
    let mut ledger = Ledger::with_four_members();
    for _ in 0..rule::MAX_PAIRED {
        ledger.place((0, Side::Buy, 1, 1), plain()).unwrap();
    }
    assert_eq!(ledger.place((0, Side::Buy, 1, 1), plain()), Err(Rejection::TooMany));
    ledger.place((2, Side::Sell, 1, 1), plain()).unwrap();
}
