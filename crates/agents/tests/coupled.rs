//! Members under coupled clearings: what they offer to convert and to store, and how they carry it out.

use agents::device::{
    Battery, BatteryDescription, Boiler, Car, CarDescription, Chp, ChpDescription, CoefficientOfPerformance,
    Converter, Device, ElectricBoiler, Electrolyser, ElectrolyserDescription, FuelCell, FuelCellDescription,
    HeatPump, Load, Photovoltaic, Reservoir, ReservoirDescription, Session, ThermalStore,
};
use agents::forecast::Method;
use agents::strategy::Ladder;
use agents::{
    Commitment, Coupling, Delivery, Fees, Intent, MarketOutlook, Outlook, Prosumer, ProsumerDescription,
    Random, Series,
};
use market::{Carrier, DeliveryInterval, Energy, Price, Prices, Side};
use proptest::prelude::*;

const HOUR: u32 = 3_600;
const FEES: Fees = Fees { supplier: Price(200_000), peer: Price(150_000) };
const TARIFF: [Prices; 3] = [
    Prices { import: Price(150_000), export: Price(80_000) },
    Prices { import: Price(130_000), export: Price(30_000) },
    Prices { import: Price(60_000), export: Price(40_000) },
];

fn member(devices: Vec<Device>, connected: &[Carrier], offers_storage: bool) -> Prosumer {
    Prosumer::new(ProsumerDescription {
        name: "house",
        seed: 1,
        devices: devices.into_iter().collect(),
        strategy: Box::new(Ladder),
        connected,
        merit: &[],
        forecast: Method::Persistence,
        offers_storage,
        duration: HOUR,
    })
    .unwrap()
}

/// Its orders for `open` intervals from `step` on where all carriers are cleared together.
fn orders(member: &mut Prosumer, step: i64, open: usize, held: &[[Energy; 4]; 3]) -> Vec<Intent> {
    let markets = Carrier::ALL.map(|carrier| {
        let (prices, held) = (&TARIFF[carrier as usize..=carrier as usize], &held[carrier as usize][..]);
        member.is_connected(carrier).then_some(MarketOutlook { prices, fees: FEES, held, recent: &[] })
    });
    let first = DeliveryInterval::new(3_600 * step as u64, HOUR).unwrap();
    let coupling = Coupling { carriers: [true; 3], sells: [true; 3], ..Coupling::default() };
    let mut orders = Vec::new();
    let running = [Energy::ZERO; 3];
    member.orders(&Outlook { step, first, open, running, markets, coupling }, &mut orders);
    orders
}

const NOTHING: [[Energy; 4]; 3] = [[Energy::ZERO; 4]; 3];

fn load(carrier: Carrier, energy: i32) -> Device {
    Device::Load(Load::new(carrier, Series::constant(energy, -5..50)).unwrap())
}

fn pump() -> Device {
    let air = Series::constant(70, -5..50);
    // ΔT = 28: 6.08 − 2.52 + 0.392 = 3.952.
    Device::HeatPump(HeatPump::new(2_000, CoefficientOfPerformance::Air, 1.0, 35.0, air, HOUR).unwrap())
}

fn plant(part_load: f64) -> Device {
    let is =
        ChpDescription { electric_w: 3_000, electric_efficiency: 0.3, thermal_efficiency: 0.6, part_load };
    Device::Chp(Chp::new(is, HOUR).unwrap())
}

/// (kind, hours after the first, outputs in parts per million, capacity, cost) of what it offers.
type Offered = (Converter, u64, Vec<(Carrier, u32)>, i64, i64);

fn offered(member: &Prosumer) -> Vec<Offered> {
    let offers = member.conversions().iter();
    offers
        .map(|one| (one.kind, one.interval.start / 3_600, one.outputs.clone(), one.capacity.0, one.cost.0))
        .collect()
}

#[test]
fn a_heat_pump_offers_what_it_does_not_need_at_its_fees() {
    let mut house = member(vec![pump(), load(Carrier::Heat, 1_976)], &Carrier::ALL, false);
    let placed = orders(&mut house, 0, 2, &NOTHING);
    // 1 976 / 3.952 = 500 Wh for itself, 1 500 to spare; in the round of the gate they would be an ordinary offer, which
    // at (150 000 + 200 000) / 3.952 is within the 130 000 of the loop's supplier: 88 562 + 1.
    let heat = vec![(Carrier::Heat, 3_952_000)];
    assert_eq!(offered(&house), [(Converter::HeatPump, 1, heat, 1_500, 150_000 + 1 + 4)]);
    let sold: Vec<_> = placed.iter().filter(|order| order.side == Side::Sell).collect();
    assert_eq!((sold.len(), sold[0].energy, sold[0].limit), (1, Energy(5_928), Price(88_563)));
    assert_eq!(sold[0].interval.start, 0);
}

#[test]
fn a_plant_offers_heat_and_power_less_what_its_owner_needs() {
    let tank = || Device::ThermalStore(ThermalStore::new(20_000, 0.0, 0.0, 0.5, HOUR).unwrap());
    let owns = |own: i32| vec![plant(0.5), tank(), load(Carrier::Electricity, own)];
    let mut small = member(owns(200), &Carrier::ALL, false);
    let placed = orders(&mut small, 0, 2, &NOTHING);
    // At full power it makes 3 000 Wh of electricity, of which 200 stay: 0.3 · 2 800 / 3 000. With gas from the supplier its
    // heat would cost (260 000 − 0.3 · 80 000)/0.6 = 393 334, which nobody pays: so in the last round it is offered too.
    let outputs = vec![(Carrier::Electricity, 280_000), (Carrier::Heat, 600_000)];
    let offer = |hour, outputs, cost| (Converter::Chp, hour, outputs, 10_003, cost);
    assert_eq!(
        offered(&small),
        [offer(0, outputs.clone(), 150_000 + 1 + 2), offer(1, outputs, 150_000 + 1 + 2)]
    );
    assert_eq!(placed, [], "its own purchase gives way");
    // Whose owner needs more than it makes gives heat only, and the purchase stands.
    let mut large = member(owns(5_000), &Carrier::ALL, false);
    assert_eq!(orders(&mut large, 0, 2, &NOTHING).len(), 2);
    let heat = || vec![(Carrier::Heat, 600_000)];
    assert_eq!(offered(&large), [offer(0, heat(), 150_000 + 1 + 1), offer(1, heat(), 150_000 + 1 + 1)]);
    // Off and without a tank it could not run for a part of the offer that is less than part load.
    let mut rigid = member(vec![plant(0.5)], &Carrier::ALL, false);
    orders(&mut rigid, 0, 2, &NOTHING);
    assert_eq!(offered(&rigid), []);
}

#[test]
fn nothing_is_converted_against_what_is_held_or_offered() {
    // It has sold electricity: no heat pump buys in the same book.
    let mut held = NOTHING;
    held[0][1] = Energy(-100);
    let mut house = member(vec![pump()], &Carrier::ALL, false);
    orders(&mut house, 0, 2, &held);
    assert_eq!(offered(&house), []);
    orders(&mut house, 0, 2, &NOTHING);
    assert_eq!(offered(&house).len(), 1);
    // It offers its roof's surplus.
    let sun = Photovoltaic::new(9_000, 9_000, Series::constant(900, -5..50), HOUR).unwrap();
    let mut roof = member(vec![pump(), Device::Photovoltaic(sun)], &Carrier::ALL, false);
    assert!(orders(&mut roof, 0, 2, &NOTHING).iter().all(|order| order.side == Side::Sell));
    assert_eq!(offered(&roof), []);
}

#[test]
fn a_battery_left_to_the_market_does_what_the_market_says() {
    let is = BatteryDescription {
        capacity_wh: 10_000,
        power_w: 4_000,
        charge_efficiency: 0.9,
        discharge_efficiency: 0.9,
        self_discharge_per_day: 0.0,
        minimum_charge: 0.1,
        initial_charge: 0.5,
        degradation_cost: 20_000,
    };
    let battery = Device::Battery(Battery::new(is, HOUR).unwrap());
    let mut house = member(vec![battery, load(Carrier::Electricity, 500)], &[Carrier::Electricity], true);
    let placed = orders(&mut house, 0, 4, &NOTHING);
    let offer = *house.storage().unwrap();
    assert_eq!((offer.interval.start, offer.further, offer.power), (3_600, 2, [Energy(4_000); 2]));
    assert_eq!((offer.capacity, offer.level), (Energy(9_000), Energy(4_000)));
    // 150 000 / 0.81 = 185 185.2, rounded up, and the wear.
    assert_eq!((offer.efficiencies, offer.cost), ([900_000, 900_000, 1_000_000], Price(205_186)));
    assert_eq!(placed.len(), 1, "later intervals wait for the next round");
    // The window is offered once.
    orders(&mut house, 1, 3, &NOTHING);
    assert_eq!(house.storage(), None);
    let mut does = |step: i64, storage: Option<i64>| {
        let contract = [Energy(storage.unwrap_or(0)), Energy::ZERO, Energy::ZERO];
        let commitment = Commitment { storage, ..Commitment::default() };
        let done = house.deliver_committed(step, &contract, &commitment);
        (done.battery, done.balances[0].net())
    };
    assert_eq!(does(0, None), (5_000, 500));
    assert_eq!(does(1, Some(1_000)), (5_900, 1_500));
    assert_eq!(does(2, Some(-810)), (5_000, -310));
}

#[test]
fn a_car_gives_back_what_it_holds_beyond_its_target() {
    let is = CarDescription {
        capacity_wh: 40_000,
        charge_w: 11_000,
        minimum_w: 0,
        discharge_w: 3_000,
        charge_efficiency: 1.0,
        discharge_efficiency: 1.0,
        initial_charge: 0.5,
        degradation_cost: 0,
    };
    let stay = Session { arrival: -3, departure: 6, driven: 0, required: 20_000 };
    let car = Device::Car(Car::new(is, [stay].into(), HOUR).unwrap());
    // 4 kWh of sun an hour until 2, then 1.5 kWh of demand.
    let sun =
        Photovoltaic::new(5_000, 5_000, Series::new([900, 900, 900, 900, 0, 0, 0, 0, 0, 0].into(), -2), HOUR);
    let devices = vec![car, Device::Photovoltaic(sun.unwrap()), load(Carrier::Electricity, 1_500)];
    let mut house = member(devices, &[Carrier::Electricity], false);
    let done: Vec<_> = (0..7).map(|step| house.deliver(step, &[Energy::ZERO; 3])).collect();
    let levels: Vec<i64> = done.iter().map(|done| done.car).collect();
    // It takes the surplus of 3 kWh beyond its target, gives 1.5 kWh an hour, and leaves with its 20 kWh.
    assert_eq!(levels, [23_000, 26_000, 24_500, 23_000, 21_500, 20_000, 20_000]);
    assert!(done.iter().all(|done| done.missed == 0));
    assert_eq!(done[3].balances[0].import, 0);
}

/// A house with one converter of the kind and a random choice of other devices, all constant.
fn house(kind: Converter, random: &mut Random) -> Prosumer {
    let mut devices = vec![match kind {
        Converter::HeatPump => pump(),
        Converter::Chp => plant(0.0),
        Converter::Boiler => Device::Boiler(Boiler::new(8_000, 0.93, HOUR).unwrap()),
        Converter::ElectricBoiler => Device::ElectricBoiler(ElectricBoiler::new(6_000, 0.98, HOUR).unwrap()),
        Converter::Electrolyser => {
            let is = ElectrolyserDescription {
                electric_w: 9_000,
                efficiency: 0.7,
                waste_heat: 0.15,
                part_load: 0.0,
            };
            Device::Electrolyser(Electrolyser::new(is, HOUR).unwrap())
        }
        Converter::FuelCell => {
            let is = FuelCellDescription {
                electric_w: 4_000,
                electric_efficiency: 0.5,
                thermal_efficiency: 0.4,
                part_load: 0.0,
            };
            Device::FuelCell(FuelCell::new(is, HOUR).unwrap())
        }
    }];
    let demands = Carrier::ALL.map(|_| random.between(0, 3_000) as i32);
    devices.extend(Carrier::ALL.into_iter().zip(demands).map(|(carrier, energy)| load(carrier, energy)));
    if random.bits().is_multiple_of(2) {
        let store = ThermalStore::new(random.between(1, 20_000), 0.1, random.unit(), random.unit(), HOUR);
        devices.push(Device::ThermalStore(store.unwrap()));
    }
    if random.bits().is_multiple_of(2) {
        let roof = Photovoltaic::new(8_000, 8_000, Series::constant(500, -5..50), HOUR).unwrap();
        devices.push(Device::Photovoltaic(roof));
    }
    if random.bits().is_multiple_of(2) {
        let is = ReservoirDescription {
            volume: 2_000,
            head: 20.0,
            design_flow: 50,
            minimum_flow: 0,
            residual_flow: 1,
            efficiency: 0.8,
            inflow: Series::constant(10, -5..50),
            initial: random.unit(),
            target: 0.5,
        };
        devices.push(Device::Reservoir(Reservoir::new(is, HOUR).unwrap()));
    }
    member(devices, &Carrier::ALL, false)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(ProptestConfig::default().cases.max(10_000)))]

    /// With and without a conversion the meters differ by what was dispatched, to 1 Wh per output, and nothing else does.
    #[test]
    fn what_was_dispatched_is_delivered(seed in any::<u64>(), kind in 0..Converter::COUNT, part in 0.0..=1.0) {
        let kind = Converter::ALL[kind];
        let twins = || house(kind, &mut Random::of(seed, "house"));
        let (mut with, mut without) = (twins(), twins());
        let plain = without.deliver(0, &[Energy::ZERO; 3]);
        let spare = with.devices().most_input(kind) - plain.by(kind).input;
        let input = (spare as f64 * part) as i64;
        let ratios = with.devices().ratios(kind, 0);
        let outputs = ratios.map(|ratio| ratio.of(input));
        let mut contract = outputs.map(|output| Energy(-output));
        contract[kind.input() as usize] += Energy(input);
        let mut commitment = Commitment::default();
        commitment.inputs[kind as usize] = input;
        let done = with.deliver_committed(0, &contract, &commitment);
        for (carrier, contract) in contract.into_iter().enumerate() {
            let expected = plain.balances[carrier].net() + contract.0;
            let slack = 1 + i64::from(carrier == kind.input() as usize) * 3;
            prop_assert!((done.balances[carrier].net() - expected).abs() <= slack,
                "{:?} of {}: carrier {} is {} instead of {}\n{:?}\n{:?}", kind, input, carrier,
                done.balances[carrier].net(), expected, plain.by(kind), done.by(kind));
        }
        let same = |done: &Delivery| (done.thermal, done.water, done.battery);
        let (a, b) = (same(&done), same(&plain));
        // The lake makes up for the last Wh.
        prop_assert!((a.0 - b.0).abs() <= 2 && (a.1 - b.1).abs() <= 3 && a.2 == b.2, "{:?} {:?}", a, b);
        prop_assert!(done.balances.iter().all(|balance| balance.residual() == 0));
    }

    /// C8: where the market runs a conversion, at whatever prices (in thousandths of n€/Wh), its owner is not worse off after
    /// fees: but for the last Wh of each output, which whole numbers withhold.
    #[test]
    fn no_conversion_makes_its_owner_worse_off(
        seed in any::<u64>(), kind in 0..Converter::COUNT, prices in [0_i64..400_000_000, 0_i64..400_000_000, 0_i64..400_000_000],
        part in 0.0..=1.0,
    ) {
        let mut member = house(Converter::ALL[kind], &mut Random::of(seed, "house"));
        orders(&mut member, 0, 4, &NOTHING);
        for offer in member.conversions() {
            let price = |carrier: Carrier| i128::from(prices[carrier as usize]);
            let input = offer.kind.input();
            let worth: i128 = offer.outputs.iter().map(|(carrier, ratio)| i128::from(*ratio) * price(*carrier)).sum();
            // r·p(output) ≥ p(input) + cost, or it does not run.
            if worth < 1_000_000 * (price(input) + 1_000 * i128::from(offer.cost.0)) {
                continue;
            }
            let taken = i128::from((offer.capacity.0 as f64 * part) as i64);
            let paid = taken * ((price(input) + 999) / 1_000 + i128::from(FEES.peer.0));
            let earned = |(carrier, ratio): &(Carrier, u32)| {
                let given = taken * i128::from(*ratio) / 1_000_000;
                (given * (price(*carrier) / 1_000), price(*carrier) / 1_000)
            };
            let earned: Vec<_> = offer.outputs.iter().map(earned).collect();
            let last: i128 = earned.iter().map(|(_, last)| last).sum();
            prop_assert!(earned.iter().map(|(money, _)| money).sum::<i128>() + last >= paid, "{:?}", offer);
        }
    }
}
