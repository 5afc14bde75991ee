//! Random days: what members, meters and an honest operator do, as batches of records.
//!
//! Members are clumsy: some records are spoilt in one way or another, and refused. Everything is drawn from a seed.

use crate::cast::{DURATION, FIRST, Rng, Spoilt, always_signed, key, member, meter_key, signed};
use crate::world::{BEGIN, Design, World, carry_out};
use market::{Rejection, Side};
use rollup::batch::Segment;
use rollup::step::leaf::{Account, Delivery, Order, stage};
use rollup::step::record::{MOST_BYTES, MOST_WEIGHT};
use rollup::step::{Place, Record, State, Store};

/// A record as it was carried out, and the state before.
#[derive(Clone)]
pub(crate) struct Step {
    pub(crate) bytes: Vec<u8>,
    pub(crate) refused: Option<Rejection>,
    pub(crate) before: State,
}

/// A batch before it is posted.
pub(crate) struct Batch {
    /// When it is posted, Unix s.
    pub(crate) time: u64,
    /// Items of the queue there are.
    pub(crate) available: u64,
    pub(crate) segments: Vec<Vec<Step>>,
    /// After it.
    pub(crate) after: State,
}

impl Batch {
    /// As an honest operator posts it.
    pub(crate) fn posted(&self) -> Vec<Segment> {
        let next = |i: usize| self.segments[i + 1..].iter().flatten().next().map(|step| step.before.clone());
        let root = |i: usize| next(i).unwrap_or_else(|| self.after.clone()).root();
        let records = |steps: &[Step]| steps.iter().flat_map(|step| step.bytes.clone()).collect();
        let segments = self.segments.iter().enumerate();
        segments.map(|(i, steps)| Segment { records: records(steps), root: root(i) }).collect()
    }

    pub(crate) fn steps(&self) -> impl Iterator<Item = (usize, usize, &Step)> {
        let segments = self.segments.iter().enumerate();
        segments.flat_map(|(s, steps)| steps.iter().enumerate().map(move |(r, step)| (s, r, step)))
    }
}

/// What is going on in a community.
pub(crate) struct Day {
    pub(crate) rng: Rng,
    pub(crate) state: State,
    members: u32,
    stage: u32,
    time: u64,
    batch: Vec<Vec<Step>>,
    weight: u32,
    bytes: usize,
    available: u64,
}

/// Slots: two intervals of electricity, one of heat.
const FIRST_SLOT: u8 = 3;
const SECOND_SLOT: u8 = 9;
const HEAT_SLOT: u8 = 200;

impl Day {
    pub(crate) fn new(seed: u64, genesis: &State) -> Self {
        let mut rng = Rng(seed);
        let members = 3 + rng.below(2) as u32;
        let state = genesis.clone();
        let (batch, weight, bytes) = (vec![Vec::new()], 0, 0);
        Self { rng, state, members, stage: 0, time: BEGIN + 200, batch, weight, bytes, available: 0 }
    }

    /// A design and a day, from one seed.
    pub(crate) fn founded(seed: u64) -> (World, Self) {
        let world = World::found(Design::random(&mut Rng(seed)));
        let day = Self::new(seed, &world.genesis);
        (world, day)
    }

    fn start(&self) -> u64 {
        let duration = u64::from(DURATION);
        (BEGIN + 3_000).div_ceil(duration) * duration
    }

    /// The next batch; what it consumes of the queue is put there first.
    pub(crate) fn next(&mut self, world: &mut World) -> Option<Batch> {
        let duration = u64::from(DURATION);
        self.time = match self.stage {
            0 | 1 => BEGIN + 400 + 400 * u64::from(self.stage),
            2 => BEGIN + 1_300,
            3 => self.start() - 200,
            4 | 5 => self.start() + duration + 60 * u64::from(self.stage - 4) + 10,
            6 => self.start() + duration + 400,
            _ => return None,
        };
        self.queue_up(world);
        self.available = world.queue.len();
        let tick = Record::Tick { time: self.time - self.rng.below(30) };
        self.tell(world, &tick);
        match self.stage {
            0 => self.gather(world),
            1 | 2 => self.trade(world),
            3 => self.clear(world),
            4 => self.read(world),
            5 => self.settle(world),
            _ => self.pay_out(world),
        }
        self.stage += 1;
        (self.weight, self.bytes) = (0, 0);
        let segments = std::mem::replace(&mut self.batch, vec![Vec::new()]);
        let segments = segments.into_iter().filter(|steps| !steps.is_empty()).collect();
        Some(Batch { time: self.time, available: self.available, segments, after: self.state.clone() })
    }

    /// Carries a record out and writes it down.
    fn tell(&mut self, world: &World, record: &Record<'_>) -> Option<Rejection> {
        let bytes = record.to_bytes();
        let full = self.weight + record.weight() > MOST_WEIGHT || self.bytes + bytes.len() > MOST_BYTES;
        if full || self.rng.one_in(9) {
            self.batch.push(Vec::new());
            (self.weight, self.bytes) = (0, 0);
        }
        self.weight += record.weight();
        self.bytes += bytes.len();
        let before = self.state.clone();
        let refused = carry_out(&mut self.state, self.time, self.available, &world.queue, &bytes);
        self.batch.last_mut().unwrap().push(Step { bytes, refused, before });
        refused
    }

    /// The same with its owner's signature, or a spoilt one.
    fn sign(&mut self, world: &World, record: Record<'_>) -> Option<Rejection> {
        let spoilt = match self.rng.below(12) {
            0 => Spoilt::Forged,
            1 => Spoilt::Foreign,
            2 => Spoilt::HighS,
            _ => Spoilt::No,
        };
        let record = signed(&self.state, record, spoilt);
        self.tell(world, &record)
    }

    fn queue_up(&mut self, world: &mut World) {
        let members = FIRST..FIRST + self.members;
        match self.stage {
            0 => {
                for account in members {
                    // Some are so poor that the guarantor has to lend.
                    let most = if self.rng.one_in(4) { 60_000_000 } else { 4_000_000_000 };
                    let amount = self.rng.within(most / 4, most) as u128;
                    world.deposit(account, amount);
                }
                world.deposit(5, 2_000_000_000);
                world.deposit(1, 3_000_000_000);
                if self.rng.one_in(2) {
                    world.deposit(77, 1_234);
                }
            }
            1 | 6 => {
                let amount = self.rng.within(1, 1_000_000) as u128;
                world.deposit(FIRST + self.rng.below(u64::from(self.members)) as u32, amount);
                let account = FIRST + self.rng.below(u64::from(self.members)) as u32;
                let amount = 1 + u128::from(self.rng.below(5_000));
                let withdraw = Record::Withdraw { account, amount, nonce: None, signature: None };
                let spoilt = if self.rng.one_in(3) { Spoilt::Forged } else { Spoilt::No };
                world.force(&always_signed(&self.state, withdraw, spoilt).to_bytes());
            }
            _ => {}
        }
    }

    fn consume(&mut self, world: &World) {
        let mut left = self.available - self.state.head().queue;
        while left > 0 {
            let count = (1 + self.rng.below(3)).min(left) as u8;
            self.tell(world, &Record::Queue { count });
            left = self.available - self.state.head().queue;
        }
        if self.rng.one_in(3) {
            self.tell(world, &Record::Queue { count: 2 }); // more than there are
        }
    }

    fn gather(&mut self, world: &World) {
        for number in 0..self.members {
            self.tell(world, &Record::Account { address: member(FIRST + number).address() });
        }
        let mut meters = 0;
        for number in 0..self.members {
            let share = 1_000_000 / self.members;
            for carrier in 0..2_u8 {
                let (import_capacity, export_capacity) = (5_000, 5_000);
                let tariff = u16::from(carrier == 0 && number == 0);
                let key = meter_key(meters).address();
                let account = FIRST + number;
                let meter =
                    Record::Meter { account, carrier, key, import_capacity, export_capacity, tariff, share };
                if self.tell(world, &meter).is_none() {
                    meters += 1;
                }
            }
        }
        self.consume(world);
        if self.rng.one_in(2) {
            let account = 99;
            let key = key("nobody").address();
            let meter = Record::Meter {
                account,
                carrier: 0,
                key,
                import_capacity: 1,
                export_capacity: 1,
                tariff: 0,
                share: 0,
            };
            self.tell(world, &meter);
        }
    }

    fn open(&mut self, world: &World, slot: u8, carrier: u8, start: u64, after: u8) {
        self.tell(world, &Record::Open { slot, carrier, start, after });
        self.tell(world, &Record::Publish { slot, tariff: 1, import: 250_000, export: 70_000 });
    }

    fn trade(&mut self, world: &World) {
        if self.stage == 1 {
            let (first, second) = (self.start(), self.start() + u64::from(DURATION));
            self.open(world, FIRST_SLOT, 0, first, FIRST_SLOT);
            self.open(world, SECOND_SLOT, 0, second, FIRST_SLOT);
            self.tell(world, &Record::Open { slot: HEAT_SLOT, carrier: 1, start: first, after: HEAT_SLOT });
            self.consume(world);
        }
        for _ in 0..5 + self.rng.below(4) {
            self.order(world);
            match self.rng.below(8) {
                0 => self.cancel(world),
                1 => self.transfer(world),
                2 => self.withdraw(world),
                _ => {}
            }
        }
    }

    fn order(&mut self, world: &World) {
        let rank = self.rng.below(u64::from(self.members)) as u32;
        // Half of them sell, cheaper than the others buy.
        let side = if rank % 2 == 0 { Side::Buy } else { Side::Sell };
        let limit = if side == Side::Buy { self.rng.within(90, 220) } else { self.rng.within(60, 150) }
            as i32
            * 1_000;
        let record = Record::Order {
            slot: if self.rng.one_in(5) { SECOND_SLOT } else { FIRST_SLOT },
            rank: if self.rng.one_in(15) { 50 } else { rank },
            energy: self.rng.within(1, 900) as u32 + if self.rng.one_in(12) { 9_000 } else { 0 },
            limit: if self.rng.one_in(15) { 1_000_000 } else { limit },
            side,
            until_gate: self.rng.one_in(2),
            nonce: match self.rng.below(6) {
                0 => Some(0), // stale
                1 => {
                    let account: Account = self.state.peek(Place::account(FIRST + rank));
                    Some(account.nonce + 1 + self.rng.below(5))
                }
                _ => None,
            },
            signature: None,
        };
        self.sign(world, record);
    }

    /// Orders in the book of a slot.
    pub(crate) fn book(state: &State, slot: u8) -> Vec<(Side, u32, Order)> {
        let delivery: Delivery = state.peek(Place::delivery(slot));
        let mut book = Vec::new();
        for (side, arrivals) in [(Side::Buy, delivery.bids), (Side::Sell, delivery.offers)] {
            for arrival in 0..arrivals {
                let order: Order = state.peek(Place::order(slot, side, arrival));
                if order.account != 0 {
                    book.push((side, arrival, order));
                }
            }
        }
        book
    }

    fn cancel(&mut self, world: &World) {
        let book = Self::book(&self.state, FIRST_SLOT);
        let Some(&(side, arrival, _)) = self.rng.pick(&book) else { return };
        self.sign(world, Record::Cancel { slot: FIRST_SLOT, arrival, side, nonce: None, signature: None });
    }

    fn member(&mut self) -> u32 {
        FIRST + self.rng.below(u64::from(self.members)) as u32
    }

    fn transfer(&mut self, world: &World) {
        let (from, to) = (self.member(), self.member());
        let amount = if self.rng.one_in(4) { 1 << 60 } else { 1 + u128::from(self.rng.below(100_000)) };
        self.sign(world, Record::Transfer { from, to, amount, nonce: None, signature: None });
    }

    fn withdraw(&mut self, world: &World) {
        let account = self.member();
        let amount = if self.rng.one_in(4) { 1 << 60 } else { 1 + u128::from(self.rng.below(100_000)) };
        self.sign(world, Record::Withdraw { account, amount, nonce: None, signature: None });
    }

    /// Carries work on until it is done.
    fn work(&mut self, world: &World) {
        while self.state.head().work != 0 {
            let items = 1 + self.rng.below(6) as u16;
            self.tell(world, &Record::Advance { items });
            if self.rng.one_in(10) {
                self.transfer(world); // refused
            }
        }
    }

    fn clear(&mut self, world: &World) {
        self.order(world); // too late
        self.tell(world, &Record::Close { slot: FIRST_SLOT });
        if self.rng.one_in(3) {
            self.tell(world, &Record::Clear { slot: FIRST_SLOT, equilibrium: 1, price: 1 }); // a wrong claim
            self.work(world);
        }
        let claim = self.claim();
        self.tell(world, &claim);
        self.work(world);
    }

    /// The claim that holds, found by trying.
    fn claim(&self) -> Record<'static> {
        let slot = FIRST_SLOT;
        let limits: Vec<i32> =
            Self::book(&self.state, slot).iter().map(|(_, _, order)| order.limit).collect();
        let between = |lo: i32, hi: i32| lo + (hi - lo).div_euclid(3);
        let mut candidates = vec![Record::Nothing { slot }];
        for &lo in &limits {
            for &hi in limits.iter().filter(|hi| **hi >= lo) {
                let price = between(lo, hi);
                candidates.push(Record::Clear { slot, equilibrium: price, price });
                for &equilibrium in &limits {
                    candidates.push(Record::Clear { slot, equilibrium, price });
                }
            }
        }
        let holds = |record: &Record<'_>| {
            let mut state = self.state.clone();
            let context = rollup::step::Context { posted_at: self.time, ..Default::default() };
            let advance = Record::Advance { items: 16 }.to_bytes();
            rollup::step::execute(&mut state, &context, &record.to_bytes(), &[]).unwrap();
            while state.head().work != 0 {
                rollup::step::execute(&mut state, &context, &advance, &[]).unwrap();
            }
            state.peek::<Delivery>(Place::delivery(slot)).stage != stage::FROZEN
        };
        candidates.into_iter().find(holds).expect("every book has an equilibrium")
    }

    fn read(&mut self, world: &World) {
        for slot in [FIRST_SLOT, HEAT_SLOT] {
            for rank in 0..self.members {
                let mut reading = || {
                    let gives = self.rng.one_in(2);
                    let energy = self.rng.below(2_000) as u32;
                    let (import, export) =
                        if gives { (self.rng.below(50) as u32, energy) } else { (energy, 0) };
                    Record::Reading { slot, rank, import, export, sequence: None, signature: None }
                };
                let reading = reading();
                while self.sign(world, reading).is_some_and(|refusal| refusal == Rejection::BadSignature) {}
                if self.rng.one_in(5) {
                    self.sign(world, reading); // once more
                }
            }
        }
    }

    fn settle(&mut self, world: &World) {
        self.tell(world, &Record::Share { slot: HEAT_SLOT });
        self.work(world);
        for slot in [HEAT_SLOT, FIRST_SLOT] {
            self.tell(world, &Record::Settle { slot });
            self.work(world);
        }
        self.tell(world, &Record::Settle { slot: FIRST_SLOT }); // once more
    }

    fn pay_out(&mut self, world: &World) {
        for _ in 0..4 {
            self.withdraw(world);
            self.transfer(world);
        }
        self.consume(world);
        self.tell(world, &Record::Tick { time: 1 }); // backwards
        self.tell(world, &Record::Tick { time: self.time + 1_000 }); // beyond the posting
    }
}
