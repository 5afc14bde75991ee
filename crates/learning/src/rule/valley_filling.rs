//! Starts where the expected load is lowest: where the highest load during its run is least, then where the mean
//! load is, at the earliest of equals.
//!
//! Valley filling is known from the charging of cars (Gan, Topcu and Low 2013), where the load is divisible and the
//! sum of its squares is made small; a run that cannot be divided is placed by its highest slot, which is what the
//! day's peak counts.

use crate::schedule::{Moment, Scheduler};

/// The rule.
#[derive(Clone, Copy, Debug, Default)]
pub struct ValleyFilling;

/// Loads this close are equal, W.
const EQUAL: f64 = 1e-6;

impl Scheduler for ValleyFilling {
    fn name(&self) -> &str {
        "valley filling"
    }

    fn starts(&mut self, moment: &Moment<'_>) -> bool {
        let (highest, sum) = load(moment, moment.slot);
        (moment.slot + 1..=moment.request.latest)
            .map(|start| load(moment, start))
            .all(|later| highest < later.0 - EQUAL || (highest <= later.0 + EQUAL && sum <= later.1 + EQUAL))
    }
}

/// Expected load of the slots of a run from `start` on, without the run: the highest and the sum, W.
fn load(moment: &Moment<'_>, start: usize) -> (f64, f64) {
    let duration = moment.home.appliances[moment.appliance].duration;
    let load = (start..start + duration).map(|slot| moment.net(slot) + moment.running[slot]);
    load.fold((f64::NEG_INFINITY, 0.0), |(highest, sum), load| (highest.max(load), sum + load))
}
