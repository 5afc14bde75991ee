//! A community on the secondary chain, and what may be asked of it: mostly sense, now and then nonsense.

mod limits;
mod queue;

use crate::book::{Ends, ends, merit_order};
use crate::dice::Dice;
use crate::typed::{self, Terms};
use ledger::Key;
use market::{Address, Side};
use rollup::step::leaf::{Account, Delivery, Market, Meter, Order, Position, Tariff, rule, stage};
use rollup::step::{Head, Packed, Place, Record, State, Store};

/// The state, and the keys of those in it.
pub(crate) struct World {
    pub state: State,
    pub dice: Dice,
    keys: Vec<Key>,
    slots: Vec<u8>,
    /// Records since work began.
    busy: u32,
}

const DAY: u64 = 86_400;

fn put<T: Packed>(state: &mut State, place: Place, value: &T) {
    state.set_words(place, value.pack()).unwrap();
}

impl World {
    /// A community in which nothing has happened yet.
    pub(crate) fn new(seed: u64) -> Self {
        let mut dice = Dice::new(seed);
        let members = 3 + dice.below(12) as u32;
        let duration = dice.pick(&[900, 3600]);
        let signatures = u8::from(dice.chance(150));
        let head = Head {
            time: 20_000 * DAY + dice.below(DAY),
            accounts: 6 + members,
            duration,
            gate_closure: dice.pick(&[0, 300, 3600]),
            horizon: dice.pick(&[2, 8, 200]),
            signatures,
            domain: market::keccak256(&seed.to_be_bytes()),
            ..Head::default()
        };
        let mut state = State::new(head);
        let keys: Vec<Key> =
            (0..64).map(|key| Key::from_seed(&seed.to_be_bytes(), &format!("{key}"))).collect();
        let mut money = 0;
        for id in 1..6 + members {
            let poor = dice.chance(250);
            let most = if poor { 20_000_000 } else { 1_000_000_000_000 };
            let balance = i128::from(dice.below(most));
            money += balance as u128;
            let address = if (4..6).contains(&id) { Address::default() } else { keys[id as usize].address() };
            put(&mut state, Place::account(id), &Account { address, balance, ..Account::default() });
        }
        let tariffs = 1 + dice.below(3) as u16;
        for tariff in 0..tariffs {
            let price = |dice: &mut Dice| dice.below(400_000) as i32 - 40_000;
            let fee = |dice: &mut Dice| if dice.chance(300) { 0 } else { dice.below(90_000) as i32 };
            let terms = Tariff {
                import: price(&mut dice),
                export: price(&mut dice),
                grid_fee: fee(&mut dice),
                peer_grid_fee: fee(&mut dice),
                levy: fee(&mut dice),
                peer_levy: fee(&mut dice),
                kind: 1 + dice.below(2) as u8,
            };
            put(&mut state, Place::tariff(tariff), &terms);
        }
        let mut meters = 0;
        for carrier in 0..1 + dice.below(3) as u8 {
            let denominator = dice.pick(&[1, 2, 3, 1000]);
            let mut market = Market {
                rule: dice.pick(&[1, 1, 2, 3, 3, 3, 4, 5]),
                numerator: dice.below(denominator + 1) as u32,
                denominator: denominator as u32,
                floor: -(dice.pick(&[0, 50_000, 8_388_607])),
                cap: dice.pick(&[200_000, 8_388_607]),
                price: dice.below(300_000) as i32 - 20_000,
                ..Market::default()
            };
            for member in 0..members {
                if dice.chance(150) {
                    continue;
                }
                let capacity = |dice: &mut Dice| dice.pick(&[5_000, 100_000, 100_000_000_000]);
                let meter = Meter {
                    key: keys[member as usize + 40].address(),
                    account: 6 + member,
                    meter: meters,
                    tariff: dice.below(tariffs.into()) as u16,
                    import_capacity: capacity(&mut dice),
                    export_capacity: capacity(&mut dice),
                    share: dice.below(1 + u64::from(1_000_000 - market.shares) / 3) as u32,
                    sequence: dice.below(3),
                };
                put(&mut state, Place::meter(carrier, market.meters), &meter);
                let mut owner: Account = state.peek(Place::account(6 + member));
                owner.carriers |= 1 << carrier;
                put(&mut state, Place::account(6 + member), &owner);
                market.shares += meter.share;
                market.meters += 1;
                meters += 1;
            }
            put(&mut state, Place::market(carrier), &market);
        }
        state.set_head(Head { meters, money, ..head });
        state.forget();
        let slots = (0..1 + dice.below(5)).map(|_| dice.next() as u8).collect();
        Self { state, dice, keys, slots, busy: 0 }
    }

    fn head(&self) -> Head {
        *self.state.head()
    }

    fn delivery(&self, slot: u8) -> Delivery {
        self.state.peek(Place::delivery(slot))
    }

    fn market(&self, carrier: u8) -> Market {
        self.state.peek(Place::market(carrier))
    }

    fn slot(&mut self) -> u8 {
        if self.dice.chance(20) { self.dice.next() as u8 } else { self.dice.pick(&self.slots) }
    }

    /// A slot at one of these stages if there is any.
    fn slot_at(&mut self, stages: &[u8]) -> u8 {
        let slots: Vec<u8> =
            self.slots.iter().copied().filter(|slot| stages.contains(&self.delivery(*slot).stage)).collect();
        if slots.is_empty() || self.dice.chance(30) { self.slot() } else { self.dice.pick(&slots) }
    }

    /// The live orders of a side, by arrival.
    fn book(&self, slot: u8, side: Side) -> Vec<(u32, Order)> {
        let delivery = self.delivery(slot);
        let arrivals = if side == Side::Buy { delivery.bids } else { delivery.offers };
        let orders =
            (0..arrivals).map(|arrival| (arrival, self.state.peek(Place::order(slot, side, arrival))));
        orders.filter(|(_, order): &(u32, Order)| order.account != 0).collect()
    }

    /// Whether work does not end any more: orders were listed out of order, so the rest cannot be.
    pub(crate) const fn is_stuck(&self) -> bool {
        self.busy > 100
    }

    /// Something to carry out next.
    pub(crate) fn record(&mut self, room: &mut Vec<u8>) -> Record<'static> {
        room.clear();
        self.busy = if self.head().work == 0 { 0 } else { self.busy + 1 };
        if self.head().work != 0 && !self.dice.chance(40) {
            return self.onward(room);
        }
        match self.dice.below(100) {
            0..=4 => Record::Tick { time: self.time() },
            5..=7 => self.open(),
            8..=9 => Record::Account { address: self.address() },
            10..=11 => self.meter(),
            12..=14 => self.publish(),
            15..=49 => self.order(),
            50..=53 => self.cancel(),
            54..=56 => self.withdraw(),
            57..=60 => self.transfer(),
            61..=75 => self.reading(),
            76..=77 => self.close(),
            78..=82 => self.claim(),
            83..=85 => self.order(),
            86..=88 => Record::Share { slot: self.slot_at(&[stage::OPEN]) },
            89..=92 => Record::Settle { slot: self.due() },
            93..=94 => Record::Lapse { slot: self.slot_at(&[stage::OPEN, stage::FROZEN]) },
            95 => Record::Advance { items: self.dice.below(3) as u16 },
            96 => self.onward(room),
            _ => Record::Queue { count: self.dice.below(4) as u8 },
        }
    }

    fn time(&mut self) -> u64 {
        let now = self.head().time;
        match self.dice.below(10) {
            0 => now.saturating_sub(1 + self.dice.below(100)),
            1 if self.dice.chance(100) => now + 10 * DAY,
            2 => now + self.dice.below(2 * u64::from(self.head().duration)),
            _ => now + self.dice.below(200),
        }
    }

    fn address(&mut self) -> Address {
        let key = self.dice.below(64) as usize;
        self.keys[key].address()
    }

    fn carrier(&mut self) -> u8 {
        if self.dice.chance(30) { self.dice.next() as u8 } else { self.dice.below(3) as u8 }
    }

    /// An interval, in order more often than not.
    fn open(&mut self) -> Record<'static> {
        let head = self.head();
        let carrier = self.carrier();
        let duration = u64::from(head.duration);
        let gate = head.time + u64::from(head.gate_closure);
        let mut start = (gate / duration + self.dice.below(8)) * duration;
        match self.dice.below(40) {
            0 => start += 1,
            1 => start = 0,
            2..=3 => start -= (4 + self.dice.below(20)) * duration,
            _ => (),
        }
        let slot = self.slot_at(&[stage::UNUSED]);
        let mut after = slot;
        if !self.dice.chance(100) {
            let (mut next, mut steps) = (self.market(carrier & 3).first, 0);
            while next != 0 && steps < 300 {
                let at = (next - 1) as u8;
                let delivery = self.delivery(at);
                if delivery.start >= start {
                    break;
                }
                (after, next, steps) = (at, delivery.next, steps + 1);
            }
        } else {
            after = self.slot();
        }
        Record::Open { slot, carrier, start, after }
    }

    fn meter(&mut self) -> Record<'static> {
        let accounts = u64::from(self.head().accounts);
        Record::Meter {
            account: self.dice.below(accounts + 2) as u32,
            carrier: self.carrier(),
            key: self.address(),
            import_capacity: self.dice.pick(&[0, 5_000, 100_000_000_000, 100_000_000_001]),
            export_capacity: self.dice.pick(&[0, 5_000, 100_000_000_000, u64::MAX]),
            tariff: self.dice.below(4) as u16,
            share: self.dice.pick(&[0, 0, 1_000, 300_000, u32::MAX]),
        }
    }

    fn publish(&mut self) -> Record<'static> {
        let price = |dice: &mut Dice| match dice.below(12) {
            0 => 10_000_001,
            1 => i32::MIN,
            2 => -10_000_000,
            _ => dice.below(500_000) as i32 - 50_000,
        };
        Record::Publish {
            slot: self.slot_at(&[stage::OPEN, stage::FROZEN, stage::SHARED]),
            tariff: self.dice.below(4) as u16,
            import: price(&mut self.dice),
            export: price(&mut self.dice),
        }
    }

    fn rank(&mut self, slot: u8) -> u32 {
        let meters = self.market(self.delivery(slot).carrier).meters;
        match self.dice.below(60) {
            0 => self.dice.next() as u32 & 0xff_ffff,
            1 => meters,
            _ => self.dice.below(u64::from(meters.max(1))) as u32,
        }
    }

    /// A slot whose gate is open and whose rule takes orders, most often.
    fn tradable(&mut self) -> u8 {
        let head = self.head();
        let open = |slot: &u8| {
            let delivery = self.delivery(*slot);
            let gate = delivery.start.saturating_sub(head.gate_closure.into());
            delivery.stage == stage::OPEN && gate > head.time && self.market(delivery.carrier).takes_orders()
        };
        let slots: Vec<u8> = self.slots.iter().copied().filter(open).collect();
        if slots.is_empty() || self.dice.chance(60) {
            self.slot_at(&[stage::OPEN])
        } else {
            self.dice.pick(&slots)
        }
    }

    fn order(&mut self) -> Record<'static> {
        let slot = self.tradable();
        let rank = self.rank(slot);
        let energy = match self.dice.below(20) {
            0 => 0,
            1 => u32::MAX,
            2..=8 => 1 + self.dice.below(9) as u32,
            _ => 100 * (1 + self.dice.below(30) as u32),
        };
        let limit = match self.dice.below(30) {
            0 => 8_388_607,
            1 => -8_388_608,
            2..=4 => -(self.dice.below(40_000) as i32),
            _ => 50_000 + 20_000 * self.dice.below(7) as i32,
        };
        let side = self.side();
        let until_gate = self.dice.chance(500);
        let named = self.nonce();
        let record =
            Record::Order { slot, rank, energy, limit, side, until_gate, nonce: named, signature: None };
        let meter: Meter = self.state.peek(Place::meter(self.delivery(slot).carrier, rank));
        let last = self.state.peek::<Account>(Place::account(meter.account)).nonce;
        let terms = self.terms(slot, meter.account, meter.meter, named, last);
        self.sign(record, terms, meter.account)
    }

    fn side(&mut self) -> Side {
        if self.dice.chance(500) { Side::Buy } else { Side::Sell }
    }

    fn nonce(&mut self) -> Option<u64> {
        match self.dice.below(40) {
            0 => Some(0),
            1..=4 => Some(self.dice.below(60)),
            5 => self.dice.chance(30).then_some(u64::MAX),
            _ => None,
        }
    }

    fn terms(&self, slot: u8, account: u32, meter: u32, named: Option<u64>, last: u64) -> Terms {
        let Delivery { carrier, start, .. } = self.delivery(slot);
        let nonce = named.unwrap_or_else(|| last.wrapping_add(1));
        Terms { account, meter, carrier, start, duration: self.head().duration, nonce }
    }

    /// Signs where it is asked for; now and then by somebody else, or with a signature that is none.
    fn sign(&mut self, record: Record<'static>, terms: Terms, key: u32) -> Record<'static> {
        if self.head().signatures == 0 { record } else { self.with_signature(record, terms, key) }
    }

    fn with_signature(&mut self, record: Record<'static>, terms: Terms, key: u32) -> Record<'static> {
        let key = if self.dice.chance(40) { self.dice.below(64) as u32 } else { key & 63 };
        let domain = self.head().domain;
        let mut record = typed::signed(record, terms, &domain, &self.keys[key as usize]);
        if self.dice.chance(60) {
            let (byte, bit) = (self.dice.below(64) as usize, self.dice.below(8));
            let high_s = self.dice.chance(300);
            if let Record::Order { signature: Some(signature), .. }
            | Record::Cancel { signature: Some(signature), .. }
            | Record::Withdraw { signature: Some(signature), .. }
            | Record::Transfer { signature: Some(signature), .. }
            | Record::Reading { signature: Some(signature), .. } = &mut record
            {
                if high_s { mirror(signature) } else { signature[byte] ^= 1 << bit }
            }
        }
        record
    }

    fn cancel(&mut self) -> Record<'static> {
        let slot = self.slot_at(&[stage::OPEN, stage::FROZEN]);
        let side = self.side();
        let book = self.book(slot, side);
        let arrival = match self.dice.below(12) {
            0 => self.dice.next() as u32 & 0xff_ffff,
            1 => self.dice.below(30) as u32,
            _ if book.is_empty() => 0,
            _ => self.dice.pick(&book).0,
        };
        let named = self.nonce();
        let order: Order = self.state.peek(Place::order(slot, side, arrival));
        let last = self.state.peek::<Account>(Place::account(order.account)).nonce;
        let terms = self.terms(slot, order.account, 0, named, last);
        let record = Record::Cancel { slot, arrival, side, nonce: named, signature: None };
        self.sign(record, terms, order.account)
    }

    fn account(&mut self) -> u32 {
        let accounts = u64::from(self.head().accounts);
        match self.dice.below(25) {
            0 => self.dice.below(6) as u32,
            1 => accounts as u32,
            2 => u32::MAX,
            _ => 6 + self.dice.below(accounts - 6) as u32,
        }
    }

    fn amount(&mut self, from: u32) -> u128 {
        let account: Account = self.state.peek(Place::account(from));
        let free = account.available().max(0) as u64;
        match self.dice.below(12) {
            0 => 0,
            1 => u128::MAX,
            2 => market::MAX_MONEY.0 as u128 + u128::from(self.dice.below(2)),
            3 => free.into(),
            4 => u128::from(free) + 1,
            _ => self.dice.below(free / 4 + 2).into(),
        }
    }

    fn withdraw(&mut self) -> Record<'static> {
        let account = self.account();
        let (amount, named) = (self.amount(account), self.nonce());
        let last = self.state.peek::<Account>(Place::account(account)).nonce;
        let terms = self.terms(0, account, 0, named, last);
        self.sign(Record::Withdraw { account, amount, nonce: named, signature: None }, terms, account)
    }

    fn transfer(&mut self) -> Record<'static> {
        let (from, to) = (self.account(), self.account());
        let (amount, named) = (self.amount(from), self.nonce());
        let last = self.state.peek::<Account>(Place::account(from)).nonce;
        let terms = self.terms(0, from, 0, named, last);
        self.sign(Record::Transfer { from, to, amount, nonce: named, signature: None }, terms, from)
    }

    /// A reading, of a point whose reading is missing where there is one.
    fn reading(&mut self) -> Record<'static> {
        let now = self.head();
        let over =
            |delivery: &Delivery| delivery.stage != 0 && delivery.start + u64::from(now.duration) <= now.time;
        let slots: Vec<u8> = self.slots.iter().copied().filter(|slot| over(&self.delivery(*slot))).collect();
        let slot =
            if slots.is_empty() || self.dice.chance(50) { self.slot() } else { self.dice.pick(&slots) };
        let carrier = self.delivery(slot).carrier;
        let unread = |rank: &u32| self.state.peek::<Position>(Place::position(slot, *rank)).read == 0;
        let missing: Vec<u32> = (0..self.market(carrier).meters).filter(unread).collect();
        let rank = if missing.is_empty() || self.dice.chance(50) {
            self.rank(slot)
        } else {
            self.dice.pick(&missing)
        };
        let meter: Meter = self.state.peek(Place::meter(carrier, rank));
        let sequence = match self.dice.below(30) {
            0 => Some(self.dice.below(5)),
            1..=3 => Some(meter.sequence.wrapping_add(1)),
            _ => None,
        };
        let energy = |dice: &mut Dice| match dice.below(10) {
            0..=2 => 0,
            3 => dice.below(1 << 24) as u32,
            _ => dice.below(5_000) as u32,
        };
        let (import, export) = (energy(&mut self.dice), energy(&mut self.dice));
        let record = Record::Reading { slot, rank, import, export, sequence, signature: None };
        let terms = self.terms(slot, 0, meter.meter, sequence, meter.sequence);
        self.sign(record, terms, meter.account.wrapping_add(34))
    }

    /// The slot that its carrier settles next, most often.
    fn due(&mut self) -> u8 {
        let carrier = self.carrier() & 3;
        let first = self.market(carrier).first;
        if first == 0 || self.dice.chance(100) { self.slot() } else { (first - 1) as u8 }
    }

    /// A book with some orders in it freezes, more often than not.
    fn close(&mut self) -> Record<'static> {
        let full = |slot: &u8| self.delivery(*slot).stage == stage::OPEN && self.delivery(*slot).live > 5;
        let slots: Vec<u8> = self.slots.iter().copied().filter(full).collect();
        if slots.is_empty() && !self.dice.chance(300) {
            return self.order();
        }
        let slot = if slots.is_empty() { self.slot_at(&[stage::OPEN]) } else { self.dice.pick(&slots) };
        Record::Close { slot }
    }

    /// A claim, right more often than not.
    fn claim(&mut self) -> Record<'static> {
        let slot = self.slot_at(&[stage::FROZEN]);
        if self.delivery(slot).stage != stage::FROZEN && !self.dice.chance(150) {
            return self.order();
        }
        let market = self.market(self.delivery(slot).carrier);
        let sides = [Side::Buy, Side::Sell].map(|side| self.book(slot, side));
        let limits: Vec<i32> = sides.iter().flatten().map(|(_, order)| order.limit).collect();
        let found = limits.iter().find_map(|limit| ends(&sides, *limit));
        let Some(Ends { lo, hi, offer, bid }) = found else {
            let price = self.dice.below(200_000) as i32;
            let right = !self.dice.chance(200);
            return if right {
                Record::Nothing { slot }
            } else {
                Record::Clear { slot, equilibrium: price, price }
            };
        };
        let (mut equilibrium, mut price) = match market.rule {
            rule::LAST_PAIR => (lo, market.between(offer, bid)),
            rule::PAY_AS_BID => (lo, 0),
            _ => (market.between(lo, hi), market.between(lo, hi)),
        };
        match self.dice.below(16) {
            0 => return Record::Nothing { slot },
            1 => equilibrium = self.dice.pick(&limits),
            2 => equilibrium += 1,
            3 => price -= 1,
            4 => (equilibrium, price) = (hi, hi),
            _ => (),
        }
        Record::Clear { slot, equilibrium, price }
    }

    /// What carries work on.
    fn onward(&mut self, room: &mut Vec<u8>) -> Record<'static> {
        let slot = (self.head().work.max(1) - 1) as u8;
        let delivery = self.delivery(slot);
        let side = match delivery.stage {
            stage::LIST_BIDS => Side::Buy,
            stage::LIST_OFFERS => Side::Sell,
            _ => return Record::Advance { items: self.dice.below(8) as u16 },
        };
        if self.dice.chance(40) {
            return Record::Advance { items: self.dice.below(8) as u16 };
        }
        // After the last one listed, or, where one was left out or wrongly brought in, from the beginning.
        let order = merit_order(&self.state, slot, side);
        let last = u32::from_be_bytes(delivery.work1[16..20].try_into().unwrap());
        let done = order.iter().position(|arrival| arrival + 1 == last).map_or(0, |at| at + 1);
        if done == order.len() || self.dice.chance(15) {
            return Record::Merit { arrivals: &[] };
        }
        let skipped = usize::from(self.dice.chance(15));
        let count = 1 + self.dice.below(6) as usize;
        for mut arrival in order.into_iter().skip(done + skipped).take(count) {
            match self.dice.below(300) {
                0..=2 => arrival = self.dice.below(20) as u32,
                3..=5 => arrival = self.dice.next() as u32 & 0xff_ffff,
                _ => (),
            }
            room.extend(&arrival.to_be_bytes()[1..]);
        }
        Record::Merit { arrivals: &[] }
    }
}

/// The other signature of the same: s mirrored, and the parity of y turned around.
fn mirror(signature: &mut [u8; 64]) {
    const ORDER: [u8; 32] = [
        0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xfe, 0xba,
        0xae, 0xdc, 0xe6, 0xaf, 0x48, 0xa0, 0x3b, 0xbf, 0xd2, 0x5e, 0x8c, 0xd0, 0x36, 0x41, 0x41,
    ];
    let odd = signature[32] >> 7;
    signature[32] &= 0x7f;
    let mut borrow = 0_i16;
    for (byte, of) in signature[32..].iter_mut().zip(ORDER).rev() {
        let difference = i16::from(of) - i16::from(*byte) - borrow;
        borrow = i16::from(difference < 0);
        *byte = difference.rem_euclid(256) as u8;
    }
    signature[32] = signature[32] & 0x7f | (odd ^ 1) << 7; // s ≥ 2²⁵⁵ loses its highest bit: no longer the mirror
}
