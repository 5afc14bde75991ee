//! Members by themselves: what the rules do, worked by hand.

use agents::device::{
    Appliance, Battery, BatteryDescription, Biomethane, Boiler, Chp, ChpDescription,
    CoefficientOfPerformance, Device, HeatPump, Load, Photovoltaic, Request, ThermalStore,
};
use agents::dispatch::HeatSource;
use agents::forecast::Method;
use agents::strategy::{self, Ladder};
use agents::{
    Coupling, Delivery, Fees, Intent, MarketOutlook, Outlook, Prosumer, ProsumerDescription, Series,
};
use market::{Carrier, DeliveryInterval, Energy, Price, Prices, Side};

const HOUR: u32 = 3_600;

fn member(devices: Vec<Device>, connected: &[Carrier]) -> Prosumer {
    let devices = devices.into_iter().collect();
    let strategy = Box::new(Ladder);
    Prosumer::new(ProsumerDescription {
        name: "house",
        seed: 1,
        devices,
        strategy,
        connected,
        merit: &[],
        forecast: Method::Persistence,
        offers_storage: false,
        duration: HOUR,
    })
    .unwrap()
}

fn load(carrier: Carrier, energy: i32) -> Device {
    Device::Load(Load::new(carrier, Series::constant(energy, -5..50)).unwrap())
}

fn sun(values: &[i32]) -> Device {
    Device::Photovoltaic(Photovoltaic::new(1_000, 1_000, Series::new(values.into(), -5), HOUR).unwrap())
}

fn battery(capacity_wh: i64, initial_charge: f64) -> Device {
    let is = BatteryDescription {
        capacity_wh,
        power_w: 5_000,
        charge_efficiency: 1.0,
        discharge_efficiency: 1.0,
        self_discharge_per_day: 0.0,
        minimum_charge: 0.0,
        initial_charge,
        degradation_cost: 0,
    };
    Device::Battery(Battery::new(is, HOUR).unwrap())
}

const TARIFF: [Prices; 3] = [
    Prices { import: Price(300_000), export: Price(80_000) },
    Prices { import: Price(120_000), export: Price(20_000) },
    Prices { import: Price(100_000), export: Price(40_000) },
];

fn orders(member: &mut Prosumer, step: i64, open: usize) -> Vec<Intent> {
    orders_at(member, step, open, &TARIFF)
}

fn orders_at(member: &mut Prosumer, step: i64, open: usize, tariff: &[Prices; 3]) -> Vec<Intent> {
    let markets = Carrier::ALL.map(|carrier| {
        let prices = &tariff[carrier as usize..=carrier as usize];
        let market = MarketOutlook { prices, fees: Fees::default(), held: &[], recent: &[] };
        member.is_connected(carrier).then_some(market)
    });
    let first = DeliveryInterval::new(3_600 * step as u64, HOUR).unwrap();
    let mut orders = Vec::new();
    let (running, coupling) = ([Energy::ZERO; 3], Coupling::default());
    member.orders(&Outlook { step, first, open, running, markets, coupling }, &mut orders);
    orders
}

fn deliver(member: &mut Prosumer, step: i64, electricity: i64, heat: i64) -> Delivery {
    member.deliver(step, &[Energy(electricity), Energy(heat), Energy::ZERO])
}

#[test]
fn the_limit_climbs_a_straight_ladder() {
    let mut house = member(vec![load(Carrier::Electricity, 500)], &[Carrier::Electricity]);
    let limits: Vec<(i64, i64)> =
        orders(&mut house, 0, 5).iter().map(|order| (order.limit.0, order.energy.0)).collect();
    // From 300 000 (the supplier's import) down to 80 000 (its export) in four equal rungs.
    assert_eq!(limits, [(300_000, 500), (245_000, 500), (190_000, 500), (135_000, 500), (80_000, 500)]);
    let roof = [800; 60];
    let mut roof = member(vec![sun(&roof)], &[Carrier::Electricity]);
    let offers: Vec<(Side, i64)> =
        orders(&mut roof, 0, 3).iter().map(|order| (order.side, order.limit.0)).collect();
    assert_eq!(offers, [(Side::Sell, 80_000), (Side::Sell, 190_000), (Side::Sell, 300_000)]);
}

#[test]
fn a_battery_takes_the_surplus_and_follows_the_contract() {
    let noon = [900; 60];
    let mut house = member(
        vec![load(Carrier::Electricity, 400), sun(&noon), battery(1_000, 0.0)],
        &[Carrier::Electricity],
    );
    // 500 Wh of surplus per hour: two hours go into the battery, so the third and fourth are offered.
    let offers = orders(&mut house, 0, 4);
    let offered: Vec<(u64, i64)> =
        offers.iter().map(|order| (order.interval.start / 3_600, order.energy.0)).collect();
    assert_eq!(offered, [(2, 500), (3, 500)]);
    let done = deliver(&mut house, 0, 0, 0);
    assert_eq!((done.battery, done.balances[0].net()), (500, 0));
    // 700 Wh were sold but only 500 are left over: the battery gives the rest.
    let done = deliver(&mut house, 1, -700, 0);
    assert_eq!((done.battery, done.balances[0].net()), (300, -700));
}

#[test]
fn a_washing_machine_waits_for_the_sun_but_not_for_ever() {
    let request = |requested, latest| {
        Device::Appliance(Appliance::new([600, 200].into(), [Request { requested, latest }].into()).unwrap())
    };
    let morning = [0, 0, 0, 0, 0, 0, 0, 300, 700, 900, 900, 900];
    let mut early = member(vec![sun(&morning), request(0, 6)], &[Carrier::Electricity]);
    let used: Vec<i64> = (0..6).map(|step| deliver(&mut early, step, 0, 0).balances[0].consumption).collect();
    assert_eq!(used, [0, 0, 0, 600, 200, 0]);
    let mut dark = member(vec![request(0, 2)], &[Carrier::Electricity]);
    let used: Vec<i64> = (0..5).map(|step| deliver(&mut dark, step, 0, 0).balances[0].import).collect();
    assert_eq!(used, [0, 0, 600, 200, 0]);
}

#[test]
fn heat_is_served_by_the_store_then_the_pump_and_the_rest_of_rounding_is_a_loss() {
    let air = Series::constant(70, -5..50);
    let pump = HeatPump::new(2_000, CoefficientOfPerformance::Air, 1.0, 35.0, air, HOUR).unwrap();
    // ΔT = 28: 6.08 − 2.52 + 0.392 = 3.952.
    assert_eq!(pump.ratio(0).of(1_000), 3_952);
    let store = ThermalStore::new(5_000, 0.0, 0.0, 0.3, HOUR).unwrap();
    let devices = vec![Device::HeatPump(pump), Device::ThermalStore(store), load(Carrier::Heat, 1_000)];
    let mut house = member(devices, &[Carrier::Electricity]);
    let done = deliver(&mut house, 0, 0, 0);
    assert_eq!((done.thermal, done.balances[0].import), (500, 0));
    // 500 Wh come from the store, 500 from the pump: ⌈500 / 3.952⌉ = 127 Wh give ⌊501.9⌋ = 501, of which 1 is stored.
    let done = deliver(&mut house, 1, 0, 0);
    assert_eq!((done.thermal, done.balances[0].import, done.balances[1].produced), (1, 127, 501));
    assert_eq!(done.balances[1].unmet, 0);
    let roomless =
        HeatPump::new(1, CoefficientOfPerformance::Air, 1.0, 35.0, Series::constant(70, -5..50), HOUR);
    let devices = vec![Device::HeatPump(roomless.unwrap()), load(Carrier::Heat, 2)];
    let done = deliver(&mut member(devices, &[Carrier::Electricity]), 0, 0, 0);
    let heat = done.balances[1];
    assert_eq!((heat.produced, heat.conversion_loss, heat.unmet, heat.dumped, done.ambient), (2, 1, 0, 0, 2));
}

#[test]
fn a_heat_pump_that_is_too_small_says_what_is_missing() {
    let pump = HeatPump::new(
        100,
        CoefficientOfPerformance::Carnot(0.4),
        1.0,
        40.0,
        Series::constant(0, -5..50),
        HOUR,
    );
    let pump = pump.unwrap();
    let most = pump.ratio(0).of(100);
    let mut house = member(vec![Device::HeatPump(pump), load(Carrier::Heat, 1_000)], &[Carrier::Electricity]);
    assert_eq!(deliver(&mut house, 0, 0, 0).balances[1].unmet, 1_000 - most);
}

fn plant() -> Device {
    let is = ChpDescription {
        electric_w: 3_000,
        electric_efficiency: 0.3,
        thermal_efficiency: 0.6,
        part_load: 0.5,
    };
    Device::Chp(Chp::new(is, HOUR).unwrap())
}

#[test]
fn a_plant_offers_its_heat_at_no_less_than_it_costs() {
    // Gas at 100 000, less 0.3 · 80 000 for the electricity, over 0.6: 126 667 n€/Wh, above the supplier's 120 000.
    let mut dear = member(vec![plant()], &Carrier::ALL);
    assert_eq!(orders(&mut dear, 0, 1), []);
    // Gas at 80 000: 93 334. Full power is 10 003 Wh of gas, of which 6 001 Wh become heat.
    let mut tariff = TARIFF;
    tariff[2].import = Price(80_000);
    let mut cheap = member(vec![plant()], &Carrier::ALL);
    let offers = orders_at(&mut cheap, 0, 2, &tariff);
    let seen: Vec<_> =
        offers.iter().map(|order| (order.carrier, order.side, order.energy.0, order.limit.0)).collect();
    let heat = (Carrier::Heat, Side::Sell, 6_001);
    assert_eq!(seen, [(heat.0, heat.1, heat.2, 93_334), (heat.0, heat.1, heat.2, 120_000)]);
}

#[test]
fn what_was_sold_to_the_loop_is_made_and_nothing_else() {
    let mut plant = member(vec![plant()], &Carrier::ALL);
    let idle = deliver(&mut plant, 0, 0, 0);
    assert_eq!(idle.balances.map(|balance| balance.net()), [0, 0, 0]);
    // 4 500 Wh of heat sold: 7 500 Wh of gas, 2 250 Wh of electricity, 750 Wh lost.
    let done = deliver(&mut plant, 1, 0, -4_500);
    assert_eq!(done.balances.map(|balance| balance.net()), [-2_250, -4_500, 7_500]);
    assert_eq!(done.of(Carrier::Gas).conversion_loss, 750);
    // Less than part load (3 000 Wh) and no store: bought from the district instead.
    assert_eq!(deliver(&mut plant, 2, 0, -1_000).balances.map(|balance| balance.net()), [0, 0, 0]);
}

#[test]
fn heat_comes_from_the_loop_where_the_member_has_nothing_else() {
    let mut flat = member(vec![load(Carrier::Heat, 700)], &[Carrier::Heat]);
    let bids = orders(&mut flat, 0, 1);
    assert_eq!((bids[0].carrier, bids[0].side, bids[0].energy), (Carrier::Heat, Side::Buy, Energy(700)));
    assert_eq!(deliver(&mut flat, 0, 0, 500).balances[1].import, 700);
    assert_eq!(deliver(&mut flat, 1, 0, 900).balances[1].net(), 700);
}

#[test]
fn a_boiler_burns_what_the_heat_needs_and_gas_is_bought_from_the_digester() {
    let boiler = Device::Boiler(Boiler::new(20_000, 0.95, HOUR).unwrap());
    let mut house = member(vec![boiler, load(Carrier::Heat, 9_500)], &[Carrier::Gas]);
    let bids = orders(&mut house, 0, 1);
    assert_eq!((bids[0].carrier, bids[0].side, bids[0].energy), (Carrier::Gas, Side::Buy, Energy(10_000)));
    assert_eq!(deliver(&mut house, 0, 0, 0).balances[2].import, 10_000);
    let mut farm = member(vec![Device::Biomethane(Biomethane::new(8_000, HOUR).unwrap())], &[Carrier::Gas]);
    let first = orders(&mut farm, 0, 1)[0];
    assert_eq!((first.side, first.energy, first.limit), (Side::Sell, Energy(8_000), Price(40_000)));
}

#[test]
fn a_member_without_the_meter_its_devices_need_is_refused() {
    let described = |devices: Vec<Device>, connected| {
        Prosumer::new(ProsumerDescription {
            name: "flat",
            seed: 0,
            devices: devices.into_iter().collect(),
            strategy: strategy::named("price_taker").unwrap(),
            connected,
            merit: &[HeatSource::Loop],
            forecast: Method::Smoothed,
            offers_storage: false,
            duration: HOUR,
        })
        .map(|_| ())
    };
    let error = described(vec![load(Carrier::Heat, 1)], &[Carrier::Electricity]).unwrap_err().to_string();
    assert_eq!(
        error,
        "member: carriers = without heat, but it must be connected to heat, which its devices need"
    );
    assert!(described(vec![battery(1, 0.0)], &[Carrier::Heat]).is_err());
    assert!(described(vec![load(Carrier::Heat, 1)], &[Carrier::Heat]).is_ok());
}
