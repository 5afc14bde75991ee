//! A community of a few metering points, driven by commands.

use market::signing::Recover;
use market::*;

pub(crate) const ELECTRICITY: Carrier = Carrier::Electricity;
const QUARTER: u32 = 900;
/// 2023-11-14T22:15:00Z, on the quarter-hour grid.
pub(crate) const START: u64 = 1_700_000_100;
pub(crate) const DAY: u64 = 86_400;
/// Most that a metering point takes or gives in a quarter hour.
pub(crate) const CAPACITY: Energy = Energy(1_000);

/// Nobody signs: the operator answers for everybody.
pub(crate) struct Nobody;

impl Recover for Nobody {
    fn recover(&self, _: &[u8; 32], _: &Signature) -> Option<Address> {
        None
    }
}

pub(crate) fn interval(step: u64) -> DeliveryInterval {
    DeliveryInterval::new(START, QUARTER).unwrap().later(step)
}

pub(crate) fn tariff(import: i64, export: i64) -> Tariff {
    Tariff {
        kind: TariffKind::Flat(Prices { import: Price(import), export: Price(export) }),
        grid_fee: Price(10),
        peer_grid_fee: Price(4),
        levy: Price(5),
        peer_levy: Price(1),
    }
}

/// How readings are waited for: an hour, and corrections two days.
pub(crate) fn agreement() -> Agreement {
    Agreement {
        from: START,
        imbalance: ImbalancePolicy::Dual,
        penalty: Price(0),
        tolerance: 0,
        grace: 3_600,
        correction_window: 2 * DAY as u32,
    }
}

#[derive(Clone)]
pub(crate) struct Ledger {
    pub(crate) state: State,
    pub(crate) events: Vec<Event>,
    nonce: u64,
    sequences: Vec<u64>,
}

impl Ledger {
    /// So many members with an electricity meter each, and money enough.
    pub(crate) fn new(rule: Rule, meters: u32) -> Self {
        Self::under(rule, vec![tariff(30, 8)], meters)
    }

    pub(crate) fn under(rule: Rule, tariffs: Vec<Tariff>, meters: u32) -> Self {
        Self::funded(10_000_000_000, rule, tariffs, meters)
    }

    /// The same where the guarantor has so much, n€.
    pub(crate) fn funded(fund: i128, rule: Rule, tariffs: Vec<Tariff>, meters: u32) -> Self {
        let mut ledger = Self { state: State::new(), events: Vec::new(), nonce: 0, sequences: Vec::new() };
        let market = |carrier| Market { carrier, rule, floor: Price(-20), cap: Price(60) };
        ledger.accept(Command::Found(Box::new(Community {
            chain_id: 1,
            community_id: 7,
            currency: *b"EUR",
            operator: Address([9; 20]),
            authentication: Authentication::Operator,
            interval_duration: QUARTER,
            gate_closure: 0,
            horizon: 4,
            utc_offset: 0,
            markets: [ELECTRICITY, Carrier::Heat].map(market).to_vec(),
            tariffs,
        })));
        ledger.accept(Command::Tick { time: START - 900 });
        (0..meters).for_each(|_| ledger.join());
        let nonce = ledger.nonce();
        ledger.accept(Command::Deposit { account: AccountId::GUARANTOR, amount: Money(fund), nonce });
        ledger
    }

    /// Another member with a meter.
    pub(crate) fn join(&mut self) {
        self.join_with(ELECTRICITY, CAPACITY);
    }

    /// Another member with a meter that counts so much both ways at most.
    pub(crate) fn join_with(&mut self, carrier: Carrier, capacity: Energy) {
        let number = self.sequences.len() as u32;
        let key = Address([number as u8 + 10; 20]);
        self.accept(Command::RegisterAccount { address: key });
        let account = account(MeterId(number));
        let nonce = self.nonce();
        let tariffs = self.state.community().unwrap().tariffs.len() as u32;
        let (import_capacity, export_capacity) = (capacity, capacity);
        let (tariff, share) = (TariffId((number % tariffs) as u16), 100_000);
        let terms = MeterTerms { account, carrier, key, import_capacity, export_capacity, tariff, share };
        self.accept(Command::RegisterMeter { terms, nonce });
        let nonce = self.nonce();
        self.accept(Command::Deposit { account, amount: Money(10_000_000), nonce });
        self.sequences.push(0);
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

    /// A refusal has this number and changes nothing.
    pub(crate) fn refuse(&mut self, command: Command, number: Rejection) {
        let said = format!("{command:?}");
        let (root, events) = (self.state.root(), self.events.len());
        assert_eq!(self.apply(command), Err(number), "{said}");
        assert_eq!((self.state.root(), self.events.len()), (root, events), "{said}");
    }

    pub(crate) fn agree(&mut self, terms: Agreement) {
        let nonce = self.nonce();
        self.accept(Command::Agree { terms, nonce });
    }

    pub(crate) fn equip(&mut self, meter: u32, register: Register, arrangement: Arrangement) -> Command {
        let equipment = Equipment { register, arrangement };
        Command::Equip { meter: MeterId(meter), equipment, nonce: self.nonce() }
    }

    pub(crate) fn arrange(&mut self, meter: u32, arrangement: Arrangement) {
        let command = self.equip(meter, Register::Interval, arrangement);
        self.accept(command);
    }

    pub(crate) fn tick(&mut self, time: u64) {
        self.accept(Command::Tick { time });
    }

    /// The meter's next reading.
    pub(crate) fn reading(&mut self, meter: u32, step: u64, (import, export): (i64, i64)) -> Reading {
        self.sequences[meter as usize] += 1;
        Reading {
            meter: MeterId(meter),
            interval: interval(step),
            import: Energy(import),
            export: Energy(export),
            sequence: self.sequences[meter as usize],
        }
    }

    pub(crate) fn read(&mut self, meter: u32, step: u64, counted: (i64, i64)) {
        let reading = self.reading(meter, step, counted);
        self.accept(Command::Read(reading));
    }

    pub(crate) fn correct(&mut self, meter: u32, step: u64, counted: (i64, i64)) {
        let reading = self.reading(meter, step, counted);
        self.accept(Command::Correct(reading));
    }

    /// What a register shows at the end of a step.
    pub(crate) fn shows(&mut self, meter: u32, step: u64, (import, export): (u64, u64)) -> Command {
        self.sequences[meter as usize] += 1;
        let sequence = self.sequences[meter as usize];
        Command::ReadRegister(RegisterReading {
            meter: MeterId(meter),
            time: interval(step).end(),
            import,
            export,
            sequence,
        })
    }

    pub(crate) fn settle(&mut self, step: u64) {
        self.accept(Command::Settle { carrier: ELECTRICITY, interval: interval(step) });
    }

    pub(crate) fn resettle(&mut self, step: u64) {
        self.accept(Command::Resettle { carrier: ELECTRICITY, interval: interval(step) });
    }

    /// The events since they were last taken.
    pub(crate) fn take(&mut self) -> Vec<Event> {
        std::mem::take(&mut self.events)
    }

    /// Balance less what is owed to the guarantor; the guarantor's with what is owed to it.
    pub(crate) fn worth(&self) -> Vec<i128> {
        let accounts = self.state.accounts();
        let owed: Money = accounts.iter().map(|account| account.debt).sum();
        let mut worth: Vec<_> = accounts.iter().map(|account| (account.balance - account.debt).0).collect();
        worth[AccountId::GUARANTOR.0 as usize] += owed.0;
        worth
    }

    /// S3, S6: money is only moved, nobody is overdrawn, and every hold is covered.
    pub(crate) fn check_laws(&self) {
        let accounts = self.state.accounts();
        assert_eq!(accounts.iter().map(|account| account.balance).sum::<Money>(), Money::ZERO, "S3");
        for account in &accounts[AccountId::GUARANTOR.0 as usize..] {
            assert!(account.balance >= account.holds && account.holds.0 >= 0 && account.debt.0 >= 0, "S6");
        }
    }
}

/// Whose a meter is.
pub(crate) fn account(meter: MeterId) -> AccountId {
    AccountId(AccountId::FIRST_MEMBER.0 + meter.0)
}

/// The estimates among events: meter, step, energy taken and given.
pub(crate) fn substituted(events: &[Event]) -> Vec<(u32, u64, i64, i64)> {
    let told = |event: &Event| match *event {
        Event::Substituted(Reading { meter, interval: at, import, export, sequence }) => {
            assert_eq!(sequence, 0);
            Some((meter.0, (at.start - START) / u64::from(QUARTER), import.0, export.0))
        }
        _ => None,
    };
    events.iter().filter_map(told).collect()
}

/// What every metering point takes on balance by the entries: from peers and the supplier, less what it gives, Wh.
pub(crate) fn billed(events: &[Event], meters: u32) -> Vec<i64> {
    let mut net = vec![0; meters as usize];
    for event in events {
        let Event::Posted(Posting { kind, meter: Some(meter), energy, side: Some(side), .. }) = event else {
            continue;
        };
        if matches!(kind, PostingKind::Trade | PostingKind::Supply | PostingKind::Imbalance) {
            net[meter.0 as usize] += if *side == Side::Buy { energy.0 } else { -energy.0 };
        }
    }
    net
}
