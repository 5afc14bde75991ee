//! What comes through the primary chain's queue, and what anybody may force there.

use super::play::Random;
use ledger::Key;
use market::signing::Domain;
use market::{
    AccountId, Address, Authentication, Carrier, Command, Community, DeliveryInterval, Energy, Fraction,
    Hash, Market, Money, Order, OrderId, Price, PriceConvention, Prices, Reading, Rejection, Rule, Side,
    Tariff, TariffKind, TimeInForce,
};
use rollup::step::leaf::{self, Account, Delivery, Position, Withdrawal, stage};
use rollup::step::record::Compact;
use rollup::step::{Context, Item, Lack, Place, Record, Report, State, Store, compact, execute, queue};
use rollup::translate::{Outside, genesis};

const DURATION: u32 = 900;
const START: u64 = 1_717_372_800;
const MEMBERS: [u32; 2] = [6, 7];

/// A chain with two members, a book, and a queue.
struct Chain {
    state: State,
    domain: Domain,
    keys: [Key; 2],
    queue: Hash,
    available: u64,
}

impl Chain {
    fn new(authentication: Authentication) -> Self {
        let flat = Prices { import: Price(30), export: Price(5) };
        let fee = Price(1);
        let community = Community {
            chain_id: 1,
            community_id: 1,
            currency: *b"EUR",
            operator: Address::default(),
            authentication,
            interval_duration: DURATION,
            gate_closure: 0,
            horizon: 8,
            utc_offset: 0,
            markets: vec![Market {
                carrier: Carrier::Electricity,
                rule: Rule::UniformPrice { convention: PriceConvention::Equilibrium, k: Fraction::HALF },
                floor: Price(-100),
                cap: Price(100),
            }],
            tariffs: vec![Tariff {
                kind: TariffKind::Flat(flat),
                grid_fee: fee,
                peer_grid_fee: fee,
                levy: fee,
                peer_levy: fee,
            }],
        };
        let outside = Outside { supplier: Address([1; 20]), ..Outside::default() };
        let keys = ["one", "two"].map(|name| Key::from_seed(b"forced", name));
        let mut chain = Self {
            state: genesis(&community, &outside).unwrap(),
            domain: Domain::of(&community),
            keys,
            queue: [0; 32],
            available: 0,
        };
        chain.accept(Record::Tick { time: START });
        for (member, id) in MEMBERS.into_iter().enumerate() {
            let address = chain.keys[member].address();
            chain.accept(Record::Account { address });
            chain.accept(Record::Meter {
                account: id,
                carrier: 0,
                key: address,
                import_capacity: 1_000,
                export_capacity: 1_000,
                tariff: 0,
                share: 0,
            });
            assert_eq!(
                chain.consume(&[Item::Deposit { time: 1, account: id, amount: 10_000, sender: address }]),
                [None]
            );
        }
        chain.accept(Record::Open { slot: 0, carrier: 0, start: START + 900, after: 0 });
        chain
    }

    fn run(&mut self, records: &[u8], items: &[u8]) -> Result<Report, Lack> {
        let context = Context { posted_at: 1 << 39, available: self.available, chain: self.queue };
        let report = execute(&mut self.state, &context, records, items)?;
        self.queue = report.chain;
        Ok(report)
    }

    fn accept(&mut self, record: Record<'_>) {
        assert_eq!(self.run(&record.to_bytes(), &[]).unwrap().outcomes, [None], "{record:?}");
    }

    fn refuse(&mut self, record: Record<'_>, refusal: Rejection) {
        let root = self.state.root();
        assert_eq!(self.run(&record.to_bytes(), &[]).unwrap().outcomes, [Some(refusal)], "{record:?}");
        assert_eq!(self.state.root(), root);
    }

    /// Puts items into the queue and consumes them in one record.
    fn consume(&mut self, items: &[Item<'_>]) -> Vec<Option<Rejection>> {
        let mut bytes = Vec::new();
        let mut chain = self.queue;
        for item in items {
            let from = bytes.len();
            item.encode(&mut bytes);
            chain = queue::link(&chain, &bytes[from..]);
        }
        self.available += items.len() as u64;
        let before = self.state.head().queue;
        let report = self.run(&Record::Queue { count: items.len() as u8 }.to_bytes(), &bytes).unwrap();
        assert_eq!((report.from, report.to), (before, before + items.len() as u64));
        assert_eq!((report.outcomes, report.chain), (vec![None], chain));
        report.items
    }

    fn force(&mut self, record: Record<'_>) -> Option<Rejection> {
        let bytes = record.to_bytes();
        self.consume(&[Item::Forced { time: 1, record: &bytes }])[0]
    }

    fn sign(&self, member: usize, command: &Command) -> Option<Compact> {
        Some(compact(&self.keys[member].sign(&self.domain.digest(command))))
    }

    fn account(&self, id: u32) -> Account {
        self.state.peek(Place::account(id))
    }

    fn order(&self, member: usize, side: Side, energy: u32, limit: i32) -> Record<'static> {
        let account = AccountId(MEMBERS[member]);
        let command = Command::Place(Order {
            account,
            meter: market::MeterId(member as u32),
            interval: DeliveryInterval { start: START + 900, duration: DURATION },
            side,
            energy: Energy(energy.into()),
            limit: Price(limit.into()),
            time_in_force: TimeInForce::NextClearing,
            nonce: self.account(account.0).nonce + 1,
        });
        let signature = self.sign(member, &command);
        Record::Order {
            slot: 0,
            rank: member as u32,
            energy,
            limit,
            side,
            until_gate: false,
            nonce: None,
            signature,
        }
    }
}

#[test]
fn money_for_nobody_goes_back() {
    let mut chain = Chain::new(Authentication::Operator);
    let money = chain.state.head().money;
    let sender = Address([8; 20]);
    let deposit = |account, amount| Item::Deposit { time: 1, account, amount, sender };
    // An account that is not there, the world's, and more than there may be.
    let most = market::MAX_MONEY.0 as u128;
    assert_eq!(chain.consume(&[deposit(99, 5), deposit(0, 6), deposit(6, most)]), [None; 3]);
    for (number, amount) in (0..).zip([5, 6, most]) {
        let paid: Withdrawal = chain.state.peek(Place::withdrawal(number));
        assert_eq!(paid, Withdrawal { address: sender, amount });
    }
    let nothing = [deposit(6, 0), deposit(6, most + 1), deposit(6, u128::MAX)];
    assert_eq!(chain.consume(&nothing), [Some(Rejection::BadAmount); 3]);
    assert_eq!((chain.state.head().money, chain.state.head().withdrawals), (money, 3));
}

#[test]
fn what_is_not_in_the_queue_cannot_be_consumed() {
    let mut chain = Chain::new(Authentication::Operator);
    let root = chain.state.root();
    let report = chain.run(&Record::Queue { count: 1 }.to_bytes(), &[]).unwrap();
    assert_eq!(report.outcomes, [Some(Rejection::TooMany)]);
    assert_eq!(chain.state.root(), root);
    // An item that is there must be shown, whole, and no other.
    chain.available += 1;
    let mut item = Vec::new();
    Item::Deposit { time: 1, account: 6, amount: 1, sender: Address::default() }.encode(&mut item);
    for wrong in [&item[..45], &[&item[..], &[0]].concat(), &[]] {
        let mark = chain.state.mark();
        assert_eq!(chain.run(&Record::Queue { count: 1 }.to_bytes(), wrong), Err(Lack::Items));
        chain.state.undo(mark);
    }
}

#[test]
fn a_forced_record_needs_its_signature_even_where_the_operator_answers_for_all() {
    for authentication in [Authentication::Operator, Authentication::Signature] {
        let mut chain = Chain::new(authentication);
        let amount = 100;
        let command = |nonce| Command::Withdraw { account: AccountId(6), amount: Money(100), nonce };
        let record = |signature| Record::Withdraw { account: 6, amount, nonce: None, signature };
        let right = chain.sign(0, &command(1));
        let wrong = chain.sign(1, &command(1));
        assert_eq!(chain.force(record(wrong)), Some(Rejection::BadSignature));
        assert_eq!(chain.force(record(None)), Some(Rejection::Malformed)); // too short
        assert_eq!(chain.force(record(right)), None);
        assert_eq!(chain.force(record(right)), Some(Rejection::BadSignature)); // now the nonce is 2
        let named = Record::Withdraw { account: 6, amount, nonce: Some(1), signature: right };
        assert_eq!(chain.force(named), Some(Rejection::StaleNonce));
        assert_eq!(chain.account(6).balance, 9_900);
        let paid: Withdrawal = chain.state.peek(Place::withdrawal(0));
        assert_eq!(paid, Withdrawal { address: chain.keys[0].address(), amount });
    }
}

#[test]
fn everything_personal_can_be_forced_and_nothing_else() {
    let mut chain = Chain::new(Authentication::Operator);
    let order = chain.order(0, Side::Buy, 10, 20);
    assert_eq!(chain.force(order), None);
    let interval = DeliveryInterval { start: START + 900, duration: DURATION };
    let id = OrderId { carrier: Carrier::Electricity, interval, side: Side::Buy, arrival: 0 };
    let cancel = Command::Cancel { account: AccountId(6), order: id, nonce: 2 };
    let signature = chain.sign(0, &cancel);
    assert_eq!(
        chain.force(Record::Cancel { slot: 0, arrival: 0, side: Side::Buy, nonce: None, signature }),
        None
    );
    let transfer = Command::Transfer { from: AccountId(6), to: AccountId(7), amount: Money(9), nonce: 3 };
    let signature = chain.sign(0, &transfer);
    assert_eq!(chain.force(Record::Transfer { from: 6, to: 7, amount: 9, nonce: None, signature }), None);
    chain.accept(Record::Tick { time: START + 1_800 });
    let reading =
        Reading { meter: market::MeterId(1), interval, import: Energy(3), export: Energy(0), sequence: 1 };
    let signature = chain.sign(1, &Command::Read(reading));
    let record = Record::Reading { slot: 0, rank: 1, import: 3, export: 0, sequence: None, signature };
    assert_eq!(chain.force(record), None);
    assert_eq!(chain.state.peek::<Position>(Place::position(0, 1)).import, 3);
    for other in [
        Record::Tick { time: START + 2_000 },
        Record::Account { address: Address([5; 20]) },
        Record::Close { slot: 0 },
        Record::Settle { slot: 0 },
        Record::Queue { count: 0 },
        Record::Advance { items: 1 },
    ] {
        assert_eq!(chain.force(other), Some(Rejection::Malformed), "{other:?}");
    }
    let garbage = [0xff; 40];
    assert_eq!(chain.consume(&[Item::Forced { time: 1, record: &garbage }]), [Some(Rejection::Malformed)]);
    assert_eq!(chain.consume(&[Item::Forced { time: 1, record: &[] }]), [Some(Rejection::Malformed)]);
}

#[test]
fn anybody_can_free_what_an_operator_does_not_clear() {
    let mut chain = Chain::new(Authentication::Operator);
    for (member, side, limit) in [(0, Side::Buy, 20), (1, Side::Sell, -3), (0, Side::Buy, 19)] {
        let record = match chain.order(member, side, 10, limit) {
            Record::Order { slot, rank, energy, limit, side, until_gate, nonce, .. } => {
                Record::Order { slot, rank, energy, limit, side, until_gate, nonce, signature: None }
            }
            other => other,
        };
        if limit == 19 {
            chain.accept(record);
        } else {
            chain.accept(record);
        }
    }
    chain.accept(Record::Close { slot: 0 });
    assert_eq!((chain.account(6).holds, chain.account(7).holds), (390, 30));
    assert_eq!(chain.force(Record::Lapse { slot: 0 }), Some(Rejection::TooEarly));
    chain.accept(Record::Tick { time: START + 1_800 });
    // The lapse begins work, so what comes after it in the queue waits.
    let bytes = Record::Lapse { slot: 0 }.to_bytes();
    let mut items = Vec::new();
    Item::Forced { time: 1, record: &bytes }.encode(&mut items);
    chain.available += 2;
    let report = chain.run(&Record::Queue { count: 2 }.to_bytes(), &items).unwrap();
    assert_eq!((report.outcomes, report.items), (vec![None], vec![None]));
    assert_eq!(chain.state.head().work, 1);
    chain.refuse(Record::Queue { count: 1 }, Rejection::BookFrozen);
    for left in [2, 1] {
        chain.accept(Record::Advance { items: 1 });
        assert_eq!(chain.state.peek::<Delivery>(Place::delivery(0)).live, left);
    }
    chain.accept(Record::Advance { items: 5 });
    let delivery: Delivery = chain.state.peek(Place::delivery(0));
    assert_eq!((delivery.live, delivery.stage, chain.state.head().work), (0, stage::OPEN, 0));
    for id in MEMBERS {
        assert_eq!(chain.account(id).holds, 0);
        let position: Position = chain.state.peek(Place::position(0, id - 6));
        assert_eq!(position, Position::default());
    }
    chain.refuse(Record::Lapse { slot: 0 }, Rejection::NotFrozen); // nothing is open, but something happened
}

#[test]
fn an_interval_in_which_nothing_happened_is_given_up() {
    let mut chain = Chain::new(Authentication::Operator);
    chain.accept(Record::Open { slot: 1, carrier: 0, start: START, after: 1 });
    chain.refuse(Record::Lapse { slot: 1 }, Rejection::TooEarly);
    chain.accept(Record::Tick { time: START + 3_600 });
    chain.refuse(Record::Lapse { slot: 0 }, Rejection::NotFrozen); // not the first
    chain.accept(Record::Lapse { slot: 1 });
    assert_eq!(chain.state.peek::<Delivery>(Place::delivery(1)), Delivery::default());
    assert_eq!(chain.state.peek::<leaf::Market>(Place::market(0)).first, 1);
    chain.accept(Record::Lapse { slot: 0 });
    assert_eq!(chain.state.peek::<leaf::Market>(Place::market(0)).first, 0);
}

#[test]
fn intervals_are_opened_once_and_in_order() {
    let mut chain = Chain::new(Authentication::Operator);
    let open = |slot, start, after| Record::Open { slot, carrier: 0, start, after };
    let later = START + 900;
    chain.refuse(open(0, later + 900, 0), Rejection::TooMany); // the slot is used
    chain.refuse(open(1, later, 1), Rejection::OutOfOrder); // the interval has a slot
    chain.refuse(open(1, later, 0), Rejection::OutOfOrder);
    chain.refuse(open(1, later + 900, 1), Rejection::OutOfOrder); // it is not the first
    chain.refuse(open(1, later + 900, 9), Rejection::OutOfOrder); // no neighbour
    chain.refuse(open(1, later + 1, 0), Rejection::BadInterval);
    chain.refuse(open(1, 0, 1), Rejection::BadInterval);
    chain.refuse(Record::Open { slot: 1, carrier: 1, start: later, after: 1 }, Rejection::NotTraded);
    chain.refuse(Record::Open { slot: 1, carrier: 200, start: later, after: 1 }, Rejection::NotTraded);
    chain.accept(open(1, later + 1_800, 0));
    chain.accept(open(2, later + 900, 0));
    chain.accept(open(3, later - 900, 3));
    chain.refuse(open(4, later, 3), Rejection::OutOfOrder);
    let mut next = chain.state.peek::<leaf::Market>(Place::market(0)).first;
    let mut starts = Vec::new();
    while let Some(slot) = next.checked_sub(1) {
        let delivery: Delivery = chain.state.peek(Place::delivery(slot as u8));
        starts.push(delivery.start);
        next = delivery.next;
    }
    assert_eq!(starts, [later - 900, later, later + 900, later + 1_800]);
}

#[test]
fn a_tick_is_neither_backwards_nor_beyond_the_posting() {
    let mut chain = Chain::new(Authentication::Operator);
    chain.refuse(Record::Tick { time: START - 1 }, Rejection::TimeRunsBackwards);
    chain.refuse(Record::Tick { time: (1 << 39) + 1 }, Rejection::TooEarly);
    chain.accept(Record::Tick { time: 1 << 39 });
}

#[test]
fn the_parties_outside_take_their_money_and_the_funds_do_not() {
    let mut chain = Chain::new(Authentication::Operator);
    let deposit = |account| Item::Deposit { time: 1, account, amount: 50, sender: Address::default() };
    assert_eq!(chain.consume(&[1, 2, 3, 4, 5].map(deposit)), [None; 5]);
    let withdraw = |account| Record::Withdraw { account, amount: 50, nonce: None, signature: None };
    chain.accept(withdraw(1));
    let paid: Withdrawal = chain.state.peek(Place::withdrawal(0));
    assert_eq!(paid, Withdrawal { address: Address([1; 20]), amount: 50 });
    for fund in [0, 4, 5, 99] {
        chain.refuse(withdraw(fund), Rejection::UnknownAccount);
    }
}

#[test]
fn one_metering_point_for_each_account_and_carrier() {
    let mut chain = Chain::new(Authentication::Operator);
    let meter = |account, carrier, share| Record::Meter {
        account,
        carrier,
        key: Address::default(),
        import_capacity: 1,
        export_capacity: 1,
        tariff: 0,
        share,
    };
    chain.refuse(meter(6, 0, 0), Rejection::TooMany);
    chain.refuse(meter(6, 1, 0), Rejection::NotTraded);
    chain.refuse(meter(5, 0, 0), Rejection::UnknownAccount);
    chain.refuse(meter(8, 0, 0), Rejection::UnknownAccount);
    chain.accept(Record::Account { address: Address([4; 20]) });
    chain.refuse(meter(8, 0, 1_000_001), Rejection::BadAmount);
    chain.accept(meter(8, 0, 1_000_000));
}

#[test]
fn nonces_end_where_numbers_do() {
    let mut chain = Chain::new(Authentication::Operator);
    let transfer = |nonce| Record::Transfer { from: 6, to: 7, amount: 1, nonce, signature: None };
    chain.accept(transfer(Some(u64::MAX)));
    chain.refuse(transfer(None), Rejection::StaleNonce);
    chain.refuse(transfer(Some(u64::MAX)), Rejection::StaleNonce);
    let mut random = Random(1);
    chain.refuse(transfer(Some(random.next())), Rejection::StaleNonce);
}
