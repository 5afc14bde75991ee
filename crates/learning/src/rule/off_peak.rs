//! The naive cost rule: starts in the first slot whose price is not above the mean price of the day, at the latest
//! slot where none is.
//!
//! It looks at the slot and not at the run, so a run may begin cheaply and end dearly, and it takes the first such
//! slot and not the cheapest. Published gains of learned schedulers are measured against rules of this kind, often
//! without saying exactly which; this is ours. The mean is over all slots of the scheduling day; under a flat tariff
//! every slot is at the mean, and runs start when asked.

use crate::schedule::{Moment, Scheduler};

/// The rule.
#[derive(Clone, Copy, Debug, Default)]
pub struct OffPeak;

/// Prices this close are equal, €/kWh: a mean of equal prices differs from them by rounding.
const EQUAL: f64 = 1e-9;

impl Scheduler for OffPeak {
    fn name(&self) -> &str {
        "off-peak threshold"
    }

    fn starts(&mut self, moment: &Moment<'_>) -> bool {
        let prices = moment.prices();
        let mean = prices.iter().sum::<f64>() / prices.len() as f64;
        prices[moment.slot] <= mean + EQUAL
    }
}
