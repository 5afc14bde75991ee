//! Orders with labels and premiums from the door to the bill: what is held, what is paid, what is released.

use market::signing::Recover;
use market::*;

const START: u64 = 1_700_000_100; // on the quarter-hour grid
const CARRIER: Carrier = Carrier::Electricity;
const INTERVAL: DeliveryInterval = DeliveryInterval { start: START, duration: 900 };

struct Nobody;

impl Recover for Nobody {
    fn recover(&self, _: &[u8; 32], _: &Signature) -> Option<Address> {
        None
    }
}

/// Three members with a meter and 1 000 n€ each, in a market of `high_to_low,uniform_price`.
struct Village {
    state: State,
    nonce: u64,
}

impl Village {
    fn new() -> Self {
        let stages = Stages::new(&[Stage::HighToLow, Stage::UniformPrice]).unwrap();
        let rule = Rule::Pipeline { stages, k: Fraction::HALF };
        let tariff = Tariff {
            kind: TariffKind::Flat(Prices { import: Price(30), export: Price(2) }),
            grid_fee: Price(10),
            peer_grid_fee: Price(4),
            levy: Price(5),
            peer_levy: Price(1),
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
            markets: vec![Market { carrier: CARRIER, rule, floor: Price(0), cap: Price(20) }],
            tariffs: vec![tariff],
        };
        let mut village = Self { state: State::new(), nonce: 0 };
        village.accept(Command::Found(Box::new(terms)));
        village.accept(Command::Tick { time: START - 900 });
        for member in 0..3_u32 {
            let account = AccountId(6 + member);
            village.accept(Command::RegisterAccount { address: Address([member as u8 + 1; 20]) });
            let nonce = village.next();
            village.accept(Command::Deposit { account, amount: Money(1_000), nonce });
            let terms = MeterTerms {
                account,
                carrier: CARRIER,
                key: Address([1; 20]),
                import_capacity: Energy(100),
                export_capacity: Energy(100),
                tariff: TariffId(0),
                share: 0,
            };
            let nonce = village.next();
            village.accept(Command::RegisterMeter { terms, nonce });
        }
        village
    }

    fn next(&mut self) -> u64 {
        self.nonce += 1;
        self.nonce
    }

    fn apply(&mut self, command: Command) -> Result<(), Rejection> {
        self.state.apply(&Envelope { command, signature: None }, &Nobody, &mut Vec::<Event>::new())
    }

    fn accept(&mut self, command: Command) {
        let said = format!("{command:?}");
        assert_eq!(self.apply(command), Ok(()), "{said}");
    }

    /// Places an order: whose, side, energy, limit; with a label and a premium.
    fn place(
        &mut self,
        (member, side, energy, limit): (u32, Side, i64, i64),
        (quality, premium): (Quality, i64),
        time_in_force: TimeInForce,
    ) -> Result<(), Rejection> {
        let order = Order {
            account: AccountId(6 + member),
            meter: MeterId(member),
            interval: INTERVAL,
            side,
            energy: Energy(energy),
            limit: Price(limit),
            time_in_force,
            nonce: self.next(),
        };
        let attributes = Attributes { quality, premium: Price(premium), ..Attributes::default() };
        self.apply(Command::PlaceWith { order, attributes, steps: Vec::new() })
    }

    /// Clears with the lowest equilibrium prices of the four auctions.
    fn clear(&mut self, prices: [Option<i64>; 4]) -> Result<(), Rejection> {
        let auction = |price: Option<i64>| AuctionClaim {
            witness: price.map_or(Witness::NoTrade, |price| Witness::Equilibrium(Price(price))),
            dropped_local: u32::MAX,
            dropped_green: u32::MAX,
        };
        let claim = Claim::Pipeline { auctions: prices.map(auction).to_vec() };
        self.apply(Command::Clear { carrier: CARRIER, interval: INTERVAL, claim })
    }

    fn close(&mut self) {
        self.accept(Command::Close { carrier: CARRIER, interval: INTERVAL });
    }

    /// Balance and hold of every member.
    fn accounts(&self) -> Vec<(i128, i128)> {
        self.state.accounts()[6..].iter().map(|account| (account.balance.0, account.holds.0)).collect()
    }

    fn read(&mut self, member: u32, import: i64, export: i64) {
        let (import, export) = (Energy(import), Energy(export));
        let reading = Reading { meter: MeterId(member), interval: INTERVAL, import, export, sequence: 1 };
        self.accept(Command::Read(reading));
    }

    fn settle(&mut self) {
        self.accept(Command::Settle { carrier: CARRIER, interval: INTERVAL });
    }
}

use Quality::{Any, GreenLocal};
use Side::{Buy, Sell};
use TimeInForce::{GateClosure, NextClearing};

#[test]
fn a_premium_is_held_paid_for_the_label_and_released() {
    let mut village = Village::new();
    village.place((0, Sell, 50, 8), (GreenLocal, 0), NextClearing).unwrap();
    village.place((1, Buy, 40, 6), (GreenLocal, 4), NextClearing).unwrap();
    village.place((2, Buy, 30, 9), (Any, 0), NextClearing).unwrap();
    assert_eq!(village.accounts(), [(1000, 0), (1000, 40 * 10), (1000, 30 * 9)]);
    // At 6 + 2 the bid would reach the account's own offer; at 6 + 1 it does not.
    assert_eq!(village.place((0, Buy, 5, 6), (GreenLocal, 2), NextClearing), Err(Rejection::SelfTrade));
    village.place((0, Buy, 5, 6), (GreenLocal, 1), NextClearing).unwrap();
    assert_eq!(village.accounts()[0], (1000, 5 * 7));
    let order = OrderId { carrier: CARRIER, interval: INTERVAL, side: Buy, arrival: 2 };
    let nonce = village.next();
    village.accept(Command::Cancel { account: AccountId(6), order, nonce });
    assert_eq!(village.accounts()[0], (1000, 0));

    village.accept(Command::Tick { time: START - 300 });
    village.close();
    let root = village.state.root();
    // Green local: the bid at 6 + 4 takes 40 of the 50 at 8. Any: 10 are left for the bid at 9, which stands at the
    // margin. Then nothing is left to sell.
    assert_eq!(village.clear([Some(8), None, Some(9), Some(9)]), Err(Rejection::NotEquilibrium));
    assert_eq!(village.clear([None, None, Some(9), None]), Err(Rejection::TradeLeft));
    let claim = Claim::Pipeline { auctions: Vec::new() };
    let short = Command::Clear { carrier: CARRIER, interval: INTERVAL, claim };
    assert_eq!(village.apply(short), Err(Rejection::WrongStage));
    assert_eq!(village.state.root(), root);
    village.clear([Some(8), None, Some(9), None]).unwrap();
    // What was traded stays held at the bound, the 20 Wh that lapse are released.
    assert_eq!(village.accounts(), [(1000, 0), (1000, 40 * 10), (1000, 10 * 9)]);

    village.accept(Command::Tick { time: START + 900 });
    village.read(0, 0, 50);
    village.read(1, 40, 0);
    village.read(2, 10, 0);
    village.settle();
    // 8 is beyond the limit of 6, within the premium. Peer fees are 4 + 1 per Wh.
    let paid = [40 * (8 + 5), 10 * (9 + 5)];
    assert_eq!(village.accounts(), [(1000 + 40 * 8 + 10 * 9, 0), (1000 - paid[0], 0), (1000 - paid[1], 0)]);
}

#[test]
fn what_a_clearing_leaves_keeps_its_label_and_premium() {
    let mut village = Village::new();
    village.place((0, Sell, 50, 8), (GreenLocal, 0), NextClearing).unwrap();
    village.place((1, Buy, 40, 10), (Any, 0), NextClearing).unwrap();
    village.place((1, Buy, 40, 10), (GreenLocal, 0), NextClearing).unwrap();
    village.place((2, Buy, 20, 5), (GreenLocal, 3), GateClosure).unwrap();
    village.close();
    // Green local: 40 at 10 and 20 at 5 + 3 want the 50 at 8: the last gets 10, and nothing is left.
    village.clear([Some(8), None, None, None]).unwrap();
    let book = village.state.book(CARRIER, INTERVAL).unwrap();
    let left = Attributes { quality: GreenLocal, premium: Price(3), ..Attributes::default() };
    assert_eq!(
        (book.bids.len(), book.bids[0].energy, book.details(Buy, 0).attributes),
        (1, Energy(10), left)
    );
    assert_eq!(book.details.each_ref().map(Vec::len), [1, 0]);
    assert_eq!(village.accounts(), [(1000, 0), (1000, 40 * 10), (1000, 20 * 8)]);

    // With 10 Wh more at 7 they meet again: every price in [7, 8] is an equilibrium, 7.5 rounds down.
    village.place((0, Sell, 10, 7), (GreenLocal, 0), NextClearing).unwrap();
    village.accept(Command::Tick { time: START - 300 });
    village.close();
    village.clear([Some(7), None, None, None]).unwrap();
    assert_eq!(village.accounts()[2], (1000, 20 * 8));

    village.accept(Command::Tick { time: START + 900 });
    village.read(0, 0, 60);
    village.read(1, 40, 0);
    village.read(2, 20, 0);
    village.settle();
    let paid = [40 * (8 + 5), 10 * 8 + 10 * 7 + 20 * 5];
    let received = 50 * 8 + 10 * 7;
    assert_eq!(village.accounts(), [(1000 + received, 0), (1000 - paid[0], 0), (1000 - paid[1], 0)]);
}
