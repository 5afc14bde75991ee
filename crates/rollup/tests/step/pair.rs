//! The market and the secondary chain side by side.

use super::play::Random;
use ledger::{Key, Recoverer};
use market::signing::Domain;
use market::{AccountId, Authentication, Carrier, Command, Community, Envelope, Rejection, Side, State};
use rollup::step::leaf::{Account, Delivery, Market, Order, Position, stage};
use rollup::step::{self, Context, Item, Place, Record, Report, Store, Witness, execute};
use rollup::translate::{Outside, Translator, genesis};
use std::collections::BTreeMap;

/// Both, and everything that was posted.
pub struct Pair {
    pub market: State,
    pub chain: step::State,
    pub translator: Translator,
    /// Hash over the queue so far.
    pub queue: [u8; 32],
    /// Items put into the queue so far.
    pub items: u64,
    /// Every segment that changed something: records, items and the roots before and after.
    pub posted: Vec<Segment>,
    pub operator: Key,
    domain: Domain,
    authentication: Authentication,
    /// Whether witnesses are built and executed too.
    pub witnesses: bool,
    /// Interrupts work between any two items; counts the stages at which it did.
    pub interrupted: BTreeMap<u8, u32>,
    /// The side that is being listed.
    listed: Option<u8>,
    random: Random,
}

pub struct Segment {
    pub context: Context,
    pub records: Vec<u8>,
    pub items: Vec<u8>,
    pub before: [u8; 32],
    pub after: [u8; 32],
}

/// What both said to a command.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Answer {
    Accepted,
    Refused(Rejection),
    /// The market would have taken it.
    Stricter(Rejection),
}

impl Pair {
    pub fn found(community: &Community, operator: Key) -> Self {
        let outside = Outside {
            supplier: market::Address([1; 20]),
            grid_operator: market::Address([2; 20]),
            levies: market::Address([3; 20]),
        };
        let chain = genesis(community, &outside).unwrap();
        let mut pair = Self {
            market: State::new(),
            chain,
            translator: Translator::new(),
            queue: [0; 32],
            items: 0,
            posted: Vec::new(),
            operator,
            domain: Domain::of(community),
            authentication: community.authentication,
            witnesses: false,
            interrupted: BTreeMap::new(),
            listed: None,
            random: Random(community.community_id),
        };
        let found = pair.signed(Command::Found(Box::new(community.clone())), None);
        pair.market.apply(&found, &Recoverer, &mut ()).unwrap();
        pair
    }

    /// A command with its sender's signature, where the community asks for them; none: the operator's.
    pub fn signed(&self, command: Command, key: Option<&Key>) -> Envelope {
        let signature = match self.authentication {
            Authentication::Operator => None,
            Authentication::Signature => {
                Some(key.unwrap_or(&self.operator).sign(&self.domain.digest(&command)))
            }
        };
        Envelope { command, signature }
    }

    /// Runs a segment on the chain alone.
    pub fn run(&mut self, records: &[u8], items: &[u8]) -> Report {
        let context = Context { posted_at: 1 << 39, available: self.items, chain: self.queue };
        let before = self.chain.root();
        let start = self.chain.mark();
        self.chain.take_touched();
        let report = execute(&mut self.chain, &context, records, items).unwrap();
        let after = self.chain.root();
        self.queue = report.chain;
        if self.witnesses {
            let touched = self.chain.take_touched();
            let again = self.chain.clone();
            self.chain.undo(start);
            assert_eq!(self.chain.root(), before, "what is taken back leaves nothing");
            let witness = Witness::of(&mut self.chain, &touched);
            let bytes = witness.to_bytes();
            let mut witness = Witness::from_bytes(&bytes).expect("a witness reads back");
            assert_eq!(witness.to_bytes(), bytes);
            assert_eq!(witness.root(), Some(before));
            assert_eq!(execute(&mut witness, &context, records, items).as_ref(), Ok(&report));
            assert_eq!(witness.root(), Some(after), "a witness gives the same root");
            self.chain = again;
        }
        let (records, items) = (records.to_vec(), items.to_vec());
        self.posted.push(Segment { context, records, items, before, after });
        report
    }

    /// Carries a record out; work is interrupted now and then, which must change nothing.
    fn carry_out(&mut self, record: &[u8], item: &[u8]) -> Option<Rejection> {
        let mut left = match record {
            [0x45, high, low] => u16::from_be_bytes([*high, *low]),
            [0x46, _, arrivals @ ..] => return self.list(arrivals),
            _ => {
                let report = self.run(record, item);
                assert!(!report.void);
                return report.outcomes.into_iter().chain(report.items).flatten().next();
            }
        };
        loop {
            let items = if self.random.one_in(3) { left } else { left.min(self.random.below(3) as u16) };
            let report = self.run(&Record::Advance { items }.to_bytes(), &[]);
            if let [Some(refusal)] = report.outcomes[..] {
                return Some(refusal);
            }
            left -= items;
            let work = self.chain.head().work;
            if work == 0 || left == 0 {
                return None;
            }
            let slot = (work - 1) as u8;
            let stage = self.chain.peek::<Delivery>(Place::delivery(slot)).stage;
            *self.interrupted.entry(stage).or_default() += 1;
            self.disturb(slot);
        }
    }

    /// Lists filled orders in several records, after any others, with wrong ones between them.
    fn list(&mut self, mut arrivals: &[u8]) -> Option<Rejection> {
        let stage = |pair: &Self| {
            let slot = pair.chain.head().work.checked_sub(1)? as u8;
            Some((slot, pair.chain.peek::<Delivery>(Place::delivery(slot)).stage))
        };
        let merit = |pair: &mut Self, arrivals: &[u8]| {
            let report = pair.run(&Record::Merit { arrivals }.to_bytes(), &[]);
            report.outcomes[0]
        };
        while !arrivals.is_empty() {
            let Some((slot, listing)) = stage(self) else { panic!("all is paired, but not all listed") };
            *self.interrupted.entry(listing).or_default() += 1;
            self.disturb(slot);
            if std::mem::replace(&mut self.listed, Some(listing)) != Some(listing) {
                // A side begins: whatever is listed first by mistake can be taken back.
                let mut wrong = false;
                for _ in 0..self.random.below(4) {
                    let other = [0, 0, self.random.below(12) as u8];
                    if wrong || !arrivals.starts_with(&other) {
                        wrong |= merit(self, &other).is_none();
                    }
                    assert_eq!(stage(self), Some((slot, listing)), "a wrong list is never complete");
                }
                assert_eq!(merit(self, &[]), None);
            }
            let (now, later) = arrivals.split_at(3);
            if let Some(refusal) = merit(self, now) {
                return Some(refusal);
            }
            arrivals = later;
            if stage(self) == Some((slot, listing)) {
                let root = self.chain.root();
                assert_eq!(merit(self, now), Some(Rejection::MeritOrder), "none is listed twice");
                assert_eq!(self.chain.root(), root);
            }
        }
        if stage(self).is_some_and(|(_, now)| now == stage::PAIR) {
            self.listed = None;
        }
        None
    }

    /// While work goes on, nothing but time may change.
    fn disturb(&mut self, slot: u8) {
        let root = self.chain.root();
        let others = [
            Record::Queue { count: 0 },
            Record::Account { address: market::Address([7; 20]) },
            Record::Close { slot },
            Record::Nothing { slot },
            Record::Settle { slot },
            Record::Lapse { slot },
            Record::Open { slot: 255, carrier: 0, start: 1_717_372_800 + 900 * 9, after: 255 },
        ];
        let other = others[self.random.below(others.len() as u64) as usize];
        let posted = self.posted.len();
        let report = self.run(&other.to_bytes(), &[]);
        assert_eq!(report.outcomes, [Some(Rejection::BookFrozen)]);
        assert_eq!(self.chain.root(), root);
        let time = self.chain.head().time;
        assert_eq!(self.run(&Record::Tick { time }.to_bytes(), &[]).outcomes, [None]);
        self.posted.truncate(posted);
    }

    /// Gives both a command; where one refuses, both are as before. `keep`: a refused claim stays on the chain.
    pub fn apply(&mut self, envelope: &Envelope, keep: bool) -> Answer {
        let mark = self.chain.mark();
        let (queue, items, posted) = (self.queue, self.items, self.posted.len());
        let mut opens = false;
        let mut unsigned = false;
        let refusal = match self.translator.records(&self.market, &self.chain, envelope) {
            Err(refusal) => {
                unsigned = true;
                Some(refusal)
            }
            Ok(records) => {
                let mut item = Vec::new();
                if let Command::Deposit { account, amount, .. } = &envelope.command {
                    let (account, amount) = (account.0, amount.0.max(0) as u128);
                    Item::Deposit { time: 1, account, amount, sender: market::Address([9; 20]) }
                        .encode(&mut item);
                    self.items += 1;
                }
                records.iter().find_map(|record| {
                    opens = record[0] == 0x05;
                    self.carry_out(record, &item)
                })
            }
        };
        let before = refusal.is_some().then(|| self.market.clone());
        let accepted = self.market.apply(envelope, &Recoverer, &mut ());
        let answer = match (refusal, accepted) {
            (None, Ok(())) => Answer::Accepted,
            (Some(one), Err(other)) => {
                // An interval is opened before anything else is looked at; what has no records has no signature.
                let differs = opens
                    || one == Rejection::NotOnThisLedger
                    || (unsigned && other == Rejection::BadSignature);
                assert!(one == other || differs, "{one:?}, not {other:?}: {envelope:?}");
                Answer::Refused(other)
            }
            (Some(refusal), Ok(())) => Answer::Stricter(refusal),
            // A price is looked at where an interval is open only.
            (None, Err(refusal)) if matches!(envelope.command, Command::PublishPrices { .. }) => {
                Answer::Refused(refusal)
            }
            (None, Err(refusal)) => panic!("the market refuses with {refusal:?}: {envelope:?}"),
        };
        if let Some(before) = before {
            self.market = before;
        }
        let claim = matches!(envelope.command, Command::Clear { .. });
        if answer != Answer::Accepted && !(keep && claim) {
            self.chain.undo(mark);
            (self.queue, self.items) = (queue, items);
            self.posted.truncate(posted);
        }
        answer
    }

    /// Holds everything that both keep against each other.
    pub fn compare(&self) {
        let head = self.chain.head();
        assert_eq!(head.time, self.market.now());
        assert_eq!(head.accounts as usize, self.market.accounts().len());
        assert_eq!(head.work, 0);
        let mut money = 0;
        for (id, account) in (0_u32..).zip(self.market.accounts()) {
            let ours: Account = self.chain.peek(Place::account(id));
            if id == AccountId::WORLD.0 {
                assert_eq!(head.money as i128, -account.balance.0);
                continue;
            }
            money += ours.balance;
            let (balance, holds, debt) = (account.balance.0, account.holds.0, account.debt.0);
            assert_eq!((ours.balance, ours.holds, ours.debt), (balance, holds, debt), "account {id}");
            assert_eq!(ours.nonce, account.nonce, "account {id}");
            assert!(ours.balance >= 0 && ours.holds >= 0 && ours.available() >= 0, "account {id}");
        }
        assert_eq!(money, head.money as i128, "what all have is what there is");
        for terms in &self.market.community().unwrap().markets {
            self.compare_carrier(terms.carrier);
        }
    }

    fn compare_carrier(&self, carrier: Carrier) {
        let ours: Market = self.chain.peek(Place::market(carrier as u8));
        assert_eq!(ours.settled, self.market.settled_until(carrier));
        assert_eq!(ours.meters as usize, self.market.connected(carrier).len());
        let mut next = ours.first;
        let mut last = 0;
        while let Some(slot) = next.checked_sub(1) {
            let delivery: Delivery = self.chain.peek(Place::delivery(slot as u8));
            assert!(delivery.start > last, "open intervals are in order of time");
            (last, next) = (delivery.start, delivery.next);
            self.compare_delivery(carrier, slot as u8, &delivery);
        }
    }

    fn compare_delivery(&self, carrier: Carrier, slot: u8, delivery: &Delivery) {
        let duration = self.chain.head().duration;
        let interval = market::DeliveryInterval { start: delivery.start, duration };
        let theirs = self.market.delivery(carrier, interval).expect("the market has it too");
        assert_eq!(delivery.stage == stage::FROZEN, theirs.is_frozen());
        let mut live = 0;
        for side in Side::ALL {
            let orders = theirs.book().orders(side);
            live += orders.len();
            let mut orders = orders.iter();
            let arrivals = if side == Side::Buy { delivery.bids } else { delivery.offers };
            for arrival in 0..arrivals {
                let ours: Order = self.chain.peek(Place::order(slot, side, arrival));
                if ours.account == 0 {
                    continue;
                }
                let theirs = orders.next().expect("an order of the market");
                assert_eq!((ours.limit.into(), ours.energy as i64), (theirs.limit.0, theirs.energy.0));
                assert_eq!((ours.account, arrival), (theirs.account.0, theirs.arrival));
                assert_eq!(ours.fill, 0);
            }
            assert!(orders.next().is_none());
        }
        assert_eq!(delivery.live as usize, live);
        for rank in 0..self.market.connected(carrier).len() as u32 {
            let ours: Position = self.chain.peek(Place::position(slot, rank));
            let theirs = theirs.position(rank).copied().unwrap_or_default();
            let energies =
                [ours.bought, ours.sold, ours.open_buy, ours.open_sell].map(|energy| energy as i64);
            let expected = [theirs.bought, theirs.sold, theirs.open_buy, theirs.open_sell];
            assert_eq!(energies, expected.map(|energy| energy.0), "position {rank}");
            assert_eq!(i128::from(ours.paid), theirs.paid().0, "position {rank}");
            assert_eq!(i128::from(ours.received), theirs.received().0, "position {rank}");
        }
    }
}
