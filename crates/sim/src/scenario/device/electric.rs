//! What makes and stores electricity: sun, wind, water, batteries.

use super::{Make, Place, capacity, made, part, power};
use crate::scenario::quantity::{Area, Flow, Height, Seconds, Volume};
use crate::scenario::reader::Section;
use agents::Device;
use agents::device::{
    Battery, BatteryDescription, Catchment, Photovoltaic, Reservoir, ReservoirDescription, RunOfRiver, Wind,
    WindSource,
};
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
    let catchment = catchment(section);
    let (head, design, catchment) = (head?, design?, catchment?);
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

/// The river above a plant.
fn catchment(section: &Section<'_>) -> Option<Catchment> {
    let area: Option<Area> = section.need("catchment");
    let catchment = Catchment {
        area: area.unwrap_or_default().0 as f64 / 1e6,
        runoff: part(section, "runoff", 0.45),
        recession: section.get_or("recession", Seconds(12 * 86_400)).0 as f64 / 86_400.0,
        wet_after_dry: part(section, "wet_after_dry", 0.35),
        wet_after_wet: part(section, "wet_after_wet", 0.65),
        depth: 4.5,
    };
    area.map(|_| catchment)
}

pub(super) fn reservoir(section: &Section<'_>, _: &Place<'_>) -> Option<Make> {
    let volume: Option<Volume> = section.need("volume");
    let head: Option<Height> = section.need("head");
    let design: Option<Flow> = section.need("design_flow");
    let minimum: Option<Flow> = section.get("minimum_flow");
    let residual = section.get_or("residual_flow", Flow(0));
    let efficiency = part(section, "efficiency", 0.85);
    let (initial, target) = (part(section, "initial", 0.5), part(section, "target", 0.5));
    let catchment = catchment(section);
    let (volume, head, design, catchment) = (volume?, head?, design?, catchment?);
    Some(Box::new(move |owner| {
        let inflow =
            catchment.inflow(owner.weather.steps.clone(), owner.member.duration, &mut owner.luck("rain"));
        let head = head.0 as f64 / 1_000.0;
        let is = ReservoirDescription {
            volume: volume.0,
            head,
            design_flow: design.0,
            minimum_flow: minimum.map_or(design.0 / 5, |flow| flow.0),
            residual_flow: residual.0,
            efficiency,
            inflow,
            initial,
            target,
        };
        let device = Reservoir::new(is, owner.member.duration)?;
        let most = (design.0 as f64 * 9.806_65 * head * efficiency) as i64 + 1;
        Ok(made(Device::Reservoir(device), [0; 3], [owner.energy(most) + 1, 0, 0])?.called(
            "storage power plant",
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
