//! A small market as the state keeps it: members with money and a metering point each, one carrier.

use market::signing::Recover;
use market::{
    AccountId, Address, Attributes, Authentication, Carrier, Command, Community, DeliveryInterval, Energy,
    Envelope, Event, MAX_ENERGY, MAX_PRICE, Market, MeterId, MeterTerms, Money, Order, OrderId, Price,
    Prices, Rejection, Rule, Side, Signature, State, Tariff, TariffId, TariffKind, TimeInForce,
};

const DURATION: u32 = 900;
const START: u64 = 1_717_372_800;

/// The operator answers for everybody.
struct Nobody;

impl Recover for Nobody {
    fn recover(&self, _: &[u8; 32], _: &Signature) -> Option<Address> {
        None
    }
}

/// The market and everything it said since its members joined.
pub(crate) struct Floor {
    pub(crate) state: State,
    pub(crate) events: Vec<Event>,
    nonces: Vec<u64>,
}

impl Floor {
    /// A quarter of an hour before the first of eight open intervals.
    pub(crate) fn new(rule: Rule, members: u32) -> Self {
        let (floor, cap) = (Price(-MAX_PRICE.0), MAX_PRICE);
        let prices = Prices { import: Price(300_000), export: Price(80_000) };
        let tariff = Tariff {
            kind: TariffKind::Flat(prices),
            grid_fee: Price::ZERO,
            peer_grid_fee: Price::ZERO,
            levy: Price::ZERO,
            peer_levy: Price::ZERO,
        };
        let mut it = Self { state: State::new(), events: Vec::new(), nonces: vec![0; members as usize] };
        it.accept(Command::Found(Box::new(Community {
            chain_id: 1,
            community_id: 1,
            currency: *b"EUR",
            operator: Address([9; 20]),
            authentication: Authentication::Operator,
            interval_duration: DURATION,
            gate_closure: 0,
            horizon: 8,
            utc_offset: 0,
            markets: vec![Market { carrier: it.carrier(), rule, floor, cap }],
            tariffs: vec![tariff],
        })));
        it.accept(Command::Tick { time: START - u64::from(DURATION) });
        for member in 0..members {
            let (account, key) = (AccountId(6 + member), Address([member as u8 + 1; 20]));
            it.accept(Command::RegisterAccount { address: key });
            let nonce = 2 * u64::from(member);
            it.accept(Command::Deposit {
                account,
                amount: Money(1_000_000_000_000_000_000_000),
                nonce: nonce + 1,
            });
            let terms = MeterTerms {
                account,
                carrier: it.carrier(),
                key,
                import_capacity: MAX_ENERGY,
                export_capacity: MAX_ENERGY,
                tariff: TariffId(0),
                share: 0,
            };
            it.accept(Command::RegisterMeter { terms, nonce: nonce + 2 });
        }
        it.events.clear();
        it
    }

    pub(crate) fn carrier(&self) -> Carrier {
        Carrier::Electricity
    }

    pub(crate) fn interval(&self, step: u64) -> DeliveryInterval {
        DeliveryInterval { start: START, duration: DURATION }.later(step)
    }

    pub(crate) fn apply(&mut self, command: Command) -> Result<(), Rejection> {
        self.state.apply(&Envelope { command, signature: None }, &Nobody, &mut self.events)
    }

    pub(crate) fn accept(&mut self, command: Command) {
        let said = format!("{command:?}");
        assert_eq!(self.apply(command), Ok(()), "{said}");
    }

    fn nonce(&mut self, member: u32) -> u64 {
        let nonce = &mut self.nonces[member as usize];
        *nonce += 1;
        *nonce
    }

    /// An order of a member for the first interval.
    pub(crate) fn order(
        &mut self,
        member: u32,
        side: Side,
        energy: i64,
        limit: i64,
        time_in_force: TimeInForce,
    ) -> Command {
        Command::Place(Order {
            account: AccountId(6 + member),
            meter: MeterId(member),
            interval: self.interval(0),
            side,
            energy: Energy(energy),
            limit: Price(limit),
            time_in_force,
            nonce: self.nonce(member),
        })
    }

    /// The same with wishes, for any interval.
    pub(crate) fn wish(&mut self, order: Command, step: u64, attributes: Attributes) -> Command {
        let Command::Place(order) = order else { return order };
        let order = Order { interval: self.interval(step), ..order };
        Command::PlaceWith { order, attributes, steps: Vec::new() }
    }

    pub(crate) fn cancel(&mut self, member: u32, side: Side, arrival: u32) -> Command {
        self.cancel_in(0, member, side, arrival)
    }

    pub(crate) fn cancel_in(&mut self, step: u64, member: u32, side: Side, arrival: u32) -> Command {
        let order = OrderId { carrier: self.carrier(), interval: self.interval(step), side, arrival };
        Command::Cancel { account: AccountId(6 + member), order, nonce: self.nonce(member) }
    }

    /// Time comes to the first interval's gate, and these books are frozen.
    pub(crate) fn close(&mut self, first: u64, count: u64) {
        self.accept(Command::Tick { time: self.interval(first).start });
        for step in first..first + count {
            self.accept(Command::Close { carrier: self.carrier(), interval: self.interval(step) });
        }
    }

    /// Every book is in order of arrival and holds what its points have open; nobody has promised more than it has.
    pub(crate) fn check_books(&self) {
        for step in 0..8 {
            let Some(delivery) = self.state.delivery(self.carrier(), self.interval(step)) else { continue };
            for side in Side::ALL {
                let orders = delivery.book().orders(side);
                assert!(orders.is_sorted_by_key(|order| order.arrival));
                assert!(orders.iter().all(|order| order.energy > Energy::ZERO));
                for member in 0..self.nonces.len() as u32 {
                    let mine = orders.iter().filter(|order| order.meter == MeterId(member));
                    let open: Energy = mine.map(|order| order.energy).sum();
                    let position = delivery.position(member).unwrap();
                    assert_eq!(open, if side == Side::Buy { position.open_buy } else { position.open_sell });
                }
            }
        }
        for account in &self.state.accounts()[6..] {
            assert!(Money::ZERO <= account.holds && account.holds <= account.balance);
        }
    }
}
