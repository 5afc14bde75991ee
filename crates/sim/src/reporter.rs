//! Joins a run to its report: tells the [`Recorder`] who took part and what their devices did.

use crate::report::{MemberFlow, MemberInfo, MeterInfo, Outcome, Recorder, ReportError, Stream, Subject};
use crate::scenario::{Scenario, Sellers};
use crate::{Lived, Observer, Roll};
use agents::device::{Battery, Car, ThermalStore};
use agents::{Delivery, Devices};
use market::{Book, Carrier, DeliveryInterval, Energy, Event, Sink};
use std::path::{Path, PathBuf};

/// Whose data the shipped series are.
pub const ATTRIBUTIONS: [&str; 3] = [
    "Household, heat, hot-water and car profiles: synPRO, Fraunhofer ISE (CDLA-Permissive-2.0).",
    "Weather: test reference year TRY2010 region 6, Deutscher Wetterdienst.",
    "Standard load profiles H25, G25 and L25: BDEW 2025, by way of demandlib (MIT).",
];

/// Writes the report of a run while it happens.
pub struct Reporter {
    recorder: Recorder,
    roll: Roll,
    devices: Vec<Devices>,
    /// Level of each member's cars after the interval before, Wh.
    cars: Vec<i64>,
    flows: Vec<MemberFlow>,
}

impl Reporter {
    /// Begins the report of a scenario in the folder `target`.
    ///
    /// # Errors
    /// When the folder holds something else, or cannot be written beside.
    pub fn create(target: &Path, scenario: &Scenario, version: &str) -> Result<Self, ReportError> {
        let devices: Vec<Devices> =
            scenario.members.iter().map(|member| member.devices.iter().cloned().collect()).collect();
        let cars =
            devices.iter().map(|devices| devices.cars.iter().map(|car: &Car| car.initial).sum()).collect();
        let recorder = Recorder::create(target, subject(scenario, &devices, version))?;
        Ok(Self { recorder, roll: Roll::of(scenario), devices, cars, flows: Vec::new() })
    }

    /// Writes what is left and the page; gives the page's path.
    ///
    /// # Errors
    /// When something cannot be written; then the target is as it was before.
    pub fn finish(self, outcome: &Outcome) -> Result<PathBuf, ReportError> {
        self.recorder.finish(outcome)
    }
}

impl Sink for Reporter {
    fn event(&mut self, event: Event) {
        self.recorder.event(event);
    }
}

impl Observer for Reporter {
    fn book(&mut self, carrier: Carrier, interval: DeliveryInterval, book: &Book) {
        self.recorder.book(carrier, interval, book);
    }

    fn interval(&mut self, lived: &Lived<'_>) -> Result<(), Box<dyn std::error::Error + Send + Sync>> {
        self.flows.clear();
        let members = self.roll.points.iter().zip(&self.devices).zip(&mut self.cars);
        for (((points, devices), cars), delivery) in members.zip(lived.deliveries) {
            let split = Split::of(devices, delivery, *cars, lived.step as i64);
            *cars = delivery.car;
            for carrier in Carrier::ALL {
                if let Some(point) = points[carrier as usize] {
                    self.flows.push(split.flow(carrier, MemberFlow::new(point.meter), delivery));
                }
            }
        }
        Ok(self.recorder.record(lived.interval, lived.prices, &self.flows)?)
    }
}

/// What a delivery adds up, told apart by device again. Exact where a member has one device of a kind; where a plant
/// and a boiler make heat together, their parts follow from the electricity the plant made.
struct Split {
    sun: i64,
    wind: i64,
    water: i64,
    load: i64,
    car: i64,
    pump_heat: i64,
    plant_heat: i64,
    boiler_heat: i64,
    plant_gas: i64,
}

impl Split {
    fn of(devices: &Devices, delivery: &Delivery, cars_before: i64, step: i64) -> Self {
        let [electricity, heat, gas] = &delivery.balances;
        let load = devices.loads.iter().filter(|load| load.carrier() == Carrier::Electricity);
        let pump_heat = (delivery.ambient + electricity.converted).clamp(0, heat.produced);
        let made = heat.produced - pump_heat;
        let (plant_heat, plant_gas) = match (devices.chps.first(), devices.boilers.is_empty()) {
            (None, _) => (0, 0),
            (Some(_), true) => (made, gas.converted),
            (Some(plant), false) => {
                let burnt = plant.electric.input_for(electricity.produced).min(gas.converted);
                (plant.thermal.of(burnt).min(made), burnt)
            }
        };
        // what went into cars: the change of their level, grossed up by the charger's efficiency
        let car = devices.cars.first().map_or(0, |car| {
            let stored = delivery.car - cars_before + delivery.driven - delivery.elsewhere;
            if devices.batteries.is_empty() {
                electricity.charged
            } else {
                car.storage.charge_efficiency.input_for(stored.max(0)).min(electricity.charged)
            }
        });
        Self {
            sun: devices.photovoltaics.iter().map(|device| device.generation(step)).sum(),
            wind: devices.winds.iter().map(|device| device.generation(step)).sum(),
            water: devices.rivers.iter().map(|device| device.generation(step)).sum(),
            load: load.map(|load| load.demand(step)).sum(),
            car,
            pump_heat,
            plant_heat,
            boiler_heat: made - plant_heat,
            plant_gas,
        }
    }

    fn flow(&self, carrier: Carrier, mut flow: MemberFlow, delivery: &Delivery) -> MemberFlow {
        let balance = delivery.of(carrier);
        let mut add = |stream, energy: i64| flow.add(stream, Energy(energy.max(0)));
        add(Stream::Discharge, balance.discharged);
        add(Stream::Loss, balance.dumped);
        match carrier {
            Carrier::Electricity => {
                add(Stream::Sun, self.sun);
                add(Stream::Wind, self.wind);
                add(Stream::Water, self.water);
                add(Stream::Chp, balance.produced);
                add(Stream::Load, self.load);
                add(Stream::Shiftable, balance.consumption - self.load);
                add(Stream::HeatPumpDrive, balance.converted);
                add(Stream::Car, self.car);
                add(Stream::Charge, balance.charged - self.car);
                flow.stored = Energy(delivery.battery + delivery.car);
            }
            Carrier::Heat => {
                add(Stream::HeatPump, self.pump_heat);
                add(Stream::Chp, self.plant_heat);
                add(Stream::Boiler, self.boiler_heat);
                add(Stream::Warmth, balance.consumption - balance.unmet);
                add(Stream::Charge, balance.charged);
                flow.stored = Energy(delivery.thermal);
            }
            Carrier::Gas => {
                add(Stream::Biomethane, balance.generation);
                add(Stream::Load, balance.consumption);
                add(Stream::ChpFuel, self.plant_gas);
                add(Stream::BoilerFuel, balance.converted - self.plant_gas);
            }
        }
        flow
    }
}

fn subject(scenario: &Scenario, devices: &[Devices], version: &str) -> Subject {
    let roll = Roll::of(scenario);
    let members = scenario.members.iter().enumerate().map(|(index, member)| {
        let owned = &devices[index];
        let storage = |carrier| match carrier {
            Carrier::Electricity => {
                owned.batteries.iter().map(|battery: &Battery| battery.storage.capacity).sum::<i64>()
                    + owned.cars.iter().map(|car| car.storage.capacity).sum::<i64>()
            }
            Carrier::Heat => owned.stores.iter().map(|store: &ThermalStore| store.storage.capacity).sum(),
            Carrier::Gas => 0,
        };
        let meters = Carrier::ALL.into_iter().filter_map(|carrier| {
            let point = roll.points[index][carrier as usize]?;
            let storage = Energy(storage(carrier));
            Some(MeterInfo { meter: point.meter, carrier, tariff: point.tariff, storage })
        });
        MemberInfo {
            name: member.name.clone(),
            kind: member.kind.clone(),
            account: Roll::account(index),
            devices: member.labels.clone(),
            meters: meters.collect(),
        }
    });
    let unsold = scenario.markets.iter().filter(|market| market.sellers == Sellers::Named(Vec::new()));
    Subject {
        scenario: scenario.name.clone(),
        noun: scenario.noun.clone(),
        version: version.to_owned(),
        seed: scenario.seed,
        start: scenario.span.first.start,
        intervals: scenario.span.intervals(),
        community: scenario.community.clone(),
        members: members.collect(),
        untraded: unsold.map(|market| (market.market.carrier, "nobody here sells it".to_owned())).collect(),
        attributions: ATTRIBUTIONS.map(str::to_owned).to_vec(),
    }
}
