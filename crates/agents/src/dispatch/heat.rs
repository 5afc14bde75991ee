//! The heat node: from what runs anyway, then the stores, then the sources in the order of merit.

use super::{HEAT, HeatSource, Nodes};
use crate::Ratio;
use crate::device::Converter;

impl Nodes<'_> {
    pub(super) fn heat(&mut self) {
        let need = self.heat_need();
        // What the stores may give; negative where they are to be filled up.
        let stores = self.devices.stores.iter().zip(&self.state.stores);
        let margin: i64 = stores.map(|(store, level)| level - store.reserve).sum();
        // Heat that only rounding to whole Wh of electricity brought.
        let mut rounding = 0;
        // On surplus, and at least as guided: up to what can be used or stored.
        let guided = self.ask.guide.heat_pumps.unwrap_or(0) - self.state.heat_pumps.iter().sum::<i64>();
        let mut budget = guided.max(self.available).max(0);
        for index in 0..self.devices.heat_pumps.len() {
            let room = self.room();
            if room <= 0 || budget <= 0 {
                break;
            }
            let left = self.devices.heat_pumps[index].electricity - self.state.heat_pumps[index];
            let ratio = self.heat_ratio(index);
            budget -= self.pump(index, budget.min(left).min(ratio.largest_input(room)));
        }
        for index in 0..self.devices.chps.len() {
            if self.state.chps[index].on {
                self.run_by_heat(Converter::Chp, index);
            }
        }
        for index in 0..self.devices.fuel_cells.len() {
            if self.state.fuel_cells[index].on {
                self.run_by_heat(Converter::FuelCell, index);
            }
        }
        let mut import = 0;
        for source in self.ask.merit {
            // To be made: what the stores may not give, or lack.
            let missing = need - self.heat_made - import - margin;
            if missing <= 0 {
                break;
            }
            match source {
                HeatSource::Chp => {
                    for index in 0..self.devices.chps.len() {
                        if !self.state.chps[index].on && need - self.heat_made - import - margin > 0 {
                            self.run_by_heat(Converter::Chp, index);
                        }
                    }
                }
                HeatSource::FuelCell => {
                    for index in 0..self.devices.fuel_cells.len() {
                        if !self.state.fuel_cells[index].on && need - self.heat_made - import - margin > 0 {
                            self.run_by_heat(Converter::FuelCell, index);
                        }
                    }
                }
                HeatSource::HeatPump => {
                    for index in 0..self.devices.heat_pumps.len() {
                        let missing = need - self.heat_made - import - margin;
                        let left = self.devices.heat_pumps[index].electricity - self.state.heat_pumps[index];
                        if missing > 0 && left > 0 {
                            let ratio: Ratio = self.heat_ratio(index);
                            let taken = self.pump(index, ratio.input_for(missing).min(left));
                            rounding += (ratio.of(taken) - missing).max(0);
                        }
                    }
                }
                HeatSource::Boiler => self.boilers(missing),
                HeatSource::Loop if self.ask.connected[HEAT] => {
                    import += (need - self.heat_made - import).max(0).min(missing)
                }
                HeatSource::Loop => {}
                HeatSource::ElectricBoiler => self.electric_boilers(missing),
            }
        }
        let contract = if self.ask.connected[HEAT] { self.ask.contract[HEAT] } else { 0 };
        self.heat_node(self.heat_made + import - need, contract + import, rounding);
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
        self.done.converters[Converter::HeatPump as usize].outputs[HEAT] -= lost;
        self.settle(HEAT, import - (surplus - lost));
    }
}
