//! A community whose members trade at one price, so that their contracts are whatever a test wants.

use market::signing::Recover;
use market::*;

pub(crate) const QUARTER: u32 = 900;
/// Where the first interval starts: 2023-11-14T22:15:00Z, interval number 1 888 889.
pub(crate) const START: u64 = 1_700_000_100;
pub(crate) const CARRIER: Carrier = Carrier::Electricity;

struct Nobody;

impl Recover for Nobody {
    fn recover(&self, _: &[u8; 32], _: &Signature) -> Option<Address> {
        None
    }
}

pub(crate) fn interval(step: u64) -> DeliveryInterval {
    DeliveryInterval::new(START, QUARTER).unwrap().later(step)
}

pub(crate) fn member(number: usize) -> AccountId {
    AccountId(AccountId::FIRST_MEMBER.0 + number as u32)
}

pub(crate) fn prices(import: i64, export: i64) -> Prices {
    Prices { import: Price(import), export: Price(export) }
}

pub(crate) fn flat(import: i64, export: i64, [grid_fee, peer_grid_fee, levy, peer_levy]: [i64; 4]) -> Tariff {
    Tariff {
        kind: TariffKind::Flat(prices(import, export)),
        grid_fee: Price(grid_fee),
        peer_grid_fee: Price(peer_grid_fee),
        levy: Price(levy),
        peer_levy: Price(peer_levy),
    }
}

pub(crate) fn dual() -> Agreement {
    Agreement {
        from: START,
        imbalance: ImbalancePolicy::Dual,
        penalty: Price::ZERO,
        tolerance: 0,
        grace: 0,
        correction_window: 0,
    }
}

/// What one member's metering point has contracted and metered, Wh.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Flow {
    pub(crate) bought: i64,
    pub(crate) sold: i64,
    pub(crate) import: i64,
    pub(crate) export: i64,
}

pub(crate) struct Village {
    pub(crate) state: State,
    pub(crate) events: Vec<Event>,
    nonce: u64,
    members: usize,
}

impl Village {
    /// Founded on these tariffs, with so many members of the first one, each with `money`; the guarantor has `fund`.
    pub(crate) fn new(tariffs: Vec<Tariff>, members: usize, money: i128, fund: i128) -> Self {
        let rule = Rule::UniformPrice { convention: PriceConvention::Equilibrium, k: Fraction::HALF };
        let market = Market { carrier: CARRIER, rule, floor: -MAX_PRICE, cap: MAX_PRICE };
        let terms = Community {
            chain_id: 1,
            community_id: 7,
            currency: *b"EUR",
            operator: Address([9; 20]),
            authentication: Authentication::Operator,
            interval_duration: QUARTER,
            gate_closure: 0,
            horizon: 10,
            utc_offset: 0,
            markets: vec![market],
            tariffs,
        };
        let mut village = Self { state: State::new(), events: Vec::new(), nonce: 0, members };
        village.accept(Command::Found(Box::new(terms)));
        village.accept(Command::Tick { time: START - 900 });
        for number in 0..members {
            let key = Address([number as u8 + 1; 20]);
            village.accept(Command::RegisterAccount { address: key });
            let terms = MeterTerms {
                account: member(number),
                carrier: CARRIER,
                key,
                import_capacity: MAX_ENERGY,
                export_capacity: MAX_ENERGY,
                tariff: TariffId(0),
                share: 0,
            };
            let nonce = village.nonce();
            village.accept(Command::RegisterMeter { terms, nonce });
            village.deposit(member(number), money);
        }
        village.deposit(AccountId::GUARANTOR, fund);
        village
    }

    pub(crate) fn nonce(&mut self) -> u64 {
        self.nonce += 1;
        self.nonce
    }

    pub(crate) fn apply(&mut self, command: Command) -> Result<(), Rejection> {
        self.state.apply(&Envelope { command, signature: None }, &Nobody, &mut self.events)
    }

    pub(crate) fn accept(&mut self, command: Command) {
        let said = format!("{command:?}");
        assert_eq!(self.apply(command), Ok(()), "{said}");
    }

    /// A command that is refused by this number, and changes nothing.
    pub(crate) fn refuse(&mut self, command: Command, number: Rejection) {
        let (before, told) = (self.state.root(), self.events.len());
        let said = format!("{command:?}");
        assert_eq!(self.apply(command), Err(number), "{said}");
        assert_eq!((self.state.root(), self.events.len()), (before, told), "{said}");
    }

    fn deposit(&mut self, account: AccountId, amount: i128) {
        if amount > 0 {
            let nonce = self.nonce();
            self.accept(Command::Deposit { account, amount: Money(amount), nonce });
        }
    }

    pub(crate) fn agree(&mut self, terms: Agreement) {
        let nonce = self.nonce();
        self.accept(Command::Agree { terms, nonce });
    }

    pub(crate) fn reprice(&mut self, tariff: u16, version: TariffVersion) {
        let nonce = self.nonce();
        self.accept(Command::Reprice { tariff: TariffId(tariff), version, nonce });
    }

    pub(crate) fn locate(&mut self, number: usize, location: Location) {
        let nonce = self.nonce();
        self.accept(Command::Locate { meter: MeterId(number as u32), location, nonce });
    }

    pub(crate) fn balance(&self, account: AccountId) -> Money {
        self.state.accounts()[account.0 as usize].balance
    }

    /// Members trade as the flows say, at this price: as much is bought as is sold.
    pub(crate) fn trade(&mut self, step: u64, price: i64, flows: &[Flow]) {
        let (carrier, interval) = (CARRIER, interval(step));
        for (number, flow) in flows.iter().enumerate() {
            for (side, energy) in [(Side::Buy, flow.bought), (Side::Sell, flow.sold)] {
                if energy == 0 {
                    continue;
                }
                let (account, nonce) = (member(number), self.nonce());
                let (meter, limit) = (MeterId(number as u32), Price(price));
                let time_in_force = TimeInForce::NextClearing;
                let energy = Energy(energy);
                self.accept(Command::Place(Order {
                    account,
                    meter,
                    interval,
                    side,
                    energy,
                    limit,
                    time_in_force,
                    nonce,
                }));
            }
        }
        if flows.iter().any(|flow| flow.bought > 0) {
            self.accept(Command::Close { carrier, interval });
            let claim = Claim::UniformPrice { equilibrium: Price(price), price: Price(price) };
            self.accept(Command::Clear { carrier, interval, claim });
        }
    }

    /// Time passes to the interval's end, and everybody is metered.
    pub(crate) fn meter(&mut self, step: u64, flows: &[Flow]) {
        assert_eq!(flows.len(), self.members);
        let interval = interval(step);
        self.accept(Command::Tick { time: interval.end() });
        for (meter, flow) in (0..).map(MeterId).zip(flows) {
            let (import, export) = (Energy(flow.import), Energy(flow.export));
            let sequence = self.state.meters()[meter.0 as usize].sequence + 1;
            self.accept(Command::Read(Reading { meter, interval, import, export, sequence }));
        }
    }

    /// The whole interval; gives the entries of its settlement.
    pub(crate) fn live(&mut self, step: u64, price: i64, flows: &[Flow]) -> Vec<Posting> {
        self.trade(step, price, flows);
        self.meter(step, flows);
        let before = self.events.len();
        self.accept(Command::Settle { carrier: CARRIER, interval: interval(step) });
        let posted = self.events[before..].iter().filter_map(|event| match event {
            Event::Posted(posting) => Some(*posting),
            _ => None,
        });
        posted.collect()
    }
}
