//! What makes and stores heat and gas.

use super::{Make, Place, capacity, made, part, power};
use crate::scenario::quantity::Decidegrees;
use crate::scenario::reader::Section;
use agents::device::{
    Biomethane, Boiler, Chp, ChpDescription, CoefficientOfPerformance, ElectricBoiler, Electrolyser,
    ElectrolyserDescription, FuelCell, FuelCellDescription, HeatPump, ThermalStore,
};
use agents::{Device, Series};

pub(super) fn heat_pump(section: &Section<'_>, _: &Place<'_>) -> Option<Make> {
    let electric = power(section, "power");
    let sources = [
        ("air", CoefficientOfPerformance::Air),
        ("ground", CoefficientOfPerformance::Ground),
        ("water", CoefficientOfPerformance::Water),
    ];
    let cop = section.choice("source", &sources).unwrap_or(CoefficientOfPerformance::Air);
    let real = part(section, "real_world_factor", 0.85);
    let flow = section.get_or("flow_temperature", Decidegrees(400)).0 as f64 / 10.0;
    // ground and ground water keep the year's mean
    let constant = section.get_or("source_temperature", Decidegrees(100)).0 as i32;
    let electric = electric?;
    Some(Box::new(move |owner| {
        let electric = owner.scaled(electric);
        let source = match cop {
            CoefficientOfPerformance::Air => owner.weather.temperature.clone(),
            _ => Series::constant(constant, owner.weather.steps.clone()),
        };
        let device = HeatPump::new(electric, cop, real, flow, source, owner.member.duration)?;
        // heat at the best coefficient of performance that the formulas allow
        let most = owner.energy(electric);
        Ok(made(Device::HeatPump(device), [most, 0, 0], [0, most * 8, 0])?.called(
            "heat pump",
            electric,
            "kW",
        ))
    }))
}

pub(super) fn thermal_store(section: &Section<'_>, _: &Place<'_>) -> Option<Make> {
    let capacity = capacity(section, "capacity");
    let loss = part(section, "loss_per_day", 0.06);
    let reserve = part(section, "reserve", 0.1);
    let initial = part(section, "initial", 0.5);
    let capacity = capacity?;
    Some(Box::new(move |owner| {
        let capacity = owner.scaled(capacity).max(1);
        let device = ThermalStore::new(capacity, loss, reserve, initial, owner.member.duration)?;
        Ok(made(Device::ThermalStore(device), [0, capacity, 0], [0, capacity, 0])?.called(
            "heat store",
            capacity,
            "kWh",
        ))
    }))
}

pub(super) fn gas_boiler(section: &Section<'_>, _: &Place<'_>) -> Option<Make> {
    let heat = power(section, "power");
    let efficiency = part(section, "efficiency", 0.95);
    let heat = heat?;
    Some(Box::new(move |owner| {
        let heat = owner.scaled(heat);
        let device = Boiler::new(heat, efficiency, owner.member.duration)?;
        let most = owner.energy(heat);
        Ok(made(Device::Boiler(device), [0, 0, ((most + 1) as f64 / efficiency) as i64 + 2], [0, most, 0])?
            .called("gas boiler", heat, "kW"))
    }))
}

pub(super) fn electric_boiler(section: &Section<'_>, _: &Place<'_>) -> Option<Make> {
    let electric = power(section, "power");
    let efficiency = part(section, "efficiency", 0.99);
    let electric = electric?;
    Some(Box::new(move |owner| {
        let electric = owner.scaled(electric);
        let device = ElectricBoiler::new(electric, efficiency, owner.member.duration)?;
        let most = owner.energy(electric);
        Ok(made(Device::ElectricBoiler(device), [most, 0, 0], [0, most, 0])?.called(
            "electric boiler",
            electric,
            "kW",
        ))
    }))
}

pub(super) fn electrolyser(section: &Section<'_>, _: &Place<'_>) -> Option<Make> {
    let electric_w = power(section, "power");
    let is = ElectrolyserDescription {
        electric_w: electric_w.unwrap_or(1),
        efficiency: part(section, "efficiency", 0.7),
        waste_heat: part(section, "waste_heat", 0.0),
        part_load: part(section, "part_load", 0.2),
    };
    electric_w?;
    Some(Box::new(move |owner| {
        let is = ElectrolyserDescription { electric_w: owner.scaled(is.electric_w), ..is };
        let device = Electrolyser::new(is, owner.member.duration)?;
        let (gas, heat) = device.advance(device.most);
        Ok(made(Device::Electrolyser(device), [device.most, 0, 0], [0, heat, gas])?.called(
            "electrolyser",
            is.electric_w,
            "kW",
        ))
    }))
}

pub(super) fn fuel_cell(section: &Section<'_>, _: &Place<'_>) -> Option<Make> {
    let electric_w = power(section, "power");
    let is = FuelCellDescription {
        electric_w: electric_w.unwrap_or(1),
        electric_efficiency: part(section, "electric_efficiency", 0.5),
        thermal_efficiency: part(section, "thermal_efficiency", 0.35),
        part_load: part(section, "part_load", 0.3),
    };
    electric_w?;
    Some(Box::new(move |owner| {
        let is = FuelCellDescription { electric_w: owner.scaled(is.electric_w), ..is };
        let device = FuelCell::new(is, owner.member.duration)?;
        let (electricity, heat) = device.unit.of(device.unit.most);
        Ok(made(Device::FuelCell(device), [0, 0, device.unit.most], [electricity, heat, 0])?.called(
            "fuel cell",
            is.electric_w,
            "kW",
        ))
    }))
}

pub(super) fn chp(section: &Section<'_>, _: &Place<'_>) -> Option<Make> {
    let electric_w = power(section, "power");
    let is = ChpDescription {
        electric_w: electric_w.unwrap_or(1),
        electric_efficiency: part(section, "electric_efficiency", 0.3),
        thermal_efficiency: part(section, "thermal_efficiency", 0.58),
        part_load: part(section, "part_load", 0.5),
    };
    electric_w?;
    Some(Box::new(move |owner| {
        let is = ChpDescription { electric_w: owner.scaled(is.electric_w), ..is };
        let device = Chp::new(is, owner.member.duration)?;
        let electric = owner.energy(is.electric_w);
        let gas = ((electric + 1) as f64 / is.electric_efficiency) as i64 + 2;
        let heat = (gas as f64 * is.thermal_efficiency) as i64 + 2;
        Ok(made(Device::Chp(device), [0, 0, gas], [electric + 2, heat, 0])?.called(
            "heat and power",
            is.electric_w,
            "kW",
        ))
    }))
}

pub(super) fn biomethane(section: &Section<'_>, _: &Place<'_>) -> Option<Make> {
    let power = power(section, "power")?;
    Some(Box::new(move |owner| {
        let power = owner.scaled(power);
        let device = Biomethane::new(power, owner.member.duration)?;
        Ok(made(Device::Biomethane(device), [0; 3], [0, 0, owner.energy(power)])?.called(
            "biogas plant",
            power,
            "kW",
        ))
    }))
}
