//! `devices = [{ kind = "…", … }]`: what stands in a member's cellar and on the roof.
//!
//! A device of a file is read once into a recipe, and made once per member: the members of a group share the recipe
//! and differ by name.

use super::problem::suggestion_for;
use super::quantity::{Area, Decidegrees, Flow, Height, Power, Seconds};
use super::reader::Section;
use super::series::SeriesFile;
use super::time::Span;
use crate::calendar::parse_clock;
use crate::data::{self, Profile, QUARTERS_PER_DAY, day_of_series, year};
use agents::device::{
    Appliance, Battery, BatteryDescription, Biomethane, Boiler, Car, CarDescription, Catchment, Chp,
    ChpDescription, CoefficientOfPerformance, HeatPump, Load, Photovoltaic, Request, RunOfRiver, Session,
    ThermalStore, Wind, WindSource,
};
use agents::{Device, Impossible, Random, Series};
use market::{Carrier, Energy, Fraction, Price};
use std::ops::Range;
use std::path::Path;

/// The steps that series cover, and the weather in them, shared by all members.
#[derive(Clone, Debug)]
pub(crate) struct Weather {
    /// From two weeks of history to past the last interval.
    pub(crate) steps: Range<i64>,
    temperature: Series,
    solar: Series,
    wind: Series,
}

impl Weather {
    /// The shipped year as the intervals of a run see it.
    pub(crate) fn of(span: &Span) -> Self {
        // two weeks for forecasts to learn from; a day and a half beyond the end for plans to look at
        let per_day = span.per_day() as i64;
        let steps = -14 * per_day..span.intervals() as i64 + per_day * 3 / 2;
        let mean = |series: &[i32]| {
            let value = |step: i64| -> i32 {
                let local =
                    span.first.start as i64 + i64::from(span.offset) + step * i64::from(span.first.duration);
                let quarters = (i64::from(span.first.duration) / 900).max(1);
                let sum: i64 =
                    (0..quarters).map(|quarter| i64::from(at(series, local + 900 * quarter))).sum();
                sum.div_euclid(quarters) as i32
            };
            Series::new(steps.clone().map(value).collect(), steps.start)
        };
        let year = year();
        Self {
            temperature: mean(&year.temperature),
            solar: mean(&year.solar),
            wind: mean(&year.wind),
            steps: steps.clone(),
        }
    }
}

/// The value of a shipped series at a local second since 1970.
fn at(series: &[i32], local: i64) -> i32 {
    let day = day_of_series(local.div_euclid(86_400));
    series[day * QUARTERS_PER_DAY + (local.rem_euclid(86_400) / 900) as usize]
}

/// For whom a device is made.
pub(crate) struct Owner<'a> {
    /// Name, seed and clock.
    pub(crate) member: data::Member<'a>,
    /// The weather.
    pub(crate) weather: &'a Weather,
    /// Its size relative to the file's, parts per million: the spread of a group.
    pub(crate) scale: i64,
}

impl Owner<'_> {
    fn scaled(&self, value: i64) -> i64 {
        (i128::from(value) * i128::from(self.scale) / 1_000_000) as i64
    }

    fn luck(&self, what: &str) -> Random {
        Random::of(self.member.seed, &format!("{}/{what}", self.member.name))
    }

    fn energy(&self, power: i64) -> i64 {
        power * i64::from(self.member.duration) / 3600
    }
}

/// A device with the most it can take and give in one interval, Wh per carrier.
pub(crate) struct Made {
    pub(crate) device: Device,
    pub(crate) takes: [i64; 3],
    pub(crate) gives: [i64; 3],
    /// What it is, for people: `battery 10 kWh`; nothing for demand.
    pub(crate) label: String,
}

impl Made {
    fn called(mut self, name: &str, size: i64, unit: &str) -> Self {
        self.label = format!("{name} {} {unit}", thousands(size));
        self
    }
}

/// A size in thousands with at most one decimal: 9 800 is `9.8`.
fn thousands(size: i64) -> String {
    let tenths = (size + 50) / 100;
    if tenths % 10 == 0 { (tenths / 10).to_string() } else { format!("{}.{}", tenths / 10, tenths % 10) }
}

type Make = Box<dyn Fn(&Owner<'_>) -> Result<Made, Impossible>>;

/// How to make a device, and where its description stands.
pub(crate) struct Recipe<'a> {
    pub(crate) section: Section<'a>,
    /// Share of a group's members that have it; all where it is left out.
    pub(crate) share: Option<Fraction>,
    make: Make,
}

impl Recipe<'_> {
    /// Makes the device for a member; notes what is impossible about it.
    pub(crate) fn make(&self, owner: &Owner<'_>) -> Option<Made> {
        match (self.make)(owner) {
            Ok(made) => Some(made),
            Err(impossible) => {
                self.blame(&impossible);
                None
            }
        }
    }

    fn blame(&self, impossible: &Impossible) {
        let (field, what, remedy) = match impossible {
            Impossible::OutOfRange { field, value, unit, min, max, .. } => (
                *field,
                format!("{value} {unit} is impossible").replace("  ", " "),
                format!("choose between {min} and {max} {unit}").trim_end().to_owned(),
            ),
            Impossible::Contradiction { field, value, allowed, .. } => {
                (*field, format!("is {value}"), format!("it must be {allowed}"))
            }
        };
        let name = field.replace([' ', '-'], "_");
        let known =
            FIELDS.iter().find(|(theirs, _)| *theirs == field).map_or(name.as_str(), |(_, ours)| *ours);
        if self.section.has(known) {
            self.section.fault(known, what, remedy);
        } else {
            self.section.fault("kind", format!("{field}: {what}"), remedy);
        }
    }
}

/// Fields that `agents` calls differently.
const FIELDS: [(&str, &str); 9] = [
    ("heat output", "power"),
    ("electric power", "power"),
    ("electric output", "power"),
    ("rated power", "power"),
    ("charging power", "power"),
    ("smallest charging power", "minimum_power"),
    ("discharging power", "discharge_power"),
    ("initial level", "initial"),
    ("electric + thermal efficiency", "thermal_efficiency"),
];

/// Every kind of device that a file may name, with its reader.
const KINDS: [(&str, Reader); 12] = [
    ("load", load),
    ("pv", pv),
    ("wind", wind),
    ("hydro", hydro),
    ("biomethane", biomethane),
    ("battery", battery),
    ("car", car),
    ("heat_pump", heat_pump),
    ("thermal_store", thermal_store),
    ("gas_boiler", gas_boiler),
    ("chp", chp),
    ("appliance", appliance),
];
type Reader = for<'s, 'a> fn(&'s Section<'a>, &'s Place<'s>) -> Option<Make>;

/// Where the scenario lies, and when it plays.
pub(crate) struct Place<'a> {
    pub(crate) folder: &'a Path,
    pub(crate) span: Option<&'a Span>,
}

/// Reads the devices of a member or group.
pub(crate) fn read<'a>(section: &Section<'a>, place: &Place<'_>) -> Vec<Recipe<'a>> {
    let mut recipes = Vec::new();
    for section in section.sections("devices") {
        let kind: Option<String> = section.need("kind");
        let Some(kind) = kind else { continue };
        let share = section.get("share");
        let Some((_, reader)) = KINDS.iter().find(|(name, _)| *name == kind) else {
            let names = KINDS.map(|(name, _)| name);
            section.fault("kind", format!("there is no device `{kind}`"), suggestion_for(&kind, &names));
            continue;
        };
        let make = reader(&section, place);
        section.finish();
        if let Some(make) = make {
            recipes.push(Recipe { section, share, make });
        }
    }
    recipes
}

fn made(device: Device, takes: [i64; 3], gives: [i64; 3]) -> Result<Made, Impossible> {
    Ok(Made { device, takes, gives, label: String::new() })
}

/// A power that is there and more than nothing.
fn power<'a>(section: &Section<'a>, name: &'a str) -> Option<i64> {
    let power = section.need(name);
    let least = Power(1)..=Power(1_000_000_000);
    section
        .within(name, power, least, "is not more than nothing", "write a power such as \"5 kW\"")
        .map(|power| power.0)
}

fn capacity<'a>(section: &Section<'a>, name: &'a str) -> Option<i64> {
    let energy = section.need(name);
    let least = Energy(1)..=Energy(1_000_000_000);
    section
        .within(name, energy, least, "is not more than nothing", "write an energy such as \"10 kWh\"")
        .map(|energy| energy.0)
}

fn part<'a>(section: &Section<'a>, name: &'a str, default: f64) -> f64 {
    section
        .get::<Fraction>(name)
        .map_or(default, |part| f64::from(part.numerator()) / f64::from(part.denominator()))
}

fn load(section: &Section<'_>, place: &Place<'_>) -> Option<Make> {
    let mixed = section.get_or("mixed", true);
    if section.has("file") {
        return load_from_file(section, place);
    }
    let name: String = section.need("profile")?;
    let names = Profile::NAMES.map(|(name, _)| name);
    let Some((_, profile)) = Profile::NAMES.into_iter().find(|(candidate, _)| *candidate == name) else {
        section.fault("profile", format!("there is no profile `{name}`"), suggestion_for(&name, &names));
        return None;
    };
    let annual = match profile {
        Profile::Standard(_) => capacity(section, "annual")?,
        _ if section.has("annual") => capacity(section, "annual")?,
        _ => profile.annual(),
    };
    let carrier = if profile.is_heat() { Carrier::Heat } else { Carrier::Electricity };
    Some(Box::new(move |owner| {
        let member = data::Member { mixed: owner.member.mixed && mixed, ..owner.member };
        let demand = profile.demand(&member, owner.weather.steps.clone(), owner.scaled(annual));
        let most = demand.iter().copied().max().unwrap_or(0);
        let mut takes = [0; 3];
        takes[carrier as usize] = i64::from(most);
        made(
            Device::Load(Load::new(carrier, Series::new(demand.into(), owner.weather.steps.start))?),
            takes,
            [0; 3],
        )
    }))
}

fn load_from_file(section: &Section<'_>, place: &Place<'_>) -> Option<Make> {
    let file: String = section.need("file")?;
    let column: Option<String> = section.get("column");
    let carrier = section.choice("carrier", &super::market::CARRIERS).unwrap_or(Carrier::Electricity);
    // milliwatts per unit, or milliwatt-hours per row
    let units = [
        ("W", (1_000, false)),
        ("kW", (1_000_000, false)),
        ("Wh", (1_000, true)),
        ("kWh", (1_000_000, true)),
    ];
    if !section.has("unit") {
        section.fault(
            "unit",
            "is missing",
            "say whether the numbers are \"W\", \"kW\", \"Wh\" or \"kWh\" (energy per row)",
        );
    }
    let (factor, per_row) = section.choice("unit", &units)?;
    let path = place.folder.join(file);
    let on_error = |what, remedy| section.fault("file", what, remedy);
    let series = SeriesFile::read(section.source, &path, column.as_deref(), &on_error)?;
    let span = place.span?;
    if series.start > span.first.start || series.end() < span.end() {
        let clock = |unix| crate::calendar::format_instant(unix, span.offset);
        let what = format!(
            "`{}` covers {} to {}, the scenario {} to {}",
            path.display(),
            clock(series.start),
            clock(series.end()),
            clock(span.first.start),
            clock(span.end())
        );
        section.fault("file", what, "take a series that covers the whole scenario");
        return None;
    }
    let duration = u64::from(span.first.duration);
    if series.step % duration != 0 && duration % series.step != 0 {
        let what =
            format!("its rows are {} s apart, which does not fit intervals of {duration} s", series.step);
        section.fault("file", what, "resample the file");
        return None;
    }
    let step = series.step.min(duration);
    let energy = move |start: u64| -> Option<i64> {
        // power (or a row's energy as power) summed over the parts of the interval
        let mut milliwatt_seconds = 0_i128;
        for second in (start..start + duration).step_by(step as usize) {
            let value = i128::from(series.at(second, factor)?);
            milliwatt_seconds += if per_row {
                value * 3600 * i128::from(step) / i128::from(series.step)
            } else {
                value * i128::from(step)
            };
        }
        i64::try_from(milliwatt_seconds / 3_600_000).ok()
    };
    Some(Box::new(move |owner| {
        let start = owner.member.start as i64;
        let unix = |step: i64| start + step * i64::from(owner.member.duration);
        let steps = owner.weather.steps.clone();
        let inside = |step: &i64| u64::try_from(unix(*step)).ok().and_then(&energy).is_some();
        let first = steps.clone().find(inside).unwrap_or(0);
        // beyond the file's end, which only plans look at, the last day is repeated
        let per_day = 86_400 / i64::from(owner.member.duration);
        let mut demand: Vec<i32> = Vec::new();
        for step in first..steps.end {
            let value = match u64::try_from(unix(step)).ok().and_then(&energy) {
                Some(value) => owner.scaled(value) as i32,
                None => demand[demand.len() - per_day.min(demand.len() as i64) as usize],
            };
            demand.push(value);
        }
        let mut takes = [0; 3];
        takes[carrier as usize] = demand.iter().copied().max().map_or(0, i64::from);
        made(Device::Load(Load::new(carrier, Series::new(demand.into(), first))?), takes, [0; 3])
    }))
}

fn pv(section: &Section<'_>, _: &Place<'_>) -> Option<Make> {
    let peak = power(section, "peak")?;
    let inverter = if section.has("inverter") { power(section, "inverter")? } else { peak };
    let yield_factor = part(section, "yield", 1.0);
    Some(Box::new(move |owner| {
        let (peak, inverter) = (owner.scaled(peak), owner.scaled(inverter));
        let solar = owner.weather.solar.clone().scaled(yield_factor);
        let device = Photovoltaic::new(peak, inverter, solar, owner.member.duration)?;
        Ok(made(Device::Photovoltaic(device), [0; 3], [owner.energy(peak.min(inverter)), 0, 0])?
            .called("PV", peak, "kWp"))
    }))
}

fn wind(section: &Section<'_>, _: &Place<'_>) -> Option<Make> {
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

fn hydro(section: &Section<'_>, _: &Place<'_>) -> Option<Make> {
    let head: Height = section.need("head")?;
    let design: Flow = section.need("design_flow")?;
    let minimum = section.get_or("minimum_flow", Flow(design.0 / 5));
    let residual = section.get_or("residual_flow", Flow(0));
    let efficiency = part(section, "efficiency", 0.8);
    let area: Area = section.need("catchment")?;
    let catchment = Catchment {
        area: area.0 as f64 / 1e6,
        runoff: part(section, "runoff", 0.45),
        recession: section.get_or("recession", Seconds(12 * 86_400)).0 as f64 / 86_400.0,
        wet_after_dry: part(section, "wet_after_dry", 0.35),
        wet_after_wet: part(section, "wet_after_wet", 0.65),
        depth: 4.5,
    };
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

fn biomethane(section: &Section<'_>, _: &Place<'_>) -> Option<Make> {
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

fn battery(section: &Section<'_>, _: &Place<'_>) -> Option<Make> {
    let capacity_wh = capacity(section, "capacity")?;
    let power_w = power(section, "power")?;
    let minimum_charge = part(section, "minimum_charge", 0.05);
    let is = BatteryDescription {
        capacity_wh,
        power_w,
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

fn car(section: &Section<'_>, _: &Place<'_>) -> Option<Make> {
    let profiles = [("commuter", ("ev_tesla_home_w", 75_000)), ("compact", ("ev_eup_home_w", 18_700))];
    if !section.has("profile") {
        section.fault("profile", "is missing", "add `profile = \"commuter\"` or \"compact\"");
    }
    let (series, usual) = section.choice("profile", &profiles)?;
    let capacity_wh = if section.has("capacity") { capacity(section, "capacity")? } else { usual };
    let charge_w = power(section, "power")?;
    let is = CarDescription {
        capacity_wh,
        charge_w,
        minimum_w: section.get_or("minimum_power", Power(1_380.min(charge_w))).0,
        discharge_w: section.get_or("discharge_power", Power(0)).0,
        charge_efficiency: part(section, "charge_efficiency", 0.9),
        discharge_efficiency: part(section, "discharge_efficiency", 0.9),
        initial_charge: part(section, "initial_charge", 1.0),
    };
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

fn heat_pump(section: &Section<'_>, _: &Place<'_>) -> Option<Make> {
    let electric = power(section, "power")?;
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

fn thermal_store(section: &Section<'_>, _: &Place<'_>) -> Option<Make> {
    let capacity = capacity(section, "capacity")?;
    let loss = part(section, "loss_per_day", 0.06);
    let reserve = part(section, "reserve", 0.1);
    let initial = part(section, "initial", 0.5);
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

fn gas_boiler(section: &Section<'_>, _: &Place<'_>) -> Option<Make> {
    let heat = power(section, "power")?;
    let efficiency = part(section, "efficiency", 0.95);
    Some(Box::new(move |owner| {
        let heat = owner.scaled(heat);
        let device = Boiler::new(heat, efficiency, owner.member.duration)?;
        let most = owner.energy(heat);
        Ok(made(Device::Boiler(device), [0, 0, ((most + 1) as f64 / efficiency) as i64 + 2], [0, most, 0])?
            .called("gas boiler", heat, "kW"))
    }))
}

fn chp(section: &Section<'_>, _: &Place<'_>) -> Option<Make> {
    let is = ChpDescription {
        electric_w: power(section, "power")?,
        electric_efficiency: part(section, "electric_efficiency", 0.3),
        thermal_efficiency: part(section, "thermal_efficiency", 0.58),
        part_load: part(section, "part_load", 0.5),
    };
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

fn appliance(section: &Section<'_>, _: &Place<'_>) -> Option<Make> {
    let energy = capacity(section, "energy")?;
    let duration: Seconds = section.need("duration")?;
    let runs = section.get_or("runs_per_week", 4_u64);
    let clock = |name: &'static str, default: &str| {
        let text = section.get_or(name, default.to_owned());
        let seconds = parse_clock(&text);
        if seconds.is_none() {
            section.fault(
                name,
                format!("`{text}` is not a time of day"),
                "write hours and minutes such as \"18:00\"",
            );
        }
        seconds.map(i64::from)
    };
    let (from, window) = (clock("from", "18:00")?, section.get_or("window", Seconds(8 * 3600)));
    if window.0 + duration.0 > 23 * 3600 {
        section.fault(
            "window",
            "is too long for a run every day",
            "keep window and duration below 23 h together",
        );
        return None;
    }
    if runs == 0 || runs > 7 {
        section.fault("runs_per_week", "is not between 1 and 7", "choose how often it runs, such as 4");
        return None;
    }
    Some(Box::new(move |owner| {
        let step = i64::from(owner.member.duration);
        let length = (duration.0 / step).max(1);
        // an even run whose parts sum to the energy exactly
        let profile: Vec<i64> =
            (0..length).map(|i| energy * (i + 1) / length - energy * i / length).collect();
        let per_day = 86_400 / step;
        let steps = owner.weather.steps.clone();
        let mut luck = owner.luck("appliance");
        let mut requests = Vec::new();
        for day in steps.start.div_euclid(per_day)..steps.end.div_euclid(per_day) {
            if luck.between(1, 7) <= runs as i64 {
                let requested = day * per_day + from / step + luck.between(0, 3600 / step);
                requests.push(Request { requested, latest: requested + window.0 / step });
            }
        }
        let most = profile.iter().copied().max().unwrap_or(0);
        made(Device::Appliance(Appliance::new(profile.into(), requests.into())?), [most, 0, 0], [0; 3])
    }))
}
