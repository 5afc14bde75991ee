//! Random orders, with everything an order can say under these rules, for the sensitivity of their audit.

use super::sensitivity::lie_about;
use crate::Recoverer;
use crate::conformance::Example;
use market::rule::Cut;
use market::rule::blocks::Decisions;
use market::{
    AccountId, Attributes, Authentication, Book, Carrier, Claim, Command, DeliveryInterval, Energy, Envelope,
    Event, Fraction, MeterId, Order, OrderId, Price, Rule, Side, State, TimeInForce, Witness,
};
use std::collections::BTreeMap;

const CARRIER: Carrier = Carrier::Electricity;
const FIRST: DeliveryInterval = DeliveryInterval { start: 1_717_372_800, duration: 900 };
const GATE: u64 = 300;
const COLLAR: (Price, Price) = (Price(-500_000), Price(500_000));

/// A market under one rule and the commands that it accepted.
struct Flow {
    state: State,
    commands: Vec<Envelope>,
    random: u64,
    nonce: u64,
}

impl Flow {
    /// The members of an example, electricity traded by this rule.
    fn new(seed: u64, rule: Rule) -> Self {
        let mut flow = Self { state: State::new(), commands: Vec::new(), random: seed, nonce: 0 };
        for envelope in Example::new(seed, Authentication::Operator, 6).take() {
            let command = match envelope.command {
                Command::Found(mut terms) => {
                    terms.markets[0].rule = rule;
                    Command::Found(terms)
                }
                Command::Checkpoint { .. } => continue, // of other terms
                command => command,
            };
            assert!(flow.send(command));
        }
        flow
    }

    /// Whether the command was accepted.
    fn send(&mut self, command: Command) -> bool {
        let envelope = Envelope { command, signature: None };
        let accepted = self.state.apply(&envelope, &Recoverer, &mut ()).is_ok();
        if accepted {
            self.commands.push(envelope);
        }
        accepted
    }

    /// The next number below `bound` (SplitMix64, Steele et al. 2014).
    fn draw(&mut self, bound: u64) -> u64 {
        self.random = self.random.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.random;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (mixed ^ (mixed >> 31)) % bound
    }

    fn nonce(&mut self) -> u64 {
        self.nonce += 1;
        self.nonce
    }

    /// Some member's order for an interval up to two after this one, and now and then one that is taken back.
    fn order(&mut self, step: u64, kinds: &[TimeInForce], special: bool) {
        let member = self.draw(6) as u32;
        let side = Side::ALL[self.draw(2) as usize];
        let energy = Energy(1 + self.draw(600) as i64);
        let (further, minimum) = match self.draw(4) {
            0 if special => (1 + self.draw(2) as u16, Energy::ZERO),
            1 if special => (0, Energy(1 + self.draw(energy.0 as u64) as i64)),
            _ => (0, Energy::ZERO),
        };
        let middle = if side == Side::Buy { 140_000 } else { 100_000 };
        let order = Order {
            account: AccountId(AccountId::FIRST_MEMBER.0 + member),
            meter: MeterId(3 * member),
            interval: FIRST.later(step + self.draw(2)),
            side,
            energy,
            limit: Price(middle + self.draw(9) as i64 * 20_000),
            time_in_force: kinds[self.draw(kinds.len() as u64) as usize],
            nonce: self.nonce(),
        };
        let attributes = Attributes { further, minimum, ..Attributes::default() };
        self.send(Command::PlaceWith { order, attributes, steps: Vec::new() });
        if self.draw(6) == 0 {
            let interval = FIRST.later(step + self.draw(2));
            let Some(book) = self.state.book(CARRIER, interval) else { return };
            let orders = book.orders(side);
            let Some(found) = orders.get(orders.len() / 2).copied() else { return };
            let order = OrderId { carrier: CARRIER, interval, side, arrival: found.arrival };
            let nonce = self.nonce();
            assert!(self.send(Command::Cancel { account: found.account, order, nonce }));
        }
    }

    /// At this interval's gate the next `count` books are frozen and cleared.
    fn clear(&mut self, step: u64, count: u64, claim: impl Fn(&[&Book]) -> Claim) {
        self.send(Command::Tick { time: FIRST.later(step).start - GATE });
        let row: Vec<_> = (step..step + count).map(|step| FIRST.later(step)).collect();
        for interval in &row {
            assert!(self.send(Command::Close { carrier: CARRIER, interval: *interval }));
        }
        let books: Vec<_> = row.iter().filter_map(|interval| self.state.book(CARRIER, *interval)).collect();
        let claim = claim(&books);
        assert!(self.send(Command::Clear { carrier: CARRIER, interval: row[0], claim }));
    }

    /// How many accepted orders have been filled, wholly or in part.
    fn fills(&self) -> usize {
        let mut state = State::new();
        let mut events: Vec<Event> = Vec::new();
        for envelope in &self.commands {
            state.apply(envelope, &Recoverer, &mut events).unwrap();
        }
        events.iter().filter(|event| matches!(event, Event::Filled { .. })).count()
    }
}

fn check(rule: Rule, kinds: &[TimeInForce], rows: u64, claim: impl Fn(&[&Book]) -> Claim) {
    let (mut told, mut fills) = (BTreeMap::new(), 0);
    for seed in 0..40 {
        let mut flow = Flow::new(seed, rule);
        for step in 0..3 {
            flow.send(Command::Tick { time: FIRST.later(step).start - GATE - 60 });
            for _ in 0..12 {
                flow.order(step, kinds, rule.kind().keeps_details());
            }
            let count = 1 + flow.draw(rows);
            flow.clear(step, count, &claim);
        }
        fills += flow.fills();
        lie_about(seed, &flow.commands, &mut told);
    }
    let lies: u32 = told.values().sum();
    println!("{fills} fills; {lies} lies, all noticed: {told:#?}");
    assert!(fills > 300 && lies > 10_000);
}

#[test]
fn the_market_cannot_lie_about_an_open_book() {
    check(Rule::Continuous, &TimeInForce::ALL, 1, |_| Claim::Continuous);
}

#[test]
fn the_market_cannot_lie_about_minimum_fills_and_blocks() {
    let k = Fraction::HALF;
    let kinds = [TimeInForce::NextClearing, TimeInForce::GateClosure];
    check(Rule::UniformPriceBlocks { k }, &kinds, 3, |books| {
        let decisions = Decisions::of(k, books, COLLAR);
        let witness = |interval| {
            let book = decisions.auction(interval);
            let mut limits = book.bids.iter().chain(&book.offers).map(|order| order.limit);
            let cut = limits.find_map(|price| Cut::at(&book, price).ok());
            cut.map_or(Witness::NoTrade, |cut| Witness::Equilibrium(cut.lo.max(COLLAR.0)))
        };
        let intervals = (0..books.len()).map(witness).collect();
        Claim::Blocks { intervals, refused: decisions.refused().to_vec() }
    });
}
