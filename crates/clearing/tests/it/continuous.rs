//! The open book against a naive one, its laws, and cases worked by hand that go through the whole state.

use crate::floor::Floor;
use market::rule::{Binding, OpenBook, RuleKind, Trade};
use market::{
    AccountId, Attributes, BookOrder, Claim, Command, Energy, Event, Law, MAX_ENERGY, MAX_PRICE, MeterId,
    Money, OrderId, Price, Rule, Side, TimeInForce,
};
use proptest::prelude::*;
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// What happens to a book: an order arrives, or the order that arrived at this place of its side is taken back.
#[derive(Clone, Copy, Debug)]
enum Step {
    Arrive { side: Side, limit: i64, energy: i64, time_in_force: TimeInForce },
    Cancel { side: Side, arrival: u32 },
}

/// Flows with many ties or few, of tiny and of huge orders.
fn flows() -> impl Strategy<Value = Vec<Step>> {
    let prices = prop_oneof![Just((-2, 2)), Just((-30, 30)), Just((-MAX_PRICE.0, MAX_PRICE.0))];
    let energies = prop_oneof![Just((1, 3)), Just((1, 5000)), Just((1, MAX_ENERGY.0))];
    let side = || prop_oneof![Just(Side::Buy), Just(Side::Sell)];
    (prices, energies).prop_flat_map(move |(prices, energies)| {
        let in_force = prop::sample::select(&TimeInForce::ALL[..]);
        let arrive = (side(), prices.0..=prices.1, energies.0..=energies.1, in_force);
        let arrive = arrive.prop_map(|(side, limit, energy, time_in_force)| Step::Arrive {
            side,
            limit,
            energy,
            time_in_force,
        });
        let cancel = (side(), 0..20_u32).prop_map(|(side, arrival)| Step::Cancel { side, arrival });
        prop::collection::vec(prop_oneof![5 => arrive, 1 => cancel], 0..40)
    })
}

/// An order as the naive book keeps it.
#[derive(Clone, Copy, Debug)]
struct Resting {
    side: Side,
    limit: i64,
    energy: i64,
    arrival: u32,
}

/// What one step did.
#[derive(Debug, PartialEq)]
struct Done {
    trades: Vec<Trade>,
    /// What is left of the order that arrived, or was left of the one taken back.
    left: Option<Energy>,
}

/// The definition, Wh by Wh as it were: before each trade all of the other side is looked at again.
#[derive(Default)]
struct Naive {
    resting: Vec<Resting>,
    arrivals: [u32; 2],
}

impl Naive {
    fn step(&mut self, step: Step) -> Done {
        match step {
            Step::Cancel { side, arrival } => {
                let mine = |order: &Resting| order.side == side && order.arrival == arrival;
                let at = self.resting.iter().position(mine);
                let left = at.map(|at| Energy(self.resting.remove(at).energy));
                Done { trades: Vec::new(), left }
            }
            Step::Arrive { side, limit, energy, time_in_force } => {
                let arrival = self.arrivals[side as usize];
                self.arrivals[side as usize] += 1;
                let before = self.resting.clone();
                let (mut trades, mut left) = (Vec::new(), energy);
                while left > 0
                    && let Some(at) = self.best(side, limit)
                {
                    let other = &mut self.resting[at];
                    let energy = left.min(other.energy);
                    let (bid, offer) =
                        if side == Side::Buy { (arrival, other.arrival) } else { (other.arrival, arrival) };
                    trades.push(Trade { bid, offer, energy: Energy(energy), price: Price(other.limit) });
                    left -= energy;
                    other.energy -= energy;
                    if other.energy == 0 {
                        self.resting.remove(at);
                    }
                }
                if left > 0 {
                    match time_in_force {
                        TimeInForce::FillOrKill => {
                            (self.resting, trades, left) = (before, Vec::new(), energy)
                        }
                        TimeInForce::ImmediateOrCancel => {}
                        _ => self.resting.push(Resting { side, limit, energy: left, arrival }),
                    }
                }
                Done { trades, left: Some(Energy(left)) }
            }
        }
    }

    /// The best order of the other side that this limit reaches; of one price the earliest.
    fn best(&self, side: Side, limit: i64) -> Option<usize> {
        let against = |order: &Resting| match side {
            Side::Buy => order.side == Side::Sell && order.limit <= limit,
            Side::Sell => order.side == Side::Buy && order.limit >= limit,
        };
        let worse = |order: &Resting| if side == Side::Buy { order.limit } else { -order.limit };
        let within = (0..self.resting.len()).filter(|at| against(&self.resting[*at]));
        within.min_by_key(|at| (worse(&self.resting[*at]), self.resting[*at].arrival))
    }

    /// The best limits, bid and offer.
    fn best_limits(&self) -> (Option<i64>, Option<i64>) {
        let limits =
            |side| self.resting.iter().filter(move |order| order.side == side).map(|order| order.limit);
        (limits(Side::Buy).max(), limits(Side::Sell).min())
    }
}

/// The open book with the places of arrival that it is told.
#[derive(Default)]
struct Open {
    book: OpenBook,
    arrivals: [u32; 2],
}

impl Open {
    fn step(&mut self, step: Step) -> Done {
        let mut trades = Vec::new();
        match step {
            Step::Cancel { side, arrival } => Done { left: self.book.cancel(side, arrival), trades },
            Step::Arrive { side, limit, energy, time_in_force } => {
                let arrival = self.arrivals[side as usize];
                self.arrivals[side as usize] += 1;
                let order = BookOrder {
                    limit: Price(limit),
                    energy: Energy(energy),
                    account: AccountId(6),
                    meter: MeterId(0),
                    arrival,
                    time_in_force,
                };
                let left = self.book.arrive(side, &order, &mut trades);
                Done { trades, left: Some(left) }
            }
        }
    }
}

fn cases() -> ProptestConfig {
    ProptestConfig::with_cases(ProptestConfig::default().cases.max(10_000))
}

/// Tests a law after every step of random flows: the naive book, the step and what the open book did.
fn law(law: Law, holds: impl Fn(&Naive, Step, &Done)) {
    let bound = RuleKind::Continuous.binding(law);
    assert!(!matches!(bound, Binding::DoesNotApply(_)), "{} does not apply", law.number());
    proptest!(cases(), |(flow in flows())| {
        let (mut naive, mut open) = (Naive::default(), Open::default());
        for step in flow {
            let done = open.step(step);
            prop_assert_eq!(&naive.step(step), &done);
            holds(&naive, step, &done);
        }
    });
}

#[test]
fn the_open_book_does_what_the_naive_one_does() {
    proptest!(cases(), |(flow in flows())| {
        let (mut naive, mut open) = (Naive::default(), Open::default());
        for step in flow {
            prop_assert_eq!(open.step(step), naive.step(step));
        }
    });
}

#[test]
fn c1_no_order_is_filled_beyond_its_energy() {
    let filled = |done: &Done| done.trades.iter().map(|trade| trade.energy).sum::<Energy>();
    law(Law::C1, |_, step, done| {
        if let Step::Arrive { energy, .. } = step {
            assert!(done.trades.iter().all(|trade| trade.energy > Energy::ZERO));
            assert_eq!(filled(done) + done.left.unwrap(), Energy(energy));
        }
    });
    // Nor is an order that rests: over its life it trades at most its energy.
    proptest!(cases(), |(flow in flows())| {
        let mut open = Open::default();
        let mut energies: [Vec<i64>; 2] = Default::default();
        for step in flow {
            if let Step::Arrive { side, energy, .. } = step {
                energies[side as usize].push(energy);
            }
            for trade in open.step(step).trades {
                for (side, arrival) in [(Side::Buy, trade.bid), (Side::Sell, trade.offer)] {
                    let left = &mut energies[side as usize][arrival as usize];
                    *left -= trade.energy.0;
                    prop_assert!(*left >= 0);
                }
            }
        }
    });
}

#[test]
fn c3_every_trade_is_at_the_resting_limit_and_within_the_arriving_one() {
    law(Law::C3, |_, step, done| {
        if let Step::Arrive { side, limit, .. } = step {
            let within = |trade: &Trade| match side {
                Side::Buy => trade.price.0 <= limit,
                Side::Sell => trade.price.0 >= limit,
            };
            assert!(done.trades.iter().all(within));
        }
    });
}

#[test]
fn c5_the_book_is_never_crossed() {
    law(Law::C5, |naive, _, _| {
        if let (Some(bid), Some(offer)) = naive.best_limits() {
            assert!(bid < offer);
        }
    });
}

#[test]
fn better_prices_come_first_and_earlier_orders_before_later_ones_of_a_price() {
    proptest!(cases(), |(flow in flows())| {
        let mut open = Open::default();
        for step in flow {
            let Step::Arrive { side, .. } = step else { continue };
            let rank = |trade: &Trade| match side {
                Side::Buy => (trade.price.0, trade.offer),
                Side::Sell => (-trade.price.0, trade.bid),
            };
            prop_assert!(open.step(step).trades.is_sorted_by_key(rank));
        }
    });
}

#[test]
fn only_orders_that_may_rest_do_and_a_fill_or_kill_is_never_divided() {
    proptest!(cases(), |(flow in flows())| {
        let mut open = Open::default();
        for step in flow {
            let done = open.step(step);
            let Step::Arrive { side, energy, time_in_force, .. } = step else { continue };
            let rests = matches!(time_in_force, TimeInForce::NextClearing | TimeInForce::GateClosure);
            let left = done.left.unwrap();
            if time_in_force == TimeInForce::FillOrKill {
                prop_assert!(left.is_zero() || left == Energy(energy));
                prop_assert_eq!(left.is_zero(), !done.trades.is_empty());
            }
            let arrival = open.arrivals[side as usize] - 1;
            prop_assert_eq!(open.book.clone().cancel(side, arrival), (rests && !left.is_zero()).then_some(left));
        }
    });
}

/// Trades of a flow of limit orders that rest: side, limit, energy.
fn trades(flow: &[(Side, i64, i64)]) -> Vec<(u32, u32, i64, i64)> {
    let mut open = Open::default();
    let step = |(side, limit, energy): &(Side, i64, i64)| Step::Arrive {
        side: *side,
        limit: *limit,
        energy: *energy,
        time_in_force: TimeInForce::GateClosure,
    };
    let steps = flow.iter().map(step);
    let done: Vec<Trade> = steps.flat_map(|step| open.step(step).trades).collect();
    done.iter().map(|trade| (trade.bid, trade.offer, trade.energy.0, trade.price.0)).collect()
}

#[test]
fn c6_does_not_apply_no_price_separates_filled_from_open() {
    assert!(matches!(RuleKind::Continuous.binding(Law::C6), Binding::DoesNotApply(_)));
    // The bid at 20 trades with the offer at 10 before the bid at 30 comes: it is filled and the better one is not.
    let flow = [(Side::Sell, 10, 5), (Side::Buy, 20, 5), (Side::Buy, 30, 5)];
    assert_eq!(trades(&flow), [(0, 0, 5, 10)]);
}

#[test]
fn c7_does_not_apply_welfare_is_lost_to_whoever_comes_first() {
    assert!(matches!(RuleKind::Continuous.binding(Law::C7), Binding::DoesNotApply(_)));
    // The same flow: 5·(20 − 10) = 50 is gained, where 5·(30 − 10) = 100 could have been.
    let flow = [(Side::Sell, 10, 5), (Side::Buy, 20, 5), (Side::Buy, 30, 5)];
    let limit = |trade: &(u32, u32, i64, i64)| flow[1 + trade.0 as usize].1;
    let welfare: i64 = trades(&flow).iter().map(|trade| trade.2 * (limit(trade) - 10)).sum();
    assert_eq!(welfare, 50);
}

#[test]
fn c10_does_not_apply_part_of_a_divided_order_may_come_too_late() {
    assert!(matches!(RuleKind::Continuous.binding(Law::C10), Binding::DoesNotApply(_)));
    let whole = [(Side::Sell, 10, 4), (Side::Sell, 10, 4), (Side::Buy, 10, 4)];
    assert_eq!(trades(&whole), [(0, 0, 4, 10)]);
    // The first seller holds half of its order back until the second has come: it sells 2 instead of 4.
    let divided = [(Side::Sell, 10, 2), (Side::Sell, 10, 4), (Side::Sell, 10, 2), (Side::Buy, 10, 4)];
    assert_eq!(trades(&divided), [(0, 0, 2, 10), (0, 1, 2, 10)]);
}

/// C2, C4, C8, C9, C11 and C12 on the state as a whole.
#[test]
fn a_flow_through_the_state_keeps_the_laws() {
    for law in [Law::C2, Law::C4, Law::C8, Law::C9, Law::C11, Law::C12] {
        assert_eq!(RuleKind::Continuous.binding(law), Binding::Holds);
    }
    let flow = prop::collection::vec((flows(), 0..4_u32), 1..4);
    proptest!(ProptestConfig::with_cases(ProptestConfig::default().cases.max(10_000) / 20), |(flow in flow)| {
           let mut floor = Floor::new(Rule::Continuous, 4);
           let mut again = Floor::new(Rule::Continuous, 4);
           for (steps, shift) in flow {
               for (member, step) in (shift..).zip(steps) {
                   let member = member % 4;
                   let from = floor.events.len();
                   let command = match step {
                       Step::Arrive { side, limit, energy, time_in_force } => {
                           floor.order(member, side, energy, limit, time_in_force)
                       }
                       Step::Cancel { side, arrival } => floor.cancel(member, side, arrival),
                   };
                   let result = floor.apply(command.clone());
                   prop_assert_eq!(result, again.apply(command));
                   let told = &floor.events[from..];
                   if result.is_err() {
                       prop_assert!(told.is_empty());
                       continue;
                   }
                   let (mut bought, mut sold) = ((Energy::ZERO, Money::ZERO), (Energy::ZERO, Money::ZERO));
                   let mut parties = [None; 2];
                   for event in told {
                       if let Event::Filled { id, account, limit, energy, money, .. } = event {
                           let sum = if id.side == Side::Buy { &mut bought } else { &mut sold };
                           *sum = (sum.0 + *energy, sum.1 + *money);
                           parties[id.side as usize] = Some(*account);
                           let bound = *energy * *limit;
                           let rational = if id.side == Side::Buy { *money <= bound } else { *money >= bound };
    prop_assert!(rational);
                           prop_assert!(parties[0] != parties[1]); // C11
                       }
                   }
                   prop_assert_eq!(bought, sold); // C2, C4
                   floor.check_books();
               }
           }
           let (one, other) = (floor.state.root(), again.state.root());
           prop_assert_eq!(one, other); // C9
       });
}

/// Accepts an order and gives the trades it makes: bid, offer, energy, price.
fn placed(floor: &mut Floor, order: Command) -> Vec<(u32, u32, i64, i64)> {
    let from = floor.events.len();
    floor.accept(order);
    let trade = |event: &Event| match *event {
        Event::Paired { bid, offer, energy, price } => Some((bid, offer, energy.0, price.0)),
        _ => None,
    };
    floor.events[from..].iter().filter_map(trade).collect()
}

#[test]
fn an_order_that_has_traded_no_longer_stands_in_its_accounts_way() {
    let mut floor = Floor::new(Rule::Continuous, 2);
    for (member, side, energy, limit, trades) in [
        (0, Side::Sell, 5, 10, vec![]),
        (1, Side::Buy, 5, 10, vec![(0, 0, 5, 10)]),
        // 0 sold all it offered at 10 and may bid as much; so may 1, the other way round.
        (0, Side::Buy, 5, 10, vec![]),
        (1, Side::Sell, 5, 10, vec![(1, 1, 5, 10)]),
    ] {
        let order = floor.order(member, side, energy, limit, TimeInForce::GateClosure);
        assert_eq!(placed(&mut floor, order), trades);
    }
}

#[test]
fn a_clearing_lets_lapse_what_waited_for_it_and_the_rest_goes_on_trading() {
    let mut floor = Floor::new(Rule::Continuous, 2);
    for (limit, in_force) in [(10, TimeInForce::NextClearing), (20, TimeInForce::GateClosure)] {
        let order = floor.order(0, Side::Sell, 5, limit, in_force);
        let order = floor.wish(order, 1, Attributes::default());
        assert_eq!(placed(&mut floor, order), []);
    }
    let (carrier, interval) = (floor.carrier(), floor.interval(1));
    floor.accept(Command::Close { carrier, interval });
    floor.accept(Command::Clear { carrier, interval, claim: Claim::Continuous });
    let order = floor.order(1, Side::Buy, 8, 30, TimeInForce::ImmediateOrCancel);
    let order = floor.wish(order, 1, Attributes::default());
    assert_eq!(placed(&mut floor, order), [(0, 1, 5, 20)]);
    floor.check_books();
}

#[test]
fn continuous_trading_worked_by_hand() {
    let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../cases/continuous");
    let mut worked = 0;
    for folder in std::fs::read_dir(root).unwrap().map(|entry| entry.unwrap().path()) {
        if !folder.is_dir() {
            continue;
        }
        println!("{}", folder.display());
        assert!(folder.join("README.md").is_file());
        let mut floor = Floor::new(Rule::Continuous, 6);
        let mut ids: BTreeMap<(usize, u32), String> = BTreeMap::new();
        let mut orders: BTreeMap<String, OrderId> = BTreeMap::new();
        let mut rejected = Vec::new();
        let mut reader = csv::Reader::from_path(folder.join("input.csv")).unwrap();
        for row in reader.records() {
            let row = row.unwrap();
            let [id, account, side, energy, limit, in_force] = std::array::from_fn(|at| row[at].to_owned());
            let member = u32::from(account.as_bytes()[0] - b'a');
            let from = floor.events.len();
            let command = match Side::ALL.into_iter().find(|known| known.name() == side) {
                Some(side) => {
                    let in_force = TimeInForce::from_name(&in_force).unwrap();
                    floor.order(member, side, energy.parse().unwrap(), limit.parse().unwrap(), in_force)
                }
                None => floor.cancel(member, orders[&id].side, orders[&id].arrival),
            };
            if let Err(rejection) = floor.apply(command) {
                rejected.push(json!({ "id": id, "code": rejection.code() }));
                continue;
            }
            if let Event::OrderAccepted { id: at, .. } = floor.events[from] {
                ids.insert((at.side as usize, at.arrival), id.clone());
                orders.insert(id, at);
            }
        }
        let named = |side: Side, arrival: u32| ids[&(side as usize, arrival)].clone();
        let of = |events: &[Event]| -> BTreeMap<String, i64> {
            let ended = events.iter().filter_map(|event| match event {
                Event::OrderEnded { id, unfilled } => Some((named(id.side, id.arrival), unfilled.0)),
                _ => None,
            });
            ended.collect()
        };
        let trades: Vec<Value> = floor.events.iter().filter_map(|event| match *event {
            Event::Paired { bid, offer, energy, price } => Some(json!({
                "buy": named(Side::Buy, bid), "sell": named(Side::Sell, offer), "energy_wh": energy.0, "price": price.0,
            })),
            _ => None,
        }).collect();
        let lapsed = of(&floor.events);
        let from = floor.events.len();
        floor.close(0, 1);
        floor.accept(Command::Clear {
            carrier: floor.carrier(),
            interval: floor.interval(0),
            claim: Claim::Continuous,
        });
        let resting = of(&floor.events[from..]);
        let found = json!({ "trades": trades, "resting": resting, "lapsed": lapsed, "rejected": rejected });
        let expected = std::fs::read_to_string(folder.join("expected.json")).unwrap();
        assert_eq!(found, serde_json::from_str::<Value>(&expected).unwrap());
        worked += 1;
    }
    assert_eq!(worked, 16);
}
