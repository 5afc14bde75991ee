//! Starts where its run is expected to cost least, at the earliest of equals.
//!
//! Prices are known for the whole day. Without panels a run's cost depends on nothing else, so no scheduler has a
//! lower one. With panels it is what the run adds to the expected load and the runs that have started.

use crate::schedule::{Moment, Scheduler};

/// The rule.
#[derive(Clone, Copy, Debug, Default)]
pub struct CheapestWindow;

/// Costs this close are equal, €.
const EQUAL: f64 = 1e-9;

impl Scheduler for CheapestWindow {
    fn name(&self) -> &str {
        "cheapest window"
    }

    fn starts(&mut self, moment: &Moment<'_>) -> bool {
        let now = cost(moment, moment.slot);
        (moment.slot + 1..=moment.request.latest).all(|start| now <= cost(moment, start) + EQUAL)
    }
}

/// What a run from `start` on is expected to add, €.
fn cost(moment: &Moment<'_>, start: usize) -> f64 {
    let appliance = &moment.home.appliances[moment.appliance];
    let slots = start..start + appliance.duration;
    slots
        .map(|slot| {
            let load = moment.net(slot) + moment.running[slot];
            moment.cost(slot, load + appliance.power) - moment.cost(slot, load)
        })
        .sum()
}
