//! A strategy that says when machines start.

use agents::device::{Appliance, Device, Request};
use agents::dispatch::{Guide, Starts};
use agents::forecast::Method;
use agents::strategy::{Ladder, Situation};
use agents::{
    Coupling, Fees, Intent, MarketOutlook, Outlook, Prosumer, ProsumerDescription, Random, Strategy,
};
use market::{Carrier, DeliveryInterval, Energy, Price, Prices};

/// Starts every machine at one step, not before.
struct At(i64);

impl Strategy for At {
    fn name(&self) -> &'static str {
        "at"
    }

    fn prepare(&mut self, situation: &Situation<'_>) {
        assert!(situation.plan.is_empty());
        for machine in situation.machines() {
            assert_eq!(machine.profile, [300, 200]);
            assert!(machine.waiting.is_none() || machine.started.is_none());
        }
    }

    fn orders(&mut self, situation: &Situation<'_>, random: &mut Random, orders: &mut Vec<Intent>) {
        Ladder.orders(situation, random, orders);
    }

    fn guide(&self, step: i64) -> Guide {
        let starts = if step == self.0 { Starts::default().with(0) } else { Starts::default() };
        Guide { machines: Some(starts), ..Guide::default() }
    }
}

/// Energy bought per step, of the orders placed two steps ahead and of what was then delivered.
fn bought(strategy: Box<dyn Strategy>, known_from: i64) -> (Vec<i64>, Vec<i64>) {
    let request = Request { requested: known_from, latest: 6 };
    let machine = Appliance::new([300, 200].into(), [request].into()).unwrap();
    let mut house = Prosumer::new(ProsumerDescription {
        name: "house",
        seed: 1,
        devices: [Device::Appliance(machine)].into_iter().collect(),
        strategy,
        connected: &[Carrier::Electricity],
        merit: &[],
        forecast: Method::Persistence,
        offers_storage: false,
        duration: 900,
    })
    .unwrap();
    let prices = [Prices { import: Price(300_000), export: Price(80_000) }];
    let (mut ordered, mut delivered) = (Vec::new(), Vec::new());
    for step in 0..9_u64 {
        let market = MarketOutlook { prices: &prices, fees: Fees::default(), held: &[], recent: &[] };
        let outlook = Outlook {
            step: step as i64,
            first: DeliveryInterval::new(900 * step, 900).unwrap(),
            open: 1,
            running: [Energy::ZERO; 3],
            markets: [Some(market), None, None],
            coupling: Coupling::default(),
        };
        let mut orders = Vec::new();
        house.orders(&outlook, &mut orders);
        ordered.push(orders.iter().map(|order| order.energy.0).sum());
        delivered.push(house.deliver(step as i64, &[Energy::ZERO; 3]).of(Carrier::Electricity).import);
    }
    (ordered, delivered)
}

#[test]
fn a_machine_starts_when_its_strategy_says_so_and_the_orders_know() {
    let at = |step, known_from| bought(Box::new(At(step)), known_from);
    assert_eq!(at(4, 0).0, [0, 0, 0, 0, 300, 200, 0, 0, 0]);
    assert_eq!(at(4, 0).1, [0, 0, 0, 0, 300, 200, 0, 0, 0]);
    // Never told to, it starts at its deadline.
    assert_eq!(at(99, 0).1, [0, 0, 0, 0, 0, 0, 300, 200, 0]);
    // A request of the step before last is not known when the order is placed, but it is when the machine starts.
    assert_eq!(at(4, 3), (vec![0, 0, 0, 0, 0, 200, 0, 0, 0], vec![0, 0, 0, 0, 300, 200, 0, 0, 0]));
}

#[test]
fn without_a_word_the_rule_waits_for_a_surplus() {
    assert_eq!(bought(Box::new(Ladder), 0).1, [0, 0, 0, 0, 0, 0, 300, 200, 0]);
}
