//! A player: a member of the virtual power plant as a part of a linear programme.
//!
//! Energies are kWh per interval at the grid connection, given where positive; money is in the community's currency.
//! What a player costs is linear: so much per kWh generated or given from a store, and no more.

use super::StudyError;
use super::coalition::Offer;
use agents::device::{Battery, Car, Devices, Reservoir};
use agents::linear::{Programme, Solution, Variable};
use market::Carrier;
use std::ops::Range;

/// What a kWh costs to make, by what makes it; assumed, in the currency per kWh. Wind turbines are often maintained
/// for a price per MWh; rivers and panels wear less. The wear of batteries, of cars too, is in the scenario.
pub mod cost {
    /// Panels: cleaning, inverter.
    pub const SUN: f64 = 0.003;
    /// A turbine: full maintenance.
    pub const WIND: f64 = 0.010;
    /// A water turbine.
    pub const WATER: f64 = 0.006;
}

/// One player, over the steps of a study.
#[derive(Clone, Debug)]
pub struct Player {
    /// The member's name.
    pub name: String,
    /// The member's kind, free text.
    pub kind: String,
    /// The style class that colours it in pictures.
    pub class: &'static str,
    /// Most it can give in one interval, kWh.
    pub capacity: f64,
    parts: Vec<Part>,
}

/// What a player consists of.
#[derive(Clone, Debug)]
enum Part {
    /// Energy that may be taken or left, kWh per step, at a cost per kWh.
    Source { available: Vec<f64>, cost: f64 },
    /// Energy that must be served, kWh per step.
    Demand(Vec<f64>),
    /// Water above a turbine.
    Lake(Lake),
    /// A store at hand during `stays`.
    Store { limits: Limits, stays: Vec<Stay>, cost: f64 },
}

/// A reservoir; kWh of water are potential energy.
#[derive(Clone, Debug)]
struct Lake {
    capacity: f64,
    /// Level at the beginning, and at least at the end, kWh of water.
    level: f64,
    /// Flows in and must be kept, turned or spilled, kWh of water per step; what is left to the river bed is off.
    inflow: Vec<f64>,
    /// Most drawn through the turbine, kWh of water per step.
    most: f64,
    efficiency: f64,
    /// What a kWh of water is worth at the end, in the currency.
    worth: f64,
}

/// What a store can do, kWh per step.
#[derive(Clone, Copy, Debug)]
struct Limits {
    capacity: f64,
    reserve: f64,
    charge: f64,
    discharge: f64,
    charge_efficiency: f64,
    discharge_efficiency: f64,
    /// Kept from step to step, 0 to 1.
    keep: f64,
}

/// A time during which a store is at hand.
#[derive(Clone, Debug, PartialEq)]
struct Stay {
    steps: Range<usize>,
    /// Used since the stay before, kWh; of the first stay, `arrival` is its level instead.
    driven: f64,
    /// Level at the beginning of the first stay, kWh.
    arrival: f64,
    /// Level needed at the end, kWh.
    target: f64,
}

/// Where a player stands in a programme: what it gives in each step, and what it pays for.
#[derive(Debug, Default)]
pub(super) struct Place {
    /// Per step, variables that add to what it gives.
    gives: Vec<Vec<(Variable, f64)>>,
    /// Per step, what it gives whatever is decided, kWh.
    fixed: Vec<f64>,
    /// Variables that cost, with their true cost.
    costs: Vec<(Variable, f64)>,
    /// Variables that are worth something at the end, with their worth.
    worth: Vec<(Variable, f64)>,
    /// Variables that may be less than there is, with what there is, kWh.
    sources: Vec<(Variable, f64)>,
}

impl Player {
    /// A member of this name and kind with its devices, over `steps` of its scenario, at these wholesale prices.
    ///
    /// # Errors
    /// Where a device is not electric.
    pub fn of(
        (name, kind): (&str, &str),
        devices: &Devices,
        steps: Range<i64>,
        prices: &[Offer],
    ) -> Result<Self, StudyError> {
        let foreign = [
            ("heat pump", devices.heat_pumps.len()),
            ("thermal store", devices.stores.len()),
            ("gas boiler", devices.boilers.len()),
            ("electric boiler", devices.electric_boilers.len()),
            ("electrolyser", devices.electrolysers.len()),
            ("fuel cell", devices.fuel_cells.len()),
            ("combined heat and power plant", devices.chps.len()),
            ("biomethane plant", devices.biomethanes.len()),
            ("appliance", devices.appliances.len()),
        ];
        if let Some((device, _)) = foreign.iter().find(|(_, count)| *count > 0) {
            return Err(StudyError::Device { player: name.to_owned(), device });
        }
        let series = |energy: &dyn Fn(i64) -> i64| steps.clone().map(|step| kwh(energy(step))).collect();
        let source = |energy: &dyn Fn(i64) -> i64, cost| Part::Source { available: series(energy), cost };
        let mut parts = Vec::new();
        parts.extend(devices.photovoltaics.iter().map(|device| source(&|s| device.generation(s), cost::SUN)));
        parts.extend(devices.winds.iter().map(|device| source(&|s| device.generation(s), cost::WIND)));
        parts.extend(devices.rivers.iter().map(|device| source(&|s| device.generation(s), cost::WATER)));
        parts.extend(devices.reservoirs.iter().map(|lake| Part::lake(lake, &steps, prices)));
        for load in &devices.loads {
            if load.carrier() != Carrier::Electricity {
                return Err(StudyError::Device { player: name.to_owned(), device: "demand for heat" });
            }
            parts.push(Part::Demand(series(&|step| load.demand(step))));
        }
        let count = steps.clone().count();
        parts.extend(devices.batteries.iter().map(|battery| Part::battery(battery, count)));
        parts.extend(devices.cars.iter().map(|car| Part::car(car, &steps)));
        let class = [
            ("sun", devices.photovoltaics.len()),
            ("wind", devices.winds.len()),
            ("water", devices.rivers.len() + devices.reservoirs.len()),
            ("store", devices.batteries.len()),
            ("car", devices.cars.len()),
        ];
        let class = class.iter().find(|(_, count)| *count > 0).map_or("load", |(class, _)| class);
        let capacity = parts.iter().map(Part::most).sum::<f64>();
        Ok(Self { name: name.to_owned(), kind: kind.to_owned(), class, capacity, parts })
    }

    /// What a kWh truly costs it, in the currency; of several, the dearest. Nothing for those without a cost that they
    /// could tell wrongly.
    #[must_use]
    pub fn unit_cost(&self) -> Option<f64> {
        let cost = |part: &Part| match part {
            Part::Source { available, cost } if available.iter().any(|energy| *energy > 0.0) => *cost,
            Part::Lake(_) => cost::WATER,
            Part::Store { limits, cost, .. } if limits.discharge > 0.0 => *cost,
            _ => 0.0,
        };
        Some(self.parts.iter().map(cost).fold(0.0, f64::max)).filter(|cost| *cost > 0.0)
    }

    /// Adds it to a programme, its costs told as `report` times the true ones.
    pub(super) fn join(&self, programme: &mut Programme, steps: usize, report: f64) -> Place {
        let mut place = Place { gives: vec![Vec::new(); steps], fixed: vec![0.0; steps], ..Place::default() };
        for part in &self.parts {
            part.join(programme, &mut place, report);
        }
        place
    }
}

impl Place {
    /// The terms of what it gives in a step, for a row; and what it gives whatever is decided, kWh.
    pub(super) fn of(&self, step: usize) -> (&[(Variable, f64)], f64) {
        (&self.gives[step], self.fixed[step])
    }

    /// What it gives in each step, kWh.
    pub(super) fn schedule(&self, solution: &Solution) -> Vec<f64> {
        let sum = |terms: &Vec<(Variable, f64)>| -> f64 {
            terms.iter().map(|(variable, factor)| factor * solution.of(*variable)).sum()
        };
        self.gives.iter().zip(&self.fixed).map(|(terms, fixed)| fixed + sum(terms)).collect()
    }

    /// What the water left at the end is worth beyond what was there, in the currency.
    pub(super) fn worth(&self, solution: &Solution) -> f64 {
        self.worth.iter().map(|(variable, worth)| worth * solution.of(*variable)).sum()
    }

    /// What that truly costs.
    pub(super) fn cost(&self, solution: &Solution) -> f64 {
        self.costs.iter().map(|(variable, cost)| cost * solution.of(*variable)).sum()
    }

    /// Energy that could have been had and was left, kWh.
    pub(super) fn curtailed(&self, solution: &Solution) -> f64 {
        self.sources.iter().map(|(given, energy)| energy - solution.of(*given)).sum()
    }
}

impl Part {
    /// A reservoir begins at the level that it returns to, and ends at least as full. Water left is worth what it would
    /// bring at the mean wholesale price; what was there at the beginning earns nothing.
    fn lake(lake: &Reservoir, steps: &Range<i64>, prices: &[Offer]) -> Self {
        let efficiency = lake.efficiency.value();
        let mean = prices.iter().map(Offer::middle).sum::<f64>() / prices.len().max(1) as f64;
        Self::Lake(Lake {
            capacity: kwh(lake.capacity),
            level: kwh(lake.target()),
            inflow: steps.clone().map(|step| kwh((lake.inflow(step) - lake.residual()).max(0))).collect(),
            most: kwh(lake.most),
            efficiency,
            worth: efficiency * (mean - cost::WATER).max(0.0),
        })
    }

    /// A battery must end as full as it began.
    fn battery(battery: &Battery, steps: usize) -> Self {
        let level = kwh(battery.initial);
        let stay = Stay { steps: 0..steps, driven: 0.0, arrival: level, target: level };
        let cost = battery.degradation_cost as f64 / 1e6;
        Self::Store { limits: Limits::of(&battery.storage), stays: vec![stay], cost }
    }

    /// A car leaves as full as it was asked to be, or as full as it can get. A stay that reaches over an end of the study
    /// is there as full as charging evenly makes it, so that nothing is put off to a day that nobody looks at.
    fn car(car: &Car, window: &Range<i64>) -> Self {
        let limits = Limits::of(&car.storage);
        let mut level = kwh(car.initial);
        let mut stays = Vec::new();
        for session in car.sessions() {
            let arrival = (level - kwh(session.driven)).max(0.0);
            let length = (session.departure - session.arrival) as f64;
            let reach = arrival + limits.charge_efficiency * limits.charge * length;
            let departure = kwh(session.required).min(reach).max(arrival);
            let even = |step: i64| {
                arrival + (departure - arrival) * ((step - session.arrival) as f64 / length).clamp(0.0, 1.0)
            };
            let (from, until) = (session.arrival.max(window.start), session.departure.min(window.end));
            if from < until {
                stays.push(Stay {
                    steps: (from - window.start) as usize..(until - window.start) as usize,
                    driven: level - arrival,
                    arrival: even(from),
                    target: even(until),
                });
            }
            level = departure;
        }
        Self::Store { limits, stays, cost: car.degradation_cost as f64 / 1e6 }
    }

    /// Most it gives in a step, kWh.
    fn most(&self) -> f64 {
        match self {
            Self::Source { available, .. } => available.iter().copied().fold(0.0, f64::max),
            Self::Demand(_) => 0.0,
            Self::Lake(lake) => lake.efficiency * lake.most,
            Self::Store { limits, .. } => limits.discharge,
        }
    }

    fn join(&self, programme: &mut Programme, place: &mut Place, report: f64) {
        match self {
            Self::Source { available, cost } => {
                for (step, energy) in available.iter().enumerate().filter(|(_, energy)| **energy > 0.0) {
                    let given = programme.variable(report * cost, 0.0, *energy);
                    place.gives[step].push((given, 1.0));
                    place.costs.push((given, *cost));
                    place.sources.push((given, *energy));
                }
            }
            Self::Demand(energy) => {
                place.fixed.iter_mut().zip(energy).for_each(|(fixed, energy)| *fixed -= energy);
            }
            Self::Lake(lake) => lake.join(programme, place, report),
            Self::Store { limits, stays, cost } => {
                let mut last = None;
                for stay in stays {
                    last = Some(limits.join(programme, place, stay, (last, *cost, report)));
                }
            }
        }
    }
}

impl Lake {
    /// level' = level + inflow − drawn − spilled.
    fn join(&self, programme: &mut Programme, place: &mut Place, report: f64) {
        let cost = self.efficiency * cost::WATER;
        // What is there at the beginning, bought at what it is worth at the end, so that only what is added counts.
        let there = programme.variable(self.worth, 0.0, f64::INFINITY);
        programme.row(&[(there, 1.0)], self.level);
        place.worth.push((there, -self.worth));
        let mut level = there;
        for (step, inflow) in self.inflow.iter().enumerate() {
            let ends = step + 1 == self.inflow.len();
            let (worth, low) = if ends { (self.worth, self.level) } else { (0.0, 0.0) };
            let after = programme.variable(-worth, low, self.capacity);
            let drawn = programme.variable(report * cost, 0.0, self.most);
            let spilled = programme.variable(0.0, 0.0, f64::INFINITY);
            place.gives[step].push((drawn, self.efficiency));
            place.costs.push((drawn, cost));
            programme.row(&[(after, 1.0), (drawn, 1.0), (spilled, 1.0), (level, -1.0)], *inflow);
            if ends {
                place.worth.push((after, worth));
            }
            level = after;
        }
    }
}

impl Limits {
    fn of(storage: &agents::device::Storage) -> Self {
        Self {
            capacity: kwh(storage.capacity),
            reserve: kwh(storage.reserve),
            charge: kwh(storage.charge),
            discharge: kwh(storage.discharge),
            charge_efficiency: storage.charge_efficiency.value(),
            discharge_efficiency: storage.discharge_efficiency.value(),
            keep: 1.0 - storage.standing_loss.value(),
        }
    }

    /// level' = keep · level + η charged − given / η', and the level needed at the end. Gives the last level.
    fn join(
        &self,
        programme: &mut Programme,
        place: &mut Place,
        stay: &Stay,
        (before, cost, report): (Option<Variable>, f64, f64),
    ) -> Variable {
        let mut level = before;
        let mut driven = if before.is_some() { stay.driven } else { 0.0 };
        for step in stay.steps.clone() {
            let low = if step + 1 == stay.steps.end { stay.target } else { self.reserve.min(stay.target) };
            let after = programme.variable(0.0, low, self.capacity);
            let charged = programme.variable(0.0, 0.0, self.charge);
            let mut terms = vec![(after, 1.0), (charged, -self.charge_efficiency)];
            place.gives[step].push((charged, -1.0));
            if self.discharge > 0.0 {
                let given = programme.variable(report * cost, 0.0, self.discharge);
                terms.push((given, 1.0 / self.discharge_efficiency));
                place.gives[step].push((given, 1.0));
                place.costs.push((given, cost));
            }
            let kept = match level {
                Some(level) => {
                    terms.push((level, -self.keep));
                    0.0
                }
                None => self.keep * stay.arrival,
            };
            programme.row(&terms, kept - driven);
            driven = 0.0;
            level = Some(after);
        }
        level.expect("a stay has at least one step")
    }
}

fn kwh(watt_hours: i64) -> f64 {
    watt_hours as f64 / 1_000.0
}
