//! What the devices do in one delivery interval: three nodes (electricity, heat, gas), balanced exactly.
//!
//! Asked for a net import per carrier (what was contracted, or nothing), the rules are those of a well-set home
//! energy manager:
//!
//! 1. What must run runs: demand, machines in progress, a car's even charging.
//! 2. Surplus electricity starts a waiting machine, drives the heat pumps, then fills cars, then batteries.
//! 3. Heat comes from what runs anyway, then the thermal store, then the sources in the member's order of merit;
//!    below its reserve the store is filled up again, and emptied only as a last resort.
//! 4. Batteries make up what is missing to the net import asked for; the meter takes the rest.
//!
//! The same function plans (with forecasts) and delivers (with what is), so a plan is what would happen.

use crate::device::{Chp, Stored};
use crate::{Delivery, Devices, State};

/// Where heat may come from when the thermal store does not suffice.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum HeatSource {
    /// Combined heat and power.
    Chp,
    /// Heat pumps on bought electricity.
    HeatPump,
    /// Gas boilers.
    Boiler,
    /// The shared heat loop.
    Loop,
}

impl HeatSource {
    /// Every source, in the usual order of merit.
    pub const ALL: [Self; 4] = [Self::Chp, Self::HeatPump, Self::Boiler, Self::Loop];

    /// The name used in files.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Chp => "chp",
            Self::HeatPump => "heat_pump",
            Self::Boiler => "boiler",
            Self::Loop => "loop",
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
    /// Which carriers have a meter.
    pub connected: [bool; 3],
    /// Set-points.
    pub guide: Guide,
    /// Order of merit of heat sources.
    pub merit: &'a [HeatSource],
}

/// Heat that could have been made beyond what was, Wh.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Spare {
    /// By combined heat and power.
    pub chp: i64,
    /// By heat pumps.
    pub heat_pump: i64,
}

const ELECTRICITY: usize = 0;
const HEAT: usize = 1;
const GAS: usize = 2;

/// Runs the devices through one interval: `state` is before it, then after it.
pub fn dispatch(devices: &Devices, state: &mut State, ask: &Ask<'_>) -> (Delivery, Spare) {
    let mut node = Nodes {
        devices,
        state,
        ask,
        done: Delivery::default(),
        available: 0,
        made_by_chp: 0,
        spare: Spare::default(),
    };
    node.run();
    (node.done, node.spare)
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
    /// Heat made by combined heat and power, Wh.
    made_by_chp: i64,
    spare: Spare,
}

impl Nodes<'_> {
    fn run(&mut self) {
        let ask = self.ask;
        for carrier in 0..3 {
            self.done.balances[carrier].consumption = ask.demand[carrier];
            self.done.balances[carrier].generation = ask.generation[carrier];
        }
        let target = ask.contract[ELECTRICITY];
        self.available = ask.generation[ELECTRICITY] - ask.demand[ELECTRICITY] + target;
        self.appliances();
        self.cars_that_must();
        if ask.connected[HEAT] || ask.demand[HEAT] > 0 || !self.state.stores.is_empty() {
            self.heat();
        }
        self.cars_that_may();
        self.batteries();
        let electricity = target - self.available;
        self.settle(ELECTRICITY, electricity);
        let gas = &self.done.balances[GAS];
        let gas = gas.consumption + gas.converted - gas.generation;
        self.settle(GAS, gas);
        self.done.battery = self.state.batteries.iter().sum();
        self.done.thermal = self.state.stores.iter().sum();
        self.done.car = self.state.cars.iter().map(|car| car.level).sum();
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
        let Ask { step, known, .. } = *self.ask;
        let mut taken = 0;
        for (machine, running) in self.devices.appliances.iter().zip(&mut self.state.appliances) {
            taken += machine.running(running, step);
        }
        self.available -= taken;
        for (machine, running) in self.devices.appliances.iter().zip(&mut self.state.appliances) {
            let Some(request) = machine.waiting(running, step, known) else { continue };
            if step >= request.latest || self.available >= machine.first() {
                running.next += 1;
                running.started = Some(step);
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
                one.max(car.urgent_charge(parked, step)).clamp(-car.storage.discharge, car.storage.charge)
            } else {
                car.even_charge(parked, step)
            };
            let stored = car.storage.advance(parked.level, asked, step);
            parked.level = stored.level;
            parked.taken = stored.charged;
            guided -= stored.charged - stored.discharged;
            self.done.car_charged += stored.charged;
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
                car.storage.charge_efficiency.largest_input((session.required - parked.level).max(0));
            let power = car.storage.charge - parked.taken;
            let more = self.available.min(wanted).min(power);
            if more > 0 {
                let stored = car.storage.advance(parked.level, more, step);
                parked.level = stored.level;
                self.done.car_charged += stored.charged;
                book(&mut self.done, &mut self.available, stored);
            }
        }
    }

    fn batteries(&mut self) {
        let (low, high) = self.ask.guide.batteries.unwrap_or((i64::MIN, i64::MAX));
        let mut asked = self.available.max(low).min(high);
        for (battery, level) in self.devices.batteries.iter().zip(&mut self.state.batteries) {
            let stored = battery.storage.advance(*level, asked, self.ask.step);
            *level = stored.level;
            asked -= stored.charged - stored.discharged;
            book(&mut self.done, &mut self.available, stored);
        }
    }

    fn heat(&mut self) {
        let Ask { step, known, .. } = *self.ask;
        let contract = if self.ask.connected[HEAT] { self.ask.contract[HEAT] } else { 0 };
        let need = self.ask.demand[HEAT] - contract;
        let stores = self.devices.stores.iter().zip(&self.state.stores);
        let headroom: i64 = stores.clone().map(|(store, level)| store.storage.most_charge(*level)).sum();
        // What the stores may give; negative where they are to be filled up.
        let margin: i64 = stores.map(|(store, level)| level - store.reserve).sum();
        let temperature = step.min(known);

        // Heat made, and the part of it that only rounding to whole Wh of electricity brought.
        let (mut made, mut rounding) = (0, 0);
        // On surplus, and at least as guided: up to what can be used or stored.
        let mut budget = self.ask.guide.heat_pumps.unwrap_or(0).max(self.available).max(0);
        for index in 0..self.devices.heat_pumps.len() {
            let pump = &self.devices.heat_pumps[index];
            let ratio = if need + headroom > made && budget > 0 {
                pump.ratio(temperature)
            } else {
                crate::Ratio::ZERO
            };
            let most = budget.min(pump.electricity);
            let taken = most.min(ratio.largest_input((need + headroom - made).max(0)));
            let taken = if ratio == crate::Ratio::ZERO { 0 } else { taken };
            self.state.heat_pumps[index] = taken;
            budget -= taken;
            made += ratio.of(taken);
            self.pump(taken, ratio.of(taken));
        }
        for index in 0..self.devices.chps.len() {
            if self.state.chps[index] {
                made += self.chp(index, need + headroom - made);
            }
        }
        let mut import = 0;
        for source in self.ask.merit {
            // To be made: what the store may not give, or lacks.
            let missing = need - made - import - margin;
            if missing <= 0 {
                break;
            }
            match source {
                HeatSource::Chp => {
                    for index in 0..self.devices.chps.len() {
                        if !self.state.chps[index] && need - made - import - margin > 0 {
                            made += self.chp(index, need + headroom - made - import);
                        }
                    }
                }
                HeatSource::HeatPump => {
                    for index in 0..self.devices.heat_pumps.len() {
                        let missing = need - made - import - margin;
                        let pump = &self.devices.heat_pumps[index];
                        let left = pump.electricity - self.state.heat_pumps[index];
                        if missing > 0 && left > 0 {
                            let ratio = pump.ratio(temperature);
                            let taken = ratio.input_for(missing).min(left);
                            self.state.heat_pumps[index] += taken;
                            rounding += (ratio.of(taken) - missing).max(0);
                            made += ratio.of(taken);
                            self.pump(taken, ratio.of(taken));
                        }
                    }
                }
                HeatSource::Boiler => made += self.boilers(missing),
                HeatSource::Loop if self.ask.connected[HEAT] => {
                    import += (need - made - import).max(0).min(missing)
                }
                HeatSource::Loop => {}
            }
        }
        self.heat_node(made + import - need, contract + import, rounding);
        self.spare(temperature);
    }

    /// Stores take what is left over and give what is missing; the rest goes through the meter.
    fn heat_node(&mut self, surplus: i64, import: i64, rounding: i64) {
        let mut surplus = surplus;
        let balance = &mut self.done.balances[HEAT];
        for (store, level) in self.devices.stores.iter().zip(&mut self.state.stores) {
            let stored = store.storage.advance(*level, surplus, self.ask.step);
            *level = stored.level;
            surplus += stored.discharged - stored.charged;
            balance.charged += stored.charged;
            balance.discharged += stored.discharged;
            balance.storage_loss += stored.lost;
        }
        // Heat that exists only because electricity comes in whole Wh is a loss, not an export (law S9).
        let lost = rounding.min(surplus).max(0);
        balance.conversion_loss += lost;
        balance.produced -= lost;
        self.settle(HEAT, import - (surplus - lost));
    }

    fn pump(&mut self, electricity: i64, heat: i64) {
        self.available -= electricity;
        self.done.balances[ELECTRICITY].converted += electricity;
        self.done.balances[HEAT].produced += heat;
        self.done.ambient += heat - electricity;
    }

    /// Runs one unit for as much heat as can be used; off where that is less than its part load, unless it is the only
    /// source. Gives the heat made.
    fn chp(&mut self, index: usize, usable: i64) -> i64 {
        let unit: &Chp = &self.devices.chps[index];
        let alone = !self.ask.connected[HEAT]
            && self.devices.boilers.is_empty()
            && self.devices.heat_pumps.is_empty();
        let on = usable > 0 && (alone || unit.thermal.of(unit.least) <= usable);
        self.state.chps[index] = on;
        if !on {
            return 0;
        }
        let (gas, electricity, heat) = unit.advance(usable);
        self.available += electricity;
        self.made_by_chp += heat;
        self.done.chp_heat += heat;
        self.done.chp_gas += gas;
        self.done.balances[ELECTRICITY].produced += electricity;
        self.done.balances[HEAT].produced += heat;
        self.done.balances[GAS].converted += gas;
        self.done.balances[GAS].conversion_loss += gas - electricity - heat;
        heat
    }

    fn boilers(&mut self, missing: i64) -> i64 {
        let mut made = 0;
        for boiler in &self.devices.boilers {
            let (gas, heat) = boiler.advance(missing - made);
            made += heat;
            self.done.balances[HEAT].produced += heat;
            self.done.balances[GAS].converted += gas;
            self.done.balances[GAS].conversion_loss += gas - heat;
        }
        made
    }

    fn spare(&mut self, temperature: i64) {
        if !self.ask.connected[HEAT] {
            return;
        }
        for (pump, taken) in self.devices.heat_pumps.iter().zip(&self.state.heat_pumps) {
            self.spare.heat_pump += pump.ratio(temperature).of(pump.electricity - taken);
        }
        let full: i64 = self.devices.chps.iter().map(|unit| unit.thermal.of(unit.most)).sum();
        self.spare.chp = full - self.made_by_chp;
    }
}
