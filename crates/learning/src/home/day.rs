//! One day of one home: what is known in the morning, and what then happens.

use super::{Home, Outcome, Request, Series};

/// One day. All series have one value per slot.
#[derive(Clone, Debug, PartialEq)]
pub struct Day {
    /// Price of energy from the supplier, €/kWh, everything included; published before the day begins.
    pub prices: Vec<f64>,
    /// What the supplier pays for energy fed in, €/kWh, ≤ the price of the slot.
    pub feed_in: Vec<f64>,
    /// What everything else in the home draws less what its panels give, W. It is known only when the slot is over.
    pub net: Vec<f64>,
    /// The same as expected in the morning, W.
    pub expected: Vec<f64>,
    /// What is asked for, per appliance; each becomes known when it is made.
    pub requests: Vec<Option<Request>>,
}

impl Day {
    /// All but the requests.
    #[must_use]
    pub fn series(&self) -> Series<'_> {
        let Self { prices, feed_in, net, expected, .. } = self;
        Series { prices, feed_in, net, expected }
    }

    /// Cost of drawing `load` W throughout a slot, € (earned where negative).
    #[must_use]
    pub fn cost(&self, home: &Home, slot: usize, load: f64) -> f64 {
        self.series().cost(home, slot, load)
    }

    /// What starting each appliance at these slots comes to; `None` where nothing was asked for.
    ///
    /// # Panics
    /// Where a run would not end within the day.
    #[must_use]
    pub fn outcome(&self, home: &Home, starts: &[Option<usize>]) -> Outcome {
        let mut load = self.net.clone();
        let mut outcome = Outcome::default();
        for ((appliance, request), start) in home.appliances.iter().zip(&self.requests).zip(starts) {
            let (Some(request), Some(start)) = (request, start) else { continue };
            load[*start..start + appliance.duration].iter_mut().for_each(|load| *load += appliance.power);
            outcome.delay += (start - request.requested) as f64 * home.hours;
        }
        for (slot, load) in load.iter().enumerate() {
            outcome.cost += self.cost(home, slot, *load) - self.cost(home, slot, self.net[slot]);
            outcome.peak = outcome.peak.max(*load);
        }
        outcome
    }
}
