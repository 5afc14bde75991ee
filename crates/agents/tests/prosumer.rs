//! Random members through random days: balances, bounds, limits, and no look into the future.

use agents::device::{
    Appliance, Battery, BatteryDescription, Biomethane, Boiler, Car, CarDescription, Chp, ChpDescription,
    CoefficientOfPerformance, Converter, Device, ElectricBoiler, Electrolyser, ElectrolyserDescription,
    FuelCell, FuelCellDescription, HeatPump, Load, Photovoltaic, Request, Reservoir, ReservoirDescription,
    RunOfRiver, Session, ThermalStore, Wind, WindSource,
};
use agents::dispatch::HeatSource;
use agents::forecast::Method;
use agents::strategy::{self, Ladder};
use agents::{
    Coupling, Delivery, Fees, Intent, MarketOutlook, Outlook, Prosumer, ProsumerDescription, Random, Series,
    Strategy,
};
use market::{Carrier, DeliveryInterval, Energy, Price, Prices, Side};
use proptest::prelude::*;

const QUARTER: u32 = 900;
const HISTORY: i64 = -96 * 2;
const LENGTH: i64 = 48;

fn series(random: &mut Random, low: i64, high: i64, secret: (i64, u64)) -> Series {
    // From the step `secret.0` on, the values come from another world.
    let mut other = Random::of(secret.1, "future");
    let values = (HISTORY..LENGTH).map(|step| {
        let value = random.between(low, high);
        (if step < secret.0 { value } else { other.between(low, high) }) as i32
    });
    Series::new(values.collect(), HISTORY)
}

/// A member with a random choice of devices.
fn devices(random: &mut Random, secret: (i64, u64)) -> Vec<Device> {
    let mut devices = Vec::new();
    let mut some = |random: &mut Random, device: &dyn Fn(&mut Random) -> Device| {
        let seed = random.bits();
        if seed.is_multiple_of(2) {
            devices.push(device(&mut Random::of(seed, "device")));
        }
    };
    for carrier in Carrier::ALL {
        some(random, &|r| Device::Load(Load::new(carrier, series(r, 0, 1_500, secret)).unwrap()));
    }
    some(random, &|r| {
        let peak = r.between(500, 20_000);
        Device::Photovoltaic(Photovoltaic::new(peak, peak, series(r, 0, 1_000, secret), QUARTER).unwrap())
    });
    some(random, &|r| {
        let wind = WindSource::PerUnit(series(r, 0, 10_000, secret));
        Device::Wind(Wind::new(r.between(100, 9_000), wind, QUARTER).unwrap())
    });
    some(random, &|r| {
        let river = series(r, 0, 900, secret);
        Device::RunOfRiver(RunOfRiver::new((600, 100, 20), 3.0, 0.8, river, QUARTER).unwrap())
    });
    some(random, &|r| Device::Biomethane(Biomethane::new(r.between(1, 9_000), QUARTER).unwrap()));
    for _ in 0..2 {
        some(random, &|r| {
            let is = BatteryDescription {
                capacity_wh: r.between(1, 20_000),
                power_w: r.between(1, 10_000),
                charge_efficiency: 0.5 + r.unit() / 2.0,
                discharge_efficiency: 0.5 + r.unit() / 2.0,
                self_discharge_per_day: r.unit() / 2.0,
                minimum_charge: r.unit(),
                initial_charge: r.unit(),
                degradation_cost: 0,
            };
            Device::Battery(Battery::new(is, QUARTER).unwrap())
        });
        some(random, &|r| {
            let capacity_wh = r.between(5_000, 80_000);
            let is = CarDescription {
                capacity_wh,
                charge_w: r.between(1_500, 22_000),
                minimum_w: 1_380,
                discharge_w: r.between(0, 5_000),
                charge_efficiency: 0.9,
                discharge_efficiency: 0.9,
                initial_charge: r.unit(),
                degradation_cost: 0,
            };
            let mut sessions = Vec::new();
            let mut step = r.between(-5, 10);
            while step < LENGTH {
                // Times after the secret step are part of the future too.
                let mut other = Random::of(secret.1 ^ step as u64, "sessions");
                let luck = if step < secret.0 { &mut *r } else { &mut other };
                let (stay, away) = (luck.between(1, 20), luck.between(0, 10));
                let (driven, required) = (luck.between(0, 90_000), luck.between(0, capacity_wh));
                sessions.push(Session { arrival: step, departure: step + stay, driven, required });
                step += stay + away;
            }
            Device::Car(Car::new(is, sessions.into(), QUARTER).unwrap())
        });
        some(random, &|r| {
            let source = series(r, -150, 200, secret);
            let power = r.between(500, 9_000);
            Device::HeatPump(
                HeatPump::new(power, CoefficientOfPerformance::Air, 0.85, 45.0, source, QUARTER).unwrap(),
            )
        });
        some(random, &|r| {
            let capacity = r.between(1, 40_000);
            Device::ThermalStore(
                ThermalStore::new(capacity, r.unit() * 0.9, r.unit(), r.unit(), QUARTER).unwrap(),
            )
        });
        some(random, &|r| Device::Boiler(Boiler::new(r.between(1, 20_000), 0.9, QUARTER).unwrap()));
        some(random, &|r| {
            let is = ChpDescription {
                electric_w: r.between(1, 9_000),
                electric_efficiency: 0.3,
                thermal_efficiency: 0.55,
                part_load: r.unit(),
            };
            Device::Chp(Chp::new(is, QUARTER).unwrap())
        });
    }
    some(random, &|r| {
        let profile: Vec<i64> = (0..r.between(1, 8)).map(|_| r.between(0, 600)).collect();
        let start = r.between(0, 20);
        let request = Request { requested: start, latest: start + r.between(0, 20) };
        Device::Appliance(Appliance::new(profile.into(), [request].into()).unwrap())
    });
    some(random, &|r| {
        let is = ReservoirDescription {
            volume: r.between(1, 5_000),
            head: 1.0 + 50.0 * r.unit(),
            design_flow: r.between(20, 500),
            minimum_flow: r.between(0, 20),
            residual_flow: r.between(0, 30),
            efficiency: 0.3 + 0.65 * r.unit(),
            inflow: series(r, 0, 600, secret),
            initial: r.unit(),
            target: r.unit(),
        };
        Device::Reservoir(Reservoir::new(is, QUARTER).unwrap())
    });
    some(random, &|r| {
        Device::ElectricBoiler(
            ElectricBoiler::new(r.between(10, 9_000), 0.5 + r.unit() / 2.0, QUARTER).unwrap(),
        )
    });
    some(random, &|r| {
        let efficiency = 0.3 + 0.7 * r.unit();
        let waste_heat = (1.0 - efficiency).min(0.5) * r.unit();
        let electric_w = r.between(10, 9_000);
        let is = ElectrolyserDescription { electric_w, efficiency, waste_heat, part_load: r.unit() };
        Device::Electrolyser(Electrolyser::new(is, QUARTER).unwrap())
    });
    some(random, &|r| {
        let electric_efficiency = 0.2 + 0.6 * r.unit();
        let thermal_efficiency = (1.0 - electric_efficiency) * r.unit();
        let electric_w = r.between(10, 9_000);
        let is =
            FuelCellDescription { electric_w, electric_efficiency, thermal_efficiency, part_load: r.unit() };
        Device::FuelCell(FuelCell::new(is, QUARTER).unwrap())
    });
    devices
}

/// The first member that can be, from this seed on: one with heat demand but neither a source nor a loop is refused.
fn member(seed: u64, secret: (i64, u64), strategy: Box<dyn Strategy>, forecast: Method) -> Prosumer {
    let possible = |seed: &u64| describe(*seed, secret, Box::new(Ladder), forecast).is_some();
    let seed = (0..).map(|more| seed.wrapping_add(more)).find(possible).unwrap();
    describe(seed, secret, strategy, forecast).unwrap()
}

fn describe(
    seed: u64,
    secret: (i64, u64),
    strategy: Box<dyn Strategy>,
    forecast: Method,
) -> Option<Prosumer> {
    let mut random = Random::of(seed, "member");
    let devices = devices(&mut random, secret).into_iter().collect();
    let loop_too = random.bits().is_multiple_of(2);
    let connected = if loop_too { &Carrier::ALL[..] } else { &[Carrier::Electricity, Carrier::Gas] };
    let merit = [&[][..], &[HeatSource::Loop], &[HeatSource::Boiler, HeatSource::HeatPump]]
        [random.between(0, 2) as usize];
    let is = ProsumerDescription {
        name: "member",
        seed,
        devices,
        strategy,
        connected,
        merit,
        forecast,
        offers_storage: false,
        duration: QUARTER,
    };
    Prosumer::new(is).ok()
}

/// All but the predictive one, which is a thousand times slower and has its own cases.
fn strategies() -> Vec<Box<dyn Strategy>> {
    let fast = strategy::NAMES.iter().filter(|name| **name != "predictive");
    fast.map(|name| strategy::named(name).unwrap()).collect()
}

/// What a run of a few hours gave: the orders of every step and the deliveries.
struct Run {
    orders: Vec<Vec<Intent>>,
    deliveries: Vec<Delivery>,
}

const OPEN: usize = 4;

fn tariff(carrier: usize, step: i64) -> Prices {
    let import = [300_000, 110_000, 100_000][carrier] + 20_000 * (step % 3);
    Prices { import: Price(import), export: Price(import / 4) }
}

const FEES: Fees = Fees { supplier: Price(70_000), peer: Price(30_000) };

/// Runs a member; a random part of each order is filled. Delivers before it asks for orders, or after.
fn run(member: &mut Prosumer, seed: u64, steps: i64, ahead: bool) -> Run {
    let mut luck = Random::of(seed, "market");
    let mut held = [[Energy::ZERO; OPEN]; 3];
    let mut last = [Energy::ZERO; 3];
    let mut run = Run { orders: Vec::new(), deliveries: Vec::new() };
    for step in 0..steps {
        if !ahead && step > 0 {
            run.deliveries.push(member.deliver(step - 1, &last));
        }
        let prices: [Vec<Prices>; 3] =
            [0, 1, 2].map(|carrier| (0..OPEN as i64).map(|k| tariff(carrier, step + k)).collect());
        let recent = [Price(200_000), Price(180_000)];
        let markets = Carrier::ALL.map(|carrier| {
            member.is_connected(carrier).then_some(MarketOutlook {
                prices: &prices[carrier as usize],
                fees: FEES,
                held: &held[carrier as usize],
                recent: &recent,
            })
        });
        let first = DeliveryInterval::new(900 * (2_000_000 + step as u64), QUARTER).unwrap();
        let mut orders = Vec::new();
        let coupling = Coupling::default();
        member.orders(&Outlook { step, first, open: OPEN, running: last, markets, coupling }, &mut orders);
        if ahead && step > 0 {
            run.deliveries.push(member.deliver(step - 1, &last));
        }
        for order in &orders {
            let k = ((order.interval.start - first.start) / 900) as usize;
            let filled = luck.between(0, order.energy.0);
            let signed = if order.side == Side::Buy { filled } else { -filled };
            held[order.carrier as usize][k] += Energy(signed);
        }
        last = [0, 1, 2].map(|carrier| held[carrier][0]);
        for held in &mut held {
            held.rotate_left(1);
            held[OPEN - 1] = Energy::ZERO;
        }
        run.orders.push(orders);
    }
    run
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(ProptestConfig::default().cases.max(10_000)))]

    #[test]
    fn every_node_balances_and_every_watt_hour_is_accounted_for(seed in any::<u64>()) {
        let mut member = member(seed, (i64::MAX, 0), Box::new(Ladder), Method::Smoothed);
        let start = agents::State::before(member.devices(), 0);
        let mut thermal: i64 = start.stores.iter().sum();
        let batteries: i64 = start.batteries.iter().sum();
        let cars: i64 = member.devices().cars.iter().map(|car| car.initial).sum();
        let mut electric = batteries + cars;
        let mut water: i64 = start.reservoirs.iter().sum();
        let lakes: i64 = member.devices().reservoirs.iter().map(|lake| lake.capacity).sum();
        for done in run(&mut member, seed, 24, seed.is_multiple_of(2)).deliveries {
            for balance in &done.balances {
                prop_assert_eq!(balance.residual(), 0, "{:?}", balance);
                let parts = [balance.import, balance.export, balance.generation, balance.produced, balance.discharged,
                    balance.unmet, balance.consumption, balance.converted, balance.charged, balance.dumped,
                    balance.storage_loss, balance.conversion_loss];
                prop_assert!(parts.iter().all(|part| *part >= 0), "{:?}", balance);
                prop_assert!(balance.import == 0 || balance.export == 0);
            }
            let [electricity, heat, gas] = &done.balances;
            // Lakes: what flows in is turned into electricity, lost in the turbine, goes past it or stays.
            prop_assert_eq!(done.water, water + done.inflow - done.past_turbine - done.from_water - done.water_loss);
            prop_assert!((0..=lakes).contains(&done.water), "S10: {} Wh", done.water);
            water = done.water;
            prop_assert_eq!(done.battery + done.car, electric + electricity.charged - electricity.discharged
                - electricity.storage_loss - done.driven + done.elsewhere);
            prop_assert_eq!(done.thermal, thermal + heat.charged - heat.discharged - heat.storage_loss);
            // Converters: electricity + gas + ambient heat in, electricity + heat + gas + losses out (S9).
            prop_assert_eq!(electricity.converted + gas.converted + done.ambient,
                electricity.produced + heat.produced + gas.produced
                    + electricity.conversion_loss + gas.conversion_loss + heat.conversion_loss);
            let turned = |carrier: usize| -> i64 { done.converters.iter().map(|one| one.outputs[carrier]).sum() };
            prop_assert_eq!([turned(0), turned(1), turned(2)], [electricity.produced, heat.produced, gas.produced]);
            for kind in Converter::ALL.into_iter().filter(|kind| *kind != Converter::HeatPump) {
                prop_assert!(done.by(kind).outputs.iter().sum::<i64>() <= done.by(kind).input, "{:?}", kind);
            }
            prop_assert!(done.car_discharged <= electricity.discharged);
            prop_assert_eq!((electricity.unmet, electricity.dumped, gas.unmet, gas.dumped), (0, 0, 0, 0));
            electric = done.battery + done.car;
            thermal = done.thermal;
        }
    }

    #[test]
    fn no_order_is_worse_than_its_reservation_or_takes_both_sides(seed in any::<u64>()) {
        for strategy in strategies() {
            let name = strategy.name();
            let mut member = member(seed, (i64::MAX, 0), strategy, Method::Smoothed);
            for (step, orders) in run(&mut member, seed, 12, true).orders.iter().enumerate() {
                let mut books = Vec::new();
                for order in orders {
                    let delivery = (order.interval.start / 900 - 2_000_000) as i64;
                    let prices = tariff(order.carrier as usize, delivery);
                    prop_assert!(order.energy.0 > 0 && delivery >= step as i64);
                    match order.side {
                        Side::Buy => prop_assert!(order.limit <= prices.import + FEES.supplier - FEES.peer, "{}", name),
                        Side::Sell => prop_assert!(order.limit >= prices.export, "{}", name),
                    }
                    books.push((order.carrier, order.interval));
                }
                let count = books.len();
                books.sort_unstable();
                books.dedup();
                prop_assert_eq!(books.len(), count, "{}: one order per book", name);
            }
        }
    }

    #[test]
    fn the_future_does_not_change_an_order(seed in any::<u64>(), step in 2_i64..20, other in any::<u64>(), method in 0..3_usize) {
        for (strategy, same) in strategies().into_iter().zip(strategies()) {
            let method = Method::ALL[method];
            let mut here = member(seed, (i64::MAX, 0), strategy, method);
            // Known at the decision for `step` is what was metered up to step − 2.
            let mut there = member(seed, (step - 1, other), same, method);
            // Fills up to then are the same, the last decision is compared.
            let ahead = seed.is_multiple_of(2);
            let (here, there) = (run(&mut here, seed, step + 1, ahead), run(&mut there, seed, step + 1, ahead));
            prop_assert_eq!(here.orders, there.orders);
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(100))]

    #[test]
    fn predictive_control_keeps_the_balances_and_the_limits_and_does_not_see_the_future(
        seed in any::<u64>(), step in 2_i64..8, other in any::<u64>(),
    ) {
        let strategy = || Box::new(strategy::Predictive::new(8, 0.5));
        let mut here = member(seed, (i64::MAX, 0), strategy(), Method::Smoothed);
        let mut there = member(seed, (step - 1, other), strategy(), Method::Smoothed);
        let (here, there) = (run(&mut here, seed, step + 1, true), run(&mut there, seed, step + 1, true));
        prop_assert_eq!(&here.orders, &there.orders);
        for done in here.deliveries {
            prop_assert!(done.balances.iter().all(|balance| balance.residual() == 0));
        }
        for order in here.orders.iter().flatten() {
            let prices = tariff(order.carrier as usize, (order.interval.start / 900 - 2_000_000) as i64);
            match order.side {
                Side::Buy => prop_assert!(order.limit <= prices.import + FEES.supplier - FEES.peer),
                Side::Sell => prop_assert!(order.limit >= prices.export),
            }
        }
    }
}
