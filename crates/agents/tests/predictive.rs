//! Predictive control against optima worked by hand, and on random members.

use agents::device::CoefficientOfPerformance::Carnot;
use agents::device::{
    Battery, BatteryDescription, Car, CarDescription, Device, HeatPump, Load, Session, ThermalStore,
};
use agents::forecast::Method;
use agents::strategy::Predictive;
use agents::{Coupling, Fees, Intent, MarketOutlook, Outlook, Prosumer, ProsumerDescription, Series};
use market::{Carrier, DeliveryInterval, Energy, Price, Prices, Side};

const HOUR: u32 = 3_600;

fn member(devices: Vec<Device>, intervals: usize) -> Prosumer {
    Prosumer::new(ProsumerDescription {
        name: "house",
        seed: 1,
        devices: devices.into_iter().collect(),
        strategy: Box::new(Predictive::new(intervals, 0.5)),
        connected: &[Carrier::Electricity],
        merit: &[],
        forecast: Method::Persistence,
        offers_storage: false,
        duration: HOUR,
    })
    .unwrap()
}

fn load(carrier: Carrier, energy: i32) -> Device {
    Device::Load(Load::new(carrier, Series::constant(energy, -5..10)).unwrap())
}

fn battery(efficiency: f64, initial_charge: f64) -> Device {
    let is = BatteryDescription {
        capacity_wh: 10_000,
        power_w: 5_000,
        charge_efficiency: efficiency,
        discharge_efficiency: efficiency,
        self_discharge_per_day: 0.0,
        minimum_charge: 0.0,
        initial_charge,
        degradation_cost: 0,
    };
    Device::Battery(Battery::new(is, HOUR).unwrap())
}

/// The orders at step 0 under hourly prices in ct/kWh: (import, export).
fn orders(member: &mut Prosumer, prices: &[(i64, i64)], open: usize) -> Vec<Intent> {
    let prices: Vec<Prices> = prices
        .iter()
        .map(|(import, export)| Prices { import: Price(import * 10_000), export: Price(export * 10_000) })
        .collect();
    let market = MarketOutlook { prices: &prices, fees: Fees::default(), held: &[], recent: &[] };
    let first = DeliveryInterval::new(0, HOUR).unwrap();
    let mut orders = Vec::new();
    let (running, coupling) = ([Energy::ZERO; 3], Coupling::default());
    let markets = [Some(market), None, None];
    member.orders(&Outlook { step: 0, first, open, running, markets, coupling }, &mut orders);
    orders
}

fn quantities(orders: &[Intent]) -> Vec<(u64, Side, i64)> {
    orders.iter().map(|order| (order.interval.start / 3_600, order.side, order.energy.0)).collect()
}

#[test]
fn cheap_hours_are_bought_for_dear_ones() {
    // 1 kWh is used in either hour, at 10 and 50 ct. Without losses: both kWh in the first hour.
    let mut house = member(vec![load(Carrier::Electricity, 1_000), battery(1.0, 0.0)], 2);
    assert_eq!(quantities(&orders(&mut house, &[(10, 0), (50, 0)], 2)), [(0, Side::Buy, 2_000)]);
    // 90 % each way: 1 000 + 1 000/0.81 = 2 234.6.
    let mut house = member(vec![load(Carrier::Electricity, 1_000), battery(0.9, 0.0)], 2);
    assert_eq!(quantities(&orders(&mut house, &[(10, 0), (50, 0)], 2)), [(0, Side::Buy, 2_235)]);
    // At 10 and 12 ct the losses cost more (12.3 ct) than the difference: each hour by itself.
    let mut house = member(vec![load(Carrier::Electricity, 1_000), battery(0.9, 0.0)], 2);
    assert_eq!(
        quantities(&orders(&mut house, &[(10, 0), (12, 0)], 2)),
        [(0, Side::Buy, 1_000), (1, Side::Buy, 1_000)]
    );
}

#[test]
fn a_full_battery_is_kept_for_the_dear_hour() {
    // 4 kWh stored; 1 kWh used per hour; 20 ct now, 60 ct with 55 ct for feeding in next hour: buy the kWh now, and
    // give next hour what the battery holds: 4 − 1 = 3 kWh.
    let mut house = member(vec![load(Carrier::Electricity, 1_000), battery(1.0, 0.4)], 2);
    let orders = orders(&mut house, &[(20, 0), (60, 55)], 2);
    assert_eq!(quantities(&orders)[1], (1, Side::Sell, 4_000), "5 kW · 1 h less the load");
    // More: 4 kWh in the store let 5 go out of which 1 is used, so one more is bought now, beside the load's.
    assert_eq!(quantities(&orders)[0], (0, Side::Buy, 2_000));
    // The battery then charges 1 kWh, although the contract alone (nothing bought) would have it discharge.
    let done = house.deliver(0, &[Energy::ZERO; 3]);
    assert_eq!((done.battery, done.of(Carrier::Electricity).import), (5_000, 2_000));
}

#[test]
fn a_car_charges_in_the_cheapest_hour_before_it_leaves() {
    let is = CarDescription {
        capacity_wh: 40_000,
        charge_w: 8_000,
        minimum_w: 1_000,
        discharge_w: 0,
        charge_efficiency: 1.0,
        discharge_efficiency: 1.0,
        initial_charge: 0.5,
        degradation_cost: 0,
    };
    // Plugged in since long; 6 kWh are missing; it leaves before the hour at 5 ct.
    let stay = Session { arrival: -3, departure: 3, driven: 0, required: 26_000 };
    let car = Device::Car(Car::new(is, [stay].into(), HOUR).unwrap());
    let mut house = member(vec![car], 4);
    // Steps up to −2 are known at the decision for step 0, so the car has arrived.
    let bought = orders(&mut house, &[(30, 0), (20, 0), (25, 0), (5, 0)], 4);
    assert_eq!(quantities(&bought), [(1, Side::Buy, 6_000)]);
}

#[test]
fn heat_is_made_ahead_when_electricity_is_cheap() {
    // Carnot 0.5 at 36.85 °C over 0 °C: 0.5 · 310 / 36.85 = 4.206; made real by 1.
    let source = Series::constant(0, -5..10);
    let pump = HeatPump::new(5_000, Carnot(0.5), 1.0, 36.85, source, HOUR).unwrap();
    let ratio = pump.ratio(0).value();
    let store = ThermalStore::new(50_000, 0.0, 0.0, 0.0, HOUR).unwrap();
    let mut house =
        member(vec![Device::HeatPump(pump), Device::ThermalStore(store), load(Carrier::Heat, 4_000)], 3);
    let bought = orders(&mut house, &[(10, 0), (40, 0), (40, 0)], 3);
    // All 12 kWh of heat in the first hour.
    let expected = (12_000.0 / ratio).round() as i64;
    assert_eq!(quantities(&bought), [(0, Side::Buy, expected)]);
}
