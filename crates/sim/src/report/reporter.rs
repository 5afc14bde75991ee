//! The report of a simulated run: translates a scenario and its devices into what the [`Recorder`] takes.

use super::{MemberFlow, MemberInfo, Outcome, PointInfo, Recorder, ReportError, Stream, Subject};
use crate::{CoupledClearing, Lived, Observer, Roll, Scenario, Terms};
use agents::device::Converter;
use agents::{Delivery, Device, Devices};
use market::{Book, Carrier, DeliveryInterval, Energy, Event, Sink};
use std::path::{Path, PathBuf};

/// Whose data the shipped scenarios use.
const ATTRIBUTIONS: [&str; 3] = [
    "Electricity, heat and car profiles: synPRO, Fraunhofer ISE (CDLA-Permissive-2.0), varied by seed for each member.",
    "Weather: test reference year 2010, region 6, Deutscher Wetterdienst (DWD).",
    "Standard load profiles: BDEW 2025 (H25, G25, L25), as shipped in demandlib (MIT).",
];

/// An [`Observer`] that writes the report of a run.
pub struct Reporter {
    recorder: Recorder,
    devices: Vec<Devices>,
    flows: Vec<MemberFlow>,
}

impl Reporter {
    /// Begins the report of a scenario, known to its user as `label`, in the folder `target`.
    ///
    /// # Errors
    /// When the folder holds something else, or cannot be written beside.
    pub fn create(
        target: &Path,
        scenario: &Scenario,
        label: &str,
        version: &str,
    ) -> Result<Self, ReportError> {
        let devices: Vec<Devices> =
            scenario.members.iter().map(|member| member.devices.iter().cloned().collect()).collect();
        let subject = subject(scenario, &devices, label, version);
        Ok(Self { recorder: Recorder::create(target, subject)?, devices, flows: Vec::new() })
    }

    /// Writes the page and puts the folder in its place. Gives the page's path.
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

    fn coupled(&mut self, clearing: &CoupledClearing) {
        self.recorder.coupled(clearing);
    }

    fn interval(&mut self, lived: &Lived<'_>) -> Result<(), Box<dyn std::error::Error + Send + Sync>> {
        let Self { recorder, devices, flows } = self;
        flows.clear();
        for (member, (devices, delivery)) in devices.iter().zip(lived.deliveries).enumerate() {
            let step = lived.step.cast_signed();
            for carrier in Carrier::ALL {
                flows.push(flow(member, carrier, devices, delivery, step));
            }
        }
        Ok(recorder.record(lived.interval, lived.terms, flows)?)
    }

    fn resettled(
        &mut self,
        _: Carrier,
        _: DeliveryInterval,
        terms: &[Terms],
    ) -> Result<(), Box<dyn std::error::Error + Send + Sync>> {
        self.recorder.resettled(terms);
        Ok(())
    }
}

/// What converters give and what they take, in the picture of flows.
const CONVERTERS: [(Converter, Stream, Stream); Converter::COUNT] = [
    (Converter::Chp, Stream::Chp, Stream::ChpFuel),
    (Converter::FuelCell, Stream::FuelCell, Stream::FuelCellFuel),
    (Converter::HeatPump, Stream::HeatPump, Stream::HeatPumpDrive),
    (Converter::Boiler, Stream::Boiler, Stream::BoilerFuel),
    (Converter::ElectricBoiler, Stream::ElectricBoiler, Stream::ElectricBoilerDrive),
    (Converter::Electrolyser, Stream::Electrolyser, Stream::ElectrolyserDrive),
];

/// What one member's devices did with one carrier, by kind.
fn flow(member: usize, carrier: Carrier, devices: &Devices, delivery: &Delivery, step: i64) -> MemberFlow {
    let mut flow = MemberFlow::new(member, carrier);
    let balance = *delivery.of(carrier);
    let mut add = |stream, energy: i64| flow.add(stream, Energy(energy));
    add(Stream::Discharge, balance.discharged);
    add(Stream::Loss, balance.dumped);
    // What each converter gave of this carrier, and took of it.
    let gave = |kind: Converter| delivery.by(kind).outputs[carrier as usize];
    let took = |kind: Converter| if kind.input() == carrier { delivery.by(kind).input } else { 0 };
    for (kind, source, drain) in CONVERTERS {
        add(source, gave(kind));
        add(drain, took(kind));
    }
    match carrier {
        Carrier::Electricity => {
            let wind: i64 = devices.winds.iter().map(|device| device.generation(step)).sum();
            let rivers: i64 = devices.rivers.iter().map(|device| device.generation(step)).sum();
            let water = rivers + delivery.from_water;
            add(Stream::Sun, balance.generation - wind - water);
            add(Stream::Wind, wind);
            add(Stream::Water, water);
            add(Stream::Load, balance.consumption - balance.unmet);
            add(Stream::Car, delivery.car_charged);
            add(Stream::Charge, balance.charged - delivery.car_charged);
            flow.stored = Energy(delivery.battery);
            flow.in_cars = Energy(delivery.car);
        }
        Carrier::Heat => {
            add(Stream::Warmth, balance.consumption - balance.unmet);
            add(Stream::Charge, balance.charged);
            flow.stored = Energy(delivery.thermal);
        }
        Carrier::Gas => {
            add(Stream::Biomethane, balance.generation);
            add(Stream::Kitchen, balance.consumption - balance.unmet);
        }
    }
    flow
}

fn subject(scenario: &Scenario, devices: &[Devices], label: &str, version: &str) -> Subject {
    let roll = Roll::of(scenario);
    let members = scenario.members.iter().zip(devices).zip(&roll.points).enumerate();
    let members = members.map(|(number, ((member, devices), points))| {
        let point = |carrier: Carrier| {
            let meter = points[carrier as usize].map(|point| (point.meter, point.tariff));
            let storage = match carrier {
                Carrier::Electricity => {
                    devices.batteries.iter().map(|battery| battery.storage.capacity).sum()
                }
                Carrier::Heat => devices.stores.iter().map(|store| store.storage.capacity).sum(),
                Carrier::Gas => 0,
            };
            let storage = Energy(storage);
            let heats =
                carrier == Carrier::Heat && devices.loads.iter().any(|load| load.carrier() == carrier);
            (meter.is_some() || heats || storage.0 > 0).then_some(PointInfo { carrier, meter, storage })
        };
        MemberInfo {
            name: member.name.clone(),
            kind: member.kind.clone(),
            account: Roll::account(number),
            devices: words(&member.devices),
            points: Carrier::ALL.into_iter().filter_map(point).collect(),
            share: roll.shares[number].map(|share| share.meter),
        }
    });
    Subject {
        scenario: label.into(),
        name: scenario.name.clone(),
        version: version.into(),
        seed: scenario.seed,
        start: scenario.span.first.start,
        intervals: scenario.span.intervals(),
        community: scenario.community.clone(),
        members: members.collect(),
        untraded: Vec::new(),
        attributions: ATTRIBUTIONS.map(String::from).into(),
    }
}

/// What a member owns, each kind once.
fn words(devices: &[Device]) -> Vec<String> {
    let mut words: Vec<String> = Vec::new();
    for device in devices {
        let word = match device {
            Device::Photovoltaic(_) => "PV".into(),
            Device::Wind(_) => "wind turbine".into(),
            Device::RunOfRiver(_) => "water turbine".into(),
            Device::Reservoir(_) => "storage power plant".into(),
            Device::Biomethane(_) => "biogas plant".into(),
            Device::Battery(battery) => {
                let kwh = super::text::decimal(battery.storage.capacity.into(), 3, 1);
                format!("battery {}\u{a0}kWh", kwh.trim_end_matches(".0"))
            }
            Device::Car(_) => "electric car".into(),
            Device::HeatPump(_) => "heat pump".into(),
            Device::ThermalStore(_) => "hot-water tank".into(),
            Device::Boiler(_) => "gas boiler".into(),
            Device::ElectricBoiler(_) => "electric boiler".into(),
            Device::Chp(_) => "heat and power plant".into(),
            Device::FuelCell(_) => "fuel cell".into(),
            Device::Electrolyser(_) => "electrolyser".into(),
            Device::Appliance(_) => "flexible appliances".into(),
            Device::Load(_) => continue,
        };
        if !words.contains(&word) {
            words.push(word);
        }
    }
    words
}
