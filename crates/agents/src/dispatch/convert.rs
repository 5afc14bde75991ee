//! Converters: what they take and give, and what coupled clearings dispatched of them.

use super::{ELECTRICITY, GAS, HEAT, Nodes};
use crate::Ratio;
use crate::device::{Chp, Converter};

impl Nodes<'_> {
    /// Books a conversion. Heat that nobody can use is a loss; a heat pump takes what it gives beyond its input from
    /// its surroundings.
    fn turn(&mut self, kind: Converter, input: i64, [electricity, heat, gas]: [i64; 3]) {
        let outputs = [electricity, if self.has_heat { heat } else { 0 }, gas];
        let from = kind.input() as usize;
        self.done.balances[from].converted += input;
        let turned = &mut self.done.converters[kind as usize];
        turned.input += input;
        for (carrier, output) in outputs.into_iter().enumerate() {
            turned.outputs[carrier] += output;
            self.done.balances[carrier].produced += output;
        }
        self.available += electricity - if from == ELECTRICITY { input } else { 0 };
        self.heat_made += outputs[HEAT];
        let lost = input - outputs.iter().sum::<i64>();
        if kind == Converter::HeatPump {
            self.done.ambient -= lost;
        } else {
            self.done.balances[from].conversion_loss += lost;
        }
    }

    /// Heat that can still be used or stored, Wh.
    pub(super) fn room(&self) -> i64 {
        let stores = self.devices.stores.iter().zip(&self.state.stores);
        let headroom: i64 = stores.map(|(store, level)| store.storage.most_charge(*level)).sum();
        self.heat_need() + headroom - self.heat_made
    }

    /// Heat that must come from the house itself: demand and what was sold, Wh.
    pub(super) fn heat_need(&self) -> i64 {
        let contract = if self.ask.connected[HEAT] { self.ask.contract[HEAT] } else { 0 };
        self.ask.demand[HEAT] - contract
    }

    /// What coupled clearings dispatched runs first: whatever is decided afterwards is decided as without it.
    pub(super) fn committed(&mut self) {
        for kind in Converter::ALL {
            let mut left = self.ask.commitment.inputs[kind as usize];
            let mut index = 0;
            while left > 0 {
                let Some(taken) = self.take(kind, index, left) else { break };
                left -= taken;
                index += 1;
            }
        }
    }

    /// Runs one converter of a kind for `input` Wh, as far as it can; what it took, or none where there is no such.
    fn take(&mut self, kind: Converter, index: usize, input: i64) -> Option<i64> {
        match kind {
            Converter::Chp | Converter::FuelCell => {
                let unit = self.unit(kind, index)?;
                let enough = 2 * input >= unit.least || unit.thermal.of(unit.least) <= self.room();
                Some(if enough { self.burn(kind, index, input).min(input) } else { 0 })
            }
            Converter::HeatPump => {
                let left = self.devices.heat_pumps.get(index)?.electricity;
                Some(self.pump(index, input.min(left)))
            }
            Converter::Boiler => {
                let boiler = self.devices.boilers.get(index)?;
                let gas = input.min(boiler.efficiency.largest_input(boiler.heat));
                self.state.boilers[index] += gas;
                self.turn(kind, gas, [0, boiler.efficiency.of(gas), 0]);
                Some(gas)
            }
            Converter::ElectricBoiler => {
                let most = self.devices.electric_boilers.get(index)?.electricity;
                Some(self.heat_electrically(index, input.min(most)))
            }
            Converter::Electrolyser => {
                let one = self.devices.electrolysers.get(index)?;
                let taken = one.input(input);
                self.electrolyse(index, taken);
                Some(taken.min(input))
            }
        }
    }

    pub(super) fn may_take_any_part(&self, kind: Converter) -> bool {
        let runs = self.done.by(kind).input > 0;
        let stores = || self.unit(kind, 0).is_some_and(|unit| unit.thermal.of(unit.least) <= self.room());
        !matches!(kind, Converter::Chp | Converter::FuelCell) || runs || stores()
    }

    /// A heat pump takes some more electricity; gives it back for sums.
    pub(super) fn pump(&mut self, index: usize, electricity: i64) -> i64 {
        let ratio = self.heat_ratio(index);
        self.state.heat_pumps[index] += electricity;
        self.turn(Converter::HeatPump, electricity, [0, ratio.of(electricity), 0]);
        electricity
    }

    /// Heat per electricity of a heat pump now: of what is to come only the last temperature seen is known.
    pub(super) fn heat_ratio(&self, index: usize) -> Ratio {
        self.devices.heat_pumps[index].ratio(self.ask.step.min(self.ask.known))
    }

    fn heat_electrically(&mut self, index: usize, electricity: i64) -> i64 {
        let heat = self.devices.electric_boilers[index].advance(electricity);
        self.state.electric_boilers[index] += electricity;
        self.turn(Converter::ElectricBoiler, electricity, [0, heat, 0]);
        electricity
    }

    fn electrolyse(&mut self, index: usize, electricity: i64) {
        let (gas, heat) = self.devices.electrolysers[index].advance(electricity);
        self.state.electrolysers[index] += electricity;
        self.turn(Converter::Electrolyser, electricity, [0, heat, gas]);
    }

    pub(super) fn unit(&self, kind: Converter, index: usize) -> Option<Chp> {
        match kind {
            Converter::FuelCell => self.devices.fuel_cells.get(index).map(|cell| cell.unit),
            _ => self.devices.chps.get(index).copied(),
        }
    }

    /// Runs a unit for `gas` Wh more, between part load and full power; what it burnt in the interval.
    fn burn(&mut self, kind: Converter, index: usize, gas: i64) -> i64 {
        let Some(unit) = self.unit(kind, index) else { return 0 };
        let units =
            if kind == Converter::FuelCell { &mut self.state.fuel_cells } else { &mut self.state.chps };
        let burning = &mut units[index];
        let before = burning.gas;
        burning.gas = (before + gas).clamp(unit.least, unit.most);
        let after = burning.gas;
        let ((power, heat), (less_power, less_heat)) = (unit.of(after), unit.of(before));
        self.turn(kind, after - before, [power - less_power, heat - less_heat, 0]);
        after
    }

    /// Runs one unit for as much heat as can be used; off where that is less than its part load, unless it is the only
    /// source or runs already.
    pub(super) fn run_by_heat(&mut self, kind: Converter, index: usize) {
        let Some(unit) = self.unit(kind, index) else { return };
        let alone = !self.ask.connected[HEAT]
            && self.devices.boilers.is_empty()
            && self.devices.heat_pumps.is_empty()
            && self.devices.electric_boilers.is_empty();
        let usable = self.room();
        let units =
            if kind == Converter::FuelCell { &mut self.state.fuel_cells } else { &mut self.state.chps };
        let burning = &mut units[index];
        let fits = alone || burning.gas > 0 || unit.thermal.of(unit.least) <= usable;
        burning.on = usable > 0 && fits && unit.thermal > Ratio::ZERO;
        if burning.on && burning.gas < unit.most {
            let heat = (unit.thermal.of(burning.gas) + usable).min(unit.thermal.of(unit.most));
            let gas = unit.thermal.input_for(heat).max(burning.gas) - burning.gas;
            self.burn(kind, index, gas);
        }
    }

    /// Where there is no use for heat, fuel cells make the electricity that is missing.
    pub(super) fn fuel_cells_for_power(&mut self) {
        for index in 0..self.devices.fuel_cells.len() {
            let unit = self.devices.fuel_cells[index].unit;
            let gas = unit.electric.largest_input((-self.available).max(0));
            if !self.has_heat && gas >= unit.least.max(1) {
                self.burn(Converter::FuelCell, index, gas);
            }
        }
    }

    pub(super) fn boilers(&mut self, missing: i64) {
        let mut missing = missing;
        for (index, boiler) in self.devices.boilers.iter().enumerate() {
            let left = boiler.heat - boiler.efficiency.of(self.state.boilers[index]);
            let (gas, heat) = boiler.advance(missing.min(left));
            missing -= heat;
            self.state.boilers[index] += gas;
            self.turn(Converter::Boiler, gas, [0, heat, 0]);
        }
    }

    pub(super) fn electric_boilers(&mut self, missing: i64) {
        let mut missing = missing;
        for (index, boiler) in self.devices.electric_boilers.iter().enumerate() {
            let left = boiler.electricity - self.state.electric_boilers[index];
            let taken = self.heat_electrically(index, boiler.efficiency.input_for(missing.max(0)).min(left));
            missing -= boiler.efficiency.of(taken);
        }
    }

    /// Electrolysers make the gas that was sold and is not there.
    pub(super) fn electrolysers(&mut self) {
        let surplus = (self.ask.generation[GAS] - self.ask.demand[GAS]).max(0);
        for (index, one) in self.devices.electrolysers.iter().enumerate() {
            let missing = -self.ask.contract[GAS] - surplus - self.done.balances[GAS].produced;
            let before = self.state.electrolysers[index];
            if missing > 0 && before < one.most {
                let more = one.input(before + one.gas.input_for(missing)) - before;
                self.electrolyse(index, more.max(0));
            }
        }
    }
}
