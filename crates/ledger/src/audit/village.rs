//! A village whose carriers are coupled: random runs for the sensitivity of their audit.
//!
//! Electricity is always offered in plenty at one price, and the heat pumps are never at their limit. So that price and
//! the pumps' ratio fix every other, and the right claim needs no search.

use super::books::Books;
use super::sensitivity::lie_about;
use super::tally::Tally;
use super::{Auditor, Segment};
use crate::conformance::Example;
use crate::{Receipt, Recoverer, chain};
use market::rule::Cut;
use market::rule::coupled::{Converter, Coupled, Node};
use market::testing::tamperings;
use market::{
    AccountId, Authentication, Carrier, Claim, Command, Conversion, ConversionClaim, DeliveryInterval,
    Energy, Envelope, Event, Fraction, MeterId, NodeClaim, Order, Output, Price, Reading, Rule, Side, State,
    StorageClaim, StorageOffer, TimeInForce, encoding,
};
use std::collections::BTreeMap;

const FIRST: DeliveryInterval = DeliveryInterval { start: 1_717_372_800, duration: 900 };
const GATE: u64 = 300;
/// What electricity is offered at, n€/Wh.
const PLENTY: Price = Price(100_000);
/// What a pump's wear costs, n€ per Wh of electricity.
const WEAR: Price = Price(20_000);

struct Village {
    state: State,
    commands: Vec<Envelope>,
    random: u64,
    nonce: u64,
    /// Wh of heat per Wh of electricity, parts per million.
    ratio: u32,
}

impl Village {
    fn new(seed: u64) -> Self {
        let ratio = [3_000_000, 3_300_000, 2_750_001][seed as usize % 3];
        let mut village = Self { state: State::new(), commands: Vec::new(), random: seed, nonce: 0, ratio };
        for envelope in Example::new(seed, Authentication::Operator, 6).take() {
            let command = match envelope.command {
                Command::Found(mut terms) => {
                    terms
                        .markets
                        .iter_mut()
                        .for_each(|market| market.rule = Rule::Coupled { k: Fraction::HALF });
                    Command::Found(terms)
                }
                Command::Checkpoint { .. } => continue, // of other terms
                Command::Equip { .. } | Command::ReadRegister(_) => continue, // every meter counts intervals
                command => command,
            };
            village.send(command);
        }
        village
    }

    /// Time passes to the end of an interval: everybody keeps its contracts, and it is settled.
    fn deliver(&mut self, interval: DeliveryInterval, sequence: u64) {
        self.send(Command::Tick { time: interval.end() });
        for (member, carrier) in (0..6).flat_map(|member| Carrier::ALL.map(|carrier| (member, carrier))) {
            let meter = meter(member, carrier);
            let position = *self.state.position(meter, interval).expect("traded");
            let (import, export) = (position.bought, position.sold);
            self.send(Command::Read(Reading { meter, interval, import, export, sequence }));
        }
        for carrier in Carrier::ALL {
            self.send(Command::Settle { carrier, interval });
        }
    }

    fn send(&mut self, command: Command) {
        let envelope = Envelope { command, signature: None };
        let done = self.state.apply(&envelope, &Recoverer, &mut ());
        assert_eq!(done, Ok(()), "{envelope:?}");
        self.commands.push(envelope);
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

    fn order(
        &mut self,
        (member, carrier): (u32, Carrier),
        at: DeliveryInterval,
        side: Side,
        energy: u64,
        limit: Price,
    ) {
        let time_in_force = [TimeInForce::NextClearing, TimeInForce::GateClosure][self.draw(2) as usize];
        let order = Order {
            account: account(member),
            meter: meter(member, carrier),
            interval: at,
            side,
            energy: Energy(energy as i64),
            limit,
            time_in_force,
            nonce: self.nonce(),
        };
        self.send(Command::Place(order));
    }

    /// Orders and offers for one interval.
    fn trade(&mut self, at: DeliveryInterval) {
        use Carrier::{Electricity, Gas, Heat};
        self.order((0, Electricity), at, Side::Sell, 8_000, PLENTY);
        self.order((1, Electricity), at, Side::Buy, 500, Price(200_000));
        self.order((2, Electricity), at, Side::Buy, 50, PLENTY);
        for member in 0..3 {
            let (energy, limit) = (1 + self.draw(400), Price(35_000 + self.draw(6) as i64 * 4_000));
            self.order((member, Heat), at, Side::Buy, energy, limit);
            let side = Side::ALL[self.draw(2) as usize];
            let (energy, limit) = (1 + self.draw(400), Price(50_000 + self.draw(4) as i64 * 10_000));
            self.order((member, Gas), at, side, energy, limit);
        }
        self.order((1, Heat), at, Side::Buy, 400, Price(90_000));
        let (energy, limit) = (1 + self.draw(200), Price(35_000 + self.draw(3) as i64 * 5_000));
        self.order((3, Heat), at, Side::Sell, energy, limit);
        for (member, capacity) in [(4, 1_000), (5, 700)] {
            let outputs = vec![Output { meter: meter(member, Heat), ratio: self.ratio }];
            let (account, input, nonce) = (account(member), meter(member, Electricity), self.nonce());
            let capacity = Energy(capacity);
            let offer = Conversion { account, interval: at, input, outputs, capacity, cost: WEAR, nonce };
            self.send(Command::Convert(offer));
        }
    }

    /// A battery that is full enough to give all it can.
    fn store(&mut self, at: DeliveryInterval, further: u16) {
        let offer = StorageOffer {
            account: account(3),
            meter: meter(3, Carrier::Electricity),
            interval: at,
            further,
            charge: Energy(100),
            discharge: Energy(90),
            capacity: Energy(5_000),
            level: Energy(2_000),
            least: Energy::ZERO,
            charge_efficiency: 950_000,
            discharge_efficiency: 900_000,
            kept: 999_000,
            cost: Price(7_000),
            nonce: self.nonce(),
        };
        self.send(Command::Store(offer));
    }

    /// The books of `count` intervals from this one on are frozen and cleared.
    fn clear(&mut self, at: DeliveryInterval, count: u64) {
        self.freeze(at, count);
        self.claim(at);
    }

    fn freeze(&mut self, at: DeliveryInterval, count: u64) {
        self.send(Command::Tick { time: at.start - GATE });
        for interval in (0..count).map(|step| at.later(step)) {
            for carrier in Carrier::ALL {
                self.send(Command::Close { carrier, interval });
            }
        }
    }

    /// The books that are frozen from this interval on are cleared.
    fn claim(&mut self, interval: DeliveryInterval) {
        let claim = claim(&self.state.coupled_problem(interval).unwrap());
        self.send(Command::Clear { carrier: Carrier::Electricity, interval, claim });
    }

    /// The same, but that the offers are set aside first.
    fn set_aside(&mut self, interval: DeliveryInterval, count: u64) {
        self.freeze(interval, count);
        self.send(Command::Clear { carrier: Carrier::Electricity, interval, claim: Claim::Nothing });
        self.claim(interval);
    }
}

const fn account(member: u32) -> AccountId {
    AccountId(AccountId::FIRST_MEMBER.0 + member)
}

const fn meter(member: u32, carrier: Carrier) -> MeterId {
    MeterId(3 * member + carrier as u32)
}

/// Energy of the orders of a side whose limit `counts`, Wh.
fn energy(node: &Node<'_>, side: Side, counts: impl Fn(Price) -> bool) -> i64 {
    let orders = node.book.orders(side).iter();
    orders.filter(|order| counts(order.limit)).map(|order| order.energy.0).sum()
}

/// The right claim.
fn claim(problem: &Coupled<'_>) -> Claim {
    let storages: Vec<StorageClaim> = problem
        .storages
        .iter()
        .map(|offer| StorageClaim {
            flows: vec![-offer.power[1]; offer.nodes.len()],
            values: vec![Price::ZERO; offer.nodes.len()],
        })
        .collect();
    let mut conversions: Vec<ConversionClaim> = Vec::new();
    let mut nodes: Vec<NodeClaim> = Vec::new();
    for (at, node) in problem.nodes.iter().enumerate() {
        let pumps: Vec<&Converter> =
            problem.conversions.iter().filter(|pump| pump.input == at - at % 3).collect();
        let given: i64 = problem
            .storages
            .iter()
            .filter(|offer| offer.nodes.contains(&at))
            .map(|offer| offer.power[1].0)
            .sum();
        match node.carrier {
            _ if pumps.is_empty() => nodes.push(alone(node)),
            Carrier::Electricity => {
                let heat = &problem.nodes[at + 1];
                let (price, between) = heat_price(pumps[0].outputs[0].1);
                let above = price + Price(i64::from(between));
                let wanted = energy(heat, Side::Buy, |limit| limit > price)
                    - energy(heat, Side::Sell, |limit| limit < above);
                let done = run(&pumps, wanted);
                let taken: i64 = done.iter().map(|does| does.input.0).sum();
                conversions.extend(done);
                let bids = energy(node, Side::Buy, |limit| limit == PLENTY);
                let more = energy(node, Side::Buy, |limit| limit > PLENTY);
                let margin = [Energy(bids), Energy(bids + more + taken - given)];
                nodes.push(NodeClaim { price: PLENTY, between: false, margin, short: [Energy::ZERO; 2] });
            }
            Carrier::Heat => {
                let (price, between) = heat_price(pumps[0].outputs[0].1);
                let at = |side| if between { 0 } else { energy(node, side, |limit| limit == price) };
                let both = Energy(at(Side::Buy).min(at(Side::Sell)));
                nodes.push(NodeClaim { price, between, margin: [both, both], short: [Energy::ZERO; 2] });
            }
            Carrier::Gas => nodes.push(alone(node)),
        }
    }
    Claim::Coupled { nodes, conversions, storages }
}

/// What heat costs a pump, n€/Wh, rounded down, and whether it was rounded.
fn heat_price(ratio: u32) -> (Price, bool) {
    let (paid, ratio) = ((PLENTY + WEAR).0 * 1_000_000, i64::from(ratio));
    (Price(paid / ratio), paid % ratio != 0)
}

/// The pumps share the least input that gives so much heat; what is too much of it the last ones lose.
fn run(pumps: &[&Converter], wanted: i64) -> Vec<ConversionClaim> {
    let capacity: i64 = pumps.iter().map(|pump| pump.capacity.0).sum();
    let shares = |total: i64| {
        let mut upto = 0;
        let share = |pump: &&Converter| {
            let before = total * upto / capacity;
            upto += pump.capacity.0;
            Energy(total * upto / capacity - before)
        };
        pumps.iter().map(share).collect::<Vec<_>>()
    };
    let give = |inputs: &[Energy]| -> Vec<i64> {
        inputs.iter().zip(pumps).map(|(input, pump)| Converter::given(*input, pump.outputs[0].1).0).collect()
    };
    let total =
        (0..=capacity).find(|total| give(&shares(*total)).iter().sum::<i64>() >= wanted).expect("enough");
    let (inputs, mut given) = (shares(total), give(&shares(total)));
    let mut left = given.iter().sum::<i64>() - wanted;
    for ((given, input), pump) in given.iter_mut().zip(&inputs).zip(pumps).rev() {
        let ratio = i64::from(pump.outputs[0].1);
        let most = (ratio + 999_999 - (input.0 * ratio - *given * 1_000_000)) / 1_000_000;
        let lost = left.min(most).min(*given);
        (*given, left) = (*given - lost, left - lost);
    }
    assert_eq!(left, 0);
    inputs
        .iter()
        .zip(given)
        .map(|(input, given)| ConversionClaim { input: *input, outputs: vec![Energy(given)] })
        .collect()
}

/// A book that no offer touches, by the market's own cut.
fn alone(node: &Node<'_>) -> NodeClaim {
    let orders = || node.book.bids.iter().chain(&node.book.offers);
    let cut = orders().find_map(|order| Cut::at(node.book, order.limit).ok());
    let bids = node.book.bids.iter().map(|order| order.limit).max().unwrap_or(node.collar.0);
    let offers = node.book.offers.iter().map(|order| order.limit).min().unwrap_or(node.collar.1);
    let (lo, hi) = cut.map_or((bids, offers), |cut| (cut.lo, cut.hi));
    let price = Price(lo.0 + node.k.of(hi.0 - lo.0));
    let margin = |side| Cut::at(node.book, price).map_or(Energy::ZERO, |cut| cut.margin(side).1);
    let margin = [margin(Side::Buy), margin(Side::Sell)];
    NodeClaim { price, between: false, margin, short: [Energy::ZERO; 2] }
}

/// A few intervals: cleared alone, two in a row, and a storage that reaches beyond.
fn run_of(seed: u64) -> Vec<Envelope> {
    let mut village = Village::new(seed);
    let at = |step| FIRST.later(step);
    village.send(Command::Tick { time: at(0).start - GATE - 60 });
    village.trade(at(0));
    village.store(at(0), 0);
    village.clear(at(0), 1);
    village.send(Command::Tick { time: at(1).start - GATE - 60 });
    village.trade(at(1));
    village.trade(at(2));
    village.store(at(1), 1);
    village.clear(at(1), 2);
    village.deliver(at(0), 1);
    village.deliver(at(1), 2);
    village.send(Command::Tick { time: at(3).start - GATE - 60 });
    village.trade(at(3));
    village.store(at(3), 1);
    village.clear(at(3), 1);
    village.commands
}

/// Offers are set aside: of two intervals in a row, and with a storage that reaches beyond, which may offer again.
fn run_without_offers(seed: u64) -> Vec<Envelope> {
    let mut village = Village::new(seed);
    let at = |step| FIRST.later(step);
    village.send(Command::Tick { time: at(0).start - GATE - 60 });
    village.trade(at(0));
    village.trade(at(1));
    village.store(at(0), 1);
    village.set_aside(at(0), 2);
    village.deliver(at(0), 1);
    village.send(Command::Tick { time: at(2).start - GATE - 60 });
    village.trade(at(2));
    village.store(at(2), 1);
    village.set_aside(at(2), 1);
    village.store(at(3), 0);
    village.commands
}

#[test]
fn the_market_cannot_lie_about_coupled_carriers() {
    let mut told = BTreeMap::new();
    for seed in 0..12 {
        lie_about(seed, &run_of(seed), &mut told);
        lie_about(seed, &run_without_offers(seed), &mut told);
    }
    let lies: u32 = told.values().sum();
    println!("{lies} lies, all noticed: {told:#?}");
    assert!(lies > 10_000 && told["Converted.money"] > 150 && told["OffersLapsed.storages"] == 24);
}

/// What one commit of a command writes behind `last`.
fn segment(last: &Receipt, envelope: &Envelope) -> Segment {
    let mut bytes = Vec::new();
    encoding::encode(envelope, &mut bytes);
    let (first, count) = (last.end(), 1);
    let hash = chain(&last.hash, first, count, &bytes);
    Segment { receipt: Receipt { first, count, hash, root: [0; 32], signature: None }, bytes }
}

/// Whether two clearings differ in nothing but the claim, and both are of this rule.
fn same_place(one: &Command, other: &Command) -> bool {
    match (one, other) {
        (
            Command::Clear { carrier, interval, .. },
            Command::Clear { carrier: of, interval: at, claim: Claim::Coupled { .. } },
        ) => (carrier, interval) == (of, at) && one != other,
        _ => false,
    }
}

/// Every number of every claim, and every number of every offer, is changed in the log. The audit names the record and
/// a law; for a claim also the inequality; and the second witness notices another claim without the market's help.
#[test]
fn no_change_to_a_coupled_claim_or_offer_goes_unnoticed() {
    let mut laws: BTreeMap<(&str, &str), u32> = BTreeMap::new();
    for (seed, run) in (0..6).flat_map(|seed| [run_of, run_without_offers].map(|run| (seed, run))) {
        let commands = run(seed);
        let (mut auditor, mut last) = (Auditor::new(&[]), Receipt::default());
        let (mut state, mut books) = (State::new(), Books::default());
        for (number, envelope) in commands.iter().enumerate() {
            let kind = match envelope.command {
                Command::Clear { .. } => "claim",
                Command::Convert(_) | Command::Store(_) => "offer",
                _ => "",
            };
            let mut events: Vec<Event> = Vec::new();
            state.apply(envelope, &Recoverer, &mut events).unwrap();
            for (field, changed) in tamperings(envelope).into_iter().filter(|_| !kind.is_empty()) {
                if kind == "claim" && !same_place(&envelope.command, &changed.command) {
                    continue;
                }
                let mut forged = (auditor.clone(), last);
                let mut found = None;
                for envelope in std::iter::once(&changed).chain(&commands[number + 1..]) {
                    let segment = segment(&forged.1, envelope);
                    forged.1 = segment.receipt;
                    forged.0.segment(&segment);
                    found = forged.0.first_violation().cloned();
                    if found.is_some() {
                        break;
                    }
                }
                // An offer is its account's, whose signature speaks for it; here there are none.
                let Some(violation) = found else {
                    assert_eq!(kind, "offer", "{field}: {changed:?}");
                    continue;
                };
                *laws.entry((kind, violation.law.number())).or_default() += 1;
                if kind == "claim" {
                    assert_eq!(violation.record, number as u64, "{field}: {violation}");
                    assert!(violation.words.contains("wrong: "), "{field}: {violation}");
                    let (mut books, mut tally) = (books.clone(), Tally::default());
                    let signer = books.signer(&changed, &Recoverer);
                    books.record(&changed.command, signer, &events, &state, &mut tally);
                    // What a Wh held is worth nobody pays; a n€ off, it proves nearly as much.
                    let noticed = tally.first().is_some() || field == "StorageClaim.values";
                    assert!(noticed, "the second witness: {field}\n{changed:?}");
                }
            }
            let honest = segment(&last, envelope);
            last = honest.receipt;
            auditor.segment(&honest);
            let signer = books.signer(envelope, &Recoverer);
            books.record(&envelope.command, signer, &events, &state, &mut Tally::default());
        }
        assert_eq!(auditor.finish().first_violation, None, "seed {seed}");
    }
    println!("{laws:#?}");
    let claims: u32 = laws.iter().filter(|((kind, _), _)| *kind == "claim").map(|(_, count)| count).sum();
    assert!(claims > 500, "{claims} changes only");
    for law in ["C2", "C6", "C7", "S9"] {
        assert!(laws.keys().any(|(kind, found)| (*kind, *found) == ("claim", law)), "{law} was never named");
    }
}
