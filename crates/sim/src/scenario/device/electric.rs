//! What makes and stores electricity: sun, wind, water, batteries, cars.

use super::{Make, Place, at, capacity, made, part, power};
use crate::data::year;
use crate::scenario::quantity::{Area, Flow, Height, Power, Seconds};
use crate::scenario::reader::Section;
use agents::device::{
    Battery, BatteryDescription, Car, CarDescription, Catchment, Photovoltaic, RunOfRiver, Session, Wind,
    WindSource,
};
use agents::{Device, Series};
use market::Price;

pub(super) fn pv(section: &Section<'_>, _: &Place<'_>) -> Option<Make> {
    let peak = power(section, "peak");
    let inverter = if section.has("inverter") { power(section, "inverter") } else { peak };
    let yield_factor = part(section, "yield", 1.0);
    let (peak, inverter) = (peak?, inverter?);
    Some(Box::new(move |owner| {
        let (peak, inverter) = (owner.scaled(peak), owner.scaled(inverter));
        let solar = owner.weather.solar.clone().scaled(yield_factor);
        let device = Photovoltaic::new(peak, inverter, solar, owner.member.duration)?;
        Ok(made(Device::Photovoltaic(device), [0; 3], [owner.energy(peak.min(inverter)), 0, 0])?
            .called("PV", peak, "kWp"))
    }))
}

pub(super) fn wind(section: &Section<'_>, _: &Place<'_>) -> Option<Make> {
    let rated = power(section, "power")?;
    Some(Box::new(move |owner| {
        let rated = owner.scaled(rated);
        let device =
            Wind::new(rated, WindSource::PerUnit(owner.weather.wind.clone()), owner.member.duration)?;
        Ok(made(Device::Wind(device), [0; 3], [owner.energy(rated), 0, 0])?.called(
            "wind turbine",
            rated,
            "kW",
        ))
    }))
}

pub(super) fn hydro(section: &Section<'_>, _: &Place<'_>) -> Option<Make> {
    let head: Option<Height> = section.need("head");
    let design: Option<Flow> = section.need("design_flow");
    let minimum: Option<Flow> = section.get("minimum_flow");
    let residual = section.get_or("residual_flow", Flow(0));
    let efficiency = part(section, "efficiency", 0.8);
    let area: Option<Area> = section.need("catchment");
    let catchment = Catchment {
        area: area.unwrap_or_default().0 as f64 / 1e6,
        runoff: part(section, "runoff", 0.45),
        recession: section.get_or("recession", Seconds(12 * 86_400)).0 as f64 / 86_400.0,
        wet_after_dry: part(section, "wet_after_dry", 0.35),
        wet_after_wet: part(section, "wet_after_wet", 0.65),
        depth: 4.5,
    };
    let (head, design, _) = (head?, design?, area?);
    let minimum = minimum.unwrap_or(Flow(design.0 / 5));
    Some(Box::new(move |owner| {
        let inflow =
            catchment.inflow(owner.weather.steps.clone(), owner.member.duration, &mut owner.luck("rain"));
        let head = head.0 as f64 / 1_000.0;
        let flows = (design.0, minimum.0, residual.0);
        let device = RunOfRiver::new(flows, head, efficiency, inflow, owner.member.duration)?;
        let most = (design.0 as f64 * 9.806_65 * head * efficiency) as i64 + 1;
        Ok(made(Device::RunOfRiver(device), [0; 3], [owner.energy(most) + 1, 0, 0])?.called(
            "water turbine",
            most,
            "kW",
        ))
    }))
}

pub(super) fn battery(section: &Section<'_>, _: &Place<'_>) -> Option<Make> {
    let capacity_wh = capacity(section, "capacity");
    let power_w = power(section, "power");
    let minimum_charge = part(section, "minimum_charge", 0.05);
    let is = BatteryDescription {
        capacity_wh: capacity_wh.unwrap_or(1),
        power_w: power_w.unwrap_or(1),
        charge_efficiency: part(section, "charge_efficiency", 0.95),
        discharge_efficiency: part(section, "discharge_efficiency", 0.95),
        self_discharge_per_day: part(section, "self_discharge_per_day", 0.001),
        minimum_charge,
        initial_charge: part(section, "initial_charge", 0.5),
        degradation_cost: section.get_or("degradation_cost", Price(0)).0,
    };
    if is.initial_charge < minimum_charge {
        let field = if section.has("initial_charge") { "initial_charge" } else { "minimum_charge" };
        section.fault(
            field,
            "the initial charge is below the minimum charge",
            "start at the minimum charge or above",
        );
    }
    capacity_wh.and(power_w)?;
    Some(Box::new(move |owner| {
        let is = BatteryDescription {
            capacity_wh: owner.scaled(is.capacity_wh).max(1),
            power_w: owner.scaled(is.power_w).max(1),
            ..is
        };
        let most = owner.energy(is.power_w);
        Ok(made(Device::Battery(Battery::new(is, owner.member.duration)?), [most, 0, 0], [most, 0, 0])?
            .called("battery", is.capacity_wh, "kWh"))
    }))
}

pub(super) fn car(section: &Section<'_>, _: &Place<'_>) -> Option<Make> {
    let profiles = [("commuter", ("ev_tesla_home_w", 75_000)), ("compact", ("ev_eup_home_w", 18_700))];
    if !section.has("profile") {
        section.fault("profile", "is missing", "add `profile = \"commuter\"` or \"compact\"");
    }
    let profile = section.choice("profile", &profiles);
    let own = if section.has("capacity") { Some(capacity(section, "capacity")) } else { None };
    let power_w = power(section, "power");
    let charge_w = power_w.unwrap_or(1);
    let is = CarDescription {
        capacity_wh: own.flatten().or(profile.map(|(_, usual)| usual)).unwrap_or(1),
        charge_w,
        minimum_w: section.get_or("minimum_power", Power(1_380.min(charge_w))).0,
        discharge_w: section.get_or("discharge_power", Power(0)).0,
        charge_efficiency: part(section, "charge_efficiency", 0.9),
        discharge_efficiency: part(section, "discharge_efficiency", 0.9),
        initial_charge: part(section, "initial_charge", 1.0),
    };
    let (series, _) = profile?;
    power_w?;
    if own == Some(None) {
        return None;
    }
    Some(Box::new(move |owner| {
        let duration = owner.member.duration;
        let steps = owner.weather.steps.clone();
        // another week of the year and some quarter hours earlier or later, the same for all of a member's days
        let mut luck = owner.luck("car");
        let (weeks, quarters) =
            if owner.member.mixed { (luck.between(-4, 4), luck.between(-4, 4)) } else { (0, 0) };
        let local = owner.member.local(0) + weeks * 7 * 86_400 + quarters * 900;
        let source = year().synpro(series).unwrap_or(&[]);
        let demand = steps.clone().map(|step| {
            let second = local + step * i64::from(duration);
            let count = (i64::from(duration) / 900).max(1);
            let sum: i64 = (0..count).map(|quarter| i64::from(at(source, second + 900 * quarter))).sum();
            (sum / count * i64::from(duration) / 3600) as i32
        });
        let demand = Series::new(demand.collect(), steps.start);
        let hours = |hours: i64| (hours * 3600 / i64::from(duration)).max(1);
        let pauses = (hours(1), hours(12), hours(1));
        let mut sessions = Session::from_charging(&demand, is.capacity_wh, is.charge_efficiency, pauses);
        for session in &mut sessions {
            session.driven = session.driven.min(is.capacity_wh);
        }
        let most = owner.energy(is.charge_w);
        let back = owner.energy(is.discharge_w);
        Ok(made(Device::Car(Car::new(is, sessions.into(), duration)?), [most, 0, 0], [back, 0, 0])?.called(
            "electric car",
            is.capacity_wh,
            "kWh",
        ))
    }))
}
