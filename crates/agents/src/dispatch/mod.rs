//! What the devices do in one delivery interval: three nodes (electricity, heat, gas), balanced exactly.
//!
//! Asked for a net import per carrier (what was contracted, or nothing), the rules are those of a well-set home
//! energy manager:
//!
//! 1. What must run runs: demand, what coupled clearings dispatched, machines in progress, a car's even charging; a
//!    reservoir passes on what flows in.
//! 2. Surplus electricity starts a waiting machine, drives the heat pumps, then fills cars, then batteries.
//! 3. Heat comes from what runs anyway, then the thermal store, then the sources in the member's order of merit;
//!    below its reserve the store is filled up again, and emptied only as a last resort.
//! 4. Batteries make up what is missing to the net import asked for, then cars that hold more than they need, then
//!    the water in reservoirs; the meter takes the rest.
//!
//! The same function plans (with forecasts) and delivers (with what is), so a plan is what would happen.

mod convert;
mod heat;

use crate::device::{Converter, Stored};
use crate::{Commitment, Delivery, Devices, State};

/// Where heat may come from when the thermal store does not suffice.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum HeatSource {
    /// Combined heat and power.
    Chp,
    /// Fuel cells.
    FuelCell,
    /// Heat pumps on bought electricity.
    HeatPump,
    /// Gas boilers.
    Boiler,
    /// The shared heat loop.
    Loop,
    /// Electric boilers on bought electricity.
    ElectricBoiler,
}

impl HeatSource {
    /// Every source, in the usual order of merit.
    pub const ALL: [Self; 6] =
        [Self::Chp, Self::FuelCell, Self::HeatPump, Self::Boiler, Self::Loop, Self::ElectricBoiler];

    /// The name used in files.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Chp => "chp",
            Self::FuelCell => "fuel_cell",
            Self::HeatPump => "heat_pump",
            Self::Boiler => "boiler",
            Self::Loop => "loop",
            Self::ElectricBoiler => "electric_boiler",
        }
    }
}

/// Set-points of a strategy that steers devices itself; `None` leaves the rule in force.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Guide {
    /// What all batteries together take, Wh (give where negative): the range inside which they follow the contract.
    pub batteries: Option<(i64, i64)>,
    /// What all cars together take at their chargers, Wh (give where negative).
    pub cars: Option<i64>,
    /// What all heat pumps together take, Wh.
    pub heat_pumps: Option<i64>,
    /// Which waiting machines start; one that cannot wait any longer starts anyhow.
    pub machines: Option<Starts>,
}

/// Which machines of a member start, by their order in [`Devices`]; those beyond the 64th keep to the rule.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Starts(u64);

impl Starts {
    /// With one more machine.
    #[must_use]
    pub fn with(self, machine: usize) -> Self {
        Self(self.0 | 1_u64.checked_shl(machine as u32).unwrap_or(0))
    }

    fn of(self, machine: usize) -> Option<bool> {
        (machine < 64).then(|| self.0 >> machine & 1 == 1)
    }
}

/// What is asked of the devices of a member.
#[derive(Clone, Copy, Debug)]
pub struct Ask<'a> {
    /// The delivery interval.
    pub step: i64,
    /// Last step of which arrivals, requests and temperatures are known.
    pub known: i64,
    /// Demand that is not steered, per carrier, Wh.
    pub demand: [i64; 3],
    /// Generation that is not steered, per carrier, Wh.
    pub generation: [i64; 3],
    /// Net import contracted, per carrier, Wh.
    pub contract: [i64; 3],
    /// What of it coupled clearings dispatched.
    pub commitment: Commitment,
    /// Which carriers have a meter.
    pub connected: [bool; 3],
    /// Set-points.
    pub guide: Guide,
    /// Order of merit of heat sources.
    pub merit: &'a [HeatSource],
}

/// What converters could have taken beyond what they took.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Spare {
    /// By kind, Wh of the input.
    pub inputs: [i64; Converter::COUNT],
    /// Whether any part of it could be carried out: a unit that is off cannot run below part load, unless the heat that
    /// nobody asked for could be stored.
    pub any_part: [bool; Converter::COUNT],
}

const ELECTRICITY: usize = 0;
const HEAT: usize = 1;
const GAS: usize = 2;

/// Runs the devices through one interval: `state` is before it, then after it.
pub fn dispatch(devices: &Devices, state: &mut State, ask: &Ask<'_>) -> (Delivery, Spare) {
    let has_heat = ask.connected[HEAT] || ask.demand[HEAT] > 0 || !state.stores.is_empty();
    let mut node =
        Nodes { devices, state, ask, done: Delivery::default(), available: 0, has_heat, heat_made: 0 };
    node.run();
    let any_part = Converter::ALL.map(|kind| node.may_take_any_part(kind));
    let done = node.done;
    let left = |kind: Converter| devices.most_input(kind) - done.by(kind).input;
    (done, Spare { inputs: Converter::ALL.map(left), any_part })
}

/// Books what a battery or a car did.
fn book(done: &mut Delivery, available: &mut i64, stored: Stored) {
    let balance = &mut done.balances[ELECTRICITY];
    balance.charged += stored.charged;
    balance.discharged += stored.discharged;
    balance.storage_loss += stored.lost;
    *available += stored.discharged - stored.charged;
}

struct Nodes<'a> {
    devices: &'a Devices,
    state: &'a mut State,
    ask: &'a Ask<'a>,
    done: Delivery,
    /// Electricity left over so far, Wh; negative where it is missing.
    available: i64,
    /// Whether anybody can use heat.
    has_heat: bool,
    /// Heat made so far, Wh.
    heat_made: i64,
}

impl Nodes<'_> {
    fn run(&mut self) {
        let ask = self.ask;
        self.state.begin();
        for carrier in 0..3 {
            self.done.balances[carrier].consumption = ask.demand[carrier];
            self.done.balances[carrier].generation = ask.generation[carrier];
        }
        let target = ask.contract[ELECTRICITY];
        self.available = ask.generation[ELECTRICITY] - ask.demand[ELECTRICITY] + target;
        self.committed();
        self.water_that_must();
        self.appliances();
        self.cars_that_must();
        self.electrolysers();
        if self.has_heat {
            self.heat();
        }
        self.cars_that_may();
        self.batteries();
        self.cars_that_give();
        self.water();
        self.fuel_cells_for_power();
        let electricity = target - self.available;
        self.settle(ELECTRICITY, electricity);
        let gas = &self.done.balances[GAS];
        let gas = gas.consumption + gas.converted - gas.generation - gas.produced;
        self.settle(GAS, gas);
        self.done.battery = self.state.batteries.iter().sum();
        self.done.thermal = self.state.stores.iter().sum();
        self.done.car = self.state.cars.iter().map(|car| car.level).sum();
        self.done.water = self.state.reservoirs.iter().sum();
    }

    /// Books a net import; without a meter, what is missing or left over.
    fn settle(&mut self, carrier: usize, net: i64) {
        let balance = &mut self.done.balances[carrier];
        if self.ask.connected[carrier] {
            balance.import = net.max(0);
            balance.export = (-net).max(0);
        } else {
            balance.unmet = net.max(0);
            balance.dumped = (-net).max(0);
        }
    }

    fn appliances(&mut self) {
        let Ask { step, known, guide, .. } = *self.ask;
        let mut taken = 0;
        for (machine, running) in self.devices.appliances.iter().zip(&mut self.state.appliances) {
            taken += machine.running(running, step);
        }
        self.available -= taken;
        let machines = self.devices.appliances.iter().zip(&mut self.state.appliances);
        for (index, (machine, running)) in machines.enumerate() {
            let Some(request) = machine.waiting(running, step, known) else { continue };
            let guided = guide.machines.and_then(|starts| starts.of(index));
            if step >= request.latest || guided.unwrap_or(self.available >= machine.first()) {
                running.next += 1;
                running.started = Some(step);
                self.done.started += 1;
                self.done.waited += step - request.requested;
                self.available -= machine.first();
                taken += machine.first();
            }
        }
        self.done.balances[ELECTRICITY].consumption += taken;
    }

    fn cars_that_must(&mut self) {
        let Ask { step, known, guide, .. } = *self.ask;
        let mut guided = guide.cars.unwrap_or(0);
        for (car, parked) in self.devices.cars.iter().zip(&mut self.state.cars) {
            let trip = car.travel(parked, step, known);
            self.done.driven += trip.driven;
            self.done.elsewhere += trip.elsewhere;
            self.done.missed += trip.missed;
            if car.session(parked).is_none() {
                continue;
            }
            let asked = if guide.cars.is_some() {
                let one = match guided {
                    // No charger goes below its smallest current.
                    1.. if guided < car.minimum => {
                        if 2 * guided < car.minimum {
                            0
                        } else {
                            car.minimum
                        }
                    }
                    _ => guided,
                };
                let least = car.urgent_charge(parked, step).max(-car.most_given(parked, step));
                one.max(least).min(car.storage.charge)
            } else {
                car.even_charge(parked, step)
            };
            let stored = car.storage.advance(parked.level, asked, step);
            parked.level = stored.level;
            parked.taken = stored.charged;
            guided -= stored.charged - stored.discharged;
            self.done.car_charged += stored.charged;
            self.done.car_discharged += stored.discharged;
            book(&mut self.done, &mut self.available, stored);
        }
    }

    fn cars_that_may(&mut self) {
        if self.ask.guide.cars.is_some() {
            return;
        }
        let Ask { step, .. } = *self.ask;
        for (car, parked) in self.devices.cars.iter().zip(&mut self.state.cars) {
            let Some(session) = car.session(parked) else { continue };
            let wanted =
                car.storage.charge_efficiency.largest_input((car.wanted(session) - parked.level).max(0));
            let power = car.storage.charge - parked.taken;
            let more = self.available.min(wanted).min(power);
            if more > 0 {
                let stored = car.storage.advance(parked.level, more, step);
                parked.level = stored.level;
                parked.taken += stored.charged;
                self.done.car_charged += stored.charged;
                book(&mut self.done, &mut self.available, stored);
            }
        }
    }

    /// A car that holds more than it needs at its departure gives of that, unless it has just charged.
    fn cars_that_give(&mut self) {
        if self.ask.guide.cars.is_some() {
            return;
        }
        for (car, parked) in self.devices.cars.iter().zip(&mut self.state.cars) {
            let Some(session) = car.session(parked) else { continue };
            let free = car.storage.discharge_efficiency.of((parked.level - session.required).max(0));
            let given = free.min(car.storage.discharge).min(-self.available);
            if given > 0 && parked.taken == 0 {
                let stored = car.storage.advance(parked.level, -given, self.ask.step);
                parked.level = stored.level;
                self.done.car_discharged += stored.discharged;
                book(&mut self.done, &mut self.available, stored);
            }
        }
    }

    fn batteries(&mut self) {
        let committed = self.ask.commitment.storage.map(|flow| (flow, flow));
        let (low, high) = committed.or(self.ask.guide.batteries).unwrap_or((i64::MIN, i64::MAX));
        let mut asked = self.available.max(low).min(high);
        for (battery, level) in self.devices.batteries.iter().zip(&mut self.state.batteries) {
            let stored = battery.storage.advance(*level, asked, self.ask.step);
            *level = stored.level;
            asked -= stored.charged - stored.discharged;
            book(&mut self.done, &mut self.available, stored);
        }
    }

    /// Inflow of a reservoir: of what is to come only what was last seen is known.
    fn inflow(&self, index: usize) -> i64 {
        self.devices.reservoirs[index].inflow(self.ask.step.min(self.ask.known))
    }

    fn water_that_must(&mut self) {
        for (index, lake) in self.devices.reservoirs.iter().enumerate() {
            self.available += lake.even(self.state.reservoirs[index], self.inflow(index));
        }
    }

    fn water(&mut self) {
        for (index, lake) in self.devices.reservoirs.iter().enumerate() {
            let (level, inflow) = (self.state.reservoirs[index], self.inflow(index));
            let even = lake.even(level, inflow);
            let asked = even + (-self.available).max(0);
            // The turbine is not started for less than half of the least it can give.
            let asked = if 2 * asked < lake.efficiency.of(lake.least) { even } else { asked };
            let released = lake.advance(level, inflow, asked);
            self.state.reservoirs[index] = released.level;
            self.available += released.electricity - even;
            self.done.balances[ELECTRICITY].generation += released.electricity;
            self.done.inflow += released.inflow;
            self.done.from_water += released.electricity;
            self.done.past_turbine += released.residual + released.spilled;
            self.done.water_loss += released.lost;
        }
    }
}
