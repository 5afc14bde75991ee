//! How long a member thinks: ns per call of the ladder, ms per call of predictive control.
//!
//! `cargo run --release -p agents --example figures`

use agents::device::{
    Battery, BatteryDescription, Car, CarDescription, CoefficientOfPerformance, Device, HeatPump, Load,
    Photovoltaic, Session, ThermalStore,
};
use agents::forecast::Method;
use agents::{
    Coupling, Fees, MarketOutlook, Outlook, Prosumer, ProsumerDescription, Random, Series, strategy,
};
use market::{Carrier, DeliveryInterval, Energy, Price, Prices};

const QUARTER: u32 = 900;
const WEEK: i64 = 672;

fn house(name: &str) -> Prosumer {
    let mut random = Random::of(1, name);
    let mut series = |low, high| {
        let values = (-WEEK..2 * WEEK).map(|_| random.between(low, high) as i32);
        Series::new(values.collect(), -WEEK)
    };
    let battery = BatteryDescription {
        capacity_wh: 8_000,
        power_w: 4_000,
        charge_efficiency: 0.95,
        discharge_efficiency: 0.95,
        self_discharge_per_day: 0.001,
        minimum_charge: 0.05,
        initial_charge: 0.5,
        degradation_cost: 20_000,
    };
    let car = CarDescription {
        capacity_wh: 50_000,
        charge_w: 11_000,
        minimum_w: 1_380,
        discharge_w: 0,
        charge_efficiency: 0.9,
        discharge_efficiency: 0.9,
        initial_charge: 1.0,
        degradation_cost: 0,
    };
    let (cop, air) = (CoefficientOfPerformance::Air, series(-50, 150));
    let devices = [
        Device::Load(Load::new(Carrier::Electricity, series(20, 300)).unwrap()),
        Device::Load(Load::new(Carrier::Heat, series(100, 2_000)).unwrap()),
        Device::Photovoltaic(Photovoltaic::new(8_000, 7_000, series(0, 800), QUARTER).unwrap()),
        Device::HeatPump(HeatPump::new(3_000, cop, 0.85, 40.0, air, QUARTER).unwrap()),
        Device::ThermalStore(ThermalStore::new(10_000, 0.06, 0.2, 0.5, QUARTER).unwrap()),
        Device::Battery(Battery::new(battery, QUARTER).unwrap()),
        Device::Car(
            Car::new(
                car,
                Session::daily(-WEEK..2 * WEEK, 96, (70, 28, 4), (9_000, 50_000), &mut Random::of(2, name))
                    .into(),
                QUARTER,
            )
            .unwrap(),
        ),
    ];
    Prosumer::new(ProsumerDescription {
        name,
        seed: 1,
        devices: devices.into_iter().collect(),
        strategy: strategy::named(name.split(' ').next().unwrap()).unwrap(),
        connected: &[Carrier::Electricity],
        merit: &[],
        forecast: Method::Smoothed,
        offers_storage: false,
        duration: QUARTER,
    })
    .unwrap()
}

fn main() {
    let prices = vec![Prices { import: Price(300_000), export: Price(80_000) }; 96];
    let fees = Fees { supplier: Price(20_000), peer: Price(10_000) };
    for name in strategy::NAMES {
        let steps = if name == "predictive" { 96 } else { WEEK };
        let count = if name == "predictive" { 1 } else { 200 };
        let mut members: Vec<Prosumer> =
            (0..count).map(|number| house(&format!("{name} {number}"))).collect();
        let (mut deciding, mut delivering) = (0, 0);
        let mut orders = Vec::new();
        for step in 0..steps {
            let first = DeliveryInterval::new(900 * (2_000_000 + step as u64), QUARTER).unwrap();
            orders.clear();
            // A benchmark measures: the one place in this crate that reads a clock.
            #[allow(clippy::disallowed_methods)]
            let start = std::time::Instant::now();
            for member in &mut members {
                let market = MarketOutlook { prices: &prices, fees, held: &[], recent: &[Price(200_000)] };
                member.orders(
                    &Outlook {
                        step,
                        first,
                        open: 4,
                        running: [Energy::ZERO; 3],
                        markets: [Some(market), None, None],
                        coupling: Coupling::default(),
                    },
                    &mut orders,
                );
            }
            deciding += start.elapsed().as_nanos();
            #[allow(clippy::disallowed_methods)]
            let start = std::time::Instant::now();
            for member in &mut members {
                member.deliver(step, &[Energy::ZERO; 3]);
            }
            delivering += start.elapsed().as_nanos();
        }
        let calls = steps as u128 * count as u128;
        println!(
            "{name:18} {:>9} ns per orders(), {:>5} ns per deliver()",
            deciding / calls,
            delivering / calls
        );
    }
}
